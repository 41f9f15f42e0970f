// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// A mean is a sum and a division; the reduced dimension comes back with size 1.

// CHECK-LABEL: func @mean(
func.func @mean(%x: tensor<2x8xf32>) -> tensor<2x1xf32> {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
  // CHECK: arith.addf
  // CHECK: %[[N:.*]] = arith.constant 8.000000e+00 : f32
  // CHECK: arith.divf %{{.*}}, %[[N]]
  // CHECK: tensor.expand_shape %{{.*}} : tensor<2xf32> into tensor<2x1xf32>
  %axes = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "ReduceMean"(%x, %axes) {id = "m", opset = 18 : i64} attributes {}
      : (tensor<2x8xf32>, tensor<1xi64>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

// The maximum, then the least index where it stands; the first of equal ones
// wins.

// CHECK-LABEL: func @arg_max(
// CHECK-SAME: %[[X:.*]]: tensor<2x8xf32>
func.func @arg_max(%x: tensor<2x8xf32>) -> tensor<2xi64> {
  // CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<2x8xf32>)
  // CHECK: arith.maximumf
  // CHECK: %[[OTHER:.*]] = arith.constant 7 : i64
  // CHECK: linalg.fill ins(%[[OTHER]] : i64)
  // CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[MAX]] :
  // CHECK: linalg.index 1
  // CHECK: arith.cmpf uge
  // CHECK: arith.select
  // CHECK: arith.minsi
  // CHECK: return %[[R]]
  %0 = onnx.node "ArgMax"(%x) {id = "a", opset = 17 : i64} attributes {axis = 1 : i64, keepdims = 0 : i64}
      : (tensor<2x8xf32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

// -----

// Softmax subtracts the maximum first, so that no power overflows.

// CHECK: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @softmax(
// CHECK-SAME: %[[X:.*]]: tensor<2x8xf32>
func.func @softmax(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<2x8xf32>)
  // CHECK: arith.maximumf
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[ROW]], #{{.*}}]{{.*}} ins(%[[X]], %[[MAX]] :
  // CHECK: arith.subf
  // CHECK: math.exp
  // CHECK: %[[SUM:.*]] = linalg.generic
  // CHECK: arith.addf
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[SUM]] :
  // CHECK: arith.divf
  %0 = onnx.node "Softmax"(%x) {id = "s", opset = 17 : i64} attributes {axis = -1 : i64}
      : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// Before opset 13 it normalised all dimensions from the axis on.

// CHECK-LABEL: func @softmax_coerced(
func.func @softmax_coerced(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "reduction"]
  %0 = onnx.node "Softmax"(%x) {id = "s", opset = 11 : i64} attributes {axis = 1 : i64}
      : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

// -----

// Constant statistics fold into one scale and one shift a channel.

// CHECK-LABEL: func @batch_normalization(
func.func @batch_normalization(%x: tensor<?x2x4xf32>) -> tensor<?x2x4xf32> {
  // CHECK: %[[SCALE:.*]] = arith.constant dense<[2.000000e+00, 3.000000e+00]> : tensor<2xf32>
  // CHECK: %[[SHIFT:.*]] = arith.constant dense<[-1.000000e+00, -5.000000e+00]> : tensor<2xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%{{.*}}, %[[SCALE]], %[[SHIFT]] :
  // CHECK: %[[P:.*]] = arith.mulf
  // CHECK: arith.addf %[[P]]
  %scale = onnx.constant dense<[4.0, 6.0]> : tensor<2xf32> : tensor<2xf32>
  %bias = onnx.constant dense<1.0> : tensor<2xf32> : tensor<2xf32>
  %mean = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  %variance = onnx.constant dense<3.0> : tensor<2xf32> : tensor<2xf32>
  %0 = onnx.node "BatchNormalization"(%x, %scale, %bias, %mean, %variance)
      {id = "b", opset = 17 : i64} attributes {epsilon = 1.0 : f32}
      : (tensor<?x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return %0 : tensor<?x2x4xf32>
}

// -----

// By its own statistics, over all axes but the channels'; the running mean goes
// a tenth of the way.

// CHECK-LABEL: func @batch_training(
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<3x2x4xf32>
// CHECK-SAME: %[[MEAN:[a-z0-9]*]]: tensor<2xf32>
func.func @batch_training(%x: tensor<3x2x4xf32>, %mean: tensor<2xf32>, %s: tensor<2xf32>) -> (tensor<3x2x4xf32>, tensor<2xf32>) {
  // CHECK: %[[SUM:.*]] = linalg.generic {{.*}}iterator_types = ["reduction", "parallel", "reduction"]{{.*}} ins(%[[X]] :
  // CHECK: %[[NOW:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<2xf32>)
  // CHECK: %[[CENTRED:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[NOW]] :
  // CHECK: linalg.generic {{.*}} ins(%[[MEAN]], %[[NOW]] :
  // CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
  // CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
  // CHECK: arith.addf
  %0:2 = onnx.node "BatchNormalization"(%x, %s, %s, %mean, %s)
      {id = "b", opset = 17 : i64} attributes {training_mode = 1 : i64}
      : (tensor<3x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<3x2x4xf32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<3x2x4xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: func @layer_normalization(
func.func @layer_normalization(%x: tensor<?x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  // CHECK: arith.addf
  // CHECK: arith.divf
  // CHECK: %[[CENTERED:.*]] = linalg.generic
  // CHECK: arith.subf
  // CHECK: math.sqrt
  // CHECK: linalg.generic {{.*}} ins(%[[CENTERED]], %{{.*}}, %{{.*}}, %{{.*}} :
  %0 = onnx.node "LayerNormalization"(%x, %s, %b) {id = "l", opset = 17 : i64} attributes {axis = -1 : i64}
      : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Of equal ones the last, where the node wants that.

// CHECK-LABEL: func @last_arg_min(
func.func @last_arg_min(%x: tensor<2x8xui8>) -> tensor<2x1xi64> {
  // CHECK: arith.minui
  // CHECK: %[[OTHER:.*]] = arith.constant 0 : i64
  // CHECK: linalg.fill ins(%[[OTHER]] : i64)
  // CHECK: arith.cmpi eq
  // CHECK: arith.maxsi
  %0 = onnx.node "ArgMin"(%x) {id = "a", opset = 17 : i64}
      attributes {axis = 1 : i64, select_last_index = 1 : i64}
      : (tensor<2x8xui8>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}
