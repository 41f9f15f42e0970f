"""A perceptron of many wide layers whose float32 weights are larger than 2 GiB.

x -> (MatMul -> Add -> Relu) * (layers - 1) -> MatMul -> Add -> y. The weights,
drawn from a seeded generator, lie in a file beside the model: a protobuf message
cannot hold them. They are written layer by layer, so that this script needs the
memory of one layer.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper

DEFAULT_WIDTH = 4096
DEFAULT_LAYERS = 33  # with that width a little more than 2^31 bytes


class ExternalWeights:
    """Writes float32 tensors into one file and refers to them."""

    ALIGNMENT = 4096

    def __init__(self, path):
        self.path = path
        self.file = open(path, "wb")

    def add(self, name, values):
        self.file.write(bytes(-self.file.tell() % self.ALIGNMENT))
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=values.shape,
                             data_location=TensorProto.EXTERNAL)
        for key, value in (("location", self.path.name), ("offset", self.file.tell()),
                           ("length", values.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        values.tofile(self.file)
        return tensor


def write(path, layers, width, seed=0):
    """Writes the model and, beside it, its weights; returns their bytes."""
    random = np.random.default_rng(seed)
    weights = ExternalWeights(path.with_suffix(".weights"))
    spread = np.float32(np.sqrt(2.0 / width))  # He et al., 2015
    nodes, initializers = [], []
    tensor = "x"
    for i in range(layers):
        initializers += [
            weights.add(f"layer{i}.weight",
                        random.standard_normal((width, width), dtype=np.float32) * spread),
            weights.add(f"layer{i}.bias", random.standard_normal(width, dtype=np.float32))]
        nodes += [
            helper.make_node("MatMul", [tensor, f"layer{i}.weight"], [f"product{i}"],
                             name=f"layer{i}.matmul"),
            helper.make_node("Add", [f"product{i}", f"layer{i}.bias"],
                             [f"sum{i}" if i + 1 < layers else "y"], name=f"layer{i}.add")]
        if i + 1 < layers:
            nodes.append(helper.make_node("Relu", [f"sum{i}"], [f"hidden{i}"],
                                          name=f"layer{i}.relu"))
        tensor = f"hidden{i}"
    weights.file.close()
    graph = helper.make_graph(
        nodes, "large_mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, width])], initializers)
    onnx.save(helper.make_model(graph, producer_name="garam-benchmarks", ir_version=8,
                                opset_imports=[helper.make_opsetid("", 17)]), path)
    return weights.path.stat().st_size


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--layers", type=int, default=DEFAULT_LAYERS)
    parser.add_argument("--width", type=int, default=DEFAULT_WIDTH)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    size = write(arguments.output, arguments.layers, arguments.width, arguments.seed)
    print(f"{arguments.output}: {size:,} bytes of weights")
