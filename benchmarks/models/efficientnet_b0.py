"""EfficientNet-B0 for 224 x 224 images of 1,000 classes.

Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks, 2019. 5.3 million parameters, 0.39 billion multiply-accumulates an image.
"""

from graph_builder import GraphBuilder

# Expansion, output channels, repetitions, stride of the first, kernel (table 1).
STAGES = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
          (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]
STEM, HEAD = 32, 1280
SQUEEZE = 4  # inputs of a block for each channel of its squeezed vector
# Gates of untrained weights lie near 1/2; with this, blocks keep the range of what passes.
GAIN_BEHIND_GATE = 1.3


def add_squeeze_excitation(graph, name, x, squeezed):
    """Multiplies each channel by a gate that is computed from the means of all channels."""
    channels = graph.shapes[x][0]
    out = graph.global_average_pool(f"{name}/avgpool/GlobalAveragePool", x)
    out = graph.silu(f"{name}/activation", graph.conv(f"{name}/fc1/Conv", out, squeezed, 1))
    out = graph.conv(f"{name}/fc2/Conv", out, channels, 1)
    gate = graph.add_node("Sigmoid", f"{name}/scale_activation/Sigmoid", [out], graph.shapes[out])
    return graph.add_node("Mul", f"{name}/Mul", [gate, x], graph.shapes[x])


def add_block(graph, name, x, expansion, outputs, stride, kernel):
    inputs = graph.shapes[x][0]
    expanded = inputs * expansion
    out, layer = x, 0
    if expansion != 1:
        out = graph.conv(f"{name}/block/block.0/block.0.0/Conv", out, expanded, 1)
        out, layer = graph.silu(f"{name}/block/block.0/block.0.2", out), 1
    path = f"{name}/block/block.{layer}/block.{layer}"
    out = graph.conv(f"{path}.0/Conv", out, expanded, kernel, stride, groups=expanded)
    out = graph.silu(f"{path}.2", out)
    out = add_squeeze_excitation(graph, f"{name}/block/block.{layer + 1}", out, inputs // SQUEEZE)
    out = graph.conv(f"{name}/block/block.{layer + 2}/block.{layer + 2}.0/Conv", out, outputs, 1,
                     gain=GAIN_BEHIND_GATE)
    if stride == 1 and inputs == outputs:
        out = graph.add(f"{name}/Add", out, x)
    return out


def build(batch=1, seed=0):
    """The model and what it takes: (ModelProto, GraphBuilder)."""
    graph = GraphBuilder(seed)
    x = graph.input("input", (3, 224, 224))
    x = graph.silu("/features/features.0/features.0.2",
                   graph.conv("/features/features.0/features.0.0/Conv", x, STEM, 3, 2))
    for number, (expansion, outputs, repetitions, stride, kernel) in enumerate(STAGES, 1):
        for repetition in range(repetitions):
            x = add_block(graph, f"/features/features.{number}/features.{number}.{repetition}", x,
                          expansion, outputs, stride if repetition == 0 else 1, kernel)
    x = graph.silu("/features/features.8/features.8.2",
                   graph.conv("/features/features.8/features.8.0/Conv", x, HEAD, 1))
    x = graph.flatten("/Flatten", graph.global_average_pool("/avgpool/GlobalAveragePool", x))
    x = graph.gemm("/classifier/classifier.1/Gemm", x, 1000)
    return graph.finish("efficientnet_b0", ["input"], {"output": x}, batch), graph


if __name__ == "__main__":
    from generate import generate
    generate(__doc__, build)
