"""Nodes of every operator family, each with inputs, for tests against onnxruntime."""

import numpy as np

from onnx_case import CASES, add, const, floats, integers
from quantized_cases import add_integer_products, add_quantization
from region_cases import add_boxes, add_regions


def add_convolutions():
    x = floats(2, 4, 9, 8)
    add("plain", "Conv", x, floats(6, 4, 3, 3), floats(6))
    add("const", "Conv", x, (floats(6, 4, 3, 3),), (floats(6),), pads=[1, 1, 1, 1])
    add("pads_strides", "Conv", x, floats(6, 4, 3, 2), pads=[0, 1, 2, 1], strides=[2, 3])
    add("one_window", "Conv", floats(2, 4, 4, 6), floats(6, 4, 3, 3), strides=[2, 3],
        pads=[0, 0, 0, 1])
    add("one_window_depthwise", "Conv", floats(1, 4, 2, 2), (floats(4, 1, 3, 3),), group=4,
        strides=[2, 2], pads=[1, 1, 1, 1])
    add("dilations", "Conv", x, floats(6, 4, 3, 3), dilations=[2, 3])
    add("same_upper", "Conv", x, floats(6, 4, 3, 2), auto_pad="SAME_UPPER", strides=[2, 2])
    add("same_lower", "Conv", x, floats(6, 4, 3, 2), auto_pad="SAME_LOWER", strides=[2, 2])
    add("valid", "Conv", x, floats(6, 4, 3, 2), auto_pad="VALID")
    add("groups", "Conv", x, floats(6, 2, 3, 3), floats(6), group=2)
    add("depthwise", "Conv", x, floats(4, 1, 3, 3), floats(4), group=4, strides=[2, 2])
    add("depthwise_multiplier", "Conv", x, floats(8, 1, 3, 3), group=4)
    add("rank1", "Conv", floats(2, 4, 9), floats(6, 4, 3), floats(6), pads=[1, 2], strides=[2])
    add("rank1_groups", "Conv", floats(2, 4, 9), floats(6, 2, 3), group=2)
    add("rank3", "Conv", floats(1, 2, 5, 6, 7), floats(3, 2, 2, 3, 2), floats(3),
        pads=[1, 0, 1, 0, 1, 1], dilations=[1, 2, 1])
    add("f16", "Conv", floats(1, 4, 5, 5, dtype=np.float16), floats(3, 4, 3, 3, dtype=np.float16),
        floats(3, dtype=np.float16), rtol=2e-3, atol=1e-2)


def add_pooling():
    x = floats(2, 3, 9, 8)
    add("plain", "MaxPool", x, kernel_shape=[3, 2], strides=[2, 2])
    add("ceil_pads", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 1],
        ceil_mode=1)
    add("dilations", "MaxPool", x, kernel_shape=[2, 3], dilations=[2, 2])
    add("same", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    add("rank1", "MaxPool", floats(1, 2, 9), kernel_shape=[3])
    # One window, whose stride leaves rows and columns over.
    add("one_window", "MaxPool", floats(1, 2, 4, 5), kernel_shape=[3, 3], strides=[2, 3])
    add("rank3", "MaxPool", floats(1, 2, 5, 6, 4), kernel_shape=[2, 3, 2])
    add("uint8", "MaxPool", integers(1, 2, 6, 6, low=0, high=255, dtype=np.uint8),
        kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 0, 0])
    add("plain", "AveragePool", x, kernel_shape=[3, 2], strides=[2, 1])
    add("one_window", "AveragePool", floats(1, 2, 4, 4), kernel_shape=[3, 3], strides=[2, 2])
    add("exclude", "AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
    add("include", "AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2],
        count_include_pad=1)
    add("ceil", "AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    add("ceil_include", "AveragePool", x, kernel_shape=[3, 3], strides=[2, 3], ceil_mode=1,
        pads=[1, 0, 1, 1], count_include_pad=1)
    add("same", "AveragePool", x, kernel_shape=[4, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    add("dilations", "AveragePool", x, kernel_shape=[2, 2], dilations=[2, 2])
    add("rank2", "GlobalAveragePool", x)
    add("rank1", "GlobalAveragePool", floats(2, 3, 7))
    add("rank2", "GlobalMaxPool", x)
    add("l2", "LpPool", x, kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
    add("l1", "LpPool", x, kernel_shape=[2, 2], p=1, dilations=[2, 1])
    add("l3", "LpPool", x, kernel_shape=[3, 3], p=3, auto_pad="SAME_UPPER")
    add("rank2", "GlobalLpPool", x, p=3)


def add_products():
    a, b = floats(5, 7), floats(7, 6)
    add("plain", "Gemm", a, b)
    add("trans_a", "Gemm", floats(7, 5), b, transA=1)
    add("trans_b", "Gemm", a, (floats(6, 7),), (floats(6),), transB=1)
    add("trans_both", "Gemm", floats(7, 5), floats(6, 7), floats(5, 1), transA=1, transB=1)
    add("alpha_beta", "Gemm", a, b, floats(5, 6), alpha=0.5, beta=-2.0)
    add("alpha", "Gemm", a, b, alpha=0.25)
    add("scalar_c", "Gemm", a, b, floats(1))
    add("beta_0", "Gemm", a, b, floats(6), beta=0.0)
    add("2d", "MatMul", a, b)
    add("batch", "MatMul", floats(3, 5, 7), floats(3, 7, 2))
    add("batch_2d", "MatMul", floats(3, 5, 7), b)
    add("2d_batch", "MatMul", a, floats(3, 7, 2))
    add("broadcast", "MatMul", floats(2, 1, 5, 7), floats(3, 7, 2))
    add("broadcast_lhs", "MatMul", floats(1, 5, 7), floats(4, 7, 2))
    add("vector_matrix", "MatMul", floats(7), b)
    add("matrix_vector", "MatMul", a, floats(7))
    add("vector_batch", "MatMul", floats(7), floats(3, 7, 2))
    add("dot", "MatMul", floats(7), floats(7))
    add("int32", "MatMul", integers(3, 4), integers(4, 2))
    add("matmul", "Einsum", floats(5, 7), floats(7, 6), equation="ij, jk -> ik")
    add("implicit", "Einsum", floats(5, 7), floats(7, 6), equation="bj,ja")
    add("implicit_sum", "Einsum", floats(5, 7), floats(5, 7), equation="ij,ij")
    add("ellipsis", "Einsum", floats(2, 1, 5, 7), floats(2, 3, 7, 4), equation="...ij,...jk->...ik")
    add("heads", "Einsum", floats(2, 5, 3, 4), floats(2, 6, 3, 4), equation="bqhd,bkhd->bhqk")
    add("diagonal", "Einsum", floats(4, 3, 3), equation="...ii->...i")
    add("trace", "Einsum", floats(4, 4), equation="ii")
    add("transposed", "Einsum", floats(2, 3, 4), equation="abc->cab")
    add("three", "Einsum", floats(2, 3), floats(3, 4), floats(4, 5), equation="ij,jk,kl->il")
    add("outer", "Einsum", floats(3), floats(4), equation="i,j->ij")
    add("int32", "Einsum", integers(3, 4), integers(4, 2), equation="ij,jk->ik")


def add_elementwise():
    x = floats(2, 3, 4)
    for op_type in ["Add", "Sub", "Mul", "Div"]:
        add("same", op_type, x, floats(2, 3, 4, low=0.5))
        add("broadcast", op_type, floats(3, 1), floats(2, 1, 4, low=0.5))
        add("scalar_const", op_type, x, (np.float32(1.5),))
        add("int32", op_type, integers(3, 4), integers(4, low=1))
    add("uint8", "Div", integers(9, low=100, high=255, dtype=np.uint8),
        integers(9, low=1, high=9, dtype=np.uint8))
    add("int_negative", "Div", integers(9), const([-3], np.int32))
    for op_type in ["Max", "Min", "Mean", "Sum"]:
        add("one", op_type, x)
        add("three", op_type, x, floats(3, 1), floats(4))
    add("int64", "Max", integers(5, dtype=np.int64), integers(5, 1, dtype=np.int64))
    add("uint8", "Min", integers(5, low=0, high=255, dtype=np.uint8), const([128], np.uint8))
    add("int_float", "Pow", integers(3, 4, low=1, high=9), floats(4, low=0))
    for exponent in [2.0, 3.0, 0.5, -1.0, 1.0, 1.7]:
        add(f"const_{exponent}", "Pow", floats(3, 4, low=0.1), (np.float32(exponent),))
    add("float", "Pow", floats(3, 4, low=0.1), floats(4))
    add("int_exponent", "Pow", x, integers(4, low=0, high=4, dtype=np.int64))
    add("int", "Pow", integers(6, low=-5, high=5), integers(6, low=0, high=4))
    add("int", "Mod", integers(20), integers(20, low=1, high=9) * np.int32(1))
    add("int_negative", "Mod", integers(20), const([-7], np.int32))
    add("fmod_int", "Mod", integers(20), const([-7], np.int32), fmod=1)
    add("fmod", "Mod", floats(20), floats(20, low=0.3), fmod=1)


def add_unary():
    x = floats(3, 7)
    for op_type in ["Abs", "Neg", "Exp", "Ceil", "Floor", "Round", "Sign", "Sin", "Cos", "Tan",
                    "Atan", "Sinh", "Cosh", "Asinh", "Sigmoid", "Tanh", "Erf", "Relu", "Softplus",
                    "Softsign", "HardSwish", "Mish", "Elu", "Selu", "Celu", "HardSigmoid",
                    "LeakyRelu", "ThresholdedRelu", "Gelu", "Shrink"]:
        add("default", op_type, x)
    for op_type in ["Log", "Sqrt", "Reciprocal", "Acosh"]:
        add("default", op_type, floats(3, 7, low=1.1, high=5))
    for op_type in ["Asin", "Acos", "Atanh"]:
        add("default", op_type, floats(3, 7, low=-0.9, high=0.9))
    add("half", "Round", np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.6], np.float32))
    for op_type in ["Abs", "Neg", "Sign"]:
        add("int", op_type, integers(9))
    add("alpha", "Elu", x, alpha=0.3)
    add("alpha", "Celu", x, alpha=0.7)
    add("alpha", "LeakyRelu", x, alpha=0.3)
    add("alpha", "ThresholdedRelu", x, alpha=0.3)
    add("alpha", "HardSigmoid", x, alpha=0.5, beta=0.3)
    add("bias", "Shrink", x, lambd=1.0, bias=0.5)
    add("tanh", "Gelu", x, approximate="tanh")
    add("big", "Softplus", floats(9, low=-120, high=120))
    add("big", "Sigmoid", floats(9, low=-120, high=120))
    add("int32", "Relu", integers(9))
    add("slope", "PRelu", floats(2, 3, 4), floats(3, 1))
    add("both", "Clip", x, (np.float32(-0.5),), (np.float32(1.0),))
    add("max_only", "Clip", x, None, (np.float32(1.0),))
    add("runtime", "Clip", x, np.array(-1, np.float32), np.array(0.5, np.float32))
    add("int8", "Clip", integers(9, dtype=np.int8), const(-5, np.int8), const(50, np.int8))
    add("uint8", "Clip", integers(9, low=0, high=255, dtype=np.uint8), const(20, np.uint8),
        const(200, np.uint8))
    add("attributes", "Clip", x, opset=10, min=-0.5, max=0.75)


def add_logic():
    x, y = integers(4, 5, low=0, high=3), integers(5, low=0, high=3)
    for op_type in ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]:
        add("int", op_type, x, y)
        add("float", op_type, x.astype(np.float32), y.astype(np.float32))
    for op_type in ["And", "Or", "Xor"]:
        add("bool", op_type, x > 0, y > 1)
    add("bool", "Not", x > 0)
    for op_type in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        add("int", op_type, integers(4, 5), integers(5))
    add("int", "BitwiseNot", integers(4, 5))
    add("left", "BitShift", integers(6, low=0, dtype=np.uint8),
        integers(6, low=0, high=7, dtype=np.uint8), direction="LEFT")
    add("right", "BitShift", integers(6, low=0, dtype=np.uint8),
        integers(6, low=0, high=7, dtype=np.uint8), direction="RIGHT")
    special = np.array([0, np.nan, np.inf, -np.inf, 1], np.float32)
    add("float", "IsNaN", special)
    add("both", "IsInf", special)
    add("negative", "IsInf", special, detect_positive=0)
    add("float", "Where", x > 0, floats(4, 1), floats(5))
    add("int64", "Where", x > 0, integers(4, 5, dtype=np.int64), const(7))


def add_casts():
    to = {np.float32: 1, np.uint8: 2, np.int8: 3, np.int32: 6, np.int64: 7, np.bool_: 9,
          np.float16: 10, np.float64: 11}
    sources = {"f32": floats(12, low=0, high=100), "i32": integers(12), "i8": integers(
        12, dtype=np.int8), "u8": integers(12, low=0, high=255, dtype=np.uint8),
        "bool": integers(12) > 0, "f16": floats(12, dtype=np.float16)}
    for name, source in sources.items():
        for dtype, code in to.items():
            is_wrapping = source.dtype.kind == "f" and np.dtype(dtype).kind == "u"
            if source.dtype != dtype and not (is_wrapping and source.min() < 0):
                add(f"{name}_{np.dtype(dtype).name}", "Cast", source, to=code, rtol=1e-3)


def add_reductions():
    x = floats(2, 3, 4, 5)
    for op_type in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                    "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"]:
        add("all", op_type, x)
        add("axes", op_type, x, const([1, -1]))
        add("no_keepdims", op_type, x, const([2, 0]), keepdims=0)
    add("axes", "ReduceLogSum", floats(3, 4, low=0.1), const([1]))
    add("noop", "ReduceSum", x, noop_with_empty_axes=1)
    add("attribute", "ReduceMean", x, opset=13, axes=[1, 2])
    add("int32", "ReduceSum", integers(3, 4), const([0]))
    for op_type in ["ReduceMean", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"]:
        for dtype in (np.int32, np.int64):
            numbers = integers(3, 4, 5, low=1 if op_type == "ReduceLogSum" else -9, dtype=dtype)
            add(np.dtype(dtype).name, op_type, numbers, const([1]))
            add(f"{np.dtype(dtype).name}_all", op_type, numbers, keepdims=0)
    add("int8", "ReduceMax", integers(3, 4, dtype=np.int8), const([1]))
    add("uint8", "ReduceMin", integers(3, 4, low=0, high=255, dtype=np.uint8), const([1]))
    for op_type in ["ArgMax", "ArgMin"]:
        add("default", op_type, x)
        add("axis", op_type, x, axis=-2, keepdims=0)
        add("ties_first", op_type, integers(4, 9, low=0, high=2), axis=1)
        add("ties_last", op_type, integers(4, 9, low=0, high=2), axis=1, select_last_index=1)


def add_softmax():
    x = floats(2, 3, 4, low=-60, high=60)
    for op_type in ["Softmax", "LogSoftmax"]:
        add("last", op_type, x)
        add("axis", op_type, x, axis=1)
        add("coerced", op_type, x, opset=11, axis=1)
        add("coerced_default", op_type, x, opset=9)


def add_normalization():
    x = floats(2, 6, 5, 4)
    statistics = [floats(6), floats(6, 1).ravel(), floats(6, 2)[:, 0].copy(),
                  floats(6, low=0.1, high=2)]
    add("const", "BatchNormalization", x, *[(s,) for s in statistics])
    add("runtime", "BatchNormalization", x, *statistics, epsilon=1e-3)
    add("last", "LayerNormalization", x, floats(4), floats(4))
    add("axis", "LayerNormalization", x, floats(6, 5, 4), floats(6, 5, 4), axis=1)
    add("no_bias", "LayerNormalization", x, floats(5, 4), axis=2, epsilon=1e-2)
    add("statistics", "LayerNormalization", x, floats(4), floats(4), results=3)
    add("f16", "LayerNormalization", floats(3, 8, dtype=np.float16),
        floats(8, dtype=np.float16), floats(8, dtype=np.float16), rtol=2e-3, atol=4e-3)
    add("channels", "InstanceNormalization", x, floats(6), floats(6))
    add("rank1", "InstanceNormalization", floats(2, 3, 7), floats(3), floats(3), epsilon=1e-2)
    add("per_channel", "GroupNormalization", x, floats(6), floats(6), num_groups=3)
    for shape in [(2, 6), (2, 6, 5, 3)]:
        add(f"per_group_rank{len(shape)}", "GroupNormalization", floats(*shape), floats(3),
            (floats(3, low=0.1),), num_groups=3, opset=18, epsilon=1e-2)
    add("default", "LRN", floats(2, 7, 4, 3), size=3)
    add("l1", "LpNormalization", floats(3, 4, low=0.1), p=1)
    add("l2", "LpNormalization", x, axis=1)


def add_shapes():
    x = floats(2, 3, 4, 5)
    add("merge", "Reshape", x, const([6, 20]))
    add("zero_and_infer", "Reshape", x, const([0, -1, 5]))
    add("regroup", "Reshape", x, const([4, 6, 5]))
    add("flat", "Reshape", x, const([-1]))
    add("unrelated", "Reshape", floats(6, 35), const([10, 21]))
    add("ones", "Reshape", floats(1, 4, 1), const([1, 1, 2, 2, 1]))
    add("scalar", "Reshape", floats(1, 1), const(np.zeros([0])))
    add("from_scalar", "Reshape", np.array(3, np.float32), const([1, 1]))
    for axis in [0, 1, 3, 4, -1]:
        add(f"axis_{axis}", "Flatten", x, axis=axis)
    add("axes", "Squeeze", floats(1, 3, 1, 4), const([0, -2]))
    add("all", "Squeeze", floats(1, 3, 1, 4))
    add("attribute", "Squeeze", floats(1, 3, 1, 4), opset=11, axes=[2])
    add("axes", "Unsqueeze", floats(3, 4), const([0, -1]))
    add("unsorted", "Unsqueeze", floats(3, 4), const([3, 0]))
    add("attribute", "Unsqueeze", floats(3, 4), opset=11, axes=[1, 3])
    add("default", "Transpose", x)
    add("perm", "Transpose", x, perm=[0, 2, 3, 1])
    add("same", "Identity", x)
    add("inference", "Dropout", x)


def add_parts():
    x = floats(4, 6, 5)
    add("axis0", "Concat", x, floats(2, 6, 5), axis=0)
    add("negative", "Concat", x, floats(4, 6, 1), floats(4, 6, 2), axis=-1)
    add("one", "Concat", x, axis=0)
    add("empty", "Concat", x, floats(4, 0, 5), floats(4, 2, 5), axis=1)
    add("equal", "Split", x, axis=1, num_outputs=2, results=2)
    add("uneven", "Split", x, axis=2, num_outputs=3, results=3)
    add("sizes", "Split", x, const([1, 3, 2]), axis=1, results=3)
    add("attribute", "Split", x, opset=11, axis=2, split=[2, 3], results=2)
    add("ends", "Slice", x, const([1, 0]), const([3, 2**63 - 1]), const([0, 2]))
    add("steps", "Slice", x, const([1, 0]), const([100, 4]), const([1, 2]), const([2, 3]))
    add("negative", "Slice", x, const([-3, -2]), const([-1, 100]), const([1, 2]))
    add("reverse", "Slice", x, const([-1]), const([-(2**63) + 1]), const([1]), const([-1]))
    add("reverse_steps", "Slice", x, const([4, 10]), const([0, 0]), const([1, 2]), const([-2, -3]))
    add("no_axes", "Slice", x, const([1, 2]), const([3, 4]))
    add("attribute", "Slice", x, opset=9, starts=[1, 0], ends=[3, 2], axes=[0, 2])
    add("shape", "Expand", floats(3, 1), const([2, 1, 4]))
    add("smaller", "Expand", floats(3, 4), const([1]))
    add("repeats", "Tile", floats(2, 3), const([2, 1]))
    add("repeats_all", "Tile", floats(2, 3), const([3, 2]))
    add("dcr", "DepthToSpace", floats(2, 8, 3, 2), blocksize=2)
    add("crd", "DepthToSpace", floats(2, 8, 3, 2), blocksize=2, mode="CRD")
    add("plain", "SpaceToDepth", floats(2, 3, 4, 6), blocksize=2)


def add_padding():
    x = floats(2, 3, 4)
    pads = const([0, 1, 2, 1, 0, 1])
    add("constant", "Pad", x, pads)
    add("value", "Pad", x, pads, (np.float32(1.5),))
    add("runtime_value", "Pad", x, pads, np.array(2.5, np.float32))
    add("axes", "Pad", x, const([1, 2]), None, const([-1]))
    add("negative", "Pad", x, const([0, -1, 2, 1, 0, -2]))
    add("attribute", "Pad", x, opset=10, pads=[0, 1, 2, 1, 0, 1], value=0.5)
    for mode in ["edge", "reflect", "wrap"]:
        add(mode, "Pad", x, const([0, 1, 3, 1, 2, 2]), mode=mode)
    add("int32", "Pad", integers(3, 4), const([1, 0, 0, 1]), const(7, np.int32))


def add_generation():
    add("value", "ConstantOfShape", const([2, 3]))
    add("ints", "Range", const(3), const(17), const(4))
    add("floats", "Range", (np.float32(3),), (np.float32(1),), (np.float32(-0.5),))
    add("all", "Shape", floats(2, 3, 4))
    add("part", "Shape", floats(2, 3, 4), start=-2, end=2)
    add("all", "Size", floats(2, 3, 4))


def add_transposed_convolutions():
    x = floats(2, 4, 5, 6)
    add("plain", "ConvTranspose", x, floats(4, 3, 3, 2), floats(3))
    add("strides", "ConvTranspose", x, floats(4, 3, 3, 3), strides=[2, 3])
    add("pads", "ConvTranspose", x, floats(4, 3, 3, 3), strides=[2, 2], pads=[1, 0, 2, 1],
        output_padding=[1, 0])
    add("deep_pads", "ConvTranspose", x, floats(4, 3, 2, 2), pads=[2, 1, 1, 2])
    add("groups", "ConvTranspose", x, floats(4, 3, 3, 3), floats(6), group=2, strides=[2, 1])
    add("dilations", "ConvTranspose", x, floats(4, 3, 3, 2), dilations=[2, 3])
    add("same", "ConvTranspose", x, floats(4, 3, 3, 3), strides=[2, 2], auto_pad="SAME_UPPER")
    add("output_shape", "ConvTranspose", x, floats(4, 3, 3, 3), strides=[2, 2],
        output_shape=[10, 12])
    add("rank1", "ConvTranspose", floats(1, 4, 7), floats(4, 2, 4), strides=[2], pads=[1, 1])


def add_resizing():
    x = floats(1, 2, 4, 5)

    def by_scales(name, *scales, **attributes):
        add(name, "Resize", x, None, const([1, 1, *scales], np.float32), atol=1e-4, **attributes)

    def by_sizes(name, *sizes, **attributes):
        add(name, "Resize", x, None, None, const([1, 2, *sizes]), atol=1e-4, **attributes)

    by_scales("nearest_2", 2, 2)
    by_scales("nearest_asymmetric", 3, 2, coordinate_transformation_mode="asymmetric",
              nearest_mode="floor")
    by_scales("nearest_down", 0.5, 0.6, coordinate_transformation_mode="asymmetric",
              nearest_mode="floor")
    for mode in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
        by_sizes(f"nearest_{mode}", 7, 8, nearest_mode=mode)
        by_sizes(f"nearest_corners_{mode}", 9, 3, nearest_mode=mode,
                 coordinate_transformation_mode="align_corners")
    for mode in ["linear", "cubic"]:
        for transformation in ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel",
                               "half_pixel_symmetric"]:
            by_sizes(f"{mode}_{transformation}", 7, 3, mode=mode,
                     coordinate_transformation_mode=transformation)
        by_scales(f"{mode}_scales", 2, 1.7, mode=mode)
        by_scales(f"{mode}_one", 1, 2, mode=mode)
    # Positions in the middle between two elements, which the quotient by a rounded scale misses.
    for transformation, sizes in {"asymmetric": [(7, 4), (7, 38), (26, 28)],
                                  "half_pixel": [(14, 39), (14, 19), (30, 9)]}.items():
        for size, resized in sizes:
            row = floats(1, 1, 1, size)
            for mode in ["round_prefer_floor", "round_prefer_ceil"]:
                options = {"nearest_mode": mode, "coordinate_transformation_mode": transformation}
                name = f"middle_{mode}_{transformation}_{size}_{resized}"
                add(name, "Resize", row, None, None, const([1, 1, 1, resized]), **options)
                add(f"computed_{name}", "Resize", row, None, None, np.array([1, 1, 1, resized]),
                    declared=[[1, 1, 1, resized]], **options)
    by_sizes("cubic_exclude", 7, 9, mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
    add("axes", "Resize", x, None, None, const([9, 8]), axes=[3, 2], mode="linear", atol=1e-4)
    add("not_larger", "Resize", x, None, None, const([8, 8]), axes=[2, 3],
        keep_aspect_ratio_policy="not_larger")
    add("opset10", "Resize", x, const([1, 1, 2, 3], np.float32), opset=10)
    add("opset10_down", "Resize", x, const([1, 1, 0.5, 0.6], np.float32), opset=10)
    add("opset10_linear", "Resize", x, const([1, 1, 2, 3], np.float32), opset=10, mode="linear",
        atol=1e-4)
    # Along each dimension the element below, or above where it shrinks.
    add("opset10_mixed", "Resize", x, const([1, 1, 0.6, 1.7], np.float32), opset=10)
    add("opset10_computed", "Resize", x, np.array([1, 1, 0.6, 1.7], np.float32), opset=10,
        declared=[[1, 2, 2, 8]])
    add("nearest", "Upsample", x, const([1, 1, 2, 3], np.float32), opset=9)
    add("linear", "Upsample", x, const([1, 1, 2, 3], np.float32), opset=9, mode="linear",
        atol=1e-4)


def add_indexing():
    x = floats(4, 6, 5)
    add("const", "Gather", x, const([[0, 3], [-1, 2]]), axis=1)
    add("runtime", "Gather", x, integers(3, low=-4, high=4, dtype=np.int64))
    add("scalar", "Gather", x, const(-2), axis=2)
    add("scalar_runtime", "Gather", x, np.array(2, np.int32), axis=-1)


    x = floats(3, 4, 5)
    for axis in [0, -1]:
        add(f"axis_{axis}", "GatherElements", x, integers(3, 4, 5, low=-3, high=3, dtype=np.int64),
            axis=axis)
    add("smaller", "GatherElements", x, integers(2, 6, 5, low=0, high=4), axis=1)
    add("elements", "GatherND", x, integers(2, 3, low=-3, high=3, dtype=np.int64))
    add("slices", "GatherND", x, integers(2, 2, 1, low=0, high=3, dtype=np.int64))
    add("batch", "GatherND", x, integers(3, 2, 1, low=0, high=4, dtype=np.int64), batch_dims=1)
    add("time_first", "ReverseSequence", x, np.array([0, 1, 3, 2], np.int64), time_axis=0,
        batch_axis=1)
    add("batch_first", "ReverseSequence", x, np.array([4, 1, 3], np.int64), time_axis=1,
        batch_axis=0)


def add_sampling():
    x, grid = floats(2, 3, 5, 4), floats(2, 3, 6, 2, low=-1.7, high=1.7)
    for mode in ["linear", "nearest", "cubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for align in [0, 1]:
                add(f"{mode}_{padding}_{align}", "GridSample", x, grid, mode=mode,
                    padding_mode=padding, align_corners=align)
    add("rank5", "GridSample", floats(1, 2, 3, 4, 5), floats(1, 2, 3, 2, 3, low=-1.3, high=1.3))
    add("far", "GridSample", x, floats(2, 2, 2, 2, low=-30, high=30), padding_mode="reflection")


def add_transforms():
    signal, spectrum = floats(2, 10, 3, 1), floats(2, 10, 3, 2)
    add("real", "DFT", signal, None, const(1), opset=20)
    add("complex", "DFT", spectrum, None, const(1), opset=20)
    add("inverse", "DFT", spectrum, None, const(1), opset=20, inverse=1)
    add("onesided", "DFT", signal, None, const(1), opset=20, onesided=1)
    add("padded", "DFT", signal, const(16), const(1), opset=20)
    add("cut", "DFT", signal, const(7), const(1), opset=20, onesided=1)
    add("computed_axis", "DFT", floats(2, 6, 6, 2), None, np.array(2), opset=20,
        declared=[(2, 6, 6, 2)])
    add("last_axis", "DFT", floats(3, 8, 2), opset=20)


def add_selections():
    x, mask = floats(3, 4, 2), np.array([True, False, True, True])
    add("constant", "Compress", x, (mask,), axis=1)
    add("short", "Compress", x, (mask,))
    add("axis", "Compress", x, mask, axis=-2, declared=[(3, 3, 2)])
    add("flat", "Compress", x, mask, declared=[(3,)])
    sparse = np.where(integers(3, 4, 2) > 20, x, 0)
    count = np.count_nonzero(sparse)
    add("floats", "NonZero", sparse, declared=[(3, count)])
    add("booleans", "NonZero", mask, declared=[(1, 3)])
    add("none", "NonZero", np.zeros((2, 3), np.int32), declared=[(2, 0)])


def add_positions():
    x = floats(2, 4, 5)
    add("upper", "Trilu", x)
    add("lower", "Trilu", x, const(-1), upper=0)
    add("runtime", "Trilu", integers(4, 5), np.array(2, np.int64))
    add("plain", "EyeLike", floats(3, 5), k=1)
    add("int", "EyeLike", floats(3, 5), k=-1, dtype=6)
    add("last", "OneHot", integers(2, 3, low=-9, high=9, dtype=np.int64), const(7),
        const([2, 5], np.float32))
    add("axis", "OneHot", integers(2, 3, low=0, high=4).astype(np.float32), const([4], np.float32),
        np.array([0, 1], np.float32), axis=0)
    add("runtime_depth", "OneHot", integers(3, low=0, high=4, dtype=np.int64),
        np.array(5, np.int64), np.array([0, 3]), declared=[(3, 5)])
    add("last", "Hardmax", integers(3, 9, low=0, high=3).astype(np.float32))
    add("axis", "Hardmax", x, axis=1)
    # Along all dimensions from the axis on.
    for axis in [0, 1, 2]:
        add(f"opset11_{axis}", "Hardmax", floats(2, 3, 4), opset=11, axis=axis)
    add("opset11", "Hardmax", floats(2, 3, 4), opset=11)


def add_sequences():
    """Steps that need the result of another."""
    x = floats(3, 4, 5)
    for name, attributes in [("plain", {}), ("exclusive", {"exclusive": 1}),
                             ("reverse", {"reverse": 1}),
                             ("both", {"exclusive": 1, "reverse": 1})]:
        add(name, "CumSum", x, const(1), **attributes)
    add("int", "CumSum", integers(4, 6), const(-1, np.int32))
    add("runtime", "CumSum", x, np.array(2, np.int32))
    data, rows = floats(5, 6), integers(3, 6, low=-5, high=5, dtype=np.int64)
    add("plain", "ScatterElements", data, const(np.argsort(floats(5, 6), 0)[:3]), floats(3, 6))
    add("axis", "ScatterElements", data, const([[1, 4], [0, -1]]), floats(2, 2), axis=1)
    for reduction in ["add", "mul", "max", "min"]:
        add(reduction, "ScatterElements", data, rows, floats(3, 6), reduction=reduction)
        add(reduction, "ScatterND", data, integers(4, 1, low=-5, high=5, dtype=np.int64),
            floats(4, 6), reduction=reduction)
    add("uint8", "ScatterElements", integers(4, low=0, high=255, dtype=np.uint8), const([1, 1]),
        integers(2, low=0, high=255, dtype=np.uint8), reduction="max")
    add("elements", "ScatterND", data, const([[1, 2], [4, -1]]), floats(2))
    add("slices", "ScatterND", x, const([[2], [0]]), floats(2, 4, 5))
    add("last", "TopK", floats(3, 9), const([4]), results=2)
    add("axis", "TopK", x, const([2]), axis=1, largest=0, results=2)
    add("ties", "TopK", integers(3, 9, low=0, high=4), const([6]), results=2)
    add("runtime", "TopK", floats(9), np.array([3]), results=2, declared=[(3,), (3,)])


def add_recurrent():
    def weights(op_type, gates, directions, hidden=4, inputs=3):
        parts = [floats(directions, gates * hidden, size, low=-0.7, high=0.7)
                 for size in (inputs, hidden)]
        return [(parts[0],), (parts[1],), (floats(directions, 2 * gates * hidden),)]

    x = floats(5, 2, 3)
    lengths = np.array([3, 5], np.int32)
    for op_type, gates, results in [("RNN", 1, 2), ("GRU", 3, 2), ("LSTM", 4, 3)]:
        for direction, count in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
            add(direction, op_type, x, *weights(op_type, gates, count), direction=direction,
                hidden_size=4, results=results)
        add("no_bias", op_type, x, *weights(op_type, gates, 1)[:2], hidden_size=4,
            results=results)
        states = [floats(2, 2, 4)] * (results - 1)
        add("lengths", op_type, x, *weights(op_type, gates, 2), lengths, *states, hidden_size=4,
            direction="bidirectional", results=results)
        add("clip", op_type, x, *weights(op_type, gates, 1), hidden_size=4, clip=0.3,
            results=results)
    add("linear", "GRU", x, *weights("GRU", 3, 1), hidden_size=4, linear_before_reset=1,
        results=2)
    add("activations", "GRU", x, *weights("GRU", 3, 1), hidden_size=4, results=2,
        activations=["HardSigmoid", "Softsign"], activation_alpha=[0.3], activation_beta=[0.4])
    for name in ["Relu", "LeakyRelu", "ScaledTanh", "Elu", "Softplus", "ThresholdedRelu",
                 "Affine"]:
        add(name, "RNN", x, *weights("RNN", 1, 1), hidden_size=4, results=2, activations=[name],
            activation_alpha=[0.6], activation_beta=[0.4])
    add("peepholes", "LSTM", x, *weights("LSTM", 4, 1), None, None, None, floats(1, 12),
        hidden_size=4, results=3)
    add("input_forget", "LSTM", x, *weights("LSTM", 4, 1), hidden_size=4, input_forget=1,
        results=3)


def add_computed_operands():
    """Operands that say shapes are inputs of the model, which declares its results."""
    x = floats(3, 2, 2)
    for op_type in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceProd", "ReduceL1",
                    "ReduceLogSumExp"]:
        for axes, declared in [([1], (3, 1, 2)), ([-1, 0], (1, 2, 1))]:
            add(f"kept_{len(axes)}", op_type, x, np.array(axes), declared=[declared])
        # The shape does not tell one from the other.
        for axis in [1, 2, -1]:
            add(f"dropped_{axis}", op_type, x, np.array([axis]), keepdims=0, declared=[(3, 2)])
    add("no_axes", "ReduceSum", x, np.zeros([0], np.int64), keepdims=0, declared=[()])
    add("ones", "ReduceSum", floats(1, 4, 1), np.array([2]), keepdims=0, declared=[(1, 4)])
    data = floats(4, 6, 5)
    starts, ends = np.array([1, -2]), np.array([3, 1000])
    add("computed", "Slice", data, starts, ends, declared=[(2, 2, 5)])
    add("computed_axes", "Slice", data, starts, ends, np.array([1, 0]), declared=[(2, 2, 5)])
    add("computed_steps", "Slice", data, np.array([4, 10]), np.array([0, 0]), np.array([-1, 1]),
        np.array([-2, -3]), declared=[(4, 2, 2)])
    add("computed_out_of_bounds", "Slice", data, np.array([-100], np.int32),
        np.array([2], np.int32), declared=[(2, 6, 5)])
    add("computed", "Split", data, np.array([1, 3, 2]), axis=1, results=3,
        declared=[(4, 1, 5), (4, 3, 5), (4, 2, 5)])
    add("computed", "Expand", floats(3, 1), np.array([2, 1, 4]), declared=[(2, 3, 4)])
    add("computed", "Tile", floats(2, 3), np.array([3, 2]), declared=[(6, 6)])
    add("computed", "Unsqueeze", floats(3, 4), np.array([0, -1]), declared=[(1, 3, 4, 1)])
    add("computed", "Squeeze", floats(1, 3, 1), np.array([-1]), declared=[(1, 3)])
    add("computed", "ConstantOfShape", np.array([2, 3]), declared=[(2, 3)])
    add("computed_ints", "Range", np.array(3), np.array(17), np.array(4), declared=[(4,)])
    add("computed_floats", "Range", *[np.array(v, np.float32) for v in (3, 1, -0.5)],
        declared=[(4,)])
    pads = np.array([0, 1, 3, 1, 2, 2])
    for mode in ["constant", "edge", "reflect", "wrap"]:
        add(f"computed_{mode}", "Pad", floats(2, 3, 4), pads, mode=mode, declared=[(3, 6, 9)])
    add("computed_axes", "Pad", floats(2, 3, 4), np.array([-1, 2]), np.array(1.5, np.float32),
        np.array([-1]), declared=[(2, 3, 5)])
    image = floats(1, 2, 4, 5)
    for mode in ["nearest", "linear", "cubic"]:
        for transformation in ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"]:
            add(f"computed_{mode}_{transformation}", "Resize", image, None, None,
                np.array([1, 2, 7, 3]), mode=mode, declared=[(1, 2, 7, 3)], atol=1e-4,
                coordinate_transformation_mode=transformation)
        add(f"computed_{mode}_scales", "Resize", image, None,
            np.array([1, 1, 2, 0.7], np.float32), mode=mode, declared=[(1, 2, 8, 3)], atol=1e-4)
    for mode in ["linear", "cubic"]:
        add(f"antialias_{mode}", "Resize", image, None, None, const([1, 2, 2, 3]), mode=mode,
            antialias=1, atol=1e-4)
    add("computed_exclude", "Resize", image, None, None, np.array([1, 2, 7, 9]), mode="cubic",
        exclude_outside=1, declared=[(1, 2, 7, 9)], atol=1e-4)
    add("region", "Resize", image, np.array([0, 0, 0.3, 0.2, 1, 1, 0.9, 1.2], np.float32), None,
        const([1, 2, 3, 4]), mode="linear", extrapolation_value=7.0, atol=1e-4,
        coordinate_transformation_mode="tf_crop_and_resize")
    for name, sizes in (("", const([1, 2, 7, 3])), ("computed_", np.array([1, 2, 7, 3]))):
        add(f"{name}middle", "Resize", image, const([], np.float32), const([], np.float32), sizes, opset=13,
            mode="nearest", nearest_mode="floor", declared=[(1, 2, 7, 3)],
            coordinate_transformation_mode="tf_half_pixel_for_nn")
    for size in [(5, 2, 7), (4, 3, 4)]:
        add(f"to_{size[0]}", "CenterCropPad", floats(3, 4, 5), np.array(size), declared=[size])


for add_family in [add_convolutions, add_pooling, add_products, add_elementwise, add_unary,
                   add_logic, add_casts, add_reductions, add_softmax, add_normalization,
                   add_shapes, add_parts, add_padding, add_generation,
                   add_transposed_convolutions, add_resizing, add_indexing, add_sampling,
                   add_transforms, add_selections, add_regions, add_boxes, add_positions,
                   add_sequences, add_recurrent, add_computed_operands, add_quantization, add_integer_products]:
    add_family()
