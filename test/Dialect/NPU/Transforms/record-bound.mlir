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
