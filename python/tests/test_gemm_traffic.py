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


# The least traffic of rectangular tiles, by the test of findLeastTraffic in
# unittests/Support/GemmTilingTest.cpp with the same figures, for the part of 8 MiB that a tile may
# take; the sums are in accumulators. Tiles of 1024 x 1024 reach it, with 128 of the reduction at a
# time, each time with the scales of their columns.
@pytest.mark.parametrize("rows, columns, reduction, least", [
    (2048, 2048, 2048, 20_971_520), (4096, 2048, 4096, 75_497_472)])
def test_traffic_is_the_least(rows, columns, reduction, least, compile_product):
    _, report = compile_product(rows, columns, reduction, "soma-edge-16")
    assert report["dram_write_bytes"] == rows * columns * ELEMENT
    scales = rows // 1024 * reduction // 128 * columns * SCALE
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
