// RUN: garam-opt %s -convert-onnx-to-linalg -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// Every operation has the location of its node, from which its id is read; the
// one that makes an output says so.

// CHECK-LABEL: func @gemm(
// CHECK: linalg.matmul {{.*}} loc("node:dense"("model.onnx":0:0))
// CHECK: linalg.generic
// CHECK: arith.addf {{.*}} loc("node:dense"("model.onnx":0:0))
// CHECK: } -> tensor<2x4xf32> loc(fused<{node_value = "dense", type = tensor<2x4xf32>}>["node:dense"("model.onnx":0:0)])
func.func @gemm(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<4xf32>) -> tensor<2x4xf32> {
  %0 = onnx.node "Gemm"(%a, %b, %c) {id = "dense", opset = 17 : i64} attributes {}
      : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<2x4xf32> loc("node:dense"("model.onnx":0:0))
  return %0 : tensor<2x4xf32>
}

// What a function's nodes pass on among themselves is no output of the node
// that calls it.
// CHECK-LABEL: func @function(
// CHECK: math.exp
// CHECK: } -> tensor<2xf32> loc("node:call"("model.onnx":0:0))
// CHECK: math.absf
// CHECK: } -> tensor<2xf32> loc(fused<{node_value = "call", type = tensor<2xf32>}>["node:call"("model.onnx":0:0)])
func.func @function(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = onnx.node "Exp"(%x) {id = "call/Exp_0", opset = 17 : i64} attributes {}
      : (tensor<2xf32>) -> tensor<2xf32> loc("node:call"("model.onnx":0:0))
  %1 = onnx.node "Abs"(%0) {id = "call/Abs_1", opset = 17 : i64} attributes {}
      : (tensor<2xf32>) -> tensor<2xf32> loc("node:call"("model.onnx":0:0))
  return %1 : tensor<2xf32>
}
