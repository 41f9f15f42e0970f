"""garam verify: a model on a device, node by node, beside the reference."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _core
from ._compile import compile, get_model
from ._difference import Difference, measure_difference
from ._errors import UsageError
from ._reference import has_onnxruntime, list_node_outputs, run_fallback, run_onnxruntime

# A cosine of 0.998 between two tensors of the same length: 10 log10(1 / (2 (1 - 0.998))).
DEFAULT_MIN_SQNR_DB = 24.0


@dataclasses.dataclass(frozen=True)
class NodeDifference:
    """What a node yields on the device, against the reference."""

    node: str
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
    """Differences of the nodes that could be compared, in the order of the model."""

    target: str
    reference: str
    nodes: list[NodeDifference]
    num_nodes: int  # of the model
    min_sqnr_db: float

    def get_worst(self) -> list[NodeDifference]:
        """Worst first."""
        return sorted(self.nodes, key=lambda node: node.difference.sqnr_db)

    def find_first(self) -> NodeDifference | None:
        """The first node of the model that leaves the tolerance, where the error begins."""
        return next((node for node in self.nodes
                     if node.difference.sqnr_db < self.min_sqnr_db), None)

    def as_json(self) -> dict[str, Any]:
        first = self.find_first()
        return {"schema": 1, "target": self.target, "reference": self.reference,
                "min_sqnr_db": self.min_sqnr_db, "num_nodes": self.num_nodes,
                "first": first.node if first else None,
                "nodes": [node.as_json() for node in self.nodes]}


def _are_comparable(actual: np.ndarray, reference: np.ndarray) -> bool:
    """A device may keep a value in another type, but floats are no integers' codes."""
    def is_integer(array):
        return array.dtype.kind in "iub"

    return (actual.shape == reference.shape and reference.dtype.kind != "O"
            and is_integer(actual) == is_integer(reference))


def _load_proto(model):
    """The onnx.ModelProto of what garam.compile takes."""
    import onnx

    path, data = get_model(model, None)
    return onnx.load(os.fsdecode(path)) if data is None else onnx.load_model_from_string(data)


def _make_reference(proto, model, inputs, options, reference):
    """(name, function from a node's id and its output to the array or None)."""
    if reference == "onnxruntime":
        import onnxruntime

        tensors = run_onnxruntime(proto, inputs)
        return (f"onnxruntime {onnxruntime.__version__}",
                lambda node, output: tensors.get(output))
    outputs, values = run_fallback(model, inputs, options)
    return _core.fallback_target(), lambda node, output: values.get(node, outputs.get(output))


def verify(model, target: str | os.PathLike, *,
           inputs: Mapping[str, np.ndarray] | None = None, seed: int = 0,
           reference: str | None = None, min_sqnr_db: float = DEFAULT_MIN_SQNR_DB,
           **options: Any) -> Verification:
    """Runs a model on `target` and by the reference, and compares what each node yields.

    `model` is what garam.compile takes. `inputs` that are not given are made from `seed`, as by
    Executable.random_inputs. `reference` is "onnxruntime", or "fallback" for the device that takes every model; where it is not given,
    onnxruntime if that is installed. `options` are those of garam.compile. Nodes whose values are never in the device's memory, as they are fused into
    others, are not compared. Needs the package onnx.
    """
    if not importlib.util.find_spec("onnx"):
        raise UsageError("verify needs the package onnx; hint: pip install onnx")
    reference = reference or ("onnxruntime" if has_onnxruntime() else "fallback")
    executable = compile(model, target, **options)
    arrays = {**executable.random_inputs(seed), **(inputs or {})}
    outputs, values = executable.session().run_with_values(arrays)
    proto = _load_proto(model)
    compile_options = {key: options[key] for key in ("shapes", "dims") if key in options}
    name, lookup = _make_reference(proto, model, arrays, compile_options, reference)
    nodes = []
    node_outputs = list_node_outputs(proto.graph)
    for node, (op_type, output) in node_outputs.items():
        # An output of the model has its type; within the device it may have another.
        actual = outputs[output] if output in outputs else values.get(node)
        expected = lookup(node, output)
        if actual is not None and expected is not None and _are_comparable(actual, expected):
            nodes.append(NodeDifference(node, op_type, actual.shape, actual.dtype.name,
                                        measure_difference(actual, expected)))
    return Verification(executable.target, name, nodes, len(node_outputs), min_sqnr_db)


def format_verification(verification: Verification, top: int) -> str:
    """A table, worst first, and the first node that leaves the tolerance."""
    lines = [f"on {verification.target} against {verification.reference}: "
             f"{len(verification.nodes)} of {verification.num_nodes} nodes compared, the others are "
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
    lines.append(f"every node has {verification.min_sqnr_db:g} dB or more" if first is None else
                 f"the first node below {verification.min_sqnr_db:g} dB is '{first.node}' "
                 f"({first.op_type}) with {first.difference.sqnr_db:.1f} dB")
    return "\n".join(lines)
