// RUN: garam-opt %s -bound-sizes -split-input-file -verify-diagnostics

// An index that is chosen by may count from the end, which is not that of the
// buffer.

func.func @gather(%buffer: tensor<6xf32>, %counter: tensor<i64>, %i: tensor<2xi64>) -> tensor<2xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  // expected-error @+1 {{it takes a tensor whose size shows only at run time; cut or pad the tensor to a fixed size before}}
  %0 = garam_ext.gather %part[%i] axis 0 : tensor<?xf32>, tensor<2xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A counted size may be 1, for which ONNX broadcasts, or another than that of
// the other tensor.

#identity = affine_map<(d0) -> (d0)>
func.func @fixed(%buffer: tensor<6xf32>, %counter: tensor<i64>, %other: tensor<6xf32>) -> tensor<6xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %empty = tensor.empty() : tensor<6xf32>
  // expected-error @+1 {{a size of one of its tensors shows only at run time and need not be that of the others; cut or pad the tensor to a fixed size before}}
  %0 = linalg.generic {indexing_maps = [#identity, #identity, #identity], iterator_types = ["parallel"]}
      ins(%part, %other : tensor<?xf32>, tensor<6xf32>) outs(%empty : tensor<6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

func.func @rows(%buffer: tensor<6x2xf32>, %counter: tensor<i64>, %other: tensor<6x2xf32>) -> tensor<?x4xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0, 0] [%size, 2] [1, 1] : tensor<6x2xf32> to tensor<?x2xf32>
  // expected-error @+1 {{a size of one of its tensors shows only at run time and need not be that of the others}}
  %0 = tensor.concat dim(1) %part, %other : (tensor<?x2xf32>, tensor<6x2xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
