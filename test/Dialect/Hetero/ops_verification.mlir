// RUN: garam-opt %s --split-input-file --verify-diagnostics

// An executable is not a place for anything but functions.
// expected-error@below {{holds functions only, got: 'builtin.module'}}
hetero.executable @front target(#npu.target<"chip", "">) {
  builtin.module {}
}

// -----

// A target has to implement the device interface.
// expected-error@below {{attribute 'target' failed to satisfy constraint}}
hetero.executable @front target("chip") {
}

// -----

// (C1) A dispatch needs a function; there is none of that name.
hetero.executable @front target(#npu.target<"chip", "">) {
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C1) callee is a function of an executable, got: @front::@run}}
  %t = hetero.dispatch async @front::@run(%x) : (tensor<4xf32>) -> ()
  hetero.await %t
  return
}

// -----

// (C1) A function of the module itself belongs to no device.
func.func @run(%x: tensor<4xf32>) {
  return
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C1) callee is a function of an executable, got: @run}}
  %t = hetero.dispatch async @run(%x) : (tensor<4xf32>) -> ()
  hetero.await %t
  return
}

// -----

// (C2) The types are those of the function.
hetero.executable @front target(#npu.target<"chip", "">) {
  func.func @run(%x: tensor<4xf32>) {
    return
  }
}
func.func @f(%x: tensor<5xf32>) {
  // expected-error@below {{(C2) inputs and outputs have the types of @front::@run, got: '(tensor<5xf32>) -> ()' != '(tensor<4xf32>) -> ()'}}
  %t = hetero.dispatch async @front::@run(%x) : (tensor<5xf32>) -> ()
  hetero.await %t
  return
}

// -----

// (C1) Both ends of a transfer exist.
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C1) source and destination are executables, got: @nowhere}}
  %t, %y = hetero.transfer async %x to @nowhere : tensor<4xf32>
  hetero.await %t
  return
}

// -----

// (C2) From the host to the host nothing moves.
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C2) source and destination differ, got both: the host}}
  %t, %y = hetero.transfer async %x : tensor<4xf32>
  hetero.await %t
  return
}

// -----

// (C2) Nor from a device to itself.
hetero.executable @front target(#npu.target<"chip", "">) {
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C2) source and destination differ, got both: @front}}
  %t, %y = hetero.transfer async %x from @front to @front : tensor<4xf32>
  hetero.await %t
  return
}

// -----

// (C2) Two executables of one device share its memory; so do the host and one
// on it.
#chip = #npu.target<"chip", "">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
module attributes {hetero.system = #pair} {
  hetero.executable @b on "b" target(#chip) {
  }
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@below {{(C2) source and destination are in different memories, got both in that of 'b'}}
    %y = hetero.transfer %x to @b : tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

// (C2) A function that is lowered has no types of its own any more; those that
// it had count.
hetero.executable @front target(#npu.target<"chip", "">) {
  func.func @run() attributes {hetero.lowered = (tensor<4xf32>) -> ()} {
    return
  }
}
func.func @f(%x: tensor<5xf32>) {
  // expected-error@below {{(C2) inputs and outputs have the types of @front::@run, got: '(tensor<5xf32>) -> ()' != '(tensor<4xf32>) -> ()'}}
  %t = hetero.dispatch async @front::@run(%x) : (tensor<5xf32>) -> ()
  hetero.await %t
  return
}

// -----

// What was lowered is said by its type.
// expected-error@below {{has 'hetero.lowered', which is the former type of a function, got: unit}}
func.func @f() attributes {hetero.lowered} {
  return
}

// -----

// (C3) A dispatch that nothing waits for could run after the end.
hetero.executable @front target(#npu.target<"chip", "">) {
  func.func @run(%x: tensor<4xf32>) {
    return
  }
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C3) a dispatch, a transfer, hetero.await or the function's return uses a result}}
  %t = hetero.dispatch async @front::@run(%x) : (tensor<4xf32>) -> ()
  return
}

// -----

// (C3) So could a transfer.
hetero.executable @front target(#npu.target<"chip", "">) {
}
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C3) a dispatch, a transfer, hetero.await or the function's return uses a result}}
  %y = hetero.transfer %x to @front : tensor<4xf32>
  return
}

// -----

// (C3) To use a token is not to wait for it.
hetero.executable @front target(#npu.target<"chip", "">) {
}
func.func private @keep(!hetero.token)
func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{(C3) a dispatch, a transfer, hetero.await or the function's return uses a result}}
  %t, %y = hetero.transfer async %x to @front : tensor<4xf32>
  call @keep(%t) : (!hetero.token) -> ()
  return
}

// -----

// (C4) A value says already what waits for what.
hetero.executable @front target(#npu.target<"chip", "">) {
  func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %t, %y = hetero.transfer async %x to @front : tensor<4xf32>
  // expected-error@below {{(C4) it waits for what makes its inputs anyway; the token of that says it again}}
  %z = hetero.dispatch @front::@run(%y) after(%t) : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// (C4) So it is with what is moved.
hetero.executable @front target(#npu.target<"chip", "">) {
  func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %t, %y = hetero.dispatch async @front::@run(%x) : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@below {{(C4) it waits for what makes its inputs anyway; the token of that says it again}}
  %z = hetero.transfer %y from @front after(%t) : tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// The host has to know the scale.
// expected-error@below {{has a 'hetero.quantization' other than {scale : f32, zero_point : i64, is_unsigned?}: {zero_point = 1 : i64}}}
func.func @f(%x: tensor<4xi8> {hetero.quantization = {zero_point = 1 : i64}}) {
  return
}

// -----

// The host divides by the scale.
// expected-error@below {{has a 'hetero.quantization' whose scale is not finite and above 0}}
func.func @f(%x: tensor<4xi8> {hetero.quantization = {scale = 0.0 : f32, zero_point = 1 : i64}}) {
  return
}

// -----

// 0x7F800000 is infinity.
// expected-error@below {{has a 'hetero.quantization' whose scale is not finite and above 0}}
func.func @f(%x: tensor<4xi8> {hetero.quantization = {scale = 0x7F800000 : f32, zero_point = 1 : i64}}) {
  return
}

// -----

// A zero point is one of the stored values.
// expected-error@below {{has a 'hetero.quantization' whose zero point, 128, is outside of its signed 8-bit integers}}
func.func @f(%x: tensor<4xi8> {hetero.quantization = {scale = 1.0 : f32, zero_point = 128 : i64}}) {
  return
}

// -----

// Unsigned ones have no sign.
// expected-error@below {{has a 'hetero.quantization' whose zero point, -1, is outside of its unsigned 8-bit integers}}
func.func @f(%x: tensor<4xi8> {hetero.quantization = {is_unsigned, scale = 1.0 : f32, zero_point = -1 : i64}}) {
  return
}

// -----

// The host quantises to 8 bits.
// expected-error@below {{has a 'hetero.quantization' of no 8-bit integers: 'tensor<4xf32>'}}
func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32> {hetero.quantization = {scale = 1.0 : f32, zero_point = 1 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// (C5) Inputs of the model are in the host's memory.
#chip = #npu.target<"chip", "">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
module attributes {hetero.system = #pair} {
  hetero.executable @a on "a" target(#chip) {
    func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
  }
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error@below {{(C5) uses a tensor in the memory of 'a', which is in that of 'b'; hint: hetero.transfer moves it}}
    %y = hetero.dispatch @a::@run(%x) : (tensor<4xf32>) -> tensor<4xf32>
    %z = hetero.transfer %y from @a : tensor<4xf32>
    return %z : tensor<4xf32>
  }
}

// -----

// (C5) What is moved is where it is moved from.
#chip = #npu.target<"chip", "">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
module attributes {hetero.system = #pair} {
  hetero.executable @a on "a" target(#chip) {
    func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
  }
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = hetero.transfer %x to @a : tensor<4xf32>
    %z = hetero.transfer %y from @a : tensor<4xf32>
    // expected-error@below {{(C5) uses a tensor in the memory of 'a', which is in that of 'b'}}
    %w = hetero.transfer %z from @a : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}

// -----

// (C5) Outputs of the model are in the host's memory.
#chip = #npu.target<"chip", "">
#pair = #hetero.system<"pair" host = "b", devices = [<"a", #chip>, <"b", #chip>],
    links = [<"a", "b", bytes_per_second = 1.0 : f64, seconds = 0.0 : f64, joules_per_byte = 0.0 : f64>]>
module attributes {hetero.system = #pair} {
  hetero.executable @a on "a" target(#chip) {
    func.func @run(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
  }
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = hetero.transfer %x to @a : tensor<4xf32>
    // expected-error@below {{(C5) returns a tensor in the memory of 'a', needed one in that of 'b'}}
    %z = hetero.dispatch @a::@run(%y) : (tensor<4xf32>) -> tensor<4xf32>
    return %z : tensor<4xf32>
  }
}

// -----

// What is taken is a list of ranges.
// expected-error@below {{has 'hetero.taken', which lists {resource, begin, end, shared?} for a function, in order and without overlaps, got: unit}}
func.func @f() attributes {hetero.taken} {
  return
}

// -----

// Of at least one unit.
// expected-error@below {{has 'hetero.taken', which lists}}
func.func @f() attributes {hetero.taken = [{resource = "rows", begin = 2 : i64, end = 2 : i64}]} {
  return
}

// -----

// In order, each unit once.
// expected-error@below {{has 'hetero.taken', which lists}}
func.func @f() attributes {hetero.taken = [{resource = "rows", begin = 0 : i64, end = 2 : i64},
                                           {resource = "rows", begin = 1 : i64, end = 3 : i64, shared}]} {
  return
}

// -----

// expected-error@below {{has 'hetero.taken', which lists}}
module attributes {hetero.taken = []} {
}
