"""Sizes of run time that are equal only in some runs: those runs agree with onnxruntime, others are refused."""

import numpy as np
import onnx
import pytest

import oracle
from conftest import INPUT
from onnx_case import floats
from test_dynamic_sizes import check, make_model

garam = pytest.importorskip("garam")

IMAGE = {"h": (4, 40), "w": (4, 40)}
UNET = """(float[n, 3, h, w] x) => (float[n, 2, oh, ow] y) {
    a = Conv <pads = [1, 1, 1, 1]> (x, w1)
    p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
    b = Conv <pads = [1, 1, 1, 1]> (p, w2)
    q = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (b, w3)
    u = UP
    c = Concat <axis = 1> (u, b)
    d = Conv <pads = [1, 1, 1, 1]> (c, w5)
    v = ConvTranspose <strides = [2, 2]> (d, w6)
    e = Add (v, a)
    y = Conv (e, w7) }"""
WEIGHTS = {"w1": floats(4, 3, 3, 3) / 5, "w2": floats(6, 4, 3, 3) / 6, "w3": floats(6, 6, 3, 3) / 7,
           "w4": floats(6, 6, 2, 2) / 5, "w5": floats(6, 12, 3, 3) / 9, "w6": floats(6, 4, 2, 2) / 5,
           "w7": floats(2, 4, 1, 1) / 2, "scales": np.array([1, 1, 2, 2], np.float32)}
UPS = {"transposed": "ConvTranspose <strides = [2, 2]> (q, w4)",
       "resized": 'Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (q, none, scales)'}


def make_unet(up):
    return make_model(UNET.replace("UP", UPS[up]), WEIGHTS | {"none": np.zeros(0, np.float32)})


@pytest.mark.parametrize("up", UPS)
def test_networks_with_skips(up):
    session = check(make_unet(up), IMAGE | {"n": (1, 3)},
                    [{"x": floats(n, 3, h, w)} for n, h, w in ((1, 4, 4), (3, 40, 40), (2, 12, 36), (1, 8, 20))],
                    rtol=1e-3, atol=1e-4)
    for height, width, name in ((6, 8, "h"), (8, 7, "w"), (9, 9, "h"), (8, 39, "w")):
        with pytest.raises(garam.InputError, match=f"hint: '{name}' must be a multiple of 4"):
            session.run({"x": floats(1, 3, height, width)})


def test_says_what_is_needed():
    executable = garam.compile(make_unet("transposed"), target="host", dims=IMAGE | {"n": 1})
    assert executable.warnings == ["'h' must be a multiple of 4 in each run, others are refused",
                                   "'w' must be a multiple of 4 in each run, others are refused"]
    with pytest.raises(garam.InputError) as failure:
        executable.run({"x": floats(1, 3, 9, 8)})
    assert "node 'e' needs sizes (h / 2 + 1) / 2 * 4 and h to be equal, which are 8 and 9" in str(failure.value)


def test_sizes_that_are_no_multiples():
    # Halves of halves that are rounded up: 4 * ceil(h / 4) of 3 is 4, 2 * ceil(h / 2) is so of 3 and 4.
    graph = """(float[1, 1, h] x) => (float[1, 2, oh] y) {
        a = MaxPool <kernel_shape = [1], strides = [2]> (x)
        b = MaxPool <kernel_shape = [1], strides = [2]> (a)
        c = Resize <mode = "nearest"> (b, none, scales)
        y = Concat <axis = 1> (c, a) }"""
    weights = {"none": np.zeros(0, np.float32), "scales": np.array([1, 1, 2], np.float32)}
    session = check(make_model(graph, weights), {"h": (1, 12)},
                    [{"x": floats(1, 1, size)} for size in (3, 4, 7, 8, 11, 12)])
    with pytest.raises(garam.InputError, match="hint: sizes that fit are 3, 4, 7, 8, 11, 12"):
        session.run({"x": floats(1, 1, 5)})


def test_dimensions_that_are_one():
    graph = """(float[a, 4] x, float[b, 4] y, float[c, 4] z) => (float[c, 4] r, float[a, 4] s) {
        j = Concat <axis = 0> (x, y)
        r = Mul (j, z)
        s = Sub (x, y) }"""
    session = check(make_model(graph), {"a": (1, 4), "b": (1, 4), "c": (2, 8)},
                    [{"x": floats(n, 4), "y": floats(n, 4), "z": floats(2 * n, 4)} for n in (1, 4, 3)])
    for sizes, message in (((2, 2, 5), r"needs sizes \(a \+ b\) and c to be equal, which are 4 and 5"),
                           ((1, 3, 4), "node 's' needs sizes a and b to be equal, which are 1 and 3")):
        with pytest.raises(garam.InputError, match=message):
            session.run({name: floats(size, 4) for name, size in zip("xyz", sizes)})


def test_masks_of_past_and_present():
    graph = """(float[batch, seq, 8] x, float[batch, past, 8] k, float[batch, total] mask)
            => (float[batch, seq, 8] y, float[batch, all, 8] next) {
        axis = Constant <value_ints = [1]> ()
        next = Concat <axis = 1> (k, x)
        turned = Transpose <perm = [0, 2, 1]> (next)
        scores = MatMul (x, turned)
        wide = Unsqueeze (mask, axis)
        masked = Add (scores, wide)
        weights = Softmax <axis = -1> (masked)
        y = MatMul (weights, next) }"""
    session = check(make_model(graph), {"batch": (1, 3), "seq": (1, 8), "past": (1, 16), "total": (2, 24)},
                    [{"x": floats(b, s, 8) / 4, "k": floats(b, p, 8) / 4, "mask": floats(b, s + p)}
                     for b, s, p in ((1, 1, 1), (3, 8, 16), (2, 1, 7))])
    with pytest.raises(garam.InputError, match="to be equal, which are 5 and 6"):
        session.run({"x": floats(1, 2, 8), "k": floats(1, 3, 8), "mask": floats(1, 6)})


def test_windows_of_images():
    graph = """(float[1, h, w, 4] x) => (float[1, 4] y) {
        high = Shape <start = 1, end = 2> (x)
        wide = Shape <start = 2, end = 3> (x)
        rows = Div (high, four)
        columns = Div (wide, four)
        sizes = Concat <axis = 0> (one, rows, four, columns, four, four)
        tiles = Reshape (x, sizes)
        turned = Transpose <perm = [0, 1, 3, 2, 4, 5]> (tiles)
        most = ReduceMax <keepdims = 0> (turned, inner)
        y = ReduceSum <keepdims = 0> (most, outer) }"""
    model = make_model(graph, {"one": np.array([1]), "four": np.array([4]), "inner": np.array([3, 4]),
                               "outer": np.array([1, 2])})
    session = check(model, {"h": (4, 32), "w": (4, 32)},
                    [{"x": floats(1, h, w, 4)} for h, w in ((4, 4), (32, 32), (8, 28))])
    with pytest.raises(garam.InputError, match="node 'tiles' needs sizes h \\* w \\* 4 and .* to be equal, which are 288 and 256"):
        session.run({"x": floats(1, 8, 9, 4)})


def test_refuses_what_fits_no_run():
    """Multiples of 4 and of 6, neither of which is told to be none by itself."""
    graph = """(float[1, 1, h] x) => (float[1, 3, h] y) {
        p = MaxPool <kernel_shape = [4], strides = [4]> (x)
        r = Resize <mode = "nearest"> (p, none, by4)
        q = MaxPool <kernel_shape = [6], strides = [6]> (x)
        s = Resize <mode = "nearest"> (q, none, by6)
        y = Concat <axis = 1> (x, r, s) }"""
    model = make_model(graph, {"none": np.zeros(0, np.float32), "by4": np.array([1, 1, 4], np.float32),
                               "by6": np.array([1, 1, 6], np.float32)})
    check(model, {"h": (13, 24)}, [{"x": floats(1, 1, 24)}])
    with pytest.raises(garam.ModelError, match="which they are in no run; hint: give the dimension other bounds"):
        garam.compile(model, target="host", dims={"h": (13, 23)})


def test_command_line(run_tool, fails, tmp_path):
    onnx.save(make_unet("resized"), tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--dim", "n=1", "--dim", "h=8..16",
             "--dim", "w=8", "-o", tmp_path / "model.garam")
    np.save(tmp_path / "x.npy", floats(1, 3, 10, 8))
    fails(INPUT, "hint: 'h' must be a multiple of 4", "run", tmp_path / "model.garam", "--input",
          f"x={tmp_path / 'x.npy'}", "--output-dir", tmp_path / "out")
    x = floats(1, 3, 16, 8)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "run", tmp_path / "model.garam", "--input", f"x={tmp_path / 'x.npy'}", "--output-dir",
             tmp_path / "out")
    expected = oracle.run_onnxruntime(make_unet("resized"), {"x": x}, optimise=False)
    np.testing.assert_allclose(np.load(tmp_path / "out" / "y.npy"), expected["y"], rtol=1e-3, atol=1e-4)
