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
