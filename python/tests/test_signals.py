"""Signals belong to the process that uses the library; those of a program of our own leave no file behind."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import onnx
from onnx import TensorProto, helper
import pytest

import garam
from conftest import find_tool


@pytest.fixture(autouse=True)
def python(monkeypatch):
    """For the commands that are written in it."""
    monkeypatch.setenv("GARAM_PYTHON", sys.executable)


@pytest.fixture
def model(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], "relu")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


# Compiles and saves, then waits in Python for a signal of the parent, twice; prints what the kernel says of
# the signals that the process catches, before and after.
SAVE_AND_WAIT = """
import signal, sys, time
import garam

# A bit for each signal, but those of the C library's threads, from number 32 on.
def list_caught():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("SigCgt")).split()[1], 16) & 0x7FFFFFFF

before = list_caught()
garam.compile(sys.argv[1], "host").save(sys.argv[2])
print(list_caught() == before, flush=True)
for _ in range(2):
    try:
        print("waits", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def start(command, **options):
    """A shell's job that it does not wait for ignores SIGINT, and so would what the tests start."""
    return subprocess.Popen(command, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                            **options)


def test_a_save_leaves_signals_alone(model, tmp_path):
    process = start([sys.executable, "-c", SAVE_AND_WAIT, model, tmp_path / "out.garam"], stdout=subprocess.PIPE)
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == "waits":
            process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    assert lines == ["True", "waits", "interrupted", "waits", "interrupted"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["compile", "verify"])
def test_a_command_that_is_ended_leaves_no_file(command, number, model, tmp_path, monkeypatch):
    """Here commands wait for the other end of a pipe for ever, with all their outputs in the making."""
    folder, pipe = tmp_path / "out", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    monkeypatch.setenv("TMPDIR", str(folder))  # where the contents of pipes are made
    options, files = {"compile": (["-o", folder / "out.garam", "--report", pipe], 2),
                      "verify": (["--input", f"x={pipe}", "--json", folder / "out.json"], 1)}[command]
    process = start([find_tool("garam"), command, model, "--target", "host", *options], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while len(list(folder.glob(".garam-*.tmp"))) < files and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(timeout=120) == -number
    assert process.stderr.read() == ""
    assert list(folder.glob(".garam-*.tmp")) == []


@pytest.fixture
def long_model(tmp_path):
    """Of which the commands print more than a pipe holds."""
    count, name = 200, "n" * 200
    graph = helper.make_graph(
        [helper.make_node("Relu", [f"{name}{i}"], [f"{name}{i + 1}"]) for i in range(count)], "g",
        [helper.make_tensor_value_info(f"{name}0", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info(f"{name}{i + 1}", TensorProto.FLOAT, [4]) for i in range(count)])
    path = tmp_path / "long.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


@pytest.mark.parametrize("command", ["bench", "verify", "inspect", "run", "explain"])
def test_whoever_reads_may_stop(command, long_model, tmp_path):
    """As with other programs, a pipe without a reader ends the command without a word."""
    binary = tmp_path / "long.garam"
    garam.compile(long_model, "host").save(binary)
    arguments = {"bench": [long_model, "--targets", "host", "--timing-only", "--junit", tmp_path / "out.xml"],
                 "verify": [long_model, "--target", "host", "--top", "1000", "--json", tmp_path / "out.xml"],
                 "inspect": [binary], "run": [binary, "--random-inputs"], "explain": [binary]}[command]
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([find_tool("garam"), command, *arguments], stdout=writer, stderr=subprocess.PIPE,
                            text=True, timeout=300)
    os.close(writer)
    assert (result.returncode, result.stderr) == (-signal.SIGPIPE, "")
    assert {path.name for path in pathlib.Path(tmp_path).iterdir()} == {long_model.name, binary.name}
