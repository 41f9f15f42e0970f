"""The interface of onnx.backend: prepare, run_model, run_node, supports_device, is_compatible.

    import garam.backend

    prepared = garam.backend.prepare(model)                  # for the device that takes every model
    prepared = garam.backend.for_target("my-chip").prepare(model)
    outputs = prepared.run([array])

A model whose inputs have dimensions that are not fixed is compiled at the first run, for the shapes of
the arrays, and again when these change.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnx.backend.base import Backend, BackendRep, namedtupledict

from . import _core
from ._errors import InputError, UsageError
from ._executable import Executable
from ._model import Model


def get_default_target() -> str:
    """The target of the device that takes every model."""
    return _core.fallback_target()


class GaramBackendRep(BackendRep):
    """A model that is ready to run; any thread may use it."""

    def __init__(self, model: onnx.ModelProto, target: str, options: Mapping[str, Any]):
        self._model = Model(model, target, options)
        self._outputs = namedtupledict("Outputs", [value.name for value in self._model.outputs])

    @property
    def executables(self) -> list[Executable]:
        """What was compiled so far."""
        return self._model.executables

    def run(self, inputs: Any, **options: Any) -> tuple[Any, ...]:
        """Runs on arrays in the order of the model's inputs, or by their names."""
        if isinstance(inputs, np.ndarray):
            inputs = [inputs]
        names = [value.name for value in self._model.inputs]
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(names):
                raise InputError(f"the model has {len(names)} inputs, {len(inputs)} arrays are given")
            inputs = dict(zip(names, inputs))
        return self._outputs(*self._model.get_session(inputs).run(inputs, **options).values())


class GaramBackend(Backend):
    """The backend for `target`, or, where that is None, for the device that takes every model."""

    target: str | None = None

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """What ONNX calls devices are processors; here they are targets, simulated on the CPU."""
        return device.split(":")[0] == "CPU"

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **options: Any) -> bool:
        """Whether prepare would be tried; it says itself what it cannot compile."""
        return cls.supports_device(device)

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", *,
                target: str | os.PathLike | None = None, **options: Any) -> GaramBackendRep:
        """Compiles a model; `options` are those of garam.compile."""
        if not cls.supports_device(device):
            raise UsageError(f"device '{device}': needed CPU, which simulates the target")
        chosen = target or cls.target or get_default_target()
        return GaramBackendRep(model, chosen, options)

    @classmethod
    def run_node(cls, node: onnx.NodeProto, inputs: Any, device: str = "CPU",
                 outputs_info: Sequence[tuple[np.dtype, tuple[int, ...]]] | None = None,
                 **options: Any) -> tuple[Any, ...]:
        """Compiles a node by itself and runs it on arrays in the order of its inputs."""
        opset = options.pop("opset_version", onnx.defs.onnx_opset_version())
        arrays = dict(zip([name for name in node.input if name], inputs))
        model = _make_model(node, arrays, outputs_info, opset)
        return cls.prepare(model, device, **options).run(arrays)


def _make_model(node: onnx.NodeProto, arrays: Mapping[str, Any], outputs_info,
                opset: int) -> onnx.ModelProto:
    """A model of one node for arrays of these types and shapes."""
    def describe(name, dtype, shape):
        return helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)

    inputs = [describe(name, np.asarray(array).dtype, np.shape(array))
              for name, array in arrays.items()]
    names = [name for name in node.output if name]
    outputs = [onnx.ValueInfoProto(name=name) for name in names]
    if outputs_info is not None:
        outputs = [describe(name, *info) for name, info in zip(names, outputs_info)]
    graph = helper.make_graph([node], "node", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, opset)])
    # Types of outputs that are not given follow from the inputs.
    return onnx.shape_inference.infer_shapes(model) if outputs_info is None else model


def for_target(target: str | os.PathLike) -> type[GaramBackend]:
    """The backend whose models are compiled for `target`."""
    return type("GaramBackend", (GaramBackend,), {"target": os.fspath(target)})


is_compatible = GaramBackend.is_compatible
prepare = GaramBackend.prepare
run_model = GaramBackend.run_model
run_node = GaramBackend.run_node
supports_device = GaramBackend.supports_device
