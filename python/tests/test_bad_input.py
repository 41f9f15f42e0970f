"""What is wrong with an input is said, with its exit code, and nothing is left behind."""

import pathlib
import struct

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import BINARY, CONFIG, DIGITS, INPUT, MODEL, SOURCE_DIR, USAGE


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    """The digit classifier for atom."""
    import subprocess

    from conftest import find_tool

    path = tmp_path_factory.mktemp("binary") / "digits.garam"
    subprocess.run([find_tool("garam"), "compile", DIGITS, "--target", "atom", "--dim", "N=1",
                    "-o", path, "--quiet"], check=True)
    return path


def make_model(nodes, inputs, outputs, initializers=(), opset=17):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def save(tmp_path, model):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return path


# Command line


def test_usage(fails, tmp_path):
    fails(USAGE, "", "compile")
    fails(USAGE, "", "compile", DIGITS, "--no-such-option")
    fails(USAGE, "", "nothing")
    fails(USAGE, "no output", "compile", DIGITS, "--target", "atom")
    fails(USAGE, "no target", "compile", DIGITS, "-o", tmp_path / "out.garam")
    fails(USAGE, "the stages are onnx, linalg, placed", "compile", DIGITS, "--target", "atom",
          "--emit=nonsense")
    fails(USAGE, "expected bf16 or fp16", "compile", DIGITS, "--target", "atom",
          "--precision", "int3", "-o", tmp_path / "out.garam")
    fails(USAGE, "cannot write", "compile", DIGITS, "--target", "atom", "--dim", "N=1",
          "-o", tmp_path / "none" / "out.garam")


# Models


def compile_arguments(path, tmp_path):
    return ("compile", path, "--target", "atom", "-o", tmp_path / "out.garam")


@pytest.mark.parametrize("size", [0, 1, 10, 100, 1000, 5000])
def test_truncated_model(fails, tmp_path, size):
    path = tmp_path / "model.onnx"
    path.write_bytes(DIGITS.read_bytes()[:size])
    fails(MODEL, "model.onnx", *compile_arguments(path, tmp_path))


def test_corrupted_model(run_tool, tmp_path):
    data = DIGITS.read_bytes()
    path = tmp_path / "model.onnx"
    generator = np.random.default_rng(0)
    for _ in range(20):
        damaged = bytearray(data)
        # The first bytes are the graph's structure, the rest mostly weights.
        damaged[generator.integers(0, 600)] ^= 1 << generator.integers(0, 8)
        path.write_bytes(damaged)
        result = run_tool("garam", *compile_arguments(path, tmp_path), "--dim", "N=1", status=None)
        # A changed weight or name is still a model.
        assert result.returncode in (0, USAGE, MODEL), result.stderr
        assert (tmp_path / "out.garam").exists() == (result.returncode == 0)
        (tmp_path / "out.garam").unlink(missing_ok=True)


def test_missing_model(fails, tmp_path):
    fails(MODEL, "none.onnx", *compile_arguments(tmp_path / "none.onnx", tmp_path))


def external_model(tmp_path, location):
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    model = make_model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                       [value("x", [1, 4])], [value("y", [1, 4])], [weight])
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_is_missing(fails, tmp_path):
    fails(MODEL, "weights.bin", *compile_arguments(external_model(tmp_path, "weights.bin"), tmp_path))


def test_external_data_climbs_out(fails, tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "weights.bin").write_bytes(bytes(64))
    path = external_model(tmp_path / "inside", "../weights.bin")
    fails(MODEL, "../weights.bin", *compile_arguments(path, tmp_path))


def test_a_name_is_not_taken_for_a_fault_of_the_compiler(fails, tmp_path):
    node = helper.make_node("Det", ["x"], ["y"], name="internal error: a name")
    model = make_model([node], [value("x", [3, 4, 4])], [value("y", [3])])
    fails(MODEL, "node 'internal error: a name' (Det",
          *compile_arguments(save(tmp_path, model), tmp_path))


def test_all_unsupported_nodes_are_named(fails, tmp_path):
    nodes = [helper.make_node("StringNormalizer", ["s"], ["t"], name="strings"),
             helper.make_node("Det", ["x"], ["a"], name="first"),
             helper.make_node("Det", ["x"], ["b"], name="second"),
             helper.make_node("Add", ["a", "b"], ["y"], name="sum")]
    model = make_model(nodes[1:], [value("x", [3, 4, 4])], [value("y", [3])])
    text = fails(MODEL, "node 'first' (Det", *compile_arguments(save(tmp_path, model), tmp_path))
    assert "node 'second' (Det" in text
    assert "sum" not in text


def test_unbound_dimension(fails, tmp_path):
    text = fails(MODEL, "--dim", *compile_arguments(DIGITS, tmp_path))
    assert "image" in text and "N" in text


def test_wrong_shapes(fails, tmp_path):
    for flag, text in [("--shape", "image=1x1x8"), ("--shape", "image=axb"), ("--shape", "nothing=1"),
                       ("--shape", "image"), ("--dim", "M=1"), ("--dim", "N=x")]:
        fails(USAGE, "", *compile_arguments(DIGITS, tmp_path), flag, text)


# Targets


def test_targets(fails, tmp_path):
    good = (SOURCE_DIR / "targets" / "atom.yaml").read_text()
    fails(CONFIG, "atom", "compile", DIGITS, "--target", "nonsense", "-o", tmp_path / "out.garam")
    path = tmp_path / "chip.yaml"
    for line in [3, 10, 20]:
        lines = good.splitlines()
        lines.insert(line, "nonsense: 1")
        path.write_text("\n".join(lines))
        fails(CONFIG, "chip.yaml:", "targets", "--check", path)
    path.write_text(good.replace("kind: npu", "kind: abacus"))
    fails(CONFIG, "abacus", "targets", "--check", path)
    fails(CONFIG, "abacus", "compile", DIGITS, "--target", path, "-o", tmp_path / "out.garam")
    path.write_bytes(b"\xff\xfe\x00")
    fails(CONFIG, "chip.yaml", "targets", "--check", path)


# Binaries


def list_places(data):
    """Offsets of every byte of all headers and tables, and some of each section."""
    table, = struct.unpack_from("<Q", data, 40)
    count, names = struct.unpack_from("<HH", data, 60)
    places = list(range(64)) + list(range(table, len(data)))
    for i in range(1, count):
        offset, size = struct.unpack_from("<QQ", data, table + 64 * i + 24)
        dense = i in (1, names)
        places += range(offset, offset + size, 1 if dense else max(1, size // 8))
        places.append(offset + size - 1)
    return places


def test_damaged_binary(run_tool, binary, tmp_path):
    data = binary.read_bytes()
    path = tmp_path / "damaged.garam"
    places = list_places(data)
    # Every byte is a unit test's work; here the tool shows that its code is right.
    for place in places[::max(1, len(places) // 60)]:
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        result = run_tool("garam", "run", path, "--random-inputs", "--output-dir",
                          tmp_path / "out", status=BINARY)
        assert result.stderr.startswith("error: ")
        assert not (tmp_path / "out").exists()


def test_truncated_binary(run_tool, binary, tmp_path):
    data = binary.read_bytes()
    path = tmp_path / "short.garam"
    for size in [0, 1, 63, 64, 100, 200, len(data) // 2, len(data) - 64, len(data) - 1]:
        path.write_bytes(data[:size])
        for command in ["run", "inspect"]:
            run_tool("garam", command, path, status=BINARY)


def test_not_a_binary(fails, tmp_path):
    fails(BINARY, "not a Garam device binary", "run", DIGITS)
    fails(BINARY, "cannot read", "run", tmp_path / "none.garam")


# Inputs of a run


def test_inputs(fails, binary, tmp_path):
    def save_array(array):
        np.save(tmp_path / "x.npy", array)
        return tmp_path / "x.npy"

    good = np.zeros((1, 1, 8, 8), np.float32)
    run = ("run", binary, "--output-dir", tmp_path / "out")
    fails(INPUT, "input 'image' (float32[1,1,8,8]) is missing", *run)
    fails(INPUT, "no input 'picture'", *run, "--input", f"picture={save_array(good)}")
    fails(INPUT, "is float64[1,1,8,8]", *run, "--input",
          f"image={save_array(good.astype(np.float64))}")
    fails(INPUT, "is float32[8,8]", *run, "--input", f"image={save_array(good[0, 0])}")
    fails(INPUT, "big-endian", *run, "--input", f"image={save_array(good.astype('>f4'))}")
    fails(INPUT, "cannot read", *run, "--input", f"image={tmp_path / 'none.npy'}")
    fails(INPUT, ".npy and .pb", *run, "--input", f"image={DIGITS}")
    fails(USAGE, "expected NAME=FILE", *run, "--input", "image")
    path = save_array(good)
    data = path.read_bytes()
    for size in [0, 5, 8, 20, 100, 128, len(data) - 1]:
        path.write_bytes(data[:size])
        fails(INPUT, "x.npy", *run, "--input", f"image={path}")
    path = tmp_path / "x.pb"
    proto = numpy_helper.from_array(good).SerializeToString()
    path.write_bytes(proto[: len(proto) // 2])
    fails(INPUT, "x.pb", *run, "--input", f"image={path}")


def test_inputs_that_are_right(run_tool, binary, tmp_path):
    array = np.random.default_rng(0).random((1, 1, 8, 8), dtype=np.float32)
    np.save(tmp_path / "x.npy", array)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(array))
    (tmp_path / "x.pb").write_bytes(numpy_helper.from_array(array).SerializeToString())
    results = []
    for name in ["x.npy", "fortran.npy", "x.pb"]:
        out = tmp_path / f"out-{name}"
        run_tool("garam", "run", binary, "--input", f"image={tmp_path / name}",
                 "--output-dir", out)
        results.append(np.load(out / "logits.npy"))
    assert all(np.array_equal(results[0], other) for other in results)
