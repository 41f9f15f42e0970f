"""Cases of windows, regions, frames and boxes, and of results whose size depends on data."""

import numpy as np

from onnx_case import add, const, floats, integers


def add_regions():
    x = floats(2, 3, 7, 9)
    add("indices", "MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], results=2)
    add("indices_columns", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
        ceil_mode=1, storage_order=1, results=2)
    add("indices_1d", "MaxPool", floats(2, 3, 9), kernel_shape=[3], dilations=[2], results=2)
    places = np.array([[[[0, 7], [20, 30]]]], np.int64)
    add("plain", "MaxUnpool", floats(1, 1, 2, 2), (places,), kernel_shape=[3, 3], strides=[3, 3])
    add("plain", "Col2Im", floats(2, 12, 16), const([6, 5]), const([3, 2]))
    add("all", "Col2Im", floats(1, 8, 9), const([6, 7]), const([2, 2]), strides=[2, 2],
        dilations=[1, 2], pads=[1, 0, 0, 1])
    add("1d", "Col2Im", floats(1, 6, 4), const([6]), const([3]))
    regions = np.array([[0, 0, 7, 6], [1.2, 2.5, 6.1, 3.0], [-3, 4, 2, 20], [5, 5, 5, 5]],
                       np.float32)
    batches = np.array([0, 1, 1, 0], np.int64)
    for mode in ("avg", "max"):
        add(mode, "RoiAlign", x, regions, (batches,), mode=mode, output_height=3, output_width=2)
    add("ratio", "RoiAlign", x, regions, batches, sampling_ratio=2, output_height=2,
        output_width=2, spatial_scale=0.5)
    add("output_half_pixel", "RoiAlign", x, regions, (batches,),
        coordinate_transformation_mode="output_half_pixel", output_height=2, output_width=3)
    add("one", "RoiAlign", floats(1, 1, 4, 5), regions[:1], (batches[:1],))
    signal = floats(2, 40, 1)
    add("window", "STFT", signal, (np.int64(6),), floats(16), onesided=1, atol=1e-4)
    add("default", "STFT", signal, (np.int64(6),), floats(16), atol=1e-4)
    add("two_sided", "STFT", signal, (np.int64(5),), None, (np.int64(12),), onesided=0, atol=1e-4)


def add_boxes():
    corner = floats(2, 9, 2, low=0, high=4)
    boxes = np.concatenate([corner, corner + floats(2, 9, 2, low=1, high=3)], axis=2)
    scores = floats(2, 3, 9, low=0, high=1)
    limits = [(np.int64(4),), (np.float32(0.3),), (np.float32(0.2),)]
    add("declared", "NonMaxSuppression", boxes, scores, *limits, declared=[(24, 3)])
    add("centers", "NonMaxSuppression", boxes, scores, np.array([3], np.int64),
        np.array([0.4], np.float32), center_point_box=1, declared=[(18, 3)])
    add("none", "NonMaxSuppression", boxes, scores, declared=[(0, 3)])
    x = integers(3, 4, low=0, high=4, dtype=np.int64)
    add("sorted", "Unique", x, results=4, declared=[(4,), (4,), (12,), (4,)])
    add("unsorted", "Unique", x, sorted=0, results=4, declared=[(4,), (4,), (12,), (4,)])
    rows = floats(5, 3)[[0, 3, 0, 1, 3]]
    add("rows", "Unique", rows, axis=0, results=4, declared=[(3, 3), (3,), (5,), (3,)])
    add("columns", "Unique", np.ascontiguousarray(rows.T), axis=-1,
        declared=[(3, 3)])
