// RUN: garam-opt --convert-linalg-to-analog=target=hermes --split-input-file --verify-diagnostics %s

// What crossbars cannot do is told operation by operation, all at once.
func.func @elementwise(%x: tensor<4x8xf32>, %y: tensor<8x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{found a product of two computed tensors, needed constant weights and a computed input}}
  %0 = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{is neither a product nor a bias, a factor or bounds directly behind one on the same device, needed a matrix product or a convolution with constant weights}}
  %1 = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

func.func @type(%x: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %zero = arith.constant 0 : i32
  %w = arith.constant dense<1> : tensor<8x8xi32>
  %e = tensor.empty() : tensor<4x8xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<4x8xi32>) -> tensor<4x8xi32>
  // expected-error @+1 {{found a product of another type, needed one of f32}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xi32>, tensor<8x8xi32>) outs(%f : tensor<4x8xi32>) -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

func.func @converted(%x: tensor<4x8xf16>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8x8xf16>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{found a product of converted values, needed one of f32}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf16>, tensor<8x8xf16>) outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @added(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x8xf32>
  // expected-error @+1 {{found a product that is added to a tensor, needed one that starts from zero}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%y : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @constants() -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %x = arith.constant dense<1.0> : tensor<4x8xf32>
  %w = arith.constant dense<1.0> : tensor<8x8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{found a product of two constants, needed constant weights and a computed input}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// A sum over a dimension that the weights do not have.
func.func @sum(%x: tensor<4x8x3xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{found a sum of products whose operands are not read along its loops, needed a matrix product or a convolution}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8x3xf32>, tensor<8xf32>) outs(%f : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @vectors(%x: tensor<33554432x1xf32>) -> tensor<33554432x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<1x1xf32>
  %e = tensor.empty() : tensor<33554432x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<33554432x1xf32>) -> tensor<33554432x1xf32>
  // expected-error @+1 {{found a product of 33554432 vectors, needed at most 16777216}}
  %0 = linalg.matmul ins(%x, %w : tensor<33554432x1xf32>, tensor<1x1xf32>) outs(%f : tensor<33554432x1xf32>) -> tensor<33554432x1xf32>
  return %0 : tensor<33554432x1xf32>
}

// -----

func.func @summands(%x: tensor<1x33554432xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<33554432x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-error @+1 {{found a product of 33554432 summands in all groups, needed at most 16777216}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x33554432xf32>, tensor<33554432x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// Each group is short enough, all together are not.
func.func @groups(%x: tensor<1x8192x4096x1xf32>) -> tensor<1x8192x1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8192x4096x1xf32>
  %e = tensor.empty() : tensor<1x8192x1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8192x1x1xf32>) -> tensor<1x8192x1x1xf32>
  // expected-error @+1 {{found a product of 33554432 summands in all groups, needed at most 16777216}}
  %0 = linalg.depthwise_conv_2d_nchw_chw {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x8192x4096x1xf32>, tensor<8192x4096x1xf32>) outs(%f : tensor<1x8192x1x1xf32>) -> tensor<1x8192x1x1xf32>
  return %0 : tensor<1x8192x1x1xf32>
}

// -----

func.func @outputs(%x: tensor<1x1xf32>) -> tensor<1x33554432xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<1x33554432xf32>
  %e = tensor.empty() : tensor<1x33554432xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x33554432xf32>) -> tensor<1x33554432xf32>
  // expected-error @+1 {{found a product of 33554432 outputs in all groups, needed at most 16777216}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x33554432xf32>) outs(%f : tensor<1x33554432xf32>) -> tensor<1x33554432xf32>
  return %0 : tensor<1x33554432xf32>
}

// -----

func.func @weights(%x: tensor<1x8192xf32>) -> tensor<1x4096xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8192x4096xf32>
  %e = tensor.empty() : tensor<1x4096xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4096xf32>) -> tensor<1x4096xf32>
  // expected-error @+1 {{found a product with 33554432 weights, needed at most the 4194304 cells of the 64 crossbars of 'hermes'}}
  %0 = linalg.matmul ins(%x, %w : tensor<1x8192xf32>, tensor<8192x4096xf32>) outs(%f : tensor<1x4096xf32>) -> tensor<1x4096xf32>
  return %0 : tensor<1x4096xf32>
}

// -----

// A transposed operand of many dimensions, as ONNX's MatMul takes it.
func.func @dimensions(%x: tensor<1x1x1x1x1x1x1x1x4x8xf32>) -> tensor<1x1x1x1x1x1x1x1x4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8x2xf32>
  %e = tensor.empty() : tensor<1x1x1x1x1x1x1x1x4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x1x1x1x1x1x1x4x2xf32>) -> tensor<1x1x1x1x1x1x1x1x4x2xf32>
  // expected-error @+1 {{found a product whose vectors have 9 dimensions, needed at most 8}}
  %0 = linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e, f, g, h, m, n, k) -> (a, b, c, d, e, f, g, h, m, k)>,
                                        affine_map<(a, b, c, d, e, f, g, h, m, n, k) -> (k, n)>,
                                        affine_map<(a, b, c, d, e, f, g, h, m, n, k) -> (a, b, c, d, e, f, g, h, m, n)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x1x1x1x1x1x1x1x4x8xf32>, tensor<8x2xf32>) outs(%f : tensor<1x1x1x1x1x1x1x1x4x2xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %r = arith.mulf %p, %q : f32
    %t = arith.addf %s, %r : f32
    linalg.yield %t : f32
  } -> tensor<1x1x1x1x1x1x1x1x4x2xf32>
  return %0 : tensor<1x1x1x1x1x1x1x1x4x2xf32>
}

// -----

// Eight dimensions of vectors and one of outputs.
func.func @result(%x: tensor<1x1x1x1x1x1x1x4x8xf32>) -> tensor<1x1x1x1x1x1x1x4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8x2xf32>
  %e = tensor.empty() : tensor<1x1x1x1x1x1x1x4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x1x1x1x1x1x4x2xf32>) -> tensor<1x1x1x1x1x1x1x4x2xf32>
  // expected-error @+1 {{found a product whose input is tensor<1x1x1x1x1x1x1x4x8xf32>, needed one of at most 8 dimensions, each of 1 to 16777216}}
  %0 = linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e, f, g, m, n, k) -> (a, b, c, d, e, f, g, m, k)>,
                                        affine_map<(a, b, c, d, e, f, g, m, n, k) -> (k, n)>,
                                        affine_map<(a, b, c, d, e, f, g, m, n, k) -> (a, b, c, d, e, f, g, m, n)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x1x1x1x1x1x1x4x8xf32>, tensor<8x2xf32>) outs(%f : tensor<1x1x1x1x1x1x1x4x2xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %r = arith.mulf %p, %q : f32
    %t = arith.addf %s, %r : f32
    linalg.yield %t : f32
  } -> tensor<1x1x1x1x1x1x1x4x2xf32>
  return %0 : tensor<1x1x1x1x1x1x1x4x2xf32>
}

// -----

// expected-error @+1 {{input #0: found tensor<?x8xf32>, needed a shape of fixed dimensions of at least 1; bind dimensions with --shape #0=... or --dim NAME=VALUE}}
func.func @dynamic(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  return %x : tensor<?x8xf32>
}

// -----

// expected-error @+1 {{found a result that no product of its own makes, needed one}}
func.func @nothing(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  return %x : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{found control flow, needed a sequence of operations}}
func.func @flow(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  cf.br ^next
^next:
  return %x : tensor<4x8xf32>
}

// -----

// Weights that are computed are none, also when nothing but constants is in
// them.
func.func @computed_weights(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %c = arith.constant dense<1.0> : tensor<8x8xf32>
  %d = tensor.empty() : tensor<8x8xf32>
  // expected-error @+1 {{is neither a product nor a bias}}
  %w = linalg.exp ins(%c : tensor<8x8xf32>) outs(%d : tensor<8x8xf32>) -> tensor<8x8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-error @+1 {{found a product whose weights are computed of constants, as the flipped filters of ConvTranspose are, needed weights that are constants themselves}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Nothing is multiplied: neither vectors, nor summands, nor outputs.
func.func @no_vectors(%x: tensor<4x3xf32>) -> tensor<0x5xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x5xf32>
  // expected-error @+1 {{is neither a product nor a bias}}
  %s = tensor.extract_slice %x[0, 0] [0, 3] [1, 1] : tensor<4x3xf32> to tensor<0x3xf32>
  %e = tensor.empty() : tensor<0x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<0x5xf32>) -> tensor<0x5xf32>
  // expected-error @+1 {{found a product of no vectors, needed at least 1}}
  %0 = linalg.matmul ins(%s, %w : tensor<0x3xf32>, tensor<3x5xf32>) outs(%f : tensor<0x5xf32>) -> tensor<0x5xf32>
  return %0 : tensor<0x5xf32>
}

// -----

// A sum of nothing.
func.func @no_summands(%x: tensor<4x3xf32>) -> tensor<4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<0x5xf32>
  // expected-error @+1 {{is neither a product nor a bias}}
  %s = tensor.extract_slice %x[0, 0] [4, 0] [1, 1] : tensor<4x3xf32> to tensor<4x0xf32>
  %e = tensor.empty() : tensor<4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  // expected-error @+1 {{found a product of no summands in all groups, needed at least 1}}
  %0 = linalg.matmul ins(%s, %w : tensor<4x0xf32>, tensor<0x5xf32>) outs(%f : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// Weights without a column.
func.func @no_outputs(%x: tensor<4x3xf32>) -> tensor<4x0xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x0xf32>
  %e = tensor.empty() : tensor<4x0xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x0xf32>) -> tensor<4x0xf32>
  // expected-error @+1 {{found a product of no outputs in all groups, needed at least 1}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x3xf32>, tensor<3x0xf32>) outs(%f : tensor<4x0xf32>) -> tensor<4x0xf32>
  return %0 : tensor<4x0xf32>
}

// -----

// What is padded has no elements.
func.func @padding_alone(%x: tensor<4x3xf32>) -> tensor<4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x5xf32>
  // expected-error @+1 {{is neither a product nor a bias}}
  %s = tensor.extract_slice %x[0, 0] [0, 3] [1, 1] : tensor<4x3xf32> to tensor<0x3xf32>
  // expected-error @+1 {{is neither a product nor a bias}}
  %p = tensor.pad %s low[0, 0] high[4, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<0x3xf32> to tensor<4x3xf32>
  %e = tensor.empty() : tensor<4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  // expected-error @+1 {{found a product whose input is tensor<0x3xf32>, needed one of at most 8 dimensions, each of 1 to 16777216}}
  %0 = linalg.matmul ins(%p, %w : tensor<4x3xf32>, tensor<3x5xf32>) outs(%f : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
