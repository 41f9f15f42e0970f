// RUN: garam-opt --npu-materialize-indices %s | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>

// The index of a dimension becomes an input that counts along it.
// CHECK-LABEL: @index
// CHECK: %[[IOTA:.*]] = npu.constant dense<[0, 1, 2]>
// CHECK: npu.vector ins(%{{.*}}, %[[IOTA]])
// CHECK: ^bb0(%[[E:.*]]: f32, %[[I:.*]]: i32):
// CHECK-NOT: npu.index
// CHECK: arith.sitofp %[[I]]
func.func @index(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = npu.vector ins(%x) sizes [2, 3] {indexing_maps = [#id, #id]}
      : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%e: f32):
    %i = npu.index 1
    %f = arith.sitofp %i : i32 to f32
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  return %0 : tensor<2x3xf32>
}

#in = affine_map<(a, b) -> (a, b)>
#out = affine_map<(a, b) -> (a)>

// The body reads the index of each element, finish that of each sum; both come
// from inputs of their own.
// CHECK-LABEL: @reduction
// CHECK-DAG: %[[ROWS:.*]] = npu.constant dense<[0, 1]>
// CHECK-DAG: %[[COLUMNS:.*]] = npu.constant dense<[0, 1, 2]>
// CHECK: npu.vector ins(%{{.*}}, %[[ROWS]], %[[COLUMNS]])
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: i32, %[[J:.*]]: i32):
// CHECK: arith.sitofp %[[J]]
// CHECK: finish
// CHECK: ^bb0(%{{.*}}: f32, %[[I:.*]]: i32):
// CHECK: arith.sitofp %[[I]]
func.func @reduction(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %0 = npu.vector ins(%x) sizes [2, 3] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<2x3xf32>) -> tensor<2xf32> {
  ^bb0(%e: f32):
    %j = npu.index 1
    %f = arith.sitofp %j : i32 to f32
    %p = arith.mulf %e, %f : f32
    npu.yield %p : f32
  } finish {
  ^bb0(%s: f32):
    %i = npu.index 0
    %g = arith.sitofp %i : i32 to f32
    %t = arith.addf %s, %g : f32
    npu.yield %t : f32
  }
  return %0 : tensor<2xf32>
}

// A stage that asks for no index stays as it is.
// CHECK-LABEL: @no_index
// CHECK-NOT: npu.constant
// CHECK: npu.vector ins(%{{[^,]*}}) sizes
func.func @no_index(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = npu.vector ins(%x) sizes [2, 3] {indexing_maps = [#id, #id]}
      : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %0 : tensor<2x3xf32>
}
