// RUN: garam-opt --pim-place-kernels=target=hbm-pim --pim-summarize-kernels=target=hbm-pim %s | FileCheck %s

// A product of 5 inputs and 3 outputs is 15 multiply-accumulates, with weights
// of two bytes, in rows of all banks that the plan names.
// CHECK-LABEL: func.func @product
// CHECK-SAME: pim.estimate = {{[0-9.Ee+-]+}} : f64
// CHECK-SAME: pim.macs = 15 : i64
// CHECK-SAME: pim.plan = [{name = "fc", offset = 0 : i64, rank = 0 : i64, size = {{[0-9]+}} : i64}]
// CHECK-SAME: pim.weight_bytes = 30 : i64
// CHECK: pim.gemv
func.func @product(%x: tensor<1x5xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  %0 = pim.gemv %x, %w : (tensor<1x5xf32>, tensor<5x3xf32>) -> tensor<1x3xf32> loc("node:fc")
  return %0 : tensor<1x3xf32>
}
