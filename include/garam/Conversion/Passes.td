//===- Passes.td - Conversions between dialects ------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_PASSES_TD
#define GARAM_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// ONNXToLinalg
//===----------------------------------------------------------------------===//

def ConvertONNXToLinalg : Pass<"convert-onnx-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "Turns ONNX nodes into structured operations on tensors";
  let description = [{
    Replaces every `onnx.node`, `onnx.constant` and `onnx.none` of a function
    by operations of `linalg`, `tensor`, `arith`, `math` and `garam_ext`, and of
    `scf` where one step needs the result of another. Each new operation has the
    location of its node.

    Integers become signless; operations carry the sign (`arith.extui` against
    `arith.extsi`, `is_unsigned` on quantisation). An argument or a result of
    the function that was unsigned gets the unit attribute `onnx.unsigned`. What
    has less than a byte is held in the type of 8 bits that has its values (i4
    in i8, f4E2M1FN in f8E4M3FN), and `onnx.narrow` names its type; large
    constants of such types stay packed, below an extension.
    Constants keep their blobs: no weight is copied.

    All nodes are visited before the pass fails, so that one run reports all
    that cannot be converted. Dynamic dimensions pass where the operator's
    lowering does not need the size.

    ```mlir
    %y = onnx.node "Add"(%x, %b) {id = "add", opset = 17 : i64} attributes {}
        : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    // becomes
    %0 = tensor.empty() : tensor<4x8xf32>
    %y = linalg.generic {
           indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
                            affine_map<(d0, d1) -> (d1)>,
                            affine_map<(d0, d1) -> (d0, d1)>],
           iterator_types = ["parallel", "parallel"]}
         ins(%x, %b : tensor<4x8xf32>, tensor<8xf32>)
         outs(%0 : tensor<4x8xf32>) {
    ^bb0(%a: f32, %c: f32, %out: f32):
      %s = arith.addf %a, %c : f32
      linalg.yield %s : f32
    } -> tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::garam::ext::GaramExtDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // GARAM_CONVERSION_PASSES_TD
