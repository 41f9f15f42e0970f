"""Identical layers are one program, dispatched with weights of their own."""

import json

import numpy as np
import onnx
from onnx import helper, numpy_helper

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
