// RUN: garam-opt --npu-trim-stages %s | FileCheck %s

// CHECK-DAG: #[[ID:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[FROM_TWO:.*]] = affine_map<(d0) -> (d0 + 2)>

#id = affine_map<(a) -> (a)>
#even = affine_map<(a) -> (2 * a)>
#third = affine_map<(a) -> (a + 2)>

// The last element of 8 is read by no one, so neither it nor what only it is
// made of is computed.
// CHECK-LABEL: @stride
// CHECK: %[[A:.*]] = npu.vector ins(%{{.*}}) sizes [7]
// CHECK-SAME: -> tensor<7xf32>
// CHECK: %[[B:.*]] = npu.vector ins(%[[A]]) sizes [7]
// CHECK-SAME: (tensor<7xf32>) -> tensor<7xf32>
// CHECK: npu.vector ins(%[[B]]) sizes [4]
// CHECK-SAME: (tensor<7xf32>) -> tensor<4xf32>
func.func @stride(%x: tensor<8xf32>) -> tensor<4xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %2 = npu.vector ins(%1) sizes [4] {indexing_maps = [#even, #id]}
      : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %2 : tensor<4xf32>
}

// Elements in front are left out, too: maps count from what is there.
// CHECK-LABEL: @crop
// CHECK: npu.vector ins(%{{.*}}) sizes [4] {indexing_maps = [#[[FROM_TWO]], #[[ID]]]}
// CHECK: npu.vector ins(%{{.*}}) sizes [4] {indexing_maps = [#[[ID]], #[[ID]]]}
func.func @crop(%x: tensor<8xf32>) -> tensor<4xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [4] {indexing_maps = [#third, #id]}
      : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<4xf32>
}

// What is returned, and what other operations read, is computed wholly.
// CHECK-LABEL: @whole
// CHECK: npu.vector ins(%{{.*}}) sizes [8]
// CHECK: npu.vector ins(%{{.*}}) sizes [8]
// CHECK: npu.vector ins(%{{.*}}) sizes [4]
func.func @whole(%x: tensor<8xf32>) -> (tensor<4xf32>, tensor<8xf32>, tensor<2x4xf32>) {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %2 = npu.vector ins(%0, %1) sizes [4] {indexing_maps = [#even, #even, #id]}
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    npu.yield %s : f32
  }
  %3 = npu.reshape %1 : tensor<8xf32> -> tensor<2x4xf32>
  return %2, %0, %3 : tensor<4xf32>, tensor<8xf32>, tensor<2x4xf32>
}

// An index counts from the first element, so its stage stays whole.
// CHECK-LABEL: @index
// CHECK: npu.vector sizes [8]
func.func @index() -> tensor<4xf32> {
  %0 = npu.vector sizes [8] {indexing_maps = [#id]} : () -> tensor<8xf32> {
    %i = npu.index 0
    %f = arith.sitofp %i : i32 to f32
    npu.yield %f : f32
  }
  %1 = npu.vector ins(%0) sizes [4] {indexing_maps = [#third, #id]}
      : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  return %1 : tensor<4xf32>
}
