"""Real networks whose files leave dimensions open, compiled once for a range of each."""

import numpy as np
import onnx
import pytest

import oracle
from conftest import MODELS_DIR

garam = pytest.importorskip("garam")

BATCHES = (1, 5, 2, 4)
# Computed in steps of integers, which add up: the class of the image that is kept beside the model counts.
QUANTIZED = {"mobilenetv2_qdq/model.onnx"}
# Of one size in the file, but of convolutions, windows and means alone: name -> sizes of images.
IMAGES = {
    "squeezenet/squeezenet11_fp32.onnx": ((224, 224), (64, 97), (131, 230)),
}


def list_open_models():
    """The models with named dimensions of inputs."""
    models = []
    for path in sorted(MODELS_DIR.rglob("*.onnx")):
        inputs = oracle.get_inputs(onnx.load(path, load_external_data=False))
        if any(isinstance(size, str) for shape in inputs.values() for size in shape):
            models.append(str(path.relative_to(MODELS_DIR)))
    return models


def check(name, model, session, feeds):
    expected = oracle.run_onnxruntime(model, feeds)
    actual = session.run(feeds)
    assert list(actual) == list(expected)
    for output, value in expected.items():
        assert actual[output].shape == value.shape
        if name in QUANTIZED:
            np.testing.assert_array_equal(actual[output].argmax(-1), value.argmax(-1))
        else:
            np.testing.assert_allclose(actual[output], value, rtol=1e-3, atol=1e-5 * max(1, np.abs(value).max()))


@pytest.mark.skipif(not MODELS_DIR.is_dir(), reason="needs the networks that are kept beside the repository")
def test_there_are_open_models():
    """Says why the others are not there."""
    assert list_open_models()


@pytest.mark.parametrize("name", list_open_models())
def test_batches(name):
    model = onnx.load(MODELS_DIR / name)
    shapes = oracle.get_inputs(model)
    dims = {size: (1, max(BATCHES)) for shape in shapes.values() for size in shape if isinstance(size, str)}
    session = garam.compile(MODELS_DIR / name, target="host", dims=dims).session()
    random = np.random.default_rng(0)
    for batch in BATCHES:
        feeds = {tensor: random.random([batch if isinstance(size, str) else size for size in shape], np.float32)
                 for tensor, shape in shapes.items()}
        if name in QUANTIZED:
            kept = oracle.load_vectors((MODELS_DIR / name).parent)[0][0]
            feeds = {tensor: np.repeat(array, batch, axis=0) for tensor, array in zip(shapes, kept)}
        check(name, model, session, feeds)


@pytest.mark.parametrize("name", [name for name in IMAGES if (MODELS_DIR / name).is_file()])
def test_images(name):
    model = onnx.load(MODELS_DIR / name)
    tensor, shape = next(iter(oracle.get_inputs(model).items()))
    value = next(value for value in model.graph.input if value.name == tensor)
    for dim, symbol in zip(value.type.tensor_type.shape.dim[2:], ("height", "width")):
        dim.dim_param = symbol
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    sides = np.array(IMAGES[name])
    dims = {symbol: (int(sides[:, axis].min()), int(sides[:, axis].max()))
            for axis, symbol in enumerate(("height", "width"))}
    session = garam.compile(model, target="host", dims=dims).session()
    random = np.random.default_rng(0)
    for image in IMAGES[name]:
        check(name, model, session, {tensor: random.random((*shape[:2], *image), np.float32)})
