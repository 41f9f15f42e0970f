"""Operators that are replaced by others, in the bodies of If, Loop and Scan, against onnxruntime."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import oracle
from onnx_case import floats, integers

garam = pytest.importorskip("garam")
CONTRIB = "com.microsoft"
ROWS, WIDTH = 4, 8
CODES = integers(WIDTH, 1, 8, low=0, high=255, dtype=np.uint8)  # 4 bits, blocks of 16

CONSTANTS = {
    "row": floats(WIDTH), "scale": np.float32(0.05), "zero": np.uint8(128), "codes": CODES,
    "bytes": integers(WIDTH, WIDTH, low=0, high=255, dtype=np.uint8), "block_scales": floats(WIDTH, low=0.01),
    "groups": np.array([1, 0.5], np.float32), "split": np.array([ROWS, 4, 2]), "joined": np.array([ROWS, WIDTH]),
    "size": np.array(WIDTH),
}


def make_node(operator, *values, domain=CONTRIB, **attributes):
    *inputs, output = values
    return helper.make_node(operator, inputs, output.split(), domain=domain, **attributes)


def make_onnx(operator, *values, **attributes):
    return make_node(operator, *values, domain="", **attributes)


# What makes "out" [ROWS, WIDTH] of "x", of the same shape.
BODIES = {
    "dynamic_quantization": [make_onnx("DynamicQuantizeLinear", "x", "q s z"),
                             make_onnx("DequantizeLinear", "q", "s", "z", "out")],
    "normalisation": [make_onnx("MeanVarianceNormalization", "x", "out", axes=[0])],
    "window": [make_onnx("HannWindow", "size", "w"), make_onnx("Mul", "x", "w", "out")],
    "quantised_product": [
        make_onnx("QuantizeLinear", "x", "scale", "zero", "q"),
        make_onnx("QLinearMatMul", "q", "scale", "zero", "bytes", "scale", "zero", "scale", "zero", "p"),
        make_onnx("DequantizeLinear", "p", "scale", "zero", "out")],
    "groups": [make_onnx("Reshape", "x", "split", "r"),
               make_onnx("GroupNormalization", "r", "groups", "groups", "n", num_groups=2),
               make_onnx("Reshape", "n", "joined", "out")],
    "gelu": [make_node("BiasGelu", "x", "row", "out")],
    # The second one's body depends on the rank of what the first one yields.
    "chain": [make_node("FusedMatMul", "x", "x", "square", transB=1), make_node("QuickGelu", "square", "gated"),
              make_node("FusedMatMul", "gated", "x", "out", transA=1)],
    "skip": [make_node("SkipLayerNormalization", "x", "x", "row", "out", epsilon=1e-5)],
    "packed": [make_onnx("Concat", "x", "x", "wide", axis=1),
               make_node("MatMulNBits", "wide", "codes", "block_scales", "out", K=16, N=WIDTH, bits=4, block_size=16)],
}


def make_value(name, kind=TensorProto.FLOAT, shape=(ROWS, WIDTH)):
    return helper.make_tensor_value_info(name, kind, shape)


def make_construct(construct, nodes, constants=()):
    """Nodes that apply `nodes` to "in"; `constants` are in the body."""
    if construct == "If":  # each body has the same names
        enter = [make_onnx("Identity", "in", "x"), *nodes]
        then = helper.make_graph(enter, "then", [], [make_value("out")], constants)
        other = helper.make_graph([make_onnx("Transpose", "in", "x"), make_onnx("Transpose", "x", "out")], "else", [],
                                  [make_value("out")])
        return [make_onnx("If", "go", "result", then_branch=then, else_branch=other)]
    if construct == "Scan":
        body = helper.make_graph(nodes, "body", [make_value("x")], [make_value("out")], constants)
        return [make_onnx("Unsqueeze", "in", "first", "all"), make_onnx("Scan", "all", "each", body=body, num_scan_inputs=1),
                make_onnx("Squeeze", "each", "first", "result")]
    body = helper.make_graph(
        [*nodes, make_onnx("Identity", "on", "still")], "body",
        [make_value("i", TensorProto.INT64, []), make_value("on", TensorProto.BOOL, []), make_value("x")],
        [make_value("still", TensorProto.BOOL, []), make_value("out")], constants)
    return [make_onnx("Loop", "steps", "go", "in", "result", body=body)]


def check(nodes, constants, atol=1e-4):
    graph = helper.make_graph(
        nodes, "g", [make_value("in"), make_value("go", TensorProto.BOOL, [])], [make_value("result")],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", 20), helper.make_opsetid(CONTRIB, 1)])
    executable = garam.compile(model, "host")
    for go in (True, False):
        inputs = {"in": floats(ROWS, WIDTH), "go": np.array(go)}
        expected = oracle.run_onnxruntime(model, inputs, optimise=False)["result"]
        np.testing.assert_allclose(executable.run(inputs)["result"], expected, rtol=1e-4, atol=atol)


@pytest.mark.parametrize("construct", ["If", "Loop", "Scan"])
@pytest.mark.parametrize("body", BODIES)
def test_agrees_with_onnxruntime(body, construct):
    constants = {**CONSTANTS, "steps": np.array(2), "first": np.array([0])}
    # Rounding may be a step of the result off, onnxruntime's product being one of integers.
    step = CONSTANTS["scale"] if body == "quantised_product" else 0
    check(make_construct(construct, BODIES[body]), constants, atol=1e-4 + step)


@pytest.mark.parametrize("large", [False, True])
def test_weights_of_the_body(large):
    """Packed weights that the body has itself."""
    width = 4096 if large else WIDTH
    codes = integers(width, 1, 8, low=0, high=255, dtype=np.uint8)
    nodes = [make_onnx("Concat", "x", "x", "wide", axis=1),
             make_node("MatMulNBits", "wide", "own_codes", "own_scales", "product", K=16, N=width, bits=4, block_size=16),
             make_onnx("Slice", "product", "begin", "end", "axis", "out")]
    own = [numpy_helper.from_array(codes, "own_codes"), numpy_helper.from_array(floats(width, low=0.01), "own_scales")]
    check(make_construct("If", nodes, own), {"begin": np.array([0]), "end": np.array([WIDTH]), "axis": np.array([1])})
