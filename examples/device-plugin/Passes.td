//===- Passes.td - Passes of the abacus --------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_PASSES_TD
#define ABACUS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToAbacus
    : Pass<"convert-linalg-to-abacus", "::mlir::func::FuncOp"> {
  let summary = "Turns structured operations into chains";
  let description = [{
    Fuses elementwise operations as far as a chain has instructions, and makes a
    chain of each operation that is left. An operation that is no chain is an
    error that says why; nothing is changed then.

    Before:

    ```mlir
    %1 = linalg.generic {indexing_maps = [#id, #id],
                         iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%0 : tensor<8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %2 = arith.maximumf %in, %zero : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    ```

    After:

    ```mlir
    %1 = abacus.chain row 1 -> tensor<8xf32> {
      %2 = abacus.load %x repeat 1 period 8 : tensor<8xf32>
      %3 = abacus.number 0.000000e+00
      %4 = abacus.binary maximum %2, %3
      abacus.store %4
    }
    ```
  }];
  let options = [Option<
      "chainInstructions", "chain-instructions", "uint32_t", /*default=*/"24",
      "Instructions of a chain at most.">];
  let dependentDialects = ["::abacus::AbacusDialect"];
}

def AbacusPlanMemory : Pass<"abacus-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "Gives each tensor its place in memory";
  let description = [{
    Weights get places in segment 0, if there are any; then each argument of the
    function has a segment, then each result; all other tensors share the last
    one. Memory of a tensor that is not read any more goes to later ones.

    Before:

    ```mlir
    %w = abacus.weight dense<1.0> : tensor<8xf32> permuted [0] : tensor<8xf32>
    ```

    After:

    ```mlir
    %w = abacus.weight dense<1.0> : tensor<8xf32> permuted [0] at <0, 0>
        : tensor<8xf32>
    ```
  }];
}

#endif // ABACUS_PASSES_TD
