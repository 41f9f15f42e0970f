// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file --verify-diagnostics

// A dimension that is not fixed is reported with the input and the flags.

// expected-error @+1 {{input image: dimension 0 is not fixed; bind it with --shape image=... or, by its name, with --dim NAME=VALUE}}
func.func @dynamic(%x: tensor<?x4xf32> {onnx.name = "image"}) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// -----

// Everything that is not supported is reported in one run, with the nodes.

func.func @all(%x: tensor<4xi64>, %y: tensor<4xf32>) -> (tensor<4xi64>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xi64>
  // expected-error@unknown {{the device cannot carry it out: integers of more than 32 bits}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<4xi64>) {
  ^bb0(%v: i64, %o: i64):
    %s = arith.addi %v, %v : i64
    linalg.yield %s : i64
  } -> tensor<4xi64> loc("node:sum")
  %f = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': the vector engine has no 'math.atan2' of these types}}
  %1 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%y : tensor<4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = math.atan2 %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0, %1 : tensor<4xi64>, tensor<4xf32>
}

// -----

// A reduction that is no combiner.

func.func @reduction(%x: tensor<4xf32>) -> tensor<f32> {
  %e = tensor.empty() : tensor<f32>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': a reduction by something else than +, *, max, min, and, or}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> ()>],
      iterator_types = ["reduction"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<f32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.divf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// Scales that are computed.

func.func @scale(%x: tensor<4x4xf32>, %s: tensor<f32>) -> tensor<4x4xi8> {
  // expected-error @+1 {{the device cannot carry out 'garam_ext.quantize': scales or zero points that are not constants, or blocks}}
  %0 = garam_ext.quantize %x scale %s : tensor<4x4xf32>, tensor<f32> -> tensor<4x4xi8>
  return %0 : tensor<4x4xi8>
}

// -----

// expected-error @+1 {{has control flow, which this conversion does not take}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<4xf32>
}

// -----

// Types that no memory of the machine holds.

func.func @type(%x: tensor<4xi8>) -> tensor<4xi4> {
  %e = tensor.empty() : tensor<4xi4>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': a tensor of elements of type i4}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%e : tensor<4xi4>) {
  ^bb0(%v: i8, %o: i4):
    %s = arith.trunci %v : i8 to i4
    linalg.yield %s : i4
  } -> tensor<4xi4>
  return %0 : tensor<4xi4>
}

// -----

// expected-error @+1 {{input #0 is a tensor of elements of type i4}}
func.func @input_type(%x: tensor<4xi4>) {
  return
}

// -----

// expected-error @+1 {{input #0 is a tensor without elements, tensor<0x4xf32>, but every dimension must be at least 1; bind the model's inputs to other sizes with --shape or --dim, or export it without this value}}
func.func @empty(%x: tensor<0x4xf32>) {
  return
}

// -----

// The loops over nothing show in no result.
func.func @sum_of_nothing(%x: tensor<4x3xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{a tensor without elements}}
  %w = arith.constant dense<1.0> : tensor<4x0xf32>
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @+1 {{a reduction of no elements, but every dimension must be at least 1}}
  %0 = linalg.reduce { arith.addf } ins(%w : tensor<4x0xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  return %0 : tensor<4xf32>
}
