// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s

// The product of two dequantised operands is taken of the integers: zero points
// on the way in, one scale s_x * s_w / s_y and an i32 bias on the way out, and
// the ReLU in units of the result. s_x * s_w = 0.5 * 0.25 = 0.125, over s_y = 2
// is 0.0625; the bias was stored with scale 0.125.

// CHECK-LABEL: func.func @matmul
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xi8>, %[[W:.+]]: tensor<8x2xi8>
// CHECK-DAG:     %[[B:.+]] = npu.constant dense<[10, -20]> : tensor<2xi32>
// CHECK-DAG:     %[[S:.+]] = npu.constant dense<6.250000e-02> : tensor<2xf32>
// CHECK:         %[[Y:.+]] = npu.contract %[[X]], %[[W]] bias(%[[B]]) scale(%[[S]])
// CHECK-SAME:      activation_unsigned, activation_zero_point = 7 : i32, clamp_low = 0.000000e+00 : f32, output_zero_point = -3 : i32
// CHECK-SAME:      -> tensor<4x2xi8>
// CHECK-NEXT:    return %[[Y]]
func.func @matmul(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>) -> tensor<4x2xi8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<7> : tensor<i8>
  %sw = arith.constant dense<0.25> : tensor<f32>
  %sb = arith.constant dense<0.125> : tensor<f32>
  %sy = arith.constant dense<2.0> : tensor<f32>
  %zy = arith.constant dense<-3> : tensor<i8>
  %b = arith.constant dense<[10, -20]> : tensor<2xi32>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx zero_point %zx {is_unsigned}
      : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sw : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %fb = garam_ext.dequantize %b scale %sb {axis = 0 : i64} : tensor<2xi32>, tensor<f32> -> tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%m, %fb : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x2xf32>
  %y = garam_ext.quantize %r scale %sy zero_point %zy
      : tensor<4x2xf32>, tensor<f32>, tensor<i8> -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}

// -----

// A scale for each channel of the weight, and a bias that is no multiple of
// the integers' unit: it stays a float, in units of the result.

// CHECK-LABEL: func.func @per_channel
// CHECK-DAG:     %[[B:.+]] = npu.constant dense<[1.000000e-01, 2.000000e-01]> : tensor<2xf32>
// CHECK-DAG:     %[[S:.+]] = npu.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK:         npu.contract %{{.+}}, %{{.+}} bias(%[[B]]) scale(%[[S]])
func.func @per_channel(%x: tensor<4x8xi8>, %w: tensor<2x8xi8>) -> tensor<4x2xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sw = arith.constant dense<[1.0, 0.5]> : tensor<2xf32>
  %b = arith.constant dense<[0.1, 0.2]> : tensor<2xf32>
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sw {axis = 0 : i64}
      : tensor<2x8xi8>, tensor<2xf32> -> tensor<2x8xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<4x2xf32>) dimensions = [0]
  %m = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                                      affine_map<(m, n, k) -> (n, k)>,
                                      affine_map<(m, n, k) -> (m, n)>]
      ins(%fx, %fw : tensor<4x8xf32>, tensor<2x8xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// A scale along the reduced dimension cannot leave the sum: operands are
// dequantised first.

// CHECK-LABEL: func.func @scale_of_reduction
// CHECK-COUNT-2: npu.vector
// CHECK:         npu.contract {{.+}} : (tensor<4x8xf32>, tensor<8x2xf32>)
func.func @scale_of_reduction(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>) -> tensor<4x2xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %sw = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %sw {axis = 0 : i64}
      : tensor<8x2xi8>, tensor<8xf32> -> tensor<8x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// A depthwise convolution has no columns that share its weights: it goes to the
// vector engine, padded by the zero point, in integers as well. Weights that
// are not known here take the zero point off each activation.

// CHECK-LABEL: func.func @depthwise
// CHECK-SAME:      %[[X:.+]]: tensor<1x2x4x4xi8>, %[[W:.+]]: tensor<2x3x3xi8>
// CHECK:         npu.vector ins(%[[X]], %[[W]]) sizes [1, 2, 4, 4, 3, 3]
// CHECK-SAME:      combiners = [#npu.combiner<addi, 0 : i32>]
// CHECK-SAME:      fills = array<f64: 5.000000e+00, 0.000000e+00>
// CHECK-SAME:      num_reductions = 2
// CHECK-SAME:      paddings = [array<i1: false, false, true, true>, array<i1>]
// CHECK-NEXT:    ^bb0(%[[A:.+]]: i32, %[[B:.+]]: i32):
// CHECK:           %[[Z:.+]] = arith.constant 5 : i32
// CHECK:           %[[D:.+]] = arith.subi %[[A]], %[[Z]]
// CHECK:           %[[P:.+]] = arith.muli %[[D]], %[[B]]
// CHECK:           npu.yield %[[P]]
// CHECK:         } finish {
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: i32):
// CHECK-NEXT:      %[[F:.+]] = arith.sitofp %[[SUM]]
// CHECK-NEXT:      %[[S:.+]] = arith.constant 1.250000e-01 : f32
// CHECK-NEXT:      %[[V:.+]] = arith.mulf %[[F]], %[[S]]
// CHECK-NEXT:      %[[R:.+]] = math.roundeven %[[V]]
// CHECK-NEXT:      %[[ZY:.+]] = arith.constant 1.000000e+01 : f32
// CHECK-NEXT:      %[[Y:.+]] = arith.addf %[[R]], %[[ZY]]
// CHECK-NEXT:      npu.yield %[[Y]]
func.func @depthwise(%x: tensor<1x2x4x4xi8>, %w: tensor<2x3x3xi8>) -> tensor<1x2x4x4xi8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<5> : tensor<i8>
  %sw = arith.constant dense<0.25> : tensor<f32>
  %sy = arith.constant dense<1.0> : tensor<f32>
  %zy = arith.constant dense<10> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %sx zero_point %zx
      : tensor<1x2x4x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x4x4xf32>
  %fw = garam_ext.dequantize %w scale %sw : tensor<2x3x3xi8>, tensor<f32> -> tensor<2x3x3xf32>
  %p = tensor.pad %fx low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x4x4xf32> to tensor<1x2x6x6xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %c = linalg.depthwise_conv_2d_nchw_chw
      ins(%p, %fw : tensor<1x2x6x6xf32>, tensor<2x3x3xf32>)
      outs(%init : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %y = garam_ext.quantize %c scale %sy zero_point %zy
      : tensor<1x2x4x4xf32>, tensor<f32>, tensor<i8> -> tensor<1x2x4x4xi8>
  return %y : tensor<1x2x4x4xi8>
}

// -----

// Of constant weights the zero point of the activations is taken off once a
// sum, together with the bias: 6 - 5 * (1 + 2 + 3) = -24 and
// -4 - 5 * ((-1) + 7) = -34. The bias was stored with scale 0.125.

// CHECK-LABEL: func.func @depthwise_constant
// CHECK-SAME:      %[[X:.+]]: tensor<1x2x4xi8>
// CHECK-DAG:     %[[O:.+]] = npu.constant dense<[-24, -34]> : tensor<2xi32>
// CHECK-DAG:     %[[W:.+]] = npu.constant dense<{{.+}}> : tensor<2x3xi8>
// CHECK:         npu.vector ins(%[[X]], %[[W]], %[[O]]) sizes [1, 2, 2, 3]
// CHECK-SAME:      combiners = [#npu.combiner<addi, 0 : i32>]
// CHECK-NEXT:    ^bb0(%[[A:.+]]: i32, %[[B:.+]]: i32, %{{.+}}: i32):
// CHECK-NEXT:      %[[P:.+]] = arith.muli %[[A]], %[[B]]
// CHECK-NEXT:      npu.yield %[[P]]
// CHECK-NEXT:    } finish {
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: i32, %[[OFFSET:.+]]: i32):
// CHECK-NEXT:      %[[D:.+]] = arith.addi %[[SUM]], %[[OFFSET]]
// CHECK-NEXT:      %[[F:.+]] = arith.sitofp %[[D]]
// CHECK-NEXT:      %[[S:.+]] = arith.constant 1.250000e-01 : f32
// CHECK-NEXT:      %[[V:.+]] = arith.mulf %[[F]], %[[S]]
// CHECK-NEXT:      npu.yield %[[V]]
func.func @depthwise_constant(%x: tensor<1x2x4xi8>) -> tensor<1x2x2xf32> {
  %w = arith.constant dense<[[1, 2, 3], [-1, 0, 7]]> : tensor<2x3xi8>
  %b = arith.constant dense<[0.75, -0.5]> : tensor<2xf32>
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<5> : tensor<i8>
  %sw = arith.constant dense<0.25> : tensor<f32>
  %fx = garam_ext.dequantize %x scale %sx zero_point %zx
      : tensor<1x2x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x4xf32>
  %fw = garam_ext.dequantize %w scale %sw : tensor<2x3xi8>, tensor<f32> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<1x2x2xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x2xf32>) dimensions = [0, 2]
  %c = linalg.depthwise_conv_1d_ncw_cw
      ins(%fx, %fw : tensor<1x2x4xf32>, tensor<2x3xf32>)
      outs(%init : tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  return %c : tensor<1x2x2xf32>
}

// -----

// The zero point of the weights stays in the products: the weights themselves
// need not fit another. A bias that is no multiple of the sums' unit stays a
// float, and one offset for all sums, -5 * (128 + 130 + 255 - 3 * 128) = -645,
// is what they start from.

// CHECK-LABEL: func.func @depthwise_float_bias
// CHECK-DAG:     %[[BIAS:.+]] = npu.constant dense<[1.000000e-01, 2.000000e-01]> : tensor<2xf32>
// CHECK:         npu.vector ins(%{{.+}}, %{{.+}}, %[[BIAS]]) sizes [1, 2, 2, 3]
// CHECK-SAME:      combiners = [#npu.combiner<addi, -645 : i32>]
// CHECK-SAME:      unsigned_inputs = array<i1: true, true, false>
// CHECK-NEXT:    ^bb0(%[[A:.+]]: i32, %[[B:.+]]: i32, %{{.+}}: f32):
// CHECK-NEXT:      %[[ZW:.+]] = arith.constant 128 : i32
// CHECK-NEXT:      %[[W:.+]] = arith.subi %[[B]], %[[ZW]]
// CHECK-NEXT:      %[[P:.+]] = arith.muli %[[A]], %[[W]]
// CHECK-NEXT:      npu.yield %[[P]]
// CHECK-NEXT:    } finish {
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: i32, %[[C:.+]]: f32):
// CHECK-NEXT:      %[[F:.+]] = arith.sitofp %[[SUM]]
// CHECK:           %[[V:.+]] = arith.mulf %[[F]], %{{.+}}
// CHECK-NEXT:      %[[Y:.+]] = arith.addf %[[V]], %[[C]]
// CHECK-NEXT:      npu.yield %[[Y]]
func.func @depthwise_float_bias(%x: tensor<1x2x4xi8>) -> tensor<1x2x2xf32> {
  // 128, 130 and 255 without a sign.
  %w = arith.constant dense<[[-128, -126, -1], [-128, -1, -126]]> : tensor<2x3xi8>
  %b = arith.constant dense<[0.1, 0.2]> : tensor<2xf32>
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<5> : tensor<i8>
  %sw = arith.constant dense<0.25> : tensor<f32>
  %zw = arith.constant dense<-128> : tensor<i8>
  %fx = garam_ext.dequantize %x scale %sx zero_point %zx {is_unsigned}
      : tensor<1x2x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x4xf32>
  %fw = garam_ext.dequantize %w scale %sw zero_point %zw {is_unsigned}
      : tensor<2x3xi8>, tensor<f32>, tensor<i8> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<1x2x2xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x2xf32>) dimensions = [0, 2]
  %c = linalg.depthwise_conv_1d_ncw_cw
      ins(%fx, %fw : tensor<1x2x4xf32>, tensor<2x3xf32>)
      outs(%init : tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  return %c : tensor<1x2x2xf32>
}

// -----

// Alone, quantisation divides, rounds to even and then adds the zero point, and
// dequantisation subtracts it first, as ONNX defines them.

// CHECK-LABEL: func.func @alone
// CHECK:         npu.vector
// CHECK-SAME:      unsigned_outputs = array<i1: true>
// CHECK-NEXT:    ^bb0(%[[A:.+]]: f32):
// CHECK:           %[[D:.+]] = arith.divf %[[A]], %{{.+}}
// CHECK-NEXT:      %[[R:.+]] = math.roundeven %[[D]]
// CHECK:           %[[S:.+]] = arith.addf %[[R]], %{{.+}}
// CHECK-NEXT:      npu.yield %[[S]]
// CHECK:         npu.vector
// CHECK-SAME:      unsigned_inputs = array<i1: true>
// CHECK-NEXT:    ^bb0(%[[B:.+]]: i32):
// CHECK-NEXT:      %[[F:.+]] = arith.sitofp %[[B]]
// CHECK:           %[[Z:.+]] = arith.subf %[[F]], %{{.+}}
// CHECK:           %[[M:.+]] = arith.mulf %[[Z]], %{{.+}}
// CHECK-NEXT:      npu.yield %[[M]]
func.func @alone(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %s = arith.constant dense<0.3> : tensor<f32>
  %z = arith.constant dense<7> : tensor<i8>
  %q = garam_ext.quantize %x scale %s zero_point %z {is_unsigned}
      : tensor<8x8xf32>, tensor<f32>, tensor<i8> -> tensor<8x8xi8>
  %y = garam_ext.dequantize %q scale %s zero_point %z {is_unsigned}
      : tensor<8x8xi8>, tensor<f32>, tensor<i8> -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

// A small dequantised constant that only floats meet is evaluated.

// CHECK-LABEL: func.func @constant
// CHECK:         npu.constant dense<{{\[\[}}-5.000000e-01, 2.000000e+00], [5.000000e-01, 6.000000e+00]]> : tensor<2x2xf32>
func.func @constant(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[0, 2], [2, 4]]> : tensor<2x2xi8>
  %s = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %z = arith.constant dense<[1, 1]> : tensor<2xi8>
  %fw = garam_ext.dequantize %w scale %s zero_point %z {axis = 1 : i64}
      : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%x, %fw : tensor<4x2xf32>, tensor<2x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %m : tensor<4x2xf32>
}

// -----

// The residual of a quantised network is added before the rounding, in units
// of the result: 0.5 / 2 = 0.25.

// CHECK-LABEL: func.func @residual
// CHECK:         npu.contract %{{.+}}, %{{.+}} scale(%{{.+}}) residual(%arg2)
// CHECK-SAME:      residual_scale = 2.500000e-01 : f32, residual_zero_point = 9 : i32
func.func @residual(%x: tensor<4x8xi8>, %w: tensor<8x2xi8>, %r: tensor<4x2xi8>) -> tensor<4x2xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %sy = arith.constant dense<2.0> : tensor<f32>
  %z = arith.constant dense<9> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %fx = garam_ext.dequantize %x scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xf32>
  %fw = garam_ext.dequantize %w scale %s : tensor<8x2xi8>, tensor<f32> -> tensor<8x2xf32>
  %fr = garam_ext.dequantize %r scale %s zero_point %z
      : tensor<4x2xi8>, tensor<f32>, tensor<i8> -> tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%fx, %fw : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %a = linalg.add ins(%m, %fr : tensor<4x2xf32>, tensor<4x2xf32>)
      outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = garam_ext.quantize %a scale %sy : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}
