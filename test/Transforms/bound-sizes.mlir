// RUN: garam-opt %s -bound-sizes -split-input-file | FileCheck %s

// A result is its buffer; the counter is a further result, which the attribute
// names.

// CHECK-LABEL: func @result(
// CHECK-SAME: %[[BUFFER:.*]]: tensor<6x3xi64>, %[[COUNTER:.*]]: tensor<i64>)
// CHECK-SAME: -> (tensor<6x3xi64> {garam.counted = {counter = "y.count", dimension = 0 : i64}, onnx.name = "y"},
// CHECK-SAME: tensor<i64> {onnx.name = "y.count"})
func.func @result(%buffer: tensor<6x3xi64>, %counter: tensor<i64>) -> (tensor<?x3xi64> {onnx.name = "y"}) {
  // CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[BUFFER]][0, 0] [6, 3] [1, 1]
  // CHECK: return %[[ROWS]], %[[COUNTER]]
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %rows = tensor.extract_slice %buffer[0, 0] [%size, 3] [1, 1] : tensor<6x3xi64> to tensor<?x3xi64>
  return %rows : tensor<?x3xi64>
}

// -----

// What is computed element by element is computed of the whole buffer.

#identity = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @elementwise(
func.func @elementwise(%buffer: tensor<6x3xf32>, %counter: tensor<i64>) -> tensor<?x3xf32> {
  // CHECK: tensor.empty() : tensor<6x3xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: ins({{.*}} : tensor<6x3xf32>) outs({{.*}} : tensor<6x3xf32>)
  %c0 = arith.constant 0 : index
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %rows = tensor.extract_slice %buffer[0, 0] [%size, 3] [1, 1] : tensor<6x3xf32> to tensor<?x3xf32>
  %dim = tensor.dim %rows, %c0 : tensor<?x3xf32>
  %empty = tensor.empty(%dim) : tensor<?x3xf32>
  %0 = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%rows : tensor<?x3xf32>) outs(%empty : tensor<?x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %neg = arith.negf %in : f32
    linalg.yield %neg : f32
  } -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// A reduction leaves out what does not count.

#rows = affine_map<(d0, d1) -> (d0, d1)>
#columns = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @reduction(
// CHECK-SAME: %[[BUFFER:.*]]: tensor<6x3xf32>, %[[COUNTER:.*]]: tensor<i64>, %[[INIT:.*]]: tensor<3xf32>)
// CHECK-SAME: -> tensor<3xf32>
func.func @reduction(%buffer: tensor<6x3xf32>, %counter: tensor<i64>, %init: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins({{.*}} : tensor<6x3xf32>)
  // CHECK: ^bb0(%[[IN:.*]]: f32, %[[OUT:.*]]: f32):
  // CHECK: %[[NEXT:.*]] = arith.addf %[[IN]], %[[OUT]]
  // CHECK: %[[ROW:.*]] = linalg.index 0
  // CHECK: %[[COUNTS:.*]] = arith.cmpi ult, %[[ROW]], %{{.*}}
  // CHECK: %[[KEPT:.*]] = arith.select %[[COUNTS]], %[[NEXT]], %[[OUT]]
  // CHECK: linalg.yield %[[KEPT]]
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %rows = tensor.extract_slice %buffer[0, 0] [%size, 3] [1, 1] : tensor<6x3xf32> to tensor<?x3xf32>
  %0 = linalg.generic {indexing_maps = [#rows, #columns], iterator_types = ["reduction", "parallel"]}
      ins(%rows : tensor<?x3xf32>) outs(%init : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Each part of a concatenation begins where the one before ends to count.

// CHECK-LABEL: func @concatenation(
// CHECK-SAME: %[[BUFFER:.*]]: tensor<4xf32>, %[[COUNTER:.*]]: tensor<i64>, %[[OTHER:.*]]: tensor<2xf32>
// CHECK-SAME: dimension = 0
func.func @concatenation(%buffer: tensor<4xf32>, %counter: tensor<i64>, %other: tensor<2xf32>) -> tensor<?xf32> {
  // CHECK: %[[WHOLE:.*]] = tensor.empty() : tensor<6xf32>
  // CHECK: %[[FIRST:.*]] = tensor.insert_slice %{{.*}} into %[[WHOLE]]
  // CHECK: %[[BOTH:.*]] = tensor.insert_slice %[[OTHER]] into %[[FIRST]][%{{.*}}] [2] [1]
  // CHECK: %[[COUNT:.*]] = tensor.from_elements
  // CHECK: return %[[BOTH]], %[[COUNT]]
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<4xf32> to tensor<?xf32>
  %0 = tensor.concat dim(0) %part, %other : (tensor<?xf32>, tensor<2xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Rows that are joined count for as many elements as they have.

// CHECK-LABEL: func @flatten(
func.func @flatten(%buffer: tensor<4x3xf32>, %counter: tensor<i64>) -> tensor<?xf32> {
  // CHECK: %[[ALL:.*]] = tensor.collapse_shape {{.*}} : tensor<4x3xf32> into tensor<12xf32>
  // CHECK: affine.apply
  // CHECK: %[[COUNT:.*]] = tensor.from_elements
  // CHECK: return %[[ALL]], %[[COUNT]]
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %rows = tensor.extract_slice %buffer[0, 0] [%size, 3] [1, 1] : tensor<4x3xf32> to tensor<?x3xf32>
  %0 = tensor.collapse_shape %rows [[0, 1]] : tensor<?x3xf32> into tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Sizes of other kinds stay as they are.

// CHECK-LABEL: func @symbolic(
func.func @symbolic(%x: tensor<?x3xf32>, %size: index) -> tensor<?x3xf32> {
  // CHECK: tensor.extract_slice {{.*}} : tensor<?x3xf32> to tensor<?x3xf32>
  %0 = tensor.extract_slice %x[0, 0] [%size, 3] [1, 1] : tensor<?x3xf32> to tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// Where a product leaves out what does not count, its body is no longer what its
// name says.

// CHECK-LABEL: func @product(
func.func @product(%buffer: tensor<2x6xf32>, %counter: tensor<i64>, %init: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK-NOT: linalg.matmul
  // CHECK: linalg.generic
  // CHECK: linalg.index 2
  // CHECK: arith.select
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %lhs = tensor.extract_slice %buffer[0, 0] [2, %size] [1, 1] : tensor<2x6xf32> to tensor<2x?xf32>
  %rhs = tensor.empty(%size) : tensor<?x2xf32>
  %0 = linalg.matmul ins(%lhs, %rhs : tensor<2x?xf32>, tensor<?x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// A counter is not called as another result is.

// CHECK-LABEL: func @taken_name(
// CHECK-SAME: counter = "y.count_"
// CHECK-SAME: onnx.name = "y.count"
// CHECK-SAME: onnx.name = "y.count_"
func.func @taken_name(%buffer: tensor<6xi64>, %counter: tensor<i64>) -> (tensor<?xi64> {onnx.name = "y"}, tensor<i64> {onnx.name = "y.count"}) {
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xi64> to tensor<?xi64>
  return %part, %counter : tensor<?xi64>, tensor<i64>
}

// -----

// Equal expressions of counters are equal sizes; buffers have room for the
// greatest.

// CHECK-LABEL: func @expressions(
// CHECK-SAME: %[[BUFFER:.*]]: tensor<4xf32>
func.func @expressions(%buffer: tensor<4xf32>, %counter: tensor<i64>) -> tensor<?xf32> {
  // CHECK: linalg.fill {{.*}} outs({{.*}} : tensor<8xf32>)
  // CHECK: linalg.add ins({{.*}} : tensor<8xf32>, tensor<8xf32>)
  %zero = arith.constant 0.0 : f32
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<4xf32> to tensor<?xf32>
  %both = tensor.concat dim(0) %part, %part : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %twice = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%size]
  %empty = tensor.empty(%twice) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  %0 = linalg.add ins(%both, %zeros : tensor<?xf32>, tensor<?xf32>) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A negative index counts from the end of what counts.

// CHECK-LABEL: func @gather(
// CHECK-SAME: %[[BUFFER:.*]]: tensor<6xf32>, %[[COUNTER:.*]]: tensor<i64>, %[[INDICES:.*]]: tensor<2xi64>)
func.func @gather(%buffer: tensor<6xf32>, %counter: tensor<i64>, %i: tensor<2xi64>) -> tensor<2xf32> {
  // CHECK: %[[N:.*]] = tensor.extract %[[COUNTER]]
  // CHECK: linalg.generic
  // CHECK: %[[I:.*]] = tensor.extract %[[INDICES]]
  // CHECK: arith.addi %{{.*}}, %{{.*}} : index
  // CHECK: arith.select
  // CHECK: tensor.extract
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %0 = garam_ext.gather %part[%i] axis 0 : tensor<?xf32>, tensor<2xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Where what counts is not together in the buffer, elements are read from where
// they are.

// CHECK-LABEL: func @compact(
func.func @compact(%buffer: tensor<3x4xf32>, %counter: tensor<i64>) -> tensor<?xf32> {
  // CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<12xf32>
  // CHECK: linalg.generic {{.*}} outs(%[[EMPTY]] : tensor<12xf32>)
  // CHECK: arith.remui
  // CHECK: tensor.extract
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %columns = tensor.extract_slice %buffer[0, 0] [3, %size] [1, 1] : tensor<3x4xf32> to tensor<3x?xf32>
  %0 = tensor.collapse_shape %columns [[0, 1]] : tensor<3x?xf32> into tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// The state of a loop is a buffer.

// CHECK-LABEL: func @loop(
func.func @loop(%buffer: tensor<6xf32>, %counter: tensor<i64>, %x: f32) -> tensor<?xf32> {
  // CHECK: scf.for {{.*}} -> (tensor<6xf32>)
  // CHECK: tensor.insert {{.*}} : tensor<6xf32>
  // CHECK: scf.yield {{.*}} : tensor<6xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %end = tensor.dim %part, %c0 : tensor<?xf32>
  %0 = scf.for %i = %c0 to %end step %c1 iter_args(%state = %part) -> (tensor<?xf32>) {
    %next = tensor.insert %x into %state[%i] : tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %0 : tensor<?xf32>
}

// -----

// Padding begins where what counts ends.

// CHECK-LABEL: func @pad(
func.func @pad(%buffer: tensor<6xf32>, %counter: tensor<i64>, %x: f32) -> tensor<?xf32> {
  // CHECK: tensor.empty() : tensor<9xf32>
  // CHECK: arith.cmpi ult
  // CHECK: arith.select
  %n = tensor.extract %counter[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %part = tensor.extract_slice %buffer[0] [%size] [1] : tensor<6xf32> to tensor<?xf32>
  %0 = tensor.pad %part low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %x : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}
