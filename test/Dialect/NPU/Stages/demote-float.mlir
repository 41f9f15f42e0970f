// RUN: garam-opt %s --npu-demote-float --split-input-file | FileCheck %s
// RUN: garam-opt %s --npu-demote-float=type=f16 --split-input-file | FileCheck %s --check-prefix=HALF
// RUN: not garam-opt %s --npu-demote-float=type=f8 --split-input-file 2>&1 | FileCheck %s --check-prefix=WRONG

// WRONG: float type 'f8' is not one of bf16, f16 and f32

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#b = affine_map<(m, n, k) -> (n)>
#c = affine_map<(m, n, k) -> (m, n)>

// An argument is converted for the contraction that reads it, its weights
// change type, biases and the function's result do not.

// CHECK-LABEL: func.func @contractions
// CHECK-SAME:      %[[X:.+]]: tensor<4x8xf32>
// CHECK:         %[[A:.+]] = npu.vector ins(%[[X]]) {{.+}} -> tensor<4x8xbf16>
// CHECK:         %[[W:.+]] = npu.constant dense<1.000000e+00> : tensor<8x8xf32> : tensor<8x8xbf16>
// CHECK:         %[[B:.+]] = npu.constant dense<2.000000e+00> : tensor<8xf32> : tensor<8xf32>
// CHECK:         %[[Y:.+]] = npu.contract %[[A]], %[[W]] bias(%[[B]]) {{.+}} -> tensor<4x8xbf16>
// CHECK:         %[[Z:.+]] = npu.contract %[[Y]], %[[W]] bias(%[[B]]) {{.+}} -> tensor<4x8xf32>
// CHECK:         return %[[Z]]
// HALF-LABEL: func.func @contractions
// HALF:         npu.constant dense<1.000000e+00> : tensor<8x8xf32> : tensor<8x8xf16>
func.func @contractions(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = npu.constant dense<1.0> : tensor<8x8xf32> : tensor<8x8xf32>
  %b = npu.constant dense<2.0> : tensor<8xf32> : tensor<8xf32>
  %y = npu.contract %x, %w bias(%b) sizes [4, 8, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
                 #npu.iterator<reduction>] maps [#a, #w, #b, #c]
      : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  %z = npu.contract %y, %w bias(%b) sizes [4, 8, 8]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
                 #npu.iterator<reduction>] maps [#a, #w, #b, #c]
      : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// Vector stages read any type; the maximum, which every element of a row uses,
// stays f32, and so does what only the caller reads.

// CHECK-LABEL: func.func @statistic
// CHECK:         npu.vector {{.+}} -> tensor<4xf32>
// CHECK:         %[[Y:.+]] = npu.vector {{.+}} : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
// CHECK:         %[[R:.+]] = npu.reshape %[[Y]] : tensor<4x8xf32> -> tensor<32xf32>
// CHECK:         return %[[R]]
func.func @statistic(%x: tensor<4x8xf32>) -> tensor<32xf32> {
  %0 = npu.vector ins(%x) sizes [4, 8] {num_reductions = 1 : i64,
      indexing_maps = [#id, #row], combiners = [#npu.combiner<maxf, 0.0 : f32>]}
      : (tensor<4x8xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  } finish {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  %1 = npu.vector ins(%x, %0) sizes [4, 8] {indexing_maps = [#id, #row, #id]}
      : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.subf %a, %c : f32
    npu.yield %s : f32
  }
  %2 = npu.reshape %1 : tensor<4x8xf32> -> tensor<32xf32>
  return %2 : tensor<32xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// The inputs of a concatenation get its type.

// CHECK-LABEL: func.func @concatenation
// CHECK-SAME:      %[[X:.+]]: tensor<8xf32>
// CHECK:         %[[A:.+]] = npu.vector ins(%[[X]]) {{.+}} -> tensor<8xbf16>
// CHECK:         %[[N:.+]] = npu.vector {{.+}} -> tensor<8xbf16>
// CHECK:         npu.concat %[[A]], %[[N]] axis 0 : (tensor<8xbf16>, tensor<8xbf16>) -> tensor<16xbf16>
func.func @concatenation(%x: tensor<8xf32>) -> tensor<16xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    npu.yield %n : f32
  }
  %1 = npu.concat %x, %0 axis 0 : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  %2 = npu.vector ins(%1) sizes [16] {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
      : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: f32):
    %n = math.exp %a : f32
    npu.yield %n : f32
  }
  return %2 : tensor<16xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// The least f32 of a mask stays finite where it is stored, and is the same in
// all stages; a number that is no limit of its type does not change.

// CHECK-LABEL: func.func @masks
// CHECK:         -> tensor<8xbf16>
// CHECK:         arith.constant -3.38953139E+38 : f32
// CHECK:         arith.constant 1.000000e+09 : f32
// CHECK:         -> tensor<8xf32>
// CHECK:         arith.constant 3.38953139E+38 : f32
// HALF-LABEL: func.func @masks
// HALF:         arith.constant -6.550400e+04 : f32
// HALF:         arith.constant 1.000000e+09 : f32
func.func @masks(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = npu.vector ins(%x) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    %lowest = arith.constant -3.40282347E+38 : f32
    %large = arith.constant 1.0e+09 : f32
    %b = arith.cmpf ogt, %a, %large : f32
    %c = arith.negf %a : f32
    %s = arith.select %b, %lowest, %c : f32
    npu.yield %s : f32
  }
  %1 = npu.vector ins(%0) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: f32):
    %highest = arith.constant 3.40282347E+38 : f32
    %s = arith.minimumf %a, %highest : f32
    npu.yield %s : f32
  }
  return %1 : tensor<8xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
#in = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// A mask, given or made, and what it is added to, is clamped where the type that
// is stored holds less, but for what is infinite in f32, too; the table of it,
// which f16 does not hold, stays f32. What is made of a difference by a function
// is small again.

// CHECK-LABEL: func.func @added
// CHECK-NOT:     maximumf
// CHECK:         return
// HALF-LABEL: func.func @added
// HALF:         npu.constant {{.+}} : tensor<4x8xf32>
// HALF:         %[[M:.+]] = npu.vector {{.+}} -> tensor<8xf16>
// HALF:           %[[P:.+]] = arith.mulf
// HALF:           %[[A:.+]] = arith.maximumf %[[P]], %{{.+}} : f32
// HALF:           %[[B:.+]] = arith.minimumf %[[A]], %{{.+}} : f32
// HALF:           %[[D:.+]] = math.absf %[[P]] : f32
// HALF:           %[[I:.+]] = arith.cmpf oeq, %[[D]], %{{.+}} : f32
// HALF:           %[[K:.+]] = arith.select %[[I]], %[[P]], %[[B]] : f32
// HALF:           npu.yield %[[K]]
// HALF:         %[[S:.+]] = npu.vector {{.+}} -> tensor<4x8xf16>
// HALF:           arith.maximumf
// HALF:         npu.vector ins(%[[S]]) {{.+}} -> tensor<4x8xf16>
// HALF-NOT:       maximumf
// HALF:         return
func.func @added(%seen: tensor<8xi32>, %x: tensor<4x8xf16>) -> tensor<4x8xf32> {
  %t = npu.constant dense<[[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0e+06],
      [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
      [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<4x8xf32> : tensor<4x8xf32>
  %m = npu.vector ins(%seen) sizes [8] {indexing_maps = [#id, #id]}
      : (tensor<8xi32>) -> tensor<8xf32> {
  ^bb0(%a: i32):
    %f = arith.sitofp %a : i32 to f32
    %c = arith.constant -1.0e+09 : f32
    %p = arith.mulf %f, %c : f32
    npu.yield %p : f32
  }
  %s = npu.vector ins(%x, %m, %t) sizes [4, 8] {indexing_maps = [#in, #row, #in, #in]}
      : (tensor<4x8xf16>, tensor<8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.addf %a, %b : f32
    %1 = arith.addf %0, %c : f32
    npu.yield %1 : f32
  }
  %e = npu.vector ins(%s) sizes [4, 8] {indexing_maps = [#in, #in]}
      : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %0 = arith.subf %a, %a : f32
    %1 = math.exp %0 : f32
    npu.yield %1 : f32
  }
  %r = npu.vector ins(%e) sizes [4, 8] {indexing_maps = [#in, #in]}
      : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    npu.yield %a : f32
  }
  return %r : tensor<4x8xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#in = affine_map<(d0, d1) -> (d0, d1)>

// A contraction clamps what it adds, but for a result that the model has as f16,
// which is infinite there.

// CHECK-LABEL: func.func @residual
// CHECK:         npu.contract
// CHECK-SAME:      clamp_high = 6.000000e+00 : f32, clamp_low = -3.38953139E+38 : f32
// CHECK:         npu.contract
// CHECK-NOT:     clamp_low
// CHECK:         return
// HALF-LABEL: func.func @residual
// HALF:         npu.contract
// HALF-SAME:      clamp_high = 6.000000e+00 : f32, clamp_low = -6.550400e+04 : f32
// HALF:         npu.contract
// HALF-NOT:     clamp_low
// HALF:         return
func.func @residual(%x: tensor<4x8xf16>, %mask: tensor<4x8xf32>)
    -> (tensor<4x8xf16>, tensor<4x8xf16>) {
  %w = npu.constant dense<1.0> : tensor<8x8xf16> : tensor<8x8xf16>
  %0 = npu.contract %x, %w residual(%mask) sizes [4, 8, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#mk, #kn, #mn, #mn] {clamp_high = 6.0 : f32}
    : (tensor<4x8xf16>, tensor<8x8xf16>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = npu.vector ins(%0) sizes [4, 8] {indexing_maps = [#in, #in]}
      : (tensor<4x8xf32>) -> tensor<4x8xf16> {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    npu.yield %e : f32
  }
  %2 = npu.contract %x, %w residual(%mask) sizes [4, 8, 8]
    iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
    maps [#mk, #kn, #mn, #mn]
    : (tensor<4x8xf16>, tensor<8x8xf16>, tensor<4x8xf32>) -> tensor<4x8xf16>
  return %1, %2 : tensor<4x8xf16>, tensor<4x8xf16>
}
