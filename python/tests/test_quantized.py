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


# Depthwise windows: kernel, and the attributes of Conv that move or hide taps.
WINDOWS = {
    "plain": ((3, 3), {}),
    "padded": ((3, 3), {"pads": (1, 1, 1, 1)}),
    "one_sided": ((3, 2), {"pads": (2, 0, 0, 1), "strides": (2, 3)}),
    "dilated": ((3, 3), {"pads": (2, 2, 1, 3), "dilations": (2, 3)}),
    "large": ((5, 5), {"pads": (4, 4, 4, 4), "strides": (2, 1)}),
    "row": ((5,), {"pads": (1, 3), "dilations": (2,)}),
}


def make_depthwise_model(input_type, weight_type, per_channel):
    """QDQ depthwise convolutions, an output each. Scales are powers of two, so that what is
    computed in floats is exact too."""
    random = np.random.default_rng(3)
    channels = 5
    constants, nodes, inputs, outputs = [], [], {}, []

    def draw(dtype, shape):
        info = np.iinfo(dtype)
        return random.integers(info.min, info.max + 1, shape).astype(dtype)

    def add(operator, result, operands, **attributes):
        """A node; operands that are arrays become constants."""
        names = []
        for operand in operands:
            if not isinstance(operand, str):
                name = f"constant{len(constants)}"
                constants.append(onnx.numpy_helper.from_array(np.asarray(operand), name))
                operand = name
            names.append(operand)
        nodes.append(onnx.helper.make_node(operator, names, [result], **attributes))
        return result

    for name, (kernel, attributes) in WINDOWS.items():
        inputs[f"{name}_x"] = draw(input_type, (1, channels, 11, 9)[:2 + len(kernel)])
        x_scale = np.float32(2 ** -5)
        shape = (channels,) if per_channel else ()
        w_scale = np.exp2(random.integers(-8, -5, shape)).astype(np.float32)
        axis = {"axis": 0} if per_channel else {}
        w_zero = [np.full(shape, 119, weight_type)] if weight_type == np.uint8 else []
        x = add("DequantizeLinear", f"{name}_fx", [f"{name}_x", x_scale, draw(input_type, ())])
        w = add("DequantizeLinear", f"{name}_fw",
                [draw(weight_type, (channels, 1) + kernel), w_scale, *w_zero], **axis)
        b = add("DequantizeLinear", f"{name}_fb",
                [random.integers(-20000, 20000, channels, np.int32), x_scale * w_scale], **axis)
        y = add("Conv", f"{name}_fy", [x, w, b], group=channels, **attributes)
        outputs.append(add("QuantizeLinear", f"{name}_y",
                           [y, np.float32(2 ** -3), draw(input_type, ())]))

    type_ = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(input_type))
    graph = onnx.helper.make_graph(
        nodes, "depthwise",
        [onnx.helper.make_tensor_value_info(name, type_, value.shape)
         for name, value in inputs.items()],
        [onnx.helper.make_tensor_value_info(name, type_, None) for name in outputs], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)],
                                   ir_version=8)
    return onnx.shape_inference.infer_shapes(model, strict_mode=True), inputs


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("input_type, weight_type, per_channel", [
    (np.int8, np.int8, True), (np.uint8, np.int8, True), (np.uint8, np.uint8, False)])
def test_depthwise_zero_points(input_type, weight_type, per_channel, target, run_tool, tmp_path):
    """The zero point of the activations is taken off once a sum: that is exact, at the edges too."""
    model, inputs = make_depthwise_model(input_type, weight_type, per_channel)
    source, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(model, source)
    run_tool("garam", "compile", source, "--target", target, "-o", binary, "--quiet")
    actual = run_model(run_tool, binary, inputs, tmp_path / "run")
    for name, expected in oracle.run_onnxruntime(model, inputs).items():
        assert len(np.unique(expected)) > 20, "too much is saturated"
        np.testing.assert_array_equal(actual[name], expected, err_msg=name)


def make_quantized_addition(dtype, activation):
    """A product that is quantised, then added to a quantised tensor, as exporters write it."""
    random = np.random.default_rng(11)
    info = np.iinfo(dtype)
    inputs = {name: random.integers(info.min, info.max + 1, (1, 16, 24, 20)).astype(dtype)
              for name in ("x", "r")}
    constants = {"w": random.integers(-40, 41, (16, 16, 1, 1)).astype(np.int8),
                 "sw": np.float32(2 ** -7), "zw": np.int8(0)}
    for name, scale, zero in (("x", 2 ** -5, 7), ("y", 0.0311, 31), ("r", 0.0537, 12),
                              ("o", 0.0612, 3)):
        constants[f"s{name}"] = np.float32(scale)
        constants[f"z{name}"] = dtype(zero)
    node = onnx.helper.make_node
    nodes = [node("DequantizeLinear", [name, f"s{name}", f"z{name}"], [f"f{name}"])
             for name in ("x", "w", "r")]
    nodes += [node("Conv", ["fx", "fw"], ["c"]),
              node("QuantizeLinear", ["c", "sy", "zy"], ["y"]),
              node("DequantizeLinear", ["y", "sy", "zy"], ["fy"]),
              node("Add", ["fy", "fr"], ["s"]),
              node(activation, ["s"], ["a"]),
              node("QuantizeLinear", ["a", "so", "zo"], ["o"])]
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    shape = inputs["x"].shape
    graph = onnx.helper.make_graph(
        nodes, "addition",
        [onnx.helper.make_tensor_value_info(name, element, shape) for name in inputs],
        [onnx.helper.make_tensor_value_info("o", element, shape)],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants.items()])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)],
                                  ir_version=8), inputs


@pytest.mark.parametrize("target, is_fused", [
    ("atom", True), ("rngd", True), ("warboy", True), ("soma-edge-64", False)])
@pytest.mark.parametrize("dtype, activation", [(np.int8, "Relu"), (np.uint8, "Identity")])
def test_quantized_addition(dtype, activation, target, is_fused, run_tool, tmp_path):
    """In the epilogue, where a chip has one that adds tensors, or in a vector: bit by bit the
    operators' result."""
    model, inputs = make_quantized_addition(dtype, activation)
    source, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(model, source)
    run_tool("garam", "compile", source, "--target", target, "-o", binary, "--quiet")
    actual = run_model(run_tool, binary, inputs, tmp_path / "run")["o"]
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)["o"]
    assert len(np.unique(expected)) > 100, "too much is saturated"
    np.testing.assert_array_equal(actual, expected)
    program = run_tool("garam", "inspect", binary, "--disassemble").stdout
    assert ("requantize" in program) == is_fused
    assert bool(re.search(r"\bvector \[", program)) != is_fused


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
