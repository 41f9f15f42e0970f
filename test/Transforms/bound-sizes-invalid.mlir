// RUN: garam-opt %s -bound-sizes -split-input-file -verify-diagnostics

// A window may reach behind what counts.

#twice = affine_map<(d0) -> (d0 * 2)>
#once = affine_map<(d0) -> (d0)>
func.func @window(%buffer: tensor<6xf32>, %counter: tensor<i64>) -> tensor<3xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %empty = tensor.empty() : tensor<3xf32>
  // expected-error @+1 {{it takes a tensor whose size shows only at run time; cut or pad the tensor to a fixed size before}}
  %0 = linalg.generic {indexing_maps = [#twice, #once], iterator_types = ["parallel"]}
      ins(%part : tensor<?xf32>) outs(%empty : tensor<3xf32>) {
  ^bb0(%a: f32, %out: f32):
    linalg.yield %a : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Of a counter that may be 0, one less is no size.

func.func @negative(%buffer: tensor<6xf32>, %counter: tensor<i64>) -> (tensor<?xf32>, tensor<?xf32>) {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %less = affine.apply affine_map<()[s0] -> (s0 - 1)>()[%size]
  // expected-error @+1 {{a size of what it makes shows only at run time and may be negative}}
  %0 = tensor.empty(%less) : tensor<?xf32>
  return %part, %0 : tensor<?xf32>, tensor<?xf32>
}

// -----

func.func @other_number(%buffer: tensor<6xf32>, %counter: tensor<i64>) -> tensor<2x3xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %shape = tensor.from_elements %c2, %c3 : tensor<2xindex>
  // expected-error @+1 {{the sizes of the tensor and of its shape show only at run time and need not fit}}
  %0 = tensor.reshape %part(%shape) : (tensor<?xf32>, tensor<2xindex>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @two_sizes(%buffer: tensor<6x6xf32>, %counter: tensor<i64>) -> tensor<?x?xf32> {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  // expected-error @+1 {{the data decides two sizes of an output}}
  %part = tensor.extract_slice %buffer[0, 0] [%size, %size] [1, 1] : tensor<6x6xf32> to tensor<?x?xf32>
  return %part : tensor<?x?xf32>
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
