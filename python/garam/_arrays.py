"""numpy's arrays on their way into a program and out of it."""

from __future__ import annotations

import numpy as np
import ml_dtypes

from ._errors import InputError


def get_dtype(name: str) -> np.dtype:
    """numpy's type of an element type of Garam."""
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def prepare_array(value, dtype: np.dtype | None) -> np.ndarray:
    """An array that is contiguous, row-major and in this machine's byte order.

    An array that is so already is returned itself. What is no array yet, as a list or a number,
    gets the type `dtype`.
    """
    if not isinstance(value, (np.ndarray, np.generic)) and not hasattr(value, "__array__"):
        value = np.asarray(value, dtype)
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise InputError(f"an input is an array of {array.dtype}, which no model takes")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.asarray(array, order="C")


def take_arrays(tensors) -> dict[str, np.ndarray]:
    """The arrays of what garam._core returns, by name; they own the data."""
    return {name: data.view(get_dtype(dtype)).reshape(shape)
            for name, dtype, shape, data in tensors}
