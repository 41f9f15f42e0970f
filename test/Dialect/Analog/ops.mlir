// RUN: garam-opt %s | garam-opt | FileCheck %s

// The examples of the operations' descriptions, put together.

#mk = affine_map<(m, k) -> (m, k)>
#conv = affine_map<(h, w, c, i, j) -> (0, c, h + i - 1, w + j - 1)>

// CHECK-LABEL: func @product
// CHECK: analog.matrix dense<{{.*}}> : tensor<300x600xf32> map #{{.*}} groups [] reduction [600] outputs [300] levels 127 : <600, 300>
// CHECK: analog.convert %{{.*}} vectors [1] rows [600] map #{{.*}} dac <5.000000e-01 : f32 in -127 to 127> : tensor<1x600xf32> -> tensor<1x600xi8>
// CHECK: analog.multiply %{{.*}}, %{{.*}} : tensor<1x600xi8>, <600, 300> -> tensor<1x300xi32>
// CHECK: analog.rescale %{{.*}}, %{{.*}} vectors [1] map #{{.*}} scale 5.000000e-01 bias dense<2.000000e+00> : tensor<300xf32> bias_map #{{.*}} low 0.000000e+00 : tensor<1x300xi32>, <600, 300> -> tensor<1x300xf32>
func.func @product(%x: tensor<1x600xf32>) -> tensor<1x300xf32> {
  %w = analog.matrix dense<1.0> : tensor<300x600xf32>
      map affine_map<(k, n) -> (n, k)> groups [] reduction [600] outputs [300]
      levels 127 : !analog.matrix<600, 300>
  %c = analog.convert %x vectors [1] rows [600] map #mk
      dac <0.5 : f32 in -127 to 127> : tensor<1x600xf32> -> tensor<1x600xi8>
  %s = analog.multiply %c, %w
      : tensor<1x600xi8>, !analog.matrix<600, 300> -> tensor<1x300xi32>
  %y = analog.rescale %s, %w vectors [1] map affine_map<(m, n) -> (m, n)>
      scale 5.000000e-01 bias dense<2.0> : tensor<300xf32>
      bias_map affine_map<(n) -> (n)> low 0.0
      : tensor<1x300xi32>, !analog.matrix<600, 300> -> tensor<1x300xf32>
  return %y : tensor<1x300xf32>
}

// CHECK-LABEL: func @windows
// CHECK: analog.convert %{{.*}} vectors [8, 8] rows [4, 3, 3] map #{{.*}} dac <5.000000e-01 : f32 in -127 to 127> : tensor<1x4x8x8xf32> -> tensor<64x36xi8>
func.func @windows(%x: tensor<1x4x8x8xf32>) -> tensor<64x36xi8> {
  %c = analog.convert %x vectors [8, 8] rows [4, 3, 3] map #conv
      dac <0.5 : f32 in -127 to 127> : tensor<1x4x8x8xf32> -> tensor<64x36xi8>
  return %c : tensor<64x36xi8>
}

// CHECK-LABEL: func @tiles
// CHECK: analog.tile %{{.*}} core 3 at[0, 0] : <300, 8> -> <256, 8>
// CHECK: analog.read %{{.*}}, %{{.*}} phases 1 : tensor<1x300xi8>, <256, 8> -> tensor<1x8xi8>
// CHECK: analog.accumulate %{{.*}}, %{{.*}} : tensor<1x8xi8>, tensor<1x8xi8> -> tensor<1x8xi32>
func.func @tiles(%x: tensor<1x300xf32>) -> tensor<1x8xi32> {
  %w = analog.matrix dense<1.0> : tensor<300x8xf32> map #mk groups []
      reduction [300] outputs [8] levels 127 : !analog.matrix<300, 8>
  %c = analog.convert %x vectors [1] rows [300] map #mk
      dac <0.5 : f32 in 0 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  %t0 = analog.tile %w core 3 at [0, 0]
      : !analog.matrix<300, 8> -> !analog.tile<256, 8>
  %p0 = analog.read %c, %t0 phases 1
      : tensor<1x300xi8>, !analog.tile<256, 8> -> tensor<1x8xi8>
  %t1 = analog.tile %w core 4 at [256, 0]
      : !analog.matrix<300, 8> -> !analog.tile<44, 8>
  %p1 = analog.read %c, %t1 phases 1
      : tensor<1x300xi8>, !analog.tile<44, 8> -> tensor<1x8xi8>
  %s = analog.accumulate %p0, %p1
      : tensor<1x8xi8>, tensor<1x8xi8> -> tensor<1x8xi32>
  return %s : tensor<1x8xi32>
}
