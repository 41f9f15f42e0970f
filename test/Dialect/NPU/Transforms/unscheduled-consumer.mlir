// RUN: garam-opt --npu-lower-to-commands=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-place-tensors=target=atom --split-input-file --verify-diagnostics %s

// The parts of a result have room for what its consumers read of them, which
// says a schedule.
#row = affine_map<(m, n, k) -> (m, k)>
#column = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @unscheduled(%x: tensor<4x16xf16>) -> tensor<4x16xf16> {
  %w = npu.constant dense<1.0> : tensor<16x16xf16> : tensor<16x16xf16>
  %0 = npu.contract %x, %w sizes [4, 16, 16]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      {schedule = #npu.schedule<split = [2, 1, 1], grain = [1, 16, 16], tile = [2, 16, 16]>}
      : (tensor<4x16xf16>, tensor<16x16xf16>) -> tensor<4x16xf16>
  // expected-error @+1 {{'npu.contract' op is not scheduled: run npu-schedule-stages first}}
  %1 = npu.contract %0, %w sizes [4, 16, 16]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<4x16xf16>, tensor<16x16xf16>) -> tensor<4x16xf16>
  return %1 : tensor<4x16xf16>
}

// -----

// Parts whose number leaves 64 bits are not few again.
#row = affine_map<(m, n, k) -> (m, k)>
#column = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @overflow(%x: tensor<4x16xf16>) -> tensor<4x16xf16> {
  %w = npu.constant dense<1.0> : tensor<16x16xf16> : tensor<16x16xf16>
  %0 = npu.contract %x, %w sizes [4, 16, 16]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      {schedule = #npu.schedule<split = [2, 1, 1], grain = [1, 16, 16], tile = [2, 16, 16]>}
      : (tensor<4x16xf16>, tensor<16x16xf16>) -> tensor<4x16xf16>
  // expected-error @+1 {{'npu.contract' op is split over 18446744073709551615 cores, but atom has 8}}
  %1 = npu.contract %0, %w sizes [4, 16, 16]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#row, #column, #result]
      {schedule = #npu.schedule<split = [4611686018427387904, 4, 1], grain = [1, 16, 16], tile = [2, 16, 16]>}
      : (tensor<4x16xf16>, tensor<16x16xf16>) -> tensor<4x16xf16>
  return %1 : tensor<4x16xf16>
}
