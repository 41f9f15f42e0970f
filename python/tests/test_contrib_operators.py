"""Operators of domain com.microsoft, which onnxruntime's tools write, against onnxruntime."""

import numpy as np
import onnx
import pytest

import oracle
from onnx_case import floats, integers

DOMAIN = "com.microsoft"
OPSET = 17  # what the tools write into models for

X = floats(2, 3, 8)
ROW = floats(8)
IMAGE = floats(1, 4, 6, 6)
BYTES = integers(1, 4, 6, 6, low=0, high=255, dtype=np.uint8)
SCALE, ZERO = np.float32(0.05), np.uint8(120)
MATRIX = integers(8, 5, low=-128, high=127, dtype=np.int8)
QUANTISED = [BYTES, SCALE, ZERO]

# name -> operator, inputs, attributes. Integer results may be a step off.
CASES = {
    "gelu": ("Gelu", [X], {}),
    "bias_gelu": ("BiasGelu", [X, ROW], {}),
    "fast_gelu": ("FastGelu", [X], {}),
    "fast_gelu_bias": ("FastGelu", [X, ROW], {}),
    "quick_gelu": ("QuickGelu", [X], {"alpha": 1.5}),
    "fused_conv_relu": ("FusedConv", [IMAGE, floats(6, 4, 3, 3), floats(6)],
                        {"activation": "Relu", "pads": [1, 1, 1, 1]}),
    "fused_conv_sum": ("FusedConv", [IMAGE, floats(6, 4, 3, 3), floats(6), floats(1, 6, 4, 4)],
                       {"activation": "Relu"}),
    "fused_conv_leaky": ("FusedConv", [IMAGE, floats(4, 1, 3, 3)],
                         {"activation": "LeakyRelu", "activation_params": [0.25], "group": 4}),
    "fused_conv_clip": ("FusedConv", [IMAGE, floats(6, 4, 3, 3)],
                        {"activation": "Clip", "activation_params": [0.0, 6.0]}),
    "fused_conv_hard_sigmoid": ("FusedConv", [IMAGE, floats(6, 4, 3, 3)],
                                {"activation": "HardSigmoid", "activation_params": [0.2, 0.4]}),
    "fused_gemm": ("FusedGemm", [floats(3, 8), floats(5, 8), floats(5)],
                   {"activation": "LeakyRelu", "activation_alpha": 0.1, "transB": 1, "alpha": 0.5}),
    "fused_matmul": ("FusedMatMul", [X, floats(2, 5, 8)], {"transB": 1, "alpha": 0.25}),
    "fused_matmul_both": ("FusedMatMul", [floats(2, 8, 3), floats(5, 8)],
                          {"transA": 1, "transB": 1}),
    "fused_matmul_batch": ("FusedMatMul", [floats(5, 2, 3, 7), floats(2, 3, 7, 4)], {"transBatchA": 1}),
    "fused_matmul_batches": ("FusedMatMul", [floats(7, 2, 5), floats(7, 2, 4)],
                             {"transBatchA": 1, "transA": 1, "transBatchB": 1}),
    "skip_layer_norm": ("SkipLayerNormalization", [X, floats(2, 3, 8, low=0), ROW, floats(8, low=1)],
                        {"epsilon": 1e-5}),
    "skip_layer_norm_bias": ("SkipLayerNormalization",
                             [X, floats(2, 3, 8, low=0), ROW, floats(8, low=1), floats(8, low=0)],
                             {"epsilon": 1e-5}),
    "skip_rms_norm": ("SkipSimplifiedLayerNormalization", [X, floats(2, 3, 8, low=0), ROW],
                      {"epsilon": 1e-6}),
    "add": ("QLinearAdd", [*QUANTISED, BYTES[..., ::-1].copy(), np.float32(0.03), np.uint8(7),
                           np.float32(0.09), ZERO], {}),
    "mul": ("QLinearMul", [*QUANTISED, BYTES[..., ::-1].copy(), np.float32(0.03), np.uint8(7),
                           np.float32(0.2), ZERO], {}),
    "sigmoid": ("QLinearSigmoid", [*QUANTISED, np.float32(1 / 256), np.uint8(0)], {}),
    "leaky_relu": ("QLinearLeakyRelu", [*QUANTISED, SCALE, ZERO], {"alpha": 0.2}),
    "average_pool": ("QLinearAveragePool", [*QUANTISED, np.float32(0.04), ZERO],
                     {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    "global_average_pool": ("QLinearGlobalAveragePool", [*QUANTISED, np.float32(0.02), ZERO], {}),
    "average_pool_last": ("QLinearAveragePool", [BYTES.transpose(0, 2, 3, 1).copy(), SCALE, ZERO, np.float32(0.04), ZERO],
                          {"kernel_shape": [3, 2], "strides": [1, 2], "pads": [1, 0, 1, 0], "channels_last": 1}),
    "global_average_pool_last": ("QLinearGlobalAveragePool", [*QUANTISED, np.float32(0.02), ZERO], {"channels_last": 1}),
    "where": ("QLinearWhere", [BYTES > 99, *QUANTISED, BYTES[..., ::-1].copy(), np.float32(0.03), np.uint8(7),
                               np.float32(0.06), ZERO], {}),
    "bits_floats": ("MatMulNBits", [floats(2, 3, 40), integers(5, 3, 8, low=0, high=255, dtype=np.uint8),
                                    floats(15, low=0.01), floats(15, low=2)],
                    {"K": 40, "N": 5, "bits": 4, "block_size": 16}),
    "softmax": ("QLinearSoftmax", [*QUANTISED, np.float32(1 / 256), np.uint8(0)],
                {"axis": -1, "opset": 13}),
    "concat": ("QLinearConcat", [np.float32(0.06), ZERO, *QUANTISED, BYTES[:, :2].copy(),
                                 np.float32(0.03), np.uint8(3)], {"axis": 1}),
    "integer_to_float": ("MatMulIntegerToFloat",
                         [integers(3, 8, low=0, high=255, dtype=np.uint8), MATRIX, SCALE,
                          floats(5, low=0.01, high=0.03), ZERO, np.zeros(5, np.int8), floats(5)], {}),
    "dynamic_matmul": ("DynamicQuantizeMatMul",
                       [floats(3, 8), MATRIX, floats(5, low=0.01, high=0.03), np.zeros(5, np.int8),
                        floats(5)], {}),
    "gemm": ("QGemm", [integers(3, 8, low=0, high=255, dtype=np.uint8), SCALE, ZERO, MATRIX,
                       floats(5, low=0.01, high=0.03), np.zeros(5, np.int8),
                       integers(5, low=-900, high=900), np.float32(0.2), ZERO], {"alpha": 0.5}),
    "gemm_floats": ("QGemm", [integers(3, 8, low=0, high=255, dtype=np.uint8), SCALE, ZERO,
                              MATRIX.T.copy(), np.float32(0.02), np.int8(3)], {"transB": 1}),
    "quantize": ("QuantizeLinear", [X, SCALE, ZERO], {}),
    "dequantize": ("DequantizeLinear", [BYTES, SCALE, ZERO], {}),
}


# What the results are, where that is not the type of the first input.
RESULTS = {"DequantizeLinear": np.float32, "DynamicQuantizeMatMul": np.float32,
           "MatMulIntegerToFloat": np.float32, "QLinearConcat": np.uint8, "QLinearWhere": np.uint8,
           "QuantizeLinear": np.uint8}


def make_model(op_type, inputs, attributes):
    """One node with all inputs but the first as initializers."""
    names = [f"in{i}" for i in range(len(inputs))]
    node = onnx.helper.make_node(op_type, names, ["out"], name="node", domain=DOMAIN, **attributes)
    result = np.dtype(RESULTS.get(op_type, inputs[0].dtype))
    if op_type == "QGemm" and len(inputs) < 8:  # without a scale of the result
        result = np.dtype(np.float32)
    make_value = onnx.helper.make_tensor_value_info
    get_type = onnx.helper.np_dtype_to_tensor_dtype
    graph = onnx.helper.make_graph(
        [node], "case", [make_value("in0", get_type(inputs[0].dtype), inputs[0].shape)],
        [make_value("out", get_type(result), None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in zip(names[1:], inputs[1:])])
    return onnx.helper.make_model(graph, ir_version=8, opset_imports=[
        onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(DOMAIN, 1)])


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnxruntime(name):
    garam = pytest.importorskip("garam")
    op_type, inputs, attributes = CASES[name]
    model = make_model(op_type, inputs, attributes)
    given = {"in0": np.asarray(inputs[0])}
    expected = oracle.run_onnxruntime(model, given, optimise=False)["out"]
    shape = model.graph.output[0].type.tensor_type.shape
    for size in range(expected.ndim):
        shape.dim.add().dim_param = f"d{size}"
    shape.SetInParent()
    actual = garam.compile(model, target="host").run(given)["out"]
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    if expected.dtype == np.uint8:
        assert np.abs(actual.astype(int) - expected.astype(int)).max() <= 1
    else:
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


REFUSED = {
    "input 4, an order of the columns": ("MatMulNBits", [
        X, integers(5, 1, 8, low=0, high=255, dtype=np.uint8), floats(5), None, np.arange(8, dtype=np.int32)],
        {"K": 8, "N": 5, "bits": 4, "block_size": 16}),
    "zero points must be constant": ("MatMulNBits", [
        X, integers(5, 1, 8, low=0, high=255, dtype=np.uint8), floats(5), np.zeros(1, np.uint8)],
        {"K": 8, "N": 5, "bits": 4, "block_size": 16}),
    "the weights must be constant bytes": ("MatMulNBits", [
        X, integers(5, 1, 8, low=0, high=255, dtype=np.uint8), floats(5)], {"K": 80, "N": 5, "block_size": 16}),
    "attribute 'opset' is less than 13": ("QLinearSoftmax", CASES["softmax"][1], {"axis": 1, "opset": 12}),
    "attribute 'softcap' is not 0": ("GroupQueryAttention", [X, X, X, None, None, np.array([2, 2], np.int32), np.int32(3)],
                                     {"num_heads": 2, "kv_num_heads": 2, "softcap": 1.5}),
    "quantised keys and values, a smooth softmax, sinks and outputs from 3 on are not supported": ("GroupQueryAttention", [X, X, X, None, None, np.array([2, 2], np.int32), np.int32(3)],
                                  {"num_heads": 2, "kv_num_heads": 2, "smooth_softmax": 1}),
    "numbers of heads are needed": ("GroupQueryAttention", [X, X, X], {"kv_num_heads": 2}),
    "'num_heads' is needed, and attributes 'do_rotary' and 'past_present_share_buffer' other than 0 are not supported": (
        "Attention", [X, floats(8, 24), floats(24)], {"num_heads": 2, "do_rotary": 1}),
    "input 0 must have three dimensions": ("QLinearGlobalAveragePool", [BYTES[0, 0], *QUANTISED[1:], SCALE, ZERO],
                                           {"channels_last": 1}),
    "input 1 must have two dimensions": ("FusedMatMul", [X, ROW], {"transB": 1}),
    "output 1, for training, is not supported": ("SimplifiedLayerNormalization", [X, ROW], {"axis": -1}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_says_what_it_does_not_take(message):
    garam = pytest.importorskip("garam")
    op_type, inputs, attributes = REFUSED[message]
    model = make_model(op_type, [np.asarray(0) if value is None else value for value in inputs], attributes)
    for i, value in enumerate(inputs):
        if value is None:
            model.graph.node[0].input[i] = ""
    if op_type == "SimplifiedLayerNormalization":
        model.graph.node[0].output.append("inverse")
    with pytest.raises(garam.ModelError, match=rf"node 'node' \({op_type}, opset 1\): .*{message}"):
        garam.compile(model, target="host")


def test_the_sum_is_an_output_too():
    """Of SkipLayerNormalization, as encoders use it; outputs between are left out."""
    garam = pytest.importorskip("garam")
    model = make_model(*CASES["skip_layer_norm_bias"])
    del model.graph.node[0].output[:]
    model.graph.node[0].output.extend(["out", "", "", "sum"])
    model.graph.output.add().CopyFrom(model.graph.output[0])
    model.graph.output[1].name = "sum"
    given = {"in0": X}
    expected = oracle.run_onnxruntime(model, given, optimise=False)
    for output in model.graph.output:
        output.type.tensor_type.shape.dim.add().dim_param = "n"
        output.type.tensor_type.shape.dim.add().dim_param = "m"
        output.type.tensor_type.shape.dim.add().dim_param = "k"
    actual = garam.compile(model, target="host").run(given)
    for name in ("out", "sum"):
        np.testing.assert_allclose(actual[name], expected[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scales", [(2,), (2, 16)])
def test_recurrence_with_quantised_weights(scales):
    """Both directions. onnxruntime rounds inputs and states to 8 bits on the way, too."""
    garam = pytest.importorskip("garam")
    weight = integers(2, 6, 16, low=-127, high=127, dtype=np.int8)
    recurrence = integers(2, 4, 16, low=-127, high=127, dtype=np.int8)
    scale, zero = np.full(scales, 0.004, np.float32), np.zeros(scales, np.int8)
    inputs = [floats(5, 3, 6), weight, recurrence, floats(2, 32), None, None, None, None, scale,
              zero, scale, zero]
    names = ["" if value is None else f"in{i}" for i, value in enumerate(inputs)]
    node = onnx.helper.make_node("DynamicQuantizeLSTM", names, ["out", "last"], name="node",
                                 domain=DOMAIN, hidden_size=4, direction="bidirectional")
    make_value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node], "case", [make_value("in0", onnx.TensorProto.FLOAT, [5, 3, 6])],
        [make_value("out", onnx.TensorProto.FLOAT, [5, 2, 3, 4]),
         make_value("last", onnx.TensorProto.FLOAT, [2, 3, 4])],
        [onnx.numpy_helper.from_array(value, name)
         for name, value in zip(names[1:], inputs[1:]) if name])
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[
        onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(DOMAIN, 1)])
    given = {"in0": inputs[0]}
    expected = oracle.run_onnxruntime(model, given, optimise=False)
    actual = garam.compile(model, target="host").run(given)
    for name in ("out", "last"):
        np.testing.assert_allclose(actual[name], expected[name], atol=2e-2)
