"""Errors as exceptions, with what a program needs of them."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of the model, with its operator and the version of it, where the message says them."""

    name: str
    op_type: str | None = None
    opset: int | None = None


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong: where, what, and how to mend it.

    `file` is the model's or another file, `line` and `column` are where in it, from 1, if it has
    lines. `nodes` are the nodes that it is about, several where they were fused.
    """

    message: str
    file: str | None = None
    nodes: tuple[Node, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None
    line: int | None = None
    column: int | None = None


class Error(Exception):
    """What went wrong, for the user: the base of all exceptions of this package.

    `exit_code` is that of the tool `garam` for the same error, `diagnostics` a list of Diagnostic,
    the most important first.
    """

    exit_code = 70

    def __init__(self, text: str):
        super().__init__(text)
        self.diagnostics = [Diagnostic(text)]


class UsageError(Error, ValueError):
    """An option, or a value of an option, is wrong."""

    exit_code = 2


class ModelError(Error, ValueError):
    """The model is invalid or not supported."""

    exit_code = 3


class TargetError(Error, ValueError):
    """A target file, placement file or plugin is wrong."""

    exit_code = 4


class BinaryError(Error, ValueError):
    """A device binary is damaged or incompatible."""

    exit_code = 5


class InputError(Error, ValueError):
    """The data that a model is run on is wrong."""

    exit_code = 6


class UntrustedError(Error, PermissionError):
    """A binary holds native code that the user does not trust."""

    exit_code = 7


class InternalError(Error, RuntimeError):
    """A fault of Garam."""


CLASSES = {error.exit_code: error for error in (UsageError, ModelError, TargetError, BinaryError,
                                                InputError, UntrustedError, InternalError)}


def make_error(exit_code: int, text: str, diagnostics: list[Diagnostic]) -> Error:
    """The exception of an exit code."""
    error = CLASSES.get(exit_code, InternalError)(text)
    error.diagnostics = diagnostics
    return error
