"""Whole binaries of the devices, damaged as a stranger could: with checksums that fit. Each damage is
a clean error or a clean run, and simulators reach no memory but that of their programs."""

import random
import struct

import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

import device_binary
from conftest import BINARY, UNTRUSTED
from test_binary_format import read_sections

DAMAGES = 40  # of each section
HEAD = 256  # bytes, in which counts and sizes are

# What a stranger would write where a count, a size or an offset is.
BYTES = [0, 1, 2, 3, 63, 64, 127, 128, 254, 255]
WORDS = [0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1]


def make_model(takes_addition):
    """Two products with what follows them and, where the device takes it, an addition."""
    generator = np.random.default_rng(0)
    constants = {"w": (40, 70), "b": (70,), "v": (70, 40)}
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["g"], name="one"),
             helper.make_node("Relu", ["g"], ["r"], name="relu"),
             helper.make_node("MatMul", ["r", "v"], ["m"], name="two")]
    if takes_addition:
        nodes.append(helper.make_node("Add", ["m", "x"], ["y"], name="add"))
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 40])
              for name in ("x", "y" if takes_addition else "m")]
    graph = helper.make_graph(
        nodes, "graph", values[:1], values[1:],
        [numpy_helper.from_array(generator.standard_normal(shape).astype(np.float32), name)
         for name, shape in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def damage(section, generator):
    """A word or a few bytes of a section are others, by turns in all of it or near its begin."""
    size = min(len(section), generator.choice([HEAD, len(section)]))
    if generator.random() < 0.5:
        at = generator.randrange(size // 4) * 4
        struct.pack_into("<I", section, at, generator.choice(WORDS))
        return
    for _ in range(generator.randint(1, 4)):
        section[generator.randrange(size)] = generator.choice(BYTES)


# By kind: a target, whether it takes additions, and the runs. The host executes native code of
# binaries that the user trusts, which a stranger's is not.
KEEP = ["--random-inputs", "--keep-intermediates", "values"]
DEVICES = {
    "pim": ("hbm-pim", True, [KEEP], {0, BINARY}),
    "analog": ("hermes", False, [KEEP, [*KEEP, "--noise", "model"]], {0, BINARY}),
    "host": ("host", True, [KEEP, ["--timing-only"]], {0, BINARY, UNTRUSTED}),
}
PARTS = ["program", "constants", "target", "debug"]


@pytest.mark.parametrize("kind,part", [(kind, part) for kind in DEVICES for part in PARTS])
def test_damage_is_harmless(kind, part, run_tool, tmp_path):
    target, takes_addition, runs, statuses = DEVICES[kind]
    onnx.save(make_model(takes_addition), tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", target, "--no-fallback", "-o",
             tmp_path / "model.garam", "--quiet")
    data = (tmp_path / "model.garam").read_bytes()
    pattern = f".garam.{kind}." if part == "program" else f".garam.{part}"
    places = [(offset, size) for name, offset, size in read_sections(data)
              if name.startswith(pattern)]
    assert places
    generator = random.Random(f"{kind} {part}")
    path = tmp_path / "damaged.garam"
    ended = set()
    for _ in range(DAMAGES):
        damaged = bytearray(data)
        for offset, size in places:
            section = damaged[offset:offset + size]
            damage(section, generator)
            damaged[offset:offset + size] = section
        path.write_bytes(device_binary.reseal(damaged))
        for arguments in [["inspect", "--disassemble", path],
                          *(["run", path, "--quiet", *options] for options in runs)]:
            result = run_tool("garam", *arguments, status=None, cwd=tmp_path, timeout=60)
            assert result.returncode in statuses, (arguments, result.stderr)
            assert result.returncode == 0 or result.stderr.startswith("error: "), result.stderr
            assert "internal" not in result.stderr
            shown = result.stdout + result.stderr
            assert all(char.isprintable() or char in "\n\t" for char in shown), shown
            ended.add(result.returncode)
    # Weights are numbers, any of which are good; of the rest some damage is found.
    assert (0 if part == "constants" else BINARY) in ended
