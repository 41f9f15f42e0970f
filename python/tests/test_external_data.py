"""Weights in files beside the model are found through the symbolic links that onnxruntime follows,
and no others: those that stay in the model's folder, or in that of the file that its path leads to.
"""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import garam
from conftest import MODEL

SHAPE = (20, 20)
WEIGHTS = np.arange(400, dtype=np.float32).reshape(SHAPE)


def make_model(folder, location="weights"):
    """`y = x + w`, whose `w` is at `location` from the folder of the model."""
    folder.mkdir(parents=True, exist_ok=True)
    weight = numpy_helper.from_array(WEIGHTS, "w")
    data = weight.raw_data
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "test", values[:1],
                              values[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder / "model.onnx", data


def run_reference(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.ones(SHAPE, np.float32)})[0]


def is_accepted(path):
    expected = run_reference(path)
    actual = garam.compile(path, "host").run({"x": np.ones(SHAPE, np.float32)})["y"]
    assert np.array_equal(expected, WEIGHTS + 1) and np.array_equal(actual, expected)


def is_refused(path, *parts):
    with pytest.raises(Exception, match="escapes model directory"):
        run_reference(path)
    with pytest.raises(garam.ModelError) as caught:
        garam.compile(path, "host")
    assert "external data of tensor 'w'" in str(caught.value)
    for part in parts:
        assert str(part) in str(caught.value)


def test_a_link_within_the_folder(tmp_path):
    path, data = make_model(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "w").write_bytes(data)
    (tmp_path / "weights").symlink_to("store/w")
    is_accepted(path)


def test_a_folder_that_is_a_link(tmp_path):
    path, data = make_model(tmp_path / "models")
    (path.parent / "weights").write_bytes(data)
    (tmp_path / "link").symlink_to("models")
    is_accepted(tmp_path / "link" / "model.onnx")


def test_a_relative_path_of_the_model(tmp_path, monkeypatch):
    path, data = make_model(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "w").write_bytes(data)
    (tmp_path / "weights").symlink_to(tmp_path / "store" / "w")
    monkeypatch.chdir(tmp_path)
    is_accepted(path.name)


def test_a_cache_that_links_to_one_store(tmp_path):
    """As Hugging Face's hub keeps what was downloaded."""
    path, data = make_model(tmp_path / "snapshots" / "1" / "onnx")
    store = tmp_path / "blobs"
    store.mkdir()
    path.rename(store / "4fcd")
    (store / "81ab").write_bytes(data)
    path.symlink_to("../../../blobs/4fcd")
    (path.parent / "weights").symlink_to("../../../blobs/81ab")
    is_accepted(path)


def test_a_link_out_of_the_folder(tmp_path):
    path, data = make_model(tmp_path / "models")
    # The name of this folder begins as that of the model's, which is not enough.
    (tmp_path / "models-2").mkdir()
    (tmp_path / "models-2" / "w").write_bytes(data)
    (path.parent / "weights").symlink_to("../models-2/w")
    is_refused(path, f"leads by a symbolic link to '{tmp_path}/models-2/w'",
               f"outside of the model's directory '{tmp_path}/models'",
               "', which is refused; copy the file, or move it and the model's own file to "
               "one directory and link both")


def test_a_folder_within_that_leads_out(tmp_path):
    path, data = make_model(tmp_path / "models", "parts/weights")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "weights").write_bytes(data)
    (path.parent / "parts").symlink_to("../elsewhere")
    is_refused(path, f"'{tmp_path}/elsewhere/weights'")


def test_a_model_and_its_data_in_different_stores(tmp_path):
    path, data = make_model(tmp_path / "models")
    for store in "ab":
        (tmp_path / store).mkdir()
    path.rename(tmp_path / "a" / "model")
    (tmp_path / "b" / "weights").write_bytes(data)
    path.symlink_to("../a/model")
    (path.parent / "weights").symlink_to("../b/weights")
    is_refused(path, f"'{tmp_path}/models' and of '{tmp_path}/a'")


def test_a_link_to_nothing(fails, tmp_path):
    path, _ = make_model(tmp_path)
    (tmp_path / "weights").symlink_to("none")
    fails(MODEL, "weights' does not exist", "compile", path, "--target", "host", "-o",
          tmp_path / "out.garam")
