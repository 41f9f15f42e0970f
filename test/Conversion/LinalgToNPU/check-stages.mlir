// RUN: garam-opt --npu-check-stages=target=atom --verify-diagnostics %s

// The tensor engine of atom multiplies no f32: what it does multiply is told.
func.func @product(%x: tensor<4x8xf32>, %w: tensor<8x6xf32>) -> tensor<4x6xf32> {
  // expected-error @+1 {{'atom' does not multiply f32, only}}
  %0 = npu.contract %x, %w sizes [4, 6, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>]
    : (tensor<4x8xf32>, tensor<8x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}
