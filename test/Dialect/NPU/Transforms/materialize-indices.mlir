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
