"""What the tests share: where the tools and the models are."""

import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import pytest

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[2]
BUILD_DIR = pathlib.Path(os.environ.get("GARAM_BUILD_DIR", SOURCE_DIR / "build"))
MODELS_DIR = SOURCE_DIR.parent / "shared" / "models"
DIGITS = SOURCE_DIR / "examples" / "digits" / "digits.onnx"

# The package as it is built, in the tests and what they start.
PACKAGES_DIR = BUILD_DIR / "python"
sys.path.insert(0, str(PACKAGES_DIR))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(PACKAGES_DIR), os.environ.get("PYTHONPATH", "")]))

# Exit statuses of the tools.
USAGE, MODEL, CONFIG, BINARY, INPUT, UNTRUSTED, INTERNAL = 2, 3, 4, 5, 6, 7, 70

# What the tests compile is not to be in the user's list of trusted binaries.
STATE_DIR = tempfile.TemporaryDirectory(prefix="garam-state-")
os.environ["XDG_STATE_HOME"] = STATE_DIR.name


def find_tool(name):
    """The path of a built tool; a test that needs one fails without it."""
    tool = BUILD_DIR / "bin" / name
    if not tool.exists():
        pytest.fail(f"{tool} is missing: build it with scripts/build.sh", pytrace=False)
    return tool


def compile_without_fallback(model, target):
    """The executable of a model of which no node stays on the host: the compiler says so where one does."""
    import garam

    with warnings.catch_warnings():
        warnings.simplefilter("error", garam.GaramWarning)
        return garam.compile(model, target)


@pytest.fixture
def run_tool():
    """run_tool("garam", "compile", ...) -> CompletedProcess with text output.

    `status` is the exit status that the test expects, None for any.
    """

    def run(name, *arguments, status=0, timeout=600, **options):
        command = [str(find_tool(name)), *map(str, arguments)]
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, **options)
        if status is not None and result.returncode != status:
            pytest.fail(
                f"{' '.join(command)}\nended with status {result.returncode}, expected {status}\n"
                f"{result.stdout[-4000:]}{result.stderr[-4000:]}", pytrace=False)
        return result

    return run


@pytest.fixture
def fails(run_tool, tmp_path):
    """fails(status, part, arguments...): garam ends so, says `part`, leaves no output.

    What a device refuses does not fall back to the host.
    """

    def check(status, part, *arguments):
        if arguments[0] == "compile" and status == MODEL:
            arguments += ("--no-fallback",)
        before = set(tmp_path.rglob("*"))
        result = run_tool("garam", *arguments, status=status)
        assert part in result.stderr, result.stderr
        assert result.stderr.startswith("error: ") or status == USAGE
        assert set(tmp_path.rglob("*")) == before
        return result.stderr

    return check


@pytest.fixture
def source_dir():
    return SOURCE_DIR


@pytest.fixture(scope="session")
def models_dir():
    """Real models that are not part of the repository."""
    if not MODELS_DIR.is_dir():
        pytest.skip(f"needs the models of {MODELS_DIR}, which a plain checkout does not have")
    return MODELS_DIR
