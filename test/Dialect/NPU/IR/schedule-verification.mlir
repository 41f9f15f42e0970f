// RUN: garam-opt --split-input-file --verify-diagnostics %s

#id = affine_map<(a) -> (a)>

// A layout names each dimension once.
func.func @layout(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{(C1) a layout is a permutation of dimensions, got: [1]}}
  %0 = npu.vector ins(%x) sizes [16] schedule<layouts = [[1]]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// The three decisions about a loop come together.
func.func @cut(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{(C2) split, grain and tile stand together and have one entry a loop}}
  %0 = npu.vector ins(%x) sizes [16] schedule<split = [1], grain = [1], tile = [1, 1]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// A tile has an element.
func.func @tile(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{(C3) entries of split, grain and tile are at least 1, got: 0}}
  %0 = npu.vector ins(%x) sizes [16] schedule<split = [1], grain = [1], tile = [0]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// Each loop of the stage is cut.
func.func @loops(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op (C11) the schedule cuts 2 loops, there are 1}}
  %0 = npu.vector ins(%x) sizes [16] schedule<split = [1, 1], grain = [1, 1], tile = [1, 1]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// Each result has a layout.
func.func @layouts(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op (C11) the schedule has layouts for 2 results, there are 1}}
  %0 = npu.vector ins(%x) sizes [16] schedule<layouts = [[0], [0]]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// A layout has the dimensions of the result.
func.func @rank(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op (C11) the schedule lays out 2 dimensions of a result of rank 1}}
  %0 = npu.vector ins(%x) sizes [16] schedule<layouts = [[1, 0]]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// Each result has a home.
func.func @homes(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{'npu.vector' op (C11) the schedule has homes for 2 results, there are 1}}
  %0 = npu.vector ins(%x) sizes [16] schedule<homes = [split, dram]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#id = affine_map<(a) -> (a)>

// Memories have names.
func.func @home(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{expected one of [split, replicated, shared, dram, output] for where a result lives, got: sram}}
  %0 = npu.vector ins(%x) sizes [16] schedule<homes = [sram]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#in = affine_map<(a, r) -> (a, r)>
#out = affine_map<(a, r) -> (a)>

// A combination is made on one core.
func.func @split_combination(%x: tensor<4x16xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'npu.vector' op (C11) the schedule does not split a reduction, got: 2 parts of dimension 1}}
  %0 = npu.vector ins(%x) sizes [4, 16] schedule<split = [1, 2], grain = [1, 1], tile = [4, 16]>
      {num_reductions = 1 : i64, indexing_maps = [#in, #out],
       combiners = [#npu.combiner<addf, 0.0 : f32>]} : (tensor<4x16xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %0 : tensor<4xf32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// And so is a sum of products.
func.func @split_sum(%x: tensor<4x8xf16>, %w: tensor<8x6xf16>) -> tensor<4x6xf16> {
  // expected-error @+1 {{'npu.contract' op (C11) the schedule does not split a reduction, got: 2 parts of dimension 2}}
  %0 = npu.contract %x, %w sizes [4, 6, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [#a, #w, #y] schedule<split = [2, 2, 2], grain = [1, 1, 1], tile = [4, 6, 8]>
      : (tensor<4x8xf16>, tensor<8x6xf16>) -> tensor<4x6xf16>
  return %0 : tensor<4x6xf16>
}

// -----

#id = affine_map<(a) -> (a)>

// Cores are numbered from 0 on.
func.func @core(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{(C4) first_core is at least 0, got: -1}}
  %0 = npu.vector ins(%x) sizes [16] schedule<split = [1], grain = [1], tile = [16], first_core = -1>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}
