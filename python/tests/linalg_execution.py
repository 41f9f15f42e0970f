"""Executes ONNX models through convert-onnx-to-linalg on the host.

The rest of the way is upstream's: bufferization, loops, LLVM, clang. Nothing of
a device's conversion takes part, so what differs from onnxruntime here is a
fault of the lowering to linalg.
"""

import ctypes
import re
import shutil
import subprocess

import numpy as np
import onnx

from conftest import find_tool

PIPELINE = ",".join([
    "func.func(convert-onnx-to-linalg)",
    "garam-ext-decompose",
    "one-shot-bufferize{bufferize-function-boundaries=1 "
    "function-boundary-type-conversion=identity-layout-map}",
    "buffer-results-to-out-params{hoist-static-allocs=1 modify-public-functions=1}",
    "func.func(convert-linalg-to-loops)",
    "func.func(llvm-request-c-wrappers)",
    "convert-math-to-funcs",
    "convert-scf-to-cf",
    "expand-strided-metadata",
    "lower-affine",
    "convert-math-to-llvm",
    "convert-math-to-libm",
    "arith-expand",
    "convert-arith-to-llvm",
    "finalize-memref-to-llvm",
    "convert-index-to-llvm",
    "convert-func-to-llvm",
    "convert-cf-to-llvm",
    "convert-ub-to-llvm",
    "reconcile-unrealized-casts",
])


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stderr[-6000:]}"
    return result.stdout


def import_function(path, name, *options):
    """The functions of the imported model with @main named `name`, as text, and
    the resources that they refer to (empty when all weights are small)."""
    text = run(find_tool("garam-translate"), "--import-onnx", path,
               f"--mlir-elide-resource-strings-if-larger={2**32 - 1}", *options)
    begin, end = text.index("{\n", text.index("module")) + 2, text.rindex("\n}\n")
    resources = text[end + 3:]
    if "{-#" in text[begin:end]:
        end = text.rindex("\n}\n", 0, text.index("{-#"))
        resources = text[end + 3:]
    return re.sub(r"@main\b", f"@{name}", text[begin:end]), resources


def find_llvm_tool(name):
    return shutil.which(f"{name}-22") or name


def compile_module(functions, resources, folder, level="-O1"):
    """Compiles the text of functions to a shared library and loads it."""
    source, lowered = folder / "onnx.mlir", folder / "llvm.mlir"
    module, library = folder / "module.ll", folder / "module.so"
    source.write_text("module {\n" + "\n".join(functions) + "\n}\n" + resources)
    run(find_tool("garam-opt"), f"--pass-pipeline=builtin.module({PIPELINE})", source,
        "-o", lowered)
    run(find_llvm_tool("mlir-translate"), "--mlir-to-llvmir", lowered, "-o", module)
    llvm_libraries = run(find_llvm_tool("llvm-config"), "--libdir").strip()
    run(find_llvm_tool("clang"), level, "-march=native", "-fno-math-errno", "-shared", "-fPIC",
        "-Wno-override-module", module, "-lm", f"-L{llvm_libraries}", "-lmlir_c_runner_utils",
        f"-Wl,-rpath,{llvm_libraries}", "-o", library)
    return ctypes.CDLL(str(library))


def make_descriptor(array):
    """A pointer to a memref descriptor of a contiguous array."""
    rank = array.ndim

    class Descriptor(ctypes.Structure):
        _fields_ = [("allocated", ctypes.c_void_p), ("aligned", ctypes.c_void_p),
                    ("offset", ctypes.c_int64), ("sizes", ctypes.c_int64 * rank),
                    ("strides", ctypes.c_int64 * rank)]

    strides = [stride // array.itemsize for stride in array.strides]
    return ctypes.pointer(Descriptor(
        array.ctypes.data, array.ctypes.data, 0,
        (ctypes.c_int64 * rank)(*array.shape), (ctypes.c_int64 * rank)(*strides)))


def call(library, name, inputs, outputs):
    """Calls a compiled function; `outputs` are arrays that it fills."""
    # Copies, for bufferization may reuse the memory of arguments.
    arrays = [np.array(array, order="C") for array in inputs] + outputs
    getattr(library, f"_mlir_ciface_{name}")(*map(make_descriptor, arrays))


def make_model(op_type, inputs, num_outputs, opset, attributes, declared=None):
    """A model of one node. An input is an array (a graph input), a tuple of one
    array (an initializer) or None (left out). `declared` are shapes of the outputs,
    which are inferred without them."""
    names, graph_inputs, initializers = [], [], []
    for index, value in enumerate(inputs):
        name = f"in{index}"
        if value is None:
            name = ""
        elif isinstance(value, tuple):
            initializers.append(onnx.numpy_helper.from_array(value[0], name))
        else:
            dtype = onnx.helper.np_dtype_to_tensor_dtype(value.dtype)
            graph_inputs.append(onnx.helper.make_tensor_value_info(name, dtype, value.shape))
        names.append(name)
    outputs = [f"out{index}" for index in range(num_outputs)]
    node = onnx.helper.make_node(op_type, names, outputs, name="node", **attributes)
    graph = onnx.helper.make_graph(
        [node], "case", graph_inputs, [onnx.ValueInfoProto(name=name) for name in outputs],
        initializers)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=10)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    for output, shape in zip(model.graph.output, declared or []):
        del output.type.tensor_type.shape.dim[:]
        for size in shape:
            output.type.tensor_type.shape.dim.add().dim_value = size
        output.type.tensor_type.shape.SetInParent()
    for output in model.graph.output:
        if not output.type.HasField("tensor_type"):
            # Operators that are functions: those here keep the type of their input.
            output.type.CopyFrom(model.graph.input[0].type)
    return model
