// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What Resize refuses.

func.func @aspect_policy(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32> {
  %none = onnx.none : none
  %c = onnx.constant dense<[1, 1, 8, 8]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Resize, opset 19): attribute 'keep_aspect_ratio_policy' is 'fit', but stretch, not_larger or not_smaller is needed}}
  %0 = onnx.node "Resize"(%x, %none, %none, %c) {id = "a", opset = 19 : i64} attributes {keep_aspect_ratio_policy = "fit"} : (tensor<1x1x4x4xf32>, none, none, tensor<4xi64>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

// -----

// Scales for some of the dimensions only, or computed ones.
func.func @scales(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32> {
  %none = onnx.none : none
  %c = onnx.constant dense<[2.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): constant scales or sizes for 4 axes are needed, but 2 are there; when they depend on shapes, bind the model's dimensions with --shape or --dim}}
  %0 = onnx.node "Resize"(%x, %none, %c) {id = "a", opset = 19 : i64} attributes {} : (tensor<1x1x4x4xf32>, none, tensor<2xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

// -----

func.func @no_elements(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x0x8xf32> {
  %none = onnx.none : none
  %c = onnx.constant dense<[1.0, 1.0, 0.1, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): dimension 2 of 'tensor<1x1x4x4xf32>' would be resized to 0.000000e+00 elements}}
  %0 = onnx.node "Resize"(%x, %none, %c) {id = "a", opset = 19 : i64} attributes {} : (tensor<1x1x4x4xf32>, none, tensor<4xf32>) -> tensor<1x1x0x8xf32>
  return %0 : tensor<1x1x0x8xf32>
}

// -----

func.func @dynamic(%x: tensor<1x1x?x4xf32>) -> tensor<1x1x?x8xf32> {
  %none = onnx.none : none
  %c = onnx.constant dense<[1.0, 1.0, 0.141421, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): dimension 2 of input 0 is dynamic ('tensor<1x1x?x4xf32>'), but resizing by no quotient of small numbers needs its size}}
  %0 = onnx.node "Resize"(%x, %none, %c) {id = "a", opset = 19 : i64} attributes {} : (tensor<1x1x?x4xf32>, none, tensor<4xf32>) -> tensor<1x1x?x8xf32>
  return %0 : tensor<1x1x?x8xf32>
}

// -----

// Integers can be repeated, but not interpolated.
func.func @integers(%x: tensor<1x1x4x4xi8>) -> tensor<1x1x8x8xi8> {
  %none = onnx.none : none
  %c = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): input 0 is 'tensor<1x1x4x4xi8>', but interpolation needs floats}}
  %0 = onnx.node "Resize"(%x, %none, %c) {id = "a", opset = 19 : i64} attributes {mode = "linear"} : (tensor<1x1x4x4xi8>, none, tensor<4xf32>) -> tensor<1x1x8x8xi8>
  return %0 : tensor<1x1x8x8xi8>
}

// -----

func.func @antialias(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x?x?xf32> {
  %none = onnx.none : none
  %c = onnx.constant dense<[1.0, 1.0, 0.5, 0.5]> : tensor<4xf32> : tensor<4xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): attribute 'antialias' is 1, for which the shape of the output must be known where a dimension shrinks}}
  %0 = onnx.node "Resize"(%x, %none, %c) {id = "a", opset = 19 : i64} attributes {mode = "linear", antialias = 1 : i64} : (tensor<1x1x4x4xf32>, none, tensor<4xf32>) -> tensor<1x1x?x?xf32>
  return %0 : tensor<1x1x?x?xf32>
}

// -----

// Positions in a region are found for an output of known shape.
func.func @region(%x: tensor<1x1x4x4xf32>, %r: tensor<8xf32>) -> tensor<1x1x?x?xf32> {
  %s = onnx.constant dense<[1, 1, 2, 2]> : tensor<4xi64> : tensor<4xi64>
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (Resize, opset 19): the shape of the output must be known where a region is resized}}
  %0 = onnx.node "Resize"(%x, %r, %none, %s) {id = "a", opset = 19 : i64} attributes {mode = "linear", coordinate_transformation_mode = "tf_crop_and_resize"} : (tensor<1x1x4x4xf32>, tensor<8xf32>, none, tensor<4xi64>) -> tensor<1x1x?x?xf32>
  return %0 : tensor<1x1x?x?xf32>
}

// -----

// And a region is needed.
func.func @no_region(%x: tensor<1x1x4x4xf32>, %s: tensor<4xi64>) -> tensor<1x1x2x2xf32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (Resize, opset 19): an output of the rank of the input is needed, and a region where one is resized}}
  %0 = onnx.node "Resize"(%x, %none, %none, %s) {id = "a", opset = 19 : i64} attributes {mode = "linear", coordinate_transformation_mode = "tf_crop_and_resize"} : (tensor<1x1x4x4xf32>, none, none, tensor<4xi64>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

// -----

// Each axis has a scale.
func.func @scales(%x: tensor<1x1x4x4xf32>, %s: tensor<3xf32>) -> tensor<1x1x2x2xf32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (Resize, opset 19): input 2 is 'tensor<3xf32>', but 4 numbers are needed for 4 axes}}
  %0 = onnx.node "Resize"(%x, %none, %s) {id = "a", opset = 19 : i64} attributes {} : (tensor<1x1x4x4xf32>, none, tensor<3xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}
