"""Values that no engine computes with leave the device as they came, in every type."""

import json

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest

from test_end_to_end import run_model

# Bit patterns that a register of 32 bits, or a way over floats, would change.
VALUES = {
    TensorProto.INT64: [2**62 + 1, -(2**62) - 3, 2**32, -1, 2**31, 0],
    TensorProto.UINT64: [2**64 - 1, 2**63, 2**32 + 5, 1, 2**31, 0],
    TensorProto.DOUBLE: [1e300, 1 + 2**-52, -0.0, 5e-324, np.inf, 0.1],
    TensorProto.INT32: [2**31 - 1, -(2**31), 1, -1, 0, 7],
    TensorProto.UINT32: [2**32 - 1, 2**31, 1, 5, 0, 7],
    TensorProto.FLOAT: [1 + 2**-23, -0.0, 1e-45, np.inf, 3e38, 0.1],
    TensorProto.FLOAT16: [65504, 6e-8, -0.0, np.inf, 0.1, 1],
    TensorProto.INT16: [2**15 - 1, -(2**15), 1, -1, 0, 7],
    TensorProto.UINT8: [255, 128, 1, 5, 0, 7],
    TensorProto.INT8: [127, -128, 1, -1, 0, 7],
    TensorProto.BOOL: [True, False, False, True, True, False],
}


def run(run_tool, tmp_path, nodes, inputs, outputs, constants=()):
    """Outputs by name of a graph on the simulated device."""
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype),
                                                   v.shape) for n, v in inputs.items()],
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
         for n, v in outputs.items()],
        [numpy_helper.from_array(v, n) for n, v in constants])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                                ir_version=10), tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "--quiet", "-o",
             tmp_path / "model.garam")
    results = run_model(run_tool, tmp_path / "model.garam", inputs, tmp_path / "run")
    return {name: results[name] for name in outputs}


def assert_same_bits(actual, expected):
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    assert actual.tobytes() == expected.tobytes()


@pytest.mark.parametrize("element", VALUES, ids=TensorProto.DataType.Name)
def test_every_type_passes_unchanged(element, run_tool, tmp_path):
    x = np.array(VALUES[element], helper.tensor_dtype_to_np_dtype(element)).reshape(2, 3)
    outputs = {"same": x, "again": x, "flat": x.reshape(6), "turned": x.T.copy(),
               "constant": x[:, ::-1].copy(), "column": x[:, 1:2].copy(),
               "wide": np.broadcast_to(x[:, None], (2, 4, 3)).copy(),
               "both": np.concatenate([x, x[:, ::-1]], axis=1)}
    nodes = [
        helper.make_node("Identity", ["x"], ["same"]),
        helper.make_node("Identity", ["x"], ["again"]),
        helper.make_node("Reshape", ["x", "six"], ["flat"]),
        helper.make_node("Transpose", ["x"], ["turned"]),
        helper.make_node("Identity", ["c"], ["constant"]),
        helper.make_node("Slice", ["x", "one", "two", "one"], ["column"]),
        helper.make_node("Reshape", ["x", "apart"], ["raised"]),
        helper.make_node("Expand", ["raised", "room"], ["wide"]),
        helper.make_node("Concat", ["x", "c"], ["both"], axis=1)]
    constants = [("c", x[:, ::-1].copy()), ("six", np.array([6])), ("one", np.array([1])),
                 ("two", np.array([2])), ("apart", np.array([2, 1, 3])),
                 ("room", np.array([2, 4, 3]))]
    actual = run(run_tool, tmp_path, nodes, {"x": x}, outputs, constants)
    for name, expected in outputs.items():
        assert_same_bits(actual[name], expected)


@pytest.mark.parametrize("element", [TensorProto.INT64, TensorProto.DOUBLE],
                         ids=TensorProto.DataType.Name)
def test_wide_values_are_padded_and_reversed(element, run_tool, tmp_path):
    x = np.array(VALUES[element], helper.tensor_dtype_to_np_dtype(element)).reshape(2, 3)
    fill = x[0, 0]
    outputs = {"padded": np.pad(x, ((1, 0), (2, 1)), constant_values=fill),
               "turned": x[::-1, ::-1].copy()}
    nodes = [helper.make_node("Pad", ["x", "pads", "fill"], ["padded"]),
             helper.make_node("Slice", ["x", "starts", "ends", "axes", "steps"], ["turned"])]
    constants = [("pads", np.array([1, 2, 0, 1])), ("fill", np.array(fill)),
                 ("starts", np.array([-1, -1])), ("ends", np.array([-9, -9])),
                 ("axes", np.array([0, 1])), ("steps", np.array([-1, -1]))]
    actual = run(run_tool, tmp_path, nodes, {"x": x}, outputs, constants)
    for name, expected in outputs.items():
        assert_same_bits(actual[name], expected)


# The shape of an input is a constant of 64 bits: an output of the graph too.
def test_shapes_are_outputs(run_tool, tmp_path):
    x = np.zeros((2, 3), np.float32)
    actual = run(run_tool, tmp_path, [helper.make_node("Shape", ["x"], ["shape"])], {"x": x},
                 {"shape": np.array([2, 3])})
    assert_same_bits(actual["shape"], np.array([2, 3]))


# A copy that is long enough to be spread over the engines stays one copy.
def test_long_values_pass(run_tool, tmp_path):
    x = np.arange(300000, dtype=np.int64).reshape(5, 60000) * 2**33
    actual = run(run_tool, tmp_path, [helper.make_node("Identity", ["x"], ["y"])], {"x": x},
                 {"y": x})
    assert_same_bits(actual["y"], x)


def test_bfloat16_passes(run_tool, tmp_path):
    x = np.array([1.0, 3e38, -0.0, 1e-40], ml_dtypes.bfloat16)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["y"])], "g", [],
        [helper.make_tensor_value_info("y", TensorProto.BFLOAT16, x.shape)],
        [numpy_helper.from_array(x, "c")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                                ir_version=10), tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "--quiet", "-o",
             tmp_path / "model.garam")
    actual = run_model(run_tool, tmp_path / "model.garam", {}, tmp_path / "run")["y"]
    assert actual.tobytes() == x.tobytes()


# Devices that cannot copy, and one that takes no int64: what they compute stays on them.
@pytest.mark.parametrize("options", [[], ["--no-fallback"]], ids=["fallback", "no-fallback"])
@pytest.mark.parametrize("target", ["hbm-pim", "hermes", "atom"])
def test_what_is_not_computed_is_no_matter_of_a_device(target, options, run_tool, tmp_path):
    random = np.random.default_rng(5)
    x = random.uniform(-1, 1, (1, 64)).astype(np.float32)
    first, second = (random.standard_normal(shape).astype(np.float32) / 8
                     for shape in ((64, 128), (128, 64)))
    key, table = np.array([2**62 + 1]), np.array([[1.5, -2], [0, 3]], np.float32)
    product = np.maximum(x @ first, 0) @ second
    outputs = {"y": product, "again": product, "key": key, "table": table}
    types = {name: helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in {"x": x, **outputs}.items()}
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "first"], ["h"], name="fc1"),
         helper.make_node("Relu", ["h"], ["r"], name="relu"),
         helper.make_node("Gemm", ["r", "second"], ["y"], name="fc2"),
         helper.make_node("Identity", ["y"], ["again"], name="twin")],
        "g", [types["x"], types["key"]], [types[name] for name in outputs],
        [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second"),
         numpy_helper.from_array(table, "table")])
    model, binary, used = (tmp_path / name for name in ("model.onnx", "model.garam", "used.json"))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              model)
    arguments = ("garam", "compile", model, "--target", target, "--quiet", "-o", binary, *options)
    run_tool(*arguments, "--emit-placement", used)
    assert {rule["node"]: rule["device"] for rule in json.loads(used.read_text())["rules"]} == {
        node: target for node in ("fc1", "relu", "fc2")}
    content = binary.read_bytes()
    run_tool(*arguments, "--placement", used)
    assert binary.read_bytes() == content

    results = run_model(run_tool, binary, {"x": x, "key": key}, tmp_path / "run")
    for name in ("key", "table"):
        assert_same_bits(results[name], outputs[name])
    assert_same_bits(results["again"], results["y"])
    cosine = np.sum(results["y"] * product) / np.linalg.norm(results["y"]) / np.linalg.norm(product)
    assert cosine >= 0.98


@pytest.mark.parametrize("target", ["host", "atom", "hbm-pim", "hermes", "kcloud-stage3"])
def test_models_without_computation(target, run_tool, tmp_path):
    x, c = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 2**40])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["y"], name="i")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape),
         helper.make_tensor_value_info("y", TensorProto.INT64, c.shape)],
        [numpy_helper.from_array(c, "c")])
    model, binary, used = (tmp_path / name for name in ("model.onnx", "model.garam", "used.json"))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              model)
    arguments = ("garam", "compile", model, "--target", target, "--quiet", "-o", binary)
    run_tool(*arguments, "--emit-placement", used)
    assert json.loads(used.read_text())["rules"] == []
    run_tool(*arguments, "--placement", used)
    results = run_model(run_tool, binary, {"x": x}, tmp_path / "run")
    assert_same_bits(results["x"], x)
    assert_same_bits(results["y"], c)
