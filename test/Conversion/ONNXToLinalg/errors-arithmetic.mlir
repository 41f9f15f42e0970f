// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What arithmetic and constants refuse.

func.func @gelu(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Gelu, opset 20): attribute 'approximate' is 'erf', but none or tanh is needed}}
  %0 = onnx.node "Gelu"(%x) {id = "a", opset = 20 : i64} attributes {approximate = "erf"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// ONNX leaves the remainder of floats with the sign of the divisor undefined.
func.func @mod(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Mod, opset 17): floats need attribute 'fmod' = 1}}
  %0 = onnx.node "Mod"(%x, %x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @and(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (BitwiseAnd, opset 18): input 0 is 'tensor<2x3xf32>', but integers or booleans are needed}}
  %0 = onnx.node "BitwiseAnd"(%x, %x) {id = "a", opset = 18 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @not(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (BitwiseNot, opset 18): input 0 is 'tensor<2x3xf32>', but integers or booleans are needed}}
  %0 = onnx.node "BitwiseNot"(%x) {id = "a", opset = 18 : i64} attributes {} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @shift(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (BitShift, opset 17): input 0 is 'tensor<2x3xf32>', but integers are needed}}
  %0 = onnx.node "BitShift"(%x, %x) {id = "a", opset = 17 : i64} attributes {direction = "LEFT"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @where(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Where, opset 17): input 0 is 'tensor<2x3xf32>', but a tensor of booleans is needed}}
  %0 = onnx.node "Where"(%x, %x, %x) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @cast(%x: tensor<2x3xf32>) -> tensor<2x3xcomplex<f32>> {
  // expected-error @+1 {{node 'a' (Cast, opset 17): casts from or to 'complex<f32>' are not supported}}
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 17 : i64} attributes {to = 14 : i64} : (tensor<2x3xf32>) -> tensor<2x3xcomplex<f32>>
  return %0 : tensor<2x3xcomplex<f32>>
}

// -----

func.func @round_mode(%x: tensor<2x3xf32>) -> tensor<2x3xf8E8M0FNU> {
  // expected-error @+1 {{node 'a' (Cast, opset 25): attribute 'round_mode' is 'odd', but 'up', 'down' or 'nearest' is needed}}
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 25 : i64} attributes {round_mode = "odd", to = 24 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf8E8M0FNU>
  return %0 : tensor<2x3xf8E8M0FNU>
}

// -----

func.func @bits_of_float4(%x: tensor<2x3xf4E2M1FN>) -> tensor<2x3xi4> {
  // expected-error @+1 {{node 'a' (BitCast, opset 26): the bits of 'f4E2M1FN' as 'i4' are not supported}}
  %0 = onnx.node "BitCast"(%x) {id = "a", opset = 26 : i64} attributes {to = 22 : i64} : (tensor<2x3xf4E2M1FN>) -> tensor<2x3xi4>
  return %0 : tensor<2x3xi4>
}

// -----

// What an output holds cannot be told where its type is unknown.
func.func @cast_unknown(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{node 'a' (Cast, opset 17): the element type of the output is not known}}
  %0 = onnx.node "Cast"(%x) {id = "a", opset = 17 : i64} attributes {to = 1 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @matmul(%x: tensor<2x3x4xf32>, %y: tensor<3x4x5xf32>) -> tensor<2x3x5xf32> {
  // expected-error @+1 {{node 'a' (MatMul, opset 17): batch dimensions do not broadcast: 'tensor<2x3x4xf32>' and 'tensor<3x4x5xf32>'}}
  %0 = onnx.node "MatMul"(%x, %y) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3x4xf32>, tensor<3x4x5xf32>) -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}

// -----

// Constants.
func.func @constant_kind() -> tensor<2xui8> {
  // expected-error @+1 {{node 'a' (Constant, opset 17): attribute 'value' holds an unknown kind of elements}}
  %0 = onnx.node "Constant"() {id = "a", opset = 17 : i64} attributes {value = sparse<[[0]], [1]> : tensor<2xui8>} : () -> tensor<2xui8>
  return %0 : tensor<2xui8>
}

// -----

func.func @constant_string() -> tensor<f32> {
  // expected-error @+1 {{node 'a' (Constant, opset 17): the constant is a string or sparse, which is not supported}}
  %0 = onnx.node "Constant"() {id = "a", opset = 17 : i64} attributes {value_string = "a"} : () -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @constant_of_shape() -> tensor<1xf32> {
  %c = onnx.constant dense<[-1]> : tensor<1xi64> : tensor<1xi64>
  // expected-error @+1 {{node 'a' (ConstantOfShape, opset 17): one value and a shape of sizes that are not negative are needed}}
  %0 = onnx.node "ConstantOfShape"(%c) {id = "a", opset = 17 : i64} attributes {} : (tensor<1xi64>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @range_operand(%x: tensor<i64>) -> tensor<?xi64> {
  // expected-error @+1 {{node 'a' (Range, opset 17): input 0 is not a constant scalar, and no size of a tensor bounds how long the range is; bind the model's dimensions with --shape or --dim}}
  %0 = onnx.node "Range"(%x, %x, %x) {id = "a", opset = 17 : i64} attributes {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// -----

func.func @range_step() -> tensor<?xi64> {
  %c = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (Range, opset 17): a range from 0.000000e+00 to 1.000000e+00 by 0.000000e+00 is too long}}
  %0 = onnx.node "Range"(%c, %c1, %c) {id = "a", opset = 17 : i64} attributes {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// -----

func.func @einsum_ranks(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is 'ijk->ij', but 'ijk' does not fit 2 dimensions}}
  %0 = onnx.node "Einsum"(%x) {id = "a", opset = 17 : i64} attributes {equation = "ijk->ij"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @einsum_ellipses(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is '...i...->i', but '...i...' must consist of letters and one ellipsis}}
  %0 = onnx.node "Einsum"(%x) {id = "a", opset = 17 : i64} attributes {equation = "...i...->i"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @einsum_letters(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is 'i1->i', but 'i1' must consist of letters and one ellipsis}}
  %0 = onnx.node "Einsum"(%x) {id = "a", opset = 17 : i64} attributes {equation = "i1->i"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @einsum_operands(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is 'ij,jk->ik', but 1 operands are given}}
  %0 = onnx.node "Einsum"(%x) {id = "a", opset = 17 : i64} attributes {equation = "ij,jk->ik"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @einsum_sizes(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is 'ij,jk->ik', but the sizes of a dimension that it names twice differ: 3 and 2}}
  %0 = onnx.node "Einsum"(%x, %x) {id = "a", opset = 17 : i64} attributes {equation = "ij,jk->ik"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @einsum_result(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'a' (Einsum, opset 17): attribute 'equation' is 'ij->ik', but each dimension of the result must be one of an operand, and be there once}}
  %0 = onnx.node "Einsum"(%x) {id = "a", opset = 17 : i64} attributes {equation = "ij->ik"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @convinteger_floats(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xi32> {
  // expected-error @+1 {{node 'a' (ConvInteger, opset 17): input 0 is 'tensor<1x2x4x4xf32>', but integers of 8 bits are needed}}
  %0 = onnx.node "ConvInteger"(%x, %w) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xi32>
  return %0 : tensor<1x3x2x2xi32>
}

// -----

func.func @convinteger_zero_point(%x: tensor<1x2x4x4xi8>, %w: tensor<3x2x3x3xi8>, %z: tensor<2xi8>) -> tensor<1x3x2x2xi32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (ConvInteger, opset 17): zero point 'tensor<2xi8>' does not fit 'tensor<3x2x3x3xi8>'; one number or one for each filter of its element type is needed}}
  %0 = onnx.node "ConvInteger"(%x, %w, %none, %z) {id = "a", opset = 17 : i64} attributes {} : (tensor<1x2x4x4xi8>, tensor<3x2x3x3xi8>, none, tensor<2xi8>) -> tensor<1x3x2x2xi32>
  return %0 : tensor<1x3x2x2xi32>
}

// -----

func.func @matmulinteger_floats(%a: tensor<2x3xi8>, %b: tensor<3x2xi16>) -> tensor<2x2xi32> {
  // expected-error @+1 {{node 'a' (MatMulInteger, opset 17): input 1 is 'tensor<3x2xi16>', but integers of 8 bits are needed}}
  %0 = onnx.node "MatMulInteger"(%a, %b) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xi8>, tensor<3x2xi16>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// -----

func.func @matmulinteger_zero_point(%a: tensor<2x3xi8>, %b: tensor<3x2xi8>, %z: tensor<f32>) -> tensor<2x2xi32> {
  // expected-error @+1 {{node 'a' (MatMulInteger, opset 17): zero point 'tensor<f32>' does not fit 'tensor<2x3xi8>'; its element type is needed}}
  %0 = onnx.node "MatMulInteger"(%a, %b, %z) {id = "a", opset = 17 : i64} attributes {} : (tensor<2x3xi8>, tensor<3x2xi8>, tensor<f32>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// -----

func.func @dft_parts(%x: tensor<2x10x3xf32>) -> tensor<2x10x2xf32> {
  // expected-error @+1 {{node 'a' (DFT, opset 20): the last dimension of 'tensor<2x10x3xf32>' must hold the 1 or 2 parts of a number}}
  %0 = onnx.node "DFT"(%x) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x10x3xf32>) -> tensor<2x10x2xf32>
  return %0 : tensor<2x10x2xf32>
}

// -----

func.func @dft_axis(%x: tensor<2x10x1xf32>) -> tensor<2x10x2xf32> {
  %axis = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (DFT, opset 20): axis 2 of 'tensor<2x10x1xf32>' holds the parts of the numbers}}
  %0 = onnx.node "DFT"(%x, %none, %axis) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x10x1xf32>, none, tensor<i64>) -> tensor<2x10x2xf32>
  return %0 : tensor<2x10x2xf32>
}

// -----

func.func @dft_axes(%x: tensor<2x10x1xf32>) -> tensor<2x10x2xf32> {
  %axes = onnx.constant dense<[0, 1]> : tensor<2xi64> : tensor<2xi64>
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (DFT, opset 20): input 2 ('axis') is 'tensor<2xi64>', but one integer is needed}}
  %0 = onnx.node "DFT"(%x, %none, %axes) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x10x1xf32>, none, tensor<2xi64>) -> tensor<2x10x2xf32>
  return %0 : tensor<2x10x2xf32>
}

// -----

func.func @dft_length(%x: tensor<2x10x1xf32>) -> tensor<2x10x2xf32> {
  %length = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  // expected-error @+1 {{node 'a' (DFT, opset 20): a transform of 0 elements is not possible}}
  %0 = onnx.node "DFT"(%x, %length) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x10x1xf32>, tensor<i64>) -> tensor<2x10x2xf32>
  return %0 : tensor<2x10x2xf32>
}

// -----

func.func @dft_computed_axis(%x: tensor<2x10x1xf32>, %axis: tensor<i64>) -> tensor<7x7x2xf32> {
  %none = onnx.none : none
  // expected-error @+1 {{node 'a' (DFT, opset 20): no axis of 'tensor<2x10x1xf32>' yields the declared 'tensor<7x7x2xf32>'}}
  %0 = onnx.node "DFT"(%x, %none, %axis) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x10x1xf32>, none, tensor<i64>) -> tensor<7x7x2xf32>
  return %0 : tensor<7x7x2xf32>
}

// -----

func.func @dft_dynamic(%x: tensor<2x?x1xf32>) -> tensor<2x?x2xf32> {
  // expected-error @+1 {{node 'a' (DFT, opset 20): dimension 1 of input 0 is dynamic ('tensor<2x?x1xf32>'), but a Fourier transform needs its size}}
  %0 = onnx.node "DFT"(%x) {id = "a", opset = 20 : i64} attributes {} : (tensor<2x?x1xf32>) -> tensor<2x?x2xf32>
  return %0 : tensor<2x?x2xf32>
}
