"""Figures of models on targets, against those of before.

A row is a dictionary with `model`, `target`, and figures or an `error`. A baseline has the figures of
rows by "MODEL on TARGET". Simulation is deterministic: what differs has changed.

Figures are numbers. Of a ratio to an error None is that of no error, and "-inf" that of an error
without a size, for JSON has no infinities.
"""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def get_key(row: Row) -> str:
    return f"{row['model']} on {row['target']}"


# A ratio that is worse than any number of dB.
WORST_RATIO = "-inf"

# What a row has that is no figure.
_TEXTS = ("error", "output_sha256")


def describe_change(key: str, before, now) -> str:
    if not before or not now or isinstance(before, str) or isinstance(now, str):
        return f"{key} {before} -> {now}"
    return f"{key} {before:.6g} -> {now:.6g} ({100 * (now / before - 1):+.2f} %)"


def _get_ratio(figure) -> float:
    if figure is None:
        return math.inf
    return -math.inf if figure == WORST_RATIO else figure


def _is_worse(before, now, threshold: float, less_is_better: bool) -> bool:
    if less_is_better:
        before, now = before or 0, now or 0
        return now > before + threshold * abs(before)
    before, now = _get_ratio(before), _get_ratio(now)
    return now < before - (threshold * abs(before) if math.isfinite(before) else 0)


def compare(row: Row, baseline: Row, compared: Iterable[str], guarded: Iterable[str],
            more_is_better: Iterable[str] = (),
            thresholds: Mapping[str, float] | None = None) -> list[tuple[bool, str]]:
    """What has changed against the row of the baseline: (whether it is worse, what) each.

    Of the `compared` figures those that are `guarded` are worse when they grow by more than their
    threshold, a part of what they were, or 0; those where `more_is_better`, which are ratios, when
    they shrink.
    """
    if "error" in row or "error" in baseline:
        if row.get("error") == baseline.get("error"):
            return []
        return [("error" in row and "error" not in baseline,
                 f"{baseline.get('error', 'compiled')} -> {row.get('error', 'compiles')}")]
    more_is_better = set(more_is_better)
    return [(key in guarded and _is_worse(baseline.get(key), row.get(key),
                                          (thresholds or {}).get(key, 0.0),
                                          key not in more_is_better),
             describe_change(key, baseline.get(key), row.get(key)))
            for key in compared if row.get(key) != baseline.get(key)]


def make_baseline(rows: Iterable[Row], compared: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is kept of rows, by their key."""
    compared = list(compared)
    return {get_key(row): {key: row[key] for key in ("error", *compared) if key in row}
            for row in rows}


def _refuse_constant(name: str):
    raise ValueError(f"{name} is no number of JSON")


def _is_number(value) -> bool:
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _check_row(path: pathlib.Path, key: str, row: Row) -> None:
    for name, value in row.items():
        if name in _TEXTS:
            is_right = isinstance(value, str)
        else:
            is_right = value is None or value == WORST_RATIO or _is_number(value)
        if not is_right:
            raise ValueError(f"baseline '{path}': {name} of '{key}' is {json.dumps(value)}, but a "
                             f"{'text' if name in _TEXTS else 'number'} is needed")


def read_baseline(path: pathlib.Path) -> dict[str, dict[str, Any]]:
    """Nothing where there is no file. Raises ValueError for what is no baseline."""
    if not path.exists():
        return {}
    try:
        baseline = json.loads(path.read_text(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # of JSON, or of UTF-8
        raise ValueError(f"baseline '{path}' is not JSON: {error}") from None
    if not isinstance(baseline, dict) or not all(isinstance(row, dict) for row in baseline.values()):
        raise ValueError(f"baseline '{path}' does not have figures by \"MODEL on TARGET\"; hint: write it with "
                         "--update-baseline")
    for key, row in baseline.items():
        _check_row(path, key, row)
    return baseline


def format_baseline(before: Mapping[str, Row], rows: Iterable[Row], compared: Iterable[str]) -> str:
    """The file of a baseline after `rows` were measured; others stay as they were `before`."""
    return json.dumps({**before, **make_baseline(rows, compared)}, indent=1, sort_keys=True) + "\n"
