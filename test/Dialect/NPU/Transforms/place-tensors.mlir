// RUN: garam-opt --npu-place-tensors=target=atom %s | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#all = affine_map<(a, b, c) -> (c, b)>
#row = affine_map<(a, b, c) -> (a, b)>

// A consumer that is cut in the same way finds its part where it was made; a
// tensor that is only returned goes straight to its segment.
// CHECK-LABEL: @split
// CHECK: npu.vector
// CHECK-SAME: homes = [split]
// CHECK: npu.vector
// CHECK-SAME: homes = [output]
func.func @split(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = npu.vector ins(%x) sizes [64, 64] schedule<split = [8, 1], grain = [1, 1], tile = [8, 64]>
      {indexing_maps = [#id, #id]}
      : (tensor<64x64xf32>) -> tensor<64x64xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [64, 64] schedule<split = [8, 1], grain = [1, 1], tile = [8, 64]>
      {indexing_maps = [#id, #id]}
      : (tensor<64x64xf16>) -> tensor<64x64xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<64x64xf32>
}

// A consumer that needs all of a tensor in every core has it kept in each.
// CHECK-LABEL: @replicated
// CHECK: npu.vector
// CHECK-SAME: homes = [replicated]
func.func @replicated(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = npu.vector ins(%x) sizes [64, 64] schedule<split = [8, 1], grain = [1, 1], tile = [8, 64]>
      {indexing_maps = [#id, #id]}
      : (tensor<64x64xf32>) -> tensor<64x64xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [64, 64, 64] schedule<split = [8, 1, 1], grain = [1, 1, 1], tile = [8, 64, 64]>
      {num_reductions = 1 : i64,
      indexing_maps = [#all, #row], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<64x64xf16>) -> tensor<64x64xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<64x64xf32>
}

// A tensor that the cores' memories cannot keep until it is read lies in the
// memory that they share.
// CHECK-LABEL: @large
// CHECK: npu.vector
// CHECK-SAME: homes = [shared]
func.func @large(%x: tensor<2048x4096xf32>) -> tensor<2048x4096xf32> {
  %0 = npu.vector ins(%x) sizes [2048, 4096] schedule<split = [8, 1], grain = [1, 1], tile = [8, 4096]>
      {indexing_maps = [#id, #id]}
      : (tensor<2048x4096xf32>) -> tensor<2048x4096xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [2048, 4096] schedule<split = [1, 8], grain = [1, 1], tile = [2048, 16]>
      {indexing_maps = [#id, #id]}
      : (tensor<2048x4096xf16>) -> tensor<2048x4096xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<2048x4096xf32>
}

// Of two tensors that do not fit together, that moves out which would take its
// bytes for longer.
// CHECK-LABEL: @longest
// CHECK: npu.vector
// CHECK-SAME: homes = [shared]
// CHECK: npu.vector
// CHECK-SAME: homes = [split]
// CHECK: npu.vector
// CHECK-SAME: homes = [output]
// CHECK: npu.vector
// CHECK-SAME: homes = [output]
func.func @longest(%x: tensor<2048x4096xf16>) -> (tensor<2048x4096xf16>, tensor<2048x4096xf16>) {
  %0 = npu.vector ins(%x) sizes [2048, 4096] schedule<split = [8, 1], grain = [1, 1], tile = [8, 4096]>
      {indexing_maps = [#id, #id]} : (tensor<2048x4096xf16>) -> tensor<2048x4096xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%x) sizes [2048, 4096] schedule<split = [8, 1], grain = [1, 1], tile = [8, 4096]>
      {indexing_maps = [#id, #id]} : (tensor<2048x4096xf16>) -> tensor<2048x4096xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %2 = npu.vector ins(%1) sizes [2048, 4096] schedule<split = [8, 1], grain = [1, 1], tile = [8, 4096]>
      {indexing_maps = [#id, #id]} : (tensor<2048x4096xf16>) -> tensor<2048x4096xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %3 = npu.vector ins(%0) sizes [2048, 4096] schedule<split = [8, 1], grain = [1, 1], tile = [8, 4096]>
      {indexing_maps = [#id, #id]} : (tensor<2048x4096xf16>) -> tensor<2048x4096xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %2, %3 : tensor<2048x4096xf16>, tensor<2048x4096xf16>
}

// What counts is the core with the most: of seven rows of 2 MiB on four cores, core 0 has one and the others
// have two, which fill their memories.
// CHECK-LABEL: @uneven
// CHECK: npu.vector
// CHECK-SAME: homes = [shared]
func.func @uneven(%x: tensor<7x1048576xf32>) -> tensor<7x1048576xf32> {
  %0 = npu.vector ins(%x) sizes [7, 1048576] schedule<split = [4, 1], grain = [1, 1], tile = [1, 4096]>
      {indexing_maps = [#id, #id]}
      : (tensor<7x1048576xf32>) -> tensor<7x1048576xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [7, 1048576] schedule<split = [4, 1], grain = [1, 1], tile = [1, 4096]>
      {indexing_maps = [#id, #id]}
      : (tensor<7x1048576xf16>) -> tensor<7x1048576xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<7x1048576xf32>
}
