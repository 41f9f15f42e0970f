//===- Passes.td - From structured operations to kernels ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOHOST_PASSES_TD
#define GARAM_CONVERSION_LINALGTOHOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def HostPrepareStructure
    : Pass<"host-prepare-structure", "::mlir::func::FuncOp"> {
  let summary = "Brings a function to linalg and slices alone";
  let description = [{
    Expands `garam_ext` operations, turns padding and concatenation into
    insertions into one destination, which need no further copy, and products
    and convolutions of any name into `linalg.generic`. It is always safe.

    ```mlir
    %p = tensor.pad %x low[1] high[1] { ... yield %zero } : tensor<4xf32>
        to tensor<6xf32>
    // becomes
    %e = tensor.empty() : tensor<6xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<6xf32>) -> tensor<6xf32>
    %p = tensor.insert_slice %x into %f[1] [4] [1]
        : tensor<4xf32> into tensor<6xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostUnfoldConvolutions
    : Pass<"host-unfold-convolutions", "::mlir::func::FuncOp"> {
  let summary = "Makes products of convolutions";
  let description = [{
    A convolution whose weights serve several output channels becomes the
    product of the weights and the unfolded input, in which each output pixel has
    a column of all elements that it needs (known as im2col). It costs a copy of
    the input for each element of the window, and makes of every stride and
    dilation a product of contiguous rows. A depthwise convolution stays: each
    weight serves one channel, so that a product would have one row.

    ```mlir
    %y = linalg.generic {indexing_maps =
           [affine_map<(f, x, c, k) -> (c, x * 2 + k)>,
            affine_map<(f, x, c, k) -> (f, c, k)>,
            affine_map<(f, x, c, k) -> (f, x)>], ...} ins(%in, %w) ...
    // becomes
    %u = linalg.generic {indexing_maps =
           [affine_map<(c, k, x) -> (c, x * 2 + k)>,
            affine_map<(c, k, x) -> (c, k, x)>], ...} ins(%in) ...
    %y = linalg.generic {indexing_maps =
           [affine_map<(f, x, c, k) -> (c, k, x)>,
            affine_map<(f, x, c, k) -> (f, c, k)>,
            affine_map<(f, x, c, k) -> (f, x)>], ...} ins(%u, %w) ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostCollapseDimensions
    : Pass<"host-collapse-dimensions", "::mlir::func::FuncOp"> {
  let summary = "Makes one loop of neighbouring dimensions";
  let description = [{
    Collapses dimensions that follow one another in every operand, with upstream's
    pattern: rows of 7 elements are no good for vectors, an image of 49 is. A
    product of unfolded images becomes one of matrices.

    ```mlir
    %y = linalg.generic {... iterator_types = ["parallel", "parallel"]}
         ins(%x : tensor<64x7xf32>) ...
    // becomes
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<64x7xf32> into tensor<448xf32>
    %y = linalg.generic {... iterator_types = ["parallel"]} ins(%c) ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def HostFuseElementwise
    : Pass<"host-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Fuses chains of elementwise operations";
  let description = [{
    Fuses a producer into its only user with upstream's patterns, where that
    repeats no work: the user is parallel and reads each element of the producer
    once. Scalars and splats move into bodies.

    ```mlir
    %1 = linalg.generic ... ins(%x) { addf }
    %2 = linalg.generic ... ins(%1) { maximumf }
    // becomes
    %2 = linalg.generic ... ins(%x) { addf; maximumf }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def HostFormKernels : Pass<"host-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Makes each structured operation a kernel";
  let description = [{
    Puts every operation that computes a tensor into a `host.kernel` of its own,
    with the scalars, initial values and empty tensors that it needs. Insertions
    into one destination become one kernel. Constants and reshapes stay between
    kernels. What is returned is made by a kernel, each result by its own. The
    kernel says what work it does.

    Every tensor must have a static shape. The pass reports everything that it
    cannot take, then fails.

    ```mlir
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.abs ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>)
        -> tensor<8xf32>
    // becomes
    %y = host.kernel(%x) work <operations = 8, functions = 0, macs = 0,
                               read = 32, written = 32>
        : (tensor<8xf32>) -> tensor<8xf32> {
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
