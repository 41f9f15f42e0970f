// RUN: garam-opt %s --convert-linalg-to-npu --split-input-file | FileCheck %s

// Pooling: the padding is read as the fill, the window operand is not read.

// CHECK-DAG: #[[$IN:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4 - 1, d3 * 2 + d5 - 1)>
// CHECK-LABEL: func.func @max_pool
// CHECK-SAME:      %[[X:.+]]: tensor<1x2x8x8xf32>
// CHECK-NEXT:    npu.vector ins(%[[X]]) sizes [1, 2, 4, 4, 3, 3]
// CHECK-SAME:      combiners = [#npu.combiner<maxf, 0xFF800000 : f32>]
// CHECK-SAME:      fills = array<f64: 0xFFF0000000000000>
// CHECK-SAME:      indexing_maps = [#[[$IN]], #
// CHECK-SAME:      paddings = [array<i1: false, false, true, true>]
func.func @max_pool(%x: tensor<1x2x8x8xf32>) -> tensor<1x2x4x4xf32> {
  %low = arith.constant 0xFF800000 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %low : f32
  } : tensor<1x2x8x8xf32> to tensor<1x2x9x9xf32>
  %window = tensor.empty() : tensor<3x3xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %y = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>}
      ins(%p, %window : tensor<1x2x9x9xf32>, tensor<3x3xf32>)
      outs(%init : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// -----

// The dimensions that remain come first, in the order of the output.

// CHECK-DAG: #[[$IN:.+]] = affine_map<(d0, d1, d2) -> (d2, d1, d0)>
// CHECK-DAG: #[[$OUT:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @order
// CHECK:         npu.vector ins(%{{.+}}) sizes [5, 4, 3]
// CHECK-SAME:      indexing_maps = [#[[$IN]], #[[$OUT]]], num_reductions = 1
func.func @order(%x: tensor<3x4x5xf32>) -> tensor<5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<5x4xf32>) -> tensor<5x4xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>,
                       affine_map<(a, b, c) -> (c, b)>],
      iterator_types = ["reduction", "parallel", "parallel"]}
      ins(%x : tensor<3x4x5xf32>) outs(%init : tensor<5x4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %o : f32
    linalg.yield %s : f32
  } -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// -----

// An initial value that is a tensor joins in finish.

// CHECK-LABEL: func.func @initial_tensor
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xf32>, %[[INIT:.+]]: tensor<4xf32>
// CHECK:         npu.vector ins(%[[X]], %[[INIT]])
// CHECK-SAME:      #npu.combiner<addf, 0.000000e+00 : f32>
// CHECK:         } finish {
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: f32, %[[E:.+]]: f32):
// CHECK-NEXT:      arith.addf %[[SUM]], %[[E]]
func.func @initial_tensor(%x: tensor<4x8xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A slice, a transposition and a broadcast that one reader needs are in its
// maps.

// CHECK-DAG: #[[$SLICE:.+]] = affine_map<(d0, d1) -> (d1 * 2 + 1, d0)>
// CHECK-DAG: #[[$VECTOR:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @movements
// CHECK-SAME:      %[[X:.+]]: tensor<8x4xf32>, %[[V:.+]]: tensor<3xf32>
// CHECK-NEXT:    npu.vector ins(%[[X]], %[[V]]) sizes [4, 3]
// CHECK-SAME:      indexing_maps = [#[[$SLICE]], #[[$VECTOR]], #
func.func @movements(%x: tensor<8x4xf32>, %v: tensor<3xf32>) -> tensor<4x3xf32> {
  %s = tensor.extract_slice %x[1, 0] [3, 4] [2, 1] : tensor<8x4xf32> to tensor<3x4xf32>
  %e = tensor.empty() : tensor<4x3xf32>
  %t = linalg.transpose ins(%s : tensor<3x4xf32>) outs(%e : tensor<4x3xf32>) permutation = [1, 0]
  %b = linalg.broadcast ins(%v : tensor<3xf32>) outs(%e : tensor<4x3xf32>) dimensions = [0]
  %y = linalg.mul ins(%t, %b : tensor<4x3xf32>, tensor<4x3xf32>)
      outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// What lies outside of a padded slice is not what lies outside of the tensor:
// the slice has a stage of its own.

// CHECK-LABEL: func.func @padded_slice
// CHECK:         %[[S:.+]] = npu.vector {{.+}} -> tensor<4xf32>
// CHECK:         npu.vector ins(%[[S]])
// CHECK-SAME:      paddings = [array<i1: true>]
func.func @padded_slice(%x: tensor<8xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %s = tensor.extract_slice %x[2] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %p = tensor.pad %s low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %p : tensor<6xf32>
}

// -----

// Integers are i32 in registers; unsigned bytes are read and written as such.

// CHECK-LABEL: func.func @unsigned
// CHECK:         npu.vector
// CHECK-SAME:      unsigned_inputs = array<i1: true>, unsigned_outputs = array<i1: true>
// CHECK-NEXT:    ^bb0(%[[A:.+]]: i32):
// CHECK:           arith.maxsi %[[A]], %{{.+}} : i32
func.func @unsigned(%x: tensor<8xi8>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %c = arith.constant 100 : i8
  %y = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<8xi8>) outs(%e : tensor<8xi8>) {
  ^bb0(%v: i8, %o: i8):
    %m = arith.maxui %v, %c : i8
    linalg.yield %m : i8
  } -> tensor<8xi8>
  return %y : tensor<8xi8>
}

// -----

// Booleans are 0 and 1 in registers; comparisons the machine lacks are spelt
// with those it has.

// CHECK-LABEL: func.func @booleans
// CHECK-NEXT:    npu.vector
// CHECK-NEXT:    ^bb0(%[[A:.+]]: f32, %[[B:.+]]: i32):
// CHECK:           %[[C:.+]] = arith.cmpi ne, %[[B]], %{{.+}} : i32
// CHECK:           %[[LE:.+]] = arith.cmpf ole, %[[A]]
// CHECK:           %[[UGT:.+]] = arith.xori %[[LE]]
// CHECK:           %[[AND:.+]] = arith.andi %[[UGT]], %[[C]] : i1
// CHECK:           %[[R:.+]] = arith.extui %[[AND]] : i1 to i32
// CHECK:           npu.yield %[[R]]
func.func @booleans(%x: tensor<8xf32>, %b: tensor<8xi1>) -> tensor<8xi1> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8xi1>
  %y = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>,
                       affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %b : tensor<8xf32>, tensor<8xi1>) outs(%e : tensor<8xi1>) {
  ^bb0(%v: f32, %c: i1, %o: i1):
    %p = arith.cmpf ugt, %v, %zero : f32
    %q = arith.andi %p, %c : i1
    linalg.yield %q : i1
  } -> tensor<8xi1>
  return %y : tensor<8xi1>
}

// -----

// The machine's maximum is NaN where an operand is; one of numbers is the other
// operand there. Equal or unordered is neither less nor greater.

// CHECK-LABEL: func.func @numbers
// CHECK-NEXT:    npu.vector
// CHECK-NEXT:    ^bb0(%[[A:.+]]: f32, %[[B:.+]]: f32):
// CHECK:           %[[M:.+]] = arith.maximumf %[[A]], %[[B]]
// CHECK-DAG:       %[[NB:.+]] = arith.cmpf une, %[[B]], %[[B]]
// CHECK-DAG:       %[[NA:.+]] = arith.cmpf une, %[[A]], %[[A]]
// CHECK:           %[[ORA:.+]] = arith.select %[[NB]], %[[A]], %[[M]]
// CHECK:           %[[ORB:.+]] = arith.select %[[NA]], %[[B]], %[[ORA]]
// CHECK-DAG:       %[[LT:.+]] = arith.cmpf olt, %[[ORB]], %[[B]]
// CHECK-DAG:       %[[GT:.+]] = arith.cmpf ogt, %[[ORB]], %[[B]]
// CHECK:           %[[ONE:.+]] = arith.ori
// CHECK:           arith.xori %[[ONE]]
func.func @numbers(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xi1> {
  %e = tensor.empty() : tensor<8xi1>
  %z = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>,
                       affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x, %y : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xi1>) {
  ^bb0(%a: f32, %b: f32, %o: i1):
    %m = arith.maxnumf %a, %b : f32
    %p = arith.cmpf ueq, %m, %b : f32
    linalg.yield %p : i1
  } -> tensor<8xi1>
  return %z : tensor<8xi1>
}

// -----

// Indices follow the order of the dimensions, constants of one value become
// scalars.

// CHECK-LABEL: func.func @index
// CHECK-NEXT:    npu.vector sizes [4, 8]
// CHECK:           %[[C:.+]] = arith.constant 3.000000e+00 : f32
// CHECK:           %[[I:.+]] = npu.index 1
// CHECK:           %[[F:.+]] = arith.sitofp %[[I]] : i32 to f32
// CHECK:           arith.mulf %[[F]], %[[C]]
func.func @index() -> tensor<4x8xf32> {
  %c = arith.constant dense<3.0> : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (b, a)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    %m = arith.mulf %f, %v : f32
    linalg.yield %m : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Concatenation, reshape and gather keep their stages; a reshaped constant is
// the constant; indices may count from the end, which the machine does not know.

// CHECK-LABEL: func.func @others
// CHECK-SAME:      %[[X:.+]]: tensor<4x2xf32>, %[[I:.+]]: tensor<3xi64>
// CHECK-DAG:     %[[W:.+]] = npu.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG:     %[[C:.+]] = npu.concat %[[X]], %[[W]] axis 0
// CHECK-DAG:     %[[J:.+]] = npu.vector ins(%[[I]]) {{.+}} -> tensor<3xi32>
// CHECK-DAG:     %[[G:.+]] = npu.gather %[[C]][%[[J]]] axis 0
// CHECK-DAG:     %[[R:.+]] = npu.reshape %[[G]] : tensor<3x2xf32> -> tensor<6xf32>
// CHECK:         return %[[R]]
func.func @others(%x: tensor<4x2xf32>, %i: tensor<3xi64>) -> tensor<6xf32> {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %m = tensor.expand_shape %w [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  %c = tensor.concat dim(0) %x, %m : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<6x2xf32>
  %g = garam_ext.gather %c[%i] axis 0 : tensor<6x2xf32>, tensor<3xi64> -> tensor<3x2xf32>
  %r = tensor.collapse_shape %g [[0, 1]] : tensor<3x2xf32> into tensor<6xf32>
  return %r : tensor<6xf32>
}

// -----

// What a function returns as it came, or twice, needs no stage: DMA moves it.

// CHECK-LABEL: func.func @returned
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>
// CHECK-NEXT:    %[[N:.+]] = npu.vector ins(%[[X]])
// CHECK:         return %[[X]], %[[N]], %[[N]]
func.func @returned(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %n = linalg.negf ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %x, %n, %n : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// Arithmetic on i1 is modulo 2, and as a signed number true is less than false.

// CHECK-LABEL: func.func @booleans
// CHECK:         %[[S:.+]] = arith.xori %[[A:.+]], %[[B:.+]] : i1
// CHECK-NEXT:    %[[L:.+]] = arith.ori %[[S]], %[[B]] : i1
// CHECK-NEXT:    %[[G:.+]] = arith.andi %[[L]], %[[A]] : i1
// CHECK-NEXT:    %[[U:.+]] = arith.ori %[[G]], %[[B]] : i1
// CHECK-NEXT:    %[[P:.+]] = arith.andi %[[U]], %[[S]] : i1
func.func @booleans(%x: tensor<8xi1>, %y: tensor<8xi1>) -> tensor<8xi1> {
  %e = tensor.empty() : tensor<8xi1>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<8xi1>, tensor<8xi1>) outs(%e : tensor<8xi1>) {
  ^bb0(%a: i1, %b: i1, %o: i1):
    %s = arith.addi %a, %b : i1
    %l = arith.minsi %s, %b : i1
    %g = arith.maxsi %l, %a : i1
    %u = arith.maxui %g, %b : i1
    %p = arith.muli %u, %s : i1
    linalg.yield %p : i1
  } -> tensor<8xi1>
  return %0 : tensor<8xi1>
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: func.func @least_boolean
// CHECK:         combiners = [#npu.combiner<ori, 0 : i32>]
func.func @least_boolean(%x: tensor<4x8xi1>) -> tensor<4xi1> {
  %false = arith.constant false
  %e = tensor.empty() : tensor<4xi1>
  %f = linalg.fill ins(%false : i1) outs(%e : tensor<4xi1>) -> tensor<4xi1>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xi1>) outs(%f : tensor<4xi1>) {
  ^bb0(%a: i1, %o: i1):
    %m = arith.minsi %o, %a : i1
    linalg.yield %m : i1
  } -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

// The absolute value of the least i8 is the least i8: registers have 32 bits.

#identity = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func.func @narrow_magnitude
// CHECK:         %[[NEGATIVE:.+]] = arith.subi
// CHECK:         %[[MAGNITUDE:.+]] = arith.maxsi %{{.+}}, %[[NEGATIVE]]
// CHECK:         %[[HIGH:.+]] = arith.shli %[[MAGNITUDE]]
// CHECK:         arith.shrsi %[[HIGH]]
func.func @narrow_magnitude(%x: tensor<8xi8>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %y = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi8>) outs(%e : tensor<8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = math.absi %in : i8
    linalg.yield %0 : i8
  } -> tensor<8xi8>
  return %y : tensor<8xi8>
}
