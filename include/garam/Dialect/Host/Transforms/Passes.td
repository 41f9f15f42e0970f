//===- Passes.td - Passes on kernels of the host -----------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HOST_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_HOST_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def HostOutlineKernels : Pass<"host-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Makes functions on buffers of kernels";
  let description = [{
    Replaces each function of kernels by the functions that its kernels are, in
    order: they take a buffer for each input and each result. Kernels with the
    same body share a function.

    ```mlir
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = host.kernel(%x) ... {
      ^bb0(%a: tensor<8xf32>):
        ...
        host.yield %r : tensor<8xf32>
      }
      return %y : tensor<8xf32>
    }
    // becomes
    func.func @garam_kernel_0(%x: memref<8xf32> {llvm.noalias},
                              %y: memref<8xf32> {llvm.noalias}) {
      %a = bufferization.to_tensor %x restrict : memref<8xf32> to tensor<8xf32>
      ...
      bufferization.materialize_in_destination %r in restrict writable %y
          : (tensor<8xf32>, memref<8xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def HostTileContractions
    : Pass<"host-tile-contractions", "::mlir::func::FuncOp"> {
  let summary = "Tiles and vectorises products of matrices";
  let description = [{
    Makes loops over tiles of registers of each sum of products of floats whose
    result has rows side by side, with upstream's tiling and vectorisation. For
    each group of columns, as many as two vectors hold, the operand that has
    them is copied to a dense tile, or its transposition; then groups of rows
    pass over it, with sums that stay in registers. Columns that fill no tile
    are computed in one that is padded with zeros. Everything else stays as it
    is.

    `vector-bits` is the width of the processor's vectors: 512 means 32 of them,
    other widths 16.

    ```mlir
    %y = linalg.generic ... ins(%a, %b : tensor<64x128xf32>, tensor<128x96xf32>)
         outs(%z : tensor<64x96xf32>) { mulf; addf }
    // becomes, with 256 bits
    %y = scf.for %n = 0 to 96 step 16 ... {
      %tile = linalg.generic ... ins(%b[0, %n] [128, 16])
              outs(%empty : tensor<128x16xf32>) { yield }
      scf.for %m = 0 to 64 step 4 ... {
        %sums = scf.for %k = 0 to 128 step 1 ... {
          vector.contract %a[%m, %k], %tile[%k], %sums : vector<4x16xf32>
    ```
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "256",
                        "width of a vector of the processor">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

def HostLowerContractions
    : Pass<"host-lower-contractions", "::mlir::func::FuncOp"> {
  let summary = "Keeps sums in registers and makes vector instructions";
  let description = [{
    Moves the reading and writing of sums out of the loops that they are summed
    in, while they are tensors, and turns `vector.contract` into fused
    multiply-adds of a vector and a scalar, with upstream's patterns.

    ```mlir
    scf.for %k ... {
      %s = vector.transfer_read %y[%m, %n]
      %t = vector.contract ... %s
      vector.transfer_write %t, %y[%m, %n]
    // becomes
    %s = vector.transfer_read %y[%m, %n]
    scf.for %k ... iter_args(%t = %s) { vector.fma ... }
    vector.transfer_write %t, %y[%m, %n]
    ```
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect"];
}

def HostOrderLoops : Pass<"host-order-loops", "::mlir::func::FuncOp"> {
  let summary = "Makes neighbours of the output the innermost loop";
  let description = [{
    Orders the loops of reductions that are left so that the output's innermost
    dimension is the innermost loop, where an input has neighbours along it too:
    LLVM's vectoriser then takes several outputs at once, as those of a window. It
    may not do that with a sum, whose order would change. Each output sums
    in the order as before.

    ```mlir
    %y = linalg.generic {indexing_maps = [affine_map<(c, x, k) -> (c, x + k)>,
                                          affine_map<(c, x, k) -> (c, k)>,
                                          affine_map<(c, x, k) -> (c, x)>], ...}
    // becomes
    %y = linalg.generic {indexing_maps = [affine_map<(c, k, x) -> (c, x + k)>,
                                          affine_map<(c, k, x) -> (c, k)>,
                                          affine_map<(c, k, x) -> (c, x)>], ...}
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def HostPlanScratch : Pass<"host-plan-scratch", "::mlir::func::FuncOp"> {
  let summary = "Puts allocations into one buffer of the caller";
  let description = [{
    Gives each allocation of a function a place in a buffer that is its last
    argument, so that a kernel needs no allocator and no stack. All allocations
    must be static. A function without allocations stays as it is.

    ```mlir
    func.func @garam_kernel_0(%x: memref<8xf32>) {
      %0 = memref.alloc() : memref<8xf32>
      ...
    // becomes
    func.func @garam_kernel_0(%x: memref<8xf32>,
                              %scratch: memref<64xi8> {llvm.noalias}) {
      %c0 = arith.constant 0 : index
      %0 = memref.view %scratch[%c0][] : memref<64xi8> to memref<8xf32>
      ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def HostExpandCopies : Pass<"host-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Turns copies of buffers into structured operations";
  let description = [{
    Replaces each `memref.copy` by a `linalg.copy`, which becomes loops: the
    copy of buffers with strides would else be a call of a run-time library.

    ```mlir
    memref.copy %a, %b : memref<4xf32, strided<[2]>> to memref<4xf32>
    // becomes
    linalg.copy ins(%a : memref<4xf32, strided<[2]>>) outs(%b : memref<4xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def HostGuardDivision : Pass<"host-guard-division", "::mlir::func::FuncOp"> {
  let summary = "Gives integer divisions that would trap a result";
  let description = [{
    A processor stops a program that divides an integer by 0, or the least
    number by -1. Where the divisor is no constant that excludes both, the
    result becomes what it is on every device: a quotient of 0 and a remainder
    of the dividend for a divisor of 0, and what wraps around for the other.
    Divisions of `index` stay.

    ```mlir
    %q = arith.divui %a, %b : i32
    // becomes
    %is_zero = arith.cmpi eq, %b, %zero : i32
    %divisor = arith.select %is_zero, %one, %b : i32
    %r = arith.divui %a, %divisor : i32
    %q = arith.select %is_zero, %zero, %r : i32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def HostExpandMath : Pass<"host-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Expands functions of 32-bit floats to arithmetic";
  let description = [{
    Replaces the exponential, tanh and erf of f32 by
    upstream's approximations, which can be vectorised, and conversions to bf16
    by operations on its bits. Other functions, and those of f64, stay and
    become calls of libm.

    ```mlir
    %y = math.tanh %x : f32
    // becomes arith and math.fma operations
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // GARAM_DIALECT_HOST_TRANSFORMS_PASSES_TD
