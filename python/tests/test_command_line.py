"""What a user can ask wrongly of the command line is refused, and overwrites nothing."""

import json
import os
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from conftest import BINARY, CONFIG, DIGITS, INPUT, MODEL, SOURCE_DIR, USAGE, find_tool

ATOM = ("--target", "atom", "--dim", "N=1")


@pytest.fixture(scope="module")
def digits_binary(tmp_path_factory):
    path = tmp_path_factory.mktemp("binary") / "digits.garam"
    subprocess.run([find_tool("garam"), "compile", DIGITS, *ATOM, "-o", path, "--quiet"],
                   check=True)
    return path


@pytest.fixture
def files(tmp_path, digits_binary):
    """A folder with copies of a model, its binary and an input, to be overwritten."""
    for name, data in [("model.onnx", DIGITS.read_bytes()),
                       ("model.garam", digits_binary.read_bytes()),
                       ("atom.yaml", (SOURCE_DIR / "targets" / "atom.yaml").read_bytes())]:
        (tmp_path / name).write_bytes(data)
    np.save(tmp_path / "logits.npy", np.zeros((1, 1, 8, 8), np.float32))
    return tmp_path


def read_all(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refuses(run_tool, folder, part, *arguments, status=USAGE, **options):
    """garam ends with `status`, says `part`, and changes nothing in `folder`."""
    before = read_all(folder)
    result = run_tool("garam", *arguments, status=status, **options)
    assert part in result.stderr, result.stderr
    assert "error: error:" not in result.stderr
    assert read_all(folder) == before
    return result.stderr


# Outputs


@pytest.mark.parametrize("options, part", [
    (["-o", "model.onnx"], "--output would overwrite the model"),
    (["-o", "./model.onnx"], "--output would overwrite the model"),
    (["-o", "link.onnx"], "--output would overwrite the model"),
    (["-o", "hard.onnx"], "--output would overwrite the model"),
    (["-o", "out.garam", "--report", "model.onnx"], "--report would overwrite the model"),
    (["-o", "out.garam", "--report", "out.garam"], "would both write 'out.garam'"),
    (["-o", "out.garam", "--report", "./out.garam"], "would both write"),
    (["-o", "out.garam", "--report", "dangling"], "would both write"),
    (["-o", "atom.yaml"], "--output would overwrite the target file"),
    (["-o", "out.garam", "--report", "atom.yaml"], "--report would overwrite the target file"),
    (["-o", "model.onnx", "--emit=linalg"], "--output would overwrite the model"),
    (["-o", "-", "--report", "-"], "would both write '-'"),
])
def test_compile_overwrites_nothing(run_tool, files, options, part):
    (files / "link.onnx").symlink_to("model.onnx")
    (files / "dangling").symlink_to("out.garam")
    os.link(files / "model.onnx", files / "hard.onnx")
    refuses(run_tool, files, part, "compile", "model.onnx", "--target", "./atom.yaml",
            "--dim", "N=1", *options, cwd=files)


@pytest.mark.parametrize("options, part", [
    (["--report", "model.garam"], "--report would overwrite the device binary"),
    (["--trace", "model.garam"], "--trace would overwrite the device binary"),
    (["--trace", "x.json", "--report", "x.json"], "would both write 'x.json'"),
    (["--trace", "-", "--report", "-"], "would both write '-'"),
    (["--report", "logits.npy"], "--report would overwrite an input"),
    (["--output-dir", "."], "--output-dir would overwrite an input"),
    (["--output-dir", "folder", "--report", "folder/logits.npy"], "would both write"),
    (["--output-dir", "model.garam"], "is not a folder"),
    (["--output-dir", "out", "--keep-intermediates", "out"], None),
])
def test_run_overwrites_nothing(run_tool, files, options, part):
    (files / "folder").mkdir()
    arguments = ("run", "model.garam", "--input", "image=logits.npy", *options)
    if part:
        refuses(run_tool, files, part, *arguments, cwd=files)
    else:  # as long as no node is called like an output
        run_tool("garam", *arguments, cwd=files)


def test_external_data_is_not_overwritten(run_tool, tmp_path):
    model = onnx.load(DIGITS)
    onnx.save(model, tmp_path / "model.onnx", save_as_external_data=True, location="model.bin",
              size_threshold=0)
    for options in [("-o", "model.bin"), ("-o", "out.garam", "--report", "model.bin"),
                    ("-o", "model.bin", "--emit=linalg"),
                    ("-o", "out.garam", "--report", "hard.bin")]:
        if not (tmp_path / "hard.bin").exists():
            os.link(tmp_path / "model.bin", tmp_path / "hard.bin")
        refuses(run_tool, tmp_path, "would overwrite a file of the model's weights", "compile",
                "model.onnx", *ATOM, *options, cwd=tmp_path)


@pytest.mark.parametrize("report", ["none/report.json", ".", "/dev/full", "report/"])
def test_no_binary_without_its_report(run_tool, files, report):
    refuses(run_tool, files, "cannot write", "compile", "model.onnx", *ATOM, "-o", "out.garam",
            "--report", report, cwd=files)


@pytest.mark.parametrize("option", ["--report", "--trace"])
@pytest.mark.parametrize("path", ["none/out.json", ".", "/dev/full"])
def test_no_outputs_without_report_and_trace(run_tool, files, option, path):
    (files / "out").mkdir()
    refuses(run_tool, files, "cannot write", "run", "model.garam", "--random-inputs",
            "--output-dir", "out", option, path, cwd=files)


def test_no_binary_without_its_report_on_standard_output(files):
    before = read_all(files)
    with open("/dev/full", "wb") as full:
        result = subprocess.run([find_tool("garam"), "compile", "model.onnx", *ATOM, "-o",
                                 "out.garam", "--report", "-"], cwd=files, stdout=full)
    assert result.returncode == USAGE
    assert read_all(files) == before


def test_no_report_without_its_binary(run_tool, files):
    refuses(run_tool, files, "cannot write '/dev/full'", "compile", "model.onnx", *ATOM,
            "-o", "/dev/full", "--report", "report.json", cwd=files)


def test_no_weights_without_their_text(run_tool, files):
    (files / "full.mlir").symlink_to("/dev/full")
    (files / "full.mlir.weights.mlirbc").write_bytes(b"those of before")
    refuses(run_tool, files, "cannot write 'full.mlir'", "compile", "model.onnx", *ATOM,
            "-o", "full.mlir", "--emit=linalg", cwd=files)


def test_devices_as_outputs(run_tool, files):
    refuses(run_tool, files, "cannot write '/dev/full'", "compile", "model.onnx", *ATOM,
            "-o", "/dev/full", cwd=files)
    refuses(run_tool, files, "cannot write '/dev/full'", "run", "model.garam", "--timing-only",
            "--report", "/dev/full", cwd=files)
    before = read_all(files)
    run_tool("garam", "compile", "model.onnx", *ATOM, "-o", "/dev/null", cwd=files)
    assert read_all(files) == before


@pytest.fixture
def full_disk(tmp_path):
    """A folder with room for 64 KiB, less than the binary of the digits."""
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
                               capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if mount.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(run_tool, files, full_disk):
    refuses(run_tool, files, "No space left on device", "compile", "model.onnx", *ATOM,
            "-o", full_disk / "model.garam", cwd=files)
    assert not os.listdir(full_disk)


def test_standard_output_holds_what_is_written_there(run_tool, files, digits_binary):
    tool = str(find_tool("garam"))
    result = subprocess.run([tool, "compile", "model.onnx", *ATOM, "-o", "-"], cwd=files,
                            capture_output=True, check=True)
    assert result.stdout.startswith(b"\x7fELF") and b"latency" in result.stderr
    result = run_tool("garam", "run", "model.garam", "--random-inputs", "--report", "-", cwd=files)
    assert json.loads(result.stdout)["schema"]
    assert "latency" in result.stderr


# A link is written through, as every tool does that opens its output.
def test_output_through_a_link(run_tool, files, digits_binary):
    (files / "elsewhere").mkdir()
    (files / "out.garam").symlink_to("elsewhere/binary.garam")
    run_tool("garam", "compile", "model.onnx", *ATOM, "-o", "out.garam", "--quiet", cwd=files)
    assert (files / "out.garam").is_symlink()
    assert (files / "elsewhere" / "binary.garam").read_bytes()[:4] == b"\x7fELF"
    (files / "loop").symlink_to("loop")
    refuses(run_tool, files, "cannot write 'loop': too many symbolic links", "compile",
            "model.onnx", *ATOM, "-o", "loop", cwd=files)


@pytest.mark.parametrize("name", ["50%.garam", "a b.garam", "a\nb.garam", "가람.garam",
                                  "x" * 249 + ".garam", "-o.garam"])
def test_odd_names_of_files(run_tool, files, digits_binary, name):
    folder = files / "100% sure"
    folder.mkdir()
    (folder / "m%.onnx").write_bytes(DIGITS.read_bytes())
    run_tool("garam", "compile", folder / "m%.onnx", *ATOM, "-o", folder / name, "--quiet")
    run_tool("garam", "run", folder / name, "--random-inputs", "--output-dir", folder / "o%ut",
             "--quiet")
    assert sorted(os.listdir(folder)) == sorted([name, "m%.onnx", "o%ut"])


def test_names_of_files_that_are_no_text(run_tool, files):
    folder = os.fsencode(files) + b"/\xff\xfe"
    os.mkdir(folder)
    with open(folder + b"/m\xff.onnx", "wb") as file:
        file.write(DIGITS.read_bytes())
    tool = os.fsencode(find_tool("garam"))
    subprocess.run([tool, "compile", folder + b"/m\xff.onnx", *ATOM, "-o", folder + b"/\xfe.garam",
                    "--report", folder + b"/r.json"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([tool, "run", folder + b"/\xfe.garam", "--random-inputs", "--report",
                    folder + b"/r.json", "--trace", folder + b"/t.json", "--output-dir",
                    folder + b"/o"], check=True, stdout=subprocess.DEVNULL)
    for name in (b"/r.json", b"/t.json"):
        json.load(open(folder + name, encoding="utf-8"))


def test_name_longer_than_a_file_can_have(run_tool, files):
    refuses(run_tool, files, "its name has more than 255 bytes", "compile", "model.onnx", *ATOM,
            "-o", "x" * 256, cwd=files)


def test_folders_in_the_place_of_files(run_tool, files):
    refuses(run_tool, files, "cannot write '.': it is a folder", "compile", "model.onnx", *ATOM,
            "-o", ".", cwd=files)
    (files / "out" / "logits.npy").mkdir(parents=True)
    refuses(run_tool, files, "--output-dir: cannot write 'out/logits.npy': it is a folder", "run",
            "model.garam", "--random-inputs", "--output-dir", "out", cwd=files)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is write-protected for root")
def test_a_folder_that_is_write_protected(run_tool, files):
    (files / "out").mkdir(mode=0o500)
    refuses(run_tool, files, "--output-dir: cannot write 'out': Permission denied", "run",
            "model.garam", "--random-inputs", "--output-dir", "out", cwd=files)


# Options that do not go together


@pytest.mark.parametrize("options", [
    ("--random-inputs", "--seed", "1"), ("--input", "image=logits.npy"),
    ("--output-dir", "out"), ("--keep-intermediates", "out"), ("--random-inputs",)])
def test_timing_only_takes_no_data(run_tool, files, options):
    refuses(run_tool, files, "--timing-only", "run", "model.garam", "--timing-only", *options,
            cwd=files)


def test_noise_is_of_two_kinds(run_tool, files):
    refuses(run_tool, files, "error: --noise: found 'loud', needed ideal or model", "run",
            files / "model.garam", "--random-inputs", "--noise", "loud")


def test_seed_needs_random_inputs(run_tool, files):
    refuses(run_tool, files, "--random-inputs", "run", "model.garam", "--seed", "1",
            "--input", "image=logits.npy", cwd=files)


@pytest.mark.parametrize("seed", ["-1", "18446744073709551616", "1e3", "0x10", "1.5", "", " 1"])
def test_seeds_are_numbers(run_tool, files, seed):
    refuses(run_tool, files, "from 0 to 18446744073709551615", "run", "model.garam",
            "--random-inputs", "--seed", seed, cwd=files)


@pytest.mark.parametrize("threads", ["-1", "5000", "99999999999999999999"])
def test_threads_are_numbers(run_tool, files, threads):
    refuses(run_tool, files, "from 0 to 4096", "run", "model.garam", "--random-inputs",
            "--threads", threads, cwd=files)


@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_threads_of_the_compiler_make_no_difference(run_tool, tmp_path, target):
    """Schedules that are tried as commands beside the search for others; what is kept of them are
    the commands that the scheduled IR comes to."""
    binaries = []
    for threads in [0, 1, 2, 7]:
        binary = tmp_path / f"{threads}.garam"
        run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", target, "--threads",
                 str(threads), "-o", binary)
        binaries.append(binary.read_bytes())
    path, binary = tmp_path / "digits.mlir", tmp_path / "again.garam"
    run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", target, "--emit",
             "npu-scheduled", "-o", path)
    run_tool("garam", "compile", path, "--from=npu-scheduled", "-o", binary)
    binaries.append(binary.read_bytes())
    assert all(other == binaries[0] for other in binaries[1:])


@pytest.mark.parametrize("threads", ["-1", "5000"])
def test_threads_of_the_compiler_are_numbers(run_tool, files, threads):
    refuses(run_tool, files, "from 0 to 4096", "compile", DIGITS, "--target", "rngd", "-o",
            "other.garam", "--threads", threads, cwd=files)


def test_seeds_at_the_ends(run_tool, files):
    for seed in ["0", "18446744073709551615"]:
        run_tool("garam", "run", "model.garam", "--random-inputs", "--seed", seed, cwd=files)


def test_a_report_is_of_a_binary(run_tool, files):
    refuses(run_tool, files, "--report is of a binary", "compile", "model.onnx", *ATOM,
            "--emit=linalg", "--report", "r.json", cwd=files)


@pytest.mark.parametrize("option", ["-o", "--report", "--emit", "--from", "--dump-stages", "-t",
                                    "--precision"])
def test_empty_values(run_tool, files, option):
    arguments = {"-o": "out.garam", "-t": "atom", option: ""}
    refuses(run_tool, files, "not empty", "compile", "model.onnx", "--dim", "N=1",
            *[part for pair in arguments.items() for part in pair], cwd=files)


def test_dump_into_a_file(run_tool, files):
    refuses(run_tool, files, "'model.onnx' is not a folder", "compile", "model.onnx", *ATOM, "-o",
            "out.garam", "--dump-stages", "model.onnx", cwd=files)


def test_a_dump_overwrites_no_output(run_tool, files):
    result = run_tool("garam", "compile", "model.onnx", *ATOM, "-o", "02.linalg.mlir",
                      "--dump-stages", ".", cwd=files, status=USAGE)
    assert "a dumped stage and --output would both write" in result.stderr
    assert not (files / "02.linalg.mlir").exists()


def test_a_program_is_chosen_for_something(run_tool, files):
    """--program is of the options that write a program in a form of its device."""
    result = run_tool("garam", "inspect", "model.garam", "--program", "0", cwd=files, status=USAGE)
    assert "--program requires the option of a device's form" in result.stderr


# Inputs that are no files


@pytest.mark.parametrize("command, status", [
    (("run", "{}", "--random-inputs"), BINARY), (("inspect", "{}"), BINARY),
    (("run", "model.garam", "--input", "image={}"), INPUT),
    (("compile", "{}", *ATOM, "-o", "out.garam"), MODEL),
    (("compile", "model.onnx", "--dim", "N=1", "-t", "{}", "-o", "out.garam"), CONFIG),
    (("targets", "--check", "{}"), CONFIG)])
@pytest.mark.parametrize("kind", ["folder", "device", "pipe"])
def test_inputs_that_are_no_files(run_tool, files, command, status, kind):
    path = files / {INPUT: "x.npy", CONFIG: "x.yaml"}.get(status, "x")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    before = sorted(os.listdir(files))
    result = run_tool("garam", *[part.format(path) for part in command], cwd=files, status=status,
                      timeout=20)
    assert "not a regular file" in result.stderr or "this is a directory" in result.stderr
    assert sorted(os.listdir(files)) == before


# Names of inputs and outputs


def make_model(path, inputs, outputs):
    """Each output is the sum of all inputs, times its number."""
    nodes, initializers = [], []
    total = inputs[0]
    for i, name in enumerate(inputs[1:]):
        nodes.append(helper.make_node("Add", [total, name], [f"sum of {i}"], name=f"add{i}"))
        total = f"sum of {i}"
    for i, name in enumerate(outputs):
        initializers.append(helper.make_tensor(f"factor{i}", TensorProto.FLOAT, [], [i + 1.0]))
        nodes.append(helper.make_node("Mul", [total, f"factor{i}"], [name], name=f"mul{i}"))
    def info(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])
    graph = helper.make_graph(nodes, "graph", [info(name) for name in inputs],
                              [info(name) for name in outputs], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_outputs_of_one_name(run_tool, tmp_path):
    path = make_model(tmp_path / "model.onnx", ["x"], ["y"])
    model = onnx.load(path)
    model.graph.output.append(model.graph.output[0])
    path.write_bytes(model.SerializeToString())
    refuses(run_tool, tmp_path, "output 'y'", "compile", path, "-t", "atom", "-o",
            tmp_path / "out.garam", status=MODEL)


def test_long_names_of_outputs(run_tool, tmp_path):
    names = ["y" * 251, "z" * 300 + "1", "z" * 300 + "2"]
    make_model(tmp_path / "model.onnx", ["x"], names)
    run_tool("garam", "compile", "model.onnx", "-t", "atom", "-o", "model.garam", cwd=tmp_path)
    run_tool("garam", "run", "model.garam", "--random-inputs", "--output-dir", "out",
             "--keep-intermediates", "values", cwd=tmp_path)
    written = sorted(os.listdir(tmp_path / "out"))
    assert len(written) == 3 and names[0] + ".npy" in written
    # A hash of the whole name tells them apart: docs say how.
    assert all(len(name) == 255 for name in written)
    assert len({name[:200] for name in written}) == 2
    for name in written:
        np.load(tmp_path / "out" / name)


@pytest.mark.parametrize("name", ["a=b", "a b", "가람", "..", ".", "-", "a\nb", "'", "%", "a/../b"])
def test_odd_names_of_tensors(run_tool, tmp_path, name):
    make_model(tmp_path / "model.onnx", [name, "second=x"], ["y" + name])
    run_tool("garam", "compile", "model.onnx", "-t", "atom", "-o", "model.garam", cwd=tmp_path)
    run_tool("garam", "inspect", "model.garam", cwd=tmp_path)
    folder = tmp_path / "in=put"
    folder.mkdir()
    np.save(folder / "x.npy", np.ones((1, 4), np.float32))
    run_tool("garam", "run", "model.garam", "--input", f"{name}=in=put/x.npy", "--input",
             "second=x=in=put/x.npy", "--output-dir", "out", "--report", "r.json", "--trace",
             "t.json", "--keep-intermediates", "values", cwd=tmp_path)
    file, = os.listdir(tmp_path / "out")
    assert np.array_equal(np.load(tmp_path / "out" / file), np.full((1, 4), 2, np.float32))
    for written in ("r.json", "t.json"):
        json.loads((tmp_path / written).read_text())


# Targets


def test_the_text_of_other_files_is_not_shown(run_tool, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0:hunter2:/root:/bin/bash\n- hunter2\n")
    for command in [("targets", "--check", secret),
                    ("compile", DIGITS, "--dim", "N=1", "-t", secret, "-o", tmp_path / "out")]:
        text = refuses(run_tool, tmp_path, "secret:1:1: not a target file; needed a YAML "
                       "mapping with the fields name, kind and description", *command,
                       status=CONFIG)
        assert "hunter2" not in text and "/bin/bash" not in text
    for content in ["hunter2\n", "hunter2: 1\n", "[hunter2, 2]\n", "name: {hunter2: 1}\n",
                    "&hunter2 a: b\n", "hunter2: 1\nhunter2: 2\n", "hunter2: \"\n"]:
        secret.write_text(content)
        assert "hunter2" not in refuses(run_tool, tmp_path, "secret", "targets", "--check", secret,
                                        status=CONFIG)


def test_an_unknown_target(run_tool, tmp_path):
    text = refuses(run_tool, tmp_path, "error: no target is called 'tpu'", "compile", DIGITS,
                   "-t", "tpu", "-o", tmp_path / "out", status=CONFIG)
    assert text.startswith("error: no target") and "\nhint: a file is given by its path" in text


# Inspect


def test_inspect_is_json_when_asked(run_tool, files):
    whole = json.loads(run_tool("garam", "inspect", "model.garam", "--json", "--disassemble",
                                "--plan", cwd=files).stdout)
    program, = whole["programs"]
    assert "tensor" in program["disassembly"]
    assert {"memory", "offset", "size", "name"} <= set(program["plan"][0])
    assert program["disassembly"] == run_tool("garam", "inspect", "model.garam", "--disassemble",
                                              cwd=files).stdout
    assert "programs" not in json.loads(run_tool("garam", "inspect", "model.garam", "--json",
                                                 cwd=files).stdout)


# Surroundings


def test_no_environment(files, tmp_path):
    result = subprocess.run([find_tool("garam"), "compile", "model.onnx", *ATOM, "-o",
                             "out.garam"], cwd=files, env={}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_rows_of_the_summary_are_aligned(run_tool, files):
    lines = run_tool("garam", "run", "model.garam", "--random-inputs", cwd=files).stdout.splitlines()
    start = lines[1].index(lines[1].split()[1])
    assert all(line[start - 1] == " " and line[start] != " " for line in lines[1:]), lines


def test_unknown_command(fails):
    fails(USAGE, "no command is called 'nonsense'", "nonsense")
