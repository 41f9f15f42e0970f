// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file --verify-diagnostics | FileCheck %s

// Elements of 64 bits do not pass the vector engine's registers: a
// transposition of them is a view.

// CHECK-DAG: #[[$MAP:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @transpose
// CHECK-SAME:      %[[X:.+]]: tensor<2x3xi64>
// CHECK-NEXT:    %[[V:.+]] = npu.view %[[X]] map #[[$MAP]] : tensor<2x3xi64> -> tensor<3x2xi64>
// CHECK-NEXT:    return %[[V]]
func.func @transpose(%x: tensor<2x3xi64>) -> tensor<3x2xi64> {
  %e = tensor.empty() : tensor<3x2xi64>
  %y = linalg.transpose ins(%x : tensor<2x3xi64>) outs(%e : tensor<3x2xi64>) permutation = [1, 0]
  return %y : tensor<3x2xi64>
}

// -----

// So is a broadcast of doubles, whose lower bits an f32 would lose.

// CHECK-DAG: #[[$MAP:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @broadcast
// CHECK:         npu.view %{{.+}} map #[[$MAP]] : tensor<3xf64> -> tensor<2x3xf64>
func.func @broadcast(%x: tensor<3xf64>) -> tensor<2x3xf64> {
  %e = tensor.empty() : tensor<2x3xf64>
  %y = linalg.broadcast ins(%x : tensor<3xf64>) outs(%e : tensor<2x3xf64>) dimensions = [0]
  return %y : tensor<2x3xf64>
}

// -----

// A slice keeps its offsets and strides; a dimension that it drops is constant.

// CHECK-DAG: #[[$MAP:.+]] = affine_map<(d0) -> (2, d0 * 3 + 1)>
// CHECK-LABEL: func.func @slice
// CHECK:         npu.view %{{.+}} map #[[$MAP]] : tensor<4x8xi64> -> tensor<2xi64>
func.func @slice(%x: tensor<4x8xi64>) -> tensor<2xi64> {
  %y = tensor.extract_slice %x[2, 1] [1, 2] [1, 3] : tensor<4x8xi64> to tensor<2xi64>
  return %y : tensor<2xi64>
}

// -----

// A padding puts constants beside the tensor, a dimension at a time.

// CHECK-LABEL: func.func @pad
// CHECK-SAME:      %[[X:.+]]: tensor<2x3xi64>
// CHECK-DAG:     %[[TOP:.+]] = npu.constant dense<4294967297> : tensor<1x3xi64>
// CHECK-DAG:     %[[ROWS:.+]] = npu.concat %[[TOP]], %[[X]] axis 0
// CHECK-DAG:     %[[LEFT:.+]] = npu.constant dense<4294967297> : tensor<3x2xi64>
// CHECK-DAG:     %[[RIGHT:.+]] = npu.constant dense<4294967297> : tensor<3x1xi64>
// CHECK-DAG:     %[[Y:.+]] = npu.concat %[[LEFT]], %[[ROWS]], %[[RIGHT]] axis 1
// CHECK:         return %[[Y]]
func.func @pad(%x: tensor<2x3xi64>) -> tensor<3x6xi64> {
  %fill = arith.constant 4294967297 : i64
  %y = tensor.pad %x low[1, 2] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %fill : i64
  } : tensor<2x3xi64> to tensor<3x6xi64>
  return %y : tensor<3x6xi64>
}

// -----

// A fill is a constant.

// CHECK-LABEL: func.func @fill
// CHECK:         npu.constant dense<4294967297> : tensor<4xi64>
func.func @fill() -> tensor<4xi64> {
  %fill = arith.constant 4294967297 : i64
  %e = tensor.empty() : tensor<4xi64>
  %y = linalg.fill ins(%fill : i64) outs(%e : tensor<4xi64>) -> tensor<4xi64>
  return %y : tensor<4xi64>
}

// -----

// A result that a register would cut is refused.

func.func @constant(%x: tensor<4xi32>) -> tensor<4xi64> {
  %c = arith.constant dense<4294967297> : tensor<4xi64>
  %e = tensor.empty() : tensor<4xi64>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': integers of more than 32 bits; cast them to int32 where their values allow}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %c : tensor<4xi32>, tensor<4xi64>) outs(%e : tensor<4xi64>) {
  ^bb0(%v: i32, %k: i64, %o: i64):
    %w = arith.extsi %v : i32 to i64
    %s = arith.addi %w, %k : i64
    linalg.yield %s : i64
  } -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// Offsets and paddings have to be attributes, or constants, which
// canonicalization makes attributes of.

func.func @operands(%x: tensor<8xi64>, %s: tensor<i64>) -> (tensor<2xi64>, tensor<10xi64>) {
  %i = arith.constant 1 : index
  // expected-error @+1 {{the device cannot carry out 'tensor.extract_slice': offsets or strides that are not constants}}
  %y = tensor.extract_slice %x[%i] [2] [1] : tensor<8xi64> to tensor<2xi64>
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element that is computed, as a size, a position or a condition}}
  %fill = tensor.extract %s[] : tensor<i64>
  // expected-error @+1 {{the device cannot carry out 'tensor.pad': a padding that is not constant}}
  %z = tensor.pad %x low[1] high[1] {
  ^bb0(%j: index):
    tensor.yield %fill : i64
  } : tensor<8xi64> to tensor<10xi64>
  return %y, %z : tensor<2xi64>, tensor<10xi64>
}

// -----

// DMA walks what is linear.

func.func @not_linear(%x: tensor<4xi64>) -> tensor<8xi64> {
  %e = tensor.empty() : tensor<8xi64>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': an access that is not linear in the loop dimensions}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a floordiv 2)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<8xi64>) {
  ^bb0(%v: i64, %o: i64):
    linalg.yield %v : i64
  } -> tensor<8xi64>
  return %0 : tensor<8xi64>
}

// -----

// A fill by a scalar that is read at run time.

func.func @computed_fill(%s: tensor<i64>) -> tensor<4xi64> {
  // expected-error @+1 {{the device cannot carry out 'tensor.extract': it goes on with a single element that is computed, as a size, a position or a condition}}
  %v = tensor.extract %s[] : tensor<i64>
  %e = tensor.empty() : tensor<4xi64>
  // expected-error @+1 {{the device cannot carry out 'linalg.fill': a scalar operand that is not a constant}}
  %0 = linalg.fill ins(%v : i64) outs(%e : tensor<4xi64>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// Of an integer of 64 bits a load takes the low 32, which is all that a
// truncation leaves of it.

// CHECK-LABEL: func.func @truncation
// CHECK-SAME:      %[[X:.+]]: tensor<4xi64>
// CHECK:         npu.vector {{.*}}%[[X]]
func.func @truncation(%x: tensor<4xi64>) -> tensor<4xi32> {
  %e = tensor.empty() : tensor<4xi32>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<4xi32>) {
  ^bb0(%v: i64, %o: i32):
    %t = arith.trunci %v : i64 to i32
    linalg.yield %t : i32
  } -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// A mask of 64-bit integers is true where any bit of either half is 1.

// CHECK-LABEL: func.func @mask
// CHECK-SAME:      %[[X:.+]]: tensor<4xi64>
// CHECK:         npu.vector ins(%[[X]], %[[X]])
// CHECK-SAME:      upper_inputs = array<i1: true, false>
// CHECK:         ^bb0(%[[U:.+]]: i32, %[[L:.+]]: i32):
// CHECK:         %[[B:.+]] = arith.ori
// CHECK:         arith.cmpi ne, %[[B]]
func.func @mask(%x: tensor<4xi64>) -> tensor<4xi1> {
  %zero = arith.constant 0 : i64
  %e = tensor.empty() : tensor<4xi1>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xi64>) outs(%e : tensor<4xi1>) {
  ^bb0(%v: i64, %o: i1):
    %t = arith.cmpi ne, %v, %zero : i64
    linalg.yield %t : i1
  } -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

// Integers in two registers are added with a carry and ordered by their upper
// halves first; a constant has an upper half of its own.

// CHECK-LABEL: func.func @order
// CHECK:         npu.vector
// CHECK-SAME:      upper_inputs
// CHECK:         arith.addi
// CHECK:         %[[CARRY:.+]] = arith.extui
// CHECK:         arith.addi %{{.+}}, %[[CARRY]]
// CHECK:         arith.cmpi eq
// CHECK:         arith.andi
func.func @order(%x: tensor<4xi64>, %y: tensor<4xi64>) -> tensor<4xi1> {
  %c = arith.constant dense<4294967297> : tensor<4xi64>
  %e = tensor.empty() : tensor<4xi1>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>,
                       affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %y, %c : tensor<4xi64>, tensor<4xi64>, tensor<4xi64>) outs(%e : tensor<4xi1>) {
  ^bb0(%v: i64, %w: i64, %k: i64, %o: i1):
    %s = arith.addi %v, %k : i64
    %t = arith.cmpi sle, %s, %w : i64
    linalg.yield %t : i1
  } -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

// Of a padding both halves are read too.

// CHECK-LABEL: func.func @padded
// CHECK:         fills = array<f64: 1.000000e+00, 0x41F0000000100000>
// CHECK-SAME:    upper_inputs = array<i1: true, false>
func.func @padded(%x: tensor<4xi64>) -> tensor<6xi1> {
  %zero = arith.constant 0 : i64
  %fill = arith.constant 4294967297 : i64
  %p = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %fill : i64
  } : tensor<4xi64> to tensor<6xi64>
  %e = tensor.empty() : tensor<6xi1>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%p : tensor<6xi64>) outs(%e : tensor<6xi1>) {
  ^bb0(%v: i64, %o: i1):
    %t = arith.cmpi sgt, %v, %zero : i64
    linalg.yield %t : i1
  } -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

// -----

// Constants pass through doubles on their way.

func.func @constant_of_64_bits(%x: tensor<4xi64>) -> tensor<4xi1> {
  %c = arith.constant 9007199254740993 : i64
  %t = tensor.empty() : tensor<4xi64>
  %k = linalg.fill ins(%c : i64) outs(%t : tensor<4xi64>) -> tensor<4xi64>
  %e = tensor.empty() : tensor<4xi1>
  // expected-error @+1 {{the device cannot carry out 'linalg.generic': a constant of more than 53 bits}}
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %k : tensor<4xi64>, tensor<4xi64>) outs(%e : tensor<4xi1>) {
  ^bb0(%v: i64, %w: i64, %o: i1):
    %s = arith.cmpi slt, %v, %w : i64
    linalg.yield %s : i1
  } -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
