// RUN: %abacus-opt %s -convert-linalg-to-abacus -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// Elementwise operations are one chain; the vector comes again for each row.
// CHECK-LABEL: func @fused
// CHECK-SAME: %[[X:.+]]: tensor<4x8xf32>, %[[B:.+]]: tensor<8xf32>
// CHECK: %[[Y:.+]] = abacus.chain row 1 -> tensor<4x8xf32> {
// CHECK-DAG: %[[E:.+]] = abacus.load %[[X]] repeat 1 period 32
// CHECK-DAG: %[[V:.+]] = abacus.load %[[B]] repeat 1 period 8
// CHECK: %[[SUM:.+]] = abacus.binary add %[[E]], %[[V]]
// CHECK: %[[ZERO:.+]] = abacus.number 0.0
// CHECK: %[[MAX:.+]] = abacus.binary maximum %[[SUM]], %[[ZERO]]
// CHECK: abacus.store %[[MAX]]
// CHECK: return %[[Y]]
func.func @fused(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<4x8xf32>
  %sum = linalg.generic {indexing_maps = [#id, #column, #id],
                         iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<4x8xf32>, tensor<8xf32>) outs(%init : tensor<4x8xf32>) {
  ^bb0(%in: f32, %in_0: f32, %out: f32):
    %0 = arith.addf %in, %in_0 : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %max = linalg.generic {indexing_maps = [#id, #id],
                         iterator_types = ["parallel", "parallel"]}
      ins(%sum : tensor<4x8xf32>) outs(%init : tensor<4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  return %max : tensor<4x8xf32>
}

// -----

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#channel = affine_map<(d0, d1, d2) -> (d1)>

// A value of each channel is repeated over the channel, and all of them come
// again for the next batch.
// CHECK-LABEL: func @channels
// CHECK: abacus.load %{{.+}} repeat 5 period 3 : tensor<3xf32>
func.func @channels(%x: tensor<2x3x5xf32>, %b: tensor<3xf32>) -> tensor<2x3x5xf32> {
  %init = tensor.empty() : tensor<2x3x5xf32>
  %0 = linalg.generic {indexing_maps = [#id, #channel, #id],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %b : tensor<2x3x5xf32>, tensor<3xf32>) outs(%init : tensor<2x3x5xf32>) {
  ^bb0(%in: f32, %in_0: f32, %out: f32):
    %1 = arith.mulf %in, %in_0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}

// -----

// The weights of a product are written in the order in which they are read.
// CHECK-LABEL: func @product
// CHECK-SAME: %[[X:.+]]: tensor<1x2xf32>
// CHECK: %[[W:.+]] = abacus.weight dense<{{.+}}> : tensor<2x3xf32> permuted [1, 0] : tensor<3x2xf32>
// CHECK: abacus.chain row 2 -> tensor<1x3xf32> {
// CHECK-DAG: %[[A:.+]] = abacus.load %[[X]] repeat 1 period 2
// CHECK-DAG: %[[B:.+]] = abacus.load %[[W]] repeat 1 period 6
// CHECK: abacus.binary multiply %[[A]], %[[B]]
func.func @product(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %init = tensor.empty() : tensor<1x3xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%init : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>)
                     outs(%filled : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

// A result is written by a chain of its own: an argument, what is reshaped, and
// what is returned twice are copied.
// CHECK-LABEL: func @results
// CHECK-SAME: %[[X:.+]]: tensor<6xf32>
// CHECK: %[[Y:.+]] = abacus.chain row 1 -> tensor<6xf32>
// CHECK: %[[AGAIN:.+]] = abacus.chain row 1 -> tensor<6xf32> {
// CHECK-NEXT: %[[E:.+]] = abacus.load %[[Y]] repeat 1 period 6
// CHECK-NEXT: abacus.store %[[E]]
// CHECK: %[[RESHAPED:.+]] = abacus.chain row 1 -> tensor<2x3xf32> {
// CHECK-NEXT: abacus.load %[[X]] repeat 1 period 6 : tensor<6xf32>
// CHECK: return %[[Y]], %[[AGAIN]], %[[RESHAPED]]
func.func @results(%x: tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>, tensor<2x3xf32>) {
  %init = tensor.empty() : tensor<6xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<6xf32>) outs(%init : tensor<6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = arith.subf %in, %in : f32
    linalg.yield %1 : f32
  } -> tensor<6xf32>
  %reshaped = tensor.expand_shape %x [[0, 1]] output_shape [2, 3]
      : tensor<6xf32> into tensor<2x3xf32>
  return %0, %0, %reshaped : tensor<6xf32>, tensor<6xf32>, tensor<2x3xf32>
}
