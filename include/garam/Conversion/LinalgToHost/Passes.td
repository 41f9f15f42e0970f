//===- Passes.td - From structured operations to kernels ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOHOST_PASSES_TD
#define GARAM_CONVERSION_LINALGTOHOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def HostPackWeights : Pass<"host-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Puts weights into the order in which products read them";
  let description = [{
    A product of a matrix and constant weights takes the weights in tiles of
    columns, each tile side by side, row after row: it then reads memory from the
    start to the end, and copies nothing. Weights of products with at least
    `least-rows` rows, or rows of run time, whose columns fill all tiles; the order is made when the
    program is written. It is always safe.

    ```mlir
    %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                                          affine_map<(m, n, k) -> (k, n)>,
                                          affine_map<(m, n, k) -> (m, n)>], ...}
         ins(%x, %w : tensor<64x128xf32>, tensor<128x96xf32>) ...
    // becomes
    %e = tensor.expand_shape %w [[0], [1, 2]] : ... into tensor<128x6x16xf32>
    %p = host.permute %e [1, 0, 2] : ... to tensor<6x128x16xf32>
    %t = linalg.generic {indexing_maps = [affine_map<(m, t, n, k) -> (m, k)>,
                                          affine_map<(m, t, n, k) -> (t, k, n)>,
                                          affine_map<(m, t, n, k) -> (m, t, n)>], ...}
         ins(%x, %p : tensor<64x128xf32>, tensor<6x128x16xf32>) ...
    %y = tensor.collapse_shape %t [[0], [1, 2]]
    ```
  }];
  let options = [
    Option<"leastRows", "least-rows", "unsigned", "8",
           "rows of a product, at least: fewer read rows of weights whole">,
    Option<"columns", "columns", "unsigned", "16",
           "columns of a tile: two vectors of floats of AVX2, one of AVX-512">];
  let dependentDialects = ["::garam::host::HostDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostFormKernels : Pass<"host-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Makes each structured operation a kernel";
  let description = [{
    Puts every operation that computes a tensor into a `host.kernel` of its own,
    with the scalars, initial values and empty tensors that it needs. Insertions
    into one destination become one kernel. Constants and reshapes stay between
    kernels. What is returned is made by a kernel, each result by its own.

    Every tensor must have a static shape, or sizes that follow from the
    function's symbols (`size-inputs`): it then lies in a buffer of its greatest
    sizes, as `garam_ext.take_front` and `place_front` say, and kernels compute
    the sizes from the symbols. The pass reports everything that it cannot take,
    then fails.

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
  let dependentDialects = ["::garam::ext::GaramExtDialect",
                           "::garam::host::HostDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // GARAM_CONVERSION_LINALGTOHOST_PASSES_TD
