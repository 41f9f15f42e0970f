"""BERT-base, uncased: an encoder of 12 layers, with its pooler.

Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for Language
Understanding, 2018. 109 million parameters; sequences of 128 tokens.
"""

import numpy as np
from onnx import TensorProto

from transformer import Size, TransformerBuilder

VOCABULARY, POSITIONS, TYPES = 30522, 512, 2
FEED_FORWARD = 3072
EPSILON = 1e-12
LENGTH = 128


def add_mask(graph, length):
    """0 where attention may look, the lowest float elsewhere: (batch, 1, 1, length)."""
    mask = graph.input("attention_mask", [graph.batch, length], TensorProto.INT64)
    for axis in (1, 2):
        mask = graph.node("Unsqueeze", f"/Unsqueeze_{axis}", mask,
                          graph.constant(f"/Unsqueeze_{axis}_axes", np.int64([axis])))
    mask = graph.node("Cast", "/Cast", mask, to=TensorProto.FLOAT)
    mask = graph.node("Sub", "/Sub", graph.constant("/Sub_value", np.float32(1.0)), mask)
    return graph.scalar("Mul", "/Mul", mask, np.finfo(np.float32).min)


def add_embeddings(graph, length):
    path, width, shape = "/embeddings", graph.size.width, [graph.batch, length]
    words = graph.node(
        "Gather", f"{path}/word_embeddings/Gather",
        graph.weight("embeddings.word_embeddings.weight", VOCABULARY, width),
        graph.input("input_ids", shape, TensorProto.INT64))
    types = graph.node(
        "Gather", f"{path}/token_type_embeddings/Gather",
        graph.weight("embeddings.token_type_embeddings.weight", TYPES, width),
        graph.input("token_type_ids", shape, TensorProto.INT64))
    positions = graph.gather(
        f"{path}/position_embeddings/Gather",
        graph.weight("embeddings.position_embeddings.weight", POSITIONS, width),
        [list(range(length))])
    out = graph.node("Add", f"{path}/Add_1", graph.node("Add", f"{path}/Add", words, types), positions)
    return graph.layer_norm(f"{path}/LayerNorm", out, EPSILON)


def add_attention(graph, name, x, mask, length):
    width = graph.size.width
    query, key, value = (
        graph.split_heads(f"{name}/{part}", graph.linear(f"{name}/{part}", x, width, width), length,
                          (0, 2, 3, 1) if part == "key" else (0, 2, 1, 3))
        for part in ("query", "key", "value"))
    scores = graph.node("MatMul", f"{name}/MatMul", query, key)
    scores = graph.scalar("Div", f"{name}/Div", scores, np.sqrt(graph.size.head_width))
    scores = graph.node("Add", f"{name}/Add", scores, mask)
    weights = graph.node("Softmax", f"{name}/Softmax", scores, axis=-1)
    return graph.merge_heads(name, graph.node("MatMul", f"{name}/MatMul_1", weights, value), length)


def add_layer(graph, name, x, mask, length):
    width = graph.size.width
    out = add_attention(graph, f"{name}/attention/self", x, mask, length)
    out = graph.linear(f"{name}/attention/output/dense", out, width, width)
    x = graph.layer_norm(f"{name}/attention/output/LayerNorm",
                         graph.node("Add", f"{name}/attention/output/Add", out, x), EPSILON)
    out = graph.linear(f"{name}/intermediate/dense", x, width, FEED_FORWARD)
    out = graph.gelu(f"{name}/intermediate/intermediate_act_fn", out)
    out = graph.linear(f"{name}/output/dense", out, FEED_FORWARD, width)
    return graph.layer_norm(f"{name}/output/LayerNorm",
                            graph.node("Add", f"{name}/output/Add", out, x), EPSILON)


def build(batch=1, layers=12, seed=0, length=LENGTH):
    """The model and its number of parameters."""
    graph = TransformerBuilder(Size(layers), batch, seed)
    width = graph.size.width
    x = add_embeddings(graph, length)
    mask = add_mask(graph, length)
    for layer in range(layers):
        x = add_layer(graph, f"/encoder/layer.{layer}", x, mask, length)
    graph.output("last_hidden_state", x, [batch, length, width])
    pooled = graph.gemm("/pooler/dense", graph.gather("/pooler/Gather", x, 0, axis=1), width, width)
    graph.output("pooler_output", graph.node("Tanh", "/pooler/activation/Tanh", pooled), [batch, width])
    return graph.finish("bert_base"), graph.parameters


if __name__ == "__main__":
    from transformer import generate
    generate(__doc__, build)
