// RUN: garam-opt --npu-lower-to-commands=target=soma-edge-64 --split-input-file %s | FileCheck %s
// RUN: garam-opt --npu-record-bound=target=soma-edge-64 --split-input-file %s | FileCheck %s --check-prefix=BOUND

// On a machine whose arrays take each dimension by itself, images have their
// height and width in rows of their own and the channels are the innermost
// reduction, though window and channels lie one after the other in memory. Both
// dimensions of the image are shared four ways: 2 x 2 x 9 steps. The bound
// knows the steps, 8 x 8 x 9 over 16 arrays.
// CHECK-LABEL: @window
// CHECK: npu.tensor_command 0, {{.*}} rows [1, 8, 8] columns 32 reduction [3, 3, 3] with
// CHECK-SAME: unit_columns = 1 : i64
// CHECK-SAME: unit_rows = array<i64: 1, 4, 4>
// BOUND-LABEL: @window
// BOUND-SAME: compute_s = 3.600000{{0*}}e-08
func.func @window(%x: tensor<1x10x10x3xi8>) -> tensor<1x8x8x32xi32> {
  %w = npu.constant dense<1> : tensor<3x3x3x32xi8> : tensor<3x3x3x32xi8>
  %0 = npu.contract %x, %w sizes [1, 8, 8, 32, 3, 3, 3]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>, #npu.iterator<reduction>, #npu.iterator<reduction>]
    maps [affine_map<(n, h, w, k, r, s, c) -> (n, h + r, w + s, c)>,
          affine_map<(n, h, w, k, r, s, c) -> (r, s, c, k)>,
          affine_map<(n, h, w, k, r, s, c) -> (n, h, w, k)>]
    schedule<split = [1, 1, 1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1, 1, 1], tile = [1, 8, 8, 32, 3, 3, 3], homes = [output]>
    : (tensor<1x10x10x3xi8>, tensor<3x3x3x32xi8>) -> tensor<1x8x8x32xi32>
  return %0 : tensor<1x8x8x32xi32>
}

// -----

// The channels are innermost, wherever they lie in memory.
// CHECK-LABEL: @channels_first
// CHECK: rows [1, 2, 2] columns 128 reduction [2, 3, 64] with
// CHECK-SAME: strides[0, 4, 1, 4, 1, 12]
// CHECK-SAME: unit_columns = 4 : i64, unit_reduction = 4 : i64
func.func @channels_first(%x: tensor<1x64x3x4xi8>) -> tensor<1x2x2x128xi32> {
  %w = npu.constant dense<1> : tensor<2x3x64x128xi8> : tensor<2x3x64x128xi8>
  %0 = npu.contract %x, %w sizes [1, 2, 2, 128, 2, 3, 64]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>, #npu.iterator<reduction>, #npu.iterator<reduction>]
    maps [affine_map<(n, h, w, k, r, s, c) -> (n, c, h + r, w + s)>,
          affine_map<(n, h, w, k, r, s, c) -> (r, s, c, k)>,
          affine_map<(n, h, w, k, r, s, c) -> (n, h, w, k)>]
    schedule<split = [1, 1, 1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1, 1, 1], tile = [1, 2, 2, 128, 2, 3, 64], homes = [output]>
    : (tensor<1x64x3x4xi8>, tensor<2x3x64x128xi8>) -> tensor<1x2x2x128xi32>
  return %0 : tensor<1x2x2x128xi32>
}

// -----

// The rows of a matrix are a height.
// CHECK-LABEL: @matrix
// CHECK: rows [1, 40, 1] columns 16 reduction [1, 1, 8] with
// CHECK-SAME: unit_columns = 4 : i64, unit_rows = array<i64: 1, 4>
func.func @matrix(%x: tensor<40x8xi8>) -> tensor<40x16xi32> {
  %w = npu.constant dense<1> : tensor<8x16xi8> : tensor<8x16xi8>
  %0 = npu.contract %x, %w sizes [40, 16, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [40, 16, 8], homes = [output]>
    : (tensor<40x8xi8>, tensor<8x16xi8>) -> tensor<40x16xi32>
  return %0 : tensor<40x16xi32>
}

// -----

// The outer rows are joined where they lie one after the other, else there is a
// command for each.
// CHECK-LABEL: @rows
// CHECK-COUNT-2: rows [12, 5, 6] columns 16 reduction [1, 1, 8] with
// CHECK-NOT: npu.tensor_command
func.func @rows(%x: tensor<2x3x4x5x6x8xi8>) -> tensor<3x4x2x5x6x16xi32> {
  %w = npu.constant dense<1> : tensor<8x16xi8> : tensor<8x16xi8>
  %0 = npu.contract %x, %w sizes [2, 3, 4, 5, 6, 16, 8]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(a, b, c, h, w, n, k) -> (a, b, c, h, w, k)>, affine_map<(a, b, c, h, w, n, k) -> (k, n)>, affine_map<(a, b, c, h, w, n, k) -> (b, c, a, h, w, n)>]
    schedule<split = [1, 1, 1, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1, 1, 1], tile = [2, 3, 4, 5, 6, 16, 8], homes = [output]>
    : (tensor<2x3x4x5x6x8xi8>, tensor<8x16xi8>) -> tensor<3x4x2x5x6x16xi32>
  return %0 : tensor<3x4x2x5x6x16xi32>
}

// -----

// An addition of two tensors of 1,024 elements takes 2,048 operands, 512 a
// cycle; a window of two over 256 outputs takes 512, its weights none. They
// exclude products, so the bound is their sum: 4 + 1 cycles.
// CHECK-LABEL: @operands
// BOUND-LABEL: @operands
// BOUND-SAME: compute_s = 5.{{0*}}e-09
func.func @operands(%x: tensor<1024xi8>, %y: tensor<1024xi8>, %z: tensor<16x32xi8>) -> (tensor<1024xi8>, tensor<8x32xi32>) {
  %0 = npu.vector ins(%x, %y) sizes [1024] {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      schedule = #npu.schedule<split = [1], grain = [1], tile = [1024], homes = [output]>}
      : (tensor<1024xi8>, tensor<1024xi8>) -> tensor<1024xi8> {
  ^bb0(%a: i32, %b: i32):
    %s = arith.addi %a, %b : i32
    npu.yield %s : i32
  }
  %w = npu.constant dense<1> : tensor<2xi8> : tensor<2xi8>
  %1 = npu.vector ins(%z, %w) sizes [8, 32, 2] {num_reductions = 1 : i64,
      indexing_maps = [affine_map<(i, c, r) -> (2 * i + r, c)>, affine_map<(i, c, r) -> (r)>, affine_map<(i, c, r) -> (i, c)>],
      combiners = [#npu.combiner<addi, 0 : i32>],
      schedule = #npu.schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [8, 32, 2], homes = [output]>}
      : (tensor<16x32xi8>, tensor<2xi8>) -> tensor<8x32xi32> {
  ^bb0(%a: i32, %b: i32):
    %s = arith.muli %a, %b : i32
    npu.yield %s : i32
  } finish {
  ^bb0(%s: i32):
    npu.yield %s : i32
  }
  return %0, %1 : tensor<1024xi8>, tensor<8x32xi32>
}
