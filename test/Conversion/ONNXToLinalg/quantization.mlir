// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Quantisation stays symbolic. A tensor of one element is a scalar, and a zero
// point of 0 is none.

// CHECK-LABEL: func @quantize(
func.func @quantize(%x: tensor<2x3xf32>) -> (tensor<2x3xui8>, tensor<2x3xi8>) {
  // CHECK: garam_ext.quantize %{{.*}} scale %{{.*}} zero_point %{{.*}} {axis = 0 : i64, is_unsigned} : tensor<2x3xf32>, tensor<f32>, tensor<i8> -> tensor<2x3xi8>
  // CHECK: garam_ext.quantize %{{.*}} scale %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<f32> -> tensor<2x3xi8>
  %scale = onnx.constant dense<0.5> : tensor<1xf32> : tensor<1xf32>
  %middle = onnx.constant dense<128> : tensor<1xui8> : tensor<1xui8>
  %zero = onnx.constant dense<0> : tensor<1xi8> : tensor<1xi8>
  %0 = onnx.node "QuantizeLinear"(%x, %scale, %middle) {id = "a", opset = 17 : i64} attributes {axis = 1 : i64}
      : (tensor<2x3xf32>, tensor<1xf32>, tensor<1xui8>) -> tensor<2x3xui8>
  %1 = onnx.node "QuantizeLinear"(%x, %scale, %zero) {id = "b", opset = 17 : i64} attributes {axis = 1 : i64}
      : (tensor<2x3xf32>, tensor<1xf32>, tensor<1xi8>) -> tensor<2x3xi8>
  return %0, %1 : tensor<2x3xui8>, tensor<2x3xi8>
}

// -----

// CHECK-LABEL: func @dequantize_channels(
func.func @dequantize_channels(%q: tensor<2x3xui8>, %s: tensor<3xf32>, %z: tensor<3xui8>) -> tensor<2x3xf32> {
  // CHECK: garam_ext.dequantize %{{.*}} scale %{{.*}} zero_point %{{.*}} {is_unsigned} : tensor<2x3xi8>, tensor<3xf32>, tensor<3xi8> -> tensor<2x3xf32>
  %0 = onnx.node "DequantizeLinear"(%q, %s, %z) {id = "d", opset = 17 : i64} attributes {axis = -1 : i64}
      : (tensor<2x3xui8>, tensor<3xf32>, tensor<3xui8>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: func @dequantize_blocks(
func.func @dequantize_blocks(%q: tensor<2x8xi8>, %s: tensor<2x2xf32>) -> tensor<2x8xf32> {
  // CHECK: garam_ext.dequantize %{{.*}} scale %{{.*}} {block_size = 4 : i64} : tensor<2x8xi8>, tensor<2x2xf32> -> tensor<2x8xf32>
  %0 = onnx.node "DequantizeLinear"(%q, %s) {id = "d", opset = 21 : i64} attributes {axis = 1 : i64, block_size = 4 : i64}
      : (tensor<2x8xi8>, tensor<2x2xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}
