"""garam verify and garam bench: what they compare, what they say, what they end with."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import garam
import garam._bench
import garam._command_line
import garam.backend
from conftest import CONFIG, DIGITS, INPUT, MODEL, SOURCE_DIR, USAGE
from garam._baseline import format_baseline
from garam._difference import measure_difference
from garam import _core

DIFFERS = 1
DIGITS_INT8 = SOURCE_DIR / "examples" / "digits" / "digits_int8.onnx"
ONE = ("--dim", "N=1")


@pytest.fixture(autouse=True)
def interpreter(monkeypatch):
    monkeypatch.setenv("GARAM_PYTHON", sys.executable)


def test_differences():
    ones = np.ones(100, np.float32)
    equal = measure_difference(ones, ones)
    assert equal.sqnr_db == np.inf and equal.largest_error == 0
    # A power of 1 over that of 0.01: 40 dB.
    off = measure_difference(ones * np.float32(1.01), ones)
    assert off.sqnr_db == pytest.approx(40, abs=0.01) and off.largest_error == pytest.approx(0.01)
    assert off.largest_value == 1
    steps = measure_difference(np.array([1, 3], np.int8), np.array([1, 2], np.int8))
    assert steps.largest_error == 1
    # What is not finite must be the same there.
    values = np.array([1, np.nan, np.inf])
    assert measure_difference(values, values).sqnr_db == np.inf
    assert measure_difference(np.array([1.0, 2, np.inf]), values).sqnr_db == -np.inf
    assert measure_difference(np.zeros(3), np.zeros(3)).sqnr_db == np.inf
    assert measure_difference(ones, np.zeros(100)).sqnr_db == -np.inf
    assert measure_difference(np.zeros(0), np.zeros(0)).sqnr_db == np.inf
    # Shapes are not broadcast.
    assert measure_difference(np.ones((3, 4)), np.ones((1, 4))).sqnr_db == -np.inf
    assert measure_difference(np.ones(4), np.ones(())).sqnr_db == -np.inf
    # Squares that neither overflow nor vanish: 40 dB each.
    for size in (1e-200, 1e200):
        assert measure_difference(np.full(9, size * 1.01), np.full(9, size)).sqnr_db == pytest.approx(40, abs=0.01)
    assert measure_difference(np.array([-1e308]), np.array([1e308])).sqnr_db == -np.inf


def test_nodes_have_the_ids_that_the_compiler_gives_them(tmp_path):
    """Names that are missing, or that several nodes have."""
    def make_branch(name, op_type):
        # A body's node has a name that a node of the graph has, too.
        node = helper.make_node(op_type, ["c"], [name], name="n")
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])])

    nodes = [helper.make_node("Relu", ["x"], ["a"], name="n"),
             helper.make_node("Neg", ["a"], ["n_1"]),
             helper.make_node("Exp", ["n_1"], ["c"], name="n"),
             helper.make_node("ReduceMax", ["c"], ["most"], keepdims=0),
             helper.make_node("Cast", ["most"], ["is_large"], to=TensorProto.BOOL),
             helper.make_node("If", ["is_large"], ["d"], then_branch=make_branch("t", "Sin"),
                              else_branch=make_branch("e", "Cos")),
             helper.make_node("Abs", ["d"], ["y"], name="n")]
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy"]
    graph = helper.make_graph(nodes, "test", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    executable = garam.compile(model, garam.backend.get_default_target())
    operators = {node["id"]: node["operator"] for node in executable.report()["nodes"]}
    nodes = _core.read_model(b"model.onnx", model.SerializeToString())[2]
    assert [outputs for _, _, outputs in nodes] == [list(node.output) for node in model.graph.node]
    listed = {name: op for name, op, _ in nodes}
    assert len(listed) == 7 and listed.items() <= operators.items()


def test_verify_says_where_the_error_begins(run_tool, tmp_path):
    path = tmp_path / "verify.json"
    result = run_tool("garam", "verify", DIGITS, "--target", "rngd", *ONE, "--json", path)
    assert "every node has 24 dB or more" in result.stdout
    found = json.loads(path.read_text())
    assert found["reference"].startswith("onnxruntime") and found["first"] is None
    nodes = {node["node"]: node for node in found["nodes"]}
    assert {"relu1", "relu2", "dense2"} <= set(nodes)
    # bfloat16 has 8 bits of significand: a relative error of up to 2^-9, 54 dB at best.
    assert all(30 < node["sqnr_db"] < 65 for node in nodes.values())

    result = run_tool("garam", "verify", DIGITS, "--target", "rngd", *ONE, "--min-sqnr", "50",
                      status=DIFFERS)
    first = next(node for node in found["nodes"] if node["sqnr_db"] < 50)
    assert f"the first node below 50 dB is '{first['node']}'" in result.stdout
    table = [float(line.split()[0]) for line in result.stdout.splitlines()[2:-1]]
    assert table == sorted(table) and len(table) == len(nodes)


def test_verify_compares_with_the_host_where_that_is_asked_for(run_tool, tmp_path):
    np.save(tmp_path / "image.npy", np.full((1, 1, 8, 8), 0.5, np.float32))
    result = run_tool("garam", "verify", DIGITS_INT8, "--target", "rngd", *ONE, "--reference",
                      "fallback", "--input", f"image={tmp_path / 'image.npy'}")
    assert "on rngd against host" in result.stdout and "equal" in result.stdout


@pytest.mark.parametrize("reference", ["onnxruntime", "fallback"])
def test_verify_takes_what_compile_takes(reference):
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Neg", ["a"], ["y"])]
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy"]
    model = helper.make_model(helper.make_graph(nodes, "test", value[:1], value[1:]),
                              opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    for given in (model, model.SerializeToString()):
        verification = garam.verify(given, "host", reference=reference)
        assert [node.node for node in verification.nodes] == ["y"] and verification.find_first() is None


def test_verify_without_ml_dtypes():
    """bfloat16 is read as numbers all the same; of narrower types it says what is missing."""
    model = make_model(helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT8E4M3FN), outputs="y")
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT8E4M3FN
    script = """if True:
        import sys
        sys.modules["ml_dtypes"] = None
        import garam
        found = garam.verify(sys.argv[1], "rngd", dims={"N": 1}, reference="fallback")
        assert found.holds() and "bfloat16" in {node.dtype for node in found.nodes}
        try:
            garam.verify(sys.stdin.buffer.read(), "host", reference="fallback")
        except garam.UsageError as error:
            print(error)
    """
    result = subprocess.run([sys.executable, "-c", script, DIGITS], check=True, capture_output=True,
                            input=model.SerializeToString())
    assert b"elements of less than 16 bits are compared by the package ml_dtypes" in result.stdout


def make_model(*nodes, outputs):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in outputs]
    return helper.make_model(helper.make_graph(nodes, "test", [value], outputs),
                             opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def test_verify_compares_all_outputs_of_a_node():
    model = make_model(helper.make_node("Split", ["x"], ["a", "b"], name="split", num_outputs=2), outputs=["a", "b"])
    for reference in ("onnxruntime", "fallback"):
        verification = garam.verify(model, "host", reference=reference)
        assert [node.node for node in verification.nodes] == ["split", "split:1"] and verification.holds()


@pytest.mark.parametrize("change", [
    lambda array: array[:1],  # broadcast, it would be alike
    lambda array: array.astype(np.int32),
])
def test_an_output_of_another_shape_or_kind_leaves_every_tolerance(monkeypatch, change):
    def run(model, inputs, values=()):
        return {"y": change(np.zeros(4, np.float32))}

    monkeypatch.setattr(garam._verify, "run_onnxruntime", run)
    model = make_model(helper.make_node("Relu", ["x"], ["y"], name="relu"), outputs=["y"])
    verification = garam.verify(model, "host", inputs={"x": np.zeros(4, np.float32)}, reference="onnxruntime",
                                min_sqnr_db=-1000)
    assert verification.find_first().difference.sqnr_db == -np.inf and not verification.holds()
    assert verification.as_json()["nodes"][0]["is_equal"] is False


def test_verify_fails_where_nothing_is_compared(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(garam._verify, "run_onnxruntime", lambda *arguments: {})
    model = make_model(helper.make_node("Relu", ["x"], ["y"]), outputs=["y"])
    onnx.save(model, tmp_path / "m.onnx")
    status = garam._command_line.main(["verify", str(tmp_path / "m.onnx"), "--target", "host", "--reference",
                                       "onnxruntime"])
    assert status == DIFFERS and capsys.readouterr().out.endswith("\nnothing could be compared\n")


@pytest.mark.parametrize("arguments, part", [
    (["verify", "m.onnx", "--target", "rngd", "--json", "m.onnx"], "--json would overwrite the model, 'm.onnx'"),
    (["verify", "m.onnx", "--target", "rngd", "--json", "link.onnx"], "--json would overwrite the model"),
    (["verify", "m.onnx", "--target", "rngd", "--json", "none/m.json"],
     "cannot write 'none/m.json': No such file or directory"),
    (["verify", "m.onnx", "--target", "chip.yaml", "--json", "chip.yaml"], "--json would overwrite a target file"),
    (["verify", "m.onnx", "--target", "rngd", "--input", "image=x.npy", "--json", "x.npy"],
     "--json would overwrite --input"),
    (["verify", "m.onnx", "--target", "rngd", "--calibrate", "x.npy", "--json", "x.npy"],
     "--json would overwrite --calibrate"),
    (["verify", "external.onnx", "--target", "rngd", "--json", "weights"],
     "--json would overwrite a file of the model's weights"),
    (["bench", "m.onnx", "--targets", "rngd", "--junit", "m.onnx"], "--junit would overwrite the model"),
    (["bench", "m.onnx", "--targets", "rngd", "--json", "."], "cannot write '.': it is a folder"),
    (["bench", "m.onnx", "--targets", "rngd", "--json", "a", "--junit", "a"],
     "--junit and --json would both write 'a'"),
    (["bench", "m.onnx", "--targets", "rngd", "--baseline", "m.onnx", "--update-baseline"],
     "--baseline would overwrite the model"),
    (["bench", "m.onnx", "--targets", "rngd", "--baseline", "b.json", "--json", "b.json"],
     "--json would overwrite the baseline"),
])
def test_outputs_that_would_overwrite_something_are_refused_before_any_work(run_tool, tmp_path, arguments, part):
    (tmp_path / "m.onnx").write_bytes(DIGITS.read_bytes())
    (tmp_path / "link.onnx").symlink_to("m.onnx")
    (tmp_path / "chip.yaml").write_text((SOURCE_DIR / "targets" / "rngd.yaml").read_text())
    (tmp_path / "b.json").write_text("{}")
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 8, 8), np.float32))
    onnx.save(onnx.load(DIGITS), tmp_path / "external.onnx", save_as_external_data=True, location="weights",
              size_threshold=0)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = run_tool("garam", *arguments, *ONE, status=USAGE, cwd=tmp_path)
    assert part in result.stderr and not result.stdout
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_may_go_to_standard_output(run_tool):
    result = run_tool("garam", "verify", DIGITS, "--target", "rngd", *ONE, "--json", "-")
    assert json.loads(result.stdout)["first"] is None and "SQNR dB" in result.stderr


def test_an_error_of_a_layer_is_found():
    """Noise of an analog chip that grows from layer to layer."""
    with pytest.warns(garam.GaramWarning):
        verification = garam.verify(DIGITS, "hermes", dims={"N": 1}, min_sqnr_db=50)
    assert verification.find_first() is verification.nodes[0]
    worst = verification.get_worst()
    assert worst[0].difference.sqnr_db == min(n.difference.sqnr_db for n in verification.nodes)


@pytest.mark.parametrize("status, part, arguments", [
    (USAGE, "the following arguments are required: --target", ["verify", DIGITS]),
    (MODEL, "none.onnx: the file does not exist", ["verify", "none.onnx", "--target", "rngd"]),
    (CONFIG, "no target is called 'none'", ["verify", DIGITS, "--target", "none", *ONE]),
    (INPUT, "--input image=none.npy", ["verify", DIGITS, "--target", "rngd", *ONE, "--input",
                                       "image=none.npy"]),
    (INPUT, "the model has no input 'x'", ["verify", DIGITS, "--target", "rngd", *ONE, "--input",
                                           "x=x.npy"]),
    (USAGE, "--dim N: expected NAME=VALUE", ["verify", DIGITS, "--target", "rngd", "--dim", "N"]),
    (USAGE, "--update-baseline needs --baseline", ["bench", DIGITS, "--targets", "rngd",
                                                   "--update-baseline"]),
    (USAGE, "expected one of latency_s", ["bench", DIGITS, "--targets", "rngd", "--threshold",
                                          "x=1"]),
    (USAGE, "baseline 'x.npy' is not JSON: ", ["bench", DIGITS, "--targets", "rngd", *ONE, "--timing-only",
                                               "--baseline", "x.npy"]),
    (USAGE, """baseline 'list.json' does not have figures by "MODEL on TARGET"; hint: write it with """
            "--update-baseline", ["bench", DIGITS, "--targets", "rngd", *ONE, "--timing-only", "--baseline",
                                  "list.json"]),
    (USAGE, "'y' is no number", ["bench", DIGITS, "--targets", "rngd", "--threshold",
                                 "latency_s=y"]),
    *((USAGE, f"'{part}' is no part, a finite number from 0 on",
       ["bench", DIGITS, "--targets", "rngd", "--threshold", f"latency_s={part}"]) for part in ("nan", "inf", "-1")),
    (USAGE, "the tolerance is no number of dB", ["verify", DIGITS, "--target", "rngd", *ONE, "--min-sqnr", "nan"]),
    (CONFIG, "no target is called 'none'", ["bench", DIGITS, "--targets", "rngd,none", *ONE]),
    (USAGE, "baseline 'none.json' does not exist; hint: write it with --update-baseline",
     ["bench", DIGITS, "--targets", "rngd", *ONE, "--baseline", "none.json"]),
    *((USAGE, part, ["bench", DIGITS, "--targets", "rngd", *ONE, "--timing-only", "--baseline", file])
      for file, part in (
          ("text.json", """latency_s of 'digits on rngd' is "fast", but a number is needed"""),
          ("bool.json", "latency_s of 'digits on rngd' is true, but a number is needed"),
          ("inf.json", "latency_s of 'digits on rngd' is Infinity, but a number is needed"),
          ("hash.json", "output_sha256 of 'digits on rngd' is 1, but a text is needed"),
          ("nan.json", "baseline 'nan.json' is not JSON: NaN is no number of JSON"),
          ("deep.json", "baseline 'deep.json' is not JSON: "),
          ("row.json", "baseline 'row.json' does not have figures by"))),
])
def test_wrong_command_lines_are_told(run_tool, tmp_path, status, part, arguments):
    np.save(tmp_path / "x.npy", np.zeros(1, np.float32))
    (tmp_path / "list.json").write_text("[1]")
    for name, row in {"text": '{"latency_s": "fast"}', "bool": '{"latency_s": true}', "inf": '{"latency_s": 1e999}',
                      "hash": '{"output_sha256": 1}', "nan": '{"latency_s": NaN}', "deep": "[" * 100000,
                      "row": "1"}.items():
        (tmp_path / f"{name}.json").write_text(f'{{"digits on rngd": {row}}}')
    result = run_tool("garam", *arguments, status=status, cwd=tmp_path)
    assert part in result.stderr and result.stderr.startswith("error: ")


def test_an_interpreter_that_is_missing_is_told(run_tool, monkeypatch, tmp_path):
    monkeypatch.setenv("GARAM_PYTHON", "no-such-python")
    result = run_tool("garam", "bench", status=USAGE)
    assert "is written in Python, and 'no-such-python' is not found; hint: set GARAM_PYTHON" in \
        result.stderr
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    monkeypatch.setenv("GARAM_PYTHON", str(broken))
    assert f"cannot run '{broken}'" in run_tool("garam", "bench", status=USAGE).stderr


def test_the_help_is_that_of_the_subcommand(run_tool):
    assert "--update-baseline" in run_tool("garam", "bench", "--help").stdout
    assert "--min-sqnr" in run_tool("garam", "verify", "--help").stdout


def edit(path, key, **changes):
    baseline = json.loads(path.read_text())
    baseline[key].update(changes)
    path.write_text(json.dumps(baseline))


def test_bench_compares_with_its_baseline(run_tool, tmp_path):
    path, junit = tmp_path / "baseline.json", tmp_path / "junit.xml"
    line = ["bench", DIGITS, DIGITS_INT8, "--targets", "rngd,atom", *ONE, "--baseline", path,
            "--junit", junit]
    run_tool("garam", *line, "--update-baseline")
    kept = json.loads(path.read_text())
    assert set(kept) == {f"{model} on {target}" for model in ("digits", "digits_int8")
                         for target in ("rngd", "atom")}
    row = kept["digits on rngd"]
    assert row["latency_s"] == garam.compile(DIGITS, "rngd", dims={"N": 1}).report()["latency_s"]
    assert row["sqnr_db"] > 30 and len(row["output_sha256"]) == 64

    # The same figures each time.
    result = run_tool("garam", *line)
    assert "WORSE" not in result.stdout and "changed" not in result.stdout
    assert ElementTree.parse(junit).getroot().attrib["tests"] == "4"

    # One is worse; a threshold allows it.
    edit(path, "digits on rngd", latency_s=row["latency_s"] * 0.99)
    result = run_tool("garam", *line, status=DIFFERS)
    assert "WORSE: digits on rngd: latency_s" in result.stdout
    suite = ElementTree.parse(junit).getroot()
    assert suite.attrib["failures"] == "1"
    (case,) = [case for case in suite if case.find("failure") is not None]
    assert (case.attrib["name"], case.attrib["classname"]) == ("digits", "rngd")
    result = run_tool("garam", *line, "--threshold", "latency_s=0.02")
    assert "changed: digits on rngd: latency_s" in result.stdout

    # Accuracy is worse when it shrinks; what the device yields is compared bit by bit.
    edit(path, "digits on rngd", latency_s=row["latency_s"], sqnr_db=row["sqnr_db"] + 10,
         output_sha256="0")
    result = run_tool("garam", *line, status=DIFFERS)
    assert "WORSE: digits on rngd: sqnr_db" in result.stdout
    assert "changed: digits on rngd: output_sha256" in result.stdout


def test_bench_guards_memory(run_tool, tmp_path):
    path = tmp_path / "baseline.json"
    line = ["bench", DIGITS, "--targets", "rngd", *ONE, "--baseline", path, "--timing-only"]
    run_tool("garam", *line, "--update-baseline")
    peak = json.loads(path.read_text())["digits on rngd"]["sram_peak_bytes"]
    edit(path, "digits on rngd", sram_peak_bytes=peak / 2)
    result = run_tool("garam", *line, status=DIFFERS)
    assert "WORSE: digits on rngd: sram_peak_bytes" in result.stdout
    run_tool("garam", *line, "--threshold", "sram_peak_bytes=0.5", status=DIFFERS)
    run_tool("garam", *line, "--threshold", "sram_peak_bytes=1")
    # A row without the figure guards nothing.
    edit(path, "digits on rngd", sram_peak_bytes=peak)
    baseline = json.loads(path.read_text())
    del baseline["digits on rngd"]["latency_s"]
    path.write_text(json.dumps(baseline))
    result = run_tool("garam", *line, status=DIFFERS)
    assert ("WORSE: digits on rngd: latency_s is not in the baseline; hint: write it with "
            "--update-baseline") in result.stdout


@pytest.mark.parametrize("before, now, worse", [
    ({}, {}, []),
    ({}, {"error": "no"}, ["compiled -> no"]),
    ({"error": "no"}, {}, []),
    ({"energy_j": None}, {}, ["energy_j is not in the baseline; hint: write it with --update-baseline"]),
    ({"bound_s": None}, {"sqnr_db": None}, []),
    ({}, {"dram_read_bytes": None}, ["dram_read_bytes is in the baseline, but is not measured any more"]),
])
def test_a_figure_of_one_row_alone(before, now, worse):
    """None stands for a figure that is not there."""
    def make_row(changes):
        figures = {} if "error" in changes else {key: changes.get(key, 1) for key in garam._bench.COMPARED}
        figures.update(error for error in changes.items() if error[0] == "error")
        return {"model": "m", "target": "t", **{key: value for key, value in figures.items() if value is not None}}

    changes = garam._bench.compare_row(make_row(now), {"m on t": make_row(before)}, {})
    assert [text for is_worse, text in changes if is_worse] == worse


def test_a_model_that_no_longer_compiles_is_worse(run_tool, tmp_path):
    path = tmp_path / "baseline.json"
    line = ["bench", DIGITS, "--targets", "rngd", "--baseline", path, "--timing-only"]
    run_tool("garam", *line, *ONE, "--update-baseline")
    result = run_tool("garam", *line, status=DIFFERS)
    assert "WORSE: digits on rngd: compiled ->" in result.stdout
    # One that the baseline does not know is told.
    result = run_tool("garam", "bench", DIGITS, "--targets", "atom", *ONE, "--baseline", path)
    assert "digits on atom: not in the baseline; compiles" in result.stdout


@pytest.mark.parametrize("before, now, is_worse", [
    (None, 12.0, True),  # it was equal bit by bit
    (None, "-inf", True),
    (12.0, None, False),
    (12.0, "-inf", True),
    ("-inf", 12.0, False),
    ("-inf", None, False),
    (12.0, 11.9, False),  # within the threshold
    (12.0, 11.0, True),
    (-5.0, -5.2, True),
])
def test_equal_is_better_than_any_ratio_and_nan_is_worse(before, now, is_worse):
    def make_row(ratio):
        return {"model": "m", "target": "t", "sqnr_db": ratio}

    ((worse, text),) = garam._bench.compare_row(make_row(now), {"m on t": make_row(before)}, {})
    assert worse == is_worse and text.startswith("sqnr_db ")
    # It is so in the file, too.
    kept = json.loads(format_baseline({}, [make_row(before)], ["sqnr_db"]))
    assert kept == {"m on t": {"sqnr_db": before}}


def test_bench_says_that_outputs_are_equal_or_not_finite(run_tool, tmp_path):
    path = tmp_path / "nan.onnx"
    onnx.save(make_model(helper.make_node("Neg", ["x"], ["y"]), outputs=["y"]), path)
    line = ["bench", path, "--targets", "host", "--json", tmp_path / "rows.json"]
    result = run_tool("garam", *line)
    assert json.loads((tmp_path / "rows.json").read_text())[0]["sqnr_db"] is None and " equal  nan on host" in result.stdout
    assert garam._bench._make_figure(float("nan")) == garam._bench._make_figure(float("-inf")) == "-inf"


def test_models_and_targets_of_the_same_name_have_rows_of_their_own(run_tool, tmp_path):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.onnx").write_bytes(DIGITS.read_bytes())
    (tmp_path / "rngd.yaml").write_text((SOURCE_DIR / "targets" / "rngd.yaml").read_text())
    run_tool("garam", "bench", "a/model.onnx", "b/model.onnx", DIGITS, DIGITS, "--targets", "rngd,rngd.yaml", *ONE,
             "--timing-only", "--baseline", "baseline.json", "--update-baseline", cwd=tmp_path)
    assert set(json.loads((tmp_path / "baseline.json").read_text())) == {
        f"{model} on {target}" for model in ("a/model.onnx", "b/model.onnx", "digits")
        for target in ("rngd", "rngd.yaml")}
