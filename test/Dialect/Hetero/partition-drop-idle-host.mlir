// RUN: garam-opt %s --split-input-file --hetero-partition=drop-idle-host | FileCheck %s

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// A chip with a host that it does not need stands alone: its memory has the
// inputs and outputs.
// CHECK: module attributes {hetero.system = #hetero.system<"pair", devices = [<"a", #{{.+}}>]>}
// CHECK: func.func @main(%[[X:.+]]: tensor<4xf32>)
// CHECK-NEXT: %[[Y:.+]] = hetero.dispatch @a::@main_0(%[[X]]) :
// CHECK-NEXT: return %[[Y]]
module attributes {hetero.system = #pair} {
  func.func private @declared(tensor<4xf32>)
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// The host stays for what a chip need not be able to do: to return a value
// twice.
// CHECK: module attributes {hetero.system = #hetero.system<"pair" host = "b"
// CHECK: %[[Y:.+]] = hetero.dispatch @a::@main_0(
// CHECK-NEXT: %[[Y0:.+]] = hetero.transfer %[[Y]] from @a
// CHECK-NEXT: %[[Y1:.+]] = hetero.transfer %[[Y]] from @a
// CHECK-NEXT: return %[[Y0]], %[[Y1]]
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y, %y : tensor<4xf32>, tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// And to return an input, or what is known.
// CHECK: module attributes {hetero.system = #hetero.system<"pair" host = "b"
// CHECK: %[[COPY:.+]]:2 = hetero.dispatch @b::@main_0(
// CHECK-NEXT: return %[[COPY]]#0, %[[COPY]]#1
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %c = arith.constant dense<0.0> : tensor<4xf32>
    return %x, %c : tensor<4xf32>, tensor<4xf32>
  }
}
