// RUN: garam-opt %s --convert-linalg-to-npu=narrow-floats=f8E4M3FN --split-input-file | FileCheck %s
// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s --check-prefix=WIDE
// RUN: not garam-opt %s --convert-linalg-to-npu=narrow-floats=f16 --split-input-file 2>&1 | FileCheck %s --check-prefix=WRONG

// WRONG: error: option narrow-floats needs floats of 8 bits, found 'f16'

// A machine that multiplies f8E4M3FN reads both factors as they were before
// they were widened; 0.5 and the scales of the columns multiply the sum.
// Without the type, the products are of f32.

// CHECK-LABEL: func.func @scaled
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xf8E4M3FN>, %[[W:.+]]: tensor<8x2xf8E4M3FN>
// CHECK:         %[[S:.+]] = npu.constant dense<[1.250000e-01, 1.000000e+00]> : tensor<2xf32>
// CHECK:         npu.contract %[[X]], %[[W]] scale(%[[S]])
// CHECK-NOT:     npu.vector
// WIDE-LABEL: func.func @scaled
// WIDE-COUNT-2: npu.vector
// WIDE:         npu.contract
// WIDE-SAME:    (tensor<4x8xf32>, tensor<8x2xf32>)
func.func @scaled(%x: tensor<4x8xf8E4M3FN>, %w: tensor<8x2xf8E4M3FN>) -> tensor<4x2xf32> {
  %sx = arith.constant 0.5 : f32
  %sw = arith.constant dense<[0.25, 2.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<4x8xf32>
  %fx = linalg.generic {
      indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf8E4M3FN>) outs(%ex : tensor<4x8xf32>) {
  ^bb0(%a: f8E4M3FN, %o: f32):
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.mulf %0, %sx : f32
    linalg.yield %1 : f32
  } -> tensor<4x8xf32>
  %ew = tensor.empty() : tensor<8x2xf32>
  %fw = linalg.generic {
      indexing_maps = [affine_map<(k, n) -> (k, n)>, affine_map<(k, n) -> (n)>, affine_map<(k, n) -> (k, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%w, %sw : tensor<8x2xf8E4M3FN>, tensor<2xf32>) outs(%ew : tensor<8x2xf32>) {
  ^bb0(%a: f8E4M3FN, %s: f32, %o: f32):
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.mulf %s, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// The scales of rows of the weight, which the sum goes over, cannot multiply
// the sum.

// CHECK-LABEL: func.func @scaled_by_summands
// CHECK:         npu.contract
// CHECK-SAME:    (tensor<4x8xf32>, tensor<8x2xf32>)
func.func @scaled_by_summands(%x: tensor<4x8xf8E4M3FN>, %w: tensor<8x2xf8E4M3FN>) -> tensor<4x2xf32> {
  %sw = arith.constant dense<[0.25, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]> : tensor<8xf32>
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<4x8xf32>
  %fx = linalg.generic {
      indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf8E4M3FN>) outs(%ex : tensor<4x8xf32>) {
  ^bb0(%a: f8E4M3FN, %o: f32):
    %0 = arith.extf %a : f8E4M3FN to f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %ew = tensor.empty() : tensor<8x2xf32>
  %fw = linalg.generic {
      indexing_maps = [affine_map<(k, n) -> (k, n)>, affine_map<(k, n) -> (k)>, affine_map<(k, n) -> (k, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%w, %sw : tensor<8x2xf8E4M3FN>, tensor<8xf32>) outs(%ew : tensor<8x2xf32>) {
  ^bb0(%a: f8E4M3FN, %s: f32, %o: f32):
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.mulf %0, %s : f32
    linalg.yield %1 : f32
  } -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// Factors of two types are multiplied as f32.

// CHECK-LABEL: func.func @mixed
// CHECK:         npu.contract
// CHECK-SAME:    (tensor<4x8xf32>, tensor<8x2xf32>)
func.func @mixed(%x: tensor<4x8xf8E4M3FN>, %w: tensor<8x2xf8E5M2>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<4x8xf32>
  %fx = linalg.generic {
      indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf8E4M3FN>) outs(%ex : tensor<4x8xf32>) {
  ^bb0(%a: f8E4M3FN, %o: f32):
    %0 = arith.extf %a : f8E4M3FN to f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %ew = tensor.empty() : tensor<8x2xf32>
  %fw = linalg.generic {
      indexing_maps = [affine_map<(k, n) -> (k, n)>, affine_map<(k, n) -> (k, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<8x2xf8E5M2>) outs(%ew : tensor<8x2xf32>) {
  ^bb0(%a: f8E5M2, %o: f32):
    %0 = arith.extf %a : f8E5M2 to f32
    linalg.yield %0 : f32
  } -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}
