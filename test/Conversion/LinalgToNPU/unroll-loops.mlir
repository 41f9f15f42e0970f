// RUN: garam-opt %s -npu-unroll-loops=max-operations=12 -split-input-file | FileCheck %s

// Two steps of which each takes what the one before has made. What they collect
// is concatenated in the order of the positions, here backwards; nothing is
// stored in a state's place any more.

// CHECK-LABEL: func @steps(
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>, %[[STATE:.*]]: tensor<1x4xf32>
func.func @steps(%x: tensor<2x4xf32>, %state: tensor<1x4xf32>) -> (tensor<2x4xf32>, tensor<1x4xf32>) {
  // CHECK-NOT: scf.for
  // CHECK: %[[LAST:.*]] = tensor.extract_slice %[[X]][1, 0] [1, 4]
  // CHECK: %[[ONE:.*]] = linalg.add ins(%[[LAST]], %[[STATE]]
  // CHECK: %[[FIRST:.*]] = tensor.extract_slice %[[X]][0, 0] [1, 4]
  // CHECK: %[[TWO:.*]] = linalg.add ins(%[[FIRST]], %[[ONE]]
  // CHECK: %[[ALL:.*]] = tensor.concat dim(0) %[[TWO]], %[[ONE]]
  // CHECK: return %[[ALL]], %[[TWO]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %all = tensor.empty() : tensor<2x4xf32>
  %r:2 = scf.for %i = %c0 to %c2 step %c1 iter_args(%a = %all, %s = %state) -> (tensor<2x4xf32>, tensor<1x4xf32>) {
    %at = arith.subi %c1, %i : index
    %part = tensor.extract_slice %x[%at, 0] [1, 4] [1, 1] : tensor<2x4xf32> to tensor<1x4xf32>
    %e = tensor.empty() : tensor<1x4xf32>
    %next = linalg.add ins(%part, %s : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    %inserted = tensor.insert_slice %next into %a[%at, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<2x4xf32>
    %stored = bufferization.materialize_in_destination %next in %s : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
    scf.yield %inserted, %stored : tensor<2x4xf32>, tensor<1x4xf32>
  }
  return %r#0, %r#1 : tensor<2x4xf32>, tensor<1x4xf32>
}

// -----

// The loop over the columns is within that over the rows.

// CHECK-LABEL: func @nested(
// CHECK-NOT: scf.for
// CHECK-COUNT-4: linalg.exp
func.func @nested(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%s = %x) -> tensor<1x1xf32> {
    %q = scf.for %j = %c0 to %c2 step %c1 iter_args(%t = %s) -> tensor<1x1xf32> {
      %n = linalg.exp ins(%t : tensor<1x1xf32>) outs(%x : tensor<1x1xf32>) -> tensor<1x1xf32>
      scf.yield %n : tensor<1x1xf32>
    }
    scf.yield %q : tensor<1x1xf32>
  }
  return %r : tensor<1x1xf32>
}

// -----

// Thirteen operations are more than twelve.

// CHECK-LABEL: func @long(
// CHECK: scf.for
func.func @long(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c13 = arith.constant 13 : index
  %r = scf.for %i = %c0 to %c13 step %c1 iter_args(%s = %x) -> tensor<4xf32> {
    %n = linalg.exp ins(%s : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// Single elements are no work for stages, and an unknown number of steps cannot
// be written out.

// CHECK-LABEL: func @others(
// CHECK-COUNT-2: scf.for
func.func @others(%x: tensor<2xf32>, %n: index) -> (tensor<2xf32>, tensor<2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%s = %x) -> tensor<2xf32> {
    %v = tensor.extract %x[%i] : tensor<2xf32>
    %next = tensor.insert %v into %s[%i] : tensor<2xf32>
    scf.yield %next : tensor<2xf32>
  }
  %q = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> tensor<2xf32> {
    %next = linalg.exp ins(%s : tensor<2xf32>) outs(%x : tensor<2xf32>) -> tensor<2xf32>
    scf.yield %next : tensor<2xf32>
  }
  return %r, %q : tensor<2xf32>, tensor<2xf32>
}

// -----

// What is not written by every step stays as it was: no concatenation.

// CHECK-LABEL: func @gaps(
// CHECK-COUNT-2: tensor.insert_slice
// CHECK-NOT: tensor.concat
func.func @gaps(%x: tensor<5xf32>, %y: tensor<1xf32>) -> tensor<5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%s = %x) -> tensor<5xf32> {
    %next = tensor.insert_slice %y into %s[%i] [1] [1] : tensor<1xf32> into tensor<5xf32>
    scf.yield %next : tensor<5xf32>
  }
  return %r : tensor<5xf32>
}
