"""Products on the analog chip agree with a plain integer reference, to the last bit."""

import re

import numpy as np
import onnx
from onnx import helper, numpy_helper
import pytest

import analog_reference as reference
import oracle
from conftest import MODEL, USAGE

# Without calibration inputs of the model are taken to lie within it.
GUESS = reference.make_dac(-1, 1)


def make_model(nodes, inputs, outputs, **weights):
    """Inputs and outputs: shapes of f32 by name."""
    def list_values(shapes):
        return [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
                for name, shape in shapes.items()]

    graph = helper.make_graph(
        nodes, "graph", list_values(inputs), list_values(outputs),
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def compile_model(run_tool, tmp_path):
    def run(model, *options):
        onnx.save(model, tmp_path / "model.onnx")
        run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet", "-o",
                 tmp_path / "model.garam", *options)
        return tmp_path / "model.garam"

    return run


@pytest.fixture
def run_model(compile_model, run_tool, tmp_path):
    """run_model(model, inputs by name, options of run) -> outputs by name."""
    def run(model, inputs, *options):
        binary = compile_model(model)
        arguments = []
        for name, value in inputs.items():
            np.save(tmp_path / f"{name}.npy", value)
            arguments += ["--input", f"{name}={tmp_path / name}.npy"]
        run_tool("garam", "run", binary, "--quiet", *arguments, *options, "-o", tmp_path / "out")
        return {file.stem: np.load(file) for file in (tmp_path / "out").glob("*.npy")}

    return run


def draw(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def spread(random, *shape):
    """Inputs within the range that is guessed for them."""
    return random.uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("vectors, rows, columns", [
    (1, 1, 1), (1, 256, 256), (5, 257, 3), (2, 3, 257), (3, 600, 300)])
def test_gemm_is_exact(run_model, vectors, rows, columns):
    random = np.random.default_rng(rows)
    x, weights, bias = spread(random, vectors, rows), draw(random, rows, columns), draw(
        random, columns)
    model = make_model([helper.make_node("Gemm", ["x", "w", "b"], ["y"])],
                       {"x": x.shape}, {"y": (vectors, columns)}, w=weights, b=bias)
    expected, bound = reference.multiply(x, weights, GUESS, bias)
    result = run_model(model, {"x": x})["y"]
    np.testing.assert_array_equal(result, expected)
    exact = oracle.run_onnxruntime(model, {"x": x})["y"]
    assert (np.abs(result - exact) <= bound).all()


def test_gemm_with_factors_and_transposed_weights(run_model):
    random = np.random.default_rng(0)
    x, weights, bias = spread(random, 4, 70), draw(random, 9, 70), draw(random, 9)
    model = make_model([helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1, alpha=0.5,
                                         beta=2.0)],
                       {"x": x.shape}, {"y": (4, 9)}, w=weights, b=bias)
    # A factor of a power of two is exact wherever it is applied.
    expected, _ = reference.multiply(x, weights.T, GUESS)
    expected = expected * np.float32(0.5) + bias * 2
    np.testing.assert_array_equal(run_model(model, {"x": x})["y"], expected)


def test_matmul_of_many_rows_with_bounds(run_model):
    """A MatMul of three dimensions, behind which Add and Relu are its bias and bound."""
    random = np.random.default_rng(0)
    x, weights, bias = spread(random, 7, 11, 300), draw(random, 300, 20), draw(random, 20)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "b"], ["a"]),
             helper.make_node("Relu", ["a"], ["y"])]
    model = make_model(nodes, {"x": x.shape}, {"y": (7, 11, 20)}, w=weights, b=bias)
    expected, _ = reference.multiply(x.reshape(77, 300), weights, GUESS, bias, low=0)
    np.testing.assert_array_equal(run_model(model, {"x": x})["y"], expected.reshape(7, 11, 20))


@pytest.mark.parametrize("channels, filters, groups, kernel, attributes", [
    (3, 5, 1, (3, 3), {}),
    (40, 300, 1, (3, 3), {"pads": (1, 1, 1, 1)}),  # 360 rows and 300 columns: 4 tiles
    (4, 6, 2, (3, 2), {"pads": (0, 1, 2, 0), "strides": (2, 1)}),
    (6, 6, 6, (3, 3), {"pads": (1, 1, 1, 1), "dilations": (2, 2)}),  # depthwise
    (60, 60, 60, (3, 3), {"pads": (1, 1, 1, 1)}),  # depthwise, 540 rows: 3 tiles
    (600, 4, 2, (1, 1), {}),  # 300 rows a group: 2 tiles each
])
def test_convolution_is_exact(run_model, channels, filters, groups, kernel, attributes):
    random = np.random.default_rng(channels)
    x, bias = spread(random, 2, channels, 9, 8), draw(random, filters)
    weights = draw(random, filters, channels // groups, *kernel)
    expected, bound = reference.convolve(x, weights, GUESS, groups, bias=bias, low=0, **attributes)
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"], group=groups, **attributes),
             helper.make_node("Relu", ["c"], ["y"])]
    model = make_model(nodes, {"x": x.shape}, {"y": expected.shape}, w=weights, b=bias)
    result = run_model(model, {"x": x})["y"]
    np.testing.assert_array_equal(result, expected)
    exact = oracle.run_onnxruntime(model, {"x": x})["y"]
    assert (np.abs(result - exact) <= bound).all()


def test_convolution_of_a_large_image(run_model):
    """50,176 windows of 576 inputs are 2^24.8 codes, which are never in memory at once."""
    random = np.random.default_rng(0)
    x, weights = spread(random, 1, 64, 224, 224), draw(random, 8, 64, 3, 3)
    expected, _ = reference.convolve(x, weights, GUESS, pads=(1, 1, 1, 1))
    model = make_model([helper.make_node("Conv", ["x", "w"], ["y"], pads=(1, 1, 1, 1))],
                       {"x": x.shape}, {"y": expected.shape}, w=weights)
    np.testing.assert_array_equal(run_model(model, {"x": x})["y"], expected)


def test_layers_follow_one_another(run_model, compile_model, run_tool):
    """The second layer's inputs lie between 0 and what is guessed of the first one's results."""
    random = np.random.default_rng(0)
    x, first, second = spread(random, 4, 20), draw(random, 20, 30), draw(random, 30, 5)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Relu", ["a"], ["h"]),
             helper.make_node("MatMul", ["h", "v"], ["y"])]
    model = make_model(nodes, {"x": x.shape}, {"y": (4, 5)}, w=first, v=second)
    hidden, _ = reference.multiply(x, first, GUESS, low=0)
    columns = np.float64(first)
    largest = np.minimum(np.abs(columns).sum(axis=0), 4 * np.sqrt((columns ** 2).sum(axis=0) / 3))
    expected, _ = reference.multiply(hidden, second, reference.make_dac(0, largest.max()))
    np.testing.assert_array_equal(run_model(model, {"x": x})["y"], expected)
    plan = run_tool("garam", "inspect", "--plan", compile_model(model)).stdout
    assert "weights of layer 1" in plan and "core 1 crossbar" in plan


def make_product(rows=300, columns=8):
    return make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": (1, rows)},
                      {"y": (1, columns)}, w=np.ones((rows, columns), np.float32))


def test_guesses_are_a_warning(run_tool, tmp_path):
    """One for both products, between which the host has a node."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]),
             helper.make_node("Softmax", ["a"], ["s"]),
             helper.make_node("MatMul", ["s", "w"], ["y"])]
    model = make_model(nodes, {"x": (1, 8)}, {"y": (1, 8)}, w=np.eye(8, dtype=np.float32))
    onnx.save(model, tmp_path / "model.onnx")
    result = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "-o",
                      tmp_path / "model.garam")
    assert "2 programs" in re.search(r"hermes +busy .*", result.stdout)[0]
    assert result.stderr.count("ranges of tensors that are converted for crossbars are guesses") == 1
    assert "--calibrate FILE.npz" in result.stderr


def test_memories_that_are_too_small(fails, source_dir, tmp_path):
    text = (source_dir / "targets" / "hermes.yaml").read_text()
    onnx.save(make_product(), tmp_path / "model.onnx")
    target = tmp_path / "small.yaml"
    for old, new, message in [
            ("bytes: { value: 1048576", "bytes: { value: 600",
             "two of its vectors need 632 bytes of vector memory, 'hermes' has 600"),
            ("bytes: { value: 16777216", "bytes: { value: 1000",
             "its tensors need 1232 bytes of the buffer, 'hermes' has 1000")]:
        target.write_text(text.replace(old, new))
        fails(MODEL, message, "compile", tmp_path / "model.onnx", "--target", target,
              "--no-fallback", "-o", tmp_path / "model.garam")


def test_a_run_is_bounded(run_tool, source_dir, tmp_path):
    """Also on a chip of a user's own, with room for images of 4351 x 4351 and filters of 256 x 256."""
    text = (source_dir / "targets" / "hermes.yaml").read_text()
    for field, old, new in [("cores", 64, 16), ("rows", 256, 4096), ("bytes", 16777216, 1 << 30),
                            ("bytes", 1048576, 1 << 29)]:
        assert f"{field}: {{ value: {old}," in text
        text = text.replace(f"{field}: {{ value: {old},", f"{field}: {{ value: {new},", 1)
    (tmp_path / "wide.yaml").write_text(text)
    onnx.save(make_model([helper.make_node("Conv", ["x", "w"], ["y"], name="conv")],
                         {"x": (1, 1, 4351, 4351)}, {"y": (1, 1, 4096, 4096)},
                         w=np.ones((1, 1, 256, 256), np.float32)), tmp_path / "model.onnx")
    result = run_tool("garam", "compile", tmp_path / "model.onnx", "--target", tmp_path / "wide.yaml",
                      "--no-fallback", "-o", tmp_path / "model.garam", status=MODEL)
    assert re.search(r"model.onnx: a run would take \d+ reads of cells and conversions, at most "
                     r"1099511627776 are one run", result.stderr), result.stderr


def test_option_of_phases(fails, tmp_path):
    onnx.save(make_product(), tmp_path / "model.onnx")
    fails(USAGE, "--read-phases: found '2', needed 1 or 4", "compile",
          tmp_path / "model.onnx", "--target", "hermes", "--no-fallback", "--read-phases", "2",
          "-o", tmp_path / "model.garam")


def test_weights_exceed_the_crossbars(fails, tmp_path):
    """65 tiles of 256 rows, of which the chip has 64."""
    onnx.save(make_product(rows=65 * 256), tmp_path / "model.onnx")
    message = fails(MODEL, "its weights take 65 crossbars of 256 x 256, and 64 of 64 are left by "
                    "the products before it", "compile", tmp_path / "model.onnx", "--target",
                    "hermes", "--no-fallback", "-o", tmp_path / "model.garam")
    assert "MatMul" in message


def test_ordinary_layers_that_are_too_large(fails, tmp_path):
    """The second layer of VGG-16 and a product of a language model."""
    windows = helper.make_node("Conv", ["x", "w"], ["y"], pads=(1, 1, 1, 1))
    product = helper.make_node("MatMul", ["x", "w"], ["y"])
    for node, x, weights, y, message in [
            (windows, (1, 64, 224, 224), (64, 64, 3, 3), (1, 64, 224, 224),
             "its tensors need 25690112 bytes of the buffer, 'hermes' has 16777216"),
            (product, (1, 8192), (8192, 4096), (1, 4096),
             "found a product with 33554432 weights, needed at most the 4194304 cells of the 64 "
             "crossbars of 'hermes'")]:
        model = make_model([node], {"x": x}, {"y": y}, w=np.zeros(weights, np.float32))
        onnx.save(model, tmp_path / "model.onnx")
        fails(MODEL, message, "compile", tmp_path / "model.onnx", "--target", "hermes",
              "--no-fallback", "-o", tmp_path / "model.garam")


def test_facts_of_the_target(run_tool):
    facts = " ".join(run_tool("garam", "targets", "hermes").stdout.split())
    for fact in ["8 bits in, 8 bits out", "read of a crossbar 521 ns, 52.9 nJ",
                 "peak, signed inputs 16.1 T", "peak, other inputs 63.07 T"]:
        assert fact in facts


@pytest.fixture
def run_noisy(run_tool, tmp_path):
    """run_noisy(binary, x, options) -> y"""
    def run(binary, x, *options):
        np.save(tmp_path / "x.npy", x)
        run_tool("garam", "run", binary, "--quiet", "--input", f"x={tmp_path / 'x.npy'}", *options,
                 "-o", tmp_path / "out")
        return np.load(tmp_path / "out" / "y.npy")

    return run


def test_noise_depends_on_its_seed_alone(compile_model, run_noisy):
    random = np.random.default_rng(0)
    x, weights = spread(random, 64, 600), draw(random, 600, 300)
    binary = compile_model(make_model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                                      {"x": x.shape}, {"y": (64, 300)}, w=weights))
    ideal = run_noisy(binary, x)
    one = run_noisy(binary, x, "--noise", "model", "--seed", "1", "--threads", "1")
    np.testing.assert_array_equal(
        one, run_noisy(binary, x, "--noise", "model", "--seed", "1", "--threads", "8"))
    two = run_noisy(binary, x, "--noise", "model", "--seed", "2")
    assert (one != two).mean() > 0.5 and (one != ideal).mean() > 0.5
    # It is noise on the weights, not another result.
    for noisy in (one, two):
        assert oracle.cosine(noisy, ideal) > 0.9


def test_noise_of_a_product_is_that_of_its_conductances(compile_model, run_noisy):
    """Weights in 4,000 columns, four conductances by turns, read one by one.

    Mean and standard deviation of what is read are those of the published model: the polarity of
    the weight about its target, the other one about zero and cut off there, and the ADC's rounding
    as an even spread over its step. Each is within five of its standard errors, of which a right
    device misses one of the eight once in 200,000 seeds; the seed is fixed.
    """
    levels = np.array([127, 96, 64, 32])
    count = 1000  # columns of a level
    # The second row sets the scale of the columns and keeps sums within half of the ADC's range.
    weights = np.stack([np.tile(levels / 127, count), -np.ones(4 * count)]).astype(np.float32)
    binary = compile_model(make_model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                                      {"x": (1, 2)}, {"y": (1, 4 * count)}, w=weights))
    found = run_noisy(binary, np.array([[1, 0]], np.float32), "--noise", "model", "--seed", "3")
    found = found.reshape(count, 4)

    largest = 20.7  # microsiemens
    coefficients = [4.68961419, -8.48101252, 4.71806468, 0.16603222]
    targets = levels / 127
    deviations = np.polyval(coefficients, targets)
    zero = coefficients[-1]
    step = 2 / 127  # of the ADC, in weights
    mean = targets - zero / np.sqrt(2 * np.pi) / largest
    variance = (deviations ** 2 + zero ** 2 * (0.5 - 0.5 / np.pi)) / largest ** 2 + step ** 2 / 12
    deviation = np.sqrt(variance)
    assert (np.abs(found.mean(axis=0) - mean) < 5 * deviation / np.sqrt(count)).all()
    assert (np.abs(found.std(axis=0) - deviation) < 5 * deviation / np.sqrt(2 * count)).all()


def test_seed_needs_a_use(run_tool, compile_model):
    binary = compile_model(make_product())
    result = run_tool("garam", "run", binary, "--seed", "1", status=2)
    assert "--random-inputs or --noise model" in result.stderr


def test_reads_of_one_phase(compile_model, run_tool):
    """On request, and only where inputs cannot be negative: behind the ReLU."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Relu", ["a"], ["h"]),
             helper.make_node("MatMul", ["h", "v"], ["y"])]
    model = make_model(nodes, {"x": (1, 3)}, {"y": (1, 2)}, w=np.ones((3, 4), np.float32),
                       v=np.ones((4, 2), np.float32))
    for options, second in [((), 4), (("--read-phases", "1"), 1)]:
        text = run_tool("garam", "inspect", "--disassemble", compile_model(model, *options)).stdout
        assert "read layer 0 tile 0 vectors 1 phases 4" in text
        assert f"read layer 1 tile 0 vectors 1 phases {second}" in text


EMPTY = "%other = tensor.empty() : tensor<1x300xf32>\n    "


@pytest.mark.parametrize("old, new, message", [
    ("core 1 at", "core 0 at", "is on core 0, whose crossbar holds an earlier tile"),
    ("core 1 at", "core 64 at", "is on core 64, 'hermes' has cores 0 to 63"),
    ("return %RESULT", "%large = analog.tile %MATRIX core 9 at[0, 0] : <300, 300> -> <300, 257>\n"
     "    return %RESULT", "is a tile of 300 x 257 cells, a crossbar of 'hermes' has 256 x 256"),
    ("core 1 at", "core -1 at", "is on core -1, 'hermes' has cores 0 to 63"),
    ("core 1 at", "core 99999999999 at", "is on core 99999999999, 'hermes' has cores 0 to 63"),
    ("levels 127", "levels 63", "has 63 levels, 'hermes' has 127"),
    ("return %RESULT", EMPTY + "return %other",
     "is no operation of products split into tiles"),
    ("return %RESULT", "return %arg0", "returns what no analog.rescale of its own makes"),
])
def test_edited_tiles_are_checked(old, new, message, run_tool, fails, tmp_path):
    """IR of a stage that was read from a file is to blame for its own faults."""
    model = make_model([helper.make_node("Gemm", ["x", "w", "b"], ["y"])], {"x": (1, 300)},
                       {"y": (1, 300)}, w=np.eye(300, dtype=np.float32),
                       b=np.arange(300).astype(np.float32))
    onnx.save(model, tmp_path / "model.onnx")
    stage = tmp_path / "stage.mlir"
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "hermes", "--quiet", "--emit",
             "analog-tiles", "-o", stage)
    run_tool("garam", "compile", stage, "--from", "analog-tiles", "--quiet", "-o",
             tmp_path / "right.garam")
    text = stage.read_text()
    result = text[:text.index(" = analog.rescale")].rsplit("%", 1)[1]
    matrix = text[:text.index(" = analog.matrix")].rsplit("%", 1)[1]
    old, new = (part.replace("RESULT", result).replace("MATRIX", matrix) for part in (old, new))
    assert old in text, text
    # The function of the chip: the one behind its first product.
    begin = text.index("analog.matrix")
    stage.write_text(text[:begin] + text[begin:].replace(old, new, 1))
    text = fails(MODEL, message, "compile", stage, "--from", "analog-tiles", "-o",
                 tmp_path / "model.garam")
    assert "internal" not in text


def read_dacs(text):
    """Scale and code bounds of the DACs of a disassembled program."""
    return [(np.float32(scale), int(low), int(high)) for scale, low, high in
            re.findall(r"dac scale (\S+) from (-?\d+) to (-?\d+)", text)]


def test_autoencoder_is_exact_layer_by_layer(models_dir, run_tool, tmp_path):
    """The whole MLPerf Tiny autoencoder: each layer is exact for the inputs that it really had, and
    within the bound of its converters of the exact product where these are within the DAC's range."""
    file = models_dir / "mlperf_tiny" / "ad_autoencoder_fp32.onnx"
    model = onnx.load(file)
    random = np.random.default_rng(0)
    samples = random.uniform(-40, 10, (20, 1, 640)).astype(np.float32)
    np.savez(tmp_path / "samples.npz", input_1=samples)
    np.save(tmp_path / "x.npy", samples[0])
    binary = tmp_path / "model.garam"
    run_tool("garam", "compile", file, "--target", "hermes", "--quiet", "--calibrate",
             tmp_path / "samples.npz", "-o", binary)
    run_tool("garam", "run", binary, "--quiet", "--input", f"input_1={tmp_path / 'x.npy'}",
             "--keep-intermediates", tmp_path / "values", "-o", tmp_path / "out")
    text = run_tool("garam", "inspect", "--disassemble", binary).stdout
    dacs = read_dacs(text)

    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    x = samples[0]
    layers = [node for node in model.graph.node if node.op_type == "Gemm"]
    assert len(layers) == len(dacs) == 10
    within = 0
    for layer, dac in zip(layers, dacs):
        matrix, bias = (weights[name] for name in layer.input[1:])
        if any(a.name == "transB" and a.i for a in layer.attribute):
            matrix = matrix.T
        follower = [node for node in model.graph.node if layer.output[0] in node.input]
        name = follower[0].name if follower else layer.output[0]
        expected, bound = reference.multiply(x, matrix, dac, bias, low=0 if follower else None)
        found = np.load(tmp_path / "values" / f"{name}.npy")
        np.testing.assert_array_equal(found, expected)
        exact = np.float64(x) @ np.float64(matrix) + bias
        exact = np.maximum(exact, 0) if follower else exact
        scale, low, high = dac
        if x.min() >= (low - 0.5) * scale and x.max() <= (high + 0.5) * scale:
            assert (np.abs(found - exact) <= bound * (1 + 1e-5)).all()
            within += 1
        x = found
    assert within >= 5


def test_network_with_the_host(run_tool, source_dir, tmp_path):
    """The digits example: its MaxPool runs on the host, between two programs of the chip, whose
    layers have crossbars of their own and are exact for the inputs that they really had."""
    examples = source_dir / "examples" / "digits"
    images = (np.load(examples / "test_images.npy") / 16).astype(np.float32).reshape(-1, 1, 1, 8, 8)
    np.savez(tmp_path / "samples.npz", image=images[:50])
    binary = tmp_path / "model.garam"
    result = run_tool("garam", "compile", examples / "digits.onnx", "--dim", "N=1", "--target",
                      "hermes", "--calibrate", tmp_path / "samples.npz", "-o", binary)
    assert "node 'pool' (MaxPool, opset 17)" in result.stderr and "guesses" not in result.stderr
    text = run_tool("garam", "inspect", "--disassemble", binary).stdout
    cores = re.findall(r"tile \d+: core (\d+)", text)
    assert len(cores) == len(set(cores)) >= 4
    np.save(tmp_path / "image.npy", images[0])
    run_tool("garam", "run", binary, "--quiet", "--input", f"image={tmp_path / 'image.npy'}",
             "--keep-intermediates", tmp_path / "values", "-o", tmp_path / "out")

    model = onnx.load(examples / "digits.onnx")
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values = {file.stem: np.load(file) for file in (tmp_path / "values").glob("*.npy")}
    logits = np.load(tmp_path / "out" / "logits.npy")
    convolutions, products = read_dacs(text)[:2], read_dacs(text)[2:]
    x = images[0]
    for name, dac in zip(["1", "2"], convolutions):
        node = next(node for node in model.graph.node if node.name == f"conv{name}")
        attributes = {a.name: tuple(a.ints) for a in node.attribute if a.name in ("pads", "strides")}
        expected, _ = reference.convolve(x, weights[f"conv{name}.weight"], dac,
                                         bias=weights[f"conv{name}.bias"], low=0, **attributes)
        x = values[f"relu{name}"]
        np.testing.assert_array_equal(x, expected)
    x = values["pool"].reshape(1, -1)
    for name, dac, low in zip(["1", "2"], products, [0, None]):
        node = next(node for node in model.graph.node if node.name == f"dense{name}")
        matrix = weights[f"dense{name}.weight"]
        if any(a.name == "transB" and a.i for a in node.attribute):
            matrix = matrix.T
        expected, _ = reference.multiply(x, matrix, dac, weights[f"dense{name}.bias"], low=low)
        found = values["relu3"] if name == "1" else logits
        np.testing.assert_array_equal(found, expected)
        x = found
