"""Loops whose steps the front end computes, against onnxruntime."""

import numpy
import onnx
import onnx.helper
import onnx.numpy_helper
import onnxruntime
import pytest

from printed_constants import parse_results

# More than are evaluated.
MANY_STEPS = 10**6


def parse_graph(text, **initializers):
    """A model of a graph in ONNX's text form, whose outputs are all of its last values."""
    model = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 20]>\n' + text)
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(array, name) for name, array in initializers.items())
    return model


def evaluate(model, tmp_path, run_tool):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return run_tool("garam-translate", "--import-onnx", path).stdout


def check(model, tmp_path, run_tool):
    text = evaluate(model, tmp_path, run_tool)
    assert "onnx.node" not in text, "a node was not folded"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    expected = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {})
    for actual, array in zip(parse_results(text), expected, strict=True):
        numpy.testing.assert_array_equal(actual, array, strict=True)


COUNTED = """
graph () => (int64[n] state, int64[m, n] steps) {
  state, steps = Loop <body = body (int64 i, bool c, int64[n] s) => (bool more, int64[n] next, int64[n] seen) {
    next = Add (s, i)
    seen = Mul (next, s)
    limit = Constant <value = int64 {LIMIT}> ()
    more = Less (i, limit)
  }> (COUNT, CONDITION, first)
}"""


@pytest.mark.parametrize("count, condition, limit", [
    ("count", "yes", 100), ("count", "", 100), ("", "yes", 3), ("", "", 2), ("count", "yes", 1),
])
def test_loop(count, condition, limit, tmp_path, run_tool):
    text = COUNTED.replace("COUNT", count).replace("CONDITION", condition).replace("LIMIT", str(limit))
    model = parse_graph(text, count=numpy.array(4), yes=numpy.array(True), first=numpy.array([2, -3, 2**62]))
    check(model, tmp_path, run_tool)


@pytest.mark.parametrize("count, condition", [(0, True), (4, False), (-1, True)])
def test_no_steps(count, condition, tmp_path, run_tool):
    """The states are what they were."""
    model = parse_graph("""
graph () => (int64[n] state) {
  state = Loop <body = body (int64 i, bool c, int64[n] s) => (bool more, int64[n] next) {
    next = Add (s, i)
    more = Identity (c)
  }> (count, condition, first)
}""", count=numpy.array(count), condition=numpy.array(condition), first=numpy.array([2, 3]))
    check(model, tmp_path, run_tool)


def test_growing_state(tmp_path, run_tool):
    """Each step has another shape; the bodies use values from outside, and have a choice and a loop inside."""
    check(parse_graph("""
graph () => (int64[n] state) {
  two = Mul (one, base)
  state = Loop <body = body (int64 i, bool c, int64[k] s) => (bool more, int64[l] next) {
    odd = Mod (i, two_scalar)
    is_odd = Cast <to = 9> (odd)
    added = If (is_odd) <
      then_branch = then () => (int64[1] a) { a = Add (two, one) },
      else_branch = other () => (int64[1] b) {
        b = Loop <body = inner (int64 j, bool d, int64[1] t) => (bool on, int64[1] u) {
          u = Sub (t, i)
          on = Identity (d)
        }> (count, , one)
      }>
    next = Concat <axis = 0> (s, added)
    more = Identity (c)
  }> (count, yes, one)
}""", count=numpy.array(5), yes=numpy.array(True), one=numpy.array([1]), base=numpy.array([3]),
        two_scalar=numpy.array(2)), tmp_path, run_tool)


SCAN = """
graph () => (int64[r] total, int64[p, q] sums) {
  total, sums = Scan <num_scan_inputs = 2, ATTRIBUTES, body = body (int64[r] s, int64[r] a, int64[r] b)
      => (int64[r] next, int64[r] out) {
    t = Mul (a, b)
    next = Sub (t, s)
    out = Add (next, a)
  }> (first, x, y)
}"""


@pytest.mark.parametrize("attributes", [
    "scan_input_axes = [0, 0]",
    "scan_input_axes = [0, 0], scan_input_directions = [0, 1]",
    "scan_input_axes = [-2, 0], scan_output_axes = [1]",
    "scan_input_axes = [0, 0], scan_output_axes = [-1], scan_output_directions = [1]",
])
def test_scan(attributes, tmp_path, run_tool):
    numbers = numpy.random.default_rng(0).integers(-9, 9, (2, 4, 3))
    model = parse_graph(SCAN.replace("ATTRIBUTES", attributes),
                        first=numpy.array([1, 2, 3]), x=numbers[0], y=numbers[1])
    check(model, tmp_path, run_tool)


@pytest.mark.parametrize("count", [MANY_STEPS, 2**63 - 1])
def test_too_many_steps(count, tmp_path, run_tool):
    """A loop that is too long stays, as one that does not end."""
    text = COUNTED.replace("COUNT", "count").replace("CONDITION", "").replace("LIMIT", str(count))
    model = parse_graph(text, count=numpy.array(count), first=numpy.array([1]))
    assert 'onnx.node "Loop"' in evaluate(model, tmp_path, run_tool)


def test_unknown_value(tmp_path, run_tool):
    """A step that uses what is not known is not evaluated."""
    model = parse_graph("""
graph (int64[2] x) => (int64[2] state) {
  state = Loop <body = body (int64 i, bool c, int64[2] s) => (bool more, int64[2] next) {
    next = Add (s, x)
    more = Identity (c)
  }> (count, yes, first)
}""", count=numpy.array(2), yes=numpy.array(True), first=numpy.array([2, 3]))
    assert 'onnx.node "Loop"' in evaluate(model, tmp_path, run_tool)


def test_shape_from_loop(tmp_path, run_tool):
    """A Reshape to a shape that a Loop computes of another tensor's."""
    model = parse_graph("""
graph (float[6, 8] x) => (float[p, q] y) {
  sizes = Shape (x)
  doubled = Loop <body = body (int64 i, bool c, int64[2] s) => (bool more, int64[2] next) {
    next = Mul (s, factors)
    more = Identity (c)
  }> (count, , sizes)
  shape = Div (doubled, rest)
  y = Reshape (x, shape)
}""", count=numpy.array(3), factors=numpy.array([2, 1]), rest=numpy.array([2, 4]))
    assert "-> tensor<24x2xf32>" in evaluate(model, tmp_path, run_tool)
