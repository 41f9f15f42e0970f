"""docs/report.md describes the reports that the tools write."""

import json
import math
import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from conftest import SOURCE_DIR

MODEL = SOURCE_DIR / "examples" / "digits" / "digits.onnx"


def read_documented_keys():
    page = (SOURCE_DIR / "docs" / "report.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", page, flags=re.M)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def test_report(run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", MODEL, "--target", "atom", "--dim", "N=1", "-o", binary,
             "--report", tmp_path / "compile.json")
    run_tool("garam", "run", binary, "--random-inputs", "--report", tmp_path / "run.json")
    compiled = json.loads((tmp_path / "compile.json").read_text())
    run = json.loads((tmp_path / "run.json").read_text())

    assert set(compiled) == set(run) == read_documented_keys()
    assert compiled["schema"] == 1
    assert compiled["compile_s"] > 0 and run["compile_s"] is None
    # Data does not change times.
    for key in ["latency_s", "latency_resident_s", "losses", "lanes", "energy_j", "nodes"]:
        assert compiled[key] == run[key]

    bound = run["bound"]
    assert run["bound_s"] == max(bound["compute_s"], bound["transfer_s"],
                                bound["chain_s"])
    assert math.isclose(run["ratio"], run["bound_s"] / run["latency_s"])
    assert 0 < run["ratio"] <= 1
    assert run["latency_resident_s"] <= run["latency_s"]
    losses = sum(loss["seconds"] for loss in run["losses"])
    assert math.isclose(losses, run["latency_s"], rel_tol=1e-12)
    # 16 3x3 filters on 8x8 pixels, 32 on 16 channels, 512 to 64 to 10.
    assert bound["macs"] == 64 * 9 * 16 + 64 * 9 * 16 * 32 + 512 * 64 + 64 * 10
    nodes = {node["id"]: node for node in run["nodes"]}
    assert nodes["conv1"]["operator"] == "Conv" and nodes["conv1"]["cycles"] > 0


def test_a_system_adds_its_links_to_the_latency_of_a_chip(run_tool, tmp_path):
    """From the chip's memory to the chip's memory, and from the host's to the host's."""
    (tmp_path / "all.json").write_text(json.dumps(
        {"schema": 1, "rules": [{"node": "*", "device": "atom"}]}))
    run_tool("garam", "compile", MODEL, "--target", "atom", "--dim", "N=1", "-o",
             tmp_path / "chip.garam", "--report", tmp_path / "chip.json")
    run_tool("garam", "compile", MODEL, "--target", "kcloud-stage1", "--dim", "N=1", "--placement",
             tmp_path / "all.json", "-o", tmp_path / "system.garam", "--report",
             tmp_path / "system.json")
    chip = json.loads((tmp_path / "chip.json").read_text())
    system = json.loads((tmp_path / "system.json").read_text())
    assert chip["links"] == [] and system["host_link_s"] is None
    assert {node["device"] for node in system["nodes"]} <= {"atom", ""}
    assert math.isclose(chip["latency_s"] + chip["host_link_s"], system["latency_s"], rel_tol=1e-9)
    links = sum(loss["seconds"] for loss in system["losses"] if loss["category"].startswith("link "))
    assert math.isclose(chip["host_link_s"], links, rel_tol=1e-9)
    joules = sum(link["energy_j"] for link in system["links"])
    assert joules > 0 and math.isclose(chip["host_link_j"], joules, rel_tol=1e-9)
    # What is on the links is in the bound too.
    assert links < system["bound"]["chain_s"] == system["bound_s"] <= system["latency_s"]


def test_the_bound_of_a_joint_run(run_tool, tmp_path):
    """With layers on four devices it is that of the chain, which no device's own work comes near."""
    digits = SOURCE_DIR / "examples" / "digits"
    run_tool("garam", "compile", MODEL, "--target", "kcloud-stage3", "--dim", "N=1", "--placement",
             digits / "placement.json", "-o", tmp_path / "joint.garam", "--report",
             tmp_path / "joint.json")
    report = json.loads((tmp_path / "joint.json").read_text())
    bound = report["bound"]
    assert report["bound_s"] == bound["chain_s"] <= report["latency_s"]
    links = {loss["category"]: loss["seconds"] for loss in report["losses"]
             if loss["category"].startswith("link ")}
    assert len(links) == 3 and sum(links.values()) <= bound["chain_s"]


def test_the_bound_counts_what_is_read_of_a_table(run_tool, tmp_path):
    """No schedule is faster than the bound, also where most of a constant is never needed."""
    table = np.random.default_rng(3).standard_normal((8192, 64)).astype(np.float32)
    constants = [numpy_helper.from_array(table, "table"),
                 *[helper.make_tensor(name, TensorProto.INT64, [1], [value])
                   for name, value in [("start", 7), ("end", 9), ("axis", 0)]]]
    graph = helper.make_graph(
        [helper.make_node("Slice", ["table", "start", "end", "axis"], ["rows"]),
         helper.make_node("Add", ["x", "rows"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 64])], constants)
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]),
              tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "atom", "-o",
             tmp_path / "model.garam", "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    # Two rows of the table in f32 or f16, beside what goes in and out.
    rows = report["bound"]["bytes"] - 2 * 2 * 64 * 4
    assert rows in (2 * 64 * 4, 2 * 64 * 2)
    assert 0 < report["ratio"] <= 1
