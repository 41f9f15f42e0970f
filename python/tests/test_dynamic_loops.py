"""Scan and Loop over sizes of run time: one binary for the host agrees with onnxruntime."""

import numpy as np
import pytest

from onnx_case import floats
from test_dynamic_sizes import check, make_model

garam = pytest.importorskip("garam")

SEQ = {"seq": (1, 16)}


def scan(inputs, outputs, attributes, body, arguments):
    """A model of one Scan, whose body yields the names of `outputs` with a 1 behind."""
    steps = ", ".join(f"float[{shape}] {name}1" for name, shape in outputs["body"].items())
    parts = ", ".join(f"float[{shape}] {name}" for name, shape in inputs["body"].items())
    return (f"({', '.join(f'float[{shape}] {name}' for name, shape in inputs['model'].items())}) => "
            f"({', '.join(f'float[{shape}] {name}' for name, shape in outputs['model'].items())}) {{"
            f"{', '.join(outputs['model'])} = Scan <{attributes}, "
            f"body = step ({parts}) => ({steps}) {{ {body} }}> ({arguments}) }}")


@pytest.mark.parametrize("isReversed", [0, 1])
@pytest.mark.parametrize("n, bounds", [("2", {}), ("n", {"n": (1, 5)})])
def test_scan_with_a_state(n, bounds, isReversed):
    """The state has a fixed size or one of run time; what is collected, that of the sequence."""
    graph = scan({"model": {"s0": f"{n}, 4", "x": f"seq, {n}, 4"}, "body": {"a": f"{n}, 4", "e": f"{n}, 4"}},
                 {"model": {"s": f"{n}, 4", "y": f"seq, {n}, 3"}, "body": {"s": f"{n}, 4", "y": f"{n}, 3"}},
                 f"num_scan_inputs = 1, scan_input_directions = [{isReversed}], "
                 f"scan_output_directions = [{isReversed}]",
                 "d = Add (a, e)\n s1 = Tanh (d)\n y1 = MatMul (s1, w)", "s0, x")
    check(make_model(graph, {"w": floats(4, 3)}), SEQ | bounds,
          [{"s0": floats(rows, 4), "x": floats(seq, rows, 4)}
           for seq, rows in ([(16, 2), (1, 2), (5, 2)] if n == "2" else [(16, 5), (1, 1), (7, 3), (16, 1)])])


def test_scan_along_other_axes():
    """Two sequences of one length, along a dimension that is not the first; no state."""
    graph = scan({"model": {"x": "3, seq", "z": "seq, 3"}, "body": {"e": "3", "f": "3"}},
                 {"model": {"y": "3, seq"}, "body": {"y": "3"}},
                 "num_scan_inputs = 2, scan_input_axes = [1, 0], scan_input_directions = [0, 1], "
                 "scan_output_axes = [1]", "y1 = Sub (e, f)", "x, z")
    check(make_model(graph), SEQ, [{"x": floats(3, seq), "z": floats(seq, 3)} for seq in (16, 1, 9)])


def test_scan_of_a_fixed_length_over_rows_of_run_time():
    graph = scan({"model": {"s0": "n, 4", "x": "6, n, 4"}, "body": {"a": "n, 4", "e": "n, 4"}},
                 {"model": {"s": "n, 4", "y": "6, n"}, "body": {"s": "n, 4", "y": "n"}},
                 "num_scan_inputs = 1", "s1 = Mul (a, e)\n y1 = ReduceSum <keepdims = 0> (s1, one)", "s0, x")
    check(make_model(graph, {"one": np.array([1])}), {"n": (1, 5)},
          [{"s0": floats(rows, 4), "x": floats(6, rows, 4)} for rows in (5, 1, 3)])


def test_scan_of_states_alone():
    graph = scan({"model": {"s0": "4", "x": "seq, 4"}, "body": {"a": "4", "e": "4"}},
                 {"model": {"s": "4"}, "body": {"s": "4"}}, "num_scan_inputs = 1", "s1 = Sub (e, a)", "s0, x")
    check(make_model(graph), SEQ, [{"s0": floats(4), "x": floats(seq, 4)} for seq in (16, 1, 2)])


LOOP = """(float[seq, 4] x, float[4] s0) => (float[4] s, float[seq, 4] y) {
    shape = Shape (x)
    steps = Gather (shape, zero)
    s, y = Loop <body = step (int64 i, bool go, float[4] a) => (bool on, float[4] b, float[4] c) {
        on = Identity (go)
        e = Gather (x, i)
        d = Sub (e, a)
        b = Tanh (d)
        c = Mul (b, e) }> (steps, yes, s0) }"""


def test_loop_that_collects():
    check(make_model(LOOP, {"zero": np.array(0), "yes": np.array(True)}), SEQ,
          [{"x": floats(seq, 4), "s0": floats(4)} for seq in (16, 1, 6)])


def test_refuses_sequences_of_different_lengths():
    graph = scan({"model": {"s0": "4", "x": "seq, 4", "z": "other, 4"}, "body": {"a": "4", "e": "4", "f": "4"}},
                 {"model": {"s": "4"}, "body": {"s": "4"}}, "num_scan_inputs = 2",
                 "d = Sub (e, a)\n s1 = Add (d, f)", "s0, x, z")
    session = check(make_model(graph), SEQ | {"other": (1, 16)},
                    [{"s0": floats(4), "x": floats(seq, 4), "z": floats(seq, 4)} for seq in (5, 1, 16)])
    with pytest.raises(garam.InputError, match="to be equal, which are"):
        session.run({"s0": floats(4), "x": floats(5, 4), "z": floats(6, 4)})
