"""What is cut out of dimensions of run time: with steps, from the end, in parts."""

import numpy as np
import pytest

from onnx_case import floats
from test_dynamic_sizes import check, make_model

garam = pytest.importorskip("garam")

LEAST, MOST = 4, 13


def check_sizes(graph, initializers=None, least=LEAST, sizes=(4, 13, 7, 8)):
    check(make_model(graph, initializers), {"n": (least, MOST)}, [{"x": floats(n, 3)} for n in sizes])


# start, end, step: within, beyond and before the ends, from either.
STEPS = {
    "every_other": (0, 2**31 - 1, 2), "from_one": (1, 2**63 - 1, 3), "without_the_last": (0, -1, 2),
    "of_the_last": (-4, 2**31 - 1, 3), "of_the_first": (1, 4, 2), "backwards": (-1, -2**31 + 1, -2),
    "backwards_by_one": (-2, -2**63, -1), "backwards_of_the_first": (3, -2**31 + 1, -2),
    "backwards_of_the_last": (-1, -4, -1), "backwards_from_beyond": (2**31 - 1, 0, -3),
}


@pytest.mark.parametrize("step", STEPS)
def test_steps(step):
    start, end, distance = STEPS[step]
    graph = """(float[n, 3] x) => (float[m, 3] y, float[m, 3] z) {
        y = Slice (x, start, end, axis, step)
        z = Relu (y) }"""
    check_sizes(graph, {"start": np.array([start]), "end": np.array([end]), "axis": np.array([0]),
                        "step": np.array([distance])})


def test_steps_in_two_dimensions():
    graph = """(float[n, 3] x) => (float[m, 2] y) {
        a = Sqrt (x)
        b = Slice (a, start, end, axes, steps)
        y = Exp (b) }"""
    check_sizes(graph, {"start": np.array([-1, 0]), "end": np.array([-2**31 + 1, 3]), "axes": np.array([0, 1]),
                        "steps": np.array([-3, 2])})


def test_equal_parts():
    graph = """(float[n, 3] x) => (float[a, 3] p, float[b, 3] q, float[c, 3] r, float[a, 3] s, float[b, 3] t) {
        p, q, r = Split <axis = 0, num_outputs = 3> (x)
        s, t = Split <axis = 0, num_outputs = 2> (x) }"""
    check_sizes(graph, sizes=(5, 13, 7, 8))


def test_parts_of_multiples():
    graph = """(float[n, 3] x) => (float[n, 3] y) {
        a = Concat <axis = 0> (x, x, x)
        p, q, r = Split <axis = 0, num_outputs = 3> (a)
        s = Mul (p, q)
        y = Sub (s, r) }"""
    check_sizes(graph, least=1, sizes=(1, 13, 6))


def test_parts_by_computed_sizes():
    graph = """(float[n, 3] x) => (float[a, 3] p, float[b, 3] q) {
        size = Shape <start = 0, end = 1> (x)
        rest = Sub (size, three)
        sizes = Concat <axis = 0> (three, rest)
        p, q = Split <axis = 0> (x, sizes) }"""
    check_sizes(graph, {"three": np.array([3])})


@pytest.mark.parametrize("graph, least", [
    # From n - 5 on: of fewer elements that is a position from the end.
    ("b = Sub (s, five)\n y = Slice (x, b, s)", 1),
    ("y = Slice (x, five, s)", 1),
    # Nothing is taken, behind the last element.
    ("y = Slice (x, behind, end, both)", 1),
    ("y, z = Split <axis = 0> (x, parts)", 1),
    ("r = Sub (s, five)\n c = Concat <axis = 0> (five, r)\n y, z = Split <axis = 0> (x, c)", 1),
    ("p, q, y = Split <axis = 0, num_outputs = 3> (x)", 1),
])
def test_refuses_what_may_not_be_within(graph, least):
    model = make_model(f"(float[n, 3] x) => (float[k, 3] y) {{ s = Shape <start = 0, end = 1> (x)\n {graph} }}",
                       {"five": np.array([5]), "parts": np.array([2, 2]), "behind": np.array([1, 3]),
                        "end": np.array([9, 9]), "both": np.array([0, 1])})
    with pytest.raises(garam.ModelError):
        garam.compile(model, target="host", dims={"n": (least, MOST)})
