"""Attention of domain com.microsoft, and what stands around it in files of onnxruntime's tools,
against onnxruntime."""

import numpy as np
import onnx
import pytest

import oracle
from onnx_case import floats, integers

DOMAIN = "com.microsoft"
OPSET = 17  # what the tools write into models for
BATCH, COUNT, HEADS, SIZE, PAST = 2, 3, 4, 16, 5
WIDTH = HEADS * SIZE
ROWS = (BATCH, COUNT, WIDTH)
ANGLES = np.outer(np.arange(16), 1.0 / 10 ** (np.arange(SIZE // 2) / 4)).astype(np.float32)
ROTATION = [np.cos(ANGLES), np.sin(ANGLES)]
LAST = np.array([PAST + COUNT - 1, PAST], np.int32)
PAIR = {"num_heads": HEADS, "kv_num_heads": 2}


def grouped(past, rotation=(None, None), last=LAST, total=PAST + COUNT, count=COUNT, rest=()):
    """Inputs of GroupQueryAttention whose keys and values have half the heads."""
    caches = [floats(BATCH, 2, PAST, SIZE), floats(BATCH, 2, PAST, SIZE)] if past else [None, None]
    return [floats(BATCH, count, WIDTH), floats(BATCH, count, WIDTH // 2),
            floats(BATCH, count, WIDTH // 2), *caches, last, np.int32(total), *rotation, *rest]


FIRST = {"last": np.full(BATCH, COUNT - 1, np.int32), "total": COUNT}
FLAGS = np.array([[1, 1, 1], [1, 1, 0]], np.int32)

# name -> operator, inputs (None: left out), attributes, how many outputs
CASES = {
    "grouped": ("GroupQueryAttention", grouped(past=False, **FIRST), PAIR, 3),
    "grouped_rotated": ("GroupQueryAttention", grouped(past=False, rotation=ROTATION, **FIRST),
                        {**PAIR, "do_rotary": 1}, 3),
    "grouped_interleaved": ("GroupQueryAttention", grouped(past=False, rotation=ROTATION, **FIRST),
                            {**PAIR, "do_rotary": 1, "rotary_interleaved": 1}, 3),
    "grouped_step": ("GroupQueryAttention",
                     grouped(past=True, rotation=ROTATION, last=np.full(BATCH, PAST, np.int32),
                             total=PAST + 1, count=1), {**PAIR, "do_rotary": 1}, 3),
    "grouped_packed": ("GroupQueryAttention",
                       [floats(BATCH, COUNT, 2 * WIDTH), None, None, None, None,
                        FIRST["last"], np.int32(COUNT), *ROTATION],
                       {**PAIR, "do_rotary": 1, "scale": 0.25}, 3),
    "grouped_window": ("GroupQueryAttention", grouped(past=False, **FIRST),
                       {**PAIR, "local_window_size": 2}, 3),
    "grouped_bias": ("GroupQueryAttention",
                     grouped(past=False, rotation=ROTATION, **FIRST,
                             rest=[None, floats(1, 1, COUNT, COUNT)]),
                     {**PAIR, "do_rotary": 1}, 3),
    "attention": ("Attention", [floats(*ROWS), floats(WIDTH, 3 * WIDTH), floats(3 * WIDTH)],
                  {"num_heads": HEADS}, 1),
    "attention_rows": ("Attention", [floats(*ROWS), floats(WIDTH, 3 * WIDTH), floats(3 * WIDTH),
                                     FLAGS], {"num_heads": HEADS}, 1),
    "attention_lengths": ("Attention", [floats(*ROWS), floats(WIDTH, 3 * WIDTH), floats(3 * WIDTH),
                                        np.array([2, 3], np.int32)], {"num_heads": HEADS}, 1),
    "attention_causal": ("Attention", [floats(*ROWS), floats(WIDTH, 3 * WIDTH), floats(3 * WIDTH),
                                       None, floats(2, BATCH, HEADS, PAST, SIZE)],
                         {"num_heads": HEADS, "unidirectional": 1}, 2),
    "attention_sizes": ("Attention", [floats(*ROWS), floats(WIDTH, 2 * WIDTH + 16),
                                      floats(2 * WIDTH + 16)],
                        {"num_heads": HEADS, "qkv_hidden_sizes": [WIDTH, WIDTH, 16]}, 1),
    "heads": ("MultiHeadAttention", [floats(*ROWS), floats(*ROWS), floats(*ROWS)],
              {"num_heads": HEADS, "scale": 0.2}, 1),
    "heads_biases": ("MultiHeadAttention", [floats(*ROWS), floats(*ROWS), floats(*ROWS),
                                            floats(3 * WIDTH), FLAGS], {"num_heads": HEADS}, 1),
    "heads_past": ("MultiHeadAttention",
                   [floats(*ROWS), floats(*ROWS), floats(*ROWS), None, None,
                    floats(1, HEADS, COUNT, PAST + COUNT),
                    floats(BATCH, HEADS, PAST, SIZE), floats(BATCH, HEADS, PAST, SIZE)],
                   {"num_heads": HEADS, "unidirectional": 1}, 3),
    "heads_apart": ("MultiHeadAttention",
                    [floats(*ROWS), floats(BATCH, HEADS, 6, SIZE), floats(BATCH, HEADS, 6, SIZE)],
                    {"num_heads": HEADS}, 1),
    "rotary": ("RotaryEmbedding", [floats(*ROWS), integers(BATCH, COUNT, low=0, high=12,
                                                           dtype=np.int64), *ROTATION], {}, 1),
    "rotary_offset": ("RotaryEmbedding", [floats(BATCH, HEADS, COUNT, SIZE),
                                          np.array([3], np.int64), *ROTATION],
                      {"interleaved": 1}, 1),
    "embed": ("EmbedLayerNormalization",
              [integers(BATCH, COUNT, low=0, high=9), integers(BATCH, COUNT, low=0, high=2),
               floats(10, WIDTH), floats(6, WIDTH), floats(3, WIDTH), floats(WIDTH), floats(WIDTH),
               FLAGS], {"epsilon": 1e-5}, 2),
    "embed_positions": ("EmbedLayerNormalization",
                        [integers(BATCH, COUNT, low=0, high=9), None, floats(10, WIDTH),
                         floats(6, WIDTH), None, floats(WIDTH), floats(WIDTH), None,
                         integers(BATCH, COUNT, low=0, high=5)], {"epsilon": 1e-5}, 2),
}


def run_both(op_type, inputs, attributes, num_outputs, domain=DOMAIN):
    """One node, inputs of floats given and others initializers; the outputs of both."""
    garam = pytest.importorskip("garam")
    names = ["" if value is None else f"in{i}" for i, value in enumerate(inputs)]
    given = {name: np.asarray(value) for name, value in zip(names, inputs)
             if name and np.asarray(value).dtype == np.float32}
    constants = [onnx.numpy_helper.from_array(np.asarray(value), name)
                 for name, value in zip(names, inputs) if name and name not in given]
    outputs = [f"out{i}" for i in range(num_outputs)]
    node = onnx.helper.make_node(op_type, names, outputs, name="node", domain=domain, **attributes)
    make_value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node], "case", [make_value(name, onnx.TensorProto.FLOAT, value.shape)
                         for name, value in given.items()],
        [make_value(name, onnx.TensorProto.FLOAT, None) for name in outputs], constants)
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[
        onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(DOMAIN, 1)])
    if op_type == "EmbedLayerNormalization" and num_outputs > 1:
        model.graph.output[1].type.tensor_type.elem_type = onnx.TensorProto.INT32
    expected = oracle.run_onnxruntime(model, given, optimise=False)
    for output in model.graph.output:
        for dim in range(expected[output.name].ndim):
            output.type.tensor_type.shape.dim.add().dim_param = f"{output.name}_{dim}"
    return garam.compile(model, target="host").run(given), expected


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnxruntime(name):
    actual, expected = run_both(*CASES[name])
    for output, value in expected.items():
        assert actual[output].dtype == value.dtype
        np.testing.assert_allclose(actual[output], value, rtol=1e-4, atol=1e-4)


def test_sequences_of_several_lengths_go_on():
    """A step after sequences of which one has room behind it: what is there counts for nothing."""
    inputs = grouped(past=True, rotation=ROTATION, last=np.array([PAST, PAST - 2], np.int32),
                     total=PAST + 1, count=1)
    actual, expected = run_both("GroupQueryAttention", inputs, {**PAIR, "do_rotary": 1}, 3)
    np.testing.assert_allclose(actual["out0"], expected["out0"], rtol=1e-4, atol=1e-4)
    for output in ("out1", "out2"):
        np.testing.assert_allclose(actual[output][1, :, :PAST - 1],
                                   expected[output][1, :, :PAST - 1], rtol=1e-4, atol=1e-4)


def test_an_operator_of_the_default_domain_that_onnx_lacks():
    """onnxruntime's optimiser writes SimplifiedLayerNormalization there."""
    actual, expected = run_both("SimplifiedLayerNormalization", [floats(*ROWS), floats(WIDTH)],
                                {"axis": -1, "epsilon": 1e-5}, 1, domain="")
    np.testing.assert_allclose(actual["out0"], expected["out0"], rtol=1e-4, atol=1e-4)


def test_what_is_not_defined_is_named():
    garam = pytest.importorskip("garam")
    with pytest.raises(garam.Error, match=r"node 'node' \(GroupQueryAttention"):
        run_both("GroupQueryAttention", grouped(past=False, **FIRST), {**PAIR, "softcap": 30.0}, 3)


def make_decoder(packed, shared, total_of_mask):
    """GroupQueryAttention of a step, whose lengths the run brings, or a mask of them whose size is the total, as
    onnxruntime's builder of generative models writes them. Caches have room behind them, or grow."""
    garam = pytest.importorskip("garam")
    make_value, make_node = onnx.helper.make_tensor_value_info, onnx.helper.make_node
    number, integer = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32
    total = PAST if shared else PAST + 1
    rows = {"query": 2 * WIDTH} if packed else {"query": WIDTH, "key": WIDTH // 2, "value": WIDTH // 2}
    cache = [BATCH, 2, PAST, SIZE]
    inputs = [*(make_value(name, number, [BATCH, 1, width]) for name, width in rows.items()),
              make_value("past_key", number, cache), make_value("past_value", number, cache)]
    nodes = []
    if total_of_mask:
        inputs.append(make_value("mask", onnx.TensorProto.INT64, [BATCH, total]))
        nodes = [make_node("ReduceSum", ["mask", "axis"], ["length"], keepdims=0), make_node("Sub", ["length", "axis"], ["last64"]),
                 make_node("Cast", ["last64"], ["last"], to=integer), make_node("Shape", ["mask"], ["shape"]),
                 make_node("Gather", ["shape", "place"], ["total64"]), make_node("Cast", ["total64"], ["total"], to=integer)]
    else:
        inputs += [make_value("last", integer, [BATCH]), make_value("total", integer, [])]
    nodes.append(make_node("GroupQueryAttention", [
        "query", *(["", ""] if packed else ["key", "value"]), "past_key", "past_value", "last", "total", "cos", "sin"],
        ["out", "keys", "values"], name="node", domain=DOMAIN, do_rotary=1, **PAIR))
    present = [BATCH, 2, total, SIZE]
    graph = onnx.helper.make_graph(
        nodes, "decoder", inputs, [make_value("out", number, [BATCH, 1, WIDTH]), make_value("keys", number, present),
                                   make_value("values", number, present)],
        [onnx.numpy_helper.from_array(value, name) for name, value in (
            ("cos", ROTATION[0]), ("sin", ROTATION[1]), ("axis", np.array([1])), ("place", np.array(1)))])
    return garam, onnx.helper.make_model(graph, ir_version=8, opset_imports=[
        onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(DOMAIN, 1)])


@pytest.mark.parametrize("total_of_mask", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_lengths_of_run_time(packed, shared, total_of_mask):
    garam, model = make_decoder(packed, shared, total_of_mask)
    executable = garam.compile(model, target="host")
    given = {value.name: floats(*(dim.dim_value for dim in value.type.tensor_type.shape.dim)) for value in
             model.graph.input if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT}
    total = PAST if shared else PAST + 1
    if total_of_mask:
        given["mask"] = np.ones((BATCH, total), np.int64)
    else:
        given |= {"last": np.full(BATCH, total - 1, np.int32), "total": np.array(total, np.int32)}
    expected = oracle.run_onnxruntime(model, given, optimise=False)
    actual = executable.run(given)
    for name, value in expected.items():
        assert actual[name].shape == value.shape
        np.testing.assert_allclose(actual[name], value, rtol=1e-4, atol=1e-4)
