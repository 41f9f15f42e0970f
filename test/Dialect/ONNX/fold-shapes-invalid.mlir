// RUN: garam-opt %s --onnx-fold-shapes --split-input-file --verify-diagnostics

// What onnx's inference refuses with the values at hand is an invalid model.
func.func @impossible_reshape(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %shape = onnx.constant dense<[4, -1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error@+1 {{node 'y' (Reshape, opset 27): }}
  %y = onnx.node "Reshape"(%x, %shape) {id = "y", opset = 27 : i64} attributes {allowzero = 0 : i64} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// A type that contradicts the operands is an invalid model too.
func.func @contradiction(%x: tensor<2x3xf32>) -> tensor<?x5xf32> {
  // expected-error@+1 {{node 'y' (Relu, opset 27): its result has type 'tensor<?x5xf32>', but its operands make it 'tensor<2x3xf32>'}}
  %y = onnx.node "Relu"(%x) {id = "y", opset = 27 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
