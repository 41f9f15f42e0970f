"""Programs of one device that are there together: none is in another's rows, cores or memory."""

import json
import re

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
import pytest

import device_binary
from conftest import BINARY, MODEL

SIZE = 256


def make_two_products(path, vectors=1):
    """What is between the products is for the host: they are two programs."""
    random = np.random.default_rng(1)
    weights = [(random.standard_normal((SIZE, SIZE)) / SIZE**0.5).astype(np.float32) for _ in "wv"]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
             helper.make_node("Tanh", ["a"], ["b"], name="between"),
             helper.make_node("MatMul", ["b", "v"], ["y"], name="second")]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [vectors, SIZE])
              for name in "xy"]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:],
                              [numpy_helper.from_array(w, n) for w, n in zip(weights, "wv")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              path)
    return path


@pytest.fixture
def model(tmp_path):
    return make_two_products(tmp_path / "model.onnx")


def place(path, device):
    path.write_text(json.dumps({"schema": 1, "rules": [
        {"node": "*", "device": "host"}, {"op": "MatMul", "device": device}]}))
    return path


# By the device of kcloud-stage3: its class, the stage that shares it out, how a program says there
# what it has, and the name of that.
DEVICES = {
    "hbm-pim-x4": ("pim", "pim-kernels", r"row = (\d+)", "rows of rank 0"),
    "hermes": ("analog", "analog-tiles", r"core (\d+)", "cores"),
}


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


@pytest.fixture
def compile_two(run_tool, tmp_path, model, device):
    rules = place(tmp_path / "placement.json", device)

    def run(*arguments, **options):
        return run_tool("garam", "compile", model, "--target", "kcloud-stage3", "--placement", rules,
                        "--quiet", *arguments, **options)

    return run


def test_each_has_its_own_part(run_tool, tmp_path, compile_two, device, model):
    _, stage, pattern, _ = DEVICES[device]
    text = compile_two(f"--emit={stage}").stdout
    places = [int(number) for number in re.findall(pattern, text)]
    assert len(places) == 2 and places[0] != places[1]
    assert text.count("hetero.taken = ") == 1

    binary, stages = tmp_path / "two.garam", tmp_path / "stages"
    compile_two("-o", binary, "--dump-stages", stages)
    x = np.random.default_rng(2).uniform(-1, 1, (1, SIZE)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "run", binary, "--quiet", "--input", f"x={tmp_path / 'x.npy'}", "-o",
             tmp_path / "out", "--trust-native")
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"x": x})[0].ravel()
    found = np.load(tmp_path / "out" / "y.npy").ravel()
    assert found @ expected / np.sqrt((found @ found) * (expected @ expected)) >= 0.99
    if device != "hermes":
        np.testing.assert_allclose(found, expected, atol=2e-2)

    # Each stage goes on from where it was, up to that with what is taken.
    again = tmp_path / "again.garam"
    paths = {path.name.split(".")[1]: path for path in sorted(stages.glob("*.mlir"))}
    for name in list(paths)[2:list(paths).index(stage) + 1]:
        path = paths[name]
        run_tool("garam", "compile", path, f"--from={name}", "-o", again, "--quiet")
        assert again.read_bytes() == binary.read_bytes(), name


def test_one_part_twice_is_an_error(run_tool, tmp_path, compile_two, device):
    """Of a file that was edited by hand."""
    kind, stage, pattern, resource = DEVICES[device]
    path = tmp_path / "stage.mlir"
    compile_two(f"--emit={stage}", "-o", path)
    path.write_text(re.sub(pattern, lambda found: found[0].replace(found[1], "0"),
                           path.read_text()))
    errors = run_tool("garam", "compile", path, f"--from={stage}", "-o", tmp_path / "out.garam",
                      "--quiet", status=MODEL).stderr
    assert re.search(rf"stage\.mlir: its programs are in each other's way: '\.garam\.{kind}\.\d\.program' "
                     rf"and '\.garam\.{kind}\.\d\.program' both occupy {resource} of device '{device}', "
                     r"from 0 up to \d+; hint: give each a part of its device of its own", errors)


def test_binaries_with_one_part_twice_are_damaged(run_tool, tmp_path, compile_two, device):
    """The first program also in place of the second: each by itself is sound."""
    kind, _, _, resource = DEVICES[device]
    binary = tmp_path / "two.garam"
    compile_two("-o", binary)
    data = bytearray(binary.read_bytes())
    names = [name for name in (f".garam.{kind}.{i}.program" for i in range(3))
             if name.encode() in data]
    (source, size), (target, target_size) = [
        device_binary.find_section(data, name) for name in names]
    assert size == target_size
    data[target:target + size] = data[source:source + size]
    binary.write_bytes(device_binary.reseal(data))
    errors = run_tool("garam", "run", binary, "--timing-only", status=BINARY).stderr
    assert (f"'{names[0]}' and '{names[1]}' both occupy {resource} of device '{device}', from 0 up to "
            in errors)


def test_what_is_too_much_together_goes_elsewhere(run_tool, tmp_path):
    """Each product fits the buffer of the chip, both do not: by default the second goes to the host."""
    model = make_two_products(tmp_path / "model.onnx", vectors=5000)
    arguments = ("compile", model, "--target", "hermes", "-o", tmp_path / "model.garam")
    used = tmp_path / "used.json"
    result = run_tool("garam", *arguments, "--emit-placement", used, "--quiet")
    message = r"the segments of device 'hermes' need 20480000 bytes, its memory has 16777216"
    assert re.search(rf"node 'second' \(MatMul, opset 17\): runs on 'host': 'hermes': {message}",
                     result.stderr), result.stderr
    devices = {rule["node"]: rule["device"] for rule in json.loads(used.read_text())["rules"]}
    assert devices == {"first": "hermes", "between": "host", "second": "host"}
    run_tool("garam", "run", tmp_path / "model.garam", "--timing-only", "--quiet")
    # By hand it is an error, and without a host.
    errors = run_tool("garam", *arguments, "--quiet", "--placement",
                      place(tmp_path / "p.json", "hermes"), status=MODEL).stderr
    assert re.search(rf"{message}\n(note: .*\n)+hint: place fewer nodes on it", errors), errors
