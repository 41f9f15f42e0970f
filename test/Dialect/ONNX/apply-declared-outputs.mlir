// RUN: garam-opt %s -onnx-apply-declared-outputs | FileCheck %s

// A declared type goes up through nodes whose results have their operands'
// shapes, to the node where the sizes come from.

// CHECK-LABEL: func @unary(
// CHECK-SAME:    -> tensor<1x3xi64> {
// CHECK:   "NonZero"{{.*}}-> tensor<1x3xi64>
// CHECK:   "Neg"{{.*}}(tensor<1x3xi64>) -> tensor<1x3xi64>
// CHECK:   return %{{.*}} : tensor<1x3xi64>
func.func @unary(%x: tensor<4xf32>) -> (tensor<?x?xi64> {onnx.declared = tensor<1x3xi64>}) {
  %i = onnx.node "NonZero"(%x) {id = "i", opset = 27 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<?x?xi64>
  %y = onnx.node "Neg"(%i) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<?x?xi64>) -> tensor<?x?xi64>
  return %y : tensor<?x?xi64>
}

// An operand that another one of unknown size may broadcast keeps what is open:
// its size may be 1 in a run. The other dimension is that of the result, for
// the other operand has a 1 there.

// CHECK-LABEL: func @broadcast(
// CHECK:   "NonZero"{{.*}}-> tensor<?x3xi64>
// CHECK:   "Add"{{.*}}(tensor<?x3xi64>, tensor<?x1xi64>) -> tensor<2x3xi64>
func.func @broadcast(%x: tensor<4x4xf32>, %b: tensor<?x1xi64>) -> (tensor<?x?xi64> {onnx.declared = tensor<2x3xi64>}) {
  %i = onnx.node "NonZero"(%x) {id = "i", opset = 27 : i64} attributes {}
      : (tensor<4x4xf32>) -> tensor<?x?xi64>
  %y = onnx.node "Add"(%i, %b) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<?x?xi64>, tensor<?x1xi64>) -> tensor<?x?xi64>
  return %y : tensor<?x?xi64>
}

// One element broadcasts to whatever the other operand is.

// CHECK-LABEL: func @one_element(
// CHECK:   "NonZero"{{.*}}-> tensor<2x3xi64>
// CHECK:   "Add"{{.*}}(tensor<2x3xi64>, tensor<i64>) -> tensor<2x3xi64>
func.func @one_element(%x: tensor<4x4xf32>, %b: tensor<i64>) -> (tensor<?x?xi64> {onnx.declared = tensor<2x3xi64>}) {
  %i = onnx.node "NonZero"(%x) {id = "i", opset = 27 : i64} attributes {}
      : (tensor<4x4xf32>) -> tensor<?x?xi64>
  %y = onnx.node "Add"(%i, %b) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<?x?xi64>, tensor<i64>) -> tensor<?x?xi64>
  return %y : tensor<?x?xi64>
}

// What is known wins over a declared size, and a declaration of another rank or
// element type says nothing. A result without rank takes the declared one.

// CHECK-LABEL: func @contradictions(
// CHECK-SAME:    -> (tensor<2x3xi64>, tensor<?x?xi64>, tensor<?x?xi64>, tensor<5xi64>) {
func.func @contradictions(%x: tensor<4x4xf32>)
    -> (tensor<2x?xi64> {onnx.declared = tensor<7x3xi64>}, tensor<?x?xi64> {onnx.declared = tensor<3xi64>},
        tensor<?x?xi64> {onnx.declared = tensor<2x3xi32>}, tensor<*xi64> {onnx.declared = tensor<5xi64>}) {
  %a = onnx.node "NonZero"(%x) {id = "a", opset = 27 : i64} attributes {} : (tensor<4x4xf32>) -> tensor<2x?xi64>
  %b = onnx.node "NonZero"(%x) {id = "b", opset = 27 : i64} attributes {} : (tensor<4x4xf32>) -> tensor<?x?xi64>
  %c = onnx.node "NonZero"(%x) {id = "c", opset = 27 : i64} attributes {} : (tensor<4x4xf32>) -> tensor<?x?xi64>
  %d = onnx.node "NonZero"(%x) {id = "d", opset = 27 : i64} attributes {} : (tensor<4x4xf32>) -> tensor<*xi64>
  return %a, %b, %c, %d : tensor<2x?xi64>, tensor<?x?xi64>, tensor<?x?xi64>, tensor<*xi64>
}

// Inputs keep their types, and what is no type of a tensor declares nothing.

// CHECK-LABEL: func @inputs(
// CHECK-SAME:    %{{.+}}: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>)
func.func @inputs(%x: tensor<?xf32>)
    -> (tensor<?xf32> {onnx.declared = tensor<4xf32>}, tensor<?xf32> {onnx.declared = 4 : i64}) {
  %y = onnx.node "Neg"(%x) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<?xf32>) -> tensor<?xf32>
  return %x, %y : tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: func private @declaration(
func.func private @declaration(tensor<?xf32>) -> tensor<?xf32>
