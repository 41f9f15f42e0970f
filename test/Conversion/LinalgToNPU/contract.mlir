// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s
// RUN: garam-opt %s --convert-linalg-to-npu=residuals=false --split-input-file \
// RUN:   | FileCheck %s --check-prefix=APART

// A convolution takes its padding into the map of the activation, and bias and
// ReLU into its epilogue.

// CHECK-DAG: #[[$ACTIVATION:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5 - 1, d3 + d6 - 1)>
// CHECK-DAG: #[[$WEIGHT:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
// CHECK-DAG: #[[$BIAS:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1)>
// CHECK-DAG: #[[$OUTPUT:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @convolution
// CHECK-SAME:      %[[X:.+]]: tensor<1x4x14x14xf32>, %[[W:.+]]: tensor<2x4x3x3xf32>
// CHECK:         %[[B:.+]] = npu.constant dense<[1.000000e+00, 2.000000e+00]>
// CHECK-NEXT:    %[[Y:.+]] = npu.contract %[[X]], %[[W]] bias(%[[B]])
// CHECK-SAME:      sizes [1, 2, 14, 14, 4, 3, 3]
// CHECK-SAME:      iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<reduction>, #npu.iterator<reduction>, #npu.iterator<reduction>]
// CHECK-SAME:      maps [#[[$ACTIVATION]], #[[$WEIGHT]], #[[$BIAS]], #[[$OUTPUT]]]
// CHECK-SAME:      {activation_padding = array<i1: false, false, true, true>, clamp_low = 0.000000e+00 : f32}
// CHECK-NEXT:    return %[[Y]]
func.func @convolution(%x: tensor<1x4x14x14xf32>, %w: tensor<2x4x3x3xf32>)
    -> tensor<1x2x14x14xf32> {
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x4x14x14xf32> to tensor<1x4x16x16xf32>
  %e = tensor.empty() : tensor<1x2x14x14xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>)
      outs(%e : tensor<1x2x14x14xf32>) dimensions = [0, 2, 3]
  %c = linalg.conv_2d_nchw_fchw
      ins(%p, %w : tensor<1x4x16x16xf32>, tensor<2x4x3x3xf32>)
      outs(%init : tensor<1x2x14x14xf32>) -> tensor<1x2x14x14xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>,
                       affine_map<(n, c, h, w) -> (n, c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c : tensor<1x2x14x14xf32>) outs(%e : tensor<1x2x14x14xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2x14x14xf32>
  return %r : tensor<1x2x14x14xf32>
}

// -----

// What BatchNormalization does with constants becomes the scale and the bias of
// the channels, computed here: (x - mean) / sqrt(variance) * gain + offset.

// CHECK-LABEL: func.func @batch_normalization
// CHECK-DAG:     %[[BIAS:.+]] = npu.constant dense<[-1.000000e+00, 7.000000e+00]> : tensor<2xf32>
// CHECK-DAG:     %[[SCALE:.+]] = npu.constant dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
// CHECK:         npu.contract %{{.+}}, %{{.+}} bias(%[[BIAS]]) scale(%[[SCALE]])
// CHECK-NEXT:    return
func.func @batch_normalization(%x: tensor<8x16xf32>, %w: tensor<16x2xf32>)
    -> tensor<8x2xf32> {
  %mean = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %variance = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
  %gain = arith.constant dense<4.0> : tensor<2xf32>
  %offset = arith.constant dense<[1.0, 5.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<8x2xf32>)
      -> tensor<8x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<8x16xf32>, tensor<16x2xf32>)
      outs(%init : tensor<8x2xf32>) -> tensor<8x2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>,
                       affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (c)>,
                       affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%m, %mean, %variance, %gain, %offset : tensor<8x2xf32>,
          tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      outs(%e : tensor<8x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32, %f: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.sqrt %c : f32
    %2 = arith.divf %0, %1 : f32
    %3 = arith.mulf %2, %d : f32
    %4 = arith.addf %3, %f : f32
    linalg.yield %4 : f32
  } -> tensor<8x2xf32>
  return %y : tensor<8x2xf32>
}

// -----

// Of two convolutions whose sum is taken, the later one adds the other's result.
// An epilogue that adds no tensors leaves it to a stage of its own.

// CHECK-LABEL: func.func @residual
// CHECK:         %[[A:.+]] = npu.contract
// CHECK-NEXT:    %[[B:.+]] = npu.contract %{{.+}}, %{{.+}} residual(%[[A]])
// CHECK-SAME:      clamp_low = 0.000000e+00 : f32
// CHECK-NEXT:    return %[[B]]
// APART-LABEL: func.func @residual
// APART-COUNT-2: npu.contract
// APART:         npu.vector
// APART-NOT:     residual(
// APART:         return
func.func @residual(%x: tensor<8x16xf32>, %v: tensor<16x32xf32>,
                    %w: tensor<16x32xf32>) -> tensor<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<8x32xf32>)
      -> tensor<8x32xf32>
  %a = linalg.matmul ins(%x, %v : tensor<8x16xf32>, tensor<16x32xf32>)
      outs(%init : tensor<8x32xf32>) -> tensor<8x32xf32>
  %b = linalg.matmul ins(%x, %w : tensor<8x16xf32>, tensor<16x32xf32>)
      outs(%init : tensor<8x32xf32>) -> tensor<8x32xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>,
                       affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<8x32xf32>, tensor<8x32xf32>)
      outs(%e : tensor<8x32xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}

// -----

// A sum that is read twice keeps its own stage.

// CHECK-LABEL: func.func @two_uses
// CHECK:         %[[A:.+]] = npu.contract
// CHECK-NOT:     clamp_low
// CHECK:         %[[R:.+]] = npu.vector ins(%[[A]])
// CHECK:         return %[[A]], %[[R]]
func.func @two_uses(%x: tensor<8x16xf32>, %w: tensor<16x32xf32>)
    -> (tensor<8x32xf32>, tensor<8x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<8x32xf32>)
      -> tensor<8x32xf32>
  %a = linalg.matmul ins(%x, %w : tensor<8x16xf32>, tensor<16x32xf32>)
      outs(%init : tensor<8x32xf32>) -> tensor<8x32xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<8x32xf32>) outs(%e : tensor<8x32xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %p, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<8x32xf32>
  return %a, %y : tensor<8x32xf32>, tensor<8x32xf32>
}
