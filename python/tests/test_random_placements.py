"""Models under random legal placements on a system of four devices agree with onnxruntime."""

import json
import random

import numpy
import onnx
import pytest

import oracle

SYSTEM = "kcloud-stage3"
PLACEMENTS = 10
# A device may take an operation only beside another, as a bias; such a draw is drawn again.
DRAWS = 10 * PLACEMENTS

MODELS = {
    "ad_autoencoder": ("mlperf_tiny/ad_autoencoder_fp32.onnx", -40, 10),
    "kws": ("mlperf_tiny/kws_dscnn_fp32.onnx", -100, 100),
    "mnist8": ("mnist8/model.onnx", 0, 255),
    "squeezenet": ("squeezenet/squeezenet11_fp32.onnx", 0, 255),
}


def list_allowed(run_tool, model, arguments, tmp_path):
    """The devices that take each node of a model."""
    used = tmp_path / "used.json"
    run_tool("garam", "compile", model, *arguments, "--emit=placed", "-o", tmp_path / "placed.mlir",
             "--emit-placement", used)
    names = ["atom", "hbm-pim-x4", "hermes", "host"]
    return {rule["node"]: [name for name in names if name not in rule.get("reasons", {})]
            for rule in json.loads(used.read_text())["rules"]}


def get_cosine(a, b):
    a, b = a.astype(numpy.float64).ravel(), b.astype(numpy.float64).ravel()
    return a @ b / numpy.sqrt((a @ a) * (b @ b))


@pytest.mark.parametrize("name", MODELS)
def test_random_digital_placements(name, run_tool, models_dir, tmp_path):
    file, low, high = MODELS[name]
    model = models_dir / file
    inputs = {key: numpy.random.default_rng(0).uniform(low, high, oracle.bind_shape(shape))
              .astype(numpy.float32)
              for key, shape in oracle.get_inputs(onnx.load(model)).items()}
    expected = oracle.run_onnxruntime(model, inputs)
    arguments = ["--target", SYSTEM]
    for key, value in inputs.items():
        arguments += ["--shape", f"{key}={'x'.join(map(str, value.shape))}"]
        numpy.save(tmp_path / f"{key}.npy", value)
    allowed = list_allowed(run_tool, model, arguments, tmp_path)
    # Of analog products the accuracy is that of their converters.
    allowed = {node: [device for device in devices if device != "hermes"]
               for node, devices in allowed.items()}
    assert {device for devices in allowed.values() for device in devices} >= {"atom", "host"}
    draw = random.Random(name)
    done = 0
    for _ in range(DRAWS):
        rules = [{"node": node, "device": draw.choice(devices)} for node, devices in allowed.items()]
        (tmp_path / "p.json").write_text(json.dumps({"schema": 1, "rules": rules}))
        binary = tmp_path / "model.garam"
        result = run_tool("garam", "compile", model, *arguments, "--placement", tmp_path / "p.json",
                          "-o", binary, "--quiet", status=None)
        if result.returncode == 3:
            continue
        assert result.returncode == 0, result.stderr
        run_tool("garam", "run", binary, "--output-dir", tmp_path / "out", "--quiet",
                 *[part for key in inputs for part in ("--input", f"{key}={tmp_path / key}.npy")])
        for output, value in expected.items():
            file = next((tmp_path / "out").glob(f"{output}*.npy"))
            assert get_cosine(numpy.load(file), value) >= 0.998, rules
        done += 1
        if done == PLACEMENTS:
            break
    assert done == PLACEMENTS
