// RUN: garam-opt %s -transform-interpreter -resolve-shaped-type-result-dims -canonicalize -cse -split-input-file | FileCheck %s

// Scales along the tiled axis are tiled with the input; the last tile of an
// odd number of rows is smaller, and the dynamic dimension stays whole.

// CHECK: #[[REST:.*]] = affine_map<(d0) -> (-d0 + 10, 4)>
// CHECK-LABEL: func @quantize_channels(
// CHECK-SAME: %[[X:.*]]: tensor<10x?xf32>, %[[S:.*]]: tensor<10xf32>, %[[Z:.*]]: tensor<10xi8>
func.func @quantize_channels(%x: tensor<10x?xf32>, %s: tensor<10xf32>, %z: tensor<10xi8>) -> tensor<10x?xi8> {
  // CHECK: %[[COLUMNS:.*]] = tensor.dim %[[X]]
  // CHECK: %[[OUT:.*]] = tensor.empty(%[[COLUMNS]]) : tensor<10x?xi8>
  // CHECK: scf.for %[[I:[a-z0-9]+]] = %{{.*}} iter_args(%[[ACC:.*]] = %[[OUT]])
  // CHECK: %[[ROWS:.*]] = affine.min #[[REST]](%[[I]])
  // CHECK-DAG: %[[XT:.*]] = tensor.extract_slice %[[X]][%[[I]], 0] [%[[ROWS]], %[[COLUMNS]]] [1, 1]
  // CHECK-DAG: %[[ST:.*]] = tensor.extract_slice %[[S]][%[[I]]] [%[[ROWS]]] [1]
  // CHECK-DAG: %[[ZT:.*]] = tensor.extract_slice %[[Z]][%[[I]]] [%[[ROWS]]] [1]
  // CHECK: %[[QT:.*]] = garam_ext.quantize %[[XT]] scale %[[ST]] zero_point %[[ZT]] {axis = 0 : i64}
  // CHECK-SAME: tensor<?x?xf32>, tensor<?xf32>, tensor<?xi8> -> tensor<?x?xi8>
  // CHECK: tensor.insert_slice %[[QT]] into %[[ACC]][%[[I]], 0] [%[[ROWS]], %[[COLUMNS]]] [1, 1]
  %0 = garam_ext.quantize %x scale %s zero_point %z {axis = 0 : i64}
      : tensor<10x?xf32>, tensor<10xf32>, tensor<10xi8> -> tensor<10x?xi8>
  return %0 : tensor<10x?xi8>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.quantize"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A scale for all is not sliced, nor is one along another axis than the tiled
// one.

// CHECK-LABEL: func @scales_kept_whole(
// CHECK-SAME: %[[X:.*]]: tensor<8x6xi8>, %[[S:.*]]: tensor<f32>, %[[C:.*]]: tensor<6xf32>
func.func @scales_kept_whole(%x: tensor<8x6xi8>, %s: tensor<f32>, %c: tensor<6xf32>)
    -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  // CHECK: scf.for
  // CHECK: garam_ext.dequantize %{{.*}} scale %[[S]] : tensor<2x6xi8>, tensor<f32> -> tensor<2x6xf32>
  %0 = garam_ext.dequantize %x scale %s : tensor<8x6xi8>, tensor<f32> -> tensor<8x6xf32>
  // CHECK: scf.for
  // CHECK: garam_ext.dequantize %{{.*}} scale %[[C]] : tensor<2x6xi8>, tensor<6xf32> -> tensor<2x6xf32>
  %1 = garam_ext.dequantize %x scale %c : tensor<8x6xi8>, tensor<6xf32> -> tensor<8x6xf32>
  return %0, %1 : tensor<8x6xf32>, tensor<8x6xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.dequantize"]} in %root
        : (!transform.any_op) -> !transform.any_op
    transform.foreach %op : !transform.any_op {
    ^bb0(%one: !transform.any_op):
      %tiled, %loop = transform.structured.tile_using_for %one tile_sizes [2, 0]
          : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    }
    transform.yield
  }
}

// -----

// Tiles of whole blocks take the scales of these; the last block has three
// elements only.

// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0) -> (d0 floordiv 4)>
// CHECK-DAG: #[[COUNT:.*]] = affine_map<(d0) -> (d0 ceildiv 4)>
// CHECK-LABEL: func @whole_blocks(
// CHECK-SAME: %[[X:.*]]: tensor<2x19xi4>, %[[S:.*]]: tensor<2x5xf32>
func.func @whole_blocks(%x: tensor<2x19xi4>, %s: tensor<2x5xf32>) -> tensor<2x19xf32> {
  // CHECK: scf.for %[[I:[a-z0-9]+]] =
  // CHECK: %[[COLUMNS:.*]] = affine.min
  // CHECK-DAG: %[[BLOCK:.*]] = affine.apply #[[FIRST]](%[[I]])
  // CHECK-DAG: %[[BLOCKS:.*]] = affine.apply #[[COUNT]](%[[COLUMNS]])
  // CHECK: %[[ST:.*]] = tensor.extract_slice %[[S]][0, %[[BLOCK]]] [2, %[[BLOCKS]]] [1, 1]
  // CHECK: garam_ext.dequantize %{{.*}} scale %[[ST]] {block_size = 4 : i64}
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x19xi4>, tensor<2x5xf32> -> tensor<2x19xf32>
  return %0 : tensor<2x19xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.dequantize"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 8]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Tiles of half a block lie within one, the last and smaller one too.

// CHECK-LABEL: func @within_blocks(
// CHECK-SAME: %[[X:.*]]: tensor<2x9xi4>, %[[S:.*]]: tensor<2x3xf32>
func.func @within_blocks(%x: tensor<2x9xi4>, %s: tensor<2x3xf32>) -> tensor<2x9xf32> {
  // CHECK: scf.for
  // CHECK: tensor.extract_slice %[[S]]
  // CHECK: garam_ext.dequantize %{{.*}} {block_size = 4 : i64}
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x9xi4>, tensor<2x3xf32> -> tensor<2x9xf32>
  return %0 : tensor<2x9xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.dequantize"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A gather tiles its indices; the rows to choose from stay whole, so that the
// indices mean the same.

// CHECK-LABEL: func @gather(
// CHECK-SAME: %[[X:.*]]: tensor<?x7xf32>, %[[I:.*]]: tensor<3x5xi64>
func.func @gather(%x: tensor<?x7xf32>, %i: tensor<3x5xi64>) -> tensor<3x5x7xf32> {
  // CHECK: scf.for %[[J:[a-z0-9]+]] =
  // CHECK: scf.for %[[K:[a-z0-9]+]] =
  // CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[X]]
  // CHECK-DAG: %[[XT:.*]] = tensor.extract_slice %[[X]][0, %[[K]]] [%[[ROWS]], %{{.*}}] [1, 1]
  // CHECK-DAG: %[[IT:.*]] = tensor.extract_slice %[[I]][0, %[[J]]] [3, %{{.*}}] [1, 1]
  // CHECK: garam_ext.gather %[[XT]][%[[IT]]] axis 0
  %0 = garam_ext.gather %x[%i] axis 0 : tensor<?x7xf32>, tensor<3x5xi64> -> tensor<3x5x7xf32>
  return %0 : tensor<3x5x7xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.gather"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [0, 2, 4]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The producer of a tiled linalg operation is computed tile by tile in its
// loop. Of the whole nothing is left, for its shape follows from the input.

// CHECK-LABEL: func @fuse(
func.func @fuse(%x: tensor<?x6xi8>, %s: tensor<6xf32>, %init: tensor<?x6xf32>) -> tensor<?x6xf32> {
  // CHECK-NOT: garam_ext.dequantize
  // CHECK: scf.for
  // CHECK: scf.for
  // CHECK: %[[ST:.*]] = tensor.extract_slice %{{.*}} : tensor<6xf32> to
  // CHECK: %[[XT:.*]] = garam_ext.dequantize %{{.*}} scale %[[ST]]
  // CHECK: linalg.exp ins(%[[XT]] :
  // CHECK-NOT: garam_ext.dequantize
  %0 = garam_ext.dequantize %x scale %s : tensor<?x6xi8>, tensor<6xf32> -> tensor<?x6xf32>
  %1 = linalg.exp ins(%0 : tensor<?x6xf32>) outs(%init : tensor<?x6xf32>) -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["linalg.exp"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %fused, %loops:2 = transform.structured.fuse %op tile_sizes [5, 4]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
