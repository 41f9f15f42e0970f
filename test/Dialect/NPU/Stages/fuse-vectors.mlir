// RUN: garam-opt %s --npu-fuse-vectors='stage-operations=131072 function-operations=4' --split-input-file | FileCheck %s
// RUN: garam-opt %s --npu-fuse-vectors=function-operations=4 --split-input-file | FileCheck %s --check-prefix=FREE

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// Elementwise work moves to where it is read; the broadcast operand keeps its
// map.

// CHECK-LABEL: func.func @chain
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xf32>, %[[B:.+]]: tensor<8xf32>
// CHECK-NEXT:    %[[Y:.+]] = npu.vector ins(%[[X]], %[[B]]) sizes [4, 8]
// CHECK-NEXT:    ^bb0(%[[E:.+]]: f32, %[[F:.+]]: f32):
// CHECK-NEXT:      %[[S:.+]] = arith.addf %[[E]], %[[F]]
// CHECK-NEXT:      %[[T:.+]] = math.tanh %[[S]]
// CHECK-NEXT:      npu.yield %[[T]]
// CHECK:         return %[[Y]]
func.func @chain(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = npu.vector ins(%x, %b) sizes [4, 8] {indexing_maps = [#id, #column, #id]}
      : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    npu.yield %s : f32
  }
  %1 = npu.vector ins(%0) sizes [4, 8] {indexing_maps = [#id, #id]}
      : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %t = math.tanh %a : f32
    npu.yield %t : f32
  }
  return %1 : tensor<4x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>

// The index of a dimension follows the transposition that the reader makes.

// CHECK-DAG: #[[$TRANSPOSED:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @transposed_index
// CHECK:         npu.vector ins(%{{.+}}) sizes [8, 4]
// CHECK-SAME:        indexing_maps = [#[[$TRANSPOSED]], #
// CHECK:           npu.index 1
func.func @transposed_index(%x: tensor<4x8xi32>) -> tensor<8x4xi32> {
  %0 = npu.vector ins(%x) sizes [4, 8] {indexing_maps = [#id, #id]}
      : (tensor<4x8xi32>) -> tensor<4x8xi32> {
  ^bb0(%a: i32):
    %i = npu.index 0
    %s = arith.addi %a, %i : i32
    npu.yield %s : i32
  }
  %1 = npu.vector ins(%0) sizes [8, 4] {indexing_maps = [#transposed, #id]}
      : (tensor<4x8xi32>) -> tensor<8x4xi32> {
  ^bb0(%a: i32):
    npu.yield %a : i32
  }
  return %1 : tensor<8x4xi32>
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0) -> (d0)>

// What follows a reduction is done in finish, with its other operands.

// CHECK-LABEL: func.func @finish
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xf32>, %[[B:.+]]: tensor<4xf32>
// CHECK-NEXT:    npu.vector ins(%[[X]], %[[B]]) sizes [4, 8]
// CHECK:         } finish {
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: f32, %[[E:.+]]: f32):
// CHECK-NEXT:      %[[S:.+]] = arith.mulf %[[SUM]], %[[E]]
// CHECK-NEXT:      npu.yield %[[S]]
func.func @finish(%x: tensor<4x8xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %0 = npu.vector ins(%x) sizes [4, 8] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<4x8xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  } finish {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%0, %b) sizes [4] {indexing_maps = [#id, #id, #id]}
      : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.mulf %a, %c : f32
    npu.yield %s : f32
  }
  return %1 : tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// A store to a narrower integer rounds and saturates: it stays.

// CHECK-LABEL: func.func @rounded
// CHECK:         npu.vector
// CHECK:         npu.vector
func.func @rounded(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xi8> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xi8>) -> tensor<8xf32> {
  ^bb0(%a: i32):
    %f = arith.sitofp %a : i32 to f32
    npu.yield %f : f32
  }
  return %1 : tensor<8xf32>
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0) -> (d0)>

// A function of a row is not computed for each element, unless the stage that
// it saves costs more.

// CHECK-LABEL: func.func @broadcast
// CHECK-COUNT-1: npu.vector
// CHECK-NOT:     npu.vector
// FREE-LABEL: func.func @broadcast
// FREE-COUNT-2: npu.vector
func.func @broadcast(%x: tensor<64x64xf32>, %v: tensor<64xf32>)
    -> tensor<64x64xf32> {
  %0 = npu.vector ins(%v) sizes [64] {indexing_maps = [#id, #id]}
      : (tensor<64xf32>) -> tensor<64xf32> {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    %s = math.sqrt %e : f32
    npu.yield %s : f32
  }
  %1 = npu.vector ins(%x, %0) sizes [64, 64] {indexing_maps = [#in, #row, #in]}
      : (tensor<64x64xf32>, tensor<64xf32>) -> tensor<64x64xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.mulf %a, %c : f32
    npu.yield %s : f32
  }
  return %1 : tensor<64x64xf32>
}

// -----

#in = affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>
#out = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0) -> (d0)>

// A padded reader needs its fill value outside of the tensor, which the
// producer would not compute.

// CHECK-LABEL: func.func @padded
// CHECK-COUNT-2: npu.vector
func.func @padded(%x: tensor<8xf32>) -> tensor<4xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    npu.yield %n : f32
  }
  %1 = npu.vector ins(%0) sizes [4, 3] {num_reductions = 1 : i64,
      indexing_maps = [#in, #out], combiners = [#npu.combiner<maxf, 0.0 : f32>],
      paddings = [array<i1: true>], fills = array<f64: 0.0>}
      : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  } finish {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  return %1 : tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// What the model rounds to f16 stays rounded, once: the negation of an f16 is
// one.

// CHECK-LABEL: func.func @half
// CHECK-COUNT-1: npu.vector
// CHECK:         %[[E:.+]] = math.exp
// CHECK-NEXT:    %[[N:.+]] = arith.truncf %[[E]] : f32 to f16
// CHECK-NEXT:    %[[W:.+]] = arith.extf %[[N]] : f16 to f32
// CHECK-NEXT:    %[[M:.+]] = arith.negf %[[W]]
// CHECK-NEXT:    arith.addf %[[M]], %[[M]]
// CHECK-NOT:     npu.vector
func.func @half(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf16> {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    npu.yield %e : f32
  }
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf16>) -> tensor<8xf16> {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    npu.yield %n : f32
  }
  %2 = npu.vector ins(%1) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf16>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    npu.yield %s : f32
  }
  return %2 : tensor<8xf32>
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0) -> (d0)>

// So does what is made of a sum.

// CHECK-LABEL: func.func @half_sum
// CHECK-COUNT-1: npu.vector
// CHECK:         } finish {
// CHECK-NEXT:    ^bb0(%[[S:.+]]: f32):
// CHECK-NEXT:      %[[N:.+]] = arith.truncf %[[S]] : f32 to bf16
// CHECK-NEXT:      %[[W:.+]] = arith.extf %[[N]] : bf16 to f32
// CHECK-NEXT:      math.sqrt %[[W]]
// CHECK-NOT:     npu.vector
func.func @half_sum(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %0 = npu.vector ins(%x) sizes [4, 8] {num_reductions = 1 : i64,
      indexing_maps = [#in, #row], combiners = [#npu.combiner<addf, 0.0 : f32>]}
      : (tensor<4x8xf32>) -> tensor<4xbf16> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  } finish {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%0) sizes [4] {indexing_maps = [#id, #id]}
      : (tensor<4xbf16>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    npu.yield %s : f32
  }
  return %1 : tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// No instruction rounds to a float of 8 bits as a store does; a move of such
// numbers needs no rounding.

// CHECK-LABEL: func.func @float8
// CHECK:         npu.vector ins(%{{.+}}) {{.+}} -> tensor<8xf8E4M3FN>
// CHECK:         npu.vector ins(%{{.+}}) {{.+}} -> tensor<8xf32>
// CHECK-NOT:     npu.vector
func.func @float8(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf8E4M3FN> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf8E4M3FN>) -> tensor<8xf8E4M3FN> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %2 = npu.vector ins(%1) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf8E4M3FN>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  return %2 : tensor<8xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// An index becomes an input where stages are lowered: with it, eight inputs are
// one more than a command takes.

// CHECK-LABEL: func.func @index_among_inputs
// CHECK-COUNT-2: npu.vector
// FREE-LABEL: func.func @index_among_inputs
// FREE-COUNT-2: npu.vector
func.func @index_among_inputs(
    %a: tensor<8xi32>, %b: tensor<8xi32>, %c: tensor<8xi32>, %d: tensor<8xi32>,
    %e: tensor<8xi32>, %f: tensor<8xi32>, %g: tensor<8xi32>, %h: tensor<8xi32>)
    -> tensor<8xi32> {
  %0 = npu.vector ins(%a, %b, %c, %d) sizes [8]
      {indexing_maps = [#id, #id, #id, #id, #id]}
      : (tensor<8xi32>, tensor<8xi32>, tensor<8xi32>, tensor<8xi32>)
      -> tensor<8xi32> {
  ^bb0(%i: i32, %j: i32, %k: i32, %l: i32):
    %s = arith.addi %i, %j : i32
    %t = arith.addi %k, %l : i32
    %u = arith.muli %s, %t : i32
    npu.yield %u : i32
  }
  %1 = npu.vector ins(%0, %e, %f, %g, %h) sizes [8]
      {indexing_maps = [#id, #id, #id, #id, #id, #id]}
      : (tensor<8xi32>, tensor<8xi32>, tensor<8xi32>, tensor<8xi32>,
         tensor<8xi32>) -> tensor<8xi32> {
  ^bb0(%i: i32, %j: i32, %k: i32, %l: i32, %m: i32):
    %p = npu.index 0
    %s = arith.addi %i, %j : i32
    %t = arith.addi %k, %l : i32
    %u = arith.muli %m, %p : i32
    %v = arith.addi %s, %t : i32
    %w = arith.addi %v, %u : i32
    npu.yield %w : i32
  }
  return %1 : tensor<8xi32>
}
