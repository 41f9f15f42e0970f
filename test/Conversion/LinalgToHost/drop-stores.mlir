// RUN: garam-opt --pass-pipeline='builtin.module(func.func(host-drop-stores))' %s | FileCheck %s

// What a loop that was taken apart stored is the value itself; in a loop the
// place still counts.
// CHECK-LABEL: @stores
// CHECK: %[[Y:.*]] = linalg.abs
// CHECK: %[[L:.*]] = scf.for
// CHECK: bufferization.materialize_in_destination
// CHECK-NOT: bufferization.materialize_in_destination
// CHECK: return %[[Y]], %[[L]]
func.func @stores(%x: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s = bufferization.materialize_in_destination %y in %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %l = scf.for %i = %c0 to %n step %c1 iter_args(%p = %x) -> tensor<4xf32> {
    %t = bufferization.materialize_in_destination %y in %p : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    scf.yield %t : tensor<4xf32>
  }
  return %s, %l : tensor<4xf32>, tensor<4xf32>
}
