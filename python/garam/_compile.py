"""garam.compile."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import _core
from ._cache import Cache, get_default_folder, make_key
from ._executable import Executable, warn


@contextmanager
def _files_of(calibration, placement) -> Iterator[dict[str, bytes]]:
    """Options that are files, of which some are given as what would be in them."""
    with tempfile.TemporaryDirectory(prefix="garam-") as name:
        folder = pathlib.Path(name)
        options = {}
        if isinstance(calibration, Mapping):
            np.savez(folder / "samples.npz", **calibration)
            calibration = folder / "samples.npz"
        if isinstance(placement, Mapping):
            (folder / "placement.json").write_text(json.dumps(placement))
            placement = folder / "placement.json"
        for option, path in [("calibration", calibration), ("placement", placement)]:
            if path is not None:
                options[option] = os.fsencode(path)
        yield options


def get_model(model, name: str | os.PathLike | None) -> tuple[bytes, bytes | None]:
    """(path, bytes or None) of a path, of bytes, or of what serialises itself."""
    if isinstance(model, (str, os.PathLike)):
        return os.fsencode(model), None
    data = model.SerializeToString() if hasattr(model, "SerializeToString") else model
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"the model is of type {type(model).__name__}, but a path, bytes or an onnx.ModelProto "
                        "is needed")
    data = bytes(data)
    return os.fsencode(name or "model.onnx"), data


def _format_option(value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _is_readable(path: bytes, data: bytes | None) -> bool:
    """Else the compiler says what is wrong."""
    return data is not None or os.path.isfile(path)


def _format_size(size: int | Sequence[int]) -> str:
    is_range = isinstance(size, Sequence) and not isinstance(size, str)
    return "..".join(map(str, size)) if is_range else str(size)


def _get_items(option: str, value: Mapping | None) -> list[tuple]:
    """Of an option that is a mapping, or None."""
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"{option} is of type {type(value).__name__}, but a mapping is needed")
    return list((value or {}).items())


def _format_shape(name: str, shape: Sequence[int]) -> str:
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        raise TypeError(f"the shape of '{name}' is of type {type(shape).__name__}, but a sequence of sizes is needed")
    return f"{name}={'x'.join(map(str, shape))}"


def _compile(path, data, options, files) -> Executable:
    return Executable(_core.compile(path, data, {**options, **files}))


def compile(model, target: str | os.PathLike, *,
            name: str | os.PathLike | None = None,
            precision: str | None = None,
            optimization_level: int | None = None,
            shapes: Mapping[str, Sequence[int]] | None = None,
            dims: Mapping[str, int | tuple[int, int]] | None = None,
            states: Mapping[str, str] | None = None,
            placement: str | os.PathLike | Mapping[str, Any] | None = None,
            fallback: bool = True,
            calibration: str | os.PathLike | Mapping[str, np.ndarray] | None = None,
            cache: bool | str | os.PathLike = False,
            **device_options: Any) -> Executable:
    """Compiles an ONNX model for a target.

    `model` is the path of an ONNX file, its bytes, or an onnx.ModelProto; of the last two `name` is
    the file's name in messages, beside which files with weights are looked for. `target` is the name
    of a target (garam.targets() lists them) or the path of a target file. The options are those of
    `garam compile`: `shapes` and `dims` bind dimensions that are not fixed, by the names of inputs
    and of dimensions, where (LEAST, MOST) leaves the size to each run;
    `states` names inputs, each with the output that the next run of a session has
    there, which is neither taken nor given any more: see Session; `placement` says which nodes run on which device; `fallback=False` makes what
    only the host takes an error; `calibration` has samples of the inputs by name, or is an .npz
    file; others are those of devices, with `_` for `-`, as resident_weights=True.

    With `cache` the binary is kept, in that folder or, where it is True, in the user's own, and taken
    from there when nothing has changed that it was compiled from: model, weights, target, options and
    Garam itself.

    Other threads go on meanwhile. Raises what is derived from garam.Error: ModelError,
    UsageError, TargetError.
    """
    path, data = get_model(model, name)
    options: dict[str, Any] = {
        "target": os.fspath(target),
        "fallback": fallback,
        "shapes": [_format_shape(name, shape) for name, shape in _get_items("shapes", shapes)],
        "dims": [f"{key}={_format_size(size)}" for key, size in _get_items("dims", dims)],
        "states": [f"{key}={output}" for key, output in _get_items("states", states)],
        "device_options": {key.replace("_", "-"): _format_option(value)
                           for key, value in device_options.items()},
    }
    if precision is not None:
        options["precision"] = precision
    if optimization_level is not None:
        options["optimization_level"] = str(optimization_level)
    with _files_of(calibration, placement) as files:
        if not cache or not _is_readable(path, data):
            executable = _compile(path, data, options, files)
        else:
            kept = Cache(get_default_folder() if cache is True else pathlib.Path(cache))
            kept.make_folder()
            key = make_key(path, data, options, files)
            if found := kept.find(key):
                return found
            executable = _compile(path, data, options, files)
            if make_key(path, data, options, files) == key:  # nothing was changed meanwhile
                kept.keep(key, executable)
    warn(executable.warnings, stacklevel=2)
    return executable
