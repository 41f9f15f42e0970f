"""What onnxruntime's dynamic quantisation makes of products: sums of bytes, on the host as on NPUs."""


import numpy as np
import onnx
import onnx.parser
import pytest
from onnxruntime.quantization import QuantType, quantize_dynamic

import oracle
from conftest import compile_without_fallback

ROWS, WIDTH, INNER = 16, 24, 40
FORMS = {
    "int8": {"weight_type": QuantType.QInt8},
    "uint8": {"weight_type": QuantType.QUInt8},
    "columns": {"weight_type": QuantType.QInt8, "per_channel": True},
}


def make(folder, form):
    """The path of a quantised model of two layers."""
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["": 17]>\ng (float[2,{ROWS},{WIDTH}] x) => (float[2,{ROWS},{WIDTH}] y)\n'
        "{p = MatMul (x, w)\n q = Add (p, b)\n r = Relu (q)\n s = MatMul (r, v)\n y = Add (s, x)}")
    generator = np.random.default_rng(0)
    for name, shape in (("w", (WIDTH, INNER)), ("b", INNER), ("v", (INNER, WIDTH))):
        # Not around 0: zero points of unsigned weights are none of 128.
        weight = (generator.standard_normal(shape) + 0.3).astype(np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
    onnx.save(model, folder / "float.onnx")
    quantize_dynamic(folder / "float.onnx", folder / "model.onnx", **FORMS[form])
    return folder / "model.onnx"


@pytest.mark.parametrize("target", ["host", "rngd", "atom"])
@pytest.mark.parametrize("form", FORMS)
def test_agrees_with_onnxruntime(form, target, tmp_path):
    path = make(tmp_path, form)
    model = onnx.load(path)
    assert sum(node.op_type == "MatMulInteger" for node in model.graph.node) == 2
    x = np.random.default_rng(1).standard_normal((2, ROWS, WIDTH)).astype(np.float32)
    expected = oracle.run_onnxruntime(model, {"x": x})["y"]
    executable = compile_without_fallback(path, target)
    actual = executable.run({"x": x})["y"]
    # The host computes the same; chips store floats, from which steps are made, in 8 and 11 bits.
    tolerance = {"host": 1e-6, "rngd": 2e-2, "atom": 1e-2}[target]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())
