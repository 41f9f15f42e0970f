"""Nodes that compute the same of the same, once, unless rules part them; and nodes of one name."""

import json

import numpy
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

SYSTEM = "kcloud-stage3"


@pytest.fixture
def twins(tmp_path):
    """Two equal products, the second of which has more behind it."""
    def tensor(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 64])
    weights = numpy.random.default_rng(0).standard_normal((64, 64)).astype(numpy.float32) / 8
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="m1"),
             helper.make_node("MatMul", ["x", "w"], ["b"], name="m2"),
             helper.make_node("Relu", ["b"], ["r"], name="relu"),
             helper.make_node("Add", ["a", "r"], ["y"], name="sum")]
    graph = helper.make_graph(nodes, "g", [tensor("x")], [tensor("y")],
                              [numpy_helper.from_array(weights, "w")])
    path = tmp_path / "twins.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def compile_twins(run_tool, folder, model, *rules):
    """The binary, and the device of each node."""
    used, binary, arguments = folder / "used.json", folder / "twins.garam", ()
    if rules:
        (folder / "rules.json").write_text(json.dumps({"schema": 1, "rules": [
            {**pattern, "device": device} for device, pattern in rules]}))
        arguments = ("--placement", folder / "rules.json")
    errors = run_tool("garam", "compile", model, "--target", SYSTEM, "-o", binary, "--emit-placement",
                      used, "--quiet", *arguments).stderr
    assert "places nothing" not in errors
    content = binary.read_bytes()
    # What is written out says the same again.
    run_tool("garam", "compile", model, "--target", SYSTEM, "-o", binary, "--placement", used, "--quiet")
    assert binary.read_bytes() == content
    return binary, {rule["node"]: rule["device"] for rule in json.loads(used.read_text())["rules"]}


def check_result(run_tool, model, binary):
    x = binary.parent / "x.npy"
    numpy.save(x, numpy.random.default_rng(1).standard_normal((1, 64)).astype(numpy.float32))
    run_tool("garam", "run", binary, "--input", f"x={x}", "--output-dir", binary.parent / "out", "--quiet")
    expected = onnxruntime.InferenceSession(str(model)).run(None, {"x": numpy.load(x)})[0]
    found = numpy.load(binary.parent / "out" / "y.npy")
    assert numpy.abs(found - expected).max() <= 0.01 * numpy.abs(expected).max()


@pytest.mark.parametrize("m1, m2, rules", [
    ("atom", "hbm-pim-x4",
     [("host", {"op": "*"}), ("atom", {"node": "m1"}), ("hbm-pim-x4", {"node": "m2"})]),
    ("hbm-pim-x4", "host", [("host", {"node": "*"}), ("hbm-pim-x4", {"node": "m1"})]),
], ids=["each", "one"])
def test_rules_part_equal_nodes(run_tool, tmp_path, twins, m1, m2, rules):
    binary, devices = compile_twins(run_tool, tmp_path, twins, *rules)
    assert devices == {"m1": m1, "m2": m2, "relu": "host", "sum": "host"}
    check_result(run_tool, twins, binary)


def test_a_rule_for_one_of_equal_nodes(run_tool, tmp_path, twins):
    """The other goes where it likes."""
    binary, devices = compile_twins(run_tool, tmp_path, twins, ("hbm-pim-x4", {"node": "m2"}))
    assert devices["m2"] == "hbm-pim-x4" and set(devices) == {"m1", "m2", "relu", "sum"}
    check_result(run_tool, twins, binary)


@pytest.mark.parametrize("rules", [
    [], [("atom", {"node": "*"})], [("atom", {"op": "*"}), ("host", {"node": "m?"})],
], ids=["default", "all", "both"])
def test_equal_nodes_are_one(run_tool, tmp_path, twins, rules):
    """They are placed as one, and both are told of."""
    binary, devices = compile_twins(run_tool, tmp_path, twins, *rules)
    assert devices["m1"] == devices["m2"] and len(devices) == 4
    report = tmp_path / "report.json"
    run_tool("garam", "run", binary, "--timing-only", "--quiet", "--report", report)
    nodes = {node["id"]: node for node in json.loads(report.read_text())["nodes"]}
    assert nodes["m1"]["device"] == nodes["m2"]["device"] == devices["m1"]
    # The product is computed once.
    placed = run_tool("garam", "compile", twins, "--target", SYSTEM, "--emit=placed",
                      *(["--placement", tmp_path / "rules.json"] if rules else [])).stdout
    assert placed.count("linalg.matmul") == 1
    check_result(run_tool, twins, binary)


def test_nodes_with_one_name(run_tool, tmp_path):
    """A name is of the first node that has it, never of one that had to be given another."""
    nodes = [helper.make_node("Relu", ["x"], ["a"], name="n"),
             helper.make_node("Neg", ["a"], ["b"], name="n"),
             helper.make_node("Exp", ["b"], ["n_1"], name=""),
             helper.make_node("Abs", ["n_1"], ["y"], name="n_1")]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              path)
    run_tool("garam", "compile", path, "--target", "host", "-o", tmp_path / "out.garam", "--report",
             tmp_path / "report.json", "--quiet")
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(node["operator"], node["id"]) for node in report["nodes"]] == [
        ("Relu", "n"), ("Neg", "n_2"), ("Exp", "n_1_1"), ("Abs", "n_1")]
