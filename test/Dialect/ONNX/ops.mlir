// RUN: garam-opt %s | garam-opt | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// A node has operands, results, its identity and ONNX's attributes.
// CHECK-LABEL: func.func @node(
// CHECK-SAME:    %[[X:.+]]: tensor<?x8xf32> {onnx.dims = ["N", ""], onnx.name = "x"})
// CHECK-SAME:    -> (tensor<?x8xf32> {onnx.name = "y"})
func.func @node(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["N", ""]})
    -> (tensor<?x8xf32> {onnx.name = "y"}) {
  // CHECK: onnx.node "Relu"(%[[X]]) {id = "relu1", opset = 27 : i64} attributes {}
  // CHECK-SAME: : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = onnx.node "Relu"(%x) {id = "relu1", opset = 27 : i64} attributes {}
      : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// All kinds of attributes, an operator of another domain, an omitted input and
// an omitted output.
// CHECK-LABEL: func.func @attributes
func.func @attributes(%x: tensor<4xf32>) -> tensor<*xf32> {
  // CHECK: %[[NONE:.+]] = onnx.none : none
  %none = onnx.none : none
  // CHECK: onnx.node "Thing"(%{{.+}}, %[[NONE]], %{{.+}}) {domain = "my.domain", id = "thing", opset = 1 : i64}
  // CHECK-SAME: attributes {d = array<f32: 1.000000e+00, 2.000000e+00>, f = 5.000000e-01 : f32,
  // CHECK-SAME: i = -3 : i64, n = array<i64: 1, 2>, s = "text", t = dense<1> : tensor<2xi8>,
  // CHECK-SAME: texts = ["a", "b"], type = tensor<4xf16>}
  // CHECK-SAME: : (tensor<4xf32>, none, tensor<4xf32>) -> (tensor<*xf32>, none, tensor<ui8>)
  %y:3 = onnx.node "Thing"(%x, %none, %x) {domain = "my.domain", id = "thing", opset = 1 : i64}
      attributes {i = -3 : i64, f = 0.5 : f32, s = "text", n = array<i64: 1, 2>,
                  d = array<f32: 1.0, 2.0>, texts = ["a", "b"],
                  t = dense<1> : tensor<2xi8>, type = tensor<4xf16>}
      : (tensor<4xf32>, none, tensor<4xf32>) -> (tensor<*xf32>, none, tensor<ui8>)
  return %y#0 : tensor<*xf32>
}

// A weight is a resource, a small constant is not.
// CHECK-LABEL: func.func @constants
func.func @constants() -> (tensor<2xf32>, tensor<3xi64>) {
  // CHECK: onnx.constant dense_resource<w> : tensor<2xf32> {name = "w"} : tensor<2xf32>
  %w = onnx.constant dense_resource<w> : tensor<2xf32> {name = "w"} : tensor<2xf32>
  // CHECK: onnx.constant dense<[1, 2, 3]> : tensor<3xi64> : tensor<3xi64>
  %c = onnx.constant dense<[1, 2, 3]> : tensor<3xi64> : tensor<3xi64>
  return %w, %c : tensor<2xf32>, tensor<3xi64>
}

// The bodies of an If use values from outside and yield theirs.
// CHECK-LABEL: func.func @bodies
// CHECK-SAME: %[[COND:.+]]: tensor<i1>, %[[X:.+]]: tensor<4xf32>
func.func @bodies(%cond: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: onnx.node "If"(%[[COND]]) {id = "if", opset = 27 : i64} attributes {} {
  // CHECK:   onnx.node "Neg"(%[[X]])
  // CHECK:   onnx.yield %{{.+}} : tensor<4xf32>
  // CHECK: }, {
  // CHECK:   onnx.yield %[[X]] : tensor<4xf32>
  // CHECK: } : (tensor<i1>) -> tensor<4xf32>
  %y = onnx.node "If"(%cond) {id = "if", opset = 27 : i64} attributes {} {
    %n = onnx.node "Neg"(%x) {id = "neg", opset = 27 : i64} attributes {}
        : (tensor<4xf32>) -> tensor<4xf32>
    onnx.yield %n : tensor<4xf32>
  }, {
    onnx.yield %x : tensor<4xf32>
  } : (tensor<i1>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x010000000000803f00000040"
    }
  }
#-}
