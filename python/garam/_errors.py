"""Errors as exceptions, with what a program needs of them."""

from __future__ import annotations

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of the model, with its operator and the version of it, where the message says them."""

    name: str
    op_type: str | None = None
    opset: int | None = None


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong: where, what, and how to mend it.

    `file` is the model's or another file, where the message names one. `nodes` are the nodes that it
    is about, several where they were fused.
    """

    message: str
    file: str | None = None
    nodes: tuple[Node, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None


class Error(Exception):
    """What went wrong, for the user: the base of all exceptions of this package.

    `exit_code` is that of the tool `garam` for the same error, `diagnostics` a list of Diagnostic,
    the most important first.
    """

    exit_code = 70

    def __init__(self, text: str):
        super().__init__(text)
        self.diagnostics = parse_diagnostics(text)


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

# The forms of messages: "FILE: node 'NAME' (OP, opset N), node ...: MESSAGE", lines with notes and
# hints behind, and hints at the end of a message.
_NODE = re.compile(r"node '((?:[^']|'(?![ :,]))*)'(?: \((\w+)(?:, opset (\d+)(?:, [^)]*)?)?\))?")
_FILE = re.compile(r"([^'\n]*?[^'\s:])(?::\d+:\d+)?: ")


def make_error(exit_code: int, text: str) -> Error:
    """The exception of an exit code."""
    return CLASSES.get(exit_code, InternalError)(text)


def _parse_line(line: str) -> Diagnostic:
    message, _, hint = line.partition("; hint: ")
    first = _NODE.search(message)
    head = message[:first.start()] if first else message
    file = None
    match = _FILE.match(head)
    if match and "/" + match[1] != "/" and (first or "." in match[1]) and " " not in match[1]:
        file, message = match[1], message[match.end():]
    nodes = []
    while match := _NODE.match(message):
        rest = message[match.end():]
        if not rest.startswith((": ", ", ")):
            break
        nodes.append(Node(match[1], match[2], int(match[3]) if match[3] else None))
        message = rest[2:]
    return Diagnostic(message, file, tuple(nodes), (), hint or None)


def parse_diagnostics(text: str) -> list[Diagnostic]:
    """The diagnostics of an error's text, one a line; notes and hints belong to the line before."""
    diagnostics: list[Diagnostic] = []
    for line in text.splitlines():
        last = diagnostics[-1] if diagnostics else Diagnostic("")
        if line.startswith("note: "):
            changed = dataclasses.replace(last, notes=last.notes + (line[len("note: "):],))
        elif line.startswith("hint: "):
            changed = dataclasses.replace(last, hint=line[len("hint: "):])
        elif line.startswith(" "):
            changed = dataclasses.replace(last, message=f"{last.message}\n{line}")
        else:
            diagnostics.append(_parse_line(line))
            continue
        diagnostics[-1:] = [changed]
    return diagnostics
