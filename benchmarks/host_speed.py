"""Measures the host against onnxruntime: the same networks, inputs and threads, in one run.

    python3 benchmarks/host_speed.py                    # ResNet-50 and BERT-base, 1 and 2 threads
    python3 benchmarks/host_speed.py --only vit_b16 --threads 2

Runs of both alternate, so that whatever else the machine does slows both; figures are medians. What is
asked of networks (benchmarks/gates.py) is met or missed; exit code 1 when something is missed.
"""

import argparse
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time

# Before numpy: what it computes is no part of the figures.
os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "build" / "python"))

import numpy as np
import onnxruntime

import garam
from gates import HOST_SHARES

MODELS = Path(__file__).parent / "models"
NETWORKS = ["resnet50", "bert_base", "mobilenetv2", "efficientnet_b0", "vit_b16", "gpt2"]


# Seconds until threads of the run before have stopped to look out for work.
PAUSE = 0.02


def measure(run):
    """Wall time and processor time of one run, in seconds."""
    time.sleep(PAUSE)
    start, cpu_start = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - cpu_start


def make_feeds(session):
    rng = np.random.default_rng(0)
    feeds = {}
    for value in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in value.shape]
        feeds[value.name] = (rng.standard_normal(shape, np.float32) if "float" in value.type
                             else rng.integers(0, 2, shape))
    return feeds


def compare(path, executable, threads, rounds):
    """Medians of our and onnxruntime's wall times, and of both processor times."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    reference = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    session = executable.session()
    feeds = make_feeds(reference)
    for ours, theirs in zip(session.run(feeds, threads=threads).values(),
                            reference.run(None, feeds)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3,
                                   atol=max(1e-5, 1e-6 * np.abs(theirs).max()))
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(measure(lambda: session.run(feeds, threads=threads)))
        theirs.append(measure(lambda: reference.run(None, feeds)))
    return [[statistics.median(column) for column in zip(*runs)] for runs in (ours, theirs)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=["resnet50", "bert_base"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15, help="runs of each; default 15")
    arguments = parser.parse_args()

    print("| network | threads | compile, s CPU | garam, ms | onnxruntime, ms | share | of CPU time |")
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    missed = []
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / f"{name}.onnx")
            subprocess.run([sys.executable, MODELS / f"{name}.py", path], check=True,
                           stdout=subprocess.DEVNULL)
            compile_start = time.process_time()
            executable = garam.compile(path, target="host")
            compile_seconds = time.process_time() - compile_start
            for threads in arguments.threads:
                ours, theirs = compare(path, executable, threads, arguments.rounds)
                share = theirs[0] / ours[0]
                print(f"| {name} | {threads} | {compile_seconds:.1f} | {ours[0] * 1e3:.1f} | "
                      f"{theirs[0] * 1e3:.1f} | {share:.2f} | {theirs[1] / ours[1]:.2f} |", flush=True)
                least = HOST_SHARES.get(name)
                if least is not None and share < least:
                    missed.append(f"{name} with {threads} threads: {share:.2f}, needed {least}")
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
