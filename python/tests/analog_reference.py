"""The arithmetic of docs/isa/analog.md in numpy integers, written from that page alone."""

import numpy as np

ROWS, COLUMNS = 256, 256  # of a crossbar of target hermes
LIMIT = 127  # of a DAC's codes, an ADC's codes and a weight's levels


def count_crossbars(rows, columns, groups=1):
    """Crossbars of a matrix of `groups` blocks on the diagonal: as many blocks on one as it has room
    for, or parts of one block (docs/isa/analog.md)."""
    if rows <= ROWS and columns <= COLUMNS:
        return -(-groups // min(groups, ROWS // rows, COLUMNS // columns))
    return groups * -(-rows // ROWS) * -(-columns // COLUMNS)


def make_dac(low, high):
    """(scale, least code, largest code) for inputs from `low` to `high`."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32(max(-low, high) / LIMIT)
    return scale, convert(np.float32(low), scale), convert(np.float32(high), scale)


def convert(x, scale, low=-LIMIT, high=LIMIT):
    return np.clip(np.rint(np.asarray(x, np.float32) / scale), low, high).astype(np.int64)


def quantise_weights(weights):
    """Levels of a (K, N) matrix and the scale of each column."""
    scales = np.abs(weights).max(axis=0) / np.float32(LIMIT)
    divisors = np.where(scales == 0, np.float32(1), scales)
    levels = np.clip(np.rint(weights / divisors), -LIMIT, LIMIT).astype(np.int64)
    return np.where(scales == 0, 0, levels), scales


def get_steps(levels, low, high):
    """Of the ADCs of a tile whose inputs are codes from `low` to `high`."""
    most = np.maximum(levels * low, levels * high).sum(axis=0)
    least = np.minimum(levels * low, levels * high).sum(axis=0)
    return np.maximum(1, -(-np.maximum(most, -least) // LIMIT))


def divide(sums, steps):
    """Integer division to the nearest, ties to even."""
    quotients, rest = np.divmod(sums, steps)
    up = (2 * rest > steps) | ((2 * rest == steps) & (quotients % 2 == 1))
    return quotients + up


def multiply(x, weights, dac, bias=None, low=None, high=None):
    """(V, K) vectors times (K, N) weights as the device makes them, and the bound of the error.

    The bound is that of the exact product of the same f32 numbers: half a step of each converter on
    the way, if no input is outside of the DAC's range.
    """
    scale, least, largest = dac
    codes = convert(x, scale, least, largest)
    levels, scales = quantise_weights(weights)
    sums = np.zeros((len(codes), weights.shape[1]), np.int64)
    adc_error = np.zeros(weights.shape[1])
    for row in range(0, len(weights), ROWS):
        tile = levels[row:row + ROWS]
        steps = get_steps(tile, least, largest)
        results = divide(codes[:, row:row + ROWS] @ tile, steps)
        assert np.abs(results).max() <= LIMIT  # an ADC never saturates
        sums += results * steps
        adc_error += steps / 2
    factors = (np.float64(scale) * scales).astype(np.float32)
    result = sums.astype(np.float32) * factors
    if bias is not None:
        result = result + bias.astype(np.float32)
    if low is not None:
        result = np.maximum(result, np.float32(low))
    if high is not None:
        result = np.minimum(result, np.float32(high))
    bound = (np.abs(weights).sum(axis=0) * scale / 2  # the DAC's half step on every input
             + np.abs(codes).sum(axis=1, keepdims=True) * scale * scales / 2  # half a level each
             + adc_error * factors)
    return result, bound


def list_windows(x, kernel, strides, pads, dilations):
    """(N, C, H, W) to (N, OH, OW, C, KH, KW)."""
    top, left, bottom, right = pads
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    view = view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]
    return view.transpose(0, 2, 3, 1, 4, 5)


def convolve(x, weights, dac, groups=1, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1),
             bias=None, low=None):
    """Conv of ONNX: each group is a product of its windows with its filters."""
    windows = list_windows(x, weights.shape[2:], strides, pads, dilations)
    batch, height, width, channels = windows.shape[:4]
    filters, each = weights.shape[0] // groups, channels // groups
    outputs, bounds = [], []
    for group in range(groups):
        vectors = windows[:, :, :, group * each:(group + 1) * each]
        own = slice(group * filters, (group + 1) * filters)
        matrix = weights[own].reshape(filters, -1).T
        result, bound = multiply(vectors.reshape(batch * height * width, -1), matrix, dac,
                                 None if bias is None else bias[own], low)
        outputs.append(result)
        bounds.append(bound)

    def arrange(parts):
        whole = np.concatenate(parts, axis=1).reshape(batch, height, width, -1)
        return whole.transpose(0, 3, 1, 2)

    return arrange(outputs), arrange(bounds)
