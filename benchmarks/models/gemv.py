"""A product of a vector with an int8 matrix, as a decoder's layers have it.

The vector is quantised per tensor, the matrix per output channel; the result is
float32. The operator is MatMul between QuantizeLinear and DequantizeLinear.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def build(inputs, outputs, seed=0):
    """x (1, inputs) -> y (1, outputs)"""
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
        helper.make_node("MatMul", ["x.float", "weight.float"], ["y"], name="product"),
    ]
    graph = helper.make_graph(
        nodes, "gemv", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, outputs])],
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
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    onnx.save(build(arguments.inputs, arguments.outputs, arguments.seed), arguments.output)
