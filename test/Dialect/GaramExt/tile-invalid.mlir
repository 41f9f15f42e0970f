// RUN: garam-opt %s -transform-interpreter -verify-diagnostics

// Tiles of three elements cross the borders of blocks of four: there is no
// dequantize of such a tile.

func.func @across_blocks(%x: tensor<2x9xi4>, %s: tensor<2x3xf32>) -> tensor<2x9xf32> {
  // expected-error@+2 {{to tile operation}}
  // expected-error@+1 {{failed to generate tiling loops}}
  %0 = garam_ext.dequantize %x scale %s {block_size = 4 : i64}
      : tensor<2x9xi4>, tensor<2x3xf32> -> tensor<2x9xf32>
  return %0 : tensor<2x9xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %op = transform.structured.match ops{["garam_ext.dequantize"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 3]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
