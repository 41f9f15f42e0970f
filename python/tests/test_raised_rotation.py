"""RotaryEmbedding as exporters spell it is one operation, on the host and on an NPU, and agrees with
onnxruntime."""


import numpy as np
import onnx
import onnx.parser
import pytest

import oracle
from conftest import compile_without_fallback

BATCH, HEADS, COUNT, WIDTH = 2, 3, 5, 8
SHAPE = (BATCH, HEADS, COUNT, WIDTH)
CONSTANTS = f"""int64[1] zero = {{0}}, int64[1] one = {{1}}, int64[1] two = {{2}}, int64[1] half = {{{WIDTH // 2}}},
  int64[1] all = {{{WIDTH}}}, int64[1] last = {{-1}}, int64[1] far = {{9223372036854775807}}, int64[1] fifth = {{4}},
  int64[5] apart = {{{BATCH}, {HEADS}, {COUNT}, {WIDTH // 2}, 2}}, int64[4] whole = {{{BATCH}, {HEADS}, {COUNT}, {WIDTH}}},
  int64 even = {{0}}, int64 odd = {{1}}"""

TURN_HALVES = "n = Neg (b)\nt = Concat <axis = -1> (n, a)\n"
SLICED_HALVES = "a = Slice (x, zero, half, last)\nb = Slice (x, half, far, last, one)\n" + TURN_HALVES
SUM = "p = Mul (x, c)\nr = Mul (t, s)\ny = Add (p, r)"
SLICED_PAIRS = "a = Slice (x, zero, all, last, two)\nb = Slice (x, one, far, last, two)\n"
STACK = "f = Unsqueeze (d, last)\ng = Unsqueeze (e, last)\nh = Concat <axis = -1> (f, g)\ny = Reshape (h, whole)"
PARTS = "i = Mul (a, c)\nj = Mul (s, b)\nd = Sub (i, j)\nk = Mul (a, s)\nl = Mul (b, c)\ne = Add (k, l)\n"
SPLIT_PAIRS = "u = Reshape (x, apart)\n"

# Each with the width of its tables.
CASES = {
    # Llama, GPT-NeoX and others of Hugging Face's transformers.
    "halves": (SLICED_HALVES + SUM, WIDTH),
    "split": ("a, b = Split <axis = 3, num_outputs = 2> (x)\n" + TURN_HALVES + "p = Mul (c, x)\nr = Mul (s, t)\n"
              "y = Add (r, p)", WIDTH),
    # GPT-J.
    "pairs": (SLICED_PAIRS + "n = Neg (b)\nf = Unsqueeze (n, last)\ng = Unsqueeze (a, fifth)\nh = Concat <axis = 4> (f, g)\n"
              "t = Reshape (h, whole)\n" + SUM, WIDTH),
    # As ONNX defines the operator.
    "half_tables": ("a, b = Split <axis = -1, num_outputs = 2> (x)\n" + PARTS + "y = Concat <axis = -1> (d, e)", WIDTH // 2),
    "pairs_half_tables": (SLICED_PAIRS + PARTS + STACK, WIDTH // 2),
    # Complex numbers, as Llama's authors wrote it.
    "complex": (SPLIT_PAIRS + "v, w = Split <axis = 4, num_outputs = 2> (u)\na = Squeeze (v, fifth)\nb = Squeeze (w, fifth)\n"
                + PARTS + STACK, WIDTH // 2),
    "complex_gather": (SPLIT_PAIRS + "a = Gather <axis = 4> (u, even)\nb = Gather <axis = -1> (u, odd)\n" + PARTS + STACK,
                       WIDTH // 2),
}


def make(name, is_constant):
    """A model of a case, and its inputs."""
    body, width = CASES[name]
    angles = np.outer(np.arange(COUNT), 0.5 ** np.arange(WIDTH // 2)).astype(np.float32)
    if width == WIDTH:
        angles = np.repeat(angles, 2, axis=1) if name == "pairs" else np.tile(angles, 2)
    tables = {"c": np.cos(angles)[None], "s": np.sin(angles)[None]}
    inputs = {"x": np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)}
    declared = f"float[{','.join(map(str, SHAPE))}] x"
    if not is_constant:
        inputs |= tables
        declared += f", float[1,{COUNT},{width}] c, float[1,{COUNT},{width}] s"
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 21]>\ng ({declared}) => (float[{",".join(map(str, SHAPE))}] y)\n'
        f"<{CONSTANTS}>\n{{{body}}}")
    if is_constant:
        model.graph.initializer.extend(onnx.numpy_helper.from_array(table, key) for key, table in tables.items())
    for node in model.graph.node:
        node.name = node.output[0]
    return model, inputs


@pytest.mark.parametrize("name", CASES)
def test_is_raised(name, run_tool, tmp_path):
    onnx.save(make(name, True)[0], tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--emit", "onnx", "-o", tmp_path / "model.mlir")
    remarks = run_tool("garam-opt", tmp_path / "model.mlir", "--onnx-raise", "--remarks-filter=onnx-raise").stderr
    assert "nodes up to 'y' are RotaryEmbedding" in remarks and "is not part of" not in remarks


@pytest.mark.parametrize("target", ["host", "rngd", "atom"])
@pytest.mark.parametrize("is_constant", [True, False], ids=["constant", "computed"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnxruntime(name, is_constant, target, tmp_path):
    model, inputs = make(name, is_constant)
    onnx.save(model, tmp_path / "model.onnx")
    expected = oracle.run_onnxruntime(model, inputs)["y"]
    executable = compile_without_fallback(tmp_path / "model.onnx", target)
    actual = executable.run(inputs)["y"]
    # Chips store in 8 and 11 bits.
    tolerance = {"host": 1e-6, "rngd": 2e-2, "atom": 2e-3}[target]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())
