// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Halves are read once in their order and once exchanged; constant sines have
// the sign, of which the first half is negative.
// CHECK-DAG: #[[$HALVES:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[$EXCHANGED:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, -d2 + 1, d3)>
// CHECK-DAG: #[[$TABLE:.+]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-LABEL: @halves
// CHECK-SAME: %[[X:.+]]: tensor<2x2x4xf32>, %[[C:.+]]: tensor<2x4xf32>
// CHECK: arith.constant dense<{{\[}}[-1.000000e+00, -2.000000e+00, 3.000000e+00, 4.000000e+00], [-5.000000e+00, -6.000000e+00, 7.000000e+00, 8.000000e+00]]> : tensor<2x4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[$HALVES]], #[[$EXCHANGED]], #[[$TABLE]], #[[$TABLE]], #[[$HALVES]]]
// CHECK-COUNT-2: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0], [1], [2, 3]]
func.func @halves(%x: tensor<2x2x4xf32>, %c: tensor<2x4xf32>) -> tensor<2x2x4xf32> {
  %s = onnx.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32> : tensor<2x4xf32>
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %s) {id = "r", opset = 27 : i64} attributes {interleaved = 0 : i64}
      : (tensor<2x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x2x4xf32>
  return %0 : tensor<2x2x4xf32>
}

// -----

// Neighbours, and tables with one number for both, which are computed: a vector
// has the sign.
// CHECK-DAG: #[[$PAIRS:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[$EXCHANGED:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, -d2 + 1)>
// CHECK-DAG: #[[$TABLE:.+]] = affine_map<(d0, d1, d2) -> (0, d1)>
// CHECK-DAG: #[[$SIGN:.+]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-LABEL: @pairs
// CHECK: arith.constant dense<[-1.000000e+00, 1.000000e+00]>
// CHECK: linalg.generic {indexing_maps = [#[[$PAIRS]], #[[$EXCHANGED]], #[[$TABLE]], #[[$TABLE]], #[[$SIGN]], #[[$PAIRS]]]
// CHECK-COUNT-3: arith.mulf
func.func @pairs(%x: tensor<?x6xf32>, %c: tensor<1x3xf32>, %s: tensor<1x3xf32>) -> tensor<?x6xf32> {
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %s) {id = "r", opset = 27 : i64} attributes {interleaved = 1 : i64}
      : (tensor<?x6xf32>, tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<?x6xf32>
  return %0 : tensor<?x6xf32>
}
