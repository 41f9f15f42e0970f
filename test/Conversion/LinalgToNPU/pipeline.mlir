// RUN: garam-opt %s --pass-pipeline='builtin.module(linalg-to-npu-stages{precision=f16})' | FileCheck %s
// RUN: not garam-opt %s --pass-pipeline='builtin.module(linalg-to-npu-stages{precision=f8})' 2>&1 | FileCheck %s --check-prefix=WRONG

// WRONG: float type 'f8' is not one of bf16, f16 and f32

// A product, its bias and its activation are one stage; what the function
// takes and returns stays f32.
// CHECK-LABEL: @layer
// CHECK-SAME: %[[X:.*]]: tensor<4x16xf32>
// CHECK: %[[H:.*]] = npu.vector ins(%[[X]])
// CHECK-SAME: tensor<4x16xf16>
// CHECK: %[[Y:.*]] = npu.contract %[[H]], %{{[0-9]+}} bias(%{{[0-9]+}})
// CHECK-SAME: clamp_low = 0.000000e+00 : f32
// CHECK-SAME: -> tensor<4x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @layer(%x: tensor<4x16xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<1.0> : tensor<16x8xf32>
  %b = arith.constant dense<2.0> : tensor<8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x16xf32>, tensor<16x8xf32>)
      outs(%init : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%v: f32, %u: f32, %o: f32):
    %s = arith.addf %v, %u : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
