"""Cases of onnx.backend in two forms that models have and its suite has not: operands that are constants,
and first dimensions whose sizes a run gives. The first and the last case of each operator."""

import collections
import dataclasses
import pathlib
import zlib

import onnx
import pytest
from onnx import numpy_helper
from onnx.backend.test import BackendTest
from onnx.backend.test.loader import load_model_tests

import garam
from backend_suite import find_operator, read_failures

# Parts that may run side by side.
PARTS = 4


@dataclasses.dataclass
class Form:
    """A case, as a model of its own."""

    name: str
    model: onnx.ModelProto
    inputs: dict
    dims: dict
    expected: list
    tolerances: tuple  # relative, absolute


def read_tensors(folder, kind):
    paths = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
    return [onnx.load_tensor(path) for path in paths]


def is_of_numbers(model):
    """Whether all that goes in and out are tensors, and none is of texts."""
    values = [*model.graph.input, *model.graph.output]
    return all(value.type.HasField("tensor_type") and value.type.tensor_type.elem_type != onnx.TensorProto.STRING
               for value in values)


def list_cases(part):
    """Of each operator the first and the last case that has an input and passes as it is."""
    failing, families = read_failures("host"), collections.defaultdict(list)
    for case in load_model_tests(kind="node"):
        model = onnx.load(pathlib.Path(case.model_dir) / "model.onnx")
        if case.name not in failing and model.graph.input and is_of_numbers(model):
            operator = find_operator(case.name, [node.op_type for node in model.graph.node])
            families[operator].append((case.name, case, model))
    for operator, cases in sorted(families.items()):
        if zlib.crc32(operator.encode()) % PARTS == part:
            cases.sort(key=lambda entry: entry[0])
            yield from {entry[0]: entry[1:] for entry in (cases[0], cases[-1])}.values()


def make_form(case, model):
    """The case as it is, and its operands as tensors."""
    folder = pathlib.Path(case.model_dir) / "test_data_set_0"
    operands = read_tensors(folder, "input")
    arrays = [numpy_helper.to_array(operand) for operand in operands]
    expected = [numpy_helper.to_array(tensor) for tensor in read_tensors(folder, "output")]
    inputs = {value.name: array for value, array in zip(model.graph.input, arrays)}
    return Form(case.name, model, inputs, {}, expected, (case.rtol, case.atol)), operands


def fix_operands(form, operands):
    """All operands but the first become constants; None where there are no others."""
    graph = form.model.graph
    first, *others = graph.input
    if not others:
        return None
    for value, operand in zip(others, operands[1:]):
        operand.name = value.name
        graph.initializer.append(operand)
    del graph.input[1:]
    form.model.ir_version = max(form.model.ir_version, 4)  # before, initializers were inputs, too
    return dataclasses.replace(form, inputs={first.name: form.inputs[first.name]})


def free_batch(form, operands):
    """The first dimensions of matrices and larger tensors become symbols, one for each size; None where there
    is none."""
    dims = {}
    for value in form.model.graph.input:
        shape = form.inputs[value.name].shape
        if len(shape) > 1 and shape[0] > 0:
            symbol = f"of_{shape[0]}"
            value.type.tensor_type.shape.dim[0].dim_param = symbol
            dims[symbol] = (1, shape[0] + 3)
    for value in form.model.graph.output:
        value.type.tensor_type.ClearField("shape")
    return dataclasses.replace(form, dims=dims) if dims else None


def check(form):
    outputs = garam.compile(form.model, "host", dims=form.dims).run(form.inputs)
    BackendTest.assert_similar_outputs(form.expected, list(outputs.values()), *form.tolerances)


def list_forms(part, change):
    forms = [change(*make_form(case, model)) for case, model in list_cases(part)]
    return [form for form in forms if form]


@pytest.mark.parametrize("part", range(PARTS))
def test_operands_may_be_constants(part):
    failures = []
    for form in list_forms(part, fix_operands):
        try:
            check(form)
        except (garam.Error, AssertionError) as error:
            failures.append(f"{form.name}: {error}")
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_batch_of_run_time_is_taken_or_refused(part):
    """What is refused says why, as an error of the model, or of a run in which sizes differ that have to be equal; what
    is taken is right."""
    failures, taken = [], 0
    for form in list_forms(part, free_batch):
        try:
            check(form)
            taken += 1
        except garam.ModelError:
            continue
        except (garam.Error, AssertionError) as error:
            if not isinstance(error, garam.InputError) or "to be equal, which are" not in str(error):
                failures.append(f"{form.name}: {error}")
    assert not failures, "\n".join(failures)
    assert taken > 0
