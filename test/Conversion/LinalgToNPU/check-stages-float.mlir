// RUN: garam-opt --npu-check-stages=target=rngd --verify-diagnostics %s

// rngd multiplies bf16, which float32 becomes: the model may have either.
func.func @product(%x: tensor<4x8xf16>, %w: tensor<8x6xf16>) -> tensor<4x6xf32> {
  // expected-error @+1 {{'rngd' does not multiply f16, only bf16, i8, f8e4m3, f8e5m2; convert the model to float32, which is multiplied in bf16}}
  %0 = npu.contract %x, %w sizes [4, 6, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>]
    : (tensor<4x8xf16>, tensor<8x6xf16>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}
