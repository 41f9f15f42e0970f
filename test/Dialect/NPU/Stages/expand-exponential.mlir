// RUN: garam-opt %s --npu-expand-exponential --split-input-file | FileCheck %s

#id = affine_map<(d0) -> (d0)>
#none = affine_map<(d0) -> ()>

// The difference of two bytes is -255 to 255: nine bits over exp(-255 s).

// CHECK-LABEL: func.func @softmax
// CHECK:         ^bb0(%[[A:.+]]: i32, %[[M:.+]]: i32):
// CHECK-DAG:       %[[D:.+]] = arith.subi %[[A]], %[[M]] : i32
// CHECK-DAG:       %[[LOW:.+]] = arith.constant -255 : i32
// CHECK:           %[[I:.+]] = arith.subi %[[D]], %[[LOW]] : i32
// CHECK-DAG:       %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG:       %[[FIRST:.+]] = arith.constant 1.43503797E-14 : f32
// CHECK:           %[[B:.+]] = arith.andi %[[I]], %{{.+}} : i32
// CHECK:           %[[C:.+]] = arith.cmpi ne, %[[B]], %{{.+}} : i32
// CHECK:           %[[E:.+]] = arith.constant 1.13314843 : f32
// CHECK:           %[[F:.+]] = arith.select %[[C]], %[[E]], %[[ONE]] : f32
// CHECK:           arith.mulf %[[FIRST]], %[[F]] : f32
// CHECK-COUNT-8:   arith.select
// CHECK-NOT:       arith.select
// CHECK-NOT:       math.exp
func.func @softmax(%x: tensor<8xi8>, %m: tensor<i8>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x, %m) sizes [8] {indexing_maps = [#id, #none, #id]}
      : (tensor<8xi8>, tensor<i8>) -> tensor<8xf32> {
  ^bb0(%a: i32, %b: i32):
    %s = arith.constant 0.125 : f32
    %fa = arith.sitofp %a : i32 to f32
    %sa = arith.mulf %fa, %s : f32
    %fb = arith.sitofp %b : i32 to f32
    %sb = arith.mulf %fb, %s : f32
    %d = arith.subf %sa, %sb : f32
    %e = math.exp %d : f32
    npu.yield %e : f32
  }
  return %0 : tensor<8xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// A float argument, and a scale for which f32 has no room.

// CHECK-LABEL: func.func @left
// CHECK-COUNT-2: math.exp
func.func @left(%x: tensor<8xf32>, %q: tensor<8xi8>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0:2 = npu.vector ins(%x, %q) sizes [8] {indexing_maps = [#id, #id, #id, #id]}
      : (tensor<8xf32>, tensor<8xi8>) -> (tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%a: f32, %b: i32):
    %e = math.exp %a : f32
    %fb = arith.sitofp %b : i32 to f32
    %f = math.exp %fb : f32
    npu.yield %e, %f : f32, f32
  }
  return %0#0, %0#1 : tensor<8xf32>, tensor<8xf32>
}
