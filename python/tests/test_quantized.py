"""Int8 networks run in int8 on every chip, exact to one quantisation step."""

import json
import re

import numpy as np
import onnx
import pytest

import oracle
from conftest import MODEL, MODELS_DIR, SOURCE_DIR
from test_end_to_end import run_model

TARGETS = ["rngd", "atom", "warboy", "soma-edge-64", "u65-512"]
NETWORKS = {
    "digits": SOURCE_DIR / "examples" / "digits" / "digits_int8.onnx",
    "kws": MODELS_DIR / "mlperf_tiny" / "kws_dscnn_int8.onnx",
    "mobilenetv2": MODELS_DIR / "mobilenetv2_qdq" / "model.onnx",
}


def load(name):
    """The network with a batch of 1, and an input for it."""
    path = NETWORKS[name]
    if not path.exists():
        pytest.skip(f"needs {path}, which a plain checkout does not have")
    model = onnx.load(path)
    for tensor in list(model.graph.input) + list(model.graph.output):
        for dim in tensor.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = 1
    model = onnx.shape_inference.infer_shapes(model)
    if name == "digits":
        image = np.load(path.parent / "test_images.npy")[:1, None] / np.float32(16)
        return model, {"image": image}
    if name == "kws":
        random = np.random.default_rng(0)
        return model, {"input_1": random.integers(-128, 128, (1, 49, 10, 1), dtype=np.int8)}
    return model, {"image": oracle.load_vectors(path.parent)[0][0][0]}


def assert_within_one_step(actual, expected, scale=1):
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64)) / scale
    assert difference.max() <= 1.001, (
        f"{(difference > 1.001).sum()} of {difference.size} elements differ by more than a "
        f"step, at most by {difference.max()}")


def get_output_scale(model, output):
    """The step of an output: 1 for integers, the scale of the DequantizeLinear
    that makes a float one."""
    producers = {name: node for node in model.graph.node for name in node.output}
    node = producers[output]
    if node.op_type != "DequantizeLinear":
        return 1
    name = node.input[1]
    while name in producers and producers[name].op_type == "Identity":
        name = producers[name].input[0]
    values = {tensor.name: onnx.numpy_helper.to_array(tensor)
              for tensor in model.graph.initializer}
    return float(values[name])


# Each part between two QuantizeLinear gets onnxruntime's own tensors, so that a
# difference of one step does not add up with those of the parts before.
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_part_within_one_step(name, target, run_tool, tmp_path):
    model, inputs = load(name)
    tensors = {**inputs, **oracle.get_all_quantized(model, inputs)}
    for number, part in enumerate(oracle.cut_at_quantizelinear(model)):
        source = tmp_path / f"part{number}.onnx"
        binary = tmp_path / f"part{number}.garam"
        onnx.save(part.model, source)
        run_tool("garam", "compile", source, "--target", target, "-o", binary, "--quiet")
        given = {name: tensors[whole] for name, whole in part.inputs.items()}
        actual = run_model(run_tool, binary, given, tmp_path / f"run{number}")
        assert_within_one_step(actual["output"], tensors[part.output],
                               get_output_scale(part.model, "output"))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_same_class(name, target, run_tool, tmp_path):
    model, inputs = load(name)
    source = tmp_path / "model.onnx"
    binary = tmp_path / "model.garam"
    onnx.save(model, source)
    run_tool("garam", "compile", source, "--target", target, "-o", binary)
    output = model.graph.output[0].name
    actual = run_model(run_tool, binary, inputs, tmp_path / "run")[output]
    expected = oracle.run_onnxruntime(model, inputs)[output]
    oracle.assert_same_class(actual.astype(np.float64), expected.astype(np.float64), 1)
    if vectors := oracle.load_vectors(NETWORKS[name].parent):
        assert actual.argmax() == vectors[0][1][0].argmax()


def write_warboy_and_host(tmp_path):
    """Links that cost next to nothing, for even a small network to be worth moving."""
    path = tmp_path / "system.yaml"
    path.write_text("""\
name: warboy-card
kind: system
description: "A chip without float types beside its host"
host_device: host
devices:
  - { name: warboy, target: warboy }
  - { name: host, target: host }
links:
  - between: [warboy, host]
    bytes_per_second: { value: 1.0e+15, assumed: "of this test" }
    seconds: { value: 0, assumed: "of this test" }
    energy_joules_per_byte: { value: 0, assumed: "of this test" }
""")
    return path


def test_quantisation_beside_a_chip_without_floats(run_tool, fails, tmp_path):
    """In a system it is nodes like others, which the chip refuses and the host takes."""
    model, inputs = load("digits")
    source, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(model, source)
    arguments = ("compile", source, "--target", write_warboy_and_host(tmp_path), "-o", binary)
    rules = tmp_path / "rules.json"
    rules.write_text('{"schema": 1, "rules": [{"node": "*", "device": "warboy"}]}')
    text = fails(MODEL, "'warboy' has no floats in its memories", *arguments, "--placement", rules)
    edges = {"image_QuantizeLinear": "QuantizeLinear", "logits_DequantizeLinear": "DequantizeLinear"}
    assert set(re.findall(r"node '([^']+)'", text)) == set(edges)

    # A rule for some of the nodes, and none at all.
    rules.write_text('{"schema": 1, "rules": [{"op": "Conv", "device": "warboy"}]}')
    for chosen in (["--placement", rules], []):
        run_tool("garam", *arguments, *chosen, "--report", tmp_path / "report.json")
        report = json.loads((tmp_path / "report.json").read_text())
        assert {device["name"]: device["dispatches"] for device in report["devices"]} == {
            "warboy": 1, "host": 2}
        assert {node["id"]: node["operator"] for node in report["nodes"]
                if node["device"] == "host"} == edges
        assert report["host_quantized_elements"] == 0
        output = model.graph.output[0].name
        actual = run_model(run_tool, binary, inputs, tmp_path / "run")[output]
        expected = oracle.run_onnxruntime(model, inputs)[output]
        assert_within_one_step(actual, expected, get_output_scale(model, output))
