// RUN: garam-opt %s -size-inputs -pad-sizes -canonicalize -split-input-file | FileCheck %s

// Inputs and outputs have padding; the sizes of an output that are those of
// symbols are no result.

// CHECK-LABEL: func @elementwise(
// CHECK-SAME:    %[[X:.+]]: tensor<8x4xf32> {garam.dimensions = ["n", ""], garam.padded}
// CHECK-SAME:    %{{.+}}: tensor<1xi64>
// CHECK-SAME:    -> (tensor<8x4xf32> {garam.dimensions = ["n", ""], garam.padded, onnx.name = "y"})
// CHECK: %[[Y:.+]] = linalg.abs ins(%[[X]] : tensor<8x4xf32>)
// CHECK: return %[[Y]]
func.func @elementwise(%x: tensor<?x4xf32> {onnx.dims = ["n", ""]}) -> (tensor<?x4xf32> {onnx.name = "y"})
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.abs ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A sum leaves out what does not count: a mask of the positions below the size
// of the run chooses between an element and 0.

// CHECK-LABEL: func @sum(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<8xf32>
// CHECK-SAME:    %[[SIZES:[a-z0-9]+]]: tensor<1xi64>
// CHECK-DAG: %[[POSITIONS:.+]] = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi64>
// CHECK-DAG: %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[N:.+]] = tensor.extract_slice %[[SIZES]][0] [1] [1] : tensor<1xi64> to tensor<i64>
// CHECK: %[[MASK:.+]] = linalg.generic {{.*}} ins(%[[POSITIONS]], %[[N]]
// CHECK: arith.cmpi slt
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[MASK]]
// CHECK: ^bb0(%[[IN:.+]]: f32, %[[COUNTS:.+]]: i1, %[[OUT:.+]]: f32):
// CHECK: %[[ADDED:.+]] = arith.select %[[COUNTS]], %[[IN]], %[[ZERO]]
// CHECK: arith.addf %[[OUT]], %[[ADDED]]
func.func @sum(%x: tensor<?xf32> {onnx.dims = ["n"]}, %start: tensor<f32>) -> tensor<f32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<?xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// Of a product both factors are 0 behind what counts, whatever they hold.

// CHECK-LABEL: func @product(
// CHECK-SAME:    %[[A:[a-z0-9]+]]: tensor<4x8xf32>
// CHECK-SAME:    %[[B:[a-z0-9]+]]: tensor<8x3xf32>
// CHECK: %[[LEFT:.+]] = linalg.generic {{.*}} ins(%[[A]], %{{.+}} : tensor<4x8xf32>, tensor<8xi1>)
// CHECK: %[[RIGHT:.+]] = linalg.generic {{.*}} ins(%[[B]], %{{.+}} : tensor<8x3xf32>, tensor<8xi1>)
// CHECK: linalg.matmul ins(%[[LEFT]], %[[RIGHT]]
func.func @product(%a: tensor<4x?xf32> {onnx.dims = ["", "n"]}, %b: tensor<?x3xf32> {onnx.dims = ["n", ""]}, %c: tensor<4x3xf32>) -> tensor<4x3xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %y = linalg.matmul ins(%a, %b : tensor<4x?xf32>, tensor<?x3xf32>) outs(%c : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// Joined dimensions come apart again, each with its padding.

// CHECK-LABEL: func @joined(
// CHECK: %[[FLAT:.+]] = tensor.collapse_shape %{{.+}} {{\[\[}}0, 1], [2]] : tensor<4x8x6xf32> into tensor<32x6xf32>
// CHECK: %[[ABS:.+]] = linalg.abs ins(%[[FLAT]]
// CHECK: tensor.expand_shape %[[ABS]] {{\[\[}}0, 1], [2, 3]] output_shape [4, 8, 2, 3] : tensor<32x6xf32> into tensor<4x8x2x3xf32>
func.func @joined(%x: tensor<?x?x6xf32> {onnx.dims = ["b", "n", ""]}) -> tensor<?x?x2x3xf32>
    attributes {garam.symbols = [{name = "b", least = 1 : i64, most = 4 : i64}, {name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x6xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?x6xf32>
  %rows = arith.muli %b, %n : index
  %flat = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x6xf32> into tensor<?x6xf32>
  %e = tensor.empty(%rows) : tensor<?x6xf32>
  %abs = linalg.abs ins(%flat : tensor<?x6xf32>) outs(%e : tensor<?x6xf32>) -> tensor<?x6xf32>
  %y = tensor.expand_shape %abs [[0, 1], [2, 3]] output_shape [%b, %n, 2, 3] : tensor<?x6xf32> into tensor<?x?x2x3xf32>
  return %y : tensor<?x?x2x3xf32>
}

// -----

// Padding by the model begins where what counts ends.

// CHECK-LABEL: func @pad(
// CHECK: %[[FILLED:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<8xf32>, tensor<8xi1>)
// CHECK: tensor.pad %[[FILLED]] low[1] high[2]
// CHECK: tensor<8xf32> to tensor<11xf32>
func.func @pad(%x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}
