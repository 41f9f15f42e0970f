"""Calls the garam tool and reads its reports."""

import dataclasses
import json
import os
import pathlib
import subprocess
import time

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[1]
DEFAULT_TOOL = SOURCE_DIR / "build" / "bin" / "garam"


class ToolError(RuntimeError):
    """The tool ended with an error; the last line of its output says why."""


@dataclasses.dataclass
class Call:
    seconds: float
    processor_seconds: float
    peak_bytes: int  # of resident memory
    report: dict


def call(tool, command, *arguments, folder):
    """Runs `garam COMMAND ARGUMENTS --report ...`."""
    report = pathlib.Path(folder) / f"{command}-report.json"
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in [tool, command, *arguments, "--report", report]],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    # wait4 reports the memory of this one process.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise ToolError((errors.strip().splitlines() or ["no message"])[-1])
    return Call(time.monotonic() - start, usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * 1024, json.loads(report.read_text()))


def compile_model(tool, model, target, binary, folder, *options):
    return call(tool, "compile", model, "--target", target, "-o", binary, "--quiet", *options,
                folder=folder)


def run_model(tool, binary, folder, *options):
    return call(tool, "run", binary, *options, folder=folder)
