// Several searches find that a stage does not fit. It is said once, by threads as without them.

// RUN: garam-opt --npu-assign-layouts --npu-search-schedules=target=atom --verify-diagnostics %s
// RUN: garam-opt --npu-assign-layouts --npu-search-schedules=target=atom --mlir-disable-threading --verify-diagnostics %s

#in = affine_map<(a) -> (a)>
#out = affine_map<(a) -> ()>

func.func @too_large(%x: tensor<4000000xf32>) -> tensor<f32> {
  // expected-error @+1 {{'npu.vector' op fits atom in no way: one tile needs more than 699050 bytes of a core's memory}}
  %0 = npu.vector ins(%x) sizes [4000000] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<4000000xf32>) -> tensor<f32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<f32>
}
