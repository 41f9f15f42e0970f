// RUN: garam-opt %s --hetero-outline --split-input-file | FileCheck %s

// The whole function moves into an executable of the module's device; in its
// place it is dispatched. The names of the model's inputs and outputs stay on
// both, the module's attribute goes.
// CHECK-NOT: hetero.target
// CHECK: hetero.executable @main_0 target(#{{.+}}) {
// CHECK-NEXT: func.func @main(%[[X:.+]]: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
// CHECK-NEXT: return %[[X]]
// CHECK: func.func @main(%[[A:.+]]: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
// CHECK-NEXT: %[[DONE:.+]], %[[Y:.+]] = hetero.dispatch @main_0::@main(%[[A]])
// CHECK-NEXT: hetero.await %[[DONE]]
// CHECK-NEXT: return %[[Y]]
module attributes {hetero.target = #npu.target<"chip", "TARGET_TEXT">} {
  func.func @main(%x: tensor<4xf32> {onnx.name = "x"})
      -> (tensor<4xf32> {onnx.name = "y"}) {
    return %x : tensor<4xf32>
  }
}
