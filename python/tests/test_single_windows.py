"""Windows that fit in one place of their input only, and whose strides leave the rest of it unread."""

import numpy as np
import onnx
from onnx import helper
import pytest

import oracle
from test_analog import make_model
from test_end_to_end import run_model


def node(kind, inputs, **attributes):
    return helper.make_node(kind, inputs, ["y"], **attributes)


def weights(*shape):
    return {"w": np.random.default_rng(1).standard_normal(shape).astype(np.float32)}


# The node, the shape of x, that of y, weights.
CASES = {
    "Conv": (node("Conv", ["x", "w"], strides=[2, 2]), (1, 1, 4, 4), (1, 1, 1, 1),
             weights(1, 1, 3, 3)),
    "Conv with padding": (node("Conv", ["x", "w"], pads=[1, 0, 0, 2], strides=[2, 3]), (2, 3, 5, 5),
                          (2, 1, 1, 2), weights(1, 3, 5, 2)),
    "grouped Conv": (node("Conv", ["x", "w"], group=2, strides=[2, 3]), (1, 4, 5, 5), (1, 2, 2, 1),
                     weights(2, 2, 3, 3)),
    "Conv of one weight": (node("Conv", ["x", "w"], strides=[4, 4]), (1, 2, 4, 4), (1, 3, 1, 1),
                           weights(3, 2, 1, 1)),
    "Conv of one dimension": (node("Conv", ["x", "w"], strides=[3]), (1, 2, 5), (1, 2, 1),
                              weights(2, 2, 3)),
    "dilated Conv": (node("Conv", ["x", "w"], strides=[2, 2], dilations=[2, 2]), (1, 1, 6, 6),
                     (1, 1, 1, 1), weights(1, 1, 3, 3)),
    "MaxPool": (node("MaxPool", ["x"], kernel_shape=[3, 3], strides=[2, 2]), (1, 2, 4, 4),
                (1, 2, 1, 1), {}),
    "AveragePool": (node("AveragePool", ["x"], kernel_shape=[3, 3], strides=[2, 2]), (1, 2, 4, 4),
                    (1, 2, 1, 1), {}),
}


@pytest.mark.parametrize("target", ["host", "atom", "kcloud-stage3"])
def test_results_are_those_of_onnxruntime(target, run_tool, tmp_path):
    for number, (name, (operator, shape, result, constants)) in enumerate(CASES.items()):
        path, binary = tmp_path / f"{number}.onnx", tmp_path / f"{number}.garam"
        model = make_model([operator], {"x": shape}, {"y": result}, **constants)
        onnx.save(model, path)
        inputs = {"x": np.random.default_rng(0).standard_normal(shape).astype(np.float32)}
        run_tool("garam", "compile", path, "--target", target, "--quiet", "-o", binary)
        actual = run_model(run_tool, binary, inputs, tmp_path / f"run{number}")["y"]
        expected = oracle.run_onnxruntime(model, inputs, optimise=False)["y"]
        assert actual.shape == expected.shape == result, name
        # Of fp16, where a chip computes.
        assert np.abs(actual - expected).max() <= 2e-3 * max(1, np.abs(expected).max()), name
