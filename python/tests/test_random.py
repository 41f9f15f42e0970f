"""Operators that draw at random: what each element is, the distributions, and what is refused."""

import warnings

import numpy as np
from onnx import TensorProto, helper, numpy_helper
import pytest

import garam

# Draws of a test, and how many standard errors a moment may be off.
COUNT, SIGMAS = 40_000, 5


def make_model(nodes, outputs, inputs=(), constants=(), opset=22):
    """`inputs` and `outputs` are name -> (element type, shape)."""
    def describe(values):
        return [helper.make_tensor_value_info(name, *value) for name, value in dict(values).items()]

    graph = helper.make_graph(nodes, "g", describe(inputs), describe(outputs),
                              [numpy_helper.from_array(np.asarray(value), name)
                               for name, value in dict(constants).items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def draw(operator, kind=TensorProto.FLOAT, shape=(COUNT,), **attributes):
    node = helper.make_node(operator, [], ["y"], operator.lower(), shape=shape, dtype=kind, **attributes)
    return garam.compile(make_model([node], {"y": (kind, shape)}), "host").run({})["y"]


def philox(count, key, rounds=10):
    """Philox4x32 by its paper, of the numbers 0 to `count` - 1: [count, 4] words of 32 bits."""
    mask = np.uint64(0xFFFFFFFF)
    words = np.zeros((4, count), np.uint64)
    words[0] = np.arange(count)
    key = [np.uint64(word) for word in key]
    for _ in range(rounds):
        first, second = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        words = np.stack([(second >> np.uint64(32)) ^ words[1] ^ key[0], second & mask,
                          (first >> np.uint64(32)) ^ words[3] ^ key[1], first & mask])
        key = [(key[0] + np.uint64(0x9E3779B9)) & mask, (key[1] + np.uint64(0xBB67AE85)) & mask]
    return words.T


def test_the_known_answer():
    """Of the generator's authors, for number 0 and key 0."""
    assert [hex(word) for word in philox(1, (0, 0))[0]] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]


@pytest.mark.parametrize("seed", [0.0, 1.0, -2.5])
@pytest.mark.parametrize("kind, shape", [(TensorProto.FLOAT, (3, 5, 7)), (TensorProto.FLOAT, (1,)),
                                         (TensorProto.DOUBLE, (64, 33))])
def test_elements_of_a_seed(kind, shape, seed):
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    actual = draw("RandomUniform", kind, shape, seed=seed, low=-1.0, high=3.0)
    words = philox(int(np.prod(shape)), (int(np.float32(seed).view(np.uint32)), 0))
    if dtype == np.float64:
        fractions = ((words[:, 0] << np.uint64(32) | words[:, 1]) >> np.uint64(11)) * 2.0 ** -53
    else:
        fractions = (words[:, 0] >> np.uint64(8)) * 2.0 ** -24
    assert actual.dtype == dtype and actual.shape == shape
    np.testing.assert_allclose(actual.ravel(), fractions * 4 - 1, rtol=0, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_uniform(kind):
    values = draw("RandomUniform", kind, low=2.0, high=6.0)
    assert values.dtype == helper.tensor_dtype_to_np_dtype(kind)
    assert 2 <= values.min() < 2.01 and 5.99 < values.max() <= 6
    counts = np.histogram(values.astype(np.float64), bins=16, range=(2, 6))[0]
    assert np.abs(counts - COUNT / 16).max() < SIGMAS * np.sqrt(COUNT / 16)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_normal(kind):
    values = draw("RandomNormal", kind, mean=0.5, scale=2.0)
    assert values.dtype == helper.tensor_dtype_to_np_dtype(kind)
    scaled = (values.astype(np.float64) - 0.5) / 2
    # The variances of the first four moments of COUNT normal draws: 1, 2, 15, 96 over COUNT.
    for power, expected, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs(np.mean(scaled ** power) - expected) < SIGMAS * np.sqrt(variance / COUNT)
    neighbours = np.corrcoef(scaled[:-1], scaled[1:])[0, 1]
    assert abs(neighbours) < SIGMAS / np.sqrt(COUNT)


def test_runs_and_seeds():
    """A run repeats, as does a compile; nodes with one seed draw the same, nodes without one do not."""
    names = {"a": {}, "b": {}, "c": {"seed": 3.0}, "d": {"seed": 3.0}, "e": {"seed": 4.0}}
    nodes = [helper.make_node("RandomNormal", [], [name], name, shape=[64], **attributes)
             for name, attributes in names.items()]
    model = make_model(nodes, {name: (TensorProto.FLOAT, [64]) for name in names})
    session = garam.compile(model, "host").session()
    first, second = session.run({}), session.run({})
    again = garam.compile(model, "host").run({})
    for name, value in first.items():
        assert np.array_equal(value, second[name]) and np.array_equal(value, again[name])
    assert np.array_equal(first["c"], first["d"])
    for left, right in [("a", "b"), ("a", "c"), ("c", "e")]:
        assert abs(np.corrcoef(first[left], first[right])[0, 1]) < 0.7


@pytest.mark.parametrize("operator", ["RandomNormalLike", "RandomUniformLike"])
def test_like_an_input_of_any_size(operator):
    """The elements are those of the same numbers, whatever the sizes that the run brings."""
    node = helper.make_node(operator, ["x"], ["y"], seed=7.0)
    model = make_model([node], {"y": (TensorProto.FLOAT, ["n", "m"])}, {"x": (TensorProto.FLOAT, ["n", "m"])})
    executable = garam.compile(model, "host", dims={"n": "1..8", "m": "1..64"})
    outputs = [executable.run({"x": np.zeros(shape, np.float32)})["y"] for shape in [(2, 9), (6, 3)]]
    expected = draw(operator[:-4], shape=(18,), seed=7.0)
    for output, shape in zip(outputs, [(2, 9), (6, 3)]):
        assert output.shape == shape
        np.testing.assert_allclose(output.ravel(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.INT32, TensorProto.BOOL])
def test_bernoulli(kind):
    node = helper.make_node("Bernoulli", ["x"], ["y"], dtype=kind)
    model = make_model([node], {"y": (kind, [4, COUNT])}, {"x": (TensorProto.FLOAT, [4, COUNT])})
    chances = np.array([0, 0.25, 0.9, 1])
    x = np.broadcast_to(chances[:, None], (4, COUNT)).astype(np.float32)
    y = garam.compile(model, "host").run({"x": x})["y"]
    assert y.dtype == helper.tensor_dtype_to_np_dtype(kind) and set(np.unique(y)) == {0, 1}
    errors = np.abs(y.astype(np.float64).mean(axis=1) - chances)
    assert (errors <= SIGMAS * np.sqrt(chances * (1 - chances) / COUNT)).all()


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64])
def test_multinomial(kind):
    chances = np.array([[0.1, 0.2, 0, 0.7], [0.25, 0.25, 0.25, 0.25]])
    node = helper.make_node("Multinomial", ["x"], ["y"], dtype=kind, sample_size=COUNT)
    model = make_model([node], {"y": (kind, [2, COUNT])}, {"x": (TensorProto.FLOAT, [2, 4])})
    with np.errstate(divide="ignore"):
        x = (np.log(chances) + 3).astype(np.float32)  # not normalised
    y = garam.compile(model, "host").run({"x": x})["y"]
    assert y.dtype == helper.tensor_dtype_to_np_dtype(kind) and y.shape == (2, COUNT)
    counts = np.stack([np.bincount(row, minlength=4) for row in y])
    assert (np.abs(counts - chances * COUNT) <= SIGMAS * np.sqrt(chances * (1 - chances) * COUNT)).all()


def make_dropout(constants=(), inputs=(), shape=(COUNT,)):
    node = helper.make_node("Dropout", ["x", "ratio", "training"], ["y", "mask"], seed=-3)
    return make_model([node], {"y": (TensorProto.FLOAT, shape), "mask": (TensorProto.BOOL, shape)},
                      {"x": (TensorProto.FLOAT, shape), **dict(inputs)}, constants)


@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.9])
def test_dropout_in_training(ratio):
    model = make_dropout({"ratio": np.float32(ratio), "training": True})
    x = np.random.default_rng(1).standard_normal(COUNT).astype(np.float32)
    outputs = garam.compile(model, "host").run({"x": x})
    mask = outputs["mask"]
    assert abs(mask.mean() - (1 - ratio)) <= SIGMAS * np.sqrt(ratio * (1 - ratio) / COUNT)
    np.testing.assert_allclose(outputs["y"], np.where(mask, x / (1 - ratio), 0), rtol=1e-6)


def test_dropout_of_a_mode_of_run_time():
    model = make_dropout(inputs={"ratio": (TensorProto.FLOAT, []), "training": (TensorProto.BOOL, [])})
    executable = garam.compile(model, "host")
    x = np.ones(COUNT, np.float32)
    outputs = executable.run({"x": x, "ratio": np.float32(0.5), "training": np.array(False)})
    assert np.array_equal(outputs["y"], x) and outputs["mask"].all()
    outputs = executable.run({"x": x, "ratio": np.float32(0.5), "training": np.array(True)})
    assert set(np.unique(outputs["y"])) == {0, 2} and 0.4 < outputs["mask"].mean() < 0.6


def test_on_a_device():
    """What no accelerator has runs on the host within the binary."""
    node = helper.make_node("RandomUniform", [], ["r"], "draw", shape=[256], seed=1.0)
    model = make_model([node, helper.make_node("Add", ["x", "r"], ["y"])], {"y": (TensorProto.FLOAT, [256])},
                       {"x": (TensorProto.FLOAT, [256])})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        executable = garam.compile(model, "rngd")
    assert any("cannot carry out 'RandomUniform'" in str(warning.message) for warning in caught)
    y = executable.run({"x": np.zeros(256, np.float32)})["y"]
    np.testing.assert_allclose(y, draw("RandomUniform", shape=(256,), seed=1.0), rtol=1e-2, atol=1e-2)


def test_a_step_of_a_loop():
    body = helper.make_graph(
        [helper.make_node("RandomUniform", [], ["r"], "inner", shape=[2]), helper.make_node("Add", ["s", "r"], ["t"]),
         helper.make_node("Identity", ["go"], ["went"])], "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []),
         helper.make_tensor_value_info("go", TensorProto.BOOL, []),
         helper.make_tensor_value_info("s", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("went", TensorProto.BOOL, []),
         helper.make_tensor_value_info("t", TensorProto.FLOAT, [2])])
    loop = helper.make_node("Loop", ["count", "", "x"], ["y"], body=body)
    value = {"x": (TensorProto.FLOAT, [2])}
    model = make_model([loop], {"y": (TensorProto.FLOAT, [2])}, value, {"count": np.int64(3)})
    with pytest.raises(garam.ModelError) as caught:
        garam.compile(model, "host")
    assert ("node 'inner' (RandomUniform, opset 22): it is in the body of a Loop or Scan, each of whose steps would "
            "draw the same; draw for all steps in front of the loop") in str(caught.value)
