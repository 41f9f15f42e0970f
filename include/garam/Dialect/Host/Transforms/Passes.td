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
    same body share a function. Tensors that are inserted into a result are
    stored to their places in its buffer, one by one.

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

#endif // GARAM_DIALECT_HOST_TRANSFORMS_PASSES_TD
