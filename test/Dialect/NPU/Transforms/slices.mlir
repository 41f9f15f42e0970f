// RUN: sed -f %S/Inputs/edge.sed %source_dir/targets/atom.yaml > %t.yaml
// RUN: garam-opt --pass-pipeline="builtin.module(func.func(npu-place-tensors{target=%t.yaml},npu-lower-to-commands{target=%t.yaml}))" %s | FileCheck %s
// RUN: garam-opt --pass-pipeline="builtin.module(func.func(npu-place-tensors{target=%t.yaml fill=0.05}))" %s | FileCheck %s --check-prefix=TIGHT

#a = affine_map<(m, n, k) -> (m, k)>
#a2 = affine_map<(m, n, k) -> (m + 2, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// Slices of a stage read the same weights: they are once in the constant
// segment, and where they stay, one transfer brings them. What is concatenated
// on one core is one buffer, into which the slices write.
// CHECK-LABEL: @kept
// CHECK: %[[JOINED:.*]] = npu.buffer <local> bytes 512
// CHECK: %[[W:.*]] = npu.buffer <dram> bytes 8192 {parts =
// CHECK-NOT: npu.buffer <dram> bytes 8192 {parts =
// CHECK: %[[LOCAL:.*]] = npu.buffer <local> bytes 8192
// CHECK: npu.dma_command 0, %[[W]] to %[[LOCAL]] sizes [8192]
// CHECK-NOT: npu.dma_command 0, %[[W]]
// CHECK: npu.tensor_command 0, %{{.*}}, %[[LOCAL]] to %[[JOINED]]
// CHECK-NOT: npu.dma_command 0, %[[W]]
// CHECK: npu.tensor_command 0, %{{.*}}, %[[LOCAL]] to %[[JOINED]]
// CHECK: npu.vector_command 0, %{{.*}}(%[[JOINED]]) to
//
// Where memory does not suffice, each slice brings its own.
// TIGHT-LABEL: @kept
// TIGHT: slice<group = 0, number = 0, count = 2, resident = false>
// TIGHT: slice<group = 0, number = 1, count = 2, resident = false>
func.func @kept(%x: tensor<4x64xf16>) -> tensor<4x64xf32> {
  %w = npu.constant dense<1.0> : tensor<64x64xf16> : tensor<64x64xf16>
  %0 = npu.contract %x, %w sizes [2, 64, 64]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #w, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [2, 64, 64]>
    slice<group = 0, number = 0, count = 2, resident = true>
    : (tensor<4x64xf16>, tensor<64x64xf16>) -> tensor<2x64xf16>
  %1 = npu.contract %x, %w sizes [2, 64, 64]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a2, #w, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [2, 64, 64]>
    slice<group = 0, number = 1, count = 2, resident = true>
    : (tensor<4x64xf16>, tensor<64x64xf16>) -> tensor<2x64xf16>
  %2 = npu.concat %0, %1 axis 0 : (tensor<2x64xf16>, tensor<2x64xf16>) -> tensor<4x64xf16>
  %3 = npu.vector ins(%2) sizes [4, 64]
      schedule<split = [1, 1], grain = [1, 1], tile = [4, 64]>
      {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>]}
      : (tensor<4x64xf16>) -> tensor<4x64xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %3 : tensor<4x64xf32>
}

// Slices of what is returned are written where it returns.
// CHECK-LABEL: @returned
// CHECK: %[[OUT:.*]] = npu.buffer <dram> bytes 512 {segment = 2 : i64}
// CHECK: npu.tensor_command
// CHECK: npu.dma_command 0, %{{.*}} to %[[OUT]] sizes [128]
// CHECK: npu.tensor_command
// CHECK: npu.dma_command 0, %{{.*}} to %[[OUT]] sizes [128] bytes 2 with [#npu.descriptor<0 : u16 strides[2]>, #npu.descriptor<256 :
// CHECK-NEXT: return
func.func @returned(%x: tensor<4x64xf16>) -> tensor<4x64xf16> {
  %w = npu.constant dense<1.0> : tensor<64x64xf16> : tensor<64x64xf16>
  %0 = npu.contract %x, %w sizes [2, 64, 64]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a, #w, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [2, 64, 64]>
    slice<group = 0, number = 0, count = 2, resident = true>
    : (tensor<4x64xf16>, tensor<64x64xf16>) -> tensor<2x64xf16>
  %1 = npu.contract %x, %w sizes [2, 64, 64]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#a2, #w, #c] schedule<split = [1, 1, 1], grain = [1, 1, 1], tile = [2, 64, 64]>
    slice<group = 0, number = 1, count = 2, resident = true>
    : (tensor<4x64xf16>, tensor<64x64xf16>) -> tensor<2x64xf16>
  %2 = npu.concat %0, %1 axis 0 : (tensor<2x64xf16>, tensor<2x64xf16>) -> tensor<4x64xf16>
  return %2 : tensor<4x64xf16>
}
