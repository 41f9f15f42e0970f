// RUN: garam-opt %s --hetero-hoist-quantization | FileCheck %s

// An input that is only quantised, and an output that was dequantised, cross
// the boundary quantised.
// CHECK-LABEL: func.func @both
// CHECK-SAME: (%[[Q:.+]]: tensor<4xi8> {hetero.quantization = {is_unsigned, scale = 5.000000e-01 : f32, zero_point = 200 : i64}})
// CHECK-SAME: -> (tensor<4xi8> {hetero.quantization = {is_unsigned, scale = 5.000000e-01 : f32, zero_point = 200 : i64}})
// CHECK: return %[[Q]] : tensor<4xi8>
func.func @both(%x: tensor<4xf32>) -> tensor<4xf32> {
  %scale = arith.constant dense<0.5> : tensor<f32>
  %zero = arith.constant dense<200> : tensor<i8>
  %q = garam_ext.quantize %x scale %scale zero_point %zero {is_unsigned}
      : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %y = garam_ext.dequantize %q scale %scale zero_point %zero {is_unsigned}
      : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// With two scales, the input has no one quantised form.
// CHECK-LABEL: func.func @two_scales
// CHECK-SAME: (%{{.+}}: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi8>)
func.func @two_scales(%x: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi8>) {
  %a = arith.constant dense<0.5> : tensor<f32>
  %b = arith.constant dense<0.25> : tensor<f32>
  %p = garam_ext.quantize %x scale %a
      : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %q = garam_ext.quantize %x scale %b
      : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %p, %q : tensor<4xi8>, tensor<4xi8>
}

// An input that is used as a float too stays one.
// CHECK-LABEL: func.func @also_float
// CHECK-SAME: (%{{.+}}: tensor<4xf32>)
func.func @also_float(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi8>) {
  %a = arith.constant dense<0.5> : tensor<f32>
  %q = garam_ext.quantize %x scale %a
      : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %x, %q : tensor<4xf32>, tensor<4xi8>
}

// The host does not divide by zero.
// CHECK-LABEL: func.func @zero_scale
// CHECK-SAME: (%{{.+}}: tensor<4xf32>) -> tensor<4xi8>
func.func @zero_scale(%x: tensor<4xf32>) -> tensor<4xi8> {
  %a = arith.constant dense<0.0> : tensor<f32>
  %q = garam_ext.quantize %x scale %a
      : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// A scale for each channel is not for the host.
// CHECK-LABEL: func.func @per_channel
// CHECK-SAME: (%{{.+}}: tensor<1x2xf32>)
func.func @per_channel(%x: tensor<1x2xf32>) -> tensor<1x2xi8> {
  %a = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %q = garam_ext.quantize %x scale %a
      : tensor<1x2xf32>, tensor<2xf32> -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}

// A function that is called keeps its type, for its callers know it.
// CHECK-LABEL: func.func @called
// CHECK-SAME: (%{{.+}}: tensor<4xf32>) -> tensor<4xi8>
func.func @called(%x: tensor<4xf32>) -> tensor<4xi8> {
  %a = arith.constant dense<0.5> : tensor<f32>
  %q = garam_ext.quantize %x scale %a
      : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %q : tensor<4xi8>
}
func.func @caller(%x: tensor<4xf32>) -> tensor<4xi8> {
  %y = call @called(%x) : (tensor<4xf32>) -> tensor<4xi8>
  return %y : tensor<4xi8>
}

// Of a declaration there is nothing to see.
// CHECK: func.func private @declared(tensor<4xf32>)
func.func private @declared(tensor<4xf32>)
