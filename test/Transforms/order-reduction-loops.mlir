// RUN: garam-opt --pass-pipeline='builtin.module(func.func(order-reduction-loops))' %s | FileCheck %s

// The pixels of a row of a depthwise convolution are neighbours in input and
// output: they are the innermost loop, behind the window's.
// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 + d2)>
// CHECK-DAG: #[[OUTPUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: @window
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #{{.*}}, #[[OUTPUT]]], iterator_types = ["parallel", "reduction", "parallel"]}
func.func @window(%x: tensor<3x10xf32>, %w: tensor<3x3xf32>, %z: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(c, x, k) -> (c, x + k)>, affine_map<(c, x, k) -> (c, k)>,
                       affine_map<(c, x, k) -> (c, x)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x10xf32>, tensor<3x3xf32>) outs(%z : tensor<3x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// The sum of a row reads neighbours already.
// CHECK-LABEL: @rows
// CHECK: iterator_types = ["parallel", "reduction"]
func.func @rows(%x: tensor<4x16xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x16xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %s, %a : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
