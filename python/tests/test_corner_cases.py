"""Small graphs on the simulated NPU: scalars, booleans, masks and indices."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import oracle
from conftest import MODEL

FLOAT, BOOL, INT32 = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT32


@pytest.fixture
def execute(run_tool, tmp_path):
    """execute(path, inputs, arguments...): the outputs of what is compiled for atom, by name."""

    def run(path, inputs, *arguments):
        binary, folder = tmp_path / "out.garam", tmp_path / "out"
        run_tool("garam", "compile", path, "--target", "atom", *arguments, "-o", binary, "--quiet")
        given = []
        for name, array in inputs.items():
            np.save(tmp_path / f"{name}.npy", array)
            given += ["--input", f"{name}={tmp_path / name}.npy"]
        run_tool("garam", "run", binary, *given, "--output-dir", folder, "--quiet")
        return {file.stem: np.load(file) for file in folder.glob("*.npy")}

    return run


@pytest.fixture
def agrees(execute, tmp_path):
    """agrees(nodes, inputs, outputs, initializers): the NPU yields what onnxruntime does."""

    def check(nodes, inputs, outputs, initializers=(), tolerance=0.0, opset=17):
        def declare(name, array):
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            return helper.make_tensor_value_info(name, kind, array.shape)

        graph = helper.make_graph(
            nodes, "graph", [declare(*item) for item in inputs.items()],
            [helper.make_tensor_value_info(*output) for output in outputs],
            [numpy_helper.from_array(array, name) for name, array in initializers])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        path = tmp_path / "model.onnx"
        onnx.save(model, path)
        expected = oracle.run_onnxruntime(model, inputs)
        actual = execute(path, inputs)
        assert actual.keys() == expected.keys()
        for name, array in expected.items():
            assert actual[name].dtype == array.dtype and actual[name].shape == array.shape
            np.testing.assert_allclose(actual[name].astype(np.float64), array.astype(np.float64),
                                       rtol=tolerance, atol=tolerance)

    return check


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], **attributes)


def ramp(*shape):
    """Numbers that are exact in f16."""
    return (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 32 - 16) / 4


# Scalars


def test_scalar_input_and_output(agrees):
    agrees([node("Mul", ["x", "x"], "y")], {"x": np.array(1.5, np.float32)}, [("y", FLOAT, [])])


def test_scalar_that_is_broadcast(agrees):
    agrees([node("Add", ["x", "s"], "y")], {"x": ramp(3, 5), "s": np.array(0.25, np.float32)},
           [("y", FLOAT, [3, 5])])


def test_reduction_to_a_scalar(agrees):
    agrees([node("ReduceSum", ["x"], "sum", keepdims=0), node("Neg", ["sum"], "y")],
           {"x": ramp(7, 9)}, [("y", FLOAT, [])])


def test_long_chain_of_shared_values_in_a_reduction(agrees):
    """The body of the reduction has as many paths as there are summands."""
    doublings = [node("Add", [f"x{i}", f"x{i}"], f"x{i + 1}") for i in range(34)]
    agrees([node("Mul", ["x", "scale"], "x0"), *doublings,
            node("ReduceSum", ["x34"], "y", keepdims=0)],
           {"x": ramp(4, 4)}, [("y", FLOAT, [])], [("scale", np.float32(2.0 ** -34))])


def test_tensor_that_many_stages_read(agrees):
    """Where it is best kept depends on all of them."""
    count = 400
    random = np.random.default_rng(0)
    nodes, weights = [node("Relu", ["x"], "s0")], []
    for i in range(count):
        # Small integers, whose sums are exact.
        weights.append((f"w{i}", random.integers(-1, 2, (8, 8)).astype(np.float32)))
        nodes += [node("MatMul", ["s0", f"w{i}"], f"p{i}"),
                  node("Add", [f"s{i}", f"p{i}"], f"s{i + 1}")]
    agrees(nodes, {"x": random.integers(0, 3, (16, 8)).astype(np.float32)},
           [(f"s{count}", FLOAT, [16, 8])], weights)


def test_scalars_of_integers(agrees):
    nodes = [node("Add", ["x", "one"], "a"), node("Max", ["a", "x"], "y")]
    agrees(nodes, {"x": np.array(41, np.int32)}, [("y", INT32, [])],
           [("one", np.array(1, np.int32))])


# Booleans


def test_comparisons(agrees):
    nodes = [node("Greater", ["x", "z"], "g"), node("LessOrEqual", ["x", "t"], "l"),
             node("And", ["g", "l"], "a"), node("Not", ["a"], "y")]
    agrees(nodes, {"x": ramp(6, 11)}, [("y", BOOL, [6, 11]), ("g", BOOL, [6, 11])],
           [("z", np.zeros(1, np.float32)), ("t", np.full(11, 2, np.float32))])


def test_constants_of_booleans(agrees):
    mask = np.arange(33) % 3 == 0
    nodes = [node("Xor", ["b", "mask"], "y"), node("Or", ["b", "true"], "z")]
    agrees(nodes, {"b": np.arange(33) % 2 == 0}, [("y", BOOL, [33]), ("z", BOOL, [33])],
           [("mask", mask), ("true", np.array(True))])


def test_booleans_that_become_numbers(agrees):
    agrees([node("Cast", ["b"], "y", to=FLOAT), node("Cast", ["b"], "i", to=INT32)],
           {"b": np.arange(20) % 3 == 1}, [("y", FLOAT, [20]), ("i", INT32, [20])])


# Masks


@pytest.mark.parametrize("shape", [(4, 9), (9,), (4, 1), ()])
def test_where_with_a_constant_mask(agrees, shape):
    mask = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2 == 0
    agrees([node("Where", ["mask", "x", "v"], "y")], {"x": ramp(4, 9), "v": ramp(9)},
           [("y", FLOAT, [4, 9])], [("mask", mask)])


def test_where_with_a_computed_mask(agrees):
    nodes = [node("Less", ["x", "v"], "m"), node("Where", ["m", "x", "low"], "y")]
    agrees(nodes, {"x": ramp(4, 9), "v": ramp(4, 1)}, [("y", FLOAT, [4, 9])],
           [("low", np.array(-8, np.float32))])


def test_where_with_a_mask_as_input(agrees):
    agrees([node("Where", ["m", "x", "v"], "y")],
           {"m": np.arange(36).reshape(4, 9) % 5 < 2, "x": ramp(4, 9), "v": -ramp(4, 9)},
           [("y", FLOAT, [4, 9])])


def test_causal_mask(agrees):
    """As exporters of attention write it: a triangle that is filled with the least number."""
    mask = np.tril(np.ones((8, 8), bool))
    nodes = [node("Where", ["mask", "x", "low"], "scores"), node("Softmax", ["scores"], "y", axis=-1)]
    agrees(nodes, {"x": ramp(2, 8, 8)}, [("y", FLOAT, [2, 8, 8])],
           [("mask", mask), ("low", np.array(-1e4, np.float32))], tolerance=2e-3)


# Unsigned integers

UNSIGNED = {np.uint8: [1, 200, 5, 2, 130, 7], np.uint16: [1, 60000, 5, 2, 40000, 7],
            np.uint32: [1, 4000000000, 5, 2, 2200000000, 7]}
unsigned = pytest.mark.parametrize("dtype", UNSIGNED)


def numbers(dtype, turn=0):
    """Small and large ones: the latter would be negative if they were signed."""
    return np.roll(np.array(UNSIGNED[dtype], dtype), turn).reshape(2, 3)


def kind_of(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


@pytest.fixture
def yields(execute, tmp_path):
    """yields(nodes, inputs, expected, initializers): y of opset 18, which is `expected`."""

    def run(nodes, inputs, expected, initializers=()):
        graph = helper.make_graph(
            nodes, "graph",
            [helper.make_tensor_value_info(name, kind_of(x.dtype), x.shape)
             for name, x in inputs.items()],
            [helper.make_tensor_value_info("y", kind_of(expected.dtype), expected.shape)],
            [numpy_helper.from_array(array, name) for name, array in initializers])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, tmp_path / "model.onnx")
        actual = execute(tmp_path / "model.onnx", inputs)["y"]
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)

    return run


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
@pytest.mark.parametrize("kind, reduce", [("ReduceMax", np.max), ("ReduceMin", np.min)])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_extremum_of_unsigned_integers(yields, dtype, kind, reduce, axes):
    x = numbers(dtype)
    yields([node(kind, ["x", "axes"], "y", keepdims=1)], {"x": x},
           reduce(x, axis=axes, keepdims=True), [("axes", np.array(axes))])


@unsigned
@pytest.mark.parametrize("kind, choose", [("ArgMax", np.argmax), ("ArgMin", np.argmin)])
def test_index_of_an_unsigned_extremum(yields, dtype, kind, choose):
    x = numbers(dtype)
    yields([node(kind, ["x"], "y", axis=1, keepdims=0)], {"x": x}, choose(x, axis=1))


@unsigned
@pytest.mark.parametrize("kind, choose", [("Max", np.maximum), ("Min", np.minimum)])
def test_greater_and_smaller_unsigned_integers(yields, dtype, kind, choose):
    a, b = numbers(dtype), numbers(dtype, 1)
    yields([node(kind, ["a", "b"], "y")], {"a": a, "b": b}, choose(a, b))


@unsigned
@pytest.mark.parametrize("kind, compare", [
    ("Less", np.less), ("LessOrEqual", np.less_equal), ("Greater", np.greater),
    ("GreaterOrEqual", np.greater_equal), ("Equal", np.equal)])
def test_comparisons_of_unsigned_integers(yields, dtype, kind, compare):
    a, b = numbers(dtype), numbers(dtype, 1)
    yields([node(kind, ["a", "b"], "y")], {"a": a, "b": b}, compare(a, b))


@unsigned
def test_unsigned_integers_between_bounds(yields, dtype):
    x = numbers(dtype)
    low, high = x.dtype.type(3), x.dtype.type(x.max() - 30)
    yields([node("Clip", ["x", "low", "high"], "y")], {"x": x}, np.clip(x, low, high),
           [("low", np.array(low)), ("high", np.array(high))])


@unsigned
@pytest.mark.parametrize("kind, compute", [("Add", np.add), ("Sub", np.subtract),
                                           ("Mul", np.multiply)])
def test_unsigned_integers_wrap(yields, dtype, kind, compute):
    a, b = numbers(dtype), numbers(dtype, 1)
    yields([node(kind, ["a", "b"], "y")], {"a": a, "b": b}, compute(a, b))


@unsigned
def test_choice_of_compared_unsigned_integers(yields, dtype):
    a, b = numbers(dtype), numbers(dtype, 1)
    yields([node("Less", ["a", "b"], "less"), node("Where", ["less", "a", "b"], "y")],
           {"a": a, "b": b}, np.minimum(a, b))


@pytest.mark.parametrize("source, target", [
    (np.uint8, np.int64), (np.uint8, np.float32), (np.uint8, np.uint32), (np.uint8, np.int32),
    (np.uint16, np.int64), (np.uint16, np.float32), (np.uint16, np.uint8),
    (np.uint32, np.uint16), (np.uint32, np.uint8), (np.uint32, np.int32)])
def test_casts_of_unsigned_integers(yields, source, target):
    x = numbers(source)
    yields([node("Cast", ["x"], "y", to=kind_of(target))], {"x": x}, x.astype(target))


@pytest.mark.parametrize("target", [np.uint8, np.uint16])
def test_casts_of_floats_to_unsigned_integers(yields, target):
    x = numbers(target).astype(np.float32)
    yields([node("Cast", ["x"], "y", to=kind_of(target))], {"x": x}, x.astype(target))


@pytest.mark.parametrize("source, target, operation", [
    (np.uint32, np.int64, "arith.extui"), (np.uint32, np.float32, "arith.uitofp"),
    (np.float32, np.uint32, "arith.fptoui")])
def test_casts_that_registers_do_not_hold(fails, tmp_path, source, target, operation):
    """Registers of 32 bits are signed: what they would make of large numbers is refused."""
    graph = helper.make_graph(
        [node("Cast", ["x"], "y", to=kind_of(target))], "graph",
        [helper.make_tensor_value_info("x", kind_of(source), [4])],
        [helper.make_tensor_value_info("y", kind_of(target), [4])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    fails(MODEL, f"the vector engine has no '{operation}' of these types", "compile",
          tmp_path / "model.onnx", "--target", "atom", "-o", tmp_path / "out.garam")


# Indices


def test_index_of_a_loop(execute, tmp_path):
    """linalg.index, which no ONNX operator needs, in IR that is compiled from the linalg stage on."""
    path = tmp_path / "index.mlir"
    path.write_text("""
      #id = affine_map<(a, b) -> (a, b)>
      module {
        func.func @main(%x: tensor<9x21xf32> {onnx.name = "x"})
            -> (tensor<9x21xf32> {onnx.name = "y"}) {
          %e = tensor.empty() : tensor<9x21xf32>
          %0 = linalg.generic {indexing_maps = [#id, #id],
              iterator_types = ["parallel", "parallel"]}
              ins(%x : tensor<9x21xf32>) outs(%e : tensor<9x21xf32>) {
          ^bb0(%v: f32, %o: f32):
            %i = linalg.index 0 : index
            %j = linalg.index 1 : index
            %k = arith.constant 100 : index
            %m = arith.muli %i, %k : index
            %n = arith.addi %m, %j : index
            %w = arith.index_cast %n : index to i32
            %f = arith.sitofp %w : i32 to f32
            %s = arith.addf %v, %f : f32
            linalg.yield %s : f32
          } -> tensor<9x21xf32>
          return %0 : tensor<9x21xf32>
        }
      }
    """)
    x = ramp(9, 21)
    i, j = np.indices(x.shape)
    assert np.array_equal(execute(path, {"x": x}, "--from=linalg")["y"], x + 100 * i + j)
