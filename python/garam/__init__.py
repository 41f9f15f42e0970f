"""Garam compiles ONNX models for accelerators and runs them on simulators of these.

    import garam

    executable = garam.compile("model.onnx", target="my-chip")
    outputs = executable.run({"input": array})
    executable.save("model.garam")
    print(executable.summary())

Everything here may be called from any thread, and lets other threads go on while it works: an
Executable is immutable, runs of one Session wait for each other.
"""

from __future__ import annotations

import os

from . import _core
from ._compile import compile
from ._errors import (BinaryError, Diagnostic, Error, InputError, InternalError, ModelError, Node,
                      TargetError, UntrustedError, UsageError)
from ._executable import Executable, Figures, GaramWarning, Session, State, Value
from ._inference import InferenceSession
from ._verify import Verification, verify

__version__ = _core.version()

load = Executable.load


def targets() -> dict[str, str]:
    """The targets that are known by name, each with a sentence that describes it."""
    return dict(_core.targets())


def load_device_plugin(path: str | os.PathLike) -> None:
    """Adds the devices of a shared library, for the rest of the process."""
    _core.load_device_plugin(os.fsencode(path))


__all__ = [
    "BinaryError", "Diagnostic", "Error", "Executable", "Figures", "GaramWarning",
    "InferenceSession", "InputError", "InternalError", "ModelError", "Node", "Session",
    "State", "TargetError", "UntrustedError", "UsageError", "Value", "Verification", "compile",
    "load", "load_device_plugin", "targets", "verify",
]
