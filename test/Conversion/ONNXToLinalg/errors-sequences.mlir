// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// Steps that need the result of another.

// An axis is one integer.
func.func @f(%x: tensor<2x3xf32>, %a: tensor<2xi64>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (CumSum, opset 22): input 1 ('axis') is 'tensor<2xi64>', but one integer is needed}}
  %0 = onnx.node "CumSum"(%x, %a) {id = "a", opset = 22 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// A scalar has no axes.
func.func @f(%x: tensor<f32>, %a: tensor<i64>) -> tensor<f32> {
  // expected-error @+1 {{input 0 has rank 0, but 1 to 2147483647 is needed}}
  %0 = onnx.node "CumSum"(%x, %a) {id = "a", opset = 22 : i64} attributes {} : (tensor<f32>, tensor<i64>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// Elements are replaced, added, multiplied, or compared.
func.func @f(%x: tensor<2xf32>, %i: tensor<2xi64>, %u: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (ScatterElements, opset 22): attribute 'reduction' is 'mean', but none, add, mul, max or min is needed}}
  %0 = onnx.node "ScatterElements"(%x, %i, %u) {id = "a", opset = 22 : i64} attributes {reduction = "mean"} : (tensor<2xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Updates are of the type of the data.
func.func @f(%x: tensor<2xf32>, %i: tensor<2xi64>, %u: tensor<2xi32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (ScatterElements, opset 22): updates 'tensor<2xi32>' must hold what the data does, 'f32'; hint: convert them with a Cast}}
  %0 = onnx.node "ScatterElements"(%x, %i, %u) {id = "a", opset = 22 : i64} attributes {} : (tensor<2xf32>, tensor<2xi64>, tensor<2xi32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Every update has an index.
func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{node 'a' (ScatterElements, opset 22): indices 'tensor<2xi64>' and updates 'tensor<3xf32>' do not fit the data, 'tensor<4xf32>'; hint: both have one shape of the data's rank, whose dimensions but that of the axis are known and at most the data's}}
  %0 = onnx.node "ScatterElements"(%x, %i, %u) {id = "a", opset = 22 : i64} attributes {} : (tensor<4xf32>, tensor<2xi64>, tensor<3xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Slices that are updated are those of the data.
func.func @f(%x: tensor<4x3xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> tensor<4x3xf32> {
  // expected-error @+1 {{node 'a' (ScatterND, opset 22): indices 'tensor<2x1xi64>' and updates 'tensor<2x4xf32>' do not fit the data, 'tensor<4x3xf32>'; hint: the last dimension of the indices is known and at most the data's rank; the updates have the others, and behind them those of the data that are not indexed}}
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "a", opset = 22 : i64} attributes {} : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// The dimensions of the data are bounds of indices.
func.func @f(%x: tensor<?x3xf32>, %i: tensor<2x1xi64>, %u: tensor<2x3xf32>) -> tensor<?x3xf32> {
  // expected-error @+1 {{dynamic ('tensor<?x3xf32>'), but a scatter needs its size}}
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "a", opset = 22 : i64} attributes {} : (tensor<?x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// A cache is updated along one dimension behind the first.
func.func @f(%x: tensor<2x1x4x5xf32>, %u: tensor<2x1x3x6xf32>) -> tensor<2x1x4x5xf32> {
  // expected-error @+1 {{node 'a' (TensorScatter, opset 24): the update 'tensor<2x1x3x6xf32>' does not fit the cache 'tensor<2x1x4x5xf32>'; hint: it has the cache's shape, but for the dimension of the attribute 'axis', which is not 0}}
  %0 = onnx.node "TensorScatter"(%x, %u) {id = "a", opset = 24 : i64} attributes {} : (tensor<2x1x4x5xf32>, tensor<2x1x3x6xf32>) -> tensor<2x1x4x5xf32>
  return %0 : tensor<2x1x4x5xf32>
}

// -----

// No more can be taken than there is.
func.func @f(%x: tensor<4xf32>) -> tensor<5xf32> {
  %k = onnx.constant dense<5> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (TopK, opset 22): the first 5 of 4 elements cannot be taken}}
  %0:2 = onnx.node "TopK"(%x, %k) {id = "a", opset = 22 : i64} attributes {} : (tensor<4xf32>, tensor<1xi64>) -> (tensor<5xf32>, tensor<5xi64>)
  return %0#0 : tensor<5xf32>
}

// -----

// Rows have a length.
func.func @f(%x: tensor<?xf32>, %k: tensor<1xi64>) -> tensor<5xf32> {
  // expected-error @+1 {{dynamic ('tensor<?xf32>'), but a selection needs its size}}
  %0:2 = onnx.node "TopK"(%x, %k) {id = "a", opset = 22 : i64} attributes {} : (tensor<?xf32>, tensor<1xi64>) -> (tensor<5xf32>, tensor<5xi64>)
  return %0#0 : tensor<5xf32>
}

// -----

// Weights are those of the directions.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): weights 'tensor<1x4x3xf32>' and 'tensor<1x4x4xf32>' do not fit each other, the inputs 'tensor<5x2x3xf32>' or the 2 directions}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {direction = "bidirectional"} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// There are three directions.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): attribute 'direction' is 'both', but forward, reverse or bidirectional is needed}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {direction = "both"} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// Each direction has its activations.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): attribute 'activations' has 0 names, but 1 are needed}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {activations = []} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// They are those of ONNX.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): attribute 'activations' holds 'Gelu', which is not an activation of ONNX}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {activations = ["Gelu"]} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// They are named.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): attribute 'activations' is 1 : i64, but must be an array of strings}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {activations = 1 : i64} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// Every sequence has a length.
func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x8xf32>, %l: tensor<3xi32>) -> tensor<5x1x2x4xf32> {
  // expected-error @+1 {{node 'a' (RNN, opset 22): input 4 is 'tensor<3xi32>', but the layer needs the shape 2}}
  %0 = onnx.node "RNN"(%x, %w, %r, %b, %l) {id = "a", opset = 22 : i64} attributes {} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x8xf32>, tensor<3xi32>) -> tensor<5x1x2x4xf32>
  return %0 : tensor<5x1x2x4xf32>
}

// -----

// Weights fit inputs of a size that is known; steps and sequences need none.
func.func @f(%x: tensor<?x?x?xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<?x1x?x4xf32> {
  // expected-error @+1 {{dimension 2 of input 0 is dynamic ('tensor<?x?x?xf32>'), but a recurrent layer needs its size}}
  %0 = onnx.node "RNN"(%x, %w, %r) {id = "a", opset = 22 : i64} attributes {} : (tensor<?x?x?xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> tensor<?x1x?x4xf32>
  return %0 : tensor<?x1x?x4xf32>
}
