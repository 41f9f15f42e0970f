// RUN: %abacus-opt %s -split-input-file -verify-diagnostics

// A permutation has each dimension once.
func.func @twice() {
  // expected-error @+1 {{(C1) needs a permutation of the 2 dimensions of its value, got: [0, 0]}}
  %0 = abacus.weight dense<1.0> : tensor<2x3xf32> permuted [0, 0] : tensor<2x3xf32>
  return
}

// -----

// The result is what the permutation makes of the value.
func.func @shape() {
  // expected-error @+1 {{(C2) needs a result of type 'tensor<3x2xf32>', got: 'tensor<2x3xf32>'}}
  %0 = abacus.weight dense<1.0> : tensor<2x3xf32> permuted [1, 0] : tensor<2x3xf32>
  return
}

// -----

// An element is made of one element at least.
func.func @row(%x: tensor<2xf32>) {
  // expected-error @+1 {{(C1) needs a row of at least 1, got: 0}}
  %0 = abacus.chain row 0 -> tensor<2xf32> {
    %1 = abacus.load %x repeat 1 period 2 : tensor<2xf32>
    abacus.store %1
  }
  return
}

// -----

// What comes out of a chain is stored.
func.func @end(%x: tensor<2xf32>) {
  // expected-error @+1 {{(C2) needs a body that ends with abacus.store}}
  %0 = abacus.chain row 1 -> tensor<2xf32> {
    %1 = abacus.load %x repeat 1 period 2 : tensor<2xf32>
    llvm.unreachable
  }
  return
}

// -----

// Each element is read once at least.
func.func @repeat(%x: tensor<2xf32>) {
  %0 = abacus.chain row 1 -> tensor<2xf32> {
    // expected-error @+1 {{(C1) needs to repeat at least once, got: 0}}
    %1 = abacus.load %x repeat 0 period 2 : tensor<2xf32>
    abacus.store %1
  }
  return
}

// -----

// There is nothing behind the last element.
func.func @period(%x: tensor<2xf32>) {
  %0 = abacus.chain row 1 -> tensor<2xf32> {
    // expected-error @+1 {{(C2) needs a period from 1 to the 2 elements of its source, got: 3}}
    %1 = abacus.load %x repeat 1 period 3 : tensor<2xf32>
    abacus.store %1
  }
  return
}

// -----

// What is computed elsewhere is in no stream.
func.func @elsewhere(%number: f32) {
  %0 = abacus.chain row 1 -> tensor<2xf32> {
    // expected-error @+1 {{(C1) uses a number that is no value of its chain}}
    abacus.store %number
  }
  return
}
