"""Stages of very many small tiles: what a binary holds of them, and their results."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import oracle


def make_products(count, size):
    """`count` products of two matrices of size x size, each with factors of its own."""
    shape = [count, size, size]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="products")], "products",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xw"],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


@pytest.fixture
def compile_products(run_tool, tmp_path):
    def run(count, size=4):
        model = make_products(count, size)
        onnx.save(model, tmp_path / "products.onnx")
        run_tool("garam", "compile", tmp_path / "products.onnx", "--target", "atom",
                 "--no-fallback", "-o", tmp_path / "products.garam", "--quiet", "--report",
                 tmp_path / "report.json")
        return model, tmp_path / "products.garam", json.loads(
            (tmp_path / "report.json").read_text())

    return run


def test_binary_does_not_grow_with_tiles(compile_products):
    few, many = (compile_products(count)[1].stat().st_size for count in (800, 3200))
    assert many < 1.1 * few


def test_small_results_are_stored_together(compile_products):
    """A transfer for each product would take longer to start than all takes: atom has 8 cores and
    starts a transfer in 500 ns."""
    _, _, report = compile_products(3200)
    assert report["latency_s"] < 3200 / 8 * 500e-9
    assert report["dram_write_bytes"] == 3200 * 4 * 4 * 4


@pytest.mark.parametrize("count, size", [(3200, 4), (37, 24), (8, 130)])
def test_results_agree(count, size, compile_products, run_tool, tmp_path):
    model, binary, _ = compile_products(count, size)
    random = np.random.default_rng(count)
    inputs = {name: random.standard_normal((count, size, size)).astype(np.float32) for name in "xw"}
    arguments = []
    for name, values in inputs.items():
        np.save(tmp_path / f"{name}.npy", values)
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    run_tool("garam", "run", binary, *arguments, "-o", tmp_path / "out", "--quiet")
    expected = oracle.run_onnxruntime(model, inputs)["y"]
    # Inputs and results are rounded to fp16.
    np.testing.assert_allclose(np.load(tmp_path / "out" / "y.npy"), expected, rtol=2e-3,
                               atol=2e-3 * size ** 0.5)


def test_plan_does_not_grow_with_tiles(run_tool, tmp_path):
    """Each tile of a large tensor has buffers; many at the same or evenly spaced addresses are one
    entry of the plan."""
    plans = []
    for rows in (65536, 262144):
        shape = [rows, 1024]
        graph = helper.make_graph(
            [helper.make_node("Relu", ["x"], ["y"], name="large")], "large",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
        onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]),
                  tmp_path / "large.onnx")
        run_tool("garam", "compile", tmp_path / "large.onnx", "--target", "atom", "--no-fallback",
                 "-o", tmp_path / "large.garam", "--quiet")
        shown = json.loads(run_tool("garam", "inspect", tmp_path / "large.garam", "--json",
                                    "--plan").stdout)
        plans.append([region for region in shown["programs"][0]["plan"] if "core 5" in region["memory"]])
    fewer, more = plans
    assert 0 < len(more) <= len(fewer) < 20
    assert "others of" in more[0]["name"]
    ends = [max(region["offset"] + region["size"] for region in plan) for plan in plans]
    assert ends[0] == ends[1]
