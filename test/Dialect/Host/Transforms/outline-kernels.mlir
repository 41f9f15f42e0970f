// RUN: garam-opt --host-outline-kernels --split-input-file %s | FileCheck %s

// Two kernels with one body share a function, which takes a buffer for the
// input and one for the result; weights do not matter.
// CHECK: func.func @garam_kernel_0(%[[X:.*]]: memref<8xf32> {llvm.noalias}, %[[W:.*]]: memref<8xf32> {llvm.noalias}, %[[Y:.*]]: memref<8xf32> {llvm.noalias}) {
// CHECK-DAG: %[[A:.*]] = bufferization.to_tensor %[[X]] restrict
// CHECK-DAG: %[[B:.*]] = bufferization.to_tensor %[[W]] restrict
// CHECK: %[[R:.*]] = linalg.add ins(%[[A]], %[[B]]
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[Y]]
// CHECK: return
// CHECK-NOT: func.func
// CHECK: // -----
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %v = arith.constant dense<[8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]> : tensor<8xf32>
  %y = host.kernel(%x, %w)
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>, %b: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %r = linalg.add ins(%a, %b : tensor<8xf32>, tensor<8xf32>)
        outs(%e : tensor<8xf32>) -> tensor<8xf32>
    host.yield %r : tensor<8xf32>
  }
  %z = host.kernel(%y, %v)
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>, %b: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %r = linalg.add ins(%a, %b : tensor<8xf32>, tensor<8xf32>)
        outs(%e : tensor<8xf32>) -> tensor<8xf32>
    host.yield %r : tensor<8xf32>
  }
  return %z : tensor<8xf32>
}

// -----

// Buffers without elements have one dimension, whatever the shape: nothing is
// read from them or written to them.
// CHECK: func.func @garam_kernel_0(%{{.*}}: memref<4xf32> {llvm.noalias}, %{{.*}}: memref<0xf32> {llvm.noalias}, %{{.*}}: memref<0xf32> {llvm.noalias}) {
// CHECK-NOT: bufferization.materialize_in_destination
// CHECK: return
func.func @no_outputs(%x: tensor<4xf32>, %w: tensor<4x0xf32>) -> tensor<1x0xf32> {
  %0 = host.kernel(%x, %w) : (tensor<4xf32>, tensor<4x0xf32>) -> tensor<1x0xf32> {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4x0xf32>):
    %e = tensor.empty() : tensor<1x0xf32>
    host.yield %e : tensor<1x0xf32>
  }
  return %0 : tensor<1x0xf32>
}
