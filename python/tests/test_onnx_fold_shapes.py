"""onnx-fold-shapes computes what ONNX's own node tests expect."""

import pathlib
import re

import numpy
import onnx
import onnx.backend.test
import onnx.numpy_helper
import pytest

NODE_TESTS = pathlib.Path(onnx.backend.test.__file__).parent / "data" / "node"

# Operators with an evaluator, as far as ONNX tests them on tensors that are small
# enough. The pass takes more types than these, for which the tests are few.
OPERATORS = {
    "Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "Ceil", "Compress", "Concat", "ConstantOfShape",
    "CumSum", "Div", "Equal", "Expand", "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual",
    "Identity", "Less", "LessOrEqual", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "Or", "Pad",
    "Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Round",
    "Shape", "Sign", "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile", "TopK", "Transpose",
    "Unsqueeze", "Where", "Xor",
}
TYPES = {
    onnx.TensorProto.BOOL: "i1",
    onnx.TensorProto.FLOAT: "f32",
    onnx.TensorProto.INT32: "i32",
    onnx.TensorProto.INT64: "i64",
}
MAX_ELEMENTS = 2048
# Floats of more than a kilobyte are weights, which are not evaluated.
MAX_FLOAT_ELEMENTS = 256
# A maximum over no elements needs the lowest value of the type, and so on: the
# pass leaves reductions of empty tensors alone. Nor does it look for the last of
# equal elements, or pad with other elements of the tensor.
NOT_FOLDED = re.compile(r"empty_set|select_last_index|(edge|reflect|wrap)_pad")


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return tensor


def is_large(tensor):
    limit = MAX_FLOAT_ELEMENTS if tensor.data_type == onnx.TensorProto.FLOAT else MAX_ELEMENTS
    return numpy.prod(tensor.dims) > limit


def load_case(directory):
    """The model with its inputs as initializers, and the expected outputs; None
    for a case that the pass is not made for."""
    model = onnx.load(directory / "model.onnx")
    graph = model.graph
    if len(graph.node) != 1 or graph.node[0].op_type not in OPERATORS or graph.node[0].domain:
        return None
    values = [*graph.input, *graph.output]
    if any(value.type.tensor_type.elem_type not in TYPES for value in values):
        return None
    data = directory / "test_data_set_0"
    inputs = [read_tensor(data / f"input_{i}.pb") for i in range(len(graph.input))]
    outputs = [read_tensor(data / f"output_{i}.pb") for i in range(len(graph.output))]
    if any(is_large(tensor) for tensor in [*inputs, *outputs]):
        return None
    for tensor, value in zip(inputs, graph.input):
        tensor.name = value.name
    del graph.input[:]
    graph.initializer.extend(inputs)
    return model, [onnx.numpy_helper.to_array(tensor) for tensor in outputs]


def find_cases():
    for directory in sorted(NODE_TESTS.glob("test_*")):
        if NOT_FOLDED.search(directory.name):
            continue
        case = load_case(directory)
        if case:
            yield pytest.param(*case, id=directory.name.removeprefix("test_"))


def parse_constant(text, dtype):
    """The array of a printed `dense<...> : tensor<...>`."""
    match = re.match(r"dense<(.*?)> : tensor<((?:\d+x)*)(\w+)>", text)
    literal, dims, element = match.groups()
    shape = [int(dim) for dim in dims.split("x")[:-1]]
    if literal == "":
        return element, numpy.zeros(shape, dtype)
    if literal.startswith('"0x'):
        raw = bytes.fromhex(literal[3:-1])
        if dtype == bool:  # eight to a byte
            bits = numpy.unpackbits(numpy.frombuffer(raw, numpy.uint8), bitorder="little")
            return element, bits[:numpy.prod(shape)].astype(bool).reshape(shape)
        return element, numpy.frombuffer(raw, dtype).reshape(shape)
    words = re.findall(r"[^\[\],\s]+", literal)
    numbers = [parse_number(word, dtype) for word in words]
    if len(numbers) == 1:
        return element, numpy.full(shape, numbers[0], dtype)
    return element, numpy.array(numbers, dtype).reshape(shape)


def parse_number(word, dtype):
    if word in ("true", "false"):
        return word == "true"
    if word.startswith("0x"):  # infinities and NaNs are printed as bits
        return numpy.array(int(word, 16), f"u{dtype.itemsize}").view(dtype)
    return dtype.type(word)


@pytest.mark.parametrize("model, expected", list(find_cases()))
def test_node(model, expected, tmp_path, run_tool):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    text = run_tool("garam-translate", "--import-onnx", path).stdout
    assert "onnx.node" not in text, "the node was not folded"
    constants = dict(re.findall(r"(%\w+) = onnx\.constant (dense<.*)", text))
    names = re.search(r"return (.*) :", text).group(1).split(", ")
    for name, array in zip(names, expected, strict=True):
        element, actual = parse_constant(constants[name], array.dtype)
        assert element == TYPES[onnx.helper.np_dtype_to_tensor_dtype(array.dtype)]
        numpy.testing.assert_allclose(actual, array, rtol=2e-7, atol=0, strict=True)
