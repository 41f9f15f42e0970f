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

def HostHoldSizes : Pass<"host-hold-sizes", "::mlir::func::FuncOp"> {
  let summary = "Puts tensors of sizes of run time into buffers of the greatest";
  let description = [{
    Where the sizes of a tensor follow from the function's symbols
    (`size-inputs`), it is placed in a buffer of its greatest sizes, whose front
    others take; views of it become fronts of the same buffer. Sizes become
    arithmetic on the symbols, also in loops. A function without symbols stays as
    it is. Safe where each size is that of the analysis, which fails otherwise:
    what an operation makes fits its greatest sizes.

    ```mlir
    %y = linalg.abs ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>)
        -> tensor<?x4xf32>
    // becomes
    %y = linalg.abs ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>)
        -> tensor<?x4xf32>
    %p = garam_ext.place_front %y[%n] : tensor<?x4xf32> to tensor<8x4xf32>
    %t = garam_ext.take_front %p[%n] : tensor<8x4xf32> to tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::garam::ext::GaramExtDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostDropStores : Pass<"host-drop-stores", "::mlir::func::FuncOp"> {
  let summary = "Forgets where values outside of loops are stored";
  let description = [{
    Of a loop that was taken apart stay the stores of states: nothing goes on
    with a state where it was, and kernels have memory of their own for what they
    make. Safe for stores in tensors: their value is that of what is stored.

    ```mlir
    %0 = bufferization.materialize_in_destination %next in %state
    return %0 : tensor<4xf32>
    // becomes
    return %next : tensor<4xf32>
    ```
  }];
}

def HostSeparateResults : Pass<"host-separate-results",
                               "::mlir::func::FuncOp"> {
  let summary = "Copies results that have no memory of their own";
  let description = [{
    What a function returns is written into the memory of its results, each of
    which has its own: an input, a constant, and a tensor that is returned twice
    are copied.

    ```mlir
    return %x : tensor<4xf32> // an input
    // becomes
    %e = tensor.empty() : tensor<4xf32>
    %y = linalg.copy ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
        -> tensor<4xf32>
    return %y : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostFormKernels : Pass<"host-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Makes each structured operation a kernel";
  let description = [{
    Puts every operation that computes a tensor into a `host.kernel` of its own,
    with the scalars, initial values and empty tensors that it needs. Insertions
    into one destination become one kernel. Constants and reshapes stay between
    kernels. What is returned must have memory of its own
    (`host-separate-results`).

    Every tensor must have a static shape, or lie in a buffer that has
    (`host-hold-sizes`): kernels compute the sizes of run time from the symbols.
    The pass reports everything that it cannot take, then fails.

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
