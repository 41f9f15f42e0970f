// RUN: garam-opt %s --hetero-partition=drop-idle-host | FileCheck %s

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
