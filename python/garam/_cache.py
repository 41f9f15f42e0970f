"""Binaries that are kept by what they were compiled from."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from . import _core
from ._errors import BinaryError, UsageError
from ._executable import Executable, warn


def get_default_folder() -> pathlib.Path:
    """garam/compiled in $XDG_CACHE_HOME, or in ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    parent = pathlib.Path(base) if os.path.isabs(base) else pathlib.Path.home() / ".cache"
    return parent / "garam" / "compiled"


def _hash_file(path) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@functools.lru_cache(maxsize=None)
def _hash_library(path: bytes, mtime_ns: int, size: int) -> bytes:
    return _hash_file(path)


def _list_parts(path: bytes, data: bytes | None, options: Mapping[str, Any],
                files: Mapping[str, bytes]) -> Iterator[bytes]:
    """All that decides what comes of a compile."""
    for library in _core.libraries():
        status = os.stat(library)
        yield _hash_library(library, status.st_mtime_ns, status.st_size)
    # Machines may share a folder, and an option may name "native" code.
    yield _core.processor()
    yield os.path.basename(path)  # is in the binary
    yield _hash_file(path) if data is None else hashlib.sha256(data).digest()
    # The model says their names, in an order of its own.
    for weights in _core.read_model(path, data)[3]:
        yield _hash_file(weights)
    target = dict(options).pop("target")
    for _, text in _core.read_target(target):
        yield text
    yield json.dumps({key: value for key, value in options.items() if key != "target"},
                     sort_keys=True).encode()
    for name, file in sorted(files.items()):
        yield name.encode()
        yield _hash_file(file)


def make_key(path: bytes, data: bytes | None, options: Mapping[str, Any],
             files: Mapping[str, bytes]) -> str:
    """The name of what is kept. `files` are options that are files, by their names."""
    content = hashlib.sha256()
    for part in _list_parts(path, data, options, files):
        content.update(len(part).to_bytes(8, "little") + part)
    return content.hexdigest()


def _read_notes(path: pathlib.Path) -> tuple[str, list[str]]:
    """(content hash, warnings). Raises ValueError for what Cache.keep does not write."""
    notes = json.loads(path.read_text())
    if not isinstance(notes, dict):
        raise ValueError("no notes")
    content, warnings = notes.get("content"), notes.get("warnings")
    if not isinstance(content, str) or not isinstance(warnings, list) or not all(
            isinstance(text, str) for text in warnings):
        raise ValueError("no notes")
    return content, warnings


class Cache:
    """A folder with a binary for each key, and what the compiler said of it.

    Any threads and processes may use one folder.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def find(self, key: str) -> Executable | None:
        """What is kept under `key`, whole and with its own notes."""
        try:
            content, warnings = _read_notes(self.folder / f"{key}.json")
            executable = Executable.load(self.folder / f"{key}.garam")
        except (OSError, ValueError, RecursionError, BinaryError):
            return None  # it is compiled again
        # Binary and notes come to their places one after the other: another compile may be between.
        if executable.content_hash != content:
            return None
        warn(warnings, stacklevel=4)
        return executable

    def make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cache '{self.folder}' is no folder that can be made: {error.strerror}") from None

    def keep(self, key: str, executable: Executable) -> None:
        executable.save(self.folder / f"{key}.garam")
        notes = {"content": executable.content_hash, "warnings": executable.warnings}
        # In its place at once: others may read it.
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=f"{key}.", suffix=".tmp",
                                         delete=False) as file:
            try:
                json.dump(notes, file)
                file.flush()
            except OSError:
                os.unlink(file.name)
                raise
        os.replace(file.name, self.folder / f"{key}.json")
