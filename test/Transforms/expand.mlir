// RUN: garam-opt --pass-pipeline='builtin.module(func.func(expand-copies,expand-math))' %s | FileCheck %s

// The copy of a buffer with strides is no call of a library.
// CHECK-LABEL: @copy
// CHECK: linalg.copy ins(%{{.*}} : memref<4xf32, strided<[2]>>) outs(%{{.*}} : memref<4xf32>)
func.func @copy(%x: memref<4xf32, strided<[2]>>, %y: memref<4xf32>) {
  memref.copy %x, %y : memref<4xf32, strided<[2]>> to memref<4xf32>
  return
}

// An exponential of f32 becomes arithmetic; one of f64, and an arcsine, stay.
// CHECK-LABEL: @functions
// CHECK-NOT: math.exp {{.*}} : f32
// CHECK: math.fma {{.*}} : f32
// CHECK: math.exp {{.*}} : f64
// CHECK: math.asin {{.*}} : f32
func.func @functions(%x: f32, %y: f64) -> (f32, f64, f32) {
  %0 = math.exp %x : f32
  %1 = math.exp %y : f64
  %2 = math.asin %x : f32
  return %0, %1, %2 : f32, f64, f32
}
