// RUN: garam-opt %s --verify-node-ids --verify-diagnostics

// An operation has the nodes of its location, fused ones several; constants,
// empty tensors and what stands inside of an operation need none.

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %m = arith.maximumf %v, %c : f32
    linalg.yield %m : f32
  } -> tensor<4xf32> loc(fused["node:relu", "node:identity"])
  // expected-error @+1 {{names no ONNX node}}
  %1 = linalg.negf ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
