"""Binaries that are kept by what they were compiled from."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pathlib
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
    """All that decides what comes of a compile, but weights in files beside the model."""
    for library in _core.libraries():
        status = os.stat(library)
        yield _hash_library(library, status.st_mtime_ns, status.st_size)
    yield os.path.basename(path)  # is in the binary
    yield _hash_file(path) if data is None else hashlib.sha256(data).digest()
    target = dict(options).pop("target")
    yield from _core.read_target(target)
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


class Cache:
    """A folder with a binary for each key, and what the compiler said of it."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def find(self, key: str, model: bytes) -> Executable | None:
        """What is kept under `key`, when the weights beside the model are those of then."""
        try:
            notes = json.loads((self.folder / f"{key}.json").read_text())
            base = os.path.dirname(os.path.abspath(model))
            for name, digest in notes["weights"].items():
                if _hash_file(os.path.join(base, os.fsencode(name))).hex() != digest:
                    return None
            executable = Executable.load(self.folder / f"{key}.garam")
        except (OSError, ValueError, KeyError, BinaryError):
            return None  # it is compiled again
        warn(notes["warnings"], stacklevel=4)
        return executable

    def make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cache '{self.folder}' is no folder that can be made: {error.strerror}") from None

    def keep(self, key: str, model: bytes, executable: Executable) -> None:
        executable.save(self.folder / f"{key}.garam")
        base = os.path.dirname(os.path.abspath(model))
        weights = {os.fsdecode(os.path.relpath(os.path.abspath(file), base)): _hash_file(file).hex()
                   for file in executable._binary.weight_files}
        # In its place at once: another process may read it.
        temporary = self.folder / f"{key}.{os.getpid()}"
        temporary.write_text(json.dumps({"weights": weights, "warnings": executable.warnings}))
        temporary.replace(self.folder / f"{key}.json")
