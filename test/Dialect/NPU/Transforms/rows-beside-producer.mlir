// RUN: garam-opt --npu-lower-to-commands=target=atom --npu-plan-memory=target=atom --npu-synchronize --split-input-file %s | FileCheck %s

#x = affine_map<(h, w, n, k) -> (h, w, k)>
#w = affine_map<(h, w, n, k) -> (k, n)>
#c = affine_map<(h, w, n, k) -> (h, w, n)>
#in = affine_map<(h, w, c, y, z) -> (h + y - 1, w + z - 1, c)>
#out = affine_map<(h, w, c, y, z) -> (h, w, c)>

// The tensor engine makes eight rows in two tiles. The first three rows behind it
// read the first tile only: the vector engine computes them beside the second one.
// CHECK-LABEL: @own
// CHECK: npu.tensor_command 0
// CHECK: npu.signal
// CHECK: npu.tensor_command 0
// CHECK: npu.wait 0 <vector>
// CHECK: npu.vector_command 0, {{.*}} sizes [3, 32, 96, 3, 3]
// CHECK-NEXT: npu.wait 0 <vector>
// CHECK-NEXT: npu.vector_command 0, {{.*}} sizes [5, 32, 96, 3, 3]
// CHECK-NOT: npu.vector_command
func.func @own(%x: tensor<8x32x64xf16>) -> tensor<8x32x96xf16> {
  %w = npu.constant dense<1.0> : tensor<64x96xf16> : tensor<64x96xf16>
  %0 = npu.contract %x, %w sizes [8, 32, 96, 64]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#x, #w, #c] schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [4, 32, 96, 64], homes = [split]>
    : (tensor<8x32x64xf16>, tensor<64x96xf16>) -> tensor<8x32x96xf16>
  %1 = npu.vector ins(%0) sizes [8, 32, 96, 3, 3]
      schedule<split = [1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1], tile = [8, 32, 96, 3, 3], homes = [output]>
      {num_reductions = 2 : i64, indexing_maps = [#in, #out],
       paddings = [array<i1: true, true, false>], fills = array<f64: 0.0>,
       combiners = [#npu.combiner<maxf, 0.0 : f32>]}
      : (tensor<8x32x96xf16>) -> tensor<8x32x96xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<8x32x96xf16>
}

// -----

#x = affine_map<(h, w, n, k) -> (h, w, k)>
#w = affine_map<(h, w, n, k) -> (k, n)>
#c = affine_map<(h, w, n, k) -> (h, w, n)>
#in = affine_map<(h, w, c, y, z) -> (h + y - 1, w + z - 1, c)>
#out = affine_map<(h, w, c, y, z) -> (h, w, c)>

// Of two cores each has such rows, and one more that reads a row of the other.
// That one is last; those that do not are cut as above.
// CHECK-LABEL: @halo
// CHECK: npu.vector_command 0, {{.*}} sizes [3, 32, 96, 3, 3]
// CHECK: npu.vector_command 0, {{.*}} sizes [4, 32, 96, 3, 3]
// CHECK: npu.vector_command 0, {{.*}} sizes [32, 96, 3, 3]
// CHECK: npu.vector_command 1, {{.*}} sizes [2, 32, 96, 3, 3]
// CHECK: npu.vector_command 1, {{.*}} sizes [5, 32, 96, 3, 3]
// CHECK: npu.vector_command 1, {{.*}} sizes [32, 96, 3, 3]
func.func @halo(%x: tensor<16x32x64xf16>) -> tensor<16x32x96xf16> {
  %w = npu.constant dense<1.0> : tensor<64x96xf16> : tensor<64x96xf16>
  %0 = npu.contract %x, %w sizes [16, 32, 96, 64]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#x, #w, #c] schedule<split = [2, 1, 1, 1], grain = [1, 1, 1, 1], tile = [4, 32, 96, 64], homes = [split]>
    : (tensor<16x32x64xf16>, tensor<64x96xf16>) -> tensor<16x32x96xf16>
  %1 = npu.vector ins(%0) sizes [16, 32, 96, 3, 3]
      schedule<split = [2, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1], tile = [8, 32, 96, 3, 3], homes = [output]>
      {num_reductions = 2 : i64, indexing_maps = [#in, #out],
       paddings = [array<i1: true, true, false>], fills = array<f64: 0.0>,
       combiners = [#npu.combiner<maxf, 0.0 : f32>]}
      : (tensor<16x32x96xf16>) -> tensor<16x32x96xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<16x32x96xf16>
}

// -----

#x = affine_map<(h, w, n, k) -> (h, w, k)>
#w = affine_map<(h, w, n, k) -> (k, n)>
#c = affine_map<(h, w, n, k) -> (h, w, n)>
#id = affine_map<(h, w, c) -> (h, w, c)>

// Rows that take less time than another command are not computed by themselves.
// CHECK-LABEL: @small
// CHECK-COUNT-1: npu.vector_command
// CHECK-NOT: npu.vector_command
func.func @small(%x: tensor<8x4x64xf16>) -> tensor<8x4x32xf16> {
  %w = npu.constant dense<1.0> : tensor<64x32xf16> : tensor<64x32xf16>
  %0 = npu.contract %x, %w sizes [8, 4, 32, 64]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#x, #w, #c] schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [4, 4, 32, 64], homes = [split]>
    : (tensor<8x4x64xf16>, tensor<64x32xf16>) -> tensor<8x4x32xf16>
  %1 = npu.vector ins(%0) sizes [8, 4, 32]
      schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [8, 4, 32], homes = [output]>
      {indexing_maps = [#id, #id]}
      : (tensor<8x4x32xf16>) -> tensor<8x4x32xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<8x4x32xf16>
}
