// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// Operands of run time, and indices.

// Axes of run time must be able to give the declared shape.
func.func @axes(%x: tensor<2x3xf32>, %axes: tensor<1xi64>) -> tensor<2x2xf32> {
  // expected-error @+1 {{node 'a' (ReduceSum, opset 20): no reduction of 'tensor<2x3xf32>' has the declared shape of the output, 'tensor<2x2xf32>'}}
  %0 = onnx.node "ReduceSum"(%x, %axes) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// So must starts and ends.
func.func @slice(%x: tensor<2x3xf32>, %s: tensor<1xi64>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Slice, opset 20): 'tensor<2x3xf32>' cannot be sliced to 'tensor<2xf32>'}}
  %0 = onnx.node "Slice"(%x, %s, %s) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A range starts at one number.
func.func @range(%x: tensor<2xi64>, %s: tensor<i64>) -> tensor<3xi64> {
  // expected-error @+1 {{node 'a' (Range, opset 20): input 0 is 'tensor<2xi64>', but a scalar is needed}}
  %0 = onnx.node "Range"(%x, %s, %s) {id = "a", opset = 20 : i64} attributes {} : (tensor<2xi64>, tensor<i64>, tensor<i64>) -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

// -----

// The middle has as many dimensions as the whole.
func.func @crop(%x: tensor<2x3xf32>, %s: tensor<1xi64>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (CenterCropPad, opset 20): 'tensor<2x3xf32>' cannot become 'tensor<2xf32>'}}
  %0 = onnx.node "CenterCropPad"(%x, %s) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Indices have the rank of the data and reach no further beside the axis.
func.func @elements(%x: tensor<2x3xf32>, %i: tensor<3x3xi64>) -> tensor<3x3xf32> {
  // expected-error @+1 {{node 'a' (GatherElements, opset 20): indices 'tensor<3x3xi64>' do not fit 'tensor<2x3xf32>'}}
  %0 = onnx.node "GatherElements"(%x, %i) {id = "a", opset = 20 : i64} attributes {axis = 1 : i64} : (tensor<2x3xf32>, tensor<3x3xi64>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// -----

// Coordinates have at most one number a dimension.
func.func @coordinates(%x: tensor<2x3xf32>, %i: tensor<2x3xi64>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (GatherND, opset 20): indices 'tensor<2x3xi64>' do not fit 'tensor<2x3xf32>' with 0 batch dimensions}}
  %0 = onnx.node "GatherND"(%x, %i) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xi64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Every sequence has a length.
func.func @lengths(%x: tensor<2x3xf32>, %i: tensor<2xi64>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (ReverseSequence, opset 20): a length for each of the sequences of 'tensor<2x3xf32>' along dimension 0 is needed, but 'tensor<2xi64>' is given}}
  %0 = onnx.node "ReverseSequence"(%x, %i) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// A diagonal is one i64.
func.func @diagonal(%x: tensor<2x3xf32>, %k: tensor<2xi64>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Trilu, opset 20): input 1 ('k') is 'tensor<2xi64>', but one i64 is needed}}
  %0 = onnx.node "Trilu"(%x, %k) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Without a depth the output has no known size.
func.func @depth(%x: tensor<2xi64>, %d: tensor<i64>, %v: tensor<2xf32>) -> tensor<2x?xf32> {
  // expected-error @+1 {{node 'a' (OneHot, opset 20): input 1 ('depth') is computed at run time, but must be a constant that is not negative}}
  %0 = onnx.node "OneHot"(%x, %d, %v) {id = "a", opset = 20 : i64} attributes {} : (tensor<2xi64>, tensor<i64>, tensor<2xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// -----

// One value where an index is and one elsewhere.
func.func @values(%x: tensor<2xi64>, %d: tensor<i64>, %v: tensor<3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{node 'a' (OneHot, opset 20): input 2 ('values') is 'tensor<3xf32>', but two elements are needed}}
  %0 = onnx.node "OneHot"(%x, %d, %v) {id = "a", opset = 20 : i64} attributes {} : (tensor<2xi64>, tensor<i64>, tensor<3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// Bits are as many as before.
func.func @bits(%x: tensor<2xf32>) -> tensor<2xf64> {
  // expected-error @+1 {{node 'a' (BitCast, opset 26): the bits of 'f32' are not as many as those of 'f64'}}
  %0 = onnx.node "BitCast"(%x) {id = "a", opset = 26 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf64>
  return %0 : tensor<2xf64>
}

// -----

// A norm is positive.
func.func @norm(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x1x1xf32> {
  // expected-error @+1 {{node 'a' (GlobalLpPool, opset 20): attribute 'p' is 0, but a positive number is needed}}
  %0 = onnx.node "GlobalLpPool"(%x) {id = "a", opset = 20 : i64} attributes {p = 0 : i64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

// How many coordinates there are decides which dimensions are left.
func.func @dynamic(%x: tensor<?x3xf32>, %i: tensor<2x?xi64>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (GatherND, opset 20): dimension 1 of input 1 is dynamic ('tensor<2x?xi64>'), but indexed access needs its size; bind}}
  %0 = onnx.node "GatherND"(%x, %i) {id = "a", opset = 20 : i64} attributes {} : (tensor<?x3xf32>, tensor<2x?xi64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// The middle is where both ends are known.
func.func @dynamic_crop(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<2xf32> {
  // expected-error @+2 {{dimension 0 of input 0 is dynamic ('tensor<?xf32>'), but a crop of the middle needs its size; bind}}
  // expected-error @+1 {{node 'a' (CenterCropPad, opset 20): 'tensor<?xf32>' cannot become 'tensor<2xf32>'}}
  %0 = onnx.node "CenterCropPad"(%x, %s) {id = "a", opset = 20 : i64} attributes {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @grid_sample_mode(%x: tensor<1x3x4x5xf32>, %grid: tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32> {
  // expected-error @+1 {{node 'a' (GridSample, opset 20): attribute 'mode' is 'area', but linear, nearest or cubic is needed}}
  %0 = onnx.node "GridSample"(%x, %grid) {id = "a", opset = 20 : i64} attributes {mode = "area"} : (tensor<1x3x4x5xf32>, tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32>
  return %0 : tensor<1x3x6x7xf32>
}

// -----

func.func @grid_sample_padding(%x: tensor<1x3x4x5xf32>, %grid: tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32> {
  // expected-error @+1 {{node 'a' (GridSample, opset 20): attribute 'padding_mode' is 'wrap', but zeros, border or reflection is needed}}
  %0 = onnx.node "GridSample"(%x, %grid) {id = "a", opset = 20 : i64} attributes {padding_mode = "wrap"} : (tensor<1x3x4x5xf32>, tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32>
  return %0 : tensor<1x3x6x7xf32>
}

// -----

func.func @grid_sample_grid(%x: tensor<1x3x4x5xf32>, %grid: tensor<1x6x7x3xf32>) -> tensor<1x3x6x7xf32> {
  // expected-error @+1 {{node 'a' (GridSample, opset 20): the grid 'tensor<1x6x7x3xf32>' does not fit 'tensor<1x3x4x5xf32>'; a position with 2 coordinates is needed for each element of the result}}
  %0 = onnx.node "GridSample"(%x, %grid) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x3x4x5xf32>, tensor<1x6x7x3xf32>) -> tensor<1x3x6x7xf32>
  return %0 : tensor<1x3x6x7xf32>
}

// -----

func.func @grid_sample_nothing(%x: tensor<1x3x0x5xf32>, %grid: tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32> {
  // expected-error @+1 {{node 'a' (GridSample, opset 20): there is nothing to sample in 'tensor<1x3x0x5xf32>'}}
  %0 = onnx.node "GridSample"(%x, %grid) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x3x0x5xf32>, tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32>
  return %0 : tensor<1x3x6x7xf32>
}

// -----

func.func @compress_condition(%x: tensor<3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Compress, opset 20): input 1 ('condition') is 'tensor<3xf32>', but booleans are needed}}
  %0 = onnx.node "Compress"(%x, %x) {id = "a", opset = 20 : i64} attributes {} : (tensor<3xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @compress_length(%x: tensor<3xf32>, %c: tensor<4xi1>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Compress, opset 20): input 1 ('condition') is 'tensor<4xi1>', but there are 3 elements to choose}}
  %0 = onnx.node "Compress"(%x, %c) {id = "a", opset = 20 : i64} attributes {} : (tensor<3xf32>, tensor<4xi1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
