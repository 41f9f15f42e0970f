"""Identical layers are one program, dispatched with weights of their own."""

import json

import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

from conftest import USAGE
from test_intermediates import compare, get_all_values, run_model

NUM_LAYERS = 4
SIZE = 64


def write_layers(path):
    """MatMul and Tanh in turn, with weights that differ."""
    random = np.random.default_rng(0)
    nodes, weights, value = [], [], "x"
    for i in range(NUM_LAYERS):
        array = random.standard_normal((SIZE, SIZE)).astype(np.float32) / 8
        weights.append(numpy_helper.from_array(array, f"w{i}"))
        nodes.append(helper.make_node("MatMul", [value, f"w{i}"], [f"m{i}"], name=f"product{i}"))
        nodes.append(helper.make_node("Tanh", [f"m{i}"], [f"t{i}"], name=f"tanh{i}"))
        value = f"t{i}"
    tensors = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4, SIZE])
               for name in ["x", value]]
    graph = helper.make_graph(nodes, "layers", tensors[:1], tensors[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), path)


def test_identical_layers_are_one_program(run_tool, tmp_path):
    """Products on the chip, with the host between them: the first takes the model's input, by its
    name; the others are one program. Each has its own weights, and values of its own nodes."""
    model, rules = tmp_path / "layers.onnx", tmp_path / "rules.json"
    write_layers(model)
    rules.write_text(json.dumps({"schema": 1, "rules": [
        {"node": "product*", "device": "atom"}, {"node": "tanh*", "device": "host"}]}))
    inputs = {"x": np.random.default_rng(1).standard_normal((4, SIZE)).astype(np.float32)}
    folder = run_model(run_tool, tmp_path, model, "kcloud-stage1", inputs, "--placement", rules)
    manifest = json.loads(run_tool("garam", "inspect", "--json", tmp_path / "model.garam").stdout)
    manifest = manifest["manifest"]
    steps = [step for entry in manifest["entry_points"] for step in entry["steps"]
             if step["kind"] == "dispatch"]
    assert len(steps) == 2 * NUM_LAYERS
    programs = {tuple(step["nodes"]): step["program"] for step in steps if step.get("nodes")}
    assert programs[("product2",)] == programs[("product3",)]
    assert len(manifest["programs"]) < len(steps)
    found = compare(folder, get_all_values(model, inputs))
    assert {f"product{i}" for i in range(NUM_LAYERS)} <= found


@pytest.fixture
def chain(run_tool, tmp_path):
    """A binary whose sigmoids are one program, and the names of its nodes."""
    names = ["r0", "q/1", "r1", "q/2", "r2", "q:2", "r3", "q4"]
    nodes = [helper.make_node("Relu" if name[0] == "r" else "Sigmoid", [last], [name], name=name)
             for last, name in zip(["x", *names], names)]
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [64])
              for name in ("x", names[-1])]
    graph = helper.make_graph(nodes, "chain", values[:1], values[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "chain.onnx")
    (tmp_path / "rules.json").write_text(json.dumps({"schema": 1, "rules": [
        {"op": "Relu", "device": "hbm-pim-x4"}, {"op": "Sigmoid", "device": "host"}]}))
    run_tool("garam", "compile", tmp_path / "chain.onnx", "--target", "kcloud-stage3", "--placement",
             tmp_path / "rules.json", "--quiet", "-o", tmp_path / "chain.garam")
    return tmp_path / "chain.garam", names


def test_every_dispatch_has_files_of_its_own(run_tool, tmp_path, chain):
    """Also nodes whose names differ in what a file's name cannot hold."""
    binary, names = chain
    values = tmp_path / "values"
    np.save(tmp_path / "x.npy", np.linspace(-2, 2, 64, dtype=np.float32))
    run_tool("garam", "run", binary, "--input", f"x={tmp_path / 'x.npy'}", "--quiet",
             "--keep-intermediates", values)
    assert {name for name in names if (values / f"{name}.npy").exists()} == {"r0", "r1", "r2", "r3", "q4"}
    assert len(list(values.glob("q_2*.npy"))) == 2
    assert len(list(values.glob("q_1*.npy"))) == 1


def test_no_dispatch_overwrites_an_input(run_tool, tmp_path, chain):
    binary, names = chain
    values = tmp_path / "values"
    values.mkdir()
    for name in names:
        if not name.isalnum():
            continue
        given = values / f"{name}.npy"
        np.save(given, np.ones(64, np.float32))
        before = given.read_bytes()
        result = run_tool("garam", "run", binary, "--input", f"x={given}", "--quiet",
                          "--keep-intermediates", values, status=USAGE)
        assert str(given) in result.stderr
        assert given.read_bytes() == before and list(values.iterdir()) == [given]
        given.unlink()
