// RUN: garam-opt --convert-linalg-to-pim --split-input-file --verify-diagnostics %s

// More than one row.
func.func @rows(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.matmul': multiplies a matrix by a matrix of 2 rows, but needs a matrix-vector product; a batch of 1 gives one}}
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%zero : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Weights that are computed.
func.func @computed(%x: tensor<1x4xf32>, %w: tensor<4x3xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x3xf32>
  // expected-error @+1 {{multiplies two tensors that are computed, but needs constant weights, which lie in the banks}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%zero : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Weights in a form that cannot be read in place.
func.func @sparse(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant sparse<[[0, 0]], 1.0> : tensor<4x3xf32>
  %zero = arith.constant dense<0.0> : tensor<1x3xf32>
  // expected-error @+1 {{has weights that are not at hand}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%zero : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A sum that begins with something.
func.func @init(%x: tensor<1x4xf32>, %y: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  // expected-error @+1 {{adds to a tensor, but needs a sum that begins at 0}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%y : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// Integers.
func.func @integers(%x: tensor<1x4xi32>) -> tensor<1x3xi32> {
  %w = arith.constant dense<1> : tensor<4x3xi32>
  %zero = arith.constant dense<0> : tensor<1x3xi32>
  // expected-error @+1 {{multiplies tensor<1x4xi32>, but needs f32 or f16}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xi32>, tensor<4x3xi32>) outs(%zero : tensor<1x3xi32>) -> tensor<1x3xi32>
  return %0 : tensor<1x3xi32>
}

// -----

// Weights of several dimensions that are summed over.
func.func @dimensions(%x: tensor<2x4xf32>) -> tensor<3xf32> {
  %w = arith.constant dense<1.0> : tensor<2x4x3xf32>
  %zero = arith.constant dense<0.0> : tensor<3xf32>
  // expected-error @+1 {{has weights of more than two dimensions, but needs a matrix}}
  %0 = linalg.generic {indexing_maps = [affine_map<(n, k, l) -> (k, l)>, affine_map<(n, k, l) -> (k, l, n)>, affine_map<(n, k, l) -> (n)>], iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<2x4xf32>, tensor<2x4x3xf32>) outs(%zero : tensor<3xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Another function of an element.
func.func @function(%a: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{computes something else than one addition, product or ReLU}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = math.exp %x : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Integers, element by element.
func.func @elementwise_integers(%a: tensor<4xi32>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  // expected-error @+1 {{works on tensor<4xi32>, but needs f32 or f16}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xi32>) outs(%e : tensor<4xi32>) {
  ^bb0(%x: i32, %out: i32):
    %1 = arith.addi %x, %x : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// A reduction that is no product.
func.func @reduction(%a: tensor<4xf32>) -> tensor<f32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  // expected-error @+1 {{is neither a matrix-vector product nor elementwise}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%a : tensor<4xf32>) outs(%zero : tensor<f32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.addf %x, %out : f32
    linalg.yield %1 : f32
  } -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// A scalar that is computed.
func.func @scalar(%a: tensor<4xf32>, %s: f32) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{reads a scalar that is no constant}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.mulf %x, %s : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// An operand that is read backwards.
func.func @access(%a: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{reads an operand in another way than by dimensions of the result}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (3 - i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.addf %x, %x : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What is not structured.
func.func @other(%a: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{HBM-PIM carries out matrix-vector products with constant weights, additions, products and ReLUs of f32 or f16}}
  %0 = tensor.extract_slice %a[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Control flow.
// expected-error @+1 {{has control flow, which this conversion does not take}}
func.func @control_flow(%a: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb1
^bb1:
  return %a : tensor<4xf32>
}

// -----

// An input that is returned as it is.
// expected-error @+1 {{a result is an input or a constant, but needs to be computed on the device}}
func.func @input(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}

// -----

// The same in another shape.
func.func @reshape(%a: tensor<2x2xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{a result is an input or a constant, but needs to be computed on the device}}
  %0 = tensor.collapse_shape %a [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Two results of one kernel.
func.func @twice(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{is returned twice, but needs to be one result}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.addf %x, %x : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0, %0 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Dimensions that are not fixed are told of the input, and of no operation
// behind it.
// expected-error @+1 {{input #0: found tensor<?x8xf32>, needed dimensions that are fixed; bind them with --shape #0=... or --dim NAME=VALUE}}
func.func @dynamic(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = linalg.exp ins(%x : tensor<?x8xf32>) outs(%x : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
