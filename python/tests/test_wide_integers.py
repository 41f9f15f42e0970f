"""Integers of 64 bits on NPUs, whose registers have 32: what is taken is exact, to the last bit."""


import numpy as np
import onnx.parser
import pytest

import oracle
from conftest import compile_without_fallback

VALUES = np.array([0, 1, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**32, -2**32, 2**32 + 1, 3 * 2**32,
                   2**40 + 7, 2**62, 2**63 - 1, -2**63, -2**63 + 1], np.int64)
PAIRS = {"x": np.repeat(VALUES, len(VALUES)), "y": np.tile(VALUES, len(VALUES))}

# name -> the type of z, what computes it
BODIES = {
    "cast_to_bool": ("bool", "z = Cast <to = 9> (x)"),
    "cast_to_int32": ("int32", "z = Cast <to = 6> (x)"),
    "equal": ("bool", "z = Equal (x, y)"),
    "less": ("bool", "z = Less (x, y)"),
    "less_or_equal": ("bool", "z = LessOrEqual (x, y)"),
    "greater": ("bool", "z = Greater (x, y)"),
    "greater_or_equal": ("bool", "z = GreaterOrEqual (x, y)"),
    "constant": ("bool", "c = Constant <value_int: int = 4294967297> ()\nz = Less (x, c)"),
    "cast_to_float": ("bool", "f = Cast <to = 1> (x)\ng = Cast <to = 1> (y)\nz = Less (f, g)"),
    "penalty": ("float", "f = Cast <to = 1> (b)\none = Constant <value_float: float = 1.0> ()\n"
                         "n = Sub (one, f)\nlow = Constant <value_float: float = -10000.0> ()\n"
                         "z = Mul (n, low)\n"),
}


@pytest.mark.parametrize("target", ["rngd", "atom"])
@pytest.mark.parametrize("name", BODIES)
def test_is_exact(name, target, tmp_path):
    kind, body = BODIES[name]
    inputs = {key: value for key, value in PAIRS.items() if f"({key}" in body or f", {key})" in body}
    if name == "penalty":
        inputs = {"b": np.array([0, 1, 1, 0, 1], np.int64)}
    declared = ", ".join(f"int64[{len(value)}] {key}" for key, value in inputs.items())
    count = len(next(iter(inputs.values())))
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 21]>\n'
                                    f"g ({declared}) => ({kind}[{count}] z)\n{{{body}}}")
    for node in model.graph.node:
        node.name = node.output[0]
    onnx.save(model, tmp_path / "model.onnx")
    expected = oracle.run_onnxruntime(model, inputs)["z"]
    executable = compile_without_fallback(tmp_path / "model.onnx", target)
    assert {node["device"] for node in executable.report()["nodes"]} == {target}
    np.testing.assert_array_equal(executable.run(inputs)["z"], expected)


FLOATS = np.array([0, 0.75, -0.75, 1.5, -1.5, 1000.5, 3e9, -3e9, 2**31, -2**31, 2**40, -2**62], np.float32)
CLAMPED = """low = Constant <value_float: float = -1000.0> ()
             high = Constant <value_float: float = 1000.0> ()
             c = Clip (x, low, high)
             f = Floor (c)
             z = Cast <to = 7> (f)"""


@pytest.mark.filterwarnings("ignore::garam.GaramWarning")
@pytest.mark.parametrize("body", ["z = Cast <to = 7> (x)", CLAMPED])
def test_floats_become_integers(body):
    """A register takes 32 bits: a cast stays on the NPU where the values are known to fit it."""
    import garam

    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 21]>\n'
                                    f"g (float[{len(FLOATS)}] x) => (int64[{len(FLOATS)}] z)\n{{{body}}}")
    for node in model.graph.node:
        node.name = node.output[0]
    x = FLOATS.copy()
    x.view(np.uint32)[:] &= 0xFFFF0000  # what bf16 holds, as which the input is in memory
    executable = garam.compile(model, "rngd")
    refusal = "integers of more than 32 bits; cast them to int32 where their values allow"
    assert [refusal in text for text in executable.warnings] == ([] if body == CLAMPED else [True])
    assert {node["device"] for node in executable.report()["nodes"]} == {"rngd" if body == CLAMPED else "host"}
    np.testing.assert_array_equal(executable.run({"x": x})["z"], oracle.run_onnxruntime(model, {"x": x})["z"])


@pytest.mark.parametrize("target", ["rngd", "atom"])
def test_floats_are_exact_integers_in_registers(target):
    """Positions of ones that are floats, of which the indices that are compared have 64 bits."""
    x = np.array([0, 1.5, -1, -2.25, 3, 7, 2**31, 2**32, -2**32, 2**32 + 2**20, 2**40, -2**40], np.float32)
    if target == "atom":
        x = np.clip(x, -60000, 60000)  # it has fp16
    model = onnx.parser.parse_model(f"""<ir_version: 10, opset_import: ["": 21]>
        g (float[{len(x)}] x) => (float[{len(x)}, 5] z) {{
            depth = Constant <value_int = 5> ()
            values = Constant <value_floats = [2.0, 7.0]> ()
            z = OneHot (x, depth, values) }}""")
    executable = compile_without_fallback(model, target)
    expected = np.full((len(x), 5), 2, np.float32)
    for row, value in zip(expected, np.trunc(x).astype(np.int64)):
        if -5 <= value < 5:
            row[value] = 7
    np.testing.assert_array_equal(executable.run({"x": x})["z"], expected)
