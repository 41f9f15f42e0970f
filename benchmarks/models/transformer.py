"""Builds ONNX graphs of transformers with the nodes that PyTorch's exporter writes for them.

Shapes have the batch, which is fixed: exporters write it into the shapes of
Reshape. Weights are normal with standard deviation 0.02, as the published models
start from; biases too, so that no node is without effect.
"""

import argparse
import dataclasses
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
DEVIATION = 0.02


@dataclasses.dataclass
class Size:
    """Of an encoder or a decoder."""
    layers: int = 12
    width: int = 768
    heads: int = 12

    @property
    def head_width(self):
        return self.width // self.heads


class TransformerBuilder:
    """Each method adds nodes named after `name` and returns its output."""

    def __init__(self, size, batch, seed):
        self.size, self.batch = size, batch
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self.parameters = 0

    def input(self, name, shape, data_type=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, data_type, shape))
        return name

    def output(self, name, tensor, shape):
        self.node("Identity", f"/{name}/Identity", tensor, output=name)
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, name, *shape, mean=0.0):
        self.parameters += int(np.prod(shape))
        values = self.random.standard_normal(shape, dtype=np.float32) * np.float32(DEVIATION)
        return self.constant(name, values + np.float32(mean))

    def node(self, operator, name, *inputs, output=None, **attributes):
        output = output or f"{name}_output_0"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def scalar(self, operator, name, x, value):
        """A node whose second input is a constant."""
        return self.node(operator, name, x, self.constant(f"{name}_value", np.float32(value)))

    def reshape(self, name, x, *shape):
        return self.node("Reshape", name, x, self.constant(f"{name}_shape", np.int64(shape)))

    def gather(self, name, table, index, axis=0):
        return self.node("Gather", name, table, self.constant(f"{name}_index", np.int64(index)),
                         axis=axis)

    def linear(self, name, x, inputs, outputs):
        """On the last dimension of a tensor of rank 3, as torch.nn.Linear is exported."""
        weight = self.weight(f"{name}.weight", inputs, outputs)
        product = self.node("MatMul", f"{name}/MatMul", x, weight)
        return self.node("Add", f"{name}/Add", self.weight(f"{name}.bias", outputs), product)

    def gemm(self, name, x, inputs, outputs):
        """On a tensor of rank 2."""
        return self.node("Gemm", f"{name}/Gemm", x, self.weight(f"{name}.weight", outputs, inputs),
                         self.weight(f"{name}.bias", outputs), transB=1)

    def layer_norm(self, name, x, epsilon):
        width = self.size.width
        return self.node("LayerNormalization", f"{name}/LayerNormalization", x,
                         self.weight(f"{name}.weight", width, mean=1.0),
                         self.weight(f"{name}.bias", width), axis=-1, epsilon=epsilon)

    def gelu(self, name, x):
        """With the error function."""
        out = self.scalar("Div", f"{name}/Div", x, np.sqrt(2.0))
        out = self.scalar("Add", f"{name}/Add", self.node("Erf", f"{name}/Erf", out), 1.0)
        return self.scalar("Mul", f"{name}/Mul_1", self.node("Mul", f"{name}/Mul", x, out), 0.5)

    def gelu_tanh(self, name, x):
        """With the hyperbolic tangent."""
        cube = self.scalar("Mul", f"{name}/Mul_1", self.scalar("Pow", f"{name}/Pow", x, 3.0), 0.044715)
        inner = self.scalar("Mul", f"{name}/Mul_2", self.node("Add", f"{name}/Add", x, cube),
                            np.sqrt(2.0 / np.pi))
        outer = self.scalar("Add", f"{name}/Add_1", self.node("Tanh", f"{name}/Tanh", inner), 1.0)
        return self.node("Mul", f"{name}/Mul_3", self.scalar("Mul", f"{name}/Mul", x, 0.5), outer)

    def split_heads(self, name, x, length, order=(0, 2, 1, 3)):
        """(batch, length, width) to (batch, head, length, head width), or in another order."""
        x = self.reshape(f"{name}/Reshape", x, self.batch, length, self.size.heads,
                         self.size.head_width)
        return self.node("Transpose", f"{name}/Transpose", x, perm=list(order))

    def merge_heads(self, name, x, length):
        x = self.node("Transpose", f"{name}/Transpose_1", x, perm=[0, 2, 1, 3])
        return self.reshape(f"{name}/Reshape_1", x, self.batch, length, self.size.width)

    def finish(self, name):
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.initializers)
        model = helper.make_model(graph, producer_name="garam-benchmarks", ir_version=IR_VERSION,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model


def generate(description, build, add_options=lambda parser: None):
    """Builds and writes what the command line asks for. What `add_options` adds to it are further
    arguments of `build`."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--batch", type=int, default=1, help="sequences a run (default 1)")
    parser.add_argument("--layers", type=int, default=12, help="default 12, as published")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default 0)")
    add_options(parser)
    arguments = vars(parser.parse_args())
    output = arguments.pop("output")
    model, parameters = build(**arguments)
    output.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, output)
    print(f"{output}: {len(model.graph.node)} nodes, {parameters:,} parameters")
