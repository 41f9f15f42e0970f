// RUN: garam-opt %s -convert-onnx-to-linalg -canonicalize -split-input-file | FileCheck %s

// Powers are divided by their sums before the values are summed; a mask that is
// false makes scores what the attribute says.
// CHECK-LABEL: @queries
// CHECK-DAG: %[[SCALE:.+]] = arith.constant 2.500000e-01
// CHECK-DAG: %[[MASKED:.+]] = arith.constant -1.000000e+04
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: arith.mulf %{{.+}}, %[[SCALE]]
// CHECK: arith.select %{{.+}}, %{{.+}}, %[[MASKED]]
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @queries(%q: tensor<2x4x5x16xf32>, %k: tensor<2x4x16x6xf32>, %v: tensor<2x4x6x8xf32>,
                   %m: tensor<5x6xi1>) -> tensor<2x4x5x8xf32> {
  %0 = onnx.node "Attention"(%q, %k, %v, %m) {id = "a", opset = 27 : i64}
      attributes {masked = -1.0e4 : f32, scale = 0.25 : f32, transposed_keys = 1 : i64}
      : (tensor<2x4x5x16xf32>, tensor<2x4x16x6xf32>, tensor<2x4x6x8xf32>, tensor<5x6xi1>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

// Of one query the values are summed first. Two heads share keys, which are
// read where they are. A sum that is no number makes 0.
// CHECK-DAG: #[[$Q:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
// CHECK-DAG: #[[$K:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d4)>
// CHECK-LABEL: @query
// CHECK: tensor.expand_shape %{{.+}} {{\[}}[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 1, 16]
// CHECK: linalg.generic {indexing_maps = [#[[$Q]], #[[$K]],
// CHECK: math.exp
// CHECK: linalg.generic {indexing_maps = [#[[$Q]], #[[$K]],
// CHECK: arith.divf
// CHECK: arith.cmpf ord
// CHECK: arith.select
// CHECK: tensor.collapse_shape
func.func @query(%q: tensor<1x4x1x16xf32>, %k: tensor<1x2x6x16xf32>, %v: tensor<1x2x6x8xf32>) -> tensor<1x4x1x8xf32> {
  %0 = onnx.node "Attention"(%q, %k, %v) {id = "a", opset = 27 : i64}
      attributes {scale = 1.0 : f32, zero_unseen = 1 : i64}
      : (tensor<1x4x1x16xf32>, tensor<1x2x6x16xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x1x8xf32>
  return %0 : tensor<1x4x1x8xf32>
}

// -----

// Operands of three dimensions have no batch. A tangent caps the scores; then
// masks follow in their order, of which the second hides where it is true.
// CHECK-LABEL: @capped
// CHECK-DAG: %[[SCALE:.+]] = arith.constant 1.250000e-01
// CHECK-DAG: %[[CAP:.+]] = arith.constant 2.000000e+00
// CHECK-COUNT-2: tensor.expand_shape %{{.+}} {{\[}}[0, 1], [2], [3]]
// CHECK: arith.mulf %{{.+}}, %[[SCALE]]
// CHECK-NEXT: math.tanh
// CHECK-NEXT: arith.mulf %{{.+}}, %[[CAP]]
// CHECK: arith.addf
// CHECK: arith.select %{{.+}}, %{{.+}}, %in
// CHECK: tensor.expand_shape
// CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2], [3]]
func.func @capped(%q: tensor<4x5x16xf32>, %k: tensor<4x16x6xf32>, %v: tensor<4x6x8xf32>, %d: tensor<5x6xf32>,
                  %m: tensor<6xi1>) -> tensor<4x5x8xf32> {
  %0 = onnx.node "Attention"(%q, %k, %v, %d, %m) {id = "a", opset = 27 : i64}
      attributes {hides_true = 1 : i64, masks = 2 : i64, scale = 0.25 : f32, softcap = 2.0 : f32, transposed_keys = 1 : i64}
      : (tensor<4x5x16xf32>, tensor<4x16x6xf32>, tensor<4x6x8xf32>, tensor<5x6xf32>, tensor<6xi1>) -> tensor<4x5x8xf32>
  return %0 : tensor<4x5x8xf32>
}
