// RUN: garam compile %source_dir/examples/digits/digits.onnx --target atom --dim N=1 --emit=placed | FileCheck %s
// RUN: not garam-opt %s --hetero-outline 2>&1 | FileCheck %s --check-prefix=ERROR

// The whole function moves into an executable of the module's device; in its
// place it is dispatched. The names of the model's inputs and outputs stay on
// both, the module's attribute goes.
// CHECK-NOT: hetero.target
// CHECK: hetero.executable @main_0 target(#target) {
// CHECK-NEXT: func.func @main(%{{.+}}: tensor<1x1x8x8xf32> {onnx.name = "image"} {{.*}}) -> (tensor<1x10xf32> {onnx.name = "logits"}) {
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: func.func @main(%[[A:.+]]: tensor<1x1x8x8xf32> {onnx.name = "image"} {{.*}}) -> (tensor<1x10xf32> {onnx.name = "logits"}) {
// CHECK-NEXT: %[[DONE:.+]], %[[Y:.+]] = hetero.dispatch @main_0::@main(%[[A]])
// CHECK-NEXT: hetero.await %[[DONE]]
// CHECK-NEXT: return %[[Y]]

// Without a device there is nowhere to go.
// ERROR: needs a device target as attribute 'hetero.target'
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
