// RUN: garam-opt --npu-lower-to-commands=target=atom --npu-plan-memory=target=atom --npu-synchronize --split-input-file %s | FileCheck %s

#id = affine_map<(h, w, c) -> (h, w, c)>
#x = affine_map<(h, w, c, y, z) -> (h + y - 1, w + z - 1, c)>
#o = affine_map<(h, w, c, y, z) -> (h, w, c)>

// Three cores have eight rows each. The second one computes its six inner rows
// before it waits for the transfers that bring a row of each neighbour; the two
// outer rows are one command. What is to the left of a row is outside the image,
// not the end of the row before, which a neighbour may have.
// CHECK-LABEL: @halo
// CHECK: npu.dma_command 1, %{{.*}} to %[[X:.*]] sizes [5376] bytes 2 {{.*}} {source_core = 0 : i64}
// CHECK: npu.dma_command 1, %{{.*}} to %[[X]] sizes [5376] bytes 2 {{.*}} {source_core = 2 : i64}
// CHECK: npu.vector_command 1, %{{.*}}(%[[X]]) to %{{.*}} sizes [6, 56, 96, 3, 3] {{.*}}<10752 : f16
// CHECK-NEXT: npu.wait 1 <vector>
// CHECK: npu.vector_command 1, %{{.*}}(%[[X]]) to %{{.*}} sizes [2, 56, 96, 3, 3] {{.*}}strides[75264, 192, 2, 10752, 192]
func.func @halo(%x: tensor<24x56x96xf16>) -> tensor<24x56x96xf16> {
  %0 = npu.vector ins(%x) sizes [24, 56, 96]
      schedule<split = [3, 1, 1], grain = [1, 1, 1], tile = [8, 56, 96], homes = [split]>
      {indexing_maps = [#id, #id]}
      : (tensor<24x56x96xf16>) -> tensor<24x56x96xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [24, 56, 96, 3, 3]
      schedule<split = [3, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1], tile = [8, 56, 96, 3, 3], homes = [output]>
      {num_reductions = 2 : i64, indexing_maps = [#x, #o],
       paddings = [array<i1: true, true, false>], fills = array<f64: 0.0>,
       combiners = [#npu.combiner<maxf, 0.0 : f32>]}
      : (tensor<24x56x96xf16>) -> tensor<24x56x96xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<24x56x96xf16>
}

// -----

#id = affine_map<(h, w, c) -> (h, w, c)>
#x = affine_map<(h, w, c, y, z) -> (h + y - 1, w + z - 1, c)>
#o = affine_map<(h, w, c, y, z) -> (h, w, c)>

// Of tiles this small the inner rows take less time than another command.
// CHECK-LABEL: @small
// CHECK-COUNT-6: npu.vector_command
// CHECK-NOT: npu.vector_command
func.func @small(%x: tensor<9x4x8xf16>) -> tensor<9x4x8xf16> {
  %0 = npu.vector ins(%x) sizes [9, 4, 8]
      schedule<split = [3, 1, 1], grain = [1, 1, 1], tile = [3, 4, 8], homes = [split]>
      {indexing_maps = [#id, #id]}
      : (tensor<9x4x8xf16>) -> tensor<9x4x8xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [9, 4, 8, 3, 3]
      schedule<split = [3, 1, 1, 1, 1], grain = [1, 1, 1, 1, 1], tile = [3, 4, 8, 3, 3], homes = [output]>
      {num_reductions = 2 : i64, indexing_maps = [#x, #o],
       paddings = [array<i1: true, true, false>], fills = array<f64: 0.0>,
       combiners = [#npu.combiner<maxf, 0.0 : f32>]}
      : (tensor<9x4x8xf16>) -> tensor<9x4x8xf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    npu.yield %s : f32
  }
  return %1 : tensor<9x4x8xf16>
}
