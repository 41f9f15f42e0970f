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

// -----

// What is inserted into a result is stored to its place in the buffer: of what
// lies under it, what has been written comes first.
// CHECK: func.func @garam_kernel_0(%[[X:.*]]: memref<4xf32> {llvm.noalias}, %[[Y:.*]]: memref<1x2xf32> {llvm.noalias}, %[[Z:.*]]: memref<8xf32> {llvm.noalias}) {
// CHECK-DAG: %[[A:.*]] = bufferization.to_tensor %[[X]] restrict
// CHECK-DAG: %[[B:.*]] = bufferization.to_tensor %[[Y]] restrict
// CHECK: %[[F:.*]] = linalg.fill
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[B]]
// CHECK-NOT: tensor.insert_slice
// CHECK: bufferization.materialize_in_destination %[[F]] in restrict writable %[[Z]]
// CHECK: %[[P:.*]] = memref.subview %[[Z]][0] [4] [1]
// CHECK: bufferization.materialize_in_destination %[[A]] in restrict writable %[[P]]
// CHECK: %[[Q:.*]] = memref.subview %[[Z]][4] [2] [1]
// CHECK: bufferization.materialize_in_destination %[[C]] in restrict writable %[[Q]]
// CHECK-NEXT: return
func.func @insertions(%x: tensor<4xf32>, %y: tensor<1x2xf32>) -> tensor<8xf32> {
  %0 = host.kernel(%x, %y) : (tensor<4xf32>, tensor<1x2xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<4xf32>, %b: tensor<1x2xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    %c = tensor.collapse_shape %b [[0, 1]] : tensor<1x2xf32> into tensor<2xf32>
    %i = tensor.insert_slice %a into %f[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
    %j = tensor.insert_slice %c into %i[4] [2] [1] : tensor<2xf32> into tensor<8xf32>
    host.yield %j : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}
