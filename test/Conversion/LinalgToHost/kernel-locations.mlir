// RUN: garam-opt --mlir-print-debuginfo --mlir-print-local-scope --pass-pipeline='builtin.module(func.func(host-form-kernels))' %s | FileCheck %s

// A kernel has the locations of all that is fused into it, its own last.
// CHECK-LABEL: @nodes
// CHECK: host.kernel
// CHECK: host.yield
// CHECK-NEXT: } loc(fused["node:add", "node:relu"])
#id = affine_map<(d0) -> (d0)>
func.func @nodes(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32 loc("node:add")
    %m = arith.maximumf %s, %zero : f32 loc("node:relu")
    linalg.yield %m : f32
  } -> tensor<4xf32> loc("node:relu")
  return %y : tensor<4xf32>
}
