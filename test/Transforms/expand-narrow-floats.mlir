// RUN: garam-opt %s -pass-pipeline='builtin.module(func.func(expand-narrow-floats))' -split-input-file | FileCheck %s

// Subnormals are multiplied out, NaN is told by its bits; there is no infinity.

// CHECK-LABEL: func @widen(
// CHECK-SAME:      %[[X:.*]]: f8E4M3FN
// CHECK:         %[[BYTE:.*]] = arith.bitcast %[[X]] : f8E4M3FN to i8
// CHECK:         %[[BITS:.*]] = arith.extui %[[BYTE]] : i8 to i32
// CHECK:         arith.shli %{{.*}} : i32
// CHECK:         %[[UNIT:.*]] = arith.constant 0.001953125 : f32
// CHECK:         arith.mulf %{{.*}}, %[[UNIT]] : f32
// CHECK:         %[[Y:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK-NEXT:    return %[[Y]] : f32
func.func @widen(%x: f8E4M3FN) -> f32 {
  %0 = arith.extf %x : f8E4M3FN to f32
  return %0 : f32
}

// -----

// Other floats come and go by way of f32; vectors stay vectors.

// CHECK-LABEL: func @by_f32(
// CHECK:         %[[WIDE:.*]] = arith.extf %{{.*}} : vector<4xf16> to vector<4xf32>
// CHECK:         arith.bitcast %[[WIDE]] : vector<4xf32> to vector<4xi32>
// CHECK:         %[[Q:.*]] = arith.bitcast %{{.*}} : vector<4xi8> to vector<4xf8E5M2>
// CHECK:         arith.bitcast %[[Q]] : vector<4xf8E5M2> to vector<4xi8>
// CHECK:         %[[Y:.*]] = arith.bitcast %{{.*}} : vector<4xi32> to vector<4xf32>
// CHECK-NEXT:    arith.truncf %[[Y]] : vector<4xf32> to vector<4xf16>
func.func @by_f32(%x: vector<4xf16>) -> vector<4xf16> {
  %0 = arith.truncf %x : vector<4xf16> to vector<4xf8E5M2>
  %1 = arith.extf %0 : vector<4xf8E5M2> to vector<4xf16>
  return %1 : vector<4xf16>
}

// -----

// CHECK-LABEL: func @power(
// CHECK:         %[[WIDE:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK:         %[[PLACE:.*]] = arith.constant 23 : i32
// CHECK:         arith.shli %[[WIDE]], %[[PLACE]] : i32
func.func @power(%x: f8E8M0FNU) -> f32 {
  %0 = arith.extf %x : f8E8M0FNU to f32
  return %0 : f32
}

// -----

// CHECK-LABEL: func @wider_types_stay(
// CHECK-NEXT:    arith.extf %{{.*}} : bf16 to f32
func.func @wider_types_stay(%x: bf16) -> f32 {
  %0 = arith.extf %x : bf16 to f32
  return %0 : f32
}
