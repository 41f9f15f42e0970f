"""What the front end evaluates of integers: every width, with and without a sign, as onnxruntime
computes it and, of types that it has no kernel for, ONNX's reference or numpy."""

import dataclasses

import numpy
import onnx
import onnx.helper
import onnx.numpy_helper
import onnx.reference
import onnxruntime
import pytest

from printed_constants import parse_results

SIGNED = [numpy.int8, numpy.int16, numpy.int32, numpy.int64]
UNSIGNED = [numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64]
INTEGERS = SIGNED + UNSIGNED


def i64(*values):
    return numpy.array(values, numpy.int64)


@dataclasses.dataclass
class Case:
    """One node and its inputs, all of them initializers; `expected` where onnxruntime is not asked."""
    operator: str
    inputs: list
    num_outputs: int = 1
    attributes: dict = dataclasses.field(default_factory=dict)
    expected: list = None

    def __str__(self):
        return f"{self.operator} {[(a.dtype.name, a.shape) for a in self.inputs]} {self.attributes}"

    def compute(self):
        if self.expected is not None:
            return self.expected
        model = make_model([self])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
            return onnx.reference.ReferenceEvaluator(model).run(None, {})
        return session.run(None, {})


def make_model(cases):
    nodes, initializers, outputs = [], [], []
    for number, case in enumerate(cases):
        inputs = [f"x{number}_{i}" for i in range(len(case.inputs))]
        own = [f"y{number}_{i}" for i in range(case.num_outputs)]
        nodes.append(onnx.helper.make_node(case.operator, inputs, own, **case.attributes))
        initializers += [onnx.numpy_helper.from_array(array, name)
                         for array, name in zip(case.inputs, inputs)]
        outputs += [onnx.ValueInfoProto(name=name) for name in own]
    graph = onnx.helper.make_graph(nodes, "graph", [], outputs, initializers)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


@pytest.fixture
def evaluate(tmp_path, run_tool):
    def run(cases):
        path = tmp_path / "model.onnx"
        onnx.save(make_model(cases), path)
        return run_tool("garam-translate", "--import-onnx", path).stdout
    return run


@pytest.fixture
def check(evaluate):
    def run(cases):
        text = evaluate(cases)
        assert "onnx.node" not in text, "a node was not folded"
        results = parse_results(text)
        for case in cases:
            for expected in case.compute():
                numpy.testing.assert_array_equal(results.pop(0), expected, strict=True, err_msg=str(case))
    return run


def spread(dtype, shape, seed=0):
    """Numbers from all of the type's range. Of 64 bits without a sign, from the half that is followed."""
    limits = numpy.iinfo(dtype)
    most = min(limits.max, numpy.iinfo(numpy.int64).max)
    return numpy.random.default_rng(seed).integers(limits.min, most, shape, dtype, endpoint=True)


def test_bits(check):
    check([Case(operator, [spread(dtype, shape), spread(dtype, shape[-1:], seed=1)])
           for operator in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")
           for dtype in INTEGERS for shape in [(3, 4), (0,), ()]])


def test_inverted_bits(check):
    check([Case("BitwiseNot", [spread(dtype, (2, 3))]) for dtype in INTEGERS if dtype != numpy.uint64])


@pytest.mark.parametrize("direction", ["LEFT", "RIGHT"])
def test_shift(direction, check):
    cases = []
    for dtype in UNSIGNED:
        width = numpy.iinfo(dtype).bits
        # A number of 64 bits whose highest one the shift sets is not followed.
        numbers = spread(dtype, (width,)) if width < 64 else numpy.ones(width - 1, dtype)
        cases.append(Case("BitShift", [numbers, numpy.arange(len(numbers), dtype=dtype)],
                          attributes={"direction": direction}))
        # onnxruntime leaves shifts of the width and more to the processor.
        expected = numpy.array([0, 0], dtype)
        cases.append(Case("BitShift", [numpy.array([1, 3], dtype), numpy.array([width, width + 1], dtype)],
                          attributes={"direction": direction}, expected=[expected]))
    check(cases)


@pytest.mark.parametrize("case", [
    Case("BitwiseNot", [numpy.array([1], numpy.uint64)]),
    Case("Sub", [numpy.array([1], numpy.uint64), numpy.array([2], numpy.uint64)]),
    Case("ReduceSum", [numpy.full(2, 2**63 - 1, numpy.uint64), i64(0)]),
    Case("Div", [numpy.array([2**64 - 1], numpy.uint64), numpy.array([2], numpy.uint64)]),
], ids=lambda case: case.operator)
def test_too_large(case, evaluate):
    """Of 64 bits without a sign, what does not fit into as many with one stays to be computed."""
    assert f'onnx.node "{case.operator}"' in evaluate([case])


def test_wrap_around(check):
    cases = []
    for dtype in INTEGERS:
        most = numpy.iinfo(dtype).max
        for operator in ("Add", "Mul"):
            pairs = [[most, most, 2], [2, 3, most]]
            if dtype == numpy.uint64:  # results in the half that is followed
                pairs = [[2**62, 2**33], [2**61, 5]] if operator == "Add" else [[2**62, 2**33], [4, 2**32]]
            cases.append(Case(operator, [numpy.array(numbers, dtype) for numbers in pairs]))
    check(cases)


def test_sum(check):
    cases = []
    for dtype in [numpy.int32, numpy.int64, numpy.uint32, numpy.uint64]:
        for shape, axes in [((2, 3), (-1,)), ((1, 4), (0, 1))]:
            data = spread(dtype, shape) if dtype != numpy.uint64 else numpy.arange(4, dtype=dtype)[:, None]
            # ONNX's reference and onnxruntime do not have all of these wrap around.
            expected = data.sum(axis=axes, keepdims=True, dtype=dtype)
            cases.append(Case("ReduceSum", [data, i64(*axes)], expected=[expected]))
    check(cases)


def test_number_of_no_elements(check):
    """What ReduceProd makes of the shape of a scalar, say."""
    cases = [Case("ReduceProd", [numpy.zeros((0,), numpy.int64), i64(0)], attributes={"keepdims": 0}),
             Case("ReduceSum", [numpy.zeros((3, 0), numpy.int64), i64(-1)])]
    for case in cases:
        reduce = {"ReduceProd": numpy.prod, "ReduceSum": numpy.sum}[case.operator]
        case.expected = [numpy.asarray(reduce(case.inputs[0], axis=-1, keepdims=case.operator == "ReduceSum"))]
    check(cases)


def test_last_of_equal(check):
    data = numpy.array([[3, 3, 1], [1, 2, 2]])
    check([Case(operator, [data.astype(dtype)], attributes={"axis": axis, "select_last_index": last})
           for operator in ("ArgMax", "ArgMin") for dtype in (numpy.int32, numpy.int8, numpy.float32)
           for axis in (0, -1) for last in (0, 1)])


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
def test_extended(mode, check):
    check([Case("Pad", [spread(dtype, (3, 4)), i64(*pads)], attributes={"mode": mode})
           for dtype in (numpy.int32, numpy.int64) for pads in [(0, 1, 0, 1), (2, 3, 2, 3), (1, 0, 0, 2)]])


def test_triangle(check):
    forms = [
        *((dtype, (3, 5), 1, -1) for dtype in INTEGERS),
        *((numpy.int64, shape, 0, 1) for shape in [(5, 3), (2, 3, 3), (0, 3), (3, 0)]),
        *((numpy.int64, (3, 4), upper, k) for upper in (0, 1) for k in (0, 7, -7)),
    ]
    check([Case("Trilu", [spread(dtype, shape), numpy.array(diagonal, numpy.int64)],
                attributes={"upper": upper}) for dtype, shape, upper, diagonal in forms])


def test_unit_matrix(check):
    cases = []
    for dtype in [*INTEGERS, numpy.bool_, numpy.float16, numpy.float32, numpy.float64]:
        for shape, diagonal in [((4, 3), -1), ((3, 3), 9), ((0, 2), 0)]:
            element = onnx.helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
            cases.append(Case("EyeLike", [numpy.zeros(shape, numpy.int32)],
                              attributes={"k": diagonal, "dtype": element},
                              expected=[numpy.eye(*shape, k=diagonal, dtype=dtype)]))
    check(cases)


def test_reversed_sequence(check):
    check([Case("ReverseSequence", [spread(dtype, (4, 4, 2)), i64(1, 4, 2, 3)],
                attributes={"batch_axis": batch_axis, "time_axis": 1 - batch_axis})
           for dtype in INTEGERS for batch_axis in (0, 1)])


def test_one_hot(check):
    indices = i64(0, -1, 2, 3, -4, 9).reshape(2, 3)
    check([Case("OneHot", [indices, i64(4), i64(-5, 7)], attributes={"axis": axis}) for axis in (-1, 0, 1, -2)])


def test_unique(check):
    cases = []
    for dtype in (numpy.int8, numpy.int64, numpy.float32):
        data = numpy.random.default_rng(2).integers(-2, 1, (4, 3, 2)).astype(dtype)
        data[2], data[:, 2] = data[0], data[:, 0]
        for is_sorted in (0, 1):
            for axis in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": -3}):
                cases.append(Case("Unique", [data], 4, {"sorted": is_sorted, **axis}))
    check(cases)


def test_einsum(check):
    cases = []
    for equation, *shapes in [
            ("i,i->", (3,), (3,)), ("ij,jk", (2, 3), (3, 2)), ("ij,jk->ki", (2, 3), (3, 4)),
            ("...ij,...jk->...ik", (2, 4, 2, 3), (2, 4, 3, 2)), ("ii->i", (3, 3)), ("ba", (2, 3)),
            ("i,j,k->kij", (2,), (3,), (2,)), ("ij->", (2, 0)), ("ij,jk->ik", (2, 0), (0, 3)),
            (",i->i", (), (3,))]:
        for dtype in (numpy.int8, numpy.uint16, numpy.int32, numpy.int64):
            inputs = [spread(dtype, shape, seed=i) for i, shape in enumerate(shapes)]
            # onnxruntime has the two wider types, and no sums of nothing.
            expected = numpy.einsum(equation, *inputs, dtype=dtype, casting="unsafe")
            cases.append(Case("Einsum", inputs, attributes={"equation": equation}, expected=[expected]))
    check(cases)
