"""garam compile --calibrate: the ranges of values from samples of a model's inputs."""

import re
import zipfile

import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

import analog_reference as reference
from conftest import DIGITS, INPUT, USAGE
from test_analog import draw, make_model

SHAPE = (2, 20)  # of the input


def make_network(random):
    """Two products with a ReLU between them, and their weights."""
    first, second = draw(random, 20, 30), draw(random, 30, 5)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
             helper.make_node("Relu", ["a"], ["h"], name="relu"),
             helper.make_node("MatMul", ["h", "v"], ["y"], name="second")]
    return make_model(nodes, {"x": SHAPE}, {"y": (2, 5)}, w=first, v=second), first, second


@pytest.fixture
def network(tmp_path):
    random = np.random.default_rng(3)
    model, first, second = make_network(random)
    onnx.save(model, tmp_path / "model.onnx")
    return random, first, second


def compile_with(tmp_path, samples):
    return ("compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet", "--calibrate",
            samples, "-o", tmp_path / "model.garam")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("axis", ["of samples", "of the input"])
def test_ranges_are_those_of_the_samples(network, save, axis, run_tool, tmp_path):
    """Samples are whole inputs, or go on along the input's first dimension."""
    random, first, second = network
    samples = random.uniform(-3, 7, (4, *SHAPE)).astype(np.float32)
    save(tmp_path / "samples.npz", x=samples if axis == "of samples" else samples.reshape(8, 20))
    result = run_tool("garam", *compile_with(tmp_path, tmp_path / "samples.npz"))
    assert "guesses" not in result.stderr

    hidden = np.maximum(samples.reshape(8, 20) @ first, 0)
    x = samples[0]
    dac = reference.make_dac(float(samples.min()), float(samples.max()))
    middle, _ = reference.multiply(x, first, dac, low=0)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "run", tmp_path / "model.garam", "--quiet", "--input",
             f"x={tmp_path / 'x.npy'}", "-o", tmp_path / "out")
    found = np.load(tmp_path / "out" / "y.npy")
    # The host and numpy may sum in another order: the observed range of the hidden layer is one of
    # a few neighbouring floats.
    largest = np.float32(hidden.max())
    for _ in range(8):
        largest = np.nextafter(largest, np.float32(0))
    expected = []
    for _ in range(17):
        expected.append(reference.multiply(middle, second, reference.make_dac(0, float(largest)))[0])
        largest = np.nextafter(largest, np.float32(np.inf))
    assert any(np.array_equal(found, candidate) for candidate in expected)


@pytest.mark.parametrize("stage", ["linalg", "placed"])
def test_ranges_are_in_the_ir(network, stage, run_tool, tmp_path):
    """So that a compile that goes on from the stage has them too."""
    random, _, _ = network
    np.savez(tmp_path / "samples.npz", x=random.uniform(-3, 7, (4, *SHAPE)).astype(np.float32))
    arguments = compile_with(tmp_path, tmp_path / "samples.npz")
    run_tool("garam", *arguments)
    content = (tmp_path / "model.garam").read_bytes()
    file = tmp_path / "stage.mlir"
    run_tool("garam", *arguments[:-1], file, f"--emit={stage}")
    # The input and three nodes; in a placed function, its argument as well.
    assert file.read_text().count("garam_ext.range = array<f64: ") == (5 if stage == "placed" else 4)
    result = run_tool("garam", "compile", file, f"--from={stage}", "--target", "hermes", "-o",
                      tmp_path / "again.garam", "--quiet")
    assert "guesses" not in result.stderr
    assert (tmp_path / "again.garam").read_bytes() == content


def test_ranges_are_added_to_ir(network, run_tool, tmp_path):
    """A compile that begins and ends at 'linalg' observes as well."""
    random, _, _ = network
    np.savez(tmp_path / "samples.npz", x=random.uniform(-3, 7, (4, *SHAPE)).astype(np.float32))
    arguments = compile_with(tmp_path, tmp_path / "samples.npz")
    expected = run_tool("garam", *arguments[:-2], "--emit=linalg").stdout
    file = tmp_path / "stage.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet",
             "--emit=linalg", "-o", file)
    assert "garam_ext.range" not in file.read_text()
    found = run_tool("garam", "compile", file, "--from=linalg", "--emit=linalg", *arguments[2:-2]).stdout
    assert [line for line in found.splitlines() if "garam_ext.range" in line] == \
        [line for line in expected.splitlines() if "garam_ext.range" in line]


@pytest.mark.parametrize("level", ["x86-64", "native"])
def test_code_for_the_processor_that_is_asked_for(level, run_tool, tmp_path):
    """Samples run as the model does on the host, whose sums follow the width of its vectors."""
    random = np.random.default_rng(5)
    weights = random.standard_normal((2000, 64)).astype(np.float32)
    onnx.save(make_model([helper.make_node("MatMul", ["x", "w"], ["a"]),
                          helper.make_node("Softmax", ["a"], ["b"], axis=1),
                          helper.make_node("ReduceSum", ["b"], ["y"], name="sum", keepdims=0)],
                         {"x": (1, 2000)}, {"y": ()}, w=weights), tmp_path / "model.onnx")
    x = random.standard_normal((1, 2000)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "samples.npz", x=x)
    arguments = ("compile", tmp_path / "model.onnx", "--target", "host", "--host-cpu", level, "--quiet")
    placed = run_tool("garam", *arguments, "--calibrate", tmp_path / "samples.npz",
                      "--emit=placed").stdout
    run_tool("garam", *arguments, "-o", tmp_path / "model.garam")
    run_tool("garam", "run", tmp_path / "model.garam", "--quiet", "--input", f"x={tmp_path / 'x.npy'}",
             "-o", tmp_path / "out")
    found = float(np.load(tmp_path / "out" / "y.npy"))
    ranges = [[float(number) for number in text.split(", ")]
              for text in re.findall(r"garam_ext\.range = array<f64: ([^>]*)>", placed)]
    assert [found, found] in ranges


def test_samples_for_a_chip_without_floats(run_tool, tmp_path):
    """The host quantises its input, which then is no tensor that was observed."""
    np.savez(tmp_path / "samples.npz", image=np.zeros((2, 1, 1, 8, 8), np.float32))
    run_tool("garam", "compile", DIGITS.with_name("digits_int8.onnx"), "--dim", "N=1", "--target",
             "warboy", "--calibrate", tmp_path / "samples.npz", "-o", tmp_path / "model.garam", "--quiet")


def test_samples_have_fixed_sizes(fails, tmp_path):
    np.savez(tmp_path / "samples.npz", image=np.zeros((2, 1, 1, 8, 8), np.float32))
    fails(INPUT, "input 'image' has a size of run time, and samples have fixed ones; hint: bind the dimension with --dim",
          "compile", DIGITS.with_name("digits_int8.onnx"), "--dim", "N=1..4", "--target", "warboy", "--calibrate",
          tmp_path / "samples.npz", "-o", tmp_path / "model.garam", "--quiet")


def test_samples_that_do_not_fit(network, fails, tmp_path):
    file = tmp_path / "samples.npz"

    def check(message, **arrays):
        np.savez(file, **arrays)
        fails(INPUT, message, *compile_with(tmp_path, file))

    zeros = np.zeros((4, *SHAPE), np.float32)
    check("has no array 'x'; needed one for each input, with samples along its first axis")
    check("samples.npz: the model has no input 'z', 'a'; its inputs are 'x' (float32[2,20])", x=zeros,
          z=zeros, a=zeros)
    check("array 'x' is float64[4,2,20]; needed samples of float32[2,20] along a first axis",
          x=zeros.astype(np.float64))
    check("array 'x' is float32[3,20]; needed samples of float32[2,20] along a first axis",
          x=zeros.reshape(8, 20)[:3])
    check("array 'x' is float32[0,2,20]; needed samples of", x=zeros[:0])
    check("array 'x' is float32[]; needed samples of", x=np.float32(0))


@pytest.mark.parametrize("value, name", [(np.nan, "a NaN"), (np.inf, "an infinity"),
                                         (-np.inf, "an infinity")])
@pytest.mark.parametrize("shape", [(4, *SHAPE), (4 * SHAPE[0], *SHAPE[1:])])
def test_samples_are_finite(network, value, name, shape, fails, tmp_path):
    samples = np.zeros((4, *SHAPE), np.float32)
    samples[2, 1, 7] = value
    np.savez(tmp_path / "samples.npz", x=samples.reshape(shape))
    message = fails(INPUT, f"samples.npz: array 'x' has {name} in sample 2, element {SHAPE[1] + 7} "
                    "of it (both counted from 0); needed finite numbers",
                    *compile_with(tmp_path, tmp_path / "samples.npz"))
    assert f"--calibrate {tmp_path / 'samples.npz'}" in message


def test_inputs_without_elements(fails, tmp_path):
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Relu", ["z"], ["b"])]
    onnx.save(make_model(nodes, {"x": (0, 4), "z": (4,)}, {"a": (0, 4), "b": (4,)}),
              tmp_path / "model.onnx")
    zeros = np.zeros((3, 4), np.float32)
    np.savez(tmp_path / "samples.npz", x=zeros, z=zeros)
    fails(INPUT, "array 'x' is float32[3,4]; needed samples of float32[0,4] along a first axis",
          *compile_with(tmp_path, tmp_path / "samples.npz"))


def test_two_inputs_have_as_many_samples(fails, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]),
             helper.make_node("MatMul", ["z", "w"], ["b"])]
    onnx.save(make_model(nodes, {"x": (1, 3), "z": (1, 3)}, {"a": (1, 2), "b": (1, 2)},
                         w=np.ones((3, 2), np.float32)), tmp_path / "model.onnx")
    np.savez(tmp_path / "samples.npz", x=np.zeros((4, 3), np.float32),
             z=np.zeros((5, 3), np.float32))
    fails(INPUT, "array 'z' has 5 samples, 'x' has 4",
          *compile_with(tmp_path, tmp_path / "samples.npz"))


def save_embedding(path, index_type, table, weights):
    """Rows of a table by indices, then a product; the input is two indices."""
    nodes = [helper.make_node("Gather", ["table", "ids"], ["rows"], name="rows"),
             helper.make_node("MatMul", ["rows", "w"], ["y"], name="product")]
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("ids", index_type, (2,))],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, (2, weights.shape[1]))],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.mark.parametrize("index_type, dtype", [(onnx.TensorProto.INT64, np.int64),
                                               (onnx.TensorProto.INT32, np.int32)])
@pytest.mark.parametrize("axis", ["of samples", "of the input"])
def test_indices_of_an_embedding(index_type, dtype, axis, run_tool, tmp_path):
    """An input of integers has samples too; the ranges are those of the floats behind it."""
    random = np.random.default_rng(11)
    table, weights = draw(random, 9, 16), draw(random, 16, 5)
    save_embedding(tmp_path / "model.onnx", index_type, table, weights)
    ids = np.array([[0, 3], [4, 1], [3, 3]], dtype)
    np.savez(tmp_path / "samples.npz", ids=ids if axis == "of samples" else ids.reshape(6))
    result = run_tool("garam", *compile_with(tmp_path, tmp_path / "samples.npz"))
    assert "guesses" not in result.stderr

    np.save(tmp_path / "ids.npy", ids[1])
    run_tool("garam", "run", tmp_path / "model.garam", "--trust-native", "--quiet", "--input",
             f"ids={tmp_path / 'ids.npy'}", "-o", tmp_path / "out")
    seen = table[ids.reshape(-1)]
    dac = reference.make_dac(float(seen.min()), float(seen.max()))
    expected, _ = reference.multiply(table[ids[1]], weights, dac)
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "y.npy"), expected)


def test_integers_without_a_sign(run_tool, tmp_path):
    """Types are the model's, also where linalg has integers without a sign."""
    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["y"], to=onnx.TensorProto.FLOAT)], "graph",
        [helper.make_tensor_value_info("x", onnx.TensorProto.UINT8, (2,))],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, (2,))])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "model.onnx")
    np.savez(tmp_path / "samples.npz", x=np.array([[1, 200], [7, 255]], np.uint8))
    placed = run_tool("garam", *compile_with(tmp_path, tmp_path / "samples.npz")[:-2],
                      "--emit=placed").stdout
    assert "garam_ext.range = array<f64: 1.000000e+00, 2.550000e+02>" in placed


def test_files_that_are_no_archives_of_arrays(network, fails, tmp_path):
    file = tmp_path / "samples.npz"

    def check(message):
        fails(INPUT, message, *compile_with(tmp_path, file))

    check(f"cannot read '{file}': No such file")
    file.write_bytes(b"no archive")
    check("Not a zip archive")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no array")
    check("'readme.txt' is not an array of numpy, which ends in .npy")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", "no array")
    check("samples.npz: x.npy")
    np.savez_compressed(file, x=np.zeros((4, *SHAPE), np.float32))
    content = bytearray(file.read_bytes())
    content[content.index(b"x.npy") + 60] ^= 255  # within the compressed data
    file.write_bytes(content)
    check("'x.npy' is damaged")


def test_archive_that_claims_to_be_huge(network, fails, tmp_path):
    """The size of a member as the archive's directory states it: 4 GiB and more."""
    file = tmp_path / "samples.npz"
    np.savez(file, x=np.zeros((4, *SHAPE), np.float32))
    content = bytearray(file.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24:directory + 28] = (0xfffffffe).to_bytes(4, "little")
    file.write_bytes(content)
    fails(INPUT, "cannot read", *compile_with(tmp_path, file))


def test_calibration_is_between_linalg_and_placement(network, run_tool, fails, tmp_path):
    stage = tmp_path / "stage.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet", "--emit",
             "placed", "-o", stage)
    np.savez(tmp_path / "samples.npz", x=np.zeros((4, *SHAPE), np.float32))
    for end in ((), ("--emit=placed",)):
        fails(USAGE, "--calibrate: this IR is placed; start from a stage before 'placed'", "compile",
              stage, "--from", "placed", "--calibrate", tmp_path / "samples.npz", "-o",
              tmp_path / "model.garam", *end)
    fails(USAGE, "--calibrate: values are observed at stage 'linalg'; hint: give it to the compile "
          "that goes on from here", *compile_with(tmp_path, tmp_path / "samples.npz"), "--emit=onnx")


def test_inputs_without_fixed_dimensions(network, run_tool, fails, tmp_path):
    """They are legal in IR that begins at 'linalg'."""
    np.savez(tmp_path / "samples.npz", x=np.zeros((4, 2), np.float32))
    stage = tmp_path / "stage.mlir"
    stage.write_text("""func.func @main(%x: tensor<?xf32> {onnx.name = "x"})
        -> (tensor<?xf32> {onnx.name = "y"}) {
      return %x : tensor<?xf32>
    }""")
    fails(INPUT, "input 'x' is not a tensor of numbers with fixed dimensions, which samples need",
          "compile", stage, "--from", "linalg", "--target", "hermes", "--calibrate",
          tmp_path / "samples.npz", "-o", tmp_path / "model.garam")


def test_one_model_is_calibrated(network, run_tool, fails, tmp_path):
    stage = tmp_path / "stage.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet", "--emit",
             "linalg", "-o", stage)
    text = stage.read_text()
    begin = text.index("  func.func")
    function = text[begin:text.index("\n  }", begin) + 5]
    name = function.split("@")[1].split("(")[0]
    stage.write_text(text.replace(function, function + function.replace(f"@{name}(", "@other(")))
    np.savez(tmp_path / "samples.npz", x=np.zeros((4, *SHAPE), np.float32))
    fails(INPUT, "the IR has several functions, or none; needed one model", "compile", stage,
          "--from", "linalg", "--target", "hermes", "--calibrate", tmp_path / "samples.npz", "-o",
          tmp_path / "model.garam")


# Nodes whose operations become loops with several results or none on the way to a device.
LOWERED = {
    "Transpose": (helper.make_node("Transpose", ["h"], ["y"], perm=[0, 2, 1]), (2, 3, 4), (2, 4, 3)),
    "Softmax": (helper.make_node("Softmax", ["h"], ["y"], axis=1), (2, 3, 4), (2, 3, 4)),
    "MaxPool": (helper.make_node("MaxPool", ["h"], ["y"], kernel_shape=[2]), (2, 3, 4), (2, 3, 3)),
    "ReduceMax": (helper.make_node("ReduceMax", ["h"], ["y"], axes=[1], keepdims=0), (2, 3, 4), (2, 4)),
    "ArgMax": (helper.make_node("ArgMax", ["h"], ["y"], axis=1), (2, 3, 4), (2, 1, 4)),
    "Sigmoid": (helper.make_node("Sigmoid", ["h"], ["y"]), (2, 3, 4), (2, 3, 4)),
}


@pytest.mark.parametrize("target", ["host", "atom", "kcloud-stage3"])
@pytest.mark.parametrize("kind", LOWERED)
def test_ranges_are_dropped_where_nothing_needs_them(kind, target, run_tool, tmp_path):
    """What a device makes of a node is the same with them."""
    node, shape, result = LOWERED[kind]
    model = make_model([helper.make_node("Relu", ["x"], ["h"]), node], {"x": shape}, {"y": result})
    if kind == "ArgMax":
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    onnx.save(model, tmp_path / "model.onnx")
    np.savez(tmp_path / "samples.npz", x=draw(np.random.default_rng(1), 2, *shape))
    binaries = []
    for options in ((), ("--calibrate", tmp_path / "samples.npz")):
        binaries.append(tmp_path / f"{len(binaries)}.garam")
        run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--quiet", *options,
                 "-o", binaries[-1])
    plain, calibrated = (run_tool("garam", "inspect", "--disassemble", binary).stdout.splitlines()[1:]
                         for binary in binaries)
    assert plain == calibrated
