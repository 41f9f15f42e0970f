"""The tools of the package, as commands of the environment that it is installed in."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import NoReturn

TOOLS_DIR = pathlib.Path(__file__).resolve().parent / "bin"


def _run(name: str) -> NoReturn:
    tool = TOOLS_DIR / name
    # Of the subcommands that are written in Python.
    os.environ.setdefault("GARAM_PYTHON", sys.executable)
    os.execv(tool, [str(tool), *sys.argv[1:]])


def run_garam() -> NoReturn:
    _run("garam")


def run_garam_opt() -> NoReturn:
    _run("garam-opt")


def run_garam_translate() -> NoReturn:
    _run("garam-translate")
