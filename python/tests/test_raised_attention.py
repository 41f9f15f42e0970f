"""Attention as exporters spell it is one operation, on the host and on an NPU, and agrees with
onnxruntime."""


import numpy as np
import onnx
import onnx.parser
import pytest

import oracle
from conftest import compile_without_fallback

# Heads of queries and of keys, queries, keys, elements.
HEADS, SHARED, S, T, D = 4, 2, 5, 6, 8
QUERY, KEY, GROUP = (2, HEADS, S, D), (2, HEADS, T, D), (2, SHARED, T, D)
CONSTANTS = f"""float factor = {{0.3}}, float zero = {{0.0}}, float lowest = {{-3.4028235e38}},
  float low = {{-5.0}}, int64[1] axis = {{2}}, int64[2] first = {{0, 1}}, int64[5] many = {{2, {SHARED}, 2, {T}, {D}}},
  int64[4] all = {{2, {HEADS}, {T}, {D}}}, int64[3] joined = {{8, {T}, {D}}},
  int64[4] apart = {{2, {HEADS}, {D}, {T}}}, int64[3] rows = {{8, {S}, {D}}},
  int64[4] result = {{2, {HEADS}, {S}, {D}}}, float cap = {{1.5}}"""

TRANSPOSE = "t = Transpose <perm = [0, 1, 3, 2]> (k)\n"
PRODUCT = TRANSPOSE + "p = MatMul (q, t)\n"
REPEAT = "".join(f"{x}1 = Unsqueeze ({x}, axis)\n{x}2 = Expand ({x}1, many)\n{x}3 = Reshape ({x}2, all)\n"
                 for x in "kv")

SEEN = np.tri(S, T, k=1) > 0
BLIND = SEEN.copy()
BLIND[2] = False  # a query that sees nothing
DISTANCES = np.abs(np.arange(S)[:, None] - np.arange(T)).astype(np.float32) * -0.25
PENALTY = np.where(SEEN, 0, -np.inf).astype(np.float32) * np.ones((2, 1, 1, 1), np.float32)


def floats(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def make(body, mask=None, key=KEY, query=QUERY):
    """A model of `body`, which computes y, and its inputs q, k, v and, where there is one, m."""
    inputs = {"q": floats(*query), "k": floats(*key, seed=1), "v": floats(*key, seed=2)}
    if mask is not None:
        inputs["m"] = mask
    kinds = {"f": "float", "b": "bool"}
    declared = ", ".join(f"{kinds[value.dtype.kind]}[{','.join(map(str, value.shape))}] {name}"
                         for name, value in inputs.items())
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 21]>\ng ({declared}) => (float[{",".join(map(str, query))}] y)\n'
        f"<{CONSTANTS}>\n{{{body}}}")
    for name, constant in (("never", np.float32(-np.inf)), ("distances", DISTANCES)):
        model.graph.initializer.append(onnx.numpy_helper.from_array(constant, name))
    for node in model.graph.node:
        node.name = node.output[0]
    return model, inputs


CASES = {
    "plain": make(PRODUCT + "w = Softmax (p)\ny = MatMul (w, v)"),
    "divided": make(PRODUCT + "s = Div (p, factor)\nw = Softmax (s)\ny = MatMul (w, v)"),
    "factors": make("a = Mul (factor, q)\n" + TRANSPOSE + "b = Mul (t, factor)\np = MatMul (a, b)\n"
                    "w = Softmax <axis = 3> (p)\ny = MatMul (w, v)"),
    "joined": make("j = Reshape (k, joined)\ni = Transpose <perm = [0, 2, 1]> (j)\n"
                   "t = Reshape (i, apart)\np = MatMul (q, t)\nw = Softmax (p)\ny = MatMul (w, v)"),
    "ready": make("p = MatMul (q, k)\nw = Softmax (p)\nt = Transpose <perm = [0, 1, 3, 2]> (v)\n"
                  "y = MatMul (w, t)", key=(2, HEADS, D, T)),
    "added": make(PRODUCT + "s = Mul (p, factor)\nx = Add (s, m)\nw = Softmax (x)\ny = MatMul (w, v)",
                  np.where(np.arange(2 * T).reshape(2, 1, 1, T) % 3, 0, -1e4).astype(np.float32)),
    "chosen": make(PRODUCT + "s = Mul (p, factor)\nx = Where (m, s, lowest)\nw = Softmax (x)\n"
                   "y = MatMul (w, v)", SEEN),
    # What sees nothing sees everything alike.
    "blind": make(PRODUCT + "x = Where (m, p, lowest)\nw = Softmax (x)\ny = MatMul (w, v)", BLIND),
    "faint": make(PRODUCT + "x = Where (m, p, low)\nw = Softmax (x)\ny = MatMul (w, v)", SEEN),
    "guarded": make(PRODUCT + "x = Where (m, p, never)\nw = Softmax (x)\nn = IsNaN (w)\n"
                    "g = Where (n, zero, w)\ny = MatMul (g, v)", BLIND),
    "shared": make(REPEAT + "t = Transpose <perm = [0, 1, 3, 2]> (k3)\np = MatMul (q, t)\n"
                   "x = Add (m, p)\nw = Softmax (x)\ny = MatMul (w, v3)", PENALTY, key=GROUP),
    "one_head": make(PRODUCT + "w = Softmax (p)\ny = MatMul (w, v)", key=(2, 1, T, D)),
    # Where the condition is true.
    "hidden": make(PRODUCT + "x = Where (m, lowest, p)\nw = Softmax (x)\ny = MatMul (w, v)", ~SEEN),
    "two_masks": make(PRODUCT + "s = Mul (p, factor)\nx = Add (s, distances)\nz = Where (m, x, lowest)\n"
                      "w = Softmax (z)\ny = MatMul (w, v)", SEEN),
    "capped": make(PRODUCT + "s = Mul (p, factor)\na = Div (s, cap)\nb = Tanh (a)\nc = Mul (b, cap)\nx = Add (c, m)\n"
                   "w = Softmax (x)\ny = MatMul (w, v)", PENALTY),
    # Heads and batch are one dimension.
    "three": make("a = Reshape (q, rows)\nb = Reshape (k, joined)\nt = Transpose <perm = [0, 2, 1]> (b)\n"
                  "c = Reshape (v, joined)\np = MatMul (a, t)\nx = Add (p, m)\nw = Softmax (x)\nz = MatMul (w, c)\n"
                  "y = Reshape (z, result)", PENALTY[0, 0]),
    # One head, and no batch.
    "two": make("a = Squeeze (q)\nb = Squeeze (k)\nc = Squeeze (v)\nt = Transpose <perm = [1, 0]> (b)\np = MatMul (a, t)\n"
                "w = Softmax (p)\nz = MatMul (w, c)\ny = Unsqueeze (z, first)", query=(1, 1, S, D), key=(1, 1, T, D)),
    # Half precision but for the softmax; and products, too.
    "half": make("a = Cast <to = 10> (q)\nb = Cast <to = 10> (k)\nc = Cast <to = 10> (v)\n"
                 "t = Transpose <perm = [0, 1, 3, 2]> (b)\np = MatMul (a, t)\ns = Cast <to = 1> (p)\nx = Add (s, m)\n"
                 "w = Softmax (x)\nz = Cast <to = 10> (w)\nh = MatMul (z, c)\ny = Cast <to = 1> (h)", PENALTY),
    "half_inputs": make("a = Cast <to = 10> (q)\nb = Cast <to = 10> (k)\nc = Cast <to = 10> (v)\nd = Cast <to = 1> (a)\n"
                        "e = Cast <to = 1> (b)\nt = Transpose <perm = [0, 1, 3, 2]> (e)\np = MatMul (d, t)\nw = Softmax (p)\n"
                        "z = Cast <to = 10> (w)\nh = MatMul (z, c)\ny = Cast <to = 1> (h)"),
    # What changes nothing.
    "idle": make(PRODUCT + "s = Identity (p)\nw = Softmax (s)\nz = Cast <to = 1> (w)\ny = MatMul (z, v)"),
}


@pytest.mark.parametrize("name", CASES)
def test_is_raised(name, run_tool, tmp_path):
    onnx.save(CASES[name][0], tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--emit", "onnx", "-o", tmp_path / "model.mlir")
    remarks = run_tool("garam-opt", tmp_path / "model.mlir", "--onnx-raise", "--remarks-filter=onnx-raise").stderr
    assert " are Attention" in remarks and "is not part of" not in remarks


# RNGD multiplies no f16.
RUNS = [(name, target) for target in ("host", "rngd", "atom") for name in CASES
        if not (name.startswith("half") and target == "rngd")]


@pytest.mark.parametrize("name,target", RUNS)
def test_agrees_with_onnxruntime(name, target, tmp_path):
    model, inputs = CASES[name]
    onnx.save(model, tmp_path / "model.onnx")
    expected = oracle.run_onnxruntime(model, inputs)["y"]
    executable = compile_without_fallback(tmp_path / "model.onnx", target)
    actual = executable.run(inputs)["y"]
    # Chips store in 8 and 11 bits.
    tolerance = {"host": 2e-3 if name.startswith("half") else 1e-5, "rngd": 3e-2, "atom": 5e-3}[target]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())
