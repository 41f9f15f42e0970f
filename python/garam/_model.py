"""Models whose dimensions are bound when they run."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from . import _core
from ._compile import compile, get_model
from ._errors import UsageError
from ._executable import Executable, Session


@dataclasses.dataclass(frozen=True)
class ModelValue:
    """An input or output as the model's file says it; of an output, what follows where it does not.

    Dimensions that are not fixed are names, which may be empty; `shape` is None where not even the
    rank is known, `dtype` where it is no tensor.
    """

    name: str
    dtype: str | None
    shape: tuple[int | str, ...] | None

    def is_open_without(self, bounded: Collection[str]) -> bool:
        """Whether it is a tensor with dimensions that are to be bound, beside those `bounded`."""
        return self.dtype is not None and (self.shape is None or any(
            isinstance(size, str) and size not in bounded for size in self.shape))


def _make_value(name, element_type, shape, dims, shapes) -> ModelValue:
    if name in shapes:
        shape = [int(size) for size in shapes[name]]
    elif shape is not None:
        shape = [int(dims[size]) if size in dims and not isinstance(dims[size], Sequence) else size
                 for size in shape]
    return ModelValue(name, element_type, None if shape is None else tuple(shape))


class _Slot:
    """The session for one set of shapes, once it is compiled."""

    def __init__(self):
        self.lock = threading.Lock()
        self.session: Session | None = None


class Model:
    """A model, compiled for a target when all dimensions of its inputs are known.

    That is at once where the file or the options fix or bound them, else at the first run, for the shapes of
    the arrays, and again when arrays have other shapes. What was compiled stays as long as the model.
    Any thread may use it; none waits for a compile for other shapes than its own.
    """

    def __init__(self, model, target, options: Mapping[str, Any]):
        self._path, self._data = get_model(model, options.get("name"))
        self._target, self._options = target, dict(options)
        dims, shapes = options.get("dims") or {}, options.get("shapes") or {}
        inputs, outputs, _, _ = _core.read_model(self._path, self._data)
        states = options.get("states") or {}
        values = [_make_value(*value, dims, shapes) for value in inputs]
        self.inputs = [value for value in values if value.name not in states]
        self.outputs = [_make_value(*value, dims, {}) for value in outputs
                        if value[0] not in states.values()]
        bounded = {name for name, size in dims.items() if isinstance(size, Sequence)}
        self._open_names = [value.name for value in values if value.is_open_without(bounded)]
        if states and self._open_names:
            raise UsageError(f"states are given, but dimensions of input '{self._open_names[0]}' are open: each set of "
                             "shapes would have states of its own; hint: bind them with dims or shapes")
        self._lock = threading.Lock()  # of the dictionary
        self._slots: dict[tuple, _Slot] = {}
        if not self._open_names:
            self.get_session({})

    @property
    def executables(self) -> list[Executable]:
        """What was compiled so far."""
        with self._lock:
            sessions = [slot.session for slot in self._slots.values()]
        return [session.executable for session in sessions if session]

    def get_session(self, arrays: Mapping[str, Any]) -> Session:
        """The session for arrays of these shapes."""
        shapes = {name: np.shape(arrays[name]) for name in self._open_names if name in arrays}
        key = tuple(sorted(shapes.items()))
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.session is None:
                slot.session = self._compile(shapes).session()
            return slot.session

    def _compile(self, shapes: Mapping[str, Sequence[int]]) -> Executable:
        options = {**self._options, "name": os.fsdecode(self._path)}
        options["shapes"] = {**(options.get("shapes") or {}), **shapes}
        model = os.fsdecode(self._path) if self._data is None else self._data
        return compile(model, self._target, **options)
