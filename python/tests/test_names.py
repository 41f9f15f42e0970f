"""Names with control characters, of models and of binaries from strangers, pass for no output of ours."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import device_binary
import garam
from conftest import INPUT, MODEL

FORGED = "n\nerror: forged\nhint: run this\x1b[2J\0\x7f\x9b"
ESCAPED = r"n\x0Aerror: forged\x0Ahint: run this\x1B[2J\x00\x7F\x9B"


def make_model(path, op_type="Relu", value=FORGED, node=FORGED, domain=""):
    def describe(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])

    nodes = [helper.make_node(op_type, ["x" + value], ["y" + value], name=node, domain=domain)]
    graph = helper.make_graph(nodes, "g" + value, [describe("x" + value)], [describe("y" + value)])
    imports = [helper.make_opsetid("", 21)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=10), path)
    return path


def is_clean(text):
    return all(char.isprintable() or char == "\n" for char in text) and "\nerror: forged" not in text and (
        "\nhint: run" not in text)


def test_names_are_escaped_where_they_are_printed(run_tool, tmp_path):
    model, binary = make_model(tmp_path / "m.onnx"), tmp_path / "m.garam"
    run_tool("garam", "compile", model, "--target", "host", "-o", binary)
    executable = garam.load(binary)
    assert [node["id"] for node in executable.report()["nodes"]] == [ESCAPED]
    for option in ((), ("--plan",)):
        listed = run_tool("garam", "inspect", binary, *option).stdout
        assert f"x{ESCAPED}" in listed and is_clean(listed)
    result = run_tool("garam", "run", binary, "--input", "z=none.npy", status=INPUT)
    assert is_clean(result.stderr) and result.stderr.count("error: ") - result.stderr.count("Aerror: ") == 1
    with pytest.raises(garam.InputError) as caught:
        executable.run({})
    assert f"input 'x{ESCAPED}' (float32[4]) is missing" in str(caught.value)
    # The model's own name is what an array is given by.
    outputs = executable.run({"x" + FORGED: np.array([-1, 0, 1, 2], np.float32)})
    np.testing.assert_array_equal(outputs["y" + FORGED], [0, 0, 1, 2])


def test_a_message_about_a_node_is_one_message(run_tool, tmp_path):
    for number, arguments in enumerate(({"op_type": "Det"}, {"op_type": FORGED}, {"domain": FORGED})):
        model = make_model(tmp_path / f"{number}.onnx", **arguments)
        result = run_tool("garam", "compile", model, "--target", "host", "-o", tmp_path / "m.garam", status=MODEL)
        assert is_clean(result.stderr) and ESCAPED in result.stderr
        assert sum(line.startswith("error: ") for line in result.stderr.splitlines()) == 1


def test_different_ids_stay_different():
    """One name has a control character, the other what that is written as, the third none."""
    nodes = [helper.make_node("Relu", ["x"], ["a"], name="n\n"), helper.make_node("Exp", ["a"], ["b"], name=r"n\x0A"),
             helper.make_node("Neg", ["b"], ["y\n"])]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y\n")]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    verification = garam.verify(model, "host")
    assert verification.holds() and [node.node for node in verification.nodes] == [r"y\x0A"]
    ids = [node["id"] for node in garam.compile(model, "host").report()["nodes"]]
    assert ids == [r"n\x0A", r"n\x0A_1", r"y\x0A"]


def test_names_of_a_strangers_binary_are_escaped(run_tool, tmp_path):
    model, binary = make_model(tmp_path / "m.onnx", value="<>12", node="n"), tmp_path / "m.garam"
    run_tool("garam", "compile", model, "--target", "rngd", "-o", binary)
    # A line feed, as JSON writes it, and an end of what the terminal does.
    data = binary.read_bytes()
    assert data.count(b"x<>12") >= 1
    binary.write_bytes(device_binary.reseal(bytearray(data.replace(b"x<>12", b"x\\n12"))))
    listed = run_tool("garam", "inspect", binary).stdout
    assert r"x\x0A12" in listed and "x\n" not in listed
    result = run_tool("garam", "run", binary, "--input", f"q={tmp_path / 'q.npy'}", status=INPUT)
    assert "x\n" not in result.stderr
