"""Measures what sizes of run time cost: binaries for a range of sizes against those for one.

    python3 benchmarks/run_time_sizes.py                 # ResNet-50, by batches and by images, and BERT-base
    python3 benchmarks/run_time_sizes.py --threads 1 2

Runs of both alternate; figures are medians of processor time, which hardly hangs on what else the machine does.
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
import onnx
from onnx import helper, numpy_helper

import garam

MODELS = Path(__file__).parent / "models"
LENGTH = 128  # of the sequences of bert_base.py


def generate(folder, name, *options):
    path = str(Path(folder) / f"{name}{len(options)}.onnx")
    subprocess.run([sys.executable, MODELS / f"{name}.py", path, *options], check=True, stdout=subprocess.DEVNULL)
    return path


def make_resnet(folder):
    """Paths of the network for one image and for a batch, the bounds and the inputs."""
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), np.float32)
    return (generate(folder, "resnet50"), generate(folder, "resnet50", "--batch", "batch"),
            {"batch": (1, 16)}, {"input": image})


def make_resnet_of_images(folder):
    """The same for images whose height and width show at run time."""
    path = generate(folder, "resnet50")
    model = onnx.load(path)
    for dim, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], ("height", "width")):
        dim.dim_param = name
    del model.graph.value_info[:]
    released = path.replace(".onnx", "_released.onnx")
    onnx.save(model, released)
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), np.float32)
    return path, released, {"height": (64, 320), "width": (64, 320)}, {"input": image}


def release_sizes(path):
    """Writes beside a BERT of one size one of any batch and sequence; returns its path."""
    model = onnx.load(path)
    graph = model.graph
    for value in [*graph.input, *graph.output]:
        dims = value.type.tensor_type.shape.dim
        dims[0].dim_param = "batch"
        if len(dims) > 1 and dims[1].dim_value == LENGTH:
            dims[1].dim_param = "seq"
    del graph.value_info[:]
    values = {tensor.name: tensor for tensor in graph.initializer}
    for number, node in enumerate(graph.node):
        if node.op_type == "Reshape" and node.input[1] in values:
            shape = numpy_helper.to_array(values[node.input[1]]).copy()
            assert list(shape[:2]) == [1, LENGTH]
            shape[:2] = 0  # as the input's
            graph.initializer.append(numpy_helper.from_array(shape, f"shape_{number}"))
            node.input[1] = f"shape_{number}"
    position, gather = next((i, node) for i, node in enumerate(graph.node)
                            if "position_embeddings" in node.name and node.op_type == "Gather")
    for name, value in (("first", 0), ("axis", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array([value]), name))
    graph.node.insert(position, helper.make_node("Slice", [gather.input[1], "first", "length", "axis"], ["positions"]))
    graph.node.insert(position, helper.make_node("Shape", ["input_ids"], ["length"], start=1, end=2))
    gather.input[1] = "positions"
    released = path.replace(".onnx", "_released.onnx")
    onnx.save(model, released)
    return released


def make_bert(folder):
    path = generate(folder, "bert_base")
    ids = np.random.default_rng(0).integers(0, 1000, (1, LENGTH))
    return (path, release_sizes(path), {"batch": (1, 16), "seq": (1, LENGTH)},
            {"input_ids": ids, "token_type_ids": np.zeros_like(ids), "attention_mask": np.ones_like(ids)})


NETWORKS = {"resnet50": make_resnet, "resnet50_images": make_resnet_of_images, "bert_base": make_bert}


def count_seconds(run):
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each; default 7")
    arguments = parser.parse_args()
    print("| network | threads | compile, s CPU, one size | a range | run, ms CPU, one size | a range | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            fixed, released, bounds, feeds = NETWORKS[name](folder)
            compiled = [count_seconds(lambda: garam.compile(path, target="host", dims=dims).session())
                        for path, dims in ((fixed, {}), (released, bounds))]
        sessions = [session for _, session in compiled]
        for threads in arguments.threads:
            times = [[], []]
            for _ in range(arguments.rounds):
                results = []
                for session, column in zip(sessions, times):
                    seconds, result = count_seconds(lambda: session.run(feeds, threads=threads))
                    column.append(seconds)
                    results.append(result)
                for output, value in results[0].items():
                    np.testing.assert_allclose(results[1][output], value, rtol=1e-4, atol=1e-4)
            one, many = (statistics.median(column) for column in times)
            print(f"| {name} | {threads} | {compiled[0][0]:.1f} | {compiled[1][0]:.1f} | {one * 1e3:.1f} | "
                  f"{many * 1e3:.1f} | {many / one:.2f} |", flush=True)


if __name__ == "__main__":
    main()
