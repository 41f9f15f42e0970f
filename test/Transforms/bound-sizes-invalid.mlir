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
