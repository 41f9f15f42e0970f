"""--resident-weights keeps weights on the chip from run to run, and changes nothing else."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest

from conftest import DIGITS, USAGE
from oracle import cosine, run_onnxruntime


def make_perceptron(path, width, layers, rows=1, seed=0):
    """x -> (MatMul -> Relu) * layers -> y"""
    random = np.random.default_rng(seed)
    nodes, weights, value = [], [], "x"
    for layer in range(layers):
        weight = random.standard_normal((width, width)).astype(np.float32) * (2 / width) ** 0.5
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        result = "y" if layer + 1 == layers else f"r{layer}"
        nodes += [helper.make_node("MatMul", [value, f"w{layer}"], [f"m{layer}"]),
                  helper.make_node("Relu", [f"m{layer}"], [result])]
        value = result
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width])
               for name in "xy"]
    graph = helper.make_graph(nodes, "perceptron", tensors[:1], tensors[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return model


@pytest.fixture
def measure(run_tool, tmp_path):
    """The report and the outputs of a model, compiled with options, for an input file."""

    def run(model, target, x, *options):
        name = "on" if "on" in options else "off"
        binary, report = tmp_path / f"{name}.garam", tmp_path / f"{name}.json"
        run_tool("garam", "compile", model, "--target", target, "-o", binary, "--quiet", *options)
        run_tool("garam", "run", binary, "--input", f"x={x}", "-o", tmp_path / name, "--report",
                 report, "--quiet")
        return json.loads(report.read_text()), np.load(tmp_path / name / "y.npy")

    return run


# Of atom's 4 MiB of local memory a core and 32 MiB of shared memory: a few layers fit the cores, a
# few more the shared memory, and 70 MB of weights neither.
@pytest.mark.parametrize("target, layers, kept", [
    ("atom", 3, 1.0), ("rngd", 3, 1.0), ("atom", 20, 1.0), ("atom", 34, 0.6)])
def test_weights_stay(measure, tmp_path, target, layers, kept):
    model = make_perceptron(tmp_path / "model.onnx", 1024, layers)
    x = np.random.default_rng(1).standard_normal((1, 1024)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    off, expected = measure(tmp_path / "model.onnx", target, tmp_path / "x.npy")
    on, found = measure(tmp_path / "model.onnx", target, tmp_path / "x.npy",
                        "--resident-weights", "on")
    assert found.tobytes() == expected.tobytes()
    assert cosine(found, run_onnxruntime(model, {"x": x})["y"]) >= 0.999

    # A product of a vector with a matrix is bound by the transfer of the matrix.
    assert on["dram_read_bytes"] <= (1.01 - kept) * off["dram_read_bytes"]
    assert on["latency_s"] < off["latency_s"]
    assert on["bound_s"] <= on["latency_s"]
    assert on["bound"]["bytes"] < off["bound"]["bytes"]
    # The report shows both: the first inference brings all weights, as every one does without.
    assert off["setup_s"] == 0 and off["latency_first_s"] == off["latency_s"]
    assert on["setup_s"] > 0 and on["setup_j"] > 0
    assert on["latency_first_s"] == pytest.approx(on["setup_s"] + on["latency_s"])
    assert on["latency_first_s"] > off["bound_s"]
    assert on["latency_resident_s"] == on["latency_s"]


# Weights of a convolution lie beside tensors that stay on the chip, too.
@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_convolutions(run_tool, tmp_path, target):
    outputs = []
    for value in ("off", "on"):
        binary = tmp_path / f"{value}.garam"
        run_tool("garam", "compile", DIGITS, "--target", target, "--dim", "N=4", "-o", binary,
                 "--quiet", "--resident-weights", value)
        run_tool("garam", "run", binary, "--random-inputs", "-o", tmp_path / value, "--quiet")
        outputs.append({path.name: path.read_bytes() for path in (tmp_path / value).iterdir()})
    assert outputs[0] == outputs[1]


def test_summary_and_inspection(run_tool, tmp_path):
    make_perceptron(tmp_path / "model.onnx", 256, 2)
    binary = tmp_path / "model.garam"
    summary = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "rngd", "-o", binary,
                       "--resident-weights", "on").stdout
    assert ", once set up\n" in summary and ", the first, with its set-up\n" in summary
    assert ", once, when programs are loaded\n" in summary
    text = run_tool("garam", "inspect", binary, "--disassemble").stdout
    assert "resident local0+0x" in text and "set-up queue 0.dma" in text


# The IR of the last stage has the set-up, and the option.
def test_goes_on_from_commands(run_tool, tmp_path):
    make_perceptron(tmp_path / "model.onnx", 256, 2)
    arguments = ("compile", tmp_path / "model.onnx", "--target", "rngd", "--resident-weights", "on",
                 "--quiet")
    run_tool("garam", *arguments, "-o", tmp_path / "whole.garam")
    for stage in ("npu-scheduled", "npu-commands"):
        run_tool("garam", *arguments, f"--emit={stage}", "-o", tmp_path / "stage.mlir")
        run_tool("garam", "compile", tmp_path / "stage.mlir", f"--from={stage}", "-o",
                 tmp_path / "rest.garam", "--quiet")
        assert (tmp_path / "rest.garam").read_bytes() == (tmp_path / "whole.garam").read_bytes()


# Two programs of one chip share its SRAM; each of them may run between runs of the other.
def test_several_programs(run_tool, tmp_path):
    make_perceptron(tmp_path / "model.onnx", 256, 3)
    rules = tmp_path / "placement.json"
    rules.write_text(json.dumps({"schema": 1, "rules": [
        {"node": "*", "device": "atom"}, {"node": "m1", "device": "host"}]}))
    arguments = ("compile", tmp_path / "model.onnx", "--target", "kcloud-stage1", "--placement",
                 rules, "--quiet")
    errors = run_tool("garam", *arguments, "--resident-weights", "on", "-o",
                      tmp_path / "on.garam").stderr
    assert ("weights do not stay on 'atom', which runs several programs: they share its SRAM"
            in errors)
    assert errors.count("do not stay") == 1
    run_tool("garam", *arguments, "-o", tmp_path / "off.garam")
    assert "resident" not in run_tool("garam", "inspect", tmp_path / "on.garam",
                                      "--disassemble").stdout


def test_wrong_value(fails, tmp_path):
    make_perceptron(tmp_path / "model.onnx", 64, 1)
    fails(USAGE, "--resident-weights: found 'yes', needed on or off", "compile",
          tmp_path / "model.onnx", "--target", "rngd", "--resident-weights", "yes", "-o",
          tmp_path / "model.garam")
