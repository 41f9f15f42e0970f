"""onnxruntime as the oracle: inputs, expected outputs, and how to compare."""

import dataclasses
import pathlib

import numpy as np
import onnx
from onnx import numpy_helper
import onnxruntime


def load_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(pathlib.Path(path).read_bytes())
    return numpy_helper.to_array(tensor)


def load_vectors(folder):
    """The shipped test vectors beside a model: pairs of inputs and outputs."""
    sets = sorted(folder.glob("test_data_set_*"))
    return [([load_tensor(p) for p in sorted(s.glob("input_*.pb"))],
             [load_tensor(p) for p in sorted(s.glob("output_*.pb"))]) for s in sets]


def get_inputs(model):
    """Names and shapes of the inputs; a symbolic dimension is its name."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return {i.name: [d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim]
            for i in model.graph.input if i.name not in constants}


def bind_shape(shape):
    """A shape with every symbolic dimension 1."""
    return [1 if isinstance(extent, str) else extent for extent in shape]


def run_onnxruntime(model, inputs, optimise=True):
    """Outputs by name. `model` is a path or a ModelProto."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    source = model.SerializeToString() if isinstance(model, onnx.ModelProto) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def cosine(a, b):
    a, b = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return 1.0 if norms == 0 and np.array_equal(a, b) else float(a @ b / norms)


def assert_same_class(actual, expected, axis):
    """The same top-1 along `axis`, wherever the margin of the expected top-1
    over the runner-up exceeds the error that is observed there."""
    actual = np.moveaxis(actual, axis, -1).reshape(-1, actual.shape[axis])
    expected = np.moveaxis(expected, axis, -1).reshape(-1, expected.shape[axis])
    best = np.sort(expected, axis=-1)
    margin = best[:, -1] - best[:, -2]
    error = np.abs(actual - expected).max(axis=-1)
    differs = actual.argmax(axis=-1) != expected.argmax(axis=-1)
    wrong = differs & (margin > error)
    assert not wrong.any(), (
        f"another class at {np.flatnonzero(wrong)[:5]}: margins {margin[wrong][:5]}, "
        f"errors {error[wrong][:5]}")


@dataclasses.dataclass
class Part:
    """A piece of a quantised model, from quantised tensors to the next one. In
    the piece they have short names, as tensors' names are file names later."""
    model: onnx.ModelProto
    inputs: dict  # name in the piece -> name in the model
    output: str  # name in the model; "output" in the piece


def _get_dynamic(graph):
    """Names of the tensors that depend on an input of the model."""
    constants = {tensor.name for tensor in graph.initializer}
    dynamic = {i.name for i in graph.input} - constants
    for node in graph.node:
        if any(name in dynamic for name in node.input):
            dynamic.update(node.output)
    return dynamic


def rename_tensors(graph, names):
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in [*graph.input, *graph.output, *graph.value_info]:
        value.name = names.get(value.name, value.name)


def cut_at_quantizelinear(model):
    """Splits a model at the output of each QuantizeLinear that is not constant.
    The parts' inputs are such outputs or inputs of the model; the model's own
    outputs end the last parts."""
    graph = model.graph
    dynamic = _get_dynamic(graph)
    producers = {name: node for node in graph.node for name in node.output}
    cuts = [node.output[0] for node in graph.node
            if node.op_type == "QuantizeLinear" and node.output[0] in dynamic]
    borders = set(cuts) | {name for name in dynamic if name not in producers}
    extractor = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model))
    parts = []
    for output in cuts + [o.name for o in graph.output if o.name not in cuts]:
        found, seen, stack = [], set(), list(producers[output].input)
        while stack:
            name = stack.pop()
            if name in seen or name not in dynamic:
                continue
            seen.add(name)
            if name in borders:
                found.append(name)
            else:
                stack.extend(producers[name].input)
        inputs = {f"input{number}": name for number, name in enumerate(sorted(found))}
        piece = extractor.extract_model(list(inputs.values()), [output])
        rename_tensors(piece.graph, {**{old: new for new, old in inputs.items()},
                                     output: "output"})
        parts.append(Part(piece, inputs, output))
    return parts


def get_all_quantized(model, inputs):
    """Every tensor that is an output of a QuantizeLinear or of the model, as
    onnxruntime computes it without any optimisation."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    known = {output.name for output in extended.graph.output}
    dynamic = _get_dynamic(model.graph)
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.output[0] not in known:
            if node.output[0] in dynamic:
                extended.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
    return run_onnxruntime(extended, inputs, optimise=False)
