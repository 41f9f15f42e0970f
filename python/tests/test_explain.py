"""garam explain: the time of a binary, divided among the nodes of its model."""

import json
import math
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import DIGITS, SOURCE_DIR

PLACEMENT = SOURCE_DIR / "examples" / "digits" / "placement.json"


def explain(run_tool, tmp_path, target, *options):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", target, "--dim", "N=1", "-o", binary,
             "--quiet", "--report", tmp_path / "report.json", *options)
    run_tool("garam", "explain", binary, "--json", tmp_path / "explain.json")
    return (json.loads((tmp_path / "explain.json").read_text()),
            json.loads((tmp_path / "report.json").read_text()))


def add_up(shares):
    return sum(share["seconds"] for share in shares)


def check_sums(explanation, report):
    """All that is explained adds up to the latency, and its causes to the losses of the report."""
    latency = report["latency_s"]
    assert explanation["latency_s"] == latency and explanation["bound_s"] == report["bound_s"]
    assert math.isclose(add_up(explanation["causes"]), latency, rel_tol=1e-12)
    assert math.isclose(add_up(explanation["groups"]), latency, rel_tol=1e-12)
    for group in explanation["groups"]:
        assert math.isclose(add_up(group["causes"]), group["seconds"], rel_tol=1e-12)
        seconds = [cause["seconds"] for cause in group["causes"]]
        assert seconds == sorted(seconds, reverse=True)
        assert group["bound_by"] == (group["causes"][0]["cause"] if seconds else None)


def test_a_chip(run_tool, tmp_path):
    explanation, report = explain(run_tool, tmp_path, "atom")
    check_sums(explanation, report)
    losses = {loss["category"]: loss["seconds"] for loss in report["losses"] if loss["seconds"]}
    causes = dict.fromkeys(losses, 0)
    for cause in explanation["causes"]:
        causes[cause["cause"].split(" ")[1]] += cause["seconds"]
    assert causes == pytest.approx(losses, rel=1e-12)
    # Each node is in one group; what is fused is in one.
    nodes = [node for group in explanation["groups"] for node in group["nodes"]]
    assert len(nodes) == len(set(nodes)) and {"conv1", "conv2", "dense1"} <= set(nodes)
    assert any({"conv1", "relu1"} <= set(group["nodes"]) for group in explanation["groups"])
    # The commands of a group took what the report has for its nodes, on one clock.
    cycles = {node["id"]: node["cycles"] for node in report["nodes"]}
    clocks = [sum(cycles[node] for node in group["nodes"]) / add_up(group["work"])
              for group in explanation["groups"]]
    assert clocks == pytest.approx([clocks[0]] * len(clocks))


def test_ends_of_groups(run_tool, tmp_path):
    """How far groups move the end adds up to the time of their program, in the run and as the
    compiler expected it; devices whose cost model does not tell nodes apart expect nothing of groups."""
    explanation, report = explain(run_tool, tmp_path, "atom")
    groups = explanation["groups"]
    assert all(group["advance_s"] >= 0 and group["expected_advance_s"] >= 0 for group in groups)
    total = sum(group["advance_s"] for group in groups)
    assert 0.9 * report["latency_s"] < total <= report["latency_s"] * (1 + 1e-9)
    expected = sum(group["expected_advance_s"] for group in groups)
    assert expected == pytest.approx(total, rel=0.1)
    explanation, _ = explain(run_tool, tmp_path, "host")
    assert {group["expected_advance_s"] for group in explanation["groups"]} == {None}


def test_a_system(run_tool, tmp_path):
    """Links are groups of their own, and devices that do not say more have one group a program."""
    explanation, report = explain(run_tool, tmp_path, "kcloud-stage3", "--placement", PLACEMENT)
    check_sums(explanation, report)
    links = sum(group["seconds"] for group in explanation["groups"]
                if group["nodes"][0].startswith("transfer of "))
    assert links == pytest.approx(sum(loss["seconds"] for loss in report["losses"]
                                      if loss["category"].startswith("link ")))
    for step, place in {(group["step"], group["place"]) for group in explanation["groups"]
                        if group["place"] in ("hermes", "hbm-pim-x4")}:
        assert len([g for g in explanation["groups"] if g["step"] == step]) == 1, place


def test_the_table(run_tool, tmp_path):
    explanation, _ = explain(run_tool, tmp_path, "atom")
    text = run_tool("garam", "explain", tmp_path / "digits.garam", "--top", "2").stdout
    assert "\nNodes on it, with what most of their time goes to, and what the next best" in text
    rows = [float(row) for row in re.findall(r"^ +([0-9.]+) us", text, flags=re.M)]
    causes = len(explanation["causes"])
    assert len(rows) == causes + 2
    assert sum(rows[:causes]) == pytest.approx(explanation["latency_s"] * 1e6, abs=1e-3 * causes)
    longest = sorted((group["seconds"] for group in explanation["groups"]), reverse=True)
    assert rows[causes:] == pytest.approx([1e6 * seconds for seconds in longest[:2]], abs=1e-3)
    on_path = len([seconds for seconds in longest if seconds > 0])
    assert f"and {on_path - 2} more, which --json lists" in text


def test_the_page(run_tool, tmp_path):
    """docs/explain.md describes the keys, and every cause of a run on the NPU."""
    page = (SOURCE_DIR / "docs" / "explain.md").read_text()
    explanation, _ = explain(run_tool, tmp_path, "atom")
    rows = re.findall(r"^\| (`.*?) \|", page.split("## The JSON form")[1], flags=re.M)
    documented = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    choice = next(group["choices"][0] for group in explanation["groups"] if group["choices"])
    assert documented == set(explanation) | set(explanation["groups"][0])
    for key in [*choice, "for", "place", "step", "estimate_s", "least_s", "without_s"]:
        assert f"`{key}`" in page
    for cause in explanation["causes"]:
        assert f"`{cause['cause']}`" in page


def test_what_else_could_have_been_chosen(run_tool, tmp_path):
    """Each stage of a chip has its schedule and the next best one; levels that look at one only have
    none, and what another choice would add is in the table."""
    explanation, _ = explain(run_tool, tmp_path, "atom")
    choices = [choice for group in explanation["groups"] for choice in group["choices"]]
    for group in explanation["groups"]:
        for choice in group["choices"]:
            assert set(choice["for"]) <= set(group["nodes"])
            assert choice["chosen"] != choice["next"]
            assert "tiles of " in choice["chosen"] and "tiles of " in choice["next"]
    assert any(not choice["next_costs_more"] and choice["next_costs_s"] > 0 for choice in choices)
    text = run_tool("garam", "explain", tmp_path / "digits.garam").stdout
    assert len(re.findall(r"(?:[+-][0-9]+\.[0-9]{3} us|no better)  ", text)) == len(
        [group for group in explanation["groups"] if group["choices"] and group["seconds"] > 0])
    explanation, _ = explain(run_tool, tmp_path, "atom", "-O0")
    assert [group for group in explanation["groups"] if group["choices"]] == []
    explain(run_tool, tmp_path, "host")
    text = run_tool("garam", "explain", tmp_path / "digits.garam").stdout
    assert "\nNodes on it, with what most of their time goes to\n" in text


def test_searches(run_tool, tmp_path):
    """Where stages have no room for their tensors, groups of them were looked for: what was found,
    what no plan falls short of, what whole stages take, and what is next best to each group."""
    shape, rng = [1, 64, 112, 112], np.random.default_rng(0)
    nodes, weights, value = [], [], "x"
    for i in range(3):
        weights.append(numpy_helper.from_array(
            rng.integers(-127, 128, (64, 64, 3, 3)).astype(np.int8), f"w{i}"))
        nodes += [helper.make_node("QuantizeLinear", [value, "scale", "zero"], [f"q{i}"]),
                  helper.make_node("DequantizeLinear", [f"q{i}", "scale", "zero"], [f"d{i}"]),
                  helper.make_node("DequantizeLinear", [f"w{i}", "weight_scale", "zero"], [f"e{i}"]),
                  helper.make_node("Conv", [f"d{i}", f"e{i}"], [f"c{i}"], name=f"conv{i}",
                                   pads=[1, 1, 1, 1])]
        value = f"c{i}"
    nodes += [helper.make_node("QuantizeLinear", [value, "scale", "zero"], ["r"]),
              helper.make_node("DequantizeLinear", ["r", "scale", "zero"], ["y"])]
    constants = {"scale": np.float32(0.1), "zero": np.int8(0), "weight_scale": np.float32(0.01)}
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], weights + [
        numpy_helper.from_array(np.array(value), name) for name, value in constants.items()])
    model, binary = tmp_path / "convs.onnx", tmp_path / "convs.garam"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), model)
    run_tool("garam", "compile", model, "--target", "u65-512", "-o", binary, "--quiet")
    run_tool("garam", "explain", binary, "--json", tmp_path / "explain.json")
    explanation = json.loads((tmp_path / "explain.json").read_text())
    (search,) = explanation["searches"]
    assert search["for"] == "fused groups" and search["place"] == "u65-512"
    assert 0 < search["least_s"] <= search["estimate_s"] * (1 + 1e-9)
    assert search["estimate_s"] < search["without_s"]
    choices = [choice for group in explanation["groups"] for choice in group["choices"]
               if "slices" in choice["chosen"]]
    assert choices and all(choice["next_costs_s"] >= -1e-12 for choice in choices)
    assert re.search(r"fused groups on u65-512: [0-9.]+ us by estimate, at least [0-9.]+ us in any plan searched",
                     run_tool("garam", "explain", binary).stdout)


def test_outputs_overwrite_nothing(run_tool, tmp_path, fails):
    explain(run_tool, tmp_path, "atom")
    binary = tmp_path / "digits.garam"
    before = binary.read_bytes()
    fails(2, "--json would overwrite the binary", "explain", binary, "--json", binary)
    assert binary.read_bytes() == before


@pytest.mark.parametrize("target", ["atom", "host"])
def test_a_model_that_computes_nothing(run_tool, tmp_path, target):
    """The copy of an input to an output serves no node, and is told all the same."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    model, binary = tmp_path / "copy.onnx", tmp_path / "copy.garam"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), model)
    run_tool("garam", "compile", model, "--target", target, "-o", binary, "--quiet")
    text = run_tool("garam", "explain", binary).stdout
    assert re.search(r"100\.0 %  .* no node", text)
