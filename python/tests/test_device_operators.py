"""Operators on the simulated device whose form there is not that of ONNX, against onnxruntime."""

import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest

import oracle
from test_end_to_end import run_model


def compare(run_tool, tmp_path, node, inputs, output_type=TensorProto.FLOAT, **limits):
    """Runs one node both ways; `limits` are those of assert_allclose."""
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info(
            n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs.items()],
        [helper.make_tensor_value_info(node.output[0], output_type, [None] * 3)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    expected = oracle.run_onnxruntime(model, inputs)[node.output[0]]
    onnx.save(model, tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "--quiet", "-o",
             tmp_path / "model.garam")
    actual = run_model(run_tool, tmp_path / "model.garam", inputs, tmp_path / "run")
    np.testing.assert_allclose(actual[node.output[0]], expected, **limits)
    assert actual[node.output[0]].dtype == expected.dtype


@pytest.mark.parametrize("op_type", ["Sum", "Mean", "Max", "Min"])
@pytest.mark.parametrize("count", [9, 65])
def test_many_inputs(op_type, count, run_tool, tmp_path):
    random = np.random.default_rng(count)
    inputs = {f"x{i}": random.uniform(-1, 1, (2, 1 + 4 * (i % 2), 3)).astype(np.float32)
              for i in range(count)}
    node = helper.make_node(op_type, list(inputs), ["y"])
    # Partial sums are stored as f16, of 11 bits; each is below `count`.
    compare(run_tool, tmp_path, node, inputs, rtol=2e-3, atol=count * 2**-11)


@pytest.mark.parametrize("op_type", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8])
def test_index_of_extremum(op_type, last, dtype, run_tool, tmp_path):
    # Few values, so that extrema are met more than once.
    x = np.random.default_rng(3).integers(0, 7, (4, 33, 5)).astype(dtype)
    node = helper.make_node(op_type, ["x"], ["y"], axis=1, select_last_index=last)
    compare(run_tool, tmp_path, node, {"x": x}, TensorProto.INT64, rtol=0)


def test_quantized_nan(run_tool, tmp_path):
    # ONNX leaves this open; docs/operators.md says what it gives here.
    names = ["x", "scale", "zero"]
    scalars = [helper.make_tensor("scale", TensorProto.FLOAT, [], [0.5]),
               helper.make_tensor("zero", TensorProto.INT8, [], [3])]
    graph = helper.make_graph(
        [helper.make_node("QuantizeLinear", names, ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.INT8, [1, 4])], scalars)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "--quiet", "-o",
             tmp_path / "model.garam")
    x = np.array([[np.nan, -np.inf, np.inf, 1.0]], np.float32)
    y = run_model(run_tool, tmp_path / "model.garam", {"x": x}, tmp_path / "run")["y"]
    np.testing.assert_array_equal(y, [[0, -128, 127, 5]])


def test_index_of_close_values(run_tool, tmp_path):
    # Values that f16 would make equal: inputs are compared as they are.
    x = (1 + np.random.default_rng(4).permutation(1000) * 2.0**-20).astype(np.float32)
    compare(run_tool, tmp_path, helper.make_node("ArgMax", ["x"], ["y"], axis=2),
            {"x": x.reshape(1, 4, 250)}, TensorProto.INT64, rtol=0)


def test_sign(run_tool, tmp_path):
    x = np.array([[[np.nan, np.inf, -np.inf, 0.0, -0.0, 2.5, -1e-30]]], np.float32)
    compare(run_tool, tmp_path, helper.make_node("Sign", ["x"], ["y"]), {"x": x}, rtol=0)


# The second input belongs to dimension 1, which its shape alone does not say.
def test_broadcast_before_opset_7(run_tool, tmp_path):
    random = np.random.default_rng(5)
    x = random.uniform(-1, 1, (2, 3, 3)).astype(np.float32)
    b = random.uniform(-1, 1, 3).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "b"], ["y"], axis=1, broadcast=1)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape),
         helper.make_tensor_value_info("b", TensorProto.FLOAT, b.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 6)], ir_version=3),
              tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "--quiet", "-o",
             tmp_path / "model.garam")
    actual = run_model(run_tool, tmp_path / "model.garam", {"x": x, "b": b}, tmp_path / "run")["y"]
    np.testing.assert_allclose(actual, x * b[:, None], rtol=1e-3)
