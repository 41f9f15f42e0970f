"""Loops and Scans of random bodies agree with onnxruntime, with fixed sizes and with sizes of run time."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import oracle

garam = pytest.importorskip("garam")

SIZES = [1, 2, 3, 4, 8, 9, 16]


class Body:
    """Random nodes on states of one shape, each of which yields that shape."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.shape = [self.random.choice(SIZES) for _ in range(self.random.randint(1, 4))]
        self.states = [f"s{i}" for i in range(self.random.choice([1, 1, 2]))]
        self.values, self.nodes, self.constants = list(self.states), [], {}

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def floats(self, *shape):
        return self.constant(self.numbers.standard_normal(shape).astype(np.float32) / shape[-1] ** 0.5)

    def add(self, operator, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], f"n{len(self.nodes)}", **attributes))
        return name

    def chain(self, x):
        """The name of a value of the shape of `x`, made by one or some nodes; None where the shape does not allow it."""
        rank, last = len(self.shape), self.shape[-1]
        kind = self.random.choice(["unary", "binary", "outer", "product", "products", "softmax", "transposed", "halves",
                                   "centred", "reversed", "where", "sums", "normalised", "convolution", "padded"])
        if kind == "unary":
            return self.add(self.random.choice(["Relu", "Tanh", "Sigmoid", "Neg", "Abs"]), x)
        if kind == "binary":
            return self.add(self.random.choice(["Add", "Sub", "Max"]), x, self.random.choice(self.values))
        if kind == "outer":
            return self.add("Add", x, "x")
        if kind == "softmax":
            return self.add("Softmax", x, axis=-1)
        if kind == "where":
            return self.add("Where", self.constant(np.bool_(self.random.random() < 0.5)), x, self.random.choice(self.values))
        if kind == "sums":
            return self.add("CumSum", x, self.constant(np.int64(self.random.randrange(rank))))
        if kind == "centred":
            axes = self.constant(np.array([self.random.randrange(rank)]))
            return self.add("Sub", x, self.add(self.random.choice(["ReduceMax", "ReduceMean"]), x, axes, keepdims=1))
        if kind == "reversed":
            begin, end, axes = (self.constant(np.array([number])) for number in (-1, -2**40, 0))
            return self.add("Slice", x, begin, end, axes, begin)
        if kind == "transposed" and rank > 1:
            order = list(range(rank))[::-1]
            return self.add("Transpose", self.add("Tanh", self.add("Transpose", x, perm=order)), perm=order)
        if kind == "products" and rank == 2:
            return self.add("MatMul", x, self.add("Tanh", self.add("MatMul", self.add("Transpose", x, perm=[1, 0]), x)))
        if self.random.random() < 0.5:
            return None  # what needs to know sizes
        if kind == "product" and rank > 1:
            return self.add("MatMul", x, self.floats(last, last))
        if kind == "normalised":
            return self.add("LayerNormalization", x, self.floats(last), axis=-1)
        if kind == "convolution" and rank == 4:
            return self.add("Conv", x, self.floats(self.shape[1], self.shape[1], 3, 3), pads=[1, 1, 1, 1])
        if kind == "halves" and last > 1:
            zero, middle, end, axis = (self.constant(np.array([number])) for number in (0, last // 2, 2**40, rank - 1))
            return self.add("Concat", self.add("Slice", x, middle, end, axis), self.add("Slice", x, zero, middle, axis), axis=rank - 1)
        return None


def make_model(seed, ofRunTime):
    """A model with inputs x, one for each further state, and what is scanned; its bounds of sizes and its inputs."""
    body = Body(seed)
    for _ in range(body.random.randint(1, 5)):
        value = body.chain(body.random.choice(body.values[-3:]))
        body.values += [value] if value else []
    fixed = {dim for node in body.nodes if node.op_type in ("MatMul", "LayerNormalization") and node.input[1][0] == "c"
             for dim in [len(body.shape) - 1]}
    fixed |= {1 for node in body.nodes if node.op_type == "Conv"}
    fixed |= {len(body.shape) - 1 for node in body.nodes if node.op_type == "Concat"}
    names = [f"d{i}" if ofRunTime and i not in fixed else size for i, size in enumerate(body.shape)]

    def describe(name, shape=None, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    shape = None if ofRunTime else body.shape
    collected = ["collected"] if body.random.random() < 0.4 else []
    outputs = [f"o{i}" for i in range(len(body.states))] + collected
    last = body.values[-len(body.states):]
    yielded = last[::-1] if body.random.random() < 0.3 else last
    nodes = body.nodes + [helper.make_node("Identity", [value], [name])
                          for name, value in zip(outputs, yielded + [body.random.choice(body.values)])]
    inputs = ["x", "y"][:len(body.states)]
    results = [f"z{i}" for i in range(len(outputs))]
    if body.random.random() < 0.6:
        steps, goes = body.constant(np.int64(body.random.choice([1, 2, 3, 5]))), body.constant(np.bool_(True))
        graph = helper.make_graph(
            [helper.make_node("Identity", ["goes"], ["goes_on"]), *nodes], "body",
            [describe("i", [], TensorProto.INT64), describe("goes", [], TensorProto.BOOL), *(describe(name, shape) for name in body.states)],
            [describe("goes_on", [], TensorProto.BOOL), *(describe(name, shape) for name in outputs)])
        loop = helper.make_node("Loop", [steps, goes, *inputs], results, body=graph)
    else:
        graph = helper.make_graph(nodes, "body", [describe(name, shape) for name in [*body.states, "element"]],
                                  [describe(name, shape) for name in outputs])
        loop = helper.make_node("Scan", [*inputs, "scanned"], results, body=graph, num_scan_inputs=1)
        inputs = [*inputs, "scanned"]
    arguments = {"x": names, **{name: ([3, *names] if name == "scanned" else names) for name in inputs}}
    graph = helper.make_graph([loop], "loop", [describe(name, dims) for name, dims in arguments.items()],
                              [describe(name) for name in results],
                              [numpy_helper.from_array(value, name) for name, value in body.constants.items()])
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)])
    model = onnx.ModelProto.FromString(model.SerializeToString())
    feeds = {name: body.numbers.standard_normal([3, *body.shape] if name == "scanned" else body.shape).astype(np.float32)
             for name in arguments}
    return model, {name: (1, size + 3) for name, size in zip(names, body.shape) if isinstance(name, str)}, feeds


@pytest.mark.parametrize("ofRunTime", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_onnxruntime(seed, ofRunTime):
    """What a loop of sizes of run time cannot have is refused, and what has fixed sizes is not."""
    model, dims, feeds = make_model(seed, ofRunTime)
    expected = oracle.run_onnxruntime(model, feeds, optimise=False)
    try:
        results = garam.compile(model, target="host", dims=dims).run(feeds)
    except garam.ModelError as refusal:
        assert dims and refusal.diagnostics[0].nodes, str(refusal)
        return
    for name, value in expected.items():
        assert results[name].shape == value.shape
        np.testing.assert_allclose(results[name], value, rtol=1e-3, atol=1e-4 * max(1, np.abs(value).max()))
