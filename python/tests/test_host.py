"""Networks on the host alone agree with onnxruntime."""

import json

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest

import garam
import linalg_execution
import oracle
from conftest import BINARY, DIGITS, MODEL, USAGE
from onnx_case import OPSET
from onnx_cases import CASES
from test_end_to_end import NETWORKS, compile_model, get_cases, run_model
from test_quantized import NETWORKS as QUANTIZED, assert_within_one_step, get_output_scale, load

RTOL, ATOL = 1e-3, 1e-5


def assert_agrees(actual, expected):
    for name, value in expected.items():
        result = actual[name]
        assert result.dtype == value.dtype and result.shape == value.shape
        # Relative to the largest: an element near 0 is what is left of larger ones.
        largest = np.abs(value[np.isfinite(value)]).max(initial=0)
        atol = max(ATOL, 1e-6 * largest) if value.dtype.kind == "f" else 0
        np.testing.assert_allclose(result, value, rtol=RTOL, atol=atol, err_msg=name)


@pytest.mark.parametrize("name", NETWORKS)
def test_agrees_with_onnxruntime(name, models_dir, run_tool, tmp_path):
    network = NETWORKS[name]
    path = models_dir / network.file
    model = onnx.load(path)
    binary = tmp_path / "model.garam"
    compile_model(run_tool, path, model, "host", binary)
    for inputs, expected in get_cases(network, path, model)[:3]:
        assert_agrees(run_model(run_tool, binary, inputs, tmp_path / "run"), expected)


def test_transformer_agrees_with_onnxruntime(models_dir, run_tool, tmp_path):
    path = models_dir / "stories260k" / "prefill_op17.onnx"
    model = onnx.load(path)
    inputs = {name: np.random.default_rng(0).integers(0, 9, oracle.bind_shape(shape))
              for name, shape in oracle.get_inputs(model).items()}
    binary = tmp_path / "model.garam"
    compile_model(run_tool, path, model, "host", binary)
    actual = run_model(run_tool, binary, inputs, tmp_path / "run")
    assert_agrees(actual, oracle.run_onnxruntime(path, inputs))


def test_digits_agree_with_onnxruntime(run_tool, tmp_path):
    images = np.load(DIGITS.parent / "test_images.npy")[:10, None] / np.float32(16)
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=10", "-o", binary)
    actual = run_model(run_tool, binary, {"image": images}, tmp_path / "run")
    assert_agrees(actual, oracle.run_onnxruntime(DIGITS, {"image": images}))


# Each part between two QuantizeLinear gets onnxruntime's own tensors, so that a
# difference of one step does not add up with those of the parts before.
@pytest.mark.parametrize("name", QUANTIZED)
def test_every_quantised_part_within_one_step(name, run_tool, tmp_path):
    model, inputs = load(name)
    tensors = {**inputs, **oracle.get_all_quantized(model, inputs)}
    for number, part in enumerate(oracle.cut_at_quantizelinear(model)):
        source, binary = tmp_path / f"part{number}.onnx", tmp_path / f"part{number}.garam"
        onnx.save(part.model, source)
        run_tool("garam", "compile", source, "--target", "host", "-o", binary, "--quiet")
        given = {name: tensors[whole] for name, whole in part.inputs.items()}
        actual = run_model(run_tool, binary, given, tmp_path / f"run{number}")
        assert_within_one_step(actual["output"], tensors[part.output],
                               get_output_scale(part.model, "output"))


def merge(models):
    """One model of models of one operator set; names begin with their number."""
    merged = onnx.compose.add_prefix(models[0], "m0_")
    for number, model in enumerate(models[1:], 1):
        merged = onnx.compose.merge_models(merged, onnx.compose.add_prefix(model, f"m{number}_"),
                                           io_map=[])
    return merged


def run_merged(run_tool, tmp_path, models, inputs):
    """Outputs of each model, all compiled to one binary."""
    path, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(merge(models), path)
    run_tool("garam", "compile", path, "--target", "host", "--quiet", "-o", binary)
    given = {f"m{i}_{name}": value for i, values in enumerate(inputs)
             for name, value in values.items()}
    return run_model(run_tool, binary, given, tmp_path / "run")


# Nodes of every operator family; those of the newest operator set together.
GROUPS = {OPSET: [case for case in CASES if case.opset == OPSET],
          **{case.name: [case] for case in CASES if case.opset != OPSET}}


@pytest.mark.parametrize("group", GROUPS)
def test_every_operator(group, run_tool, tmp_path):
    cases = GROUPS[group]
    models = [linalg_execution.make_model(case.op_type, case.inputs, case.results, case.opset,
                                          case.attributes, case.declared) for case in cases]
    inputs = [{f"in{i}": value for i, value in enumerate(case.inputs)
               if isinstance(value, np.ndarray)} for case in cases]
    actual = run_merged(run_tool, tmp_path, models, inputs)
    for number, case in enumerate(cases):
        expected = oracle.run_onnxruntime(models[number], inputs[number], optimise=False)
        for name, value in expected.items():
            result = actual[f"m{number}_{name}"]
            assert result.dtype == value.dtype and result.shape == value.shape, case.name
            if value.dtype.kind in "iub":
                difference = np.abs(result.astype(np.int64) - value.astype(np.int64))
                assert difference.max(initial=0) <= case.steps, case.name
            else:
                np.testing.assert_allclose(result, value, rtol=case.rtol, atol=case.atol,
                                           err_msg=case.name)


TYPES = [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8, np.uint64,
         np.uint32, np.uint16, np.uint8, np.bool_]


def test_casts_of_all_types(run_tool, tmp_path):
    pairs = [(a, b) for a in TYPES for b in TYPES if a != b]
    models = []
    for source, target in pairs:
        types = [helper.np_dtype_to_tensor_dtype(np.dtype(t)) for t in (source, target)]
        graph = helper.make_graph(
            [helper.make_node("Cast", ["x"], ["y"], to=types[1])], "g",
            [helper.make_tensor_value_info("x", types[0], [9])],
            [helper.make_tensor_value_info("y", types[1], [9])])
        models.append(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)],
                                        ir_version=10))
    values = np.array([0, 1, 2, 3, 5, 17, 64, 100, 127])
    inputs = [{"x": values.astype(source)} for source, _ in pairs]
    actual = run_merged(run_tool, tmp_path, models, inputs)
    for number, (source, target) in enumerate(pairs):
        expected = values.astype(source).astype(target)
        np.testing.assert_array_equal(actual[f"m{number}_y"], expected, f"{source} to {target}")


@pytest.mark.parametrize("source", [np.float64, np.float32])
def test_casts_to_small_floats_round_to_even(source, run_tool, tmp_path):
    element = helper.np_dtype_to_tensor_dtype(np.dtype(source))
    random = np.random.default_rng(6)
    # Ties, values that are small or too large for the type, and any others.
    x = np.concatenate([1 + np.arange(64) / 4096, random.uniform(-70000, 70000, 200),
                        random.uniform(-1e-6, 1e-6, 200), [0.0, -0.0, np.inf, -np.inf]])
    x = x.astype(source)
    compare(run_tool, tmp_path, helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT16),
            {"x": x}, {"y": TensorProto.FLOAT16}, rank=1)
    path, binary = tmp_path / "b.onnx", tmp_path / "b.garam"
    save_node(path, helper.make_node("Cast", ["x"], ["y"], to=TensorProto.BFLOAT16), {"x": x},
              {"y": TensorProto.BFLOAT16}, rank=1)
    run_tool("garam", "compile", path, "--target", "host", "--quiet", "-o", binary)
    actual = run_model(run_tool, binary, {"x": x}, tmp_path / "b")["y"]
    expected = x.astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(actual.view(np.uint16), expected.view(np.uint16))


def save_node(path, node, inputs, outputs, rank):
    """`inputs` are arrays by name, `outputs` types by name, of tensors of `rank`."""
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info(
            n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs.items()],
        [helper.make_tensor_value_info(n, t, [None] * rank) for n, t in outputs.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10),
              path)


def compare(run_tool, tmp_path, node, inputs, outputs, rank=2):
    path, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    save_node(path, node, inputs, outputs, rank)
    run_tool("garam", "compile", path, "--target", "host", "--quiet", "-o", binary)
    actual = run_model(run_tool, binary, inputs, tmp_path / "run")
    assert_agrees(actual, oracle.run_onnxruntime(path, inputs))


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (1, 129, 40), (17, 33, 65), (64, 100, 1)])
def test_products_of_any_shape(shape, run_tool, tmp_path):
    rows, depth, columns = shape
    random = np.random.default_rng(1)
    inputs = {"a": random.standard_normal((rows, depth), dtype=np.float32),
              "b": random.standard_normal((depth, columns), dtype=np.float32)}
    compare(run_tool, tmp_path, helper.make_node("MatMul", ["a", "b"], ["y"]), inputs,
            {"y": TensorProto.FLOAT})


@pytest.mark.parametrize("transposed", [(0, 1), (1, 0), (1, 1)])
def test_products_of_transposed_matrices(transposed, run_tool, tmp_path):
    random = np.random.default_rng(2)
    a, b = (random.standard_normal(shape[::-1] if flag else shape, dtype=np.float32)
            for shape, flag in zip([(19, 70), (70, 37)], transposed))
    node = helper.make_node("Gemm", ["a", "b"], ["y"], transA=transposed[0], transB=transposed[1])
    compare(run_tool, tmp_path, node, {"a": a, "b": b}, {"y": TensorProto.FLOAT})


@pytest.mark.parametrize("attributes", [
    {}, {"strides": [2, 2]}, {"dilations": [2, 3]}, {"pads": [1, 0, 2, 1]}, {"group": 2},
    {"group": 4}])
def test_convolutions(attributes, run_tool, tmp_path):
    random = np.random.default_rng(3)
    group = attributes.get("group", 1)
    inputs = {"x": random.standard_normal((2, 4, 13, 21), dtype=np.float32),
              "w": random.standard_normal((8, 4 // group, 3, 3), dtype=np.float32)}
    compare(run_tool, tmp_path, helper.make_node("Conv", ["x", "w"], ["y"], **attributes), inputs,
            {"y": TensorProto.FLOAT}, rank=4)


# What onnxruntime has of each type.
FUNCTIONS = {
    np.float32: ["Exp", "Log", "Tanh", "Erf", "Sin", "Asin", "Sqrt", "Sigmoid", "Softplus", "Round",
                 "Floor", "Mish", "Reciprocal"],
    np.float64: ["Exp", "Log", "Tanh", "Sin", "Sqrt", "Sigmoid", "Round", "Floor", "Reciprocal"],
    np.float16: ["Exp", "Log", "Tanh", "Sqrt", "Sigmoid", "Round", "Floor"],
}


@pytest.mark.parametrize("dtype, op", [(t, op) for t, ops in FUNCTIONS.items() for op in ops])
def test_functions(op, dtype, run_tool, tmp_path):
    x = np.random.default_rng(4).uniform(0.01, 0.99, (3, 37)).astype(dtype)
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    compare(run_tool, tmp_path, helper.make_node(op, ["x"], ["y"]), {"x": x}, {"y": element})


def test_rounding_is_half_to_even(run_tool, tmp_path):
    x = np.arange(-8, 8, 0.5, dtype=np.float32)
    compare(run_tool, tmp_path, helper.make_node("Round", ["x"], ["y"]), {"x": x},
            {"y": TensorProto.FLOAT}, rank=1)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.bool_])
def test_movement_of_every_type(dtype, run_tool, tmp_path):
    x = np.random.default_rng(5).integers(0, 2, (2, 3, 5)).astype(dtype)
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    compare(run_tool, tmp_path, helper.make_node("Transpose", ["x"], ["y"], perm=[2, 0, 1]),
            {"x": x}, {"y": element}, rank=3)


def test_indices_count_from_the_end(run_tool, tmp_path):
    inputs = {"x": np.arange(12, dtype=np.float32).reshape(4, 3),
              "i": np.array([[0, -1], [3, -4]], dtype=np.int64)}
    compare(run_tool, tmp_path, helper.make_node("Gather", ["x", "i"], ["y"]), inputs,
            {"y": TensorProto.FLOAT}, rank=3)


@pytest.mark.parametrize("axis, count", [(0, 129), (1, 300), (1, 4000)])
def test_concatenation_of_many_tensors(axis, count):
    random = np.random.default_rng(count)
    inputs = {f"x{i}": random.random((2, 3), np.float32) for i in range(count)}
    expected = np.concatenate(list(inputs.values()), axis)
    graph = helper.make_graph(
        [helper.make_node("Concat", list(inputs), ["y"], "concat", axis=axis)], "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, expected.shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    np.testing.assert_array_equal(garam.compile(model, "host").run(inputs)["y"], expected)


def test_insertions_into_one_tensor():
    """One kernel writes a padding and pieces, of which one is empty and one transposed."""
    random = np.random.default_rng(3)
    inputs = {name: random.random(shape, np.float32)
              for name, shape in [("a", (2, 3)), ("b", (2, 1)), ("c", (2, 0)), ("d", (4, 2))]}
    graph = helper.make_graph(
        [helper.make_node("Transpose", ["d"], ["t"], "turn", perm=[1, 0]),
         helper.make_node("Concat", ["a", "c", "b", "t", "a"], ["wide"], "concat", axis=1),
         helper.make_node("Pad", ["wide", "pads"], ["y"], "pad")], "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
         for name, value in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 17])],
        [onnx.numpy_helper.from_array(np.array([1, 2, 0, 3]), "pads")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    wide = np.concatenate([inputs[name] for name in "acb"] + [inputs["d"].T, inputs["a"]], 1)
    np.testing.assert_array_equal(garam.compile(model, "host").run(inputs)["y"],
                                  np.pad(wide, ((1, 0), (2, 3))))


def test_time_is_that_of_the_target(run_tool, tmp_path):
    """A product bound by arithmetic takes its operations, one bound by memory its bytes."""
    for rows, expected in [(512, 2 * 512**3 / (8 * 3e9 * 16)), (1, 4 * (512**2 + 2 * 512) / 70e9)]:
        inputs = {"a": np.zeros((rows, 512), np.float32), "b": np.zeros((512, 512), np.float32)}
        save_node(tmp_path / "m.onnx", helper.make_node("MatMul", ["a", "b"], ["y"]), inputs,
                  {"y": TensorProto.FLOAT}, rank=2)
        run_tool("garam", "compile", tmp_path / "m.onnx", "--target", "host", "-o",
                 tmp_path / "m.garam")
        report = tmp_path / f"{rows}.json"
        run_tool("garam", "run", tmp_path / "m.garam", "--timing-only", "--report", report)
        found = json.loads(report.read_text())["latency_s"]
        assert found == pytest.approx(expected, rel=1e-9)


def test_bytes_do_not_depend_on_the_run(run_tool, tmp_path):
    for name in "ab":
        run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "-o",
                 tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v2", "native"])
def test_code_for_other_processors(level, run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "--host-cpu", level,
             "-o", binary)
    images = np.load(DIGITS.parent / "test_images.npy")[:1, None] / np.float32(16)
    actual = run_model(run_tool, binary, {"image": images}, tmp_path / "run")
    assert_agrees(actual, oracle.run_onnxruntime(DIGITS, {"image": images}))


def test_help_lists_the_processors(run_tool):
    text = run_tool("garam", "compile", "--help").stdout
    assert "the processor that code for the host needs: x86-64, x86-64-v2" in " ".join(text.split())


def test_unknown_processor(fails, tmp_path):
    fails(USAGE, "--host-cpu: found 'pentium', needed one of x86-64, x86-64-v2", "compile", DIGITS,
          "--target", "host", "--dim", "N=1", "--host-cpu", "pentium", "-o", tmp_path / "d.garam")


def test_threads_make_no_difference(run_tool, tmp_path):
    """Rows and columns that fill no tiles, in parts of several sizes."""
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape).astype(np.float32)
               for shape in [(70, 3, 3, 3), (70, 70, 3, 3), (70 * 35 * 35, 9)]]
    nodes = [helper.make_node("Conv", ["x", "w0"], ["a"], kernel_shape=[3, 3], strides=[2, 2],
                              pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["a"], ["b"]),
             helper.make_node("Conv", ["b", "w1"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             helper.make_node("Softmax", ["c"], ["d"], axis=1),
             helper.make_node("Add", ["b", "d"], ["e"]),
             helper.make_node("Flatten", ["e"], ["f"]),
             helper.make_node("MatMul", ["f", "w2"], ["y"])]
    model = helper.make_model(helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 70, 70])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 9])],
        [onnx.numpy_helper.from_array(value, f"w{i}") for i, value in enumerate(weights)]),
        opset_imports=[helper.make_opsetid("", OPSET)])
    path, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(model, path)
    run_tool("garam", "compile", path, "--target", "host", "-o", binary)
    assert "parts 16 " in run_tool("garam", "inspect", binary, "--disassemble").stdout
    inputs = {"x": rng.standard_normal((1, 3, 70, 70)).astype(np.float32)}
    np.save(tmp_path / "x.npy", inputs["x"])
    outputs = []
    for threads in [1, 2, 7]:
        folder = tmp_path / str(threads)
        run_tool("garam", "run", binary, "--input", f"x={tmp_path / 'x.npy'}", "--output-dir", folder,
                 "--threads", str(threads))
        outputs.append(np.load(folder / "y.npy"))
    assert_agrees({"y": outputs[0]}, oracle.run_onnxruntime(path, inputs))
    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


def test_disassembly_lists_the_steps(run_tool, tmp_path):
    binary = tmp_path / "digits.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "-o", binary)
    text = run_tool("garam", "inspect", binary, "--disassemble").stdout
    assert "processor x86-64-v3" in text
    assert "step 0: garam_kernel_" in text


def test_damaged_programs_are_errors(run_tool, tmp_path):
    """What the checksum finds; unit tests damage programs behind it."""
    binary, damaged = tmp_path / "digits.garam", tmp_path / "damaged.garam"
    run_tool("garam", "compile", DIGITS, "--target", "host", "--dim", "N=1", "-o", binary)
    whole = binary.read_bytes()
    start = whole.index(b"GHST")
    for offset in [0, 4, 8, 60]:
        data = bytearray(whole)
        data[start + offset] ^= 0xff
        damaged.write_bytes(data)
        result = run_tool("garam", "run", damaged, "--timing-only", status=BINARY)
        assert "damaged.garam" in result.stderr


def test_dynamic_shapes_are_refused(fails, tmp_path):
    fails(MODEL, "input image: dimension 0 is not fixed; bind it with --shape", "compile", DIGITS,
          "--target", "host", "-o", tmp_path / "digits.garam")


def test_facts_of_the_target(run_tool):
    text = run_tool("garam", "targets", "host").stdout
    assert "memory bandwidth" in text and "70 GB/s" in text


@pytest.mark.parametrize("operator, expected", [
    ("Div", [0, 3, -2 ** 31, 0, -3]), ("Mod", [5, 0, 0, -2 ** 31, 1])])
def test_integer_divisions_that_a_processor_stops_at(operator, expected, run_tool, tmp_path):
    """As the NPU divides: 0 where the divisor is 0, and what wraps around."""
    inputs = {"x": [5, 6, -2 ** 31, -2 ** 31, 7], "z": [0, 2, -1, 0, -2]}
    attributes = {"fmod": 1} if operator == "Mod" else {}
    node = helper.make_node(operator, ["x", "z"], ["y"], **attributes)
    values = [helper.make_tensor_value_info(name, TensorProto.INT32, [5]) for name in "xzy"]
    graph = helper.make_graph([node], "graph", values[:2], values[2:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "model.onnx")
    arguments = []
    for name, value in inputs.items():
        np.save(tmp_path / f"{name}.npy", np.array(value, np.int32))
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    binary = tmp_path / "model.garam"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "-o", binary, "-q")
    run_tool("garam", "run", binary, "-q", *arguments, "-o", tmp_path / "out")
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "y.npy"), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sine_and_cosine_of_one_value(dtype, run_tool, tmp_path):
    """LLVM makes one call of both."""
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        [helper.make_node("Sin", ["x"], ["s"]), helper.make_node("Cos", ["x"], ["c"]),
         helper.make_node("Mul", ["s", "c"], ["y"])], "g",
        [helper.make_tensor_value_info("x", element, [9])],
        [helper.make_tensor_value_info("y", element, [9])])
    path, binary = tmp_path / "model.onnx", tmp_path / "model.garam"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)],
                                ir_version=10), path)
    run_tool("garam", "compile", path, "--target", "host", "--quiet", "-o", binary)
    x = np.linspace(-4, 4, 9, dtype=dtype)
    actual = run_model(run_tool, binary, {"x": x}, tmp_path / "run")["y"]
    np.testing.assert_allclose(actual, np.sin(x) * np.cos(x), rtol=1e-5, atol=1e-6)
