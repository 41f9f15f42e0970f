// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// Inputs and attributes that any operator may have wrong.

// Attributes of another kind than the operator has.
func.func @attribute_float(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (LeakyRelu, opset 17): attribute 'alpha' is 1 : i64, but must be a float}}
  %0 = onnx.node "LeakyRelu"(%x) {id = "a", opset = 17 : i64} attributes {alpha = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @attribute_string(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Gelu, opset 20): attribute 'approximate' is 1 : i64, but must be a string}}
  %0 = onnx.node "Gelu"(%x) {id = "a", opset = 20 : i64} attributes {approximate = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @attribute_ints(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  // expected-error @+1 {{node 'a' (Transpose, opset 17): attribute 'perm' is 1 : i64, but must be an array of integers}}
  %0 = onnx.node "Transpose"(%x) {id = "a", opset = 17 : i64} attributes {perm = 1 : i64} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

func.func @attribute_floats() -> tensor<1xf32> {
  // expected-error @+1 {{node 'a' (Constant, opset 17): attribute 'value_floats' is 1 : i64, but must be an array of floats}}
  %0 = onnx.node "Constant"() {id = "a", opset = 17 : i64} attributes {value_floats = 1 : i64} : () -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @attribute_tensor() -> tensor<1xf32> {
  // expected-error @+1 {{node 'a' (Constant, opset 17): attribute 'value' is 1 : i64, but must be a tensor}}
  %0 = onnx.node "Constant"() {id = "a", opset = 17 : i64} attributes {value = 1 : i64} : () -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @rank(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): input 0 has rank 2, but 3 to 8 is needed}}
  %0 = onnx.node "Conv"(%x, %x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @rank_one(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (DepthToSpace, opset 17): input 0 has rank 2, but 4 is needed}}
  %0 = onnx.node "DepthToSpace"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// An operand that the operator cannot do without, though ONNX counts it as
// optional.
func.func @left_out(%x: tensor<2x3xf32>) -> tensor<1x2x3xf32> {
  // expected-error @+1 {{node 'a' (Unsqueeze, opset 17): input 1 ('axes') is left out}}
  %0 = onnx.node "Unsqueeze"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
  return %0 : tensor<1x2x3xf32>
}

// -----

func.func @concat_left_out(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (Concat, opset 17): input 1 is left out}}
  %0 = onnx.node "Concat"(%x, %none) {id = "a", opset = 17 : i64} attributes {axis = 0 : i64} : (tensor<2x3xf32>, none) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @axis_twice(%x: tensor<2x3xf32>) -> tensor<1x1xf32> {
  %c = onnx.constant dense<[0, -2]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (ReduceSum, opset 17): an axis is given twice}}
  %0 = onnx.node "ReduceSum"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
