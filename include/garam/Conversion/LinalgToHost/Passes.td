//===- Passes.td - From structured operations to kernels ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOHOST_PASSES_TD
#define GARAM_CONVERSION_LINALGTOHOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def HostFormKernels : Pass<"host-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Makes each structured operation a kernel";
  let description = [{
    Puts every operation that computes a tensor into a `host.kernel` of its own,
    with the scalars, initial values and empty tensors that it needs. Insertions
    into one destination become one kernel. Constants and reshapes stay between
    kernels. What is returned is made by a kernel, each result by its own.

    Every tensor must have a static shape. The pass reports everything that it
    cannot take, then fails.

    ```mlir
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.abs ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>)
        -> tensor<8xf32>
    // becomes
    %y = host.kernel(%x) : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%arg: tensor<8xf32>):
      %e = tensor.empty() : tensor<8xf32>
      %0 = linalg.abs ins(%arg : tensor<8xf32>) outs(%e : tensor<8xf32>)
          -> tensor<8xf32>
      host.yield %0 : tensor<8xf32>
    }
    ```
  }];
  let dependentDialects = ["::garam::host::HostDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // GARAM_CONVERSION_LINALGTOHOST_PASSES_TD
