"""Nodes of the operators of quantised numbers."""

import numpy as np

from onnx_case import add, const, floats, integers


def add_quantization():
    x = floats(2, 3, 4, low=-8, high=8)
    zero = const(3, np.int8)
    add("int8", "QuantizeLinear", x, (np.float32(0.05),), zero)
    add("uint8", "QuantizeLinear", x, (np.float32(0.05),), const(128, np.uint8))
    add("no_zero", "QuantizeLinear", x, (np.float32(0.05),))
    add("one_element", "QuantizeLinear", x, const([0.05], np.float32), const([128], np.uint8))
    add("axis", "QuantizeLinear", x, const([0.1, 0.02, 0.3], np.float32),
        const([1, 0, -5], np.int8), axis=1)
    add("ties", "QuantizeLinear", np.arange(-6, 6, 0.5, np.float32), (np.float32(1),),
        const(1, np.int8))
    add("int16", "QuantizeLinear", x, (np.float32(1e-4),), const(7, np.int16))
    add("plain", "DynamicQuantizeLinear", x, results=3)
    add("positive", "DynamicQuantizeLinear", np.abs(x), results=3)
    add("zeros", "DynamicQuantizeLinear", np.zeros((2, 3), np.float32), results=3)
    q = integers(2, 3, 4, low=-128, high=127, dtype=np.int8)
    add("int8", "DequantizeLinear", q, (np.float32(0.05),), zero)
    add("uint8", "DequantizeLinear", q.astype(np.uint8), (np.float32(0.05),), const(128, np.uint8))
    add("axis", "DequantizeLinear", q, const([0.1, 0.02, 0.3], np.float32),
        const([1, 0, -5], np.int8), axis=1)
    add("int32", "DequantizeLinear", integers(5), const([0.1] * 5, np.float32), axis=0)
    add("blocks", "DequantizeLinear", integers(3, 8, dtype=np.int8), (floats(3, 2),),
        (integers(3, 2, low=-3, high=3, dtype=np.int8),), axis=1, block_size=4)


def add_integer_products():
    a = integers(3, 8, low=0, high=255, dtype=np.uint8)
    b = integers(8, 5, low=-128, high=127, dtype=np.int8)
    column = integers(5, low=-9, high=9, dtype=np.int8)
    add("plain", "MatMulInteger", a, b)
    add("zero_points", "MatMulInteger", a, b, const(128, np.uint8), const(-3, np.int8))
    add("columns", "MatMulInteger", a, (b,), const(7, np.uint8), (column,))
    add("batch", "MatMulInteger", integers(2, 3, 8, dtype=np.int8), b, const(5, np.int8))
    add("computed_zero_points", "MatMulInteger", a, b, np.array(131, np.uint8), np.array(-3, np.int8))
    add("vector", "MatMulInteger", a[0], (b,), np.array(131, np.uint8), const(-3, np.int8))
    add("of_vector", "MatMulInteger", a, b[:, 0], np.array(131, np.uint8), const(-3, np.int8))
    add("batches", "MatMulInteger", integers(2, 3, 8, dtype=np.int8), (integers(2, 8, 5, dtype=np.int8),), const(5, np.int8))
    x = integers(1, 4, 6, 5, low=0, high=255, dtype=np.uint8)
    w = integers(6, 4, 3, 3, low=0, high=255, dtype=np.uint8)
    add("plain", "ConvInteger", x, w)
    add("zero_points", "ConvInteger", x, w, const(100, np.uint8), const(130, np.uint8),
        pads=[1, 1, 1, 1], strides=[2, 1])
    add("groups", "ConvInteger", x, w[:, :2], const(3, np.uint8), group=2, dilations=[1, 2])
    scale, zero = (np.float32(0.02),), const(120, np.uint8)
    scales, zeros = (floats(5, low=0.01, high=0.03),), const([0] * 5, np.int8)
    add("scalars", "QLinearMatMul", a, scale, zero, b, scale, const(2, np.int8),
        (np.float32(0.5),), zero, steps=1)
    add("columns", "QLinearMatMul", a, scale, zero, (b,), scales, zeros, (np.float32(0.5),), zero,
        steps=1)
    filters = integers(6, 4, 3, 3, low=-128, high=127, dtype=np.int8)
    operands = [x, scale, zero, (filters,), (floats(6, low=0.01, high=0.03),),
                const([0] * 6, np.int8), (np.float32(0.8),), zero]
    add("plain", "QLinearConv", *operands, pads=[1, 0, 1, 0], steps=1)
    add("bias", "QLinearConv", *operands, (integers(6, low=-3000, high=3000),), strides=[2, 2],
        steps=1)
