"""MobileNetV2 for 224 x 224 images of 1,000 classes.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018.
3.5 million parameters, 0.30 billion multiply-accumulates an image.
"""

from graph_builder import GraphBuilder

# Expansion, output channels, repetitions, stride of the first (table 2).
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
          (6, 160, 3, 2), (6, 320, 1, 1)]


def add_inverted_residual(graph, name, x, expansion, outputs, stride):
    inputs = graph.shapes[x][0]
    out = x
    layer = 0
    if expansion != 1:
        out = graph.conv(f"{name}/conv.0/conv.0.0/Conv", out, inputs * expansion, 1)
        out = graph.relu6(f"{name}/conv.0/conv.0.2/Clip", out)
        layer = 1
    out = graph.conv(f"{name}/conv.{layer}/conv.{layer}.0/Conv", out, inputs * expansion, 3,
                     stride, groups=inputs * expansion)
    out = graph.relu6(f"{name}/conv.{layer}/conv.{layer}.2/Clip", out)
    out = graph.conv(f"{name}/conv.{layer + 1}/Conv", out, outputs, 1)
    if stride == 1 and inputs == outputs:
        out = graph.add(f"{name}/Add", x, out)
    return out


def build(batch=1, seed=0):
    """The model and what it takes: (ModelProto, GraphBuilder)."""
    graph = GraphBuilder(seed)
    x = graph.input("input", (3, 224, 224))
    x = graph.conv("/features/features.0/features.0.0/Conv", x, 32, 3, 2)
    x = graph.relu6("/features/features.0/features.0.2/Clip", x)
    number = 1
    for expansion, outputs, repetitions, stride in STAGES:
        for repetition in range(repetitions):
            x = add_inverted_residual(graph, f"/features/features.{number}", x, expansion,
                                      outputs, stride if repetition == 0 else 1)
            number += 1
    x = graph.conv(f"/features/features.{number}/features.{number}.0/Conv", x, 1280, 1)
    x = graph.relu6(f"/features/features.{number}/features.{number}.2/Clip", x)
    x = graph.flatten("/Flatten", graph.global_average_pool("/GlobalAveragePool", x))
    x = graph.gemm("/classifier/classifier.1/Gemm", x, 1000)
    return graph.finish("mobilenetv2", ["input"], {"output": x}, batch), graph


if __name__ == "__main__":
    from generate import generate
    generate(__doc__, build)
