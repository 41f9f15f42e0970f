"""What the nodes of a model yield by the reference: onnxruntime, or the device that takes all models."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping

import numpy as np

from . import _core
from ._compile import compile
from ._errors import UsageError


def has_onnxruntime() -> bool:
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


def run_onnxruntime(model, inputs: Mapping[str, np.ndarray],
                    values: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """The outputs and these values of the graph by name, without optimisations that would change what is there."""
    import onnx
    import onnxruntime

    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    known = {output.name for output in extended.graph.output}
    extended.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in values if name not in known)
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
