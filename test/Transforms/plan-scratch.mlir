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

// An index that is added to itself again and again is looked at once: by each of
// its uses, it would be 2^32 times.
// CHECK-LABEL: @doubled
// CHECK-SAME: memref<128xi8> {llvm.noalias})
#double = affine_map<()[s0, s1] -> (s0 + s1, 5)>
func.func @doubled(%n: index) {
  %0 = affine.min affine_map<()[s0] -> (s0, 1)>()[%n]
  %1 = affine.min #double()[%0, %0]
  %2 = affine.min #double()[%1, %1]
  %3 = affine.min #double()[%2, %2]
  %4 = affine.min #double()[%3, %3]
  %5 = affine.min #double()[%4, %4]
  %6 = affine.min #double()[%5, %5]
  %7 = affine.min #double()[%6, %6]
  %8 = affine.min #double()[%7, %7]
  %9 = affine.min #double()[%8, %8]
  %10 = affine.min #double()[%9, %9]
  %11 = affine.min #double()[%10, %10]
  %12 = affine.min #double()[%11, %11]
  %13 = affine.min #double()[%12, %12]
  %14 = affine.min #double()[%13, %13]
  %15 = affine.min #double()[%14, %14]
  %16 = affine.min #double()[%15, %15]
  %17 = affine.min #double()[%16, %16]
  %18 = affine.min #double()[%17, %17]
  %19 = affine.min #double()[%18, %18]
  %20 = affine.min #double()[%19, %19]
  %21 = affine.min #double()[%20, %20]
  %22 = affine.min #double()[%21, %21]
  %23 = affine.min #double()[%22, %22]
  %24 = affine.min #double()[%23, %23]
  %25 = affine.min #double()[%24, %24]
  %26 = affine.min #double()[%25, %25]
  %27 = affine.min #double()[%26, %26]
  %28 = affine.min #double()[%27, %27]
  %29 = affine.min #double()[%28, %28]
  %30 = affine.min #double()[%29, %29]
  %31 = affine.min #double()[%30, %30]
  %32 = affine.min #double()[%31, %31]
  %buffer = memref.alloc(%32) : memref<?x4xf32>
  %c = arith.constant 1.0 : f32
  linalg.fill ins(%c : f32) outs(%buffer : memref<?x4xf32>)
  return
}

// -----

func.func @dynamic(%n: index) {
  // expected-error @+1 {{'memref.alloc' op has no size that is bounded: 'memref<?xf32>'}}
  %0 = memref.alloc(%n) : memref<?xf32>
  return
}
