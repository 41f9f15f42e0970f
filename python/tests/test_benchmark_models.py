"""The generated models have the published architectures' sizes."""

import numpy as np
import onnxruntime
import pytest

from conftest import SOURCE_DIR


# Parameters: torchvision's counts, less one of the two per channel that folding
# the normalisation leaves (26,560 and 17,056 channels). MACs: convolutions and
# the dense layer, from the layers' shapes.
@pytest.mark.parametrize("name, options, parameters, macs", [
    ("resnet50", {}, 25_557_032 - 26_560, 4_089_184_256),
    ("resnet50", {"version": "1"}, 25_557_032 - 26_560, 3_857_973_248),
    ("mobilenetv2", {}, 3_504_872 - 17_056, 300_774_272),
])
def test_size_and_range(name, options, parameters, macs, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    module = __import__(name)
    model, graph = module.build(**options)
    assert graph.count_parameters() == parameters
    assert graph.macs == macs
    assert module.build(**options)[0].SerializeToString() == model.SerializeToString()

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    logits = session.run(None, {"input": image})[0]
    assert logits.shape == (1, 1000)
    # Neither vanishing nor out of the range of 16-bit floats.
    assert 0.1 < logits.std() < 100
