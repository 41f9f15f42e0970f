"""What a compile says of weights that are no finite numbers, or none on the device."""

import numpy as np
import onnx
from onnx import helper
import pytest

from conftest import MODEL
from test_analog import draw, make_model

SHAPE = (64, 32)


def save_product(path, weights, nodes=()):
    nodes = [helper.make_node("MatMul", ["x", "weights/w"], ["y"], name="product"), *nodes]
    onnx.save(make_model(nodes, {"x": (1, SHAPE[0])}, {nodes[-1].output[0]: (1, SHAPE[1])},
                         **{"weights/w": weights}), path)


def make_weights(value, index=(5, 6)):
    weights = draw(np.random.default_rng(1), *SHAPE)
    weights[index] = value
    return weights


def compile_product(run_tool, tmp_path, weights, target, *options):
    save_product(tmp_path / "model.onnx", weights)
    return run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--quiet", "-o",
                    tmp_path / "model.garam", *options).stderr


TARGETS = [("atom", "--precision=fp16"), ("rngd", "--precision=bf16"), ("hbm-pim",), ("hbm-pim-x4",)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("value, text", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_weights_that_are_not_finite(target, value, text, run_tool, tmp_path):
    errors = compile_product(run_tool, tmp_path, make_weights(value), *target)
    assert errors == (
        "warning: model.onnx: node 'product' (MatMul, opset 17): weight 'weights/w' is "
        f"{text} at [5, 6], and what '{target[0]}' computes with it is not finite either\n")


@pytest.mark.parametrize("target, value, text, type", [
    (("atom", "--precision=fp16"), 1e6, "1e+06", "float16"),
    (("atom", "--precision=fp16"), -65520, "-65520", "float16"),
    (("hbm-pim",), 1e6, "1e+06", "float16"),
    (("rngd", "--precision=bf16"), 3.4e38, "3.4e+38", "bfloat16")])
def test_weights_beyond_the_range_of_a_device(target, value, text, type, run_tool, tmp_path):
    """The first of them in the order of the tensor is named, wherever the device keeps it."""
    weights = make_weights(value, (40, 31))
    weights[63, 0] = weights[41, 3] = value
    errors = compile_product(run_tool, tmp_path, weights, *target)
    assert errors == (
        "warning: model.onnx: node 'product' (MatMul, opset 17): weight 'weights/w' is "
        f"{text} at [40, 31], beyond the range of {type}: it is infinite on '{target[0]}'; hint: place "
        "the node on a device of wider numbers, or with another --precision\n")


@pytest.mark.parametrize("target, value", [
    (("atom", "--precision=fp16"), 65519), (("hbm-pim",), -65519), (("hbm-pim",), 1e-30),
    (("rngd", "--precision=bf16"), 3.38e38), (("host",), 1e30), (("host",), np.inf)])
def test_weights_that_devices_hold(target, value, run_tool, tmp_path):
    """Also rounded, or small. The host's numbers are those of the model."""
    assert compile_product(run_tool, tmp_path, make_weights(value), *target) == ""


@pytest.mark.parametrize("value, text", [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_crossbars_refuse_what_they_cannot_be_programmed_to(value, text, fails, run_tool, tmp_path):
    save_product(tmp_path / "model.onnx", make_weights(value))
    arguments = ("compile", tmp_path / "model.onnx", "--target", "hermes", "-o",
                 tmp_path / "model.garam", "--quiet")
    reason = (f"its weight 'weights/w' is {text} at [5, 6], which no cell of 'hermes' can be "
              "programmed to")
    fails(MODEL, reason, *arguments)
    # The host, which can, takes it instead.
    result = run_tool("garam", *arguments)
    assert f"node 'product' (MatMul, opset 17): runs on 'host': 'hermes': {reason}" in result.stderr


@pytest.mark.parametrize("value, text, number", [(np.inf, "infinite", "inf"), (np.nan, "NaN", "nan")])
def test_small_weights_that_are_not_finite(value, text, number, run_tool, tmp_path):
    """Few enough to be inline in the IR, as the compiler's own constants are: no reason to treat them otherwise."""
    weights = np.ones((4, 5), np.float32)
    weights[1, 2] = value
    onnx.save(make_model([helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
                         {"x": (1, 4)}, {"y": (1, 5)}, w=weights), tmp_path / "model.onnx")
    for target, message in [
            ("hermes", f"runs on 'host': 'hermes': its weight is {text} at [1, 2], which no cell of 'hermes' "
                       "can be programmed to"),
            ("hbm-pim", f"a constant of it is {number} at [1, 2], and what 'hbm-pim' computes with it is not "
                        "finite either")]:
        result = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--quiet",
                          "-o", tmp_path / "model.garam")
        assert f"node 'product' (MatMul, opset 17): {message}" in result.stderr


def test_biases(run_tool, tmp_path):
    """They are added by digital units, which hold them. They may be of several constants: no name is told."""
    bias = np.zeros(SHAPE[1], np.float32)
    bias[7] = np.nan
    onnx.save(make_model([helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="gemm")],
                         {"x": (1, SHAPE[0])}, {"y": (1, SHAPE[1])}, w=make_weights(1), b=bias),
              tmp_path / "model.onnx")
    np.savez(tmp_path / "samples.npz", x=np.ones((1, 1, SHAPE[0]), np.float32))
    for target in ("hermes", "hbm-pim", "atom"):
        result = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--quiet",
                          "--calibrate", tmp_path / "samples.npz", "-o", tmp_path / "model.garam")
        assert ("warning: model.onnx: node 'gemm' (Gemm, opset 17): a constant of it is nan at [7], and "
                f"what '{target}' computes with it is not finite either") in result.stderr


def test_bounds_are_no_weights(run_tool, tmp_path):
    """Infinities that lowering makes, as those that a maximum begins with, are as they should be."""
    nodes = [helper.make_node("MaxPool", ["x"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             helper.make_node("Softmax", ["a"], ["y"], axis=1)]
    onnx.save(make_model(nodes, {"x": (1, 4, 8, 8)}, {"y": (1, 4, 8, 8)}), tmp_path / "model.onnx")
    for target in ("atom", "kcloud-stage2"):
        result = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--quiet",
                          "-o", tmp_path / "model.garam")
        assert result.stderr == ""
