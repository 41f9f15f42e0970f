"""The package garam: compile, run, save, load, errors, threads."""

import re
import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import garam
import garam.backend
from conftest import BINARY, CONFIG, DIGITS, INPUT, MODEL, SOURCE_DIR, UNTRUSTED, USAGE
from oracle import run_onnxruntime

IMAGES = np.load(SOURCE_DIR / "examples" / "digits" / "test_images.npy")
IMAGES = IMAGES.astype(np.float32)[:, np.newaxis]
IMAGE = IMAGES[:1]


@pytest.fixture(scope="module")
def digits():
    return garam.compile(DIGITS, "rngd", dims={"N": 1})


def make_model(*nodes, inputs, outputs, dtype=TensorProto.FLOAT):
    """A model of opset 21 whose inputs and outputs are (name, shape)."""
    def describe(values):
        return [helper.make_tensor_value_info(name, dtype, shape) for name, shape in values]

    graph = helper.make_graph(nodes, "test", describe(inputs), describe(outputs))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def make_add(shape=(2, 3), dtype=TensorProto.FLOAT):
    return make_model(helper.make_node("Add", ["a", "b"], ["c"], name="sum"),
                      inputs=[("a", shape), ("b", shape)], outputs=[("c", shape)], dtype=dtype)


def test_all_forms_of_a_model_and_the_tool_give_the_same_binary(digits, run_tool, tmp_path):
    data = DIGITS.read_bytes()
    forms = [str(DIGITS), data, bytearray(data), memoryview(data), onnx.load(DIGITS)]
    path = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", "rngd", "--dim", "N=1", "-o", path)
    hashes = {garam.load(path).content_hash, digits.content_hash}
    for form in forms:
        hashes.add(garam.compile(form, "rngd", dims={"N": 1}, name="digits.onnx").content_hash)
    assert len(hashes) == 1


def test_runs_agree_with_onnxruntime():
    executable = garam.compile(DIGITS, "host", dims={"N": 1})
    expected = run_onnxruntime(DIGITS, {"image": IMAGE})
    outputs = executable.run({"image": IMAGE})
    np.testing.assert_allclose(outputs["logits"], expected["logits"], rtol=1e-4, atol=1e-5)


def test_an_executable_says_what_it_is(digits):
    (value,) = digits.inputs
    assert (value.name, value.dtype, value.shape) == ("image", np.float32, (1, 1, 8, 8))
    assert [output.shape for output in digits.outputs] == [(1, 10)]
    assert digits.target == "rngd" and not digits.holds_native_code
    assert "rngd" in repr(digits)
    assert {"onnx", "linalg", "binary"} <= set(digits.stage_seconds)
    assert digits.report()["latency_s"] == digits.explain()["latency_s"]
    assert "lower bound" in digits.summary()
    assert "Segments" in digits.inspect() and digits.inspect(disassemble=True)


def test_saved_binaries_are_loaded(digits, tmp_path):
    path = tmp_path / "digits.garam"
    digits.save(path)
    loaded = garam.load(path)
    assert loaded.content_hash == digits.content_hash and loaded.compile_seconds is None
    np.testing.assert_array_equal(loaded.run({"image": IMAGE})["logits"],
                                  digits.run({"image": IMAGE})["logits"])


def test_a_session_has_figures_and_values_of_nodes(digits):
    session = digits.session()
    assert session.figures is None
    outputs, values = session.run_with_values({"image": IMAGE})
    assert session.figures.latency_s == digits.report()["latency_s"]
    assert session.figures.macs > 0
    np.testing.assert_array_equal(session.run({"image": IMAGE})["logits"], outputs["logits"])
    assert values["relu1"].ndim == 4 and (values["relu1"].astype(np.float32) >= 0).all()


@pytest.mark.parametrize("change", [
    lambda a: a[:, ::-1],  # strides that are negative
    lambda a: np.asfortranarray(a),
    lambda a: a.astype(a.dtype.newbyteorder(">")),
    lambda a: a.tolist(),
], ids=["reversed", "column-major", "big-endian", "list"])
def test_arrays_of_any_layout_and_byte_order_are_read(change):
    executable = garam.compile(make_add(), "host")
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    b = np.full((2, 3), 0.5, np.float32)
    given = change(a)
    expected = np.asarray(given, np.float32) + b
    np.testing.assert_array_equal(executable.run({"a": given, "b": b})["c"], expected)


def test_arrays_of_rank_0_and_of_no_elements_keep_their_shape():
    scalar = garam.compile(make_add(()), "host").run({"a": np.float32(1), "b": 2.0})["c"]
    assert scalar.shape == () and scalar == 3
    empty = garam.compile(make_add((0, 3)), "host").run(
        {"a": np.zeros((0, 3), np.float32), "b": np.zeros((0, 3), np.float32)})["c"]
    assert empty.shape == (0, 3) and empty.dtype == np.float32


def test_bfloat16_is_that_of_ml_dtypes():
    import ml_dtypes

    executable = garam.compile(make_add(dtype=TensorProto.BFLOAT16), "host")
    ones = np.ones((2, 3), ml_dtypes.bfloat16)
    output = executable.run({"a": ones, "b": ones})["c"]
    assert output.dtype == ml_dtypes.bfloat16 and (output == 2).all()


def test_outputs_outlive_everything_they_came_from():
    output = garam.compile(make_add(), "host").run(
        {"a": np.ones((2, 3), np.float32), "b": np.ones((2, 3), np.float32)})["c"]
    output += 1
    assert (output == 3).all()


class Unwilling:
    """As a tensor of torch whose gradient is recorded."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it has a gradient")


@pytest.mark.parametrize("inputs, part", [
    ({"a": np.zeros((2, 3), np.float32)}, "input 'b' (float32[2,3]) is missing"),
    ({"x": np.zeros(1, np.float32)}, "the model has no input 'x'"),
    ({"a": np.zeros((3, 2), np.float32)}, "input 'a' is float32[3,2], the model needs"),
    ({"a": np.zeros((2, 3), np.float64)}, "input 'a' is float64[2,3], the model needs"),
    ({"a": np.zeros((2, 3), np.complex64)}, "an array of complex64, which no model takes"),
    ({"a": np.array([["x"] * 3] * 2)}, "which no model takes"),
    ({"a": np.array([[None] * 3] * 2)}, "which no model takes"),
    ({"a": [[1], [1, 2]]}, "input 'a' cannot be made an array: setting an array element with a sequence"),
    ({"a": "one"}, "input 'a' cannot be made an array: could not convert string to float"),
    ({"a": Unwilling()}, "input 'a' cannot be made an array: it has a gradient"),
    ({"a": object()}, "input 'a' cannot be made an array: float() argument must be"),
    ({1: np.zeros((2, 3), np.float32)}, "the name of an input is 1, but a string is needed"),
    (None, "inputs are a NoneType, but arrays by the names of inputs are needed; hint: as in {'x': array}"),
    ([np.zeros((2, 3), np.float32)], "inputs are a list, but arrays by the names"),
])
def test_wrong_inputs_are_told(inputs, part):
    executable = garam.compile(make_add(), "host")
    with pytest.raises(garam.InputError, match=re.escape(part)) as caught:
        executable.run(inputs)
    assert caught.value.exit_code == INPUT
    with pytest.raises(garam.InputError, match=re.escape(part)):
        garam.InferenceSession(make_add(), target="host").run(None, inputs)


def test_an_input_with_an_initializer_is_a_constant():
    model = make_add()
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.full((2, 3), 2, np.float32), "b"))
    executable = garam.compile(model, "host")
    assert [value.name for value in executable.inputs] == ["a"]
    ones = np.ones((2, 3), np.float32)
    assert (executable.run({"a": ones})["c"] == 3).all()
    with pytest.raises(garam.InputError, match="has no input 'b'") as caught:
        executable.run({"a": ones, "b": ones})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.hint == "an input of the model that has an initializer is a constant of the binary"


def test_outputs_without_a_type_are_inferred():
    model = make_model(helper.make_node("Relu", ["a"], ["r"]), helper.make_node("Transpose", ["r"], ["t"]),
                       helper.make_node("NonZero", ["a"], ["n"]), helper.make_node("Identity", ["a"], ["i"]),
                       inputs=[("a", ("N", 6))], outputs=[("t", None), ("n", None), ("r", None), ("i", ("K", 6))])
    for number in (0, 1):
        model.graph.output[number].ClearField("type")
    session = garam.InferenceSession(model, target="host")
    assert [(value.name, value.type, value.shape) for value in session.get_outputs()] == [
        ("t", "tensor(float)", [6, "N"]), ("n", "tensor(int64)", [2, ""]), ("r", "tensor(float)", ["N", 6]),
        ("i", "tensor(float)", ["K", 6])]
    x = np.ones((3, 6), np.float32)
    assert [array.shape for array in session.run(["t", "r", "n"], {"a": x})] == [(6, 3), (3, 6), (2, 18)]
    # What inference cannot tell is not known.
    model.graph.node[0].op_type = "Foo"
    session = garam.InferenceSession(model, target="host")
    assert [(value.type, value.shape) for value in session.get_outputs()][0] == ("", [])


def test_a_binary_is_loaded_from_bytes(digits, tmp_path):
    digits.save(tmp_path / "digits.garam")
    data = (tmp_path / "digits.garam").read_bytes()
    expected = digits.run({"image": IMAGE})["logits"]
    for form in (data, bytearray(data), memoryview(data)):
        loaded = garam.load(form)
        assert loaded.content_hash == digits.content_hash
        np.testing.assert_array_equal(loaded.run({"image": IMAGE})["logits"], expected)
    np.testing.assert_array_equal(garam.InferenceSession(data).run(None, {"image": IMAGE})[0], expected)
    with pytest.raises(garam.UsageError, match="model.garam: a device binary is compiled already"):
        garam.InferenceSession(data, target="rngd")
    with pytest.raises(garam.BinaryError, match="model.garam"):
        garam.load(data[:-1])
    with pytest.raises(TypeError, match="the binary is of type int, but a path or bytes are needed"):
        garam.load(3)


def test_errors_carry_what_is_wrong_with_each_node():
    graph = make_model(
        helper.make_node("Det", ["a"], ["b"], name="first"),
        inputs=[("a", (2, 2))], outputs=[("b", ())])
    with pytest.raises(garam.ModelError) as caught:
        garam.compile(graph, "host", name="net.onnx")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.file == "net.onnx"
    assert diagnostic.nodes == (garam.Node("first", "Det", 21),)
    assert diagnostic.message == "this operator is not supported"
    assert caught.value.exit_code == MODEL and isinstance(caught.value, ValueError)
    assert "Det" in str(caught.value)


def test_each_unknown_operator_is_a_diagnostic():
    graph = make_model(helper.make_node("Foo", ["a"], ["m"], name="first"),
                       helper.make_node("Bar\nerror: x", ["m"], ["b"], name="second"),
                       inputs=[("a", (2, 2))], outputs=[("b", (2, 2))])
    with pytest.raises(garam.ModelError) as caught:
        garam.compile(graph, "host", name="net.onnx")
    message = "no opset of ONNX up to 27 has this operator"
    assert [(found.file, found.nodes, found.message) for found in caught.value.diagnostics] == [
        ("net.onnx", (garam.Node("first", "Foo", 21),), message),
        ("net.onnx", (garam.Node("second", "Bar\\x0Aerror: x", 21),), message)]


@pytest.mark.parametrize("action, error, code, part", [
    (lambda: garam.compile("none.onnx", "rngd"), garam.ModelError, MODEL, "does not exist"),
    (lambda: garam.compile(b"", "rngd"), garam.ModelError, MODEL, "it has no graph"),
    (lambda: garam.compile(DIGITS, "none"), garam.TargetError, CONFIG, "no target is called"),
    (lambda: garam.compile(DIGITS, "rngd", precision="x"), garam.UsageError, USAGE,
     "expected bf16 or fp16"),
    (lambda: garam.compile(DIGITS, "rngd", optimization_level=9), garam.UsageError, USAGE,
     "expected -O0 to -O3"),
    (lambda: garam.compile(DIGITS, "rngd", no_such_option=True), garam.UsageError, USAGE,
     "--no-such-option: no device has this option"),
    (lambda: garam.load(DIGITS), garam.BinaryError, BINARY, "not a Garam device binary"),
    (lambda: garam.InferenceSession(DIGITS), garam.UsageError, USAGE, "no target"),
    (lambda: garam.InferenceSession(DIGITS, providers=["CPUExecutionProvider"]), garam.UsageError, USAGE,
     "'providers' is an option of onnxruntime; hint: pass target=NAME, one of garam.targets(), in place of it"),
    (lambda: garam.compile(make_add(), "host", cache="/dev/null/x"), garam.UsageError, USAGE,
     "cache '/dev/null/x' is no folder that can be made: Not a directory"),
    (lambda: garam.compile(make_add(), "host", cache="/dev/null"), garam.UsageError, USAGE,
     "cache '/dev/null' is no folder that can be made: File exists"),
    (lambda: garam.load_device_plugin("none.so"), garam.TargetError, CONFIG, "none.so"),
])
def test_errors_are_exceptions_of_their_kind(action, error, code, part):
    with pytest.raises(error, match=re.escape(part)) as caught:
        action()
    assert type(caught.value) is error and caught.value.exit_code == code


@pytest.mark.parametrize("arguments, part", [
    ({"model": None}, "the model is of type NoneType, but a path, bytes or an onnx.ModelProto is needed"),
    ({"model": 3}, "the model is of type int"),
    ({"dims": [1]}, "dims is of type list, but a mapping is needed"),
    ({"states": "a"}, "states is of type str"),
    ({"shapes": {"a": 3}}, "the shape of 'a' is of type int, but a sequence of sizes is needed"),
    ({"target": 3}, "expected str, bytes or os.PathLike object, not int"),
])
def test_arguments_of_wrong_types_are_told(arguments, part):
    with pytest.raises(TypeError, match=re.escape(part)):
        garam.compile(**{"model": make_add(), "target": "host", **arguments})


def test_options_are_those_of_the_tool(tmp_path):
    samples = {"image": IMAGES[:4]}
    executable = garam.compile(DIGITS, "hermes", dims={"N": 1}, calibration=samples)
    assert executable.report()["target"] == "hermes"
    placement = {"schema": 1, "devices": []}
    with pytest.raises(garam.TargetError):
        garam.compile(DIGITS, "kcloud-stage1", dims={"N": 1}, placement=placement)
    resident = garam.compile(DIGITS, "rngd", dims={"N": 1}, resident_weights=True)
    assert resident.report()["options"]["resident-weights"] == "on"


def test_native_code_of_others_runs_only_when_it_is_trusted(tmp_path, monkeypatch):
    inputs = {"a": np.ones((2, 3), np.float32), "b": np.ones((2, 3), np.float32)}
    executable = garam.compile(make_add(), "host")
    path = tmp_path / "add.garam"
    executable.save(path)
    assert (garam.load(path).run(inputs)["c"] == 2).all()  # it was compiled here
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    with pytest.raises(garam.UntrustedError, match="holds native code") as caught:
        garam.load(path).run(inputs)
    assert caught.value.exit_code == UNTRUSTED
    assert (garam.load(path, trust_native=True).run(inputs)["c"] == 2).all()


def test_warnings_are_pythons(tmp_path):
    model = make_model(helper.make_node("Mul", ["a", "w"], ["b"]),
                       inputs=[("a", (4,))], outputs=[("b", (4,))])
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [4],
                                                      [1, float("nan"), 2, 3]))
    with pytest.warns(garam.GaramWarning):
        executable = garam.compile(model, "rngd")
    assert executable.warnings


def test_other_threads_go_on_during_a_compile():
    threads = [threading.Thread(target=garam.compile, args=(DIGITS, "rngd"),
                                kwargs={"dims": {"N": 1}}) for _ in range(2)]
    for thread in threads:
        thread.start()
    steps = 0
    while any(thread.is_alive() for thread in threads):
        steps += 1
    # With the lock held it is a step for each time that a compile ends.
    assert steps > 100


def test_threads_share_executables_and_sessions(digits):
    images = [np.full((1, 1, 8, 8), 0.1 * i, np.float32) for i in range(8)]
    expected = [digits.run({"image": image})["logits"] for image in images]
    session, results = digits.session(), {}

    def work(i):
        results[i] = (digits.run({"image": images[i]})["logits"],
                      session.run({"image": images[i]})["logits"],
                      garam.compile(DIGITS, "rngd", dims={"N": 1}).content_hash)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, logits in enumerate(expected):
        np.testing.assert_array_equal(results[i][0], logits)
        np.testing.assert_array_equal(results[i][1], logits)
        assert results[i][2] == digits.content_hash


def test_an_inference_session_is_used_as_onnxruntimes(digits, tmp_path):
    session = garam.InferenceSession(str(DIGITS), target="rngd", dims={"N": 1})
    (argument,) = session.get_inputs()
    assert (argument.name, argument.type, argument.shape) == ("image", "tensor(float)", [1, 1, 8, 8])
    (name,) = [output.name for output in session.get_outputs()]
    expected = digits.run({"image": IMAGE})["logits"]
    np.testing.assert_array_equal(session.run(None, {"image": IMAGE})[0], expected)
    np.testing.assert_array_equal(session.run([name], {"image": IMAGE})[0], expected)
    with pytest.raises(garam.UsageError, match="the model has no output 'x'"):
        session.run(["x"], {"image": IMAGE})
    path = tmp_path / "digits.garam"
    digits.save(path)
    np.testing.assert_array_equal(
        garam.InferenceSession(path).run(None, {"image": IMAGE})[0], expected)
    with pytest.raises(garam.UsageError, match="is compiled already"):
        garam.InferenceSession(path, target="rngd")


def test_an_inference_session_binds_open_dimensions_at_the_first_run():
    session = garam.InferenceSession(DIGITS, target="host")
    (argument,) = session.get_inputs()
    assert argument.shape == ["N", 1, 8, 8] and not session.executables
    assert session.get_outputs()[0].shape == ["N", 10]
    for count in (1, 3, 1):
        images = np.repeat(IMAGE, count, axis=0)
        (logits,) = session.run(None, {"image": images})
        np.testing.assert_allclose(logits, run_onnxruntime(DIGITS, {"image": images})["logits"],
                                   rtol=1e-4, atol=1e-5)
    assert len(session.executables) == 2
    # What is bound is compiled at once.
    assert len(garam.InferenceSession(DIGITS, target="host", dims={"N": 2}).executables) == 1
    assert len(garam.InferenceSession(DIGITS, target="host",
                                      shapes={"image": (2, 1, 8, 8)}).executables) == 1
    with pytest.raises(garam.InputError, match="is float64"):
        session.run(None, {"image": IMAGE.astype(np.float64)})
    with pytest.raises(garam.ModelError, match="does not exist"):
        garam.InferenceSession("none.onnx", target="host")


def test_the_backend_binds_open_dimensions_at_the_first_run():
    prepared = garam.backend.prepare(onnx.load(DIGITS))
    for count in (1, 3):
        images = np.repeat(IMAGE, count, axis=0)
        (logits,) = prepared.run([images])
        assert logits.shape == (count, 10)
        np.testing.assert_allclose(logits, run_onnxruntime(DIGITS, {"image": images})["logits"],
                                   rtol=1e-4, atol=1e-5)
    assert prepared.run({"image": IMAGE}).logits.shape == (1, 10)


def test_the_backend_runs_a_node():
    node = helper.make_node("Add", ["a", "b"], ["c"])
    ones = np.ones((2, 3), np.float32)
    for outputs_info in (None, [(np.float32, (2, 3))]):
        (result,) = garam.backend.run_node(node, [ones, ones], outputs_info=outputs_info)
        assert (result == 2).all()
    assert not garam.backend.supports_device("CUDA")
    with pytest.raises(garam.UsageError):
        garam.backend.prepare(make_add(), "CUDA")
    with pytest.raises(garam.InputError):
        garam.backend.prepare(make_add()).run([ones])


def test_targets_are_listed():
    assert {"rngd", "host"} <= set(garam.targets())
    assert garam.__version__ == re.search(
        r"project\(garam VERSION ([\d.]+)", (SOURCE_DIR / "CMakeLists.txt").read_text())[1]


def test_stubs_have_what_the_module_has():
    from garam import _core

    text = (SOURCE_DIR / "python" / "garam" / "_core.pyi").read_text()
    described = set(re.findall(r"^(?:def|class) (\w+)", text, flags=re.M))
    assert described == {name for name in dir(_core) if not name.startswith("__")}
    for name in ("Binary", "Session"):
        body = re.search(rf"^class {name}:\n(.*?)(?=^\w|\Z)", text, flags=re.M | re.S)[1]
        methods = set(re.findall(r"^    def (\w+)", body, flags=re.M)) - {"__init__"}
        assert methods == {name for name in dir(getattr(_core, name)) if not name.startswith("_")}


def test_a_cache_keeps_binaries_by_what_they_were_compiled_from(tmp_path, monkeypatch):
    cache, model = tmp_path / "cache", tmp_path / "model.onnx"
    model.write_bytes(DIGITS.read_bytes())

    def compile(**options):
        options = {"dims": {"N": 1}, "cache": cache, **options}
        return garam.compile(options.pop("model", model), options.pop("target", "rngd"), **options)

    first = compile()
    assert first.compile_seconds is not None
    again = compile()
    assert again.compile_seconds is None and again.content_hash == first.content_hash
    assert compile(model=DIGITS.read_bytes()).compile_seconds is None  # its name is model.onnx
    # Each of these is another compile.
    assert compile(dims={"N": 2}).compile_seconds is not None
    assert compile(target="atom").compile_seconds is not None
    assert compile(resident_weights=True).compile_seconds is not None
    target = tmp_path / "rngd.yaml"
    text = (SOURCE_DIR / "targets" / "rngd.yaml").read_text()
    target.write_text(text.replace("kind:", "# changed\nkind:", 1))
    assert compile(target=target).compile_seconds is not None
    assert compile(target=target).compile_seconds is None
    with monkeypatch.context() as other_machine:
        other_machine.setattr(garam._core, "processor", lambda: b"another")
        assert compile().compile_seconds is not None
    assert compile().compile_seconds is None
    # What is damaged is compiled again.
    for binary in cache.glob("*.garam"):
        binary.write_bytes(b"")
    assert compile().compile_seconds is not None
    # The user's own folder.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert compile(cache=True).compile_seconds is not None
    assert compile(cache=True).compile_seconds is None
    assert list((tmp_path / "own" / "garam" / "compiled").glob("*.garam"))
    with pytest.raises(garam.ModelError, match="does not exist"):
        compile(model=tmp_path / "none.onnx")


def test_a_cache_looks_at_weights_beside_the_model(tmp_path):
    weight = onnx.numpy_helper.from_array(np.ones(512, np.float32), "w")
    model = make_model(helper.make_node("Mul", ["a", "w"], ["b"]), inputs=[("a", (512,))],
                       outputs=[("b", (512,))])
    model.graph.initializer.append(weight)
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    executable = garam.compile(path, "host", cache=tmp_path / "cache")
    inputs = {"a": np.full(512, 3, np.float32)}
    assert (executable.run(inputs)["b"] == 3).all()
    assert garam.compile(path, "host", cache=tmp_path / "cache").compile_seconds is None
    (tmp_path / "weights").write_bytes(np.full(512, 2, np.float32).tobytes())
    executable = garam.compile(path, "host", cache=tmp_path / "cache")
    assert executable.compile_seconds is not None and (executable.run(inputs)["b"] == 6).all()
