"""The files of examples/digits are what its README says."""

import numpy as np
import onnx
import onnxruntime
import pytest

from conftest import SOURCE_DIR

DIGITS = SOURCE_DIR / "examples" / "digits"


@pytest.fixture(scope="module")
def images():
    return (np.load(DIGITS / "test_images.npy")[:, None] / np.float32(16)).astype(np.float32)


@pytest.mark.parametrize("name", ["digits.onnx", "digits_int8.onnx"])
def test_accuracy_in_onnxruntime(name, images):
    session = onnxruntime.InferenceSession(
        str(DIGITS / name), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": images})[0]
    labels = np.load(DIGITS / "test_labels.npy")
    assert len(labels) == len(images) >= 300
    assert (logits.argmax(axis=1) == labels).mean() >= 0.97


def test_int8_model_is_quantised_throughout():
    model = onnx.load(DIGITS / "digits_int8.onnx")
    producers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            assert all(producers[name].op_type == "DequantizeLinear" for name in node.input[:2])


def test_test_images_are_held_out(images, monkeypatch):
    monkeypatch.syspath_prepend(str(DIGITS))
    import train

    train_images, test_images, _, test_labels = train.load_data()
    assert np.array_equal(test_images, images)
    assert np.array_equal(test_labels, np.load(DIGITS / "test_labels.npy"))
    trained_on = {image.tobytes() for image in train_images}
    assert not any(image.tobytes() in trained_on for image in test_images)
