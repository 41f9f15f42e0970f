"""A chain of small nodes, as long as one asks for: how compile time grows with a model.

Four kinds: `conv` alternates 3 x 3 convolutions and Relu; `elementwise` goes round
Mul with a vector of constants, Sigmoid and Add of the value two nodes back; `readers`
adds up 1 x 1 convolutions which all read the input; `branches` has If nodes with Relu or
Neg, behind two nodes that make their condition of the input. In int8 each node stands between
QuantizeLinear and DequantizeLinear, which are not counted, and Relu takes the place of
Sigmoid, for which machines without floats have no means.
"""

import argparse
import pathlib

import numpy as np
import onnx

from graph_builder import GraphBuilder

CHANNELS = 8
SIZE = 14  # of the images
SCALE = 1 / 32  # of values in int8


class Chain(GraphBuilder):
    """Rounds what nodes read and make to int8 where that is asked for."""

    def __init__(self, seed, is_int8):
        super().__init__(seed)
        self.is_int8 = is_int8
        if is_int8:
            self.constant("scale", np.array(SCALE, np.float32))
            self.constant("zero", np.array(0, np.int8))
            self.constant("bias.scale", np.array(SCALE * SCALE, np.float32))

    def weight(self, name, shape, fan_in, gain):
        if not self.is_int8:
            return super().weight(name, shape, fan_in, gain)
        is_bias = len(shape) == 1
        values = self.random.integers(-127, 128, shape, np.int32 if is_bias else np.int8)
        inputs = ["bias.scale"] if is_bias else ["scale", "zero"]
        return self.add_node("DequantizeLinear", f"{name}/Dequantize",
                             [self.constant(f"{name}.integers", values), *inputs], shape)

    def add_node(self, operator, name, inputs, shape, **attributes):
        output = super().add_node(operator, name, inputs, shape, **attributes)
        if not self.is_int8 or operator.endswith("Linear"):
            return output
        return self.round(name, output)

    def round(self, name, x):
        shape = self.shapes[x]
        rounded = self.add_node("QuantizeLinear", f"{name}/Quantize", [x, "scale", "zero"], shape)
        return self.add_node("DequantizeLinear", f"{name}/Dequantize",
                             [rounded, "scale", "zero"], shape)


def add_convolutions(graph, nodes, x):
    for number in range(0, nodes, 2):
        x = graph.conv(f"/{number}/Conv", x, graph.shapes[x][0], 3)
        if number + 1 < nodes:
            x = graph.relu(f"/{number + 1}/Relu", x)
    return x


def add_elementwise(graph, nodes, x):
    before = [x, x]  # the last two values
    for number in range(nodes):
        operator = ["Mul", "Relu" if graph.is_int8 else "Sigmoid", "Add"][number % 3]
        name = f"/{number}/{operator}"
        inputs = before[-1:]
        if operator == "Mul":
            inputs.append(graph.weight(f"{name}.factor", (graph.shapes[x][0], 1, 1), 2.0, 1.0))
        elif operator == "Add":
            inputs.append(before[-2])
        before = [before[-1], graph.add_node(operator, name, inputs, graph.shapes[x])]
    return before[-1]


def add_readers(graph, nodes, x):
    total = x
    for number in range(0, nodes, 2):
        result = graph.conv(f"/{number}/Conv", x, graph.shapes[x][0], 1)
        total = graph.add(f"/{number + 1}/Add", total, result) if number + 1 < nodes else result
    return total


def add_branches(graph, nodes, x):
    largest = graph.add_node("ReduceMax", "/0/ReduceMax", [x], (), keepdims=0)
    condition = graph.add_node("Cast", "/1/Cast", [largest], (), to=onnx.TensorProto.BOOL)
    for number in range(2, nodes):
        name = f"/{number}/If"
        bodies = {}
        for branch, operator in [("then_branch", "Relu"), ("else_branch", "Neg")]:
            output = f"{name}/{operator}_output_0"
            node = onnx.helper.make_node(operator, [x], [output], name=f"{name}/{operator}")
            value = onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, None)
            bodies[branch] = onnx.helper.make_graph([node], branch, [], [value])
        x = graph.add_node("If", name, [condition], graph.shapes[x], **bodies)
    return x


KINDS = {"conv": add_convolutions, "elementwise": add_elementwise, "readers": add_readers,
         "branches": add_branches}


def build(kind, nodes, seed=0, channels=CHANNELS, size=SIZE, is_int8=False):
    graph = Chain(seed, is_int8)
    x = graph.input("input", (channels, size, size))
    if is_int8:
        x = graph.round("/input", x)
    return graph.finish("chain", ["input"], {"output": KINDS[kind](graph, nodes, x)}, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--kind", choices=sorted(KINDS), default="conv", help="default conv")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--channels", type=int, default=CHANNELS, help=f"default {CHANNELS}")
    parser.add_argument("--size", type=int, default=SIZE,
                        help=f"height and width of the images (default {SIZE})")
    parser.add_argument("--int8", action="store_true", help="quantised: int8 QDQ")
    arguments = parser.parse_args()
    onnx.save(build(arguments.kind, arguments.nodes, arguments.seed, arguments.channels,
                    arguments.size, arguments.int8), arguments.output)
