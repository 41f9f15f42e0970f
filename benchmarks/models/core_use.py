"""Small networks of which it matters how they share the cores of a chip.

heads: eight heads of a detector, a class and a box head of three convolutions
on each of four feature maps. recurrent: both directions of an LSTM over 16
steps, 128 wide. towers: two chains of six dense layers, 128 wide, of four rows.
gram: all products of the columns of two projections of many rows, as the state
of linear attention is (Katharopoulos et al., ICML 2020).
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """Weights are normal, divided by the root of what they add up."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def weight(self, name, shape, terms):
        values = self.random.standard_normal(shape, dtype=np.float32) / np.float32(terms**0.5)
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def add(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def dense(self, x, name, width):
        x = self.add("MatMul", [x, self.weight(f"{name}.weight", (width, width), width)], name)
        return self.add("Relu", [x], f"{name}.relu")

    def finish(self, name, inputs, outputs):
        def list_info(shapes):
            return [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)
                    for key, shape in shapes.items()]
        graph = helper.make_graph(self.nodes, name, list_info(inputs), list_info(outputs), self.constants)
        model = helper.make_model(graph, producer_name="garam-benchmarks", ir_version=8,
                                  opset_imports=[helper.make_opsetid("", 17)])
        onnx.checker.check_model(model, full_check=True)
        return model


def build_heads():
    network, inputs, outputs = Network(), {}, {}
    for size in (20, 10, 5, 3):
        inputs[f"map{size}"] = [1, 256, size, size]
        for head, channels in (("class", 24), ("box", 12)):
            x, depth = f"map{size}", 256
            for layer, count in enumerate((64, 64, channels)):
                name = f"{head}{size}.{layer}"
                weight = network.weight(f"{name}.weight", (count, depth, 3, 3), 9 * depth)
                x = network.add("Conv", [x, weight], name, pads=[1] * 4)
                if layer < 2:
                    x = network.add("Relu", [x], f"{name}.relu")
                depth = count
            outputs[x] = [1, channels, size, size]
    return network.finish("heads", inputs, outputs)


def build_recurrent(steps=16, width=128):
    network = Network()
    weights = [network.weight("w", (2, 4 * width, width), width),
               network.weight("r", (2, 4 * width, width), width),
               network.weight("b", (2, 8 * width), width)]
    network.add("LSTM", ["x", *weights], "y", direction="bidirectional", hidden_size=width)
    return network.finish("recurrent", {"x": [steps, 1, width]}, {"y": [steps, 2, 1, width]})


def build_towers(rows=4, width=128, layers=6):
    network = Network()
    ends = []
    for tower in ("a", "b"):
        x = tower
        for layer in range(layers):
            x = network.dense(x, f"{tower}.{layer}", width)
        ends.append(x)
    network.add("Mul", ends, "y")
    return network.finish("towers", {"a": [rows, width], "b": [rows, width]}, {"y": [rows, width]})


def build_gram(rows=4096, width=64):
    network = Network()
    for name in ("key", "value"):
        network.add("MatMul", ["x", network.weight(f"{name}.weight", (width, width), width)], name)
    network.add("Transpose", ["key"], "columns", perm=[1, 0])
    network.add("MatMul", ["columns", "value"], "state")
    return network.finish("gram", {"x": [rows, width]}, {"state": [width, width]})


NETWORKS = {"heads": build_heads, "recurrent": build_recurrent, "towers": build_towers,
            "gram": build_gram, "gram_16384": lambda: build_gram(16384)}


def build(network):
    return NETWORKS[network]()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    arguments = parser.parse_args()
    onnx.save(build(arguments.network), arguments.output)
