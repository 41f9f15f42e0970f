"""Products whose factors do not stay in memory: the bytes that they move, and their results."""

import json

import numpy as np
import onnx
import pytest

import oracle
from conftest import SOURCE_DIR

ELEMENT, SCALE = 1, 4  # bytes


@pytest.fixture
def compile_product(run_tool, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))

    def run(rows, columns, reduction, target):
        model = __import__("gemv").build(reduction, columns, rows=rows, int8_output=True)
        onnx.save(model, tmp_path / "product.onnx")
        run_tool("garam", "compile", tmp_path / "product.onnx", "--target", target, "--no-fallback",
                 "-o", tmp_path / "product.garam", "--quiet", "--report", tmp_path / "report.json")
        return model, json.loads((tmp_path / "report.json").read_text())

    return run


# soma-edge: one core, sums in accumulators of their own, arrays of 16 x 32, bursts of a byte.
MEMORY, ARRAY_REDUCTION, ARRAY_COLUMNS = 8 << 20, 16, 32
COPIES, ALIGNMENT = 2, 64  # of what streams; of packed weights and scales


def list_extents(size, grain):
    return np.append(np.arange(grain, size, grain), size)


def find_least_traffic(rows, columns, reduction):
    """Bytes of the best rectangle and how often it brings the weights, by trying all tiles: a tile of
    the result beside parts of both factors, or a tile of one factor that has all of the reduction,
    twice if there are several, beside parts of the other and of the result."""
    memory = MEMORY - COPIES * 2 * ALIGNMENT
    inputs, weights, results = rows * reduction, reduction * columns, rows * columns
    found = []
    part, part_columns = min(ARRAY_REDUCTION, reduction), min(ARRAY_COLUMNS, columns)
    height, width = np.meshgrid(np.arange(1, rows + 1), list_extents(columns, ARRAY_COLUMNS),
                                indexing="ij")
    fits = height * width + COPIES * (part * height + (part + SCALE) * width) <= memory
    loads = -(-rows // height[fits])
    traffic = results + loads * weights + -(-columns // width[fits]) * inputs
    if traffic.size:
        found.append((traffic.min(), loads[traffic.argmin()]))
    width = list_extents(columns, ARRAY_COLUMNS)
    kept = np.where(width < columns, COPIES, 1) * reduction * width
    fits = kept + COPIES * (reduction + width * (ELEMENT + SCALE)) <= memory
    found += [(results + weights + -(-columns // each) * inputs, 1) for each in width[fits]]
    height = np.arange(1, rows + 1)
    kept = np.where(height < rows, COPIES, 1) * reduction * height
    fits = kept + COPIES * part_columns * (reduction + height + SCALE) <= memory
    found += [(results + inputs + -(-rows // each) * weights, -(-rows // each))
              for each in height[fits]]
    return min(found, key=lambda each: each[0])


# Columns and reductions are multiples of 64, so that what is packed needs no padding.
SHAPES = [(2048, 2048, 2048), (4096, 2048, 4096), (4096, 4096, 4096), (2048, 8192, 2048),
          (1024, 16384, 3072), (8192, 1024, 4096), (3000, 3008, 3008), (2501, 4096, 1792)]


def draw_shapes(count):
    """Of more than a quarter of the memory each factor, and at most four times as much."""
    random = np.random.default_rng(7)
    for _ in range(count):
        reduction = 64 * int(random.integers(16, 48))
        yield (int(random.integers(2_200_000, 8_000_000) // reduction),
               64 * int(random.integers(2_200_000, 8_000_000) // reduction // 64), reduction)


@pytest.mark.parametrize("rows, columns, reduction", [*SHAPES, *draw_shapes(10)])
def test_traffic_is_the_least(rows, columns, reduction, compile_product):
    """What the simulator counts is what the best rectangle moves, and the scales with the weights."""
    _, report = compile_product(rows, columns, reduction, "soma-edge-16")
    least, loads = find_least_traffic(rows, columns, reduction)
    assert report["dram_write_bytes"] == rows * columns * ELEMENT
    scales = loads * columns * SCALE
    assert report["dram_read_bytes"] + report["dram_write_bytes"] - scales == least


@pytest.mark.parametrize("rows, columns, reduction", [(784, 128, 1152), (301, 203, 517), (512, 768, 999)])
def test_parts_of_sums_add_up(rows, columns, reduction, compile_product, run_tool, tmp_path):
    """On a machine with a small memory, in integers: the same bits, but for ties of rounding."""
    model, _ = compile_product(rows, columns, reduction, "u65-512")
    x = np.random.default_rng(1).standard_normal((rows, reduction)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    run_tool("garam", "run", tmp_path / "product.garam", "--input", f"x={tmp_path / 'x.npy'}",
             "-o", tmp_path / "out", "--quiet")
    expected = oracle.run_onnxruntime(model, {"x": x}, optimise=False)["y"]
    steps = np.abs(np.load(tmp_path / "out" / "y.npy") - expected) / np.float32(4 / 127)
    assert steps.max() < 1.01 and (steps > 0.5).mean() < 1e-4
    assert expected.std() > 0.1
