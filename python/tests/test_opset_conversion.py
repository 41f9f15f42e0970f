"""A long model of an old opset, which is converted piece by piece, computes what it did."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import oracle

SHAPE = [2, 3, 4]
ROUNDS = 80


def make_branch(name, value, operator):
    """A body that reads a value of the graph around it."""
    node = helper.make_node(operator, [value], [f"{name}_value"], name=f"{name}_{operator}")
    return helper.make_graph([node], name, [], [
        helper.make_tensor_value_info(f"{name}_value", TensorProto.FLOAT, SHAPE)])


def make_model():
    """Rounds of operators whose later forms take inputs instead of attributes, or several nodes. The
    values have the names that the converter invents; the input and the bias are read in every piece,
    and the last node reads a value of the first piece in its bodies."""
    nodes, value = [], "x"
    for number in range(ROUNDS):
        name = f"_v_{number}"
        nodes += [
            helper.make_node("Clip", [value], [f"{name}.clip"], min=-4.0, max=4.0),
            helper.make_node("Unsqueeze", [f"{name}.clip"], [f"{name}.unsqueezed"], axes=[1]),
            helper.make_node("Softmax", [f"{name}.unsqueezed"], [f"{name}.softmax"], axis=2),
            helper.make_node("Squeeze", [f"{name}.softmax"], [f"{name}.squeezed"], axes=[1]),
            helper.make_node("Add", [f"{name}.squeezed", "bias"], [f"{name}.sum"]),
            helper.make_node("Add", [f"{name}.sum", "x"], [name])]
        value = name
    nodes.append(helper.make_node(
        "If", ["condition"], ["chosen"],
        then_branch=make_branch("then", "_v_1", "Neg"), else_branch=make_branch("else", "x", "Abs")))
    nodes.append(helper.make_node("Add", [value, "chosen"], ["y"]))
    random = np.random.default_rng(0)
    constants = {"bias": random.standard_normal(SHAPE).astype(np.float32), "condition": np.array(True)}
    graph = helper.make_graph(
        nodes, "old", [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, SHAPE),
         helper.make_tensor_value_info("_v_3", TensorProto.FLOAT, SHAPE)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, ir_version=5, opset_imports=[helper.make_opsetid("", 10)])


def test_conversion_in_pieces(run_tool, tmp_path):
    model = make_model()
    onnx.checker.check_model(model)
    onnx.save(model, tmp_path / "old.onnx")
    x = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "compile", tmp_path / "old.onnx", "--target", "host",
             "-o", tmp_path / "old.garam", "--quiet")
    run_tool("garam", "run", tmp_path / "old.garam", "--input", f"x={tmp_path / 'x.npy'}",
             "-o", tmp_path / "out", "--quiet")
    for name, expected in oracle.run_onnxruntime(model, {"x": x}).items():
        np.testing.assert_allclose(np.load(tmp_path / "out" / f"{name}.npy"), expected,
                                   rtol=1e-4, atol=1e-5)
