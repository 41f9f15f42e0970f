"""Heights and widths of run time: one binary for the host agrees with onnxruntime on images of several sizes."""

import numpy as np
import pytest

from onnx_case import floats
from test_dynamic_sizes import check, make_model

garam = pytest.importorskip("garam")

LEAST, MOST = 7, 24
# The bounds, odd sizes between them, and images of unequal sides.
IMAGES = ((7, 7), (24, 24), (13, 8), (9, 22), (16, 11))


def check_images(graph, initializers=None, channels=3, dims=None, images=IMAGES, **tolerance):
    check(make_model(graph, initializers), {"h": (LEAST, MOST), "w": (LEAST, MOST), **(dims or {})},
          [{"x": floats(1, channels, *image)} for image in images], **tolerance)


WINDOWS = {
    "plain": "",
    "padded": "<pads = [1, 2, 0, 1]>",
    "strided": "<pads = [1, 1, 1, 1], strides = [2, 3]>",
    "dilated": "<pads = [2, 2, 2, 2], dilations = [2, 1]>",
    "same_upper": '<auto_pad = "SAME_UPPER", strides = [2, 2]>',
    "same_lower": '<auto_pad = "SAME_LOWER", strides = [2, 3]>',
    "valid": '<auto_pad = "VALID", strides = [2, 1]>',
}


@pytest.mark.parametrize("window", WINDOWS)
def test_convolutions(window):
    graph = f"(float[1, 3, h, w] x) => (float[1, 8, oh, ow] y) {{ y = Conv {WINDOWS[window]} (x, w0, b0) }}"
    check_images(graph, {"w0": floats(8, 3, 3, 3), "b0": floats(8)})


@pytest.mark.parametrize("group, filters", [(2, 6), (4, 4)])
def test_convolutions_in_groups(group, filters):
    graph = (f"(float[1, 4, h, w] x) => (float[1, {filters}, oh, ow] y) "
             f"{{ y = Conv <group = {group}, pads = [1, 1, 1, 1], strides = [2, 2]> (x, w0) }}")
    check_images(graph, {"w0": floats(filters, 4 // group, 3, 3)}, channels=4)


def test_points_with_strides():
    graph = """(float[1, 3, h, w] x) => (float[1, 4, oh, ow] y) {
        y = Conv <strides = [2, 3], auto_pad = "SAME_UPPER"> (x, point) }"""
    check_images(graph, {"point": floats(4, 3, 1, 1)})


def test_convolutions_of_signals():
    graph = """(float[n, 3, w] x) => (float[n, 5, ow] y) {
        c = Conv <pads = [2, 2], strides = [2]> (x, w0)
        y = Relu (c) }"""
    check(make_model(graph, {"w0": floats(5, 3, 5)}), {"n": (1, 3), "w": (7, 40)},
          [{"x": floats(n, 3, w)} for n, w in ((1, 7), (3, 40), (2, 21))])


POOLS = {
    "plain": "strides = [2, 2]",
    "padded": "strides = [2, 2], pads = [1, 1, 1, 1]",
    "uneven": "strides = [3, 2], pads = [0, 1, 1, 0]",
    "ceil": "strides = [2, 2], ceil_mode = 1",
    "ceil_padded": "strides = [2, 3], pads = [1, 1, 1, 1], ceil_mode = 1",
    "ceil_wide": "strides = [4, 5], pads = [0, 1, 2, 2], ceil_mode = 1",
    "dilated": "strides = [2, 1], dilations = [2, 2], pads = [1, 1, 1, 1]",
    "same": 'strides = [2, 2], auto_pad = "SAME_UPPER"',
    "same_lower": 'strides = [3, 2], auto_pad = "SAME_LOWER"',
}


@pytest.mark.parametrize("pool", POOLS)
def test_pools(pool):
    graph = f"""(float[1, 3, h, w] x) => (float[1, 3, mh, mw] m, float[1, 3, ah, aw] a, float[1, 3, ih, iw] i) {{
        m = MaxPool <kernel_shape = [3, 3], {POOLS[pool]}> (x)
        a = AveragePool <kernel_shape = [3, 3], {POOLS[pool]}> (x)
        i = AveragePool <kernel_shape = [3, 3], count_include_pad = 1, {POOLS[pool]}> (x) }}"""
    check_images(graph)


@pytest.mark.parametrize("order", [0, 1])
def test_positions_of_maxima(order):
    graph = f"""(float[1, 3, h, w] x) => (float[1, 3, oh, ow] y, int64[1, 3, oh, ow] i) {{
        y, i = MaxPool <kernel_shape = [3, 2], strides = [2, 2], pads = [1, 0, 1, 1], storage_order = {order}> (x) }}"""
    check_images(graph)


@pytest.mark.parametrize("attributes", [
    "strides = [2, 2]",
    "strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]",
    "strides = [3, 2], dilations = [2, 1], pads = [0, 2, 1, 3]",
    'strides = [2, 2], auto_pad = "SAME_UPPER"',
    'strides = [3, 2], auto_pad = "SAME_LOWER"',
])
def test_transposed_convolutions(attributes):
    graph = f"(float[1, 3, h, w] x) => (float[1, 4, oh, ow] y) {{ y = ConvTranspose <{attributes}> (x, w0, b0) }}"
    check_images(graph, {"w0": floats(3, 4, 3, 3), "b0": floats(4)})


def test_transposed_convolutions_in_groups():
    graph = """(float[1, 4, h, w] x) => (float[1, 6, oh, ow] y) {
        y = ConvTranspose <group = 2, strides = [2, 2], pads = [1, 1, 1, 1]> (x, w0) }"""
    check_images(graph, {"w0": floats(4, 3, 4, 4)}, channels=4)


def test_a_residual_network_with_batches():
    """Skips of one size whichever way it is computed: by a stride, or by the same stride of a point."""
    graph = """(float[n, 3, h, w] x) => (float[n, 5] y) {
        a = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w1)
        p = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (a)
        b = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (p, w2)
        c = Conv <strides = [2, 2]> (p, w3)
        d = Add (b, c)
        e = Relu (d)
        f = GlobalAveragePool (e)
        g = Flatten (f)
        y = Gemm <transB = 1> (g, w4) }"""
    weights = {"w1": floats(8, 3, 3, 3), "w2": floats(8, 8, 3, 3), "w3": floats(8, 8, 1, 1), "w4": floats(5, 8)}
    check(make_model(graph, weights), {"n": (1, 2), "h": (8, 40), "w": (8, 40)},
          [{"x": floats(n, 3, h, w)} for n, h, w in ((1, 8, 8), (2, 40, 40), (1, 15, 34))])


def test_refuses_windows_that_may_not_fit():
    graph = "(float[1, 3, h, 9] x) => (float[1, 4, oh, 7] y) { y = Conv (x, w0) }"
    with pytest.raises(garam.ModelError, match="may be less than it has: of .*give the dimension a higher lower bound"):
        garam.compile(make_model(graph, {"w0": floats(4, 3, 3, 3)}), target="host", dims={"h": (1, 9)})


@pytest.mark.parametrize("graph", [
    '(float[1, 3, h, 9] x) => (float[1, 4, oh, 3] y) { y = Conv <auto_pad = "SAME_UPPER", strides = [3, 3]> (x, w0) }',
    """(float[1, 3, h, 9] x) => (float[1, 3, oh, 6] y) {
        y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], pads = [0, 0, 2, 0], ceil_mode = 1> (x) }""",
])
def test_refuses_padding_that_hangs_on_the_size(graph):
    message = "auto_pad of a window smaller than its stride, or ceil_mode with padding of a window and more, needs its size"
    with pytest.raises(garam.ModelError, match=message):
        garam.compile(make_model(graph, {"w0": floats(4, 3, 2, 2)}), target="host", dims={"h": (9, 20)})


RESIZES = {
    "nearest": ('mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"', [2, 2]),
    "half_pixel": ('mode = "nearest"', [3, 2]),
    "smaller": ('mode = "nearest", nearest_mode = "ceil"', [0.5, 0.25]),
    "quotient": ('mode = "nearest"', [1.5, 0.6]),
    "linear": ('mode = "linear"', [2, 3]),
    "pytorch": ('mode = "linear", coordinate_transformation_mode = "pytorch_half_pixel"', [0.5, 1.5]),
    "corners": ('mode = "linear", coordinate_transformation_mode = "align_corners"', [2, 2]),
    "symmetric": ('mode = "linear", coordinate_transformation_mode = "half_pixel_symmetric"', [0.6, 2]),
    "cubic": ('mode = "cubic", cubic_coeff_a = -0.5', [2, 2]),
    "cubic_inside": ('mode = "cubic", exclude_outside = 1', [2, 0.5]),
}


@pytest.mark.parametrize("resize", RESIZES)
def test_resizing_by_scales(resize):
    attributes, scales = RESIZES[resize]
    graph = f"""(float[n, 3, h, w] x) => (float[n, 3, oh, ow] y, int64[4] shape) {{
        y = Resize <{attributes}> (x, none, scales)
        shape = Shape (y) }}"""
    check_images(graph, {"none": np.zeros(0, np.float32), "scales": np.array([1, 1, *scales], np.float32)},
                 dims={"n": (1, 2)})


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_resizing_to_the_size_of_another_tensor(mode):
    """As decoders resize to the size of a skip, and heads to that of the image."""
    graph = f"""(float[n, 3, h, w] x) => (float[n, 3, h, w] y, float[n, 3, 2, ow] z) {{
        p = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x)
        batch = Shape <start = 0, end = 2> (p)
        image = Shape <start = 2, end = 4> (x)
        sizes = Concat <axis = 0> (batch, image)
        r = Resize <mode = "{mode}"> (p, none, none, sizes)
        y = Add (r, x)
        width = Shape <start = 3, end = 4> (p)
        both = Concat <axis = 0> (two, width)
        z = Resize <mode = "{mode}", axes = [2, 3]> (x, none, none, both) }}"""
    check_images(graph, {"none": np.zeros(0, np.float32), "two": np.array([2])}, dims={"n": (1, 2)},
                 rtol=1e-3, atol=1e-4)


def test_pixel_shuffle():
    graph = """(float[1, 8, h, w] x) => (float[1, 2, oh, ow] y, float[1, 2, ph, pw] z, float[1, 8, h, w] back) {
        y = DepthToSpace <blocksize = 2> (x)
        z = DepthToSpace <blocksize = 2, mode = "CRD"> (x)
        back = SpaceToDepth <blocksize = 2> (y) }"""
    check_images(graph, channels=8)


@pytest.mark.parametrize("block", [2, 3])
def test_blocks_of_images(block):
    """Sizes that blocks divide: onnxruntime takes no others."""
    graph = f"""(float[n, 3, h, w] x) => (float[n, c, bh, bw] y) {{
        b = SpaceToDepth <blocksize = {block}> (x)
        y = Relu (b) }}"""
    check(make_model(graph, {}), {"n": (1, 2), "h": (LEAST, MOST), "w": (LEAST, MOST)},
          [{"x": floats(n, 3, h, w)} for n, h, w in ((1, 12, 24), (2, 18, 12), (2, 24, 18))])


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
def test_pads_with_copies(mode):
    graph = f"""(float[1, 3, h, w] x) => (float[1, 4, h, w] y) {{
        p = Pad <mode = "{mode}"> (x, pads)
        y = Conv (p, w0) }}"""
    check_images(graph, {"pads": np.array([0, 0, 1, 2, 0, 0, 1, 0]), "w0": floats(4, 3, 3, 3)})


def test_a_decoder_with_skips():
    """Upsampled to the size of what it joins, and by the factor of the window that shrank it."""
    graph = """(float[n, 3, h, w] x) => (float[n, 4, h, w] y, float[n, 7, oh, ow] z) {
        a = Conv <pads = [1, 1, 1, 1]> (x, w1)
        p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
        b = InstanceNormalization (p, scale, bias)
        batch = Shape <start = 0, end = 2> (b)
        image = Shape <start = 2, end = 4> (a)
        sizes = Concat <axis = 0> (batch, image)
        u = Resize <mode = "linear"> (b, none, none, sizes)
        j = Concat <axis = 1> (a, u)
        y = Conv <pads = [1, 1, 1, 1]> (j, w2)
        t = ConvTranspose <strides = [2, 2]> (p, w3)
        s = ConvTranspose <strides = [2, 2]> (p, w4)
        z = Concat <axis = 1> (t, s) }"""
    check_images(graph, {"w1": floats(4, 3, 3, 3), "w2": floats(4, 8, 3, 3), "w3": floats(4, 3, 2, 2),
                         "w4": floats(4, 4, 2, 2), "scale": floats(4), "bias": floats(4),
                         "none": np.zeros(0, np.float32)}, dims={"n": (1, 2)}, rtol=1e-3, atol=1e-4)
