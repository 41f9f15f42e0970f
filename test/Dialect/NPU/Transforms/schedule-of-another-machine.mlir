// RUN: garam-opt --npu-place-tensors=target=atom --split-input-file --verify-diagnostics %s
// RUN: garam-opt --npu-lower-to-commands=target=atom --split-input-file --verify-diagnostics %s

#id = affine_map<(a, b) -> (a, b)>

// A schedule for more cores than the machine has is refused wherever it is
// followed.
func.func @too_many_parts(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @+1 {{'npu.vector' op is split over 16 cores, but atom has 8: run npu-schedule-stages for that machine, or lessen 'split'}}
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [1, 16], grain = [1, 1], tile = [4, 1]>
      {indexing_maps = [#id, #id]} : (tensor<4x16xf32>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<4x16xf32>
}

// -----

#id = affine_map<(a, b) -> (a, b)>

// So is one whose last parts have no cores.
func.func @no_such_core(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @+1 {{'npu.vector' op has its 4 parts from core 5 on, but atom has 8 cores: 'first_core' is at most 4}}
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [4, 1], grain = [1, 1], tile = [1, 16], first_core = 5>
      {indexing_maps = [#id, #id]} : (tensor<4x16xf32>) -> tensor<4x16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<4x16xf32>
}
