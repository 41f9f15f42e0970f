// RUN: garam-opt --npu-lower-to-planned-commands=target=atom --split-input-file --verify-diagnostics %s | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>

// All passes from stages to commands with addresses and waits run; the former
// type and the expected time are kept.
// CHECK-LABEL: func.func @stage()
// CHECK-SAME: hetero.lowered = (tensor<64x64xf32>) -> tensor<64x64xf16>
// CHECK-SAME: npu.estimate = {{[0-9.Ee+-]+}} : f64
// CHECK: npu.buffer {{.*}} offset = 0 : i64
// CHECK: npu.wait
func.func @stage(%x: tensor<64x64xf32>) -> tensor<64x64xf16> {
  %0 = npu.vector ins(%x) sizes [64, 64] schedule<split = [8, 1], grain = [1, 1], tile = [8, 64]>
      {indexing_maps = [#id, #id]}
      : (tensor<64x64xf32>) -> tensor<64x64xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<64x64xf16>
}

// -----

// Whatever fraction of local memory is tried first, the reason is told once.
func.func @unscheduled(%x: tensor<64x64xf32>) -> tensor<64x64xf16> {
  // expected-error @+1 {{is not scheduled: run npu-schedule-stages first}}
  %0 = npu.vector ins(%x) sizes [64, 64]
      {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>]}
      : (tensor<64x64xf32>) -> tensor<64x64xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<64x64xf16>
}
