"""numpy's arrays on their way into a program and out of it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import numpy as np

from ._errors import InputError, UsageError

# Element types of ml_dtypes, with the bytes that one element has.
_OTHER_TYPES = {"bfloat16": 2, "float8_e4m3fn": 1, "float8_e4m3fnuz": 1, "float8_e5m2": 1,
                "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1, "float4_e2m1fn": 1, "int4": 1, "uint4": 1,
                "int2": 1, "uint2": 1}


def get_dtype(name: str) -> np.dtype:
    """numpy's type of an element type of Garam.

    Those that numpy has not are of the package ml_dtypes; without it they are opaque bytes ("V1",
    "V2" for bfloat16), as numpy reads them from files: `array.view(numpy.uint8)` has their bits.
    """
    size = _OTHER_TYPES.get(name)
    if size is None:
        return np.dtype(name)
    try:
        return np.dtype(getattr(importlib.import_module("ml_dtypes"), name))
    except (ImportError, AttributeError):
        return np.dtype(f"V{size}")


def as_numbers(array: np.ndarray) -> np.ndarray:
    """The array, or, of opaque bytes, the numbers that they stand for.

    Two bytes are a bfloat16. Raises UsageError for types of a byte, of which there are several.
    """
    if array.dtype.type is not np.void:
        return array
    if array.itemsize != _OTHER_TYPES["bfloat16"]:
        raise UsageError("elements of less than 16 bits are compared by the package ml_dtypes, which is not "
                         "installed; hint: pip install garam[types]")
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def check_arrays(inputs) -> None:
    """Raises InputError for what does not give arrays by the names of inputs."""
    if not isinstance(inputs, Mapping):
        raise InputError(f"inputs are a {type(inputs).__name__}, but arrays by the names of inputs are needed; "
                         "hint: as in {'x': array}")
    if unnamed := [name for name in inputs if not isinstance(name, str)]:
        raise InputError(f"the name of an input is {unnamed[0]!r}, but a string is needed")


def prepare_array(name: str, value, dtype: np.dtype | None) -> np.ndarray:
    """An array that is contiguous, row-major and in this machine's byte order.

    An array that is so already is returned itself. What is no array yet, as a list or a number,
    gets the type `dtype`.
    """
    is_array = isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__array__")
    try:
        array = np.asarray(value, None if is_array else dtype)
    except (TypeError, ValueError, RuntimeError) as error:  # the last from tensors of torch
        raise InputError(f"input '{name}' cannot be made an array: {error}") from None
    if array.dtype.hasobject:
        raise InputError(f"an input is an array of {array.dtype}, which no model takes")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.asarray(array, order="C")


def get_type_name(array: np.ndarray, expected: str | None) -> str:
    """Garam's name of the elements' type.

    Opaque bytes, which is what numpy makes of types that it has not, are elements of the type that
    is `expected`, when those have as many.
    """
    is_opaque = array.dtype.type is np.void and array.dtype.names is None
    if is_opaque and expected in _OTHER_TYPES and array.itemsize == _OTHER_TYPES[expected]:
        return expected
    return array.dtype.name


def take_arrays(tensors) -> dict[str, np.ndarray]:
    """The arrays of what garam._core returns, by name; they own the data."""
    return {name: data.view(get_dtype(dtype)).reshape(shape)
            for name, dtype, shape, data in tensors}
