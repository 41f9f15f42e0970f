// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages=target=soma-edge-16 --split-input-file %s | FileCheck %s

#left = affine_map<(m, n, k) -> (m, k)>
#right = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>

// Neither factor stays in local memory while the other one streams, but all
// results of 8-bit integers do, with a part of the reduction at a time: each
// factor comes once. What was next best is noted on the function.
// CHECK-LABEL: @both_stream
// CHECK-SAME: npu.choices = [{chosen = "one core; tiles of 2048 by row, 2048 by column, {{[0-9]+}} by reduction", exact = {{.*}}, next = "{{.*}}", nodes = [], seconds = {{.*}} : f64}]
// CHECK: npu.contract
// CHECK-SAME: tile = [2048, 2048, {{[0-9]+}}]
func.func @both_stream(%x: tensor<2048x2048xi8>) -> tensor<2048x2048xi8> {
  %w = npu.constant dense<1> : tensor<2048x2048xi8> : tensor<2048x2048xi8>
  %s = npu.constant dense<1.0> : tensor<2048xf32> : tensor<2048xf32>
  %0 = npu.contract %x, %w scale(%s) sizes [2048, 2048, 2048]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, affine_map<(m, n, k) -> (n)>, #result]
    : (tensor<2048x2048xi8>, tensor<2048x2048xi8>, tensor<2048xf32>) -> tensor<2048x2048xi8>
  return %0 : tensor<2048x2048xi8>
}

// -----

#left = affine_map<(m, n, k) -> (m, k)>
#right = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>

// Here all rows stay, and the weights come once whatever the tiles are: no tile
// has a part of the reduction.
// CHECK-LABEL: @one_streams
// CHECK: npu.contract
// CHECK-SAME: tile = [{{[0-9]+}}, {{[0-9]+}}, 2048]
func.func @one_streams(%x: tensor<64x2048xi8>) -> tensor<64x2048xi8> {
  %w = npu.constant dense<1> : tensor<2048x2048xi8> : tensor<2048x2048xi8>
  %s = npu.constant dense<1.0> : tensor<2048xf32> : tensor<2048xf32>
  %0 = npu.contract %x, %w scale(%s) sizes [64, 2048, 2048]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, affine_map<(m, n, k) -> (n)>, #result]
    : (tensor<64x2048xi8>, tensor<2048x2048xi8>, tensor<2048xf32>) -> tensor<64x2048xi8>
  return %0 : tensor<64x2048xi8>
}
