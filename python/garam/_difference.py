"""How far a tensor is from another."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ._arrays import as_numbers


@dataclasses.dataclass(frozen=True)
class Difference:
    """Of a tensor from the reference.

    `sqnr_db` is the ratio of the power of the reference to that of the error, in dB: infinite where
    they are equal, -infinite where one of them is not finite at an element and the other is not the
    same there, or where their shapes differ. `largest_value` is of the reference.
    """

    sqnr_db: float
    largest_error: float
    largest_value: float


def _to_float64(array: np.ndarray) -> np.ndarray:
    return as_numbers(np.asarray(array)).astype(np.float64)


def measure_difference(actual: np.ndarray, reference: np.ndarray) -> Difference:
    """The arrays have any types of numbers."""
    a, b = _to_float64(actual), _to_float64(reference)
    finite = np.isfinite(b)
    largest_value = float(np.abs(b[finite]).max(initial=0.0))
    if a.shape != b.shape:
        return Difference(-math.inf, math.inf, largest_value)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    # Not finite in one of them: an error without a size.
    if not np.all(same[~(finite & np.isfinite(a))]):
        return Difference(-math.inf, math.inf, largest_value)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(np.where(same, 0.0, a - b))
    largest_error = float(error.max(initial=0.0))
    if largest_error == 0:
        return Difference(math.inf, 0.0, largest_value)
    if largest_value == 0 or math.isinf(largest_error):
        return Difference(-math.inf, largest_error, largest_value)
    # Parts of the largest, whose squares neither overflow nor vanish.
    signal = float(np.sum(np.square(b[finite] / largest_value)))
    noise = float(np.sum(np.square(error / largest_error)))
    ratio = 10 * math.log10(signal / noise) + 20 * (math.log10(largest_value) - math.log10(largest_error))
    return Difference(ratio, largest_error, largest_value)
