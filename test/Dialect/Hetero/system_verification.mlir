// RUN: garam-opt %s --split-input-file --verify-diagnostics

// A device can be named.
// expected-error@+1 {{a device has a name}}
#bad = #hetero.device<"", #npu.target<"chip", "">>

// -----

// A device has a target that implements the interface.
// expected-error@+1 {{device 'a' has the target attribute of a device, got: "chip"}}
#bad = #hetero.device<"a", "chip">

// -----

// A link has a rate.
// expected-error@+1 {{the figures of link 'a' - 'b' are f64, finite and not negative, the rate is above 0}}
#bad = #hetero.link<"a", "b", bytes_per_second = 0.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>

// -----

// A link joins two devices.
// expected-error@+1 {{a link joins two devices, got twice: 'a'}}
#bad = #hetero.link<"a", "a", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>

// -----

// Devices are told apart by their names.
#chip = #npu.target<"chip", "">
// expected-error@+1 {{system 's' has two devices 'a'}}
#bad = #hetero.system<"s" host = "a", devices = [<"a", #chip>, <"a", #chip>]>

// -----

// Of several devices one has the inputs and outputs.
#chip = #npu.target<"chip", "">
#link = #hetero.link<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>
// expected-error@+1 {{the host of system 's' is one of its devices, got: ''}}
#bad = #hetero.system<"s", devices = [<"a", #chip>, <"b", #chip>], links = [#link]>

// -----

// The host is a device of the system.
#chip = #npu.target<"chip", "">
// expected-error@+1 {{the host of system 's' is one of its devices, got: 'b'}}
#bad = #hetero.system<"s" host = "b", devices = [<"a", #chip>]>

// -----

// So are the ends of a link.
#chip = #npu.target<"chip", "">
#link = #hetero.link<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>
// expected-error@+1 {{a link of system 's' joins devices of it, got: 'b'}}
#bad = #hetero.system<"s", devices = [<"a", #chip>], links = [#link]>

// -----

// Every device can be reached.
#chip = #npu.target<"chip", "">
#link = #hetero.link<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>
// expected-error@+1 {{no link leads from 'c' to 'a' in system 's'}}
#bad = #hetero.system<"s" host = "a", devices = [<"a", #chip>, <"b", #chip>, <"c", #chip>], links = [#link]>

// -----

// The system is that of a module.
// expected-error@+1 {{has 'hetero.system', which is the system of a module, got: 1 : i64}}
module attributes {hetero.system = 1} {
}

// -----

// An operation is placed by the name of a device.
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{has 'hetero.device', which is the name of a device, got: 1 : i64}}
  %y = linalg.exp {hetero.device = 1} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// The device is one of the module's system.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@+1 {{has 'hetero.device', which is a device of the system 's', got: "b"}}
    %y = linalg.exp {hetero.device = "b"} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

// (C1) An executable is for the machine that its device is.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  // expected-error@+1 {{(C1) has another target than its device "a" of the system 's'}}
  hetero.executable @a on "a" target(#npu.target<"other", "">) {
  }
}

// -----

// (C1) The device is one of the system's.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  // expected-error@+1 {{(C1) is on a device of the system 's', got: b}}
  hetero.executable @b on "b" target(#npu.target<"chip", "">) {
  }
}

// -----

// (C1) In a system every executable has a device.
module attributes {hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
  // expected-error@+1 {{(C1) is on a device of the system 's', got: none}}
  hetero.executable @a target(#npu.target<"chip", "">) {
  }
}

// -----

// A placement is a list.
// expected-error@+1 {{has 'hetero.placement', which lists the nodes of a module, got: 1 : i64}}
module attributes {hetero.placement = 1} {
}

// -----

// Only modules are placed as a whole.
// expected-error@+1 {{has 'hetero.placement', which lists the nodes of a module, got: []}}
func.func private @f() attributes {hetero.placement = []}

// -----

// Nodes have an id, a device and reasons.
// expected-error@+1 {{has 'hetero.placement', whose entries are [id, device of the system, {device = reason}], got: 1 : i64}}
module attributes {hetero.placement = [["n", "a", {}], 1]} {
}

// -----

// One without reasons has none of them.
// expected-error@+1 {{= reason}], got: ["n", "a"]}}
module attributes {hetero.placement = [["n", "a"]]} {
}

// -----

// A reason is a text.
// expected-error@+1 {{= reason}], got: ["n", "a", {b = 1 : i64}]}}
module attributes {hetero.placement = [["n", "a", {b = 1}]]} {
}

// -----

// Nodes are on devices of the system.
// expected-error@+1 {{= reason}], got: ["n", "b", {}]}}
module attributes {hetero.placement = [["n", "b", {}]], hetero.system = #hetero.system<"s", devices = [<"a", #npu.target<"chip", "">>]>} {
}

// -----

// What was refused is a list.
// expected-error@+1 {{has 'hetero.refused', which lists [device, [id, ...], reason] for a module, got: 1 : i64}}
module attributes {hetero.refused = 1} {
}

// -----

// Several nodes may be refused together, but for a reason.
// expected-error@+1 {{for a module, got: [["a", ["n", "m"]]]}}
module attributes {hetero.refused = [["a", ["n", "m"]]]} {
}

// -----

// Nodes have ids.
// expected-error@+1 {{for a module, got: [["a", [1], "no room"]]}}
module attributes {hetero.refused = [["a", [1], "no room"]]} {
}
