// RUN: garam-opt %s | garam-opt | FileCheck %s

// Quantisation by one scale, by one a channel and by one a block.

// CHECK-LABEL: func @quantize(
func.func @quantize(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<i8>,
                    %channels: tensor<8xf32>, %blocks: tensor<2x2xf32>) {
  // CHECK: garam_ext.quantize %{{.*}} scale %{{.*}} zero_point %{{.*}} : tensor<2x8xf32>, tensor<f32>, tensor<i8> -> tensor<2x8xi8>
  %0 = garam_ext.quantize %x scale %s zero_point %z
      : tensor<2x8xf32>, tensor<f32>, tensor<i8> -> tensor<2x8xi8>
  // CHECK: garam_ext.quantize %{{.*}} scale %{{.*}} {is_unsigned} : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xi16>
  %1 = garam_ext.quantize %x scale %channels {axis = 1 : i64, is_unsigned}
      : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xi16>
  // CHECK: garam_ext.dequantize %{{.*}} scale %{{.*}} {block_size = 4 : i64} : tensor<2x8xi8>, tensor<2x2xf32> -> tensor<2x8xf32>
  %2 = garam_ext.dequantize %0 scale %blocks {block_size = 4 : i64}
      : tensor<2x8xi8>, tensor<2x2xf32> -> tensor<2x8xf32>
  return
}

// Sums of 32 bits have a scale too: biases of quantised convolutions.

// CHECK-LABEL: func @dequantize_bias(
func.func @dequantize_bias(%x: tensor<8xi32>, %s: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: garam_ext.dequantize %{{.*}} scale %{{.*}} {axis = 0 : i64} : tensor<8xi32>, tensor<8xf32> -> tensor<8xf32>
  %0 = garam_ext.dequantize %x scale %s {axis = 0 : i64}
      : tensor<8xi32>, tensor<8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// The shape of the indices replaces the gathered dimension.

// CHECK-LABEL: func @gather(
func.func @gather(%table: tensor<5x?x3xf32>, %i: tensor<2x4xi64>) -> tensor<5x2x4x3xf32> {
  // CHECK: garam_ext.gather %{{.*}}[%{{.*}}] axis 1 : tensor<5x?x3xf32>, tensor<2x4xi64> -> tensor<5x2x4x3xf32>
  %0 = garam_ext.gather %table[%i] axis 1
      : tensor<5x?x3xf32>, tensor<2x4xi64> -> tensor<5x2x4x3xf32>
  return %0 : tensor<5x2x4x3xf32>
}

// What has a size of run time lies at the front of a larger tensor.

// CHECK-LABEL: func @front(
func.func @front(%x: tensor<16x3xf32>, %n: index) -> tensor<48xf32> {
  // CHECK: garam_ext.take_front %{{.*}}[%{{.*}}] : tensor<16x3xf32> to tensor<?x3xf32>
  %0 = garam_ext.take_front %x[%n] : tensor<16x3xf32> to tensor<?x3xf32>
  // CHECK: garam_ext.place_front %{{.*}}[%{{.*}}] : tensor<?x3xf32> to tensor<48xf32>
  %1 = garam_ext.place_front %0[%n] : tensor<?x3xf32> to tensor<48xf32>
  return %1 : tensor<48xf32>
}

// The greatest elements have the size of the type along the axis.

// CHECK-LABEL: func @top_k(
func.func @top_k(%x: tensor<4x33xf32>) -> (tensor<4x5xf32>, tensor<4x5xi32>) {
  // CHECK: garam_ext.top_k %{{.*}} axis 1 {smallest} : tensor<4x33xf32> -> tensor<4x5xf32>, tensor<4x5xi32>
  %0:2 = garam_ext.top_k %x axis 1 {smallest}
      : tensor<4x33xf32> -> tensor<4x5xf32>, tensor<4x5xi32>
  return %0#0, %0#1 : tensor<4x5xf32>, tensor<4x5xi32>
}
