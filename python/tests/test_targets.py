"""Target files as users meet them: listed, checked, given by path."""

import json
import re
import shutil

import numpy
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import MODEL, SOURCE_DIR

TARGETS = SOURCE_DIR / "targets"
DIGITS = SOURCE_DIR / "examples" / "digits" / "digits.onnx"


def test_list_names_every_shipped_target(run_tool):
    output = run_tool("garam", "targets").stdout
    for file in TARGETS.glob("*.yaml"):
        assert file.stem in output


@pytest.mark.parametrize("file", sorted(TARGETS.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_targets_pass_the_check(file, run_tool):
    run_tool("garam", "targets", "--check", file)


def test_check_reports_all_errors_with_their_places(run_tool, tmp_path):
    text = (TARGETS / "rngd.yaml").read_text()
    text = text.replace("cores: { value: 8", "cores: { value: 0").replace("dma:\n", "dmas:\n")
    text += "\nxyz: 1\n"
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    errors = run_tool("garam", "targets", "--check", file, status=4).stderr
    line = text[:text.index("cores:")].count("\n") + 1
    assert f"error: {file}:{line}:17: field 'cores': found '0'" in errors
    assert all(text.count("error:") == 1 for text in errors.splitlines())
    assert "section 'dma' is missing" in errors
    assert "unknown field 'dmas'; did you mean 'dma'?" in errors
    assert "unknown field 'xyz'; needed one of: " in errors


@pytest.mark.parametrize("target, message", [
    ("rngg", "no target is called 'rngg'"), ("./none.yaml", "No such file")])
def test_unknown_target_leaves_no_output(target, message, run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    result = run_tool("garam", "compile", DIGITS, "--target", target, "--dim", "N=1", "-o", binary,
                      status=4)
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_environment_adds_a_folder_of_targets(run_tool, tmp_path, monkeypatch):
    shutil.copy(TARGETS / "atom.yaml", tmp_path / "mine.yaml")
    monkeypatch.setenv("GARAM_TARGETS_DIR", str(tmp_path))
    assert "mine" in run_tool("garam", "targets").stdout


def test_program_that_does_not_fit_the_dram(run_tool, tmp_path):
    text = (TARGETS / "atom.yaml").read_text()
    target, binary = tmp_path / "tiny.yaml", tmp_path / "digits.garam"
    target.write_text(text.replace("bytes: { value: 17179869184", "bytes: { value: 16384"))
    arguments = ("compile", DIGITS, "--dim", "N=1", "-o", binary, "--quiet", "--no-fallback",
                 "--target")
    errors = run_tool("garam", *arguments, target, status=MODEL).stderr
    found = re.search(r"needs (\d+) bytes of DRAM", errors)
    assert found and "but atom has 16384" in errors, errors
    assert not binary.exists()
    # So much is enough.
    target.write_text(text.replace("bytes: { value: 17179869184", f"bytes: {{ value: {found[1]}"))
    run_tool("garam", *arguments, target)
    run_tool("garam", "run", binary, "--timing-only", "--quiet")


def test_programs_that_together_do_not_fit_the_dram(run_tool, tmp_path, monkeypatch):
    """Two products on a chip, either of which would fit it, and the host between them."""
    monkeypatch.setenv("GARAM_TARGETS_DIR", str(tmp_path))
    capacity = 200000
    text = (TARGETS / "atom.yaml").read_text()
    (tmp_path / "tiny.yaml").write_text(
        text.replace("bytes: { value: 17179869184", f"bytes: {{ value: {capacity}"))
    system = tmp_path / "system.yaml"
    system.write_text((TARGETS / "kcloud-stage1.yaml").read_text()
                      .replace("target: atom", "target: tiny"))
    weights = numpy.random.default_rng(1).random((256, 256), numpy.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
             helper.make_node("Relu", ["a"], ["b"], name="between"),
             helper.make_node("MatMul", ["b", "v"], ["y"], name="second")]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 256]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:],
                              [numpy_helper.from_array(weights, name) for name in "wv"])
    model, rules = tmp_path / "model.onnx", tmp_path / "placement.json"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=10), model)
    binary = tmp_path / "model.garam"
    arguments = ("compile", model, "--target", system, "-o", binary, "--quiet", "--placement", rules)
    for placed, status in [("second", 0), ("*", MODEL)]:
        rules.write_text(json.dumps({"schema": 1, "rules": [
            {"node": "*", "device": "host"}, {"node": placed, "device": "atom"},
            {"node": "between", "device": "host"}]}))
        errors = run_tool("garam", *arguments, status=status).stderr
    found = re.search(r"the segments of device 'atom' need (\d+) bytes, its memory has "
                      rf"{capacity}\n(?:note: .*\n)+hint: place fewer nodes on it", errors)
    assert found and int(found[1]) > 2 * weights.size * 2, errors
