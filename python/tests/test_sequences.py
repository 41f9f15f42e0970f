"""Sequences and optional values whose elements show before a run, against onnxruntime."""

import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest

import oracle
from onnx_case import floats

OPSET = 20
X = floats(4, 6)

# The graph's nodes, in ONNX's notation; x is [4, 6], y the output.
CASES = {
    "parts_of_one": "parts = SplitToSequence <axis = 1> (x)\ny = SequenceAt (parts, three)",
    "from_the_end": "parts = SplitToSequence <axis = 0> (x)\ny = SequenceAt (parts, minus)",
    "without_dimension": "parts = SplitToSequence <axis = 0, keepdims = 0> (x)\n"
                         "y = SequenceAt (parts, one)",
    "parts_of_two": "parts = SplitToSequence <axis = 0> (x, three)\ny = SequenceAt (parts, one)",
    "parts_of_sizes": "parts = SplitToSequence <axis = 1> (x, sizes)\n"
                      "y = ConcatFromSequence <axis = 1> (parts)",
    "stacked": "n = Neg (x)\nboth = SequenceConstruct (x, n)\n"
               "y = ConcatFromSequence <axis = 1, new_axis = 1> (both)",
    "inserted": "n = Neg (x)\ns0 = SequenceEmpty ()\ns1 = SequenceInsert (s0, x)\n"
                "s2 = SequenceInsert (s1, n, zero)\ns3 = SequenceInsert (s2, x, minus)\n"
                "s4 = SequenceErase (s3, one)\ns5 = Identity (s4)\n"
                "y = ConcatFromSequence <axis = 0> (s5)",
    "last_erased": "n = Neg (x)\nboth = SequenceConstruct (n, x)\nleft = SequenceErase (both)\n"
                   "y = ConcatFromSequence <axis = -1> (left)",
    "length": "parts = SplitToSequence <axis = 1> (x)\nn = SequenceLength (parts)\n"
              "f = Cast <to = 1> (n)\ny = Mul (x, f)",
    "optional": "o = Optional (x)\ny = OptionalGetElement (o)",
    "optional_is_there": "o = Optional (x)\nh = OptionalHasElement (o)\nf = Cast <to = 1> (h)\n"
                         "y = Add (x, f)",
}
CONSTANTS = {"zero": np.int64(0), "one": np.int64(1), "three": np.int64(3), "minus": np.int64(-1),
             "sizes": np.array([1, 3, 2])}


def run_both(model, inputs):
    garam = pytest.importorskip("garam")
    expected = oracle.run_onnxruntime(model, inputs, optimise=False)
    actual = garam.compile(model, target="host").run(inputs)
    for name, value in expected.items():
        assert actual[name].shape == value.shape
        np.testing.assert_allclose(actual[name], value, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnxruntime(name):
    rank = 3 if name == "stacked" else 1 if name == "without_dimension" else 2
    shape = ", ".join("abc"[:rank])
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {OPSET}]> g (float[4, 6] x) => (float[{shape}] y) '
        f"{{\n{CASES[name]}\n}}")
    model.graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(value), key)
                                   for key, value in CONSTANTS.items())
    run_both(model, {"x": X})


def make_loop(join):
    """Appends x * i for each step, then joins."""
    make_value = helper.make_tensor_value_info
    sequence = helper.make_sequence_type_proto(
        helper.make_tensor_type_proto(TensorProto.FLOAT, [4, 6]))
    body = helper.make_graph(
        [helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
         helper.make_node("Mul", ["x", "f"], ["part"]),
         helper.make_node("SequenceInsert", ["before", "part"], ["after"]),
         helper.make_node("Identity", ["cond"], ["cond_out"])], "body",
        [make_value("i", TensorProto.INT64, []), make_value("cond", TensorProto.BOOL, []),
         helper.make_value_info("before", sequence)],
        [make_value("cond_out", TensorProto.BOOL, []), helper.make_value_info("after", sequence)])
    graph = helper.make_graph(
        [helper.make_node("SequenceEmpty", [], ["empty"]),
         helper.make_node("Loop", ["count", "", "empty"], ["all"], body=body, name="loop"), join],
        "g", [make_value("x", TensorProto.FLOAT, [4, 6])],
        [make_value("y", TensorProto.FLOAT, list("abc") if "new_axis" in str(join) else list("ab"))],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in [*CONSTANTS.items(), ("count", np.int64(3))]])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", OPSET)])


@pytest.mark.parametrize("join", [
    helper.make_node("ConcatFromSequence", ["all"], ["y"], axis=0, new_axis=1),
    helper.make_node("ConcatFromSequence", ["all"], ["y"], axis=0),
    helper.make_node("SequenceAt", ["all", "one"], ["y"]),
], ids=["stacked", "joined", "element"])
def test_a_loop_that_appends_collects(join):
    run_both(make_loop(join), {"x": X})


def test_sequences_that_share_elements():
    """What one sequence gets is not in the others that were the same before."""
    nodes = [helper.make_node("SequenceEmpty", [], ["s0"], dtype=TensorProto.FLOAT)]
    for i in range(6):
        nodes += [helper.make_node("Mul", ["x", f"c{i}"], [f"e{i}"]),
                  helper.make_node("SequenceInsert", [f"s{i}", f"e{i}"], [f"s{i + 1}"])]
    nodes += [helper.make_node("SequenceErase", ["s6"], ["shorter"]),
              helper.make_node("SequenceInsert", ["shorter", "x"], ["replaced"]),
              helper.make_node("SequenceInsert", ["s3", "x"], ["branch"]),
              helper.make_node("SequenceInsert", ["s3", "x", "one"], ["middle"]),
              helper.make_node("SequenceErase", ["s6", "one"], ["without"])]
    joined = ["s6", "s3", "shorter", "replaced", "branch", "middle", "without"]
    nodes += [helper.make_node("ConcatFromSequence", [name], [f"y_{name}"], axis=0) for name in joined]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 6])],
        [helper.make_tensor_value_info(f"y_{name}", TensorProto.FLOAT, ["n", 6]) for name in joined],
        [helper.make_tensor(f"c{i}", TensorProto.FLOAT, [], [i + 2.0]) for i in range(6)]
        + [helper.make_tensor("one", TensorProto.INT64, [], [1])])
    run_both(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", OPSET)]),
             {"x": X})


def make_inserts(count, *place):
    """A tensor that is put into a sequence again and again, and the first of these."""
    nodes = [helper.make_node("SequenceEmpty", [], ["s0"], dtype=TensorProto.FLOAT)]
    nodes += [helper.make_node("SequenceInsert", [f"s{i}", "x", *place], [f"s{i + 1}"])
              for i in range(count)]
    nodes.append(helper.make_node("SequenceAt", [f"s{count}", "zero"], ["y"]))
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 6])],
        [helper.make_tensor("zero", TensorProto.INT64, [], [0])])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", OPSET)])


def test_long_sequences():
    garam = pytest.importorskip("garam")
    for model in (make_inserts(3000), make_inserts(1500, "zero")):
        np.testing.assert_array_equal(garam.compile(model, target="host").run({"x": X})["y"], X)
    # Each insertion at the front copies the names of all elements.
    with pytest.raises(garam.ModelError, match="is a sequence, map, optional or sparse tensor"):
        garam.compile(make_inserts(3000, "zero"), target="host")


def test_a_split_into_more_parts_than_are_followed():
    """No list of them is made: these would take more memory than there is."""
    garam = pytest.importorskip("garam")
    for split in ((), ("one",)):
        node = helper.make_node("SplitToSequence", ["x", *split], ["parts"], axis=0)
        at = helper.make_node("SequenceAt", ["parts", "one"], ["y"])
        graph = helper.make_graph(
            [node, at], "g", [helper.make_tensor_value_info("x", TensorProto.BOOL, [1 << 46])],
            [helper.make_tensor_value_info("y", TensorProto.BOOL, ["n"])],
            [helper.make_tensor("one", TensorProto.INT64, [], [1])])
        model = helper.make_model(graph, ir_version=8,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        with pytest.raises(garam.ModelError, match="is a sequence, map, optional or sparse tensor"):
            garam.compile(model, target="host")


def test_a_sequence_that_stays_is_named():
    garam = pytest.importorskip("garam")
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {OPSET}]> g (float[4, 6] x, int64 i) => (float[a, b] y)'
        " {\n[split] parts = SplitToSequence (x)\ny = SequenceAt (parts, i)\n}")
    with pytest.raises(garam.Error, match=r"node 'split' \(SplitToSequence\).* is a sequence"):
        garam.compile(model, target="host")
