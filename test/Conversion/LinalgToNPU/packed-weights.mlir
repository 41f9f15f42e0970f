// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s

// Weights of 4 bits become constants of 8, whose section unpacks them; the sign
// is that of the extension.

// CHECK-LABEL: func.func @weights
// CHECK-DAG:     %[[U:.+]] = npu.constant dense_resource<w> : tensor<2x4xui4> : tensor<2x4xi8>
// CHECK-DAG:     %[[S:.+]] = npu.constant dense_resource<w> : tensor<2x4xi4> : tensor<2x4xi8>
// CHECK:         return %[[U]], %[[S]]
func.func @weights() -> (tensor<2x4xi8>, tensor<2x4xi8>) {
  %0 = arith.constant dense_resource<w> : tensor<2x4xi4>
  %1 = arith.extui %0 : tensor<2x4xi4> to tensor<2x4xi8>
  %2 = arith.extsi %0 : tensor<2x4xi4> to tensor<2x4xi8>
  return %1, %2 : tensor<2x4xi8>, tensor<2x4xi8>
}

{-#
  dialect_resources: { builtin: { w: "0x0100000001234567" } }
#-}

// -----

// Under another shape they are the same bytes.

// CHECK-LABEL: func.func @reshaped
// CHECK:         %[[W:.+]] = npu.constant dense_resource<w> : tensor<8xui4> : tensor<8xi8>
// CHECK:         return %[[W]]
func.func @reshaped() -> tensor<8xi8> {
  %0 = arith.constant dense_resource<w> : tensor<2x4xi4>
  %1 = arith.extui %0 : tensor<2x4xi4> to tensor<2x4xi8>
  %2 = tensor.collapse_shape %1 [[0, 1]] : tensor<2x4xi8> into tensor<8xi8>
  return %2 : tensor<8xi8>
}

{-#
  dialect_resources: { builtin: { w: "0x0100000001234567" } }
#-}
