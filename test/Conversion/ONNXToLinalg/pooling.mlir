// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// What ceil_mode reaches beyond the padding is padded, too, with minus infinity.

// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 * 2 + d5)>
// CHECK: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
// CHECK-LABEL: func @max_pool(
func.func @max_pool(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32> {
  // CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: tensor.pad %{{.*}} low[0, 0, 0, 0] high[0, 0, 1, 1]
  // CHECK: %[[SHAPE:.*]] = tensor.empty() : tensor<3x3xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[X]], #[[WINDOW]],
  // CHECK-SAME: ins(%{{.*}}, %[[SHAPE]] :
  // CHECK: arith.maximumf
  %0 = onnx.node "MaxPool"(%x) {id = "p", opset = 17 : i64}
      attributes {ceil_mode = 1 : i64, kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>}
      : (tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32>
  return %0 : tensor<1x2x3x3xf32>
}

// -----

// Unsigned bytes are compared as such; arguments and results keep their sign as
// an attribute.

// CHECK-LABEL: func @max_pool_unsigned(
// CHECK-SAME: tensor<1x1x4xi8> {onnx.unsigned}) -> (tensor<1x1x3xi8> {onnx.unsigned})
func.func @max_pool_unsigned(%x: tensor<1x1x4xui8>) -> tensor<1x1x3xui8> {
  // CHECK: arith.constant 0 : i8
  // CHECK: arith.maxui
  %0 = onnx.node "MaxPool"(%x) {id = "p", opset = 17 : i64} attributes {kernel_shape = array<i64: 2>}
      : (tensor<1x1x4xui8>) -> tensor<1x1x3xui8>
  return %0 : tensor<1x1x3xui8>
}

// -----

// Without the padding, windows at the border have fewer elements.

// CHECK-LABEL: func @average_pool(
func.func @average_pool(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  // CHECK: arith.addf
  // CHECK: %[[COUNTS:.*]] = arith.constant dense<[2.000000e+00, 3.000000e+00, 3.000000e+00, 2.000000e+00]>
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%{{.*}}, %[[COUNTS]] :
  // CHECK: arith.divf
  %0 = onnx.node "AveragePool"(%x) {id = "p", opset = 17 : i64}
      attributes {kernel_shape = array<i64: 3>, pads = array<i64: 1, 1>}
      : (tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

// With it all have as many.

// CHECK-LABEL: func @average_pool_include(
func.func @average_pool_include(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  // CHECK: %[[COUNT:.*]] = arith.constant 3.000000e+00 : f32
  // CHECK: arith.divf %{{.*}}, %[[COUNT]]
  %0 = onnx.node "AveragePool"(%x) {id = "p", opset = 17 : i64}
      attributes {count_include_pad = 1 : i64, kernel_shape = array<i64: 3>, pads = array<i64: 1, 1>}
      : (tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

// CHECK-LABEL: func @global_average_pool(
func.func @global_average_pool(%x: tensor<?x2x4x5xf32>) -> tensor<?x2x1x1xf32> {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction", "reduction"]
  // CHECK: arith.constant 2.000000e+01 : f32
  // CHECK: tensor.expand_shape %{{.*}} : tensor<?x2xf32> into tensor<?x2x1x1xf32>
  %0 = onnx.node "GlobalAveragePool"(%x) {id = "p", opset = 17 : i64} attributes {}
      : (tensor<?x2x4x5xf32>) -> tensor<?x2x1x1xf32>
  return %0 : tensor<?x2x1x1xf32>
}
