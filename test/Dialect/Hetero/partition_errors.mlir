// RUN: garam-opt %s --split-input-file --verify-diagnostics --hetero-partition

// Without a system there is nothing to divide.
// expected-error@+1 {{needs a system as attribute 'hetero.system'}}
module {
}

// -----

// Every operation is placed before.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@+1 {{has no 'hetero.device'; hint: hetero-place gives it one}}
    %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

// Control flow is not divided.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  // expected-error@+1 {{has control flow, which is not placed}}
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    cf.br ^bb1
  ^bb1:
    return %x : tensor<4xf32>
  }
}

// -----

// A link moves tensors.
#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
module attributes {hetero.system = #pair} {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %zero = arith.constant 0 : index
    %s = tensor.extract %x[%zero] {hetero.device = "a"} : tensor<4xf32>
    // expected-error@+1 {{on 'b' uses a value of type 'f32' of another region, on 'a'; only tensors pass between regions}}
    %y = linalg.fill {hetero.device = "b"} ins(%s : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
