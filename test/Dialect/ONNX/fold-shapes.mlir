// RUN: garam-opt %s --onnx-fold-shapes --split-input-file | FileCheck %s
// RUN: garam-opt %s --onnx-fold-shapes --split-input-file --mlir-print-debuginfo | FileCheck %s --check-prefix=LOC

// The shape of a static tensor is a constant, and so is what is computed of it:
// the Reshape that PyTorch's exporter writes for x.view(x.size(0), -1).
// CHECK-LABEL: func.func @view
// CHECK-SAME:    -> tensor<2x12xf32>
func.func @view(%x: tensor<2x3x4xf32>) -> tensor<?x?xf32> {
  // CHECK-NEXT: %[[SHAPE:.+]] = onnx.constant dense<[2, -1]> : tensor<2xi64>
  // CHECK-NEXT: onnx.node "Reshape"(%{{.+}}, %[[SHAPE]]) {{.*}} -> tensor<2x12xf32>
  %zero = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %axes = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %rest = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {start = 0 : i64}
      : (tensor<2x3x4xf32>) -> tensor<3xi64>
  %batch = onnx.node "Gather"(%shape, %zero) {id = "batch", opset = 27 : i64} attributes {axis = 0 : i64}
      : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %vector = onnx.node "Unsqueeze"(%batch, %axes) {id = "vector", opset = 27 : i64} attributes {}
      : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %target = onnx.node "Concat"(%vector, %rest) {id = "target", opset = 27 : i64} attributes {axis = 0 : i64}
      : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %target) {id = "y", opset = 27 : i64} attributes {allowzero = 0 : i64}
      : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// The batch is unknown, the image's size is not: an operand that is computed
// from both leaves only the batch open, and the part that is known folds.
// CHECK-LABEL: func.func @partly_known
// CHECK-SAME:    -> tensor<?x3x16x20xf32>
func.func @partly_known(%x: tensor<?x3x8x10xf32>, %like: tensor<?x3x16x20xf32>) -> tensor<*xf32> {
  // CHECK: %[[HW:.+]] = onnx.constant dense<[16, 20]> : tensor<2xi64>
  // CHECK: %[[NC:.+]] = onnx.node "Slice"
  // CHECK: %[[SIZES:.+]] = onnx.node "Concat"(%[[NC]], %[[HW]]) {{.*}} -> tensor<4xi64>
  // CHECK: onnx.node "Reshape"(%{{.+}}, %[[SIZES]])
  %c0 = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %end = onnx.constant dense<9223372036854775807> : tensor<1xi64> : tensor<1xi64>
  %shape = onnx.node "Shape"(%like) {id = "shape", opset = 27 : i64} attributes {}
      : (tensor<?x3x16x20xf32>) -> tensor<4xi64>
  %hw = onnx.node "Slice"(%shape, %c2, %end) {id = "hw", opset = 27 : i64} attributes {}
      : (tensor<4xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %mine = onnx.node "Shape"(%x) {id = "mine", opset = 27 : i64} attributes {}
      : (tensor<?x3x8x10xf32>) -> tensor<4xi64>
  %nc = onnx.node "Slice"(%mine, %c0, %c2) {id = "nc", opset = 27 : i64} attributes {}
      : (tensor<4xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %sizes = onnx.node "Concat"(%nc, %hw) {id = "sizes", opset = 27 : i64} attributes {axis = 0 : i64}
      : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %z = onnx.node "Reshape"(%like, %sizes) {id = "z", opset = 27 : i64} attributes {allowzero = 0 : i64}
      : (tensor<?x3x16x20xf32>, tensor<?xi64>) -> tensor<*xf32>
  return %z : tensor<*xf32>
}

// -----

// Integers: the quotient truncates, the remainder has the divisor's sign.
// CHECK-LABEL: func.func @integers
func.func @integers() -> (tensor<4xi64>, tensor<4xi64>, tensor<4xi64>) {
  %a = onnx.constant dense<[7, -7, 7, -7]> : tensor<4xi64> : tensor<4xi64>
  %b = onnx.constant dense<[2, 2, -2, -2]> : tensor<4xi64> : tensor<4xi64>
  // CHECK-DAG: %[[QUOTIENT:.+]] = onnx.constant dense<[3, -3, -3, 3]> : tensor<4xi64>
  %quotient = onnx.node "Div"(%a, %b) {id = "q", opset = 27 : i64} attributes {} : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  // CHECK-DAG: %[[MOD:.+]] = onnx.constant dense<[1, 1, -1, -1]> : tensor<4xi64>
  %mod = onnx.node "Mod"(%a, %b) {id = "m", opset = 27 : i64} attributes {fmod = 0 : i64} : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  // CHECK-DAG: %[[FMOD:.+]] = onnx.constant dense<[1, -1, 1, -1]> : tensor<4xi64>
  %fmod = onnx.node "Mod"(%a, %b) {id = "f", opset = 27 : i64} attributes {fmod = 1 : i64} : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  // CHECK: return %[[QUOTIENT]], %[[MOD]], %[[FMOD]]
  return %quotient, %mod, %fmod : tensor<4xi64>, tensor<4xi64>, tensor<4xi64>
}

// -----

// What has no defined result stays: a division by zero, a float beyond i64.
// CHECK-LABEL: func.func @undefined
func.func @undefined() -> (tensor<i64>, tensor<i64>) {
  %one = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %zero = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %big = onnx.constant dense<1.0e30> : tensor<f32> : tensor<f32>
  // CHECK: onnx.node "Div"
  %a = onnx.node "Div"(%one, %zero) {id = "a", opset = 27 : i64} attributes {} : (tensor<i64>, tensor<i64>) -> tensor<i64>
  // CHECK: onnx.node "Cast"
  %b = onnx.node "Cast"(%big) {id = "b", opset = 27 : i64} attributes {to = 7 : i64, saturate = 1 : i64} : (tensor<f32>) -> tensor<i64>
  return %a, %b : tensor<i64>, tensor<i64>
}

// -----

// The scales of an Upsample: shapes as floats, multiplied, floored, back again.
// CHECK-LABEL: func.func @scales
func.func @scales(%x: tensor<1x3x5x7xf32>) -> tensor<2xi64> {
  // CHECK-NEXT: %[[C:.+]] = onnx.constant dense<[7, 10]> : tensor<2xi64>
  // CHECK-NEXT: return %[[C]]
  %factor = onnx.constant dense<1.5> : tensor<f32> : tensor<f32>
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {start = -2 : i64} : (tensor<1x3x5x7xf32>) -> tensor<2xi64>
  %float = onnx.node "Cast"(%shape) {id = "float", opset = 27 : i64} attributes {to = 1 : i64, saturate = 1 : i64} : (tensor<2xi64>) -> tensor<2xf32>
  %scaled = onnx.node "Mul"(%float, %factor) {id = "scaled", opset = 27 : i64} attributes {} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %floor = onnx.node "Floor"(%scaled) {id = "floor", opset = 27 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
  %sizes = onnx.node "Cast"(%floor) {id = "sizes", opset = 27 : i64} attributes {to = 7 : i64, saturate = 1 : i64} : (tensor<2xf32>) -> tensor<2xi64>
  return %sizes : tensor<2xi64>
}

// -----

// PyTorch's x.expand(-1, 3): ones where -1 stands, by Equal and Where.
// CHECK-LABEL: func.func @expand
// CHECK-SAME:    -> tensor<2x3xf32>
func.func @expand(%x: tensor<2x1xf32>) -> tensor<?x?xf32> {
  // CHECK-NEXT: %[[SHAPE:.+]] = onnx.constant dense<[1, 3]> : tensor<2xi64>
  // CHECK-NEXT: onnx.node "Expand"(%{{.+}}, %[[SHAPE]])
  %wanted = onnx.constant dense<[-1, 3]> : tensor<2xi64> : tensor<2xi64>
  %minus = onnx.constant dense<-1> : tensor<i64> : tensor<i64>
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %ones = onnx.node "ConstantOfShape"(%two) {id = "ones", opset = 27 : i64} attributes {value = dense<1> : tensor<1xi64>} : (tensor<1xi64>) -> tensor<?xi64>
  %is = onnx.node "Equal"(%wanted, %minus) {id = "is", opset = 27 : i64} attributes {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi1>
  %shape = onnx.node "Where"(%is, %ones, %wanted) {id = "where", opset = 27 : i64} attributes {} : (tensor<2xi1>, tensor<?xi64>, tensor<2xi64>) -> tensor<?xi64>
  %y = onnx.node "Expand"(%x, %shape) {id = "y", opset = 27 : i64} attributes {} : (tensor<2x1xf32>, tensor<?xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Elements that move: a table by Range, Reshape, Transpose, Tile, Slice with a
// negative step, Gather with a negative index, Split.
// CHECK-LABEL: func.func @movement
func.func @movement() -> (tensor<*xi64>, tensor<*xi64>, tensor<*xi64>, tensor<?xi64>, tensor<?xi64>) {
  %c0 = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %c6 = onnx.constant dense<6> : tensor<i64> : tensor<i64>
  %s23 = onnx.constant dense<[2, 3]> : tensor<2xi64> : tensor<2xi64>
  %s12 = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %m1 = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %min = onnx.constant dense<-9223372036854775808> : tensor<1xi64> : tensor<1xi64>
  %split = onnx.constant dense<[2, 4]> : tensor<2xi64> : tensor<2xi64>
  %range = onnx.node "Range"(%c0, %c6, %c1) {id = "range", opset = 27 : i64} attributes {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %table = onnx.node "Reshape"(%range, %s23) {id = "table", opset = 27 : i64} attributes {allowzero = 0 : i64} : (tensor<?xi64>, tensor<2xi64>) -> tensor<*xi64>
  // CHECK-DAG: %[[T:.+]] = onnx.constant dense<{{\[}}[0, 3], [1, 4], [2, 5]]> : tensor<3x2xi64>
  %t = onnx.node "Transpose"(%table) {id = "t", opset = 27 : i64} attributes {perm = array<i64: 1, 0>} : (tensor<*xi64>) -> tensor<*xi64>
  // CHECK-DAG: %[[TILE:.+]] = onnx.constant dense<{{\[}}[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]]> : tensor<2x6xi64>
  %tile = onnx.node "Tile"(%table, %s12) {id = "tile", opset = 27 : i64} attributes {} : (tensor<*xi64>, tensor<2xi64>) -> tensor<*xi64>
  %back = onnx.node "Slice"(%table, %m1, %min, %m1, %m1) {id = "back", opset = 27 : i64} attributes {} : (tensor<*xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<*xi64>
  // CHECK-DAG: %[[ROW:.+]] = onnx.constant dense<{{\[}}[5, 4, 3]]> : tensor<1x3xi64>
  %row = onnx.node "Gather"(%back, %m1) {id = "row", opset = 27 : i64} attributes {axis = 0 : i64} : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  // CHECK-DAG: %[[A:.+]] = onnx.constant dense<[0, 1]> : tensor<2xi64>
  // CHECK-DAG: %[[B:.+]] = onnx.constant dense<[2, 3, 4, 5]> : tensor<4xi64>
  %part:2 = onnx.node "Split"(%range, %split) {id = "split", opset = 27 : i64} attributes {axis = 0 : i64} : (tensor<?xi64>, tensor<2xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  // CHECK: return %[[T]], %[[TILE]], %[[ROW]], %[[A]], %[[B]]
  return %t, %tile, %row, %part#0, %part#1 : tensor<*xi64>, tensor<*xi64>, tensor<*xi64>, tensor<?xi64>, tensor<?xi64>
}

// -----

// Reductions of shapes: with and without axes, keeping dimensions or not.
// CHECK-LABEL: func.func @reductions
func.func @reductions() -> (tensor<i64>, tensor<2x1xi64>, tensor<2xi64>) {
  %x = onnx.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64> : tensor<2x3xi64>
  %axis = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  // CHECK-DAG: %[[PROD:.+]] = onnx.constant dense<720> : tensor<i64>
  %prod = onnx.node "ReduceProd"(%x) {id = "p", opset = 27 : i64} attributes {keepdims = 0 : i64, noop_with_empty_axes = 0 : i64} : (tensor<2x3xi64>) -> tensor<i64>
  // CHECK-DAG: %[[SUM:.+]] = onnx.constant dense<{{\[}}[6], [15]]> : tensor<2x1xi64>
  %sum = onnx.node "ReduceSum"(%x, %axis) {id = "s", opset = 27 : i64} attributes {keepdims = 1 : i64, noop_with_empty_axes = 0 : i64} : (tensor<2x3xi64>, tensor<1xi64>) -> tensor<2x1xi64>
  // CHECK-DAG: %[[MAX:.+]] = onnx.constant dense<[3, 6]> : tensor<2xi64>
  %max = onnx.node "ReduceMax"(%x, %axis) {id = "m", opset = 27 : i64} attributes {keepdims = 0 : i64, noop_with_empty_axes = 0 : i64} : (tensor<2x3xi64>, tensor<1xi64>) -> tensor<2xi64>
  // CHECK: return %[[PROD]], %[[SUM]], %[[MAX]]
  return %prod, %sum, %max : tensor<i64>, tensor<2x1xi64>, tensor<2xi64>
}

// -----

// Of an If on a known condition only the body that runs is left.
// CHECK-LABEL: func.func @known_condition
// CHECK-SAME: (%[[X:.+]]: tensor<1x4xf32>) -> tensor<4xf32>
func.func @known_condition(%x: tensor<1x4xf32>) -> tensor<*xf32> {
  // CHECK-NOT: "If"
  // CHECK: %[[Y:.+]] = onnx.node "Squeeze"(%[[X]]
  // CHECK-NEXT: return %[[Y]]
  %axis = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %size = onnx.node "Shape"(%x) {id = "size", opset = 27 : i64} attributes {start = 0 : i64, end = 1 : i64} : (tensor<1x4xf32>) -> tensor<1xi64>
  %is = onnx.node "Equal"(%size, %one) {id = "is", opset = 27 : i64} attributes {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
  %y = onnx.node "If"(%is) {id = "if", opset = 27 : i64} attributes {} {
    onnx.yield %x : tensor<1x4xf32>
  }, {
    %s = onnx.node "Squeeze"(%x, %axis) {id = "s", opset = 27 : i64} attributes {} : (tensor<1x4xf32>, tensor<1xi64>) -> tensor<*xf32>
    onnx.yield %s : tensor<*xf32>
  } : (tensor<1xi1>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// In a body that may run, folding goes on with what is known outside.
// CHECK-LABEL: func.func @unknown_condition
func.func @unknown_condition(%cond: tensor<i1>, %x: tensor<4xi64>) -> tensor<1xi64> {
  // CHECK: onnx.node "If"
  // CHECK-NEXT: %[[C:.+]] = onnx.constant dense<8> : tensor<1xi64>
  // CHECK-NEXT: onnx.yield %[[C]]
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {} : (tensor<4xi64>) -> tensor<1xi64>
  %y = onnx.node "If"(%cond) {id = "if", opset = 27 : i64} attributes {} {
    %m = onnx.node "Mul"(%shape, %two) {id = "m", opset = 27 : i64} attributes {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
    onnx.yield %m : tensor<1xi64>
  }, {
    onnx.yield %two : tensor<1xi64>
  } : (tensor<i1>) -> tensor<1xi64>
  return %y : tensor<1xi64>
}

// -----

// The steps of a Loop whose inputs are known, up to the one that makes its
// condition false: the last state, and what the steps yield.
// CHECK-LABEL: func.func @known_steps
func.func @known_steps(%x: tensor<2x5xf32>) -> (tensor<*xi64>, tensor<*xi64>) {
  // CHECK-DAG: %[[LAST:.+]] = onnx.constant dense<[16, 40]> : tensor<2xi64>
  // CHECK-DAG: %[[ALL:.+]] = onnx.constant dense<{{\[}}[2, 5], [4, 10], [8, 20]]> : tensor<3x2xi64>
  // CHECK-NOT: onnx.node
  // CHECK: return %[[LAST]], %[[ALL]]
  %most = onnx.constant dense<9> : tensor<i64> : tensor<i64>
  %yes = onnx.constant dense<true> : tensor<i1> : tensor<i1>
  %two = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {} : (tensor<2x5xf32>) -> tensor<2xi64>
  %y:2 = onnx.node "Loop"(%most, %yes, %shape) {id = "loop", opset = 27 : i64} attributes {} {
  ^bb0(%step: tensor<i64>, %goes_on: tensor<i1>, %state: tensor<*xi64>):
    %next = onnx.node "Mul"(%state, %two) {id = "next", opset = 27 : i64} attributes {} : (tensor<*xi64>, tensor<i64>) -> tensor<*xi64>
    %more = onnx.node "Less"(%step, %two) {id = "more", opset = 27 : i64} attributes {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
    onnx.yield %more, %next, %state : tensor<i1>, tensor<*xi64>, tensor<*xi64>
  } : (tensor<i64>, tensor<i1>, tensor<2xi64>) -> (tensor<*xi64>, tensor<*xi64>)
  return %y#0, %y#1 : tensor<*xi64>, tensor<*xi64>
}

// -----

// A Loop that uses what is not known stays, and so does one that does not end.
// CHECK-LABEL: func.func @unknown_steps
func.func @unknown_steps(%x: tensor<2xi64>) -> (tensor<2xi64>, tensor<2xi64>) {
  // CHECK: onnx.node "Loop"{{.*}}id = "unknown"
  // CHECK: onnx.node "Loop"{{.*}}id = "endless"
  %none = onnx.none : none
  %three = onnx.constant dense<3> : tensor<i64> : tensor<i64>
  %yes = onnx.constant dense<true> : tensor<i1> : tensor<i1>
  %first = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %unknown = onnx.node "Loop"(%three, %yes, %first) {id = "unknown", opset = 27 : i64} attributes {} {
  ^bb0(%step: tensor<i64>, %goes_on: tensor<i1>, %state: tensor<2xi64>):
    %next = onnx.node "Add"(%state, %x) {id = "next", opset = 27 : i64} attributes {} : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
    onnx.yield %goes_on, %next : tensor<i1>, tensor<2xi64>
  } : (tensor<i64>, tensor<i1>, tensor<2xi64>) -> tensor<2xi64>
  %endless = onnx.node "Loop"(%none, %yes, %first) {id = "endless", opset = 27 : i64} attributes {} {
  ^bb0(%step: tensor<i64>, %goes_on: tensor<i1>, %state: tensor<2xi64>):
    %next = onnx.node "Add"(%state, %step) {id = "more", opset = 27 : i64} attributes {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
    onnx.yield %goes_on, %next : tensor<i1>, tensor<2xi64>
  } : (none, tensor<i1>, tensor<2xi64>) -> tensor<2xi64>
  return %unknown, %endless : tensor<2xi64>, tensor<2xi64>
}

// -----

// The highest bit of 64 without a sign: the shift that sets it stays, the one
// beside it does not.
// CHECK-LABEL: func.func @unsigned
func.func @unsigned() -> (tensor<1xui64>, tensor<1xui64>) {
  // CHECK: %[[FOLDED:.+]] = onnx.constant dense<4611686018427387904> : tensor<1xui64>
  // CHECK: %[[KEPT:.+]] = onnx.node "BitShift"
  // CHECK: return %[[FOLDED]], %[[KEPT]]
  %one = onnx.constant dense<1> : tensor<1xui64> : tensor<1xui64>
  %low = onnx.constant dense<62> : tensor<1xui64> : tensor<1xui64>
  %high = onnx.constant dense<63> : tensor<1xui64> : tensor<1xui64>
  %a = onnx.node "BitShift"(%one, %low) {id = "a", opset = 27 : i64} attributes {direction = "LEFT"} : (tensor<1xui64>, tensor<1xui64>) -> tensor<1xui64>
  %b = onnx.node "BitShift"(%one, %high) {id = "b", opset = 27 : i64} attributes {direction = "LEFT"} : (tensor<1xui64>, tensor<1xui64>) -> tensor<1xui64>
  return %a, %b : tensor<1xui64>, tensor<1xui64>
}

// -----

// A table above the limit is left to the device.
// CHECK-LABEL: func.func @too_large
func.func @too_large() -> tensor<*xi64> {
  // CHECK: onnx.node "Expand"{{.*}} -> tensor<256x256xi64>
  %one = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %shape = onnx.constant dense<256> : tensor<2xi64> : tensor<2xi64>
  %y = onnx.node "Expand"(%one, %shape) {id = "y", opset = 27 : i64} attributes {} : (tensor<i64>, tensor<2xi64>) -> tensor<*xi64>
  return %y : tensor<*xi64>
}

// -----

// A folded node's id stays in the location of its constant.
// LOC-LABEL: func.func @location
func.func @location(%x: tensor<4xi64>) -> tensor<1xi64> {
  // LOC: onnx.constant dense<4> : tensor<1xi64> : tensor<1xi64> loc(#[[LOC:.+]])
  // LOC: #[[LOC]] = loc("node:shape"(#{{.+}}))
  %shape = onnx.node "Shape"(%x) {id = "shape", opset = 27 : i64} attributes {} : (tensor<4xi64>) -> tensor<1xi64> loc("node:shape"("model.onnx":0:0))
  return %shape : tensor<1xi64>
}

// -----

// Buckets of relative positions, and a table that is indexed by constants.
// CHECK-LABEL: func.func @buckets
func.func @buckets() -> (tensor<3xi64>, tensor<2x2xi64>) {
  // CHECK-DAG: %[[B:.+]] = onnx.constant dense<[0, 1, 2]> : tensor<3xi64>
  // CHECK-DAG: %[[G:.+]] = onnx.constant dense<{{\[\[}}2, 1], [3, 3]]> : tensor<2x2xi64>
  // CHECK: return %[[B]], %[[G]]
  %x = onnx.constant dense<[1.0, 2.0, 200.0]> : tensor<3xf32> : tensor<3xf32>
  %log2 = onnx.constant dense<0.693147182> : tensor<f32> : tensor<f32>
  %most = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %none = onnx.none : none
  %0 = onnx.node "Log"(%x) {id = "l", opset = 27 : i64} attributes {} : (tensor<3xf32>) -> tensor<3xf32>
  %1 = onnx.node "Div"(%0, %log2) {id = "d", opset = 27 : i64} attributes {} : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
  %2 = onnx.node "Cast"(%1) {id = "c", opset = 27 : i64} attributes {to = 7 : i64} : (tensor<3xf32>) -> tensor<3xi64>
  %3 = onnx.node "Clip"(%2, %none, %most) {id = "m", opset = 27 : i64} attributes {} : (tensor<3xi64>, none, tensor<i64>) -> tensor<3xi64>
  %table = onnx.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64> : tensor<2x2xi64>
  %indices = onnx.constant dense<[[1, 0], [-2, 0]]> : tensor<2x2xi64> : tensor<2x2xi64>
  %4 = onnx.node "GatherElements"(%table, %indices) {id = "g", opset = 27 : i64} attributes {axis = 1 : i64} : (tensor<2x2xi64>, tensor<2x2xi64>) -> tensor<2x2xi64>
  return %3, %4 : tensor<3xi64>, tensor<2x2xi64>
}

// -----

// Limits that are not known, and numbers that are computed of them.
// CHECK-LABEL: func.func @unknown_limit
func.func @unknown_limit(%low: tensor<f32>) -> tensor<2xf32> {
  // CHECK: onnx.node "Clip"
  %x = onnx.constant dense<0.0> : tensor<2xf32> : tensor<2xf32>
  %0 = onnx.node "Exp"(%x) {id = "e", opset = 27 : i64} attributes {} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.node "Clip"(%0, %low) {id = "c", opset = 27 : i64} attributes {} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// -----

// Single elements of a shape, as they are read and written by position.
// CHECK-LABEL: func.func @indexing
func.func @indexing() -> (tensor<3xi64>, tensor<2x2xi64>, tensor<2xi64>, tensor<1x2xi64>) {
  // CHECK: onnx.constant dense<[7, 2, 9]>
  // CHECK: onnx.constant dense<{{\[\[}}5, 6], [3, 8]]>
  // CHECK: onnx.constant dense<[4, 1]>
  // CHECK: onnx.constant dense<{{\[\[}}3, 4]]>
  // CHECK-NOT: onnx.node
  %shape = onnx.constant dense<[1, 2, 3]> : tensor<3xi64> : tensor<3xi64>
  %places = onnx.constant dense<[0, -1]> : tensor<2xi64> : tensor<2xi64>
  %sizes = onnx.constant dense<[7, 9]> : tensor<2xi64> : tensor<2xi64>
  %0 = onnx.node "ScatterElements"(%shape, %places, %sizes) {id = "e", opset = 27 : i64} attributes {} : (tensor<3xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<3xi64>
  %table = onnx.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64> : tensor<2x2xi64>
  %row = onnx.constant dense<[[0]]> : tensor<1x1xi64> : tensor<1x1xi64>
  %new = onnx.constant dense<[[5, 6]]> : tensor<1x2xi64> : tensor<1x2xi64>
  %1 = onnx.node "ScatterND"(%table, %row, %new) {id = "n", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<1x1xi64>, tensor<1x2xi64>) -> tensor<2x2xi64>
  %element = onnx.constant dense<[[1, -1]]> : tensor<1x2xi64> : tensor<1x2xi64>
  %eight = onnx.constant dense<[8]> : tensor<1xi64> : tensor<1xi64>
  %2 = onnx.node "ScatterND"(%1, %element, %eight) {id = "o", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<1x2xi64>, tensor<1xi64>) -> tensor<2x2xi64>
  %corners = onnx.constant dense<[[1, 1], [0, 0]]> : tensor<2x2xi64> : tensor<2x2xi64>
  %3 = onnx.node "GatherND"(%table, %corners) {id = "g", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<2x2xi64>) -> tensor<2xi64>
  %last = onnx.constant dense<[[-1]]> : tensor<1x1xi64> : tensor<1x1xi64>
  %4 = onnx.node "GatherND"(%table, %last) {id = "h", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<1x1xi64>) -> tensor<1x2xi64>
  return %0, %2, %3, %4 : tensor<3xi64>, tensor<2x2xi64>, tensor<2xi64>, tensor<1x2xi64>
}

// -----

// Positions outside, and updates that are combined.
// CHECK-LABEL: func.func @no_indexing
func.func @no_indexing() -> (tensor<1xi64>, tensor<2x2xi64>, tensor<2x2xi64>) {
  // CHECK: onnx.node "GatherND"
  // CHECK: onnx.node "ScatterND"
  // CHECK: onnx.node "ScatterND"
  %table = onnx.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64> : tensor<2x2xi64>
  %outside = onnx.constant dense<[[0, 2]]> : tensor<1x2xi64> : tensor<1x2xi64>
  %inside = onnx.constant dense<[[0, 1]]> : tensor<1x2xi64> : tensor<1x2xi64>
  %eight = onnx.constant dense<[8]> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "GatherND"(%table, %outside) {id = "g", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<1x2xi64>) -> tensor<1xi64>
  %1 = onnx.node "ScatterND"(%table, %outside, %eight) {id = "s", opset = 27 : i64} attributes {} : (tensor<2x2xi64>, tensor<1x2xi64>, tensor<1xi64>) -> tensor<2x2xi64>
  %2 = onnx.node "ScatterND"(%table, %inside, %eight) {id = "t", opset = 27 : i64} attributes {reduction = "add"} : (tensor<2x2xi64>, tensor<1x2xi64>, tensor<1xi64>) -> tensor<2x2xi64>
  return %0, %1, %2 : tensor<1xi64>, tensor<2x2xi64>, tensor<2x2xi64>
}

// -----

// What is left out, put in order, added up or multiplied; sizes that are not
// known are moved as the others are.
// CHECK-LABEL: func.func @lines
func.func @lines(%x: tensor<2x?xf32>)
    -> (tensor<2xi64>, tensor<2xi64>, tensor<i64>, tensor<3xi64>, tensor<2xi64>, tensor<1xi64>) {
  // CHECK-DAG: %[[VALUES:.+]] = onnx.constant dense<[9, 8]>
  // CHECK-DAG: %[[PLACES:.+]] = onnx.constant dense<[2, 1]>
  // CHECK-DAG: %[[LEAST:.+]] = onnx.constant dense<0> : tensor<i64>
  // CHECK-DAG: %[[SUMS:.+]] = onnx.constant dense<[17, 9, 0]>
  // CHECK-DAG: %[[PRODUCT:.+]] = onnx.constant dense<[26, 9]>
  // CHECK-DAG: %[[KEPT:.+]] = onnx.constant dense<2> : tensor<1xi64>
  // CHECK: return %[[VALUES]], %[[PLACES]], %[[LEAST]], %[[SUMS]], %[[PRODUCT]], %[[KEPT]]
  %v = onnx.constant dense<[0, 8, 9]> : tensor<3xi64> : tensor<3xi64>
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %0:2 = onnx.node "TopK"(%v, %two) {id = "t", opset = 27 : i64} attributes {} : (tensor<3xi64>, tensor<1xi64>) -> (tensor<2xi64>, tensor<2xi64>)
  %1 = onnx.node "ArgMin"(%v) {id = "a", opset = 27 : i64} attributes {keepdims = 0 : i64} : (tensor<3xi64>) -> tensor<i64>
  %axis = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %2 = onnx.node "CumSum"(%v, %axis) {id = "c", opset = 27 : i64} attributes {exclusive = 1 : i64, reverse = 1 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
  %m = onnx.constant dense<[[1, 1, 2], [3, 0, 1]]> : tensor<2x3xi64> : tensor<2x3xi64>
  %3 = onnx.node "MatMul"(%m, %v) {id = "m", opset = 27 : i64} attributes {} : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2xi64>
  %shape = onnx.node "Shape"(%x) {id = "s", opset = 27 : i64} attributes {start = 0 : i64} : (tensor<2x?xf32>) -> tensor<2xi64>
  %pads = onnx.constant dense<[1, 0]> : tensor<2xi64> : tensor<2xi64>
  %4 = onnx.node "Pad"(%shape, %pads) {id = "p", opset = 27 : i64} attributes {} : (tensor<2xi64>, tensor<2xi64>) -> tensor<3xi64>
  %known = onnx.constant dense<[false, true, false]> : tensor<3xi1> : tensor<3xi1>
  %5 = onnx.node "Compress"(%4, %known) {id = "k", opset = 27 : i64} attributes {axis = 0 : i64} : (tensor<3xi64>, tensor<3xi1>) -> tensor<1xi64>
  return %0#0, %0#1, %1, %2, %3, %5 : tensor<2xi64>, tensor<2xi64>, tensor<i64>, tensor<3xi64>, tensor<2xi64>, tensor<1xi64>
}
