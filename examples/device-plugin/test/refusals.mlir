// RUN: %abacus-opt %s -convert-linalg-to-abacus=chain-instructions=4 -split-input-file -verify-diagnostics

#id = affine_map<(d0) -> (d0)>

// Not everything on float32 is an instruction.
func.func @exponential(%x: tensor<8xf32>) -> tensor<8xf32> {
  %init = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{found 'math.exp', needed additions, subtractions, products, maxima and minima of float32}}
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = math.exp %in : f32
    linalg.yield %1 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// There are float32 elements only, at the boundary and within.
// expected-error @+1 {{found an input or output of type tensor<8xf16>, needed float32 tensors}}
func.func @half(%x: tensor<8xf16>) -> tensor<8xf32> {
  %init = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{found tensor<8xf16>, needed float32 elements and fixed dimensions}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<8xf16>) outs(%init : tensor<8xf32>) {
  ^bb0(%in: f16, %out: f32):
    %1 = arith.extf %in : f16 to f32
    linalg.yield %1 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// Two rows are read down their columns: nothing computed can be reordered.
func.func @transposed(%x: tensor<2x8xf32>) -> tensor<8x2xf32> {
  %init = tensor.empty() : tensor<8x2xf32>
  // expected-error @+1 {{found operand 0 read in an order that is no stream, needed its elements in order, each repeated or all of them again}}
  %0 = linalg.transpose ins(%x : tensor<2x8xf32>) outs(%init : tensor<8x2xf32>) permutation = [1, 0]
  return %0 : tensor<8x2xf32>
}

// -----

// A result that is written down its columns is none either.
func.func @scattered(%x: tensor<2x8xf32>) -> tensor<8x2xf32> {
  %init = tensor.empty() : tensor<8x2xf32>
  // expected-error @+1 {{found results in another order than that of the loops}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1, d0)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x8xf32>) outs(%init : tensor<8x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x2xf32>
  return %0 : tensor<8x2xf32>
}

// -----

// Sums over the outer dimension would take a sum for each column at once.
func.func @columns(%x: tensor<8x2xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<2xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  // expected-error @+1 {{found a reduction outside of other loops, needed sums over the innermost dimensions}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>],
                       iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<8x2xf32>) outs(%filled : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = arith.addf %in, %out : f32
    linalg.yield %1 : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Rows are added up, nothing else.
func.func @largest(%x: tensor<2x8xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<2xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  // expected-error @+1 {{found a reduction that is no sum}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<2x8xf32>) outs(%filled : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = arith.maximumf %in, %out : f32
    linalg.yield %1 : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Sums start at zero.
func.func @onward(%x: tensor<1x8xf32>, %w: tensor<8x1xf32>, %y: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @+1 {{found sums that do not start at zero}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x8xf32>, tensor<8x1xf32>)
                     outs(%y : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// Three streams and two additions are five instructions.
func.func @long(%x: tensor<8xf32>, %y: tensor<8xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %init = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{found 5 instructions, needed at most 4}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%x, %y, %z : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%in: f32, %in_0: f32, %in_1: f32, %out: f32):
    %1 = arith.addf %in, %in_0 : f32
    %2 = arith.addf %1, %in_1 : f32
    linalg.yield %2 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// A number that depends on the data is no part of a chain.
func.func @outside(%x: tensor<8xf32>, %i: index) -> tensor<8xf32> {
  // expected-error @-1 {{found an input or output of type index, needed float32 tensors}}
  // expected-error @+1 {{found 'tensor.extract', needed elementwise operations and sums of products}}
  %number = tensor.extract %x[%i] : tensor<8xf32>
  %init = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{it uses a number that is computed outside of it}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = arith.addf %in, %number : f32
    linalg.yield %1 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// Four gigabytes of elements are the most of a chain.
func.func @many(%x: tensor<1x65536xf32>, %w: tensor<131072x65536xf32>) -> tensor<1x131072xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<1x131072xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%init : tensor<1x131072xf32>) -> tensor<1x131072xf32>
  // expected-error @+1 {{found loops over too many elements, needed 1 to 4294967296}}
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<1x65536xf32>, tensor<131072x65536xf32>)
      outs(%filled : tensor<1x131072xf32>) -> tensor<1x131072xf32>
  return %0 : tensor<1x131072xf32>
}

// -----

// There is one way through a function; one without a body is left alone.
func.func private @elsewhere(tensor<8xf32>) -> tensor<8xf32>
// expected-error @+1 {{found control flow, needed a function of one block}}
func.func @blocks(%x: tensor<8xf32>) -> tensor<8xf32> {
  cf.br ^next
^next:
  return %x : tensor<8xf32>
}

// -----

// One operation yields one tensor here.
func.func @two(%x: tensor<8xf32>) -> tensor<8xf32> {
  %init = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{needed one result, which is a tensor}}
  %0:2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                         iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%init, %init : tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32, %out_0: f32):
    linalg.yield %in, %in : f32, f32
  } -> (tensor<8xf32>, tensor<8xf32>)
  return %0#0 : tensor<8xf32>
}
