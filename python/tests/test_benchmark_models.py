"""The generated models have the published architectures' sizes."""

import numpy as np
import onnx
import onnxruntime
import pytest

from conftest import SOURCE_DIR


# Parameters: torchvision's counts, less one of the two per channel that folding
# the normalisation leaves (26,560, 17,056 and 21,008 channels). MACs: convolutions and
# the dense layer, from the layers' shapes.
@pytest.mark.parametrize("name, options, parameters, macs", [
    ("resnet50", {}, 25_557_032 - 26_560, 4_089_184_256),
    ("resnet50", {"version": "1"}, 25_557_032 - 26_560, 3_857_973_248),
    ("mobilenetv2", {}, 3_504_872 - 17_056, 300_774_272),
    ("efficientnet_b0", {}, 5_288_548 - 21_008, 385_814_752),
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


# Parameters of a layer of width 768, and those of the whole networks that torchvision and transformers
# count; here with 2 of the 12 layers.
LAYER = 4 * 768 * 768 + 8 * 768 * 768 + (4 + 5) * 768 + 4 * 768


@pytest.mark.parametrize("name, options, parameters", [
    ("bert_base", {}, 109_482_240),
    ("vit_b16", {}, 86_567_656),
    ("gpt2", {"phase": "prefill"}, 124_439_808),
    ("gpt2", {"phase": "decode"}, 124_439_808),
])
def test_transformer(name, options, parameters, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    model, count = __import__(name).build(layers=2, **options)
    assert count == parameters - 10 * LAYER
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    inputs = {info.name: random.integers(0, 2, info.shape) if "int64" in info.type
              else random.standard_normal(info.shape, dtype=np.float32)
              for info in session.get_inputs()}
    for info, value in zip(session.get_outputs(), session.run(None, inputs)):
        assert list(value.shape) == info.shape
        assert 0.1 < value.std() < 100


def test_a_text_goes_on_from_its_cache(monkeypatch):
    """What `decode` makes of a token, with what `prefill` has left of those before it, is the same as
    of all at once."""
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    gpt2 = __import__("gpt2")
    sessions = {}
    for tokens in [4, 5]:
        monkeypatch.setattr(gpt2, "TOKENS", tokens)
        for phase in ["prefill", "decode"]:
            model, _ = gpt2.build(layers=1, phase=phase)
            sessions[phase, tokens] = onnxruntime.InferenceSession(
                model.SerializeToString(), providers=["CPUExecutionProvider"])
    text = np.array([[11, 5, 7, 3, 40000]])
    whole = sessions["prefill", 5].run(["logits"], {"input_ids": text})[0]
    keys, values = sessions["prefill", 4].run(["present.0.key", "present.0.value"],
                                              {"input_ids": text[:, :4]})
    last = sessions["decode", 4].run(["logits"], {
        "input_ids": text[:, 4:], "past_key_values.0.key": keys, "past_key_values.0.value": values})[0]
    np.testing.assert_allclose(last[:, 0], whole[:, 4], rtol=1e-3, atol=1e-4)


def test_quantised(tmp_path, monkeypatch):
    """Every convolution reads weights with a scale a channel, and what it makes is alive."""
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    model, _ = __import__("mobilenetv2").build()
    path = tmp_path / "quantised.onnx"
    __import__("generate").quantize(model, path, seed=0)
    quantised = onnx.load(path)
    onnx.checker.check_model(quantised, full_check=True)
    makers = {node.output[0]: node for node in quantised.graph.node}
    constants = {tensor.name: tensor for tensor in quantised.graph.initializer}
    convolutions = [node for node in quantised.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 52
    for node in convolutions:
        weight = makers[node.input[1]]
        assert weight.op_type == "DequantizeLinear"
        assert constants[weight.input[0]].data_type == onnx.TensorProto.INT8
        assert constants[weight.input[1]].dims == constants[weight.input[0]].dims[:1]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    logits = session.run(None, {"input": image})[0]
    assert 0.1 < logits.std() < 100 and len(np.unique(logits)) > 50


@pytest.mark.parametrize("kind, first", [("conv", ["Conv", "Relu", "Conv"]),
                                         ("elementwise", ["Mul", "Sigmoid", "Add"]),
                                         ("readers", ["Conv", "Add", "Conv"]),
                                         ("branches", ["ReduceMax", "Cast", "If"])])
def test_chain(kind, first, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    model = __import__("chain").build(kind, 7)
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node][:3] == first and len(model.graph.node) == 7


def test_chain_in_int8(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks" / "models"))
    model = __import__("chain").build("conv", 4, channels=16, size=20, is_int8=True)
    onnx.checker.check_model(model, full_check=True)
    operators = [node.op_type for node in model.graph.node]
    # The input, weights and biases, and what each of the four nodes makes.
    assert [operators.count(kind) for kind in ["Conv", "Relu", "QuantizeLinear",
                                               "DequantizeLinear"]] == [2, 2, 5, 9]
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, 16, 20, 20), dtype=np.float32)
    (output,) = session.run(None, {"input": image})
    assert output.shape == (1, 16, 20, 20) and len(np.unique(output)) > 50
