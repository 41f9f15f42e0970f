//===- Passes.td - Passes on the garam_ext dialect ---------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def GaramExtDecompose : Pass<"garam-ext-decompose"> {
  let summary = "Expands garam_ext operations to linalg.generic";
  let description = [{
    Replaces `garam_ext.quantize`, `garam_ext.dequantize` and
    `garam_ext.gather` by a `linalg.generic` that computes what their
    descriptions say, to the bit: for devices without such an engine and for
    what a device's conversion did not fuse. It needs nothing and is always
    safe; what it loses is that a quantisation can be recognised as one.

    ```mlir
    %q = garam_ext.quantize %x scale %s
        : tensor<8xf32>, tensor<f32> -> tensor<8xi8>
    // becomes
    %0 = tensor.empty() : tensor<8xi8>
    %q = linalg.generic {
           indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>,
                            affine_map<(d0) -> (d0)>],
           iterator_types = ["parallel"]}
         ins(%x, %s : tensor<8xf32>, tensor<f32>) outs(%0 : tensor<8xi8>) {
    ^bb0(%e: f32, %scale: f32, %out: i8):
      %1 = arith.divf %e, %scale : f32
      %2 = math.roundeven %1 : f32
      %3 = arith.maxnumf %2, %cst_minus_128 : f32
      %4 = arith.minnumf %3, %cst_127 : f32
      %5 = arith.fptosi %4 : f32 to i8
      linalg.yield %5 : i8
    } -> tensor<8xi8>
    ```

    A quantisation by whole blocks has the number of the block and the place
    within it as dimensions. `garam_ext.top_k` becomes a loop, each step of which
    takes the extremum of what is left of all rows. Where more elements are
    wanted than the binary logarithm of four times their number (of the row's
    size, if that is less), it becomes loops over one row after the other, which
    collect candidates and sort them by merging.
  }];
  let options = [Option<"tensorScales", "tensor-scales", "bool", "false",
                        "expand only quantisations whose scales are of whole "
                        "blocks or computed">];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def GaramExtDropRanges : Pass<"garam-ext-drop-ranges"> {
  let summary = "Drops what was observed of results";
  let description = [{
    Removes `garam_ext.range` from operations. Devices that have no use for
    ranges begin with it: fusion and bufferization carry discardable attributes
    over to operations with several results or none, which a range is not of.
    Those of arguments stay.
  }];
}

#endif // GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_TD
