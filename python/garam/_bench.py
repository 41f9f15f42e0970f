"""garam bench: figures of models on targets, against a baseline."""

from __future__ import annotations

import collections
import hashlib
import math
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from ._baseline import WORST_RATIO, Row, compare, get_key
from ._compile import compile
from ._difference import measure_difference
from ._errors import Error
from ._executable import Executable

# Figures that are kept, and of them those of which a worse one is a regression: a bound is the
# machine's, and other outputs are not worse ones.
COMPARED = ("latency_s", "latency_resident_s", "bound_s", "dram_read_bytes", "dram_write_bytes",
            "sram_peak_bytes", "energy_j", "sqnr_db", "output_sha256")
GUARDED = ("latency_s", "latency_resident_s", "dram_read_bytes", "dram_write_bytes",
           "sram_peak_bytes", "energy_j", "sqnr_db")
# Those that a row has only when the data was computed.
OF_DATA = ("sqnr_db", "output_sha256")
MORE_IS_BETTER = ("sqnr_db",)

# The reference may have another order of additions on another machine; results of the simulated
# device are the same everywhere.
DEFAULT_THRESHOLDS = {"sqnr_db": 0.02}


def _measure_accuracy(path, executable: Executable, seed: int, options: Mapping) -> dict[str, Any]:
    """The least ratio of an output to its error, and what the outputs are."""
    from ._reference import has_onnxruntime, run_fallback, run_onnxruntime

    inputs = executable.random_inputs(seed)
    outputs = executable.run(inputs)
    if has_onnxruntime():
        import onnx

        expected = run_onnxruntime(onnx.load(path), inputs)
    else:
        expected = run_fallback(path, inputs, options)[0]
    ratio = min((measure_difference(array, expected[name]).sqnr_db
                 for name, array in outputs.items()), default=math.inf)
    content = hashlib.sha256()
    for name in sorted(outputs):
        content.update(name.encode() + b"\0" + outputs[name].tobytes())
    return {"sqnr_db": _make_figure(ratio), "output_sha256": content.hexdigest()}


def _make_figure(ratio: float) -> float | str | None:
    """As baselines have it, where JSON has no infinity."""
    if ratio == math.inf:
        return None
    return round(ratio, 3) if math.isfinite(ratio) else WORST_RATIO


def name_files(paths: Iterable[str]) -> dict[str, str]:
    """What each file is called in rows: without folder and extension, unless others are called so, too."""
    paths = list(dict.fromkeys(paths))
    counts = collections.Counter(pathlib.Path(path).stem for path in paths)
    return {path: path if counts[pathlib.Path(path).stem] > 1 else pathlib.Path(path).stem
            for path in paths}


def measure(path: str | os.PathLike, target: str, names: tuple[str, str], *, accuracy: bool = True,
            seed: int = 0, **options: Any) -> dict[str, Any]:
    """A row: the figures of a model on a target, or the error. `names` are what they are called in it."""
    row: dict[str, Any] = {"model": names[0], "target": names[1]}
    try:
        executable = compile(path, target, **options)
        report = executable.report()
        row.update((key, report[key]) for key in (*COMPARED, "ratio") if key in report)
        if accuracy:
            binding = {key: options[key] for key in ("shapes", "dims") if key in options}
            row.update(_measure_accuracy(path, executable, seed, binding))
    except Error as error:
        row["error"] = str(error).splitlines()[0]
    return row


def _find_lacking(row: Row, before: Row) -> list[tuple[bool, str]]:
    """Figures that only one of the two rows has: guarded ones are worse, for nothing guards them."""
    if "error" in row or "error" in before:
        return []
    lacking = [(key, "is not in the baseline; hint: write it with --update-baseline")
               for key in COMPARED if key in row and key not in before]
    lacking += [(key, "is in the baseline, but is not measured any more")
                for key in COMPARED if key in before and key not in row and key not in OF_DATA]
    return [(key in GUARDED, f"{key} {text}") for key, text in lacking]


def compare_row(row: Row, baseline: Mapping[str, Row],
                thresholds: Mapping[str, float]) -> list[tuple[bool, str]]:
    """As _baseline.compare; accuracy is not compared where the row's data was not computed."""
    before = baseline[get_key(row)]
    compared = [key for key in COMPARED if key in before and key in row]
    return _find_lacking(row, before) + compare(row, before, compared, GUARDED, MORE_IS_BETTER,
                                                {**DEFAULT_THRESHOLDS, **thresholds})


def format_junit(rows: Iterable[Row], changes: Mapping[str, list]) -> str:
    """A test case for each row; one that is worse, or has an error that is new, has failed."""
    suite = ElementTree.Element("testsuite", name="garam bench")
    counts = {"tests": 0, "failures": 0}
    for row in rows:
        key = get_key(row)
        case = ElementTree.SubElement(suite, "testcase", classname=row["target"], name=row["model"])
        counts["tests"] += 1
        if worse := [text for is_worse, text in changes[key] if is_worse]:
            counts["failures"] += 1
            ElementTree.SubElement(case, "failure", message=worse[0]).text = "\n".join(worse)
        text = "\n".join(text for _, text in changes[key])
        ElementTree.SubElement(case, "system-out").text = text
    suite.attrib.update({key: str(count) for key, count in counts.items()})
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _format_ratio(row: Row) -> str:
    if "sqnr_db" not in row:
        return ""
    ratio = row["sqnr_db"]
    return "equal" if ratio is None else ratio if ratio == WORST_RATIO else f"{ratio:.1f}"


def format_rows(rows: Iterable[Row]) -> str:
    lines = [f"{'latency us':>12} {'ratio':>6} {'DRAM MB':>9} {'SRAM MB':>8} {'SQNR dB':>8}  "
             "model on target"]
    for row in rows:
        if "error" in row:
            lines.append(f"{'':>48}  {get_key(row)}: {row['error']}")
            continue
        dram = (row["dram_read_bytes"] + row["dram_write_bytes"]) / 1e6
        lines.append(f"{row['latency_s'] * 1e6:>12.2f} {row['ratio']:>6.3f} {dram:>9.3f} "
                     f"{row['sram_peak_bytes'] / 1e6:>8.3f} {_format_ratio(row):>8}  {get_key(row)}")
    return "\n".join(lines)
