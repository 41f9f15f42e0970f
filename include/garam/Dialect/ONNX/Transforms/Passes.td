//===- Passes.td - Passes on the onnx dialect --------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ONNXFoldShapes : Pass<"onnx-fold-shapes", "::mlir::func::FuncOp"> {
  let summary = "Evaluates arithmetic on small tensors and refines types";
  let description = [{
    Exporters leave the arithmetic in a graph that computes its shapes. This
    pass evaluates nodes whose operands are small constants or shapes, and
    derives the types of other nodes from the values it finds, by the inference
    of the onnx library. Of a static model nothing of it is left, and no dynamic
    type.

    Values are followed element by element: of the shape of a tensor with a
    dynamic batch, the fixed dimensions are known. A node is replaced when its
    whole result is known. An If whose condition is known gives way to the body
    that runs. A Loop or Scan whose inputs are known is evaluated step by step,
    with a bound on the work of all loops of a function together; it stays when
    a step uses what is not known, or the bound is reached. Nodes and constants
    that have no uses any more are erased.

    Sizes that the data decides, as how many elements NonZero finds, are
    followed as those that a run is given: `onnx.sizes` says what follows from
    either. Nodes whose operands have such sizes, or fixed ones, get the
    attribute `garam.bounded_sizes`: buffers can hold the operands.

    It computes integers and floats as ONNX defines them; where a result is
    undefined (a division by zero, a float out of an integer's range) the node
    stays, and so it does where one of 64 bits without a sign is 2^63 or more.
    Quantised tensors stay quantised. It never touches a tensor of more than `max-elements` elements. A
    node that onnx's inference refuses is an error, for its model is invalid.

    Of `onnx.declared`, what the model declares of a result, a number in place of a size that
    follows from symbols otherwise is open afterwards, with a warning: exporters leave the sizes
    of their example there.

    ```mlir
    %c = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
    %s = onnx.node "Shape"(%x) {id = "s", opset = 27 : i64}
        attributes {start = 0 : i64, end = 1 : i64}
        : (tensor<2x3x4xf32>) -> tensor<1xi64>
    %d = onnx.node "Concat"(%s, %c) {id = "d", opset = 27 : i64}
        attributes {axis = 0 : i64}
        : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
    %y = onnx.node "Reshape"(%x, %d) {id = "y", opset = 27 : i64}
        attributes {allowzero = 0 : i64}
        : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    // becomes
    %d = onnx.constant dense<[2, -1]> : tensor<2xi64> : tensor<2xi64>
    %y = onnx.node "Reshape"(%x, %d) {id = "y", opset = 27 : i64}
        attributes {allowzero = 0 : i64}
        : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<2x12xf32>
    ```
  }];
  let options = [
    Option<"maxElements", "max-elements", "int64_t",
           "::garam::onnx::kMaxFoldedElements",
           "Tensors with more elements are not evaluated">
  ];
  let dependentDialects = ["::garam::onnx::ONNXDialect"];
}

def ONNXApplyDeclaredOutputs
    : Pass<"onnx-apply-declared-outputs", "::mlir::func::FuncOp"> {
  let summary = "Takes what a model declares of its outputs for what is unknown";
  let description = [{
    Sizes that depend on values are known of outputs only, by the types that the
    model declares: attribute `onnx.declared` of a result, which this pass takes
    away. Where the result of a node has an unknown size, it gets the declared
    one, and operands from which a node makes a result of the same shape, or
    which it broadcasts to one, get theirs, up to the node where the sizes come
    from.

    A declaration that contradicts what was inferred, in its rank, its element
    type or a size, is ignored as far as it does, for exporters write wrong
    ones. Runs after `onnx-fold-shapes`, which infers all that follows from the
    inputs.

    ```mlir
    func.func @main(%x: tensor<4xf32>)
        -> (tensor<?x?xi64> {onnx.declared = tensor<1x3xi64>}) {
      %i = onnx.node "NonZero"(%x) {id = "i", opset = 27 : i64} attributes {}
          : (tensor<4xf32>) -> tensor<?x?xi64>
      %y = onnx.node "Neg"(%i) {id = "y", opset = 27 : i64} attributes {}
          : (tensor<?x?xi64>) -> tensor<?x?xi64>
    // becomes
    func.func @main(%x: tensor<4xf32>) -> tensor<1x3xi64> {
      %i = onnx.node "NonZero"(%x) {id = "i", opset = 27 : i64} attributes {}
          : (tensor<4xf32>) -> tensor<1x3xi64>
      %y = onnx.node "Neg"(%i) {id = "y", opset = 27 : i64} attributes {}
          : (tensor<1x3xi64>) -> tensor<1x3xi64>
    ```
  }];
}

def ONNXRaise : Pass<"onnx-raise", "::mlir::func::FuncOp"> {
  let summary = "Finds operators that exporters have taken apart";
  let description = [{
    Exporters for operator sets that lack an operator, and tracers that see its
    parts only, write several nodes for one. This pass puts the operator in
    their place, which devices take as a whole:

    - LayerNormalization and RMSNormalization, with scale and bias or without;
    - Gelu with the error function or the hyperbolic tangent;
    - Swish (SiLU), with any factor in the sigmoid;
    - Attention, with its scale wherever it stands, masks that are added or
      choose, scores that a tangent caps, a softmax in single precision between
      products in half, and heads that share keys and values;
    - RotaryEmbedding of halves or of neighbours: the turned tensor times sines
      is added to the tensor times cosines, or each part is computed and both
      are put together, as of complex numbers.

    Products are matched in any order and by the values of their constants, not
    by how they are written. The operator has the id and the result of the last
    of its nodes; the others are gone unless something else reads them. Results
    differ by rounding only. Nodes that do nothing (Identity, a Cast to the type
    that is there) are taken out first.

    Attention takes operands of two to four dimensions, of which the batch, or
    the batch and the heads, may be missing. It differs from ONNX's in these
    attributes:

    - `transposed_keys`: keys are [batch, heads, elements, positions], as a
      product reads them;
    - `softcap`: applied before masks, c * tanh(scores / c);
    - `masks`: how many inputs from the fourth on are masks, 1 without it; they
      are applied in their order;
    - `masked`: what scores become where a mask of booleans is false, instead of
      minus infinity; with `hides_true`, where it is true;
    - `zero_unseen`: a query that sees nothing gets 0, not NaN.

    RotaryEmbedding takes no positions: cosines and sines broadcast to what is
    rotated, and their last dimension is that of it, or half of it where both
    elements of a pair share theirs.

    Not raised, because nothing is gained: MatMulInteger, Cast and Mul, as
    dynamic quantisation writes them. MatMulInteger is a product of bytes as it
    is, whose epilogue takes the others; a remark says so.

    A raised operator is mostly faster. What it can cost where little is
    computed, start-ups of DMAs, is in docs/explain.md ("An example: attention
    that raising makes slower").

    Remarks of category `onnx-raise` name what was raised, and what nearly was
    with what is different (`--remarks-filter=onnx-raise` of `garam compile` and
    of garam-opt).

    ```mlir
    %s = onnx.node "Sigmoid"(%x) {id = "s", opset = 27 : i64} attributes {}
        : (tensor<4xf32>) -> tensor<4xf32>
    %y = onnx.node "Mul"(%x, %s) {id = "y", opset = 27 : i64} attributes {}
        : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    // becomes
    %y = onnx.node "Swish"(%x) {id = "y", opset = 27 : i64,
        origin = ["y", "Mul", 27]} attributes {alpha = 1.0 : f32}
        : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::garam::onnx::ONNXDialect"];
}

#endif // GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_TD
