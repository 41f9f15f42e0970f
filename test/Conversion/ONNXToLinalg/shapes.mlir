// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// 0 copies a size, a dynamic one too; -1 takes the rest.

// CHECK-LABEL: func @reshape(
func.func @reshape(%x: tensor<?x2x3x4xf32>) -> tensor<?x24xf32> {
  // CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2, 3]] : tensor<?x2x3x4xf32> into tensor<?x24xf32>
  %shape = onnx.constant dense<[0, -1]> : tensor<2xi64> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %shape) {id = "r", opset = 17 : i64} attributes {}
      : (tensor<?x2x3x4xf32>, tensor<2xi64>) -> tensor<?x24xf32>
  return %0 : tensor<?x24xf32>
}

// -----

// Shapes without a common refinement meet in the coarsest shape that both have.

// CHECK-LABEL: func @regroup(
func.func @regroup(%x: tensor<2x6x35xf32>) -> tensor<2x10x21xf32> {
  // CHECK: %[[C:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2]] : tensor<2x6x35xf32> into tensor<2x210xf32>
  // CHECK: tensor.expand_shape %[[C]] {{\[\[}}0], [1, 2]] {{.*}} : tensor<2x210xf32> into tensor<2x10x21xf32>
  %shape = onnx.constant dense<[2, 10, 21]> : tensor<3xi64> : tensor<3xi64>
  %0 = onnx.node "Reshape"(%x, %shape) {id = "r", opset = 17 : i64} attributes {}
      : (tensor<2x6x35xf32>, tensor<3xi64>) -> tensor<2x10x21xf32>
  return %0 : tensor<2x10x21xf32>
}

// -----

// A weight takes its new shape in place.

// CHECK-LABEL: func @weight(
func.func @weight() -> tensor<16x256xf32> {
  // CHECK: arith.constant dense_resource<weight> : tensor<16x256xf32>
  // CHECK-NEXT: return
  %w = onnx.constant dense_resource<weight> : tensor<16x4x4x16xf32> : tensor<16x4x4x16xf32>
  %0 = onnx.node "Flatten"(%w) {id = "f", opset = 17 : i64} attributes {axis = 1 : i64}
      : (tensor<16x4x4x16xf32>) -> tensor<16x256xf32>
  return %0 : tensor<16x256xf32>
}

// -----

// Unsigned weights share their blob with the signless constant.

// CHECK-LABEL: func @unsigned_weight(
// CHECK-SAME: -> (tensor<4xi8> {onnx.unsigned})
func.func @unsigned_weight() -> tensor<4xui8> {
  // CHECK: arith.constant dense_resource<bytes> : tensor<4xi8>
  %w = onnx.constant dense_resource<bytes> : tensor<4xui8> : tensor<4xui8>
  return %w : tensor<4xui8>
}

// -----

// CHECK-LABEL: func @transpose(
func.func @transpose(%x: tensor<?x3x4xf32>) -> tensor<?x4x3xf32> {
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<?x3x4xf32>) outs(%{{.*}} : tensor<?x4x3xf32>) permutation = [0, 2, 1]
  %0 = onnx.node "Transpose"(%x) {id = "t", opset = 17 : i64} attributes {perm = array<i64: 0, 2, 1>}
      : (tensor<?x3x4xf32>) -> tensor<?x4x3xf32>
  return %0 : tensor<?x4x3xf32>
}

// -----

// CHECK-LABEL: func @concat(
func.func @concat(%x: tensor<2x?xf32>, %y: tensor<2x3xf32>) -> tensor<2x?xf32> {
  // CHECK: tensor.concat dim(1) %{{.*}}, %{{.*}} : (tensor<2x?xf32>, tensor<2x3xf32>) -> tensor<2x?xf32>
  %0 = onnx.node "Concat"(%x, %y) {id = "c", opset = 17 : i64} attributes {axis = -1 : i64}
      : (tensor<2x?xf32>, tensor<2x3xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// -----

// Dynamic dimensions are joined, too; beside the joined one a size that one
// part knows holds for all.

// CHECK-LABEL: func @concat_dynamic(
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>, %[[Y:.*]]: tensor<4x?xf32>
func.func @concat_dynamic(%x: tensor<?x3xf32>, %y: tensor<4x?xf32>) -> tensor<4x?xf32> {
  // CHECK: tensor.concat dim(1) %[[X]], %[[Y]] : (tensor<?x3xf32>, tensor<4x?xf32>) -> tensor<4x?xf32>
  %0 = onnx.node "Concat"(%x, %y) {id = "c", opset = 17 : i64} attributes {axis = 1 : i64}
      : (tensor<?x3xf32>, tensor<4x?xf32>) -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// -----

// The last part may be smaller.

// CHECK-LABEL: func @split(
func.func @split(%x: tensor<7x2xf32>) -> (tensor<4x2xf32>, tensor<3x2xf32>) {
  // CHECK: tensor.extract_slice %{{.*}}[0, 0] [4, 2] [1, 1]
  // CHECK: tensor.extract_slice %{{.*}}[4, 0] [3, 2] [1, 1]
  %0:2 = onnx.node "Split"(%x) {id = "s", opset = 18 : i64} attributes {axis = 0 : i64, num_outputs = 2 : i64}
      : (tensor<7x2xf32>) -> (tensor<4x2xf32>, tensor<3x2xf32>)
  return %0#0, %0#1 : tensor<4x2xf32>, tensor<3x2xf32>
}

// -----

// A range that runs backwards is cut out forwards, then reversed.

// CHECK: #[[REVERSED:.*]] = affine_map<(d0) -> (-d0 + 2)>
// CHECK-LABEL: func @slice_backwards(
func.func @slice_backwards(%x: tensor<8xf32>) -> tensor<3xf32> {
  // CHECK: tensor.extract_slice %{{.*}}[2] [3] [2]
  // CHECK: linalg.generic {indexing_maps = [#[[REVERSED]],
  %start = onnx.constant dense<6> : tensor<1xi64> : tensor<1xi64>
  %end = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %axis = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %step = onnx.constant dense<-2> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %start, %end, %axis, %step) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// CHECK-LABEL: func @pad_edge(
func.func @pad_edge(%x: tensor<3xf32>) -> tensor<6xf32> {
  // CHECK: %[[I:.*]] = arith.constant dense<[0, 0, 1, 2, 2, 2]> : tensor<6xi64>
  // CHECK: garam_ext.gather %{{.*}}[%[[I]]] axis 0
  %pads = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %0 = onnx.node "Pad"(%x, %pads) {id = "p", opset = 17 : i64} attributes {mode = "edge"}
      : (tensor<3xf32>, tensor<2xi64>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

// One constant index is a slice, others are gathered.

// CHECK-LABEL: func @gather(
func.func @gather(%x: tensor<4x6xf32>, %i: tensor<?xi64>) -> (tensor<6xf32>, tensor<?x6xf32>) {
  // CHECK: %[[S:.*]] = tensor.extract_slice %{{.*}}[3, 0] [1, 6] [1, 1]
  // CHECK: tensor.collapse_shape %[[S]]
  // CHECK: garam_ext.gather %{{.*}}[%{{.*}}] axis 0 : tensor<4x6xf32>, tensor<?xi64> -> tensor<?x6xf32>
  %last = onnx.constant dense<-1> : tensor<i64> : tensor<i64>
  %0 = onnx.node "Gather"(%x, %last) {id = "a", opset = 17 : i64} attributes {axis = 0 : i64}
      : (tensor<4x6xf32>, tensor<i64>) -> tensor<6xf32>
  %1 = onnx.node "Gather"(%x, %i) {id = "b", opset = 17 : i64} attributes {axis = 0 : i64}
      : (tensor<4x6xf32>, tensor<?xi64>) -> tensor<?x6xf32>
  return %0, %1 : tensor<6xf32>, tensor<?x6xf32>
}

// -----

// Twice as large with the nearest element is a repetition.

// CHECK: #[[SOURCE:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func @resize_nearest(
func.func @resize_nearest(%x: tensor<1x2x3xf32>) -> tensor<1x2x6xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[SOURCE]],
  // CHECK: tensor.collapse_shape %{{.*}} : tensor<1x2x3x2xf32> into tensor<1x2x6xf32>
  %none = onnx.none : none
  %scales = onnx.constant dense<[1.0, 1.0, 2.0]> : tensor<3xf32> : tensor<3xf32>
  %0 = onnx.node "Resize"(%x, %none, %scales) {id = "r", opset = 17 : i64} attributes {}
      : (tensor<1x2x3xf32>, none, tensor<3xf32>) -> tensor<1x2x6xf32>
  return %0 : tensor<1x2x6xf32>
}

// -----

// Linear interpolation weighs two neighbours, which are known here.

// CHECK-LABEL: func @resize_linear(
func.func @resize_linear(%x: tensor<2xf32>) -> tensor<4xf32> {
  // CHECK: %[[I0:.*]] = arith.constant dense<[0, 0, 0, 1]> : tensor<4xi64>
  // CHECK: garam_ext.gather %{{.*}}[%[[I0]]] axis 0
  // CHECK: arith.constant dense<[1.000000e+00, 7.500000e-01, 2.500000e-01, 1.000000e+00]>
  // CHECK: %[[I1:.*]] = arith.constant dense<1> : tensor<4xi64>
  // CHECK: garam_ext.gather %{{.*}}[%[[I1]]] axis 0
  // CHECK: arith.constant dense<[0.000000e+00, 2.500000e-01, 7.500000e-01, 0.000000e+00]>
  %none = onnx.none : none
  %scales = onnx.constant dense<2.0> : tensor<1xf32> : tensor<1xf32>
  %0 = onnx.node "Resize"(%x, %none, %scales) {id = "r", opset = 17 : i64} attributes {mode = "linear"}
      : (tensor<2xf32>, none, tensor<1xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
