//===- Passes.td - Passes of the analog dialect ------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AnalogSplitTiles : Pass<"analog-split-tiles", "::mlir::func::FuncOp"> {
  let summary = "Splits products over the crossbars of a chip";
  let description = [{
    Each `analog.multiply` becomes reads of tiles and the sum of what they
    give. A block of the matrix that is larger than a crossbar is cut into rows
    and columns of its size; blocks that are smaller share crossbars, along the
    diagonal. Each tile gets a core of its own, in order, because weights stay
    where they are programmed: none that `hetero.taken` of the function says
    other programs of the chip to occupy. A product that no cores are left for
    is refused.

    ```mlir
    %s = analog.multiply %c, %w
        : tensor<1x300xi8>, !analog.matrix<300, 8> -> tensor<1x8xi32>
    // becomes, for crossbars of 256 x 256
    %t0 = analog.tile %w core 0 at [0, 0]
        : !analog.matrix<300, 8> -> !analog.tile<256, 8>
    %p0 = analog.read %c, %t0 phases 4
        : tensor<1x300xi8>, !analog.tile<256, 8> -> tensor<1x8xi8>
    %t1 = analog.tile %w core 1 at [256, 0]
        : !analog.matrix<300, 8> -> !analog.tile<44, 8>
    %p1 = analog.read %c, %t1 phases 4
        : tensor<1x300xi8>, !analog.tile<44, 8> -> tensor<1x8xi8>
    %s = analog.accumulate %p0, %p1
        : tensor<1x8xi8>, tensor<1x8xi8> -> tensor<1x8xi32>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "",
           "target by name or file, for functions in no executable">,
    Option<"phases", "phases", "unsigned", "4",
           "of reads of inputs that are not negative, 1 or 4; others have 4">
  ];
  let dependentDialects = ["::garam::analog::AnalogDialect"];
}

#endif // GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_TD
