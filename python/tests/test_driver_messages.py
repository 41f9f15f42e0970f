"""What the driver says of options, of the files of stages, and of what a target lacks."""

import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from conftest import (BUILD_DIR, CONFIG, DIGITS, MODEL, SOURCE_DIR, USAGE,
                      find_tool)


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """The folder of the stages of the digit classifier for atom."""
    folder = tmp_path_factory.mktemp("stages")
    subprocess.run([find_tool("garam"), "compile", DIGITS, "--target", "atom", "--dim", "N=1",
                    "-o", folder / "digits.garam", "--dump-stages", folder, "--quiet"], check=True)
    return folder


@pytest.fixture
def edit(stages, tmp_path):
    """edit(stage, pattern, replacement): the path of a stage's file with one replacement."""

    def make(stage, pattern, replacement, count=1):
        text = next(stages.glob(f"*.{stage}.mlir")).read_text()
        text, found = re.subn(pattern, replacement, text, count=count, flags=re.M)
        assert found
        path = tmp_path / f"{stage}.mlir"
        path.write_text(text)
        for weights in stages.glob("*.weights.mlirbc"):
            shutil.copy(weights, tmp_path)
        return path

    return make


# Options that contradict each other


def test_remarks(run_tool, fails, tmp_path):
    """Of the categories that are asked for, also without the rest that is printed."""
    nodes = [helper.make_node("Sigmoid", ["x"], ["s"], name="sigmoid"),
             helper.make_node("Mul", ["x", "s"], ["a"], name="swish"),
             helper.make_node("Mul", ["x", "scale"], ["b"], name="scaled"),
             helper.make_node("Erf", ["b"], ["c"], name="erf"),
             helper.make_node("Add", ["c", "one"], ["d"], name="shifted"),
             helper.make_node("Mul", ["x", "d"], ["e"], name="product"),
             helper.make_node("Mul", ["e", "half"], ["f"], name="halved"),
             helper.make_node("Add", ["a", "f"], ["y"], name="sum")]
    constants = [helper.make_tensor(name, TensorProto.FLOAT, [], [value])
                 for name, value in [("scale", 0.8), ("one", 1.0), ("half", 0.5)]]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    model = tmp_path / "model.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [x], [y], constants),
                                opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    command = ("garam", "compile", model, "--target", "host", "--quiet", "-o", tmp_path / "m.garam")
    assert run_tool(*command).stderr == ""
    assert run_tool(*command, "--remarks-filter=npu").stderr == ""
    text = run_tool(*command, "--remarks-filter", "onnx-.*").stderr
    assert ("remark: model.onnx: node 'swish' (Mul, opset 17): [Passed] raised | Category:onnx-raise | "
            "Remark=\"nodes up to 'swish' are Swish\"\n") in text
    assert "node 'halved' is not part of Gelu: the argument of Erf is 0.8 x, needed is 0.7071 x" in text
    assert all(line.startswith("remark: ") for line in text.splitlines())
    fails(USAGE, "--remarks-filter=(: not a regular expression: parentheses not balanced", *command[1:],
          "--remarks-filter", "(")


def test_stages_that_do_not_fit(fails, stages, tmp_path):
    linalg = stages / "02.linalg.mlir"
    placed = stages / "03.placed.mlir"
    output = ("-o", tmp_path / "out.garam")
    fails(USAGE, "no output; hint: pass -o FILE.garam", "compile", DIGITS, "--target", "atom")
    fails(USAGE, "no target; hint: pass --target NAME, one of those that 'garam targets' lists",
          "compile", linalg, "--from=linalg", *output)
    fails(USAGE, "--from=tosa: no such stage; the stages are onnx, linalg, placed", "compile",
          linalg, "--from=tosa", "--target", "atom", *output)
    fails(USAGE, "--from=binary: a device binary is not compiled further; run it with 'garam run'",
          "compile", linalg, "--from=binary", "--target", "atom", *output)
    fails(USAGE, "--emit=onnx comes before --from=linalg", "compile", linalg, "--from=linalg",
          "--emit=onnx", "--target", "atom")
    fails(USAGE, "--target: the file was made for another target; leave the option out",
          "compile", placed, "--from=placed", "--target", "rngd", *output)
    # A system of several devices, of which none can be left out.
    fails(USAGE, "--target: the file was made for another target; leave the option out",
          "compile", placed, "--from=placed", "--target", "kcloud-stage3", *output)


def test_folders_that_cannot_be_made(fails, stages, tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "folder"
    text = f"cannot make folder '{folder}': "
    fails(USAGE, text, "compile", DIGITS, "--target", "atom", "--dim", "N=1",
          "-o", tmp_path / "out.garam", "--dump-stages", folder)
    fails(USAGE, text, "run", stages / "digits.garam", "--random-inputs", "--output-dir", folder)


# Files of stages


def compile_stage(path, stage, tmp_path):
    return ("compile", path, f"--from={stage}", "-o", tmp_path / "out.garam")


def test_files_that_are_no_stage(fails, edit, tmp_path):
    fails(MODEL, "digits.onnx: not the IR of a stage", *compile_stage(DIGITS, "onnx", tmp_path))
    path = edit("onnx", "= onnx.node ", "= onnx.nude ")
    text = fails(MODEL, "onnx.mlir: not the IR of a stage", *compile_stage(path, "onnx", tmp_path))
    assert "onnx.nude" in text


def test_weights_of_another_name(fails, edit, tmp_path):
    path = edit("onnx", "dense_resource<[^>]*>", "dense_resource<other>")
    fails(MODEL, "weights.mlirbc does not have the weights 'other'",
          *compile_stage(path, "onnx", tmp_path), "--target", "atom")


def test_executables(fails, edit, tmp_path):
    path = edit("placed", r"^( *hetero\.executable .*\{)$", r"\1\nfunc.func @other() { return }")
    fails(MODEL, "function 'other' is never dispatched",
          *compile_stage(path, "placed", tmp_path))
    path = edit("placed", r"^( *%\w+)( = hetero\.dispatch) +(.*)$",
                r"\1\2 \3\n%again, %other\2 async \3\nhetero.await %again")
    fails(MODEL, "' is dispatched more than once", *compile_stage(path, "placed", tmp_path))


def test_executables_of_other_devices(fails, edit, tmp_path):
    path = edit("placed", r'(hetero\.executable @\w+) on "atom"', r'\1 on "other"')
    fails(MODEL, "(C1) is on a device of the system 'atom', got: other",
          *compile_stage(path, "placed", tmp_path))


def test_placed_modules_without_a_system(fails, edit, tmp_path):
    path = edit("placed", r"hetero\.system = ", "hetero.other = ")
    fails(MODEL, "the module has no 'hetero.system'",
          *compile_stage(path, "placed", tmp_path), "--target", "atom")


def test_programs_without_a_segment_for_an_input(fails, edit, tmp_path):
    path = edit("npu-commands", "npu.segment <input>", "npu.segment <state>")
    fails(MODEL, "has segments for 0 inputs and 1 outputs, it has 1 and 1",
          *compile_stage(path, "npu-commands", tmp_path))


def test_inputs_without_a_name(fails, edit, tmp_path):
    path = edit("placed", r'onnx\.name = "image"', 'onnx.nome = "image"', count=0)
    fails(MODEL, "an input or output has no name, no tensor type that a runtime can bind, or no "
          "segment", *compile_stage(path, "placed", tmp_path))


def test_outputs_that_are_inputs(fails, edit, tmp_path):
    path = edit("placed", r"^( *hetero\.executable .*\{)$",
                'func.func @more(%x: tensor<4xf32> {onnx.name = "x"})'
                ' -> (tensor<4xf32> {onnx.name = "y"}) {\n'
                "  return %x : tensor<4xf32>\n"
                r"}\n\1")
    fails(MODEL, "output 'y' is an input; needed a tensor that a program yields",
          *compile_stage(path, "placed", tmp_path))


def test_commands_that_break_a_rule(fails, edit, tmp_path):
    path = edit("npu-commands", r"^ *npu\.wait .*\n", "")
    text = fails(MODEL, "the program breaks a rule: ", *compile_stage(path, "npu-commands", tmp_path))
    assert "internal" not in text


def test_lists_of_nodes(fails, edit, tmp_path):
    for node in ["1", '["id", "Relu"]', '[1, "Relu", 17]', '["id", "Relu", 17 : i8]',
                 '["id", "Relu", 17 : ui64]', '["id", "Relu", 17 : i128]']:
        path = edit("linalg", r"onnx\.nodes = \[", f"onnx.nodes = [{node}, ")
        fails(MODEL, "linalg.mlir: 'onnx.nodes' is a list of nodes, needed",
              *compile_stage(path, "linalg", tmp_path), "--target", "atom")
    path = edit("linalg", r"onnx\.nodes = \[", "onnx.nodes = 7, onnx.others = [")
    fails(MODEL, "opset : i64] for each, found 7 : i64", *compile_stage(path, "linalg", tmp_path),
          "--target", "atom")


# Targets


def test_kinds_of_targets(fails, run_tool, tmp_path):
    path = tmp_path / "chip.yaml"
    good = (SOURCE_DIR / "targets" / "atom.yaml").read_text()
    path.write_text(good.replace("kind: npu", "kind: abacus"))
    fails(CONFIG, f"{path}: kind 'abacus' is not that of a known device ('", "compile", DIGITS,
          "--target", path, "-o", tmp_path / "out.garam")
    fails(CONFIG, f"{path}: kind 'abacus' is not that of a known device", "targets", "--check", path)


def test_doctor(run_tool, tmp_path):
    path = tmp_path / "chip.yaml"
    good = (SOURCE_DIR / "targets" / "atom.yaml").read_text()
    path.write_text(good.replace("kind: npu", "kind: abacus").replace("name: atom", "name: chip"))
    environment = {**os.environ, "GARAM_TARGETS_DIR": str(tmp_path)}
    result = run_tool("garam", "doctor", status=CONFIG, env=environment)
    assert f"{path}: kind 'abacus' is not that of a known device" in result.stderr
    assert "chip: not valid" in result.stdout


def test_doctor_without_targets(tmp_path):
    """The library looks for targets beside itself: here it stands alone."""
    (tmp_path / "lib").mkdir()
    for library in (BUILD_DIR / "lib").glob("libGaram.so*"):
        shutil.copy(library, tmp_path / "lib")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path / "lib")}
    environment.pop("GARAM_TARGETS_DIR", None)
    result = subprocess.run([find_tool("garam"), "doctor"], env=environment, text=True,
                            capture_output=True)
    assert result.returncode == CONFIG
    assert "no targets found; hint: set GARAM_TARGETS_DIR" in result.stderr
    folder = tmp_path / "share" / "garam" / "targets"
    assert f"{folder} (missing)" in result.stdout
    result = subprocess.run([find_tool("garam"), "targets", "atom"], env=environment, text=True,
                            capture_output=True)
    assert result.returncode == CONFIG
    assert f"known targets: none (looked in {folder})" in result.stderr


def save(tmp_path, nodes, inputs, outputs, opset=17):
    def make(names):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in names]

    graph = helper.make_graph(nodes, "graph", make(inputs), make(outputs))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return path


def save_quantized(tmp_path, op, *weights):
    """y = op(x, weights...) in float32, between a DequantizeLinear and a QuantizeLinear."""
    step = [helper.make_tensor("step", TensorProto.FLOAT, [], [0.5]),
            helper.make_tensor("zero", TensorProto.INT8, [], [0])]
    nodes = [helper.make_node("DequantizeLinear", ["x", "step", "zero"], ["fx"]),
             helper.make_node(op, ["fx", *[tensor.name for tensor in weights]], ["fy"]),
             helper.make_node("QuantizeLinear", ["fy", "step", "zero"], ["y"])]
    x, y = (helper.make_tensor_value_info(name, TensorProto.INT8, [1, 8]) for name in "xy")
    graph = helper.make_graph(nodes, "graph", [x], [y], [*step, *weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "quantized.onnx"
    onnx.save(model, path)
    return path


def test_types_that_a_target_does_not_multiply(fails, tmp_path):
    out = ("-o", tmp_path / "out.garam")
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 8], [1] * 64)
    text = fails(MODEL, "'warboy' does not multiply ", "compile",
                 save_quantized(tmp_path, "MatMul", weight), *out, "--target", "warboy")
    assert ", only i8; quantise the model to int8" in text
    fails(MODEL, "'atom' does not multiply bf16; it does fp16", "compile", DIGITS, "--dim", "N=1",
          *out, "--target", "atom", "--precision", "bf16")


def test_floats_in_the_memories_of_a_target_that_has_none(fails, tmp_path):
    fails(MODEL, "'warboy' has no floats in its memories, and here float tensors would enter or "
          "leave it; quantise the model to int8, with the QuantizeLinear of a float input and the "
          "DequantizeLinear of a float result on the host", "compile", DIGITS, "--dim", "N=1",
          "--target", "warboy", "-o", tmp_path / "out.garam")


def test_arithmetic_that_a_target_does_not_have(fails, tmp_path):
    fails(MODEL, "'warboy' has no float arithmetic beyond requantisation, and this needs "
          "'math.tanh'; leave it out of the model or quantise it", "compile",
          save_quantized(tmp_path, "Tanh"), "--target", "warboy", "-o", tmp_path / "out.garam")


def test_more_tensors_than_a_command_reads(fails, tmp_path):
    """ONNX's Sum of many is combined in groups; IR that is compiled from linalg on may not be."""
    count = 9
    arguments = ", ".join(f'%x{i}: tensor<8xf32> {{onnx.name = "x{i}"}}' for i in range(count))
    tensors = ", ".join(f"%x{i}" for i in range(count))
    scalars = ", ".join(f"%s{i}: f32" for i in range(count))
    sums = "\n".join(f"%a{i} = arith.addf {f'%a{i - 1}' if i > 1 else '%s0'}, %s{i} : f32"
                     for i in range(1, count))
    path = tmp_path / "sum.mlir"
    path.write_text(f"""
      #id = affine_map<(a) -> (a)>
      func.func @main({arguments}) -> (tensor<8xf32> {{onnx.name = "y"}}) {{
        %e = tensor.empty() : tensor<8xf32>
        %0 = linalg.generic {{indexing_maps = [{", ".join(["#id"] * (count + 1))}],
            iterator_types = ["parallel"]}}
            ins({tensors} : {", ".join(["tensor<8xf32>"] * count)}) outs(%e : tensor<8xf32>) {{
        ^bb0({scalars}, %o: f32):
          {sums}
          linalg.yield %a{count - 1} : f32
        }} -> tensor<8xf32>
        return %0 : tensor<8xf32>
      }}
    """)
    fails(MODEL, "a vector command reads at most 8 tensors, and this needs 9; combine them in "
          "several nodes", "compile", path, "--from=linalg", "--target", "atom",
          "-o", tmp_path / "out.garam")


# What is written


def test_names_that_become_one_file(fails, run_tool, tmp_path):
    """A name that is changed to what another has gets a hash; one that is not stays as it is."""
    def compile_outputs(*names):
        operators = ("Relu", "Neg", "Abs")
        nodes = [helper.make_node(operator, ["x"], [name]) for operator, name in zip(operators, names)]
        run_tool("garam", "compile", save(tmp_path, nodes, ["x"], list(names)), "--target", "atom", "-o",
                 tmp_path / "out.garam", "--quiet")

    compile_outputs("a/b", "a_b", "a:b")
    run_tool("garam", "run", tmp_path / "out.garam", "--random-inputs", "--output-dir", tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(files) == 3 and "a_b.npy" in files
    assert all(re.fullmatch(r"a_b(-[0-9a-f]{16})?\.npy", name) for name in files)
    x = -np.load(tmp_path / "out" / "a_b.npy")
    others = [np.load(tmp_path / "out" / name) for name in files if name != "a_b.npy"]
    for expected in (np.maximum(x, 0), np.abs(x)):
        assert any(np.array_equal(other, expected) for other in others)
    # Unless a name is made to be the same.
    compile_outputs("a/b", "a_b")
    shutil.rmtree(tmp_path / "out")
    run_tool("garam", "run", tmp_path / "out.garam", "--random-inputs", "--output-dir", tmp_path / "out")
    hashed = next(path.stem for path in (tmp_path / "out").iterdir() if path.stem != "a_b")
    compile_outputs("a/b", "a_b", hashed)
    fails(USAGE, f"--output-dir: 'a/b' and '{hashed}' would both be written to '{hashed}.npy'; hint: ",
          "run", tmp_path / "out.garam", "--random-inputs", "--output-dir", tmp_path / "out2")


def test_inputs_without_a_file(fails, stages):
    fails(USAGE, "--input image: expected NAME=FILE.npy or NAME=FILE.pb", "run",
          stages / "digits.garam", "--input", "image")


def test_standard_output_that_is_full(run_tool):
    full = pathlib.Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("w") as output:
        result = subprocess.run([find_tool("garam"), "targets"], stdout=output,
                                stderr=subprocess.PIPE, text=True)
    assert result.returncode != 0
    assert "cannot write to standard output" in result.stderr


def test_sizes_that_cannot_be_counted(run_tool, fails, tmp_path):
    """IR says any size; models have no more than fits."""
    sizes = [(name, TensorProto.FLOAT, [1 << 40]) for name in "xy"]
    x, y = (helper.make_tensor_value_info(*size) for size in sizes)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "graph", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "model.onnx")
    stage = tmp_path / "stage.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--quiet", "--emit=linalg",
             "-o", stage)
    stage.write_text(stage.read_text().replace(str(1 << 40), str(1 << 62)))
    fails(MODEL, f"'x' (float32[{1 << 62}]) has more bytes than can be counted", "compile", stage,
          "--from=linalg", "--target", "host", "--quiet", "-o", tmp_path / "out.garam")
