// RUN: garam-opt --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(plan-scratch))' %s | FileCheck %s

// Each allocation has its own cache lines of the caller's buffer.
// CHECK-LABEL: @two
// CHECK-SAME: (%{{.*}}: memref<3xf32>, %[[SCRATCH:.*]]: memref<192xi8> {llvm.noalias})
// CHECK: %[[AT0:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[SCRATCH]][%[[AT0]]][] : memref<192xi8> to memref<3xf32>
// CHECK: %[[AT1:.*]] = arith.constant 64 : index
// CHECK: memref.view %[[SCRATCH]][%[[AT1]]][] : memref<192xi8> to memref<9x9xi8>
// CHECK-NOT: memref.alloc
func.func @two(%x: memref<3xf32>) {
  %0 = memref.alloc() : memref<3xf32>
  memref.copy %x, %0 : memref<3xf32> to memref<3xf32>
  %1 = memref.alloc() : memref<9x9xi8>
  %c = arith.constant 1 : i8
  linalg.fill ins(%c : i8) outs(%1 : memref<9x9xi8>)
  return
}

// A function without allocations keeps its arguments.
// CHECK-LABEL: @none
// CHECK-SAME: (%{{.*}}: memref<3xf32>) {
func.func @none(%x: memref<3xf32>) {
  return
}

// One of a size of run time has room for the greatest that arithmetic allows.
// CHECK-LABEL: @bounded
// CHECK-SAME: (%[[N:.*]]: index, %[[SCRATCH:.*]]: memref<192xi8> {llvm.noalias})
// CHECK: %[[LEAST:.*]] = affine.min
// CHECK: %[[SIZE:.*]] = affine.apply
// CHECK: memref.view %[[SCRATCH]][%{{.*}}][%[[SIZE]]] : memref<192xi8> to memref<?x4xf32>
func.func @bounded(%n: index) {
  %0 = affine.min affine_map<()[s0] -> (s0, 5)>()[%n]
  %1 = affine.apply affine_map<()[s0] -> (s0 * 2 + 1)>()[%0]
  %2 = memref.alloc(%1) : memref<?x4xf32>
  %c = arith.constant 1.0 : f32
  linalg.fill ins(%c : f32) outs(%2 : memref<?x4xf32>)
  return
}

// -----

func.func @dynamic(%n: index) {
  // expected-error @+1 {{'memref.alloc' op has no size that is bounded: 'memref<?xf32>'}}
  %0 = memref.alloc(%n) : memref<?xf32>
  return
}
