// RUN: garam-opt %s --onnx-raise | FileCheck %s
// RUN: garam-opt %s --onnx-raise --remarks-filter=onnx-raise -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Gelu as TorchScript writes it: divided by the root of 2, halved at the end.
// CHECK-LABEL: @gelu(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Gelu"(%[[X]])
  // CHECK-SAME: id = "mul1"
  // CHECK-SAME: origin = ["mul1", "Mul", 27]
  // CHECK-SAME: attributes {approximate = "none"}
  // CHECK-NEXT: return %[[Y]]
  // REMARK-DAG: remark: [Passed] raised | Category:onnx-raise | Remark="nodes up to 'mul1' are Gelu"
  %root = onnx.constant dense<1.41421354> : tensor<f32> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Div"(%x, %root) {id = "div", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.node "Erf"(%0) {id = "erf", opset = 27 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Add"(%1, %one) {id = "add", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = onnx.node "Mul"(%x, %2) {id = "mul0", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = onnx.node "Mul"(%3, %half) {id = "mul1", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// The approximation: a cube as a power, and the tensor itself a product.
// CHECK-LABEL: @gelu_tanh(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>
func.func @gelu_tanh(%a: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[X:.*]] = onnx.node "Mul"(%[[A]], %[[A]])
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Gelu"(%[[X]])
  // CHECK-SAME: attributes {approximate = "tanh"}
  // CHECK-NEXT: return %[[Y]]
  %three = onnx.constant dense<3.0> : tensor<f32> : tensor<f32>
  %cubic = onnx.constant dense<0.044715> : tensor<f32> : tensor<f32>
  %slope = onnx.constant dense<0.797884583> : tensor<f32> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %x = onnx.node "Mul"(%a, %a) {id = "x", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %0 = onnx.node "Pow"(%x, %three) {id = "pow", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.node "Mul"(%cubic, %0) {id = "m0", opset = 27 : i64} attributes {}
      : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Add"(%x, %1) {id = "a0", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = onnx.node "Mul"(%2, %slope) {id = "m1", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = onnx.node "Tanh"(%3) {id = "tanh", opset = 27 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<4xf32>
  %5 = onnx.node "Add"(%one, %4) {id = "a1", opset = 27 : i64} attributes {}
      : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %6 = onnx.node "Mul"(%x, %half) {id = "m2", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = onnx.node "Mul"(%6, %5) {id = "m3", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// A gate, which another product goes on with (SwiGLU).
// CHECK-LABEL: @swish(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[UP:.*]]: tensor<4xf32>
func.func @swish(%x: tensor<4xf32>, %up: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "Swish"(%[[X]])
  // CHECK-SAME: attributes {alpha = 1.000000e+00 : f32}
  // CHECK-NEXT: onnx.node "Mul"(%[[Y]], %[[UP]])
  %0 = onnx.node "Sigmoid"(%x) {id = "sigmoid", opset = 27 : i64}
      attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.node "Mul"(%x, %0) {id = "silu", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Mul"(%1, %up) {id = "gated", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// The sigmoid of another tensor is no activation, and no near miss.
// CHECK-LABEL: @gate
func.func @gate(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: onnx.node "Sigmoid"
  // CHECK-NEXT: onnx.node "Mul"
  %0 = onnx.node "Sigmoid"(%y) {id = "sigmoid", opset = 27 : i64}
      attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.node "Mul"(%x, %0) {id = "gate", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// Gelu without the factor of a half, and with another argument.
// CHECK-LABEL: @no_gelu
func.func @no_gelu(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NOT: Gelu
  // REMARK-DAG: [Missed] near-miss | Category:onnx-raise | Remark="node 'whole' is not part of Gelu: the product has the factor 1, needed is 0.5
  // REMARK-DAG: [Missed] near-miss | Category:onnx-raise | Remark="node 'halved' is not part of Gelu: the argument of Erf is 0.8 x, needed is 0.7071 x
  %factor = onnx.constant dense<0.707106769> : tensor<f32> : tensor<f32>
  %other = onnx.constant dense<0.8> : tensor<f32> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %factor) {id = "m0", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.node "Erf"(%0) {id = "erf0", opset = 27 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Add"(%1, %one) {id = "a0", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = onnx.node "Mul"(%x, %2) {id = "whole", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = onnx.node "Mul"(%x, %other) {id = "m1", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = onnx.node "Erf"(%4) {id = "erf1", opset = 27 : i64} attributes {}
      : (tensor<4xf32>) -> tensor<4xf32>
  %6 = onnx.node "Add"(%5, %one) {id = "a1", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = onnx.node "Mul"(%x, %half) {id = "m2", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %8 = onnx.node "Mul"(%7, %6) {id = "halved", opset = 27 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %3, %8 : tensor<4xf32>, tensor<4xf32>
}

// LayerNormalization with what is centred computed once, scale and bias.
// CHECK-LABEL: @layer_norm(
// CHECK-SAME: %[[X:.*]]: tensor<2x3x8xf32>, %[[S:.*]]: tensor<8xf32>, %[[B:.*]]: tensor<8xf32>
func.func @layer_norm(%x: tensor<2x3x8xf32>, %s: tensor<8xf32>,
                      %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "LayerNormalization"(%[[X]], %[[S]], %[[B]])
  // CHECK-SAME: id = "biased"
  // CHECK-SAME: attributes {axis = 2 : i64, epsilon = 9.99999974E-6 : f32, stash_type = 1 : i64}
  // CHECK-NEXT: return %[[Y]]
  %axes = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %two = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %e = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %0 = onnx.node "ReduceMean"(%x, %axes) {id = "mean", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<2x3x8xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  %1 = onnx.node "Sub"(%x, %0) {id = "centred", opset = 27 : i64} attributes {}
      : (tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
  %2 = onnx.node "Pow"(%1, %two) {id = "square", opset = 27 : i64} attributes {}
      : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3x8xf32>
  %3 = onnx.node "ReduceMean"(%2, %axes) {id = "var", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<2x3x8xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  %4 = onnx.node "Add"(%3, %e) {id = "eps", opset = 27 : i64} attributes {}
      : (tensor<2x3x1xf32>, tensor<f32>) -> tensor<2x3x1xf32>
  %5 = onnx.node "Sqrt"(%4) {id = "root", opset = 27 : i64} attributes {}
      : (tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
  %6 = onnx.node "Div"(%1, %5) {id = "norm", opset = 27 : i64} attributes {}
      : (tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
  %7 = onnx.node "Mul"(%6, %s) {id = "scaled", opset = 27 : i64} attributes {}
      : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  %8 = onnx.node "Add"(%7, %b) {id = "biased", opset = 27 : i64} attributes {}
      : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  return %8 : tensor<2x3x8xf32>
}

// RMSNormalization with a reciprocal, and without a scale: one of ones.
// CHECK-LABEL: @rms_norm(
// CHECK-SAME: %[[X:.*]]: tensor<3x8xf32>
func.func @rms_norm(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // CHECK-NEXT: %[[ONES:.*]] = onnx.constant dense<1.000000e+00> : tensor<8xf32>
  // CHECK-NEXT: %[[Y:.*]] = onnx.node "RMSNormalization"(%[[X]], %[[ONES]])
  // CHECK-NEXT: return %[[Y]]
  %axes = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %e = onnx.constant dense<1.0e-6> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %x) {id = "square", opset = 27 : i64} attributes {}
      : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %1 = onnx.node "ReduceMean"(%0, %axes) {id = "mean", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<3x8xf32>, tensor<1xi64>) -> tensor<3x1xf32>
  %2 = onnx.node "Add"(%e, %1) {id = "eps", opset = 27 : i64} attributes {}
      : (tensor<f32>, tensor<3x1xf32>) -> tensor<3x1xf32>
  %3 = onnx.node "Sqrt"(%2) {id = "root", opset = 27 : i64} attributes {}
      : (tensor<3x1xf32>) -> tensor<3x1xf32>
  %4 = onnx.node "Reciprocal"(%3) {id = "inverse", opset = 27 : i64}
      attributes {} : (tensor<3x1xf32>) -> tensor<3x1xf32>
  %5 = onnx.node "Mul"(%x, %4) {id = "norm", opset = 27 : i64} attributes {}
      : (tensor<3x8xf32>, tensor<3x1xf32>) -> tensor<3x8xf32>
  return %5 : tensor<3x8xf32>
}

// A mean over channels that are not last.
// CHECK-LABEL: @channels_first
func.func @channels_first(%x: tensor<3x8x5xf32>) -> tensor<3x8x5xf32> {
  // CHECK: "Sqrt"
  // REMARK-DAG: node 'channels' is not part of a normalisation: the mean is over dimensions that are not the last
  %axes = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %e = onnx.constant dense<1.0e-6> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %x) {id = "square", opset = 27 : i64} attributes {}
      : (tensor<3x8x5xf32>, tensor<3x8x5xf32>) -> tensor<3x8x5xf32>
  %1 = onnx.node "ReduceMean"(%0, %axes) {id = "mean", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<3x8x5xf32>, tensor<1xi64>) -> tensor<3x1x5xf32>
  %2 = onnx.node "Add"(%1, %e) {id = "eps", opset = 27 : i64} attributes {}
      : (tensor<3x1x5xf32>, tensor<f32>) -> tensor<3x1x5xf32>
  %3 = onnx.node "Sqrt"(%2) {id = "channels", opset = 27 : i64} attributes {}
      : (tensor<3x1x5xf32>) -> tensor<3x1x5xf32>
  %4 = onnx.node "Div"(%x, %3) {id = "norm", opset = 27 : i64} attributes {}
      : (tensor<3x8x5xf32>, tensor<3x1x5xf32>) -> tensor<3x8x5xf32>
  return %4 : tensor<3x8x5xf32>
}

// Another tensor is divided by the root than the one that was squared; a mean
// over a dimension of unknown size; one that drops it.
// CHECK-LABEL: @near_misses
func.func @near_misses(%x: tensor<8xf32>, %y: tensor<8xf32>, %z: tensor<?xf32>)
    -> (tensor<8xf32>, tensor<?xf32>, tensor<8xf32>) {
  // CHECK-COUNT-3: "Sqrt"
  // REMARK-DAG: node 'others' is not part of a normalisation: what the root divides is not what was squared
  // REMARK-DAG: node 'unknown' is not part of a normalisation: the mean is over dimensions of unknown size
  // REMARK-DAG: node 'dropped' is not part of a normalisation: the mean drops its dimensions, or they are not known
  %axes = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %e = onnx.constant dense<1.0e-6> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %x) {id = "s0", opset = 27 : i64} attributes {}
      : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %1 = onnx.node "ReduceMean"(%0, %axes) {id = "r0", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<8xf32>, tensor<1xi64>) -> tensor<1xf32>
  %2 = onnx.node "Add"(%1, %e) {id = "e0", opset = 27 : i64} attributes {}
      : (tensor<1xf32>, tensor<f32>) -> tensor<1xf32>
  %3 = onnx.node "Sqrt"(%2) {id = "others", opset = 27 : i64} attributes {}
      : (tensor<1xf32>) -> tensor<1xf32>
  %4 = onnx.node "Div"(%y, %3) {id = "q0", opset = 27 : i64} attributes {}
      : (tensor<8xf32>, tensor<1xf32>) -> tensor<8xf32>
  %5 = onnx.node "Mul"(%z, %z) {id = "s1", opset = 27 : i64} attributes {}
      : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %6 = onnx.node "ReduceMean"(%5, %axes) {id = "r1", opset = 27 : i64}
      attributes {keepdims = 1 : i64}
      : (tensor<?xf32>, tensor<1xi64>) -> tensor<1xf32>
  %7 = onnx.node "Add"(%6, %e) {id = "e1", opset = 27 : i64} attributes {}
      : (tensor<1xf32>, tensor<f32>) -> tensor<1xf32>
  %8 = onnx.node "Sqrt"(%7) {id = "unknown", opset = 27 : i64} attributes {}
      : (tensor<1xf32>) -> tensor<1xf32>
  %9 = onnx.node "Div"(%z, %8) {id = "q1", opset = 27 : i64} attributes {}
      : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
  %10 = onnx.node "ReduceMean"(%0, %axes) {id = "r2", opset = 27 : i64}
      attributes {keepdims = 0 : i64}
      : (tensor<8xf32>, tensor<1xi64>) -> tensor<f32>
  %11 = onnx.node "Add"(%10, %e) {id = "e2", opset = 27 : i64} attributes {}
      : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %12 = onnx.node "Sqrt"(%11) {id = "dropped", opset = 27 : i64} attributes {}
      : (tensor<f32>) -> tensor<f32>
  %13 = onnx.node "Div"(%x, %12) {id = "q2", opset = 27 : i64} attributes {}
      : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %4, %9, %13 : tensor<8xf32>, tensor<?xf32>, tensor<8xf32>
}

// Operator set 13 has no Swish: what is converted to the newest one has it.
// CHECK-LABEL: @older_operator_set
func.func @older_operator_set(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NOT: Swish
  // REMARK-DAG: node 'old' is not part of Swish: it is not in operator set 13
  %0 = onnx.node "Sigmoid"(%x) {id = "sigmoid", opset = 13 : i64}
      attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.node "Mul"(%x, %0) {id = "old", opset = 13 : i64} attributes {}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// What dynamic quantisation writes stays as it is, and a remark says why.
// CHECK-LABEL: @product_of_bytes
func.func @product_of_bytes(%a: tensor<2x3xui8>, %b: tensor<3x4xui8>, %s: tensor<f32>) -> tensor<2x4xf32> {
  // CHECK-NEXT: onnx.node "MatMulInteger"
  // CHECK-NEXT: onnx.node "Cast"
  // CHECK-NEXT: onnx.node "Mul"
  // REMARK-DAG: node 'scaled' is not part of a product to raise: MatMulInteger, Cast and Mul are one of bytes as they are
  %0 = onnx.node "MatMulInteger"(%a, %b) {id = "product", opset = 27 : i64} attributes {}
      : (tensor<2x3xui8>, tensor<3x4xui8>) -> tensor<2x4xi32>
  %1 = onnx.node "Cast"(%0) {id = "cast", opset = 27 : i64} attributes {to = 1 : i64}
      : (tensor<2x4xi32>) -> tensor<2x4xf32>
  %2 = onnx.node "Mul"(%1, %s) {id = "scaled", opset = 27 : i64} attributes {}
      : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
