"""Native code runs only of binaries that the user trusts."""

import hashlib
import os
import resource
import shutil
import signal
import uuid

import pytest

import device_binary
from conftest import BINARY, DIGITS, UNTRUSTED, USAGE
from test_binary_format import read_sections


@pytest.fixture
def binary(run_tool, tmp_path):
    """A binary with native code that another user compiled, and an own list."""
    path = tmp_path / "host.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "-o", path,
             "--quiet", env=with_state(tmp_path / "other"))
    return path


def with_state(folder):
    return dict(os.environ, XDG_STATE_HOME=str(folder))


def read_list(folder):
    path = folder / "garam" / "trusted"
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_text().splitlines()


def get_line(binary):
    """As sha256sum prints it."""
    return f"{hashlib.sha256(binary.read_bytes()).hexdigest()}  {binary}"


def test_compile_notes_what_it_writes(run_tool, tmp_path, binary):
    assert read_list(tmp_path / "other") == [get_line(binary)]
    run_tool("garam", "run", binary, "--random-inputs", env=with_state(tmp_path / "other"))


def test_native_code_of_ir_is_not_noted(run_tool, tmp_path):
    """IR comes from anywhere, and a kernel of it can do anything."""
    environment = with_state(tmp_path / "own")
    stage, path = tmp_path / "kernels.mlir", tmp_path / "host.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1",
             "--emit=host-kernels", "-o", stage, env=environment)
    result = run_tool("garam", "compile", stage, "--from=host-kernels", "-o", path, env=environment)
    assert ("the binary is not noted as trusted: unlike a model, IR may hold any native code; 'garam "
            "trust FILE' lets it run here") in result.stderr
    run_tool("garam", "run", path, "--random-inputs", env=environment, status=UNTRUSTED)
    run_tool("garam", "trust", path, env=environment)
    run_tool("garam", "run", path, "--random-inputs", env=environment)


def test_binaries_without_native_code_are_not_noted(run_tool, tmp_path):
    environment = with_state(tmp_path / "own")
    path = tmp_path / "atom.garam"
    run_tool("garam", "compile", DIGITS, "--target", "atom", "--dim", "N=1", "-o", path,
             env=environment)
    run_tool("garam", "run", path, "--random-inputs", env=environment)
    result = run_tool("garam", "trust", path, env=environment)
    assert "holds no native code, so that it runs anyway" in result.stdout
    assert not (tmp_path / "own").exists()


def test_a_strangers_code_does_not_run(run_tool, tmp_path, binary):
    environment = with_state(tmp_path / "own")
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment,
                      status=UNTRUSTED)
    assert "whatever you can, and was not compiled here" in result.stderr
    assert f"garam trust {binary}" in result.stderr and "--trust-native" in result.stderr
    # All else works, and makes no list.
    run_tool("garam", "run", binary, "--timing-only", env=environment)
    run_tool("garam", "inspect", binary, "--disassemble", env=environment)
    run_tool("garam", "run", binary, "--random-inputs", "--trust-native", env=environment)
    assert not (tmp_path / "own").exists()
    # A list that others can write is none.
    result = run_tool("garam", "trust", binary, env=environment)
    hash = hashlib.sha256(binary.read_bytes()).hexdigest()
    assert f"{binary}: trusted, SHA-256 {hash}" in result.stdout
    assert read_list(tmp_path / "own") == [get_line(binary)]
    run_tool("garam", "run", binary, "--random-inputs", env=environment)
    (tmp_path / "own" / "garam" / "trusted").chmod(0o666)
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment,
                      status=UNTRUSTED)
    assert "is no file that you alone can write" in result.stderr


def test_a_crash_of_native_code_is_no_fault_of_the_tool(run_tool, tmp_path, binary):
    """Every byte pair of it is changed to ud2, on which x86 processors stop the program."""
    data = bytearray(binary.read_bytes())
    start, size = next((offset, size) for name, offset, size in read_sections(data)
                       if name.startswith(".garam.host."))
    object_start = data.index(b"\x7fELF", start, start + size)
    text, text_size = device_binary.find_section(data[object_start:start + size], ".text")
    begin = object_start + text
    data[begin:begin + text_size] = (b"\x0f\x0b" * text_size)[:text_size]
    binary.write_bytes(device_binary.reseal(data))
    result = run_tool("garam", "run", binary, "--random-inputs", "--trust-native", status=BINARY)
    assert result.stderr == ("error: the native code of the binary has crashed; hint: compile the model "
                             "again, and report it if that crashes too\n")


def test_a_list_is_pruned(run_tool, tmp_path, binary):
    environment = with_state(tmp_path / "own")
    run_tool("garam", "trust", "host.garam", cwd=tmp_path, env=environment)
    assert read_list(tmp_path / "own") == [get_line(binary)]
    path = tmp_path / "own" / "garam" / "trusted"
    assert run_tool("garam", "trust", "--prune", env=environment).stdout == f"{path}: 0 lines removed\n"
    binary.rename(tmp_path / "moved.garam")
    assert run_tool("garam", "trust", "--prune", env=environment).stdout == f"{path}: 1 lines removed\n"
    assert read_list(tmp_path / "own") == []
    # Nobody writes into what has its name now.
    (tmp_path / "moved.garam").rename(binary)
    run_tool("garam", "trust", "host.garam", cwd=tmp_path, env=environment)
    binary.unlink()
    os.mkfifo(binary)
    assert run_tool("garam", "trust", "--prune", env=environment).stdout == f"{path}: 1 lines removed\n"
    result = run_tool("garam", "trust", env=environment, status=USAGE)
    assert "binary or --prune is required" in result.stderr
    run_tool("garam", "trust", "--prune", binary, env=environment, status=USAGE)


def test_a_line_that_is_no_hash_is_named(run_tool, tmp_path, binary):
    environment = with_state(tmp_path / "own")
    run_tool("garam", "trust", binary, env=environment)
    path = tmp_path / "own" / "garam" / "trusted"
    path.write_text(path.read_text().upper())
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment, status=UNTRUSTED)
    assert f"warning: line 1 of '{path}' is not a SHA-256 in 64 lower-case hexadecimal digits" in result.stderr


def test_compile_works_without_a_list(run_tool, tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "host.garam"
    result = run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "-o", path,
                      env=with_state(tmp_path / "file"))
    assert "warning: the binary is not noted as trusted" in result.stderr
    assert path.exists()


@pytest.mark.parametrize("limit, reason", [
    (0, "cannot be written: File too large"), (10, "cannot be written: the disk is full")])
def test_a_list_that_cannot_grow_is_named(run_tool, tmp_path, binary, limit, reason):
    def bound_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = run_tool("garam", "trust", binary, env=with_state(tmp_path / "own"),
                      preexec_fn=bound_files, status=UNTRUSTED)
    assert reason in result.stderr
    # What is left of a line does not spoil the next.
    run_tool("garam", "trust", binary, env=with_state(tmp_path / "own"))
    run_tool("garam", "run", binary, "--random-inputs", env=with_state(tmp_path / "own"))


def test_a_relative_folder_of_state_is_ignored_with_a_warning(run_tool, tmp_path, binary):
    home = tmp_path / "home"
    environment = dict(os.environ, XDG_STATE_HOME="state", HOME=str(home))
    path = home / ".local" / "state" / "garam" / "trusted"
    warning = ("warning: XDG_STATE_HOME is 'state', which is no absolute path, and is ignored; "
               f"the list of trusted binaries is '{path}'\n")
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment, cwd=tmp_path,
                      status=UNTRUSTED)
    assert warning in result.stderr
    assert run_tool("garam", "trust", binary, env=environment, cwd=tmp_path).stderr == warning
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment, cwd=tmp_path)
    assert warning in result.stderr
    result = run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "--quiet",
                      "-o", tmp_path / "mine.garam", env=environment, cwd=tmp_path)
    assert warning in result.stderr
    assert path.exists() and not (tmp_path / "state").exists()


def test_there_may_be_no_home(run_tool, tmp_path):
    # The system may still know where the user is at home, so that the binary must be one that the
    # user has never made: its model's name is in it.
    model = tmp_path / f"{uuid.uuid4()}.onnx"
    shutil.copy(DIGITS, model)
    binary = tmp_path / "new.garam"
    run_tool("garam", "compile", model, "--dim", "N=1", "--target", "host", "-o", binary, "--quiet",
             env=with_state(tmp_path / "other"))
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("XDG_STATE_HOME", "HOME")}
    result = run_tool("garam", "run", binary, "--random-inputs", env=environment, status=None)
    assert result.returncode == UNTRUSTED
