"""ResNet-50 for 224 x 224 images of 1,000 classes: version 1.5, or 1.

He et al., Deep Residual Learning for Image Recognition, 2015. Version 1 has the
stride of a block in its first 1 x 1 convolution, as the paper: 3.86 billion
multiply-accumulates an image. Version 1.5 has it in the 3 x 3 convolution (Goyal
et al., 2017), as MLPerf's and torchvision's networks do: 4.09 billion. Either
has 25.5 million parameters.
"""

from graph_builder import GraphBuilder

BLOCKS = [3, 4, 6, 3]
EXPANSION = 4
# Folded normalisation keeps a trained network's activations in range. Drawn
# weights need a gain for it: without one every block would double the variance.
LAST_CONV_GAIN = 0.3


def add_bottleneck(graph, name, x, width, stride, has_stride_first):
    outputs = width * EXPANSION
    first, second = (stride, 1) if has_stride_first else (1, stride)
    out = graph.relu(f"/{name}/relu/Relu", graph.conv(f"/{name}/conv1/Conv", x, width, 1, first))
    out = graph.relu(f"/{name}/relu_1/Relu",
                     graph.conv(f"/{name}/conv2/Conv", out, width, 3, second))
    out = graph.conv(f"/{name}/conv3/Conv", out, outputs, 1, gain=LAST_CONV_GAIN)
    if stride != 1 or graph.shapes[x][0] != outputs:
        x = graph.conv(f"/{name}/downsample/downsample.0/Conv", x, outputs, 1, stride)
    return graph.relu(f"/{name}/relu_2/Relu", graph.add(f"/{name}/Add", out, x))


def build(batch=1, seed=0, version="1.5"):
    """The model and what it takes: (ModelProto, GraphBuilder)."""
    graph = GraphBuilder(seed)
    x = graph.input("input", (3, 224, 224))
    x = graph.relu("/relu/Relu", graph.conv("/conv1/Conv", x, 64, 7, 2))
    x = graph.max_pool("/maxpool/MaxPool", x, 3, 2)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            name = f"layer{stage + 1}/layer{stage + 1}.{block}"
            x = add_bottleneck(graph, name, x, 64 << stage, stride, version == "1")
    x = graph.flatten("/Flatten", graph.global_average_pool("/avgpool/GlobalAveragePool", x))
    x = graph.gemm("/fc/Gemm", x, 1000)
    return graph.finish("resnet50", ["input"], {"output": x}, batch), graph


if __name__ == "__main__":
    from generate import generate
    generate(__doc__, build, lambda parser: parser.add_argument(
        "--version", choices=["1", "1.5"], default="1.5", help="default 1.5"))
