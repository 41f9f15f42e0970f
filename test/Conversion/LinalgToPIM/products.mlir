// RUN: garam-opt --convert-linalg-to-pim --split-input-file %s | FileCheck %s

// A product of one row, with what follows it: a factor, a bias, a ReLU and the
// narrowing of the result.
// CHECK-LABEL: @gemm
// CHECK-SAME: %[[X:.*]]: tensor<1x5xf16>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<1.000000e+00> : tensor<3x5xf16>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<2.000000e+00> : tensor<3xf16>
// CHECK: %[[Y:.*]] = pim.gemv %[[X]], %[[W]] transposed bias %[[B]] relu {alpha = 5.000000e-01 : f32, beta = 2.000000e+00 : f32} : (tensor<1x5xf16>, tensor<3x5xf16>, tensor<3xf16>) -> tensor<1x3xf16>
// CHECK-NEXT: return %[[Y]]
func.func @gemm(%x: tensor<1x5xf16>) -> tensor<1x3xf16> {
  %w = arith.constant dense<1.0> : tensor<3x5xf16>
  %b = arith.constant dense<2.0> : tensor<3xf16>
  %zero = arith.constant 0.0 : f32
  %zero16 = arith.constant 0.0 : f16
  %alpha = arith.constant 0.5 : f32
  %beta = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<1x3xf32>
  %e16 = tensor.empty() : tensor<1x3xf16>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<1x5xf16>, tensor<3x5xf16>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<1x3xf32>, tensor<3xf16>) outs(%e16 : tensor<1x3xf16>) {
  ^bb0(%s: f32, %c: f16, %out: f16):
    %2 = arith.mulf %s, %alpha : f32
    %3 = arith.extf %c : f16 to f32
    %4 = arith.mulf %3, %beta : f32
    %5 = arith.addf %2, %4 : f32
    %6 = arith.truncf %5 : f32 to f16
    linalg.yield %6 : f16
  } -> tensor<1x3xf16>
  %7 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<1x3xf16>) outs(%e16 : tensor<1x3xf16>) {
  ^bb0(%s: f16, %out: f16):
    %8 = arith.maximumf %s, %zero16 : f16
    linalg.yield %8 : f16
  } -> tensor<1x3xf16>
  return %7 : tensor<1x3xf16>
}

// -----

// The weights may be the first operand, and have dimensions of 1.
// CHECK-LABEL: @column
// CHECK: pim.gemv %{{.*}}, %{{.*}} transposed : (tensor<4x1xf32>, tensor<2x4xf32>) -> tensor<2x1xf32>
func.func @column(%x: tensor<4x1xf32>) -> tensor<2x1xf32> {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x1xf32>
  %0 = linalg.matmul ins(%w, %x : tensor<2x4xf32>, tensor<4x1xf32>) outs(%zero : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

// A result that something else reads too is not folded into.
// CHECK-LABEL: @two_uses
// CHECK: %[[Y:.*]] = pim.gemv
// CHECK: %[[R:.*]] = pim.elementwise relu %[[Y]]
// CHECK: return %[[Y]], %[[R]]
func.func @two_uses(%x: tensor<1x4xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %s = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %out: f32):
    %2 = arith.maximumf %a, %s : f32
    linalg.yield %2 : f32
  } -> tensor<1x2xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

// A scalar in the body becomes an operand without dimensions.
// CHECK-LABEL: @scalar
// CHECK-DAG: %[[S:.*]] = arith.constant dense<3.000000e+00> : tensor<f32>
// CHECK: pim.elementwise mul %{{.*}}, %[[S]] maps [#{{.*}}, #{{.*}}] : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
func.func @scalar(%a: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 3.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.mulf %x, %s : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
