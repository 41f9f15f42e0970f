"""Outputs that are the next run's inputs: `--state`, sessions, what a binary says of it."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest

import garam
from conftest import MODEL, USAGE

SHAPE = (2, 8)
TARGETS = ["host", "rngd", "atom"]


def make_model(path, nodes=None, inputs=(("x", SHAPE), ("sum", SHAPE)),
               outputs=(("y", SHAPE), ("next", SHAPE))):
    """By default a running sum, and its double."""
    nodes = nodes or [helper.make_node("Add", ["x", "sum"], ["next"]),
                      helper.make_node("Add", ["next", "next"], ["y"])]

    def describe(values):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in values]

    graph = helper.make_graph(nodes, "g", describe(inputs), describe(outputs))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                                ir_version=10), path)
    return path


def make_input(seed):
    # Small whole numbers: sums of them are exact in every type.
    return np.random.default_rng(seed).integers(-4, 5, SHAPE).astype(np.float32)


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_run_leaves_is_what_the_next_one_takes(target, tmp_path):
    executable = garam.compile(make_model(tmp_path / "m.onnx"), target, states={"sum": "next"})
    assert [value.name for value in executable.inputs] == ["x"]
    assert [value.name for value in executable.outputs] == ["y"]
    assert [(state.input.name, state.output.name, state.input.shape)
            for state in executable.states] == [("sum", "next", SHAPE)]
    session, total = executable.session(), np.zeros(SHAPE, np.float32)
    for seed in range(5):
        x = make_input(seed)
        total = total + x
        outputs = session.run({"x": x})
        assert list(outputs) == ["y"]
        np.testing.assert_array_equal(outputs["y"], 2 * total)
        np.testing.assert_array_equal(session.read_states()["sum"], total)


@pytest.mark.parametrize("target", TARGETS)
def test_state_is_given_and_reset(target, tmp_path):
    executable = garam.compile(make_model(tmp_path / "m.onnx"), target, states={"sum": "next"})
    session, x = executable.session(), make_input(0)
    given = np.full(SHAPE, 3, np.float32)
    np.testing.assert_array_equal(session.run({"x": x, "sum": given})["y"], 2 * (x + 3))
    np.testing.assert_array_equal(session.run({"x": x})["y"], 2 * (2 * x + 3))
    session.reset_states()
    np.testing.assert_array_equal(session.read_states()["sum"], np.zeros(SHAPE))
    np.testing.assert_array_equal(session.run({"x": x})["y"], 2 * x)
    # Each session has its own.
    np.testing.assert_array_equal(executable.run({"x": x})["y"], 2 * x)


def test_a_run_that_fails_leaves_state_as_it_was(tmp_path):
    executable = garam.compile(make_model(tmp_path / "m.onnx"), "rngd", states={"sum": "next"})
    session, x = executable.session(), make_input(0)
    session.run({"x": x})
    for inputs in [{}, {"x": x[:1]}, {"x": x, "sum": x.astype(np.float64)}, {"x": x, "next": x}]:
        with pytest.raises(garam.InputError):
            session.run(inputs)
    np.testing.assert_array_equal(session.read_states()["sum"], x)


def test_inputs_of_a_message_have_state_among_them(tmp_path):
    executable = garam.compile(make_model(tmp_path / "m.onnx"), "host", states={"sum": "next"})
    with pytest.raises(garam.InputError, match=r"no input 'y'; its inputs are 'x' \(float32\[2,8\]"
                                               r"\), 'sum' \(float32\[2,8\]\)"):
        executable.run({"x": make_input(0), "y": make_input(0)})


def test_in_the_shape_of_onnxruntime(tmp_path):
    session = garam.InferenceSession(make_model(tmp_path / "m.onnx"), "rngd",
                                     states={"sum": "next"})
    assert [value.name for value in session.get_inputs()] == ["x"]
    assert [value.name for value in session.get_outputs()] == ["y"]
    x = make_input(3)
    for number in range(3):
        np.testing.assert_array_equal(session.run(None, {"x": x})[0], 2 * (number + 1) * x)


# Two that swap, one of which passes through without a change.
def test_states_are_swapped_together(tmp_path):
    model = make_model(tmp_path / "m.onnx", [
        helper.make_node("Identity", ["a"], ["b_next"]),
        helper.make_node("Add", ["a", "b"], ["a_next"]),
        helper.make_node("Neg", ["b"], ["y"])],
        [("a", (3,)), ("b", (3,))], [("y", (3,)), ("a_next", (3,)), ("b_next", (3,))])
    for target in TARGETS:
        session = garam.compile(model, target,
                                states={"a": "a_next", "b": "b_next"}).session()
        a, b = np.array([1, 2, 3], np.float32), np.array([0, 1, 0], np.float32)
        expected = session.run({"a": a, "b": b})["y"]
        for _ in range(6):
            np.testing.assert_array_equal(expected, -b)
            a, b = a + b, a
            expected = session.run({})["y"]


# The cache of a decoder costs no transfer over the host link.
def test_state_stays_on_the_device(tmp_path):
    model = make_model(tmp_path / "m.onnx", inputs=[("x", (1, 8)), ("sum", (512, 8))],
                       outputs=[("y", (512, 8)), ("next", (512, 8))])
    plain = garam.compile(model, "rngd").report()["host_link_s"]
    kept = garam.compile(model, "rngd", states={"sum": "next"}).report()["host_link_s"]
    assert kept < plain


def test_command_line(run_tool, tmp_path):
    model, binary = make_model(tmp_path / "m.onnx"), tmp_path / "m.garam"
    run_tool("garam", "compile", model, "--target", "rngd", "--state", "sum=next", "-o", binary,
             "--quiet")
    x = make_input(1)
    np.save(tmp_path / "x.npy", x)
    total = np.zeros(SHAPE, np.float32)
    for number in range(3):
        folder = tmp_path / str(number)
        state = ["--input", f"sum={tmp_path / str(number - 1) / 'next.npy'}"] if number else []
        run_tool("garam", "run", binary, "--input", f"x={tmp_path / 'x.npy'}", *state, "-o",
                 folder, "--quiet")
        total = total + x
        np.testing.assert_array_equal(np.load(folder / "next.npy"), total)
        np.testing.assert_array_equal(np.load(folder / "y.npy"), 2 * total)
    text = run_tool("garam", "inspect", binary).stdout
    assert "  state    sum float32[2,8]" in text and "  --state sum=next" in text
    executable = garam.load(binary)
    assert [state.output.name for state in executable.states] == ["next"]


def test_stages_have_their_states(run_tool, fails, tmp_path):
    model = make_model(tmp_path / "m.onnx")
    for stage in ["onnx", "linalg", "placed"]:
        run_tool("garam", "compile", model, "--target", "rngd", "--state", "sum=next", "--emit",
                 stage, "-o", tmp_path / "ir.mlir")
        run_tool("garam", "compile", tmp_path / "ir.mlir", "--from", stage, "--target", "rngd",
                 "-o", tmp_path / "m.garam", "--quiet")
        assert [state.input.name for state in garam.load(tmp_path / "m.garam").states] == ["sum"]
    text = (tmp_path / "ir.mlir").read_text()
    (tmp_path / "ir.mlir").write_text(text.replace('onnx.state = "next"', 'onnx.state = "none"'))
    fails(MODEL, "state 'sum' is the output 'none', which there is not", "compile",
          tmp_path / "ir.mlir", "--from", "placed", "--target", "rngd", "-o", tmp_path / "n.garam")
    fails(USAGE, "--state is for ONNX files; IR has its states", "compile", tmp_path / "ir.mlir",
          "--from", "placed", "--target", "rngd", "--state", "sum=next", "-o", tmp_path / "n.garam")


@pytest.mark.parametrize("states, message", [
    (["sum"], "--state sum: expected INPUT=OUTPUT"),
    (["z=next"], "--state z=next: the model has no input 'z'; its inputs are 'x', 'sum'"),
    (["sum=z"], "--state sum=z: the model has no output 'z'; its outputs are 'y', 'next'"),
    (["sum=next", "sum=y"], "--state sum=y: the input is given a state twice"),
    (["sum=next", "x=next"],
     "--state x=next: the output is the state of another input already"),
])
def test_wrong_options(states, message, fails, tmp_path):
    options = [text for state in states for text in ("--state", state)]
    fails(USAGE, message, "compile", make_model(tmp_path / "m.onnx"), "--target", "rngd",
          *options, "-o", tmp_path / "m.garam")


def test_another_shape_is_told(fails, tmp_path):
    model = make_model(tmp_path / "m.onnx", [helper.make_node("Concat", ["x", "sum"], ["next"],
                                                              axis=0)],
                       outputs=[("next", (4, 8))])
    fails(USAGE, "--state sum=next: the output is tensor<4x8xf32>, the input needs "
                 "tensor<2x8xf32>", "compile", model, "--target", "rngd", "--state", "sum=next",
          "-o", tmp_path / "m.garam")


@pytest.mark.parametrize("target", TARGETS)
def test_one_tensor_is_two_states(target, tmp_path):
    model = make_model(tmp_path / "m.onnx", [
        helper.make_node("Add", ["x", "sum"], ["next"]),
        helper.make_node("Identity", ["next"], ["y"])])
    session = garam.compile(model, target, states={"sum": "next", "x": "y"}).session()
    x = make_input(0)
    session.run({"x": x})
    for number in range(4):
        states = session.read_states()
        np.testing.assert_array_equal(states["x"], 2**number * x)
        np.testing.assert_array_equal(states["sum"], 2**number * x)
        session.run({})


# A node that only the host takes does not make the state of the others move.
def test_state_stays_on_the_device_that_uses_it(tmp_path):
    model = make_model(tmp_path / "m.onnx", [
        helper.make_node("Add", ["x", "sum"], ["next"]),
        helper.make_node("Atan", ["next"], ["y"])])
    executable = garam.compile(model, "rngd", states={"sum": "next"})
    moved = [link["bytes"] for link in executable.report()["links"]]
    assert moved == [2 * 2 * 8 * 4]  # x to the device, its sum to the host
    session, x = executable.session(), make_input(4)
    for number in range(3):
        np.testing.assert_allclose(session.run({"x": x})["y"], np.arctan((number + 1) * x),
                                   rtol=1e-3)


def test_names_with_equal_signs(tmp_path):
    model = make_model(tmp_path / "m.onnx", [helper.make_node("Add", ["x", "s=1"], ["s=1=out"])],
                       [("x", (2,)), ("s=1", (2,))], [("s=1=out", (2,))])
    executable = garam.compile(model, "host", states={"s=1": "s=1=out"})
    assert [state.output.name for state in executable.states] == ["s=1=out"]


def make_quantized(path, scale):
    """A chip of integers gets and gives the state as int8; its scale is that of the model."""
    constants = {"s": np.float32(0.5), "t": np.float32(scale), "z": np.int8(3),
                 "w": np.eye(8, dtype=np.int8)}
    nodes = [helper.make_node("QuantizeLinear", ["sum", "s", "z"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
             helper.make_node("DequantizeLinear", ["w", "one"], ["e"]),
             helper.make_node("MatMul", ["d", "e"], ["p"]),
             helper.make_node("Relu", ["p"], ["r"]),
             helper.make_node("QuantizeLinear", ["r", "t", "z"], ["u"]),
             helper.make_node("DequantizeLinear", ["u", "t", "z"], ["next"])]
    value = helper.make_tensor_value_info("sum", TensorProto.FLOAT, SHAPE)
    result = helper.make_tensor_value_info("next", TensorProto.FLOAT, SHAPE)
    graph = helper.make_graph(nodes, "g", [value], [result], [
        numpy_helper.from_array(np.asarray(v), n)
        for n, v in {**constants, "one": np.float32(1)}.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                                ir_version=10), path)
    return path


def test_state_of_integers_has_one_scale(fails, tmp_path):
    session = garam.compile(make_quantized(tmp_path / "m.onnx", 0.5), "warboy",
                            states={"sum": "next"}).session()
    np.testing.assert_array_equal(session.read_states()["sum"], np.zeros(SHAPE))
    x = make_input(2)
    session.run({"sum": x})
    np.testing.assert_array_equal(session.read_states()["sum"], np.maximum(x, 0))
    fails(MODEL, "state 'sum' from output 'next': the device has integers only, of different "
                 "scales for the two; hint: let the model quantise both in the same way", "compile",
          make_quantized(tmp_path / "n.onnx", 0.25), "--target", "warboy", "--state", "sum=next",
          "-o", tmp_path / "n.garam")


def argmax_is_safe(expected, actual):
    """The same token, wherever the margin of the expected one exceeds the observed error."""
    best = np.sort(expected.ravel())[-2:]
    return (expected.argmax() == actual.argmax()
            or best[1] - best[0] <= np.abs(expected - actual).max())


@pytest.mark.parametrize("target, tolerance", [("host", 1e-4), ("rngd", 0.5)])
def test_decoder_keeps_its_cache(target, tolerance, models_dir):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = models_dir / "stories260k" / "decode_op17.onnx"
    caches = [f"{kind}{layer}" for layer in range(5) for kind in "kv"]
    session = garam.compile(path, target, states={name: f"{name}_out" for name in caches}).session()
    reference = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in reference.get_outputs()]
    cache = {name: np.zeros((1, 4, 512, 8), np.float32) for name in caches}
    token = 1
    for position in range(64):
        step = {"token": np.array([[token]]), "pos": np.array([position])}
        expected = dict(zip(names, reference.run(names, {**step, **cache})))
        cache = {name: expected[f"{name}_out"] for name in caches}
        logits = session.run(step)["logits"]
        np.testing.assert_allclose(logits, expected["logits"], rtol=1e-3, atol=tolerance)
        assert argmax_is_safe(expected["logits"], logits)
        token = int(expected["logits"].argmax())
