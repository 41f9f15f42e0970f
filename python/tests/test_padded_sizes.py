"""Sizes of run time on devices whose programs have fixed sizes: one binary agrees with onnxruntime at every size."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import oracle
from onnx_case import floats
from test_dynamic_sizes import make_model

garam = pytest.importorskip("garam")

ATTENTION = """
(float[b, s, 32] x) => (float[b, s, 32] z) {
    q0 = MatMul (x, wq)
    k0 = MatMul (x, wk)
    v0 = MatMul (x, wv)
    q1 = Reshape (q0, heads)
    k1 = Reshape (k0, heads)
    v1 = Reshape (v0, heads)
    q = Transpose <perm = [0, 2, 1, 3]> (q1)
    k = Transpose <perm = [0, 2, 3, 1]> (k1)
    v = Transpose <perm = [0, 2, 1, 3]> (v1)
    scores = MatMul (q, k)
    p = Softmax <axis = -1> (scores)
    o0 = MatMul (p, v)
    o1 = Transpose <perm = [0, 2, 1, 3]> (o0)
    o = Reshape (o1, rows)
    r = Add (o, x)
    z = LayerNormalization (r, scale)
}"""

NETWORK = """
(float[b, 3, h, w] x) => (float[b, 10] z) {
    t = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, c1)
    u = Relu (t)
    v = Conv <pads = [1, 1, 1, 1]> (u, c2)
    a = Add (u, v)
    m = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
    g = GlobalAveragePool (m)
    f = Flatten (g)
    z = MatMul (f, wo)
}"""


def make_attention():
    weights = {name: floats(32, 32) / 8 for name in ("wq", "wk", "wv")}
    return make_model(ATTENTION, weights | {"heads": np.array([0, 0, 4, 8]), "rows": np.array([0, 0, 32]),
                                            "scale": floats(32)})


def make_network():
    return make_model(NETWORK, {"c1": floats(8, 3, 3, 3) / 3, "c2": floats(8, 8, 3, 3) / 6, "wo": floats(8, 10)})


def check(model, target, dims, inputs):
    """bf16 has 8 bits: two decimals of the greatest value after a few layers."""
    executable = garam.compile(model, target=target, dims=dims)
    session = executable.session()
    for feeds in inputs:
        expected = oracle.run_onnxruntime(model, feeds, optimise=False)
        results = session.run(feeds)
        for name, value in expected.items():
            assert results[name].shape == value.shape
            if value.dtype.kind == "f":
                np.testing.assert_allclose(results[name], value, rtol=0, atol=2e-2 * max(np.abs(value).max(), 1e-6))
            else:
                np.testing.assert_array_equal(results[name], value)
    return executable


@pytest.mark.parametrize("target", ["rngd", "atom", "kcloud-stage2"])
@pytest.mark.parametrize("dims, sizes", [
    ({"b": (1, 4), "s": (6, 6)}, [(1, 6), (4, 6), (3, 6)]),
    ({"b": (1, 1), "s": (1, 16)}, [(1, 16), (1, 1), (1, 7)]),
    ({"b": (1, 3), "s": (1, 16)}, [(3, 16), (1, 1), (2, 7), (3, 5), (1, 16)]),
])
def test_attention(target, dims, sizes):
    """What an earlier, longer run left behind takes no part in the softmax of a shorter one."""
    check(make_attention(), target, dims, [{"x": floats(b, s, 32)} for b, s in sizes])


@pytest.mark.parametrize("dims, sizes", [
    ({"b": (1, 5), "h": (16, 16), "w": (16, 16)}, [(5, 16, 16), (1, 16, 16), (2, 16, 16)]),
    ({"b": (1, 2), "h": (8, 20), "w": (8, 20)}, [(2, 20, 20), (1, 8, 8), (2, 13, 9), (1, 20, 11)]),
])
def test_images(dims, sizes):
    check(make_network(), "rngd", dims, [{"x": floats(b, 3, h, w)} for b, h, w in sizes])


def test_only_the_device_runs():
    """Sizes that are those of inputs need no work of the host."""
    executable = garam.compile(make_attention(), target="rngd", dims={"b": (1, 4), "s": (1, 8)})
    assert {device for node in executable.report()["nodes"] for device in [node.get("device")] if device} == {"rngd"}
    assert executable.dimensions == {"b": (1, 4), "s": (1, 8)}


@pytest.mark.parametrize("graph, constants", [
    ("(float[n, 6] x) => (float[6] z) { z = ReduceMax <keepdims = 0> (x, zero) }", {"zero": np.array([0])}),
    ("(float[n, 6] x) => (float[6] z) { z = ReduceMean <keepdims = 0> (x, zero) }", {"zero": np.array([0])}),
    ("(float[n, 6] x) => (float[n, 6] z) { z = Softmax <axis = 0> (x) }", {}),
    ("(float[n, 6] x) => (float[6, 6] z) { t = Transpose (x)\n z = MatMul (t, x) }", {}),
    ("(float[n, 6] x) => (float[n, 6] y, int64[m] s) { y = Neg (x)\n s = Shape (x) }", {}),
    ("(float[n, 6] x) => (float[m, 3] z) { z = Reshape (x, shape) }", {"shape": np.array([-1, 3])}),
    ("(float[n, 6] x) => (float[n, 8] z) { z = Pad (x, pads) }", {"pads": np.array([0, 1, 0, 1])}),
    ("(float[n, 6] x) => (float[m, 6] z) { z = Pad (x, pads) }", {"pads": np.array([1, 0, 2, 0])}),
    ("(float[n, 6] x) => (float[m, 6] z) { z = Concat <axis = 0> (x, w, x) }", {"w": floats(2, 6)}),
    ("(float[n, 6] x) => (float[n, 3] z) { z = Slice (x, one, four, one) }",
     {"one": np.array([1]), "four": np.array([4])}),
    ("(float[n, 6] x) => (float[n, 6] z) { z = Identity (x) }", {}),
    ("(int64[n] i) => (float[n, 6] z) { z = Gather (w, i) }", {"w": floats(9, 6)}),
    ("(float[n, 6] x) => (float[n, 6] z) { z = CumSum (x, one) }", {"one": np.array(1)}),
    ("(float[n, 6] x) => (float[n, 2] z, int64[n, 2] i) { z, i = TopK (x, two) }", {"two": np.array([2])}),
    ("(float[n, 6] x) => (int64[6] z) { z = ArgMax <axis = 0, keepdims = 0> (x) }", {}),
    ("(float[n, 6] x) => (float[n, 6] z) { a = Shape (x)\n b = Cast <to = 1> (a)\n c = ReduceProd <keepdims = 0> (b)"
     "\n z = Div (x, c) }", {}),
])
def test_operators(graph, constants):
    """Each agrees with onnxruntime, or is refused at compile time by its name."""
    model = make_model(graph, constants)
    integers = "int64[n] i" in graph
    inputs = [{"i": np.arange(n, dtype=np.int64)} if integers else {"x": floats(n, 6)} for n in (7, 1, 4, 7)]
    try:
        check(model, "rngd", {"n": (1, 7)}, inputs)
    except garam.ModelError as refusal:
        assert refusal.diagnostics and all(diagnostic.nodes for diagnostic in refusal.diagnostics), str(refusal)
        assert "size of run time" in str(refusal) or "--dim" in str(refusal)


def test_quantized_input():
    """What the runtime quantises is padded, too."""
    scale = numpy_helper.from_array(np.float32(0.05), "scale")
    zero = numpy_helper.from_array(np.int8(3), "zero")
    weight = numpy_helper.from_array((floats(6, 4) * 20).astype(np.int8), "w")
    nodes = [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
             helper.make_node("DequantizeLinear", ["w", "scale"], ["e"]),
             helper.make_node("MatMul", ["d", "e"], ["z"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "m", 6])],
                              [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", "m", 4])],
                              [scale, zero, weight])
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
    onnx.checker.check_model(model)
    check(model, "rngd", {"n": (1, 3), "m": (1, 5)}, [{"x": floats(n, m, 6)} for n, m in ((3, 5), (1, 1), (2, 3))])
