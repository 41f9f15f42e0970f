"""Forms of one graph that runtimes take: nodes in any order, outputs without types, names of any kind."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import oracle
from onnx_case import floats

garam = pytest.importorskip("garam")
FLOAT = TensorProto.FLOAT


def value(name, shape=(2, 3), kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def make_model(nodes, inputs, outputs, initializers=(), opset=17, **parts):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers), **parts)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])


def check(model, inputs, **options):
    """Both runtimes agree on the model; its executable."""
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)
    executable = garam.compile(model, target="host", **options)
    actual = executable.run(inputs)
    assert list(actual) == list(expected)
    for name, wanted in expected.items():
        assert actual[name].dtype == wanted.dtype
        np.testing.assert_allclose(actual[name], wanted, rtol=1e-5, atol=1e-6)
    return executable


def make_branches(depth):
    """Nodes of an If whose branches read values of all graphs around them, at any depth."""
    below = [helper.make_node("Neg", ["a"], [f"last{depth}"])]
    if depth:
        below = make_branches(depth - 1) + [
            helper.make_node("Add", [f"r{depth - 1}", "b"], [f"s{depth}"]),
            helper.make_node("Mul", [f"s{depth}", "c"], [f"last{depth}"])]
    then = helper.make_graph(below, "then", [], [value(f"last{depth}", None)])
    other = helper.make_graph([helper.make_node("Exp", ["b"], [f"e{depth}"])], "else", [],
                              [value(f"e{depth}")])
    return [helper.make_node("If", ["yes"], [f"r{depth}"], then_branch=then, else_branch=other)]


def shuffle(graph, generator):
    nodes = list(graph.node)
    generator.shuffle(nodes)
    del graph.node[:]
    graph.node.extend(nodes)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                shuffle(attribute.g, generator)


@pytest.mark.parametrize("seed", range(4))
def test_nodes_in_any_order(seed):
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Sigmoid", ["a"], ["b"]),
             helper.make_node("Add", ["a", "b"], ["c"]), *make_branches(2),
             helper.make_node("MatMul", ["r2", "w"], ["d"]), helper.make_node("Tanh", ["d"], ["y"]),
             helper.make_node("Sub", ["y", "d"], ["z"])]
    weight = onnx.numpy_helper.from_array(floats(3, 2), "w")
    model = make_model(nodes, [value("x"), value("yes", (), TensorProto.BOOL)],
                       [value("y", (2, 2)), value("z", (2, 2))], [weight])
    inputs = {"x": floats(2, 3), "yes": np.array(seed % 2 == 0)}
    expected = check(model, inputs).run(inputs)
    shuffle(model.graph, random.Random(seed))
    actual = garam.compile(model, target="host").run(inputs)
    for name, wanted in expected.items():
        np.testing.assert_array_equal(actual[name], wanted)


def test_a_long_chain_in_reverse():
    nodes = [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(5001)]
    model = make_model(nodes[::-1], [value("v0")], [value("v5001")])
    x = floats(2, 3)
    np.testing.assert_array_equal(garam.compile(model, target="host").run({"v0": x})["v5001"], -x)


def test_operands_of_function_bodies_that_are_initializers():
    """Bodies are converted to the model's opset by the types of their operands."""
    nodes = [helper.make_node("HannWindow", ["size"], ["window"]), helper.make_node("Mul", ["x", "window"], ["y"]),
             helper.make_node("MeanVarianceNormalization", ["table"], ["normal"], axes=[1]),
             helper.make_node("Add", ["x", "normal"], ["z"])]
    operands = [onnx.numpy_helper.from_array(np.array(16), "size"),
                onnx.numpy_helper.from_array(floats(3, 16), "table")]
    check(make_model(nodes, [value("x", (3, 16))], [value("y", (3, 16)), value("z", (3, 16))], operands),
          {"x": floats(3, 16)})


def test_functions_in_any_order():
    body = [helper.make_node("Neg", ["t"], ["b"]), helper.make_node("Exp", ["a"], ["t"])]
    function = helper.make_function("own", "F", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    graph = helper.make_graph([helper.make_node("F", ["x"], ["y"], domain="own")], "graph",
                              [value("x")], [value("y")])
    model = helper.make_model(graph, functions=[function], ir_version=8, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])
    x = floats(2, 3)
    np.testing.assert_allclose(garam.compile(model, target="host").run({"x": x})["y"], -np.exp(x),
                               rtol=1e-6)


@pytest.mark.parametrize("field", ["shape", "elem_type", "type"])
@pytest.mark.parametrize("target", ["host", "atom"])
def test_outputs_without_types(field, target):
    weight = onnx.numpy_helper.from_array(floats(3, 4), "w")
    model = make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], [value("x")], [value("y")],
                       [weight], value_info=[])
    info = model.graph.output[0]
    if field == "type":
        info.ClearField("type")
    else:
        info.type.tensor_type.ClearField(field)
    executable = garam.compile(model, target=target)
    assert [tuple(output.shape) for output in executable.outputs] == [(2, 4)]
    x = floats(2, 3)
    np.testing.assert_allclose(executable.run({"x": x})["y"],
                               x @ onnx.numpy_helper.to_array(weight), rtol=0.02, atol=0.02)


def test_the_shape_of_an_input_is_given():
    model = make_model([helper.make_node("Relu", ["x"], ["y"])], [value("x", None)], [value("y", None)])
    executable = check(model, {"x": floats(2, 3)}, shapes={"x": (2, 3)})
    assert [tuple(output.shape) for output in executable.outputs] == [(2, 3)]


def test_an_output_of_unknown_rank_is_not_a_scalar():
    """The type of an operator that is not ONNX's is what the model tells."""
    nodes = [helper.make_node("Own", ["x"], ["t"], "own", domain="mine"),
             helper.make_node("Relu", ["t"], ["y"])]
    model = make_model(nodes, [value("x")], [value("y", ("n", "m"))], value_info=[value("t", None)])
    model.opset_import.append(helper.make_opsetid("mine", 1))
    with pytest.raises(garam.ModelError, match="node 'own' .*: this operator is not supported"):
        garam.compile(model, target="host")


def test_names_like_those_of_parts():
    """A node may be called as one that an operator becomes, and as what tells these apart."""
    names = ["m/ReduceMean_3", "m/ReduceMean_3__7", "m/Sub_7", "part0:0", "part0:1__1", "part1:0"]

    def normalize(output, name):
        return helper.make_node("MeanVarianceNormalization", ["x"], [output], name, axes=[1])

    nodes = [normalize("p", "m")]
    nodes += [helper.make_node("Mul", ["x", f"c{i}"], [f"y{i}"], name) for i, name in enumerate(names)]
    nodes.append(normalize("q", "part0"))
    constants = [onnx.numpy_helper.from_array(np.float32(i + 2), f"c{i}") for i in range(len(names))]
    outputs = [value(name) for name in ["p", "q", *(f"y{i}" for i in range(len(names)))]]
    x = floats(2, 3)
    check(make_model(nodes, [value("x")], outputs, constants), {"x": x})


def test_values_with_names_like_those_of_parts():
    """What a conversion adds does not take the names of values that are there."""
    add = helper.make_node("Add", ["x", "v"], ["y"], "sum", broadcast=1, axis=0)
    model = make_model([helper.make_node("Neg", ["v"], ["sum/aligned"]), add,
                        helper.make_node("Exp", ["sum/aligned"], ["z"])],
                       [value("x"), value("v", (2,))], [value("y"), value("z", (2,))], opset=6)
    x, v = floats(2, 3), floats(2)
    actual = garam.compile(model, target="host").run({"x": x, "v": v})
    np.testing.assert_allclose(actual["y"], x + v[:, None], rtol=1e-6)
    np.testing.assert_allclose(actual["z"], np.exp(-v), rtol=1e-6)

    one = onnx.numpy_helper.from_array(np.int64(1), "one")
    nodes = [helper.make_node("Neg", ["x"], ["parts/part_0"]),
             helper.make_node("SplitToSequence", ["x"], ["s"], "parts", axis=1),
             helper.make_node("SequenceAt", ["s", "one"], ["y"], "at"),
             helper.make_node("Exp", ["parts/part_0"], ["z"])]
    check(make_model(nodes, [value("x")], [value("y", (2, 1)), value("z")], [one]), {"x": x})
