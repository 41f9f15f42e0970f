// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-contractions{vector-bits=256},cse))' %s | FileCheck %s
// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-contractions{vector-bits=256},cse,lower-contractions,cse))' %s | FileCheck %s --check-prefix=LOW
// RUN: garam-opt --pass-pipeline='builtin.module(func.func(tile-contractions{vector-bits=256 vector-registers=32},cse))' %s | FileCheck %s --check-prefix=WIDE
// RUN: not garam-opt --pass-pipeline='builtin.module(func.func(tile-contractions{vector-bits=100}))' %s 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not garam-opt --pass-pipeline='builtin.module(func.func(tile-contractions{vector-registers=3}))' %s 2>&1 | FileCheck %s --check-prefix=REGISTERS

// Vectors have a power of two of bits, at least those of one element, and there
// are enough registers for the sums of two of them and their factors.
// BITS: vector-bits=100 vector-registers=16: needed a power of two from 64, and 4 registers or more
// REGISTERS: vector-bits=256 vector-registers=3: needed

#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (k, n)>
#transposed = affine_map<(m, n, k) -> (n, k)>
#sums = affine_map<(m, n, k) -> (m, n)>

// Two vectors of columns are copied to a dense tile, and groups of 4 rows pass
// over it.
// CHECK-LABEL: @matmul
// CHECK: scf.for %{{.*}} = %{{.*}} to %c96{{.*}} step %c16
// CHECK: %[[TILE:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<128x16xf32>)
// CHECK: scf.for %{{.*}} = %{{.*}} to %c64{{.*}} step %c4
// CHECK: scf.for %{{.*}} = %{{.*}} to %c128{{.*}} step %c1
// CHECK: vector.contract {{.*}} : vector<4x1xf32>, vector<1x16xf32> into vector<4x16xf32>

// The sums stay in registers.
// LOW-LABEL: @matmul
// LOW: %[[START:.*]] = vector.transfer_read {{.*}}, vector<4x16xf32>
// LOW: scf.for {{.*}} iter_args({{.*}} = %[[START]]
// LOW-COUNT-4: vector.fma {{.*}} : vector<16xf32>
// LOW-NOT: vector.transfer_write
// LOW: }
// LOW: vector.transfer_write
func.func @matmul(%x: tensor<64x128xf32>, %w: tensor<128x96xf32>, %z: tensor<64x96xf32>) -> tensor<64x96xf32> {
  %y = linalg.generic {indexing_maps = [#rows, #columns, #sums],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<64x128xf32>, tensor<128x96xf32>) outs(%z : tensor<64x96xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<64x96xf32>
  return %y : tensor<64x96xf32>
}

// Sums that all start from one scalar do so in registers: nothing fills or reads
// the output before. The columns that are left fit into one vector, which leaves
// registers for 8 rows.
// LOW-LABEL: @started
// LOW-DAG: %[[FOURROWS:.*]] = arith.constant dense<0.000000e+00> : vector<4x16xf32>
// LOW-DAG: %[[EIGHTROWS:.*]] = arith.constant dense<0.000000e+00> : vector<8x8xf32>
// LOW: scf.for {{.*}} iter_args({{.*}}, {{.*}} = %[[FOURROWS]]) -> (tensor<4x16xf32>, vector<4x16xf32>)
// LOW: scf.for {{.*}} iter_args({{.*}}, {{.*}} = %[[EIGHTROWS]]) -> (tensor<8x8xf32>, vector<8x8xf32>)
func.func @started(%x: tensor<64x128xf32>, %w: tensor<128x20xf32>) -> tensor<64x20xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x20xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<64x20xf32>) -> tensor<64x20xf32>
  %y = linalg.generic {indexing_maps = [#rows, #columns, #sums],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<64x128xf32>, tensor<128x20xf32>) outs(%z : tensor<64x20xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<64x20xf32>
  return %y : tensor<64x20xf32>
}

// Columns in tiles already are read where they are.
#batch_columns = affine_map<(m, t, n, k) -> (t, k, n)>
#batch_rows = affine_map<(m, t, n, k) -> (m, k)>
#batch_sums = affine_map<(m, t, n, k) -> (m, t, n)>
// CHECK-LABEL: @packed
// CHECK-NOT: linalg.generic
// CHECK: vector.contract {{.*}} : vector<4x1xf32>, vector<1x16xf32> into vector<4x16xf32>
// CHECK: return
func.func @packed(%x: tensor<64x128xf32>, %w: tensor<6x128x16xf32>, %z: tensor<64x6x16xf32>) -> tensor<64x6x16xf32> {
  %y = linalg.generic {indexing_maps = [#batch_rows, #batch_columns, #batch_sums],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<64x128xf32>, tensor<6x128x16xf32>) outs(%z : tensor<64x6x16xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<64x6x16xf32>
  return %y : tensor<64x6x16xf32>
}

// Columns that fill no tile are padded with zeros; columns that do not lie side
// by side are transposed in the copy.
// CHECK-LABEL: @odd
// CHECK: linalg.fill {{.*}} tensor<8x7xf32>
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<7x8xf32>)
// CHECK: vector.contract {{.*}} : vector<8x1xf32>, vector<1x8xf32> into vector<8x8xf32>
// CHECK: vector.contract {{.*}} : vector<1x1xf32>, vector<1x8xf32> into vector<1x8xf32>
// CHECK: tensor.extract_slice {{.*}} tensor<9x8xf32> to tensor<9x5xf32>
func.func @odd(%x: tensor<9x7xf32>, %w: tensor<5x7xf32>, %z: tensor<9x5xf32>) -> tensor<9x5xf32> {
  %y = linalg.generic {indexing_maps = [#rows, #transposed, #sums],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<9x7xf32>, tensor<5x7xf32>) outs(%z : tensor<9x5xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<9x5xf32>
  return %y : tensor<9x5xf32>
}

// Twice the registers hold twice the rows.
// WIDE-LABEL: @matmul
// WIDE: scf.for %{{.*}} = %{{.*}} to %c64{{.*}} step %c8
// WIDE: vector.contract {{.*}} : vector<8x1xf32>, vector<1x16xf32> into vector<8x16xf32>

// Dot products are for another pass.
// CHECK-LABEL: @vector
// CHECK-NOT: vector<
// CHECK: return
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

// Integers stay as they are.
// CHECK-LABEL: @integers
// CHECK: linalg.generic
// CHECK-NOT: vector
func.func @integers(%x: tensor<8x8xi32>, %w: tensor<8x8xi32>, %z: tensor<8x8xi32>) -> tensor<8x8xi32> {
  %y = linalg.generic {indexing_maps = [#rows, #columns, #sums],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<8x8xi32>, tensor<8x8xi32>) outs(%z : tensor<8x8xi32>) {
  ^bb0(%a: i32, %b: i32, %s: i32):
    %p = arith.muli %a, %b : i32
    %t = arith.addi %s, %p : i32
    linalg.yield %t : i32
  } -> tensor<8x8xi32>
  return %y : tensor<8x8xi32>
}
