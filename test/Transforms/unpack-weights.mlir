// RUN: garam-opt %s -pass-pipeline='builtin.module(func.func(unpack-weights))' -split-input-file | FileCheck %s

// Rows that end with a byte keep their shape; each byte has two elements.

// CHECK-LABEL: func @rows(
// CHECK:         %[[C:.*]] = arith.constant dense_resource<w> : tensor<2x2xi8>
// CHECK:         %[[PAIRS:.*]] = linalg.generic {{.*}} ins(%[[C]] : tensor<2x2xi8>) outs(%{{.*}} : tensor<2x2x2xi8>)
// CHECK:         %[[I:.*]] = linalg.index 2 : index
// CHECK:         %[[BYTE:.*]] = arith.index_castui %[[I]] : index to i8
// CHECK:         %[[SHIFT:.*]] = arith.muli %[[BYTE]], %{{.*}} : i8
// CHECK:         %[[BITS:.*]] = arith.shrui %{{.*}}, %[[SHIFT]] : i8
// CHECK:         arith.andi %[[BITS]], %{{.*}} : i8
// CHECK:         %[[W:.*]] = tensor.collapse_shape %[[PAIRS]] {{\[\[0\], \[1, 2\]\]}} : tensor<2x2x2xi8> into tensor<2x4xi8>
// CHECK:         return %[[W]]
func.func @rows() -> tensor<2x4xi8> {
  %0 = arith.constant dense_resource<w> : tensor<2x4xi4>
  %1 = arith.extui %0 : tensor<2x4xi4> to tensor<2x4xi8>
  return %1 : tensor<2x4xi8>
}

{-#
  dialect_resources: { builtin: { w: "0x0100000001234567" } }
#-}

// -----

// Others are a vector first, which may end within a byte. Signed elements get
// their sign from above.

// CHECK-LABEL: func @vector(
// CHECK:         %[[C:.*]] = arith.constant dense_resource<w> : tensor<5xi8>
// CHECK:         arith.shli
// CHECK:         arith.shrsi
// CHECK:         %[[ALL:.*]] = tensor.collapse_shape %{{.*}} : tensor<5x2xi8> into tensor<10xi8>
// CHECK:         %[[SOME:.*]] = tensor.extract_slice %[[ALL]][0] [9] [1]
// CHECK:         tensor.expand_shape %[[SOME]] {{.*}} : tensor<9xi8> into tensor<3x3xi8>
func.func @vector() -> tensor<3x3xi8> {
  %0 = arith.constant dense_resource<w> : tensor<3x3xi4>
  %1 = arith.extsi %0 : tensor<3x3xi4> to tensor<3x3xi8>
  return %1 : tensor<3x3xi8>
}

{-#
  dialect_resources: { builtin: { w: "0x010000000123456708" } }
#-}

// -----

// CHECK-LABEL: func @floats(
// CHECK:         %[[BYTE:.*]] = arith.ori
// CHECK:         arith.bitcast %[[BYTE]] : i8 to f8E4M3FN
// CHECK:         return %{{.*}} : tensor<2x4xf8E4M3FN>
func.func @floats() -> tensor<2x4xf8E4M3FN> {
  %0 = arith.constant dense_resource<w> : tensor<2x4xf4E2M1FN>
  %1 = arith.extf %0 : tensor<2x4xf4E2M1FN> to tensor<2x4xf8E4M3FN>
  return %1 : tensor<2x4xf8E4M3FN>
}

{-#
  dialect_resources: { builtin: { w: "0x0100000001234567" } }
#-}
