//===- Passes.td - Passes on the pim dialect ---------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_TRANSFORMS_PASSES_TD
#define GARAM_DIALECT_PIM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PIMPlaceKernels : Pass<"pim-place-kernels", "::mlir::func::FuncOp"> {
  let summary = "Gives each kernel its banks, rows and channels";
  let description = [{
    Weights, and operands of elementwise kernels that are constants, get rows of
    their own in all banks of a rank, behind those that `hetero.taken` of the
    function says other programs to occupy; what a kernel reads or writes in a
    run shares the rows behind them with the other kernels, also of other
    programs. Outputs of a product
    are dealt to groups of 64, one a channel; where there are fewer groups than
    channels the inputs are cut too, so that all channels work. The target is
    that of the executable around the function. Fails when the rows that
    instructions can address are not enough, with what is needed and what there
    is.

    ```mlir
    %0 = pim.gemv %x, %w : (tensor<1x5xf32>, tensor<5x3xf32>) -> tensor<1x3xf32>
    // becomes
    %0 = pim.gemv %x, %w {placement = #pim.gemv_placement<rank = 0, row = 0,
                                       rows = 2, splits = 1, slots = 1>} : ...
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "target by name or file, for a function in no executable">
  ];
  let dependentDialects = ["::garam::pim::PIMDialect"];
}

def PIMSummarizeKernels
    : Pass<"pim-summarize-kernels", "::mlir::func::FuncOp"> {
  let summary = "Keeps what kernels need and cost on their function";
  let description = [{
    Later stages have no kernels to count from: multiply-accumulates and bytes
    of weights, for the lower bound, the cost model's time in seconds, and what
    lies in the banks become attributes of the function. It changes nothing else.

    ```mlir
    func.func @main(...) { ... pim.gemv %x, %w {placement = ...} ... }
    // becomes
    func.func @main(...) attributes {pim.estimate = 1.2e-06 : f64,
        pim.macs = 15 : i64, pim.plan = [...], pim.weight_bytes = 30 : i64} ...
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "target by name or file, for a function in no executable">
  ];
}

def PIMLowerToStreams : Pass<"pim-lower-to-streams", "::mlir::func::FuncOp"> {
  let summary = "Turns kernels with places into streams of transactions";
  let description = [{
    The function becomes one block of segments, phases and commands of the
    driver, without arguments or results; its type stays in the attribute
    `hetero.lowered`. First comes the phase `weights` of the setup. Then each
    kernel converts its inputs, runs its micro-kernel in the phase `kernel`
    (elementwise operands are written to banks in the phase `input` before) and
    reads what is stored in the phase `result`. The order of transactions in a
    kernel is that of the vendor's kernels.

    ```mlir
    %0 = pim.gemv %x, %w {placement = ...} : ...
    // becomes
    pim.convert %x at 0 : f32 sizes [5] strides [1] to 0 bursts 1
    pim.phase "kernel" { ... }
    pim.phase "result" { ... }
    pim.reduce from 1 parts 1 stride 0 outputs 3 alpha 1.0 beta 1.0 to %y at 0 : f32
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "target by name or file, for a function in no executable">
  ];
  let dependentDialects = ["::garam::pim::PIMDialect"];
}

#endif // GARAM_DIALECT_PIM_TRANSFORMS_PASSES_TD
