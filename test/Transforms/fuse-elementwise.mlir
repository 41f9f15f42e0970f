// RUN: garam-opt --mlir-print-debuginfo --mlir-print-local-scope --pass-pipeline='builtin.module(func.func(fuse-elementwise{max-operations=4}))' %s | FileCheck %s

// A body has at most four operations, the one that ends it among them: of three
// operations in a row, each an addition, two are fused.
// CHECK-LABEL: @limit
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK-NOT: linalg.generic
#id = affine_map<(d0) -> (d0)>
func.func @limit(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %in : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.mulf %in, %in : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%1 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.subf %in, %in : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// A constant that is fused leaves the location of what it is fused into: where
// it would name the makers of other operands, "sum" would be the result's node.
// CHECK-LABEL: @locations
// CHECK: linalg.yield
// CHECK-NEXT: } -> tensor<4xf32> loc("sum")
// CHECK: linalg.yield
// CHECK-NEXT: } -> tensor<4xf32> loc("scale")
#sum = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#one = affine_map<(d0) -> ()>
func.func @locations(%x: tensor<4x4xf32>) -> tensor<4xf32> {
  %c = arith.constant dense<2.0> : tensor<f32> loc("constant")
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#sum, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("sum")
  %1 = linalg.generic {indexing_maps = [#id, #one, #id], iterator_types = ["parallel"]}
      ins(%0, %c : tensor<4xf32>, tensor<f32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %scale: f32, %out: f32):
    %s = arith.mulf %in, %scale : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("scale")
  return %1 : tensor<4xf32>
}
