// RUN: garam-opt %s -split-input-file -verify-diagnostics

func.func @quantize_c1(%x: tensor<2x8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{input and result must have one shape, got: 'tensor<2x8xf32>' and 'tensor<8x2xi8>'}}
  %0 = garam_ext.quantize %x scale %s : tensor<2x8xf32>, tensor<f32> -> tensor<8x2xi8>
  return
}

// -----

func.func @quantize_c2_input(%x: tensor<8xi32>, %s: tensor<f32>) {
  // expected-error @+1 {{input must hold floats of 16 bits or more, got: 'tensor<8xi32>'}}
  %0 = garam_ext.quantize %x scale %s : tensor<8xi32>, tensor<f32> -> tensor<8xi8>
  return
}

// -----

func.func @quantize_c2_scale(%x: tensor<8xf32>, %s: tensor<i32>) {
  // expected-error @+1 {{scale must hold floats of 16 bits or more, got: 'tensor<i32>'}}
  %0 = garam_ext.quantize %x scale %s : tensor<8xf32>, tensor<i32> -> tensor<8xi8>
  return
}

// -----

func.func @dequantize_c2_result(%x: tensor<8xi8>, %s: tensor<f32>) {
  // expected-error @+1 {{result must hold floats of 16 bits or more, got: 'tensor<8xf8E4M3FN>'}}
  %0 = garam_ext.dequantize %x scale %s : tensor<8xi8>, tensor<f32> -> tensor<8xf8E4M3FN>
  return
}

// -----

func.func @quantize_c3(%x: tensor<8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{result must hold signless integers of 2 to 16 bits, got: 'tensor<8xi32>'}}
  %0 = garam_ext.quantize %x scale %s : tensor<8xf32>, tensor<f32> -> tensor<8xi32>
  return
}

// -----

func.func @dequantize_c3(%x: tensor<8xui8>, %s: tensor<f32>) {
  // expected-error @+1 {{input must hold signless integers of 2 to 16 or 32 bits, got: 'tensor<8xui8>'}}
  %0 = garam_ext.dequantize %x scale %s : tensor<8xui8>, tensor<f32> -> tensor<8xf32>
  return
}

// -----

func.func @quantize_c4_vector(%x: tensor<2x8xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{scale must be a scalar or have the shape of 'tensor<8xf32>', got: 'tensor<4xf32>'}}
  %0 = garam_ext.quantize %x scale %s : tensor<2x8xf32>, tensor<4xf32> -> tensor<2x8xi8>
  return
}

// -----

func.func @dequantize_c4_blocks(%x: tensor<2x9xi8>, %s: tensor<2x2xf32>) {
  // expected-error @+1 {{scale must be a scalar or have the shape of 'tensor<2x3xf32>', got: 'tensor<2x2xf32>'}}
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x9xi8>, tensor<2x2xf32> -> tensor<2x9xf32>
  return
}

// -----

func.func @quantize_c5(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @+1 {{axis must be a dimension of the input, got: 2 of 'tensor<2x8xf32>'}}
  %0 = garam_ext.quantize %x scale %s {axis = 2 : i64}
      : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xi8>
  return
}

// -----

func.func @quantize_c6_shape(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %z: tensor<i8>) {
  // expected-error @+1 {{zero_point must have the shape of scale, got: 'tensor<i8>' and 'tensor<8xf32>'}}
  %0 = garam_ext.quantize %x scale %s zero_point %z
      : tensor<2x8xf32>, tensor<8xf32>, tensor<i8> -> tensor<2x8xi8>
  return
}

// -----

func.func @dequantize_c6_type(%x: tensor<8xi8>, %s: tensor<f32>, %z: tensor<i16>) {
  // expected-error @+1 {{zero_point must hold 'i8', got: 'tensor<i16>'}}
  %0 = garam_ext.dequantize %x scale %s zero_point %z
      : tensor<8xi8>, tensor<f32>, tensor<i16> -> tensor<8xf32>
  return
}

// -----

func.func @quantize_c7(%x: tensor<8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{block_size must not be negative, got: -1}}
  %0 = garam_ext.quantize %x scale %s {block_size = -1 : i64}
      : tensor<8xf32>, tensor<f32> -> tensor<8xi8>
  return
}

// -----

func.func @gather_c1(%x: tensor<4x8xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{axis must be a dimension of the input, got: -1 of 'tensor<4x8xf32>'}}
  %0 = garam_ext.gather %x[%i] axis -1 : tensor<4x8xf32>, tensor<2xi64> -> tensor<4x2xf32>
  return
}

// -----

func.func @gather_c2(%x: tensor<4x8xf32>, %i: tensor<2xf32>) {
  // expected-error @+1 {{indices must be signless integers, got: 'tensor<2xf32>'}}
  %0 = garam_ext.gather %x[%i] axis 1 : tensor<4x8xf32>, tensor<2xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @gather_c3(%x: tensor<4x8xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{result must be 'tensor<4x2xf32>', got: 'tensor<2x8xf32>'}}
  %0 = garam_ext.gather %x[%i] axis 1 : tensor<4x8xf32>, tensor<2xi64> -> tensor<2x8xf32>
  return
}

// -----

// A range has two ends.
// expected-error@below {{has 'garam_ext.range', which is array<f64: least, largest> of finite numbers, got: array<f64: 1.000000e+00>}}
func.func @f(%x: tensor<4xf32> {garam_ext.range = array<f64: 1.0>}) {
  return
}

// -----

// The least comes first.
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@below {{of finite numbers, got: array<f64: 1.000000e+00, 0.000000e+00>}}
  %y = linalg.exp {garam_ext.range = array<f64: 1.0, 0.0>} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Nothing that was observed is infinite (0x7FF0000000000000).
// expected-error@below {{of finite numbers, got: array<f64: 0.000000e+00, 0x7FF0000000000000>}}
func.func @f(%x: tensor<4xf32> {garam_ext.range = array<f64: 0.0, 0x7FF0000000000000>}) {
  return
}

// -----

// It is an array.
// expected-error@below {{of finite numbers, got: 1 : i64}}
func.func @f(%x: tensor<4xf32> {garam_ext.range = 1}) {
  return
}

// -----

// One range cannot be that of several results, or of none.
// expected-error@below {{has 'garam_ext.range', which is of the one result of an operation, but has 0 results}}
func.func private @f() attributes {garam_ext.range = array<f64: 0.0, 1.0>}

// -----

// The front of a tensor has its type of elements.
func.func @f(%x: tensor<4xf32>, %n: index) {
  // expected-error@below {{source and result must have one element type, got: 'tensor<?xi32>' and 'tensor<4xf32>'}}
  %0 = garam_ext.take_front %x[%n] : tensor<4xf32> to tensor<?xi32>
  return
}

// -----

// Each dimension that its type leaves open has a size.
func.func @f(%x: tensor<?x?xf32>, %n: index) {
  // expected-error@below {{has 1 sizes for the 2 dynamic dimensions of 'tensor<?x?xf32>'}}
  %0 = garam_ext.place_front %x[%n] : tensor<?x?xf32> to tensor<4x4xf32>
  return
}

// -----

// (C1)
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{axis must be a dimension of the input, got: 1 of 'tensor<4xf32>'}}
  %0:2 = garam_ext.top_k %x axis 1 : tensor<4xf32> -> tensor<2xf32>, tensor<2xi32>
  return
}

// -----

// (C2) There are no more elements than in a row.
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{values must be elements along dimension 0 of 'tensor<4xf32>', got: 'tensor<5xf32>'}}
  %0:2 = garam_ext.top_k %x axis 0 : tensor<4xf32> -> tensor<5xf32>, tensor<5xi32>
  return
}

// -----

// (C2) They are of one type.
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{values must be elements along dimension 0 of 'tensor<4xf32>', got: 'tensor<2xf16>'}}
  %0:2 = garam_ext.top_k %x axis 0 : tensor<4xf32> -> tensor<2xf16>, tensor<2xi32>
  return
}

// -----

// (C3)
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{indices must have the shape of 'tensor<2xf32>', got: 'tensor<3xi32>'}}
  %0:2 = garam_ext.top_k %x axis 0 : tensor<4xf32> -> tensor<2xf32>, tensor<3xi32>
  return
}
