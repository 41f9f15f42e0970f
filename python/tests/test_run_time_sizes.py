"""Results whose size shows only at run time: as onnxruntime has them, of the size that they have."""

import numpy as np
import onnx
import pytest

import oracle
from onnx_case import floats, integers

OPSET = 20
X = np.where(integers(3, 4, low=0, high=3) > 0, floats(3, 4), 0).astype(np.float32)
BOXES = np.concatenate([floats(1, 9, 2, low=0, high=4), floats(1, 9, 2, low=4, high=7)], axis=2)
SCORES = floats(1, 2, 9, low=0, high=1)

# name -> the graph in ONNX's notation, initializers, inputs
CASES = {
    "nonzero": ("(float[3, 4] x) => (int64[2, n] y) { y = NonZero (x) }", {}, {"x": X}),
    "nonzero_of_nothing": ("(float[3, 4] x) => (int64[2, n] y) { y = NonZero (x) }", {},
                           {"x": np.zeros((3, 4), np.float32)}),
    "nonzero_of_all": ("(float[3, 4] x) => (int64[2, n] y) { y = NonZero (x) }", {},
                       {"x": np.ones((3, 4), np.float32)}),
    "compress": ("(float[3, 4] x, bool[4] c) => (float[3, n] y) { y = Compress <axis = 1> (x, c) }",
                 {}, {"x": X, "c": np.array([True, False, True, True])}),
    "unique": ("(int64[12] x) => (int64[n] y, int64[n] first, int64[12] inverse, int64[n] counts) "
               "{ y, first, inverse, counts = Unique (x) }", {},
               {"x": integers(12, low=0, high=5, dtype=np.int64)}),
    "suppression": ("(float[1, 9, 4] boxes, float[1, 2, 9] scores) => (int64[n, 3] y) "
                    "{ y = NonMaxSuppression (boxes, scores, most, overlap, least) }",
                    {"most": np.int64(5), "overlap": np.float32(0.3), "least": np.float32(0.2)},
                    {"boxes": BOXES, "scores": SCORES}),
    # None is kept of a class without a number of them.
    "suppression_of_all": ("(float[1, 9, 4] boxes, float[1, 2, 9] scores) => (int64[n, 3] y) "
                           "{ y = NonMaxSuppression (boxes, scores) }", {},
                           {"boxes": BOXES, "scores": SCORES}),
    # What detectors do with the boxes that are left.
    "boxes": ("(float[1, 9, 4] boxes, float[1, 2, 9] scores) => (float[n, 4] y, float[n, 5] z) {"
              "kept = NonMaxSuppression (boxes, scores, most, overlap)\n"
              "number = Gather <axis = 1> (kept, last)\n"
              "all = Squeeze (boxes, zero)\n"
              "y = Gather (all, number)\n"
              "kinds = Slice (kept, zero_row, two_row, one_row)\n"
              "kind = Slice (kinds, one_row, two_row, one_row)\n"
              "kind_float = Cast <to = 1> (kind)\n"
              "z = Concat <axis = 1> (y, kind_float) }",
              {"most": np.int64(5), "overlap": np.float32(0.3), "last": np.int64(2),
               "zero": np.array([0]), "zero_row": np.array([0]), "one_row": np.array([1]),
               "two_row": np.array([2])},
              {"boxes": BOXES, "scores": SCORES}),
    "product": ("(float[3, 4] x) => (float[1, 1] y) {"
                "found = NonZero (x)\n"
                "places = Transpose <perm = [1, 0]> (found)\n"
                "values = GatherND (x, places)\n"
                "row = Unsqueeze (values, zero)\n"
                "column = Unsqueeze (values, one)\n"
                "y = MatMul (row, column) }",
                {"zero": np.array([0]), "one": np.array([1])}, {"x": X}),
    **{f"reversed_{kept}": ("(float[3, 4] x, bool[4] c) => (float[n, 3] y) {"
                            "some = Compress <axis = 1> (x, c)\n"
                            "places = Transpose <perm = [1, 0]> (some)\n"
                            "z = Slice (places, last, before, axis, last)\n"
                            "y = Add (z, one) }",
                            {"last": np.array([-1]), "before": np.array([-2**63]), "axis": np.array([0]),
                             "one": np.float32(1)}, {"x": X, "c": np.arange(4) < kept}) for kept in (0, 1, 3, 4)},
    # The name that the number of positions would have.
    "name_of_a_counter": ("(float[3, 4] x, int64 c) => (int64[2, n] y, int64 \"y.count\") {"
                          "y = NonZero (x)\n"
                          "\"y.count\" = Neg (c) }", {}, {"x": X, "c": np.array(2)}),
    "positions": ("(float[3, 4] x) => (int64[n, 2] y, float[n] z) {"
                  "found = NonZero (x)\n"
                  "y = Transpose <perm = [1, 0]> (found)\n"
                  "z = GatherND (x, y) }", {}, {"x": X}),
    "scattered": ("(float[3, 4] x) => (float[3, 4] y, float[4] z) {"
                  "found = NonZero (x)\n"
                  "places = Transpose <perm = [1, 0]> (found)\n"
                  "values = GatherND (x, places)\n"
                  "twice = Add (values, values)\n"
                  "y = ScatterND (x, places, twice)\n"
                  "column = Gather <axis = 0> (found, one)\n"
                  "z = ScatterElements <axis = 0, reduction = \"add\"> (none, column, values) }",
                  {"one": np.int64(1), "none": np.zeros(4, np.float32)}, {"x": X}),
    "joined": ("(float[3, 4] x) => (int64[m] y) {"
               "found = NonZero (x)\n"
               "rows, columns = Split <axis = 0, num_outputs = 2> (found)\n"
               "row = Squeeze (rows, zero)\n"
               "column = Squeeze (columns, zero)\n"
               "y = Concat <axis = 0> (row, tail, column) }",
               {"zero": np.array([0]), "tail": np.array([7, 8])}, {"x": X}),
    "sums": ("(float[3, 4] x, float[4, 6] w) => (float[1, 6] y, float[1, 4] z) {"
             "found = NonZero (x)\n"
             "rows = Gather <axis = 0> (found, first)\n"
             "taken = Gather <axis = 0> (x, rows)\n"
             "product = MatMul (taken, w)\n"
             "y = ReduceSum (product, zero)\n"
             "z = ReduceMax (taken, zero) }",
             {"zero": np.array([0]), "first": np.int64(0)}, {"x": X, "w": floats(4, 6)}),
    # Both factors are as long as what was found, however long that is.
    "equal_sizes": ("(float[3, 4] x) => (float[2, n] y, float[1, m] z) {"
                    "found = NonZero (x)\n"
                    "places = Cast <to = 1> (found)\n"
                    "squares = Mul (places, places)\n"
                    "y = Add (squares, places)\n"
                    "row, column = Split <axis = 0, num_outputs = 2> (y)\n"
                    "first = Concat <axis = 1> (row, tail)\n"
                    "second = Concat <axis = 1> (column, tail)\n"
                    "z = Sub (first, second) }",
                    {"tail": np.array([[7, 8]], np.float32)}, {"x": X}),
}

# Where what was found is one element long it broadcasts, else it must be as long as the others.
# name -> the graph, initializers
REFUSED = {
    "fixed_beside_found": ("(float[4] x) => (float[1, 4] y) {"
                           "found = NonZero (x)\n"
                           "places = Cast <to = 1> (found)\n"
                           "y = Add (places, c) }", {"c": np.arange(4, dtype=np.float32)}),
    "found_beside_fixed": ("(float[3, 4] x, bool[3] m) => (float[3, 4] y) {"
                           "taken = Compress <axis = 0> (x, m)\n"
                           "y = Mul (taken, c) }",
                           {"c": np.arange(12, dtype=np.float32).reshape(3, 4)}),
    "undeclared": ("(float[3, 4] x, bool[3] m) => (float[p, q] y) {"
                   "taken = Compress <axis = 0> (x, m)\n"
                   "y = Mul (taken, c) }",
                   {"c": np.arange(12, dtype=np.float32).reshape(3, 4)}),
    "two_that_are_found": ("(float[4] x, bool[4] m, bool[4] n) => (float[p] y) {"
                           "one = Compress (x, m)\n"
                           "other = Compress (x, n)\n"
                           "y = Mul (one, other) }", {}),
    "joined_rows": ("(float[4, 2] x, bool[4] m) => (float[p, 4] y) {"
                    "taken = Compress <axis = 0> (x, m)\n"
                    "y = Concat <axis = 1> (taken, x) }", {}),
    "expanded": ("(float[4] x, bool[4] m) => (float[4] y) {"
                 "taken = Compress (x, m)\n"
                 "y = Expand (taken, four) }", {"four": np.array([4])}),
}


def make_model(graph, initializers):
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {OPSET}]> case {graph}')
    model.graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(value), name)
                                   for name, value in initializers.items())
    return model


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnxruntime(name):
    garam = pytest.importorskip("garam")
    graph, initializers, inputs = CASES[name]
    model = make_model(graph, initializers)
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)
    executable = garam.compile(model, target="host")
    actual = executable.run(inputs)
    assert list(actual) == list(expected)
    assert [value.name for value in executable.outputs] == list(expected)
    for output, value in expected.items():
        assert actual[output].shape == value.shape and actual[output].dtype == value.dtype
        np.testing.assert_allclose(actual[output], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_sizes_that_may_broadcast_are_refused(name):
    garam = pytest.importorskip("garam")
    graph, initializers = REFUSED[name]
    with pytest.raises(garam.ModelError) as error:
        garam.compile(make_model(graph, initializers), target="host")
    assert ("a size of one of its tensors shows only at run time and need not be that of the "
            "others; cut or pad the tensor to a fixed size before") in str(error.value)


def test_declared_sizes_are_not_those_of_what_may_broadcast():
    """A slice of one element is added to four."""
    garam = pytest.importorskip("garam")
    model = make_model("(float[4] x, int64[1] begin, int64[1] end) => (float[4] y) {"
                       "part = Slice (x, begin, end)\n"
                       "y = Add (part, c) }", {"c": np.arange(4, dtype=np.float32)})
    with pytest.raises(garam.ModelError, match="is computed at run time, but must be a constant"):
        garam.compile(model, target="host")


def test_sizes_of_a_run_win_over_declared_ones():
    """An exporter left the length of its example at the output of a layer that flattens and folds again."""
    garam = pytest.importorskip("garam")
    model = make_model("(float[b, s, 4] x) => (float[b, 6, 4] y) {"
                       "shape = Shape (x)\n"
                       "t = Transpose <perm = [1, 0, 2]> (x)\n"
                       "flat = Reshape (t, all)\n"
                       "z = Reshape (flat, shape)\n"
                       "u = Reshape (z, shape)\n"
                       "y = Relu (u) }", {"all": np.array([-1])})
    with pytest.warns(garam.GaramWarning, match="output 'y': the model declares that dimension 1 is 6, but it is s; "
                                                "what is declared is ignored"):
        executable = garam.compile(model, target="host", dims={"b": (1, 3), "s": (2, 9)})
    session = executable.session()
    for batch, length in [(1, 2), (3, 9), (2, 6)]:
        x = floats(batch, length, 4)
        expected = np.maximum(x.transpose(1, 0, 2).reshape(x.shape), 0)
        np.testing.assert_array_equal(session.run({"x": x})["y"], expected)


def test_one_session_yields_several_sizes():
    garam = pytest.importorskip("garam")
    graph, initializers, _ = CASES["nonzero"]
    session = garam.compile(make_model(graph, initializers), target="host").session()
    for count in (12, 0, 5):
        x = np.zeros(12, np.float32)
        x[:count] = 1
        y = session.run({"x": x.reshape(3, 4)})["y"]
        np.testing.assert_array_equal(y, np.array(np.nonzero(x.reshape(3, 4))))


def test_files_have_the_size_too(run_tool, tmp_path):
    graph, initializers, inputs = CASES["nonzero"]
    onnx.save(make_model(graph, initializers), tmp_path / "model.onnx")
    np.save(tmp_path / "x.npy", inputs["x"])
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "-o",
             tmp_path / "model.garam")
    run_tool("garam", "run", tmp_path / "model.garam", "--input", f"x={tmp_path / 'x.npy'}",
             "--output-dir", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["y.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "y.npy"),
                                  np.array(np.nonzero(inputs["x"])))
