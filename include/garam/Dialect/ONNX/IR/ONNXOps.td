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
    name) and, where dimensions have names, `onnx.dims` (an array of strings,
    empty for a fixed or nameless dimension); its results carry `onnx.name`.
    The module carries `onnx.model` (the file's name) and `onnx.opset` (the
    version of the default operator set that all nodes follow).

    Types are ONNX's: signed integers are signless (`i8`), unsigned ones keep
    their sign (`ui8`), booleans are `i1`, and a tensor of unknown rank is
    unranked. Strings, sequences and maps have no type here.
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_NodeOp : ONNX_Op<"node", [Pure]> {
  let summary = "a node of an ONNX graph";
  let description = [{
    `op_type`, `domain` and `opset` name the operator; `id` is the node's name,
    or the name of its first output when it has none, made unique in the graph.
    ONNX attributes are in `node_attributes` with their names: integers as i64,
    floats as f32, strings, dense arrays of the first two, arrays of strings,
    tensors as elements attributes, and types. Defaults of the operator's schema
    are filled in. An omitted optional input is the result of `onnx.none`;
    trailing ones are left out, and so are trailing outputs. An omitted output
    before the last has type `none`.

    `origin` is there where the node is not as the model's file has it, because
    it was converted to a newer operator set or is a part of an operator that
    ONNX defines by others: id, op_type and opset of the file's node, which
    messages and reports name.

    Bodies of If, Loop and Scan are regions, in the order of the names of their
    attributes (`else_branch` before `then_branch`). The arguments of a region's
    one block are the body's inputs, `onnx.yield` gives its outputs, and values
    from outside are used directly.

    Constraints:
    - (C1) `op_type` and `id` are not empty, `opset` is positive.
    - (C2) Attributes are of the kinds above.
    - (C3) Operands and results are tensors or `none`.
    - (C4) Each body has one block that ends in `onnx.yield`.
    - (C5) `origin` is a name, an operator and a positive opset.

    Example:

    ```mlir
    %y = onnx.node "Relu"(%x) {id = "relu1", opset = 27 : i64} attributes {}
        : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$inputs,
                       StrAttr:$op_type,
                       DefaultValuedStrAttr<StrAttr, "">:$domain,
                       I64Attr:$opset,
                       StrAttr:$id,
                       OptionalAttr<ArrayAttr>:$origin,
                       DictionaryAttr:$node_attributes);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `attributes` $node_attributes ($bodies^)?
    `:` functional-type($inputs, $outputs)
  }];
  let extraClassDeclaration = [{
    /// Name, operator and operator set of the node in the model's file.
    ::llvm::StringRef getOriginId();
    ::llvm::StringRef getOriginOpType();
    int64_t getOriginOpset();
  }];
  let hasVerifier = 1;
}

def ONNX_YieldOp : ONNX_Op<"yield", [Pure, Terminator, ParentOneOf<["::garam::onnx::NodeOp"]>]> {
  let summary = "the outputs of a body";
  let description = [{
    Ends a body of an `onnx.node`.

    Example:

    ```mlir
    onnx.yield %sum, %index : tensor<4xf32>, tensor<i64>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def ONNX_ConstantOp : ONNX_Op<"constant", [Pure]> {
  let summary = "an initializer or a constant";
  let description = [{
    Weights are `dense_resource` attributes whose blobs are references into the
    mapped model file; small tensors (shape operands, scalars) are `dense`.
    `name` is the name of the initializer. A blob has ONNX's raw layout:
    row-major, little-endian, booleans a byte each, elements of less than a byte
    packed from the low bits; it may start at any address.

    Constraints:
    - (C1) The value's type is the result's.
    - (C2) The name, if there is one, is not empty.

    Example:

    ```mlir
    %axes = onnx.constant dense<[2, 3]> : tensor<2xi64> {name = "axes"}
        : tensor<2xi64>
    ```
  }];
  let arguments = (ins ElementsAttr:$value, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def ONNX_SizesOp : ONNX_Op<"sizes", [Pure]> {
  let summary = "integers that follow from the sizes that a run is given";
  let description = [{
    The elements, in row-major order, are the results of `map` on the values of
    the function's symbols (`garam.symbols`) and, as its dimensions, on sizes
    that the data decides: of tensor i of `counted`, that of dimension
    `dims[i]`.

    Constraints:
    - (C1) The map has a result for each element, and a dimension for each of
      `counted` and of `dims`.

    Example:

    ```mlir
    %s = onnx.sizes affine_map<()[n] -> (n, n * 2)> : tensor<2xi64>
    %t = onnx.sizes affine_map<(d0) -> (d0 * 2)> of %found dims [1]
        : (tensor<2x?xi64>) -> tensor<1xi64>
    ```
  }];
  let arguments = (ins AffineMapAttr:$map, Variadic<AnyTensor>:$counted,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dims);
  let results = (outs AnyStaticShapeTensor:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$result,
                                 "::mlir::AffineMap":$map), [{
    build($_builder, $_state, result, map, {}, {});
  }]>];
  let assemblyFormat = [{
    $map (`of` $counted^ `dims` $dims `:` `(` type($counted) `)` `->`):(`:`)?
    type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def ONNX_NoneOp : ONNX_Op<"none", [Pure]> {
  let summary = "an optional input that is left out";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

#endif // GARAM_DIALECT_ONNX_IR_ONNXOPS_TD
