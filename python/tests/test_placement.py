"""Models on several devices: placed by hand, by default, and what falls back to the host."""

import json
import os
import re

import numpy
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import CONFIG, DIGITS, MODEL, SOURCE_DIR, USAGE

SYSTEM = "kcloud-stage1"


def write_rules(path, *rules):
    path.write_text(json.dumps({"schema": 1, "rules": list(rules)}))
    return path


def on(device, **pattern):
    return {**pattern, "device": device}


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.npy"
    numpy.save(path, numpy.random.default_rng(1).random((1, 1, 8, 8), dtype=numpy.float32))
    return path


def run_reference(model, **inputs):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return session.run(None, {name: numpy.load(path) for name, path in inputs.items()})


def get_cosine(a, b):
    a, b = a.astype(numpy.float64).ravel(), b.astype(numpy.float64).ravel()
    return a @ b / numpy.sqrt((a @ a) * (b @ b))


def compile_digits(run_tool, tmp_path, *arguments, target=SYSTEM, **options):
    binary = tmp_path / "digits.garam"
    result = run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", target, "-o", binary,
                      *arguments, **options)
    return binary, result


def test_layers_on_two_devices(run_tool, tmp_path, image):
    rules = write_rules(tmp_path / "p.json", on("atom", node="*"), on("host", op="Gemm"),
                        on("host", node="relu1"))
    binary, _ = compile_digits(run_tool, tmp_path, "--placement", rules, "--quiet")
    run_tool("garam", "run", binary, "--input", f"image={image}", "--output-dir", tmp_path / "out",
             "--quiet")
    expected = run_reference(DIGITS, image=image)[0]
    assert get_cosine(numpy.load(tmp_path / "out" / "logits.npy"), expected) >= 0.998


def test_what_was_used_gives_the_same_binary(run_tool, tmp_path):
    used = tmp_path / "used.json"
    binary, _ = compile_digits(run_tool, tmp_path, "--emit-placement", used, "--quiet")
    content = binary.read_bytes()
    rules = json.loads(used.read_text())["rules"]
    assert {rule["node"] for rule in rules} == {node.name for node in onnx.load(DIGITS).graph.node}
    assert {rule["device"] for rule in rules} <= {"atom", "host"}
    binary, _ = compile_digits(run_tool, tmp_path, "--placement", used, "--quiet")
    assert binary.read_bytes() == content


def test_stages_of_a_system(run_tool, tmp_path):
    """Each can be taken up again, with the same bytes in the end."""
    rules = write_rules(tmp_path / "p.json", on("atom", node="*"), on("host", op="Gemm"))
    stages = tmp_path / "stages"
    binary, _ = compile_digits(run_tool, tmp_path, "--placement", rules, "--dump-stages", stages,
                               "--quiet")
    names = [path.name.split(".")[1] for path in sorted(stages.glob("*.mlir"))]
    assert names[:3] == ["onnx", "linalg", "placed"]
    assert any(name.startswith("npu-") for name in names)
    assert any(name.startswith("host-") for name in names)
    again = tmp_path / "again.garam"
    for name in names[2:]:
        stage = next(stages.glob(f"*.{name}.mlir"))
        run_tool("garam", "compile", stage, f"--from={name}", "-o", again, "--quiet")
        assert again.read_bytes() == binary.read_bytes(), name
    emitted = run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", SYSTEM, "--placement",
                       rules, f"--emit={names[-1]}").stdout
    assert emitted.count("hetero.dispatch") == 4


def make_top(tmp_path):
    """A matrix product and an operator that an NPU refuses."""
    x, y, weights = ([helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16])],
                     [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
                     numpy.random.default_rng(2).standard_normal((16, 8)).astype(numpy.float32))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"], name="product"),
             helper.make_node("Atan", ["p"], ["q"], name="angle"),
             helper.make_node("Relu", ["q"], ["y"], name="relu")]
    graph = helper.make_graph(nodes, "graph", x, y, [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "top.onnx"
    onnx.save(model, path)
    return path


def test_what_a_chip_refuses_falls_back(run_tool, fails, tmp_path):
    model, binary = make_top(tmp_path), tmp_path / "top.garam"
    arguments = ("compile", model, "--target", "atom", "-o", binary)
    errors = fails(MODEL, "node 'angle' (Atan, opset 17): ", *arguments)
    reason = re.search(r": (the vector engine .*|no .*) \(target", errors)[1]
    result = run_tool("garam", *arguments, "--emit-placement", tmp_path / "p.json", "--quiet")
    assert f"node 'angle' (Atan, opset 17): runs on 'host': 'atom': " in result.stderr
    assert reason in result.stderr
    rules = {rule["node"]: rule for rule in json.loads((tmp_path / "p.json").read_text())["rules"]}
    assert {node: rule["device"] for node, rule in rules.items()} == {
        "product": "atom", "angle": "host", "relu": "atom"}
    assert reason in rules["angle"]["reasons"]["atom"]
    report = tmp_path / "report.json"
    run_tool("garam", "run", binary, "--timing-only", "--quiet", "--report", report)
    nodes = {node["id"]: node for node in json.loads(report.read_text())["nodes"]}
    assert nodes["angle"]["device"] == "host" and reason in nodes["angle"]["reason"]
    # The same by hand, byte for byte; and elsewhere it is an error.
    content = binary.read_bytes()
    run_tool("garam", *arguments, "--placement", tmp_path / "p.json", "--quiet")
    assert binary.read_bytes() == content
    everything = write_rules(tmp_path / "all.json", on("atom", node="*"))
    errors = run_tool("garam", *arguments, "--placement", everything, status=MODEL).stderr
    assert (f"node 'angle' (Atan, opset 17): {everything}: rules[0] ('node': '*') places it on 'atom' "
            "(target 'atom'), which does not take it: cannot carry out 'Atan': ") in errors
    assert reason in errors and errors.rstrip().endswith("; hint: it may be on 'host'")

    numpy.save(tmp_path / "x.npy", numpy.random.default_rng(3).random((1, 16), dtype=numpy.float32))
    run_tool("garam", "run", binary, "--input", f"x={tmp_path / 'x.npy'}", "--output-dir",
             tmp_path / "out", "--quiet")
    expected = run_reference(model, x=tmp_path / "x.npy")[0]
    assert get_cosine(numpy.load(tmp_path / "out" / "y.npy"), expected) >= 0.998


def test_all_that_is_refused_is_told_at_once(run_tool, tmp_path):
    """Also what a device takes only behind something else; by the operators of the model."""
    rules = write_rules(tmp_path / "p.json", on("host", node="*"), on("hermes", op="Relu"),
                        on("hbm-pim-x4", op="MaxPool"))
    _, result = compile_digits(run_tool, tmp_path, "--placement", rules, target="kcloud-stage3",
                               status=MODEL)
    errors = [line for line in result.stderr.splitlines() if "places it on" in line]
    assert [re.search(r"node '(\w+)'", line)[1] for line in errors] == ["relu1", "relu2", "pool", "relu3"]
    for line in errors:
        rule = "rules[2] ('op': 'MaxPool')" if "'pool'" in line else "rules[1] ('op': 'Relu')"
        assert f"{rules}: {rule} places it on 'h" in line
        assert re.search(r"which does not take it: cannot carry out '(Relu|MaxPool)': is neither ", line)
        assert re.search(r"; hint: it may be on 'atom', (.*, )?'host'$", line)
    assert "linalg." not in result.stderr and "tensor." not in result.stderr


def test_what_is_written_is_legal_and_says_why(run_tool, tmp_path):
    """A reason for each device that would not take the node where it is."""
    used = tmp_path / "used.json"
    binary, _ = compile_digits(run_tool, tmp_path, "--emit-placement", used, "--placement",
                               SOURCE_DIR / "examples" / "digits" / "placement.json",
                               target="kcloud-stage3")
    content = binary.read_bytes()
    rules = {rule["node"]: rule for rule in json.loads(used.read_text())["rules"]}
    # One behind a product on the analog chip, which it may join, and two behind other devices.
    assert "hermes" not in rules["relu2"].get("reasons", {})
    for name in ("relu1", "relu3"):
        assert rules[name]["reasons"]["hermes"].startswith("cannot carry out 'Relu': is neither a product")
    assert set(rules["pool"]["reasons"]) == {"hermes", "hbm-pim-x4"}
    binary, _ = compile_digits(run_tool, tmp_path, "--placement", used, target="kcloud-stage3")
    assert binary.read_bytes() == content


def test_products_have_the_weights(run_tool, tmp_path):
    """Banks that are too small for a product are not too small for the ReLU behind it."""
    path = tmp_path / "small.yaml"
    path.write_text((SOURCE_DIR / "targets" / "hbm-pim.yaml").read_text().replace(
        "operand_row_mask: { value: 4095", "operand_row_mask: { value: 1").replace(
        "name: hbm-pim", "name: small"))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1024]) for name in "xy")
    weights = numpy_helper.from_array(numpy.ones((1024, 1024), numpy.float32), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["p"], name="product"),
                               helper.make_node("Relu", ["p"], ["y"], name="relu")], "graph", [x], [y],
                              [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "model.onnx")
    errors = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", path, "-o",
                      tmp_path / "model.garam", "--quiet").stderr
    assert re.search(r"node 'product' \(MatMul, opset 17\): runs on 'host': 'small': needs .* bytes of banks",
                     errors), errors
    assert "relu" not in errors


SMALL_CHIPS = {
    # Three crossbars.
    "hermes": ("cores: { value: 64", "cores: { value: 3"),
    # Four rows of each bank.
    "hbm-pim": ("operand_row_mask: { value: 4095", "operand_row_mask: { value: 3"),
}


def make_crowd(tmp_path, chip, between):
    """A chip with room for one of the two products of a model, between which another operator is."""
    target = tmp_path / "small.yaml"
    text = (SOURCE_DIR / "targets" / f"{chip}.yaml").read_text()
    assert SMALL_CHIPS[chip][0] in text
    target.write_text(text.replace(*SMALL_CHIPS[chip]).replace(f"name: {chip}\n", "name: small\n"))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 512]) for name in "xy")
    generator = numpy.random.default_rng(4)
    weights = [numpy_helper.from_array(
        generator.standard_normal(shape).astype(numpy.float32) / 16, name)
        for name, shape in (("v", (512, 256)), ("w", (256, 512)))]
    nodes = [helper.make_node("MatMul", ["x", "v"], ["a"], name="first"),
             helper.make_node(between, ["a"], ["b"], name="between"),
             helper.make_node("MatMul", ["b", "w"], ["y"], name="second")]
    model = tmp_path / "crowd.onnx"
    graph = helper.make_graph(nodes, "graph", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              model)
    return "compile", model, "--target", target, "-o", tmp_path / "crowd.garam"


@pytest.mark.parametrize("chip", SMALL_CHIPS)
@pytest.mark.parametrize("between", ["Relu", "Tanh"])
def test_what_has_no_room_beside_others_has_room_alone(run_tool, tmp_path, chip, between):
    """The whole model does not fit, but what is placed on the chip does."""
    arguments = make_crowd(tmp_path, chip, between)
    rules = write_rules(tmp_path / "p.json", on("host", node="*"), on("small", node="second"))
    run_tool("garam", *arguments, "--placement", rules, "--quiet")
    x = tmp_path / "x.npy"
    numpy.save(x, numpy.random.default_rng(5).random((1, 512), dtype=numpy.float32))
    run_tool("garam", "run", tmp_path / "crowd.garam", "--input", f"x={x}", "--output-dir",
             tmp_path / "out", "--quiet")
    expected = run_reference(tmp_path / "crowd.onnx", x=x)[0]
    # A crossbar's converters, with ranges that are guesses, cost more than f16.
    least = {"hermes": 0.9, "hbm-pim": 0.998}[chip]
    assert get_cosine(numpy.load(tmp_path / "out" / "y.npy"), expected) >= least


@pytest.mark.parametrize("chip", SMALL_CHIPS)
@pytest.mark.parametrize("between", ["Relu", "Tanh"])
def test_what_has_no_rule_makes_room(run_tool, tmp_path, chip, between):
    """For what has one, with a reason that says so, in the same program or in another."""
    arguments = make_crowd(tmp_path, chip, between)
    rules = write_rules(tmp_path / "p.json", on("small", node="second"))
    used = tmp_path / "used.json"
    run_tool("garam", *arguments, "--placement", rules, "--emit-placement", used, "--quiet")
    found = {rule["node"]: rule for rule in json.loads(used.read_text())["rules"]}
    assert found["second"]["device"] == "small" and found["first"]["device"] == "host"
    assert found["first"]["reasons"]["small"].startswith("it leaves no room for node 'second': ")
    content = (tmp_path / "crowd.garam").read_bytes()
    run_tool("garam", *arguments, "--placement", used, "--quiet")
    assert (tmp_path / "crowd.garam").read_bytes() == content


@pytest.mark.parametrize("chip", SMALL_CHIPS)
def test_nothing_makes_room_where_all_have_rules(run_tool, tmp_path, chip):
    """Of two products of one program the second has no place; of two programs the rules of both are
    told."""
    arguments = make_crowd(tmp_path, chip, "Relu")
    rules = write_rules(tmp_path / "p.json", on("small", node="*"))
    errors = run_tool("garam", *arguments, "--placement", rules, status=MODEL).stderr
    assert re.search(r"node 'second' \(MatMul, opset 17\): .*rules\[0\] \('node': '\*'\) places it on "
                     r"'small' .* which does not take it: .*; hint: it may be on 'host'", errors), errors
    assert errors.count("error: ") == 1
    arguments = make_crowd(tmp_path, chip, "Tanh")
    rules = write_rules(tmp_path / "p.json", on("host", op="Tanh"), on("small", op="MatMul"))
    errors = run_tool("garam", *arguments, "--placement", rules, status=MODEL).stderr
    assert "node 'second' (MatMul, opset 17): " in errors
    assert (f"note: {rules}: rules[1] ('op': 'MatMul') places node 'first' and 1 more on 'small'"
            in errors), errors


def test_tensors_of_two_programs_have_no_room(run_tool, tmp_path):
    """Each fits the chip's buffer. By default one goes, if it has no rule; the error names the rules."""
    shape = [1, 1, 1000, 1800]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    weights = [numpy_helper.from_array(numpy.ones((1, 1, 1, 1), numpy.float32), name) for name in "vw"]
    nodes = [helper.make_node("Conv", ["x", "v"], ["a"], name="first"),
             helper.make_node("Tanh", ["a"], ["b"], name="between"),
             helper.make_node("Conv", ["b", "w"], ["y"], name="second")]
    model = tmp_path / "model.onnx"
    graph = helper.make_graph(nodes, "graph", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    arguments = ("garam", "compile", model, "--target", "hermes", "-o", tmp_path / "model.garam",
                 "--quiet", "--placement")
    rules = write_rules(tmp_path / "p.json", on("hermes", node="first"), on("hermes", node="second"))
    errors = run_tool(*arguments, rules, status=MODEL).stderr
    assert "the segments of device 'hermes' need 28800000 bytes, its memory has 16777216" in errors
    for number, node in enumerate(["first", "second"]):
        assert (f"note: {rules}: rules[{number}] ('node': '{node}') places node '{node}' on 'hermes'"
                in errors), errors
    write_rules(rules, on("hermes", node="second"))
    used = tmp_path / "used.json"
    run_tool(*arguments, rules, "--emit-placement", used)
    found = {rule["node"]: rule["device"] for rule in json.loads(used.read_text())["rules"]}
    assert found == {"first": "host", "between": "host", "second": "hermes"}


def test_stages_of_two_programs_of_one_device(run_tool, tmp_path):
    """A start from a device's own stage, where weights come from the file beside the IR."""
    model = make_crowd(tmp_path, "hbm-pim", "Tanh")[1]
    binary, again, stages = tmp_path / "a.garam", tmp_path / "b.garam", tmp_path / "stages"
    rules = write_rules(tmp_path / "p.json", on("host", op="Tanh"), on("hbm-pim-x4", op="MatMul"))
    run_tool("garam", "compile", model, "--target", "kcloud-stage2", "--placement", rules, "-o", binary,
             "--dump-stages", stages, "--quiet")
    own = [path for path in stages.glob("*.mlir") if ".pim-" in path.name]
    assert own
    for path in own:
        stage = path.name.split(".")[1]
        run_tool("garam", "compile", path, f"--from={stage}", "-o", again, "--quiet")
        assert again.read_bytes() == binary.read_bytes(), stage


def test_constants_are_not_placed(run_tool, tmp_path):
    """An initializer that the model returns is no node, and not judged by where the nodes are."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 64]) for name in "xy")
    c = helper.make_tensor_value_info("c", TensorProto.INT64, [4])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], name="relu")], "graph", [x], [y, c],
                              [onnx.numpy_helper.from_array(numpy.arange(4), "c")])
    model, used = tmp_path / "model.onnx", tmp_path / "used.json"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    arguments = ("garam", "compile", model, "--target", "kcloud-stage3", "-o", tmp_path / "out.garam")
    run_tool(*arguments, "--emit-placement", used)
    assert [rule["node"] for rule in json.loads(used.read_text())["rules"]] == ["relu"]
    run_tool(*arguments, "--placement", used)
    run_tool(*arguments, "--placement", write_rules(used, on("hbm-pim-x4", node="*")))


@pytest.mark.parametrize("device", ["hbm-pim-x4", "hermes", "atom"])
def test_refusals_of_inputs_name_the_node(run_tool, tmp_path, device):
    """And the hint is no device that refuses it too."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [0, 3]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"], name="sum")], "graph", [x], [y])
    model = tmp_path / "empty.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    rules = write_rules(tmp_path / "p.json", on(device, node="*"))
    errors = run_tool("garam", "compile", model, "--target", "kcloud-stage3", "--placement", rules, "-o",
                      tmp_path / "out.garam", status=MODEL).stderr
    assert re.search(fr"node 'sum' \(Add, opset 17\): {rules}: rules\[0\] \('node': '\*'\) places it on "
                     fr"'{device}' .* which does not take it: .*tensor<0x3xf32>.*; hint: it may be on 'host'$",
                     errors.rstrip()), errors


def make_tiny(tmp_path, text="bytes: { value: 16384"):
    """A chip with less memory than the digit classifier needs."""
    path = tmp_path / "tiny.yaml"
    path.write_text((SOURCE_DIR / "targets" / "atom.yaml").read_text().replace(
        "bytes: { value: 17179869184", text).replace("name: atom", "name: tiny"))
    return path


def test_what_does_not_fit_falls_back(run_tool, tmp_path):
    """The device says so when it compiles; a placement by hand is not changed."""
    tiny = make_tiny(tmp_path, "bytes: { value: 24000")
    binary, result = compile_digits(run_tool, tmp_path, "--quiet", target=tiny)
    assert re.search(r"node 'dense1' \(Gemm, opset 17\): runs on 'host': 'tiny': needs \d+ bytes of "
                     r"DRAM .*but tiny has 24000", result.stderr), result.stderr
    # What there is room for before it stays.
    assert re.findall(r"node '(\w+)' .* runs on 'host'", result.stderr) == ["dense1", "relu3", "dense2"]
    rules = write_rules(tmp_path / "p.json", on("tiny", node="*"))
    _, result = compile_digits(run_tool, tmp_path, "--placement", rules, target=tiny, status=MODEL)
    assert "but tiny has 24000" in result.stderr
    assert f"note: {rules}: rules[0] ('node': '*') places node '" in result.stderr
    assert "' and 8 more on 'tiny'" in result.stderr
    nodes = [node.name for node in onnx.load(DIGITS).graph.node]
    write_rules(rules, *[on("tiny", node=name) for name in nodes])
    _, result = compile_digits(run_tool, tmp_path, "--placement", rules, target=tiny, status=MODEL)
    assert result.stderr.count("note: ") == 9
    assert f"note: {len(nodes) - 8} more rules place nodes on 'tiny'" in result.stderr


def test_a_rule_for_a_node_that_is_gone_is_told(run_tool, tmp_path):
    """Its result is a constant."""
    tensor = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    weights = numpy_helper.from_array(numpy.ones((8, 8), numpy.float32), "w")
    nodes = [helper.make_node("Add", ["w", "w"], ["v"], name="known"),
             helper.make_node("MatMul", ["x", "v"], ["y"], name="product")]
    graph = helper.make_graph(nodes, "g", [tensor("x", 1, 8)], [tensor("y", 1, 8)], [weights])
    model = tmp_path / "known.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), model)
    rules = write_rules(tmp_path / "p.json", on("host", node="*"), on("atom", node="known"))
    errors = run_tool("garam", "compile", model, "--target", SYSTEM, "--placement", rules, "-o",
                      tmp_path / "out.garam", "--quiet").stderr
    assert "rules[1] ('node': 'known') places nothing: what it matches is folded away" in errors


@pytest.mark.parametrize("nodes", [[], [helper.make_node("Add", ["w", "w"], ["v"], name="known")]],
                         ids=["none", "folded"])
def test_rules_for_a_model_in_which_nothing_runs(run_tool, fails, tmp_path, nodes):
    """A rule for all nodes is right, and said to have no effect; a name that is not there is wrong."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 8])
    output = helper.make_tensor_value_info("v" if nodes else "w", TensorProto.FLOAT, [8, 8])
    weights = numpy_helper.from_array(numpy.ones((8, 8), numpy.float32), "w")
    graph = helper.make_graph(nodes, "g", [x], [output], [weights])
    model, used = tmp_path / "known.onnx", tmp_path / "used.json"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), model)
    arguments = ("compile", model, "--target", SYSTEM, "-o", tmp_path / "out.garam", "--placement")
    rules = write_rules(tmp_path / "p.json", on("atom", node="*"))
    errors = run_tool("garam", *arguments, rules, "--emit-placement", used, "--quiet").stderr
    assert "rules[0] ('node': '*') places nothing: what it matches is folded away" in errors
    assert json.loads(used.read_text()) == {"schema": 1, "rules": []}
    run_tool("garam", *arguments, used)
    fails(CONFIG, "rules[0] ('node': 'other'): the model has no node of this name", *arguments,
          write_rules(rules, on("atom", node="other")))


AUTOENCODER = SOURCE_DIR.parent / "shared" / "models" / "mlperf_tiny" / "ad_autoencoder_fp32.onnx"


@pytest.mark.skipif(not AUTOENCODER.exists(), reason=f"{AUTOENCODER} is not there")
def test_the_default_does_not_rest_on_guesses(run_tool, tmp_path):
    """Crossbars are the fastest for it, but need to know the ranges of values."""
    def compile_for_all(*arguments):
        run_tool("garam", "compile", AUTOENCODER, "--target", "kcloud-stage3", "-o",
                 tmp_path / "out.garam", "--quiet", "--report", tmp_path / "report.json", *arguments)
        return {node["device"] for node in json.loads((tmp_path / "report.json").read_text())["nodes"]}

    assert "hermes" not in compile_for_all()
    (name,) = [value.name for value in onnxruntime.InferenceSession(str(AUTOENCODER)).get_inputs()]
    samples = numpy.random.default_rng(1).random((4, 640), dtype=numpy.float32)
    numpy.savez(tmp_path / "samples.npz", **{name: samples})
    assert "hermes" in compile_for_all("--calibrate", tmp_path / "samples.npz")


def write_chain(tmp_path, size, nodes):
    """Exponentials of exponentials, one for each node; an empty name is an operation of no node."""
    lines = [f"%e = tensor.empty() : tensor<{size}xf32>"]
    for i, node in enumerate(nodes):
        value = "%x" if i == 0 else f"%v{i - 1}"
        lines.append(f"%v{i} = linalg.exp ins({value} : tensor<{size}xf32>) "
                     f"outs(%e : tensor<{size}xf32>) -> tensor<{size}xf32>" +
                     (f' loc("node:{node}")' if node else ""))
    path = tmp_path / "chain.mlir"
    path.write_text(f'func.func @main(%x: tensor<{size}xf32> {{onnx.name = "x"}})'
                    f' -> (tensor<{size}xf32> {{onnx.name = "y"}}) {{\n' + "\n".join(lines) +
                    f"\nreturn %v{len(nodes) - 1} : tensor<{size}xf32>\n}}\n")
    return path


def test_what_does_not_fit_and_has_no_name(run_tool, tmp_path):
    """Only nodes can be sent elsewhere: without them the refusal is the error, not tried again."""
    arguments = ("--from=linalg", "--target", make_tiny(tmp_path), "-o", tmp_path / "out.garam")
    path = write_chain(tmp_path, 65536, ["wide"])
    errors = run_tool("garam", "compile", path, *arguments).stderr
    assert "runs on 'host': 'tiny': needs" in errors
    path = write_chain(tmp_path, 65536, [""])
    errors = run_tool("garam", "compile", path, *arguments, status=MODEL, timeout=120).stderr
    assert "but tiny has 16384" in errors


@pytest.fixture
def placed(run_tool, tmp_path):
    """The stage file of two nodes on two devices."""
    rules = write_rules(tmp_path / "p.json", on("atom", node="a"), on("host", node="b"))
    path = tmp_path / "placed.mlir"
    run_tool("garam", "compile", write_chain(tmp_path, 8, "ab"), "--from=linalg", "--target", SYSTEM,
             "--placement", rules, "--emit=placed", "-o", path)
    return path


def refuse_placed(run_tool, placed, pattern, replacement):
    text, found = re.subn(pattern, replacement, placed.read_text())
    assert found
    placed.write_text(text)
    return run_tool("garam", "compile", placed, "--from=placed", "-o", placed.with_suffix(".garam"),
                    status=MODEL).stderr


def test_tensors_that_are_not_moved(run_tool, placed):
    errors = refuse_placed(run_tool, placed,
                           r"(?m)^ *%\w+ = hetero\.transfer +(%\w+) to @atom.*\n(.*@atom::@main_0\()%\w+\)",
                           r"\2\1)")
    assert "(C5) uses a tensor in the memory of 'atom', which is in that of 'host'" in errors


def test_placements_of_another_form(run_tool, placed):
    errors = refuse_placed(run_tool, placed, r"hetero\.placement = \[", "hetero.placement = [1, ")
    assert "whose entries are [id, device of the system, {device = reason}], got: 1 : i64" in errors


def test_executables_for_another_machine(run_tool, placed):
    errors = refuse_placed(run_tool, placed, r"target\(#target\)",
                           'target(#npu.target<"other", "">)')
    assert f"has another target than its device \"atom\" of the system '{SYSTEM}'" in errors


def test_mistakes_in_placement_files(fails, tmp_path):
    arguments = ("compile", DIGITS, "--dim", "N=1", "--target", SYSTEM, "-o", tmp_path / "out.garam",
                 "--placement")
    path = tmp_path / "p.json"
    fails(CONFIG, f"cannot read '{path}': No such file", *arguments, path)
    path.write_text("{\n  rules\n}")
    fails(CONFIG, f"{path}: no JSON: [2:3, byte=", *arguments, path)
    write_rules(path, on("atom", node="conv9"))
    fails(CONFIG, f"{path}: rules[0] ('node': 'conv9'): the model has no node of this name; did you "
          "mean 'conv", *arguments, path)
    write_rules(path, on("atom", op="Conv?"))
    fails(CONFIG, f"{path}: rules[0] ('op': 'Conv?'): matches nothing in the model", *arguments, path)
    write_rules(path, {**on("atom", node="*"), "reasons": {"gpu": "no"}})
    fails(CONFIG, f"{path}: rules[0] ('node': '*'), reasons: no device is called 'gpu'", *arguments, path)
    path.write_text('{"schema": 1, "rules": [\n {"op": "Gemm", "device": "atom", "op": "Conv"}]}')
    fails(CONFIG, f"{path}:2:35: 'op' is there twice in one object; keep one", *arguments, path)
    write_rules(path, on("gpu", node="*"))
    fails(CONFIG, f"{path}: rules[0] ('node': '*'): no device is called 'gpu'; the system has atom, "
          "host", *arguments, path)


def test_files_without_end(fails, tmp_path):
    fails(CONFIG, "cannot read '/dev/zero': it is not a regular file", "compile", DIGITS, "--target",
          SYSTEM, "--dim", "N=1", "--placement", "/dev/zero", "-o", tmp_path / "out.garam")
    large = tmp_path / "large.json"
    large.touch()
    os.truncate(large, 1 << 40)
    fails(CONFIG, "it has 1099511627776 bytes; it may have at most 268435456", "compile", DIGITS,
          "--target", SYSTEM, "--dim", "N=1", "--placement", large, "-o", tmp_path / "out.garam")


def test_a_file_of_brackets(fails, tmp_path):
    path = tmp_path / "p.json"
    path.write_text("[" * 200000)
    fails(CONFIG, "p.json: nested deeper than 4", "compile", DIGITS, "--dim", "N=1", "--target",
          "kcloud-stage1", "-o", tmp_path / "model.garam", "--placement", path)


@pytest.mark.parametrize("target", ["atom", "hbm-pim", "hermes", "host", "kcloud-stage3"])
def test_dimensions_that_are_not_fixed(target, fails, tmp_path):
    """They are told once, of the model: no node and no device is at fault."""
    message = fails(MODEL, "digits.onnx: input image: ", "compile", DIGITS, "--target", target, "-o",
                    tmp_path / "out.garam")
    assert "--dim NAME" in message
    assert message.count("\n") == 1 and "node '" not in message and "'host'" not in message


def test_options_that_contradict_each_other(run_tool, fails, tmp_path):
    rules = write_rules(tmp_path / "p.json", on("atom", node="*"))
    placed = tmp_path / "placed.mlir"
    run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", SYSTEM, "--placement", rules,
             "--emit=placed", "-o", placed)
    fails(USAGE, "--placement: this IR is placed; start from a stage before 'placed'", "compile",
          placed, "--from=placed", "--placement", rules, "-o", tmp_path / "out.garam")
    fails(USAGE, "--emit-placement: nothing is placed before stage 'placed'", "compile", DIGITS,
          "--dim", "N=1", "--target", SYSTEM, "--emit=linalg", "--emit-placement",
          tmp_path / "used.json")
    for stage in ("onnx", "linalg"):
        fails(USAGE, "--placement: nothing is placed before stage 'placed'; hint: give it to the "
              "compile that goes on from here", "compile", DIGITS, "--dim", "N=1", "--target", SYSTEM,
              f"--emit={stage}", "--placement", rules, "-o", tmp_path / "stage.mlir")
    fails(USAGE, "the placement file", "compile", DIGITS, "--dim", "N=1", "--target", SYSTEM,
          "--placement", rules, "--emit-placement", rules, "-o", tmp_path / "out.garam")


def test_systems_of_systems(fails, tmp_path):
    path = tmp_path / "system.yaml"
    path.write_text('name: s\nkind: system\ndescription: "nested"\nhost_device: a\n'
                    f"devices:\n  - {{ name: a, target: {SYSTEM} }}\n")
    fails(CONFIG, f"{path}: device 'a' is a system itself; needed the target of one device",
          "compile", DIGITS, "--target", path, "-o", tmp_path / "out.garam")


def test_targets_shows_systems(run_tool):
    text = run_tool("garam", "targets", SYSTEM).stdout
    assert re.search(r"link +atom - host: 51\.2 GB/s, 1500 ns, 35\.20 pJ/B", text)
    assert re.search(r"inputs, outputs +in the memory of host", text)


@pytest.mark.parametrize("count", [20000])
def test_long_chains_are_placed_in_linear_time(run_tool, tmp_path, count):
    """Far more operations than any model has; a quadratic step would take minutes."""
    lines = ['%e = tensor.empty() : tensor<8xf32>']
    for i in range(count):
        value = "%x" if i == 0 else f"%v{i - 1}"
        name = "log" if i % 100 == 99 else "exp"
        lines.append(f"%v{i} = linalg.{name} ins({value} : tensor<8xf32>) outs(%e : tensor<8xf32>) "
                     f'-> tensor<8xf32> loc("node:n{i}")')
    path = tmp_path / "chain.mlir"
    path.write_text('func.func @main(%x: tensor<8xf32> {onnx.name = "x"})'
                    ' -> (tensor<8xf32> {onnx.name = "y"}) {\n' + "\n".join(lines) +
                    f"\nreturn %v{count - 1} : tensor<8xf32>\n}}\n")
    rules = write_rules(tmp_path / "p.json", *[
        on("atom" if i % 100 == 99 else "host", node=f"n{i}") for i in range(count)])
    text = run_tool("garam", "compile", path, "--from=linalg", "--target", SYSTEM, "--placement",
                    rules, "--emit=placed", timeout=120).stdout
    assert text.count("hetero.dispatch") == 2 * count // 100
