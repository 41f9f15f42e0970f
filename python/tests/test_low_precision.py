"""Numbers of 8 bits and less: casts, quantisation, weights of 4 bits, files and arrays."""

import re
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import oracle
from conftest import compile_without_fallback

garam = pytest.importorskip("garam")

FLOAT8 = {"float8_e4m3fn": TensorProto.FLOAT8E4M3FN, "float8_e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ,
          "float8_e5m2": TensorProto.FLOAT8E5M2, "float8_e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ}
NARROW = {"int4": TensorProto.INT4, "uint4": TensorProto.UINT4, "int2": TensorProto.INT2,
          "uint2": TensorProto.UINT2, "float4_e2m1fn": TensorProto.FLOAT4E2M1}
OTHER = {"float8_e8m0fnu": TensorProto.FLOAT8E8M0}
TYPES = {**FLOAT8, **NARROW, **OTHER}
OPSET = 25


def get_dtype(name):
    return np.dtype(getattr(ml_dtypes, name))


def make_model(nodes, inputs, outputs, initializers=(), opset=OPSET):
    values = [[helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in group]
              for group in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g", *values, initializer=list(initializers))
    return helper.make_model(graph, ir_version=13 if opset >= 25 else 10, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)])


def make_cast(start, end, count, **attributes):
    return make_model([helper.make_node("Cast", ["x"], ["y"], name="cast", to=end, **attributes)],
                      [("x", start, [count])], [("y", end, [count])])


def run(model, target="host", **inputs):
    return garam.compile(model, target=target).run(inputs)


def all_codes(name):
    """Every value of a type, once."""
    bits = 8 if name in FLOAT8 or name in OTHER else 2 if name.endswith("2") else 4
    return np.arange(2 ** bits, dtype=np.uint8).view(get_dtype(name))


def assert_same(actual, expected):
    """Bit by bit but for the signs and payloads of NaN."""
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    actual, expected = actual.astype(np.float32), expected.astype(np.float32)
    assert (np.isnan(actual) == np.isnan(expected)).all()
    numbers = ~np.isnan(expected)
    assert (actual[numbers].view(np.uint32) == expected[numbers].view(np.uint32)).all()


# Every value of every type means the same as to ml_dtypes.
@pytest.mark.parametrize("name", TYPES)
def test_widening(name):
    x = all_codes(name)
    y = run(make_cast(TYPES[name], TensorProto.FLOAT, x.size), x=x)["y"]
    assert_same(y, x.astype(np.float32))


def hard_floats(name):
    """Values, what lies half of the way between two and beside that, and what is not finite."""
    values = np.unique(all_codes(name).astype(np.float32))
    values = values[np.isfinite(values)]
    middles = (values[1:] + values[:-1]) / 2
    beside = [np.nextafter(middles, np.float32(side)) for side in (-np.inf, np.inf)]
    largest = values.max()
    step = largest - values[-2]
    beyond = np.array([largest + step / 2, np.nextafter(largest + step / 2, np.float32(np.inf)),
                       largest + step, 1e30, 1e-30, 0, np.inf, np.nan], np.float32)
    random = np.random.default_rng(3).standard_normal(2000).astype(np.float32) * largest / 4
    return np.concatenate([values, middles, *beside, beyond, -beyond, random]).astype(np.float32)


@pytest.mark.parametrize("name", FLOAT8)
def test_rounding_without_saturation(name):
    x = hard_floats(name)
    y = run(make_cast(TensorProto.FLOAT, TYPES[name], x.size, saturate=0), x=x)["y"]
    assert_same(y, x.astype(get_dtype(name)))


@pytest.mark.parametrize("name", [*FLOAT8, "float4_e2m1fn"])
def test_rounding_with_saturation(name):
    x = hard_floats(name)
    if name == "float4_e2m1fn":  # What becomes of a NaN, which it has not, nothing says.
        x = x[~np.isnan(x)]
    y = run(make_cast(TensorProto.FLOAT, TYPES[name], x.size), x=x)["y"]
    largest = np.float32(ml_dtypes.finfo(get_dtype(name)).max)
    assert_same(y, np.clip(x, -largest, largest).astype(get_dtype(name)))


# The exponent's place is exact for powers of two; what lies between goes up, down or to the nearest.
@pytest.mark.parametrize("mode, of_middle, of_more",
                         [("up", 2, 2), ("down", 1, 1), ("nearest", 2, 2)])
def test_powers_of_two(mode, of_middle, of_more):
    powers = np.ldexp(np.float32(1), np.arange(-126, 127)).astype(np.float32)
    model = make_cast(TensorProto.FLOAT, TensorProto.FLOAT8E8M0, powers.size, round_mode=mode)
    executable = garam.compile(model, target="host")
    for factor, expected in ((1, 1), (1.5, of_middle), (1.75, of_more),
                             (1.25, 2 if mode == "up" else 1)):
        y = executable.run({"x": powers * np.float32(factor)})["y"]
        assert (y.astype(np.float32) == powers * np.float32(expected)).all()


# The last rows of the table of ONNX's Cast-25.
@pytest.mark.parametrize("mode, saturate, codes", [
    ("up", 1, [0x00, 0xFF, 0xFE, 0xFE, 0x00, 0x01]),
    ("nearest", 0, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00])])
def test_powers_of_two_at_the_ends(mode, saturate, codes):
    x = np.array([0, np.nan, np.inf, 3e38, 2.0 ** -140, 2.0 ** -127 * 1.25], np.float32)
    model = make_cast(TensorProto.FLOAT, TensorProto.FLOAT8E8M0, x.size, round_mode=mode,
                      saturate=saturate)
    assert run(model, x=x)["y"].view(np.uint8).tolist() == codes


# Integers keep their low bits, floats lose their fraction first.
@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "uint2"])
@pytest.mark.parametrize("start", [np.int32, np.uint8, np.float32])
def test_narrowing_of_integers(name, start):
    x = np.arange(0 if start is np.uint8 else -20, 20).astype(start)
    model = make_cast(helper.np_dtype_to_tensor_dtype(np.dtype(start)), TYPES[name], x.size)
    y = run(model, x=x)["y"]
    bits = int(name[-1])
    expected = (x.astype(np.int64) & (2 ** bits - 1)).astype(np.uint8).view(get_dtype(name))
    assert_same(y, expected)


# A value of all of these types goes through the NPU that has a type for what it is held in.
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", *NARROW])
def test_casts_on_an_npu(name):
    x = all_codes(name)
    for kind in (TensorProto.FLOAT, TensorProto.FLOAT16):
        executable = garam.compile(make_cast(TYPES[name], kind, x.size), target="rngd",
                                   fallback=False)
        assert_same(executable.run({"x": x})["y"].astype(np.float32), x.astype(np.float32))


ROUNDED = {"float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
           "float8_e4m3fn": TensorProto.FLOAT8E4M3FN, "float8_e5m2": TensorProto.FLOAT8E5M2}


# What the model rounds is rounded, also between operations that an NPU does at once: of a sum,
# of a product, and of what an input is. Small integers are exact in what is multiplied.
@pytest.mark.parametrize("target", ["atom", "rngd"])
@pytest.mark.parametrize("name", ROUNDED)
def test_rounding_within_a_stage(name, target):
    def cast(start, end, kind):
        return helper.make_node("Cast", [start], [end], to=kind)

    rows = np.random.default_rng(5).integers(-40, 40, (16, 32)).astype(np.float32)
    x = np.concatenate([rows, rows[:1] * 1024])
    weights = np.random.default_rng(6).integers(-3, 3, (32, 32)).astype(np.float32)
    nodes = []
    for value, wide in (("x", "x_rounded"), ("sums", "sums_rounded"), ("product", "product_rounded")):
        nodes += [cast(value, f"{value}_narrow", ROUNDED[name]),
                  cast(f"{value}_narrow", wide, TensorProto.FLOAT)]
    sums = helper.make_node("ReduceSum", ["x_rounded", "axes"], ["sums"], keepdims=1)
    product = helper.make_node("MatMul", ["x", "w"], ["product"])
    difference = helper.make_node("Sub", ["sums_rounded", "x_rounded"], ["y"])
    nodes = [product, *nodes[:2], sums, *nodes[2:], difference,
             helper.make_node("Add", ["product_rounded", "one"], ["z"])]
    model = make_model(
        nodes, [("x", TensorProto.FLOAT, x.shape)],
        [(result, TensorProto.FLOAT, x.shape) for result in "yz"],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1]),
         onnx.numpy_helper.from_array(weights, "w"),
         onnx.numpy_helper.from_array(np.float32(1), "one")], opset=21)
    actual, expected = run(model, target, x=x), run(model, x=x)
    assert np.isinf(expected["z"]).any() == (name == "float16")
    with np.errstate(invalid="ignore"):
        for result in "yz":
            assert_same(actual[result], expected[result])


@pytest.mark.parametrize("target", ["atom", "rngd"])
def test_quantised_to_8_bits_between_stages(target):
    scale = onnx.numpy_helper.from_array(np.float32(0.02), "scale")
    zero = helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, [], b"\0", raw=True)
    model = make_model(
        [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
         helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
         helper.make_node("Mul", ["d", "d"], ["y"])],
        [("x", TensorProto.FLOAT, [64])], [("y", TensorProto.FLOAT, [64])], [scale, zero], opset=21)
    x = np.random.default_rng(7).standard_normal(64).astype(np.float32)
    rounded = (x / np.float32(0.02)).astype(get_dtype("float8_e4m3fn")).astype(np.float32)
    expected = (rounded * np.float32(0.02)) ** 2
    np.testing.assert_allclose(run(model, target, x=x)["y"], expected, rtol=1e-6)


def quantise(weights, block, name):
    """Codes, scales and zero points of blocks along dimension 0."""
    depth, columns = weights.shape
    info = ml_dtypes.iinfo(get_dtype(name))
    blocks = weights.reshape(depth // block, block, columns)
    low, high = blocks.min(axis=1), blocks.max(axis=1)
    scales = ((high - low) / (int(info.max) - int(info.min))).astype(np.float32)
    zeros = np.clip(np.round(int(info.min) - low / scales), int(info.min), int(info.max))
    codes = np.clip(np.round(blocks / scales[:, None]) + zeros[:, None], int(info.min),
                    int(info.max))
    return codes.reshape(depth, columns).astype(np.int8), scales, zeros.astype(np.int8)


def make_packed(name, kind, values):
    """An initializer as files have it: two codes a byte and more, the first in the low bits."""
    bits = int(name[-1])
    flat = (values.astype(np.int64).ravel() & (2 ** bits - 1)).astype(np.uint8)
    per_byte = 8 // bits
    flat = np.pad(flat, (0, -flat.size % per_byte)).reshape(-1, per_byte)
    packed = (flat << (bits * np.arange(per_byte, dtype=np.uint8))).sum(axis=1).astype(np.uint8)
    return helper.make_tensor("w" if values.ndim and values.shape[0] > 16 else "z", kind,
                              values.shape, packed.tobytes(), raw=True)


# Weights in blocks of 32, larger than what is evaluated at compile time, also with rows that do
# not end with a byte.
@pytest.mark.parametrize("target", ["host", "rngd"])
@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "uint2"])
@pytest.mark.parametrize("columns", [96, 33])
def test_blocked_weights(name, columns, target):
    random = np.random.default_rng(9)
    weights = random.standard_normal((128, columns)).astype(np.float32)
    x = random.standard_normal((5, 128)).astype(np.float32)
    codes, scales, zeros = quantise(weights, 32, name)
    nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["f"], name="dequantize",
                              axis=0, block_size=32),
             helper.make_node("MatMul", ["x", "f"], ["y"], name="product")]
    model = make_model(nodes, [("x", TensorProto.FLOAT, [5, 128])],
                       [("y", TensorProto.FLOAT, [5, columns])],
                       [make_packed(name, TYPES[name], codes),
                        onnx.numpy_helper.from_array(scales, "s"),
                        make_packed(name, TYPES[name], zeros)])
    options = {} if target == "host" else {"fallback": False}
    y = garam.compile(model, target=target, **options).run({"x": x})["y"]
    steps = codes.astype(np.float32) - np.repeat(zeros.astype(np.float32), 32, axis=0)
    expected = x @ (steps * np.repeat(scales, 32, axis=0))
    tolerance = 1e-4 if target == "host" else 2e-2
    np.testing.assert_allclose(y, expected, rtol=tolerance,
                               atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn"])
@pytest.mark.parametrize("target", ["host", "rngd", "atom"])
def test_blocked_weights_of_floats(name, axis, target):
    random = np.random.default_rng(11)
    codes = random.uniform(-6, 6, (128, 64)).astype(get_dtype(name))
    scales = random.uniform(0.01, 0.1, (4, 64) if axis == 0 else (128, 2)).astype(np.float32)
    x = random.standard_normal((5, 128)).astype(np.float32)
    bits = codes.view(np.uint8).ravel()
    data = bits[::2] | bits[1::2] << 4 if name.startswith("float4") else bits
    nodes = [helper.make_node("DequantizeLinear", ["w", "s"], ["f"], name="dequantize", axis=axis, block_size=32),
             helper.make_node("MatMul", ["x", "f"], ["y"], name="product")]
    model = make_model(nodes, [("x", TensorProto.FLOAT, [5, 128])], [("y", TensorProto.FLOAT, [5, 64])],
                       [helper.make_tensor("w", TYPES[name], codes.shape, data.tobytes(), raw=True),
                        onnx.numpy_helper.from_array(scales, "s")])
    y = (garam.compile(model, target) if target == "host" else compile_without_fallback(model, target)).run({"x": x})["y"]
    expected = x @ (codes.astype(np.float32) * np.repeat(scales, 32, axis=axis))
    tolerance = 1e-4 if target == "host" else 2e-2
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


# The binary holds the weights of the host as the file does, two a byte.
def test_packed_weights_stay_packed(tmp_path):
    codes = np.random.default_rng(1).integers(0, 16, (1024, 1024)).astype(np.int8)
    nodes = [helper.make_node("Cast", ["w"], ["f"], to=TensorProto.FLOAT),
             helper.make_node("MatMul", ["x", "f"], ["y"])]
    model = make_model(nodes, [("x", TensorProto.FLOAT, [1, 1024])],
                       [("y", TensorProto.FLOAT, [1, 1024])],
                       [make_packed("uint4", TensorProto.UINT4, codes)])
    executable = garam.compile(model, target="host")
    x = np.eye(1, 1024, 7, dtype=np.float32)
    assert (executable.run({"x": x})["y"] == codes[7]).all()
    executable.save(tmp_path / "model.garam")
    assert (tmp_path / "model.garam").stat().st_size < 0.6 * codes.size


@pytest.mark.parametrize("name", [*FLOAT8, "float4_e2m1fn"])
def test_quantisation_to_floats(name):
    x = np.random.default_rng(4).standard_normal((6, 40)).astype(np.float32) * 50
    scale = np.array([0.5, 2, 0.25, 1, 4, 8], np.float32)
    dtype = get_dtype(name)
    nodes = [helper.make_node("QuantizeLinear", ["x", "s"], ["q"], name="q", axis=0,
                              output_dtype=TYPES[name]),
             helper.make_node("DequantizeLinear", ["q", "s"], ["y"], name="d", axis=0)]
    model = make_model(nodes, [("x", TensorProto.FLOAT, x.shape)],
                       [("q", TYPES[name], x.shape), ("y", TensorProto.FLOAT, x.shape)],
                       [onnx.numpy_helper.from_array(scale, "s")])
    result = run(model, x=x)
    largest = np.float32(ml_dtypes.finfo(dtype).max)
    expected = np.clip(x / scale[:, None], -largest, largest).astype(dtype)
    assert_same(result["q"], expected)
    assert_same(result["y"], expected.astype(np.float32) * scale[:, None])


def make_product(bits, block, depth, columns, has_zeros, has_bias):
    """MatMulNBits on x [3, depth], with random bytes as weights."""
    random = np.random.default_rng([bits, block, depth, columns])
    blocks = -(-depth // block)
    initializers = {
        "b": random.integers(0, 256, (columns, blocks, block * bits // 8)).astype(np.uint8),
        "s": random.uniform(0.01, 0.1, (columns, blocks)).astype(np.float32)}
    names = ["x", "b", "s"]
    if has_zeros or has_bias:
        names.append("z" if has_zeros else "")
    if has_zeros:
        initializers["z"] = random.integers(0, 256, (columns, -(-blocks * bits // 8))).astype(
            np.uint8)
    if has_bias:
        names += ["", "bias"]
        initializers["bias"] = random.standard_normal(columns).astype(np.float32)
    node = helper.make_node("MatMulNBits", names, ["y"], name="n", domain="com.microsoft", K=depth,
                            N=columns, bits=bits, block_size=block)
    return make_model([node], [("x", TensorProto.FLOAT, [3, depth])],
                      [("y", TensorProto.FLOAT, [3, columns])],
                      [onnx.numpy_helper.from_array(value, name)
                       for name, value in initializers.items()], opset=21)


@pytest.mark.parametrize("bits, block, depth, columns, has_zeros, has_bias", [
    (4, 32, 128, 64, False, False), (4, 32, 128, 64, True, False), (4, 16, 48, 10, True, True),
    (4, 32, 80, 24, False, True), (8, 32, 64, 16, True, False)])
def test_matmul_of_few_bits(bits, block, depth, columns, has_zeros, has_bias):
    model = make_product(bits, block, depth, columns, has_zeros, has_bias)
    x = np.random.default_rng(2).standard_normal((3, depth)).astype(np.float32)
    expected = oracle.run_onnxruntime(model, {"x": x}, optimise=False)["y"]
    for target, tolerance in (("host", 1e-4), ("rngd", 2e-2)):
        y = garam.compile(model, target=target).run({"x": x})["y"]
        np.testing.assert_allclose(y, expected, rtol=tolerance,
                                   atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("has_zeros", [False, True])
def test_gather_of_few_bits(has_zeros):
    random = np.random.default_rng(6)
    initializers = {"w": random.integers(0, 256, (50, 32)).astype(np.uint8),
                    "s": random.uniform(0.01, 0.1, (50, 4)).astype(np.float32)}
    if has_zeros:
        initializers["z"] = random.integers(0, 256, (50, 2)).astype(np.uint8)
    node = helper.make_node("GatherBlockQuantized", ["w", "i", "s", *(["z"] if has_zeros else [])],
                            ["y"], name="n", domain="com.microsoft", gather_axis=0,
                            quantize_axis=1, block_size=16, bits=4)
    model = make_model([node], [("i", TensorProto.INT64, [2, 3])],
                       [("y", TensorProto.FLOAT, [2, 3, 64])],
                       [onnx.numpy_helper.from_array(value, name)
                        for name, value in initializers.items()], opset=21)
    indices = np.array([[3, 49, 0], [7, 7, 21]])
    expected = oracle.run_onnxruntime(model, {"i": indices}, optimise=False)["y"]
    np.testing.assert_allclose(run(model, i=indices)["y"], expected, rtol=1e-6)


# Files of numpy do not say which of the types of a byte they hold: that of the input.
@pytest.mark.parametrize("name", ["int4", "float8_e5m2", "float4_e2m1fn"])
def test_files(name, run_tool, tmp_path):
    x = all_codes(name)
    onnx.save(make_model([helper.make_node("Identity", ["x"], ["y"])],
                         [("x", TYPES[name], x.shape)], [("y", TYPES[name], x.shape)]),
              tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--quiet", "-o",
             tmp_path / "model.garam")
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "x.pb").write_bytes(onnx.numpy_helper.from_array(x).SerializeToString())
    for file in ("x.npy", "x.pb"):
        run_tool("garam", "run", tmp_path / "model.garam", "--input", f"x={tmp_path / file}",
                 "--output-dir", tmp_path / "out", "--quiet")
        assert np.load(tmp_path / "out/y.npy").view(np.uint8).tobytes() == x.tobytes()


# Without ml_dtypes there are the bytes of the elements, in and out.
def test_without_ml_dtypes(tmp_path):
    (tmp_path / "model.onnx").write_bytes(make_cast(
        TensorProto.FLOAT, TensorProto.FLOAT8E4M3FN, 2).SerializeToString())
    (tmp_path / "back.onnx").write_bytes(make_cast(
        TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT, 2).SerializeToString())
    script = """if True:
        import sys
        sys.modules["ml_dtypes"] = None
        import garam, numpy as np
        folder = sys.argv[1]
        y = garam.compile(folder + "/model.onnx", target="host").run(
            {"x": np.array([1, -2], np.float32)})["y"]
        assert y.dtype == np.dtype("V1") and y.view(np.uint8).tolist() == [0x38, 0xC0]
        x = garam.compile(folder + "/back.onnx", target="host").run({"x": y})["y"]
        assert x.tolist() == [1, -2]
    """
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


def test_another_type_of_a_byte_is_refused():
    executable = garam.compile(make_cast(TensorProto.INT4, TensorProto.FLOAT, 2), target="host")
    with pytest.raises(garam.InputError, match="int8"):
        executable.run({"x": np.zeros(2, np.int8)})
    with pytest.raises(garam.InputError, match="uint4"):
        executable.run({"x": np.zeros(2, ml_dtypes.uint4)})


def quantise_by(values, scale, name):
    largest = float(ml_dtypes.finfo(get_dtype(name)).max)
    return np.clip(values / scale, -largest, largest).astype(get_dtype(name))


def make_tensor8(name, values):
    kind = FLOAT8[str(values.dtype)]
    return helper.make_tensor(name, kind, values.shape, values.view(np.uint8).tobytes(), raw=True)


def make_quantised_layer(operator, name, weight, x_shape, y_shape, **attributes):
    """A product or convolution of 8-bit floats, the weight's scales by channel of the output."""
    rng = np.random.default_rng(5)
    axis = 1 if operator == "MatMul" else 0
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scales = np.abs(weight).max(others) / 100
    shape = [-1 if i == axis else 1 for i in range(weight.ndim)]
    scalar = get_dtype(name).type(0)
    initializers = [
        make_tensor8("w", quantise_by(weight, scales.reshape(shape), name)),
        onnx.numpy_helper.from_array(scales.astype(np.float32), "ws"),
        make_tensor8("wz", np.zeros(scales.size, get_dtype(name))), make_tensor8("z", np.array(scalar)),
        onnx.numpy_helper.from_array(np.float32(0.02), "xs"), onnx.numpy_helper.from_array(np.float32(0.05), "ys")]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "xs", "z"], ["xq"], name="quantise"),
        helper.make_node("DequantizeLinear", ["xq", "xs", "z"], ["xd"], name="dequantise"),
        helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], name="weight", axis=axis),
        helper.make_node(operator, ["xd", "wd"], ["p"], name="product", **attributes),
        helper.make_node("Relu", ["p"], ["r"], name="relu"),
        helper.make_node("QuantizeLinear", ["r", "ys", "z"], ["q"], name="quantise_result"),
        helper.make_node("DequantizeLinear", ["q", "ys", "z"], ["y"], name="result")]
    model = make_model(nodes, [("x", TensorProto.FLOAT, x_shape)], [("y", TensorProto.FLOAT, y_shape)], initializers, 21)
    return model, rng.standard_normal(x_shape).astype(np.float32)


# A chip that multiplies 8-bit floats does so: sums of exact products, in f32 as onnxruntime's, so that results differ
# by one step of the result's type at most, where the orders of summation round to different sides.
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("operator, weight, x_shape, y_shape, attributes", [
    ("MatMul", (64, 40), [24, 64], [24, 40], {}),
    ("Conv", (24, 16, 3, 3), [1, 16, 10, 10], [1, 24, 5, 5], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
], ids=["MatMul", "Conv"])
def test_products_of_8_bits(name, operator, weight, x_shape, y_shape, attributes, tmp_path):
    weights = np.random.default_rng(6).standard_normal(weight).astype(np.float32)
    model, x = make_quantised_layer(operator, name, weights, x_shape, y_shape, **attributes)
    onnx.save(model, tmp_path / "m.onnx")
    # Its optimisations make nodes of the model that it does not take then.
    expected = oracle.run_onnxruntime(tmp_path / "m.onnx", {"x": x}, optimise=False)["y"]
    executable = garam.compile(model, target="rngd")
    actual = executable.run({"x": x})["y"]
    step = 2.0 ** -int(ml_dtypes.finfo(get_dtype(name)).nmant)
    np.testing.assert_allclose(actual, expected, rtol=step, atol=1e-6)
    assert (actual == expected).mean() > 0.99
    commands = [line for line in executable.inspect(disassemble=True).splitlines() if re.match(r"\s*\d+\s+tensor ", line)]
    stored = {"float8_e4m3fn": "f8e4m3", "float8_e5m2": "f8e5m2"}[name]
    assert commands and all(len(re.findall(rf"(?:act|weight) \S+:{stored}", line)) == 2 for line in commands)


# onnx converts models of other opsets than its newest, but has no constants of this type then.
@pytest.mark.parametrize("is_node", [False, True])
def test_constant_powers_of_two_are_converted(is_node):
    scales = 2.0 ** np.arange(-4, 4, dtype=np.float32).reshape(2, 4)
    weights = np.random.default_rng(5).integers(-6, 7, (8, 4)).astype(np.float32)
    tensors = [onnx.numpy_helper.from_array(weights.astype(ml_dtypes.float8_e4m3fn), "w"),
               helper.make_tensor("s", TensorProto.FLOAT8E8M0, [2, 4],
                                  scales.astype(ml_dtypes.float8_e8m0fnu).tobytes(), raw=True)]
    constants = [helper.make_node("Constant", [], ["s"], value=tensors.pop())] if is_node else []
    nodes = [*constants,
             helper.make_node("DequantizeLinear", ["w", "s"], ["f"], axis=0, block_size=4,
                              output_dtype=TensorProto.FLOAT),
             helper.make_node("MatMul", ["x", "f"], ["y"])]
    model = make_model(nodes, [("x", TensorProto.FLOAT, [3, 8])], [("y", TensorProto.FLOAT, [3, 4])],
                       tensors)
    x = np.random.default_rng(6).integers(-9, 9, (3, 8)).astype(np.float32)
    np.testing.assert_array_equal(run(model, x=x)["y"], x @ (weights * scales.repeat(4, axis=0)))
