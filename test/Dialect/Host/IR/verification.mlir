// RUN: garam-opt --split-input-file --verify-diagnostics %s

// Every tensor has an address, and so a size, when the program is written.
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{'host.kernel' op (C1) inputs and results have static shapes, got: 'tensor<?xf32>'}}
  %y = host.kernel(%x)
      : (tensor<?xf32>) -> tensor<?xf32> {
  ^bb0(%a: tensor<?xf32>):
    host.yield %a : tensor<?xf32>
  }
  return %y : tensor<?xf32>
}

// -----

func.func @other_arguments(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'host.kernel' op (C2) the body's arguments have the types of the inputs}}
  %y = host.kernel(%x)
      : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0:
    %e = tensor.empty() : tensor<4xf32>
    host.yield %e : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

func.func @other_results(%x: tensor<4xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{'host.kernel' op (C3) the body yields values of the types of the results}}
  %y = host.kernel(%x)
      : (tensor<4xf32>) -> tensor<5xf32> {
  ^bb0(%a: tensor<4xf32>):
    host.yield %a : tensor<4xf32>
  }
  return %y : tensor<5xf32>
}

// -----

func.func @dimension_twice(%w: tensor<4x5xf32>) -> tensor<5x4xf32> {
  // expected-error @+1 {{'host.permute' op (C1) permutation has every dimension of the source once, got: 1, 1}}
  %p = host.permute %w [1, 1] : tensor<4x5xf32> to tensor<5x4xf32>
  return %p : tensor<5x4xf32>
}

// -----

func.func @other_sizes(%w: tensor<4x5xf32>) -> tensor<4x5xf32> {
  // expected-error @+1 {{'host.permute' op (C2) the result has the source's element type, and its sizes in that order, got: 'tensor<4x5xf32>' != 'tensor<5x4xf32>'}}
  %p = host.permute %w [1, 0] : tensor<4x5xf32> to tensor<4x5xf32>
  return %p : tensor<4x5xf32>
}
