"""What a chip does between two stages of the host that use one scalar: only tensors are moved."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import oracle
from onnx_case import floats

garam = pytest.importorskip("garam")
pytestmark = pytest.mark.filterwarnings("ignore::garam.GaramWarning")  # of the fallback
FLOAT, BOOL = TensorProto.FLOAT, TensorProto.BOOL


def value(name, shape=None, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def check(nodes, inputs, outputs, data, target, weights=()):
    initializers = [numpy_helper.from_array(np.array(item), name) for name, item in weights]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializers)
    model = helper.make_model(graph, ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    expected = oracle.run_onnxruntime(model, data, optimise=False)
    actual = garam.compile(model, target=target).run(data)
    for name, wanted in expected.items():
        assert actual[name].shape == wanted.shape and actual[name].dtype == wanted.dtype
        # The chip computes in bfloat16 or float16.
        np.testing.assert_allclose(actual[name], wanted, rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("target", ["rngd", "atom"])
def test_branches_that_use_what_the_chip_computed(target, chosen):
    def branch(operator, result):
        return helper.make_graph([helper.make_node(operator, ["xx"], [result])], result, [],
                                 [value(result, (4, 6))])

    nodes = [helper.make_node("Mul", ["x", "x"], ["xx"]),
             helper.make_node("If", ["c"], ["y"], then_branch=branch("Neg", "a"),
                              else_branch=branch("Relu", "b"))]
    check(nodes, [value("x", (4, 6)), value("c", (), BOOL)], [value("y", (4, 6))],
          {"x": floats(4, 6), "c": np.array(chosen)}, target)


@pytest.mark.parametrize("target", ["rngd", "atom"])
def test_counts_on_both_sides_of_the_chip(target):
    """The host counts, the chip multiplies all places, and the host reduces those that count."""
    nodes = [helper.make_node("Greater", ["x", "zero"], ["m"]),
             helper.make_node("NonZero", ["m"], ["i"]),
             helper.make_node("Transpose", ["i"], ["t"], perm=[1, 0]),
             helper.make_node("GatherND", ["x", "t"], ["v"]),
             helper.make_node("ReduceMax", ["v"], ["before"], keepdims=0),
             helper.make_node("Mul", ["v", "two"], ["y"]),
             helper.make_node("ReduceSum", ["y"], ["sum"], keepdims=0),
             helper.make_node("ReduceMin", ["y"], ["least"], keepdims=0)]
    outputs = [value("y", [None]), value("before", ()), value("sum", ()), value("least", ())]
    check(nodes, [value("x", (4, 6))], outputs, {"x": floats(4, 6)}, target,
          [("zero", np.float32(0)), ("two", np.float32(2))])
