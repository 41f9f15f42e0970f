// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file -verify-diagnostics

// What the attention and the rotation that onnx-raise makes cannot be.

// What a decomposition takes does not come here.
func.func @past(%q: tensor<2x4x8x16xf32>, %m: tensor<8x8xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): takes no known keys and values}}
  %0 = onnx.node "Attention"(%q, %q, %q, %m, %q) {id = "a", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// Nor does such an attribute.
func.func @causal(%q: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): attribute 'is_causal' is not supported}}
  %0 = onnx.node "Attention"(%q, %q, %q) {id = "a", opset = 27 : i64} attributes {is_causal = 1 : i64} : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// As many keys as values.
func.func @positions(%q: tensor<2x4x8x16xf32>, %v: tensor<2x4x7x16xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): sizes differ: 8 of 'tensor<2x4x8x16xf32>' and 7 of 'tensor<2x4x7x16xf32>'}}
  %0 = onnx.node "Attention"(%q, %q, %v) {id = "a", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x7x16xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// Each head of the keys belongs to equally many of the queries.
func.func @heads(%q: tensor<2x4x8x16xf32>, %k: tensor<2x3x8x16xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): the heads of 'tensor<2x3x8x16xf32>' do not divide those of 'tensor<2x4x8x16xf32>'}}
  %0 = onnx.node "Attention"(%q, %k, %k) {id = "a", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<2x3x8x16xf32>, tensor<2x3x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// A mask of another size.
func.func @mask(%q: tensor<2x4x8x16xf32>, %m: tensor<7xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): mask 'tensor<7xf32>' does not fit 'tensor<2x4x8x8xf32>'}}
  %0 = onnx.node "Attention"(%q, %q, %q, %m) {id = "a", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<7xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// Heads that share keys have one mask.
func.func @masks(%q: tensor<2x4x8x16xf32>, %k: tensor<2x2x8x16xf32>, %m: tensor<4x8x8xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'a' (Attention, opset 27): a mask of each head, where these share keys}}
  %0 = onnx.node "Attention"(%q, %k, %k, %m) {id = "a", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<2x2x8x16xf32>, tensor<2x2x8x16xf32>, tensor<4x8x8xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// Tables are of the width of what is rotated, or of half of it.
func.func @table(%x: tensor<2x4x8x16xf32>, %c: tensor<8x16xf32>, %s: tensor<8x4xf32>) -> tensor<2x4x8x16xf32> {
  // expected-error @+1 {{node 'r' (RotaryEmbedding, opset 27): table 'tensor<8x4xf32>' does not fit 'tensor<2x4x8x16xf32>'}}
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %s) {id = "r", opset = 27 : i64} attributes {} : (tensor<2x4x8x16xf32>, tensor<8x16xf32>, tensor<8x4xf32>) -> tensor<2x4x8x16xf32>
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// Elements are turned in pairs.
func.func @odd(%x: tensor<8x15xf32>, %c: tensor<8x15xf32>) -> tensor<8x15xf32> {
  // expected-error @+1 {{node 'r' (RotaryEmbedding, opset 27): the width of 'tensor<8x15xf32>' is odd}}
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %c) {id = "r", opset = 27 : i64} attributes {} : (tensor<8x15xf32>, tensor<8x15xf32>, tensor<8x15xf32>) -> tensor<8x15xf32>
  return %0 : tensor<8x15xf32>
}

// -----

// What ONNX's operator has besides its decomposition takes.
func.func @part(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  // expected-error @+1 {{node 'r' (RotaryEmbedding, opset 27): attribute 'rotary_embedding_dim' is not supported}}
  %0 = onnx.node "RotaryEmbedding"(%x, %x, %x) {id = "r", opset = 27 : i64} attributes {rotary_embedding_dim = 8 : i64} : (tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

func.func @positions(%x: tensor<8x16xf32>, %p: tensor<1x8xi64>) -> tensor<8x16xf32> {
  // expected-error @+1 {{node 'r' (RotaryEmbedding, opset 27): takes no positions}}
  %0 = onnx.node "RotaryEmbedding"(%x, %x, %x, %p) {id = "r", opset = 27 : i64} attributes {} : (tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x16xf32>, tensor<1x8xi64>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}
