// RUN: garam-opt %s --npu-expand-top-k | FileCheck %s
// RUN: garam-opt %s --npu-expand-top-k=comparisons-per-step=100 | FileCheck %s --check-prefix=LOOP

// All pairs of a row are compared, and each element goes to the place of its
// rank. Where that is too many comparisons for 5 steps, here 4 * 33 * 33, it
// becomes a loop.

// CHECK-DAG: #[[OWN:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[OTHER:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func @floats(
// CHECK-SAME:      %[[X:.+]]: tensor<4x33xf32>
// CHECK:         %[[RANKS:.+]] = linalg.generic {indexing_maps = [#[[OWN]], #[[OTHER]], #[[OWN]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME:        ins(%[[X]], %[[X]] : tensor<4x33xf32>, tensor<4x33xf32>)
// CHECK:           %[[EARLIER:.+]] = arith.cmpi slt
// CHECK:           arith.cmpf ogt
// CHECK:           %[[EQUAL:.+]] = arith.cmpf oeq
// CHECK:           arith.andi %[[EQUAL]], %[[EARLIER]]
// CHECK:         %[[V:.+]] = linalg.generic {indexing_maps = [#[[OTHER]], #[[OTHER]], #[[OWN]]]
// CHECK-SAME:        ins(%[[RANKS]], %[[X]] : tensor<4x33xi32>, tensor<4x33xf32>)
// CHECK-SAME:        outs(%{{.+}} : tensor<4x5xf32>)
// CHECK:           arith.maximumf
// CHECK:         %[[I:.+]] = linalg.generic {indexing_maps = [#[[OTHER]], #[[OWN]]]
// CHECK-SAME:        ins(%[[RANKS]] : tensor<4x33xi32>)
// CHECK-SAME:        outs(%{{.+}} : tensor<4x5xi32>)
// CHECK:         return %[[V]], %[[I]]

// LOOP-LABEL: func @floats(
// LOOP:         scf.for %{{.+}} = %c0 to %c5
func.func @floats(%x: tensor<4x33xf32>) -> (tensor<4x5xf32>, tensor<4x5xi32>) {
  %0:2 = garam_ext.top_k %x axis 1
      : tensor<4x33xf32> -> tensor<4x5xf32>, tensor<4x5xi32>
  return %0#0, %0#1 : tensor<4x5xf32>, tensor<4x5xi32>
}

// Integers have no NaN. 3 times 16 comparisons are worth 3 steps.

// CHECK-LABEL: func @integers(
// CHECK-NOT:     arith.cmpf
// CHECK:         arith.cmpi ult
// LOOP-LABEL: func @integers(
// LOOP-NOT:     scf.for
// LOOP:         arith.cmpi ult
func.func @integers(%x: tensor<4x3xi8>) -> (tensor<3x3xi8>, tensor<3x3xi32>) {
  %0:2 = garam_ext.top_k %x axis 0 {smallest, is_unsigned}
      : tensor<4x3xi8> -> tensor<3x3xi8>, tensor<3x3xi32>
  return %0#0, %0#1 : tensor<3x3xi8>, tensor<3x3xi32>
}
