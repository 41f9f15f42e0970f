// RUN: garam-opt %s --onnx-raise | FileCheck %s
// RUN: garam-opt %s --onnx-raise --remarks-filter=onnx-raise -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// The second half, with another sign, comes before the first.
// CHECK-LABEL: @halves(
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8xf32>, %[[C:.*]]: tensor<4x8xf32>, %[[S:.*]]: tensor<4x8xf32>
func.func @halves(%x: tensor<2x4x8xf32>, %c: tensor<4x8xf32>, %s: tensor<4x8xf32>) -> tensor<2x4x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "RotaryEmbedding"(%[[X]], %[[C]], %[[S]])
  // CHECK-SAME: id = "y"
  // CHECK-SAME: attributes {interleaved = 0 : i64}
  // CHECK-NEXT: return %[[Y]]
  // REMARK-DAG: [Passed] raised | Category:onnx-raise | Remark="nodes up to 'y' are RotaryEmbedding"
  %zero = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %half = onnx.constant dense<4> : tensor<1xi64> : tensor<1xi64>
  %end = onnx.constant dense<9223372036854775807> : tensor<1xi64> : tensor<1xi64>
  %axis = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %zero, %half, %axis) {id = "a", opset = 27 : i64} attributes {}
      : (tensor<2x4x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x4x4xf32>
  %1 = onnx.node "Slice"(%x, %half, %end, %axis) {id = "b", opset = 27 : i64} attributes {}
      : (tensor<2x4x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x4x4xf32>
  %2 = onnx.node "Neg"(%1) {id = "n", opset = 27 : i64} attributes {} : (tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %3 = onnx.node "Concat"(%2, %0) {id = "t", opset = 27 : i64} attributes {axis = -1 : i64}
      : (tensor<2x4x4xf32>, tensor<2x4x4xf32>) -> tensor<2x4x8xf32>
  %4 = onnx.node "Mul"(%c, %x) {id = "p", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  %5 = onnx.node "Mul"(%3, %s) {id = "r", opset = 27 : i64} attributes {}
      : (tensor<2x4x8xf32>, tensor<4x8xf32>) -> tensor<2x4x8xf32>
  %6 = onnx.node "Add"(%5, %4) {id = "y", opset = 27 : i64} attributes {}
      : (tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return %6 : tensor<2x4x8xf32>
}

// Complex numbers, of which real and imaginary parts are neighbours: tables have
// a number for each.
// CHECK-LABEL: @complex(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[C:.*]]: tensor<4x4xf32>, %[[S:.*]]: tensor<4x4xf32>
func.func @complex(%x: tensor<4x8xf32>, %c: tensor<4x4xf32>, %s: tensor<4x4xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "RotaryEmbedding"(%[[X]], %[[C]], %[[S]])
  // CHECK-SAME: attributes {interleaved = 1 : i64}
  // CHECK-NEXT: return %[[Y]]
  %apart = onnx.constant dense<[4, 4, 2]> : tensor<3xi64> : tensor<3xi64>
  %whole = onnx.constant dense<[4, 8]> : tensor<2xi64> : tensor<2xi64>
  %axis = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Reshape"(%x, %apart) {id = "u", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<3xi64>) -> tensor<4x4x2xf32>
  %1:2 = onnx.node "Split"(%0) {id = "v", opset = 27 : i64} attributes {axis = 2 : i64, num_outputs = 2 : i64}
      : (tensor<4x4x2xf32>) -> (tensor<4x4x1xf32>, tensor<4x4x1xf32>)
  %2 = onnx.node "Squeeze"(%1#0, %axis) {id = "a", opset = 27 : i64} attributes {}
      : (tensor<4x4x1xf32>, tensor<1xi64>) -> tensor<4x4xf32>
  %3 = onnx.node "Squeeze"(%1#1, %axis) {id = "b", opset = 27 : i64} attributes {}
      : (tensor<4x4x1xf32>, tensor<1xi64>) -> tensor<4x4xf32>
  %4 = onnx.node "Mul"(%2, %c) {id = "i", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %5 = onnx.node "Mul"(%3, %s) {id = "j", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %6 = onnx.node "Sub"(%4, %5) {id = "d", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %7 = onnx.node "Mul"(%s, %2) {id = "k", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %8 = onnx.node "Mul"(%3, %c) {id = "l", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %9 = onnx.node "Add"(%8, %7) {id = "e", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %10 = onnx.node "Unsqueeze"(%6, %axis) {id = "f", opset = 27 : i64} attributes {}
      : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<4x4x1xf32>
  %11 = onnx.node "Unsqueeze"(%9, %axis) {id = "g", opset = 27 : i64} attributes {}
      : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<4x4x1xf32>
  %12 = onnx.node "Concat"(%10, %11) {id = "h", opset = 27 : i64} attributes {axis = 2 : i64}
      : (tensor<4x4x1xf32>, tensor<4x4x1xf32>) -> tensor<4x4x2xf32>
  %13 = onnx.node "Reshape"(%12, %whole) {id = "z", opset = 27 : i64} attributes {}
      : (tensor<4x4x2xf32>, tensor<2xi64>) -> tensor<4x8xf32>
  return %13 : tensor<4x8xf32>
}

// The cosines multiply another tensor than that whose halves change places; a
// table that all columns share; parts that are turned by different sines; tables
// of another width.
// CHECK-LABEL: @near_misses
func.func @near_misses(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %c: tensor<4x8xf32>, %one: tensor<4x1xf32>,
                       %h: tensor<4x4xf32>, %o: tensor<4x4xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK-NOT: "RotaryEmbedding"
  // REMARK-DAG: node 'others' is not part of RotaryEmbedding: the parts that change places are not those of what the cosines multiply
  // REMARK-DAG: node 'narrow' is not part of RotaryEmbedding: cosines or sines are not of the width of what is rotated, or of half of it
  // REMARK-DAG: node 'twice' is not part of RotaryEmbedding: both parts are not turned by the same cosines and sines
  // REMARK-DAG: node 'shared' is not part of RotaryEmbedding: cosines or sines are not of half of the width of what is rotated
  %0:2 = onnx.node "Split"(%x) {id = "v", opset = 27 : i64} attributes {axis = 1 : i64, num_outputs = 2 : i64}
      : (tensor<4x8xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
  %1 = onnx.node "Neg"(%0#1) {id = "n", opset = 27 : i64} attributes {} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = onnx.node "Concat"(%1, %0#0) {id = "t", opset = 27 : i64} attributes {axis = 1 : i64}
      : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %3 = onnx.node "Mul"(%2, %c) {id = "r", opset = 27 : i64} attributes {} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %4 = onnx.node "Mul"(%y, %c) {id = "p0", opset = 27 : i64} attributes {} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %5 = onnx.node "Add"(%4, %3) {id = "others", opset = 27 : i64} attributes {} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %6 = onnx.node "Mul"(%x, %one) {id = "p1", opset = 27 : i64} attributes {} : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %7 = onnx.node "Add"(%6, %3) {id = "narrow", opset = 27 : i64} attributes {} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %8 = onnx.node "Mul"(%0#0, %h) {id = "i0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %9 = onnx.node "Mul"(%0#1, %o) {id = "j0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %10 = onnx.node "Sub"(%8, %9) {id = "d0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %11 = onnx.node "Mul"(%0#0, %h) {id = "k0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %12 = onnx.node "Mul"(%0#1, %h) {id = "l0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %13 = onnx.node "Add"(%11, %12) {id = "e0", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %14 = onnx.node "Concat"(%10, %13) {id = "twice", opset = 27 : i64} attributes {axis = 1 : i64}
      : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %15 = onnx.node "Mul"(%0#0, %one) {id = "i1", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>
  %16 = onnx.node "Sub"(%15, %9) {id = "d1", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %17 = onnx.node "Mul"(%0#0, %o) {id = "k1", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %18 = onnx.node "Mul"(%0#1, %one) {id = "l1", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>
  %19 = onnx.node "Add"(%17, %18) {id = "e1", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %20 = onnx.node "Concat"(%16, %19) {id = "shared", opset = 27 : i64} attributes {axis = 1 : i64}
      : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  return %5, %7, %14, %20 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// DeepSeek takes neighbours and makes halves.
// CHECK-LABEL: @halves_of_neighbours
func.func @halves_of_neighbours(%x: tensor<4x8xf32>, %c: tensor<4x4xf32>, %s: tensor<4x4xf32>) -> tensor<4x8xf32> {
  // CHECK-NOT: "RotaryEmbedding"
  // REMARK-DAG: node 'joined' is not part of RotaryEmbedding: neighbours are put together as halves, or halves as neighbours
  %zero = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %end = onnx.constant dense<8> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %zero, %end, %one, %two) {id = "a", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4x4xf32>
  %1 = onnx.node "Slice"(%x, %one, %end, %one, %two) {id = "b", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4x4xf32>
  %2 = onnx.node "Mul"(%0, %c) {id = "i", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = onnx.node "Mul"(%1, %s) {id = "j", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %4 = onnx.node "Sub"(%2, %3) {id = "d", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %5 = onnx.node "Mul"(%1, %c) {id = "k", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %6 = onnx.node "Mul"(%0, %s) {id = "l", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %7 = onnx.node "Add"(%5, %6) {id = "e", opset = 27 : i64} attributes {} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %8 = onnx.node "Concat"(%4, %7) {id = "joined", opset = 27 : i64} attributes {axis = 1 : i64}
      : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  return %8 : tensor<4x8xf32>
}
