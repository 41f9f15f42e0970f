"""The oracle's own arithmetic."""

import numpy as np
import onnx
import pytest

import oracle
from conftest import SOURCE_DIR


def test_class_may_differ_where_the_margin_is_below_the_error():
    expected = np.array([[1.0, 0.9, 0.0]])
    oracle.assert_same_class(np.array([[0.8, 1.0, 0.0]]), expected, 1)
    with pytest.raises(AssertionError):
        oracle.assert_same_class(np.array([[0.95, 0.96, 0.0]]), expected, 1)


def test_cosine():
    assert oracle.cosine(np.array([1, 0]), np.array([0, 1])) == 0
    assert oracle.cosine(np.zeros(3), np.zeros(3)) == 1


# Run one by one on each other's tensors, the parts are the whole.
def test_parts_make_up_the_model():
    model = onnx.load(SOURCE_DIR / "examples" / "digits" / "digits_int8.onnx")
    image = np.load(SOURCE_DIR / "examples" / "digits" / "test_images.npy")[:1, None]
    inputs = {"image": (image / 16).astype(np.float32)}
    tensors = {**inputs, **oracle.get_all_quantized(model, inputs)}
    parts = oracle.cut_at_quantizelinear(model)
    assert sum(n.op_type == "QuantizeLinear" for n in model.graph.node) + 1 == len(parts)
    for part in parts:
        given = {name: tensors[whole] for name, whole in part.inputs.items()}
        result = oracle.run_onnxruntime(part.model, given, optimise=False)["output"]
        assert np.array_equal(result, tensors[part.output])
