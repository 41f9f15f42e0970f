"""What the nodes of a model yield by the reference: onnxruntime, or the device that takes all models."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

import numpy as np

from . import _core
from ._compile import compile
from ._errors import UsageError


def has_onnxruntime() -> bool:
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


def list_node_outputs(graph) -> dict[str, tuple[str, str]]:
    """Node id -> (operator, name of the first output), in the order of the graph.

    Ids are given as the compiler gives them: a node's name, the first of several that have it, else
    that of its first output or operator, with a number where that is taken.
    """
    taken: set[str] = set()
    keeps = []
    for node in graph.node:
        keeps.append(bool(node.name) and node.name not in taken)
        if keeps[-1]:
            taken.add(node.name)
    numbers: dict[str, int] = {}
    outputs = {}
    for node, keeps_name in zip(graph.node, keeps):
        first = next((name for name in node.output if name), "")
        name = unique = node.name or first or node.op_type
        while not keeps_name and unique in taken:
            numbers[name] = numbers.get(name, 0) + 1
            unique = f"{name}_{numbers[name]}"
        taken.add(unique)
        if first:
            outputs[unique] = (node.op_type, first)
    return outputs


def run_onnxruntime(model, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every tensor of the graph by its name, without optimisations that would change what is there."""
    import onnx
    import onnxruntime

    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    known = {output.name for output in extended.graph.output}
    extended.graph.output.extend(
        onnx.ValueInfoProto(name=name) for _, name in list_node_outputs(model.graph).values()
        if name not in known)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(extended.SerializeToString(), options,
                                               providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(inputs))))
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise UsageError(f"onnxruntime does not run the model: {error}; hint: --reference fallback")


def run_fallback(model, inputs: Mapping[str, np.ndarray],
                 options: Mapping) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(outputs by name, values by node id) on the device that takes every model."""
    return compile(model, _core.fallback_target(), **options).session().run_with_values(inputs)
