"""IR that is written at one stage is read back as what it was, or refused."""

import re

import onnx
import pytest
from onnx import numpy_helper

from conftest import DIGITS, MODEL, USAGE

ATOM = ("--target", "atom", "--dim", "N=1")


def negate_weights(path):
    """A model like the digit classifier, with other weights."""
    model = onnx.load(DIGITS)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == "float32":
            tensor.CopyFrom(numpy_helper.from_array(-values, tensor.name))
    onnx.save(model, path)
    return path


def compile_binary(run_tool, source, output, *options):
    run_tool("garam", "compile", source, *options, "-o", output, "--quiet")
    return output.read_bytes()


def emit(run_tool, source, stage, output, *options):
    run_tool("garam", "compile", source, *(options or ATOM), f"--emit={stage}", "-o", output)
    return output


def test_two_models_in_one_folder_keep_their_weights(run_tool, tmp_path):
    sources = {"one": DIGITS, "two": negate_weights(tmp_path / "two.onnx")}
    for name, source in sources.items():
        emit(run_tool, source, "linalg", tmp_path / f"{name}.mlir")
    binaries = []
    for name, source in sources.items():
        direct = compile_binary(run_tool, source, tmp_path / f"{name}.direct.garam", *ATOM)
        resumed = compile_binary(run_tool, tmp_path / f"{name}.mlir", tmp_path / f"{name}.garam",
                                 "--from=linalg", "--target", "atom")
        # Only the name of the model's file tells the two apart otherwise.
        assert resumed == direct
        binaries.append(direct)
    assert binaries[0] != binaries[1]


@pytest.fixture
def emitted(run_tool, tmp_path):
    return emit(run_tool, DIGITS, "linalg", tmp_path / "digits.mlir")


def resume(run_tool, path, status, stage="linalg", *options):
    result = run_tool("garam", "compile", path, f"--from={stage}", "--target", "atom", *options,
                      "-o", path.parent / "out.garam", status=status)
    assert not (path.parent / "out.garam").exists()
    return result.stderr


def test_other_weights_are_refused(run_tool, tmp_path, emitted):
    other = emit(run_tool, negate_weights(tmp_path / "two.onnx"), "linalg", tmp_path / "two.mlir")
    weights = tmp_path / f"{emitted.name}.weights.mlirbc"
    weights.write_bytes((tmp_path / f"{other.name}.weights.mlirbc").read_bytes())
    text = resume(run_tool, emitted, MODEL)
    assert f"not the weights of '{emitted}'" in text and "checksum" in text


@pytest.mark.parametrize("size", [0, 100, -1])
def test_damaged_weights_are_refused(run_tool, tmp_path, emitted, size):
    weights = tmp_path / f"{emitted.name}.weights.mlirbc"
    weights.write_bytes(weights.read_bytes()[:size])
    assert "checksum" in resume(run_tool, emitted, MODEL)


def test_missing_weights_are_named(run_tool, tmp_path, emitted):
    (tmp_path / f"{emitted.name}.weights.mlirbc").unlink()
    assert "digits.mlir.weights.mlirbc" in resume(run_tool, emitted, MODEL)


def test_weights_elsewhere_are_refused(run_tool, emitted):
    emitted.write_text(emitted.read_text().replace('file = "', 'file = "../'))
    assert "needed a file beside it" in resume(run_tool, emitted, MODEL)


def test_printed_ir_has_no_weights(run_tool, tmp_path):
    printed = run_tool("garam", "compile", DIGITS, *ATOM, "--emit=linalg").stdout
    (tmp_path / "printed.mlir").write_text(printed)
    text = resume(run_tool, tmp_path / "printed.mlir", MODEL)
    assert "does not name the file of its weights; what --emit prints has none" in text
    assert "hint: write it with -o FILE" in text


def test_the_stage_is_checked(run_tool, tmp_path, emitted):
    text = resume(run_tool, emitted, USAGE, "onnx")
    assert "is the IR of stage 'linalg'; hint: --from=linalg" in text
    # IR that does not say so itself shows it.
    emitted.write_text(emitted.read_text().replace('garam.stage = "linalg", ', ""))
    assert "stage 'linalg'" in resume(run_tool, emitted, USAGE, "onnx")
    placed = emit(run_tool, DIGITS, "placed", tmp_path / "placed.mlir")
    placed.write_text(placed.read_text().replace('garam.stage = "placed", ', ""))
    assert "a later stage" in resume(run_tool, placed, USAGE, "linalg")


def test_unknown_stage_is_a_usage_error(run_tool, emitted):
    assert "--from=bogus: no such stage" in resume(run_tool, emitted, USAGE, "bogus")


@pytest.mark.parametrize("option", [("--dim", "N=1"), ("--shape", "image=1x1x8x8")])
def test_shapes_are_not_bound_again(run_tool, emitted, option):
    text = resume(run_tool, emitted, USAGE, "linalg", *option)
    assert f"{option[0]} is for ONNX files; the shapes of IR are fixed" in text


def test_precision_is_carried(run_tool, tmp_path):
    options = (*ATOM, "--precision", "fp16")
    direct = compile_binary(run_tool, DIGITS, tmp_path / "direct.garam", *options)
    for stage in ["linalg", "placed", "npu-commands"]:
        path = emit(run_tool, DIGITS, stage, tmp_path / f"{stage}.mlir", *options)
        assert compile_binary(run_tool, path, tmp_path / "resumed.garam", f"--from={stage}",
                              "--target", "atom") == direct
        (tmp_path / "resumed.garam").unlink()
    text = resume(run_tool, path, USAGE, "npu-commands", "--precision", "bf16")
    assert "start from a stage before 'placed'" in text


def test_optimisation_level_is_carried(run_tool, tmp_path):
    """Level 0 brings no weights ahead and tries one schedule, so that its binary differs."""
    direct = {level: compile_binary(run_tool, DIGITS, tmp_path / f"{level}.garam", *ATOM, f"-O{level}")
              for level in "023"}
    assert direct["0"] != direct["2"]
    for stage in ["linalg", "placed", "npu-stages"]:
        path = emit(run_tool, DIGITS, stage, tmp_path / f"{stage}.mlir", *ATOM, "-O0")
        output = tmp_path / "resumed.garam"
        assert compile_binary(run_tool, path, output, f"--from={stage}", "--target", "atom") == direct["0"]
        output.unlink()
        # Another one may follow, also where precision is chosen.
        assert compile_binary(run_tool, path, output, f"--from={stage}", "--target", "atom",
                              "-O", "3") == direct["3"]
        output.unlink()
    path.write_text(re.sub(r'O = "0"', 'O = "9"', path.read_text()))
    assert "npu-stages.mlir: the optimisation level is '9', needed 0 to 3" in resume(
        run_tool, path, MODEL, "npu-stages")


@pytest.mark.parametrize("level", ["4", "-1", "fast", "2 "])
def test_no_such_optimisation_level(run_tool, tmp_path, level):
    result = run_tool("garam", "compile", DIGITS, *ATOM, f"-O{level}", "-o", tmp_path / "x", status=USAGE)
    assert f"-O{level}: expected -O0 to -O3" in result.stderr


def test_ir_without_a_function(run_tool, tmp_path):
    path = tmp_path / "empty.mlir"
    path.write_text("module {}\n")
    assert "empty.mlir: has no function" in resume(run_tool, path, MODEL)


@pytest.mark.parametrize("type, needed", [("f32", 256), ("i1", 64), ("i4", 32), ("bf16", 128)])
def test_resources_have_the_bytes_of_their_types(run_tool, tmp_path, type, needed):
    path = tmp_path / "short.mlir"

    def write(size):
        # After the alignment, four bytes, come the data.
        path.write_text(
            f"func.func @main(%x: tensor<64xf32> {{onnx.name = \"x\"}}) -> (tensor<64x{type}> "
            "{onnx.name = \"y\"}) {\n"
            f"  %w = arith.constant dense_resource<w> : tensor<64x{type}>\n"
            f"  return %w : tensor<64x{type}>\n}}\n"
            "{-# dialect_resources: { builtin: { w: \"0x01000000" + "01" * size + "\" } } #-}\n")

    write(needed - 1)
    assert (f"short.mlir: the weight 'w' has {needed - 1} bytes, needed {needed} for its type, "
            f"tensor<64x{type}>; hint: write the stage again") in resume(run_tool, path, MODEL)
    write(needed)
    result = run_tool("garam", "compile", path, "--from=linalg", "--target", "host", "-o",
                      tmp_path / "out.garam", "--quiet", status=None)
    assert "the weight" not in result.stderr and "internal error" not in result.stderr
    (tmp_path / "out.garam").unlink(missing_ok=True)
    path.write_text(path.read_text().replace(f"64x{type}>", f"4611686018427387904x4x{type}>"))
    assert "needed a type of fixed size instead of" in resume(run_tool, path, MODEL)


def test_weights_do_not_overwrite_the_model(run_tool, tmp_path):
    path = tmp_path / "out.mlir.weights.mlirbc"
    path.write_bytes(DIGITS.read_bytes())
    result = run_tool("garam", "compile", path, *ATOM, "--emit=linalg", "-o",
                      tmp_path / "out.mlir", status=USAGE)
    assert "the file of weights would overwrite the model" in result.stderr
    assert path.read_bytes() == DIGITS.read_bytes() and not (tmp_path / "out.mlir").exists()


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\x7fELF" + bytes(200), b"ML\xefR", b"module {",
                                     DIGITS.read_bytes()])
def test_what_is_no_ir(run_tool, tmp_path, content):
    path = tmp_path / "model.mlir"
    path.write_bytes(content)
    assert "model.mlir" in resume(run_tool, path, MODEL)
    assert "not a regular file" in run_tool(
        "garam", "compile", tmp_path, "--from=linalg", "--target", "atom", "-o", tmp_path / "x",
        status=MODEL).stderr


def test_schedule_for_more_cores_is_refused(run_tool, tmp_path):
    path = emit(run_tool, DIGITS, "npu-scheduled", tmp_path / "digits.mlir")
    text = path.read_text()
    path.write_text(re.sub(r"split = \[\d+, \d+", "split = [1, 16", text, count=1))
    assert path.read_text() != text
    message = "is split over 16 cores, but atom has 8"
    result = run_tool("garam", "compile", path, "--from=npu-scheduled", "-o", tmp_path / "a.garam",
                      status=MODEL)
    assert message in result.stderr
    assert not (tmp_path / "a.garam").exists()
