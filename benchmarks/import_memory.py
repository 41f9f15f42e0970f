"""Measures how much memory and time the import of a model with large weights takes.

The weights of a model stay in the mapped file: the peak of the resident set must
not grow with them. Makes a chain of MatMul nodes with random weights, once with
external data and once (below protobuf's 2 GiB) with the weights inside, imports
both, and prints a line for each:

    python3 benchmarks/import_memory.py --gigabytes 1
"""

import argparse
import multiprocessing
import os
import pathlib
import subprocess
import tempfile
import time

import numpy
import onnx
from onnx import TensorProto, helper

SOURCE_DIR = pathlib.Path(__file__).resolve().parent.parent
SIZE = 4096  # of the square weights: 64 MiB each
LAYER_BYTES = SIZE * SIZE * 4
PROTOBUF_LIMIT = 2**31


def make_chain(layers, make_weight):
    """x -> MatMul -> ... -> y with one weight a layer."""
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(layers)]
    graph = helper.make_graph(
        nodes, "chain",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, SIZE])],
        [helper.make_tensor_value_info(f"x{layers}", TensorProto.FLOAT, [1, SIZE])],
        [make_weight(i) for i in range(layers)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def make_data(index):
    return numpy.random.default_rng(index).random(SIZE * SIZE, numpy.float32).tobytes()


def write_external(directory, layers):
    path = directory / "external.onnx"
    with open(directory / "weights.bin", "wb") as data:
        for index in range(layers):
            data.write(make_data(index))

    def make_weight(index):
        tensor = TensorProto(name=f"w{index}", data_type=TensorProto.FLOAT, dims=[SIZE, SIZE],
                             data_location=TensorProto.EXTERNAL)
        for key, value in (("location", "weights.bin"), ("offset", index * LAYER_BYTES),
                           ("length", LAYER_BYTES)):
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    onnx.save(make_chain(layers, make_weight), path)
    return path


def write_inline(directory, layers):
    path = directory / "inline.onnx"
    model = make_chain(layers, lambda index: helper.make_tensor(
        f"w{index}", TensorProto.FLOAT, [SIZE, SIZE], make_data(index), raw=True))
    onnx.save(model, path)
    return path


def write_apart(write, directory, layers):
    """Writes a model in a process of its own: a child's peak counts what its
    parent had when it was started."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(write, (directory, layers))


def measure(name, path, weight_bytes):
    command = [SOURCE_DIR / "build" / "bin" / "garam", "compile", path, "--target", "rngd",
               "--emit", "onnx", "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # wait4 reports the memory of this one process.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, f"the import of {path} failed"
    print(f"{name}: weights {weight_bytes / 2**20:.0f} MiB, peak resident set "
          f"{usage.ru_maxrss / 1024:.0f} MiB, {seconds:.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0, help="size of the weights")
    layers = max(1, round(parser.parse_args().gigabytes * 2**30 / LAYER_BYTES))
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        measure("one layer", write_apart(write_external, directory, 1), LAYER_BYTES)
        measure("external data", write_apart(write_external, directory, layers),
                layers * LAYER_BYTES)
        if layers * LAYER_BYTES < PROTOBUF_LIMIT:
            measure("inside the file", write_apart(write_inline, directory, layers),
                    layers * LAYER_BYTES)


if __name__ == "__main__":
    main()
