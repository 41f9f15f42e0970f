"""A product of a vector, or of rows, with an int8 matrix, as a decoder's layers have it.

The rows are quantised per tensor, the matrix per output channel; the result is
float32, or with --int8-output quantised too. The operator is MatMul between
QuantizeLinear and DequantizeLinear.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def build(inputs, outputs, seed=0, rows=1, int8_output=False):
    """x (rows, inputs) -> y (rows, outputs)"""
    random = np.random.default_rng(seed)
    weight = random.integers(-127, 128, (inputs, outputs), dtype=np.int8)
    scale = random.uniform(0.5, 1.5, outputs).astype(np.float32) / np.float32(127 * inputs**0.5)
    constants = {
        "x.scale": np.array(4 / 127, np.float32), "x.zero": np.array(0, np.int8),
        "weight": weight, "weight.scale": scale, "weight.zero": np.zeros(outputs, np.int8)}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x.scale", "x.zero"], ["x.int8"], name="quantize"),
        helper.make_node("DequantizeLinear", ["x.int8", "x.scale", "x.zero"], ["x.float"],
                         name="dequantize"),
        helper.make_node("DequantizeLinear", ["weight", "weight.scale", "weight.zero"],
                         ["weight.float"], name="dequantize_weight", axis=1),
        helper.make_node("MatMul", ["x.float", "weight.float"],
                         ["product" if int8_output else "y"], name="product"),
    ]
    if int8_output:
        nodes += [
            helper.make_node("QuantizeLinear", ["product", "x.scale", "x.zero"], ["y.int8"],
                             name="quantize_result"),
            helper.make_node("DequantizeLinear", ["y.int8", "x.scale", "x.zero"], ["y"],
                             name="dequantize_result"),
        ]
    graph = helper.make_graph(
        nodes, "gemv", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, outputs])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, producer_name="garam-benchmarks", ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--outputs", type=int, required=True)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--int8-output", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = vars(parser.parse_args())
    output = arguments.pop("output")
    onnx.save(build(**arguments), output)
