"""garam verify: a model on a device, node by node, beside the reference."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _core
from ._arrays import as_numbers, get_type_name
from ._compile import compile, get_model
from ._difference import Difference, measure_difference
from ._errors import UsageError
from ._reference import has_onnxruntime, run_fallback, run_onnxruntime

# A cosine of 0.998 between two tensors of the same length: 10 log10(1 / (2 (1 - 0.998))).
DEFAULT_MIN_SQNR_DB = 24.0


@dataclasses.dataclass(frozen=True)
class NodeDifference:
    """An output of a node on the device, against the reference."""

    node: str  # its id, and for outputs behind the first ":NUMBER"
    op_type: str
    shape: tuple[int, ...]
    dtype: str  # on the device
    difference: Difference

    def as_json(self) -> dict[str, Any]:
        """Without infinities, which JSON lacks: null."""
        figures = {key: value if math.isfinite(value) else None
                   for key, value in dataclasses.asdict(self.difference).items()}
        return {"node": self.node, "operator": self.op_type, "shape": list(self.shape),
                "dtype": self.dtype, "is_equal": self.difference.largest_error == 0, **figures}


@dataclasses.dataclass(frozen=True)
class Verification:
    """Differences of the nodes' outputs that could be compared, in the order of the model."""

    target: str
    reference: str
    nodes: list[NodeDifference]
    num_nodes: int  # of the model, each once for each output
    min_sqnr_db: float

    def get_worst(self) -> list[NodeDifference]:
        """Worst first."""
        return sorted(self.nodes, key=lambda node: node.difference.sqnr_db)

    def find_first(self) -> NodeDifference | None:
        """The first node of the model that leaves the tolerance, where the error begins."""
        return next((node for node in self.nodes
                     if node.difference.sqnr_db < self.min_sqnr_db), None)

    def holds(self) -> bool:
        """Whether something was compared, and all of it is within the tolerance."""
        return bool(self.nodes) and self.find_first() is None

    def as_json(self) -> dict[str, Any]:
        first = self.find_first()
        return {"schema": 1, "target": self.target, "reference": self.reference,
                "min_sqnr_db": self.min_sqnr_db, "num_nodes": self.num_nodes,
                "first": first.node if first else None,
                "nodes": [node.as_json() for node in self.nodes]}


# The error of what is no tensor of the reference's shape, or of another kind of type.
_NO_MATCH = Difference(-math.inf, math.inf, 0.0)


def _is_alike(actual: np.ndarray, reference: np.ndarray) -> bool:
    """Whether they can be subtracted: floats are no integers' codes."""
    def is_integer(array):
        return array.dtype.name.startswith(("int", "uint", "bool"))  # kind "V" is of bfloat16 and int4 alike

    return (actual.shape == reference.shape and reference.dtype.kind != "O"
            and is_integer(actual) == is_integer(reference))


def _compare(actual: np.ndarray | None, expected: np.ndarray | None,
             is_output: bool) -> Difference | None:
    """None for what cannot be compared. An output of the model must be as the reference says; within
    the device a value may have another form."""
    if actual is None or expected is None:
        return None
    actual, expected = as_numbers(actual), as_numbers(expected)
    if _is_alike(actual, expected):
        return measure_difference(actual, expected)
    return _NO_MATCH if is_output else None


def _list_values(path, data) -> list[tuple[str, str, str]]:
    """(node, operator, name) of the outputs of all nodes."""
    nodes = _core.read_model(path, data)[2]
    return [(f"{node}:{number}" if number else node, op_type, name)
            for node, op_type, names in nodes for number, name in enumerate(names) if name]


def _make_reference(path, data, values, inputs, options, reference):
    """(name, function from a node and its output to the array or None)."""
    if reference == "onnxruntime":
        import onnx
        import onnxruntime

        proto = onnx.load(os.fsdecode(path)) if data is None else onnx.load_model_from_string(data)
        tensors = run_onnxruntime(proto, inputs, [name for _, _, name in values])
        return (f"onnxruntime {onnxruntime.__version__}",
                lambda node, output: tensors.get(output))
    model = os.fsdecode(path) if data is None else data
    outputs, within = run_fallback(model, inputs, options)
    return _core.fallback_target(), lambda node, output: outputs.get(output, within.get(node))


def verify(model, target: str | os.PathLike, *,
           inputs: Mapping[str, np.ndarray] | None = None, seed: int = 0,
           reference: str | None = None, min_sqnr_db: float = DEFAULT_MIN_SQNR_DB,
           **options: Any) -> Verification:
    """Runs a model on `target` and by the reference, and compares what each node yields.

    `model` is what garam.compile takes. `inputs` that are not given are made from `seed`, as by
    Executable.random_inputs. `reference` is "onnxruntime", or "fallback" for the device that takes every model; where it is not given,
    onnxruntime if that is installed. `options` are those of garam.compile. Nodes whose values are never in the device's memory, as they are fused into
    others, are not compared; an output of the model that has not the shape that the reference gives it is -infinite dB.
    """
    if math.isnan(min_sqnr_db):
        raise UsageError("the tolerance is no number of dB: nan")
    reference = reference or ("onnxruntime" if has_onnxruntime() else "fallback")
    if reference == "onnxruntime" and not has_onnxruntime():
        raise UsageError("the reference onnxruntime needs the packages onnx and onnxruntime; hint: pip install "
                         "onnx onnxruntime, or reference=\"fallback\"")
    path, data = get_model(model, options.get("name"))
    executable = compile(model, target, **options)
    arrays = {**executable.random_inputs(seed), **(inputs or {})}
    outputs, within = executable.session().run_with_values(arrays)
    values = _list_values(path, data)
    compile_options = {key: options[key] for key in ("shapes", "dims", "name") if key in options}
    name, lookup = _make_reference(path, data, values, arrays, compile_options, reference)
    nodes = []
    for node, op_type, output in values:
        # An output of the model has its type; within the device it may have another.
        actual = outputs.get(output, within.get(node))
        if difference := _compare(actual, lookup(node, output), output in outputs):
            nodes.append(NodeDifference(node, op_type, actual.shape, get_type_name(actual, "bfloat16"), difference))
    return Verification(executable.target, name, nodes, len(values), min_sqnr_db)


def format_verification(verification: Verification, top: int) -> str:
    """A table, worst first, and the first node that leaves the tolerance."""
    lines = [f"on {verification.target} against {verification.reference}: "
             f"{len(verification.nodes)} of {verification.num_nodes} outputs of nodes compared, the others are "
             "in no memory of the device",
             f"{'SQNR dB':>9} {'largest error':>14} {'largest value':>14}  node"]
    for node in verification.get_worst()[:top]:
        figures = node.difference
        sqnr = "equal" if figures.largest_error == 0 else f"{figures.sqnr_db:.1f}"
        lines.append(f"{sqnr:>9} {figures.largest_error:>14.6g} {figures.largest_value:>14.6g}  "
                     f"{node.node} ({node.op_type}), {node.dtype}{list(node.shape)}")
    if len(verification.nodes) > top:
        lines.append(f"          and {len(verification.nodes) - top} that are better")
    first = verification.find_first()
    if not verification.nodes:
        return "\n".join([*lines, "nothing could be compared"])
    lines.append(f"every node has {verification.min_sqnr_db:g} dB or more" if first is None else
                 f"the first node below {verification.min_sqnr_db:g} dB is '{first.node}' "
                 f"({first.op_type}) with {first.difference.sqnr_db:.1f} dB")
    return "\n".join(lines)
