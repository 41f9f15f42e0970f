"""examples/device-plugin as a vendor meets it: built against an install tree, used by its tools."""

import fcntl
import json
import os
import random
import re
import shutil
import struct
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import device_binary
from conftest import BINARY, BUILD_DIR, CONFIG, MODEL, SOURCE_DIR

EXAMPLE = SOURCE_DIR / "examples" / "device-plugin"
TARGET = EXAMPLE / "targets" / "abacus.yaml"
FOLDER = BUILD_DIR / "device-plugin"  # what is built here is built once
PREFIX, PLUGIN_BUILD = FOLDER / "prefix", FOLDER / "build"


def run(*command, **options):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{command}\n{result.stdout[-4000:]}{result.stderr[-4000:]}"
    return result.stdout


@pytest.fixture(scope="session")
def plugin(testrun_uid):
    """The example, built against a fresh install tree; once, however many workers there are."""
    FOLDER.mkdir(exist_ok=True)
    library, stamp = PLUGIN_BUILD / "abacus.so", FOLDER / "stamp"
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != testrun_uid:
            shutil.rmtree(PREFIX, ignore_errors=True)
            run("cmake", "--install", BUILD_DIR, "--prefix", PREFIX)
            cache = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
            run("cmake", "-G", "Ninja", "-S", EXAMPLE, "-B", PLUGIN_BUILD,
                f"-DCMAKE_PREFIX_PATH={PREFIX}", "-DCMAKE_C_COMPILER=clang-22",
                "-DCMAKE_CXX_COMPILER=clang++-22", *cache)
            run("cmake", "--build", PLUGIN_BUILD, "-j", "2")
            stamp.write_text(testrun_uid)
    return library


@pytest.fixture(scope="session")
def garam(plugin):
    """garam(arguments...) of the install tree with the plugin; `status` as expected,
    None for any that a program of a stranger may bring about."""
    def call(*arguments, status=0):
        command = [PREFIX / "bin" / "garam", *arguments, "--device-plugin", plugin]
        environment = dict(os.environ, GARAM_TARGETS_DIR=str(TARGET.parent))
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                                env=environment)
        is_expected = result.returncode in ((0, BINARY) if status is None else (status,))
        assert is_expected, result.stdout[-4000:] + result.stderr[-4000:]
        return result.stderr if status else result.stdout
    return call


def save_model(path, nodes, inputs, outputs, **weights):
    """Saves an ONNX model of float32 tensors; weights that are integers are shapes."""
    def describe(shapes):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in shapes.items()]
    graph = helper.make_graph(
        nodes, "model", describe(inputs), describe(outputs),
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]),
              path)
    return path


def rand(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape, dtype=np.float32)


def save_chains(path):
    """Chains of elementwise nodes, sums of products, broadcasts and reshapes."""
    node = helper.make_node
    nodes = [
        node("Mul", ["x", "scale"], ["scaled"], name="mul"),
        node("Add", ["scaled", "offset"], ["shifted"], name="add"),
        node("Relu", ["shifted"], ["positive"], name="relu"),
        node("Max", ["positive", "y"], ["larger"], name="max"),
        node("Sub", ["larger", "one"], ["less"], name="sub"),
        node("MatMul", ["less", "vector"], ["products"], name="matmul"),
        node("Reshape", ["products", "row"], ["flat"], name="reshape"),
        node("Gemm", ["flat", "matrix", "bias"], ["z"], name="gemm"),
        node("Min", ["z", "one"], ["small"], name="min"),
        node("Reshape", ["small", "square"], ["w"], name="again"),
    ]
    return save_model(
        path, nodes, {"x": [2, 3, 37], "y": [2, 3, 37]}, {"less": [2, 3, 37], "z": [1, 4],
                                                           "w": [2, 2]},
        scale=rand(3, 1), offset=rand(2, 3, 37), one=np.float32(1), vector=rand(37),
        row=np.array([1, 6]), matrix=rand(6, 4), bias=rand(4), square=np.array([2, 2]))


@pytest.fixture(scope="session")
def chains(garam, tmp_path_factory):
    """A model and its binary."""
    folder = tmp_path_factory.mktemp("abacus")
    model, binary = save_chains(folder / "chains.onnx"), folder / "chains.garam"
    garam("compile", model, "--target", "abacus", "-o", binary, "--no-fallback")
    return model, binary


#===---------------------------------------------------------------------------------------------===#
# From the model to its results
#===---------------------------------------------------------------------------------------------===#

def test_results_agree_with_onnxruntime(garam, chains, tmp_path):
    model, binary = chains
    values = {"x": rand(2, 3, 37), "y": rand(2, 3, 37)[::-1].copy()}
    arguments = []
    for name, value in values.items():
        np.save(tmp_path / f"{name}.npy", value)
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    report = garam("run", binary, *arguments, "--output-dir", tmp_path / "out",
                   "--keep-intermediates", tmp_path / "nodes")
    session = onnxruntime.InferenceSession(model)
    names = [output.name for output in session.get_outputs()]
    expected = dict(zip(names, session.run(names, values)))
    for name in names:
        found = np.load(tmp_path / "out" / f"{name}.npy")
        np.testing.assert_allclose(found, expected[name], rtol=1e-5, atol=1e-5)
    # What a node yields is what the model returns of it.
    np.testing.assert_array_equal(np.load(tmp_path / "nodes" / "sub.npy"),
                                  np.load(tmp_path / "out" / "less.npy"))
    assert {"launch", "arithmetic", "memory"} <= set(re.findall(r"^    (\w+)", report, flags=re.M))


def test_disassembly(garam, chains):
    text = garam("inspect", chains[1], "--disassemble")
    # Five nodes, and the scale of each channel again for each batch.
    assert re.search(r"chain 0: 222 elements; .*repeat 37 period 3; .*multiply.*; .*add.*; .*maximum"
                     r".*; .*maximum.*; .*subtract.*; store %\d+ at output0\+0", text)
    assert "add up rows of 37; store" in text


def test_target_file(garam, tmp_path):
    assert "1024 MiB" in garam("targets", "abacus")
    assert "valid" in garam("targets", "--check", TARGET)
    path = tmp_path / "mine.yaml"
    path.write_text(TARGET.read_text().replace("lanes: { value: 16", "lanes: { value: 0"))
    assert re.search(r"mine\.yaml:7:\d+: field 'lanes': found '0', needed an integer from 1 to",
                     garam("targets", "--check", path, status=CONFIG))


def test_page_has_every_field_of_the_target_file():
    source = (EXAMPLE / "Machine.cpp").read_text()
    fields = re.findall(r'v\.(?:figure|section)\(\s*{?"(\w+)"', source)
    page = (EXAMPLE / "README.md").read_text()
    assert len(fields) > 10 and not [field for field in fields if f"`{field}`" not in page]


def test_operator_that_is_refused(garam, tmp_path):
    model = save_model(tmp_path / "exp.onnx", [helper.make_node("Exp", ["x"], ["y"], name="curve")],
                       {"x": [8]}, {"y": [8]})
    text = garam("compile", model, "--target", "abacus", "-o", tmp_path / "exp.garam",
                 "--no-fallback", status=MODEL)
    assert "node 'curve' (Exp, opset 17)" in text
    assert "found 'math.exp', needed additions, subtractions, products, maxima and minima" in text


def test_precision_that_it_does_not_have(garam, chains, tmp_path):
    text = garam("compile", chains[0], "--target", "abacus", "--precision", "fp16",
                 "-o", tmp_path / "half.garam", "--no-fallback", status=MODEL)
    assert "'abacus' does not compute in fp16; it does float32" in text


def test_memory_that_is_too_small(garam, tmp_path):
    target = tmp_path / "small.yaml"
    target.write_text(TARGET.read_text().replace("bytes: { value: 1073741824", "bytes: { value: 64"))
    model = save_model(tmp_path / "relu.onnx", [helper.make_node("Relu", ["x"], ["y"])],
                       {"x": [16]}, {"y": [16]})
    text = garam("compile", model, "--target", target, "-o", tmp_path / "relu.garam",
                 "--no-fallback", status=MODEL)
    assert "it needs 128 bytes of memory, 'abacus' has 64" in text


def test_binary_without_its_plugin(run_tool, chains):
    result = run_tool("garam", "inspect", chains[1], status=BINARY)
    assert "abacus" in result.stderr


def test_installed_headers(plugin, tmp_path):
    """All of them can be included from the install tree."""
    include = PREFIX / "include"
    headers = sorted(path.relative_to(include) for path in include.rglob("*.h"))
    assert len(headers) > 50
    source = tmp_path / "all.cpp"
    source.write_text("".join(f'#include "{path}"\n' for path in headers))
    run("clang++-22", "-std=c++17", "-fsyntax-only", "-I", include,
        "-isystem", "/usr/lib/llvm-22/include", source)


def test_passes_and_verifiers(plugin):
    """The tests that come with the example."""
    run("lit", "-v", "-j1", PLUGIN_BUILD / "test")


#===---------------------------------------------------------------------------------------------===#
# Beside other devices
#===---------------------------------------------------------------------------------------------===#

PLACEMENT = {"scale": "abacus", "relu": "abacus", "curve": "atom", "weigh": "abacus", "order": "host"}


@pytest.fixture(scope="session")
def mixed(tmp_path_factory):
    """A model with work for each device of abacus-pair."""
    node = helper.make_node
    nodes = [node("Mul", ["x", "s"], ["scaled"], name="scale"),
             node("Relu", ["scaled"], ["positive"], name="relu"),
             node("Tanh", ["positive"], ["curved"], name="curve"),
             node("MatMul", ["curved", "w"], ["weighed"], name="weigh"),
             node("Softmax", ["weighed"], ["y"], name="order")]
    return save_model(tmp_path_factory.mktemp("mixed") / "mixed.onnx", nodes, {"x": [1, 64]},
                      {"y": [1, 10]}, s=rand(64), w=rand(64, 10))


def write_placement(path, **devices):
    path.write_text(json.dumps({"schema": 1, "rules": [
        {"node": node, "device": device} for node, device in devices.items()]}))
    return path


def read_manifest(binary):
    data = binary.read_bytes()
    offset, size = device_binary.find_section(data, ".garam.manifest")
    return json.loads(data[offset:offset + size])


def test_nodes_on_three_devices(garam, mixed, tmp_path):
    """Its own device, one of Garam's and the host in one binary, placed by hand."""
    binary = tmp_path / "mixed.garam"
    garam("compile", mixed, "--target", "abacus-pair", "-o", binary, "--placement",
          write_placement(tmp_path / "placement.json", **PLACEMENT))
    manifest = read_manifest(binary)
    assert {node["id"]: node["device"] for node in manifest["nodes"]} == PLACEMENT
    assert {device["kind"] for device in manifest["devices"]} == {"abacus", "npu", "host"}

    value = rand(1, 64)
    np.save(tmp_path / "x.npy", value)
    report = garam("run", binary, "--input", f"x={tmp_path / 'x.npy'}", "--output-dir",
                   tmp_path / "out")
    expected, = onnxruntime.InferenceSession(mixed).run(None, {"x": value})
    found = np.load(tmp_path / "out" / "y.npy")
    np.testing.assert_allclose(found, expected, atol=0.02)  # tanh is in 16 bits
    assert "abacus" in report and "atom" in report


def test_placement_without_rules(garam, mixed, tmp_path):
    """Estimates decide; what was decided is a file that gives the same binary."""
    first, again, placement = (tmp_path / name for name in ["1.garam", "2.garam", "used.json"])
    garam("compile", mixed, "--target", "abacus-pair", "-o", first, "--emit-placement", placement)
    rules = json.loads(placement.read_text())["rules"]
    reasons = {rule["node"]: rule.get("reasons", {}) for rule in rules}
    assert "found 'math.tanh'" in reasons["curve"]["abacus"]
    garam("compile", mixed, "--target", "abacus-pair", "-o", again, "--placement", placement)
    assert again.read_bytes() == first.read_bytes()


def test_node_on_a_device_that_refuses_it(garam, mixed, tmp_path):
    path = write_placement(tmp_path / "placement.json", **dict(PLACEMENT, curve="abacus"))
    text = garam("compile", mixed, "--target", "abacus-pair", "-o", tmp_path / "mixed.garam",
                 "--placement", path, status=MODEL)
    assert "'curve'" in text and "'abacus'" in text and "found 'math.tanh', needed add" in text


def test_node_that_falls_back(garam, mixed, tmp_path):
    """One chip by itself has its host beside it for what it refuses."""
    binary = tmp_path / "mixed.garam"
    garam("compile", mixed, "--target", "abacus", "-o", binary)
    nodes = {node["id"]: node for node in read_manifest(binary)["nodes"]}
    assert nodes["scale"]["device"] == "abacus" and nodes["curve"]["device"] == "host"
    assert "found 'math.tanh'" in nodes["curve"]["reason"]


#===---------------------------------------------------------------------------------------------===#
# Stages
#===---------------------------------------------------------------------------------------------===#

@pytest.mark.parametrize("stage", ["abacus-chains", "abacus-planned"])
def test_stage_is_taken_up_again(stage, garam, chains, tmp_path):
    model, binary = chains
    garam("compile", model, "--target", "abacus", f"--emit={stage}", "-o", tmp_path / "stage.mlir")
    garam("compile", tmp_path / "stage.mlir", f"--from={stage}", "-o", tmp_path / "again.garam")
    assert (tmp_path / "again.garam").read_bytes() == binary.read_bytes()


@pytest.mark.parametrize("old, new, message", [
    (r" at <0, 0>", "", "uses a tensor without a place; hint: run abacus-plan-memory"),
    (r" at <0, 0>", " at <0, 64>", "is not in segment 0 behind the weights before it"),
    (r"at <3, 0>", "at <3, 4>", "result 0 is not at the start of segment 3"),
    (r"(abacus.number) 0.0\S+", r"arith.constant 0.0 : f32", "is no instruction of a chain"),
    (r"row 37", "row 4294967297", "elements in rows of 4294967297, needed whole rows of 1 to"),
])
def test_edited_stage(old, new, message, garam, chains, tmp_path):
    path = tmp_path / "stage.mlir"
    garam("compile", chains[0], "--target", "abacus", "--emit=abacus-planned", "-o", path)
    text, count = re.subn(old, new, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)
    assert message in garam("compile", path, "--from=abacus-planned", "-o", tmp_path / "a.garam",
                            status=MODEL)


def test_weight_that_is_longer_than_its_file(garam, tmp_path):
    model = save_model(tmp_path / "dot.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])],
                       {"x": [300]}, {"y": []}, w=rand(300))
    path = tmp_path / "stage.mlir"
    garam("compile", model, "--target", "abacus", "--emit=abacus-planned", "-o", path)
    path.write_text(re.sub(r"(dense_resource.+)", lambda m: m[1].replace("<300x", "<301x"),
                           path.read_text()).replace("%0 repeat 1 period 300 : tensor<300x",
                                                     "%0 repeat 1 period 300 : tensor<301x"))
    assert "has 1200 bytes, needed 1204" in garam("compile", path, "--from=abacus-planned", "-o",
                                                    tmp_path / "a.garam", status=MODEL)


#===---------------------------------------------------------------------------------------------===#
# Programs of strangers
#===---------------------------------------------------------------------------------------------===#

SECTION = ".garam.abacus.0.program"
CHAIN = struct.Struct("<QQIIQI")  # elements, row, stored, segment, offset, instructions
INSTRUCTION = struct.Struct("<BIIfIQQQ")  # opcode, left, right, number, segment, offset, repeat, ...
PERIOD = INSTRUCTION.size - 8


def find_first_chain(code):
    """Where the first chain of an encoded program begins (Program.cpp): behind the count of chains."""
    segments, = struct.unpack_from("<I", code, 8)
    at = 12
    for _ in range(segments):
        at += 13 + struct.unpack_from("<I", code, at + 9)[0]
    return at + 4


def run_changed(garam, binary, change, tmp_path, status):
    """Runs `binary` after `change(code)` of its program."""
    data = bytearray(binary.read_bytes())
    offset, size = device_binary.find_section(data, SECTION)
    code = data[offset:offset + size]
    change(code)
    data[offset:offset + size] = code
    path = tmp_path / "changed.garam"
    path.write_bytes(device_binary.reseal(data))
    return garam("run", path, "--random-inputs", "--quiet", status=status)


FIELDS = [  # at, from the program's start or from the first chain's; format, value, message
    ("start", 0, "<I", 1, "field 'magic' is 1, but this version of Garam needs 1396916801"),
    ("start", 4, "<I", 9, "field 'version' is 9, but this version of Garam needs 2"),
    ("start", 8, "<I", 1 << 31, "field 'role' is "),
    ("start", 12, "<B", 6, "field 'role' is 6, not below 6"),
    ("chain", -4, "<I", 1, "bytes are left"),
    ("chain", -4, "<I", 1 << 31, "ends before the end of field 'elements'"),
    ("chain", 0, "<Q", 1 << 40, "it has 1099511627776 elements in rows of 1, needed whole rows"),
    ("chain", 8, "<Q", 5, "it has 222 elements in rows of 5, needed whole rows"),
    ("chain", 16, "<I", 99, "it stores a value that is not there"),
    ("chain", 20, "<I", 99, "it names segment 99 of "),
    ("chain", 20, "<I", 1, "it writes segment 'input0', which is only to be read"),
    ("chain", 24, "<Q", 1 << 63, "it reaches 888 bytes at offset 9223372036854775808 of segment"),
    ("chain", 24, "<Q", 2, "it reaches 888 bytes at offset 2 of segment"),
    ("chain", 36, "<B", 99, "field 'opcode' is 99, not below 7"),
    ("chain", 36, "<B", 2, "instruction 0: it uses a value that is not before it"),
    ("chain", 36 + 13, "<I", 3, "instruction 0: it reads what the chain writes"),
    ("chain", 36 + PERIOD, "<Q", 0, "with a period of 0, needed 1 to 4294967296"),
    ("chain", 36 + PERIOD, "<Q", 223, "instruction 0: it reaches 892 bytes at offset 0"),
]


@pytest.mark.parametrize("base, at, form, value, message", FIELDS)
def test_damaged_program(base, at, form, value, message, garam, chains, tmp_path):
    def change(code):
        struct.pack_into(form, code, at + (find_first_chain(code) if base == "chain" else 0), value)
    assert message in run_changed(garam, chains[1], change, tmp_path, BINARY)


def test_chain_that_is_too_long(garam, chains, tmp_path):
    data = chains[1].read_bytes()
    text = TARGET.read_text().encode()
    changed = text.replace(b"chain_instructions: { value: 24", b"chain_instructions: { value:  9")
    path = tmp_path / "changed.garam"
    path.write_bytes(device_binary.reseal(data.replace(text, changed)))
    assert "instructions, needed 1 to 9" in garam("run", path, "--timing-only", status=BINARY)


def test_value_that_is_not_there(garam, chains, tmp_path):
    """The debug map says that a node yields elements of another type."""
    data = bytearray(chains[1].read_bytes())
    offset, size = device_binary.find_section(data, ".garam.debug")
    name = data.rindex(b"\3\0\0\0sub", offset, offset + size)  # behind the ids: the value
    data[name + 7] = 2  # its type: uint8
    path = tmp_path / "changed.garam"
    path.write_bytes(device_binary.reseal(data))
    text = garam("run", path, "--random-inputs", "--quiet", "--keep-intermediates",
                 tmp_path / "nodes", status=BINARY)
    assert "value 'sub' of the debug map" in text


def test_any_changed_byte_is_harmless(garam, chains, tmp_path):
    """It ends with results or says what is wrong, and never otherwise."""
    random.seed(1)
    for _ in range(60):
        def change(code):
            for _ in range(random.randint(1, 4)):
                code[random.randrange(len(code))] = random.choice([0, 1, 2, 3, 127, 128, 255])
        run_changed(garam, chains[1], change, tmp_path, status=None)
