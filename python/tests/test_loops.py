"""Loops whose number of steps the run brings, against onnxruntime."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
import pytest

import oracle

WIDTH = 4


def make_constant(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def make_info(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def make_model(nodes, outputs, initializers=()):
    """A Loop over a state [2, WIDTH], which `nodes` make "next" and "go" of."""
    state = [2, WIDTH]
    body = helper.make_graph(
        nodes, "body", [make_info("i", TensorProto.INT64, []), make_info("go_in", TensorProto.BOOL, []),
                        make_info("state", TensorProto.FLOAT, state)],
        [make_info("go", TensorProto.BOOL, []), make_info("next", TensorProto.FLOAT, state)])
    graph = helper.make_graph(
        [helper.make_node("Loop", ["count", "", "start"], ["end"], "loop", body=body)], "g",
        [make_info("count", TensorProto.INT64, []), make_info("start", TensorProto.FLOAT, state)],
        [make_info("end", TensorProto.FLOAT, outputs)], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


DOUBLING = [helper.make_node("Add", ["state", "state"], ["next"]),
            helper.make_node("ReduceSum", ["next"], ["sum"], keepdims=0),
            helper.make_node("Less", ["sum", "limit"], ["go"])]

# A recurrent layer of a single step, as LSTMCell is exported.
CELL = [helper.make_node("Unsqueeze", ["state", "axis"], ["hidden"]),
        helper.make_node("GRU", ["hidden", "w", "r", "", "", "hidden"], ["", "last"], hidden_size=WIDTH),
        helper.make_node("Squeeze", ["last", "axis"], ["next"]),
        helper.make_node("Identity", ["go_in"], ["go"])]


def weights(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("count", [-1, 0, 1, 3, 6])
@pytest.mark.parametrize("name", ["doubling", "cell"])
def test_count_of_run_time(name, count):
    import garam

    if name == "doubling":
        model = make_model(DOUBLING, [2, WIDTH], [make_constant("limit", np.float32(100))])
    else:
        model = make_model(CELL, [2, WIDTH], [
            make_constant("axis", [0]), make_constant("w", weights(1, 1, 3 * WIDTH, WIDTH)),
            make_constant("r", weights(2, 1, 3 * WIDTH, WIDTH))])
    inputs = {"count": np.asarray(count), "start": np.abs(weights(3, 2, WIDTH))}
    outputs = garam.compile(model, "host").run(inputs)
    expected = oracle.run_onnxruntime(model, inputs)
    np.testing.assert_allclose(outputs["end"], expected["end"], rtol=1e-5, atol=1e-6)
