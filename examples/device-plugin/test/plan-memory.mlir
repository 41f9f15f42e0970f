// RUN: %abacus-opt %s -abacus-plan-memory -split-input-file -verify-diagnostics | FileCheck %s

// Weights are in segment 0, the argument in 1, the result in 2. The third chain
// gets the memory of the first, which is read for the last time by the second.
// CHECK-LABEL: func @places
// CHECK: abacus.weight {{.*}} at <0, 0>
// CHECK: abacus.weight {{.*}} at <0, 64>
// CHECK: %[[A:.+]] = abacus.chain row 1 at <3, 0>
// CHECK: %[[B:.+]] = abacus.chain row 1 at <3, 64>
// CHECK: %[[C:.+]] = abacus.chain row 1 at <3, 0>
// CHECK: %[[D:.+]] = abacus.chain row 1 at <2, 0>
// CHECK: return %[[D]]
func.func @places(%x: tensor<8xf32>) -> tensor<8xf32> {
  %v = abacus.weight dense<1.0> : tensor<8xf32> permuted [0] : tensor<8xf32>
  %w = abacus.weight dense<2.0> : tensor<8xf32> permuted [0] : tensor<8xf32>
  %a = abacus.chain row 1 -> tensor<8xf32> {
    %0 = abacus.load %x repeat 1 period 8 : tensor<8xf32>
    %1 = abacus.load %v repeat 1 period 8 : tensor<8xf32>
    %2 = abacus.binary add %0, %1
    abacus.store %2
  }
  %b = abacus.chain row 1 -> tensor<8xf32> {
    %0 = abacus.load %a repeat 1 period 8 : tensor<8xf32>
    %1 = abacus.load %w repeat 1 period 8 : tensor<8xf32>
    %2 = abacus.binary minimum %0, %1
    abacus.store %2
  }
  %c = abacus.chain row 1 -> tensor<8xf32> {
    %0 = abacus.load %b repeat 1 period 8 : tensor<8xf32>
    abacus.store %0
  }
  %d = abacus.chain row 1 -> tensor<8xf32> {
    %0 = abacus.load %c repeat 1 period 8 : tensor<8xf32>
    abacus.store %0
  }
  return %d : tensor<8xf32>
}

// -----

// An argument is no memory of a result.
// expected-error @+1 {{result 0 is not that of a chain of its own}}
func.func @argument(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}
