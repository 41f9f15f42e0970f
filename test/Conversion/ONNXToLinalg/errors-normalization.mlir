// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What normalisations refuse.

// Statistics of training are no outputs of inference.
func.func @batch_statistics(%x: tensor<1x2x4xf32>, %s: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (BatchNormalization, opset 9): output 1, a statistic of training, is used}}
  %0:2 = onnx.node "BatchNormalization"(%x, %s, %s, %s, %s) {id = "a", opset = 9 : i64} attributes {} : (tensor<1x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<1x2x4xf32>, tensor<2xf32>)
  return %0#1 : tensor<2xf32>
}

// -----

func.func @batch_channels(%x: tensor<1x2x4xf32>, %s: tensor<3xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (BatchNormalization, opset 17): input 1 is 'tensor<3xf32>', but a vector of the 2 channels of 'tensor<1x2x4xf32>' is needed}}
  %0 = onnx.node "BatchNormalization"(%x, %s, %s, %s, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

func.func @layer_scale(%x: tensor<1x2x4xf32>, %s: tensor<3xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (LayerNormalization, opset 17): input 1 is 'tensor<3xf32>', which does not broadcast to 'tensor<1x2x4xf32>'}}
  %0 = onnx.node "LayerNormalization"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4xf32>, tensor<3xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

func.func @layer_bias(%x: tensor<1x2x4xf32>, %s: tensor<4xf32>, %b: tensor<1xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (LayerNormalization, opset 17): bias 'tensor<1xf32>' has another shape than scale 'tensor<4xf32>'}}
  %0 = onnx.node "LayerNormalization"(%x, %s, %b) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

func.func @group_dynamic(%x: tensor<?x?x?xf32>, %s: tensor<4xf32>) -> tensor<?x?x?xf32> {
  // expected-error @+1 {{node 'a' (GroupNormalization, opset 21): dimension 1 of input 0 is dynamic ('tensor<?x?x?xf32>'), but a normalisation needs its size}}
  %0 = onnx.node "GroupNormalization"(%x, %s, %s) {id = "a", opset = 21 : i64} attributes {num_groups = 2 : i64} : (tensor<?x?x?xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x?x?xf32>
  return %0 : tensor<?x?x?xf32>
}

// -----

func.func @instance_scale(%x: tensor<1x2x4xf32>, %s: tensor<3xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (InstanceNormalization, opset 17): input 1 is 'tensor<3xf32>', but a vector of 2 elements is needed}}
  %0 = onnx.node "InstanceNormalization"(%x, %s, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

func.func @groups(%x: tensor<1x2x4xf32>, %s: tensor<2xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (GroupNormalization, opset 21): attribute 'num_groups' is 3, which does not divide the 2 channels of 'tensor<1x2x4xf32>'}}
  %0 = onnx.node "GroupNormalization"(%x, %s, %s) {id = "a", opset = 21 : i64} attributes {num_groups = 3 : i64} : (tensor<1x2x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

func.func @order(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (LpNormalization, opset 17): attribute 'p' is 3, but 1 or 2 is needed}}
  %0 = onnx.node "LpNormalization"(%x) {id = "a", opset = 17 : i64} attributes {p = 3 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @lrn(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  // expected-error @+1 {{node 'a' (LRN, opset 17): attribute 'size' is 0, but a number from 1 to 2^31 - 1 is needed}}
  %0 = onnx.node "LRN"(%x) {id = "a", opset = 17 : i64} attributes {size = 0 : i64} : (tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}
