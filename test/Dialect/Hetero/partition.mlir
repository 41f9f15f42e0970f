// RUN: garam-opt %s --split-input-file --hetero-partition | FileCheck %s

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// Each device has one executable with a function for each of its regions. The
// names of inputs and outputs stay where they enter and leave. Constants are
// copied to their users, and inputs and outputs are in the host's memory.
// CHECK: hetero.executable @a on "a" target(#{{.+}}) {
// CHECK-NEXT: func.func @main_0(%{{.+}}: tensor<4xf32> {onnx.name = "x"}) -> tensor<4xf32> {
// CHECK-NEXT: arith.constant
// CHECK-NEXT: linalg.exp ins
// CHECK: func.func @main_2(%{{.+}}: tensor<4xf32>) -> (tensor<4xf32> {onnx.name = "y"}) {
// CHECK-NEXT: arith.constant
// CHECK-NEXT: linalg.tanh
// CHECK: hetero.executable @b on "b" target(#{{.+}}) {
// CHECK-NEXT: func.func @main_1(%{{.+}}: tensor<4xf32>) -> tensor<4xf32> {
// CHECK: linalg.log
// CHECK: func.func @main(%[[X:.+]]: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
// CHECK-NEXT: %[[XA:.+]] = hetero.transfer %[[X]] to @a : tensor<4xf32>
// CHECK-NEXT: %[[P:.+]] = hetero.dispatch @a::@main_0(%[[XA]])
// CHECK-NEXT: %[[PB:.+]] = hetero.transfer %[[P]] from @a
// CHECK-NEXT: %[[Q:.+]] = hetero.dispatch @b::@main_1(%[[PB]])
// CHECK-NEXT: %[[QA:.+]] = hetero.transfer %[[Q]] to @a
// CHECK-NEXT: %[[R:.+]] = hetero.dispatch @a::@main_2(%[[QA]])
// CHECK-NEXT: %[[Y:.+]] = hetero.transfer %[[R]] from @a
// CHECK-NEXT: return %[[Y]]
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
    %c = arith.constant dense<0.0> : tensor<4xf32>
    %p = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%c : tensor<4xf32>) -> tensor<4xf32>
    %q = linalg.log {hetero.device = "b"} ins(%p : tensor<4xf32>) outs(%c : tensor<4xf32>) -> tensor<4xf32>
    %r = linalg.tanh {hetero.device = "a"} ins(%q : tensor<4xf32>) outs(%c : tensor<4xf32>) -> tensor<4xf32>
    return %r : tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// Two branches on two devices wait for nothing of each other. Operations of one
// device between which nothing runs elsewhere are one region, and what two of
// them use on another device is moved once.
// CHECK: func.func @main(%[[X:.+]]: tensor<4xf32>)
// CHECK-NEXT: %[[XA:.+]] = hetero.transfer %[[X]] to @a : tensor<4xf32>
// CHECK-NEXT: %[[P:.+]] = hetero.dispatch @a::@main_0(%[[XA]])
// CHECK-NEXT: %[[Q:.+]] = hetero.dispatch @b::@main_1(%[[X]]) :
// CHECK-NEXT: %[[PB:.+]] = hetero.transfer %[[P]] from @a
// CHECK-NEXT: %[[Y:.+]]:2 = hetero.dispatch @b::@main_2(%[[PB]], %[[Q]])
// CHECK-NEXT: return %[[Y]]#0, %[[Y]]#1
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %p = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %q = linalg.log {hetero.device = "b"} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %y = linalg.add {hetero.device = "b"} ins(%p, %q : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %z = linalg.mul {hetero.device = "b"} ins(%p, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    return %y, %z : tensor<4xf32>, tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// What is returned as it came in, or is a constant, is copied on the host, and
// each result is a tensor of its own, also of one value, which its device yields
// once.
// CHECK: hetero.executable @b
// CHECK-NEXT: func.func @main_0(%[[ARG:.+]]: tensor<4xf32>)
// CHECK-NEXT: %[[C:.+]] = arith.constant dense<0.0
// CHECK-NEXT: return %[[ARG]], %[[C]]
// CHECK: func.func @main(%[[X:.+]]: tensor<4xf32>)
// CHECK-NEXT: %[[COPY:.+]]:2 = hetero.dispatch @b::@main_0(%[[X]]) :
// CHECK: %[[Y:.+]] = hetero.dispatch @a::@main_1(
// CHECK: %[[Y0:.+]] = hetero.transfer %[[Y]] from @a
// CHECK: %[[Y1:.+]] = hetero.transfer %[[Y]] from @a
// CHECK: return %[[Y0]], %[[Y1]], %[[COPY]]#0, %[[COPY]]#1
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
    %c = arith.constant dense<0.0> : tensor<4xf32>
    %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y, %y, %x, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#one = #hetero.system<"one", devices = [<"main", #chip>]>

// The name of an executable is new.
// CHECK: hetero.executable @[[NAME:main_.+]] on "main" target(#{{.+}}) {
// CHECK: func.func @main(
// CHECK: hetero.dispatch @[[NAME]]::@main_0
module attributes {hetero.system = #one} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = linalg.exp {hetero.device = "main"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// What the body of an operation uses of the function around it counts.
// CHECK: hetero.executable @a
// CHECK: func.func @main_1(%{{.+}}: tensor<4xf32>, %[[T:.+]]: tensor<4xf32>)
// CHECK: tensor.extract %[[T]]
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %zero = arith.constant 0 : index
    %t = linalg.exp {hetero.device = "b"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) attrs = {hetero.device = "a"} {
    ^bb0(%in: f32, %out: f32):
      %one = tensor.extract %t[%zero] : tensor<4xf32>
      %sum = arith.addf %in, %one : f32
      linalg.yield %sum : f32
    } -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0e9 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>

// What was observed of values goes with them from region to region.
// CHECK: hetero.executable @b
// CHECK: func.func @main_0(%{{.+}}: tensor<4xf32> {garam_ext.range = array<f64: 0.000000e+00, 1.000000e+00>, onnx.name = "x"})
// CHECK: linalg.exp {garam_ext.range = array<f64: 1.000000e+00, 2.000000e+00>}
// CHECK: hetero.executable @a
// CHECK: func.func @main_1(%{{.+}}: tensor<4xf32> {garam_ext.range = array<f64: 1.000000e+00, 2.000000e+00>})
module attributes {hetero.system = #pair} {
  func.func @main(%x: tensor<4xf32> {garam_ext.range = array<f64: 0.0, 1.0>, onnx.name = "x"}) -> tensor<4xf32> {
    %p = linalg.exp {garam_ext.range = array<f64: 1.0, 2.0>, hetero.device = "b"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    %q = linalg.log {hetero.device = "a"} ins(%p : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %q : tensor<4xf32>
  }
}

// -----

#chip = #npu.target<"chip", "text">
#one = #hetero.system<"one", devices = [<"a", #chip>]>

// Of a program that yields nothing only a token tells the end.
// CHECK: func.func @main(%[[X:.+]]: tensor<4xf32>) {
// CHECK-NEXT: %[[T:.+]] = hetero.dispatch async @a::@main_0(%[[X]]) : (tensor<4xf32>) -> ()
// CHECK-NEXT: hetero.await %[[T]]
// CHECK-NEXT: return
module attributes {hetero.system = #one} {
  func.func @main(%x: tensor<4xf32>) {
    %y = linalg.exp {hetero.device = "a"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return
  }
}
