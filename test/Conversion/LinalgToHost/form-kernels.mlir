// RUN: garam-opt --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(host-form-kernels))' %s | FileCheck %s

// A contraction with its initial value is one kernel.
// CHECK-LABEL: @matmul
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>)
// CHECK: %[[W:.*]] = arith.constant dense_resource
// CHECK: %[[Y:.*]] = host.kernel(%[[X]], %[[W]])
// CHECK: ^bb0(%[[A:.*]]: tensor<4x8xf32>, %[[B:.*]]: tensor<8x16xf32>):
// CHECK: linalg.fill
// CHECK: %[[R:.*]] = linalg.matmul ins(%[[A]], %[[B]]
// CHECK: host.yield %[[R]]
// CHECK: return %[[Y]]
func.func @matmul(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense_resource<w> : tensor<8x16xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>)
      outs(%f : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// Weights are permuted when the program is written, between kernels.
// CHECK-LABEL: @permuted
// CHECK: %[[P:.*]] = host.permute
// CHECK: host.kernel(%[[P]])
func.func @permuted() -> tensor<16x8xf32> {
  %w = arith.constant dense_resource<w> : tensor<8x16xf32>
  %p = host.permute %w [1, 0] : tensor<8x16xf32> to tensor<16x8xf32>
  %e = tensor.empty() : tensor<16x8xf32>
  %y = linalg.abs ins(%p : tensor<16x8xf32>) outs(%e : tensor<16x8xf32>) -> tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}

// -----

// A table that a body looks up in is an input of the kernel, behind the operands.
// CHECK-LABEL: @lookup
// CHECK: host.kernel(%{{.*}}, %{{.*}}) :
#id = affine_map<(d0) -> (d0)>
func.func @lookup(%table: tensor<1000xf32>, %at: tensor<2xi64>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%at : tensor<2xi64>) outs(%e : tensor<2xf32>) {
  ^bb0(%i: i64, %o: f32):
    %n = arith.index_cast %i : i64 to index
    %v = tensor.extract %table[%n] : tensor<1000xf32>
    linalg.yield %v : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// Insertions into one destination are one kernel.
// CHECK-LABEL: @concat
// CHECK: host.kernel(%{{.*}}, %{{.*}}) :
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
// CHECK-NOT: host.kernel
func.func @concat(%x: tensor<4xf32>, %y: tensor<2xf32>) -> tensor<6xf32> {
  %e = tensor.empty() : tensor<6xf32>
  %0 = tensor.insert_slice %x into %e[0] [4] [1] : tensor<4xf32> into tensor<6xf32>
  %1 = tensor.insert_slice %y into %0[4] [2] [1] : tensor<2xf32> into tensor<6xf32>
  return %1 : tensor<6xf32>
}

// -----

// expected-error @+1 {{input #0: dimension 0 is not fixed; bind it with --shape #0=...}}
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{input #0 is a tensor of elements of type f6E2M3FN}}
func.func @small_float(%x: tensor<4xf6E2M3FN>) -> tensor<4xf6E2M3FN> {
  return %x : tensor<4xf6E2M3FN>
}

// -----

// expected-error @+1 {{input #0 is not a tensor of known rank}}
func.func @scalar(%x: f32) {
  return
}

// -----

func.func @inner(%x: tensor<4xf32>, %n: tensor<1xi64>) -> tensor<4xf32> {
  %z = arith.constant 0 : index
  %i = tensor.extract %n[%z] : tensor<1xi64>
  %s = arith.index_cast %i : i64 to index
  // expected-error @+1 {{'tensor.extract_slice': a tensor of a shape that depends on values}}
  %0 = tensor.extract_slice %x[0] [%s] [1] : tensor<4xf32> to tensor<?xf32>
  %c = tensor.cast %0 : tensor<?xf32> to tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----

func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'tensor.generate': it is no structured operation on tensors}}
  %y = tensor.generate {
  ^bb0(%i: index):
    %v = tensor.extract %x[%i] : tensor<4xf32>
    tensor.yield %v : f32
  } : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A loop makes a tensor of a size of run time and one of a fixed size: one
// kernel has the buffer of the one and the other.

// CHECK-LABEL: func @sequence_and_state(
// CHECK: %[[BOTH:.*]]:2 = host.kernel
// CHECK: %[[LOOP:.*]]:2 = scf.for
// CHECK: %[[BUFFER:.*]] = garam_ext.place_front %[[LOOP]]#0
// CHECK: host.yield %[[BUFFER]], %[[LOOP]]#1
// CHECK: return %[[BOTH]]#0, %[[BOTH]]#1
func.func @sequence_and_state(
    %x: tensor<16x8xf32> {garam.dimensions = ["n", ""]},
    %sizes: tensor<1xi64> {garam.symbols = [{least = 1 : i64, most = 16 : i64, name = "n"}]})
    -> (tensor<16x8xf32>, tensor<1x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.extract %sizes[%c0] : tensor<1xi64>
  %size = arith.index_cast %n : i64 to index
  %front = garam_ext.take_front %x[%size] : tensor<16x8xf32> to tensor<?x8xf32>
  %all = tensor.empty(%size) : tensor<?x8xf32>
  %row = tensor.empty() : tensor<1x8xf32>
  %start = linalg.fill ins(%zero : f32) outs(%row : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0:2 = scf.for %i = %c0 to %size step %c1 iter_args(%rows = %all, %state = %start) -> (tensor<?x8xf32>, tensor<1x8xf32>) {
    %part = tensor.extract_slice %front[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
    %sum = linalg.add ins(%state, %part : tensor<1x8xf32>, tensor<1x8xf32>) outs(%state : tensor<1x8xf32>) -> tensor<1x8xf32>
    %next = tensor.insert_slice %sum into %rows[%i, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<?x8xf32>
    scf.yield %next, %sum : tensor<?x8xf32>, tensor<1x8xf32>
  }
  %1 = garam_ext.place_front %0#0[%size] : tensor<?x8xf32> to tensor<16x8xf32>
  return %1, %0#1 : tensor<16x8xf32>, tensor<1x8xf32>
}
