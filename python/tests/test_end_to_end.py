"""Float networks, compiled and run on the simulated NPUs, agree with onnxruntime."""

import dataclasses
import json
import re

import numpy as np
import onnx
import pytest

import oracle
from conftest import SOURCE_DIR

DIGITS = SOURCE_DIR / "examples" / "digits" / "digits.onnx"
SEEDED_INPUTS = 10

# What each chip runs float32 networks in, and the least cosine similarity.
PRECISIONS = {"rngd": ("bf16", 0.998), "atom": ("fp16", 0.9999)}


@dataclasses.dataclass
class Network:
    file: str
    low: float = -1.0  # range of seeded inputs, uniformly drawn
    high: float = 1.0
    class_axes: tuple = ()  # (output, axis) pairs that hold scores of classes


NETWORKS = {
    "mnist8": Network("mnist8/model.onnx", class_axes=(("Plus214_Output_0", 1),)),
    "burn_mnist": Network("burn_mnist/mnist.onnx", class_axes=(("33", 1),)),
    "ic_resnet8": Network("mlperf_tiny/ic_resnet8_fp32.onnx", 0, 255, (("Identity", 1),)),
    "vww": Network("mlperf_tiny/vww_mobilenetv1_025_fp32.onnx", 0, 1, (("Identity", 1),)),
    "kws": Network("mlperf_tiny/kws_dscnn_fp32.onnx", -100, 100, (("Identity", 1),)),
    "ad_autoencoder": Network("mlperf_tiny/ad_autoencoder_fp32.onnx", -40, 10),
    "squeezenet": Network("squeezenet/squeezenet11_fp32.onnx", 0, 255, (("softmaxout_1", 1),)),
    "super_resolution": Network("super_resolution_10/model.onnx", 0, 1),
    "ultraface": Network("ultraface/version-RFB-320.onnx", -1, 1, (("scores", 2),)),
}


def make_inputs(network, model):
    """Ten seeded inputs."""
    random = np.random.default_rng(0)
    return [{name: random.uniform(network.low, network.high, oracle.bind_shape(shape))
             .astype(np.float32) for name, shape in oracle.get_inputs(model).items()}
            for _ in range(SEEDED_INPUTS)]


def get_cases(network, path, model):
    """Pairs of inputs and expected outputs by name: the shipped vectors, or
    seeded inputs with what onnxruntime makes of them."""
    names = list(oracle.get_inputs(model))
    outputs = [output.name for output in model.graph.output]
    vectors = oracle.load_vectors(path.parent)
    if vectors:
        return [(dict(zip(names, given)), dict(zip(outputs, expected)))
                for given, expected in vectors]
    return [(given, oracle.run_onnxruntime(path, given)) for given in make_inputs(network, model)]


def compile_model(run_tool, path, model, target, binary, *options):
    shapes = []
    for name, shape in oracle.get_inputs(model).items():
        if any(isinstance(extent, str) for extent in shape):
            extents = "x".join(map(str, oracle.bind_shape(shape)))
            shapes += ["--shape", f"{name}={extents}"]
    run_tool("garam", "compile", path, "--target", target, "-o", binary, "--quiet",
             *shapes, *options)


def run_model(run_tool, binary, inputs, folder, *options):
    """Outputs by name."""
    folder.mkdir(exist_ok=True)
    arguments = []
    for number, (name, value) in enumerate(inputs.items()):
        np.save(folder / f"input_{number}.npy", value)
        arguments += ["--input", f"{name}={folder / f'input_{number}.npy'}"]
    run_tool("garam", "run", binary, *arguments, "--output-dir", folder / "out", *options)
    return Outputs(folder / "out")


class Outputs:
    """The files of --output-dir by name of output."""

    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, name):
        return np.load(self.folder / (re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".npy"))


@pytest.mark.parametrize("target", PRECISIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_agrees_with_onnxruntime(name, target, models_dir, run_tool, tmp_path):
    network = NETWORKS[name]
    precision, least = PRECISIONS[target]
    path = models_dir / network.file
    model = onnx.load(path)
    binary = tmp_path / "model.garam"
    compile_model(run_tool, path, model, target, binary, "--precision", precision)
    for inputs, expected in get_cases(network, path, model):
        actual = run_model(run_tool, binary, inputs, tmp_path / "run")
        for output, value in expected.items():
            result = actual[output]
            assert result.dtype == value.dtype and result.shape == value.shape
            assert oracle.cosine(result, value) >= least, output
        for output, axis in network.class_axes:
            oracle.assert_same_class(actual[output], expected[output], axis)


# The same for the network of the repository, so that a plain checkout, which
# has no other models, runs one from end to end.
@pytest.mark.parametrize("target", PRECISIONS)
def test_digits_agree_with_onnxruntime(target, run_tool, tmp_path):
    precision, least = PRECISIONS[target]
    images = np.load(DIGITS.parent / "test_images.npy")[:10, None] / np.float32(16)
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", target, "--dim", "N=10", "--precision",
             precision, "-o", binary)
    actual = run_model(run_tool, binary, {"image": images}, tmp_path / "run")["logits"]
    expected = oracle.run_onnxruntime(DIGITS, {"image": images})["logits"]
    assert oracle.cosine(actual, expected) >= least
    oracle.assert_same_class(actual, expected, 1)


# A network of 100 MB of weights, from its generator.
@pytest.mark.parametrize("target", PRECISIONS)
def test_resnet50_agrees_with_onnxruntime(target, run_tool, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    import resnet50

    precision, least = PRECISIONS[target]
    path = tmp_path / "resnet50.onnx"
    binary = tmp_path / "resnet50.garam"
    onnx.save(resnet50.build()[0], path)
    run_tool("garam", "compile", path, "--target", target, "--precision", precision, "-o", binary)
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    actual = run_model(run_tool, binary, {"input": image}, tmp_path / "run")["output"]
    expected = oracle.run_onnxruntime(path, {"input": image})["output"]
    assert oracle.cosine(actual, expected) >= least
    oracle.assert_same_class(actual, expected, 1)


@pytest.mark.parametrize("target", PRECISIONS)
def test_bytes_are_the_same_each_time(target, run_tool, tmp_path):
    binaries = [tmp_path / "a.garam", tmp_path / "b.garam"]
    for binary in binaries:
        run_tool("garam", "compile", DIGITS, "--target", target, "--dim", "N=1", "-o", binary)
    assert binaries[0].read_bytes() == binaries[1].read_bytes()


# Neither other data nor skipping the data changes a time.
def test_options_of_a_run_leave_its_times_alone(run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", "rngd", "--dim", "N=1", "-o", binary)
    latencies = set()
    for number, options in enumerate([
            ["--random-inputs", "--seed", "1"], ["--random-inputs", "--seed", "2"],
            ["--timing-only"]]):
        report = tmp_path / f"report{number}.json"
        run_tool("garam", "run", binary, "--report", report, *options)
        latencies.add(json.loads(report.read_text())["latency_s"])
    assert len(latencies) == 1


# A chip of one's own is a file: here one with half of RNGD's cores.
def test_compile_for_a_file(run_tool, tmp_path):
    file = tmp_path / "half.yaml"
    file.write_text((SOURCE_DIR / "targets" / "rngd.yaml").read_text().replace(
        "name: rngd", "name: half").replace("cores: { value: 8", "cores: { value: 4"))
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", file, "--dim", "N=1", "-o", binary)
    file.unlink()  # the binary carries the target with it
    run_tool("garam", "run", binary, "--timing-only")
