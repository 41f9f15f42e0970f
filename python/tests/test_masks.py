"""Masks that are added before a softmax, also where they are beyond the device's numbers."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

garam = pytest.importorskip("garam")

ROWS, DEPTH, COLUMNS = 4, 32, 64
LEAST = float(np.finfo(np.float32).min)
rng = np.random.default_rng(11)
X = (rng.standard_normal((ROWS, DEPTH)) * 4).astype(np.float32)
WEIGHTS = rng.standard_normal((DEPTH, COLUMNS)).astype(np.float32)
# Row 0 sees nothing, row 1 half of the columns, row 2 one, row 3 all.
SEEN = np.zeros((ROWS, COLUMNS), np.float32)
SEEN[1, ::2] = SEEN[2, 5] = SEEN[3] = 1


def node(kind, inputs, output):
    return helper.make_node(kind, inputs.split(), [output])


def make_model(nodes, inputs, **constants):
    """softmax(`scores`) of what `nodes` make of the product and the inputs."""
    graph = helper.make_graph(
        [node("MatMul", "x w", "product"), *nodes, node("Softmax", "scores", "y")], "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
         for name, shape in [("x", X.shape), *inputs]],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, SEEN.shape)],
        [numpy_helper.from_array(np.asarray(value, np.float32), name)
         for name, value in [("w", WEIGHTS), *constants.items()]])
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])


def multiplied(value):
    nodes = [node("Sub", "one seen", "hidden"), node("Mul", "hidden value", "mask"),
             node("Add", "product mask", "scores")]
    return make_model(nodes, [("seen", SEEN.shape)], one=1, value=value), {"seen": SEEN}


def given(value):
    """As an input of the model."""
    model = make_model([node("Add", "product mask", "scores")], [("mask", SEEN.shape)])
    return model, {"mask": (1 - SEEN) * np.float32(value)}


def stored(value):
    return make_model([node("Add", "product mask", "scores")], [],
                      mask=(1 - SEEN) * np.float32(value)), {}


def twice(value):
    nodes = [node("Add", "product mask", "once"), node("Add", "once mask", "scores")]
    return make_model(nodes, [], mask=(1 - SEEN) * np.float32(value)), {}


def chosen(value):
    nodes = [node("Greater", "seen half", "is_seen"), node("Where", "is_seen product value", "scores")]
    return make_model(nodes, [("seen", SEEN.shape)], half=0.5, value=value), {"seen": SEEN}


# Twice the least number is infinite in f32 already.
@pytest.mark.parametrize("target, precision", [("atom", "fp16"), ("atom", None), ("rngd", None)])
@pytest.mark.parametrize("make, value", [
    (make, value) for make in [multiplied, given, stored, twice, chosen]
    for value in [-1e4, -6e4, -1e5, -1e9, LEAST] if (make, value) != (twice, LEAST)])
def test_added_masks(make, value, target, precision):
    model, inputs = make(value)
    y = garam.compile(model, target=target, precision=precision).run({"x": X, **inputs})["y"]
    scores = np.where(SEEN > 0, X @ WEIGHTS, -np.inf)
    weights = np.exp(scores[1:] - scores[1:].max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True)
    # Scores of up to 60 lose up to 2^-9 of that in memory as bf16.
    np.testing.assert_allclose(y[1:], expected, atol=0.15 if target == "rngd" else 0.02)
    # What a masked row is differs by what is left of its scores next to the mask.
    assert np.isfinite(y[0]).all() and abs(y[0].sum() - 1) < 0.01


@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_a_result_is_not_clamped(target):
    """What the model returns is as large as it is, in the type that it asks for."""
    graph = helper.make_graph(
        [node("Mul", "x value", "y")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
        [numpy_helper.from_array(np.float32(-1e9), "value")])
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
    x = np.array([0, 1, -2, 3], np.float32)
    assert (garam.compile(model, target=target).run({"x": x})["y"] == x * np.float32(-1e9)).all()
