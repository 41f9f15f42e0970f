// RUN: garam-opt %s -garam-ext-decompose=tensor-scales=true | FileCheck %s

// What an engine may have as its own stays: constant scales of an axis.

// CHECK-LABEL: func @constant(
// CHECK:         garam_ext.dequantize
func.func @constant(%x: tensor<2x8xi8>) -> tensor<2x8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<2x8xi8>, tensor<f32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Computed scales are operands as others are.

// CHECK-LABEL: func @computed(
// CHECK-NOT:     garam_ext
// CHECK:         linalg.generic
func.func @computed(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> tensor<2x8xi8> {
  %0 = garam_ext.quantize %x scale %s : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xi8>
  return %0 : tensor<2x8xi8>
}

// So are those of whole blocks.

// CHECK-LABEL: func @whole_blocks(
// CHECK-NOT:     garam_ext
// CHECK:         linalg.generic
func.func @whole_blocks(%x: tensor<2x8xi8>) -> tensor<2x8xf32> {
  %s = arith.constant dense<0.5> : tensor<2x2xf32>
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x8xi8>, tensor<2x2xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Here the last block has a column less than the others.

// CHECK-LABEL: func @blocks(
// CHECK:         garam_ext.dequantize
func.func @blocks(%x: tensor<2x7xi8>, %s: tensor<2x2xf32>) -> tensor<2x7xf32> {
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x7xi8>, tensor<2x2xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}
