"""ViT-B/16 for 224 x 224 images of 1,000 classes.

Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image
Recognition at Scale, 2020. 86.6 million parameters.
"""

import numpy as np

from transformer import Size, TransformerBuilder

PATCH, IMAGE, CHANNELS, CLASSES = 16, 224, 3, 1000
PATCHES = (IMAGE // PATCH) ** 2
TOKENS = PATCHES + 1  # the class has one
FEED_FORWARD = 3072
EPSILON = 1e-6


def add_embeddings(graph):
    width, batch = graph.size.width, graph.batch
    image = graph.input("input", [batch, CHANNELS, IMAGE, IMAGE])
    x = graph.node("Conv", "/conv_proj/Conv", image,
                   graph.weight("conv_proj.weight", width, CHANNELS, PATCH, PATCH),
                   graph.weight("conv_proj.bias", width), kernel_shape=[PATCH, PATCH],
                   strides=[PATCH, PATCH])
    x = graph.reshape("/Reshape", x, batch, width, PATCHES)
    x = graph.node("Transpose", "/Transpose", x, perm=[0, 2, 1])
    token = graph.node("Expand", "/Expand", graph.weight("class_token", 1, 1, width),
                       graph.constant("/Expand_shape", np.int64([batch, 1, width])))
    x = graph.node("Concat", "/Concat", token, x, axis=1)
    return graph.node("Add", "/encoder/Add", x,
                      graph.weight("encoder.pos_embedding", 1, TOKENS, width))


def add_attention(graph, name, x):
    """One product makes queries, keys and values."""
    width = graph.size.width
    size = [graph.batch, TOKENS, 3, graph.size.heads, graph.size.head_width]
    x = graph.reshape(f"{name}/Reshape", graph.linear(f"{name}/in_proj", x, width, 3 * width), *size)
    x = graph.node("Transpose", f"{name}/Transpose", x, perm=[2, 0, 3, 1, 4])
    query, key, value = (graph.gather(f"{name}/Gather_{part}", x, part) for part in range(3))
    key = graph.node("Transpose", f"{name}/Transpose_key", key, perm=[0, 1, 3, 2])
    query = graph.scalar("Mul", f"{name}/Mul", query, graph.size.head_width ** -0.5)
    weights = graph.node("Softmax", f"{name}/Softmax",
                         graph.node("MatMul", f"{name}/MatMul", query, key), axis=-1)
    out = graph.merge_heads(name, graph.node("MatMul", f"{name}/MatMul_1", weights, value), TOKENS)
    return graph.linear(f"{name}/out_proj", out, width, width)


def add_layer(graph, name, x):
    width = graph.size.width
    out = add_attention(graph, f"{name}/self_attention", graph.layer_norm(f"{name}/ln_1", x, EPSILON))
    x = graph.node("Add", f"{name}/Add", out, x)
    out = graph.linear(f"{name}/mlp/mlp.0", graph.layer_norm(f"{name}/ln_2", x, EPSILON), width,
                       FEED_FORWARD)
    out = graph.linear(f"{name}/mlp/mlp.3", graph.gelu(f"{name}/mlp/mlp.1", out), FEED_FORWARD, width)
    return graph.node("Add", f"{name}/Add_1", x, out)


def build(batch=1, layers=12, seed=0):
    """The model and its number of parameters."""
    graph = TransformerBuilder(Size(layers), batch, seed)
    x = add_embeddings(graph)
    for layer in range(layers):
        x = add_layer(graph, f"/encoder/layers/encoder_layer_{layer}", x)
    x = graph.gather("/Gather", graph.layer_norm("/encoder/ln", x, EPSILON), 0, axis=1)
    graph.output("output", graph.gemm("/heads/head", x, graph.size.width, CLASSES), [batch, CLASSES])
    return graph.finish("vit_b16"), graph.parameters


if __name__ == "__main__":
    from transformer import generate
    generate(__doc__, build)
