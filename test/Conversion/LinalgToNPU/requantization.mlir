// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s
// RUN: garam-opt %s --convert-linalg-to-npu=residuals=false --split-input-file \
// RUN:   | FileCheck %s --check-prefix=ALONE

// What a tensor is added to was quantised: the epilogue quantises, adds and
// quantises again. The sums times 0.5 * 0.5 are in units of 0.25, the type of
// the first quantisation less its zero point of 3 is -131 to 124. Each step
// rounds as the operators do, so the last scale divides. Engines that add no
// tensors leave that to a vector.

// CHECK-LABEL: func.func @residual
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xi8>, %[[W:.+]]: tensor<8x2xi8>, %[[R:.+]]: tensor<4x2xi8>
// CHECK:         %[[Y:.+]] = npu.contract %[[X]], %[[W]] residual(%[[R]])
// CHECK-SAME:      {clamp_low = 0.000000e+00 : f32, output_scale = 3.750000e-01 : f32, output_zero_point = -128 : i32, requantization = #npu.requantization<-131 to 124 times 2.500000e-01 : f32>, residual_scale = 1.250000e-01 : f32, residual_zero_point = -5 : i32}
// CHECK-NEXT:    return %[[Y]]
// ALONE-LABEL: func.func @residual
// ALONE:         npu.contract
// ALONE-SAME:      {output_zero_point = 3 : i32}
// ALONE:         npu.vector
func.func @residual(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>, %r: tensor<4x2xi8>) -> tensor<4x2xi8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sy = arith.constant dense<0.25> : tensor<f32>
  %zy = arith.constant dense<3> : tensor<i8>
  %sr = arith.constant dense<0.125> : tensor<f32>
  %zr = arith.constant dense<-5> : tensor<i8>
  %so = arith.constant dense<0.375> : tensor<f32>
  %zo = arith.constant dense<-128> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sx : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = garam_ext.quantize %m scale %sy zero_point %zy
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  %fy = garam_ext.dequantize %y scale %sy zero_point %zy
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %fr = garam_ext.dequantize %r scale %sr zero_point %zr
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %s = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%fy, %fr : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %q = garam_ext.quantize %s scale %so zero_point %zo
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// Bounds before the first quantisation are integers of its type: 0 to 6 in
// units of 0.25 are 0 to 24.

// CHECK-LABEL: func.func @bounds
// CHECK:         npu.contract
// CHECK-SAME:      requantization = #npu.requantization<0 to 24 times 2.500000e-01 : f32>
func.func @bounds(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>, %r: tensor<4x2xi8>) -> tensor<4x2xi8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sy = arith.constant dense<0.25> : tensor<f32>
  %zy = arith.constant dense<3> : tensor<i8>
  %sr = arith.constant dense<0.125> : tensor<f32>
  %zr = arith.constant dense<-5> : tensor<i8>
  %so = arith.constant dense<0.375> : tensor<f32>
  %zo = arith.constant dense<-128> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sx : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %bound = arith.constant 6.0 : f32
  %b = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%m : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %zero : f32
    %1 = arith.minimumf %0, %bound : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %y = garam_ext.quantize %b scale %sy zero_point %zy
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  %fy = garam_ext.dequantize %y scale %sy zero_point %zy
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %fr = garam_ext.dequantize %r scale %sr zero_point %zr
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %s = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%fy, %fr : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %q = garam_ext.quantize %s scale %so zero_point %zo
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// A result that is not quantised again is stored in its 8 bits: the vector
// dequantises what it reads.

// CHECK-LABEL: func.func @float_result
// CHECK:         npu.contract
// CHECK-SAME:      {output_zero_point = 3 : i32}
// CHECK-SAME:      -> tensor<4x2xi8>
// CHECK:         npu.vector
func.func @float_result(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>, %r: tensor<4x2xi8>) -> tensor<4x2xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sy = arith.constant dense<0.25> : tensor<f32>
  %zy = arith.constant dense<3> : tensor<i8>
  %sr = arith.constant dense<0.125> : tensor<f32>
  %zr = arith.constant dense<-5> : tensor<i8>
  %so = arith.constant dense<0.375> : tensor<f32>
  %zo = arith.constant dense<-128> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sx : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = garam_ext.quantize %m scale %sy zero_point %zy
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  %fy = garam_ext.dequantize %y scale %sy zero_point %zy
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %fr = garam_ext.dequantize %r scale %sr zero_point %zr
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %s = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%fy, %fr : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  return %s : tensor<4x2xf32>
}

// -----

// Read with another zero point than it was written with: two stages.

// CHECK-LABEL: func.func @other_zero_point
// CHECK:         npu.contract
// CHECK-NOT:       requantization
// CHECK:         npu.vector
func.func @other_zero_point(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>, %r: tensor<4x2xi8>) -> tensor<4x2xi8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sy = arith.constant dense<0.25> : tensor<f32>
  %zy = arith.constant dense<3> : tensor<i8>
  %sr = arith.constant dense<0.125> : tensor<f32>
  %zr = arith.constant dense<-5> : tensor<i8>
  %so = arith.constant dense<0.375> : tensor<f32>
  %zo = arith.constant dense<-128> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sx : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = garam_ext.quantize %m scale %sy zero_point %zy
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  %fy = garam_ext.dequantize %y scale %sy zero_point %zr
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %fr = garam_ext.dequantize %r scale %sr zero_point %zr
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %s = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%fy, %fr : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %q = garam_ext.quantize %s scale %so zero_point %zo
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}
