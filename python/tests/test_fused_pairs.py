"""Two products or convolutions, one behind the other: together they move less than each of them must
alone, as what is between them stays on the chip."""

import json
import math

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

MEMORY = 8 << 20  # bytes of SRAM of soma-edge
SCALE = 4  # bytes of the scale of a column


def build(operator, shape, weights):
    """`operator`s in int8 with weights of these shapes, one behind the other; input and output are
    quantised by the host."""
    random = np.random.default_rng(1)
    constants = {"scale": np.float32(4 / 127), "zero": np.int8(0)}
    nodes, value = [], "x"
    for i, weight in enumerate(weights):
        inputs = math.prod(weight[:1] if operator == "MatMul" else weight[1:])
        outputs = weight[1] if operator == "MatMul" else weight[0]
        constants[f"w{i}"] = random.integers(-127, 128, weight, dtype=np.int8)
        constants[f"s{i}"] = np.full(outputs, 1 / (127 * inputs**0.5), np.float32)
        constants[f"z{i}"] = np.zeros(outputs, np.int8)
        attributes = {} if operator == "MatMul" else {"pads": [w // 2 for w in weight[2:]] * 2}
        nodes += [
            helper.make_node("QuantizeLinear", [value, "scale", "zero"], [f"q{i}"]),
            helper.make_node("DequantizeLinear", [f"q{i}", "scale", "zero"], [f"d{i}"]),
            helper.make_node("DequantizeLinear", [f"w{i}", f"s{i}", f"z{i}"], [f"e{i}"],
                             axis=int(operator == "MatMul")),
            helper.make_node(operator, [f"d{i}", f"e{i}"], [f"p{i}"], name=f"product{i}", **attributes)]
        value = f"p{i}"
    nodes += [helper.make_node("QuantizeLinear", [value, "scale", "zero"], ["r"]),
              helper.make_node("DequantizeLinear", ["r", "scale", "zero"], ["y"])]
    result = ([*shape[:-1], weights[-1][1]] if operator == "MatMul"
              else [shape[0], weights[-1][0], *shape[2:]])
    graph = helper.make_graph(
        nodes, "pair", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
        [numpy_helper.from_array(np.array(each), name) for name, each in constants.items()])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    return model


def get_bound(rows, columns, reduction):
    """Bytes that no order of a product of int8 matrices beats (Smith et al., 2017)."""
    products = rows * columns * reduction
    return max(2 * products / MEMORY**0.5 - 2 * MEMORY,
               rows * reduction + reduction * columns + rows * columns)


def count_traffic(run_tool, tmp_path, model):
    onnx.save(model, tmp_path / "pair.onnx")
    run_tool("garam", "compile", tmp_path / "pair.onnx", "--target", "soma-edge-16", "--no-fallback",
             "-o", tmp_path / "pair.garam", "--quiet", "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    return report["dram_read_bytes"] + report["dram_write_bytes"]


# The middle: 4 MiB, which stay as they are; 16 and 64 MiB, which are made and read in slices.
@pytest.mark.parametrize("rows, reduction, middle, columns", [
    (1024, 1024, 4096, 1024), (8192, 512, 2048, 512), (16384, 256, 4096, 256)])
def test_products(rows, reduction, middle, columns, run_tool, tmp_path):
    model = build("MatMul", [rows, reduction], [(reduction, middle), (middle, columns)])
    traffic = count_traffic(run_tool, tmp_path, model)
    single = get_bound(rows, middle, reduction) + get_bound(rows, columns, middle)
    assert traffic < single - 2 * rows * middle * 0.9
    # Input, output and weights with their scales cross DRAM once at least.
    once = (rows * (reduction + columns) + middle * (reduction + columns) +
            SCALE * (middle + columns))
    assert traffic >= once


# Feature maps of 4 and 16 MiB between convolutions of 3 x 3.
@pytest.mark.parametrize("channels, size", [(64, 256), (64, 512)])
def test_convolutions(channels, size, run_tool, tmp_path):
    shape, weight = [1, 16, size, size], (16, channels, 3, 3)
    model = build("Conv", shape, [(channels, 16, 3, 3), weight])
    traffic = count_traffic(run_tool, tmp_path, model)
    ends, middle = 2 * 16 * size**2, channels * size**2
    weights = 2 * math.prod(weight) + SCALE * (channels + 16)
    assert traffic < ends + weights + 2 * middle * 0.1
    assert traffic >= ends + weights
