"""One binary for the host, run with several sizes: as onnxruntime has them."""

import numpy as np
import onnx
import pytest

import oracle
from conftest import USAGE
from onnx_case import floats, integers

garam = pytest.importorskip("garam")

OPSET = 20


def make_model(graph, initializers=None):
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {OPSET}]> case {graph}')
    model.graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(value), name)
                                   for name, value in (initializers or {}).items())
    return model


def check(model, dims, runs, **tolerance):
    """One session agrees with onnxruntime on all `runs`, dictionaries of inputs."""
    session = garam.compile(model, target="host", dims=dims).session()
    for inputs in runs:
        expected = oracle.run_onnxruntime(model, inputs, optimise=False)
        actual = session.run(inputs)
        assert list(actual) == list(expected)
        for name, value in expected.items():
            assert actual[name].shape == value.shape and actual[name].dtype == value.dtype
            np.testing.assert_allclose(actual[name], value,
                                       **(tolerance or {"rtol": 1e-4, "atol": 1e-5}))
    return session


PERCEPTRON = """(float[batch, 20] x) => (float[batch, 6] y, float[batch, 32] h) {
    a = MatMul (x, w)
    b = Add (a, bias)
    h = Relu (b)
    c = Gemm (h, v)
    y = Softmax <axis = -1> (c) }"""
WEIGHTS = {"w": floats(20, 32), "bias": floats(32), "v": floats(32, 6)}


def test_batch_of_a_perceptron():
    check(make_model(PERCEPTRON, WEIGHTS), {"batch": (1, 33)},
          [{"x": floats(size, 20)} for size in (7, 1, 33, 16, 2)])


def test_batch_of_a_convolutional_network():
    graph = """(float[n, 3, 12, 12] x) => (float[n, 5] y) {
        a = Conv <pads = [1, 1, 1, 1]> (x, w1, b1)
        b = Relu (a)
        c = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (b)
        d = Conv <group = 8, pads = [1, 1, 1, 1]> (c, w2)
        e = Add (d, c)
        f = GlobalAveragePool (e)
        g = Flatten (f)
        y = Gemm <transB = 1> (g, w3, b3) }"""
    weights = {"w1": floats(8, 3, 3, 3), "b1": floats(8), "w2": floats(8, 1, 3, 3),
               "w3": floats(5, 8), "b3": floats(5)}
    check(make_model(graph, weights), {"n": (1, 9)},
          [{"x": floats(size, 3, 12, 12)} for size in (1, 4, 9)])


def test_two_dimensions_and_broadcasting():
    graph = """(float[batch, seq, 8] x, float[batch, seq] mask) => (float[batch, seq, 8] y,
                                                                    float[batch, 8] z) {
        one = Constant <value_ints = [-1]> ()
        m = Unsqueeze (mask, one)
        a = Mul (x, m)
        s = MatMul (a, w)
        y = Add (s, x)
        axis = Constant <value_ints = [1]> ()
        z = ReduceMax <keepdims = 0> (y, axis) }"""
    check(make_model(graph, {"w": floats(8, 8)}), {"batch": (1, 4), "seq": (1, 20)},
          [{"x": floats(b, s, 8), "mask": floats(b, s)} for b, s in ((1, 1), (4, 20), (2, 7), (3, 16))])


def attention(heads=2, width=16):
    """Self-attention as exporters write it: shapes computed from those of the input."""
    head = width // heads
    graph = f"""(int64[batch, seq] ids, int64[batch, seq] mask) => (float[batch, seq, {width}] y) {{
        e = Gather (table, ids)
        shape = Shape (ids)
        zero = Constant <value_int = 0> ()
        one = Constant <value_int = 1> ()
        batch = Gather (shape, zero)
        seq = Gather (shape, one)
        positions = Range (zero, seq, one)
        p = Gather (places, positions)
        x = Add (e, p)
        first = Constant <value_ints = [0]> ()
        b1 = Unsqueeze (batch, first)
        s1 = Unsqueeze (seq, first)
        heads = Constant <value_ints = [{heads}]> ()
        head = Constant <value_ints = [{head}]> ()
        width = Constant <value_ints = [{width}]> ()
        split = Concat <axis = 0> (b1, s1, heads, head)
        joined = Concat <axis = 0> (b1, s1, width)
        q0 = MatMul (x, wq)
        q1 = Reshape (q0, split)
        q = Transpose <perm = [0, 2, 1, 3]> (q1)
        k0 = MatMul (x, wk)
        k1 = Reshape (k0, split)
        k = Transpose <perm = [0, 2, 3, 1]> (k1)
        v0 = MatMul (x, wv)
        v1 = Reshape (v0, split)
        v = Transpose <perm = [0, 2, 1, 3]> (v1)
        scores0 = MatMul (q, k)
        scale = Constant <value_float = 0.35> ()
        scores1 = Mul (scores0, scale)
        m0 = Constant <value_ints = [1, 2]> ()
        m1 = Unsqueeze (mask, m0)
        full = Concat <axis = 0> (b1, one1, s1, s1)
        m2 = Expand (m1, full)
        m3 = Cast <to = 1> (m2)
        onef = Constant <value_float = 1.0> ()
        m4 = Sub (onef, m3)
        least = Constant <value_float = -10000.0> ()
        m5 = Mul (m4, least)
        scores = Add (scores1, m5)
        probabilities = Softmax <axis = -1> (scores)
        c0 = MatMul (probabilities, v)
        c1 = Transpose <perm = [0, 2, 1, 3]> (c0)
        c = Reshape (c1, joined)
        o = MatMul (c, wo)
        r = Add (o, x)
        y = LayerNormalization (r, gamma, beta)
    }}"""
    return make_model(graph, {
        "table": floats(50, width), "places": floats(40, width), "one1": np.array([1]),
        **{name: floats(width, width) for name in ("wq", "wk", "wv", "wo")},
        "gamma": floats(width), "beta": floats(width)})


def attention_inputs(batch, seq):
    mask = np.ones((batch, seq), np.int64)
    mask[:, seq // 2 + 1:] = 0
    return {"ids": integers(batch, seq, low=0, high=50, dtype=np.int64), "mask": mask}


def test_batch_and_sequence_of_attention():
    check(attention(), {"batch": (1, 3), "seq": (1, 40)},
          [attention_inputs(b, s) for b, s in ((1, 1), (3, 40), (2, 9), (1, 17), (3, 4))])


BATCH = {"n": (1, 6)}
SEQUENCE = {"batch": (1, 3), "seq": (1, 30)}
SEQUENCES = ((1, 1), (3, 30), (2, 7))


def check_sequences(graph, width, initializers=None, **tolerance):
    """Of x, [batch, seq, width]."""
    check(make_model(graph, initializers), SEQUENCE,
          [{"x": floats(batch, seq, width)} for batch, seq in SEQUENCES], **tolerance)


def test_batch_of_a_quantised_network():
    graph = """(float[n, 3, 10, 10] x) => (float[n, 5] y) {
        xq = QuantizeLinear (x, scale, zero)
        xd = DequantizeLinear (xq, scale, zero)
        wd = DequantizeLinear <axis = 0> (w, wscale, wzero)
        a = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (xd, wd)
        aq = QuantizeLinear (a, scale, zero)
        ad = DequantizeLinear (aq, scale, zero)
        b = Relu (ad)
        c = GlobalAveragePool (b)
        f = Flatten (c)
        y = MatMul (f, v) }"""
    weights = {"scale": np.float32(0.02), "zero": np.uint8(120), "wscale": floats(6, low=0.01, high=0.02),
               "wzero": np.zeros(6, np.int8), "w": integers(6, 3, 3, 3, low=-100, high=100, dtype=np.int8),
               "v": floats(6, 5)}
    check(make_model(graph, weights), BATCH, [{"x": floats(size, 3, 10, 10)} for size in (2, 6, 1)],
          rtol=1e-3, atol=2e-2)


def test_batch_of_integer_products():
    graph = """(float[n, 12] x) => (int32[n, 7] y) {
        q, scale, zero = DynamicQuantizeLinear (x)
        y = MatMulInteger (q, w, zero) }"""
    weights = {"w": integers(12, 7, low=-100, high=100, dtype=np.int8)}
    check(make_model(graph, weights), BATCH, [{"x": floats(size, 12)} for size in (5, 1, 6)], atol=1)


def test_means_and_maxima_over_a_sequence():
    check_sequences("""(float[batch, seq, 8] x) => (float[batch, 8] y, float[batch, 8] z,
                                                    float[batch, seq, 8] p) {
        axis = Constant <value_ints = [1]> ()
        y = ReduceMean <keepdims = 0> (x, axis)
        z = ReduceMax <keepdims = 0> (x, axis)
        p = Softmax <axis = 1> (x) }""", 8)


def test_normalisations_over_run_time_sizes():
    check_sequences("""(float[batch, seq, 8] x) => (float[batch, 8, seq] y) {
        t = Transpose <perm = [0, 2, 1]> (x)
        y = InstanceNormalization (t, scale, bias) }""", 8,
                    {"scale": floats(8), "bias": floats(8)})


def test_averages_over_images_of_run_time_sizes():
    graph = """(float[n, 3, h, w] x) => (float[n, 3, 1, 1] y, float[n, 3, 1, 1] z) {
        r = Relu (x)
        y = GlobalAveragePool (r)
        z = GlobalMaxPool (r) }"""
    check(make_model(graph), {"n": (1, 3), "h": (2, 9), "w": (2, 9)},
          [{"x": floats(*shape)} for shape in ((1, 3, 2, 9), (3, 3, 9, 9), (2, 3, 5, 4))])


def test_causal_mask():
    """Positions by Range and LessOrEqual, or by Trilu; masked by Where; sums over the sequence."""
    check_sequences("""(float[batch, seq, 16] x) => (float[batch, seq, 16] y) {
        one = Constant <value_int = 1> ()
        zero = Constant <value_int = 0> ()
        shape = Shape (x)
        seq = Gather (shape, one)
        positions = Range (zero, seq, one)
        first = Constant <value_ints = [0]> ()
        second = Constant <value_ints = [1]> ()
        row = Unsqueeze (positions, first)
        column = Unsqueeze (positions, second)
        causal = LessOrEqual (row, column)
        s1 = Unsqueeze (seq, first)
        square = Concat <axis = 0> (s1, s1)
        ones = ConstantOfShape <value = float[1] {1.0}> (square)
        lower = Trilu <upper = 0> (ones)
        k = Transpose <perm = [0, 2, 1]> (x)
        scores = MatMul (x, k)
        least = Constant <value_float = -3.0e38> ()
        masked = Where (causal, scores, least)
        p = Softmax <axis = -1> (masked)
        q = Mul (p, lower)
        y = MatMul (q, x) }""", 16)


@pytest.mark.parametrize("rows, depth, columns", [(70, 150, 90), (1, 8, 1), (13, 9, 64), (64, 128, 17)])
def test_products_of_run_time_sizes(rows, depth, columns):
    graph = "(float[b, m, k] x, float[b, k, n] w) => (float[b, m, n] y) { y = MatMul (x, w) }"
    check(make_model(graph), {"b": (1, 2), "m": (1, 80), "k": (1, 160), "n": (1, 100)},
          [{"x": floats(b, rows, depth), "w": floats(b, depth, columns)} for b in (2, 1)], rtol=1e-4, atol=1e-4)


def test_products_with_weights_of_many_rows():
    graph = """(float[batch, seq, 40] x) => (float[batch, seq, 48] y, float[batch, seq, 20] z) {
        y = MatMul (x, w)
        z = MatMul (x, v) }"""
    check_sequences(graph, 40, {"w": floats(40, 48), "v": floats(40, 20)})


@pytest.mark.parametrize("operator, gates", [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_recurrent_layers(operator, gates, direction):
    directions = 2 if direction == "bidirectional" else 1
    graph = f"""(float[seq, batch, 5] x) => (float[seq, {directions}, batch, 7] y,
                                               float[{directions}, batch, 7] h) {{
        y, h = {operator} <hidden_size = 7, direction = "{direction}"> (x, w, r, b) }}"""
    weights = {"w": floats(directions, gates * 7, 5), "r": floats(directions, gates * 7, 7),
               "b": floats(directions, 2 * gates * 7)}
    check(make_model(graph, weights), SEQUENCE, [{"x": floats(seq, batch, 5)} for batch, seq in SEQUENCES])


@pytest.mark.parametrize("operator, gates", [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_layers_of_fixed_steps(operator, gates):
    """A product of the loop over the steps fills whole tiles of packed weights."""
    hidden = 16
    graph = f"""(float[5, batch, 6] x) => (float[5, 1, batch, {hidden}] y) {{
        y = {operator} <hidden_size = {hidden}> (x, w, r) }}"""
    weights = {"w": floats(1, gates * hidden, 6, low=-0.5, high=0.5),
               "r": floats(1, gates * hidden, hidden, low=-0.5, high=0.5)}
    check(make_model(graph, weights), {"batch": (1, 9)}, [{"x": floats(5, size, 6)} for size in (1, 9, 4)])


def test_recurrent_layer_with_states_and_lengths():
    graph = """(float[seq, batch, 5] x, int32[batch] lengths, float[1, batch, 7] h0) =>
               (float[seq, 1, batch, 7] y, float[1, batch, 7] h) {
        y, h = GRU <hidden_size = 7, linear_before_reset = 1> (x, w, r, b, lengths, h0) }"""
    weights = {"w": floats(1, 21, 5), "r": floats(1, 21, 7), "b": floats(1, 42)}
    check(make_model(graph, weights), SEQUENCE,
          [{"x": floats(seq, batch, 5), "lengths": integers(batch, low=1, high=seq + 1, dtype=np.int32),
            "h0": floats(1, batch, 7)} for batch, seq in SEQUENCES])


@pytest.mark.parametrize("outputs", [["y"], ["last"], ["y", "last", "cell"]])
def test_last_states_beside_a_sequence(outputs):
    """The states have fixed sizes, the sequence one of run time."""
    shapes = {"y": "seq, 1, 2, 4", "last": "1, 2, 4", "cell": "1, 2, 4"}
    graph = (f"(float[seq, 2, 8] x) => ({', '.join(f'float[{shapes[name]}] {name}' for name in outputs)}) "
             "{ y, last, cell = LSTM <hidden_size = 4> (x, w, r) }")
    check(make_model(graph, {"w": floats(1, 16, 8), "r": floats(1, 16, 4)}), {"seq": (1, 16)},
          [{"x": floats(size, 2, 8)} for size in (16, 1, 5)])


def test_cumulative_sums():
    check_sequences("""(float[batch, seq, 3] x) => (float[batch, seq, 3] y, float[batch, seq, 3] z) {
        axis = Constant <value_int = 1> ()
        y = CumSum (x, axis)
        z = CumSum <exclusive = 1, reverse = 1> (x, axis) }""", 3)
    check(make_model("""(float[n, 3] x) => (float[n, 3] y) {
        axis = Constant <value_int = 0> ()
        y = CumSum (x, axis) }"""), BATCH, [{"x": floats(size, 3)} for size in (3, 6, 1)])


def test_reversed_sequences():
    check(make_model("""(float[batch, seq, 3] x) => (float[batch, seq, 3] y, float[batch, seq, 3] z) {
        y = Slice (x, last, before, axis, back)
        z = Slice (x, lasts, befores, axes, backs) }""", {
            "last": np.array([-1]), "before": np.array([-2**63]), "axis": np.array([1]), "back": np.array([-1]),
            "lasts": np.array([-1] * 3), "befores": np.array([-2**31] * 3), "axes": np.array([0, -2, 2]),
            "backs": np.array([-1] * 3)}),
          SEQUENCE, [{"x": floats(batch, seq, 3)} for batch, seq in SEQUENCES])


def test_selections_and_sums_of_rows():
    graph = """(float[n, 5, 4] x) => (float[n, 5, 2] v, int64[n, 5, 2] i, float[n, 5, 4] c, float[n, 3] fv,
                                       int64[n, 3] fi) {
        v, i = TopK (x, two)
        c = CumSum (x, one)
        f = Flatten (x)
        fv, fi = TopK (f, three) }"""
    check(make_model(graph, {"two": np.array([2]), "three": np.array([3]), "one": np.int64(1)}), BATCH,
          [{"x": floats(size, 5, 4)} for size in (3, 6, 1)])


def test_indices_of_run_time_sizes():
    graph = """(float[batch, seq, 4] x, int64[batch, seq, 4] i, int64[batch, 2, 1] j) =>
               (float[batch, seq, 4] y, float[batch, 2, 4] z, float[batch, 4] last, float[rows, columns] flat) {
        y = GatherElements <axis = 1> (x, i)
        z = GatherND <batch_dims = 1> (x, j)
        minus = Constant <value_int = -1> ()
        last = Gather <axis = 1> (x, minus)
        flat = Flatten <axis = 2> (x) }"""
    check(make_model(graph), {"batch": (1, 3), "seq": (2, 30)},
          [{"x": floats(batch, seq, 4), "i": integers(batch, seq, 4, low=-seq, high=seq, dtype=np.int64),
            "j": integers(batch, 2, 1, low=0, high=seq, dtype=np.int64)} for batch, seq in ((1, 2), (3, 30), (2, 7))])


def test_batch_of_a_network_that_resizes():
    graph = """(float[n, 3, 6, 8] x) => (float[n, 3, 12, 16] y, float[n, 3, 9, 11] z) {
        y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (x, none, scales)
        batch = Shape <start = 0, end = 2> (x)
        sizes = Concat <axis = 0> (batch, ends)
        z = Resize <mode = "linear"> (x, none, none, sizes) }"""
    check(make_model(graph, {"none": np.zeros(0, np.float32), "scales": np.array([1, 1, 2, 2], np.float32),
                             "ends": np.array([9, 11])}), BATCH,
          [{"x": floats(size, 3, 6, 8)} for size in (2, 6, 1)])


@pytest.mark.parametrize("mode", ["linear", "nearest", "cubic"])
def test_batch_of_sampled_images(mode):
    graph = f"""(float[batch, 3, 5, 6] x, float[batch, 4, 2, 2] grid) => (float[batch, 3, 4, 2] y) {{
        y = GridSample <mode = "{mode}", padding_mode = "reflection"> (x, grid) }}"""
    check(make_model(graph), {"batch": (1, 4)},
          [{"x": floats(n, 3, 5, 6), "grid": floats(n, 4, 2, 2, low=-1.3, high=1.3)} for n in (1, 4, 3)])


def test_refuses_grids_of_another_batch():
    graph = """(float[n, 3, 5, 6] x, float[m, 4, 2, 2] grid) => (float[n, 3, 4, 2] y) { y = GridSample (x, grid) }"""
    with pytest.warns(garam.GaramWarning, match="needs sizes m and n to be equal in each run"):
        executable = garam.compile(make_model(graph), target="host", dims={"n": (1, 4), "m": (1, 4)})
    with pytest.raises(garam.InputError, match="needs sizes m and n to be equal, which are 3 and 2"):
        executable.run({"x": floats(2, 3, 5, 6), "grid": floats(3, 4, 2, 2)})


def test_batch_of_images_from_columns():
    graph = """(float[batch, 12, 16] x) => (float[batch, 2, 6, 5] y) {
        image = Constant <value_ints = [6, 5]> ()
        block = Constant <value_ints = [3, 2]> ()
        y = Col2Im (x, image, block) }"""
    check(make_model(graph), {"batch": (1, 4)}, [{"x": floats(n, 12, 16)} for n in (1, 4, 3)])


def test_pads_of_run_time_sizes():
    check_sequences("""(float[batch, seq, 4] x) => (float[batch, more, 4] y) {
        axes = Constant <value_ints = [1]> ()
        pads = Constant <value_ints = [2, 1]> ()
        v = Constant <value_float = 7.0> ()
        y = Pad (x, pads, v, axes) }""", 4)


def test_repetitions_of_run_time_sizes():
    check_sequences("""(float[batch, seq, 4] x) => (float[batch, more, 8] y, int64[3] shape) {
        y = Tile (x, repeats)
        shape = Shape (y) }""", 4, {"repeats": np.array([1, 3, 2])})


SIZES = {
    # A part of a table as long as the sequence, and all but its last element.
    "slices": """(float[seq, 4] x) => (float[seq, 4] y, float[rest, 4] z) {
        shape = Shape <start = 0, end = 1> (x)
        begin = Constant <value_ints = [0]> ()
        last = Constant <value_ints = [-1]> ()
        part = Slice (table, begin, shape, begin)
        y = Add (x, part)
        z = Slice (x, begin, last, begin) }""",
    "joined": """(float[seq, 4] x) => (float[more, 4] y, float[twice] z) {
        y = Concat <axis = 0> (x, table, x)
        minus = Constant <value_ints = [-1]> ()
        two = Constant <value_ints = [2]> ()
        shape = Concat <axis = 0> (minus, two)
        pairs = Reshape (x, shape)
        zero = Constant <value_ints = [0]> ()
        one = Constant <value_ints = [1]> ()
        z = ReduceSum <keepdims = 0> (pairs, one) }""",
    "made": """(float[seq, 4] x) => (float[seq, seq] y, int64[two] shape) {
        shape = Shape (x)
        zero = Constant <value_int = 0> ()
        one = Constant <value_int = 1> ()
        seq = Gather (shape, zero)
        first = Constant <value_ints = [0]> ()
        s1 = Unsqueeze (seq, first)
        square = Concat <axis = 0> (s1, s1)
        base = ConstantOfShape <value = float[1] {2.5}> (square)
        r = Range (zero, seq, one)
        rf = Cast <to = 1> (r)
        y = Mul (base, rf) }""",
    # A limit within the range of the size, and one that the size never reaches.
    "clipped": """(float[seq, 4] x) => (int64[one] y, float[seq, 4] z) {
        shape = Shape <start = 0, end = 1> (x)
        least = Constant <value_int = 1> ()
        within = Constant <value_int = 5> ()
        y = Clip (shape, least, within)
        most = Constant <value_int = 12> ()
        end = Clip (shape, least, most)
        begin = Constant <value_ints = [0]> ()
        z = Slice (x, begin, end, begin) }""",
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_that_follow(name):
    check(make_model(SIZES[name], {"table": floats(12, 4)}), {"seq": (2, 12)},
          [{"x": floats(size, 4)} for size in (12, 2, 7)])


def test_python_says_names_and_bounds(tmp_path):
    session = check(make_model(PERCEPTRON, WEIGHTS), {"batch": (1, 8)}, [{"x": floats(3, 20)}])
    executable = session.executable
    assert executable.dimensions == {"batch": (1, 8)}
    assert [value.shape for value in executable.inputs] == [("batch", 20)]
    assert [value.shape for value in executable.outputs] == [("batch", 6), ("batch", 32)]
    executable.save(tmp_path / "model.garam")
    inference = garam.InferenceSession(tmp_path / "model.garam")
    assert inference.get_inputs()[0].shape == ["batch", 20]
    assert inference.get_outputs()[0].shape == ["batch", 6]
    y, h = inference.run(None, {"x": floats(5, 20)})
    assert y.shape == (5, 6) and h.shape == (5, 32)


def test_inference_session_compiles_once():
    model = make_model(PERCEPTRON, WEIGHTS)
    inference = garam.InferenceSession(model, target="host", dims={"batch": (1, 8)})
    assert inference.get_inputs()[0].shape == ["batch", 20]
    for size in (2, 8):
        x = floats(size, 20)
        expected = oracle.run_onnxruntime(model, {"x": x}, optimise=False)
        np.testing.assert_allclose(inference.run(["y"], {"x": x})[0], expected["y"], rtol=1e-4,
                                   atol=1e-6)
    assert len(inference.executables) == 1


@pytest.mark.parametrize("batch, seq, other, message", [
    (5, 4, 4, "input 'x': dimension 0 ('batch') is 5, the binary is for 1 to 4"),
    (2, 1, 1, "input 'x': dimension 1 ('seq') is 1, the binary is for 2 to 9"),
    (2, 4, 5, "input 'mask': dimension 1 ('seq') is 5, needed 4 as of input 'x': dimension 1 ('seq')"),
])
def test_refuses_sizes(batch, seq, other, message):
    graph = """(float[batch, seq] x, float[batch, seq] mask) => (float[batch, seq] y) {
        y = Mul (x, mask) }"""
    session = garam.compile(make_model(graph), target="host",
                            dims={"batch": (1, 4), "seq": (2, 9)}).session()
    with pytest.raises(garam.InputError) as failure:
        session.run({"x": floats(batch, seq), "mask": floats(batch, other)})
    assert message in str(failure.value)


def test_refuses_a_fixed_dimension_of_another_size():
    session = garam.compile(make_model(PERCEPTRON, WEIGHTS), target="host",
                            dims={"batch": (1, 4)}).session()
    with pytest.raises(garam.InputError, match="dimension 1 is 21, the model needs 20"):
        session.run({"x": floats(2, 21)})


@pytest.mark.parametrize("graph, message", [
    ("(float[a, 4] x, float[4, 4] y) => (float[4, 4] z) { z = Add (x, y) }",
     "sizes a and 4 must be equal and need not be"),
    ("(float[a, 4] x) => (float[b, 4] z) { c = Clip (x)\n z, i = TopK <axis = 0> (c, one) }",
     "is dynamic"),
])
def test_refuses_what_does_not_follow(graph, message):
    dims = {name: (1, 4) for name in "ab" if f"float[{name}, 4] x" in graph or f"[{name}, 4] y" in graph}
    with pytest.raises(garam.ModelError) as failure:
        garam.compile(make_model(graph, {"one": np.array([1])}), target="host", dims=dims)
    assert message in str(failure.value)


@pytest.mark.parametrize("target, dims, message", [
    ("host", {"none": (1, 4)}, "--dim none=1..4: no input has a dimension of that name"),
    ("host", {"batch": (4, 1)}, "expected bounds that are at least 1, the lower one first"),
    ("host", {"batch": (0, 1)}, "expected bounds that are at least 1, the lower one first"),
])
def test_refuses_options(target, dims, message):
    with pytest.raises(garam.UsageError) as failure:
        garam.compile(make_model(PERCEPTRON, WEIGHTS), target=target, dims=dims)
    assert message in str(failure.value)


def test_command_line(run_tool, tmp_path):
    model = make_model(PERCEPTRON, WEIGHTS)
    onnx.save(model, tmp_path / "model.onnx")
    run_tool("garam", "compile", tmp_path / "model.onnx", "--target", "host", "--dim",
             "batch=1..16", "-o", tmp_path / "model.garam")
    for size in (3, 16):
        x = floats(size, 20)
        np.save(tmp_path / "x.npy", x)
        run_tool("garam", "run", tmp_path / "model.garam", "--input", f"x={tmp_path / 'x.npy'}",
                 "--output-dir", tmp_path / str(size))
        expected = oracle.run_onnxruntime(model, {"x": x}, optimise=False)
        assert sorted(path.name for path in (tmp_path / str(size)).iterdir()) == ["h.npy", "y.npy"]
        np.testing.assert_allclose(np.load(tmp_path / str(size) / "y.npy"), expected["y"],
                                   rtol=1e-4, atol=1e-6)


def test_refuses_states_of_run_time():
    graph = "(float[n, 4] x, float[n, 4] s) => (float[n, 4] y) { y = Add (x, s) }"
    with pytest.raises(garam.UsageError, match="a state has no sizes of run time"):
        garam.compile(make_model(graph), target="host", dims={"n": (1, 4)}, states={"s": "y"})


def test_refuses_a_dimension_twice(run_tool, fails, tmp_path):
    onnx.save(make_model(PERCEPTRON, WEIGHTS), tmp_path / "model.onnx")
    fails(USAGE, "--dim batch=1..4: dimension 'batch' is given more than once", "compile",
          tmp_path / "model.onnx", "--target", "host", "--dim", "batch=2", "--dim", "batch=1..4",
          "-o", tmp_path / "model.garam")


def test_refuses_more_than_memory_holds():
    graph = ("(float[n] x) => (float[m] y) { one = Constant <value_ints = [1]> ()\n"
             "zero = Constant <value_ints = [0]> ()\n"
             "c = Unsqueeze (x, one)\nr = Unsqueeze (x, zero)\n"
             "p = Mul (c, r)\ny = ReduceSum <keepdims = 0> (p, one) }")
    with pytest.raises(garam.ModelError, match="more elements than can be counted"):
        garam.compile(make_model(graph), target="host", dims={"n": (1, 10**9)})
