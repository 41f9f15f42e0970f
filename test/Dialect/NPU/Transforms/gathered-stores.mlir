// RUN: garam-opt --npu-lower-to-commands=target=atom --split-input-file %s | FileCheck %s

#left = affine_map<(b, m, n, k) -> (b, m, k)>
#right = affine_map<(b, m, n, k) -> (b, k, n)>
#result = affine_map<(b, m, n, k) -> (b, m, n)>

// The products of a batch are a command each, and their results few bytes: they
// are gathered in one buffer and stored in one transfer.
// CHECK-LABEL: @few_bytes
// CHECK: %[[OUTPUT:.+]] = npu.buffer <dram> bytes 96 {segment = 3 : i64}
// CHECK-COUNT-2: npu.buffer <local> bytes 96
// CHECK: %[[GATHERED:.+]] = npu.buffer <local> bytes 96
// CHECK: npu.tensor_command 0, {{.+}} to %[[GATHERED]] {{.+}}#npu.descriptor<0 : f16 strides[8, 2]>]
// CHECK: npu.tensor_command 0, {{.+}} to %[[GATHERED]] {{.+}}#npu.descriptor<32 : f16 strides[8, 2]>]
// CHECK: npu.tensor_command 0, {{.+}} to %[[GATHERED]] {{.+}}#npu.descriptor<64 : f16 strides[8, 2]>]
// CHECK-NEXT: npu.dma_command 0, %[[GATHERED]] to %[[OUTPUT]] sizes [48]
// CHECK-NEXT: return
func.func @few_bytes(%x: tensor<3x4x4xf16>, %w: tensor<3x4x4xf16>) -> tensor<3x4x4xf16> {
  %0 = npu.contract %x, %w sizes [3, 4, 4, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, #result]
    schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [1, 4, 4, 4], homes = [output]>
    : (tensor<3x4x4xf16>, tensor<3x4x4xf16>) -> tensor<3x4x4xf16>
  return %0 : tensor<3x4x4xf16>
}

// -----

#left = affine_map<(b, m, n, k) -> (b, m, k)>
#right = affine_map<(b, m, n, k) -> (b, k, n)>
#result = affine_map<(b, m, n, k) -> (b, m, n)>

// Eight results of 8 KiB each are the part of a core's memory that is gathered
// at most; the last two of ten are stored by themselves.
// CHECK-LABEL: @in_two_groups
// CHECK: %[[FIRST:.+]] = npu.buffer <local> bytes 65536
// CHECK: %[[SECOND:.+]] = npu.buffer <local> bytes 16384
// CHECK-COUNT-8: npu.tensor_command 0, {{.+}} to %[[FIRST]]
// CHECK-NEXT: npu.dma_command 0, %[[FIRST]]
// CHECK-COUNT-2: npu.tensor_command 0, {{.+}} to %[[SECOND]]
// CHECK-NEXT: npu.dma_command 0, %[[SECOND]]
// CHECK-NEXT: return
func.func @in_two_groups(%x: tensor<10x64x4xf16>, %w: tensor<10x4x64xf16>) -> tensor<10x64x64xf16> {
  %0 = npu.contract %x, %w sizes [10, 64, 64, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, #result]
    schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [1, 64, 64, 4], homes = [output]>
    : (tensor<10x64x4xf16>, tensor<10x4x64xf16>) -> tensor<10x64x64xf16>
  return %0 : tensor<10x64x64xf16>
}

// -----

#left = affine_map<(b, m, n, k) -> (b, m, k)>
#right = affine_map<(b, m, n, k) -> (b, k, n)>
#result = affine_map<(b, m, n, k) -> (b, m, n)>

// Results that are large enough are stored one by one, each while the next is
// computed.
// CHECK-LABEL: @many_bytes
// CHECK-COUNT-3: npu.buffer <local> bytes 131072
func.func @many_bytes(%x: tensor<3x256x4xf16>, %w: tensor<3x4x256xf16>) -> tensor<3x256x256xf16> {
  %0 = npu.contract %x, %w sizes [3, 256, 256, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, #result]
    schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [1, 256, 256, 4], homes = [output]>
    : (tensor<3x256x4xf16>, tensor<3x4x256xf16>) -> tensor<3x256x256xf16>
  return %0 : tensor<3x256x256xf16>
}

// -----

#left = affine_map<(b, m, n, k) -> (b, m, k)>
#right = affine_map<(b, m, n, k) -> (b, k, n)>
#result = affine_map<(b, m, n, k) -> (b, m, n)>

// Tiles of several products each, as a schedule may say, are stored one by one.
// CHECK-LABEL: @several_a_tile
// CHECK-COUNT-2: npu.buffer <local> bytes 64 {
// CHECK: npu.buffer <local> bytes 32 {
func.func @several_a_tile(%x: tensor<5x4x4xf16>, %w: tensor<5x4x4xf16>) -> tensor<5x4x4xf16> {
  %0 = npu.contract %x, %w sizes [5, 4, 4, 4]
    iterators [#npu.iterator<batch>, #npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#left, #right, #result]
    schedule<split = [1, 1, 1, 1], grain = [1, 1, 1, 1], tile = [2, 4, 4, 4], homes = [output]>
    : (tensor<5x4x4xf16>, tensor<5x4x4xf16>) -> tensor<5x4x4xf16>
  return %0 : tensor<5x4x4xf16>
}
