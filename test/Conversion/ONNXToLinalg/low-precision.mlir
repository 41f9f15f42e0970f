// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Integers of less than a byte have one, with their value; the function says
// what they are in the model.

// CHECK-LABEL: func @interface(
// CHECK-SAME:      %[[X:.*]]: tensor<4xi8> {onnx.narrow = i4, onnx.unsigned}
// CHECK-SAME:      -> (tensor<4xi8> {onnx.narrow = i4, onnx.unsigned})
// CHECK-NEXT:  return %[[X]]
func.func @interface(%x: tensor<4xui4>) -> tensor<4xui4> {
  %0 = onnx.node "Identity"(%x) {id = "a", opset = 25 : i64} attributes {} : (tensor<4xui4>) -> tensor<4xui4>
  return %0 : tensor<4xui4>
}

// -----

// To an integer of 4 bits the low ones are kept, with the sign.

// CHECK-LABEL: func @to_int4(
// CHECK-SAME:      -> (tensor<4xi8> {onnx.narrow = i4})
// CHECK:         %[[I:.*]] = arith.fptosi %{{.*}} : f32 to i32
// CHECK:         %[[SHIFT:.*]] = arith.constant 28 : i32
// CHECK:         %[[HIGH:.*]] = arith.shli %[[I]], %[[SHIFT]]
// CHECK:         %[[LOW:.*]] = arith.shrsi %[[HIGH]], %[[SHIFT]]
// CHECK:         arith.trunci %[[LOW]] : i32 to i8
func.func @to_int4(%x: tensor<4xf32>) -> tensor<4xi4> {
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 25 : i64} attributes {to = 22 : i64} : (tensor<4xf32>) -> tensor<4xi4>
  return %0 : tensor<4xi4>
}

// -----

// The other way they are in range as they are.

// CHECK-LABEL: func @from_int4(
// CHECK-SAME:      %[[X:.*]]: tensor<4xi8>
// CHECK-NEXT:    return %[[X]]
func.func @from_int4(%x: tensor<4xi4>) -> tensor<4xi8> {
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 25 : i64} attributes {to = 3 : i64} : (tensor<4xi4>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

// A float is clamped before it is rounded to 8 bits, so that the rounding
// cannot overflow.

// CHECK-LABEL: func @to_float8(
// CHECK:         %[[LARGEST:.*]] = arith.constant 4.480000e+02 : f32
// CHECK:         %[[BELOW:.*]] = arith.minimumf %{{.*}}, %[[LARGEST]] : f32
// CHECK:         %[[LEAST:.*]] = arith.constant -4.480000e+02 : f32
// CHECK:         %[[CLAMPED:.*]] = arith.maximumf %[[BELOW]], %[[LEAST]] : f32
// CHECK:         arith.truncf %[[CLAMPED]] : f32 to f8E4M3FN
func.func @to_float8(%x: tensor<4xf32>) -> tensor<4xf8E4M3FN> {
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 25 : i64} attributes {to = 17 : i64} : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

// f4E2M1FN is held in f8E4M3FN, which has all of its values.

// CHECK-LABEL: func @to_float4(
// CHECK-SAME:      -> (tensor<4xf8E4M3FN> {onnx.narrow = f4E2M1FN})
// CHECK-COUNT-3: math.roundeven
// CHECK:         arith.truncf %{{.*}} : f32 to f8E4M3FN
func.func @to_float4(%x: tensor<4xf32>) -> tensor<4xf4E2M1FN> {
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 25 : i64} attributes {to = 23 : i64} : (tensor<4xf32>) -> tensor<4xf4E2M1FN>
  return %0 : tensor<4xf4E2M1FN>
}

// -----

// A quantisation saturates to 8 bits and then to 4.

// CHECK-LABEL: func @quantize_int4(
// CHECK:         %[[Q:.*]] = garam_ext.quantize %{{.*}} scale %{{.*}} : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
// CHECK:         linalg.generic {{.*}} ins(%[[Q]] : tensor<4xi8>)
// CHECK:         %[[HIGH:.*]] = arith.constant 7 : i8
// CHECK:         %[[LOW:.*]] = arith.constant -8 : i8
// CHECK:         %[[ABOVE:.*]] = arith.maxsi %{{.*}}, %[[LOW]] : i8
// CHECK:         arith.minsi %[[ABOVE]], %[[HIGH]] : i8
func.func @quantize_int4(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi4> {
  %0 = onnx.node "QuantizeLinear"(%x, %s) {id = "a", opset = 25 : i64} attributes {output_dtype = 22 : i64}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xi4>
  return %0 : tensor<4xi4>
}

// -----

// Of few constants the type is changed at once; weights stay packed.

// CHECK-LABEL: func @constants(
// CHECK-DAG:     %[[S:.*]] = arith.constant dense<[-8, 7]> : tensor<2xi8>
// CHECK-DAG:     %[[U:.*]] = arith.constant dense<[8, 15]> : tensor<2xi8>
// CHECK-DAG:     %[[P:.*]] = arith.constant dense_resource<w> : tensor<2x4xi4>
// CHECK:         %[[W:.*]] = arith.extui %[[P]] : tensor<2x4xi4> to tensor<2x4xi8>
// CHECK:         return %[[S]], %[[U]], %[[W]]
func.func @constants() -> (tensor<2xi4>, tensor<2xui4>, tensor<2x4xui4>) {
  %0 = onnx.constant dense<[-8, 7]> : tensor<2xi4> : tensor<2xi4>
  %1 = onnx.constant dense<[8, 15]> : tensor<2xui4> : tensor<2xui4>
  %2 = onnx.constant dense_resource<w> : tensor<2x4xui4> : tensor<2x4xui4>
  %3 = onnx.node "Identity"(%2) {id = "a", opset = 25 : i64} attributes {} : (tensor<2x4xui4>) -> tensor<2x4xui4>
  return %0, %1, %3 : tensor<2xi4>, tensor<2xui4>, tensor<2x4xui4>
}

{-#
  dialect_resources: { builtin: { w: "0x0100000001234567" } }
#-}
