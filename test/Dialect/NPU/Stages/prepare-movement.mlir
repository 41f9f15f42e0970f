// RUN: garam-opt %s --npu-prepare-movement --split-input-file | FileCheck %s

// A strided insertion: each element becomes the first of two, then the tensor
// is padded to its place. The zero behind the last element is not needed.

// CHECK-LABEL: func.func @insertion
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>
// CHECK:         %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK:         %[[E:.+]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1]] output_shape [4, 1]
// CHECK:         %[[P:.+]] = tensor.pad %[[E]] low[0, 0] high[0, 1]
// CHECK:           tensor.yield %[[ZERO]]
// CHECK:         %[[M:.+]] = tensor.collapse_shape %[[P]] {{\[\[}}0, 1]] : tensor<4x2xf32> into tensor<8xf32>
// CHECK:         %[[C:.+]] = tensor.extract_slice %[[M]][0] [7] [1] : tensor<8xf32> to tensor<7xf32>
// CHECK:         %[[Y:.+]] = tensor.pad %[[C]] low[3] high[0]
// CHECK:         return %[[Y]]
func.func @insertion(%x: tensor<4xf32>) -> tensor<10xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<10xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<10xf32>) -> tensor<10xf32>
  %y = tensor.insert_slice %x into %z[3] [4] [2] : tensor<4xf32> into tensor<10xf32>
  return %y : tensor<10xf32>
}

// -----

// Without a stride it is a padding.

// CHECK-LABEL: func.func @plain
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>
// CHECK:         %[[Y:.+]] = tensor.pad %[[X]] low[3] high[1]
// CHECK:         return %[[Y]]
func.func @plain(%x: tensor<4xf32>) -> tensor<8xf32> {
  %z = arith.constant dense<1.0> : tensor<8xf32>
  %y = tensor.insert_slice %x into %z[3] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// A descriptor guards two dimensions.

// CHECK-LABEL: func.func @three
// CHECK-SAME:      %[[X:.+]]: tensor<4x4x4xf32>
// CHECK:         %[[A:.+]] = tensor.pad %[[X]] low[1, 0, 0] high[0, 2, 0]
// CHECK:         %[[B:.+]] = tensor.pad %[[A]] low[0, 0, 1] high[0, 0, 1]
// CHECK:         return %[[B]]
func.func @three(%x: tensor<4x4x4xf32>) -> tensor<5x6x6xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1, 0, 1] high[0, 2, 1] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %zero : f32
  } : tensor<4x4x4xf32> to tensor<5x6x6xf32>
  return %y : tensor<5x6x6xf32>
}

// -----

// Two dimensions are guarded by one descriptor.

// CHECK-LABEL: func.func @two
// CHECK-COUNT-1: tensor.pad
// CHECK-NOT:     tensor.pad
func.func @two(%x: tensor<4x4x4xf32>) -> tensor<5x4x6xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1, 0, 1] high[0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %zero : f32
  } : tensor<4x4x4xf32> to tensor<5x4x6xf32>
  return %y : tensor<5x4x6xf32>
}

// -----

// What is around the inserted tensor is not one value.

// CHECK-LABEL: func.func @into_values
// CHECK:         tensor.insert_slice
// CHECK-NOT:     tensor.pad
func.func @into_values(%x: tensor<4xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %y = tensor.insert_slice %x into %z[3] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// Nor is the place of the insertion known here.

// CHECK-LABEL: func.func @computed_place
// CHECK:         tensor.insert_slice
func.func @computed_place(%x: tensor<4xf32>, %i: index) -> tensor<8xf32> {
  %z = arith.constant dense<1.0> : tensor<8xf32>
  %y = tensor.insert_slice %x into %z[%i] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %y : tensor<8xf32>
}
