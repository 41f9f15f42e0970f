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

def HostExpandMath : Pass<"host-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Expands functions of 32-bit floats to arithmetic";
  let description = [{
    Replaces the exponential, natural logarithm, tanh and erf of f32 by
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
