"""Networks computed slice by slice on chips with little memory agree with onnxruntime."""

import json
import re
import sys
from typing import NamedTuple

import numpy as np
import onnx
import pytest

import oracle
from conftest import SOURCE_DIR

sys.path.insert(0, str(SOURCE_DIR / "benchmarks" / "models"))
import random_cnn  # noqa: E402  (found through the line above)

LEAST_COSINE = 0.9999  # of fp16
SLOW_DRAM = "4.0e+9"  # B/s


class Chip(NamedTuple):
    """Like atom.yaml, with few cores of little memory, maybe memory that they share, and slow DRAM."""
    local_bytes: int
    cores: int = 1
    shared_bytes: int = 0


def write_target(path, chip):
    shared = ((r"^  bytes: { value: 33554432", f"  bytes: {{ value: {chip.shared_bytes}")
              if chip.shared_bytes else (r"^shared_memory:\n(  .*\n)+\n", ""))
    text = (SOURCE_DIR / "targets" / "atom.yaml").read_text()
    for pattern, replacement in [
            (r"^name: atom", "name: edge"),
            (r"^cores: { value: 8", f"cores: {{ value: {chip.cores}"),
            (r"^  bytes: { value: 4194304", f"  bytes: {{ value: {chip.local_bytes}"),
            (r"^  bytes_per_second: { value: 256.0e\+9",
             f"  bytes_per_second: {{ value: {SLOW_DRAM}"),
            shared]:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count == 1, pattern
    path.write_text(text)
    return path


def run(run_tool, tmp_path, model, chip):
    """The report of a run whose outputs agree with onnxruntime's."""
    path, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(model, path)
    target = write_target(tmp_path / "edge.yaml", chip)
    run_tool("garam", "compile", path, "--target", target, "-o", binary, "--quiet",
             "--no-fallback")
    random = np.random.default_rng(0)
    inputs, arguments = {}, []
    for name, shape in oracle.get_inputs(model).items():
        inputs[name] = random.uniform(-1, 1, oracle.bind_shape(shape)).astype(np.float32)
        np.save(tmp_path / f"{name}.npy", inputs[name])
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    report = tmp_path / "report.json"
    run_tool("garam", "run", binary, *arguments, "--output-dir", tmp_path / "out",
             "--report", report)
    for name, expected in oracle.run_onnxruntime(path, inputs).items():
        actual = np.load(tmp_path / "out" / f"{name}.npy")
        assert actual.shape == expected.shape
        assert oracle.cosine(actual.astype(np.float32), expected) >= LEAST_COSINE, name
    return json.loads(report.read_text())


def count_slices(run_tool, tmp_path, chip):
    target = write_target(tmp_path / "edge.yaml", chip)
    ir = tmp_path / "scheduled.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target,
             "--emit", "npu-scheduled", "-o", ir, "--no-fallback")
    return ir.read_text().count("slice<")


@pytest.mark.parametrize("seed", [0, 1, 4, 6, 7])
def test_random_networks(run_tool, tmp_path, seed):
    """With strides, depthwise and residual blocks, whose rows overlap."""
    for local_bytes in [128 << 10, 256 << 10]:
        run(run_tool, tmp_path, random_cnn.build(seed), Chip(local_bytes))
        assert count_slices(run_tool, tmp_path, Chip(local_bytes)) > 0


@pytest.mark.parametrize("shared_bytes", [0, 128 << 10])
@pytest.mark.parametrize("seed", [1, 6])
def test_random_networks_on_several_cores(run_tool, tmp_path, seed, shared_bytes):
    """Slices whose rows are split over cores, with halos between these."""
    chip = Chip(32 << 10, cores=4, shared_bytes=shared_bytes)
    run(run_tool, tmp_path, random_cnn.build(seed), chip)
    assert count_slices(run_tool, tmp_path, chip) > 0


def make_convolutions(shape, layers):
    """A chain of convolutions with ReLU: (channels, kernel, stride, dilation, padding)."""
    random = np.random.default_rng(1)
    nodes, weights, channels, value = [], [], shape[1], "x"
    for number, (outputs, kernel, stride, dilation, padding) in enumerate(layers):
        weight = random.normal(0, 1 / np.sqrt(channels * kernel ** 2),
                               (outputs, channels, kernel, kernel)).astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(weight, f"w{number}"))
        nodes.append(onnx.helper.make_node(
            "Conv", [value, f"w{number}"], [f"c{number}"], name=f"conv{number}",
            strides=[stride] * 2, dilations=[dilation] * 2, pads=padding))
        nodes.append(onnx.helper.make_node("Relu", [f"c{number}"], [f"r{number}"]))
        channels, value = outputs, f"r{number}"
    graph = onnx.helper.make_graph(
        nodes, "chain",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None)], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    return onnx.shape_inference.infer_shapes(model)


CHAINS = {
    "batch": ((4, 8, 40, 40), [(24, 3, 1, 1, [1, 1, 1, 1]), (24, 1, 1, 1, [0, 0, 0, 0])]),
    "odd": ((1, 3, 97, 61), [(17, 3, 1, 1, [1, 1, 1, 1]), (17, 5, 2, 1, [2, 2, 2, 2]),
                             (9, 3, 1, 1, [0, 1, 2, 0])]),
    "dilated": ((1, 4, 90, 50), [(16, 3, 1, 3, [3, 3, 3, 3]), (16, 3, 1, 2, [0, 0, 4, 4])]),
    "padding_only": ((1, 4, 80, 64), [(16, 1, 1, 1, [0, 0, 0, 0]), (16, 3, 1, 1, [9, 1, 9, 1])]),
    "strided": ((3, 4, 75, 64), [(16, 2, 1, 1, [0, 0, 1, 1]), (16, 1, 3, 1, [0, 0, 0, 0])]),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_chains(run_tool, tmp_path, chain):
    """Batches, odd sizes, dilations, slices of nothing but padding, rows that nobody reads."""
    for chip in [Chip(64 << 10), Chip(16 << 10, cores=4)]:
        run(run_tool, tmp_path, make_convolutions(*CHAINS[chain]), chip)
        assert count_slices(run_tool, tmp_path, chip) > 0


def test_weights_are_brought_once(run_tool, tmp_path):
    """Slices read an image, its result is written, and the weights cross DRAM once."""
    model = make_convolutions((4, 16, 32, 32), [(32, 3, 1, 1, [1, 1, 1, 1]),
                                                (16, 3, 1, 1, [1, 1, 1, 1])])
    report = run(run_tool, tmp_path, model, Chip(256 << 10))
    image = 4 * 16 * 32 * 32 * 4
    weights = 2 * 2 * 16 * 32 * 9
    assert weights + image <= report["dram_read_bytes"] <= 1.02 * (weights + image)
    assert report["dram_write_bytes"] == image


def test_intermediates(run_tool, tmp_path):
    """The result of a group is kept as a whole; what exists in slices only is not."""
    model = make_convolutions((4, 16, 32, 32), [(32, 3, 1, 1, [1, 1, 1, 1]),
                                                (16, 3, 1, 1, [1, 1, 1, 1])])
    run(run_tool, tmp_path, model, Chip(256 << 10))
    values = tmp_path / "values"
    run_tool("garam", "run", tmp_path / "model.garam", "--input", f"x={tmp_path / 'x.npy'}",
             "--output-dir", tmp_path / "out", "--keep-intermediates", values)
    assert {file.stem for file in values.iterdir()} == {"r1"}
    expected = oracle.run_onnxruntime(tmp_path / "model.onnx", {"x": np.load(tmp_path / "x.npy")})
    actual = np.load(values / "r1.npy").astype(np.float32)
    assert oracle.cosine(actual, expected["r1"]) >= LEAST_COSINE
