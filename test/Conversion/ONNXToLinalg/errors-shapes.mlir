// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What operators that move elements refuse.

// Parts of a concatenation differ in the axis only.
func.func @concat(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> tensor<5x3xf32> {
  // expected-error @+1 {{node 'a' (Concat, opset 17): input 1 is 'tensor<3x4xf32>', which differs from 'tensor<2x3xf32>' in more than dimension 0}}
  %0 = onnx.node "Concat"(%x, %y) {id = "a", opset = 17 : i64} attributes {axis = 0 : i64} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// -----

// Parts of a split make up its dimension.
func.func @split_sizes(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %c = onnx.constant dense<[2, 2]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Split, opset 17): the parts exceed the size 3 of the dimension that is split}}
  %0:2 = onnx.node "Split"(%x, %c) {id = "a", opset = 17 : i64} attributes {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2xi64>) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  return %0#1 : tensor<2x2xf32>
}

// -----

func.func @split_rest(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %c = onnx.constant dense<[1, 1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Split, opset 17): the node has 2 outputs, but 2 parts with 2 of 3 elements are given}}
  %0:2 = onnx.node "Split"(%x, %c) {id = "a", opset = 17 : i64} attributes {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2xi64>) -> (tensor<2x1xf32>, tensor<2x1xf32>)
  return %0#1 : tensor<2x1xf32>
}

// -----

func.func @split_dynamic(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  // expected-error @+1 {{node 'a' (Split, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but a split needs its size; bind the model's inputs with --shape or --dim}}
  %0:2 = onnx.node "Split"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>)
  return %0#1 : tensor<?x3xf32>
}

// -----

func.func @slice_operands(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Slice, opset 17): starts or ends are left out}}
  %0 = onnx.node "Slice"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @slice_counts(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[0, 0]> : tensor<2xi64> : tensor<2xi64>
  %c1 = onnx.constant dense<[1]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Slice, opset 17): starts, ends, axes and steps have different sizes}}
  %0 = onnx.node "Slice"(%x, %c, %c1) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @slice_step(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[0]> : tensor<1xi64> : tensor<1xi64>
  %c1 = onnx.constant dense<[1]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Slice, opset 17): the step of axis 0 is 0}}
  %0 = onnx.node "Slice"(%x, %c, %c1, %c, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @slice_dynamic(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %c = onnx.constant dense<[0]> : tensor<1xi64> : tensor<1xi64>
  %c1 = onnx.constant dense<[1]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Slice, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but a slice needs its size}}
  %0 = onnx.node "Slice"(%x, %c, %c1) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// A 0 in a shape copies the size of the input.
func.func @reshape_copy(%x: tensor<2x3xf32>) -> tensor<2x3x1xf32> {
  %c = onnx.constant dense<[2, 3, 0]> : tensor<3xi64> : tensor<3xi64>
  // expected-error @+1 {{node 'a' (Reshape, opset 17): the shape copies dimension 2, but 'tensor<2x3xf32>' has no such dimension}}
  %0 = onnx.node "Reshape"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<2x3x1xf32>
  return %0 : tensor<2x3x1xf32>
}

// -----

func.func @reshape_negative(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[2, -2]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Reshape, opset 17): the shape holds -2 at position 1; sizes and at most one -1 are needed}}
  %0 = onnx.node "Reshape"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @reshape_two_unknown(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[-1, -1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Reshape, opset 17): the shape holds -1 at position 1; sizes and at most one -1 are needed}}
  %0 = onnx.node "Reshape"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Only a size of 1 can be left out.
func.func @squeeze(%x: tensor<2x3xf32>) -> tensor<3xf32> {
  %c = onnx.constant dense<[0]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Squeeze, opset 17): dimension 0 of 'tensor<2x3xf32>' is not 1, so it cannot be squeezed}}
  %0 = onnx.node "Squeeze"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @unsqueeze_axis(%x: tensor<2x3xf32>) -> tensor<2x3x1xf32> {
  %c = onnx.constant dense<[3]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Unsqueeze, opset 17): axis 3 is outside of a tensor of rank 3}}
  %0 = onnx.node "Unsqueeze"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  return %0 : tensor<2x3x1xf32>
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Transpose, opset 17): attribute 'perm' is not a permutation of the 2 dimensions of 'tensor<2x3xf32>'}}
  %0 = onnx.node "Transpose"(%x) {id = "a", opset = 17 : i64} attributes {perm = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @dropout_ratio(%x: tensor<2x3xf32>, %r: tensor<2xf32>, %c: tensor<i1>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Dropout, opset 17): one float ('ratio') and one boolean ('training_mode') are needed}}
  %0 = onnx.node "Dropout"(%x, %r, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xf32>, tensor<i1>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @random_shape() -> tensor<?xf32> {
  // expected-error @+1 {{node 'a' (RandomUniform, opset 22): attribute 'shape' has a negative size}}
  %0 = onnx.node "RandomUniform"() {id = "a", opset = 22 : i64} attributes {shape = array<i64: -1>} : () -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @random_integers(%x: tensor<2xi32>) -> tensor<2xi32> {
  // expected-error @+1 {{node 'a' (RandomNormalLike, opset 22): the output's element type is not known to be a float; declare it with the attribute 'dtype'}}
  %0 = onnx.node "RandomNormalLike"(%x) {id = "a", opset = 22 : i64} attributes {} : (tensor<2xi32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// -----

func.func @multinomial_size(%x: tensor<2x3xf32>) -> tensor<2x?xi32> {
  // expected-error @+1 {{node 'a' (Multinomial, opset 22): attribute 'sample_size' is -1, but a number that is not negative is needed}}
  %0 = onnx.node "Multinomial"(%x) {id = "a", opset = 22 : i64} attributes {sample_size = -1 : i64} : (tensor<2x3xf32>) -> tensor<2x?xi32>
  return %0 : tensor<2x?xi32>
}

// -----

func.func @dropout_mask(%x: tensor<?x3xf32>) -> tensor<?x3xi1> {
  // expected-error @+1 {{node 'a' (Dropout, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but the mask needs its size}}
  %0:2 = onnx.node "Dropout"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xi1>)
  return %0#1 : tensor<?x3xi1>
}

// -----

// The shape of a tensor whose dimensions are not bound.
func.func @shape(%x: tensor<?x3xf32>) -> tensor<2xi64> {
  // expected-error @+1 {{node 'a' (Shape, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but the shape as a value needs its size}}
  %0 = onnx.node "Shape"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

// -----

func.func @size(%x: tensor<?x3xf32>) -> tensor<i64> {
  // expected-error @+1 {{node 'a' (Size, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but the number of elements needs its size}}
  %0 = onnx.node "Size"(%x) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>) -> tensor<i64>
  return %0 : tensor<i64>
}

// -----

func.func @expand(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %c = onnx.constant dense<[2, 4]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Expand, opset 17): 'tensor<2x3xf32>' does not broadcast to size 4 in dimension 1}}
  %0 = onnx.node "Expand"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @tile_count(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[2]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (Tile, opset 17): input 1 ('repeats') has 1 values, but 2 are needed for 'tensor<2x3xf32>'}}
  %0 = onnx.node "Tile"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @tile_negative(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[1, -1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Tile, opset 17): cannot repeat dimension 1 of 'tensor<2x3xf32>' -1 times}}
  %0 = onnx.node "Tile"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Blocks of DepthToSpace and SpaceToDepth.
func.func @block_size(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error @+1 {{node 'a' (DepthToSpace, opset 17): attribute 'blocksize' is 0, but a number from 1 to 32768 is needed}}
  %0 = onnx.node "DepthToSpace"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 0 : i64} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %0 : tensor<1x4x8x8xf32>
}

// -----

func.func @block_mode(%x: tensor<1x4x8x8xf32>) -> tensor<1x1x16x16xf32> {
  // expected-error @+1 {{node 'a' (DepthToSpace, opset 17): attribute 'mode' is 'RCD', but DCR or CRD is needed}}
  %0 = onnx.node "DepthToSpace"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 2 : i64, mode = "RCD"} : (tensor<1x4x8x8xf32>) -> tensor<1x1x16x16xf32>
  return %0 : tensor<1x1x16x16xf32>
}

// -----

func.func @block_channels(%x: tensor<1x4x8x8xf32>) -> tensor<1x1x24x24xf32> {
  // expected-error @+1 {{node 'a' (DepthToSpace, opset 17): the 4 channels of 'tensor<1x4x8x8xf32>' do not divide into blocks of 3 x 3}}
  %0 = onnx.node "DepthToSpace"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 3 : i64} : (tensor<1x4x8x8xf32>) -> tensor<1x1x24x24xf32>
  return %0 : tensor<1x1x24x24xf32>
}

// -----

func.func @block_space(%x: tensor<1x4x8x8xf32>) -> tensor<1x36x2x2xf32> {
  // expected-error @+1 {{node 'a' (SpaceToDepth, opset 17): 'tensor<1x4x8x8xf32>' does not divide into blocks of 3 x 3}}
  %0 = onnx.node "SpaceToDepth"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 3 : i64} : (tensor<1x4x8x8xf32>) -> tensor<1x36x2x2xf32>
  return %0 : tensor<1x36x2x2xf32>
}

// -----

func.func @block_dynamic(%x: tensor<1x?x8x8xf32>) -> tensor<1x?x4x4xf32> {
  // expected-error @+1 {{node 'a' (SpaceToDepth, opset 17): dimension 1 of input 0 is dynamic ('tensor<1x?x8x8xf32>'), but a rearrangement of blocks needs its size}}
  %0 = onnx.node "SpaceToDepth"(%x) {id = "a", opset = 17 : i64} attributes {blocksize = 2 : i64} : (tensor<1x?x8x8xf32>) -> tensor<1x?x4x4xf32>
  return %0 : tensor<1x?x4x4xf32>
}

// -----

// Padding.
func.func @pad_count(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[1, 1]> : tensor<2xi64> : tensor<2xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): input 1 ('pads') has 2 values, but 4 are needed for 2 axes}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @pad_range(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[0, 0, 1125899906842624, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): input 1 ('pads') holds values out of range}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// The least integer has no absolute value.
func.func @pad_least(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[0, 0, -9223372036854775808, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): input 1 ('pads') holds values out of range}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @pad_negative(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = onnx.constant dense<[0, -2, 0, -2]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): negative padding takes away more than dimension 1 of 'tensor<2x3xf32>' has}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @pad_negative_dynamic(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %c = onnx.constant dense<[-1, 0, 0, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): dimension 0 of input 0 is dynamic ('tensor<?x3xf32>'), but negative padding needs its size}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x3xf32>, tensor<4xi64>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

func.func @pad_value(%x: tensor<2x3xf32>, %v: tensor<2xf32>) -> tensor<3x3xf32> {
  %c = onnx.constant dense<[1, 0, 0, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): input 2 ('constant_value') is 'tensor<2xf32>', but one element of 'f32' is needed}}
  %0 = onnx.node "Pad"(%x, %c, %v) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<4xi64>, tensor<2xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// -----

func.func @pad_copies(%x: tensor<0x3xf32>) -> tensor<1x3xf32> {
  %c = onnx.constant dense<[1, 0, 0, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): dimension 0 has no elements to copy into the padding}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {mode = "edge"} : (tensor<0x3xf32>, tensor<4xi64>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @pad_mode(%x: tensor<2x3xf32>) -> tensor<3x3xf32> {
  %c = onnx.constant dense<[1, 0, 0, 0]> : tensor<4xi64> : tensor<4xi64>
  // expected-error @+1 {{node 'a' (Pad, opset 17): attribute 'mode' is 'mirror', but constant, edge, reflect or wrap is needed}}
  %0 = onnx.node "Pad"(%x, %c) {id = "a", opset = 17 : i64} attributes {mode = "mirror"} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// -----

// Indices.
func.func @gather_type(%x: tensor<2x3xf32>, %i: tensor<2xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Gather, opset 17): input 1 ('indices') is 'tensor<2xf32>', but integers are needed}}
  %0 = onnx.node "Gather"(%x, %i) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @gather_range(%x: tensor<2x3xf32>) -> tensor<3xf32> {
  %c = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (Gather, opset 17): the index is outside of dimension 0 of 'tensor<2x3xf32>'}}
  %0 = onnx.node "Gather"(%x, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<i64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// What nothing but a run says, for sizes of which none are known.
func.func @reshape_at_run_time(%x: tensor<2x3xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  // expected-error @+1 {{node 'a' (Reshape, opset 17): cannot reshape 'tensor<2x3xf32>' to 'tensor<?x?xf32>': the sizes of the result are known in a run only}}
  %0 = onnx.node "Reshape"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// Two sizes that nothing but a run says, though the input has as many.
func.func @reshape_of_run_time(%x: tensor<?x?xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  // expected-error @+1 {{node 'a' (Reshape, opset 17): cannot reshape 'tensor<?x?xf32>' to 'tensor<?x?xf32>'}}
  %0 = onnx.node "Reshape"(%x, %s) {id = "a", opset = 17 : i64} attributes {} : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
