"""Sizes that the data decides, behind one another: as onnxruntime has them, whatever is counted."""

import re

import numpy as np
import onnx
import pytest

import oracle
from onnx_case import floats

OPSET = 20

# What is counted of x[3, 4] and m[3]: found[2, n], places[n, 2], values[n], taken[k, 4].
COUNTED = """found = NonZero (x)
    places = Transpose <perm = [1, 0]> (found)
    values = GatherND (x, places)
    taken = Compress <axis = 0> (x, m)
    """

CONSTANTS = {
    "zero": np.array(0), "one": np.array(1), "none": np.float32(0), "unit": np.float32(1),
    "row0": np.array([0]), "row1": np.array([1]), "row2": np.array([2]), "row3": np.array([3]),
    "last": np.array([-1]), "before_last": np.array([-2]), "all": np.array([2**62]),
    "halves": np.array([-1, 2, 2]), "rows_of_4": np.array([-1, 4]), "pair": np.array([1, 1]),
    "bias": floats(4), "weights": floats(4, 6), "limits": np.array([3, 4]),
    "zero_point": np.uint8(3),
    "around": np.array([1, 0, 2, 0]),
}

COUNT = "size = Shape <start = 0, end = 1> (taken)\n"
ROWS = COUNT + "count = Squeeze (size, row0)\n rows = Range (zero, count, one)\n"

# name -> nodes that make y
BODIES = {
    # The size as a value.
    "shape": "y = Shape (found)",
    "size": "y = Size (found)",
    "range": ROWS + "y = Mul (rows, rows)",
    "expand": COUNT + "y = Expand (unit, size)",
    "expand_to_shape": "size = Shape (taken)\n y = Expand (bias, size)",
    "constant_of_shape": COUNT + "all_sizes = Concat <axis = 0> (row1, size, row2)\n y = ConstantOfShape (all_sizes)",
    "twice_and_one": COUNT + "twice = Mul (size, row2)\n more = Add (twice, row1)\n y = Expand (unit, more)",
    "mean_by_hand": COUNT + "n = Cast <to = 1> (size)\n y = Div (taken, n)",
    "equal_by_value": COUNT + "ones = Expand (unit, size)\n sums = ReduceSum <keepdims = 0> (taken, row1)\n y = Add (ones, sums)",
    "slice_by": COUNT + "y = Slice (x, row0, size, row0)",
    "loop": "n = Size (values)\n y = Loop (n, , none) <body = step (int64 i, bool c, float sum) => (bool d, float next)"
            " { d = Identity (c)\n e = Gather (values, i)\n next = Add (sum, e) }>",
    # Other shapes.
    "reshape_by_value": COUNT + "wanted = Concat <axis = 0> (size, row2, row2)\n y = Reshape (taken, wanted)",
    "reshape": "y = Reshape (taken, halves)",
    "flattened": "y = Reshape (taken, last)",
    "flattened_across": "y = Reshape (found, last)",
    "back": "flat = Reshape (taken, last)\n y = Reshape (flat, rows_of_4)",
    "back_across": "turned = Transpose <perm = [1, 0]> (taken)\n flat = Reshape (turned, last)\n y = Reshape (flat, rows_of_4)",
    # Counted once more.
    "found_of_found": "is = Greater (values, none)\n at = NonZero (is)\n places2 = Transpose <perm = [1, 0]> (at)\n y = GatherND (values, places2)",
    "found_of_rows": "is = Greater (taken, none)\n y = NonZero (is)",
    "taken_of_found": "is = Greater (values, none)\n y = Compress <axis = 0> (values, is)",
    "taken_of_rows": "sums = ReduceSum <keepdims = 0> (taken, row1)\n is = Greater (sums, none)\n y = Compress <axis = 0> (taken, is)",
    # Parts.
    "split": "a, b = Split <axis = 1> (places, pair)\n y = Sub (a, b)",
    "first": "y = Slice (values, row0, row3, row0)",
    "without_first": "y = Slice (values, row1, all, row0)",
    "without_last": "y = Slice (values, row0, last, row0)",
    "last_two": "y = Slice (values, before_last, all, row0)",
    "every_second": "y = Slice (values, row1, all, row0, row2)",
    "differences": "a = Slice (values, row1, all, row0)\n b = Slice (values, row0, last, row0)\n y = Sub (a, b)",
    "padded": "y = Pad (taken, around)",
    "joined": "y = Concat <axis = 0> (taken, x, taken)",
    # By index, also from the end of what counts.
    "gathered_from_end": ROWS + "back = Sub (row0, rows)\n at = Sub (back, one)\n y = Gather <axis = 0> (taken, at)",
    "elements_from_end": ROWS + "back = Sub (row0, rows)\n at = Sub (back, one)\n column = Unsqueeze (at, row1)\n y = GatherElements <axis = 0> (taken, column)",
    "scattered": ROWS + "shape = Shape (taken)\n empty = Expand (none, shape)\n back = Sub (row0, rows)\n at = Sub (back, one)\n"
                 "column = Unsqueeze (at, row1)\n wide = Expand (column, shape)\n y = ScatterElements <axis = 0> (empty, wide, taken)",
    "written": ROWS + "shape = Shape (taken)\n empty = Expand (none, shape)\n column = Unsqueeze (rows, row1)\n y = ScatterND (empty, column, taken)",
    # What is behind the count takes no part.
    "softmax": "y = Softmax <axis = 0> (taken)",
    "softmax_of_products": "turned = Transpose <perm = [1, 0]> (taken)\n scores = MatMul (taken, turned)\n p = Softmax (scores)\n y = MatMul (p, taken)",
    "covariance": "turned = Transpose <perm = [1, 0]> (taken)\n y = MatMul (turned, taken)",
    "product": "y = MatMul (taken, weights)",
    "einsum": "y = Einsum <equation = \"ij,ik->jk\"> (taken, taken)",
    "normalised": "y = LayerNormalization (taken, bias, bias)",
    "greatest": "y = ReduceMax <keepdims = 0> (values)",
    "summed": "y = CumSum (taken, row0)",
    "norm": "y = ReduceL2 <keepdims = 0> (taken, row0)",
    "quantised": "q = QuantizeLinear (taken, unit, zero_point)\n y = DequantizeLinear (q, unit, zero_point)",
}

X = floats(3, 4)
SOME = np.where(np.arange(12).reshape(3, 4) % 3 == 1, X, 0).astype(np.float32)
DATA = {
    "none": {"x": np.zeros((3, 4), np.float32), "m": np.zeros(3, bool)},
    "one": {"x": np.eye(3, 4, 2, dtype=np.float32) * np.array([[-2], [0], [0]], np.float32), "m": np.array([False, True, False])},
    "some": {"x": SOME, "m": np.array([True, False, True])},
    "all": {"x": X, "m": np.ones(3, bool)},
}


def make_model(body):
    """The nodes of COUNTED that the body needs come before it."""
    needed = set(re.findall(r"\w+", body))
    lines = []
    for line in reversed(COUNTED.strip().splitlines()):
        if line.split("=")[0].strip() in needed:
            lines.insert(0, line)
            needed |= set(re.findall(r"\w+", line))
    inputs = ", ".join(text for name, text in (("x", "float[3, 4] x"), ("m", "bool[3] m")) if name in needed)
    nodes = "\n".join([*lines, body])
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {OPSET}]> case ({inputs}) => (y) {{ {nodes} }}')
    model.graph.initializer.extend(onnx.numpy_helper.from_array(value, name)
                                   for name, value in CONSTANTS.items() if name in needed)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    model.graph.output[0].CopyFrom(inferred.graph.output[0])
    return model


@pytest.mark.parametrize("name", BODIES)
def test_agrees_with_onnxruntime(name):
    garam = pytest.importorskip("garam")
    model = make_model(BODIES[name])
    session = garam.compile(model, target="host").session()
    used = {value.name for value in model.graph.input}
    for data in DATA.values():
        inputs = {key: value for key, value in data.items() if key in used}
        expected = oracle.run_onnxruntime(model, inputs, optimise=False)["y"]
        actual = session.run(inputs)["y"]
        assert actual.shape == expected.shape and actual.dtype == expected.dtype
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


# name -> nodes, what the message says
REFUSED = {
    "fixed_beside_counted": (COUNT + "ones = Expand (unit, size)\n y = Add (ones, bias)",
                             "need not be that of the others"),
    "negative": (COUNT + "less = Sub (size, row1)\n y = Expand (unit, less)", "may be negative"),
    "other_numbers": ("y = Reshape (taken, limits)", "need not fit"),
    "equal_parts": ("y, z, w = Split <axis = 0, num_outputs = 3> (taken)", "a split needs its size"),
    "two_sizes": ("turned = Transpose <perm = [1, 0]> (taken)\n y = MatMul (taken, turned)",
                  "the data decides two sizes of an output"),
    "no_bound": ("sum = ReduceSum <keepdims = 0> (x)\n n = Cast <to = 7> (sum)\n y = Range (zero, n, one)",
                 "no size of a tensor bounds how long the range is"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_fit_is_refused(name):
    garam = pytest.importorskip("garam")
    body, message = REFUSED[name]
    with pytest.raises(garam.ModelError, match=re.escape(message)) as error:
        garam.compile(make_model(body), target="host")
    assert "node '" in str(error.value)


@pytest.mark.parametrize("name", ["found_of_found", "scattered", "differences"])
def test_chips_leave_it_to_the_host(name):
    garam = pytest.importorskip("garam")
    model = make_model(BODIES[name])
    executable = garam.compile(model, target="rngd")
    used = {value.name for value in model.graph.input}
    inputs = {key: value for key, value in DATA["some"].items() if key in used}
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)["y"]
    actual = executable.run(inputs)["y"]
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=2e-2, atol=2e-2)
