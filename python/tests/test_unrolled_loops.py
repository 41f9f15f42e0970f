"""Loops of a known number of steps run on an NPU, whole: recurrent layers, scans, cumulations."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
import pytest

import garam
import oracle

FEATURES, HIDDEN, BATCH = 6, 5, 2


def make_model(nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype),
                                       value.shape) for name, value in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
         for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def assert_runs_on(target, model, inputs):
    """No node is left to the host, and the numbers are onnxruntime's within the chip's precision."""
    executable = garam.compile(model, target, fallback=False)
    actual, expected = executable.run(inputs), oracle.run_onnxruntime(model, inputs)
    for name, value in expected.items():
        np.testing.assert_allclose(actual[name], value, rtol=2e-2,
                                   atol=2e-2 * np.abs(value).max())
    return executable


@pytest.mark.parametrize("target", ["rngd", "atom"])
@pytest.mark.parametrize("kind, num_gates, attributes", [
    ("RNN", 1, {}), ("GRU", 3, {"linear_before_reset": 1}), ("LSTM", 4, {})])
@pytest.mark.parametrize("direction, steps", [("forward", 3), ("reverse", 11),
                                              ("bidirectional", 16)])
def test_recurrent_layers(kind, num_gates, attributes, direction, steps, target):
    random = np.random.default_rng(steps)
    directions = 2 if direction == "bidirectional" else 1

    def make(*shape):
        return random.uniform(-0.5, 0.5, shape).astype(np.float32)

    constants = {"w": make(directions, num_gates * HIDDEN, FEATURES),
                 "r": make(directions, num_gates * HIDDEN, HIDDEN),
                 "b": make(directions, 2 * num_gates * HIDDEN)}
    inputs = {"x": make(steps, BATCH, FEATURES), "h": make(directions, BATCH, HIDDEN)}
    node = helper.make_node(kind, ["x", "w", "r", "b", "", "h"], ["y", "last"],
                            hidden_size=HIDDEN, direction=direction, **attributes)
    model = make_model([node], inputs, {"y": (steps, directions, BATCH, HIDDEN),
                                        "last": (directions, BATCH, HIDDEN)}, constants)
    assert_runs_on(target, model, inputs)


@pytest.mark.parametrize("axis, attributes", [(0, {}), (1, {"reverse": 1}),
                                              (0, {"exclusive": 1, "reverse": 1})])
def test_cumulation(axis, attributes):
    inputs = {"x": np.random.default_rng(1).uniform(0, 1, (12, 7)).astype(np.float32)}
    node = helper.make_node("CumSum", ["x", "axis"], ["y"], **attributes)
    assert_runs_on("rngd", make_model([node], inputs, {"y": (12, 7)},
                                      {"axis": np.array(axis)}), inputs)


def test_scan():
    def describe(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    body = helper.make_graph(
        [helper.make_node("Add", ["s", "v"], ["n"]), helper.make_node("Tanh", ["n"], ["next"]),
         helper.make_node("Mul", ["next", "v"], ["seen"])], "body",
        [describe("s", [4]), describe("v", [4])], [describe("next", [4]), describe("seen", [4])])
    random = np.random.default_rng(2)
    inputs = {"start": random.random(4, np.float32), "x": random.random((6, 4), np.float32)}
    node = helper.make_node("Scan", ["start", "x"], ["end", "all"], body=body, num_scan_inputs=1)
    assert_runs_on("rngd", make_model([node], inputs, {"end": (4,), "all": (6, 4)}, {}), inputs)


# More steps than a program is to have go to the host, and are right there.
def test_long_loops_run_on_the_host():
    inputs = {"x": np.random.default_rng(3).random((4000, 2), np.float32)}
    model = make_model([helper.make_node("CumSum", ["x", "axis"], ["y"])], inputs,
                       {"y": (4000, 2)}, {"axis": np.array(0)})
    with pytest.warns(garam.GaramWarning, match="runs on 'host'"):
        executable = garam.compile(model, "rngd")
    np.testing.assert_allclose(executable.run(inputs)["y"],
                               oracle.run_onnxruntime(model, inputs)["y"], rtol=1e-4)
