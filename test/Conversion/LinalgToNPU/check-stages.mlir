// RUN: garam-opt --npu-check-stages=target=atom --verify-diagnostics %s

// The tensor engine of atom multiplies no f32: what it does multiply is told.
func.func @product(%x: tensor<4x8xf32>, %w: tensor<8x6xf32>) -> tensor<4x6xf32> {
  // expected-error @+1 {{'atom' does not multiply f32, only f16, i8; quantise the model to int8}}
  %0 = npu.contract %x, %w sizes [4, 6, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>]
    : (tensor<4x8xf32>, tensor<8x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// Of 64-bit integers only the lower half is read: the result would lack the
// other.
func.func @lower_half(%x: tensor<4xi64>) -> tensor<4xi64> {
  // expected-error @+1 {{64-bit integers do not fit the vector engine's 32-bit registers; cast them to int32 where their values allow}}
  %y = npu.vector ins(%x) sizes [4] {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>]} : (tensor<4xi64>) -> tensor<4xi64> {
  ^bb0(%e: i32):
    npu.yield %e : i32
  }
  return %y : tensor<4xi64>
}

// Of a condition on 64-bit integers both halves are, and what it chooses fits.
func.func @both_halves(%x: tensor<4xi64>) -> tensor<4xi64> {
  %y = npu.vector ins(%x, %x) sizes [4] {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], upper_inputs = array<i1: true, false>}
      : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64> {
  ^bb0(%u: i32, %l: i32):
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %bits = arith.ori %u, %l : i32
    %b = arith.cmpi ne, %bits, %c0 : i32
    %r = arith.select %b, %c1, %c0 : i32
    npu.yield %r : i32
  }
  return %y : tensor<4xi64>
}

// Commands count the iterations of a loop in 32 bits.
func.func @long(%x: tensor<4294967296xf32>) -> tensor<4294967296xf32> {
  // expected-error @+1 {{a dimension of 4294967296 elements, more than 2^32 - 1}}
  %y = npu.vector ins(%x) sizes [4294967296] {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>]} : (tensor<4294967296xf32>) -> tensor<4294967296xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %y : tensor<4294967296xf32>
}
