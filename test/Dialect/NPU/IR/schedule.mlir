// RUN: garam-opt %s | garam-opt | FileCheck %s

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(a) -> (a)>

// A schedule holds what is decided so far, in the order of the decisions.
// CHECK-LABEL: @schedules
// CHECK: npu.contract
// CHECK-SAME: schedule<layouts = {{\[}}[1, 0]], split = [1, 8, 1], grain = [1, 2, 1], tile = [4, 2, 16], first_core = 8, homes = [dram]>
// CHECK: npu.vector
// CHECK-SAME: schedule<homes = [output]>
// CHECK: npu.vector
// CHECK-SAME: schedule<layouts = {{\[}}[]], split = [], grain = [], tile = []>
func.func @schedules(%x: tensor<4x16xf16>, %w: tensor<16x16xf16>, %v: tensor<16xf32>, %s: tensor<f32>)
    -> (tensor<4x16xf32>, tensor<16xf32>, tensor<f32>) {
  %0 = npu.contract %x, %w sizes [4, 16, 16]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #w, #c]
    schedule<layouts = [[1, 0]], split = [1, 8, 1], grain = [1, 2, 1], tile = [4, 2, 16], first_core = 8, homes = [dram]>
    : (tensor<4x16xf16>, tensor<16x16xf16>) -> tensor<4x16xf32>
  %1 = npu.vector ins(%v) sizes [16] schedule<homes = [output]>
      {indexing_maps = [#id, #id]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %2 = npu.vector ins(%s) sizes [] schedule<layouts = [[]], split = [], grain = [], tile = [], first_core = 0>
      {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>]} : (tensor<f32>) -> tensor<f32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0, %1, %2 : tensor<4x16xf32>, tensor<16xf32>, tensor<f32>
}
