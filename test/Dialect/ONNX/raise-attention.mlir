// RUN: garam-opt %s --onnx-raise | FileCheck %s
// RUN: garam-opt %s --onnx-raise --remarks-filter=onnx-raise -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Scores are divided, and a mask is added; keys come as the product reads them.
// CHECK-LABEL: @bert(
// CHECK-SAME: %[[Q:.*]]: tensor<2x4x8x16xf32>, %[[K:.*]]: tensor<2x4x16x8xf32>, %[[V:.*]]: tensor<2x4x8x16xf32>, %[[M:.*]]: tensor<2x1x1x8xf32>
func.func @bert(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x16x8xf32>,
                %v: tensor<2x4x8x16xf32>, %m: tensor<2x1x1x8xf32>)
    -> tensor<2x4x8x16xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Attention"(%[[Q]], %[[K]], %[[V]], %[[M]])
  // CHECK-SAME: id = "values"
  // CHECK-SAME: origin = ["values", "MatMul", 27]
  // CHECK-SAME: attributes {scale = 2.500000e-01 : f32, transposed_keys = 1 : i64}
  // CHECK-NEXT: return %[[Y]]
  // REMARK-DAG: remark: [Passed] raised | Category:onnx-raise | Remark="nodes up to 'values' are Attention"
  %root = onnx.constant dense<4.0> : tensor<f32> : tensor<f32>
  %0 = onnx.node "MatMul"(%q, %k) {id = "scores", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32>) -> tensor<2x4x8x8xf32>
  %1 = onnx.node "Div"(%0, %root) {id = "div", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  %2 = onnx.node "Add"(%1, %m) {id = "add", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x1x1x8xf32>) -> tensor<2x4x8x8xf32>
  %3 = onnx.node "Softmax"(%2) {id = "softmax", opset = 27 : i64}
      attributes {axis = -1 : i64}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %4 = onnx.node "MatMul"(%3, %v) {id = "values", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %4 : tensor<2x4x8x16xf32>
}

// PyTorch's exporter multiplies queries and keys by the root of the scale,
// transposes keys with batch and heads joined, and guards what sees nothing.
// CHECK-LABEL: @dynamo(
// CHECK-SAME: %[[Q:.*]]: tensor<2x4x8x16xf32>, %[[K:.*]]: tensor<2x4x8x16xf32>, %[[V:.*]]: tensor<2x4x8x16xf32>, %[[M:.*]]: tensor<8x8xi1>
func.func @dynamo(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>,
                  %v: tensor<2x4x8x16xf32>, %m: tensor<8x8xi1>)
    -> tensor<2x4x8x16xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Attention"(%[[Q]], %[[K]], %[[V]], %[[M]])
  // CHECK-SAME: attributes {masked = 0xFF800000 : f32, scale = 2.500000e-01 : f32, zero_unseen = 1 : i64}
  // CHECK-NEXT: return %[[Y]]
  %root = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %never = onnx.constant dense<0xFF800000> : tensor<f32> : tensor<f32>
  %joined = onnx.constant dense<[8, 8, 16]> : tensor<3xi64> : tensor<3xi64>
  %split = onnx.constant dense<[2, 4, 16, 8]> : tensor<4xi64> : tensor<4xi64>
  %0 = onnx.node "Reshape"(%k, %joined) {id = "join", opset = 27 : i64}
      attributes {} : (tensor<2x4x8x16xf32>, tensor<3xi64>) -> tensor<8x8x16xf32>
  %1 = onnx.node "Transpose"(%0) {id = "transpose", opset = 27 : i64}
      attributes {perm = array<i64: 0, 2, 1>}
      : (tensor<8x8x16xf32>) -> tensor<8x16x8xf32>
  %2 = onnx.node "Reshape"(%1, %split) {id = "split", opset = 27 : i64}
      attributes {} : (tensor<8x16x8xf32>, tensor<4xi64>) -> tensor<2x4x16x8xf32>
  %3 = onnx.node "Mul"(%q, %root) {id = "mul0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x16xf32>, tensor<f32>) -> tensor<2x4x8x16xf32>
  %4 = onnx.node "Mul"(%2, %root) {id = "mul1", opset = 27 : i64} attributes {}
      : (tensor<2x4x16x8xf32>, tensor<f32>) -> tensor<2x4x16x8xf32>
  %5 = onnx.node "MatMul"(%3, %4) {id = "scores", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32>) -> tensor<2x4x8x8xf32>
  %6 = onnx.node "Where"(%m, %5, %never) {id = "mask", opset = 27 : i64} attributes {}
      : (tensor<8x8xi1>, tensor<2x4x8x8xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  %7 = onnx.node "Softmax"(%6) {id = "softmax", opset = 27 : i64}
      attributes {axis = 3 : i64}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %8 = onnx.node "IsNaN"(%7) {id = "isnan", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xi1>
  %9 = onnx.node "Where"(%8, %zero, %7) {id = "guard", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xi1>, tensor<f32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %10 = onnx.node "MatMul"(%9, %v) {id = "guarded", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %10 : tensor<2x4x8x16xf32>
}

// Four heads of the queries share two of the keys, which are repeated.
// CHECK-LABEL: @shared(
// CHECK-SAME: %[[Q:.*]]: tensor<1x4x8x16xf32>, %[[K:.*]]: tensor<1x2x8x16xf32>, %[[V:.*]]: tensor<1x2x8x16xf32>
func.func @shared(%q: tensor<1x4x8x16xf32>, %k: tensor<1x2x8x16xf32>,
                  %v: tensor<1x2x8x16xf32>) -> tensor<1x4x8x16xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Attention"(%[[Q]], %[[K]], %[[V]])
  // CHECK-SAME: attributes {scale = 1.000000e+00 : f32}
  // CHECK-NEXT: return %[[Y]]
  %axis = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %many = onnx.constant dense<[1, 2, 2, 8, 16]> : tensor<5xi64> : tensor<5xi64>
  %all = onnx.constant dense<[1, 4, 8, 16]> : tensor<4xi64> : tensor<4xi64>
  %0 = onnx.node "Unsqueeze"(%k, %axis) {id = "k0", opset = 27 : i64} attributes {}
      : (tensor<1x2x8x16xf32>, tensor<1xi64>) -> tensor<1x2x1x8x16xf32>
  %1 = onnx.node "Expand"(%0, %many) {id = "k1", opset = 27 : i64} attributes {}
      : (tensor<1x2x1x8x16xf32>, tensor<5xi64>) -> tensor<1x2x2x8x16xf32>
  %2 = onnx.node "Reshape"(%1, %all) {id = "k2", opset = 27 : i64} attributes {}
      : (tensor<1x2x2x8x16xf32>, tensor<4xi64>) -> tensor<1x4x8x16xf32>
  %3 = onnx.node "Transpose"(%2) {id = "k3", opset = 27 : i64}
      attributes {perm = array<i64: 0, 1, 3, 2>}
      : (tensor<1x4x8x16xf32>) -> tensor<1x4x16x8xf32>
  %4 = onnx.node "Unsqueeze"(%v, %axis) {id = "v0", opset = 27 : i64} attributes {}
      : (tensor<1x2x8x16xf32>, tensor<1xi64>) -> tensor<1x2x1x8x16xf32>
  %5 = onnx.node "Expand"(%4, %many) {id = "v1", opset = 27 : i64} attributes {}
      : (tensor<1x2x1x8x16xf32>, tensor<5xi64>) -> tensor<1x2x2x8x16xf32>
  %6 = onnx.node "Reshape"(%5, %all) {id = "v2", opset = 27 : i64} attributes {}
      : (tensor<1x2x2x8x16xf32>, tensor<4xi64>) -> tensor<1x4x8x16xf32>
  %7 = onnx.node "MatMul"(%q, %3) {id = "scores", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x16xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x8x8xf32>
  %8 = onnx.node "Softmax"(%7) {id = "softmax", opset = 27 : i64}
      attributes {} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %9 = onnx.node "MatMul"(%8, %6) {id = "values", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x16xf32>) -> tensor<1x4x8x16xf32>
  return %9 : tensor<1x4x8x16xf32>
}

// Scores are capped by a tangent, where a condition is true they are hidden, and
// distances are added.
// CHECK-LABEL: @capped(
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8x8xf32>, %[[M:.*]]: tensor<8x8xi1>, %[[D:.*]]: tensor<8x8xf32>
func.func @capped(%x: tensor<2x4x8x8xf32>, %m: tensor<8x8xi1>, %d: tensor<8x8xf32>) -> tensor<2x4x8x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Attention"(%[[X]], %[[X]], %[[X]], %[[D]], %[[M]])
  // CHECK-SAME: attributes {hides_true = 1 : i64, masked = -1.000000e+04 : f32, masks = 2 : i64, scale = 2.500000e-01 : f32, softcap = 3.000000e+01 : f32, transposed_keys = 1 : i64}
  // CHECK-NEXT: return %[[Y]]
  %quarter = onnx.constant dense<0.25> : tensor<f32> : tensor<f32>
  %cap = onnx.constant dense<30.0> : tensor<f32> : tensor<f32>
  %low = onnx.constant dense<-1.0e4> : tensor<f32> : tensor<f32>
  %0 = onnx.node "MatMul"(%x, %x) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %1 = onnx.node "Mul"(%0, %quarter) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  %2 = onnx.node "Div"(%1, %cap) {id = "s2", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  %3 = onnx.node "Tanh"(%2) {id = "s3", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %4 = onnx.node "Mul"(%3, %cap) {id = "s4", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<f32>) -> tensor<2x4x8x8xf32>
  %5 = onnx.node "Add"(%4, %d) {id = "s5", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8x8xf32>
  %6 = onnx.node "Where"(%m, %low, %5) {id = "s6", opset = 27 : i64} attributes {}
      : (tensor<8x8xi1>, tensor<f32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %7 = onnx.node "Softmax"(%6) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %8 = onnx.node "MatMul"(%7, %x) {id = "y0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  return %8 : tensor<2x4x8x8xf32>
}

// The softmax of half precision in single; three dimensions; nodes that do
// nothing.
// CHECK-LABEL: @half(
// CHECK-SAME: %[[X:.*]]: tensor<4x8x8xf16>
func.func @half(%x: tensor<4x8x8xf16>) -> tensor<4x8x8xf16> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Attention"(%[[X]], %[[X]], %[[X]])
  // CHECK-SAME: attributes {scale = 1.000000e+00 : f32}
  // CHECK-NEXT: return %[[Y]]
  %0 = onnx.node "Cast"(%x) {id = "q", opset = 27 : i64} attributes {to = 1 : i64}
      : (tensor<4x8x8xf16>) -> tensor<4x8x8xf32>
  %1 = onnx.node "Transpose"(%0) {id = "k", opset = 27 : i64} attributes {perm = array<i64: 0, 2, 1>}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %2 = onnx.node "MatMul"(%0, %1) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %3 = onnx.node "Identity"(%2) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %4 = onnx.node "Softmax"(%3) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %5 = onnx.node "Cast"(%4) {id = "w1", opset = 27 : i64} attributes {to = 1 : i64}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %6 = onnx.node "Cast"(%5) {id = "w2", opset = 27 : i64} attributes {to = 10 : i64}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf16>
  %7 = onnx.node "MatMul"(%6, %x) {id = "y0", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf16>, tensor<4x8x8xf16>) -> tensor<4x8x8xf16>
  return %7 : tensor<4x8x8xf16>
}

// Two conditions; products of another type than the values; more dimensions.
// CHECK-LABEL: @other_near_misses
func.func @other_near_misses(%x: tensor<4x8x8xf32>, %h: tensor<4x8x8xf16>, %m: tensor<8x8xi1>,
                             %five: tensor<1x1x1x8x8xf32>)
    -> (tensor<4x8x8xf32>, tensor<4x8x8xf32>, tensor<1x1x1x8x8xf32>) {
  // CHECK-NOT: "Attention"
  // REMARK-DAG: node 'two' is not part of Attention: two masks choose
  // REMARK-DAG: node 'types' is not part of Attention: queries, keys and values have different types
  // REMARK-DAG: node 'five' is not part of Attention: queries, keys and values do not have two to four dimensions, each as many
  %low = onnx.constant dense<-1.0e4> : tensor<f32> : tensor<f32>
  %0 = onnx.node "MatMul"(%x, %x) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %1 = onnx.node "Where"(%m, %0, %low) {id = "m0", opset = 27 : i64} attributes {}
      : (tensor<8x8xi1>, tensor<4x8x8xf32>, tensor<f32>) -> tensor<4x8x8xf32>
  %2 = onnx.node "Where"(%m, %low, %1) {id = "m1", opset = 27 : i64} attributes {}
      : (tensor<8x8xi1>, tensor<f32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %3 = onnx.node "Softmax"(%2) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %4 = onnx.node "MatMul"(%3, %x) {id = "two", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %5 = onnx.node "MatMul"(%h, %h) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf16>, tensor<4x8x8xf16>) -> tensor<4x8x8xf16>
  %6 = onnx.node "Cast"(%5) {id = "c1", opset = 27 : i64} attributes {to = 1 : i64}
      : (tensor<4x8x8xf16>) -> tensor<4x8x8xf32>
  %7 = onnx.node "Softmax"(%6) {id = "w1", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %8 = onnx.node "MatMul"(%7, %x) {id = "types", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %9 = onnx.node "MatMul"(%five, %five) {id = "s2", opset = 27 : i64} attributes {}
      : (tensor<1x1x1x8x8xf32>, tensor<1x1x1x8x8xf32>) -> tensor<1x1x1x8x8xf32>
  %10 = onnx.node "Softmax"(%9) {id = "w2", opset = 27 : i64} attributes {}
      : (tensor<1x1x1x8x8xf32>) -> tensor<1x1x1x8x8xf32>
  %11 = onnx.node "MatMul"(%10, %five) {id = "five", opset = 27 : i64} attributes {}
      : (tensor<1x1x1x8x8xf32>, tensor<1x1x1x8x8xf32>) -> tensor<1x1x1x8x8xf32>
  return %4, %8, %11 : tensor<4x8x8xf32>, tensor<4x8x8xf32>, tensor<1x1x1x8x8xf32>
}

// Two layers with learnt weights, and a softmax between them.
// CHECK-LABEL: @weights
func.func @weights(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NOT: "Attention"
  // REMARK-DAG: node 'layer' is not part of Attention: its keys or values are weights
  %w = onnx.constant dense<2.0> : tensor<8x8xf32> : tensor<8x8xf32>
  %0 = onnx.node "MatMul"(%x, %w) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  %1 = onnx.node "Softmax"(%0) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = onnx.node "MatMul"(%1, %w) {id = "layer", opset = 27 : i64} attributes {}
      : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// What is different: scores pass a sine, the softmax is over another
// dimension, something else reads the weights, keys have fewer dimensions, and
// the batch of the values is repeated.
// CHECK-LABEL: @near_misses
func.func @near_misses(%x: tensor<2x4x8x8xf32>, %z: tensor<4x8x8xf32>, %y: tensor<8x8xf32>, %one: tensor<1x4x8x8xf32>)
    -> (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>,
        tensor<2x4x8x8xf32>, tensor<4x8x8xf32>, tensor<2x4x8x8xf32>) {
  // CHECK-NOT: "Attention"
  // REMARK-DAG: node 'bent' is not part of Attention: the softmax is of 'Sin', not of a product of queries and keys with masks
  // REMARK-DAG: node 'rows' is not part of Attention: the softmax is not over the last dimension
  // REMARK-DAG: node 'read' is not part of Attention: other nodes read scores or weights
  // REMARK-DAG: node 'fewer' is not part of Attention: queries, keys and values do not have two to four dimensions, each as many
  // REMARK-DAG: node 'repeated' is not part of Attention: queries, keys and values have different batches or heads
  %0 = onnx.node "MatMul"(%x, %x) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %1 = onnx.node "Sin"(%0) {id = "sine", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %2 = onnx.node "Softmax"(%1) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %3 = onnx.node "MatMul"(%2, %x) {id = "bent", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %4 = onnx.node "Softmax"(%0) {id = "w1", opset = 27 : i64} attributes {axis = 2 : i64}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %5 = onnx.node "MatMul"(%4, %x) {id = "rows", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %6 = onnx.node "MatMul"(%x, %x) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %7 = onnx.node "Softmax"(%6) {id = "w2", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %8 = onnx.node "MatMul"(%7, %x) {id = "read", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %9 = onnx.node "MatMul"(%z, %y) {id = "s2", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<8x8xf32>) -> tensor<4x8x8xf32>
  %10 = onnx.node "Softmax"(%9) {id = "w3", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %11 = onnx.node "MatMul"(%10, %z) {id = "fewer", opset = 27 : i64} attributes {}
      : (tensor<4x8x8xf32>, tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  %12 = onnx.node "MatMul"(%x, %x) {id = "s3", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %13 = onnx.node "Softmax"(%12) {id = "w4", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %14 = onnx.node "MatMul"(%13, %one) {id = "repeated", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  return %3, %5, %7, %8, %11, %14 : tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>,
      tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>, tensor<4x8x8xf32>, tensor<2x4x8x8xf32>
}

// A mask that is larger than the scores. One for each head: those that share keys
// differ.
// CHECK-LABEL: @masks
func.func @masks(%x: tensor<1x4x8x8xf32>, %k: tensor<1x2x8x8xf32>,
                 %large: tensor<2x4x8x8xf32>, %heads: tensor<1x4x8x8xf32>)
    -> (tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  // REMARK-DAG: node 'large' is not part of Attention: the mask has more elements than the scores
  // CHECK: %[[K:.*]] = onnx.node "Reshape"
  // CHECK: onnx.node "Attention"(%{{.*}}, %[[K]], %[[K]], %{{.*}}) {id = "heads"
  %many = onnx.constant dense<[1, 2, 2, 8, 8]> : tensor<5xi64> : tensor<5xi64>
  %all = onnx.constant dense<[1, 4, 8, 8]> : tensor<4xi64> : tensor<4xi64>
  %axis = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "MatMul"(%x, %x) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = onnx.node "Add"(%large, %0) {id = "m0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %2 = onnx.node "Softmax"(%1) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %3 = onnx.node "MatMul"(%2, %x) {id = "large", opset = 27 : i64} attributes {}
      : (tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %4 = onnx.node "Unsqueeze"(%k, %axis) {id = "k0", opset = 27 : i64} attributes {}
      : (tensor<1x2x8x8xf32>, tensor<1xi64>) -> tensor<1x2x1x8x8xf32>
  %5 = onnx.node "Expand"(%4, %many) {id = "k1", opset = 27 : i64} attributes {}
      : (tensor<1x2x1x8x8xf32>, tensor<5xi64>) -> tensor<1x2x2x8x8xf32>
  %6 = onnx.node "Reshape"(%5, %all) {id = "k2", opset = 27 : i64} attributes {}
      : (tensor<1x2x2x8x8xf32>, tensor<4xi64>) -> tensor<1x4x8x8xf32>
  %7 = onnx.node "Transpose"(%6) {id = "k3", opset = 27 : i64}
      attributes {perm = array<i64: 0, 1, 3, 2>}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %8 = onnx.node "MatMul"(%x, %7) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %9 = onnx.node "Add"(%8, %heads) {id = "m1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %10 = onnx.node "Softmax"(%9) {id = "w1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %11 = onnx.node "MatMul"(%10, %6) {id = "heads", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %3, %11 : tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32>
}

// One head of keys for all, which the products repeat, and a mask for each head
// of the queries; a mask of unknown rank.
// CHECK-LABEL: @more_masks
func.func @more_masks(%x: tensor<1x4x8x8xf32>, %k: tensor<1x1x8x8xf32>,
                      %heads: tensor<1x4x8x8xf32>, %any: tensor<*xf32>)
    -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  // CHECK-NOT: "Attention"
  // REMARK-DAG: node 'each' is not part of Attention: heads share keys, and each has a mask
  // REMARK-DAG: node 'any' is not part of Attention: the rank of the mask is not known
  %0 = onnx.node "MatMul"(%x, %k) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = onnx.node "Add"(%0, %heads) {id = "m0", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = onnx.node "Softmax"(%1) {id = "w0", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = onnx.node "MatMul"(%2, %k) {id = "each", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = onnx.node "MatMul"(%x, %x) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = onnx.node "Add"(%4, %any) {id = "m1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<*xf32>) -> tensor<1x4x8x8xf32>
  %6 = onnx.node "Softmax"(%5) {id = "w1", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %7 = onnx.node "MatMul"(%6, %x) {id = "any", opset = 27 : i64} attributes {}
      : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %3, %7 : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>
}
