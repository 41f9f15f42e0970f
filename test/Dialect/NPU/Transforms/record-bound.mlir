// RUN: garam-opt --npu-record-bound=target=atom %s | FileCheck %s

// 4 x 6 x 8 multiply-accumulates with weights of 96 bytes.
// CHECK-LABEL: func.func @product
// CHECK-SAME: npu.bound = {compute_s = {{[0-9.Ee+-]+}} : f64, macs = 192 : i64, weight_bytes = 96 : i64}
func.func @product(%x: tensor<4x8xf16>) -> tensor<4x6xf32> {
  %w = npu.constant dense<1.0> : tensor<8x6xf16> : tensor<8x6xf16>
  %0 = npu.contract %x, %w sizes [4, 6, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>]
    : (tensor<4x8xf16>, tensor<8x6xf16>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// Of a table the elements that are read: every other one of row 3, of which two
// readers have a part in common, and row 5.
// CHECK-LABEL: func.func @parts
// CHECK-SAME: weight_bytes = 48 : i64
func.func @parts(%x: tensor<8xf16>)
    -> (tensor<4xf16>, tensor<2xf16>, tensor<8xf16>) {
  %t = npu.constant dense<1.0> : tensor<64x8xf32> : tensor<64x8xf32>
  %0 = npu.vector ins(%t) sizes [4] {indexing_maps = [
      affine_map<(i) -> (3, i * 2)>, affine_map<(i) -> (i)>]}
      : (tensor<64x8xf32>) -> tensor<4xf16> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%t) sizes [2] {indexing_maps = [
      affine_map<(i) -> (3, i * 2 + 2)>, affine_map<(i) -> (i)>]}
      : (tensor<64x8xf32>) -> tensor<2xf16> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %2 = npu.vector ins(%x, %t) sizes [8] {indexing_maps = [
      affine_map<(i) -> (i)>, affine_map<(i) -> (5, -i + 7)>,
      affine_map<(i) -> (i)>]}
      : (tensor<8xf16>, tensor<64x8xf32>) -> tensor<8xf16> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    npu.yield %s : f32
  }
  return %0, %1, %2 : tensor<4xf16>, tensor<2xf16>, tensor<8xf16>
}

// A reshape is read in part, too; of a concatenation it is not said which part.
// CHECK-LABEL: func.func @movements
// CHECK-SAME: weight_bytes = 32 : i64
func.func @movements() -> (tensor<4xf32>, tensor<10xf32>) {
  %t = npu.constant dense<1.0> : tensor<8x8xf32> : tensor<8x8xf32>
  %u = npu.constant dense<2.0> : tensor<8xf32> : tensor<8xf32>
  %v = npu.constant dense<3.0> : tensor<8xf32> : tensor<8xf32>
  %r = npu.reshape %t : tensor<8x8xf32> -> tensor<64xf32>
  %c = npu.concat %u, %v axis 0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  %0 = npu.vector ins(%r) sizes [4] {indexing_maps = [
      affine_map<(i) -> (i + 9)>, affine_map<(i) -> (i)>]}
      : (tensor<64xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%c) sizes [10] {indexing_maps = [
      affine_map<(i) -> (i + 1)>, affine_map<(i) -> (i)>]}
      : (tensor<16xf32>) -> tensor<10xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  return %0, %1 : tensor<4xf32>, tensor<10xf32>
}
