"""Tensors without elements, which ONNX allows: the results are those of onnxruntime wherever a node is placed."""

import numpy as np
import onnx
from onnx import helper
import pytest

import linalg_execution
import oracle
from test_analog import make_model
from test_end_to_end import run_model


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], **attributes)


def ones(*shape):
    return np.ones(shape, np.float32)


def index(*values):
    return np.array(values, np.int64)


RELU = node("Relu", ["t"], "y")
PRODUCT = node("MatMul", ["t", "w"], "y")
SLICE = node("Slice", ["x", "b", "e", "a"], "t")
NO_ROWS = {"b": index(0), "e": index(0), "a": index(0)}
NO_COLUMNS = {"b": index(0), "e": index(0), "a": index(1)}

# Nodes, the shape of x, that of y, weights.
CASES = {
    "no outputs": ([node("MatMul", ["x", "w"], "y")], (1, 4), (1, 0), {"w": ones(4, 0)}),
    "no outputs of many rows": ([node("MatMul", ["x", "w"], "y")], (3, 4), (3, 0), {"w": ones(4, 0)}),
    "no summands": ([node("MatMul", ["x", "w"], "y")], (3, 0), (3, 4), {"w": ones(0, 4)}),
    "no vectors": ([node("MatMul", ["x", "w"], "y")], (0, 3), (0, 4), {"w": ones(3, 4)}),
    "no outputs of a Gemm": ([node("Gemm", ["x", "w", "b"], "y")], (1, 4), (1, 0),
                             {"w": ones(4, 0), "b": ones(0)}),
    "no summands of a Gemm": ([node("Gemm", ["x", "w", "b"], "y")], (2, 0), (2, 5),
                              {"w": ones(0, 5), "b": ones(5)}),
    "no filters": ([node("Conv", ["x", "w"], "y")], (1, 3, 4, 4), (1, 0, 4, 4),
                   {"w": ones(0, 3, 1, 1)}),
    "no images": ([node("Conv", ["x", "w"], "y", pads=[1, 1, 1, 1])], (0, 3, 4, 4), (0, 2, 4, 4),
                  {"w": ones(2, 3, 3, 3)}),
    "sliced to no vectors": ([SLICE, PRODUCT], (2, 3), (0, 3), {**NO_ROWS, "w": ones(3, 3)}),
    "sliced to no summands": ([SLICE, PRODUCT], (2, 3), (2, 4), {**NO_COLUMNS, "w": ones(0, 4)}),
    "sliced to no columns": ([SLICE, RELU], (2, 3), (2, 0), NO_COLUMNS),
    "no columns added": ([node("Add", ["x", "b"], "y")], (3, 1), (3, 0), {"b": ones(1, 0)}),
    "no columns transposed": ([node("Transpose", ["x"], "y", perm=[1, 0])], (0, 3), (3, 0), {}),
    "nothing in the middle": ([node("Relu", ["x"], "y")], (2, 0, 3), (2, 0, 3), {}),
    "sum of no columns": ([node("ReduceSum", ["x", "a"], "y", keepdims=0)], (3, 0), (3,),
                          {"a": index(1)}),
    "no columns joined": ([node("Concat", ["x", "c"], "t", axis=1), RELU], (3, 2), (3, 2),
                          {"c": ones(3, 0)}),
    "padding alone": ([node("Pad", ["x", "p"], "t"), PRODUCT], (2, 0), (2, 4),
                      {"p": index(0, 1, 0, 2), "w": ones(3, 4)}),
    "softmax of no rows": ([node("Softmax", ["x"], "y", axis=1)], (2, 0), (2, 0), {}),
    "expanded to nothing": ([node("Expand", ["x", "s"], "t"), RELU], (2, 1), (2, 0), {"s": index(2, 0)}),
    "slice beside no columns": ([node("Slice", ["x", "b", "e", "a"], "y")], (3, 0), (2, 0),
                                {"b": index(1), "e": index(3), "a": index(0)}),
    "reversed beside no columns": ([node("Slice", ["x", "b", "e", "a", "s"], "y")], (3, 0), (3, 0),
                                   {"b": index(-1), "e": index(-9), "a": index(0), "s": index(-1)}),
    "no columns reversed": ([node("Slice", ["x", "b", "e", "a", "s"], "y")], (3, 0), (3, 0),
                            {"b": index(-1), "e": index(-9), "a": index(1), "s": index(-1)}),
    "part of no columns": ([node("Split", ["x", "p"], "u", axis=0), node("Relu", ["u"], "y")], (3, 0), (3, 0),
                           {"p": index(3)}),
    "no transposed convolution": ([node("ConvTranspose", ["x", "w"], "y", strides=[2, 2], pads=[1, 1, 1, 1])],
                                  (0, 2, 4, 4), (0, 3, 7, 7), {"w": ones(2, 3, 3, 3)}),
    "transposed convolution of no channels": ([node("ConvTranspose", ["x", "w"], "y")], (1, 0, 4, 4),
                                              (1, 3, 6, 6), {"w": ones(0, 3, 3, 3)}),
    "no indices": ([node("Gather", ["x", "i"], "y", axis=1)], (2, 3), (2, 0), {"i": index()}),
}


@pytest.mark.parametrize("target", ["host", "atom", "hbm-pim", "hermes", "kcloud-stage3"])
def test_results_are_those_of_onnxruntime(target, run_tool, tmp_path):
    for number, (name, (nodes, shape, result, weights)) in enumerate(CASES.items()):
        path, binary = tmp_path / f"{number}.onnx", tmp_path / f"{number}.garam"
        model = make_model(nodes, {"x": shape}, {"y": result}, **weights)
        onnx.save(model, path)
        inputs = {"x": np.arange(np.prod(shape), dtype=np.float32).reshape(shape)}
        run_tool("garam", "compile", path, "--target", target, "--quiet", "-o", binary)
        actual = run_model(run_tool, binary, inputs, tmp_path / f"run{number}")
        expected = oracle.run_onnxruntime(model, inputs, optimise=False)
        assert actual["y"].shape == expected["y"].shape == result, name
        np.testing.assert_allclose(actual["y"], expected["y"], rtol=1e-3, err_msg=name)


def boxes(count):
    return [ones(1, count, 4), ones(1, 2, count), (index(3),), (ones(1),), (ones(1),)]


# Operator, inputs (a tuple is a constant), number of outputs, attributes.
OPERATORS = {
    "selection of no rows": ("TopK", [ones(0, 5), (index(2),)], 2, {}),
    "selection of none": ("TopK", [ones(3, 5), (index(0),)], 2, {}),
    "cumulation of no rows": ("CumSum", [ones(0, 5), (np.array(1),)], 1, {}),
    "cumulation of nothing": ("CumSum", [ones(5, 0), (np.array(1),)], 1, {}),
    "no boxes": ("NonMaxSuppression", boxes(0), 1, {}),
    "unique elements of none": ("Unique", [ones(0)], 4, {}),
    "unique rows of none": ("Unique", [ones(0, 3)], 4, {"axis": 0}),
    "choice of no rows": ("Compress", [ones(0, 3), np.zeros(0, bool)], 1, {"axis": 0}),
    "choice of no columns": ("Compress", [ones(2, 3), np.zeros(2, bool)], 1, {"axis": 1}),
    "positions in nothing": ("NonZero", [ones(0, 3)], 1, {}),
}


@pytest.mark.parametrize("target", ["host", "rngd"])
@pytest.mark.filterwarnings("ignore::garam.GaramWarning")
def test_operators_of_empty_inputs(target):
    import garam

    for name, (kind, inputs, outputs, attributes) in OPERATORS.items():
        model = linalg_execution.make_model(kind, inputs, outputs, 21, attributes)
        feeds = {f"in{i}": value for i, value in enumerate(inputs) if not isinstance(value, tuple)}
        expected = oracle.run_onnxruntime(model, feeds, optimise=False)
        actual = garam.compile(model, target).run(feeds)
        for output, value in expected.items():
            assert actual[output].shape == value.shape and actual[output].dtype == value.dtype, name
            np.testing.assert_array_equal(actual[output], value, err_msg=name)


@pytest.mark.parametrize("kind, gates", [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
def test_recurrent_layers_of_an_empty_batch(kind, gates):
    """Of these onnxruntime crashes: what there is of the results is their shape."""
    import garam

    inputs = [ones(4, 0, 3), (ones(1, gates * 5, 3),), (ones(1, gates * 5, 5),)]
    model = linalg_execution.make_model(kind, inputs, 2, 21, {"hidden_size": 5})
    results = garam.compile(model, "host").run({"in0": inputs[0]})
    assert results["out0"].shape == (4, 1, 0, 5) and results["out1"].shape == (1, 0, 5)


def test_a_counted_size_beside_an_empty_one():
    import garam

    inputs = [ones(0, 3), np.ones(2, bool)]
    model = linalg_execution.make_model("Compress", inputs, 1, 21, {"axis": 1})
    with pytest.raises(garam.ModelError, match="a size of output 0 shows only at run time beside one that is 0"):
        garam.compile(model, "host")
