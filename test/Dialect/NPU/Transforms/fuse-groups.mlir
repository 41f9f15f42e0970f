// RUN: sed -f %S/Inputs/edge.sed %source_dir/targets/atom.yaml > %t.yaml
// RUN: garam-opt --pass-pipeline="builtin.module(func.func(npu-assign-layouts,npu-fuse-groups{target=%t.yaml}))" %s | FileCheck %s
// RUN: garam-opt --pass-pipeline="builtin.module(func.func(npu-assign-layouts,npu-fuse-groups{target=atom}))" %s | FileCheck %s --check-prefix=ROOM

#x1 = affine_map<(n, f, h, w, c) -> (n, c, h, w)>
#w1 = affine_map<(n, f, h, w, c) -> (f, c)>
#y1 = affine_map<(n, f, h, w, c) -> (n, f, h, w)>
#x3 = affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i - 1, w + j - 1)>
#w3 = affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>
#y3 = affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>
#r3 = affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>

// Where all tensors have room, stages stay whole.
// ROOM-NOT: slice<
// ROOM-NOT: npu.concat

// Images of a batch have nothing in common but the weights, which stay in local
// memory: the first slice brings them. What the choice is expected to gain is
// kept on the function.
// CHECK-LABEL: func.func @batch
// CHECK-SAME: npu.fusion = {bound_s = {{.*}}, seconds = {{.*}}, whole_s = {{.*}}}
// CHECK: %[[W:.*]] = npu.constant dense<1>
// CHECK: %[[V:.*]] = npu.constant dense<5>
// CHECK: %[[A0:.*]] = npu.contract %arg0, %[[W]] sizes [1, 32, 32, 32, 32]
// CHECK-SAME: slice<group = 0, number = 0, count = 4, resident = true>
// CHECK-SAME: -> tensor<1x32x32x32xi8>
// CHECK: %[[B0:.*]] = npu.contract %[[A0]], %[[V]] sizes [1, 32, 32, 32, 32]
// CHECK-SAME: -> tensor<1x32x32x32xi8>
// CHECK: %[[A1:.*]] = npu.contract %arg0, %[[W]]
// CHECK-SAME: maps [#[[$SECOND:map[0-9]*]],
// CHECK-SAME: slice<group = 0, number = 1, count = 4, resident = true>
// CHECK: %[[B1:.*]] = npu.contract %[[A1]], %[[V]]
// CHECK: %[[B2:.*]] = npu.contract
// CHECK: %[[Y:.*]] = npu.concat %[[B0]], %[[B1]], {{.*}} axis 0
// CHECK: return %[[Y]]
func.func @batch(%x: tensor<4x32x32x32xi8>) -> tensor<4x32x32x32xi8> {
  %w = npu.constant dense<1> : tensor<32x32xi8> : tensor<32x32xi8>
  %v = npu.constant dense<5> : tensor<32x32xi8> : tensor<32x32xi8>
  %0 = npu.contract %x, %w sizes [4, 32, 32, 32, 32]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>]
    maps [#x1, #w1, #y1] : (tensor<4x32x32x32xi8>, tensor<32x32xi8>) -> tensor<4x32x32x32xi8>
  %1 = npu.contract %0, %v sizes [4, 32, 32, 32, 32]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>]
    maps [#x1, #w1, #y1] : (tensor<4x32x32x32xi8>, tensor<32x32xi8>) -> tensor<4x32x32x32xi8>
  return %1 : tensor<4x32x32x32xi8>
}

// Rows of an image that both of two slices need are computed by both. The first
// and the last slice need rows on one side only; beyond the image is padding as
// before. A residual edge within the group reads the slice's own rows.
// CHECK-LABEL: func.func @rows
// CHECK: %[[A0:.*]] = npu.contract %arg0, %{{.*}} sizes [1, 16, [[FIRST:[0-9]+]], 64, 16]
// CHECK-SAME: maps [#[[$X:map[0-9]*]],
// CHECK-SAME: slice<group = 0, number = 0,
// CHECK-SAME: -> tensor<1x16x[[FIRST]]x64xi8>
// CHECK: %[[B0:.*]] = npu.contract %[[A0]], %{{.*}} residual(%[[A0]]) sizes [1, 16, [[ROWS:[0-9]+]], 64, 16, 3, 3]
// CHECK-SAME: -> tensor<1x16x[[ROWS]]x64xi8>
// CHECK: npu.contract %arg0, %{{.*}} sizes [1, 16, [[BOTH:[0-9]+]], 64, 16]
// CHECK-SAME: slice<group = 0, number = 1,
// CHECK: npu.concat %[[B0]], {{.*}} axis 2
func.func @rows(%x: tensor<1x16x128x64xi8>) -> tensor<1x16x128x64xi8> {
  %w = npu.constant dense<1> : tensor<16x16xi8> : tensor<16x16xi8>
  %v = npu.constant dense<5> : tensor<16x16x3x3xi8> : tensor<16x16x3x3xi8>
  %0 = npu.contract %x, %w sizes [1, 16, 128, 64, 16]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>]
    maps [#x1, #w1, #y1] : (tensor<1x16x128x64xi8>, tensor<16x16xi8>) -> tensor<1x16x128x64xi8>
  %1 = npu.contract %0, %v residual(%0) sizes [1, 16, 128, 64, 16, 3, 3]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>, #npu.iterator<reduction>, #npu.iterator<reduction>]
    maps [#x3, #w3, #r3, #y3] {activation_padding = array<i1: false, false, true, true>}
    : (tensor<1x16x128x64xi8>, tensor<16x16x3x3xi8>, tensor<1x16x128x64xi8>) -> tensor<1x16x128x64xi8>
  return %1 : tensor<1x16x128x64xi8>
}

// Two tensors of a possible group are read behind it: its stages stay whole.
// CHECK-LABEL: func.func @two_ways_out
// CHECK-NOT: npu.concat
func.func @two_ways_out(%x: tensor<4x32x32x32xi8>) -> (tensor<4x32x32x32xi8>, tensor<4x32x32x32xi8>) {
  %w = npu.constant dense<1> : tensor<32x32xi8> : tensor<32x32xi8>
  %v = npu.constant dense<5> : tensor<32x32xi8> : tensor<32x32xi8>
  %0 = npu.contract %x, %w sizes [4, 32, 32, 32, 32]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>]
    maps [#x1, #w1, #y1] : (tensor<4x32x32x32xi8>, tensor<32x32xi8>) -> tensor<4x32x32x32xi8>
  %1 = npu.contract %0, %v sizes [4, 32, 32, 32, 32]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>,
               #npu.iterator<reduction>]
    maps [#x1, #w1, #y1] : (tensor<4x32x32x32xi8>, tensor<32x32xi8>) -> tensor<4x32x32x32xi8>
  return %0, %1 : tensor<4x32x32x32xi8>, tensor<4x32x32x32xi8>
}
