// RUN: garam-opt --convert-linalg-to-analog=target=hermes --split-input-file %s | FileCheck %s

// A product with its factor, bias and bounds; the input was observed within
// [-1.27, 0.5], which are codes -127 to 50 of steps of 0.01.
// CHECK-LABEL: @gemm
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>
// CHECK: %[[W:.*]] = analog.matrix dense<2.000000e+00> : tensor<16x8xf32> map #[[$W:.*]] groups [] reduction [8] outputs [16] levels 127 : <8, 16>
// CHECK: %[[C:.*]] = analog.convert %[[X]] vectors [4] rows [8] map #{{.*}} dac <0.00999999977 : f32 in -127 to 50> : tensor<4x8xf32> -> tensor<4x8xi8>
// CHECK: %[[S:.*]] = analog.multiply %[[C]], %[[W]]
// CHECK: %[[Y:.*]] = analog.rescale %[[S]], %[[W]] vectors [4] map #{{.*}} scale 5.000000e-01
// CHECK-SAME: bias dense<3.000000e+00> : tensor<16xf32> bias_map #{{.*}} low 0.000000e+00 high 6.000000e+00
// CHECK: return %[[Y]]
func.func @gemm(%x: tensor<4x8xf32> {garam_ext.range = array<f64: -1.27, 0.5>}) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %half = arith.constant 0.5 : f32
  %w = arith.constant dense<2.0> : tensor<16x8xf32>
  %b = arith.constant dense<3.0> : tensor<16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%f : tensor<4x16xf32>) -> tensor<4x16xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<4x16xf32>, tensor<16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%s: f32, %a: f32, %o: f32):
    %m = arith.mulf %s, %half : f32
    %p = arith.addf %m, %a : f32
    %r = arith.maximumf %p, %zero : f32
    %c = arith.minimumf %r, %six : f32
    linalg.yield %c : f32
  } -> tensor<4x16xf32>
  return %1 : tensor<4x16xf32>
}

// -----

// Padding is in the map, windows are vectors. Nothing was observed: the input is
// taken to lie in [-1, 1].
// CHECK: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 2 + d4 - 1, d2 * 2 + d5 - 1)>
// CHECK-LABEL: @convolution
// CHECK: analog.matrix {{.*}} groups [] reduction [3, 3, 3] outputs [5] levels 127 : <27, 5>
// CHECK: analog.convert %{{.*}} vectors [1, 4, 4] rows [3, 3, 3] map #[[$X]] dac <0.00787401571 : f32 in -127 to 127> : tensor<1x3x8x8xf32> -> tensor<16x27xi8>
func.func @convolution(%x: tensor<1x3x8x8xf32>) -> tensor<1x5x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<2.0> : tensor<5x3x3x3xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x3x8x8xf32> to tensor<1x3x10x10xf32>
  %e = tensor.empty() : tensor<1x5x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%p, %w : tensor<1x3x10x10xf32>, tensor<5x3x3x3xf32>) outs(%f : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  return %0 : tensor<1x5x4x4xf32>
}

// -----

// Vectors times rows, and vectors times outputs, are more than 2^24 each and no
// limit: codes go to the crossbars block by block.
// CHECK-LABEL: @large_convolution
// CHECK: analog.convert %{{.*}} vectors [1, 224, 224] rows [64, 3, 3] {{.*}} -> tensor<50176x576xi8>
// CHECK: analog.rescale {{.*}}tensor<1x1024x224x224xf32>
func.func @large_convolution(%x: tensor<1x64x226x226xf32>) -> tensor<1x1024x224x224xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<2.0> : tensor<1024x64x3x3xf32>
  %e = tensor.empty() : tensor<1x1024x224x224xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1024x224x224xf32>) -> tensor<1x1024x224x224xf32>
  %0 = linalg.conv_2d_nchw_fchw {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x64x226x226xf32>, tensor<1024x64x3x3xf32>) outs(%f : tensor<1x1024x224x224xf32>) -> tensor<1x1024x224x224xf32>
  return %0 : tensor<1x1024x224x224xf32>
}

// -----

// The result of a product of eight inputs within [-1, 1] and weights of 1: four
// standard deviations are 4 sqrt(8 / 3) = 6.53, after ReLU from 0.
// CHECK-LABEL: @guess
// CHECK: dac <0.00787401571 : f32 in -127 to 127>
// CHECK: dac <0.0514{{[0-9]*}} : f32 in 0 to 127>
func.func @guess(%x: tensor<1x8xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<8x4xf32>
  %v = arith.constant dense<1.0> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x8xf32>, tensor<8x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%s: f32, %o: f32):
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul ins(%1, %v : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// What was observed of a product's result stays with it, for the next product.
// CHECK-LABEL: @chain
// CHECK: analog.rescale {{.*}} {garam_ext.range = array<f64: -1.270000e+00, 5.000000e-01>}
// CHECK: analog.convert {{.*}} dac <0.00999999977 : f32 in -127 to 50>
func.func @chain(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<2.0> : tensor<8x8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %0 = linalg.matmul {garam_ext.range = array<f64: -1.27, 0.5>} ins(%x, %w : tensor<4x8xf32>, tensor<8x8xf32>)
      outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%f : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
