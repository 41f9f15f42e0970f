// RUN: garam-opt %s --split-input-file --verify-diagnostics

// (C1) An operator has a name.
func.func @c1_op_type(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C1) has an empty op_type}}
  %y = onnx.node ""(%x) {id = "a", opset = 27 : i64} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// (C1) A node has an id.
func.func @c1_id(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C1) has an empty id}}
  %y = onnx.node "Relu"(%x) {id = "", opset = 27 : i64} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// (C1) Operator sets are counted from 1.
func.func @c1_opset(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C1) has opset -2, which is not positive}}
  %y = onnx.node "Relu"(%x) {id = "a", opset = -2 : i64} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// (C2) ONNX's integers have 64 bits.
func.func @c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C2) attribute 'axis' is of no kind that ONNX has: 1 : i32}}
  %y = onnx.node "Softmax"(%x) {id = "a", opset = 27 : i64} attributes {axis = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// (C3) Operands are tensors.
func.func @c3_operand(%x: f32) {
  // expected-error@+1 {{'onnx.node' op (C3) has an operand of type 'f32'}}
  %y = onnx.node "Relu"(%x) {id = "a", opset = 27 : i64} attributes {} : (f32) -> tensor<4xf32>
  return
}

// -----

// (C3) Results are tensors.
func.func @c3_result(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C3) has a result of type 'index'}}
  %y = onnx.node "Relu"(%x) {id = "a", opset = 27 : i64} attributes {} : (tensor<4xf32>) -> index
  return
}

// -----

// (C4) A body ends in a yield.
func.func @c4(%cond: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.node' op (C4) body #1 is not one block that ends in onnx.yield}}
  %y = onnx.node "If"(%cond) {id = "a", opset = 27 : i64} attributes {} {
    onnx.yield %x : tensor<4xf32>
  }, {
    %z = onnx.none : none
  } : (tensor<i1>) -> tensor<4xf32>
  return
}

// -----

// A yield outside of a node yields to nobody.
func.func @yield(%x: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.yield' op expects parent op 'onnx.node'}}
  onnx.yield %x : tensor<4xf32>
}

// -----

// (C1) The value of a constant has its type.
func.func @constant_type() {
  // expected-error@+1 {{'onnx.constant' op (C1) has a value of type 'tensor<2xi64>' and a result of type 'tensor<2xi32>'}}
  %c = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi32>
  return
}

// -----

// (C2) No name is not an empty name.
func.func @constant_name() {
  // expected-error@+1 {{'onnx.constant' op (C2) has an empty name}}
  %c = onnx.constant dense<[1, 2]> : tensor<2xi64> {name = ""} : tensor<2xi64>
  return
}

// -----

// expected-error@+1 {{'builtin.module' op attribute 'onnx.opset' must be a positive integer, got: 0 : i64}}
module attributes {onnx.opset = 0 : i64} {}

// -----

// expected-error@+1 {{'builtin.module' op attribute 'onnx.model' must be a string, got: 7 : i64}}
module attributes {onnx.model = 7 : i64} {}

// -----

// expected-error@+1 {{'func.func' op attribute 'onnx.name' must be a name, got: ""}}
func.func @argument_name(%x: tensor<4xf32> {onnx.name = ""}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op attribute 'onnx.name' must be a name, got: 1 : i64}}
func.func @result_name(%x: tensor<4xf32>) -> (tensor<4xf32> {onnx.name = 1 : i64}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op attribute 'onnx.dims' must be an array of strings, got: [1]}}
func.func @dims_kind(%x: tensor<?xf32> {onnx.dims = [1]}) {
  return
}

// -----

// Each dimension has a name, if an empty one.
// expected-error@+1 {{'func.func' op attribute 'onnx.dims' names 1 dimensions of an argument of type 'tensor<?x4xf32>'}}
func.func @dims_rank(%x: tensor<?x4xf32> {onnx.dims = ["N"]}) {
  return
}

// -----

// A fixed dimension has no name.
// expected-error@+1 {{'func.func' op attribute 'onnx.dims' names dimension 1 'M', which is fixed in 'tensor<?x4xf32>'}}
func.func @dims_fixed(%x: tensor<?x4xf32> {onnx.dims = ["N", "M"]}) {
  return
}

// -----

func.func @bad_origin(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{(C5) origin is a name, an operator and a positive opset, got: ["b", "Relu", 0]}}
  %y = onnx.node "Relu"(%x) {id = "a", opset = 27 : i64, origin = ["b", "Relu", 0]} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @short_origin(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{(C5) origin is a name, an operator and a positive opset, got: ["b"]}}
  %y = onnx.node "Relu"(%x) {id = "a", opset = 27 : i64, origin = ["b"]} attributes {} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @sizes() {
  // expected-error@+1 {{'onnx.sizes' op (C1) has the map affine_map<()[s0] -> (s0)> for the elements of 'tensor<2xi64>'}}
  %0 = onnx.sizes affine_map<()[n] -> (n)> : tensor<2xi64>
  return
}

// -----

func.func @counted_sizes(%x: tensor<?xf32>) {
  // expected-error@+1 {{'onnx.sizes' op (C1) has the map affine_map<(d0) -> (d0)> for the elements of 'tensor<1xi64>'}}
  %0 = onnx.sizes affine_map<(n) -> (n)> of %x dims [1] : (tensor<?xf32>) -> tensor<1xi64>
  return
}
