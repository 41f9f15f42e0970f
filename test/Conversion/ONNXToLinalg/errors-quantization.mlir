// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What QuantizeLinear and DequantizeLinear refuse.

func.func @zero_point_shape(%x: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<3xi8>) -> tensor<2x3xi8> {
  // expected-error @+1 {{node 'a' (QuantizeLinear, opset 17): zero point 'tensor<3xi8>' and scale 'tensor<f32>' must have one shape}}
  %0 = onnx.node "QuantizeLinear"(%x, %s, %z) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<f32>, tensor<3xi8>) -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// -----

func.func @quantized_type(%x: tensor<2x3xf32>, %s: tensor<f32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{node 'a' (QuantizeLinear, opset 17): the output holds 'i32', but integers of at most 16 bits and floats of at most 8 are supported}}
  %0 = onnx.node "QuantizeLinear"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----

func.func @dequantized_type(%x: tensor<2x3xi8>, %s: tensor<f32>) -> tensor<2x3xf8E4M3FN> {
  // expected-error @+1 {{node 'a' (DequantizeLinear, opset 17): the output holds 'f8E4M3FN', but floats of at least 16 bits are supported}}
  %0 = onnx.node "DequantizeLinear"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xi8>, tensor<f32>) -> tensor<2x3xf8E4M3FN>
  return %0 : tensor<2x3xf8E4M3FN>
}

// -----

func.func @dequantize_input(%x: tensor<2x3xf32>, %s: tensor<f32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (DequantizeLinear, opset 17): input 0 is 'tensor<2x3xf32>', but a tensor of integers or of floats of at most 8 bits is needed}}
  %0 = onnx.node "DequantizeLinear"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Two blocks of four are eight columns, and so need two scales a row.
func.func @blocks(%x: tensor<4x8xi8>, %s: tensor<4x3xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{node 'a' (DequantizeLinear, opset 21): scale 'tensor<4x3xf32>' does not fit 'tensor<4x8xi8>'; a scalar, a vector along dimension 1, or, with 'block_size', blocks are needed}}
  %0 = onnx.node "DequantizeLinear"(%x, %s) {id = "a", opset = 21 : i64} attributes {axis = 1 : i64, block_size = 4 : i64} : (tensor<4x8xi8>, tensor<4x3xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @rows_of_blocks(%x: tensor<4x8xf32>, %s: tensor<3x2xf32>) -> tensor<4x8xi8> {
  // expected-error @+1 {{node 'a' (QuantizeLinear, opset 21): scale 'tensor<3x2xf32>' does not fit 'tensor<4x8xf32>'}}
  %0 = onnx.node "QuantizeLinear"(%x, %s) {id = "a", opset = 21 : i64} attributes {axis = 1 : i64, block_size = 4 : i64} : (tensor<4x8xf32>, tensor<3x2xf32>) -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}
