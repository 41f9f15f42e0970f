#!/usr/bin/env python3
"""Compares the cost model with the simulator.

    python3 benchmarks/cost_model.py [--build-dir BUILD] TARGET MODEL.onnx ...

prints for each model the time that the cost model expected when it chose tiles
and splits (`estimate_s` of the report), the simulated latency and their ratio.
Symbolic dimensions are bound to 1.
"""

import argparse
import json
import os
import subprocess
import tempfile

import onnx


def dim_options(path):
    """--dim NAME=1 for every symbolic dimension of the model's inputs."""
    model = onnx.load(path, load_external_data=False)
    names = {
        dim.dim_param
        for value in model.graph.input
        for dim in value.type.tensor_type.shape.dim
        if dim.HasField("dim_param")
    }
    return [option for name in sorted(names) for option in ("--dim", f"{name}=1")]


def compare(garam, target, model):
    """Estimated and simulated latency of a model, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        subprocess.run(
            [garam, "compile", model, "--target", target, "--quiet",
             "--report", report, "-o", os.path.join(folder, "model.garam")]
            + dim_options(model),
            check=True)
        with open(report) as file:
            values = json.load(file)
    return values["estimate_s"], values["latency_s"]


def main():
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build-dir", default=os.path.join(source, "build"))
    parser.add_argument("target")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    garam = os.path.join(arguments.build_dir, "bin", "garam")
    print("| model | estimate (us) | simulated (us) | ratio |")
    print("|---|---:|---:|---:|")
    for model in arguments.models:
        estimate, latency = compare(garam, arguments.target, model)
        print(f"| {os.path.basename(model)} | {estimate * 1e6:.1f} "
              f"| {latency * 1e6:.1f} | {estimate / latency:.2f} |")


if __name__ == "__main__":
    main()
