// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Blocks, frames, boxes and regions.

// An element of the image is a sum over the positions of a window; the window
// that has one there is at one place at most.

// CHECK-LABEL: func @image_of_columns(
// CHECK-SAME: %[[X:.*]]: tensor<1x5x5xf32>
func.func @image_of_columns(%x: tensor<1x5x5xf32>) -> tensor<1x1x5x5xf32> {
  // CHECK: %[[COLUMNS:.*]] = tensor.expand_shape %[[X]]
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]
  // CHECK: tensor.extract %[[COLUMNS]]
  // CHECK: arith.addf
  %image = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %block = onnx.constant dense<[1, 5]> : tensor<2xi64> : tensor<2xi64>
  %0 = onnx.node "Col2Im"(%x, %image, %block) {id = "a", opset = 20 : i64} attributes {}
      : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

// Frames are read as a convolution with a stride reads its input.

// CHECK-DAG: #[[FRAME:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 4 + d4, d5)>
// CHECK-LABEL: func @frames(
func.func @frames(%x: tensor<1x32x1xf32>, %w: tensor<16xf32>) -> tensor<1x5x9x2xf32> {
  // CHECK: math.cos
  // CHECK: linalg.generic {indexing_maps = [#[[FRAME]],
  %step = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  %0 = onnx.node "STFT"(%x, %step, %w) {id = "a", opset = 20 : i64} attributes {}
      : (tensor<1x32x1xf32>, tensor<i64>, tensor<16xf32>) -> tensor<1x5x9x2xf32>
  return %0 : tensor<1x5x9x2xf32>
}

// -----

// How many boxes are left shows at run time: at most 3 of each of 2 classes. One
// row more takes what does not count.

// CHECK-LABEL: func @suppression(
func.func @suppression(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x6xf32>) -> tensor<?x3xi64> {
  // CHECK: scf.for {{.*}} -> (tensor<7x3xi64>, tensor<i64>, tensor<6xi1>)
  // CHECK: %[[ROWS:.*]] = tensor.extract_slice {{.*}} : tensor<7x3xi64> to tensor<6x3xi64>
  // CHECK: %[[NUMBER:.*]] = tensor.extract
  // CHECK: %[[COUNT:.*]] = arith.index_cast %[[NUMBER]] : i64 to index
  // CHECK: tensor.extract_slice %[[ROWS]][0, 0] [%[[COUNT]], 3] [1, 1] : tensor<6x3xi64> to tensor<?x3xi64>
  %most = onnx.constant dense<3> : tensor<i64> : tensor<i64>
  %0 = onnx.node "NonMaxSuppression"(%boxes, %scores, %most) {id = "a", opset = 20 : i64} attributes {}
      : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>) -> tensor<?x3xi64>
  return %0 : tensor<?x3xi64>
}

// -----

// The model may say how many there are.

// CHECK-LABEL: func @unique(
func.func @unique(%x: tensor<6xf32>) -> tensor<4xf32> {
  // CHECK: tensor.extract_slice {{.*}} : tensor<6xf32> to tensor<4xf32>
  %0 = onnx.node "Unique"(%x) {id = "a", opset = 20 : i64} attributes {}
      : (tensor<6xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A bin has as many samples as its size asks for.

// CHECK-LABEL: func @regions(
func.func @regions(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // CHECK: math.ceil
  // CHECK: %[[SAMPLES:.*]] = arith.fptosi
  // CHECK: %[[COUNT:.*]] = arith.index_cast %[[SAMPLES]]
  // CHECK: scf.for {{.*}} to %[[COUNT]]
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {}
      : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}
