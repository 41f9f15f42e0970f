// RUN: garam-opt %s --npu-absorb-reshapes | FileCheck %s

#id1 = affine_map<(i) -> (i)>
#id2 = affine_map<(i, j) -> (i, j)>
#id3 = affine_map<(i, j, k) -> (i, j, k)>

// A dimension of size 1 comes in between: the stage reads the input.
// CHECK-DAG: #[[ONE:.*]] = affine_map<(d0, d1, d2) -> (0, d2)>
// CHECK-DAG: #[[HEADS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2 + d1 * 64)>
// CHECK-DAG: #[[FLAT:.*]] = affine_map<(d0) -> (0, d0, 0)>
// CHECK-LABEL: @unit_dimension(
// CHECK-SAME: %[[X:.*]]: tensor<1x8xf16>
func.func @unit_dimension(%x: tensor<1x8xf16>) -> tensor<1x1x8xf16> {
  // CHECK-NOT: npu.reshape
  // CHECK: npu.vector ins(%[[X]]) sizes [1, 1, 8] {indexing_maps = [#[[ONE]],
  %0 = npu.reshape %x : tensor<1x8xf16> -> tensor<1x1x8xf16>
  %1 = npu.vector ins(%0) sizes [1, 1, 8] {indexing_maps = [#id3, #id3]}
      : (tensor<1x1x8xf16>) -> tensor<1x1x8xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<1x1x8xf16>
}

// One dimension that becomes two, of heads: the input's coordinate is linear in
// both.
// CHECK-LABEL: @heads(
// CHECK-SAME: %[[X:.*]]: tensor<4x768xf16>
func.func @heads(%x: tensor<4x768xf16>) -> tensor<4x12x64xf16> {
  // CHECK: npu.vector ins(%[[X]]) sizes [4, 12, 64] {indexing_maps = [#[[HEADS]],
  %0 = npu.reshape %x : tensor<4x768xf16> -> tensor<4x12x64xf16>
  %1 = npu.vector ins(%0) sizes [4, 12, 64] {indexing_maps = [#id3, #id3]}
      : (tensor<4x12x64xf16>) -> tensor<4x12x64xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<4x12x64xf16>
}

// Two dimensions that become one need a division: the reshape stays.
// CHECK-LABEL: @merged_heads
func.func @merged_heads(%x: tensor<4x12x64xf16>) -> tensor<4x768xf16> {
  // CHECK: %[[R:.*]] = npu.reshape
  // CHECK: npu.vector ins(%[[R]])
  %0 = npu.reshape %x : tensor<4x12x64xf16> -> tensor<4x768xf16>
  %1 = npu.vector ins(%0) sizes [4, 768] {indexing_maps = [#id2, #id2]}
      : (tensor<4x768xf16>) -> tensor<4x768xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<4x768xf16>
}

// A reshape that is also returned stays for that; the stage does without it.
// CHECK-LABEL: @returned_too(
// CHECK-SAME: %[[X:.*]]: tensor<1x8x1xf16>
func.func @returned_too(%x: tensor<1x8x1xf16>)
    -> (tensor<8xf16>, tensor<8xf16>) {
  // CHECK: %[[R:.*]] = npu.reshape %[[X]]
  // CHECK: %[[V:.*]] = npu.vector ins(%[[X]]) sizes [8] {indexing_maps = [#[[FLAT]],
  // CHECK: return %[[R]], %[[V]]
  %0 = npu.reshape %x : tensor<1x8x1xf16> -> tensor<8xf16>
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id1, #id1]}
      : (tensor<8xf16>) -> tensor<8xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0, %1 : tensor<8xf16>, tensor<8xf16>
}

// An input with padding: its edge is none of the other shape.
// CHECK-LABEL: @padded
func.func @padded(%x: tensor<1x8xf16>) -> tensor<10xf16> {
  // CHECK: npu.reshape
  %0 = npu.reshape %x : tensor<1x8xf16> -> tensor<8xf16>
  %1 = npu.vector ins(%0) sizes [10] {
      indexing_maps = [affine_map<(i) -> (i - 1)>, #id1],
      paddings = [array<i1: true>], fills = array<f64: 0.0>}
      : (tensor<8xf16>) -> tensor<10xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<10xf16>
}

// A contraction's activation, with the tokens of a batch as rows.
// CHECK-LABEL: @activation(
// CHECK-SAME: %[[X:.*]]: tensor<1x4x8xf16>, %[[W:.*]]: tensor<8x16xf16>
func.func @activation(%x: tensor<1x4x8xf16>, %w: tensor<8x16xf16>)
    -> tensor<4x16xf16> {
  // CHECK: npu.contract %[[X]], %[[W]]
  // CHECK-SAME: sizes [4, 16, 8]
  %0 = npu.reshape %x : tensor<1x4x8xf16> -> tensor<4x8xf16>
  %1 = npu.contract %0, %w sizes [4, 16, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
                 #npu.iterator<reduction>]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (m, n)>]
      : (tensor<4x8xf16>, tensor<8x16xf16>) -> tensor<4x16xf16>
  return %1 : tensor<4x16xf16>
}
