"""--keep-intermediates writes what the nodes yield, and changes nothing else."""

import json
import re

import ml_dtypes
import numpy as np
import onnx
import pytest

from conftest import SOURCE_DIR
from oracle import bind_shape, cosine, get_inputs, run_onnxruntime

DIGITS = SOURCE_DIR / "examples" / "digits"
CHANGING = ("compile_s", "run_s", "peak_rss_bytes")  # from run to run


def load(path):
    """A tensor from the device; numpy has no bfloat16 of its own."""
    array = np.load(path)
    return array.view(ml_dtypes.bfloat16) if array.dtype.kind == "V" else array


def get_all_values(path, inputs):
    """File name of a node's output -> its value in onnxruntime."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    outputs = {(node.name or node.output[0]) + (f":{number}" if number else ""): name
               for node in model.graph.node for number, name in enumerate(node.output) if name}
    known = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name)
                              for name in outputs.values() if name not in known)
    values = run_onnxruntime(model, inputs, optimise=False)
    return {re.sub(r"[^A-Za-z0-9._-]", "_", node): values[name] for node, name in outputs.items()}


def compare(folder, expected):
    """Compares all files with onnxruntime's values; the nodes that there are files of."""
    found = set()
    for file in sorted(folder.iterdir()):
        actual, wanted = load(file), expected[file.stem]
        assert actual.shape == wanted.shape, file.name
        if wanted.dtype == np.float32:
            assert cosine(actual.astype(np.float32), wanted) >= 0.998, file.name
        else:
            assert actual.dtype == wanted.dtype, file.name
            difference = actual.astype(np.int64) - wanted.astype(np.int64)
            assert np.abs(difference).max() <= 2, file.name
        found.add(file.stem)
    return found


def run_model(run_tool, tmp_path, model, target, arrays, *options):
    """Runs with and without the flag; the folder that it wrote."""
    binary = tmp_path / "model.garam"
    run_tool("garam", "compile", model, "--target", target, *options, "-o", binary, "--quiet")
    arguments = []
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    reports = []
    for name, flags in [("without", []), ("with", ["--keep-intermediates", tmp_path / "values"])]:
        report = tmp_path / f"{name}.json"
        run_tool("garam", "run", binary, *arguments, *flags, "--report", report,
                 "--output-dir", tmp_path / name, "--quiet")
        reports.append({key: value for key, value in json.loads(report.read_text()).items()
                        if key not in CHANGING})
    assert reports[0] == reports[1]
    for file in (tmp_path / "without").iterdir():
        assert file.read_bytes() == (tmp_path / "with" / file.name).read_bytes()
    return tmp_path / "values"


@pytest.mark.parametrize("model, target, needed", [
    ("digits.onnx", "rngd", {"relu1", "relu2", "dense2"}),
    ("digits.onnx", "atom", {"relu1", "relu2", "dense2"}),
    ("digits.onnx", "host", {"relu1", "relu2", "pool", "dense2"}),
    ("digits_int8.onnx", "rngd", set()),
    ("digits_int8.onnx", "warboy", set()),
    ("digits_int8.onnx", "host", set()),
])
def test_values_agree_with_onnxruntime(run_tool, tmp_path, model, target, needed):
    image = (np.load(DIGITS / "test_images.npy")[:1, None] / np.float32(16)).astype(np.float32)
    folder = run_model(run_tool, tmp_path, DIGITS / model, target, {"image": image}, "--dim", "N=1")
    found = compare(folder, get_all_values(DIGITS / model, {"image": image}))
    assert len(found) >= 3
    assert needed <= found


@pytest.mark.parametrize("target", ["atom", "host"])
@pytest.mark.parametrize("model", ["ic_resnet8_fp32.onnx", "kws_dscnn_fp32.onnx"])
def test_values_of_a_trained_network(run_tool, tmp_path, models_dir, model, target):
    path = models_dir / "mlperf_tiny" / model
    name, shape = next(iter(get_inputs(onnx.load(path)).items()))
    array = np.random.default_rng(1).uniform(-10, 10, bind_shape(shape)).astype(np.float32)
    folder = run_model(run_tool, tmp_path, path, target, {name: array},
                       "--shape", f"{name}={'x'.join(map(str, array.shape))}")
    assert len(compare(folder, get_all_values(path, {name: array}))) >= 5


def test_values_of_commands_in_loops(run_tool, tmp_path):
    """A batch that is worked on in turns: one command writes several tiles of a value."""
    batch = 1000
    images = np.resize(np.load(DIGITS / "test_images.npy"), (batch, 8, 8))
    array = (images[:, None] / np.float32(16)).astype(np.float32)
    folder = run_model(run_tool, tmp_path, DIGITS / "digits.onnx", "rngd", {"image": array},
                       "--dim", f"N={batch}")
    program = run_tool("garam", "inspect", tmp_path / "model.garam", "--disassemble").stdout
    assert " loop " in program
    found = compare(folder, get_all_values(DIGITS / "digits.onnx", {"image": array}))
    assert {"relu1", "relu2", "dense2"} <= found


@pytest.mark.parametrize("reader", [("Identity", {}), ("Transpose", {"perm": [1, 0]}),
                                    ("Reshape", {})])
def test_values_that_share_their_bytes(run_tool, tmp_path, reader):
    """A broadcast of elements that no register holds is read where they lie: nothing writes it."""
    kind, attributes = reader
    helper = onnx.helper
    shapes = [onnx.numpy_helper.from_array(np.array(shape), name)
              for name, shape in [("wide", [3, 5]), ("flat", [15])]]
    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["long"], "cast", to=onnx.TensorProto.INT64),
         helper.make_node("Expand", ["long", "wide"], ["expanded"], "exp"),
         helper.make_node(kind, ["expanded"] + ["flat"] * (kind == "Reshape"), ["y"], "last",
                          **attributes)], "graph",
        [helper.make_tensor_value_info("x", onnx.TensorProto.INT32, [3, 1])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.INT64, None)], shapes)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path, x = tmp_path / "model.onnx", np.array([[7], [-8], [9]], np.int32)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)
    folder = run_model(run_tool, tmp_path, path, "atom", {"x": x})
    assert "cast" in compare(folder, get_all_values(path, {"x": x}))
    expected = np.broadcast_to(x, (3, 5)).astype(np.int64)
    expected = {"Identity": expected, "Transpose": expected.T, "Reshape": expected.ravel()}[kind]
    assert np.array_equal(np.load(tmp_path / "with" / "y.npy"), expected)


def make_quantised_attention(random):
    """Products, a scaling, a softmax and pieces of a split, each quantised: a scale that a node
    makes of a constant is folded into what is computed of another node's result."""
    helper, nodes, constants = onnx.helper, [], []

    def constant(name, value):
        constants.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def quantise(name, scale):
        operands = [constant(f"{name}_scale", np.float32(scale)), constant(f"{name}_zero", np.int8(3))]
        nodes.append(helper.make_node("QuantizeLinear", [name, *operands], [f"{name}_q"], f"{name}_q"))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", *operands], [f"{name}_d"],
                                      f"{name}_d"))
        return f"{name}_d"

    def node(kind, inputs, name, scale, **attributes):
        nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return quantise(name, scale)

    factor = [constant("factor_8", np.int8(127)), constant("factor_scale", np.float32(0.25 / 127))]
    nodes.append(helper.make_node("DequantizeLinear", factor, ["factor"], "factor"))
    weights = constant("weights", random.standard_normal((8, 12)).astype(np.float32))
    projected = node("MatMul", ["x", weights], "projection", 0.1)
    nodes.append(helper.make_node("Split", [projected], ["query", "key", "value"], "split", axis=1,
                                  num_outputs=3))
    moved = node("Transpose", [quantise("key", 0.1)], "moved", 0.1, perm=[1, 0])
    scores = node("MatMul", [quantise("query", 0.1), moved], "scores", 0.5)
    shares = node("Softmax", [node("Mul", [scores, "factor"], "scaled", 0.125)], "shares", 1 / 128)
    nodes.append(helper.make_node("MatMul", [shares, quantise("value", 0.1)], ["y"], "last"))
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [6, 8])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [6, 4])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def test_values_of_a_quantised_network(run_tool, tmp_path):
    random = np.random.default_rng(5)
    path, x = tmp_path / "model.onnx", random.standard_normal((6, 8)).astype(np.float32)
    onnx.save(make_quantised_attention(random), path)
    folder = run_model(run_tool, tmp_path, path, "host", {"x": x})
    found = compare(folder, get_all_values(path, {"x": x}))
    assert {"projection", "scores", "scaled_d", "shares_d"} <= found


def test_values_within_a_function_are_none_of_its_node(run_tool, tmp_path):
    """The standard deviation of a function's input has the type of its result, and of nothing that
    the node yields."""
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("MeanVarianceNormalization", ["x"], ["n"], "norm", axes=[0]),
         helper.make_node("MatMul", ["n", "n"], ["y"], "last")], "graph",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [8, 8])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [8, 8])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path, x = tmp_path / "model.onnx", np.random.default_rng(2).random((8, 8), np.float32)
    onnx.save(model, path)
    folder = run_model(run_tool, tmp_path, path, "host", {"x": x})
    assert "norm" in compare(folder, get_all_values(path, {"x": x}))


def test_not_without_data(run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS / "digits.onnx", "--target", "rngd", "--dim", "N=1",
             "-o", binary, "--quiet")
    run_tool("garam", "run", binary, "--timing-only", "--keep-intermediates", tmp_path / "values",
             status=2)
    assert not (tmp_path / "values").exists()
