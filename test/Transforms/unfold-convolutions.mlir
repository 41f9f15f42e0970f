// RUN: garam-opt --pass-pipeline='builtin.module(func.func(unfold-convolutions,collapse-dimensions))' --split-input-file %s | FileCheck %s

// A convolution with stride 2 becomes the product of its weights and the input's
// windows, which are columns; neighbouring dimensions are one.
// CHECK-LABEL: @channels
// CHECK-SAME: (%[[X:.*]]: tensor<3x17xf32>, %[[W:.*]]: tensor<4x3x3xf32>
// CHECK: %[[U:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel"]
// CHECK-SAME: ins(%[[X]] : tensor<3x17xf32>) outs(%{{.*}} : tensor<3x3x8xf32>)
// CHECK-DAG: tensor.collapse_shape %[[U]] {{\[\[}}0, 1], [2]] : tensor<3x3x8xf32> into tensor<9x8xf32>
// CHECK-DAG: tensor.collapse_shape %[[W]] {{\[\[}}0], [1, 2]] : tensor<4x3x3xf32> into tensor<4x9xf32>
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]
func.func @channels(%x: tensor<3x17xf32>, %w: tensor<4x3x3xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(f, x, c, k) -> (c, x * 2 + k)>,
                       affine_map<(f, x, c, k) -> (f, c, k)>,
                       affine_map<(f, x, c, k) -> (f, x)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<3x17xf32>, tensor<4x3x3xf32>) outs(%z : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A depthwise convolution stays: a product of it would have one row.
// CHECK-LABEL: @depthwise
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<3x17xf32>, tensor<3x3xf32>)
// CHECK-NOT: linalg.generic
func.func @depthwise(%x: tensor<3x17xf32>, %w: tensor<3x3xf32>, %z: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(c, x, k) -> (c, x * 2 + k)>,
                       affine_map<(c, x, k) -> (c, k)>,
                       affine_map<(c, x, k) -> (c, x)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x17xf32>, tensor<3x3xf32>) outs(%z : tensor<3x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

#in = affine_map<(n, f, x, c, k) -> (n, c, x + k)>
#w = affine_map<(n, f, x, c, k) -> (f, c, k)>
#out = affine_map<(n, f, x, c, k) -> (n, f, x)>

// A batch of run time is one of the unfolded input.
// CHECK-LABEL: @batch
// CHECK: %[[EMPTY:.*]] = tensor.empty(%{{.*}}) : tensor<?x4x3x8xf32>
// CHECK: linalg.generic {{.*}} outs(%[[EMPTY]] : tensor<?x4x3x8xf32>)
func.func @batch(%x: tensor<?x4x10xf32>, %w: tensor<6x4x3xf32>, %y: tensor<?x6x8xf32>) -> tensor<?x6x8xf32> {
  %0 = linalg.generic {indexing_maps = [#in, #w, #out], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<?x4x10xf32>, tensor<6x4x3xf32>) outs(%y : tensor<?x6x8xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<?x6x8xf32>
  return %0 : tensor<?x6x8xf32>
}

// -----

// Sizes of run time, two of them in one loop.

// CHECK-LABEL: func.func @run_time_sizes
// CHECK: %[[C:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2]] : tensor<4x?x?xf32> into tensor<?xf32>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[C]] : tensor<?xf32>)
// CHECK: tensor.expand_shape %[[S]] {{\[\[}}0, 1, 2]] output_shape [4, %{{.*}}, %{{.*}}] : tensor<?xf32> into tensor<4x?x?xf32>
func.func @run_time_sizes(%x: tensor<4x?x?xf32>, %a: index, %b: index) -> tensor<4x?x?xf32> {
  %e = tensor.empty(%a, %b) : tensor<4x?x?xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(c, i, j) -> (c, i, j)>, affine_map<(c, i, j) -> (c, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : tensor<4x?x?xf32>) outs(%e : tensor<4x?x?xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<4x?x?xf32>
  return %0 : tensor<4x?x?xf32>
}
