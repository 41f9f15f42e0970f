// RUN: garam-opt %s -size-inputs -pad-sizes -split-input-file -verify-diagnostics

// What no padding stands for.

func.func @part(%x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  // expected-error @+1 {{it takes or makes a tensor of a size of run time, of which devices with programs of fixed sizes have no padded form; bind the dimension with --dim NAME=SIZE, or compile for a host alone}}
  %y = tensor.extract_slice %x[0] [%n] [3] : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// Rows of an inner size have gaps between them.

func.func @flatten(%x: tensor<2x?xf32> {onnx.dims = ["", "n"]}) -> tensor<?xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  // expected-error @+1 {{it takes dimensions that were joined, of which an inner one has a size of run time, in another way than they were}}
  %y = tensor.collapse_shape %x [[0, 1]] : tensor<2x?xf32> into tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// A difference has no neutral element.

func.func @difference(%x: tensor<?xf32> {onnx.dims = ["n"]}, %start: tensor<f32>) -> tensor<f32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  // expected-error @+1 {{it combines elements along a dimension of a size of run time in a way that no padding leaves as it is}}
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<?xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.subf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// An index may count from the end.

func.func @choose(%x: tensor<?x3xf32> {onnx.dims = ["n", ""]}, %i: tensor<2xi64>) -> tensor<2x3xf32>
    attributes {garam.symbols = [{name = "n", least = 1 : i64, most = 8 : i64}]} {
  // expected-error @+1 {{it chooses along a dimension of a size of run time}}
  %y = garam_ext.gather %x[%i] axis 0 : tensor<?x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
