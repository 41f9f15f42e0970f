// RUN: garam-opt %s -convert-onnx-to-linalg -split-input-file | FileCheck %s

// Transposed operands are read through the maps of linalg.matmul; alpha, beta
// and the third operand follow it.

// CHECK: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @gemm(
func.func @gemm(%a: tensor<?x7xf32>, %b: tensor<6x7xf32>, %c: tensor<6xf32>) -> tensor<?x6xf32> {
  // CHECK: linalg.matmul indexing_maps = [#[[A]], #[[B]], #{{.*}}]
  // CHECK: linalg.generic
  // CHECK: %[[ALPHA:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK: arith.mulf %{{.*}}, %[[ALPHA]]
  // CHECK: arith.addf
  %0 = onnx.node "Gemm"(%a, %b, %c) {id = "g", opset = 17 : i64}
      attributes {alpha = 5.0e-01 : f32, transB = 1 : i64}
      : (tensor<?x7xf32>, tensor<6x7xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  return %0 : tensor<?x6xf32>
}

// -----

// CHECK-LABEL: func @batch_matmul(
func.func @batch_matmul(%a: tensor<3x5x7xf32>, %b: tensor<3x7x2xf32>) -> tensor<3x5x2xf32> {
  // CHECK: linalg.batch_matmul ins(%{{.*}} : tensor<3x5x7xf32>, tensor<3x7x2xf32>)
  %0 = onnx.node "MatMul"(%a, %b) {id = "m", opset = 17 : i64} attributes {}
      : (tensor<3x5x7xf32>, tensor<3x7x2xf32>) -> tensor<3x5x2xf32>
  return %0 : tensor<3x5x2xf32>
}

// -----

// Batch dimensions broadcast in the maps.

// CHECK: #[[A:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d4)>
// CHECK: #[[B:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
// CHECK-LABEL: func @broadcast(
func.func @broadcast(%a: tensor<2x1x5x7xf32>, %b: tensor<3x7x4xf32>) -> tensor<2x3x5x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
  %0 = onnx.node "MatMul"(%a, %b) {id = "m", opset = 17 : i64} attributes {}
      : (tensor<2x1x5x7xf32>, tensor<3x7x4xf32>) -> tensor<2x3x5x4xf32>
  return %0 : tensor<2x3x5x4xf32>
}

// -----

// A vector lacks the dimension that it would add.

// CHECK: #[[A:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK: #[[B:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func @vector(
func.func @vector(%a: tensor<7xf32>, %b: tensor<7x6xf32>) -> tensor<6xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.*}}], iterator_types = ["parallel", "reduction"]}
  %0 = onnx.node "MatMul"(%a, %b) {id = "m", opset = 17 : i64} attributes {}
      : (tensor<7xf32>, tensor<7x6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

// Each product of an Einsum is summed over what is not needed later; the third
// operand is multiplied with the sums of the first two.

// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func @einsum(
func.func @einsum(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<4x5xf32>) -> tensor<2x5xf32> {
  // CHECK: %[[AB:.*]] = linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1
  // CHECK: linalg.generic {{.*}} ins(%[[AB]], %arg2 : tensor<2x4xf32>, tensor<4x5xf32>)
  %0 = onnx.node "Einsum"(%a, %b, %c) {id = "e", opset = 17 : i64} attributes {equation = "ij,jk,kl->il"}
      : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}

// -----

// A label that is there twice is a diagonal; a dimension of size 1 that
// broadcasts is read at 0.

// CHECK-DAG: #[[DIAGONAL:.*]] = affine_map<(d0, d1) -> (d0, d1, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-LABEL: func @einsum_diagonal(
func.func @einsum_diagonal(%a: tensor<2x3x3xf32>, %b: tensor<1x3xf32>) -> tensor<2x3xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[DIAGONAL]], #[[ROW]], #{{.*}}], iterator_types = ["parallel", "parallel"]}
  %0 = onnx.node "Einsum"(%a, %b) {id = "e", opset = 17 : i64} attributes {equation = "...ii,...i->...i"}
      : (tensor<2x3x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// The zero points are subtracted in 32 bits; padding is zero after that.

// CHECK-LABEL: func @convinteger(
func.func @convinteger(%x: tensor<1x2x4x4xui8>, %w: tensor<3x2x3x3xi8>, %zx: tensor<ui8>, %zw: tensor<3xi8>) -> tensor<1x3x4x4xi32> {
  // CHECK: arith.extui %{{.*}} : i8 to i32
  // CHECK: arith.subi
  // CHECK: arith.extsi %{{.*}} : i8 to i32
  // CHECK: arith.subi
  // CHECK: tensor.pad
  // CHECK: linalg.conv_2d_nchw_fchw {{.*}} ins(%{{.*}} : tensor<1x2x6x6xi32>, tensor<3x2x3x3xi32>)
  %0 = onnx.node "ConvInteger"(%x, %w, %zx, %zw) {id = "c", opset = 17 : i64} attributes {pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xi8>, tensor<ui8>, tensor<3xi8>) -> tensor<1x3x4x4xi32>
  return %0 : tensor<1x3x4x4xi32>
}

// -----

// Bytes are multiplied as they are. What zero points take off them is taken off
// the sums: sums of constant weights are constants.

// CHECK-LABEL: func @matmul_integer(
func.func @matmul_integer(%a: tensor<2x3xui8>, %za: tensor<ui8>) -> tensor<2x2xi32> {
  // CHECK: %[[W:.*]] = arith.constant dense_resource<{{.*}}> : tensor<3x2xi8>
  // CHECK: %[[PRODUCTS:.*]] = linalg.generic {{.*}} ins(%arg0, %[[W]]
  // CHECK: arith.extui %{{.*}} : i8 to i32
  // CHECK: arith.extsi %{{.*}} : i8 to i32
  // CHECK: arith.muli
  // CHECK: arith.addi
  // CHECK: %[[SUMS:.*]] = arith.constant dense<{{\[}}[-1, 4]]> : tensor<1x2xi32>
  // CHECK: linalg.generic {{.*}} ins(%[[PRODUCTS]], %{{.*}}, %[[SUMS]]
  // CHECK: %[[ZERO:.*]] = arith.extui %{{.*}} : i8 to i32
  // CHECK: %[[PART:.*]] = arith.muli %[[ZERO]], %{{.*}} : i32
  // CHECK: arith.subi %{{.*}}, %[[PART]] : i32
  // CHECK-NOT: arith.subi
  // CHECK: return
  %w = onnx.constant dense_resource<w> : tensor<3x2xi8> : tensor<3x2xi8>
  %zw = onnx.constant dense<0> : tensor<i8> : tensor<i8>
  %0 = onnx.node "MatMulInteger"(%a, %w, %za, %zw) {id = "m", opset = 17 : i64} attributes {}
      : (tensor<2x3xui8>, tensor<3x2xi8>, tensor<ui8>, tensor<i8>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

{-#
  dialect_resources: {
    builtin: {
      // Rows (1, -2), (-5, 3) and (3, 3).
      w: "0x0100000001FEFB030303"
    }
  }
#-}

// -----

// A Fourier transform is a product with a table of factors; of a real signal one
// half of the spectrum is enough.

// CHECK-DAG: #[[SIGNAL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d4)>
// CHECK-DAG: #[[FACTORS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4, d2)>
// CHECK-LABEL: func @dft(
func.func @dft(%x: tensor<2x10x1xf32>) -> tensor<2x6x2xf32> {
  // CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<6x10x1x2xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[SIGNAL]], #[[FACTORS]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%arg0, %[[W]]
  %0 = onnx.node "DFT"(%x) {id = "d", opset = 20 : i64} attributes {onesided = 1 : i64}
      : (tensor<2x10x1xf32>) -> tensor<2x6x2xf32>
  return %0 : tensor<2x6x2xf32>
}

// -----

// The factors of a long one are computed from their positions.

// CHECK-LABEL: func @long_dft(
func.func @long_dft(%x: tensor<1x1024x1xf32>) -> tensor<1x513x2xf32> {
  // CHECK: %[[W:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<513x1024x1x2xf32>)
  // CHECK: math.cos
  // CHECK: linalg.generic {{.*}} ins(%arg0, %[[W]]
  %0 = onnx.node "DFT"(%x) {id = "d", opset = 20 : i64} attributes {onesided = 1 : i64}
      : (tensor<1x1024x1xf32>) -> tensor<1x513x2xf32>
  return %0 : tensor<1x513x2xf32>
}
