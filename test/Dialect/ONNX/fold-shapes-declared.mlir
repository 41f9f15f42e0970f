// RUN: garam-opt %s -onnx-fold-shapes --verify-diagnostics | FileCheck %s

// The sizes of a run win over numbers that the model declares in their place.
// Declared sizes stay where nothing is known, where they agree, and where a
// symbol has one size alone.

// CHECK-LABEL: func @contradiction(
// CHECK-SAME: onnx.declared = tensor<?x?x6xf32>
// CHECK-SAME: onnx.declared = tensor<4x9xf32>
// CHECK-SAME: onnx.declared = tensor<2x3xi64>
// expected-warning@+2 {{output 'y': the model declares that dimension 0 is 2, but it is s; what is declared is ignored}}
// expected-warning@+1 {{output 'y': the model declares that dimension 1 is 3, but it is b; what is declared is ignored}}
func.func @contradiction(%x: tensor<?x?x6xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]},
                         %z: tensor<?x9xf32> {onnx.name = "z", onnx.dims = ["one", ""]})
    -> (tensor<?x?x6xf32> {onnx.name = "y", onnx.declared = tensor<2x3x6xf32>},
        tensor<?x9xf32> {onnx.name = "w", onnx.declared = tensor<4x9xf32>},
        tensor<2x?xi64> {onnx.name = "n", onnx.declared = tensor<2x3xi64>})
    attributes {garam.symbols = [{name = "b", least = 1 : i64, most = 4 : i64}, {name = "s", least = 1 : i64, most = 9 : i64},
                                 {name = "one", least = 4 : i64, most = 4 : i64}]} {
  %y = onnx.node "Transpose"(%x) {id = "y", opset = 27 : i64} attributes {perm = array<i64: 1, 0, 2>}
      : (tensor<?x?x6xf32>) -> tensor<?x?x6xf32>
  %w = onnx.node "Neg"(%z) {id = "w", opset = 27 : i64} attributes {}
      : (tensor<?x9xf32>) -> tensor<?x9xf32>
  %n = onnx.node "NonZero"(%z) {id = "n", opset = 27 : i64} attributes {}
      : (tensor<?x9xf32>) -> tensor<2x?xi64>
  return %y, %w, %n : tensor<?x?x6xf32>, tensor<?x9xf32>, tensor<2x?xi64>
}
