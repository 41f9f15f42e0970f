"""Tables of constant indices, as exporters write masks, positions and assignments, against onnxruntime."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
import pytest

import oracle

# Small integers, which every float type of a device holds.
DATA = np.arange(2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)


def make_grid(*ranges):
    """Coordinates of all positions, in the last dimension."""
    return np.stack(np.meshgrid(*ranges, indexing="ij"), -1).astype(np.int64)


def make_updates(indices):
    shape = indices.shape[:-1] + DATA.shape[indices.shape[-1]:]
    return -np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)


RELATIVE = np.clip(np.arange(5)[:, None] - np.arange(4) + 1, 0, 5)
INDICES = {
    "mask": ("GatherND", make_grid([0, 1], [0], [1, 2, 3])),
    "rows-backwards": ("GatherND", make_grid([0, 1], [4, 3, 2])),
    "every-other": ("GatherND", make_grid([1], [-5, -3, -1])),
    "irregular": ("GatherND", make_grid([0, 1], [0, 1, 3])),
    "relative": ("GatherElements", np.broadcast_to(np.arange(5)[:, None] + np.arange(2), (2, 5, 2))),
    "relative-backwards": ("GatherElements", np.broadcast_to(np.arange(5)[:, None] - np.arange(2), (2, 5, 2))),
    "clipped": ("GatherElements", np.broadcast_to(RELATIVE, (2, 5, 4))),
    "slice": ("ScatterND", make_grid([0, 1], [1, 2])),
    "block": ("ScatterND", make_grid([1], [0, 1, 2], [-2, -1])),
    "whole": ("ScatterND", make_grid([0, 1], range(5))),
    "one-place": ("ScatterND", make_grid([0], [3])),
    "twice": ("ScatterND", np.array([[0, 1], [0, 1]])),
    "swapped": ("ScatterND", make_grid([0, 1], [2, 3]).transpose(1, 0, 2)),
}


@pytest.mark.parametrize("target", ["host", "rngd"])
@pytest.mark.parametrize("name", INDICES)
def test_constant_indices(name, target):
    import garam

    op_type, indices = INDICES[name]
    indices = np.ascontiguousarray(indices, np.int64)
    inputs = {"x": DATA}
    if op_type == "ScatterND":
        inputs["u"] = make_updates(indices)
    attributes = {"axis": 2} if op_type == "GatherElements" else {}
    node = helper.make_node(op_type, ["x", "i", *list(inputs)[1:]], ["y"], **attributes)
    rank = indices.ndim - 1 + DATA.ndim - indices.shape[-1] if op_type == "GatherND" else DATA.ndim
    infos = [helper.make_tensor_value_info(key, TensorProto.FLOAT, value.shape) for key, value in inputs.items()]
    graph = helper.make_graph(
        [node], "g", infos, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * rank)],
        [numpy_helper.from_array(indices, "i")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    expected = oracle.run_onnxruntime(model, inputs)
    np.testing.assert_array_equal(garam.compile(model, target).run(inputs)["y"], expected["y"])
