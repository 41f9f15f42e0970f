// RUN: garam-opt --npu-assign-layouts --npu-schedule-stages=target=atom --split-input-file --verify-diagnostics %s | FileCheck %s

#image = affine_map<(n, f, h, w, c) -> (n, c, h, w)>
#weight = affine_map<(n, f, h, w, c) -> (f, c)>
#result = affine_map<(n, f, h, w, c) -> (n, f, h, w)>

// A large convolution is cut over all eight cores, and each command's sums fit
// the 128 KiB of accumulators (1,024 rows of 32 columns of 4 bytes).
// CHECK-LABEL: @large
// CHECK: npu.contract
// CHECK-SAME: split = [1, {{(8, 1, 1|1, 8, 1|1, 1, 8|2, 4, 1|4, 2, 1|2, 1, 4|4, 1, 2|1, 2, 4|1, 4, 2)}}, 1]
func.func @large(%x: tensor<1x256x56x56xf16>) -> tensor<1x256x56x56xf16> {
  %w = npu.constant dense<1.0> : tensor<256x256xf16> : tensor<256x256xf16>
  %0 = npu.contract %x, %w sizes [1, 256, 56, 56, 256]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>,
               #npu.iterator<row>, #npu.iterator<reduction>]
    maps [#image, #weight, #result]
    : (tensor<1x256x56x56xf16>, tensor<256x256xf16>) -> tensor<1x256x56x56xf16>
  return %0 : tensor<1x256x56x56xf16>
}

// -----

#id = affine_map<(a) -> (a)>

// Work that is done sooner than a second core could be told stays on one.
// CHECK-LABEL: @small
// CHECK: npu.vector
// CHECK-SAME: split = [1]
// CHECK-SAME: tile = [16]
func.func @small(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = npu.vector ins(%x) sizes [16] {indexing_maps = [#id, #id]}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<16xf32>
}

// -----

#in = affine_map<(a) -> (a)>
#out = affine_map<(a) -> ()>

// A reduction of one output cannot be cut, so all of it must fit.
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

// -----

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (a)>

// A schedule is chosen with the stage behind it in view. Where that one sums
// rows, each core makes whole rows, which it then has at hand; ...
// CHECK-LABEL: @before_sums_of_rows
// CHECK: npu.vector
// CHECK-SAME: split = [8, 1]
func.func @before_sums_of_rows(%x: tensor<256x256xf16>) -> tensor<256xf16> {
  %0 = npu.vector ins(%x) sizes [256, 256] {indexing_maps = [#id, #id]}
      : (tensor<256x256xf16>) -> tensor<256x256xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [256, 256] {num_reductions = 1 : i64,
      indexing_maps = [#id, #row], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<256x256xf16>) -> tensor<256xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<256xf16>
}

// -----

#id = affine_map<(a, b) -> (a, b)>
#transposed = affine_map<(a, b) -> (b, a)>
#row = affine_map<(a, b) -> (a)>

// ... the same stage in front of sums of columns is cut along columns too.
// CHECK-LABEL: @before_sums_of_columns
// CHECK: npu.vector
// CHECK-SAME: split = [{{1, 8|2, 4|4, 2}}]
func.func @before_sums_of_columns(%x: tensor<256x256xf16>) -> tensor<256xf16> {
  %0 = npu.vector ins(%x) sizes [256, 256] {indexing_maps = [#id, #id]}
      : (tensor<256x256xf16>) -> tensor<256x256xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [256, 256] {num_reductions = 1 : i64,
      indexing_maps = [#transposed, #row], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<256x256xf16>) -> tensor<256xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<256xf16>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (b, k, n)>
#y = affine_map<(b, m, n, k) -> (b, m, n)>

// A command multiplies one pair of matrices. Of the many tiles of a large batch
// the first ones are followed, which tells how long all of them take.
// CHECK-LABEL: @many_tiles
// CHECK: npu.contract
// CHECK-SAME: split = [8, 1, 1, 1]
// CHECK-SAME: tile = [1, 4, 4, 4]
func.func @many_tiles(%x: tensor<400000x4x4xf16>, %v: tensor<400000x4x4xf16>) -> tensor<400000x4x4xf16> {
  %0 = npu.contract %x, %v sizes [400000, 4, 4, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>,
               #npu.iterator<reduction>]
    maps [#a, #w, #y]
    : (tensor<400000x4x4xf16>, tensor<400000x4x4xf16>) -> tensor<400000x4x4xf16>
  return %0 : tensor<400000x4x4xf16>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (b, k, n)>
#y = affine_map<(b, m, n, k) -> (b, m, n)>

// What would become too many commands is refused before any is made.
func.func @too_many_tiles(%x: tensor<1000000x4x4xf16>, %v: tensor<1000000x4x4xf16>) -> tensor<1000000x4x4xf16> {
  // expected-error @+1 {{'npu.contract' op fits atom in no way: a core would compute 125000 tiles, and at most 65536 are possible: run a smaller batch or shape several times}}
  %0 = npu.contract %x, %v sizes [1000000, 4, 4, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>,
               #npu.iterator<reduction>]
    maps [#a, #w, #y]
    : (tensor<1000000x4x4xf16>, tensor<1000000x4x4xf16>) -> tensor<1000000x4x4xf16>
  return %0 : tensor<1000000x4x4xf16>
}

// -----

#x = affine_map<(h, w, f, c) -> (h, w, c)>
#w = affine_map<(h, w, f, c) -> (c, f)>
#y = affine_map<(h, w, f, c) -> (h, w, f)>

// Each core has 14 columns of 112 rows of the image; 341 pixels of 96 outputs
// have sums in all of the accumulators. Five commands of 23 rows at most, not
// seven of 16.
// CHECK-LABEL: @rows_in_accumulators
// CHECK: npu.contract
// CHECK-SAME: split = [1, 8, 1, 1]
// CHECK-SAME: tile = [23, 14, 96, 16]
func.func @rows_in_accumulators(%x: tensor<112x112x16xf16>) -> tensor<112x112x96xf16> {
  %w = npu.constant dense<1.0> : tensor<16x96xf16> : tensor<16x96xf16>
  %0 = npu.contract %x, %w sizes [112, 112, 96, 16]
    iterators [#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#x, #w, #y]
    : (tensor<112x112x16xf16>, tensor<16x96xf16>) -> tensor<112x112x96xf16>
  return %0 : tensor<112x112x96xf16>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>

// Columns of a product are cut at whole passes of 32, and so is what reads
// them: nothing is exchanged.
// CHECK-LABEL: @shared_grain
// CHECK: npu.contract
// CHECK-SAME: split = [1, 8, 1], grain = [1, 32, 1]
// CHECK: npu.vector
// CHECK-SAME: split = [1, 8], grain = [1, 32]
func.func @shared_grain(%x: tensor<49x160xf16>) -> tensor<49x960xf16> {
  %w = npu.constant dense<1.0> : tensor<160x960xf16> : tensor<160x960xf16>
  %0 = npu.contract %x, %w sizes [49, 960, 160]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#x, #w, #y]
    : (tensor<49x160xf16>, tensor<160x960xf16>) -> tensor<49x960xf16>
  %1 = npu.vector ins(%0) sizes [49, 960] {indexing_maps = [#id, #id]}
      : (tensor<49x960xf16>) -> tensor<49x960xf16> {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    npu.yield %r : f32
  }
  return %1 : tensor<49x960xf16>
}
