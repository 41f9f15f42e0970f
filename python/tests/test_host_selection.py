"""TopK on the host, one extremum after the other and by sorting, against Python's own sort."""

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

garam = pytest.importorskip("garam")

TYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.uint8, np.int16,
         np.uint16, np.int32, np.uint32, np.int64, np.uint64]


def make_topk(kind, shape, count, axis, largest, is_sorted=1):
    node = helper.make_node("TopK", ["x", "k"], ["v", "i"], axis=axis, largest=largest,
                            sorted=is_sorted)
    types = [helper.make_tensor_value_info("v", kind, None),
             helper.make_tensor_value_info("i", TensorProto.INT64, None)]
    graph = helper.make_graph(
        [node], "test", [helper.make_tensor_value_info("x", kind, shape)], types,
        [numpy_helper.from_array(np.array([count]), "k")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=11)


def sort_row(row, largest):
    """Positions; NaN before all numbers, and equal elements in the order of their positions."""
    def get_key(position):
        value = row[position]
        return (0, 0) if value != value else (1, -value if largest else value)
    return sorted(range(len(row)), key=get_key)


def check(executable, x, count, axis, largest):
    outputs = executable.run({"x": x})
    assert outputs["v"].dtype == x.dtype and outputs["i"].dtype == np.int64
    if x.dtype == ml_dtypes.bfloat16:  # numpy does not know which of them are NaN
        x, outputs["v"] = x.astype(np.float32), outputs["v"].astype(np.float32)
    lists = np.apply_along_axis(lambda row: sort_row(row.tolist(), largest), axis, x)
    places = np.take(lists, range(count), axis)
    np.testing.assert_array_equal(outputs["i"], places)
    np.testing.assert_array_equal(outputs["v"], np.take_along_axis(x, places, axis))


def make_ties(dtype, *shape):
    """Few values, the ends of the type among them, in a random order."""
    x = np.random.default_rng(1).integers(0, 9, shape).astype(dtype)
    if np.issubdtype(dtype, np.integer):
        x[x == 7], x[x == 8] = np.iinfo(dtype).min, np.iinfo(dtype).max
    else:
        x[x == 6], x[x == 7], x[x == 8] = np.nan, -np.inf, np.inf
        x[x == 5] = -0.0
    return x


@pytest.mark.parametrize("count", [2, 9, 101])
@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_types(dtype, largest, count):
    x = make_ties(dtype, 3, 101)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    executable = garam.compile(make_topk(kind, x.shape, count, 1, largest), "host")
    check(executable, x, count, 1, largest)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("size, count", [(1, 1), (2, 2), (3, 3), (64, 5), (64, 6), (65, 65),
                                         (120, 7)])
def test_sizes(size, count, axis):
    """Rows of one run and of several, whole and cut off, with either way's numbers of elements."""
    shape = [2, 3, 4]
    shape[axis] = size
    x = make_ties(np.float32, *shape)
    check(garam.compile(make_topk(1, shape, count, axis, 1, is_sorted=0), "host"), x, count, axis, 1)


@pytest.mark.parametrize("shape, axis", [(["N", 50], 1), ([50, "N"], 0), (["N", "S", 50], 2),
                                         (["N", 50, "S"], 1)])
@pytest.mark.parametrize("count", [7, 20])
def test_run_time_sizes(shape, axis, count):
    dims = {"N": (1, 5), "S": (1, 8)}
    used = {name: limits for name, limits in dims.items() if name in shape}
    executable = garam.compile(make_topk(1, shape, count, axis, 1), "host", dims=used)
    for sizes in ({"N": 1, "S": 1}, {"N": 5, "S": 8}, {"N": 3, "S": 2}):
        x = make_ties(np.float32, *[sizes.get(size, size) for size in shape])
        check(executable, x, count, axis, 1)


@pytest.mark.parametrize("largest", [0, 1])
@pytest.mark.parametrize("count", [50, 1000, 10000])
def test_orders(count, largest):
    """Rows in which all are candidates, none behind the first are, and some."""
    x = np.stack([np.arange(10000), np.arange(10000)[::-1], np.zeros(10000), np.full(10000, np.nan),
                  np.random.default_rng(2).permutation(10000)]).astype(np.float32)
    check(garam.compile(make_topk(1, x.shape, count, 1, largest), "host"), x, count, 1, largest)
