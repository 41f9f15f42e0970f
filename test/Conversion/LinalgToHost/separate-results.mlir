// RUN: garam-opt --pass-pipeline='builtin.module(func.func(host-separate-results))' %s | FileCheck %s

// Results that have no memory of their own are copied: an input, a constant,
// and a tensor that is returned twice.
// CHECK-LABEL: @results
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK: %[[W:.*]] = arith.constant
// CHECK: %[[Y:.*]] = linalg.abs
// CHECK: %[[V:.*]] = tensor.expand_shape %[[Y]]
// CHECK: %[[A:.*]] = linalg.copy ins(%[[Y]]
// CHECK: %[[B:.*]] = linalg.copy ins(%[[X]]
// CHECK: %[[C:.*]] = linalg.copy ins(%[[W]]
// CHECK: return %[[V]], %[[A]], %[[B]], %[[C]]
func.func @results(%x: tensor<4xf32>)
    -> (tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.abs ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %v = tensor.expand_shape %y [[0, 1]] output_shape [2, 2]
      : tensor<4xf32> into tensor<2x2xf32>
  return %v, %y, %x, %w : tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// What has no fixed shape is left to be refused.
// CHECK-LABEL: @dynamic
// CHECK-NEXT: return
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
