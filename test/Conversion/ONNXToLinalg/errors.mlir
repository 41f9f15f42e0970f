// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// All that cannot be converted is reported in one run, and what depends on it
// is checked as well.

func.func @all_at_once(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{node 'a' (Unknown, opset 17): this operator is not supported}}
  %0 = onnx.node "Unknown"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // expected-error @+1 {{node 'b' (FusedConv, opset 1, domain com.microsoft): this operator is not supported}}
  %1 = onnx.node "FusedConv"(%0) {id = "b", domain = "com.microsoft", opset = 1 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = onnx.node "Relu"(%1) {id = "c", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // expected-error @+1 {{node 'd' (Concat, opset 17): axis 5 is outside of a tensor of rank 2}}
  %3 = onnx.node "Concat"(%2, %2) {id = "d", opset = 17 : i64} attributes {axis = 5 : i64} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return %3 : tensor<2x4xf32>
}

// -----

// An output of unknown rank that a failed node makes is no error of its user.

func.func @unknown_rank(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Unknown, opset 17): this operator is not supported}}
  %0 = onnx.node "Unknown"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<*xf32>
  %1 = onnx.node "Relu"(%0) {id = "b", opset = 17 : i64} attributes {} : (tensor<*xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

func.func @unranked_input(%x: tensor<*xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{node 'a' (Relu, opset 17): input 0 is 'tensor<*xf32>', but a tensor of known rank is needed}}
  %0 = onnx.node "Relu"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<*xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @missing_input(%x: tensor<2xf32>) -> tensor<2xf32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (Add, opset 17): input 1 is left out, but the operator needs 2 inputs}}
  %0 = onnx.node "Add"(%x, %none) {id = "a", opset = 17 : i64} attributes {} : (tensor<2xf32>, none) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @attribute_kind(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Softmax, opset 17): attribute 'axis' is 1.000000e+00 : f32, but must be an integer}}
  %0 = onnx.node "Softmax"(%x) {id = "a", opset = 17 : i64} attributes {axis = 1.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @attribute_size(%x: tensor<1x2x8x8xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): attribute 'strides' has 1 values, but 2 are needed}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {strides = array<i64: 1>} : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @attribute_range(%x: tensor<1x2x8x8xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): attribute 'strides' holds 0, but 1 to 2147483648 is needed}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {strides = array<i64: 1, 0>} : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @attribute_value(%x: tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32> {
  // expected-error @+1 {{node 'a' (MaxPool, opset 17): attribute 'auto_pad' is 'SAME', but NOTSET, SAME_UPPER, SAME_LOWER or VALID is needed}}
  %0 = onnx.node "MaxPool"(%x) {id = "a", opset = 17 : i64} attributes {auto_pad = "SAME", kernel_shape = array<i64: 3, 3>} : (tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  return %0 : tensor<1x2x8x8xf32>
}

// -----

func.func @window_too_large(%x: tensor<1x2x2x8xf32>) -> tensor<1x2x1x6xf32> {
  // expected-error @+1 {{node 'a' (MaxPool, opset 17): the window spans 3 elements of spatial dimension 0, which has 2 with its padding}}
  %0 = onnx.node "MaxPool"(%x) {id = "a", opset = 17 : i64} attributes {kernel_shape = array<i64: 3, 3>} : (tensor<1x2x2x8xf32>) -> tensor<1x2x1x6xf32>
  return %0 : tensor<1x2x1x6xf32>
}

// -----

func.func @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): weight 'tensor<4x2x3x3xf32>' with group 3 does not fit input 'tensor<1x4x8x8xf32>'}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {group = 3 : i64} : (tensor<1x4x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @bias(%x: tensor<1x2x8x8xf32>, %w: tensor<4x2x3x3xf32>, %b: tensor<3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): bias 'tensor<3xf32>' does not fit 'tensor<1x4x6x6xf32>'; a vector along dimension 1 of the output is needed}}
  %0 = onnx.node "Conv"(%x, %w, %b) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>, tensor<3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @dynamic_window(%x: tensor<?x2x?x8xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<?x4x?x6xf32> {
  // expected-error @+1 {{node 'a' (Conv, opset 17): dimension 2 of input 0 is dynamic ('tensor<?x2x?x8xf32>'), but auto_pad of a window smaller than its stride, or ceil_mode with padding of a window and more, needs its size; bind the model's inputs with --shape or --dim}}
  %0 = onnx.node "Conv"(%x, %w) {id = "a", opset = 17 : i64} attributes {auto_pad = "SAME_UPPER", strides = array<i64: 4, 1>} : (tensor<?x2x?x8xf32>, tensor<4x2x3x3xf32>) -> tensor<?x4x?x6xf32>
  return %0 : tensor<?x4x?x6xf32>
}

// -----

func.func @broadcast(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Mul, opset 17): shapes do not broadcast: 'tensor<2x3xf32>', 'tensor<2x4xf32>'}}
  %0 = onnx.node "Mul"(%x, %y) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @element_types(%x: tensor<2x3xf32>, %y: tensor<2x3xi32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Mul, opset 17): input 1 is 'tensor<2x3xi32>', but must hold 'f32' as input 0 does}}
  %0 = onnx.node "Mul"(%x, %y) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @floats_only(%x: tensor<2x3xi32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{node 'a' (Sigmoid, opset 17): input 0 is 'tensor<2x3xi32>', but a tensor of floats is needed}}
  %0 = onnx.node "Sigmoid"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xi32>) -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----

func.func @reduction_sizes(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) -> tensor<2x5xf32> {
  // expected-error @+1 {{node 'a' (MatMul, opset 17): the sizes that are summed over differ: 3 of 'tensor<2x3xf32>' and 4 of 'tensor<4x5xf32>'}}
  %0 = onnx.node "MatMul"(%x, %y) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}

// -----

func.func @reshape_count(%x: tensor<2x3xf32>) -> tensor<4x2xf32> {
  %shape = onnx.constant dense<[4, 2]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Reshape, opset 17): cannot reshape 'tensor<2x3xf32>' to 'tensor<4x2xf32>': the numbers of elements differ}}
  %0 = onnx.node "Reshape"(%x, %shape) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @reshape_infer(%x: tensor<2x3xf32>) -> tensor<4x1xf32> {
  %shape = onnx.constant dense<[4, -1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Reshape, opset 17): cannot infer the size at -1: 'tensor<2x3xf32>' does not divide into the other sizes}}
  %0 = onnx.node "Reshape"(%x, %shape) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}

// -----

func.func @runtime_operand(%x: tensor<2x3xf32>, %axes: tensor<1xi64>) -> tensor<2x?xf32> {
  // expected-error @+1 {{node 'a' (ReduceSum, opset 17): input 1 ('axes') is computed at run time, but must be a constant of integers}}
  %0 = onnx.node "ReduceSum"(%x, %axes) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// -----

func.func @declared_output(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{node 'a' (Relu, opset 17): output 0 is declared as 'tensor<2x4xf32>', but the operator yields 'tensor<2x3xf32>'}}
  %0 = onnx.node "Relu"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @scale(%x: tensor<2x3xf32>, %s: tensor<2xf32>) -> tensor<2x3xi8> {
  // expected-error @+1 {{node 'a' (QuantizeLinear, opset 17): scale 'tensor<2xf32>' does not fit 'tensor<2x3xf32>'; a scalar, a vector along dimension 1}}
  %0 = onnx.node "QuantizeLinear"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// -----

func.func @resize_mode(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32> {
  %none = onnx.none : none
  %scales = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // expected-error @+1 {{node 'a' (Resize, opset 19): attribute 'coordinate_transformation_mode' is 'tf_half_pixel', but one of half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric, tf_crop_and_resize, tf_half_pixel_for_nn is needed}}
  %0 = onnx.node "Resize"(%x, %none, %scales) {id = "a", opset = 19 : i64} attributes {coordinate_transformation_mode = "tf_half_pixel"} : (tensor<1x1x2x2xf32>, none, tensor<4xf32>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

// -----

func.func @constant_kind() -> tensor<2xui8> {
  // expected-error @+1 {{a constant of 'tensor<2xui8>' must be dense or a dense resource}}
  %0 = onnx.constant sparse<[[0]], [1]> : tensor<2xui8> : tensor<2xui8>
  return %0 : tensor<2xui8>
}

// -----

// Messages name the node, the operator and the opset of the model's file.

func.func @converted(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{node 'scan' (Scan, opset 9): a body with as many inputs as the node, one of which at least is scanned, is needed}}
  %y = onnx.node "Scan"(%x) {id = "scan_1", opset = 27 : i64, origin = ["scan", "Scan", 9]} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A part of an operator that ONNX defines by others is named beside it.

func.func @part(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{node 'loss' (NegativeLogLikelihoodLoss, opset 13, here as GatherElements): input 1 is left out, but the operator needs 2 inputs}}
  %y = onnx.node "GatherElements"(%x) {id = "loss/GatherElements_2", opset = 27 : i64, origin = ["loss", "NegativeLogLikelihoodLoss", 13]} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
