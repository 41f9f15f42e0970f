// RUN: garam-opt %s -garam-ext-decompose -split-input-file | FileCheck %s

// Quantising divides, rounds half to even, adds the zero point and saturates.

// CHECK-LABEL: func @quantize(
// CHECK-SAME: %[[X:.*]]: tensor<2x8xf32>, %[[S:.*]]: tensor<f32>, %[[Z:.*]]: tensor<i8>
func.func @quantize(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<2x8xi8> {
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%[[X]], %[[S]], %[[Z]] :
  // CHECK: ^bb0(%[[E:.*]]: f32, %[[SCALE:.*]]: f32, %[[ZERO:.*]]: i8, %{{.*}}: i8):
  // CHECK: %[[Q:.*]] = arith.divf %[[E]], %[[SCALE]] : f32
  // CHECK: %[[R:.*]] = math.roundeven %[[Q]] : f32
  // CHECK: %[[ZI:.*]] = arith.extsi %[[ZERO]] : i8 to i32
  // CHECK: %[[ZF:.*]] = arith.sitofp %[[ZI]] : i32 to f32
  // CHECK: %[[SUM:.*]] = arith.addf %[[R]], %[[ZF]] : f32
  // CHECK: %[[LEAST:.*]] = arith.constant -1.280000e+02 : f32
  // CHECK: %[[LOW:.*]] = arith.maxnumf %[[SUM]], %[[LEAST]] : f32
  // CHECK: %[[MOST:.*]] = arith.constant 1.270000e+02 : f32
  // CHECK: %[[HIGH:.*]] = arith.minnumf %[[LOW]], %[[MOST]] : f32
  // CHECK: arith.fptosi %[[HIGH]] : f32 to i8
  %0 = garam_ext.quantize %x scale %s zero_point %z
      : tensor<2x8xf32>, tensor<f32>, tensor<i8> -> tensor<2x8xi8>
  return %0 : tensor<2x8xi8>
}

// -----

// An unsigned result saturates to 0 .. 255; without zero point none is added.

// CHECK-LABEL: func @quantize_unsigned(
func.func @quantize_unsigned(%x: tensor<8xf16>, %s: tensor<f16>) -> tensor<8xi8> {
  // CHECK: arith.extf %{{.*}} : f16 to f32
  // CHECK: math.roundeven
  // CHECK-NOT: arith.addf
  // CHECK: arith.constant 0.000000e+00 : f32
  // CHECK: arith.constant 2.550000e+02 : f32
  // CHECK: arith.fptoui %{{.*}} : f32 to i8
  %0 = garam_ext.quantize %x scale %s {is_unsigned}
      : tensor<8xf16>, tensor<f16> -> tensor<8xi8>
  return %0 : tensor<8xi8>
}

// -----

// Each channel has its scale and its zero point.

// CHECK: #[[CHANNEL:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @dequantize_channels(
func.func @dequantize_channels(%x: tensor<4x?xi8>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> tensor<4x?xf32> {
  // CHECK: tensor.dim %{{.*}}, %{{.*}} : tensor<4x?xi8>
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[CHANNEL]], #[[CHANNEL]], #{{.*}}]
  // CHECK: %[[X:.*]] = arith.extui %{{.*}} : i8 to i32
  // CHECK: %[[Z:.*]] = arith.extui %{{.*}} : i8 to i32
  // CHECK: %[[D:.*]] = arith.subi %[[X]], %[[Z]] : i32
  // CHECK: %[[F:.*]] = arith.sitofp %[[D]] : i32 to f32
  // CHECK: arith.mulf %[[F]], %{{.*}} : f32
  %0 = garam_ext.dequantize %x scale %s zero_point %z {axis = 0 : i64, is_unsigned}
      : tensor<4x?xi8>, tensor<4xf32>, tensor<4xi8> -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// -----

// Each block of four columns has its scale.

// CHECK: #[[BLOCK:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
// CHECK-LABEL: func @dequantize_blocks(
func.func @dequantize_blocks(%x: tensor<2x9xi4>, %s: tensor<2x3xf32>) -> tensor<2x9xf32> {
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[BLOCK]], #{{.*}}]
  // CHECK: arith.extsi %{{.*}} : i4 to i32
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x9xi4>, tensor<2x3xf32> -> tensor<2x9xf32>
  return %0 : tensor<2x9xf32>
}

// -----

// Whole blocks are a dimension, along which the scale stays.

// CHECK: #[[SCALES:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @dequantize_whole_blocks(
// CHECK-SAME:      %[[X:.*]]: tensor<2x8xi8>, %[[S:.*]]: tensor<2x2xf32>
func.func @dequantize_whole_blocks(%x: tensor<2x8xi8>, %s: tensor<2x2xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[B:.*]] = tensor.expand_shape %[[X]] {{\[\[0\], \[1, 2\]\]}} output_shape [2, 2, 4]
  // CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#{{.*}}, #[[SCALES]], #{{.*}}]
  // CHECK-SAME: ins(%[[B]], %[[S]] : tensor<2x2x4xi8>, tensor<2x2xf32>)
  // CHECK: tensor.collapse_shape %[[Y]] {{\[\[0\], \[1, 2\]\]}}
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x8xi8>, tensor<2x2xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// Indices wrap once when they are negative and are clamped then.

// CHECK: #[[INDICES:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func @gather(
// CHECK-SAME: %[[X:.*]]: tensor<3x5x7xf32>, %[[I:.*]]: tensor<2xi64>
func.func @gather(%x: tensor<3x5x7xf32>, %i: tensor<2xi64>) -> tensor<3x2x7xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[INDICES]], #{{.*}}]
  // CHECK-SAME: ins(%[[I]] : tensor<2xi64>)
  // CHECK: %[[SIZE:.*]] = arith.constant 5 : index
  // CHECK: arith.addi %{{.*}}, %[[SIZE]] : index
  // CHECK: arith.maxsi
  // CHECK: %[[AT:.*]] = arith.minsi
  // CHECK: %[[ROW:.*]] = linalg.index 0 : index
  // CHECK: %[[COLUMN:.*]] = linalg.index 2 : index
  // CHECK: tensor.extract %[[X]][%[[ROW]], %[[AT]], %[[COLUMN]]] : tensor<3x5x7xf32>
  %0 = garam_ext.gather %x[%i] axis 1 : tensor<3x5x7xf32>, tensor<2xi64> -> tensor<3x2x7xf32>
  return %0 : tensor<3x2x7xf32>
}

// -----

// A step takes the greatest element that no step before it has taken, and the
// first position that it stands at.

// CHECK-LABEL: func @top_k(
// CHECK-SAME: %[[X:.*]]: tensor<4x33xf32>
func.func @top_k(%x: tensor<4x33xf32>) -> (tensor<4x5xf32>, tensor<4x5xi32>) {
  // CHECK: %[[R:.*]]:3 = scf.for %[[STEP:.*]] = %c0 to %c5 step %c1 iter_args(%[[V:.*]] = %{{.*}}, %[[I:.*]] = %{{.*}}, %[[TAKEN:.*]] = %{{.*}})
  // CHECK: %[[LEFT:.*]] = linalg.generic {{.*}} ins(%[[TAKEN]], %[[X]] :
  // CHECK: arith.select
  // CHECK: %[[BEST:.*]] = linalg.generic {{.*}} ins(%[[LEFT]] :
  // CHECK: arith.maximumf
  // CHECK: linalg.generic {{.*}} ins(%[[TAKEN]], %[[X]], %[[BEST]] :
  // CHECK-DAG: arith.cmpf uno
  // CHECK-DAG: arith.cmpf oeq
  // CHECK: %[[FIRST:.*]] = linalg.generic
  // CHECK: arith.minsi
  // CHECK: linalg.generic {{.*}} ins(%[[TAKEN]], %[[FIRST]] :
  // CHECK: bufferization.materialize_in_destination
  // CHECK: tensor.insert_slice %{{.*}} into %[[V]][0, %[[STEP]]] [4, 1] [1, 1]
  // CHECK: tensor.insert_slice %{{.*}} into %[[I]][0, %[[STEP]]] [4, 1] [1, 1]
  // CHECK: return %[[R]]#0, %[[R]]#1
  %0:2 = garam_ext.top_k %x axis 1
      : tensor<4x33xf32> -> tensor<4x5xf32>, tensor<4x5xi32>
  return %0#0, %0#1 : tensor<4x5xf32>, tensor<4x5xi32>
}

// -----

// Where many are wanted, the rows are sorted: each of six passes merges runs of
// one half of the buffers into the other half.

// CHECK-LABEL: func @sort(
// CHECK-SAME: %[[X:.*]]: tensor<33x4xi8>
func.func @sort(%x: tensor<33x4xi8>) -> (tensor<20x4xi8>, tensor<20x4xi32>) {
  // CHECK-DAG: %[[V:.*]] = tensor.empty() : tensor<20x4xi8>
  // CHECK-DAG: %[[I:.*]] = tensor.empty() : tensor<20x4xi32>
  // CHECK-DAG: %[[VALUES:.*]] = tensor.empty() : tensor<2x33xi8>
  // CHECK-DAG: %[[PLACES:.*]] = tensor.empty() : tensor<2x33xi32>
  // CHECK: %[[R:.*]]:4 = scf.for %[[ROW:.*]] = %c0{{.*}} to %c4{{.*}} iter_args(%[[V1:.*]] = %[[V]], %[[I1:.*]] = %[[I]], %[[VALUES1:.*]] = %[[VALUES]], %[[PLACES1:.*]] = %[[PLACES]])
  // CHECK: %[[FILLED:.*]]:2 = scf.for %[[N:.*]] = %c0{{.*}} to %c33
  // CHECK: tensor.extract %[[X]][%[[N]], %[[ROW]]]
  // CHECK: scf.for %[[PASS:.*]] = %c0{{.*}} to %c6{{.*}} iter_args(%{{.*}} = %[[FILLED]]#0, %{{.*}} = %[[FILLED]]#1)
  // CHECK: %[[WIDTH:.*]] = arith.shli %{{.*}}, %[[PASS]]
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %c33
  // CHECK: arith.cmpi ult, %{{.*}}, %{{.*}} : i8
  // CHECK: scf.for %[[N:.*]] = %c0{{.*}} to %c20
  // CHECK: tensor.insert %{{.*}} into %{{.*}}[%[[N]], %[[ROW]]] : tensor<20x4xi8>
  // CHECK: return %[[R]]#0, %[[R]]#1
  %0:2 = garam_ext.top_k %x axis 0 {smallest, is_unsigned}
      : tensor<33x4xi8> -> tensor<20x4xi8>, tensor<20x4xi32>
  return %0#0, %0#1 : tensor<20x4xi8>, tensor<20x4xi32>
}

// -----

// Of a long row candidates are sorted, whenever there is no room for a chunk.

// CHECK-LABEL: func @candidates(
func.func @candidates(%x: tensor<100xf32>) -> (tensor<8xf32>, tensor<8xi32>) {
  // CHECK-DAG: tensor.empty() : tensor<2x32xf32>
  // CHECK-DAG: tensor.empty() : tensor<2x32xi32>
  // CHECK: %[[FOUND:.*]]:5 = scf.for %[[CHUNK:.*]] = %c0{{.*}} to %c13
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %c8
  // CHECK: tensor.extract %{{.*}} : tensor<100xf32>
  // CHECK: arith.cmpf ogt
  // CHECK: %[[FULL:.*]] = arith.cmpi ugt, %{{.*}}, %c24
  // CHECK: scf.if %[[FULL]]
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %c6
  // CHECK: %[[USED:.*]] = tensor.extract %[[FOUND]]#2[]
  // CHECK: %[[END:.*]] = arith.index_cast %[[USED]]
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %c6
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %[[END]]
  // CHECK: scf.for %{{.*}} = %c0{{.*}} to %c8
  %0:2 = garam_ext.top_k %x axis 0
      : tensor<100xf32> -> tensor<8xf32>, tensor<8xi32>
  return %0#0, %0#1 : tensor<8xf32>, tensor<8xi32>
}
