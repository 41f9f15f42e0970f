"""Loops whose number of steps the run brings, or which stop before, against onnxruntime."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
import pytest

import oracle

WIDTH = 4


def make_constant(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def make_info(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def make_model(nodes, outputs, initializers=()):
    """A Loop over a state [2, WIDTH], which `nodes` make "next" and "go" of."""
    state = [2, WIDTH]
    body = helper.make_graph(
        nodes, "body", [make_info("i", TensorProto.INT64, []), make_info("go_in", TensorProto.BOOL, []),
                        make_info("state", TensorProto.FLOAT, state)],
        [make_info("go", TensorProto.BOOL, []), make_info("next", TensorProto.FLOAT, state)])
    graph = helper.make_graph(
        [helper.make_node("Loop", ["count", "", "start"], ["end"], "loop", body=body)], "g",
        [make_info("count", TensorProto.INT64, []), make_info("start", TensorProto.FLOAT, state)],
        [make_info("end", TensorProto.FLOAT, outputs)], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


DOUBLING = [helper.make_node("Add", ["state", "state"], ["next"]),
            helper.make_node("ReduceSum", ["next"], ["sum"], keepdims=0),
            helper.make_node("Less", ["sum", "limit"], ["go"])]

# A recurrent layer of a single step, as LSTMCell is exported.
CELL = [helper.make_node("Unsqueeze", ["state", "axis"], ["hidden"]),
        helper.make_node("GRU", ["hidden", "w", "r", "", "", "hidden"], ["", "last"], hidden_size=WIDTH),
        helper.make_node("Squeeze", ["last", "axis"], ["next"]),
        helper.make_node("Identity", ["go_in"], ["go"])]


def weights(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("count", [-1, 0, 1, 3, 6])
@pytest.mark.parametrize("name", ["doubling", "cell"])
def test_count_of_run_time(name, count):
    import garam

    if name == "doubling":
        model = make_model(DOUBLING, [2, WIDTH], [make_constant("limit", np.float32(100))])
    else:
        model = make_model(CELL, [2, WIDTH], [
            make_constant("axis", [0]), make_constant("w", weights(1, 1, 3 * WIDTH, WIDTH)),
            make_constant("r", weights(2, 1, 3 * WIDTH, WIDTH))])
    inputs = {"count": np.asarray(count), "start": np.abs(weights(3, 2, WIDTH))}
    outputs = garam.compile(model, "host").run(inputs)
    expected = oracle.run_onnxruntime(model, inputs)
    np.testing.assert_allclose(outputs["end"], expected["end"], rtol=1e-5, atol=1e-6)


LIMIT = make_constant("limit", np.float32(100))
# What the condition of the next step is made from.
CONDITIONS = {
    "computed": [helper.make_node("ReduceSum", ["next"], ["sum"], keepdims=0),
                 helper.make_node("Less", ["sum", "limit"], ["go"])],
    "passed on": [helper.make_node("Identity", ["go_in"], ["go"])],
    "true": [helper.make_node("Constant", [], ["go"], value=make_constant("", np.array(True)))],
    "false": [helper.make_node("Constant", [], ["go"], value=make_constant("", np.array(False)))],
}


def make_collecting_model(condition, declared, steps=6):
    """A Loop that doubles a state [2] and collects it, at most `steps` times, or as often as input
    "count" says, and a state that no step changes."""
    body = helper.make_graph(
        [helper.make_node("Add", ["state", "state"], ["next"]), *CONDITIONS[condition],
         helper.make_node("Identity", ["kept"], ["kept_on"]),
         helper.make_node("Neg", ["next"], ["row"]), helper.make_node("Cast", ["i"], ["number"], to=1)],
        "body", [make_info("i", TensorProto.INT64, []), make_info("go_in", TensorProto.BOOL, []),
                 make_info("state", TensorProto.FLOAT, [2]), make_info("kept", TensorProto.FLOAT, [2])],
        [make_info("go", TensorProto.BOOL, []), make_info("next", TensorProto.FLOAT, [2]),
         make_info("kept_on", TensorProto.FLOAT, [2]), make_info("row", TensorProto.FLOAT, [2]),
         make_info("number", TensorProto.FLOAT, [])])
    graph = helper.make_graph(
        [helper.make_node("Loop", ["most", "go_first", "start", "start"], ["end", "kept_end", "rows", "numbers"],
                          "loop", body=body), helper.make_node("Mul", ["rows", "two"], ["twice"])],
        "g", [make_info("start", TensorProto.FLOAT, [2]), make_info("go_first", TensorProto.BOOL, [])],
        [make_info("end", TensorProto.FLOAT, [2]), make_info("kept_end", TensorProto.FLOAT, [2]),
         make_info("rows", TensorProto.FLOAT, [declared, 2]), make_info("twice", TensorProto.FLOAT, [declared, 2]),
         make_info("numbers", TensorProto.FLOAT, [declared])],
        [LIMIT, make_constant("two", np.float32(2)), make_constant("most", np.int64(steps))])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


@pytest.mark.parametrize("target", ["host", "rngd"])
@pytest.mark.parametrize("go", [True, False])
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.filterwarnings("ignore::garam.GaramWarning")
def test_collects_what_steps_yield_that_are_taken(condition, go, target):
    import garam

    model = make_collecting_model(condition, "rows")
    executable = garam.compile(model, target)
    for start in [(1, 2), (1, 30), (50, 70)]:
        inputs = {"start": np.array(start, np.float32), "go_first": np.array(go)}
        outputs, expected = executable.run(inputs), oracle.run_onnxruntime(model, inputs)
        for name, value in expected.items():
            np.testing.assert_array_equal(outputs[name], value, err_msg=name)


def test_declared_number_of_steps():
    """Where the model declares how many rows there are, they have that number at compile time."""
    import garam

    model = make_collecting_model("computed", 5)
    inputs = {"start": np.array([1, 3], np.float32), "go_first": np.array(True)}
    executable = garam.compile(model, "host")
    outputs, expected = executable.run(inputs), oracle.run_onnxruntime(model, inputs)
    assert expected["rows"].shape == (5, 2)
    for name, value in expected.items():
        np.testing.assert_array_equal(outputs[name], value, err_msg=name)


def test_fewer_steps_than_declared():
    import garam

    with pytest.raises(garam.ModelError, match="is declared as .*, but the operator yields"):
        garam.compile(make_collecting_model("true", 5, steps=3), "host")


# What the body makes the new states "next_a", "next_b" of; the states are "a", "b", an element of the
# sequence is "x". Equal shapes, so that what makes them may lie in equal memory.
EXCHANGES = {
    "swapped": [helper.make_node("Identity", ["b"], ["next_a"]), helper.make_node("Identity", ["a"], ["next_b"])],
    "one for both": [helper.make_node("Add", ["b", "x"], ["next_a"]), helper.make_node("Identity", ["next_a"], ["next_b"])],
    "moved on": [helper.make_node("Add", ["a", "x"], ["next_b"]), helper.make_node("Identity", ["b"], ["next_a"])],
    "from outside": [helper.make_node("Identity", ["x"], ["next_a"]), helper.make_node("Identity", ["a"], ["next_b"])],
    "filled": [helper.make_node("ConstantOfShape", ["size"], ["next_a"]), helper.make_node("Add", ["b", "a"], ["next_b"])],
    "reshaped product": [
        helper.make_node("Reshape", ["a", "row"], ["a_row"]), helper.make_node("MatMul", ["a_row", "w"], ["product"]),
        helper.make_node("Reshape", ["product", "size"], ["next_a"]), helper.make_node("Max", ["b", "next_a"], ["next_b"])],
}


@pytest.mark.parametrize("operator", ["Scan", "Loop"])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_states_of_other_states(exchange, operator):
    import garam

    def describe(*names):
        return [make_info(name, TensorProto.FLOAT, [WIDTH]) for name in names]

    nodes, results = EXCHANGES[exchange], describe("next_a", "next_b")
    if operator == "Scan":
        body = helper.make_graph(nodes, "body", describe("a", "b", "x"), results)
        loop = helper.make_node("Scan", ["start", "other", "xs"], ["end_a", "end_b"], body=body, num_scan_inputs=1)
    else:
        go, went = (make_info(name, TensorProto.BOOL, []) for name in ("go", "went"))
        body = helper.make_graph(
            [helper.make_node("Gather", ["xs", "i"], ["x"]), *nodes, helper.make_node("Identity", ["go"], ["went"])],
            "body", [make_info("i", TensorProto.INT64, []), go, *describe("a", "b")], [went, *results])
        loop = helper.make_node("Loop", ["count", "", "start", "other"], ["end_a", "end_b"], body=body)
    starts = [helper.make_node("ConstantOfShape", ["size"], [name], value=make_constant("", np.float32([value])))
              for name, value in (("start", 1), ("other", 2))]
    graph = helper.make_graph(
        [*starts, loop], "g", [make_info("xs", TensorProto.FLOAT, [3, WIDTH])], describe("end_a", "end_b"),
        [make_constant("size", [WIDTH]), make_constant("row", [1, WIDTH]), make_constant("count", 3),
         make_constant("w", weights(4, WIDTH, WIDTH))])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    inputs = {"xs": weights(5, 3, WIDTH)}
    outputs = garam.compile(model, "host").run(inputs)
    for name, expected in oracle.run_onnxruntime(model, inputs).items():
        np.testing.assert_allclose(outputs[name], expected, rtol=1e-5, atol=1e-6)
