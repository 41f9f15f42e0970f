// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// Nodes with bodies.

// As many inputs of the body as of the node are needed.
func.func @scan_inputs(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // expected-error @+1 {{node 'a' (Scan, opset 22): a body with as many inputs as the node, one of which at least is scanned, is needed}}
  %0 = onnx.node "Scan"(%x) {id = "a", opset = 22 : i64} attributes {num_scan_inputs = 1 : i64} {
    onnx.yield %x : tensor<3x2xf32>
  } : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// States come back.
func.func @scan_states(%s: tensor<2xf32>, %x: tensor<3x2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Scan, opset 22): the body yields fewer values than it has states}}
  %0 = onnx.node "Scan"(%s, %x) {id = "a", opset = 22 : i64} attributes {num_scan_inputs = 1 : i64} {
  ^bb0(%state: tensor<2xf32>, %row: tensor<2xf32>):
    onnx.yield
  } : (tensor<2xf32>, tensor<3x2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A state keeps its shape.
func.func @scan_shape(%s: tensor<2xf32>, %x: tensor<3x4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Scan, opset 22): a value that goes from step to step changes its type or shape, which is not supported}}
  %0 = onnx.node "Scan"(%s, %x) {id = "a", opset = 22 : i64} attributes {num_scan_inputs = 1 : i64} {
  ^bb0(%state: tensor<2xf32>, %row: tensor<4xf32>):
    onnx.yield %row : tensor<4xf32>
  } : (tensor<2xf32>, tensor<3x4xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// What is collected has a shape that is known before the first step.
func.func @scan_collected(%s: tensor<2xf32>, %x: tensor<3x2xf32>) -> tensor<3x1x?xi64> {
  // expected-error @+1 {{node 'a' (Scan, opset 22): the shape of output 1, which collects what the steps yield, must be known}}
  %0:2 = onnx.node "Scan"(%s, %x) {id = "a", opset = 22 : i64} attributes {num_scan_inputs = 1 : i64} {
  ^bb0(%state: tensor<2xf32>, %row: tensor<2xf32>):
    %1 = onnx.node "NonZero"(%row) {id = "n", opset = 22 : i64} attributes {} : (tensor<2xf32>) -> tensor<1x?xi64>
    onnx.yield %state, %1 : tensor<2xf32>, tensor<1x?xi64>
  } : (tensor<2xf32>, tensor<3x2xf32>) -> (tensor<2xf32>, tensor<3x1x?xi64>)
  return %0#1 : tensor<3x1x?xi64>
}

// -----

// The body of a Loop gets the number of the step and the condition.
func.func @loop_inputs(%n: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (Loop, opset 22): a body with the node's states behind the number of the step and the condition is needed}}
  %0 = onnx.node "Loop"(%n, %c, %s) {id = "a", opset = 22 : i64} attributes {} {
  ^bb0(%state: tensor<2xf32>):
    onnx.yield %state : tensor<2xf32>
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// How often it runs is known where it collects what the steps yield.
func.func @loop_count(%n: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{node 'a' (Loop, opset 22): how often the loop runs must be known before its first step, from input 0 ('M'), and from a constant, sizes of the model's inputs or the shape of an output where it collects what the steps yield}}
  %0:2 = onnx.node "Loop"(%n, %c, %s) {id = "a", opset = 22 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %state: tensor<2xf32>):
    onnx.yield %go, %state, %state : tensor<i1>, tensor<2xf32>, tensor<2xf32>
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> (tensor<2xf32>, tensor<?x2xf32>)
  return %0#1 : tensor<?x2xf32>
}

// -----

// A number of steps that stands for "until the condition is false".
func.func @loop_without_end(%c: tensor<i1>, %s: tensor<2xf32>) -> tensor<2xf32> {
  %n = arith.constant dense<9223372036854775807> : tensor<i64>
  // expected-error @+1 {{node 'a' (Loop, opset 22): how often the loop runs must be known before its first step}}
  %0 = onnx.node "Loop"(%n, %c, %s) {id = "a", opset = 22 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %state: tensor<2xf32>):
    onnx.yield %go, %state : tensor<i1>, tensor<2xf32>
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A condition is one boolean.
func.func @if_condition(%c: tensor<2xi1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (If, opset 22): one boolean and two bodies are needed}}
  %0 = onnx.node "If"(%c) {id = "a", opset = 22 : i64} attributes {} {
    onnx.yield %x : tensor<2xf32>
  }, {
    onnx.yield %x : tensor<2xf32>
  } : (tensor<2xi1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Both bodies yield one type.
func.func @if_types(%c: tensor<i1>, %x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{node 'a' (If, opset 22): both bodies must yield what the outputs are declared to be}}
  %0 = onnx.node "If"(%c) {id = "a", opset = 22 : i64} attributes {} {
    onnx.yield %x : tensor<2xf32>
  }, {
    onnx.yield %y : tensor<3xf32>
  } : (tensor<i1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// And that is known.
func.func @if_shape(%c: tensor<i1>, %x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{node 'a' (If, opset 22): the shape of output 0 must be known, and the same in both bodies}}
  %0 = onnx.node "If"(%c) {id = "a", opset = 22 : i64} attributes {} {
    onnx.yield %x : tensor<2xf32>
  }, {
    onnx.yield %y : tensor<3xf32>
  } : (tensor<i1>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// What is scanned together has as many elements.
func.func @scan_lengths(%x: tensor<5x2xf32>, %y: tensor<7x2xf32>) -> tensor<5x2xf32> {
  // expected-error @+1 {{node 'a' (Scan, opset 22): input 1 is scanned in 7 steps, but the scanned inputs before it in 5}}
  %0 = onnx.node "Scan"(%x, %y) {id = "a", opset = 22 : i64} attributes {num_scan_inputs = 2 : i64} {
  ^bb0(%row: tensor<2xf32>, %other: tensor<2xf32>):
    onnx.yield %row : tensor<2xf32>
  } : (tensor<5x2xf32>, tensor<7x2xf32>) -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}
