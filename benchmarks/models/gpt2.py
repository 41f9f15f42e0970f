"""GPT-2 with 124 million parameters: the first tokens of a text, or the next one.

Radford et al., Language Models are Unsupervised Multitask Learners, 2019. `prefill`
reads 128 tokens; `decode` reads one more, with keys and values of 128 tokens in a
cache. Both give logits, and keys and values of all tokens.
"""

import numpy as np
from onnx import TensorProto

from transformer import Size, TransformerBuilder

VOCABULARY, POSITIONS = 50257, 1024
EPSILON = 1e-5
TOKENS = 128


def conv1d(graph, name, x, inputs, outputs, length):
    """A product of matrices with a bias, exported with the tokens of all sequences as rows."""
    x = graph.reshape(f"{name}/Reshape", x, graph.batch * length, inputs)
    x = graph.node("Gemm", f"{name}/Gemm", x, graph.weight(f"{name}.weight", inputs, outputs),
                   graph.weight(f"{name}.bias", outputs))
    return graph.reshape(f"{name}/Reshape_1", x, graph.batch, length, outputs)


def add_cache(graph, name, layer, values, past):
    """All tokens' keys or values: those of the cache and the new ones."""
    if past:
        shape = [graph.batch, graph.size.heads, past, graph.size.head_width]
        cached = graph.input(f"past_key_values.{layer}.{name}", shape)
        values = graph.node("Concat", f"/h.{layer}/attn/Concat_{name}", cached, values, axis=-2)
    shape = [graph.batch, graph.size.heads, past + get_length(past), graph.size.head_width]
    graph.output(f"present.{layer}.{name}", values, shape)
    return values


def get_length(past):
    """New tokens a run."""
    return 1 if past else TOKENS


def add_attention(graph, layer, x, past):
    name, width, length = f"/h.{layer}/attn", graph.size.width, get_length(past)
    x = conv1d(graph, f"{name}/c_attn", x, width, 3 * width, length)
    parts = [f"{name}/Split_output_{i}" for i in range(3)]
    graph.node("Split", f"{name}/Split", x,
               graph.constant(f"{name}/Split_sizes", np.int64([width] * 3)), output=parts[0], axis=2)
    graph.nodes[-1].output.extend(parts[1:])
    query, key, value = (graph.split_heads(f"{name}/{part}", tensor, length)
                         for part, tensor in zip(("query", "key", "value"), parts))
    key, value = (add_cache(graph, part, layer, tensor, past)
                  for part, tensor in (("key", key), ("value", value)))
    key = graph.node("Transpose", f"{name}/Transpose_key", key, perm=[0, 1, 3, 2])
    scores = graph.node("MatMul", f"{name}/MatMul", query, key)
    scores = graph.scalar("Div", f"{name}/Div", scores, np.sqrt(graph.size.head_width))
    if length > 1:
        scores = graph.node("Where", f"{name}/Where", "attn.bias", scores, "attn.masked")
    weights = graph.node("Softmax", f"{name}/Softmax", scores, axis=-1)
    out = graph.merge_heads(name, graph.node("MatMul", f"{name}/MatMul_1", weights, value), length)
    return conv1d(graph, f"{name}/c_proj", out, width, width, length)


def add_layer(graph, layer, x, past):
    name, width, length = f"/h.{layer}", graph.size.width, get_length(past)
    out = add_attention(graph, layer, graph.layer_norm(f"{name}/ln_1", x, EPSILON), past)
    x = graph.node("Add", f"{name}/Add", out, x)
    out = graph.layer_norm(f"{name}/ln_2", x, EPSILON)
    out = conv1d(graph, f"{name}/mlp/c_fc", out, width, 4 * width, length)
    out = graph.gelu_tanh(f"{name}/mlp/act", out)
    out = conv1d(graph, f"{name}/mlp/c_proj", out, 4 * width, width, length)
    return graph.node("Add", f"{name}/Add_1", x, out)


def build(batch=1, layers=12, seed=0, phase="prefill"):
    """The model and its number of parameters."""
    graph = TransformerBuilder(Size(layers), batch, seed)
    past = TOKENS if phase == "decode" else 0
    width, length = graph.size.width, get_length(past)
    tokens = graph.input("input_ids", [batch, length], TensorProto.INT64)
    table = graph.weight("wte.weight", VOCABULARY, width)
    positions = graph.gather("/wpe/Gather", graph.weight("wpe.weight", POSITIONS, width),
                             [list(range(past, past + length))])
    x = graph.node("Add", "/Add", graph.node("Gather", "/wte/Gather", table, tokens), positions)
    if length > 1:
        graph.constant("attn.bias", np.tril(np.ones((1, 1, length, length), bool)))
        graph.constant("attn.masked", np.finfo(np.float32).min)
    for layer in range(layers):
        x = add_layer(graph, layer, x, past)
    x = graph.layer_norm("/ln_f", x, EPSILON)
    head = graph.node("Transpose", "/lm_head/Transpose", table, perm=[1, 0])
    graph.output("logits", graph.node("MatMul", "/lm_head/MatMul", x, head),
                 [batch, length, VOCABULARY])
    return graph.finish(f"gpt2_{phase}"), graph.parameters


if __name__ == "__main__":
    from transformer import generate
    generate(__doc__, build, lambda parser: parser.add_argument(
        "--phase", choices=["prefill", "decode"], default="prefill", help="default prefill"))
