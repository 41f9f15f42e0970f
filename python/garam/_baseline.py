"""Figures of models on targets, against those of before.

A row is a dictionary with `model`, `target`, and figures or an `error`. A baseline has the figures of
rows by "MODEL on TARGET". Simulation is deterministic: what differs has changed.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def get_key(row: Row) -> str:
    return f"{row['model']} on {row['target']}"


def describe_change(key: str, before, now) -> str:
    if not before or not now or isinstance(now, str):
        return f"{key} {before} -> {now}"
    return f"{key} {before:.6g} -> {now:.6g} ({100 * (now / before - 1):+.2f} %)"


def _is_worse(before, now, threshold: float, less_is_better: bool) -> bool:
    before, now = before or 0, now or 0
    margin = threshold * abs(before)
    return now > before + margin if less_is_better else now < before - margin


def compare(row: Row, baseline: Row, compared: Iterable[str], guarded: Iterable[str],
            more_is_better: Iterable[str] = (),
            thresholds: Mapping[str, float] | None = None) -> list[tuple[bool, str]]:
    """What has changed against the row of the baseline: (whether it is worse, what) each.

    Of the `compared` figures those that are `guarded` are worse when they grow by more than their
    threshold, a part of what they were, or 0; those where `more_is_better`, when they shrink.
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


def read_baseline(path: pathlib.Path) -> dict[str, dict[str, Any]]:
    """Nothing where there is no file. Raises ValueError for what is no baseline."""
    if not path.exists():
        return {}
    try:
        baseline = json.loads(path.read_text())
    except ValueError as error:  # of JSON, or of UTF-8
        raise ValueError(f"baseline '{path}' is not JSON: {error}") from None
    if not isinstance(baseline, dict) or not all(isinstance(row, dict) for row in baseline.values()):
        raise ValueError(f"baseline '{path}' does not have figures by \"MODEL on TARGET\"; hint: write it with "
                         "--update-baseline")
    return baseline


def update_baseline(path: pathlib.Path, rows: Iterable[Row], compared: Iterable[str]) -> None:
    """Rows that were not measured stay."""
    baseline = {**read_baseline(path), **make_baseline(rows, compared)}
    path.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n")
