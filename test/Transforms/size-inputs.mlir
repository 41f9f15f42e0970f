// RUN: garam-opt %s -size-inputs -split-input-file | FileCheck %s

// An input takes the greatest size, its front is what comes in; the sizes of a
// run are a further input, those of an output a further output.

// CHECK-LABEL: func @main(
// CHECK-SAME:    %[[X:.+]]: tensor<8x4xf32> {garam.dimensions = ["n", ""], onnx.name = "x"}
// CHECK-SAME:    %[[SIZES:.+]]: tensor<1xi64> {garam.symbols = [{least = 1 : i64, most = 8 : i64, name = "n"}], onnx.name = "sizes"}
// CHECK-SAME:    -> (tensor<8x4xf32> {garam.dimensions = ["n", ""], garam.sized = "y.sizes", onnx.name = "y"}, tensor<2xi64> {onnx.name = "y.sizes"})
// CHECK-NOT:     garam.symbols
// CHECK: %[[IN:.+]] = garam_ext.take_front %[[X]][%{{.+}}] : tensor<8x4xf32> to tensor<?x4xf32>
// CHECK: %[[Y:.+]] = linalg.abs ins(%[[IN]]
// CHECK: %[[OUT:.+]] = garam_ext.place_front %[[Y]][%{{.+}}] : tensor<?x4xf32> to tensor<8x4xf32>
// CHECK: %[[ALL:.+]] = tensor.from_elements
// CHECK: return %[[OUT]], %[[ALL]]
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (tensor<?x4xf32> {onnx.name = "y"})
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.abs ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A dimension without a symbol is left for devices to refuse.

// CHECK-LABEL: func @open(
// CHECK-SAME:    tensor<?x?xf32>
func.func @open(%x: tensor<?x?xf32> {onnx.dims = ["n", "m"]}) -> tensor<?x?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  return %x : tensor<?x?xf32>
}

// -----

// Sizes that have to be equal and may differ become conditions, with the node
// that needs them; what follows from these is none.

// CHECK-LABEL: func @conditions(
// CHECK-SAME:    %{{.+}}: tensor<2xi64> {garam.conditions = [
// CHECK-SAME:      {left = affine_map<()[s0, s1] -> (s0)>, node = "halved", right = affine_map<()[s0, s1] -> ((s0 floordiv 2) * 2)>},
// CHECK-SAME:      {left = affine_map<()[s0, s1] -> (s0)>, node = "added", right = affine_map<()[s0, s1] -> (s1)>}],
func.func @conditions(%x: tensor<?xf32> {onnx.dims = ["n"]}, %y: tensor<?xf32> {onnx.dims = ["m"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}, {name = "m", least = 2 : i64, most = 9 : i64}]} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %half = arith.divui %n, %c2 : index
  %even = arith.muli %half, %c2 : index
  %0 = tensor.expand_shape %x [[0, 1]] output_shape [%half, 2] : tensor<?xf32> into tensor<?x2xf32> loc("node:halved")
  %e = tensor.empty(%n) : tensor<?xf32>
  %1 = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32> loc("node:added")
  %2 = tensor.collapse_shape %0 [[0, 1]] : tensor<?x2xf32> into tensor<?xf32>
  %3 = linalg.mul ins(%2, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32> loc("node:multiplied")
  return %3 : tensor<?xf32>
}
