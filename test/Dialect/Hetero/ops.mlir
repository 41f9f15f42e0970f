// RUN: garam-opt %s | garam-opt | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// An executable holds the functions of one device; they are dispatched by their
// nested name, and the token of one dispatch orders the next.
// CHECK: #[[TARGET:.+]] = #npu.target<"chip", "text">
#chip = #npu.target<"chip", "text">

// CHECK: hetero.executable @front target(#[[TARGET]])
hetero.executable @front target(#chip) {
  // CHECK: func.func @run
  func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}

hetero.executable @back target(#chip) {
  func.func @run(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    return %x, %x : tensor<4xf32>, tensor<4xf32>
  }
}

// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.+]]: tensor<4xf32>)
func.func @chain(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[DONE:.+]], %[[Y:.+]] = hetero.dispatch @front::@run(%[[X]]) : (tensor<4xf32>) -> tensor<4xf32>
  %done, %y = hetero.dispatch @front::@run(%x)
      : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: %[[THERE:.+]], %[[MOVED:.+]] = hetero.transfer %[[Y]] from @front to @back after(%[[DONE]]) : tensor<4xf32>
  %there, %moved = hetero.transfer %y from @front to @back after(%done)
      : tensor<4xf32>
  // CHECK: %[[END:.+]], %[[Z:.+]]:2 = hetero.dispatch @back::@run(%[[MOVED]]) after(%[[THERE]], %[[DONE]])
  %end, %z:2 = hetero.dispatch @back::@run(%moved) after(%there, %done)
      : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  // Without `to`, a tensor goes to the host.
  // CHECK: %[[HOME:.+]], %{{.+}} = hetero.transfer %[[Z]]#0 from @back after(%[[END]])
  %home, %w = hetero.transfer %z#0 from @back after(%end) : tensor<4xf32>
  // CHECK: hetero.await %[[HOME]], %[[END]]
  hetero.await %home, %end
  return %w, %z#1 : tensor<4xf32>, tensor<4xf32>
}
