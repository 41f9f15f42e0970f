//===- Passes.td - From structured operations to HBM-PIM ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOPIM_PASSES_TD
#define GARAM_CONVERSION_LINALGTOPIM_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToPIM : Pass<"convert-linalg-to-pim", "::mlir::func::FuncOp"> {
  let summary = "Turns structured operations into kernels of HBM-PIM";
  let description = [{
    A sum of products of a vector and a constant matrix becomes `pim.gemv`, in
    any spelling: a `linalg.matmul` with one row or one column, transposed or
    not, a `linalg.generic`. What follows is folded in while it has the only use:
    a factor, a constant that is added for each output, a narrowing to f16, a
    ReLU. Elementwise additions, products and ReLUs become `pim.elementwise`;
    reshapes stay. Everything else is reported, operation by operation, with what
    was found and what is needed; then the pass fails.

    Products and sums are those of the device: in fp16, rounded after each.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : tensor<1x8xf32>, tensor<8x16xf32>)
                       outs(%zero : tensor<1x16xf32>) -> tensor<1x16xf32>
    // becomes
    %0 = pim.gemv %x, %w : (tensor<1x8xf32>, tensor<8x16xf32>) -> tensor<1x16xf32>
    ```
  }];
  let dependentDialects = ["::garam::pim::PIMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // GARAM_CONVERSION_LINALGTOPIM_PASSES_TD
