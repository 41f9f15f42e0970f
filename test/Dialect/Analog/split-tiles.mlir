// RUN: garam-opt --analog-split-tiles=target=hermes --split-input-file --verify-diagnostics %s | FileCheck %s

#mk = affine_map<(m, k) -> (m, k)>

// 300 rows and 258 columns take two tiles each way; those of the same columns
// follow each other.
// CHECK-LABEL: @both_ways
// CHECK: %[[C:.*]] = analog.convert
// CHECK: %[[T0:.*]] = analog.tile %[[W:.*]] core 0 at[0, 0] : <300, 258> -> <256, 256>
// CHECK: %[[P0:.*]] = analog.read %[[C]], %[[T0]] phases 4 : tensor<1x300xi8>, <256, 256> -> tensor<1x256xi8>
// CHECK: analog.tile %[[W]] core 1 at[256, 0] : <300, 258> -> <44, 256>
// CHECK: analog.tile %[[W]] core 2 at[0, 256] : <300, 258> -> <256, 2>
// CHECK: analog.tile %[[W]] core 3 at[256, 256] : <300, 258> -> <44, 2>
// CHECK: %[[S:.*]] = analog.accumulate %[[P0]],
// CHECK: analog.rescale %[[S]], %[[W]]
func.func @both_ways(%x: tensor<1x300xf32>) -> tensor<1x258xf32> {
  %w = analog.matrix dense<1.0> : tensor<300x258xf32> map #mk groups [] reduction [300] outputs [258] levels 127 : !analog.matrix<300, 258>
  %c = analog.convert %x vectors [1] rows [300] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  %s = analog.multiply %c, %w : tensor<1x300xi8>, !analog.matrix<300, 258> -> tensor<1x258xi32>
  %y = analog.rescale %s, %w vectors [1] map #mk scale 1.0 : tensor<1x258xi32>, !analog.matrix<300, 258> -> tensor<1x258xf32>
  return %y : tensor<1x258xf32>
}

// -----

#w = affine_map<(g, k) -> (g, k)>
#x = affine_map<(g, k) -> (g, k)>
#y = affine_map<(g) -> (g)>

// Blocks of 9 rows and one column: 28 fit the 256 rows of a crossbar.
// CHECK-LABEL: @blocks
// CHECK: analog.tile %{{.*}} core 0 at[0, 0] : <270, 30> -> <252, 28>
// CHECK: analog.tile %{{.*}} core 1 at[252, 28] : <270, 30> -> <18, 2>
func.func @blocks(%x: tensor<30x9xf32>) -> tensor<30xf32> {
  %w = analog.matrix dense<1.0> : tensor<30x9xf32> map #w groups [30] reduction [9] outputs [] levels 127 : !analog.matrix<270, 30>
  %c = analog.convert %x vectors [] rows [30, 9] map #x dac <1.0 : f32 in 0 to 127> : tensor<30x9xf32> -> tensor<1x270xi8>
  %s = analog.multiply %c, %w : tensor<1x270xi8>, !analog.matrix<270, 30> -> tensor<1x30xi32>
  %y = analog.rescale %s, %w vectors [] map #y scale 1.0 : tensor<1x30xi32>, !analog.matrix<270, 30> -> tensor<30xf32>
  return %y : tensor<30xf32>
}

// -----

#mk = affine_map<(m, k) -> (m, k)>

// 62 of the 64 cores are taken by the first product: the second does not fit,
// the third does.
func.func @full(%x: tensor<1x300xf32>, %z: tensor<1x15872xf32>) -> (tensor<1x256xf32>, tensor<1x8xf32>) {
  %w0 = analog.matrix dense<1.0> : tensor<15872x256xf32> map #mk groups [] reduction [15872] outputs [256] levels 127 : !analog.matrix<15872, 256>
  %c0 = analog.convert %z vectors [1] rows [15872] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x15872xf32> -> tensor<1x15872xi8>
  %s0 = analog.multiply %c0, %w0 : tensor<1x15872xi8>, !analog.matrix<15872, 256> -> tensor<1x256xi32>
  %y0 = analog.rescale %s0, %w0 vectors [1] map #mk scale 1.0 : tensor<1x256xi32>, !analog.matrix<15872, 256> -> tensor<1x256xf32>
  %w1 = analog.matrix dense<1.0> : tensor<300x300xf32> map #mk groups [] reduction [300] outputs [300] levels 127 : !analog.matrix<300, 300>
  %c1 = analog.convert %x vectors [1] rows [300] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  // expected-error @+1 {{its weights take 4 crossbars of 256 x 256, and 2 of 64 are left by the products before it; every product keeps its crossbars; place it on another device}}
  %s1 = analog.multiply %c1, %w1 : tensor<1x300xi8>, !analog.matrix<300, 300> -> tensor<1x300xi32>
  %y1 = analog.rescale %s1, %w1 vectors [1] map #mk scale 1.0 : tensor<1x300xi32>, !analog.matrix<300, 300> -> tensor<1x300xf32>
  %w2 = analog.matrix dense<1.0> : tensor<300x8xf32> map #mk groups [] reduction [300] outputs [8] levels 127 : !analog.matrix<300, 8>
  %c2 = analog.convert %y1 vectors [1] rows [300] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  %s2 = analog.multiply %c2, %w2 : tensor<1x300xi8>, !analog.matrix<300, 8> -> tensor<1x8xi32>
  %y2 = analog.rescale %s2, %w2 vectors [1] map #mk scale 1.0 : tensor<1x8xi32>, !analog.matrix<300, 8> -> tensor<1x8xf32>
  return %y0, %y2 : tensor<1x256xf32>, tensor<1x8xf32>
}

// -----

#mk = affine_map<(m, k) -> (m, k)>

// Cores that other programs of the chip occupy are left to them; those of
// another resource have nothing to do with it.
// CHECK-LABEL: @behind_others
// CHECK: core 1 at
// CHECK: core 4 at
func.func @behind_others(%x: tensor<1x300xf32>) -> tensor<1x2xf32> attributes {
    hetero.taken = [{begin = 0 : i64, end = 1 : i64, resource = "cores"},
                    {begin = 2 : i64, end = 4 : i64, resource = "cores"},
                    {begin = 0 : i64, end = 9 : i64, resource = "rows"}]} {
  %w = analog.matrix dense<1.0> : tensor<300x2xf32> map #mk groups [] reduction [300] outputs [2] levels 127 : !analog.matrix<300, 2>
  %c = analog.convert %x vectors [1] rows [300] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  %s = analog.multiply %c, %w : tensor<1x300xi8>, !analog.matrix<300, 2> -> tensor<1x2xi32>
  %y = analog.rescale %s, %w vectors [1] map #mk scale 1.0 : tensor<1x2xi32>, !analog.matrix<300, 2> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

#mk = affine_map<(m, k) -> (m, k)>

// What they leave may not be enough.
func.func @no_room(%x: tensor<1x300xf32>) -> tensor<1x2xf32> attributes {
    hetero.taken = [{begin = 0 : i64, end = 63 : i64, resource = "cores"}]} {
  %w = analog.matrix dense<1.0> : tensor<300x2xf32> map #mk groups [] reduction [300] outputs [2] levels 127 : !analog.matrix<300, 2>
  %c = analog.convert %x vectors [1] rows [300] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x300xf32> -> tensor<1x300xi8>
  // expected-error @+1 {{its weights take 2 crossbars of 256 x 256, and 1 of 64 are left by the products before it}}
  %s = analog.multiply %c, %w : tensor<1x300xi8>, !analog.matrix<300, 2> -> tensor<1x2xi32>
  %y = analog.rescale %s, %w vectors [1] map #mk scale 1.0 : tensor<1x2xi32>, !analog.matrix<300, 2> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

#mk = affine_map<(m, k) -> (m, k)>

// However many tiles a matrix would take, those that have no core are only
// counted.
func.func @huge(%x: tensor<1x16777216xf32>) -> tensor<1x16777216xf32> {
  %w = analog.matrix dense<1.0> : tensor<16777216x16777216xf32> map #mk groups [] reduction [16777216] outputs [16777216] levels 127 : !analog.matrix<16777216, 16777216>
  %c = analog.convert %x vectors [1] rows [16777216] map #mk dac <1.0 : f32 in -127 to 127> : tensor<1x16777216xf32> -> tensor<1x16777216xi8>
  // expected-error @+1 {{its weights take 4294967296 crossbars of 256 x 256, and 64 of 64 are left by the products before it}}
  %s = analog.multiply %c, %w : tensor<1x16777216xi8>, !analog.matrix<16777216, 16777216> -> tensor<1x16777216xi32>
  %y = analog.rescale %s, %w vectors [1] map #mk scale 1.0 : tensor<1x16777216xi32>, !analog.matrix<16777216, 16777216> -> tensor<1x16777216xf32>
  return %y : tensor<1x16777216xf32>
}
