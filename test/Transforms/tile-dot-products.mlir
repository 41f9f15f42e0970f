// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-dot-products{vector-bits=256}))' %s | FileCheck %s
// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-dot-products{vector-bits=256 vector-registers=32}))' %s | FileCheck %s --check-prefix=WIDE
// RUN: not garam-opt --pass-pipeline='builtin.module(func.func(tile-dot-products{vector-registers=0}))' %s 2>&1 | FileCheck %s --check-prefix=REGISTERS

// REGISTERS: vector-bits=256 vector-registers=0: needed a power of two from 64, and 4 registers or more

// The product of a matrix and a vector has sums of neighbours: as many as a
// vector holds, which are added up at the end. What fills no vector stays.
// CHECK-LABEL: @vector
// CHECK: scf.for
// CHECK: scf.for %{{.*}} = %{{.*}} to %c32{{.*}} step %c16
// CHECK: arith.mulf {{.*}} : vector<4x16xf32>
// CHECK: linalg.reduce
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<8x3xf32>)

// Twice the registers hold the sums of twice the columns.
// WIDE-LABEL: @vector
// WIDE: arith.mulf {{.*}} : vector<8x16xf32>
func.func @vector(%x: tensor<35xf32>, %w: tensor<8x35xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (n, k)>,
                                        affine_map<(n, k) -> (n)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : tensor<35xf32>, tensor<8x35xf32>) outs(%z : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// With rows enough to pay for a transposition it is a product of matrices.
// CHECK-LABEL: @matrices
// CHECK-NOT: vector<
// CHECK: return
func.func @matrices(%x: tensor<9x64xf32>, %w: tensor<8x64xf32>, %z: tensor<9x8xf32>) -> tensor<9x8xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                                        affine_map<(m, n, k) -> (n, k)>,
                                        affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<9x64xf32>, tensor<8x64xf32>) outs(%z : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<9x8xf32>
  return %y : tensor<9x8xf32>
}

// A sum that fills no two vectors stays.
// CHECK-LABEL: @short
// CHECK-NOT: vector<
// CHECK: return
func.func @short(%x: tensor<15xf32>, %w: tensor<8x15xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (n, k)>,
                                        affine_map<(n, k) -> (n)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : tensor<15xf32>, tensor<8x15xf32>) outs(%z : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
