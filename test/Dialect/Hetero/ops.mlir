// RUN: garam-opt %s | garam-opt | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// An executable holds the functions of one device; they are dispatched by their
// nested name, and wait for what makes their operands.
// CHECK: #[[TARGET:.+]] = #npu.target<"chip", "text">
#chip = #npu.target<"chip", "text">

// CHECK: hetero.executable @front on "a" target(#[[TARGET]])
hetero.executable @front on "a" target(#chip) {
  // CHECK: func.func @run
  func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}

// Without a system the device may be left out.
// CHECK: hetero.executable @back target(#[[TARGET]])
hetero.executable @back target(#chip) {
  func.func @run(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    return %x, %x : tensor<4xf32>, tensor<4xf32>
  }
  func.func @store(%x: tensor<4xf32>) {
    return
  }
  func.func @load() -> tensor<4xf32> {
    %x = arith.constant dense<0.0> : tensor<4xf32>
    return %x : tensor<4xf32>
  }
}

// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.+]]: tensor<4xf32>)
func.func @chain(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[Y:.+]] = hetero.dispatch @front::@run(%[[X]]) : (tensor<4xf32>) -> tensor<4xf32>
  %y = hetero.dispatch @front::@run(%x) : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: %[[MOVED:.+]] = hetero.transfer %[[Y]] from @front to @back : tensor<4xf32>
  %moved = hetero.transfer %y from @front to @back : tensor<4xf32>
  // CHECK: %[[Z:.+]]:2 = hetero.dispatch @back::@run(%[[MOVED]])
  %z:2 = hetero.dispatch @back::@run(%moved) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  // Without `to`, a tensor goes to the host.
  // CHECK: %[[W:.+]] = hetero.transfer %[[Z]]#0 from @back :
  %w = hetero.transfer %z#0 from @back : tensor<4xf32>
  return %w, %z#1 : tensor<4xf32>, tensor<4xf32>
}

// Where no value says what waits for what, tokens do.
// CHECK-LABEL: func.func @tokens
func.func @tokens(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[STORED:.+]] = hetero.dispatch async @back::@store
  %stored = hetero.dispatch async @back::@store(%x) : (tensor<4xf32>) -> ()
  // CHECK: %[[LOADED:.+]], %[[Y:.+]] = hetero.dispatch async @back::@load() after(%[[STORED]]) : () -> tensor<4xf32>
  %loaded, %y = hetero.dispatch async @back::@load() after(%stored) : () -> tensor<4xf32>
  // CHECK: %[[THERE:.+]], %[[Z:.+]] = hetero.transfer async %[[Y]] from @back after(%[[STORED]]) : tensor<4xf32>
  %there, %z = hetero.transfer async %y from @back after(%stored) : tensor<4xf32>
  // CHECK: hetero.await %[[LOADED]], %[[THERE]]
  hetero.await %loaded, %there
  return %z : tensor<4xf32>
}
