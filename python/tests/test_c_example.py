"""examples/c-api is built and run as its README says."""

import subprocess

import numpy as np
import pytest

import garam
from conftest import BINARY, BUILD_DIR, DIGITS, SOURCE_DIR

EXAMPLE = SOURCE_DIR / "examples" / "c-api" / "run.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("c-api") / "run"
    subprocess.run(["clang-22", "-std=c99", "-Wall", "-Wextra", "-Werror", EXAMPLE, "-o", path,
                    f"-I{SOURCE_DIR / 'include'}", f"-L{BUILD_DIR / 'lib'}", "-lGaram",
                    f"-Wl,-rpath,{BUILD_DIR / 'lib'}"], check=True)
    return path


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "digits.garam"
    garam.compile(DIGITS, "rngd", dims={"N": 1}).save(path)
    return path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def test_it_prints_what_python_computes(program, binary, tmp_path):
    image = np.random.default_rng(0).random((1, 1, 8, 8), np.float32)
    image.tofile(tmp_path / "image.bin")
    executable = garam.load(binary)
    for given, files in [(image, [tmp_path / "image.bin"]), (np.zeros_like(image), [])]:
        result = run(program, binary, *files)
        assert result.returncode == 0, result.stderr
        name, *numbers = result.stdout.split()
        expected = executable.run({"image": given})["logits"].ravel()
        assert name == "logits:"
        np.testing.assert_array_equal(np.array(numbers, np.float32), expected)


def test_it_tells_what_is_wrong(program, binary, tmp_path):
    (tmp_path / "short.bin").write_bytes(b"1234")
    for code, part, arguments in [(1, "needed a binary", []),
                                  (BINARY, "not a Garam device binary", [DIGITS]),
                                  (1, "found no file of 256 bytes", [binary, tmp_path / "short.bin"]),
                                  (1, "more files than inputs", [binary, EXAMPLE, EXAMPLE])]:
        result = run(program, *arguments)
        assert result.returncode == code and part in result.stderr and not result.stdout
