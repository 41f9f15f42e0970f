"""Machines on which schedulers and compilers were published: what their cost models charge for an
operator is what the simulator takes."""

import itertools
import json
import math

import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest

from conftest import SOURCE_DIR

CYCLE_MICROSECONDS = 1e-3  # at 1 GHz

# SoMa's splits of its 4 x 4 arrays (coremapping.cpp: all_parts).
SOMA_SPLITS = ["CK", "CB", "BK", "CW", "HK", "HW"]


def soma_cycles(b, c, k, h, w, r):
    """Of a convolution to k channels of h x w with a window of r x r."""
    def count(split):
        parts = {dim: 4 if dim in split else 1 for dim in "BCKHW"}
        return (math.ceil(c / (16 * parts["C"])) * math.ceil(k / (32 * parts["K"]))
                * math.ceil(h / parts["H"]) * math.ceil(w / parts["W"])
                * math.ceil(b / parts["B"]) * r * r)
    return min(map(count, SOMA_SPLITS))


def u65_cycles(b, c, k, h, w, r):
    """2 x 2 pixels x 8 outputs x 8 inputs a cycle in each of two cores, which share the outputs."""
    return (b * math.ceil(h / 2) * math.ceil(w / 2) * math.ceil(c / 8) * math.ceil(k / 16)
            * r * r)


class Graph:
    """Int8 nodes between QuantizeLinear and DequantizeLinear of scale 1/16."""

    def __init__(self, name, shape):
        self.nodes, self.initializers = [], [
            numpy_helper.from_array(np.float32(1 / 16), "scale"),
            numpy_helper.from_array(np.int8(0), "zero")]
        self.numbers = itertools.count()
        self.name = name
        self.input = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        self.x = self.quantize("x")

    def quantize(self, value):
        q, dq = (f"v{next(self.numbers)}" for _ in range(2))
        self.nodes += [
            helper.make_node("QuantizeLinear", [value, "scale", "zero"], [q], name=q),
            helper.make_node("DequantizeLinear", [q, "scale", "zero"], [dq], name=dq)]
        return dq

    def constant(self, values):
        name, dq = (f"c{next(self.numbers)}" for _ in range(2))
        self.initializers.append(numpy_helper.from_array(values, name))
        self.nodes.append(
            helper.make_node("DequantizeLinear", [name, "scale", "zero"], [dq], name=dq))
        return dq

    def add(self, operator, inputs, **attributes):
        result = f"v{next(self.numbers)}"
        self.nodes.append(helper.make_node(operator, inputs, [result], name=operator.lower(),
                                           **attributes))
        return self.quantize(result)

    def save(self, path, result, shape):
        self.nodes.append(helper.make_node("Identity", [result], ["y"]))
        graph = helper.make_graph(
            self.nodes, self.name, [self.input],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], self.initializers)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                    ir_version=8), path)


def measure(graph, result, shape, target, run_tool, folder):
    """Cycles of the tensor and the vector engine, and the report of the run."""
    model, binary, trace, report = (folder / f"model.{end}"
                                    for end in ("onnx", "garam", "trace", "json"))
    graph.save(model, result, shape)
    run_tool("garam", "compile", model, "--target", target, "-o", binary, "--quiet")
    run_tool("garam", "run", binary, "--timing-only", "--quiet", "--trace", trace,
             "--report", report)
    cycles = {"tensor": 0.0, "vector": 0.0}
    for event in json.loads(trace.read_text())["traceEvents"]:
        if event.get("cat") in cycles:
            cycles[event["cat"]] += event["dur"] / CYCLE_MICROSECONDS
    return round(cycles["tensor"]), round(cycles["vector"]), json.loads(report.read_text())


def write_arithmetic_only(target, folder):
    """A target file of the machine with memories that take no time, so that nothing is gained by
    cutting an operator."""
    text = (SOURCE_DIR / "targets" / f"{target}.yaml").read_text()
    fast = {"read_bytes_per_cycle": "1048576", "write_bytes_per_cycle": "1048576",
            "bytes_per_cycle": "1048576", "bytes_per_cycle_per_core": "1048576",
            "bytes_per_second": "1.0e+15"}
    for field, value in fast.items():
        text, count = re.subn(rf"^(  {field}: {{ value: )[^,]*", rf"\g<1>{value}", text,
                              flags=re.MULTILINE)
        assert count >= 1, field
    path = folder / f"{target}.yaml"
    path.write_text(text)
    return path


def make_convolution(b, c, k, h, w, r):
    random = np.random.default_rng(0)
    graph = Graph("convolution", [b, c, h, w])
    weight = graph.constant(random.integers(-100, 100, (k, c, r, r), dtype=np.int8))
    return graph, graph.add("Conv", [graph.x, weight], pads=[r // 2] * 4, kernel_shape=[r, r])


SIZES = [  # b, c, k, h, w, r
    (1, 64, 64, 28, 28, 3), (1, 256, 128, 28, 28, 1), (1, 3, 64, 20, 12, 7),
    (1, 40, 70, 13, 9, 3), (1, 130, 33, 9, 17, 1), (1, 17, 40, 17, 9, 3),
    (4, 64, 128, 7, 7, 1), (6, 16, 130, 5, 3, 3)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("target, formula", [("soma-edge-64", soma_cycles),
                                             ("u65-512", u65_cycles)])
def test_convolutions_take_the_published_cycles(target, formula, sizes, run_tool, tmp_path):
    b, _, k, h, w, _ = sizes
    graph, result = make_convolution(*sizes)
    machine = write_arithmetic_only(target, tmp_path)
    tensor, vector, report = measure(graph, result, [b, k, h, w], machine, run_tool, tmp_path)
    assert (tensor, vector) == (formula(*sizes), 0)
    assert report["bound"]["compute_s"] <= tensor * 1.000001e-9


@pytest.mark.parametrize("target, lanes", [("soma-edge-64", 512), ("u65-512", 64)])
def test_other_operators_take_their_operands(target, lanes, run_tool, tmp_path):
    """An addition takes two operands an output, pooling its window. They do not run beside
    products, so the bound is their sum."""
    shape = [1, 64, 24, 24]
    graph, result = make_convolution(1, 64, 64, 24, 24, 3)
    result = graph.add("Add", [result, graph.x])
    result = graph.add("MaxPool", [result], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    machine = write_arithmetic_only(target, tmp_path)
    tensor, vector, report = measure(graph, result, [1, 64, 12, 12], machine, run_tool, tmp_path)
    operands = 2 * math.prod(shape) + 9 * 64 * 12 * 12
    # Each command rounds up.
    assert operands / lanes <= vector <= operands / lanes + 4
    assert report["bound"]["compute_s"] * 1e9 == pytest.approx(tensor + operands / lanes)
    assert report["latency_s"] * 1e9 >= tensor + vector
    assert report["estimate_s"] == pytest.approx(report["latency_s"], rel=0.1)
