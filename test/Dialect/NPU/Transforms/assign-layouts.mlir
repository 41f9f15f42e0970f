// RUN: garam-opt --npu-assign-layouts %s | FileCheck %s

#image = affine_map<(n, f, h, w, c) -> (n, c, h, w)>
#weight = affine_map<(n, f, h, w, c) -> (f, c)>
#result = affine_map<(n, f, h, w, c) -> (n, f, h, w)>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#swap = affine_map<(n, c, h, w) -> (n, c, w, h)>

// The channels that a contraction makes are the fastest dimension, and an
// elementwise stage keeps the order of its input.
// CHECK-LABEL: @channels_last
// CHECK: npu.contract
// CHECK-SAME: layouts = {{\[}}[0, 2, 3, 1]
// CHECK: npu.vector
// CHECK-SAME: layouts = {{\[}}[0, 2, 3, 1]
func.func @channels_last(%x: tensor<1x4x6x5xbf16>, %w: tensor<8x4xbf16>) -> tensor<1x8x6x5xf32> {
  %0 = npu.contract %x, %w sizes [1, 8, 6, 5, 4]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>,
               #npu.iterator<row>, #npu.iterator<reduction>]
    maps [#image, #weight, #result] : (tensor<1x4x6x5xbf16>, tensor<8x4xbf16>) -> tensor<1x8x6x5xbf16>
  %1 = npu.vector ins(%0) sizes [1, 8, 6, 5] {indexing_maps = [#id, #id]}
    : (tensor<1x8x6x5xbf16>) -> tensor<1x8x6x5xbf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %2 = npu.vector ins(%1) sizes [1, 8, 6, 5] {indexing_maps = [#id, #id]}
    : (tensor<1x8x6x5xbf16>) -> tensor<1x8x6x5xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %2 : tensor<1x8x6x5xf32>
}

// What is returned is row-major, as ONNX lays it out.
// CHECK-LABEL: @returned
// CHECK: npu.contract
// CHECK-SAME: layouts = {{\[}}[0, 1, 2, 3]
func.func @returned(%x: tensor<1x4x6x5xbf16>, %w: tensor<8x4xbf16>) -> tensor<1x8x6x5xbf16> {
  %0 = npu.contract %x, %w sizes [1, 8, 6, 5, 4]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>,
               #npu.iterator<row>, #npu.iterator<reduction>]
    maps [#image, #weight, #result] : (tensor<1x4x6x5xbf16>, tensor<8x4xbf16>) -> tensor<1x8x6x5xbf16>
  return %0 : tensor<1x8x6x5xbf16>
}

// A reshape that changes the shape needs the elements in row-major order; one
// that drops dimensions of size 1 does not.
// CHECK-LABEL: @reshaped
// CHECK: npu.contract
// CHECK-SAME: layouts = {{\[}}[0, 1, 2, 3]
func.func @reshaped(%x: tensor<1x4x6x5xbf16>, %w: tensor<8x4xbf16>) -> tensor<1x240xbf16> {
  %0 = npu.contract %x, %w sizes [1, 8, 6, 5, 4]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>,
               #npu.iterator<row>, #npu.iterator<reduction>]
    maps [#image, #weight, #result] : (tensor<1x4x6x5xbf16>, tensor<8x4xbf16>) -> tensor<1x8x6x5xbf16>
  %1 = npu.reshape %0 : tensor<1x8x6x5xbf16> -> tensor<1x240xbf16>
  return %1 : tensor<1x240xbf16>
}

// A transposition moves no data: the result's dimensions lie as the input's do.
// CHECK-LABEL: @transposed
// CHECK: npu.vector
// CHECK-SAME: layouts = {{\[}}[0, 1, 3, 2]
func.func @transposed(%x: tensor<1x4x6x5xbf16>) -> tensor<1x4x5x6xf32> {
  %0 = npu.vector ins(%x) sizes [1, 4, 6, 5] {indexing_maps = [#id, #swap]}
    : (tensor<1x4x6x5xbf16>) -> tensor<1x4x5x6xbf16> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [1, 4, 5, 6] {indexing_maps = [#id, #id]}
    : (tensor<1x4x5x6xbf16>) -> tensor<1x4x5x6xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<1x4x5x6xf32>
}
