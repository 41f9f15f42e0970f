"""The subcommands verify and bench of the tool garam."""

from __future__ import annotations

import argparse
import json
import math
import pathlib
import sys
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from . import _bench, _core, _verify
from ._baseline import format_baseline, get_key, read_baseline
from ._errors import Error, InputError, ModelError, UsageError
from ._executable import GaramWarning

# Of a comparison that ends with a difference.
DIFFERS = 1


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message}; '{self.prog} --help' lists the options")


def _split(option: str, text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator or not value:
        raise UsageError(f"{option} {text}: expected NAME=VALUE")
    return name, value


def _get_compile_options(arguments) -> dict:
    options: dict = {"shapes": {}, "dims": {}}
    for text in arguments.shape:
        name, sizes = _split("--shape", text)
        options["shapes"][name] = sizes.split("x")
    for text in arguments.dim:
        name, size = _split("--dim", text)
        options["dims"][name] = size
    for key in ("precision", "calibration", "placement"):
        if getattr(arguments, key) is not None:
            options[key] = getattr(arguments, key)
    if arguments.level is not None:
        options["optimization_level"] = arguments.level
    options["fallback"] = not arguments.no_fallback
    for text in arguments.option:
        name, value = _split("--option", text)
        options[name] = value
    return options


def _add_compile_options(parser) -> None:
    group = parser.add_argument_group("options of garam compile")
    group.add_argument("--shape", action="append", default=[], metavar="NAME=1x3x224x224")
    group.add_argument("--dim", action="append", default=[], metavar="NAME=1")
    group.add_argument("--precision", metavar="bf16|fp16")
    group.add_argument("-O", dest="level", metavar="LEVEL")
    group.add_argument("--calibrate", dest="calibration", metavar="FILE.npz")
    group.add_argument("--placement", metavar="FILE.json")
    group.add_argument("--no-fallback", action="store_true")
    group.add_argument("--option", action="append", default=[], metavar="NAME=VALUE",
                       help="an option of a device")
    group.add_argument("--device-plugin", action="append", default=[], metavar="FILE.so")


def _read_inputs(texts: Sequence[str]) -> dict[str, np.ndarray]:
    inputs = {}
    for text in texts:
        name, path = _split("--input", text)
        try:
            inputs[name] = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"--input {text}: {error}") from None
    return inputs


def _list_input_files(arguments, models: Sequence[str], targets: Sequence[str]) -> list[tuple]:
    """(role, path) of what a command reads, with the files that a model or a target names."""
    files = [("--device-plugin", path) for path in arguments.device_plugin]
    for model in models:
        files.append(("the model", model))
        try:
            weights = _core.read_model(model, None)[3]
        except ModelError:
            continue  # its compile says what is wrong
        files += [("a file of the model's weights", path) for path in weights]
    for target in targets:
        files += [("a target file", path) for path, _ in _core.read_target(target)]
    for role, path in (("--calibrate", arguments.calibration), ("--placement", arguments.placement)):
        if path is not None:
            files.append((role, path))
    return files


def _open_outputs(inputs: Sequence[tuple], paths: Mapping[str, str | None]) -> _core.Outputs:
    """Of the options that are given, before any work."""
    return _core.Outputs(list(inputs), [(role, path) for role, path in paths.items() if path is not None])


def _get_stream(paths: Mapping[str, str | None]):
    """Where tables are printed: not to standard output when a file goes there, which is then nothing else."""
    return sys.stderr if "-" in paths.values() else sys.stdout


def _run_verify(arguments) -> int:
    files = _list_input_files(arguments, [arguments.model], [arguments.target])
    files += [("--input", _split("--input", text)[1]) for text in arguments.input]
    paths = {"--json": arguments.json}
    outputs = _open_outputs(files, paths)
    verification = _verify.verify(
        arguments.model, arguments.target, inputs=_read_inputs(arguments.input),
        seed=arguments.seed, reference=arguments.reference, min_sqnr_db=arguments.min_sqnr,
        **_get_compile_options(arguments))
    print(_verify.format_verification(verification, arguments.top), file=_get_stream(paths))
    outputs.commit([json.dumps(verification.as_json(), indent=1) + "\n"] if arguments.json is not None else [])
    return 0 if verification.holds() else DIFFERS


def _read_thresholds(texts: Sequence[str]) -> dict[str, float]:
    thresholds = {}
    for text in texts:
        key, value = _split("--threshold", text)
        if key not in _bench.GUARDED:
            raise UsageError(f"--threshold {text}: expected one of {', '.join(_bench.GUARDED)}")
        try:
            thresholds[key] = float(value)
        except ValueError:
            raise UsageError(f"--threshold {text}: '{value}' is no number") from None
        if not 0 <= thresholds[key] < math.inf:
            raise UsageError(f"--threshold {text}: '{value}' is no part, a finite number from 0 on")
    return thresholds


def _read_baseline(arguments) -> dict:
    """A new one is empty; one to compare with must be there."""
    if arguments.baseline is None:
        return {}
    path = pathlib.Path(arguments.baseline)
    if not arguments.update_baseline and not path.exists():
        raise UsageError(f"baseline '{path}' does not exist; hint: write it with --update-baseline")
    try:
        return read_baseline(path)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _compare_rows(rows, baseline, thresholds) -> dict[str, list[tuple[bool, str]]]:
    """(whether it is worse, what has changed) of each row, by its key."""
    return {get_key(row): _bench.compare_row(row, baseline, thresholds)
            if get_key(row) in baseline else
            [("error" in row, f"not in the baseline; {row.get('error', 'compiles')}")]
            for row in rows}


def _print_changes(changes, stream) -> None:
    for key, texts in changes.items():
        for is_worse, text in texts:
            print(f"{'WORSE' if is_worse else 'changed'}: {key}: {text}", file=stream)


def _measure_all(arguments, targets: Sequence[str]) -> list[dict]:
    models, chips = _bench.name_files(arguments.models), _bench.name_files(targets)
    return [_bench.measure(model, target, (models[model], chips[target]),
                           accuracy=not arguments.timing_only, seed=arguments.seed,
                           **_get_compile_options(arguments))
            for model in models for target in chips]


def _run_bench(arguments) -> int:
    if arguments.update_baseline and not arguments.baseline:
        raise UsageError("--update-baseline needs --baseline FILE.json")
    thresholds = _read_thresholds(arguments.threshold)
    targets = arguments.targets.split(",")
    files = _list_input_files(arguments, arguments.models, targets)
    paths = {"--json": arguments.json, "--junit": arguments.junit}
    if arguments.update_baseline:
        paths["--baseline"] = arguments.baseline
    elif arguments.baseline is not None:
        files.append(("the baseline", arguments.baseline))
    outputs = _open_outputs(files, paths)
    baseline = _read_baseline(arguments)
    rows = _measure_all(arguments, targets)
    stream = _get_stream(paths)
    print(_bench.format_rows(rows), file=stream)
    changes = _compare_rows(rows, baseline, thresholds)
    texts = {"--json": json.dumps(rows, indent=1) + "\n", "--junit": _bench.format_junit(rows, changes),
             "--baseline": format_baseline(baseline, rows, _bench.COMPARED)}
    if arguments.baseline and not arguments.update_baseline:
        _print_changes(changes, stream)
    outputs.commit([texts[role] for role, path in paths.items() if path is not None])
    if arguments.update_baseline:
        return 0
    is_worse = any(worse for texts in changes.values() for worse, _ in texts)
    return DIFFERS if is_worse else 0


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="garam", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    verify = commands.add_parser(
        "verify", help="compare what each node yields with a reference", description=(
            "Runs a model on a target and by a reference, and prints, worst first, how far each node "
            "is off. Ends with 1 when a node leaves the tolerance."))
    verify.add_argument("model", help="ONNX file")
    verify.add_argument("--target", "-t", required=True)
    verify.add_argument("--input", "-i", action="append", default=[], metavar="NAME=FILE.npy",
                        help="an input; the others are made from --seed")
    verify.add_argument("--seed", type=int, default=0)
    verify.add_argument("--reference", choices=["onnxruntime", "fallback"],
                        help="onnxruntime, by default where it is installed, or the device that takes "
                             "every model")
    verify.add_argument("--min-sqnr", type=float, default=_verify.DEFAULT_MIN_SQNR_DB,
                        metavar="DB", help="the tolerance (default: %(default)s)")
    verify.add_argument("--top", type=int, default=20, help="nodes that are printed")
    verify.add_argument("--json", help="file for all of it")
    verify.set_defaults(run=_run_verify)

    bench = commands.add_parser(
        "bench", help="figures of models on targets", description=(
            "Compiles models for targets, simulates them, and compares with a baseline. Ends with 1 "
            "when a figure is worse than there."))
    bench.add_argument("models", nargs="+", metavar="model", help="ONNX files")
    bench.add_argument("--targets", required=True, help="names or files, separated by commas")
    bench.add_argument("--baseline", metavar="FILE.json")
    bench.add_argument("--update-baseline", action="store_true",
                       help="make the figures those of the baseline")
    bench.add_argument("--threshold", action="append", default=[], metavar="FIGURE=PART",
                       help="by which part a figure may be worse, as latency_s=0.01; by default 0, "
                            "and for sqnr_db 0.02")
    bench.add_argument("--timing-only", action="store_true", help="no data, no accuracy")
    bench.add_argument("--seed", type=int, default=0, help="of the inputs")
    bench.add_argument("--junit", metavar="FILE.xml")
    bench.add_argument("--json", metavar="FILE.json")
    bench.set_defaults(run=_run_bench)

    for command in (verify, bench):
        _add_compile_options(command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand; gives the exit code of the tool."""
    warnings.simplefilter("always", GaramWarning)
    warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
    try:
        parsed = _make_parser().parse_args(arguments)
        for path in parsed.device_plugin:
            _core.load_device_plugin(path)
        return parsed.run(parsed)
    except Error as error:
        first, *rest = str(error).splitlines() or [""]
        print("\n".join([f"error: {first}", *rest]), file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return UsageError.exit_code
