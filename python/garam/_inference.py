"""An interface in the shape of onnxruntime's."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._arrays import check_arrays
from ._errors import UsageError
from ._executable import Executable, Value
from ._model import Model, ModelValue

# onnxruntime's names of element types where they differ from numpy's.
_TYPE_NAMES = {"float32": "float", "float64": "double", "float8_e4m3fn": "float8e4m3fn",
               "float8_e4m3fnuz": "float8e4m3fnuz", "float8_e5m2": "float8e5m2",
               "float8_e5m2fnuz": "float8e5m2fnuz", "float8_e8m0fnu": "float8e8m0",
               "float4_e2m1fn": "float4e2m1"}

# What onnxruntime's sessions take to choose where a model runs.
_FOREIGN_OPTIONS = ("providers", "provider_options", "sess_options")

# What a device binary begins with: it is an ELF file.
_BINARY_MAGIC = b"\x7fELF"


@dataclasses.dataclass(frozen=True)
class NodeArg:
    """An input or output, as onnxruntime describes it."""

    name: str
    type: str  # empty where it is not known
    shape: list[int | str]  # a dimension that is not fixed is its name; empty where not even the rank is known


def _make_node_arg(name: str, dtype: str | None, shape: Sequence[int | str]) -> NodeArg:
    return NodeArg(name, f"tensor({_TYPE_NAMES.get(dtype, dtype)})" if dtype else "", list(shape))


def _describe(values: Sequence[Value]) -> list[NodeArg]:
    return [_make_node_arg(value.name, value.dtype.name, value.shape) for value in values]


def _describe_model(values: Sequence[ModelValue]) -> list[NodeArg]:
    return [_make_node_arg(value.name, value.dtype, value.shape or ()) for value in values]


def _is_binary(model) -> bool:
    if isinstance(model, (bytes, bytearray, memoryview)):
        return bytes(model[:len(_BINARY_MAGIC)]) == _BINARY_MAGIC
    if not isinstance(model, (str, os.PathLike)) or not pathlib.Path(model).is_file():
        return False
    with open(model, "rb") as file:
        return file.read(len(_BINARY_MAGIC)) == _BINARY_MAGIC


class InferenceSession:
    """Compiles a model, or loads a device binary, and runs it: for programs that use onnxruntime.

    `model` is what garam.compile takes, or a device binary as garam.load takes it, which has its target. A model
    with dimensions that are not fixed is compiled at the first run, for the shapes of the arrays, and
    again when these change; what was compiled stays as long as the session, so that many sizes of
    a dimension are better bounded (dims={"N": (1, 16)}). Any thread may use a session.
    """

    def __init__(self, model, target: str | os.PathLike | None = None, *,
                 trust_native: bool = False, **options: Any):
        self._model = self._session = None
        if foreign := [name for name in _FOREIGN_OPTIONS if name in options]:
            raise UsageError(f"'{foreign[0]}' is an option of onnxruntime; hint: pass target=NAME, one of "
                             "garam.targets(), in place of it")
        if _is_binary(model):
            if target is not None or options:
                name = os.fspath(model) if isinstance(model, (str, os.PathLike)) else "model.garam"
                raise UsageError(f"{name}: a device binary is compiled already; leave target and options out")
            self._session = Executable.load(model, trust_native=trust_native).session()
        elif target is None:
            raise UsageError("no target; hint: pass target=NAME, one of garam.targets()")
        else:
            self._model = Model(model, target, options)

    @property
    def executables(self) -> list[Executable]:
        """What was loaded, or compiled so far: one for each set of shapes."""
        return [self._session.executable] if self._session else self._model.executables

    def get_inputs(self) -> list[NodeArg]:
        """The inputs of the model, in its order."""
        if self._session:
            return _describe(self._session.executable.inputs)
        return _describe_model(self._model.inputs)

    def get_outputs(self) -> list[NodeArg]:
        """The outputs of the model, in its order."""
        if self._session:
            return _describe(self._session.executable.outputs)
        return _describe_model(self._model.outputs)

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any],
            run_options: None = None) -> list[np.ndarray]:
        """The outputs of these names, or all in the order of the model."""
        check_arrays(input_feed)
        known = [output.name for output in self.get_outputs()]
        names = known if output_names is None else list(output_names)
        if unknown := [name for name in names if name not in known]:
            raise UsageError(f"the model has no output '{unknown[0]}'; its outputs are "
                             f"{', '.join(known)}")
        session = self._session or self._model.get_session(input_feed)
        outputs = session.run(input_feed)
        return [outputs[name] for name in names]
