"""A convolutional network drawn at random: for measuring what nobody has tuned.

Image size, channels, kernels, strides, depthwise and residual blocks come from
the seed, so the same seed is the same network.
"""

import argparse
import pathlib

import numpy as np
import onnx

from graph_builder import GraphBuilder


def add_block(graph, random, number, x):
    """One of four kinds of layers behind `x`."""
    channels, height = graph.shapes[x][:2]
    stride = int(random.choice([1, 1, 2])) if height >= 8 else 1
    outputs = int(random.choice([channels, 2 * channels, channels + 8]))
    name = f"/block.{number}"
    kind = random.choice(["depthwise", "dense", "residual", "pointwise"])
    if kind == "depthwise":
        out = graph.conv(f"{name}/dw/Conv", x, channels, 3, stride, groups=channels)
        return graph.conv(f"{name}/pw/Conv", graph.relu6(f"{name}/dw/Clip", out), outputs, 1)
    if kind == "residual":
        out = graph.relu6(f"{name}/Clip", graph.conv(f"{name}/Conv", x, channels, 3))
        return graph.add(f"{name}/Add", x, out)
    kernel = 3 if kind == "dense" else 1
    return graph.relu6(f"{name}/Clip", graph.conv(f"{name}/Conv", x, outputs, kernel, stride))


def build(seed=0):
    """The model, with images of a batch of 1."""
    random = np.random.default_rng(seed)
    graph = GraphBuilder(seed)
    size = int(random.choice([24, 32, 48, 64, 96, 112, 160]))
    x = graph.input("input", (int(random.choice([1, 3, 4])), size, size))
    x = graph.conv("/stem/Conv", x, int(random.choice([8, 16, 24, 32, 40])),
                   int(random.choice([3, 5, 7])), int(random.choice([1, 2])))
    x = graph.relu6("/stem/Clip", x)
    for number in range(int(random.integers(2, 9))):
        x = add_block(graph, random, number, x)
    x = graph.flatten("/Flatten", graph.global_average_pool("/Pool", x))
    x = graph.gemm("/classifier/Gemm", x, int(random.choice([10, 100])))
    return graph.finish("random_cnn", ["input"], {"output": x}, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    onnx.save(build(arguments.seed), arguments.output)
