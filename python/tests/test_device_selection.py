"""TopK as stages of an NPU, by ranks and one after the other, against onnxruntime."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper

import garam


def make_topk(x, count, axis, largest):
    shape = list(x.shape)
    shape[axis] = count
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    node = helper.make_node("TopK", ["x", "k"], ["v", "i"], axis=axis, largest=largest)
    graph = helper.make_graph(
        [node], "test", [helper.make_tensor_value_info("x", kind, x.shape)],
        [helper.make_tensor_value_info("v", kind, shape),
         helper.make_tensor_value_info("i", 7, shape)],
        [numpy_helper.from_array(np.array([count]), "k")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def run_reference(model, x):
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("axis, count", [(0, 3), (1, 1), (1, 20), (-1, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32])
def test_selection(dtype, axis, count, largest):
    # Few values, so that there are many ties, and both infinities.
    x = np.random.default_rng(count).integers(-9, 9, (4, 33, 6)).astype(dtype)
    if dtype != np.int32:
        x[:, ::7, 0], x[:, 1::7, 0] = np.inf, -np.inf
    model = make_topk(x, count, axis, largest)
    outputs = garam.compile(model, "rngd", fallback=False).run({"x": x})
    for actual, expected in zip(outputs.values(), run_reference(model, x)):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("target", ["host", "rngd"])
def test_nan_comes_first(target, largest):
    """onnxruntime's order depends on how its heap meets them."""
    x = np.arange(24, dtype=np.float32).reshape(2, 12)
    x[0, 3] = x[1, 7] = x[1, 9] = np.nan
    outputs = garam.compile(make_topk(x, 4, 1, largest), target, fallback=False).run({"x": x})
    expected = [[3, 11, 10, 9], [7, 9, 11, 10]] if largest else [[3, 0, 1, 2], [7, 9, 0, 1]]
    np.testing.assert_array_equal(outputs["i"], expected)
    np.testing.assert_array_equal(outputs["v"], np.take_along_axis(x, outputs["i"], 1))


@pytest.mark.parametrize("size, count", [(1500, 1), (3000, 4), (1200, 300)],
                         ids=["one", "steps", "ranks"])
def test_large_rows(size, count):
    """Of large rows and few elements one after the other is faster."""
    x = np.random.default_rng(size).permutation(size).astype(np.float32)[None]
    model = make_topk(x, count, 1, 1)
    outputs = garam.compile(model, "rngd", fallback=False).run({"x": x})
    for actual, expected in zip(outputs.values(), run_reference(model, x)):
        np.testing.assert_array_equal(actual, expected)


def test_more_steps_than_a_program_has():
    x = np.random.default_rng(0).permutation(20000).astype(np.float32)[None]
    model = make_topk(x, 70, 1, 1)
    with pytest.warns(garam.GaramWarning, match="a loop that is not unrolled"):
        executable = garam.compile(model, "rngd")
    outputs = executable.run({"x": x})
    for actual, expected in zip(outputs.values(), run_reference(model, x)):
        np.testing.assert_array_equal(actual, expected)
