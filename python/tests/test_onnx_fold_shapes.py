"""onnx-fold-shapes computes what ONNX's own node tests expect."""

import pathlib
import re

import numpy
import onnx
import onnx.backend.test
import onnx.numpy_helper
import pytest

from printed_constants import parse_results

NODE_TESTS = pathlib.Path(onnx.backend.test.__file__).parent / "data" / "node"

# Operators with an evaluator, as far as ONNX tests them on tensors that are small
# enough. The pass takes more types than these, for which the tests are few.
OPERATORS = {
    "Abs", "Acos", "Acosh", "Add", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh",
    "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast", "CastLike", "Ceil",
    "Compress", "Concat", "ConstantOfShape", "Cos", "Cosh", "CumSum", "Div", "Einsum", "Equal",
    "Erf", "Expand", "EyeLike", "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual",
    "Identity", "IsNaN", "Less", "LessOrEqual", "MatMul", "Max", "Min", "Mod", "Mul", "Neg",
    "NonZero", "Not", "OneHot", "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceMax",
    "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape", "ReverseSequence",
    "Round", "Shape", "Sigmoid", "Sign", "Sin", "Sinh", "Size", "Slice", "Split", "Sqrt", "Squeeze",
    "Sub", "Sum", "Tan", "Tanh", "Tile", "TopK", "Transpose", "Trilu", "Unique", "Unsqueeze",
    "Where", "Xor",
}
TYPES = {onnx.TensorProto.BOOL, onnx.TensorProto.FLOAT, onnx.TensorProto.INT32, onnx.TensorProto.INT64}
MAX_ELEMENTS = 2048
SUM_ERROR = 1e-6  # of a few products of numbers near 1, in single precision
# Floats of more than a kilobyte are weights, which are not evaluated.
MAX_FLOAT_ELEMENTS = 256
# A maximum over no elements needs the lowest value of the type, and their mean is
# none: the pass leaves them alone.
NOT_FOLDED = re.compile(r"reduce_(max|min|mean)_empty_set")


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


@pytest.mark.parametrize("model, expected", list(find_cases()))
def test_node(model, expected, tmp_path, run_tool):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    text = run_tool("garam-translate", "--import-onnx", path).stdout
    assert "onnx.node" not in text, "the node was not folded"
    # The expected sums of products are rounded at every step.
    atol = SUM_ERROR if model.graph.node[0].op_type == "MatMul" else 0
    for actual, array in zip(parse_results(text), expected, strict=True):
        numpy.testing.assert_allclose(actual, array, rtol=2e-7, atol=atol, strict=True)
