//===- ONNXOps.td - The onnx dialect -----------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_ONNXOPS_TD
#define GARAM_DIALECT_ONNX_IR_ONNXOPS_TD

include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::garam::onnx";
  let summary = "An ONNX graph, node by node";
  let description = [{
    The dialect carries a checked, version-converted and shape-inferred ONNX
    graph into MLIR without interpreting it. There is one operation for all
    operators: the meaning of a node is ONNX's, and the lowering to `linalg`
    looks it up in one table.

    A graph is a `func.func`. Its arguments carry `onnx.name` (the input's
    name) and, where a dimension is symbolic, `onnx.dims` (an array of
    strings, empty for a fixed dimension); its results carry `onnx.name`.
    Signed integers are signless (`i8`), unsigned ones keep their sign
    (`ui8`), booleans are `i1`. Strings, sequences and maps have no type here.
  }];
}

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_NodeOp : ONNX_Op<"node"> {
  let summary = "a node of an ONNX graph";
  let description = [{
    `op_type`, `domain` and `opset` name the operator; `id` is the node's name,
    or the name of its first output when it has none, made unique in the graph.
    ONNX attributes are in `node_attributes` with their names: integers as i64,
    floats as f32, strings, dense arrays of them, and tensors as elements
    attributes. Defaults of the operator's schema are filled in. An omitted
    optional input is the result of `onnx.none`; trailing ones are left out.
    Bodies of If, Loop and Scan are regions.

    Example:

    ```mlir
    %y = onnx.node "Relu"(%x) {id = "relu1", opset = 17 : i64} attributes {}
        : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$inputs,
                       StrAttr:$op_type,
                       DefaultValuedStrAttr<StrAttr, "">:$domain,
                       I64Attr:$opset,
                       StrAttr:$id,
                       DictionaryAttr:$node_attributes);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `attributes` $node_attributes ($bodies^)?
    `:` functional-type($inputs, $outputs)
  }];
}

def ONNX_ConstantOp : ONNX_Op<"constant", [Pure]> {
  let summary = "an initializer or a constant";
  let description = [{
    Weights are `dense_resource` attributes whose blobs are references into the
    mapped model file; small tensors (shape operands, scalars) are `dense`.
    `name` is the name of the initializer.
  }];
  let arguments = (ins ElementsAttr:$value, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def ONNX_NoneOp : ONNX_Op<"none", [Pure]> {
  let summary = "an optional input that is left out";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

#endif // GARAM_DIALECT_ONNX_IR_ONNXOPS_TD
