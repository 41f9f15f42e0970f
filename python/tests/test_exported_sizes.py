"""Networks that PyTorch exports with dynamic dimensions, compiled once and run with several sizes, agree with onnxruntime.

They need torch and transformers (scripts/requirements-exporters.txt) and are skipped where these are not installed.
"""

import dataclasses
import importlib.util
import inspect

import numpy as np
import onnx
import pytest

from exporters.registry import export, load_cases
from oracle import run_onnxruntime

garam = pytest.importorskip("garam")

MISSING = [name for name in ("torch", "transformers", "onnxscript") if importlib.util.find_spec(name) is None]
BOUNDS = {"batch": (1, 4), "seq": (2, 20)}
RUNS = ({"batch": 2, "seq": 10}, {"batch": 1, "seq": 2}, {"batch": 4, "seq": 20}, {"batch": 3, "seq": 7})
TEXT, IMAGES = {0: "batch", 1: "seq"}, {0: "batch"}
# name -> which dimensions of every input are dynamic. The exporters fix other ones than are asked for where one is
# left out: PyTorch's dynamo unrolls recurrent layers for the sizes of its example.
NETWORKS = {
    "bert": TEXT, "roberta": TEXT, "distilbert": TEXT, "gpt2": TEXT, "t5": TEXT,
    "llama": TEXT, "transformer-encoder": TEXT, "rotary-attention": TEXT,
    "lstm": TEXT, "bidirectional-lstm": TEXT, "gru": TEXT,
    "vit": IMAGES, "resnet": IMAGES, "mobilenet-v3": IMAGES, "unet": IMAGES, "deeplab": IMAGES,
    "diffusion-unet": IMAGES, "whisper-encoder": IMAGES, "flow-warp": IMAGES, "folded-patches": IMAGES,
    "forecaster": IMAGES,
}
ONE_EXPORTER = {"lstm": "torchscript", "bidirectional-lstm": "torchscript", "gru": "torchscript",
                "forecaster": "torchscript",
                # onnxruntime refuses the RotaryEmbedding nodes of the other file for batches.
                "llama": "torchscript",
                # An input of its own length for the decoder, which the other exporter takes to be the encoder's.
                "t5": "torchscript"}


def make_parameters():
    if MISSING:
        return []
    cases = load_cases()
    return [pytest.param(cases[name], exporter, axes, id=f"{name}-{exporter}")
            for name, axes in NETWORKS.items() for exporter in cases[name].exporters
            if exporter == ONE_EXPORTER.get(name, exporter)]


def resize(array, axes, sizes):
    """`array` repeated or cut along its dynamic dimensions."""
    for axis, name in axes.items():
        array = np.take(array, np.arange(sizes[name]) % array.shape[axis], axis=axis)
    return array


def make_dynamic(case, exporter, axes):
    """The case with dynamic dimensions; its example is no batch of one, whose size dynamo fixes."""
    import torch

    def build():
        module, inputs = case.build()
        return module, {name: torch.from_numpy(resize(tensor.numpy(), {0: "batch"}, RUNS[0]))
                        for name, tensor in inputs.items()}

    module, inputs = build()
    if exporter == "torchscript":
        options = {"dynamic_axes": {name: limit(axes, tensor) for name, tensor in inputs.items()}}
    else:
        dims = {name: torch.export.Dim(name, min=least, max=64) for name, (least, _) in BOUNDS.items()}
        shapes = tuple({axis: dims[name] for axis, name in limit(axes, tensor).items()} for tensor in inputs.values())
        is_variadic = any(parameter.kind == parameter.VAR_POSITIONAL
                         for parameter in inspect.signature(module.forward).parameters.values())
        options = {"dynamic_shapes": (shapes,) if is_variadic else shapes}
    return dataclasses.replace(case, build=build, options={**case.options, **options})


def limit(axes, tensor):
    return {axis: name for axis, name in axes.items() if axis < tensor.ndim}


def list_dimensions(path, axes):
    """The names that the file gives to dynamic dimensions, with their bounds."""
    graph = onnx.load(path, load_external_data=False).graph
    return {dim.dim_param: BOUNDS[axes[axis]] for value in graph.input
            for axis, dim in enumerate(value.type.tensor_type.shape.dim) if dim.dim_param}


@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: scripts/requirements-exporters.txt")
def test_exporters_are_installed():
    """Says why the others are not there."""
    assert len(make_parameters()) >= 20


@pytest.mark.parametrize("case, exporter, axes", make_parameters())
def test_one_binary_for_all_sizes(case, exporter, axes, tmp_path):
    path = tmp_path / f"{case.name}.onnx"
    inputs = export(make_dynamic(case, exporter, axes), exporter, path)
    session = garam.compile(path, target="host", dims=list_dimensions(path, axes)).session()
    for sizes in RUNS:
        feeds = {name: resize(array, limit(axes, array), sizes) for name, array in inputs.items()}
        expected = run_onnxruntime(path, feeds)
        actual = session.run(feeds)
        for name, value in expected.items():
            assert actual[name].shape == value.shape
            np.testing.assert_allclose(actual[name], value, rtol=1e-3, atol=1e-5 * max(1, np.abs(value).max()))
