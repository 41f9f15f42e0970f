// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// Frames, blocks, boxes and regions that do not fit.

func.func @columns_image(%x: tensor<1x5x5xf32>) -> tensor<1x1x5x5xf32> {
  %im0 = onnx.constant dense<[5, 0]> : tensor<2xi64> : tensor<2xi64>
  %blk = onnx.constant dense<[1, 5]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): image, strides and dilations must be positive and at most 2147483648, but one is 0}}
  %0 = onnx.node "Col2Im"(%x, %im0, %blk) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @columns_pads(%x: tensor<1x5x5xf32>) -> tensor<1x1x5x5xf32> {
  %im = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %blk = onnx.constant dense<[1, 5]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): attribute 'pads' holds -1, which is out of range}}
  %0 = onnx.node "Col2Im"(%x, %im, %blk) {id = "a", opset = 20 : i64} attributes {pads = array<i64: 0, 0, 0, -1>} : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @columns_block(%x: tensor<1x5x5xf32>) -> tensor<1x1x5x5xf32> {
  %im = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %blk0 = onnx.constant dense<[0, 5]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): a block cannot have 0 elements along a dimension}}
  %0 = onnx.node "Col2Im"(%x, %im, %blk0) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @columns_block_rank(%x: tensor<1x5x5xf32>) -> tensor<1x1x5x5xf32> {
  %im = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %blk3 = onnx.constant dense<[1, 5, 1]> : tensor<3xi64> : tensor<3xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): input 2 ('block_shape') is 'tensor<3xi64>', but 2 sizes of 64 bits are needed, one a dimension of the image}}
  %0 = onnx.node "Col2Im"(%x, %im, %blk3) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<3xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @columns_rows(%x: tensor<1x6x5xf32>) -> tensor<1x1x5x5xf32> {
  %im = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %blk = onnx.constant dense<[1, 5]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): columns 'tensor<1x6x5xf32>' do not fit blocks of 5 elements}}
  %0 = onnx.node "Col2Im"(%x, %im, %blk) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x6x5xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @columns_places(%x: tensor<1x5x4xf32>) -> tensor<1x1x5x5xf32> {
  %im = onnx.constant dense<[5, 5]> : tensor<2xi64> : tensor<2xi64>
  %blk = onnx.constant dense<[1, 5]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Col2Im, opset 20): columns 'tensor<1x5x4xf32>' do not fit the number of blocks in the image, 5}}
  %0 = onnx.node "Col2Im"(%x, %im, %blk) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x5x4xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x5x5xf32>
  return %0 : tensor<1x1x5x5xf32>
}

// -----

func.func @frames_parts(%x: tensor<1x32x3xf32>) -> tensor<1x5x9x2xf32> {
  %step = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (STFT, opset 20): the last dimension of 'tensor<1x32x3xf32>' must hold the 1 or 2 parts of a number}}
  %0 = onnx.node "STFT"(%x, %step) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x32x3xf32>, tensor<i64>) -> tensor<1x5x9x2xf32>
  return %0 : tensor<1x5x9x2xf32>
}

// -----

func.func @frames_step(%x: tensor<1x32x1xf32>) -> tensor<1x5x9x2xf32> {
  %steps = onnx.constant dense<4> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (STFT, opset 20): input 1 ('frame_step') is 'tensor<2xi64>', but one integer is needed}}
  %0 = onnx.node "STFT"(%x, %steps) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x32x1xf32>, tensor<2xi64>) -> tensor<1x5x9x2xf32>
  return %0 : tensor<1x5x9x2xf32>
}

// -----

func.func @frames_window(%x: tensor<1x32x1xf32>, %w: tensor<16xf64>) -> tensor<1x5x9x2xf32> {
  %step = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (STFT, opset 20): the window 'tensor<16xf64>' does not fit frames of 16 elements of 'tensor<1x32x1xf32>'}}
  %0 = onnx.node "STFT"(%x, %step, %w) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x32x1xf32>, tensor<i64>, tensor<16xf64>) -> tensor<1x5x9x2xf32>
  return %0 : tensor<1x5x9x2xf32>
}

// -----

func.func @frames_length(%x: tensor<1x32x1xf32>) -> tensor<1x5x9x2xf32> {
  %step = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  %length = onnx.constant dense<40> : tensor<i64> : tensor<i64>
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (STFT, opset 20): frames of 40 elements every 4 cannot be taken of 32}}
  %0 = onnx.node "STFT"(%x, %step, %none, %length) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x32x1xf32>, tensor<i64>, none, tensor<i64>) -> tensor<1x5x9x2xf32>
  return %0 : tensor<1x5x9x2xf32>
}

// -----

func.func @suppression_scores(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x5xf32>) -> tensor<?x3xi64> {
  %most = onnx.constant dense<3> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (NonMaxSuppression, opset 20): boxes 'tensor<1x6x4xf32>' do not fit scores 'tensor<1x2x5xf32>'}}
  %0 = onnx.node "NonMaxSuppression"(%boxes, %scores, %most) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x6x4xf32>, tensor<1x2x5xf32>, tensor<i64>) -> tensor<?x3xi64>
  return %0 : tensor<?x3xi64>
}

// -----

func.func @suppression_most(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x6xf32>) -> tensor<?x3xi64> {
  %mostf = onnx.constant dense<3.0> : tensor<f32> : tensor<f32>
  // expected-error @+1 {{node 'a' (NonMaxSuppression, opset 20): input 2 is 'tensor<f32>', but one integer is needed}}
  %0 = onnx.node "NonMaxSuppression"(%boxes, %scores, %mostf) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<f32>) -> tensor<?x3xi64>
  return %0 : tensor<?x3xi64>
}

// -----

func.func @suppression_overlap(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x6xf32>) -> tensor<?x3xi64> {
  %most = onnx.constant dense<3> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (NonMaxSuppression, opset 20): input 3 is 'tensor<i64>', but one float is needed}}
  %0 = onnx.node "NonMaxSuppression"(%boxes, %scores, %most, %most) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<i64>) -> tensor<?x3xi64>
  return %0 : tensor<?x3xi64>
}

// -----

func.func @regions_mode(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): attribute 'mode' is 'sum', but avg or max is needed}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {mode = "sum"} : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @regions_coordinates(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): attribute 'coordinate_transformation_mode' is 'half', but half_pixel or output_half_pixel is needed}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {coordinate_transformation_mode = "half"} : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @regions_batches(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<2xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): regions 'tensor<3x4xf32>' and the batches 'tensor<2xi64>' they are in do not fit; four numbers and one batch a region are needed}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<2xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @regions_size(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): attribute 'output_width' is 0, but a positive number is needed}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {output_width = 0 : i64} : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @regions_ratio(%x: tensor<1x2x5x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): attribute 'sampling_ratio' is -1, but 0 or a positive number is needed}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {sampling_ratio = -1 : i64} : (tensor<1x2x5x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @regions_nothing(%x: tensor<1x2x0x5xf32>, %r: tensor<3x4xf32>, %i: tensor<3xi64>) -> tensor<3x2x1x1xf32> {
  // expected-error @+1 {{node 'a' (RoiAlign, opset 20): there is nothing to pool in 'tensor<1x2x0x5xf32>'}}
  %0 = onnx.node "RoiAlign"(%x, %r, %i) {id = "a", opset = 20 : i64} attributes {} : (tensor<1x2x0x5xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x1x1xf32>
  return %0 : tensor<3x2x1x1xf32>
}

// -----

func.func @unpool_indices(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x1xi64>) -> tensor<1x1x4x4xf32> {
  // expected-error @+1 {{node 'a' (MaxUnpool, opset 20): indices 'tensor<1x1x2x1xi64>' do not fit 'tensor<1x1x2x2xf32>'}}
  %0 = onnx.node "MaxUnpool"(%x, %i) {id = "a", opset = 20 : i64} attributes {kernel_shape = array<i64: 2, 2>} : (tensor<1x1x2x2xf32>, tensor<1x1x2x1xi64>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

// -----

func.func @unpool_window(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x2xi64>) -> tensor<1x1x4x4xf32> {
  // expected-error @+1 {{node 'a' (MaxUnpool, opset 20): the window and its strides must be positive and at most 2147483648, but one is 0}}
  %0 = onnx.node "MaxUnpool"(%x, %i) {id = "a", opset = 20 : i64} attributes {kernel_shape = array<i64: 2, 0>} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi64>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

// -----

func.func @unpool_pads(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x2xi64>) -> tensor<1x1x4x4xf32> {
  // expected-error @+1 {{node 'a' (MaxUnpool, opset 20): spatial dimension 0 of the output would have -1 elements}}
  %0 = onnx.node "MaxUnpool"(%x, %i) {id = "a", opset = 20 : i64} attributes {kernel_shape = array<i64: 2, 2>, pads = array<i64: 2, 0, 2, 0>} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi64>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

// -----

func.func @unpool_shape(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x2xi64>) -> tensor<1x1x4x4xf32> {
  %shape = onnx.constant dense<[4, 4]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (MaxUnpool, opset 20): the output cannot have 2 dimensions of the sizes that input 2 ('output_shape') says}}
  %0 = onnx.node "MaxUnpool"(%x, %i, %shape) {id = "a", opset = 20 : i64} attributes {kernel_shape = array<i64: 2, 2>} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi64>, tensor<2xi64>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}
