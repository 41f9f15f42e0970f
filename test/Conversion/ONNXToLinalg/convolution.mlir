// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// A convolution starts from zero; its padding is a tensor.pad in front of it,
// its bias an addition behind it.

// CHECK: #[[IDENTITY:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: func @conv(
// CHECK-SAME: %[[X:.*]]: tensor<1x3x8x9xf32>, %[[W:.*]]: tensor<4x3x3x3xf32>, %[[B:.*]]: tensor<4xf32>
func.func @conv(%x: tensor<1x3x8x9xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x4x5xf32> {
  // CHECK: %[[PADDED:.*]] = tensor.pad %[[X]] low[0, 0, 0, 1] high[0, 0, 1, 1]
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK: %[[INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32)
  // CHECK: %[[SUM:.*]] = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
  // CHECK-SAME: ins(%[[PADDED]], %[[W]] : {{.*}}) outs(%[[INIT]] : tensor<1x4x4x5xf32>)
  // CHECK: linalg.generic {indexing_maps = [#[[IDENTITY]], #[[CHANNEL]], #[[IDENTITY]]]
  // CHECK-SAME: ins(%[[SUM]], %[[B]] :
  // CHECK: arith.addf
  %0 = onnx.node "Conv"(%x, %w, %b) {id = "c", opset = 17 : i64}
      attributes {pads = array<i64: 0, 1, 1, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x3x8x9xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x4x5xf32>
  return %0 : tensor<1x4x4x5xf32>
}

// -----

// SAME_LOWER puts the odd element of the padding in front.

// CHECK-LABEL: func @same_lower(
func.func @same_lower(%x: tensor<1x1x8x8xf32>, %w: tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32> {
  // CHECK: tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 0, 0]
  %0 = onnx.node "Conv"(%x, %w) {id = "c", opset = 17 : i64}
      attributes {auto_pad = "SAME_LOWER", strides = array<i64: 2, 2>}
      : (tensor<1x1x8x8xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

// -----

// A group a channel is a depthwise convolution; the constant filter takes the
// shape that it needs without being copied.

// CHECK-LABEL: func @depthwise(
func.func @depthwise(%x: tensor<?x4x8x8xf32>) -> tensor<?x4x6x6xf32> {
  // CHECK: %[[N:.*]] = tensor.dim %{{.*}}, %{{.*}} : tensor<?x4x8x8xf32>
  // CHECK: tensor.empty(%[[N]]) : tensor<?x4x6x6xf32>
  // CHECK: %[[W:.*]] = arith.constant dense_resource<weight> : tensor<4x3x3xf32>
  // CHECK: linalg.depthwise_conv_2d_nchw_chw
  // CHECK-SAME: ins(%{{.*}}, %[[W]] :
  %w = onnx.constant dense_resource<weight> : tensor<4x1x3x3xf32> : tensor<4x1x3x3xf32>
  %0 = onnx.node "Conv"(%x, %w) {id = "c", opset = 17 : i64} attributes {group = 4 : i64}
      : (tensor<?x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<?x4x6x6xf32>
  return %0 : tensor<?x4x6x6xf32>
}

// -----

// Other groups become a dimension of their own.

// CHECK-LABEL: func @groups(
func.func @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32> {
  // CHECK: %[[X:.*]] = tensor.expand_shape %{{.*}} : tensor<1x4x8x8xf32> into tensor<1x2x2x8x8xf32>
  // CHECK: %[[W:.*]] = tensor.expand_shape %{{.*}} : tensor<6x2x3x3xf32> into tensor<2x3x2x3x3xf32>
  // CHECK: %[[Y:.*]] = linalg.conv_2d_ngchw_gfchw
  // CHECK-SAME: ins(%[[X]], %[[W]] :
  // CHECK: tensor.collapse_shape %[[Y]]
  %0 = onnx.node "Conv"(%x, %w) {id = "c", opset = 17 : i64} attributes {group = 2 : i64}
      : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return %0 : tensor<1x6x6x6xf32>
}

// -----

// Other ranks are a linalg.generic with the same body. Half precision is summed
// up in f32.

// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d2 * 2 + d4 * 3)>
// CHECK: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
// CHECK: #[[Y:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
// CHECK-LABEL: func @rank1(
func.func @rank1(%x: tensor<1x4x9xf16>, %w: tensor<2x4x2xf16>) -> tensor<1x2x3xf16> {
  // CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]],
  // CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]
  // CHECK: arith.extf
  // CHECK: arith.extf
  // CHECK: arith.mulf %{{.*}} : f32
  // CHECK: arith.addf %{{.*}} : f32
  // CHECK: arith.truncf %{{.*}} : f32 to f16
  %0 = onnx.node "Conv"(%x, %w) {id = "c", opset = 17 : i64}
      attributes {strides = array<i64: 2>, dilations = array<i64: 3>}
      : (tensor<1x4x9xf16>, tensor<2x4x2xf16>) -> tensor<1x2x3xf16>
  return %0 : tensor<1x2x3xf16>
}

// -----

// A transposed convolution spreads the input out and flips the filters.

// CHECK: #[[FLIPPED:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, -d2 + 2)>
// CHECK-LABEL: func @transposed(
func.func @transposed(%x: tensor<1x4x5xf32>, %w: tensor<4x2x3xf32>) -> tensor<1x2x11xf32> {
  // CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 2] [1, 4, 5] [1, 1, 2]
  // CHECK: linalg.generic {indexing_maps = [#[[FLIPPED]],
  // CHECK: linalg.generic
  // CHECK-SAME: "parallel", "parallel", "parallel", "parallel", "reduction", "reduction"
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "c", opset = 17 : i64}
      attributes {strides = array<i64: 2>}
      : (tensor<1x4x5xf32>, tensor<4x2x3xf32>) -> tensor<1x2x11xf32>
  return %0 : tensor<1x2x11xf32>
}
