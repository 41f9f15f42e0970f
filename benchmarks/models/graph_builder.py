"""Builds ONNX graphs of networks layer by layer.

Weights are drawn from a seeded generator (He et al., 2015: normal, variance
2 / fan-in), so that a model's architecture, sizes and value ranges are real and
its file is the same every time. Normalisation is folded into the convolutions,
as exporters write networks that are ready for inference.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class GraphBuilder:
    """Each method adds a node named after `name` and returns its output."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes = []
        self.initializers = []
        self.macs = 0
        self.shapes = {}  # of a tensor, without the batch

    def input(self, name, shape):
        self.shapes[name] = tuple(shape)
        return name

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name, shape, fan_in, gain):
        spread = gain * np.sqrt(2.0 / fan_in)
        values = self.random.standard_normal(shape, dtype=np.float32) * np.float32(spread)
        return self.constant(name, values)

    def add_node(self, operator, name, inputs, shape, **attributes):
        output = f"{name}_output_0"
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{name}", **attributes))
        self.shapes[output] = tuple(shape)
        return output

    def conv(self, name, x, outputs, kernel, stride=1, groups=1, gain=1.0):
        """Convolution with bias and the padding that keeps size / stride."""
        inputs, height, width = self.shapes[x]
        pad = kernel // 2
        size = [(extent + 2 * pad - kernel) // stride + 1 for extent in (height, width)]
        fan_in = inputs // groups * kernel * kernel
        weight = self.weight(f"{name}.weight", (outputs, inputs // groups, kernel, kernel),
                             fan_in, gain)
        bias = self.weight(f"{name}.bias", (outputs,), 2.0, 0.1)
        self.macs += outputs * fan_in * size[0] * size[1]
        return self.add_node(
            "Conv", name, [x, weight, bias], (outputs, *size), dilations=[1, 1], group=groups,
            kernel_shape=[kernel, kernel], pads=[pad] * 4, strides=[stride, stride])

    def relu(self, name, x):
        return self.add_node("Relu", name, [x], self.shapes[x])

    def relu6(self, name, x):
        """Clip from 0 to 6, its bounds given as inputs."""
        if "relu6.min" not in {tensor.name for tensor in self.initializers}:
            self.constant("relu6.min", np.array(0, np.float32))
            self.constant("relu6.max", np.array(6, np.float32))
        return self.add_node("Clip", name, [x, "relu6.min", "relu6.max"], self.shapes[x])

    def silu(self, name, x):
        """x * sigmoid(x), two nodes of a path `name`."""
        gate = self.add_node("Sigmoid", f"{name}/Sigmoid", [x], self.shapes[x])
        return self.add_node("Mul", f"{name}/Mul", [x, gate], self.shapes[x])

    def add(self, name, a, b):
        return self.add_node("Add", name, [a, b], self.shapes[a])

    def max_pool(self, name, x, kernel, stride):
        channels, height, width = self.shapes[x]
        pad = kernel // 2
        size = [(extent + 2 * pad - kernel) // stride + 1 for extent in (height, width)]
        return self.add_node(
            "MaxPool", name, [x], (channels, *size), ceil_mode=0, kernel_shape=[kernel, kernel],
            pads=[pad] * 4, strides=[stride, stride])

    def global_average_pool(self, name, x):
        return self.add_node("GlobalAveragePool", name, [x], (self.shapes[x][0], 1, 1))

    def flatten(self, name, x):
        return self.add_node("Flatten", name, [x], (int(np.prod(self.shapes[x])),), axis=1)

    def gemm(self, name, x, outputs):
        (inputs,) = self.shapes[x]
        weight = self.weight(f"{name}.weight", (outputs, inputs), inputs, 1.0)
        bias = self.weight(f"{name}.bias", (outputs,), 2.0, 0.1)
        self.macs += inputs * outputs
        return self.add_node(
            "Gemm", name, [x, weight, bias], (outputs,), alpha=1.0, beta=1.0, transB=1)

    def finish(self, graph_name, inputs, outputs, batch):
        """The model. `outputs` maps names of outputs to tensors; `batch` is a
        number or the name of a symbolic dimension."""
        renamed = {tensor: name for name, tensor in outputs.items()}
        for node in self.nodes:
            node.input[:] = [renamed.get(name, name) for name in node.input]
            node.output[:] = [renamed.get(name, name) for name in node.output]

        def info(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])

        graph = helper.make_graph(
            self.nodes, graph_name, [info(name, self.shapes[name]) for name in inputs],
            [info(name, self.shapes[tensor]) for name, tensor in outputs.items()],
            self.initializers)
        model = helper.make_model(
            graph, producer_name="garam-benchmarks", ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model

    def count_parameters(self):
        return sum(int(np.prod(tensor.dims)) for tensor in self.initializers if tensor.dims)
