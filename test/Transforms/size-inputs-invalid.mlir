// RUN: garam-opt %s -size-inputs -split-input-file -verify-diagnostics

// Tensors that are computed together have equal sizes: here they never have.

func.func @differ(%x: tensor<?xf32> {onnx.dims = ["n"]}, %y: tensor<?xf32> {onnx.dims = ["m"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}, {name = "m", least = 9 : i64, most = 12 : i64}]} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  // expected-error @+1 {{sizes n and m must be equal and need not be; bind the dimension with --dim NAME=SIZE}}
  %0 = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A condition would leave one size only, which is better bound.

func.func @reshape(%x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<4x2xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %shape = arith.constant dense<[4, 2]> : tensor<2xi64>
  // expected-error @+1 {{sizes n and 8 must be equal and need not be}}
  %0 = tensor.reshape %x(%shape) : (tensor<?xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// A size that a value says does not follow from the inputs' sizes.

func.func @value(%x: tensor<?xi64> {onnx.dims = ["n"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %first = tensor.extract %x[%c0] : tensor<?xi64>
  %size = arith.index_cast %first : i64 to index
  // expected-error @+1 {{it makes a tensor whose size does not follow from those of the inputs}}
  %e = tensor.empty(%size) : tensor<?xf32>
  return %e : tensor<?xf32>
}

// -----

// Windows end in their dimensions.

func.func @beyond(%x: tensor<?xf32> {onnx.dims = ["n"]}, %w: tensor<3xf32>) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 3 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %m = arith.subi %n, %c : index
  %e = tensor.empty(%m) : tensor<?xf32>
  // expected-error @+1 {{a window that may reach beyond a dimension whose size, n, shows at run time}}
  %0 = linalg.conv_1d ins(%x, %w : tensor<?xf32>, tensor<3xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Windows are no larger than their dimensions.

func.func @small(%x: tensor<?xf32> {onnx.dims = ["n"]}, %w: tensor<3xf32>) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 2 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %m = arith.subi %n, %c : index
  %e = tensor.empty(%m) : tensor<?xf32>
  // expected-error @+1 {{a window over a dimension whose size may be less than it has: of (n + -2) results; give the dimension a higher lower bound with --dim NAME=LEAST..MOST}}
  %0 = linalg.conv_1d ins(%x, %w : tensor<?xf32>, tensor<3xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Windows begin at the front.

#flipped = affine_map<(i) -> (7 - i)>
func.func @flipped(%x: tensor<?xf32> {onnx.dims = ["n"]}, %y: tensor<4xf32>) -> tensor<4xf32>
    attributes {garam.symbols = [{name = "n", least = 3 : i64, most = 8 : i64}]} {
  // expected-error @+1 {{a window over a dimension whose size, n, shows at run time}}
  %0 = linalg.generic {indexing_maps = [#flipped, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%y : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What is joined has equal sizes in the other dimensions.

func.func @joined(%x: tensor<?x4xf32> {onnx.dims = ["n", ""]}, %y: tensor<?x4xf32> {onnx.dims = ["m", ""]}) -> tensor<?x8xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}, {name = "m", least = 9 : i64, most = 12 : i64}]} {
  // expected-error @+1 {{sizes n and m must be equal and need not be}}
  %0 = tensor.concat dim(1) %x, %y : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// What a loop goes over has as many elements as the loop has steps.

func.func @scanned(%x: tensor<?xf32> {onnx.dims = ["n"]}, %y: tensor<?xf32> {onnx.dims = ["m"]}) -> tensor<1xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}, {name = "m", least = 9 : i64, most = 12 : i64}]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %init = tensor.empty() : tensor<1xf32>
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%state = %init) -> tensor<1xf32> {
    %last = arith.subi %n, %c1 : index
    %position = arith.subi %last, %i : index
    // expected-error @+1 {{sizes n and m must be equal and need not be}}
    %part = tensor.extract_slice %y[%position] [1] [1] : tensor<?xf32> to tensor<1xf32>
    scf.yield %part : tensor<1xf32>
  }
  return %0 : tensor<1xf32>
}

// -----

// A buffer has a number of elements that can be counted.

// expected-error @+1 {{an output has more elements than can be counted}}
func.func @large(%x: tensor<?x?xf32> {onnx.dims = ["n", "n"]}) -> tensor<?x?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 1000000000 : i64}]} {
  return %x : tensor<?x?xf32>
}

// -----

// Where what counts begins and ends is of one kind.
// expected-error @+1 {{the data decides one size of an output and the run another; bind the model's inputs to fixed sizes with --shape or --dim}}
func.func @counted(%x: tensor<?x4xf32> {onnx.dims = ["n", ""], onnx.name = "x"}, %c: tensor<i64>)
    -> (tensor<?x4xf32> {garam.counted = {counter = "c", dimension = 1 : i64}, onnx.name = "y"},
        tensor<i64> {onnx.name = "c"})
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  return %x, %c : tensor<?x4xf32>, tensor<i64>
}
