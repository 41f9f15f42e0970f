"""include/garam-c: compile, run, save and load through the functions of libGaram.so."""

import ctypes
import json
import re
import subprocess

import numpy as np
import pytest
from onnx import TensorProto, helper

import garam
from conftest import BUILD_DIR, DIGITS, INPUT, MODEL, SOURCE_DIR, UNTRUSTED, USAGE

HEADER = SOURCE_DIR / "include" / "garam-c" / "Garam.h"
FLOAT32, FLOAT64 = 11, 12


class Value(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_size_t),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("byteSize", ctypes.c_size_t)]


class Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class State(ctypes.Structure):
    _fields_ = [("input", Value), ("output", Value)]


class Symbol(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("least", ctypes.c_int64), ("most", ctypes.c_int64)]


class Node(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("op", ctypes.c_char_p), ("opset", ctypes.c_int64)]


class Diagnostic(ctypes.Structure):
    _fields_ = [("message", ctypes.c_char_p), ("hint", ctypes.c_char_p),
                ("file", ctypes.c_char_p), ("line", ctypes.c_uint32),
                ("column", ctypes.c_uint32), ("numNodes", ctypes.c_size_t),
                ("nodes", ctypes.POINTER(Node)), ("numNotes", ctypes.c_size_t),
                ("notes", ctypes.POINTER(ctypes.c_char_p))]


class Input(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_size_t),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("data", ctypes.c_void_p),
                ("byteSize", ctypes.c_size_t)]


# Results; that of the others is a pointer.
RESULTS = {"garamErrorGetCode": ctypes.c_int, "garamGetAPIVersion": ctypes.c_uint32,
           **dict.fromkeys(["garamErrorGetMessage", "garamGetVersion", "garamExecutableGetWarning",
                            "garamExecutableGetInputDimension",
                            "garamExecutableGetOutputDimension"], ctypes.c_char_p),
           **dict.fromkeys(["garamContextLoadPlugin", "garamExecutableSave", "garamSessionRun",
                            "garamSessionCopyStates", "garamSessionResetStates"], ctypes.c_bool),
           "garamErrorGetDiagnostic": Diagnostic, "garamExecutableGetState": State,
           "garamExecutableGetSymbol": Symbol,
           **dict.fromkeys(["garamExecutableGetInput", "garamExecutableGetOutput"], Value),
           **dict.fromkeys(["garamExecutableGetNumInputs", "garamExecutableGetNumOutputs",
                            "garamExecutableGetNumWarnings", "garamExecutableGetNumStates",
                            "garamExecutableGetNumSymbols", "garamExecutableGetOutputSizes",
                            "garamExecutableGetOutputCount",
                            "garamErrorGetNumDiagnostics"], ctypes.c_size_t)}


class Failure(Exception):
    def __init__(self, code, text, diagnostics):
        super().__init__(text)
        self.code, self.diagnostics = code, diagnostics


def read_diagnostic(found):
    """As of the Python package; the error is about to be destroyed."""
    nodes = tuple(garam.Node(node.name.decode(), node.op.decode() or None, node.opset or None)
                  for node in found.nodes[:found.numNodes])
    return garam.Diagnostic(
        found.message.decode(), found.file.decode() or None, nodes,
        tuple(note.decode() for note in found.notes[:found.numNotes]),
        found.hint.decode() or None, found.line or None, found.column or None)


class Library:
    """Calls the functions; an error is a Failure."""

    def __init__(self):
        self.library = ctypes.CDLL(str(BUILD_DIR / "lib" / "libGaram.so"))
        self.context = self.call("garamContextCreate")

    def call(self, name, *arguments):
        function = self.library[name]
        function.restype = RESULTS.get(name, ctypes.c_void_p)
        return function(*[ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments])

    def try_call(self, name, *arguments):
        error = ctypes.c_void_p()
        result = self.call(name, *arguments, ctypes.byref(error))
        if error:
            count = self.call("garamErrorGetNumDiagnostics", error)
            failure = Failure(
                self.call("garamErrorGetCode", error),
                self.call("garamErrorGetMessage", error).decode(),
                [read_diagnostic(self.call("garamErrorGetDiagnostic", error, ctypes.c_size_t(i)))
                 for i in range(count)])
            self.call("garamErrorDestroy", error)
            assert not result
            raise failure
        return result

    def compile(self, path, target, data=None, **options):
        given = (Option * len(options))(*[Option(key.encode(), value.encode())
                                          for key, value in options.items()])
        return self.try_call("garamCompile", self.context, str(path).encode(), data,
                             ctypes.c_size_t(len(data or b"")), target.encode(), given,
                             ctypes.c_size_t(len(options)))

    def load(self, path, trust):
        return self.try_call("garamExecutableLoad", self.context, str(path).encode(),
                             ctypes.c_bool(trust))

    def run(self, session, arrays, output, dtype=FLOAT32):
        shapes = [np.array(array.shape, np.int64) for array in arrays.values()]
        inputs = (Input * len(arrays))(*[
            Input(name.encode(), dtype, array.ndim,
                  shape.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)), array.ctypes.data,
                  array.nbytes) for (name, array), shape in zip(arrays.items(), shapes)])
        arrays_out = output if isinstance(output, list) else [output]
        outputs = [array.ctypes.data for array in arrays_out if array is not None]
        places = (ctypes.c_void_p * len(outputs))(*outputs)
        return self.try_call("garamSessionRun", session, inputs, ctypes.c_size_t(len(arrays)),
                             places, ctypes.c_size_t(len(outputs)))


@pytest.fixture(scope="module")
def library():
    return Library()


def make_add():
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "abc"]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "test", values[:2],
                              values[2:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                             ir_version=10).SerializeToString()


def test_the_header_is_c():
    text = '#include "garam-c/Garam.h"\nint main(void) { return (int)garamGetAPIVersion(); }\n'
    subprocess.run(["clang-22", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror",
                    "-fsyntax-only", "-x", "c", "-I", SOURCE_DIR / "include", "-"],
                   input=text, text=True, check=True)


def test_every_function_of_the_header_is_there(library):
    names = re.findall(r"\b(garam[A-Z]\w+)\(", HEADER.read_text())
    assert len(names) > 20
    for name in names:
        assert library.library[name]
    assert library.call("garamGetAPIVersion") == 1
    assert library.call("garamGetVersion").decode() == garam.__version__


def test_a_model_is_compiled_and_run(library):
    executable = library.compile(DIGITS, "rngd", dim="N=1")
    assert library.call("garamExecutableGetNumInputs", executable) == 1
    value = library.call("garamExecutableGetInput", executable, ctypes.c_size_t(0))
    assert (value.name, value.type, value.shape[:value.rank]) == (b"image", FLOAT32, [1, 1, 8, 8])
    assert value.byteSize == 256
    output = library.call("garamExecutableGetOutput", executable, ctypes.c_size_t(0))
    assert (output.name, output.shape[:output.rank]) == (b"logits", [1, 10])
    expected = garam.compile(DIGITS, "rngd", dims={"N": 1})
    text = library.try_call("garamExecutableCopyReport", executable)
    report = json.loads(ctypes.string_at(text))
    assert report["latency_s"] == expected.report()["latency_s"]
    library.call("garamTextDestroy", text)
    session = library.call("garamSessionCreate", executable)
    library.call("garamExecutableDestroy", executable)  # the session holds on to it
    logits = np.empty((1, 10), np.float32)
    inputs = expected.random_inputs()
    assert library.run(session, inputs, logits)
    np.testing.assert_array_equal(logits, expected.run(inputs)["logits"])
    library.call("garamSessionDestroy", session)


def test_binaries_are_saved_and_loaded(library, tmp_path, monkeypatch):
    executable = library.compile("add.onnx", "host", data=make_add())
    path = tmp_path / "add.garam"
    assert library.try_call("garamExecutableSave", executable, str(path).encode())
    library.call("garamExecutableDestroy", executable)
    arrays = {name: np.full((2, 3), value, np.float32) for name, value in [("a", 1), ("b", 2)]}
    result = np.empty((2, 3), np.float32)
    for state, trust in [(None, False), (tmp_path, True), (tmp_path, False)]:
        if state:
            monkeypatch.setenv("XDG_STATE_HOME", str(state))
        executable = library.load(path, trust)
        session = library.call("garamSessionCreate", executable)
        result.fill(0)
        if state and not trust:
            with pytest.raises(Failure, match="holds native code") as caught:
                library.run(session, arrays, result)
            assert caught.value.code == UNTRUSTED
        else:
            assert library.run(session, arrays, result) and (result == 3).all()
        library.call("garamSessionDestroy", session)
        library.call("garamExecutableDestroy", executable)


def test_warnings_and_errors_are_told(library):
    executable = library.compile(DIGITS, "hermes", dim="N=1")
    count = library.call("garamExecutableGetNumWarnings", executable)
    texts = [library.call("garamExecutableGetWarning", executable, ctypes.c_size_t(i)).decode()
             for i in range(count)]
    assert any("runs on 'host'" in text for text in texts)
    library.call("garamExecutableDestroy", executable)
    for code, part, action in [
            (MODEL, "does not exist", lambda: library.compile("none.onnx", "rngd")),
            (USAGE, "expected bf16 or fp16",
             lambda: library.compile(DIGITS, "rngd", dim="N=1", precision="x")),
            (USAGE, "expected -O0 to -O3", lambda: library.compile(DIGITS, "rngd", O="9")),
            (MODEL, "cannot carry it out",
             lambda: library.compile(DIGITS, "hermes", **{"dim": "N=1", "no-fallback": ""}))]:
        with pytest.raises(Failure, match=re.escape(part)) as caught:
            action()
        assert caught.value.code == code
    # Nobody has to look.
    assert not library.call("garamExecutableLoad", library.context, b"none.garam",
                            ctypes.c_bool(False), None)


def test_errors_are_told_thing_by_thing(library, tmp_path):
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name, shape in [("a", [2, 2]), ("b", []), ("c", [])]]
    nodes = [helper.make_node("Det", ["a"], [name], name=f"{name}'s: node") for name in "bc"]
    graph = helper.make_graph(nodes, "test", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(Failure) as caught:
        library.compile("a: b.onnx", "rngd", data=model.SerializeToString())
    assert [(found.file, found.nodes, found.message) for found in caught.value.diagnostics] == [
        ("a: b.onnx", (garam.Node(f"{name}'s: node", "Det", 17),),
         "this operator is not supported") for name in "bc"]
    with pytest.raises(garam.ModelError) as error:
        garam.compile(model, "rngd", name="a: b.onnx")
    assert error.value.diagnostics == caught.value.diagnostics

    target = tmp_path / "chip.yaml"
    target.write_text("kind: npu\nname: [\n")
    with pytest.raises(Failure) as caught:
        library.compile("add.onnx", str(target), data=make_add())
    found = caught.value.diagnostics[0]
    assert found.file == str(target) and found.line >= 2 and found.column >= 1

    with pytest.raises(Failure) as caught:
        library.compile("add.onnx", "no-chip", data=make_add())
    (found,) = caught.value.diagnostics
    assert found.message.startswith("no target is called 'no-chip'") and not found.file
    assert found.hint == "a file is given by its path, as in ./no-chip.yaml"


def test_fallback_is_an_option(library):
    executable = library.compile(DIGITS, "hermes", **{"dim": "N=1", "no-fallback": "off"})
    library.call("garamExecutableDestroy", executable)
    with pytest.raises(Failure, match="--no-fallback: found 'yes', needed on or off"):
        library.compile(DIGITS, "hermes", **{"dim": "N=1", "no-fallback": "yes"})


def test_state_stays_in_a_session(library):
    executable = library.compile("add.onnx", "rngd", data=make_add(), state="b=c")
    for name, count in [("Inputs", 1), ("Outputs", 0), ("States", 1)]:
        assert library.call(f"garamExecutableGetNum{name}", executable) == count
    state = library.call("garamExecutableGetState", executable, ctypes.c_size_t(0))
    assert (state.input.name, state.output.name, state.input.byteSize) == (b"b", b"c", 24)
    session = library.call("garamSessionCreate", executable)
    library.call("garamExecutableDestroy", executable)
    left = np.empty((2, 3), np.float32)
    places = (ctypes.c_void_p * 1)(left.ctypes.data)
    for number in range(1, 4):
        assert library.run(session, {"a": np.ones((2, 3), np.float32)}, None)
        assert library.try_call("garamSessionCopyStates", session, places, ctypes.c_size_t(1))
        assert (left == number).all()
    assert library.try_call("garamSessionResetStates", session)
    assert library.try_call("garamSessionCopyStates", session, places, ctypes.c_size_t(1))
    assert (left == 0).all()
    with pytest.raises(Failure, match="places for 2 states are given, the model has 1"):
        library.try_call("garamSessionCopyStates", session, places, ctypes.c_size_t(2))
    library.call("garamSessionDestroy", session)


def test_a_size_of_run_time_is_an_output_of_its_own(library):
    graph = helper.make_graph(
        [helper.make_node("NonZero", ["x"], ["y"])], "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [2, "n"])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=8)
    executable = library.compile("model.onnx", "host", model.SerializeToString())
    names = [library.call("garamExecutableGetOutput", executable, ctypes.c_size_t(i)).name
             for i in range(library.call("garamExecutableGetNumOutputs", executable))]
    assert names == [b"y", b"y.count"]
    dimension = ctypes.c_size_t()
    assert library.call("garamExecutableGetOutputCount", executable, ctypes.c_size_t(0),
                        ctypes.byref(dimension)) == 1 and dimension.value == 1
    for index, of_nothing in [(0, "Sizes"), (1, "Sizes"), (1, "Count")]:
        assert library.call(f"garamExecutableGetOutput{of_nothing}", executable,
                            ctypes.c_size_t(index), None) == 2
    x = np.array([[0, 2, 0], [1, 0, 3]], np.float32)
    y, count = np.zeros(12, np.int64), np.zeros((), np.int64)
    session = library.call("garamSessionCreate", executable)
    library.run(session, {"x": x}, [y, count])
    assert count == 3
    np.testing.assert_array_equal(y[:6].reshape(2, 3), np.nonzero(x))
    library.call("garamSessionDestroy", session)
    library.call("garamExecutableDestroy", executable)


def test_sizes_of_run_time_have_names_and_bounds(library):
    shapes = {"x": ["batch", 4, "seq"], "w": [4, 1], "y": ["batch", 4, "n"]}
    values = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name, shape in shapes.items()}
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["sum"]),
         helper.make_node("Concat", ["sum", "sum"], ["y"], axis=2)], "test",
        [values["x"], values["w"]], [values["y"]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    model = model.SerializeToString()

    def get_dimensions(executable, kind, index, rank):
        return [library.call(f"garamExecutableGet{kind}Dimension", executable,
                             ctypes.c_size_t(index), ctypes.c_size_t(i)) for i in range(rank)]

    # An option may be there several times.
    options = (Option * 2)(Option(b"dim", b"batch=1..8"), Option(b"dim", b"seq=2..5"))
    executable = library.try_call("garamCompile", library.context, b"model.onnx", model,
                                  ctypes.c_size_t(len(model)), b"host", options,
                                  ctypes.c_size_t(2))
    symbols = [library.call("garamExecutableGetSymbol", executable, ctypes.c_size_t(i))
               for i in range(library.call("garamExecutableGetNumSymbols", executable))]
    assert sorted((symbol.name, symbol.least, symbol.most) for symbol in symbols) == [
        (b"batch", 1, 8), (b"seq", 2, 5)]
    assert get_dimensions(executable, "Input", 0, 3) == [b"batch", None, b"seq"]
    assert get_dimensions(executable, "Input", 1, 2) == [None, None]
    assert library.call("garamExecutableGetOutputSizes", executable, ctypes.c_size_t(0)) == 1
    batch, fixed, total = get_dimensions(executable, "Output", 0, 3)
    assert (batch, fixed) == (b"batch", None) and b"seq" in total and total != b"seq"
    x, y, sizes = np.ones((3, 4, 2), np.float32), np.zeros(8 * 4 * 10, np.float32), np.zeros(3, int)
    session = library.call("garamSessionCreate", executable)
    assert library.run(session, {"x": x, "w": np.ones((4, 1), np.float32)}, [y, sizes])
    assert sizes.tolist() == [3, 4, 4] and (y[:48] == 2).all()
    library.call("garamSessionDestroy", session)
    library.call("garamExecutableDestroy", executable)

    executable = library.compile("add.onnx", "host", data=make_add())
    assert library.call("garamExecutableGetNumSymbols", executable) == 0
    assert get_dimensions(executable, "Output", 0, 2) == [None, None]
    library.call("garamExecutableDestroy", executable)


def test_wrong_inputs_and_outputs_are_told(library):
    executable = library.compile("add.onnx", "host", data=make_add())
    session = library.call("garamSessionCreate", executable)
    arrays = {name: np.ones((2, 3), np.float32) for name in "ab"}
    result = np.empty((2, 3), np.float32)
    for part, given, dtype in [("is missing", {"a": arrays["a"]}, FLOAT32),
                               ("is float64[2,3]", arrays, FLOAT64),
                               ("has element type 99, which there is not", arrays, 99)]:
        with pytest.raises(Failure, match=re.escape(part)) as caught:
            library.run(session, given, result, dtype)
        assert caught.value.code == INPUT
    shape, data = (ctypes.c_int64 * 2)(2, 3), arrays["a"].ctypes.data
    for part, given in [("'a' has 24 bytes, but its data is a null pointer", (b"a", 2, shape, None)),
                        ("'a' has 2 dimensions, but its shape is a null pointer", (b"a", 2, None, data)),
                        ("has no input ''", (None, 2, shape, data))]:
        name, rank, *pointers = given
        inputs = (Input * 1)(Input(name, FLOAT32, rank, *pointers, 24))
        with pytest.raises(Failure, match=re.escape(part)) as caught:
            library.try_call("garamSessionRun", session, inputs, ctypes.c_size_t(1),
                             (ctypes.c_void_p * 1)(result.ctypes.data), ctypes.c_size_t(1))
        assert caught.value.code == INPUT
    with pytest.raises(Failure, match="places for 0 outputs are given, the model has 1") as caught:
        library.try_call("garamSessionRun", session, None, ctypes.c_size_t(0), None,
                         ctypes.c_size_t(0))
    assert caught.value.code == USAGE
    library.call("garamSessionDestroy", session)
    library.call("garamExecutableDestroy", executable)
