"""Compares programs whose stages have all cores, one after the other, with those that share them.

Each network is compiled to stages, and these are scheduled twice, with branches on cores of their own
and parts of sums (npu-search-schedules) and without. Simulated latencies, and the target's seconds
are exact: they are the same on any machine. Networks are those of models/core_use.py, or ONNX files.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import onnx

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "models"))
import core_use  # noqa: E402  the generator

# What garam compile runs between these stages (buildSchedulePipeline).
BEFORE = ["npu-trim-stages", "npu-record-bound", "npu-materialize-indices", "npu-assign-layouts",
          "npu-fuse-groups"]


def run(tools, name, *arguments):
    return subprocess.run([tools / name, *map(str, arguments)], check=True, capture_output=True,
                          text=True).stdout


def schedule(tools, stages, shares):
    """The text of the scheduled stages."""
    passes = [*BEFORE, f"npu-search-schedules{{level=2 share-cores={str(shares).lower()}}}"]
    pipeline = f"builtin.module(hetero.executable(func.func({','.join(passes)})))"
    text = run(tools, "garam-opt", stages, f"--pass-pipeline={pipeline}", "--mlir-print-debuginfo")
    return text.replace('garam.stage = "npu-stages"', 'garam.stage = "npu-scheduled"')


def measure(tools, folder, model, target, shares):
    """Seconds of an inference."""
    run(tools, "garam", "compile", model, "--target", target, "--no-fallback", "--emit", "npu-stages",
        "-o", folder / "stages.mlir", "--quiet")
    (folder / "scheduled.mlir").write_text(schedule(tools, folder / "stages.mlir", shares))
    run(tools, "garam", "compile", folder / "scheduled.mlir", "--from", "npu-scheduled", "-o",
        folder / "model.garam", "--quiet", "--report", folder / "report.json")
    return json.loads((folder / "report.json").read_text())["latency_s"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=pathlib.Path, help="ONNX files instead")
    parser.add_argument("--targets", default="atom,rngd")
    parser.add_argument("--tools", type=pathlib.Path, default=HERE.parent / "build" / "bin")
    arguments = parser.parse_args()
    print("| network | target | in turn, us | sharing the cores, us |\n|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        models = arguments.models
        if not models:
            for network in core_use.NETWORKS:
                models.append(folder / f"{network}.onnx")
                onnx.save(core_use.build(network), models[-1])
        for model in models:
            for target in arguments.targets.split(","):
                times = [measure(arguments.tools, folder, model, target, shares)
                         for shares in (False, True)]
                print(f"| {model.stem} | `{target}` | {times[0] * 1e6:.1f} | {times[1] * 1e6:.1f} |",
                      flush=True)


if __name__ == "__main__":
    main()
