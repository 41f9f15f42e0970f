"""convert-onnx-to-linalg against onnxruntime, node by node and on whole models."""

import numpy as np
import onnx
import pytest

import linalg_execution
import oracle
from onnx_cases import CASES


def run_case_on_onnxruntime(case, model):
    inputs = {f"in{i}": value for i, value in enumerate(case.inputs)
              if isinstance(value, np.ndarray)}
    results = oracle.run_onnxruntime(model, inputs, optimise=False)
    return [results[f"out{i}"] for i in range(case.results)]


@pytest.fixture(scope="module")
def compiled_cases(tmp_path_factory):
    """All nodes in one library, for one run of clang is what takes time."""
    folder = tmp_path_factory.mktemp("nodes")
    functions, models = [], {}
    for index, case in enumerate(CASES):
        model = linalg_execution.make_model(case.op_type, case.inputs, case.results,
                                            case.opset, case.attributes, case.declared)
        path = folder / f"{index}.onnx"
        onnx.save(model, path)
        function, resources = linalg_execution.import_function(path, f"case_{index}")
        assert not resources, f"the weights of {case.name} are too large to be inline"
        functions.append(function)
        models[case.name] = (f"case_{index}", model)
    return linalg_execution.compile_module(functions, "", folder), models


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_node(case, compiled_cases):
    library, models = compiled_cases
    function, model = models[case.name]
    expected = run_case_on_onnxruntime(case, model)
    actual = [np.empty_like(array, order="C") for array in expected]
    inputs = [value for value in case.inputs if isinstance(value, np.ndarray)]
    linalg_execution.call(library, function, inputs, actual)
    for result, reference in zip(actual, expected):
        if reference.dtype.kind in "iub":
            difference = np.abs(result.astype(np.int64) - reference.astype(np.int64))
            assert difference.max(initial=0) <= case.steps
        else:
            np.testing.assert_allclose(result, reference, rtol=case.rtol, atol=case.atol)


# Whole models with the absolute error that the sums of their layers allow.
MODELS = {
    "mnist8/model.onnx": 1e-2,
    "burn_mnist/mnist.onnx": 1e-3,
    "mlperf_tiny/ad_autoencoder_fp32.onnx": 1e-3,
    "mlperf_tiny/ic_resnet8_fp32.onnx": 1e-4,
    "mlperf_tiny/kws_dscnn_fp32.onnx": 1e-4,
    "mlperf_tiny/vww_mobilenetv1_025_fp32.onnx": 1e-4,
    "squeezenet/squeezenet11_fp32.onnx": 1e-4,
    "super_resolution_10/model.onnx": 1e-3,
    "ultraface/version-RFB-320.onnx": 1e-3,
    # In steps of the int8 output, and two steps of 0.25 of a float one.
    "mlperf_tiny/kws_dscnn_int8.onnx": 1,
    "mobilenetv2_qdq/model.onnx": 0.5,
}


@pytest.mark.parametrize("name", MODELS)
def test_model(name, models_dir, tmp_path):
    path = models_dir / name
    model = onnx.load(path)
    generator = np.random.default_rng(1)
    inputs, options = {}, []
    types = {i.name: i.type.tensor_type.elem_type for i in model.graph.input}
    for input_name, shape in oracle.get_inputs(model).items():
        shape = oracle.bind_shape(shape)
        options.append(f"--shape={input_name}={'x'.join(map(str, shape))}")
        dtype = onnx.helper.tensor_dtype_to_np_dtype(types[input_name])
        high = 1 if dtype.kind == "f" else 100
        inputs[input_name] = generator.uniform(0, high, shape).astype(dtype)
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)
    function, resources = linalg_execution.import_function(path, "model", *options)
    library = linalg_execution.compile_module([function], resources, tmp_path, "-O2")
    actual = {key: np.empty_like(array) for key, array in expected.items()}
    linalg_execution.call(library, "model", inputs.values(), list(actual.values()))
    for key, reference in expected.items():
        np.testing.assert_allclose(actual[key].astype(np.float64), reference.astype(np.float64),
                                   atol=MODELS[name], rtol=1e-3)
