"""Models that are wrong are refused with an error that says so, by a process that lives on."""

import random
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import garam
from conftest import DIGITS, find_tool


def make_model(nodes, inputs="x", outputs="y", opsets=(("", 21),)):
    def describe(names):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in names]

    graph = helper.make_graph(nodes, "test", describe(inputs), describe(outputs))
    return helper.make_model(graph, ir_version=10,
                             opset_imports=[helper.make_opsetid(*opset) for opset in opsets])


def make_relu(source, result, name=""):
    return helper.make_node("Relu", [source], [result], name=name)


@pytest.mark.parametrize("model, part", [
    (make_model([helper.make_node("Add", ["x", "b"], ["a"]), make_relu("a", "b"),
                 make_relu("b", "y")]), "it needs its own result: "),
    (make_model([helper.make_node("Add", ["x", "y"], ["y"])]), "it needs its own result: "),
    (make_model([make_relu("x", "y"), make_relu("x", "y")]), "output 'y' has the name of an output of node"),
    (make_model([make_relu("x", "y")], inputs="xx"), "inputs 0 and 1 of the graph have the name 'x'"),
    (make_model([make_relu("x", "y")], opsets=()), "the model imports no version of its domain"),
    (make_model([make_relu("x", "y")], opsets=(("com.example", 1),)),
     "the model imports no version of its domain"),
    (make_model([make_relu("x", "z")]), "output 'y' of the graph is computed by no node"),
], ids=["cycle", "node of itself", "output twice", "input twice", "no opset", "opset of others",
        "no such output"])
def test_graphs_that_are_none(model, part):
    with pytest.raises(garam.ModelError) as caught:
        garam.compile(model, "host")
    assert part in str(caught.value)


def test_nodes_of_the_same_name_are_told_apart():
    executable = garam.compile(make_model([make_relu("x", "a", "n"), make_relu("a", "y", "n")]),
                               "host")
    assert [node["id"] for node in executable.report()["nodes"]] == ["n", "n_1"]


def test_subgraphs_that_are_nested_deeply():
    def describe(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])

    body = helper.make_graph([make_relu("x", "y0")], "inner", [], [describe("y0")])
    other = helper.make_graph([make_relu("x", "z")], "other", [], [describe("z")])
    for depth in range(1, 30):
        node = helper.make_node("If", ["c"], [f"y{depth}"], then_branch=body, else_branch=other)
        body = helper.make_graph([node], f"level{depth}", [], [describe(f"y{depth}")])
    model = make_model([helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=other)])
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    # Whether it is taken is another question.
    try:
        garam.compile(model, "host")
    except garam.ModelError as error:
        assert "If" in str(error)


def test_a_model_of_5000_nodes():
    kinds = ["Relu", "Neg", "Abs"]
    nodes = [helper.make_node(kinds[i % 3], [f"v{i}" if i else "x"], [f"v{i + 1}"])
             for i in range(4999)]
    model = make_model([*nodes, helper.make_node("Neg", ["v4999"], ["y"])])
    (output,) = garam.compile(model, "host").run({"x": np.full(4, -2, np.float32)}).values()
    assert (output == 0).all()


def test_bytes_that_are_damaged():
    """Some are models still; no other error than that of a model may come of them."""
    seed = 1
    generator, data = random.Random(seed), DIGITS.read_bytes()
    refused = 0
    for _ in range(100):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 6)):
            # The graph is in front, behind are weights.
            end = len(data) if generator.random() < 0.3 else 600
            damaged[generator.randrange(end)] = generator.randrange(256)
        if generator.random() < 0.2:
            del damaged[generator.randrange(len(data)):]
        try:
            garam.compile(damaged, "host", dims={"N": 1})
        except garam.ModelError:
            refused += 1
        except garam.Error as error:
            pytest.fail(f"seed {seed}: {error}")
    assert 50 < refused < 100


def test_weights_beside_a_model_whose_bytes_are_given(tmp_path):
    """They are looked for beside `name`."""
    weight = onnx.numpy_helper.from_array(np.full(512, 2, np.float32), "w")
    model = make_model([helper.make_node("Mul", ["x", "w"], ["y"])])
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 512
    model.graph.initializer.append(weight)
    onnx.save(model, tmp_path / "model.onnx", save_as_external_data=True, location="weights",
              size_threshold=0)
    data = (tmp_path / "model.onnx").read_bytes()
    with pytest.raises(garam.ModelError, match="file 'weights' does not exist"):
        garam.compile(data, "host")
    executable = garam.compile(data, "host", name=tmp_path / "model.onnx")
    assert (executable.run({"x": np.ones(512, np.float32)})["y"] == 2).all()


def make_external(folder, layers, width):
    """A chain of products whose weights are beside the model: zeros, of which no disk is full."""
    size, nodes, weights = 4 * width * width, [], []
    with open(folder / "weights.bin", "wb") as file:
        file.truncate(layers * size)
    for number in range(layers):
        weight = TensorProto(name=f"w{number}", data_type=TensorProto.FLOAT, dims=[width, width],
                             data_location=TensorProto.EXTERNAL)
        for key, value in [("location", "weights.bin"), ("offset", number * size),
                           ("length", size)]:
            weight.external_data.add(key=key, value=str(value))
        weights.append(weight)
        nodes.append(helper.make_node("MatMul", [f"x{number}", f"w{number}"], [f"x{number + 1}"]))

    def describe(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])

    graph = helper.make_graph(nodes, "test", [describe("x0")], [describe(f"x{layers}")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder / "model.onnx"


def get_peak_bytes(model, folder, *options):
    """The most memory that the tool had, as the system counts it."""
    script = ("import resource, subprocess, sys\n"
              "subprocess.run(sys.argv[1:], check=True)\n"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n")
    result = subprocess.run(
        [sys.executable, "-c", script, find_tool("garam"), "compile", model, *options,
         "-o", folder / "model.garam"], capture_output=True, text=True, check=True)
    return 1024 * int(result.stdout.splitlines()[-1])


# Neither the weights nor what becomes of them is in memory at once: 16 layers take what 4 do, and
# not the 450 MB more that they have in the model.
def test_memory_does_not_grow_with_the_weights(tmp_path):
    peaks = []
    for layers in (4, 16):
        folder = tmp_path / str(layers)
        folder.mkdir()
        peaks.append(get_peak_bytes(make_external(folder, layers, 3072), folder, "--target", "rngd", "--quiet"))
    assert peaks[1] < peaks[0] + (64 << 20)


# The binary is read for its summary, and for the list of trusted ones: pages of it that the system may take back.
def test_the_binary_is_in_memory_once(tmp_path):
    model = make_external(tmp_path, 16, 3072)
    weights = (tmp_path / "weights.bin").stat().st_size
    assert get_peak_bytes(model, tmp_path, "--target", "host") < 1.2 * weights + 200e6
