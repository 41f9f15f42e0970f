// RUN: garam-opt %s --allocate-copies --split-input-file | FileCheck %s

// New states that are old ones, each in the other's place: no copy has memory
// that something else writes.
// CHECK-LABEL: func @swap
// CHECK: %[[A:.*]] = bufferization.alloc_tensor() copy(%[[P:.*]]) : tensor<4xf32>
// CHECK: %[[B:.*]] = bufferization.alloc_tensor() copy(%[[Q:.*]]) : tensor<4xf32>
// CHECK: bufferization.materialize_in_destination %[[B]] in %[[P]]
// CHECK: bufferization.materialize_in_destination %[[A]] in %[[Q]]
func.func @swap(%a: tensor<4xf32>, %b: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4xf32>
  %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %b) -> (tensor<4xf32>, tensor<4xf32>) {
    %1 = bufferization.materialize_in_destination %p in %e : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %2 = bufferization.materialize_in_destination %q in %e : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %3 = bufferization.materialize_in_destination %2 in %p : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %4 = bufferization.materialize_in_destination %1 in %q : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    scf.yield %3, %4 : tensor<4xf32>, tensor<4xf32>
  }
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// The sizes are those of what is copied, also where the memory is seen under
// another shape.
// CHECK-LABEL: func @of_run_time
// CHECK: bufferization.alloc_tensor() copy(%{{.*}}) : tensor<?x1xf32>
func.func @of_run_time(%a: tensor<?x1xf32>, %n: index) -> tensor<?x1xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %v = tensor.expand_shape %e [[0, 1]] output_shape [%n, 1] : tensor<?xf32> into tensor<?x1xf32>
  %0 = bufferization.materialize_in_destination %a in %v : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// -----

// What goes into a tensor with contents, or a buffer, goes on doing so.
// CHECK-LABEL: func @kept
// CHECK-NOT: alloc_tensor
func.func @kept(%a: tensor<4xf32>, %b: tensor<4xf32>, %y: memref<4xf32>) -> tensor<4xf32> {
  bufferization.materialize_in_destination %a in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  %0 = bufferization.materialize_in_destination %a in %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A product of a state is computed in memory of its own, a sum of its elements
// in that of the state.
// CHECK-LABEL: func @product
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
// CHECK: %[[OWN:.*]] = bufferization.alloc_tensor() : tensor<4x4xf32>
// CHECK: %[[P:.*]] = linalg.matmul {{.*}} outs(%[[OWN]]
// CHECK: %[[SHARED:.*]] = tensor.empty() : tensor<4x4xf32>
// CHECK: %[[S:.*]] = linalg.add {{.*}} outs(%[[SHARED]]
// CHECK: bufferization.materialize_in_destination %[[P]] in %[[A]]
// CHECK: bufferization.materialize_in_destination %[[S]] in %[[B]]
func.func @product(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>, %n: index) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %b) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
    %e = tensor.empty() : tensor<4x4xf32>
    %1 = linalg.matmul ins(%p, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
    %f = tensor.empty() : tensor<4x4xf32>
    %2 = linalg.add ins(%q, %q : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = bufferization.materialize_in_destination %1 in %p : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %4 = bufferization.materialize_in_destination %2 in %q : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    scf.yield %3, %4 : tensor<4x4xf32>, tensor<4x4xf32>
  }
  return %0#0, %0#1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// An old state that becomes another one is copied before that is stored.
// CHECK-LABEL: func @rotate
// CHECK: scf.for {{.*}} iter_args(%[[P:.*]] = %{{.*}}, %[[Q:.*]] = %{{.*}})
// CHECK-NEXT: %[[OLD:.*]] = bufferization.alloc_tensor() copy(%[[P]]) : tensor<4xf32>
// CHECK: bufferization.materialize_in_destination %[[OLD]] in %[[Q]]
func.func @rotate(%a: tensor<4xf32>, %b: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %b) -> (tensor<4xf32>, tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %1 = bufferization.materialize_in_destination %q in %e : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %2 = bufferization.materialize_in_destination %1 in %p : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %3 = bufferization.materialize_in_destination %p in %q : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    scf.yield %2, %3 : tensor<4xf32>, tensor<4xf32>
  }
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}
