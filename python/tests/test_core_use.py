"""Branches on cores of their own, and sums that several cores make: the same results, from programs
that use the cores so."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int32): TensorProto.INT32,
         np.dtype(np.int8): TensorProto.INT8}


def build(nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes, "cores", [helper.make_tensor_value_info(name, TYPES[dtype], shape)
                         for name, dtype, shape in inputs],
        [helper.make_tensor_value_info(name, TYPES[dtype], shape) for name, dtype, shape in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    return model


def build_heads():
    """Four heads of a detector, two on each of two feature maps."""
    random = np.random.default_rng(3)
    nodes, constants, inputs, outputs = [], {}, [], []
    for size in (10, 5):
        inputs.append((f"x{size}", np.dtype(np.float32), [1, 64, size, size]))
        for head, channels in (("class", 24), ("box", 12)):
            value = f"x{size}"
            for layer, count in enumerate((64, 64, channels)):
                name = f"{head}{size}_{layer}"
                constants[f"w_{name}"] = (random.standard_normal((count, 64, 3, 3)) / 24).astype(np.float32)
                nodes.append(helper.make_node("Conv", [value, f"w_{name}"], [name], pads=[1] * 4))
                value = name
                if layer < 2:
                    nodes.append(helper.make_node("Relu", [name], [f"r_{name}"]))
                    value = f"r_{name}"
            outputs.append((value, np.dtype(np.float32), [1, channels, size, size]))
    return build(nodes, inputs, outputs, constants)


def build_gram(dtype, rows):
    """All products of columns of two tall matrices."""
    product = helper.make_node("MatMul", ["t", "y"], ["z"])
    constants = {}
    if dtype == np.int8:
        constants = {"s": np.float32(1 / 64), "p": np.int8(3), "r": np.float32(rows**0.5 / 16),
                     "q": np.int8(-5)}
        product = helper.make_node("QLinearMatMul", ["t", "s", "p", "y", "s", "p", "r", "q"], ["z"])
    return build([helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]), product],
                 [(name, np.dtype(dtype), [rows, 32]) for name in "xy"],
                 [("z", np.dtype(dtype), [32, 32])], constants)


def run_on_device(run_tool, folder, model, target, feeds):
    """The results, and the IR of all stages of the compilation."""
    onnx.save(model, folder / "model.onnx")
    run_tool("garam", "compile", folder / "model.onnx", "--target", target, "--no-fallback", "-o",
             folder / "model.garam", "--quiet", "--dump-stages", folder / "stages")
    arguments = []
    for name, value in feeds.items():
        np.save(folder / f"{name}.npy", value)
        arguments += ["--input", f"{name}={folder / name}.npy"]
    run_tool("garam", "run", folder / "model.garam", *arguments, "--output-dir", folder / "out", "--quiet")
    results = {path.stem: np.load(path) for path in (folder / "out").iterdir()}
    return results, "".join(path.read_text() for path in sorted((folder / "stages").glob("*.mlir")))


def run_reference(model, feeds):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds)))


def make_feeds(model):
    random = np.random.default_rng(5)
    feeds = {}
    for each in model.graph.input:
        shape = [dim.dim_value for dim in each.type.tensor_type.shape.dim]
        feeds[each.name] = (random.integers(-128, 128, shape, dtype=np.int8)
                            if each.type.tensor_type.elem_type == TensorProto.INT8
                            else random.standard_normal(shape).astype(np.float32))
    return feeds


@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_branches(target, run_tool, tmp_path):
    model = build_heads()
    feeds = make_feeds(model)
    results, stages = run_on_device(run_tool, tmp_path, model, target, feeds)
    assert "first_core = " in stages
    for name, expected in run_reference(model, feeds).items():
        np.testing.assert_allclose(results[name], expected, rtol=0, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_parts_of_sums(target, run_tool, tmp_path):
    model = build_gram(np.float32, 16384)
    feeds = make_feeds(model)
    results, stages = run_on_device(run_tool, tmp_path, model, target, feeds)
    assert "tensor<8x32x32xf32>" in stages
    # Factors have 8 bits or more, and so has the result. Errors of sums of 16,384 products of random
    # signs are some 128 times those of one.
    expected = run_reference(model, feeds)["z"]
    np.testing.assert_allclose(results["z"], expected, rtol=2**-8, atol=128 * 2**-7)


# Sums of integers are the same in any order; only where the scaled one is rounded may a step be
# between two ways to compute it.
def test_parts_of_integer_sums(run_tool, tmp_path):
    model = build_gram(np.int8, 16384)
    feeds = make_feeds(model)
    results, stages = run_on_device(run_tool, tmp_path, model, "atom", feeds)
    assert "tensor<8x32x32xi32>" in stages
    expected = run_reference(model, feeds)["z"]
    difference = np.abs(results["z"].astype(int) - expected)
    assert difference.max() <= 1 and np.count_nonzero(difference) <= 1
    assert len(np.unique(expected)) > 50
