// RUN: garam-opt %s --npu-fold-quantization --split-input-file | FileCheck %s

// A reshape between two equal scales moves the quantised tensor.

// CHECK-LABEL: func.func @reshape
// CHECK-SAME:      %[[X:.+]]: tensor<2x4xi8>
// CHECK:         %[[R:.+]] = tensor.collapse_shape %[[X]] {{.+}} : tensor<2x4xi8> into tensor<8xi8>
// CHECK-NEXT:    return %[[R]]
func.func @reshape(%x: tensor<2x4xi8>) -> tensor<8xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %0 = garam_ext.dequantize %x scale %s zero_point %z
      : tensor<2x4xi8>, tensor<f32>, tensor<i8> -> tensor<2x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %2 = garam_ext.quantize %1 scale %s zero_point %z {axis = 0 : i64}
      : tensor<8xf32>, tensor<f32>, tensor<i8> -> tensor<8xi8>
  return %2 : tensor<8xi8>
}

// -----

// Different zero points are a change of the values.

// CHECK-LABEL: func.func @requantize
// CHECK:         garam_ext.dequantize
// CHECK:         garam_ext.quantize
func.func @requantize(%x: tensor<2x4xi8>) -> tensor<2x4xi8> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %0 = garam_ext.dequantize %x scale %s zero_point %z
      : tensor<2x4xi8>, tensor<f32>, tensor<i8> -> tensor<2x4xf32>
  %1 = garam_ext.quantize %0 scale %s
      : tensor<2x4xf32>, tensor<f32> -> tensor<2x4xi8>
  return %1 : tensor<2x4xi8>
}

// -----

// A concatenation of tensors with one scale.

// CHECK-LABEL: func.func @concat
// CHECK-SAME:      %[[X:.+]]: tensor<4x4xi8>, %[[Y:.+]]: tensor<4x4xi8>
// CHECK:         %[[C:.+]] = tensor.concat dim(0) %[[X]], %[[Y]] : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<8x4xi8>
// CHECK-NEXT:    garam_ext.dequantize %[[C]]
func.func @concat(%x: tensor<4x4xi8>, %y: tensor<4x4xi8>) -> tensor<8x4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<4x4xi8>, tensor<f32> -> tensor<4x4xf32>
  %1 = garam_ext.dequantize %y scale %s : tensor<4x4xi8>, tensor<f32> -> tensor<4x4xf32>
  %2 = tensor.concat dim(0) %0, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// -----

// The maximum of unsigned windows, padded with the least of them.

// CHECK-LABEL: func.func @max_pool
// CHECK-SAME:      %[[X:.+]]: tensor<8xi8>
// CHECK-DAG:     %[[LOW:.+]] = arith.constant 0 : i8
// CHECK:         %[[P:.+]] = tensor.pad %[[X]] low[1] high[1]
// CHECK:           tensor.yield %[[LOW]] : i8
// CHECK:         %[[M:.+]] = linalg.generic {{.+}} ins(%[[P]]
// CHECK:           arith.maxui
// CHECK:         garam_ext.dequantize %[[M]] {{.*}}is_unsigned
func.func @max_pool(%x: tensor<8xi8>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %low = arith.constant 0xFF800000 : f32
  %0 = garam_ext.dequantize %x scale %s {is_unsigned, axis = 0 : i64}
      : tensor<8xi8>, tensor<f32> -> tensor<8xf32>
  %1 = tensor.pad %0 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %low : f32
  } : tensor<8xf32> to tensor<10xf32>
  %e = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %window = tensor.empty() : tensor<3xf32>
  %2 = linalg.generic {
      indexing_maps = [affine_map<(o, k) -> (o * 2 + k)>,
                       affine_map<(o, k) -> (k)>, affine_map<(o, k) -> (o)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%1, %window : tensor<10xf32>, tensor<3xf32>)
      outs(%init : tensor<4xf32>) {
  ^bb0(%a: f32, %w: f32, %o: f32):
    %m = arith.maximumf %a, %o : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// A negative scale turns the order round: the maximum of what it scales is not
// that of the integers.

// CHECK-LABEL: func.func @max_pool_negative_scale
// CHECK:         %[[D:.+]] = garam_ext.dequantize
// CHECK:         linalg.generic {{.+}} ins(%[[D]]
// CHECK:           arith.maximumf
func.func @max_pool_negative_scale(%x: tensor<8xi8>) -> tensor<6xf32> {
  %s = arith.constant dense<-0.5> : tensor<f32>
  %low = arith.constant 0xFF800000 : f32
  %0 = garam_ext.dequantize %x scale %s : tensor<8xi8>, tensor<f32> -> tensor<8xf32>
  %e = tensor.empty() : tensor<6xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<6xf32>) -> tensor<6xf32>
  %window = tensor.empty() : tensor<3xf32>
  %1 = linalg.generic {
      indexing_maps = [affine_map<(o, k) -> (o + k)>,
                       affine_map<(o, k) -> (k)>, affine_map<(o, k) -> (o)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%0, %window : tensor<8xf32>, tensor<3xf32>) outs(%init : tensor<6xf32>) {
  ^bb0(%a: f32, %w: f32, %o: f32):
    %m = arith.maximumf %a, %o : f32
    linalg.yield %m : f32
  } -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

// -----

// Padding with another value than the least one counts among the maxima.

// CHECK-LABEL: func.func @max_pool_zero_padding
// CHECK:         garam_ext.dequantize
// CHECK:         tensor.pad
// CHECK:           arith.maximumf
func.func @max_pool_zero_padding(%x: tensor<8xi8>) -> tensor<8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %0 = garam_ext.dequantize %x scale %s : tensor<8xi8>, tensor<f32> -> tensor<8xf32>
  %1 = tensor.pad %0 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<8xf32> to tensor<10xf32>
  %e = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %window = tensor.empty() : tensor<3xf32>
  %2 = linalg.generic {
      indexing_maps = [affine_map<(o, k) -> (o + k)>,
                       affine_map<(o, k) -> (k)>, affine_map<(o, k) -> (o)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%1, %window : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%a: f32, %w: f32, %o: f32):
    %m = arith.maximumf %a, %o : f32
    linalg.yield %m : f32
  } -> tensor<8xf32>
  return %2 : tensor<8xf32>
}

// -----

// Integers of two widths have one scale but no tensor in common.

// CHECK-LABEL: func.func @concat_widths
// CHECK-COUNT-2: garam_ext.dequantize
// CHECK:         tensor.concat dim(0) %{{.+}} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
func.func @concat_widths(%x: tensor<4xi8>, %y: tensor<4xi16>) -> tensor<8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %1 = garam_ext.dequantize %y scale %s : tensor<4xi16>, tensor<f32> -> tensor<4xf32>
  %2 = tensor.concat dim(0) %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %2 : tensor<8xf32>
}

// -----

// Nor have integers that are read with and without a sign.

// CHECK-LABEL: func.func @concat_signs
// CHECK-COUNT-2: garam_ext.dequantize
// CHECK:         tensor.concat dim(0) %{{.+}} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
func.func @concat_signs(%x: tensor<4xi8>, %y: tensor<4xi8>) -> tensor<8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %1 = garam_ext.dequantize %y scale %s {is_unsigned, axis = 0 : i64} : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  %2 = tensor.concat dim(0) %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %2 : tensor<8xf32>
}

// -----

// What is quantised as it was dequantised is what it was, in f32.

// CHECK-LABEL: func.func @cancel
// CHECK-SAME:      %[[X:.+]]: tensor<4xi16>
// CHECK:         return %[[X]]
func.func @cancel(%x: tensor<4xi16>) -> tensor<4xi16> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<4xi16>, tensor<f32> -> tensor<4xf32>
  %1 = garam_ext.quantize %0 scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi16>
  return %1 : tensor<4xi16>
}

// -----

// f16 does not hold every integer times a scale.

// CHECK-LABEL: func.func @cancel_f16
// CHECK:         garam_ext.dequantize
// CHECK:         garam_ext.quantize
func.func @cancel_f16(%x: tensor<4xi16>) -> tensor<4xi16> {
  %s = arith.constant dense<0.5> : tensor<f16>
  %0 = garam_ext.dequantize %x scale %s : tensor<4xi16>, tensor<f16> -> tensor<4xf16>
  %1 = garam_ext.quantize %0 scale %s : tensor<4xf16>, tensor<f16> -> tensor<4xi16>
  return %1 : tensor<4xi16>
}

// -----

// A transposition and a slice move the quantised tensor.

// CHECK-LABEL: func.func @transpose
// CHECK-SAME:      %[[X:.+]]: tensor<2x4xi8>
// CHECK:         %[[T:.+]] = linalg.generic {{.+}} ins(%[[X]] : tensor<2x4xi8>)
// CHECK:         %[[S:.+]] = tensor.extract_slice %[[T]][1, 0] [2, 2] [1, 1] : tensor<4x2xi8> to tensor<2x2xi8>
// CHECK:         garam_ext.dequantize %[[S]]
func.func @transpose(%x: tensor<2x4xi8>) -> tensor<2x2xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = garam_ext.dequantize %x scale %s : tensor<2x4xi8>, tensor<f32> -> tensor<2x4xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %1 = linalg.transpose ins(%0 : tensor<2x4xf32>) outs(%e : tensor<4x2xf32>) permutation = [1, 0]
  %2 = tensor.extract_slice %1[1, 0] [2, 2] [1, 1] : tensor<4x2xf32> to tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// -----

// Scales of channels would have to move with their dimension.

// CHECK-LABEL: func.func @per_channel
// CHECK:         garam_ext.dequantize
// CHECK-NEXT:    tensor.collapse_shape
func.func @per_channel(%x: tensor<2x4xi8>) -> tensor<8xf32> {
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %0 = garam_ext.dequantize %x scale %s {axis = 0 : i64} : tensor<2x4xi8>, tensor<2xf32> -> tensor<2x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  return %1 : tensor<8xf32>
}
