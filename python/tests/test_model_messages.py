"""What the front end says of models that are valid files but no graph that can be compiled."""

import pathlib

import onnx
import onnx.backend.test
import pytest
from onnx import TensorProto, helper

from conftest import MODEL, USAGE

FLOAT = TensorProto.FLOAT


def value(name, shape=(1, 4), kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.fixture
def refused(fails, tmp_path):
    """refused(text, nodes, ...): compiling the model that has these parts fails with `text`."""

    def check(text, nodes, inputs=None, outputs=None, initializers=(), opsets=None, functions=(),
              sparse=(), types=(), flags=(),
              status=MODEL):
        graph = helper.make_graph(nodes, "graph", inputs or [value("x")], outputs or [value("y")],
                                  list(initializers), sparse_initializer=list(sparse), value_info=types)
        opsets = {"": 17} if opsets is None else opsets
        model = helper.make_model(
            graph, functions=functions, ir_version=8,
            opset_imports=[helper.make_opsetid(*opset) for opset in opsets.items()])
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return fails(status, text, "compile", path, "--target", "atom", *flags,
                     "-o", tmp_path / "out.garam")

    return check


def relu(source="x", target="y", **attributes):
    return helper.make_node("Relu", [source], [target], **attributes)


def add(operand):
    return [helper.make_node("Add", ["x", operand], ["y"])]


# Initializers


def test_initializers(refused):
    weight = helper.make_tensor("w", FLOAT, [1], [1.0])
    refused("two initializers have the name 'w'", add("w"), initializers=[weight, weight])
    part = helper.make_tensor("w", FLOAT, [1], [1.0])
    part.segment.begin = 0
    refused("tensor 'w': tensors in segments are not supported", add("w"), initializers=[part])
    words = helper.make_tensor("words", TensorProto.STRING, [1], [b"a"])
    nodes = [helper.make_node("Identity", ["words"], ["t"]), relu()]
    refused("initializer 'words': tensors of strings are not supported", nodes, initializers=[words])
    zeros = helper.make_sparse_tensor(helper.make_tensor("w", FLOAT, [1], [1.0]),
                                      helper.make_tensor("i", TensorProto.INT64, [1], [0]), [4])
    refused("initializer 'w' is sparse, which is not supported; make it dense", add("w"),
            sparse=[zeros])


def test_sizes_beyond_all_memory(refused):
    huge = 1 << 40
    refused("input 'x' has more than 2^47 bytes", [relu()], inputs=[value("x", [huge, huge])],
            outputs=[value("y", [huge, huge])])
    # 2^61 elements of 4 bytes.
    shape = [1 << 30, 1 << 31]
    refused("input 'x' has more than 2^47 bytes", [relu()], inputs=[value("x", shape)],
            outputs=[value("y", shape)])
    # As many bytes as a process has no addresses for.
    refused("input 'x' has more than 2^47 bytes", [relu()], inputs=[value("x", [1 << 23, (1 << 22) + 1])],
            outputs=[value("y", [1 << 23, (1 << 22) + 1])])
    refused("y' has more than 2^47 bytes", [helper.make_node("Add", ["x", "z"], ["y"])],
            inputs=[value("x", [1 << 30, 1]), value("z", [1, 1 << 31])],
            outputs=[value("y", shape)])


# Constants and attributes


def test_constants(refused):
    words = helper.make_tensor("words", TensorProto.STRING, [1], [b"a"])
    nodes = [helper.make_node("Constant", [], ["c"], value=words), relu()]
    refused("c: tensors of strings are not supported", nodes)
    nodes = [helper.make_node("Constant", [], ["c"], "text", value_string="a"), relu()]
    refused("node 'text' (Constant): tensor 'c' is made of strings or sparse, which is not supported",
            nodes)
    two = helper.make_node("Constant", [], ["c"], "two", value_int=1, value_float=1.0)
    refused("node 'two' (Constant) has 2 values instead of one", make_choice([two], "c"))


def test_attributes(refused):
    tensors = [helper.make_tensor("t", FLOAT, [1], [1.0])] * 2
    node = helper.make_node("Own", ["x"], ["t"], "own", domain="com.example", list=tensors)
    refused("attribute 'list' of node 'own' has a kind that is not supported: TENSORS",
            [node, relu("t")], opsets={"": 17, "com.example": 1}, types=[value("t")])
    refused("node 'own' (Own, domain com.example): the model imports no version of its "
            "domain", [node])


# Values


def make_choice(nodes, result, source="x", target="y"):
    """An If whose one branch has these nodes; what is wrong in it is seen late."""
    branches = [helper.make_graph([relu(source, "r")], "no", [], [value("r")]),
                helper.make_graph(nodes, "yes", [], [value(result)])]
    condition = helper.make_tensor("cond", TensorProto.BOOL, [], [True])
    return [helper.make_node("Constant", [], ["c0"], value=condition),
            helper.make_node("If", ["c0"], [target], else_branch=branches[0], then_branch=branches[1])]


def test_types_that_contradict(refused):
    wrong = helper.make_tensor("w", TensorProto.INT64, [1], [1])
    node = helper.make_node("Add", ["x", "w"], ["y"], "sum")
    message = refused(
        "model.onnx: node 'sum' (Add, opset 17): types cannot be inferred: B has inconsistent type tensor(int64); "
        "of its inputs 'x' is float[1, 4], 'w' is int64[1]; hint: convert an input with a Cast, or declare the type "
        "that it has", [node], initializers=[wrong])
    assert ", node name: " not in message  # as onnx writes it


def test_shapes_that_contradict(refused):
    """Of a graph's result, whose type is declared, and of a value, whose type is not; the first node is named."""
    hint = "; hint: check the shapes of the inputs, and those that --shape and --dim give"
    inputs = [value("x"), value("z", (5, 6))]
    nodes = [helper.make_node("MatMul", ["x", "z"], ["t"], "one"), helper.make_node("MatMul", ["x", "z"], ["y"], "two")]
    for node, types in ((nodes[1], "0 is tensor<1x4xf32>, 1 is tensor<5x6xf32>"),
                        (nodes[0], "'x' is float[1, 4], 'z' is float[5, 6]")):
        message = refused(
            f"model.onnx: node '{node.name}' (MatMul, opset 17): types cannot be inferred: Incompatible dimensions for "
            f"matrix multiplication; of its inputs {types}{hint}", [node] if node is nodes[1] else nodes, inputs=inputs)
        assert "Error]" not in message  # as onnx writes it


def test_results_without_types(fails, tmp_path):
    """onnx infers nothing of what this operator's function computes."""
    path = (pathlib.Path(onnx.backend.test.__file__).parent / "data" / "node" / "test_flexattention_soft_cap"
            / "model.onnx")
    fails(MODEL, "node 'scaled' (Div): output 'scaled' has no type that can be inferred", "compile", path, "--target",
          "host", "-o", tmp_path / "out.garam")


def test_bodies_take_tensors(refused):
    sequence = helper.make_tensor_sequence_value_info("s", FLOAT, None)
    body = helper.make_graph([helper.make_node("SequenceLength", ["s"], ["n"])], "body",
                             [sequence], [value("n", [], TensorProto.INT64)])
    node = helper.make_node("Own", ["x"], ["t"], "own", domain="com.example", body=body)
    refused("input 's' of a body is a sequence, map, optional or sparse tensor, which is not "
            "supported", [node, relu("t")], opsets={"": 17, "com.example": 1}, types=[value("t")])


def test_shapes_of_what_is_no_tensor(refused):
    sequence = helper.make_tensor_sequence_value_info("x", FLOAT, None)
    nodes = [helper.make_node("ConcatFromSequence", ["x"], ["y"], axis=0)]
    text = refused("--shape x=1: the input is not a tensor", nodes, inputs=[sequence],
                   flags=("--shape", "x=1"), status=USAGE)
    text = refused("--shape z=1: the model has no such input", nodes, inputs=[sequence],
                   flags=("--shape", "z=1"), status=USAGE)
    assert "x not a tensor" in text


# Names and order


def test_what_is_read_but_not_computed(refused):
    hint = "hint: check the name, and whether the node that computes it was cut off"
    refused("node 'late' (Relu, opset 17): input 0, 'none', is computed by no node and is no input or "
            f"initializer, needed a value of the graph or of one around it; {hint}",
            [relu("none", name="late")])
    inner = helper.make_node("Relu", ["none"], ["t"], "inner")
    refused("node 'inner' (Relu, opset 17): input 0, 'none', is computed by no node",
            make_choice([inner], "t"))
    refused("output 'y' of the graph is computed by no node, needed a value of the graph; " + hint,
            [relu("x", "t")])
    refused("output 'none' of its body is no value of the body, needed one; hint: an Identity in the "
            "body yields a value of the graph around it", make_choice([relu("x", "t")], "none"))
    opsets = {"": 17, "own": 1}
    function = make_function("F", [relu("c", "b", name="in_f")], {"": 17})
    refused("node 'in_f' (Relu, opset 17 in function 'F'): input 0, 'c', is computed by no node",
            [call("F", "x", "y")], opsets=opsets, functions=[function])


def test_names_of_two_values(refused):
    refused("node 'two' (Relu, opset 17): output 'y' has the name of an output of node 'one', needed a "
            "name of its own for every value; hint: rename one of the two",
            [relu(name="one"), relu(name="two")])
    refused("output 'x' has the name of an input or initializer", [relu("x", "x"), relu()])


def test_names_of_inputs(refused):
    refused("inputs 0 and 1 of the graph have the name 'x', needed a name of its own for every value; hint: rename one "
            "of the two", [relu()], inputs=[value("x"), value("x")])
    refused("input 1 of the graph has no name, needed one; hint: nodes read it by its name", [relu()],
            inputs=[value("x"), value("")])
    refused("initializer 0 has no name, needed one; hint: nodes read it by its name", [relu()],
            initializers=[helper.make_tensor("", FLOAT, [1], [1.0])])
    body = helper.make_graph([relu("s", "t")], "body",
                             [value("i", [], TensorProto.INT64), value("go", [], TensorProto.BOOL), value("s"), value("s")],
                             [value("go", [], TensorProto.BOOL), value("t"), value("s")])
    count = helper.make_node("Constant", [], ["n"], value=helper.make_tensor("n", TensorProto.INT64, [], [2]))
    refused("node 'loop' (Loop, opset 17): inputs 2 and 3 of the graph in attribute 'body' have the name 's'",
            [count, helper.make_node("Loop", ["n", "", "x", "x"], ["y", "z"], "loop", body=body)])
    function = make_function("F", [relu("a", "b")], {"": 17})
    function.input.append("a")
    refused("inputs 0 and 1 of function 'F' have the name 'a'", [call("F", "x", "y")], opsets={"": 17, "own": 1},
            functions=[function])


def test_graphs_and_functions_without_names(refused, fails, tmp_path):
    hint = "needed one; hint: any that is not empty will do, 'main' for one"
    model = helper.make_model(helper.make_graph([relu()], "", [value("x")], [value("y")]), ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    (tmp_path / "main.onnx").write_bytes(model.SerializeToString())
    fails(MODEL, f"main.onnx: the graph has no name, {hint}", "compile", tmp_path / "main.onnx", "--target", "atom",
          "-o", tmp_path / "out.garam")
    choice = make_choice([relu("x", "t")], "t")
    choice[1].name = "if"
    for attribute in choice[1].attribute:
        attribute.g.name = ""
    refused(f"node 'if' (If, opset 17): the graph in attribute 'else_branch' has no name, {hint}", choice)
    function = make_function("F", [relu("a", "b")], {"": 17})
    opsets = {"": 17, "own": 1}
    refused("two functions of domain 'own' have the name 'F', needed a name or an overload of its own for each; hint: "
            "rename one of the two, and the nodes that call it", [call("F", "x", "y")], opsets=opsets,
            functions=[function, function])
    function.name = ""
    refused("a function of domain 'own' has no name, needed one; hint: nodes call it by its name", [relu()],
            opsets=opsets, functions=[function])


def test_names_in_bodies(refused):
    """A body sees the inputs and initializers around it, and what the nodes before its own compute."""
    text = "around the body, needed one that the body does not see; hint: rename one of the two"
    refused("node 'inner' (Relu, opset 17): output 'x' of a node in a body has the name of an input or initializer "
            + text, make_choice([relu("x", "s"), relu("s", "x", name="inner")], "x"))
    weight = helper.make_tensor("w", FLOAT, [1], [1.0])
    refused(f"output 'w' of a node in a body has the name of an input or initializer {text}",
            make_choice([relu("x", "w")], "w"), initializers=[weight])
    refused("node 'inner' (Relu, opset 17): output 'before' of a node in a body has the name of an output of node "
            f"'outer' {text}",
            [relu("x", "before", name="outer"), *make_choice([relu("x", "before", name="inner")], "before")])
    inside = make_function("F", make_choice([relu("a", "a", name="inner")], "a", "a", "b"), {"": 17})
    refused(f"node 'inner' (Relu, opset 17 in function 'F'): output 'a' of a node in a body has the name of an input or "
            f"initializer {text}", [call("F", "x", "y")], opsets={"": 17, "own": 1}, functions=[inside])


def test_functions_in_the_domain_of_operators(refused):
    function = make_function("F", [relu("a", "b")], {"": 17})
    function.domain = ""
    refused("node 'call' (F, opset 17): the function of that name is in a domain of ONNX's own operators, "
            "needed one in a domain of the model's; hint: rename the domain of the function and of the nodes that call it, as "
            "'com.example'", [helper.make_node("F", ["x"], ["y"], "call")], functions=[function])


def test_two_versions_of_a_domain(refused, fails, tmp_path):
    text = ("imports opsets 17 and 18 of domain ai.onnx, needed one version of each domain; hint: keep the one that the "
            "nodes were exported for")
    model = helper.make_model(helper.make_graph([relu()], "graph", [value("x")], [value("y")]), ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx", 18)])
    (tmp_path / "two.onnx").write_bytes(model.SerializeToString())
    fails(MODEL, f"two.onnx: the model {text}", "compile", tmp_path / "two.onnx", "--target", "atom",
          "-o", tmp_path / "out.garam")
    function = make_function("F", [relu("a", "b")], {"": 17, "ai.onnx": 18})
    refused(f"function 'F' {text}", [call("F", "x", "y")], opsets={"": 17, "own": 1}, functions=[function])


def test_cycles(refused):
    """What comes too late is no cycle, whatever is around it."""
    hint = "hint: what an earlier step computed is an input of the graph or a state of a Loop"
    nodes = [relu("b", "y"), helper.make_node("Add", ["x", "b"], ["a"], "first"),
             relu("a", "b", name="second")]
    refused("node 'first' (Add, opset 17): it needs its own result: 'first', which reads 'second', which "
            f"reads it again, needed a graph without cycles; {hint}", nodes)
    refused("node 'own' (Relu, opset 17): it needs its own result: 'own', which reads it again",
            [relu("a", "a", name="own"), relu()])
    choice = make_choice([relu("y", "t")], "t")
    refused("(If, opset 17): it needs its own result: ", choice)
    long = [relu(f"v{(i + 1) % 12}", f"v{i}", name=f"n{i}") for i in range(12)]
    refused("which reads 'n7' and 4 more nodes, which reads it again", long + [relu("v0", "y")])


# Nodes that the definitions of their operators do not fit


def test_numbers_of_inputs_and_outputs(refused):
    refused("node 'sum' (Add, opset 17): it has 1 input, needed 2; hint: the inputs are A, B",
            [helper.make_node("Add", ["x"], ["y"], "sum")])
    refused("node 'cut' (Clip, opset 17): it has 4 inputs, needed 1 to 3; hint: the inputs are input, min "
            "(may be left out), max (may be left out)",
            [helper.make_node("Clip", ["x", "x", "x", "x"], ["y"], "cut")])
    refused("node 'most' (Max, opset 17): it has 0 inputs, needed at least 1; hint: the inputs are "
            "data_0 (any number)", [helper.make_node("Max", [], ["y"], "most")])
    refused("node 'r' (Relu, opset 17): it has 2 outputs, needed 1; hint: the outputs are Y",
            [helper.make_node("Relu", ["x"], ["y", "z"], "r")])
    refused("node 'sum' (Add, opset 17): input 0 (A) is left out, needed a value; hint: the inputs are "
            "A, B", [helper.make_node("Add", ["", "x"], ["y"], "sum")])
    wrong = helper.make_node("Add", ["x"], ["t"], "inner")
    refused("node 'inner' (Add, opset 17): it has 1 input, needed 2", make_choice([wrong], "t"))
    refused("node 'in_f' (Add, opset 14): it has 1 input, needed 2", [call("F", "x", "y")],
            opsets={"": 17, "own": 1}, functions=[make_function(
                "F", [helper.make_node("Add", ["a"], ["b"], "in_f")], {"": 14})])


def test_attributes_of_operators(refused):
    refused("node 'r' (Relu, opset 17): it has attribute 'slope', needed none; hint: leave "
            "it out, or export the model for the opset whose operator has it",
            [relu(name="r", slope=1.0)])
    refused("it has attribute 'axes', needed only keepdims, noop_with_empty_axes; hint:",
            [helper.make_node("ReduceSum", ["x"], ["y"], axes=[0])])
    refused("node 'c' (Concat, opset 17): it has no attribute 'axis', needed one of type INT; hint: the "
            "operator has no default for it", [helper.make_node("Concat", ["x", "x"], ["y"], "c")])
    refused("node 's' (Softmax, opset 17): attribute 'axis' is of type FLOAT, needed INT",
            [helper.make_node("Softmax", ["x"], ["y"], "s", axis=1.0)])
    refused("no opset from 10 on has the operator, needed one that takes its place; hint: export the "
            "model again, or for an older opset",
            [helper.make_node("Upsample", ["x", "x"], ["y"], "up")])
    refused("node 'g' (GroupNormalization, opset 18): it has 2 inputs, needed 3",
            [helper.make_node("GroupNormalization", ["x", "x"], ["y"], "g", num_groups=1)], opsets={"": 18})
    node = helper.make_node("Concat", ["x", "x"], ["y"], "c", axis=0)
    node.attribute.extend(list(node.attribute))
    refused("node 'c' (Concat, opset 17): attribute 'axis' is given twice, needed once; hint: keep the one whose "
            "value is meant", [node])
    node.attribute.pop()
    node.attribute[0].name = ""
    refused("node 'c' (Concat, opset 17): an attribute has no name, needed one; hint: the operator's definition "
            "lists its attributes by their names", [node])
    node = helper.make_node("Own", ["x"], ["t"], "own", domain="com.example", size=1)
    node.attribute.extend(list(node.attribute))
    refused("node 'own' (Own, opset 1, domain com.example): attribute 'size' is given twice", [node, relu("t")],
            opsets={"": 17, "com.example": 1}, types=[value("t")])


def test_values_of_attributes(refused):
    node = helper.make_node("Constant", [], ["c"], "none", value=helper.make_tensor("t", FLOAT, [1], [1.0]))
    node.attribute[0].ClearField("t")
    refused("node 'none' (Constant, opset 17): attribute 'value' has no value, needed one of type TENSOR; hint: leave "
            "the attribute out where its default is meant", [node, relu()])
    node = helper.make_node("Softmax", ["x"], ["y"], "both", axis=1)
    node.attribute[0].f = 1.0
    refused("node 'both' (Softmax, opset 17): attribute 'axis' has values of types FLOAT and INT, needed one; hint: "
            "keep the one that is meant, and its type", [node])
    refused("node 'both' (Softmax, opset 17)", make_choice([helper.make_node("Abs", ["x"], ["s"]), with_output(node, "t")],
                                                           "t"))
    node.attribute[0].ClearField("i")
    refused("attribute 'axis' has a value of type FLOAT and says that it is INT, needed one type for both; hint: correct "
            "the wrong one", [node])


def with_output(node, name):
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.output[0] = name
    return copy


def test_what_the_checker_says(refused):
    """In its own words what is not one of the commonest reasons."""
    function = make_function("F", [relu("a", "b")], {"": 17})
    function.output.append("b")
    refused("the onnx checker refuses the model: function (F) should not have duplicate outputs", [call("F", "x", "y")],
            opsets={"": 17, "own": 1}, functions=[function])


# Types that are not declared


def without(info, field):
    """`info` without the shape of its type, or without its type."""
    if field == "type":
        info.ClearField("type")
    else:
        info.type.tensor_type.ClearField(field)
    return info


def test_inputs_without_types(refused):
    refused("input 'x' has no shape in the model, needed one; hint: give it with --shape x=SIZExSIZE...",
            [relu()], inputs=[without(value("x"), "shape")])
    refused("input 'x' has no element type, needed one; hint: declare its type in the model", [relu()],
            inputs=[without(value("x"), "type")])
    refused("input 'x' has no element type", [relu()], inputs=[without(value("x"), "elem_type")])
    text = refused("--shape z=1: the model has no such input", [relu()],
                   inputs=[without(value("x"), "shape")], flags=("--shape", "z=1"), status=USAGE)
    assert "x of no declared shape" in text


# Functions


def make_function(name, nodes, opsets):
    return helper.make_function("own", name, ["a"], ["b"], nodes,
                                [helper.make_opsetid(*opset) for opset in opsets.items()])


def call(name, source, target):
    return helper.make_node(name, [source], [target], domain="own")


def test_functions_that_grow_without_end(refused):
    """Each calls the one below twice, 40 levels deep."""
    opsets = {"": 17, "own": 1}
    functions = [make_function("F0", [relu("a", "b")], opsets)]
    for i in range(1, 40):
        below = f"F{i - 1}"
        functions.append(make_function(f"F{i}", [call(below, "a", "t"), call(below, "t", "b")],
                                       opsets))
    refused("the model's functions would expand to more than ", [call("F39", "x", "y")],
            opsets=opsets, functions=functions)


def test_functions_of_other_operator_sets(refused, run_tool, tmp_path):
    """Functions are converted to the model's operator set when they are inlined."""
    scale = helper.make_node("Constant", [], ["s"],
                             value=helper.make_tensor("s", FLOAT, [2], [1.0, 2.0]))
    upsample = helper.make_node("Upsample", ["a", "s"], ["b"], mode="nearest")
    function = make_function("Up", [scale, upsample], {"": 9})
    opsets = {"": 17, "own": 1, "ai.onnx.ml": 3}
    path = tmp_path / "good.onnx"
    graph = helper.make_graph([call("Up", "x", "y")], "graph", [value("x")], [value("y", [1, 8])])
    onnx.save(helper.make_model(graph, functions=[function], ir_version=8, opset_imports=[
        helper.make_opsetid(*opset) for opset in opsets.items()]), path)
    run_tool("garam", "compile", path, "--target", "atom", "-o", tmp_path / "good.garam", "--quiet")

    newer = make_function("New", [helper.make_node("Gelu", ["a"], ["b"])], {"": 20})
    refused("cannot inline the model's functions: ", [call("New", "x", "y")], opsets=opsets,
            functions=[newer])
    other = make_function("Other", [helper.make_node("Scaler", ["a"], ["b"], domain="ai.onnx.ml",
                                                     scale=[1.0], offset=[0.0])], {"ai.onnx.ml": 2})
    refused("cannot inline function 'Other': it imports other operator set versions than the model",
            [call("Other", "x", "y")], opsets=opsets, functions=[other])


# Tensors without elements


def test_tensor_without_elements(refused):
    initializers = [helper.make_tensor(name, TensorProto.INT64, [1], [number])
                    for name, number in [("start", 2), ("end", 2), ("axis", 1)]]
    nodes = [helper.make_node("Slice", ["x", "start", "end", "axis"], ["none"], name="cut"),
             helper.make_node("Relu", ["none"], ["y"], name="relu")]
    message = refused("a tensor without elements, tensor<1x0xf32>, but every dimension must be at least 1",
                      nodes, outputs=[value("y", (1, 0))], initializers=initializers)
    assert "node 'cut'" in message or "node 'relu'" in message
