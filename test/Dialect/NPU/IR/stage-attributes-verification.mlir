// RUN: garam-opt --split-input-file --verify-diagnostics %s

#id = affine_map<(a) -> (a)>

func.func @split_count(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs 'npu.split' to be an array of 1 i64, got: array<i64: 1, 1>}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.split = array<i64: 1, 1>}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @tile_zero(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs 'npu.tile' of at least 1, got: 0}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.tile = array<i64: 0>}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @layouts(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs 'npu.layouts' to be permutations of the results' dimensions, got: array<i64: 1>}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.layouts = [array<i64: 1>]}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @layout_count(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs one of 'npu.layouts' a result, got: []}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.layouts = []}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @homes(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs 'npu.homes' of split, replicated, shared, dram, output, got: "sram"}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.homes = ["sram"]}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @home_count(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op needs one of 'npu.homes' a result, got: []}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.homes = []}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

func.func @not_returned(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op has the home "output" for a result that is not returned}}
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id], npu.homes = ["output"]}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %x : tensor<16xf32>
}

// -----

func.func @wrong_op(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.reshape' op has 'npu.split', which is for npu.contract and npu.vector}}
  %0 = npu.reshape %x {npu.split = array<i64: 1>} : tensor<16xf32> -> tensor<16xf32>
  return %0 : tensor<16xf32>
}
