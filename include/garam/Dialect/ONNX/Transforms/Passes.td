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
    that runs. Nodes and constants that have no uses any more are erased.

    It computes integers and floats as ONNX defines them; where a result is
    undefined (a division by zero, a float out of an integer's range) the node
    stays. It never touches a tensor of more than `max-elements` elements. A
    node that onnx's inference refuses is an error, for its model is invalid.

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

#endif // GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_TD
