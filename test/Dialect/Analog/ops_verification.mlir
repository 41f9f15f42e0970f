// RUN: garam-opt %s --split-input-file --verify-diagnostics

// Each message carries the number of its constraint in the op's description.

// expected-error @+1 {{the scale of a DAC is a positive f32, got: 0.000000e+00 : f32}}
#dac = #analog.dac<0.0 : f32 in 0 to 1>

// -----

// expected-error @+1 {{codes of a DAC are from -127 to 127, got: -128 to 1}}
#dac = #analog.dac<1.0 : f32 in -128 to 1>

// -----

#map = affine_map<(k, n) -> (k, n)>
func.func @matrix_type() {
  // expected-error @+1 {{'analog.matrix' op (C1) weights are of f32 and of a static shape, got: 'tensor<2x3xf16>'}}
  %0 = analog.matrix dense<1.0> : tensor<2x3xf16> map #map groups [] reduction [2] outputs [3] levels 127 : !analog.matrix<2, 3>
  return
}

// -----

// The map reaches row 2 of two.
#map = affine_map<(k, n) -> (k + 1, n)>
func.func @matrix_map() {
  // expected-error @+1 {{'analog.matrix' op (C2) the map leads from groups, reduction and outputs into the weights}}
  %0 = analog.matrix dense<1.0> : tensor<2x3xf32> map #map groups [] reduction [2] outputs [3] levels 127 : !analog.matrix<2, 3>
  return
}

// -----

#map = affine_map<(k, n) -> (k, n)>
func.func @matrix_sizes() {
  // expected-error @+1 {{'analog.matrix' op (C2) the map leads from groups, reduction and outputs into the weights}}
  %0 = analog.matrix dense<1.0> : tensor<2x3xf32> map #map groups [] reduction [0] outputs [3] levels 127 : !analog.matrix<1, 3>
  return
}

// -----

// Rows and columns of all groups have a bound, their product has none.
#map = affine_map<(g, k, n) -> (g)>
func.func @matrix_rows() {
  %0 = analog.matrix dense<1.0> : tensor<4096xf32> map #map groups [4096] reduction [4096] outputs [4096] levels 127 : !analog.matrix<16777216, 16777216>
  // expected-error @+1 {{'analog.matrix' op (C2) the map leads from groups, reduction and outputs into the weights}}
  %1 = analog.matrix dense<1.0> : tensor<4096xf32> map #map groups [4096] reduction [4097] outputs [1] levels 127 : !analog.matrix<16777216, 4096>
  return
}

// -----

#map = affine_map<(g, k, n) -> (g)>
func.func @matrix_columns() {
  // expected-error @+1 {{'analog.matrix' op (C2) the map leads from groups, reduction and outputs into the weights}}
  %0 = analog.matrix dense<1.0> : tensor<4096xf32> map #map groups [4096] reduction [1] outputs [4097] levels 127 : !analog.matrix<4096, 16777216>
  return
}

// -----

#map = affine_map<(k, n) -> (k, n)>
func.func @matrix_result() {
  // expected-error @+1 {{'analog.matrix' op (C3) the matrix has 2 rows and 3 columns, got: '!analog.matrix<3, 2>'}}
  %0 = analog.matrix dense<1.0> : tensor<2x3xf32> map #map groups [] reduction [2] outputs [3] levels 127 : !analog.matrix<3, 2>
  return
}

// -----

#map = affine_map<(k, n) -> (k, n)>
func.func @matrix_levels() {
  // expected-error @+1 {{'analog.matrix' op (C4) there are 1 to 127 levels, got: 128}}
  %0 = analog.matrix dense<1.0> : tensor<2x3xf32> map #map groups [] reduction [2] outputs [3] levels 128 : !analog.matrix<2, 3>
  return
}

// -----

// A coordinate that is no linear function.
#map = affine_map<(m, k) -> (m, k floordiv 2)>
func.func @convert_map(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{'analog.convert' op (C1) the map leads linearly from vectors and rows to elements of f32}}
  %0 = analog.convert %x vectors [4] rows [2] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x2xf32> -> tensor<4x2xi8>
  return
}

// -----

// Vectors and rows have a bound each, codes have none.
#map = affine_map<(m, k) -> (m, k)>
func.func @convert_sizes(%x: tensor<4x2xf32>) {
  %0 = analog.convert %x vectors [16777216] rows [16777216] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x2xf32> -> tensor<16777216x16777216xi8>
  // expected-error @+1 {{'analog.convert' op (C1) the map leads linearly from vectors and rows to elements of f32}}
  %1 = analog.convert %x vectors [16777217] rows [1] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x2xf32> -> tensor<16777217x1xi8>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @convert_result(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{'analog.convert' op (C2) the result has shape [4, 2], got: 'tensor<2x4xi8>'}}
  %0 = analog.convert %x vectors [4] rows [2] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x2xf32> -> tensor<2x4xi8>
  return
}

// -----

func.func @multiply(%c: tensor<4x2xi8>, %m: !analog.matrix<3, 5>) {
  // expected-error @+1 {{'analog.multiply' op (C1) codes times matrix have another shape, got: 'tensor<4x2xi8>' times '!analog.matrix<3, 5>' as 'tensor<4x5xi32>'}}
  %0 = analog.multiply %c, %m : tensor<4x2xi8>, !analog.matrix<3, 5> -> tensor<4x5xi32>
  return
}

// -----

func.func @tile(%m: !analog.matrix<3, 5>) {
  // expected-error @+1 {{'analog.tile' op (C1) the tile is inside of the matrix, got: '!analog.tile<2, 5>' at [2, 0] of '!analog.matrix<3, 5>'}}
  %0 = analog.tile %m core 0 at [2, 0] : !analog.matrix<3, 5> -> !analog.tile<2, 5>
  return
}

// -----

func.func @read_operands(%c: tensor<4x3xi8>, %t: !analog.tile<3, 5>) {
  // expected-error @+1 {{'analog.read' op (C1) a read is of an earlier analog.tile and an earlier analog.convert}}
  %0 = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x5xi8>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @read_shape(%x: tensor<4x3xf32>, %m: !analog.matrix<3, 5>) {
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %t = analog.tile %m core 0 at [0, 0] : !analog.matrix<3, 5> -> !analog.tile<3, 5>
  // expected-error @+1 {{'analog.read' op (C2) codes times tile have another shape, got: 'tensor<4x3xi8>' times '!analog.tile<3, 5>' as 'tensor<4x4xi8>'}}
  %0 = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x4xi8>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @read_phases(%x: tensor<4x3xf32>, %m: !analog.matrix<3, 5>) {
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -1 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %t = analog.tile %m core 0 at [0, 0] : !analog.matrix<3, 5> -> !analog.tile<3, 5>
  // expected-error @+1 {{'analog.read' op (C3) a read has 4 phases, or 1 if no code is negative, got: 1}}
  %0 = analog.read %c, %t phases 1 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x5xi8>
  return
}

// -----

func.func @accumulate_nothing() {
  // expected-error @+1 {{'analog.accumulate' op (C1) parts are read from the same codes with tiles of one matrix, got none}}
  %0 = "analog.accumulate"() : () -> tensor<4x5xi32>
  return
}

// -----

func.func @accumulate_parts(%p: tensor<4x5xi8>) {
  // expected-error @+1 {{'analog.accumulate' op (C1) parts are read earlier from the same codes with tiles of one matrix, got another at number 0}}
  %0 = analog.accumulate %p : tensor<4x5xi8> -> tensor<4x5xi32>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @accumulate_result(%x: tensor<4x3xf32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %t = analog.tile %m core 0 at [0, 0] : !analog.matrix<3, 5> -> !analog.tile<3, 5>
  %p = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x5xi8>
  // expected-error @+1 {{'analog.accumulate' op (C2) the result has the rows of the parts and the columns of '!analog.matrix<3, 5>', got: 'tensor<4x6xi32>'}}
  %0 = analog.accumulate %p : tensor<4x5xi8> -> tensor<4x6xi32>
  return
}

// -----

// A tile that leaves row 2 out.
#map = affine_map<(m, k) -> (m, k)>
func.func @accumulate_missing(%x: tensor<4x3xf32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %t = analog.tile %m core 0 at [0, 0] : !analog.matrix<3, 5> -> !analog.tile<2, 5>
  %p = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<2, 5> -> tensor<4x5xi8>
  // expected-error @+1 {{'analog.accumulate' op (C3) tiles share cells or leave some of the matrix out}}
  %0 = analog.accumulate %p : tensor<4x5xi8> -> tensor<4x5xi32>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_operands(%s: tensor<4x5xi32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  // expected-error @+1 {{'analog.rescale' op (C4) the matrix comes from an earlier analog.matrix and the sums from earlier codes times it}}
  %0 = analog.rescale %s, %m vectors [4] map #map scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  return
}

// -----

// Both columns of a result would get the same element.
#map = affine_map<(m, k) -> (m, k)>
#same = affine_map<(m, n) -> (m, 0)>
func.func @rescale_map(%x: tensor<4x3xf32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %s = analog.multiply %c, %m : tensor<4x3xi8>, !analog.matrix<3, 5> -> tensor<4x5xi32>
  // expected-error @+1 {{'analog.rescale' op (C1) the map reaches each element of the result once}}
  %0 = analog.rescale %s, %m vectors [4] map #same scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_sums(%x: tensor<4x3xf32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %s = analog.multiply %c, %m : tensor<4x3xi8>, !analog.matrix<3, 5> -> tensor<4x5xi32>
  // expected-error @+1 {{'analog.rescale' op (C2) sums have a row a vector and a column for each of the matrix, got: 'tensor<4x5xi32>' of '!analog.matrix<3, 5>'}}
  %0 = analog.rescale %s, %m vectors [3] map #map scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<3x5xf32>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_bias(%x: tensor<4x3xf32>) {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %s = analog.multiply %c, %m : tensor<4x3xi8>, !analog.matrix<3, 5> -> tensor<4x5xi32>
  // expected-error @+1 {{'analog.rescale' op (C3) a bias is of f32 and has a map from the columns into it}}
  %0 = analog.rescale %s, %m vectors [4] map #map scale 1.0 bias dense<1.0> : tensor<5xf32> : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  return
}

// -----

// A definition behind its use is not verified yet: it may lack all operands and
// attributes.
func.func @read_of_later_tile(%c: tensor<4x3xi8>) {
  // expected-error @+1 {{'analog.read' op (C1) a read is of an earlier analog.tile and an earlier analog.convert}}
  %0 = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x5xi8>
  %t = "analog.tile"() : () -> !analog.tile<3, 5>
  return
}

// -----

func.func @accumulate_of_later_read() {
  // expected-error @+1 {{'analog.accumulate' op (C1) parts are read earlier from the same codes with tiles of one matrix, got another at number 0}}
  %0 = analog.accumulate %p : tensor<4x5xi8> -> tensor<4x5xi32>
  %p = "analog.read"() : () -> tensor<4x5xi8>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @accumulate_of_later_matrix(%x: tensor<4x3xf32>) {
  %c = analog.convert %x vectors [4] rows [3] map #map dac <1.0 : f32 in -127 to 127> : tensor<4x3xf32> -> tensor<4x3xi8>
  %t = analog.tile %m core 0 at [0, 0] : !analog.matrix<3, 5> -> !analog.tile<3, 5>
  %p = analog.read %c, %t phases 4 : tensor<4x3xi8>, !analog.tile<3, 5> -> tensor<4x5xi8>
  // expected-error @+1 {{'analog.accumulate' op (C1) parts are read earlier from the same codes with tiles of one matrix, got another at number 0}}
  %0 = analog.accumulate %p : tensor<4x5xi8> -> tensor<4x5xi32>
  %m = "analog.matrix"() : () -> !analog.matrix<3, 5>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_of_later_sums() {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  // expected-error @+1 {{'analog.rescale' op (C4) the matrix comes from an earlier analog.matrix and the sums from earlier codes times it}}
  %0 = analog.rescale %s, %m vectors [4] map #map scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  %s = "analog.accumulate"() : () -> tensor<4x5xi32>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_of_later_matrix(%s: tensor<4x5xi32>) {
  // expected-error @+1 {{'analog.rescale' op (C4) the matrix comes from an earlier analog.matrix and the sums from earlier codes times it}}
  %0 = analog.rescale %s, %m vectors [4] map #map scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  %m = "analog.matrix"() : () -> !analog.matrix<3, 5>
  return
}

// -----

#map = affine_map<(m, k) -> (m, k)>
func.func @rescale_of_later_codes() {
  %m = analog.matrix dense<1.0> : tensor<3x5xf32> map #map groups [] reduction [3] outputs [5] levels 127 : !analog.matrix<3, 5>
  %s = analog.multiply %c, %m : tensor<4x3xi8>, !analog.matrix<3, 5> -> tensor<4x5xi32>
  // expected-error @+1 {{'analog.rescale' op (C4) the matrix comes from an earlier analog.matrix and the sums from earlier codes times it}}
  %0 = analog.rescale %s, %m vectors [4] map #map scale 1.0 : tensor<4x5xi32>, !analog.matrix<3, 5> -> tensor<4x5xf32>
  %c = "analog.convert"() : () -> tensor<4x3xi8>
  return
}

// -----

// 274177 x 67280421310721 is 2^64 + 1: one sum is not as many elements.
func.func @rescale_to_more_elements_than_numbers(%x: tensor<1x4xf32>) -> tensor<274177x67280421310721xf32> {
  %m = analog.matrix dense<1.0> : tensor<4x1xf32> map affine_map<(k, n) -> (k, n)> groups [] reduction [4] outputs [1] levels 127 : !analog.matrix<4, 1>
  %c = analog.convert %x vectors [1] rows [4] map affine_map<(m, k) -> (m, k)> dac <0.5 : f32 in -127 to 127> : tensor<1x4xf32> -> tensor<1x4xi8>
  %s = analog.multiply %c, %m : tensor<1x4xi8>, !analog.matrix<4, 1> -> tensor<1x1xi32>
  // expected-error @+1 {{'analog.rescale' op (C1) the map reaches each element of the result once}}
  %0 = analog.rescale %s, %m vectors [1] map affine_map<(m, n) -> (m, n)> scale 1.0 : tensor<1x1xi32>, !analog.matrix<4, 1> -> tensor<274177x67280421310721xf32>
  return %0 : tensor<274177x67280421310721xf32>
}
