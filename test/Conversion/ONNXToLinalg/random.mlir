// RUN: garam-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// The words of an element come from its number in the order of memory, in ten
// rounds; the seed's bits are the first key.
// CHECK-LABEL: func @uniform
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK: linalg.index 0
// CHECK: linalg.index 1
// CHECK: arith.index_cast %{{.*}} : index to i64
// CHECK-COUNT-20: arith.muli %{{.*}} : i64
// CHECK-NOT: arith.muli %{{.*}} : i64
// CHECK: arith.shrui %{{.*}} : i32
// CHECK: arith.sitofp %{{.*}} : i32 to f32
// CHECK: linalg.yield %{{.*}} : f32
func.func @uniform() -> tensor<2x3xf32> {
  %0 = onnx.node "RandomUniform"() {id = "a", opset = 22 : i64} attributes {shape = array<i64: 2, 3>, seed = 1.0 : f32} : () -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// In inference a Dropout passes its input on.
// CHECK-LABEL: func @inference
// CHECK-NEXT: return %{{.*}} : tensor<2xf32>
func.func @inference(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = onnx.node "Dropout"(%x) {id = "a", opset = 22 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
