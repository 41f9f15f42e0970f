// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What convolutions and pooling refuse.

func.func @conv_kernel(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): attribute 'kernel_shape' differs from the weight 'tensor<4x4x3x3xf32>'}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {kernel_shape = array<i64: 3, 2>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @conv_pads(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): attribute 'pads' holds -1, but 0 to 2147483648 is needed}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {pads = array<i64: -1, 0, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @conv_dilations(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): attribute 'dilations' holds 0, but 1 to 2147483648 is needed}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {dilations = array<i64: 1, 0>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @pool_kernel(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (MaxPool, opset 17): attribute 'kernel_shape' is missing}}
  %0 = onnx.node "MaxPool"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @pool_window(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (MaxPool, opset 17): the window holds 0, but 1 to 2147483648 is needed}}
  %0 = onnx.node "MaxPool"(%x) {id = "a", opset = 17 : i64} attributes {kernel_shape = array<i64: 0, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Transposed convolutions.
func.func @transposed_strides(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): strides, dilations and the window must be positive and at most 2147483648, but one is 0}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {strides = array<i64: 0, 1>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %0 : tensor<1x4x10x10xf32>
}

// -----

func.func @transposed_pads(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): attribute 'pads' holds 4294967296, which is out of range}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {pads = array<i64: 4294967296, 0, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %0 : tensor<1x4x10x10xf32>
}

// -----

func.func @transposed_pads_least(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): attribute 'pads' holds -9223372036854775808, which is out of range}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {pads = array<i64: -9223372036854775808, 0, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %0 : tensor<1x4x10x10xf32>
}

// -----

func.func @transposed_size(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x0x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): spatial dimension 0 of the output would have 0 elements}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {pads = array<i64: 5, 0, 5, 0>} : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x0x10xf32>
  return %0 : tensor<1x4x0x10xf32>
}

// -----

func.func @transposed_dynamic(%x: tensor<1x4x?x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x?x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): dimension 2 of input 0 is dynamic ('tensor<1x4x?x8xf32>'), but attribute 'output_shape' needs its size}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {output_shape = array<i64: 20, 10>} : (tensor<1x4x?x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x?x10xf32>
  return %0 : tensor<1x4x?x10xf32>
}

// -----

func.func @transposed_weight(%x: tensor<1x4x8x8xf32>, %w: tensor<3x4x3x3xf32>) -> tensor<1x4x10x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): weight 'tensor<3x4x3x3xf32>' with group 1 does not fit input 'tensor<1x4x8x8xf32>'}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x4x8x8xf32>, tensor<3x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %0 : tensor<1x4x10x10xf32>
}

// -----

func.func @transposed_channels(%x: tensor<1x?x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32> {
  // expected-error @+1 {{node 'a' (ConvTranspose, opset 17): dimension 1 of input 0 is dynamic ('tensor<1x?x8x8xf32>'), but a transposed convolution needs its size}}
  %0 = onnx.node "ConvTranspose"(%x, %w) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x?x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return %0 : tensor<1x4x10x10xf32>
}
