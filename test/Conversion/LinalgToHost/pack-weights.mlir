// RUN: garam-opt --pass-pipeline='builtin.module(func.func(host-pack-weights))' %s | FileCheck %s
// RUN: not garam-opt --pass-pipeline='builtin.module(func.func(host-pack-weights{columns=0}))' %s 2>&1 | FileCheck %s --check-prefix=ZERO

// ZERO: columns=0: needed at least one in a tile

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#wt = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Weights come in tiles of 16 columns, row after row.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d3, d2)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: @product
// CHECK: %[[TILES:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] {{.*}} into tensor<64x3x16xf32>
// CHECK: %[[PACKED:.*]] = host.permute %[[TILES]] [1, 0, 2] : tensor<64x3x16xf32> to tensor<3x64x16xf32>
// CHECK: %[[START:.*]] = linalg.fill {{.*}} tensor<8x3x16xf32>
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%{{.*}}, %[[PACKED]] : {{.*}}) outs(%[[START]] : tensor<8x3x16xf32>)
// CHECK: tensor.collapse_shape %[[R]] {{\[\[}}0], [1, 2]] : tensor<8x3x16xf32> into tensor<8x48xf32>
func.func @product(%x: tensor<8x64xf32>) -> tensor<8x48xf32> {
  %w = arith.constant dense_resource<w> : tensor<64x48xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x48xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<8x48xf32>) -> tensor<8x48xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<8x64xf32>, tensor<64x48xf32>) outs(%z : tensor<8x48xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<8x48xf32>
  return %y : tensor<8x48xf32>
}

// Transposed weights are no different then, wherever they stand; sums may go on
// from a tensor.
// CHECK-LABEL: @transposed
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<8x48xf32>)
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] {{.*}} into tensor<3x16x64xf32>
// CHECK: %[[PACKED:.*]] = host.permute %{{.*}} [0, 2, 1] : tensor<3x16x64xf32> to tensor<3x64x16xf32>
// CHECK: %[[START:.*]] = tensor.expand_shape %[[S]] {{\[\[}}0], [1, 2]]
// CHECK: linalg.generic {{.*}} ins(%[[PACKED]], %{{.*}}) outs(%[[START]]
func.func @transposed(%x: tensor<8x64xf32>, %s: tensor<8x48xf32>) -> tensor<8x48xf32> {
  %w = arith.constant dense_resource<w> : tensor<48x64xf32>
  %y = linalg.generic {indexing_maps = [#wt, #x, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %x : tensor<48x64xf32>, tensor<8x64xf32>) outs(%s : tensor<8x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %o, %p : f32
    linalg.yield %t : f32
  } -> tensor<8x48xf32>
  return %y : tensor<8x48xf32>
}

// One row reads the weights once, in the order that they have.
// CHECK-LABEL: @row
// CHECK-NOT: host.permute
func.func @row(%x: tensor<1x64xf32>, %s: tensor<1x48xf32>) -> tensor<1x48xf32> {
  %w = arith.constant dense_resource<w> : tensor<64x48xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x64xf32>, tensor<64x48xf32>) outs(%s : tensor<1x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %o, %p : f32
    linalg.yield %t : f32
  } -> tensor<1x48xf32>
  return %y : tensor<1x48xf32>
}

// What is no constant stays, and what fills no tiles.
// CHECK-LABEL: @stay
// CHECK-NOT: host.permute
func.func @stay(%x: tensor<8x64xf32>, %w: tensor<64x48xf32>, %s: tensor<8x48xf32>, %r: tensor<8x47xf32>)
    -> (tensor<8x48xf32>, tensor<8x47xf32>) {
  %y = linalg.generic {indexing_maps = [#x, #w, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<8x64xf32>, tensor<64x48xf32>) outs(%s : tensor<8x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %o, %p : f32
    linalg.yield %t : f32
  } -> tensor<8x48xf32>
  %v = arith.constant dense_resource<w> : tensor<64x47xf32>
  %z = linalg.generic {indexing_maps = [#x, #w, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %v : tensor<8x64xf32>, tensor<64x47xf32>) outs(%r : tensor<8x47xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %o, %p : f32
    linalg.yield %t : f32
  } -> tensor<8x47xf32>
  return %y, %z : tensor<8x48xf32>, tensor<8x47xf32>
}

#x4 = affine_map<(b, m, n, k) -> (b, m, k)>
#w4 = affine_map<(b, m, n, k) -> (k, n)>
#y4 = affine_map<(b, m, n, k) -> (b, m, n)>

// Rows of run time may be many; those of two dimensions are not collapsed.
// CHECK-LABEL: @run_time
// CHECK: %[[PACKED:.*]] = host.permute %{{.*}} [1, 0, 2] : tensor<64x3x16xf32> to tensor<3x64x16xf32>
// CHECK: %[[EMPTY:.*]] = tensor.empty(%{{.*}}, %{{.*}}) : tensor<?x?x3x16xf32>
// CHECK: %[[START:.*]] = linalg.fill {{.*}} outs(%[[EMPTY]] : tensor<?x?x3x16xf32>)
// CHECK: %[[R:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%{{.*}}, %[[PACKED]] : {{.*}}) outs(%[[START]] : tensor<?x?x3x16xf32>)
// CHECK: tensor.collapse_shape %[[R]] {{\[\[}}0], [1], [2, 3]] : tensor<?x?x3x16xf32> into tensor<?x?x48xf32>
func.func @run_time(%x: tensor<?x?x64xf32>, %b: index, %m: index) -> tensor<?x?x48xf32> {
  %w = arith.constant dense_resource<w> : tensor<64x48xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%b, %m) : tensor<?x?x48xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x48xf32>) -> tensor<?x?x48xf32>
  %y = linalg.generic {indexing_maps = [#x4, #w4, #y4],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x?x64xf32>, tensor<64x48xf32>) outs(%z : tensor<?x?x48xf32>) {
  ^bb0(%a: f32, %c: f32, %s: f32):
    %p = arith.mulf %a, %c : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  } -> tensor<?x?x48xf32>
  return %y : tensor<?x?x48xf32>
}

// What is in a loop is packed before it, once.
// CHECK-LABEL: @loop
// CHECK: %[[PACKED:.*]] = host.permute %{{.*}} [1, 0, 2] : tensor<64x4x16xf32> to tensor<4x64x16xf32>
// CHECK: scf.for
// CHECK-NOT: host.permute
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[PACKED]]
func.func @loop(%x: tensor<8x64xf32>, %n: index) -> tensor<8x64xf32> {
  %first = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %first to %n step %one iter_args(%state = %x) -> tensor<8x64xf32> {
    %w = arith.constant dense_resource<w> : tensor<64x64xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8x64xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
    %y = linalg.generic {indexing_maps = [#x, #w, #y],
                         iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%state, %w : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) {
    ^bb0(%a: f32, %c: f32, %s: f32):
      %p = arith.mulf %a, %c : f32
      %t = arith.addf %s, %p : f32
      linalg.yield %t : f32
    } -> tensor<8x64xf32>
    scf.yield %y : tensor<8x64xf32>
  }
  return %r : tensor<8x64xf32>
}
