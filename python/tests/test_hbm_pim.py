"""HBM-PIM from a model to its outputs: bit for bit against numpy's float16."""

import json
import re

import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

from conftest import MODEL, USAGE
import oracle

LANES = 16  # fp16 elements of a burst
TILE = 8  # bursts of a walk
ELEMENT_TYPES = {np.float32: onnx.TensorProto.FLOAT, np.float16: onnx.TensorProto.FLOAT16}


def make_model(nodes, inputs, outputs, constants=()):
    def info(name, shape, dtype):
        return helper.make_tensor_value_info(name, ELEMENT_TYPES[dtype], shape)

    graph = helper.make_graph(nodes, "graph", [info(*i) for i in inputs],
                              [info(*o) for o in outputs],
                              [numpy_helper.from_array(a, n) for n, a in constants])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def make_gemm(inputs, outputs, dtype=np.float32, bias=True, relu=False, **attributes):
    """One Gemm of a row, and its constants."""
    random = np.random.default_rng(inputs * 10007 + outputs)
    shape = (outputs, inputs) if attributes.get("transB") else (inputs, outputs)
    constants = [("w", random.standard_normal(shape).astype(dtype))]
    if bias:
        constants.append(("b", random.standard_normal(outputs).astype(dtype)))
    nodes = [helper.make_node("Gemm", ["x", *[n for n, _ in constants]], ["s" if relu else "y"],
                              name="product", **attributes)]
    if relu:
        nodes.append(helper.make_node("Relu", ["s"], ["y"], name="relu"))
    return make_model(nodes, [("x", [1, inputs], dtype)], [("y", [1, outputs], dtype)],
                      constants), dict(constants)


class Device:
    """Compiles a model and runs it on given inputs."""

    def __init__(self, run_tool, folder, model, target="hbm-pim", *options):
        self.run_tool, self.folder, self.target = run_tool, folder, target
        self.model, self.binary = folder / "model.onnx", folder / "model.garam"
        onnx.save(model, self.model)
        run_tool("garam", "compile", "-q", self.model, "--target", target, "-o", self.binary,
                 *options)

    def run(self, *options, **inputs):
        """Outputs by name."""
        arguments = [*options]
        for name, value in inputs.items():
            np.save(self.folder / f"{name}.npy", value)
            arguments += ["-i", f"{name}={self.folder / name}.npy"]
        outputs = self.folder / "outputs"
        self.run_tool("garam", "run", "-q", self.binary, *arguments, "-o", outputs,
                      "--report", self.folder / "report.json")
        return {path.stem: np.load(path) for path in outputs.glob("*.npy")}

    def get_splits(self):
        """Into how many parts the inputs of each product are cut."""
        text = self.run_tool("garam", "compile", "-q", self.model, "--target", self.target,
                             "--emit=pim-kernels", "-o", "-").stdout
        return [int(number) for number in re.findall(r"splits = (\d+)", text)]


def multiply_as_the_device(x, w, splits):
    """x (K) times w (K x N) with the roundings of docs/isa/pim.md: 16 lanes of each
    split, even tiles before odd ones, then the lanes one after the other."""
    inputs, outputs = w.shape
    bursts = -(-inputs // LANES)
    slots = -(-bursts // splits)
    padded = splits * slots * LANES
    x = np.concatenate([x.astype(np.float16), np.zeros(padded - inputs, np.float16)])
    w = np.concatenate([w.astype(np.float16), np.zeros((padded - inputs, outputs), np.float16)])
    total = np.zeros(outputs, np.float16)
    for split in range(splits):
        sums = np.zeros((LANES, outputs), np.float16)
        for parity in (0, 1):
            for slot in range(slots):
                if slot // TILE % 2 != parity:
                    continue
                first = (split * slots + slot) * LANES
                products = x[first:first + LANES, None] * w[first:first + LANES]
                sums = products + sums
        for lane in range(LANES):
            total = total + sums[lane]
    assert total.dtype == np.float16
    return total


def finish_as_the_driver(sums, dtype=np.float32, bias=None, alpha=1, beta=1, relu=False):
    result = sums.astype(np.float32) * np.float32(alpha)
    if bias is not None:
        result = result + bias.astype(np.float32) * np.float32(beta)
    if relu:
        result = np.where(np.signbit(result), np.float32(0), result)
    return result.astype(dtype)


def assert_same_bits(actual, expected):
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual.ravel().view(np.uint8), expected.ravel().view(np.uint8))


SHAPES = [(1, 1), (3, 5), (5, 3), (16, 64), (129, 65), (640, 128), (1000, 1000), (4097, 129),
          (129, 4097)]


@pytest.mark.parametrize("target", ["hbm-pim", "hbm-pim-x4"])
@pytest.mark.parametrize("inputs,outputs", SHAPES)
def test_products_are_bit_exact(run_tool, tmp_path, inputs, outputs, target):
    model, constants = make_gemm(inputs, outputs, bias=False)
    device = Device(run_tool, tmp_path, model, target)
    x = np.random.default_rng(1).standard_normal((1, inputs)).astype(np.float32)
    splits, = device.get_splits()
    sums = multiply_as_the_device(x[0], constants["w"], splits)
    assert_same_bits(device.run(x=x)["y"], finish_as_the_driver(sums))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("attributes", [{}, {"transB": 1}, {"alpha": 0.3, "beta": 1.7},
                                        {"transB": 1, "alpha": 0.3, "relu": True}])
def test_what_follows_a_product_is_bit_exact(run_tool, tmp_path, dtype, attributes):
    model, constants = make_gemm(70, 33, dtype, **attributes)
    device = Device(run_tool, tmp_path, model)
    x = np.random.default_rng(2).standard_normal((1, 70)).astype(dtype)
    w = constants["w"].T if attributes.get("transB") else constants["w"]
    splits, = device.get_splits()
    sums = multiply_as_the_device(x[0], w, splits)
    expected = finish_as_the_driver(sums, dtype, constants["b"], attributes.get("alpha", 1),
                                    attributes.get("beta", 1), attributes.get("relu", False))
    assert_same_bits(device.run(x=x)["y"], expected)


def test_subnormals_and_overflows_are_those_of_fp16(run_tool, tmp_path):
    model, constants = make_gemm(16, 4, bias=False)
    w = constants["w"]
    w[:] = 0
    w[0] = [1e-4, 60000, 60000, 1]
    w[1] = [1e-4, 60000, -60000, 0]
    model = make_model([helper.make_node("Gemm", ["x", "w"], ["y"])],
                       [("x", [1, 16], np.float32)], [("y", [1, 4], np.float32)], [("w", w)])
    device = Device(run_tool, tmp_path, model)
    x = np.zeros((1, 16), np.float32)
    x[0, 0], x[0, 1] = 1e-3, 1
    result = device.run(x=x)["y"][0]
    splits, = device.get_splits()
    with np.errstate(over="ignore"):
        expected = finish_as_the_driver(multiply_as_the_device(x[0], w, splits))
    assert_same_bits(result, expected)
    x[0, 0] = 100000  # beyond fp16
    result = device.run(x=x)["y"][0]
    assert np.isposinf(result[3])


ELEMENTWISE = {"Add": np.add, "Mul": np.multiply,
               "Relu": lambda a: np.where(np.signbit(a), np.float16(0), a)}


@pytest.mark.parametrize("shape", [[1], [3, 5], [7, 1000], [2, 3, 5000]], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("op", ELEMENTWISE)
def test_elementwise_operators_are_bit_exact(run_tool, tmp_path, op, dtype, shape):
    names = ["a"] if op == "Relu" else ["a", "b"]
    model = make_model([helper.make_node(op, names, ["y"])],
                       [(name, shape, dtype) for name in names], [("y", shape, dtype)])
    random = np.random.default_rng(3)
    inputs = {name: random.standard_normal(shape).astype(dtype) for name in names}
    expected = ELEMENTWISE[op](*[value.astype(np.float16) for value in inputs.values()])
    actual = Device(run_tool, tmp_path, model).run(**inputs)["y"]
    assert_same_bits(actual, expected.astype(dtype))


def test_operands_repeat_and_are_constants(run_tool, tmp_path):
    """(a + c) * b with c along the last dimension and b along the first, and a scalar."""
    random = np.random.default_rng(4)
    c = random.standard_normal(5).astype(np.float32)
    scalar = np.array(0.75, np.float32)
    model = make_model([helper.make_node("Add", ["a", "c"], ["s"]),
                        helper.make_node("Mul", ["s", "b"], ["t"]),
                        helper.make_node("Mul", ["t", "scalar"], ["y"])],
                       [("a", [3, 5], np.float32), ("b", [3, 1], np.float32)],
                       [("y", [3, 5], np.float32)], [("c", c), ("scalar", scalar)])
    a = random.standard_normal((3, 5)).astype(np.float32)
    b = random.standard_normal((3, 1)).astype(np.float32)
    half = [value.astype(np.float16) for value in (a, b, c, scalar)]
    expected = ((half[0] + half[2]) * half[1] * half[3]).astype(np.float32)
    actual = Device(run_tool, tmp_path, model).run(a=a, b=b)["y"]
    assert_same_bits(actual, expected)


def test_a_chain_of_layers_is_bit_exact(run_tool, tmp_path):
    """Dense, ReLU, dense, and an addition of the input: a model with all kinds of kernels."""
    random = np.random.default_rng(5)
    w1, w2 = (random.standard_normal((50, 50)).astype(np.float32) for _ in range(2))
    bias = random.standard_normal(50).astype(np.float32)
    model = make_model([helper.make_node("Gemm", ["x", "w1", "bias"], ["a"], name="one"),
                        helper.make_node("Relu", ["a"], ["b"], name="relu"),
                        helper.make_node("MatMul", ["b", "w2"], ["c"], name="two"),
                        helper.make_node("Add", ["c", "x"], ["y"], name="add")],
                       [("x", [1, 50], np.float32)], [("y", [1, 50], np.float32)],
                       [("w1", w1), ("w2", w2), ("bias", bias)])
    device = Device(run_tool, tmp_path, model)
    x = random.standard_normal((1, 50)).astype(np.float32)
    first, second = device.get_splits()
    hidden = finish_as_the_driver(multiply_as_the_device(x[0], w1, first), bias=bias, relu=True)
    products = finish_as_the_driver(multiply_as_the_device(hidden, w2, second))
    expected = (products.astype(np.float16) + x[0].astype(np.float16)).astype(np.float32)
    assert_same_bits(device.run(x=x)["y"], expected)


# 16 partial sums of K / 16 terms each are rounded to 11 bits after every step.
def test_agrees_with_onnxruntime_as_far_as_fp16_does(run_tool, tmp_path):
    model, constants = make_gemm(640, 128)
    x = np.random.default_rng(6).standard_normal((1, 640)).astype(np.float32)
    actual = Device(run_tool, tmp_path, model).run(x=x)["y"]
    expected = oracle.run_onnxruntime(model, {"x": x})["y"]
    steps = 640 / LANES + LANES + 2
    magnitude = np.abs(x) @ np.abs(constants["w"]) + np.abs(constants["b"])
    assert (np.abs(actual - expected) <= steps * 2.0 ** -11 * magnitude).all()
    assert oracle.cosine(actual, expected) > 0.9999


def test_autoencoder_is_bit_exact_layer_by_layer(models_dir, run_tool, tmp_path):
    """The whole MLPerf Tiny autoencoder on the memory alone: each layer is exact for the inputs that
    it really had, and what comes out agrees with onnxruntime as far as fp16 does."""
    model = onnx.load(models_dir / "mlperf_tiny" / "ad_autoencoder_fp32.onnx")
    device = Device(run_tool, tmp_path, model, "hbm-pim", "--no-fallback")
    name = model.graph.input[0].name
    x = np.random.default_rng(0).uniform(-40, 10, (1, 640)).astype(np.float32)
    outputs = device.run("--keep-intermediates", tmp_path / "values", **{name: x})
    result = outputs[model.graph.output[0].name]

    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    layers = [node for node in model.graph.node if node.op_type == "Gemm"]
    splits = device.get_splits()
    assert len(layers) == len(splits) == 10 and max(splits) > 1
    value = x
    for layer, parts in zip(layers, splits):
        matrix, bias = (weights[name] for name in layer.input[1:])
        if any(a.name == "transB" and a.i for a in layer.attribute):
            matrix = matrix.T
        follower = [node for node in model.graph.node if layer.output[0] in node.input]
        expected = finish_as_the_driver(multiply_as_the_device(value[0], matrix, parts), bias=bias,
                                        relu=bool(follower))
        value = (np.load(tmp_path / "values" / f"{follower[0].name}.npy") if follower else result)
        assert_same_bits(value, expected)

    expected = oracle.run_onnxruntime(model, {name: x})[model.graph.output[0].name]
    assert oracle.cosine(result, expected) > 0.9999
    largest = np.abs(expected).max()
    assert np.abs(result - expected).max() <= 0.01 * largest


def test_setup_is_not_in_the_latency(run_tool, tmp_path):
    """Weights are written to the banks once: a product of twice the rows in the same time."""
    times = []
    for outputs in (512, 1024):
        folder = tmp_path / str(outputs)
        folder.mkdir()
        model, _ = make_gemm(1024, outputs, bias=False)
        Device(run_tool, folder, model).run(x=np.zeros((1, 1024), np.float32))
        report = json.loads((folder / "report.json").read_text())
        times.append(report["latency_s"])
    weight_seconds = 1024 * 1024 * 2 / (16 * 32 * 1e9 / 2)
    assert times[1] - times[0] < weight_seconds / 2


def test_the_disassembly_shows_program_and_stream(run_tool, tmp_path):
    model, _ = make_gemm(40, 3)
    device = Device(run_tool, tmp_path, model)
    text = run_tool("garam", "inspect", "-d", device.binary).stdout
    for line in ["segment 0 constant", "micro-kernel 0", "  MAC GRF_B, GRF_A, EVEN_BANK, auto",
                 "phase weights of the setup", "phase kernel", "  repeat 1", "reduce staging"]:
        assert line in text


def test_values_of_nodes_are_kept(run_tool, tmp_path):
    """What lies between two kernels is there, with the type that it has for the driver."""
    random = np.random.default_rng(8)
    w = random.standard_normal((20, 20)).astype(np.float32)
    model = make_model([helper.make_node("MatMul", ["x", "w"], ["a"], name="one"),
                        helper.make_node("Add", ["a", "x"], ["y"], name="two")],
                       [("x", [1, 20], np.float32)], [("y", [1, 20], np.float32)], [("w", w)])
    device = Device(run_tool, tmp_path, model)
    x = random.standard_normal((1, 20)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "run", "-q", device.binary, "-i", f"x={tmp_path / 'x.npy'}",
             "--keep-intermediates", tmp_path / "kept")
    splits, = device.get_splits()
    one = finish_as_the_driver(multiply_as_the_device(x[0], w, splits))
    assert_same_bits(np.load(tmp_path / "kept" / "one.npy"), one)
    two = (one.astype(np.float16) + x[0].astype(np.float16)).astype(np.float32)
    assert_same_bits(np.load(tmp_path / "kept" / "two.npy"), two)


def test_the_plan_names_the_banks(run_tool, tmp_path):
    model, _ = make_gemm(640, 128)
    device = Device(run_tool, tmp_path, model)
    plan = run_tool("garam", "inspect", device.binary, "--plan").stdout.split("Memory plan")[1]
    row_bytes = 16 * 16 * 1024  # of all banks of all channels
    assert re.search(rf"banks of rank 0 +0 +{4 * row_bytes} bytes  product", plan)


def read_stream(path):
    """The header of an exported stream, and the lines of each phase."""
    header, phases = {}, []
    for line in path.read_text().splitlines():
        letter, _, rest = line.partition(" ")
        if letter == "#":
            key, value = rest.split()
            header[key] = value
        elif letter == "P":
            phases.append((rest, []))
        else:
            phases[-1][1].append(line)
    return header, phases


def test_an_export_does_not_overwrite_its_binary(run_tool, tmp_path):
    device = Device(run_tool, tmp_path, make_gemm(40, 3)[0])
    before = device.binary.read_bytes()
    link = tmp_path / "link.txt"
    link.symlink_to(device.binary)
    result = run_tool("garam", "inspect", device.binary, "--export-pim-stream", link, status=USAGE)
    assert "--export-pim-stream" in result.stderr
    assert device.binary.read_bytes() == before


def test_streams_are_exported(run_tool, tmp_path):
    """The text has every transaction, phase after phase, with the weights in fp16."""
    model, constants = make_gemm(40, 3)
    device = Device(run_tool, tmp_path, model)
    stream = tmp_path / "stream.txt"
    run_tool("garam", "inspect", device.binary, "--export-pim-stream", stream)
    header, phases = read_stream(stream)
    assert header["channels"] == "16" and header["ranks"] == "1"
    assert header["mapping"] == "scheme8" and header["row-enter-all-bank"] == "0x17ff"
    assert [name for name, _ in phases] == ["weights", "kernel", "result"]
    weights, kernel, result = (lines for _, lines in phases)
    words = {line.split()[2] for line in weights}
    first = constants["w"].astype(np.float16)[:LANES, 0].tobytes().hex()
    assert first in words
    assert all(line.startswith("W ") for line in weights)
    assert {line[0] for line in kernel} == {"W", "R", "B"}
    assert {line[0] for line in result} == {"D"}
    splits, = device.get_splits()
    assert len(result) == 3 * splits


@pytest.mark.parametrize("arguments,message", [
    (["--export-pim-stream"], "--export-pim-stream: no program is of kind 'pim'"),
    (["--program", "3", "--export-pim-stream"],
     "--export-pim-stream: program 3 is not one of kind 'pim'"),
])
def test_other_programs_have_no_stream(run_tool, tmp_path, arguments, message):
    model, _ = make_gemm(4, 3)
    onnx.save(model, tmp_path / "model.onnx")
    run_tool("garam", "compile", "-q", tmp_path / "model.onnx", "--target", "atom", "-o",
             tmp_path / "model.garam")
    result = run_tool("garam", "inspect", tmp_path / "model.garam", *arguments,
                      tmp_path / "stream.txt", status=USAGE)
    assert message in result.stderr
    assert not (tmp_path / "stream.txt").exists()


def test_one_of_several_programs_is_chosen(run_tool, tmp_path):
    """What the host does between two kernels makes two programs: an export needs the number."""
    model = make_model([helper.make_node("Relu", ["x"], ["a"], name="first"),
                        helper.make_node("Tanh", ["a"], ["b"], name="between"),
                        helper.make_node("Add", ["b", "x"], ["y"], name="last")],
                       [("x", [4], np.float32)], [("y", [4], np.float32)])
    device = Device(run_tool, tmp_path, model)
    stream = tmp_path / "stream.txt"
    result = run_tool("garam", "inspect", device.binary, "--export-pim-stream", stream,
                      status=USAGE)
    found = re.search(r"--export-pim-stream: 2 programs are of kind 'pim'; hint: pass --program "
                      r"NUMBER, the first is (\d)", result.stderr)
    run_tool("garam", "inspect", device.binary, "--export-pim-stream", stream, "--program",
             found[1])
    assert [name for name, _ in read_stream(stream)[1]] == ["input", "kernel", "result"]


def test_the_help_of_inspect_has_the_export(run_tool):
    text = " ".join(run_tool("garam", "inspect", "--help").stdout.split())
    assert "--export-pim-stream FILE write the memory transactions of a program as text" in text


def test_facts_of_a_target(run_tool):
    text = run_tool("garam", "targets", "hbm-pim").stdout
    for name in ["channels", "units", "DRAM for operands", "bandwidth in banks"]:
        assert name in text


@pytest.mark.parametrize("old,new,message", [
    ("rank 0 bank 0", "rank 4294967296 bank 0",
     "'pim.access' op (C5) has a rank that is no number of 32 bits: 4294967296"),
    ("pim.segment input", "pim.segment constant",
     "'pim.segment' op (C2) is a constant segment, but not the first one"),
    (": 160", ": -1", "'pim.segment' op (C1) has a size of at least 0, got: -1"),
    ("at 0 : f32 sizes", "at -4 : f32 sizes",
     "'pim.convert' op (C3) leaves its segment: 40 elements from byte -4 on, of 160 bytes"),
    ("rank 0 bank 0", "rank 1 bank 0",
     "the program breaks a rule: step 0, command 0: accesses rank 1, but there are 1"),
    ("pim.exit", "pim.nop 1",
     "'pim.micro_kernel' op (C2) breaks the rule of the end: a program ends with EXIT"),
])
def test_edited_streams_are_refused(run_tool, tmp_path, old, new, message):
    """Streams that someone has changed are checked as those of the compiler are."""
    model, _ = make_gemm(40, 3)
    onnx.save(model, tmp_path / "model.onnx")
    streams = tmp_path / "streams.mlir"
    run_tool("garam", "compile", "-q", tmp_path / "model.onnx", "--target", "hbm-pim",
             "--emit=pim-streams", "-o", streams)
    text = streams.read_text()
    assert old in text
    streams.write_text(text.replace(old, new, 1))
    result = run_tool("garam", "compile", streams, "--from=pim-streams", "-o",
                      tmp_path / "model.garam", status=MODEL)
    assert message in result.stderr
    assert "internal" not in result.stderr


def test_edited_places_are_refused(run_tool, tmp_path):
    """Kernels that someone has moved to where the machine has nothing are not the compiler's fault."""
    model, _ = make_gemm(40, 3)
    onnx.save(model, tmp_path / "model.onnx")
    kernels = tmp_path / "kernels.mlir"
    run_tool("garam", "compile", "-q", tmp_path / "model.onnx", "--target", "hbm-pim",
             "--emit=pim-kernels", "-o", kernels)
    text = kernels.read_text()
    assert text.count("rank = 0") == 1
    kernels.write_text(text.replace("rank = 0", "rank = 3"))
    result = run_tool("garam", "compile", kernels, "--from=pim-kernels", "-o",
                      tmp_path / "model.garam", status=MODEL)
    assert ("'pim.gemv' op has a place beyond the 4096 rows of each of 1 ranks that instructions address"
            in result.stderr)
    assert "internal" not in result.stderr
