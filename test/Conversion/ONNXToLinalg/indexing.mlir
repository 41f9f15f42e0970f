// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Single elements are extracted at indices of which negative ones count from
// the end; what is beyond an end is that end.

// CHECK-LABEL: func @elements(
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>, %[[I:.*]]: tensor<2x3xi64>
func.func @elements(%x: tensor<4x3xf32>, %i: tensor<2x3xi64>) -> tensor<2x3xf32> {
  // CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[I]] : tensor<2x3xi64>)
  // CHECK: %[[INDEX:.*]] = arith.index_cast
  // CHECK: arith.cmpi slt, %[[INDEX]]
  // CHECK: arith.maxsi
  // CHECK: %[[ROW:.*]] = arith.minsi
  // CHECK: %[[COLUMN:.*]] = linalg.index 1
  // CHECK: tensor.extract %[[X]][%[[ROW]], %[[COLUMN]]]
  // CHECK: return %[[R]]
  %0 = onnx.node "GatherElements"(%x, %i) {id = "g", opset = 13 : i64} attributes {}
      : (tensor<4x3xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// The coordinates of GatherND are operands of their own; what they leave open
// is the position in the result.

// CHECK: affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: func @slices(
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>
func.func @slices(%x: tensor<4x3xf32>, %i: tensor<2x1xi64>) -> tensor<2x3xf32> {
  // CHECK: %[[COLUMN:.*]] = linalg.index 1
  // CHECK: tensor.extract %[[X]][%{{.*}}, %[[COLUMN]]]
  %0 = onnx.node "GatherND"(%x, %i) {id = "g", opset = 13 : i64} attributes {}
      : (tensor<4x3xf32>, tensor<2x1xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Elements below the diagonal become 0.

// CHECK-LABEL: func @upper(
func.func @upper(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // CHECK: %[[DIAGONAL:.*]] = arith.subi
  // CHECK: %[[KEPT:.*]] = arith.cmpi sge, %[[DIAGONAL]]
  // CHECK: arith.select %[[KEPT]]
  %0 = onnx.node "Trilu"(%x) {id = "t", opset = 14 : i64} attributes {}
      : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// Axes that are computed: of the shape of the result follows which they are.

// CHECK-LABEL: func @axes_by_shape(
func.func @axes_by_shape(%x: tensor<2x4xf32>, %axes: tensor<1xi64>) -> tensor<2x1xf32> {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
  // CHECK-NOT: linalg.generic
  %0 = onnx.node "ReduceSum"(%x, %axes) {id = "r", opset = 13 : i64} attributes {}
      : (tensor<2x4xf32>, tensor<1xi64>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

// Where it does not follow, the operand chooses between the results, by the
// axes as bits of a number.

// CHECK-LABEL: func @axes_by_operand(
// CHECK-SAME: %{{.*}}: tensor<4x4xf32>, %[[AXES:.*]]: tensor<1xi64>
func.func @axes_by_operand(%x: tensor<4x4xf32>, %axes: tensor<1xi64>) -> tensor<4xf32> {
  // CHECK: %[[FIRST:.*]] = linalg.generic {{.*}}iterator_types = ["reduction", "parallel"]
  // CHECK: %[[SECOND:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
  // CHECK: %[[BITS:.*]] = linalg.generic {{.*}} ins(%[[AXES]] : tensor<1xi64>)
  // CHECK: linalg.generic {{.*}} ins(%[[FIRST]], %[[SECOND]], %[[BITS]] :
  // CHECK: arith.select
  %0 = onnx.node "ReduceSum"(%x, %axes) {id = "r", opset = 13 : i64} attributes {keepdims = 0 : i64}
      : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A slice of run time gathers from start + i * step along each axis.

// CHECK-LABEL: func @slice(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @slice(%x: tensor<8xf32>, %s: tensor<1xi64>, %e: tensor<1xi64>) -> tensor<3xf32> {
  // CHECK: %[[POSITIONS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<3xi64>)
  // CHECK: garam_ext.gather %[[X]][%[[POSITIONS]]] axis 0
  %0 = onnx.node "Slice"(%x, %s, %e) {id = "s", opset = 13 : i64} attributes {}
      : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Indices and weights of each axis are computed once for all channels: the first
// coordinate of the grid is that of the last axis. The result sums the elements
// around each position.

// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 1)>
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
// CHECK-DAG: #[[TAP_Y:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d3, d4)>
// CHECK-DAG: #[[TAP_X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d3, d5)>
// CHECK-LABEL: func @grid_sample(
func.func @grid_sample(%x: tensor<1x3x4x5xf32>, %grid: tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32> {
  // CHECK: %[[WY:.*]] = linalg.generic {indexing_maps = [#[[Y]], {{.*}} outs(%{{.*}} : tensor<1x6x7x2xf32>)
  // CHECK: %[[IY:.*]] = linalg.generic {indexing_maps = [#[[Y]], {{.*}} outs(%{{.*}} : tensor<1x6x7x2xi64>)
  // CHECK: %[[WX:.*]] = linalg.generic {indexing_maps = [#[[X]], {{.*}} outs(%{{.*}} : tensor<1x6x7x2xf32>)
  // CHECK: %[[IX:.*]] = linalg.generic {indexing_maps = [#[[X]], {{.*}} outs(%{{.*}} : tensor<1x6x7x2xi64>)
  // CHECK: linalg.generic {indexing_maps = [#[[TAP_Y]], #[[TAP_Y]], #[[TAP_X]], #[[TAP_X]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[IY]], %[[WY]], %[[IX]], %[[WX]]
  // CHECK: tensor.extract %arg0
  %0 = onnx.node "GridSample"(%x, %grid) {id = "g", opset = 20 : i64} attributes {mode = "linear"}
      : (tensor<1x3x4x5xf32>, tensor<1x6x7x2xf32>) -> tensor<1x3x6x7xf32>
  return %0 : tensor<1x3x6x7xf32>
}

// -----

// The positions of what is chosen are found one after the other, with one place
// for what comes behind the last; then they are gathered.

// CHECK-LABEL: func @compress(
func.func @compress(%x: tensor<5x2xf32>, %c: tensor<5xi1>) -> tensor<3x2xf32> {
  // CHECK: %[[FOUND:.*]]:2 = scf.for {{.*}} -> (tensor<4xi64>, tensor<i64>)
  // CHECK: %[[POSITIONS:.*]] = tensor.extract_slice %[[FOUND]]#0[0] [3] [1]
  // CHECK: garam_ext.gather %arg0[%[[POSITIONS]]] axis 0
  %0 = onnx.node "Compress"(%x, %c) {id = "c", opset = 20 : i64} attributes {axis = 0 : i64}
      : (tensor<5x2xf32>, tensor<5xi1>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// Indices that only count are no indices: the mask of tokens that exporters
// spread over the rows of an attention, batch and position at once.

// CHECK-DAG: #[[MASK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func @counted_coordinates(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xi1>
func.func @counted_coordinates(%x: tensor<2x3xi1>) -> tensor<2x1x3xi1> {
  // CHECK: linalg.generic {indexing_maps = [#[[MASK]], #{{.*}}]{{.*}} ins(%[[X]] :
  // CHECK-NOT: tensor.extract
  // CHECK: return
  %i = onnx.constant dense<[[[[0, 0], [0, 1], [0, 2]]], [[[1, 0], [1, 1], [1, -1]]]]>
      : tensor<2x1x3x2xi64> : tensor<2x1x3x2xi64>
  %0 = onnx.node "GatherND"(%x, %i) {id = "g", opset = 13 : i64} attributes {}
      : (tensor<2x3xi1>, tensor<2x1x3x2xi64>) -> tensor<2x1x3xi1>
  return %0 : tensor<2x1x3xi1>
}

// -----

// Relative positions: row 0 starts at element 1, row 1 one before it.

// CHECK-DAG: #[[SHIFT:.*]] = affine_map<(d0, d1) -> (d0, -d0 + d1 + 1)>
// CHECK-LABEL: func @counted_elements(
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>
func.func @counted_elements(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[SHIFT]], #{{.*}}]{{.*}} ins(%[[X]] :
  %i = onnx.constant dense<[[1, 2, 3], [0, 1, 2]]> : tensor<2x3xi64> : tensor<2x3xi64>
  %0 = onnx.node "GatherElements"(%x, %i) {id = "g", opset = 13 : i64} attributes {axis = 1 : i64}
      : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Indices that do not count, or leave the dimension, choose single elements.

// CHECK-LABEL: func @chosen_elements(
func.func @chosen_elements(%x: tensor<1x4xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>) {
  // CHECK: tensor.extract
  // CHECK: tensor.extract
  %i = onnx.constant dense<[[0, 1, 3]]> : tensor<1x3xi64> : tensor<1x3xi64>
  %j = onnx.constant dense<[[2, 3, 4]]> : tensor<1x3xi64> : tensor<1x3xi64>
  %0 = onnx.node "GatherElements"(%x, %i) {id = "g", opset = 13 : i64} attributes {axis = 1 : i64}
      : (tensor<1x4xf32>, tensor<1x3xi64>) -> tensor<1x3xf32>
  %1 = onnx.node "GatherElements"(%x, %j) {id = "h", opset = 13 : i64} attributes {axis = 1 : i64}
      : (tensor<1x4xf32>, tensor<1x3xi64>) -> tensor<1x3xf32>
  return %0, %1 : tensor<1x3xf32>, tensor<1x3xf32>
}

// -----

// An assignment to a slice, as exporters write it with constant indices: the
// update between what is before and behind it.

// CHECK-LABEL: func @assigned_slice(
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<2x4x3xf32>, %[[U:[a-z0-9]*]]: tensor<2x2x3xf32>
func.func @assigned_slice(%x: tensor<2x4x3xf32>, %u: tensor<2x2x3xf32>) -> tensor<2x4x3xf32> {
  // CHECK: %[[HEAD:.*]] = tensor.extract_slice %[[X]][0, 0, 0] [2, 1, 3]
  // CHECK: %[[TAIL:.*]] = tensor.extract_slice %[[X]][0, 3, 0] [2, 1, 3]
  // CHECK: %[[Y:.*]] = tensor.concat dim(1) %[[HEAD]], %[[U]], %[[TAIL]]
  // CHECK: return %[[Y]]
  %i = onnx.constant dense<[[[0, 1], [0, 2]], [[1, 1], [1, 2]]]> : tensor<2x2x2xi64> : tensor<2x2x2xi64>
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "s", opset = 18 : i64} attributes {}
      : (tensor<2x4x3xf32>, tensor<2x2x2xi64>, tensor<2x2x3xf32>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// -----

// Of two dimensions: the inner one first, as narrow as the block.

// CHECK-LABEL: func @assigned_block(
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<4x4xf32>, %[[U:[a-z0-9]*]]: tensor<2x1xf32>
func.func @assigned_block(%x: tensor<4x4xf32>, %u: tensor<2x1xf32>) -> tensor<4x4xf32> {
  // CHECK: %[[ROWS:.*]] = tensor.concat dim(1) %{{.*}}, %[[U]] : (tensor<2x3xf32>, tensor<2x1xf32>)
  // CHECK: %[[Y:.*]] = tensor.concat dim(0) %[[ROWS]], %{{.*}} : (tensor<2x4xf32>, tensor<2x4xf32>)
  // CHECK: return %[[Y]]
  %i = onnx.constant dense<[[[0, -1]], [[1, -1]]]> : tensor<2x1x2xi64> : tensor<2x1x2xi64>
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "s", opset = 18 : i64} attributes {}
      : (tensor<4x4xf32>, tensor<2x1x2xi64>, tensor<2x1xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// Updates of one place, and those that are added, are made one after the other.

// CHECK-LABEL: func @ordered_updates(
func.func @ordered_updates(%x: tensor<4xf32>, %u: tensor<2xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: scf.for
  // CHECK: scf.for
  %i = onnx.constant dense<1> : tensor<2x1xi64> : tensor<2x1xi64>
  %j = onnx.constant dense<[[0], [1]]> : tensor<2x1xi64> : tensor<2x1xi64>
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "s", opset = 18 : i64} attributes {}
      : (tensor<4xf32>, tensor<2x1xi64>, tensor<2xf32>) -> tensor<4xf32>
  %1 = onnx.node "ScatterND"(%x, %j, %u) {id = "t", opset = 18 : i64} attributes {reduction = "add"}
      : (tensor<4xf32>, tensor<2x1xi64>, tensor<2xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
