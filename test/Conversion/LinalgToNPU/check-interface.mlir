// RUN: garam-opt --npu-check-interface=target=warboy --verify-diagnostics --split-input-file %s
// RUN: garam-opt --npu-check-interface=target=atom --split-input-file %s | FileCheck %s

// A machine with float types takes all of these.
// CHECK: func.func @between
// CHECK: func.func @edges
// CHECK: func.func @chain
// CHECK: func.func @initial
// CHECK: func.func @passes_through

// Floats between integers are requantisation, also where the weights are
// dequantised constants.
func.func @between(%x: tensor<4x4xi8>) -> tensor<4x4xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = arith.constant dense<1> : tensor<4x4xi8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %s : tensor<4x4xi8>, tensor<f32> -> tensor<4x4xf32>
  %fw = garam_ext.dequantize %w scale %s : tensor<4x4xi8>, tensor<f32> -> tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = garam_ext.quantize %m scale %s : tensor<4x4xf32>, tensor<f32> -> tensor<4x4xi8>
  return %y : tensor<4x4xi8>
}

// -----

// A float argument is quantised and a float result dequantised elsewhere.
func.func @edges(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  // expected-error @+1 {{'warboy' has no floats in its memories, and here float tensors would enter or leave it; place the QuantizeLinear of a float input and the DequantizeLinear of a float result on the host}}
  %q = garam_ext.quantize %x scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  // expected-error @+1 {{'warboy' has no floats in its memories}}
  %y = garam_ext.dequantize %q scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Without the second operation the first would yield the floats, and so on: all
// that they pass through is refused.
func.func @chain(%x: tensor<4xi8>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-error @+1 {{'warboy' has no floats in its memories}}
  %f = garam_ext.dequantize %x scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  // expected-error @+1 {{float tensors would enter or leave it; quantise the model to int8, with the QuantizeLinear of a float input and the DequantizeLinear of a float result on the host}}
  %a = linalg.abs ins(%f : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @+1 {{'warboy' has no floats in its memories}}
  %b = linalg.negf ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}

// -----

// Initial values that two operations happen to share do not join them: only the
// one whose result leaves is refused.
func.func @initial(%x: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %e = tensor.empty() : tensor<4xf32>
  %f = garam_ext.dequantize %x scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %a = linalg.abs ins(%f : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y = garam_ext.quantize %a scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  // expected-error @+1 {{'warboy' has no floats in its memories}}
  %g = garam_ext.dequantize %x scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  // expected-error @+1 {{'warboy' has no floats in its memories}}
  %b = linalg.negf ins(%g : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %y, %b : tensor<4xi8>, tensor<4xf32>
}

// -----

// What the device has nothing to do with is no matter to it.
func.func @passes_through(%x: tensor<4xf32>, %i: tensor<4xi8>) -> (tensor<4xf32>, tensor<4xi8>) {
  return %x, %i : tensor<4xf32>, tensor<4xi8>
}
