"""Compiles models that were made from right ones by a few changes, in a process of its own.

    python3 python/tests/mutated_models.py TARGET FIRST COUNT

Changes follow the structure of a model: types, ranks and sizes of values, operands, attributes, operators. Each seed gives
one model. Prints the seed before each model, so that the last one is to blame when the process dies, and a line
for each that the compiler does not answer with a binary or with an error about the model.
"""

import math
import pathlib
import random
import sys
import warnings

import numpy as np
import onnx
from onnx import TensorProto, defs, helper, numpy_helper

SUITE = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
SIZES = [-1, 0, 1, 2, 3, 7, 1000, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -2, -2**63]
FLOATS = [0.0, -1.0, 1e38, float("inf"), float("nan")]
TEXTS = [b"", b"x", b"linear", b"SAME_UPPER", b"VALID"]
VERSIONS = [1, 5, 6, 7, 9, 11, 13, 17, 21, 23, 100]
# Models of more elements than that take longer, and fail alike.
MAX_BYTES = 20_000


def list_bases():
    return sorted(path for path in SUITE.glob("*/model.onnx") if path.stat().st_size <= MAX_BYTES)


def list_nodes(graph):
    nodes = list(graph.node)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                nodes += list_nodes(attribute.g)
    return nodes


class Mutator:
    """Each change takes a part at random; it raises IndexError where the model has none."""

    def __init__(self, model, generator):
        self.model, self.graph, self.random = model, model.graph, generator
        self.operators = sorted({schema.name for schema in defs.get_all_schemas()})

    def pick(self, parts):
        return self.random.choice(list(parts))

    def pick_value(self):
        return self.pick([*self.graph.input, *self.graph.output, *self.graph.value_info])

    def pick_node(self):
        return self.pick(list_nodes(self.graph))

    def change_size(self):
        self.pick(self.pick_value().type.tensor_type.shape.dim).dim_value = self.pick(SIZES)

    def change_rank(self):
        dims = self.pick_value().type.tensor_type.shape.dim
        if dims and self.random.random() < 0.5:
            del dims[-1]
        else:
            dims.add().dim_value = self.pick(SIZES)

    def forget_size(self):
        self.pick(self.pick_value().type.tensor_type.shape.dim).dim_param = self.pick(["N", "M", ""])

    def change_type(self):
        self.pick_value().type.tensor_type.elem_type = self.pick(TensorProto.DataType.values())

    def change_operand(self):
        node = self.pick_node()
        node.input[self.pick(range(len(node.input)))] = self.pick(["", self.pick_value().name])

    def drop_operand(self):
        node = self.pick_node()
        del node.input[self.pick(range(len(node.input)))]

    def add_operand(self):
        self.pick_node().input.append(self.pick_value().name)

    def rename_result(self):
        node = self.pick_node()
        node.output[0] = self.pick(["", self.pick_value().name])

    def change_attribute(self):
        attribute = self.pick(self.pick_node().attribute)
        if attribute.type == attribute.INT:
            attribute.i = self.pick(SIZES)
        elif attribute.type == attribute.INTS:
            attribute.ints.append(self.pick(SIZES))
            del attribute.ints[self.pick(range(len(attribute.ints)))]
        elif attribute.type == attribute.FLOAT:
            attribute.f = self.pick(FLOATS)
        elif attribute.type == attribute.STRING:
            attribute.s = self.pick(TEXTS)
        elif attribute.type == attribute.TENSOR:
            attribute.t.dims.append(self.pick(SIZES))

    def drop_attribute(self):
        attributes = self.pick_node().attribute
        attributes.remove(self.pick(attributes))

    def change_operator(self):
        self.pick_node().op_type = self.pick(self.operators)

    def change_weight(self):
        weight = self.pick(self.graph.initializer)
        if self.random.random() < 0.5:
            weight.dims.append(self.pick(SIZES))
        else:
            weight.data_type = self.pick(TensorProto.DataType.values())

    def make_input_constant(self):
        value = self.pick(self.graph.input)
        kind = value.type.tensor_type
        if kind.elem_type not in (TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64):
            return
        shape = [dim.dim_value for dim in kind.shape.dim]
        if not all(0 <= size <= 100 for size in shape):
            return
        count = math.prod(shape)
        numbers = [self.pick([0, 1, -1, 2, 3, 100, 2**31 - 1]) for _ in range(min(count, 1000))]
        array = np.resize(np.array(numbers, helper.tensor_dtype_to_np_dtype(kind.elem_type)), shape)
        self.graph.initializer.append(numpy_helper.from_array(array, value.name))
        self.graph.input.remove(value)

    def change_version(self):
        self.pick(self.model.opset_import).version = self.pick(VERSIONS)


CHANGES = sorted(name for name in vars(Mutator) if name.split("_")[0] in
                 {"change", "forget", "drop", "add", "rename", "make"})


def make_model(seed, bases):
    generator = random.Random(seed)
    model = onnx.load(bases[generator.randrange(len(bases))])
    mutator = Mutator(model, generator)
    for _ in range(generator.choice([1, 1, 2, 3])):
        try:
            getattr(mutator, CHANGES[generator.randrange(len(CHANGES))])()
        except IndexError:
            pass
    return model


def main():
    import garam

    warnings.simplefilter("ignore")
    target, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    bases = list_bases()
    compiled = 0
    for seed in range(first, first + count):
        print("seed", seed, flush=True)
        model = make_model(seed, bases)
        try:
            garam.compile(model.SerializeToString(), target)
            compiled += 1
        except garam.InternalError as error:
            print("WRONG", seed, str(error).splitlines()[0], flush=True)
        except garam.Error:
            pass
    print("compiled", compiled)


if __name__ == "__main__":
    main()
