// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Broadcasting is in the maps; no operand is made larger.

// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2) -> (d1, 0)>
// CHECK: #[[Y:.*]] = affine_map<(d0, d1, d2) -> (d0, 0, d2)>
// CHECK-LABEL: func @broadcast(
func.func @broadcast(%x: tensor<3x1xf32>, %y: tensor<2x1x4xf32>) -> tensor<2x3x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[X]], #[[Y]], #{{.*}}]
  // CHECK: arith.subf
  %0 = onnx.node "Sub"(%x, %y) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<3x1xf32>, tensor<2x1x4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

// -----

// A constant that is one value becomes a scalar of the body.

// CHECK-LABEL: func @scalar_constant(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>
func.func @scalar_constant(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%[[X]] : tensor<?x4xf32>)
  // CHECK: %[[C:.*]] = arith.constant 1.500000e+00 : f32
  // CHECK: arith.mulf %{{.*}}, %[[C]]
  %c = onnx.constant dense<1.5> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %c) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Unsigned integers divide as such.

// CHECK-LABEL: func @unsigned(
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  // CHECK: arith.divui %{{.*}} : i8
  %0 = onnx.node "Div"(%x, %y) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// -----

// Small powers need no logarithm.

// CHECK-LABEL: func @square(
func.func @square(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: ^bb0(%[[E:.*]]: f32, %{{.*}}: f32):
  // CHECK: arith.mulf %[[E]], %[[E]]
  // CHECK-NOT: math.powf
  %c = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Pow"(%x, %c) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @relu(
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK: arith.maximumf %{{.*}}, %[[ZERO]] : f32
  %0 = onnx.node "Relu"(%x) {id = "r", opset = 17 : i64} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A bound that is left out is none.

// CHECK-LABEL: func @clip(
func.func @clip(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NOT: arith.maximumf
  // CHECK: arith.constant 6.000000e+00 : f32
  // CHECK: arith.minimumf
  %none = onnx.none : none
  %high = onnx.constant dense<6.0> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Clip"(%x, %none, %high) {id = "c", opset = 17 : i64} attributes {}
      : (tensor<4xf32>, none, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @where(
func.func @where(%c: tensor<4x5xi1>, %x: tensor<5xf32>, %y: tensor<4x1xf32>) -> tensor<4x5xf32> {
  // CHECK: arith.select %{{.*}} : f32
  %0 = onnx.node "Where"(%c, %x, %y) {id = "w", opset = 17 : i64} attributes {}
      : (tensor<4x5xi1>, tensor<5xf32>, tensor<4x1xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// The sign of both types decides the conversion.

// CHECK-LABEL: func @cast(
func.func @cast(%x: tensor<4xui8>) -> (tensor<4xf32>, tensor<4xi32>, tensor<4xi1>, tensor<4xi8>) {
  // CHECK: arith.uitofp %{{.*}} : i8 to f32
  // CHECK: arith.extui %{{.*}} : i8 to i32
  // CHECK: arith.cmpi ne
  // CHECK-NOT: linalg.generic
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 17 : i64} attributes {to = 1 : i64} : (tensor<4xui8>) -> tensor<4xf32>
  %1 = onnx.node "Cast"(%x) {id = "b", opset = 17 : i64} attributes {to = 6 : i64} : (tensor<4xui8>) -> tensor<4xi32>
  %2 = onnx.node "Cast"(%x) {id = "c", opset = 17 : i64} attributes {to = 9 : i64} : (tensor<4xui8>) -> tensor<4xi1>
  %3 = onnx.node "Cast"(%x) {id = "d", opset = 17 : i64} attributes {to = 3 : i64} : (tensor<4xui8>) -> tensor<4xi8>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xi32>, tensor<4xi1>, tensor<4xi8>
}

// -----

// More inputs than an engine reads at once are combined in groups; a mean
// divides once, by their number.

// CHECK-LABEL: func @many(
func.func @many(%x0: tensor<4xf32>, %x1: tensor<4xf32>, %x2: tensor<4xf32>, %x3: tensor<4xf32>, %x4: tensor<4xf32>, %x5: tensor<4xf32>, %x6: tensor<4xf32>, %x7: tensor<4xf32>, %x8: tensor<4xf32>, %x9: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[A:.*]] = linalg.generic
  // CHECK-COUNT-7: arith.addf
  // CHECK: %[[B:.*]] = linalg.generic
  // CHECK-COUNT-1: arith.addf
  // CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]] : tensor<4xf32>, tensor<4xf32>)
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: arith.addf
  // CHECK: arith.constant 1.000000e+01 : f32
  // CHECK: arith.divf
  %0 = onnx.node "Mean"(%x0, %x1, %x2, %x3, %x4, %x5, %x6, %x7, %x8, %x9) {id = "m", opset = 17 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// The sign of NaN is NaN.

// CHECK-LABEL: func @sign(
func.func @sign(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: ^bb0(%[[X:.*]]: f32, %{{.*}}: f32):
  // CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]]
  // CHECK: arith.select %[[NAN]], %[[X]]
  %0 = onnx.node "Sign"(%x) {id = "s", opset = 17 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
