"""What threads and processes share: sessions for many shapes, folders of binaries."""

import json
import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import garam
import garam._cache
import garam._model
from conftest import USAGE


def make_model(*nodes, inputs, outputs):
    """A model of opset 21 whose inputs and outputs are (name, shape)."""
    def describe(values):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values]

    graph = helper.make_graph(nodes, "test", describe(inputs), describe(outputs))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def make_sum(size):
    return make_model(helper.make_node("Add", ["x", "sum"], ["next"]), helper.make_node("Neg", ["next"], ["y"]),
                      inputs=[("x", (size,)), ("sum", (size,))], outputs=[("y", (size,)), ("next", (size,))])


def make_scale(path, factor):
    """A product with weights in a file beside the model."""
    model = make_model(helper.make_node("Mul", ["a", "w"], ["b"]), inputs=[("a", (512,))], outputs=[("b", (512,))])
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.full(512, factor, np.float32), "w"))
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    return path


def run_all(*actions):
    """Each in a thread; gives what they return."""
    results = [None] * len(actions)

    def run(number):
        results[number] = actions[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


#===--- Sessions ------------------------------------------------------------===#


def test_states_need_dimensions_that_are_bound():
    with pytest.raises(garam.UsageError, match="states are given, but dimensions of input 'x' are open") as caught:
        garam.InferenceSession(make_sum("N"), target="host", states={"sum": "next"})
    assert caught.value.exit_code == USAGE
    for options in ({"dims": {"N": 2}}, {"shapes": {"x": (2,), "sum": (2,)}}):
        session = garam.InferenceSession(make_sum("N"), target="host", states={"sum": "next"}, **options)
        for count in (1, 2, 3):
            (y,) = session.run(None, {"x": np.ones(2, np.float32)})
            assert (y == -count).all()


def test_names_of_outputs_are_checked_before_the_run():
    session = garam.InferenceSession(make_sum(2), target="host", states={"sum": "next"})
    inputs = {"x": np.ones(2, np.float32)}
    with pytest.raises(garam.UsageError, match="the model has no output 'z'; its outputs are y"):
        session.run(["z"], inputs)
    assert (session.run(["y"], inputs)[0] == -1).all()  # the first run that counts


def test_a_shape_that_is_ready_does_not_wait_for_the_compile_of_another(monkeypatch):
    model = make_model(helper.make_node("Neg", ["x"], ["y"]), inputs=[("x", ("N",))], outputs=[("y", ("N",))])
    session = garam.InferenceSession(model, target="host")
    session.run(None, {"x": np.ones(1, np.float32)})
    compile, begun, may_end, counts = garam._model.compile, threading.Event(), threading.Event(), []

    def compile_slowly(*arguments, **options):
        counts.append(options["shapes"])
        begun.set()
        assert may_end.wait(60)
        return compile(*arguments, **options)

    monkeypatch.setattr(garam._model, "compile", compile_slowly)
    slow = [threading.Thread(target=session.run, args=(None, {"x": np.ones(2, np.float32)})) for _ in range(2)]
    for thread in slow:
        thread.start()
    assert begun.wait(60)
    ready = threading.Thread(target=session.run, args=(None, {"x": np.ones(1, np.float32)}))
    ready.start()
    ready.join(60)
    is_ready, compiled = not ready.is_alive(), len(session.executables)
    may_end.set()
    for thread in (*slow, ready):
        thread.join()
    assert is_ready and compiled == 1
    assert counts == [{"x": (2,)}] and len(session.executables) == 2  # one compile for both


def test_a_loaded_binary_is_hashed_once(tmp_path, monkeypatch):
    """Each run has a session of its own, and looks at the user's list of trusted binaries."""
    path = tmp_path / "scale.garam"
    executable = garam.compile(make_scale(tmp_path / "m.onnx", 2), "host")
    executable.save(path)
    loaded = garam.load(path)
    before = loaded.content_hash
    assert before == executable.content_hash
    with open(path, "r+b") as file:  # in place, where it is mapped
        file.seek(-1, 2)
        file.write(b"?")
    assert loaded.content_hash == before
    inputs = {"a": np.ones(512, np.float32)}
    assert (loaded.run(inputs)["b"] == 2).all() and (loaded.run(inputs)["b"] == 2).all()
    # The list still decides.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    with pytest.raises(garam.UntrustedError):
        loaded.run(inputs)


#===--- Caches --------------------------------------------------------------===#


def test_models_with_other_weights_have_other_keys(tmp_path):
    models = [make_scale(tmp_path / str(factor) / "model.onnx", factor) for factor in (2, 3)]
    cache, inputs = tmp_path / "cache", {"a": np.ones(512, np.float32)}
    for _ in range(2):
        for factor, model in zip((2, 3), models):
            assert (garam.compile(model, "host", cache=cache).run(inputs)["b"] == factor).all()
    assert len(list(cache.glob("*.garam"))) == 2
    assert garam.compile(models[0], "host", cache=cache).compile_seconds is None


def test_threads_share_a_cache(tmp_path):
    model, cache = make_scale(tmp_path / "model.onnx", 2), tmp_path / "cache"
    executables = run_all(*[lambda: garam.compile(model, "host", cache=cache)] * 6)
    assert len({executable.content_hash for executable in executables}) == 1
    assert sorted(path.suffix for path in cache.iterdir()) == [".garam", ".json"]
    assert garam.compile(model, "host", cache=cache).compile_seconds is None


@pytest.mark.parametrize("notes", [[], {}, {"content": 1, "warnings": []}, {"content": "", "warnings": []},
                                   {"warnings": [1]}, "text"])
def test_notes_of_another_binary_or_of_nobody_are_not_believed(tmp_path, notes):
    model, cache = make_scale(tmp_path / "model.onnx", 2), tmp_path / "cache"
    first = garam.compile(model, "host", cache=cache)
    (path,) = cache.glob("*.json")
    assert json.loads(path.read_text()) == {"content": first.content_hash, "warnings": []}
    path.write_text(json.dumps(notes))
    again = garam.compile(model, "host", cache=cache)
    assert again.compile_seconds is not None and again.content_hash == first.content_hash
    assert garam.compile(model, "host", cache=cache).compile_seconds is None


def test_a_binary_that_another_compile_has_put_there_is_not_taken(tmp_path):
    """Binary and notes come to their places one after the other."""
    models = [make_scale(tmp_path / str(factor) / "model.onnx", factor) for factor in (2, 3)]
    cache = tmp_path / "cache"
    first, second = (garam.compile(model, "host", cache=cache) for model in models)
    for path in cache.glob("*.garam"):
        if garam.load(path).content_hash == first.content_hash:
            second.save(path)
    again = garam.compile(models[0], "host", cache=cache)
    assert again.content_hash == first.content_hash and again.compile_seconds is not None


def test_what_was_changed_during_the_compile_is_not_kept(tmp_path, monkeypatch):
    model, cache = make_scale(tmp_path / "model.onnx", 2), tmp_path / "cache"
    compile = garam._compile._compile

    def change_meanwhile(*arguments):
        executable = compile(*arguments)
        make_scale(model, 3)
        return executable

    monkeypatch.setattr(garam._compile, "_compile", change_meanwhile)
    garam.compile(model, "host", cache=cache)
    assert not list(cache.iterdir())
