// RUN: garam-opt %s -onnx-fold-shapes -split-input-file | FileCheck %s

// Dimensions whose sizes a run gives are followed as symbols: a Reshape says
// the sizes that its operands come to, in numbers and symbols.

// CHECK: #[[MAP:.+]] = affine_map<()[s0, s1] -> (s0, s1, 2, 3)>
// CHECK-LABEL: func @reshape(
// CHECK-SAME:    %[[X:.+]]: tensor<?x?x6xf32>
// CHECK: %[[SIZES:.+]] = onnx.sizes #[[MAP]] : tensor<4xi64>
// CHECK: onnx.node "Reshape"(%[[X]], %[[SIZES]])
// CHECK-NOT: "Concat"
func.func @reshape(%x: tensor<?x?x6xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> tensor<?x?x?x?xf32>
    attributes {garam.symbols = [{name = "b", least = 1 : i64, most = 4 : i64}, {name = "s", least = 1 : i64, most = 9 : i64}]} {
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {start = 0 : i64, end = 2 : i64}
      : (tensor<?x?x6xf32>) -> tensor<2xi64>
  %rest = onnx.constant dense<[2, -1]> : tensor<2xi64> : tensor<2xi64>
  %all = onnx.node "Concat"(%shape, %rest) {id = "all", opset = 27 : i64} attributes {axis = 0 : i64}
      : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xi64>
  %y = onnx.node "Reshape"(%x, %all) {id = "y", opset = 27 : i64} attributes {allowzero = 0 : i64}
      : (tensor<?x?x6xf32>, tensor<4xi64>) -> tensor<?x?x?x?xf32>
  return %y : tensor<?x?x?x?xf32>
}

// -----

// What is true of all sizes is known: a comparison with a number that no size
// is chooses nothing.

// CHECK: #[[MORE:.+]] = affine_map<()[s0] -> (s0 * 2 + 1)>
// CHECK-LABEL: func @compare(
// CHECK: onnx.sizes #[[MORE]] : tensor<1xi64>
// CHECK-NOT: "Where"
func.func @compare(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> tensor<1xi64>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 4 : i64}]} {
  %one = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %none = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {start = 0 : i64}
      : (tensor<?xf32>) -> tensor<1xi64>
  %twice = onnx.node "Mul"(%shape, %two) {id = "twice", opset = 27 : i64} attributes {}
      : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %more = onnx.node "Add"(%twice, %one) {id = "more", opset = 27 : i64} attributes {}
      : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %is_none = onnx.node "Equal"(%more, %none) {id = "is_none", opset = 27 : i64} attributes {}
      : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
  %y = onnx.node "Where"(%is_none, %one, %more) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<1xi1>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  return %y : tensor<1xi64>
}

// -----

// Sizes that the data decides are followed, too.

// CHECK: #[[COUNTED:.+]] = affine_map<(d0) -> (d0, 2)>
// CHECK-LABEL: func @counted(
// CHECK: %[[FOUND:.+]] = onnx.node "NonZero"
// CHECK: onnx.node "Transpose"(%[[FOUND]]) {garam.bounded_sizes,
// CHECK: %[[SIZES:.+]] = onnx.sizes #[[COUNTED]] of %[[FOUND]] dims [1] : (tensor<2x?xi64>) -> tensor<2xi64>
// CHECK: onnx.node "Expand"(%{{.+}}, %[[SIZES]])
func.func @counted(%x: tensor<3x4xf32>) -> (tensor<?x2xi64>, tensor<?x?xf32>) {
  %unit = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %found = onnx.node "NonZero"(%x) {id = "found", opset = 27 : i64} attributes {} : (tensor<3x4xf32>) -> tensor<2x?xi64>
  %places = onnx.node "Transpose"(%found) {id = "places", opset = 27 : i64} attributes {perm = array<i64: 1, 0>}
      : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %shape = onnx.node "Shape"(%places) {id = "shape", opset = 27 : i64} attributes {start = 0 : i64} : (tensor<?x2xi64>) -> tensor<2xi64>
  %y = onnx.node "Expand"(%unit, %shape) {id = "y", opset = 27 : i64} attributes {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %places, %y : tensor<?x2xi64>, tensor<?x?xf32>
}
