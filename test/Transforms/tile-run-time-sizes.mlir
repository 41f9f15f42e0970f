// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-run-time-sizes,cse))' --split-input-file %s | FileCheck %s
// RUN: not garam-opt --pass-pipeline='builtin.module(func.func(tile-run-time-sizes{vector-bits=48}))' --split-input-file %s 2>&1 | FileCheck --check-prefix=BITS %s

// BITS: vector-bits=48 vector-registers=16: needed a power of two from 64, and 4 registers or more

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// Rows go to tiles of 64, then of those that registers hold sums of, at last to
// single ones; each tile starts for itself.
// CHECK-DAG: #[[MANY:.*]] = affine_map<()[s0] -> ((s0 floordiv 64) * 64)>
// CHECK-LABEL: @rows
// CHECK-SAME: (%{{.*}}, %{{.*}}, %[[Y:.*]]: tensor<?x96xf32>)
// CHECK: %[[END:.*]] = affine.apply #[[MANY]]()
// CHECK: %[[FIRST:.*]] = scf.for %[[M:.*]] = %{{.*}} to %[[END]] step %c64 iter_args(%[[O:.*]] = %[[Y]])
// CHECK: %[[FILL:.*]] = linalg.fill {{.*}} -> tensor<64x96xf32>
// CHECK: %[[T:.*]] = linalg.generic {{.*}} ins({{.*}} : tensor<64x32xf32>, tensor<32x96xf32>) outs(%[[FILL]] : tensor<64x96xf32>)
// CHECK: tensor.insert_slice %[[T]] into %[[O]][%[[M]], 0] [64, 96]
// CHECK: %[[SECOND:.*]] = scf.for {{.*}} = %[[END]] to {{.*}} step %c4 iter_args(%{{.*}} = %[[FIRST]])
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<4x96xf32>)
// CHECK: scf.for {{.*}} step %c1 iter_args(%{{.*}} = %[[SECOND]])
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<1x96xf32>)
func.func @rows(%x: tensor<?x32xf32>, %w: tensor<32x96xf32>, %y: tensor<?x96xf32>) -> tensor<?x96xf32> {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%y : tensor<?x96xf32>) -> tensor<?x96xf32>
  %0 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x32xf32>, tensor<32x96xf32>) outs(%f : tensor<?x96xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<?x96xf32>
  return %0 : tensor<?x96xf32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>

// A sum of run time is added up in parts, on what it starts from.
// CHECK-LABEL: @sums
// CHECK: %[[FIRST:.*]] = scf.for {{.*}} step %c128 iter_args
// CHECK: linalg.generic {{.*}} ins({{.*}} : tensor<4x128xf32>, tensor<128x16xf32>) outs({{.*}} : tensor<4x16xf32>)
// CHECK: %[[SECOND:.*]] = scf.for {{.*}} step %c8 iter_args(%{{.*}} = %[[FIRST]])
// CHECK: scf.for {{.*}} step %c1 iter_args(%{{.*}} = %[[SECOND]])
func.func @sums(%x: tensor<4x?xf32>, %w: tensor<?x16xf32>, %y: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x?xf32>, tensor<?x16xf32>) outs(%y : tensor<4x16xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, m, k)>
#b = affine_map<(b, m, n, k) -> (k, n)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>

// Of a batch each element has a tile; no run has 64 rows.
// CHECK-LABEL: @batch
// CHECK: scf.for {{.*}} step %c1 iter_args
// CHECK-NOT: step %c64
// CHECK: scf.for {{.*}} step %c4 iter_args
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<1x4x96xf32>)
// CHECK: scf.for {{.*}} step %c1 iter_args
func.func @batch(%x: tensor<?x?x32xf32>, %w: tensor<32x96xf32>, %y: tensor<?x?x96xf32>) -> tensor<?x?x96xf32> {
  %0 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x?x32xf32>, tensor<32x96xf32>) outs(%y : tensor<?x?x96xf32>)
      attrs = {garam.most_iterations = array<i64: 8, 40, 96, 32>} {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %m = arith.mulf %p, %q : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<?x?x96xf32>
  return %0 : tensor<?x?x96xf32>
}

// -----

// What is no product stays.
// CHECK-LABEL: @elementwise
// CHECK-NOT: scf.for
func.func @elementwise(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.exp ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
