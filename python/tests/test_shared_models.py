"""Real networks, whole: on the host as onnxruntime has them, on an NPU within its precision."""

import numpy as np
import onnx
import pytest

import garam
import oracle
from conftest import MODELS_DIR

# Those of integers are compared by the class: two correct computations differ by steps, which add up.
QUANTIZED = {"mlperf_tiny/kws_dscnn_int8.onnx", "mobilenetv2_qdq/model.onnx"}
# Inputs that are kept beside a model, by file.
KEPT_INPUTS = {
    "cct_random_op20/network.onnx": "inputs.npz",
    "stories260k/decode_op17.onnx": "decode_io.npz",
    "stories260k/prefill_op17.onnx": "prefill_io.npz",
}
LEAST_COSINE = 0.998


def list_models():
    return sorted(str(path.relative_to(MODELS_DIR)) for path in MODELS_DIR.rglob("*.onnx"))


def make_array(shape, dtype, random):
    if np.issubdtype(dtype, np.floating):
        return random.random(shape).astype(dtype)
    if dtype.itemsize == 1:
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    return random.integers(0, 2, shape, dtype=dtype)


def make_inputs(name, model):
    """Arrays by the names of inputs; symbolic dimensions are 1."""
    path, random = MODELS_DIR / name, np.random.default_rng(0)
    kept = dict(np.load(path.parent / KEPT_INPUTS[name])) if name in KEPT_INPUTS else {}
    vectors = oracle.load_vectors(path.parent)
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    inputs = {}
    for number, (tensor, shape) in enumerate(oracle.get_inputs(model).items()):
        dtype = onnx.helper.tensor_dtype_to_np_dtype(types[tensor])
        if tensor in kept:
            inputs[tensor] = kept[tensor].astype(dtype)
        elif vectors:
            inputs[tensor] = vectors[0][0][number]
        else:
            inputs[tensor] = make_array(oracle.bind_shape(shape), dtype, random)
    return inputs


def compile_model(name, model, target):
    dims = {dim: 1 for shape in oracle.get_inputs(model).values()
            for dim in shape if isinstance(dim, str)}
    return garam.compile(MODELS_DIR / name, target, dims=dims)


def assert_same_outputs(actual, expected, check):
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert actual[name].dtype == value.dtype and actual[name].shape == value.shape
        check(actual[name], value)


def assert_similar(actual, expected):
    assert oracle.cosine(actual, expected) >= LEAST_COSINE


# onnxruntime differs from itself, with its optimisations and without.
@pytest.mark.parametrize("name", list_models())
def test_on_the_host(name, models_dir):
    model = onnx.load(models_dir / name)
    inputs = make_inputs(name, model)
    actual = compile_model(name, model, "host").run(inputs)
    expected = oracle.run_onnxruntime(models_dir / name, inputs)
    if name in QUANTIZED:
        assert_same_outputs(actual, expected, assert_similar)
        for output, value in expected.items():
            oracle.assert_same_class(actual[output], value, axis=-1)
        return
    plain = oracle.run_onnxruntime(models_dir / name, inputs, optimise=False)
    noise = max(np.abs(expected[output] - plain[output]).max() for output in expected)
    assert_same_outputs(actual, expected, lambda a, e: np.testing.assert_allclose(
        a, e, rtol=1e-3, atol=max(1e-5, 10 * noise)))


@pytest.mark.filterwarnings("ignore::garam.GaramWarning")
@pytest.mark.parametrize("name", list_models())
def test_on_an_npu(name, models_dir):
    model = onnx.load(models_dir / name)
    inputs = make_inputs(name, model)
    executable = compile_model(name, model, "rngd")
    assert "host" not in {node["device"] for node in executable.report()["nodes"]}
    assert_same_outputs(executable.run(inputs), oracle.run_onnxruntime(models_dir / name, inputs),
                        assert_similar)


def test_models_are_there(models_dir):
    assert len(list_models()) >= 15
