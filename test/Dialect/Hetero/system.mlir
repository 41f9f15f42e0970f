// RUN: garam-opt %s | garam-opt | FileCheck %s

// CHECK: #[[CHIP:.+]] = #npu.target<"chip", "text">
#chip = #npu.target<"chip", "text">
#other = #npu.target<"other", "text">

// A system of one device needs neither host nor links.
// CHECK: module @alone attributes {hetero.system = #hetero.system<"one", devices = [<"only", #[[CHIP]]>]>}
module @alone attributes {
  hetero.system = #hetero.system<"one", devices = [<"only", #chip>]>
} {
}

// One of several says where inputs and outputs are. Devices may be alike.
// CHECK: module @several attributes
// CHECK-SAME: #hetero.system<"three" host = "b", devices = [<"a", #[[CHIP]]>, <"b", #{{.+}}>, <"c", #[[CHIP]]>], links = [<"a", "b", bytes_per_second = 5.120000e+10 : f64, seconds = 1.500000e-06 : f64, joules_per_byte = 3.520000e-11 : f64>, <"a", "c",
module @several attributes {
  hetero.system = #hetero.system<"three" host = "b",
    devices = [<"a", #chip>, <"b", #other>, <"c", #chip>],
    links = [<"a", "b", bytes_per_second = 5.12e+10 : f64,
              seconds = 1.5e-6 : f64, joules_per_byte = 3.52e-11 : f64>,
             <"a", "c", bytes_per_second = 1.0e+12 : f64,
              seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
} {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    // CHECK: linalg.exp {hetero.device = "c"}
    %y = linalg.exp {hetero.device = "c"} ins(%x : tensor<4xf32>)
        outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
