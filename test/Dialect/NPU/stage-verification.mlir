// RUN: garam-opt %s --allow-unregistered-dialect --split-input-file --verify-diagnostics

#id = affine_map<(i) -> (i)>

// Each message carries the number of its constraint in the op's description.

func.func @contract_iterators(%a: tensor<4xf32>, %r: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C1) needs one iterator for each size, got: 0 != 1}}
  %0 = npu.contract %a, %a sizes [4] iterators [] maps [#id, #id, #id]
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_size(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C1) sizes are at least 1, got: 0}}
  %0 = npu.contract %a, %a sizes [0] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_maps(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C2) needs one map for each operand and result, got: 2 != 3}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#two = affine_map<(i, j) -> (i)>
func.func @contract_dimensions(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C2) map #1 has 2 dimensions and 0 symbols, sizes have 1}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #two, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#two = affine_map<(i) -> (i, i)>
func.func @contract_rank(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C2) map #0 has 2 coordinates, the tensor has rank 1}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#two, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#mod = affine_map<(i) -> (i mod 2)>
func.func @contract_linear(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C3) coordinates are linear, got: affine_map<(d0) -> (d0 mod 2)>}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#mod, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_static(%a: tensor<?xf32>) {
  // expected-error @+1 {{'npu.contract' op (C4) shapes are static, got: 'tensor<?xf32>'}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] : (tensor<?xf32>, tensor<?xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#moved = affine_map<(i) -> (i * 2 - 1)>
func.func @contract_bounds(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C4) coordinate 0 goes from -1 to 5, outside of 'tensor<4xf32>'}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#moved, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#zero = affine_map<(i) -> (0)>
func.func @contract_result(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C5) dimension 0 is not in the output: affine_map<(d0) -> (0)>}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #zero] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#one = affine_map<(i) -> (1)>
func.func @contract_result_once(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C5) an output is written at each dimension that is not reduced, once, got: affine_map<(d0) -> (1)>}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #one] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_role(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C6) weight depends on dimension 0, a row}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<row>]
      maps [#id, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_types(%a: tensor<4xf32>, %w: tensor<4xbf16>) {
  // expected-error @+1 {{'npu.contract' op (C7) activation and weight are 8-bit integers or of one float type, got: 'f32' and 'bf16'}}
  %0 = npu.contract %a, %w sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] : (tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_bias(%a: tensor<4xf32>, %b: tensor<4xi32>) {
  // expected-error @+1 {{'npu.contract' op (C8) bias is f32, or i32 for integers, got: 'i32'}}
  %0 = npu.contract %a, %a bias(%b) sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id, #id]
      : (tensor<4xf32>, tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_scale(%a: tensor<4xf32>, %s: tensor<4xbf16>) {
  // expected-error @+1 {{'npu.contract' op (C8) scale is f32, got: 'bf16'}}
  %0 = npu.contract %a, %a scale(%s) sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id, #id]
      : (tensor<4xf32>, tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_plain(%a: tensor<4xi8>) {
  // expected-error @+1 {{'npu.contract' op (C9) an i32 result is the plain sum of integers}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] {clamp_low = 0.0 : f32}
      : (tensor<4xi8>, tensor<4xi8>) -> tensor<4xi32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_result_type(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op result #0 must be ranked tensor of integer of 1, 8, 16, 32 or 64 bits, f16, bf16, f32, f64, f8E4M3FN or f8E5M2 values, but got 'tensor<4xindex>'}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xindex>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @contract_padding(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.contract' op (C10) activation_padding has 2 entries, the activation has rank 1}}
  %0 = npu.contract %a, %a sizes [4] iterators [#npu.iterator<batch>]
      maps [#id, #id, #id] {activation_padding = array<i1: true, true>}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_reductions(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C1) num_reductions is 0 to 1, got: 2}}
  %0 = npu.vector ins(%a) sizes [4] {num_reductions = 2 : i64,
      indexing_maps = [#id, #id]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_padding(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C6) paddings has 0 entries, needs 1}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id],
      paddings = [], fills = array<f64: 0.0>}
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_fills(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C6) paddings need fills}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id],
      paddings = [array<i1: true>]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_padding_rank(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C6) padding of input 0 is empty or has one entry for each of its 1 coordinates}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id],
      paddings = [array<i1: true, true>], fills = array<f64: 0.0>}
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_arguments(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C7) body needs 1 arguments, got: 0}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xf32>) -> tensor<4xf32> {
    %e = arith.constant 0.0 : f32
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_argument_type(%a: tensor<4xi8>) {
  // expected-error @+1 {{'npu.vector' op (C7) argument 0 of body is 'i32', got: 'i8'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xi8>) -> tensor<4xi8> {
  ^bb0(%e: i8):
    %f = arith.extsi %e : i8 to i32
    npu.yield %f : i32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_yield(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C8) body yields 1 values}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_yield_type(%a: tensor<4xi32>) {
  // expected-error @+1 {{'npu.vector' op (C8) body yields 'f32', got: 'i32'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xi32>) -> tensor<4xf32> {
  ^bb0(%e: i32):
    npu.yield %e : i32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @vector_operations(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C9) regions hold arith and math operations and npu.index, got: 'tensor.empty'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    %t = tensor.empty() : tensor<4xf32>
    npu.yield %e : f32
  }
  return
}

// -----

// Operations of dialects that are not known are no exception.
#id = affine_map<(i) -> (i)>
func.func @vector_unknown_operation(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C9) regions hold arith and math operations and npu.index, got: 'unknown.op'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    "unknown.op"() : () -> ()
    npu.yield %e : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func @vector_finish(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C10) combiners and finish stand with reductions}}
  %0 = npu.vector ins(%a) sizes [4] {num_reductions = 1 : i64,
      indexing_maps = [#id, #none]} : (tensor<4xf32>) -> tensor<f32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

func.func @index_place() {
  // expected-error @+1 {{'npu.index' op (C1) stands in npu.vector}}
  %0 = npu.index 0
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @index_dimension() {
  %0 = npu.vector sizes [4] {indexing_maps = [#id]} : () -> tensor<4xi32> {
    // expected-error @+1 {{'npu.index' op (C2) dimension is 0 to 0, got: 1}}
    %i = npu.index 1
    npu.yield %i : i32
  }
  return
}

// -----

// What was combined over a dimension has no index in it.
#id = affine_map<(i, j) -> (i, j)>
#out = affine_map<(i, j) -> (i)>
func.func @index_of_reduced_dimension(%a: tensor<4x8xf32>) {
  %0 = npu.vector ins(%a) sizes [4, 8] {num_reductions = 1 : i64,
      indexing_maps = [#id, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<4x8xf32>) -> tensor<4xi32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    // expected-error @+1 {{'npu.index' op (C2) dimension is 0 to 0, got: 1}}
    %i = npu.index 1
    npu.yield %i : i32
  }
  return
}

// -----

func.func @concat_axis(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.concat' op (C1) axis is 0 to 0, got: 1}}
  %0 = npu.concat %a axis 1 : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_inputs() {
  // expected-error @+1 {{'npu.concat' op (C1) needs an input}}
  %0 = npu.concat axis 0 : () -> tensor<4xf32>
  return
}

// -----

func.func @concat_types(%a: tensor<4xf32>, %b: tensor<4xbf16>) {
  // expected-error @+1 {{'npu.concat' op (C2) inputs and result have one rank and one element type, got: 'tensor<4xbf16>' and 'tensor<8xf32>'}}
  %0 = npu.concat %a, %b axis 0 : (tensor<4xf32>, tensor<4xbf16>) -> tensor<8xf32>
  return
}

// -----

func.func @concat_shapes(%a: tensor<4x2xf32>) {
  // expected-error @+1 {{'npu.concat' op (C2) shapes agree but for the axis, got: 'tensor<4x2xf32>' and 'tensor<4x3xf32>'}}
  %0 = npu.concat %a axis 0 : (tensor<4x2xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @concat_sum(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.concat' op (C3) sizes along the axis add up to that of the result, got: 8 != 9}}
  %0 = npu.concat %a, %a axis 0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<9xf32>
  return
}

// -----

func.func @reshape(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.reshape' op (C1) has as many elements of one type, got: 'tensor<4xf32>' and 'tensor<5xf32>'}}
  %0 = npu.reshape %a : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @gather_axis(%a: tensor<4xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{'npu.gather' op (C1) axis is 0 to 0, got: 1}}
  %0 = npu.gather %a[%i] axis 1 : tensor<4xf32>, tensor<2xi32> -> tensor<2xf32>
  return
}

// -----

func.func @gather_indices(%a: tensor<4xf32>, %i: tensor<2xi8>) {
  // expected-error @+1 {{'npu.gather' op (C2) indices are i32 or i64, got: 'i8'}}
  %0 = npu.gather %a[%i] axis 0 : tensor<4xf32>, tensor<2xi8> -> tensor<2xf32>
  return
}

// -----

func.func @gather_result(%a: tensor<4x8xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{'npu.gather' op (C3) result is 'tensor<2x8xf32>', got: 'tensor<2xf32>'}}
  %0 = npu.gather %a[%i] axis 0 : tensor<4x8xf32>, tensor<2xi32> -> tensor<2xf32>
  return
}

// -----

func.func @constant_shape() {
  // expected-error @+1 {{'npu.constant' op (C1) value and result have one shape, got: 'tensor<4xf32>' and 'tensor<5xf32>'}}
  %0 = npu.constant dense<0.0> : tensor<4xf32> : tensor<5xf32>
  return
}

// -----

func.func @constant_type() {
  // expected-error @+1 {{'npu.constant' op (C2) elements have one type or are floats, got: 'i8' and 'bf16'}}
  %0 = npu.constant dense<0> : tensor<4xi8> : tensor<4xbf16>
  return
}

// -----

func.func @view_map(%a: tensor<4x8xi64>) {
  // expected-error @+1 {{'npu.view' op (C1) the map leads from 1 dimensions to 2 coordinates, got: affine_map<(d0) -> (d0)>}}
  %0 = npu.view %a map affine_map<(i) -> (i)> : tensor<4x8xi64> -> tensor<4xi64>
  return
}

// -----

func.func @view_linear(%a: tensor<4xi64>) {
  // expected-error @+1 {{'npu.view' op (C2) coordinates are linear, got: affine_map<(d0) -> (d0 floordiv 2)>}}
  %0 = npu.view %a map affine_map<(i) -> (i floordiv 2)> : tensor<4xi64> -> tensor<8xi64>
  return
}

// -----

func.func @view_dynamic(%a: tensor<4xi64>) {
  // expected-error @+1 {{'npu.view' op (C4) shapes are static, got: 'tensor<?xi64>'}}
  %0 = npu.view %a map affine_map<(i) -> (i)> : tensor<4xi64> -> tensor<?xi64>
  return
}

// -----

func.func @view_bounds(%a: tensor<4xi64>) {
  // expected-error @+1 {{'npu.view' op (C4) coordinate 0 goes from 1 to 4, outside of 'tensor<4xi64>'}}
  %0 = npu.view %a map affine_map<(i) -> (i + 1)> : tensor<4xi64> -> tensor<4xi64>
  return
}

// -----

func.func @view_type(%a: tensor<4xi64>) {
  // expected-error @+1 {{'npu.view' op (C3) input and result have one element type, got: 'tensor<4xi64>' and 'tensor<4xf64>'}}
  %0 = npu.view %a map affine_map<(i) -> (i)> : tensor<4xi64> -> tensor<4xf64>
  return
}

// -----

// The NPU has no integers of 4 bits: nothing guesses what they are in memory.
func.func @element_type(%a: tensor<4xi4>) {
  // expected-error @+1 {{'npu.reshape' op operand #0 must be ranked tensor of integer of 1, 8, 16, 32 or 64 bits, f16, bf16, f32, f64, f8E4M3FN or f8E5M2 values, but got 'tensor<4xi4>'}}
  %0 = npu.reshape %a : tensor<4xi4> -> tensor<2x2xi4>
  return
}

// -----

// Elements that a stage does not write would hold anything.
#id = affine_map<(i) -> (i)>
func.func @vector_partial(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C5) an output is written wholly, got: 4 of 8 elements of coordinate 0}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xf32>) -> tensor<8xf32> {
  ^bb0(%x: f32):
    npu.yield %x : f32
  }
  return
}

// -----

// A constant coordinate writes one element.
#a = affine_map<(i, j) -> (i, j)>
#w = affine_map<(i, j) -> (j)>
#out = affine_map<(i, j) -> (i, 0)>
func.func @contract_partial(%a: tensor<4x2xf32>, %w: tensor<2xf32>) {
  // expected-error @+1 {{'npu.contract' op (C5) an output is written wholly, got: 1 of 2 elements of coordinate 1}}
  %0 = npu.contract %a, %w sizes [4, 2]
      iterators [#npu.iterator<row>, #npu.iterator<reduction>]
      maps [#a, #w, #out] : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return
}

// -----

// A combiner of floats begins with a float.
// expected-error @+1 {{the initial value of 'addf' is of type f32, got: 0 : i32}}
func.func private @combiner_float() attributes {test = #npu.combiner<addf, 0 : i32>}

// -----

// A combiner of integers begins with an integer of a register's width.
// expected-error @+1 {{the initial value of 'maxi' is of type i32, got: 0 : i64}}
func.func private @combiner_integer() attributes {test = #npu.combiner<maxi, 0 : i64>}

// -----

// What is yielded is yielded to an operation of the vector engine.
func.func @yield(%x: f32) {
  // expected-error @+1 {{'npu.yield' op expects parent op to be one of 'npu.vector, npu.micro_program'}}
  npu.yield %x : f32
}

// -----

// Coordinates that leave 64 bits do not come back into the tensor from the other side.
func.func @view_overflow(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.view' op (C4) coordinate 0 leaves 64 bits: affine_map<(d0) -> (d0 * 4611686018427387904)>}}
  %0 = npu.view %a map affine_map<(i) -> (i * 4611686018427387904)> : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

// A clamp between bounds that leave nothing.
// expected-error @+1 {{(C1) bounds are in order, got: 3 to 2}}
func.func private @bounds() attributes {a = #npu.requantization<3 to 2 times 1.0 : f32>}

// -----

// Epilogues compute in f32.
// expected-error @+1 {{(C2) the scale is of type f32, got: 1.000000e+00 : f64}}
func.func private @bounds() attributes {a = #npu.requantization<2 to 3 times 1.0 : f64>}

// -----

// Steps of no width.
// expected-error @+1 {{(C3) the scale is finite and more than 0, got: 0.000000e+00 : f32}}
func.func private @bounds() attributes {a = #npu.requantization<2 to 3 times 0.0 : f32>}

// -----

// Bounds in order would not be with such a factor.
// expected-error @+1 {{(C3) the scale is finite and more than 0, got: -1.000000e+00 : f32}}
func.func private @bounds() attributes {a = #npu.requantization<2 to 3 times -1.0 : f32>}

// -----

// Steps without an end.
// expected-error @+1 {{(C3) the scale is finite and more than 0, got: 0x7F800000 : f32}}
func.func private @bounds() attributes {a = #npu.requantization<2 to 3 times 0x7F800000 : f32>}

// -----

// A result over nothing.
func.func @output_scale(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>) -> tensor<4x2xi8> {
  // expected-error @+1 {{'npu.contract' op (C12) output_scale is finite and more than 0, got: 0.000000e+00 : f32}}
  %y = npu.contract %x, %w sizes [4, 2, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (m, n)>] {output_scale = 0.0 : f32}
      : (tensor<4x8xi8>, tensor<8x2xi8>) -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}

// -----

// A stage that writes nothing is none.
func.func @no_result(%x: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C12) has a result at least}}
  npu.vector ins(%x) sizes [4] {indexing_maps = [affine_map<(a) -> (a)>]} : (tensor<4xf32>) -> () {
  ^bb0(%e: f32):
    npu.yield
  }
  return
}

// -----

// Only integers of 64 bits have an upper half.
func.func @upper_of_i32(%x: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @+1 {{'npu.vector' op (C13) upper halves are read of 64-bit integers, got: 'tensor<4xi32>'}}
  %y = npu.vector ins(%x) sizes [4] {indexing_maps = [affine_map<(a) -> (a)>,
      affine_map<(a) -> (a)>], upper_inputs = array<i1: true>}
      : (tensor<4xi32>) -> tensor<4xi32> {
  ^bb0(%e: i32):
    npu.yield %e : i32
  }
  return %y : tensor<4xi32>
}

// -----

// Points of a loop nest are counted in 64 bits.
#id = affine_map<(i, j, k) -> (i, j, k)>
func.func @too_many_points(%x: tensor<4294967296x4294967296x4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C1) the product of sizes leaves 64 bits: 4294967296, 4294967296, 4}}
  %0 = npu.vector ins(%x) sizes [4294967296, 4294967296, 4] {indexing_maps = [#id, #id]}
      : (tensor<4294967296x4294967296x4xf32>) -> tensor<4294967296x4294967296x4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return
}

// -----

// Registers hold scalars.
#id = affine_map<(i) -> (i)>
func.func @vector_of_vectors(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C9) values in regions are f32, i32 or i1, got: 'vector<4xf32>' of 'arith.constant'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    %c = arith.constant dense<1.0> : vector<4xf32>
    npu.yield %e : f32
  }
  return
}

// -----

// Registers have 32 bits.
#id = affine_map<(i) -> (i)>
func.func @vector_of_doubles(%a: tensor<4xf32>) {
  // expected-error @+1 {{'npu.vector' op (C9) values in regions are f32, i32 or i1, got: 'f64' of 'arith.extf'}}
  %0 = npu.vector ins(%a) sizes [4] {indexing_maps = [#id, #id]} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    %wide = arith.extf %e : f32 to f64
    %narrow = arith.truncf %wide : f64 to f32
    npu.yield %narrow : f32
  }
  return
}

// -----

// What lies outside of the activation is its zero point, which is written as an
// element.
func.func @zero_point(%x: tensor<16xi8>, %w: tensor<3xi8>) -> tensor<16xi32> {
  // expected-error @+1 {{'npu.contract' op (C13) activation_zero_point is -128 to 127, got: 1000}}
  %y = npu.contract %x, %w sizes [16, 3]
      iterators [#npu.iterator<row>, #npu.iterator<reduction>]
      maps [affine_map<(m, k) -> (m + k - 1)>, affine_map<(m, k) -> (k)>,
            affine_map<(m, k) -> (m)>]
      {activation_padding = array<i1: true>, activation_zero_point = 1000 : i32}
      : (tensor<16xi8>, tensor<3xi8>) -> tensor<16xi32>
  return %y : tensor<16xi32>
}

// -----

func.func @unsigned_zero_point(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>) -> tensor<4x2xi8> {
  // expected-error @+1 {{'npu.contract' op (C13) output_zero_point is 0 to 255, got: -1}}
  %y = npu.contract %x, %w sizes [4, 2, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (m, n)>]
      {output_unsigned, output_zero_point = -1 : i32}
      : (tensor<4x8xi8>, tensor<8x2xi8>) -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}

// -----

// Floats have no zero point.
func.func @float_zero_point(%x: tensor<4x8xf16>, %w: tensor<8x2xf16>) -> tensor<4x2xf16> {
  // expected-error @+1 {{'npu.contract' op (C13) weight_zero_point is 0 to 0, got: 3}}
  %y = npu.contract %x, %w sizes [4, 2, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (m, n)>] {weight_zero_point = 3 : i32}
      : (tensor<4x8xf16>, tensor<8x2xf16>) -> tensor<4x2xf16>
  return %y : tensor<4x2xf16>
}

// -----

// An index is a register of 32 bits.
#id = affine_map<(i) -> (i)>
func.func @index_of_many(%a: tensor<4294967296xi8>) {
  %0 = npu.vector ins(%a) sizes [4294967296] {indexing_maps = [#id, #id]}
      : (tensor<4294967296xi8>) -> tensor<4294967296xi8> {
  ^bb0(%e: i32):
    // expected-error @+1 {{'npu.index' op (C3) an index is an i32, which does not count to 4294967296}}
    %i = npu.index 0
    npu.yield %i : i32
  }
  return
}
