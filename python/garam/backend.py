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
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnx.backend.base import Backend, BackendRep, namedtupledict

from . import _core
from ._compile import compile
from ._errors import InputError, UsageError
from ._executable import Executable, Session


def _list_inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs that are not initializers."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in constants]


def _has_fixed_shape(value: onnx.ValueInfoProto) -> bool:
    """Of what is no tensor, too: the compiler says what it thinks of that."""
    if not value.type.HasField("tensor_type"):
        return True
    tensor = value.type.tensor_type
    return tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim)


def get_default_target() -> str:
    """The target of the device that takes every model."""
    return _core.fallback_target()


class GaramBackendRep(BackendRep):
    """A model that is ready to run; any thread may use it."""

    def __init__(self, model: onnx.ModelProto, target: str, options: Mapping[str, Any]):
        self._model = model.SerializeToString()
        self._target = target
        self._options = dict(options)
        inputs = _list_inputs(model)
        self._input_names = [value.name for value in inputs]
        self._open_names = [value.name for value in inputs if not _has_fixed_shape(value)]
        output_names = [value.name for value in model.graph.output]
        self._outputs = namedtupledict("Outputs", output_names)
        self._lock = threading.Lock()
        self._sessions: dict[tuple, Session] = {}
        if not self._open_names:
            self._get_session({})

    def _get_session(self, shapes: Mapping[str, tuple[int, ...]]) -> Session:
        key = tuple(sorted(shapes.items()))
        with self._lock:
            if key not in self._sessions:
                executable = compile(self._model, self._target, shapes=shapes, **self._options)
                self._sessions[key] = executable.session()
            return self._sessions[key]

    @property
    def executables(self) -> list[Executable]:
        """What was compiled so far."""
        with self._lock:
            return [session.executable for session in self._sessions.values()]

    def run(self, inputs: Any, **options: Any) -> tuple[Any, ...]:
        """Runs on arrays in the order of the model's inputs, or by their names."""
        if isinstance(inputs, np.ndarray):
            inputs = [inputs]
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(self._input_names):
                raise InputError(f"the model has {len(self._input_names)} inputs, {len(inputs)} "
                                 "arrays are given")
            inputs = dict(zip(self._input_names, inputs))
        shapes = {name: np.shape(inputs[name]) for name in self._open_names if name in inputs}
        outputs = self._get_session(shapes).run(inputs, **options)
        return self._outputs(*outputs.values())


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
