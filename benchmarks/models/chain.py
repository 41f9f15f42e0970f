"""A chain of small nodes, as long as one asks for: how compile time grows with a model.

Two kinds: `conv` alternates 3 x 3 convolutions and Relu; `elementwise` goes round
Mul with a vector of constants, Sigmoid and Add of the value two nodes back.
"""

import argparse
import pathlib

import onnx

from graph_builder import GraphBuilder

CHANNELS = 8
SIZE = 14  # of the images


def add_convolutions(graph, nodes, x):
    for number in range(0, nodes, 2):
        x = graph.conv(f"/{number}/Conv", x, CHANNELS, 3)
        if number + 1 < nodes:
            x = graph.relu(f"/{number + 1}/Relu", x)
    return x


def add_elementwise(graph, nodes, x):
    before = [x, x]  # the last two values
    for number in range(nodes):
        operator = ["Mul", "Sigmoid", "Add"][number % 3]
        name = f"/{number}/{operator}"
        inputs = before[-1:]
        if operator == "Mul":
            inputs.append(graph.weight(f"{name}.factor", (CHANNELS, 1, 1), 2.0, 1.0))
        elif operator == "Add":
            inputs.append(before[-2])
        before = [before[-1], graph.add_node(operator, name, inputs, graph.shapes[x])]
    return before[-1]


KINDS = {"conv": add_convolutions, "elementwise": add_elementwise}


def build(kind, nodes, seed=0):
    graph = GraphBuilder(seed)
    x = graph.input("input", (CHANNELS, SIZE, SIZE))
    return graph.finish("chain", ["input"], {"output": KINDS[kind](graph, nodes, x)}, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--kind", choices=sorted(KINDS), default="conv", help="default conv")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    onnx.save(build(arguments.kind, arguments.nodes, arguments.seed), arguments.output)
