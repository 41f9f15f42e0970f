// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Each step of a cumulation adds a slice to the sum of those before it, and
// stores the sum where it was, once the slice of the result is written.

// CHECK-LABEL: func @cumulation(
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>
func.func @cumulation(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  // CHECK: %[[R:.*]]:2 = scf.for %[[I:.*]] = {{.*}} iter_args(%[[ALL:.*]] = %{{.*}}, %[[SUM:.*]] = %{{.*}}) -> (tensor<3x4xf32>, tensor<1x4xf32>)
  // CHECK: %[[PART:.*]] = tensor.extract_slice %[[X]][%[[I]], 0] [1, 4]
  // CHECK: %[[NEXT:.*]] = linalg.generic {{.*}} ins(%[[SUM]], %[[PART]]
  // CHECK: arith.addf
  // CHECK: %[[INSERTED:.*]] = tensor.insert_slice %[[NEXT]] into %[[ALL]][%[[I]], 0]
  // CHECK: %[[STORED:.*]] = bufferization.materialize_in_destination %[[NEXT]] in %[[SUM]]
  // CHECK: scf.yield %[[INSERTED]], %[[STORED]]
  // CHECK: return %[[R]]#0
  %axis = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %0 = onnx.node "CumSum"(%x, %axis) {id = "c", opset = 14 : i64} attributes {}
      : (tensor<3x4xf32>, tensor<i64>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// Updates are inserted one after the other; a reduction reads what is there.

// CHECK-LABEL: func @scatter(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>, %[[I:.*]]: tensor<3xi64>, %[[U:.*]]: tensor<3xf32>
func.func @scatter(%x: tensor<8xf32>, %i: tensor<3xi64>, %u: tensor<3xf32>) -> tensor<8xf32> {
  // CHECK: scf.for %[[K:.*]] = {{.*}} iter_args(%[[STATE:.*]] = %[[X]])
  // CHECK: %[[UPDATE:.*]] = tensor.extract %[[U]][%[[K]]]
  // CHECK: tensor.extract %[[I]][%[[K]]]
  // CHECK: %[[OLD:.*]] = tensor.extract %[[STATE]]
  // CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %[[UPDATE]]
  // CHECK: tensor.insert %[[SUM]] into %[[STATE]]
  %0 = onnx.node "ScatterElements"(%x, %i, %u) {id = "s", opset = 18 : i64} attributes {reduction = "add"}
      : (tensor<8xf32>, tensor<3xi64>, tensor<3xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// A single update of ScatterND is a choice between it and the data, without a
// loop: a row of a cache, at a position that may count from the end.

// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-DAG: #[[$INDEX:.*]] = affine_map<(d0, d1) -> (0, 0)>
// CHECK-LABEL: func @single_update(
// CHECK-SAME: %[[X:.*]]: tensor<8x4xf32>, %[[I:.*]]: tensor<1x1xi64>, %[[U:.*]]: tensor<1x4xf32>
func.func @single_update(%x: tensor<8x4xf32>, %i: tensor<1x1xi64>, %u: tensor<1x4xf32>) -> tensor<8x4xf32> {
  // CHECK-NOT: scf.for
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$ROW]], #[[$INDEX]], #{{.*}}]
  // CHECK-SAME: ins(%[[X]], %[[U]], %[[I]] :
  // CHECK-NEXT: ^bb0(%[[OLD:.*]]: f32, %[[NEW:.*]]: f32, %[[AT:.*]]: i64,
  // CHECK: %[[HERE:.*]] = linalg.index 0
  // CHECK: %[[HERE32:.*]] = arith.index_cast %[[HERE]] : index to i32
  // CHECK: %[[AT32:.*]] = arith.trunci %[[AT]] : i64 to i32
  // CHECK: arith.cmpi slt, %[[AT32]]
  // CHECK: %[[BOUNDED:.*]] = arith.minsi
  // CHECK: %[[IS:.*]] = arith.cmpi eq, %[[HERE32]], %[[BOUNDED]]
  // CHECK: arith.select %[[IS]], %[[NEW]], %[[OLD]]
  %0 = onnx.node "ScatterND"(%x, %i, %u) {id = "s", opset = 18 : i64} attributes {}
      : (tensor<8x4xf32>, tensor<1x1xi64>, tensor<1x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----

// A Scan is a loop over slices. What it collects has the size of what the body
// yields, also where the declared type does not say it; backwards, the last
// element comes first.

// CHECK-LABEL: func @scan(
// CHECK-SAME: %[[S:.*]]: tensor<2xf32>, %[[X:.*]]: tensor<3x2xf32>
func.func @scan(%s: tensor<2xf32>, %x: tensor<3x2xf32>) -> (tensor<2xf32>, tensor<?x?xf32>) {
  // CHECK: %[[PLACE:.*]] = tensor.empty() : tensor<3x2xf32>
  // CHECK: scf.for %[[I:.*]] = {{.*}} iter_args(%[[STATE:.*]] = %[[S]], %[[ALL:.*]] = %[[PLACE]])
  // CHECK: arith.subi %{{.*}}, %[[I]]
  // CHECK: %[[ROW:.*]] = tensor.extract_slice %[[X]]
  // CHECK: %[[SUM:.*]] = linalg.generic
  // CHECK: tensor.insert_slice %{{.*}} into %[[ALL]][%[[I]], 0]
  // CHECK: bufferization.materialize_in_destination %[[SUM]] in %[[STATE]]
  %0:2 = onnx.node "Scan"(%s, %x) {id = "s", opset = 21 : i64}
      attributes {num_scan_inputs = 1 : i64, scan_input_directions = array<i64: 1>} {
  ^bb0(%state: tensor<2xf32>, %row: tensor<2xf32>):
    %1 = onnx.node "Add"(%state, %row) {id = "add", opset = 21 : i64} attributes {}
        : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %1, %1 : tensor<2xf32>, tensor<2xf32>
  } : (tensor<2xf32>, tensor<3x2xf32>) -> (tensor<2xf32>, tensor<?x?xf32>)
  return %0#0, %0#1 : tensor<2xf32>, tensor<?x?xf32>
}

// -----

// One of sizes of run time takes as many steps as its input has elements, and
// collects parts with the sizes that the state has in front of the loop.

// CHECK-LABEL: func @scan_sizes(
// CHECK-SAME: %[[S:.*]]: tensor<?x4xf32>, %[[X:.*]]: tensor<?x?x4xf32>
func.func @scan_sizes(%s: tensor<?x4xf32>, %x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  // CHECK: %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
  // CHECK: %[[ROWS:.*]] = tensor.dim %[[S]], %c0
  // CHECK: %[[PLACE:.*]] = tensor.empty(%[[LENGTH]], %[[ROWS]]) : tensor<?x?x4xf32>
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[LENGTH]] step %{{.*}} iter_args(%{{.*}} = %[[S]], %[[ALL:.*]] = %[[PLACE]])
  // CHECK: tensor.extract_slice %[[X]][%[[I]], 0, 0]
  // CHECK: tensor.insert_slice %{{.*}} into %[[ALL]][%[[I]], 0, 0]
  %0:2 = onnx.node "Scan"(%s, %x) {id = "s", opset = 21 : i64}
      attributes {num_scan_inputs = 1 : i64} {
  ^bb0(%state: tensor<?x4xf32>, %row: tensor<?x4xf32>):
    %1 = onnx.node "Add"(%state, %row) {id = "add", opset = 21 : i64} attributes {}
        : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    onnx.yield %1, %1 : tensor<?x4xf32>, tensor<?x4xf32>
  } : (tensor<?x4xf32>, tensor<?x?x4xf32>) -> (tensor<?x4xf32>, tensor<?x?x4xf32>)
  return %0#1 : tensor<?x?x4xf32>
}

// -----

// States that change places are copied before one is overwritten; from when on
// the condition is false, all stay as they are.

// CHECK-LABEL: func @swap(
func.func @swap(%first: tensor<i1>, %a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: scf.for {{.*}} iter_args(%[[GO:.*]] = %{{.*}}, %[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
  // CHECK: %[[COPY_B:.*]] = bufferization.materialize_in_destination %[[B]] in %{{.*}}
  // CHECK: %[[NEXT_A:.*]] = linalg.generic {{.*}} ins(%[[GO]], %[[COPY_B]], %[[A]] :
  // CHECK: %[[COPY_A:.*]] = bufferization.materialize_in_destination %[[A]] in %{{.*}}
  // CHECK: %[[NEXT_B:.*]] = linalg.generic {{.*}} ins(%[[GO]], %[[COPY_A]], %[[B]] :
  // CHECK: bufferization.materialize_in_destination %[[NEXT_A]] in %[[A]]
  // CHECK: bufferization.materialize_in_destination %[[NEXT_B]] in %[[B]]
  %n = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  %0:2 = onnx.node "Loop"(%n, %first, %a, %b) {id = "l", opset = 21 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %c: tensor<2xf32>, %d: tensor<2xf32>):
    onnx.yield %go, %d, %c : tensor<i1>, tensor<2xf32>, tensor<2xf32>
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  return %0#0 : tensor<2xf32>
}

// -----

// A condition that is true at first and passed on is never false: no steps are
// counted.

// CHECK-LABEL: func @passed_on(
func.func @passed_on(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<?x2xf32>) {
  // CHECK: scf.for
  // CHECK-NOT: arith.addi
  // CHECK: return {{.*}} : tensor<2xf32>, tensor<4x2xf32>
  %n = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  %none = onnx.none : none
  %0:2 = onnx.node "Loop"(%n, %none, %a) {id = "l", opset = 21 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %c: tensor<2xf32>):
    %1 = onnx.node "Exp"(%c) {id = "e", opset = 21 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
    %2 = onnx.node "Identity"(%go) {id = "g", opset = 21 : i64} attributes {} : (tensor<i1>) -> tensor<i1>
    onnx.yield %2, %1, %1 : tensor<i1>, tensor<2xf32>, tensor<2xf32>
  } : (tensor<i64>, none, tensor<2xf32>) -> (tensor<2xf32>, tensor<?x2xf32>)
  return %0#0, %0#1 : tensor<2xf32>, tensor<?x2xf32>
}

// -----

// Else the steps whose condition holds are counted: as many rows are collected.

// CHECK-LABEL: func @counted(
// CHECK-SAME: %[[FIRST:.*]]: tensor<i1>,
func.func @counted(%first: tensor<i1>, %a: tensor<2xf32>) -> tensor<?x2xf32> {
  // CHECK: %[[LOOP:.*]]:4 = scf.for {{.*}} iter_args(%[[COUNT:.*]] = %{{.*}}, %[[GO:.*]] = %[[FIRST]], %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
  // CHECK: linalg.generic {{.*}} ins(%[[COUNT]], %[[GO]] : tensor<i64>, tensor<i1>)
  // CHECK: arith.extui
  // CHECK: arith.addi
  // CHECK: %[[READ:.*]] = tensor.extract %[[LOOP]]#0[]
  // CHECK: %[[SIZE:.*]] = arith.index_cast %[[READ]]
  // CHECK: tensor.extract_slice %[[LOOP]]#3[0, 0] [%[[SIZE]], 2] [1, 1] : tensor<4x2xf32> to tensor<?x2xf32>
  %n = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  %0:2 = onnx.node "Loop"(%n, %first, %a) {id = "l", opset = 21 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %c: tensor<2xf32>):
    %1 = onnx.node "Exp"(%c) {id = "e", opset = 21 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %go, %1, %1 : tensor<i1>, tensor<2xf32>, tensor<2xf32>
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> (tensor<2xf32>, tensor<?x2xf32>)
  return %0#1 : tensor<?x2xf32>
}

// -----

// A number of steps that the run brings: none when it is below 0.

// CHECK-LABEL: func @runtime_count(
// CHECK-SAME: %[[N:[a-z0-9]*]]: tensor<i64>
func.func @runtime_count(%n: tensor<i64>, %a: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[COUNT:.*]] = tensor.extract %[[N]][]
  // CHECK: %[[INDEX:.*]] = arith.index_cast %[[COUNT]]
  // CHECK: %[[END:.*]] = arith.maxsi %[[INDEX]], %{{.*}} : index
  // CHECK: scf.for %{{.*}} = %{{.*}} to %[[END]]
  %none = onnx.none : none
  %0 = onnx.node "Loop"(%n, %none, %a) {id = "l", opset = 21 : i64} attributes {} {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %c: tensor<2xf32>):
    %1 = onnx.node "Exp"(%c) {id = "e", opset = 21 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %go, %1 : tensor<i1>, tensor<2xf32>
  } : (tensor<i64>, none, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// What a single step would store nobody reads: in a loop around it, the state
// that it starts from may be read still.

// CHECK-LABEL: func @single_step(
func.func @single_step(%x: tensor<1x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %h: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  // CHECK-NOT: materialize_in_destination
  // CHECK: return
  %none = onnx.none : none
  %0:2 = onnx.node "RNN"(%x, %w, %r, %none, %none, %h) {id = "r", opset = 21 : i64} attributes {hidden_size = 4 : i64}
      : (tensor<1x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, none, none, tensor<1x2x4xf32>) -> (tensor<1x1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#1 : tensor<1x2x4xf32>
}

// -----

// Only the body that the condition chooses runs.

// CHECK-LABEL: func @branches(
// CHECK-SAME: %[[C:.*]]: tensor<i1>
func.func @branches(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[FLAG:.*]] = tensor.extract %[[C]][]
  // CHECK: scf.if %[[FLAG]] -> (tensor<2xf32>) {
  // CHECK: math.exp
  // CHECK: } else {
  // CHECK: math.sqrt
  %0 = onnx.node "If"(%c) {id = "i", opset = 21 : i64} attributes {} {
    %1 = onnx.node "Sqrt"(%x) {id = "r", opset = 21 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %1 : tensor<2xf32>
  }, {
    %1 = onnx.node "Exp"(%x) {id = "e", opset = 21 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %1 : tensor<2xf32>
  } : (tensor<i1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
