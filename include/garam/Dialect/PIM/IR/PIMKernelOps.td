//===- PIMKernelOps.td - Kernels on tensors ---------------- -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIMKERNELOPS_TD
#define GARAM_DIALECT_PIM_IR_PIMKERNELOPS_TD

include "garam/Dialect/PIM/IR/PIMBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// What lies in banks: bursts are counted when the kernel is placed.
def PIM_Tensor
    : ConfinedType<StaticShapeTensorOf<[F16, F32]>,
                   [CPred<"::llvm::cast<::mlir::RankedTensorType>($_self)"
                          ".getNumElements() > 0">],
                   "tensor of fixed dimensions of at least 1 of 16-bit float "
                   "or 32-bit float values",
                   "::mlir::RankedTensorType">;

def PIM_GemvPlacementAttr : PIM_Attr<"GemvPlacement", "gemv_placement"> {
  let summary = "banks and channels of a matrix-vector product";
  let description = [{
    The weights lie in the banks of `rank` from row `row` on, `rows` rows of
    each bank with the partial sums behind them.

    The outputs are dealt to groups of 64, 8 registers of each of 8 units, and
    a channel computes one group at a time. The inputs are cut into `splits`
    parts of `slots` bursts of 16; channel s * groups + q has part s of group
    q. Without a cut (`splits` is 1) there may be more groups than channels:
    they are dealt round, and the channels go through them in turn.
  }];
  let parameters = (ins "int64_t":$rank, "int64_t":$row, "int64_t":$rows,
                        "int64_t":$splits, "int64_t":$slots);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def PIM_GemvOp : PIM_Op<"gemv", [Pure]> {
  let summary = "a matrix-vector product";
  let description = [{
    y = alpha * (x W) + beta * b, with W of shape K x N, or N x K when it is
    `transposed`, a constant. x has K elements and y N; further dimensions are
    of size 1. `relu`: what has its sign bit set becomes 0.

    Constraints:
    - (C1) the weights, and the bias when there is one, are constants;
    - (C2) the weights have two dimensions, one of the size of x and one of that
      of y, in this order unless they are `transposed`;
    - (C3) the bias is of f32 or f16 and has as many elements as y.

    ```mlir
    %y = pim.gemv %x, %w bias %b : (tensor<1x5xf32>, tensor<5x3xf32>, tensor<3xf32>)
                                 -> tensor<1x3xf32>
    ```
  }];
  let arguments = (ins PIM_Tensor:$vector, PIM_Tensor:$weights,
                       Optional<PIM_Tensor>:$bias,
                       UnitAttr:$transposed,
                       DefaultValuedAttr<F32Attr, "1.0f">:$alpha,
                       DefaultValuedAttr<F32Attr, "1.0f">:$beta,
                       UnitAttr:$relu,
                       OptionalAttr<PIM_GemvPlacementAttr>:$placement);
  let results = (outs PIM_Tensor:$result);
  let assemblyFormat = [{
    $vector `,` $weights (`transposed` $transposed^)? (`bias` $bias^)?
    (`relu` $relu^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Elements of the vector, and of the result.
    int64_t getInputs() { return getVector().getType().getNumElements(); }
    int64_t getOutputs() { return getType().getNumElements(); }
  }];
}

def PIM_ElementwiseKind : I32EnumAttr<"ElementwiseKind", "elementwise function", [
  I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"mul", 1>,
  I32EnumAttrCase<"relu", 2>
]> {
  let cppNamespace = "::garam::pim";
}

def PIM_ElementwisePlacementAttr
    : PIM_Attr<"ElementwisePlacement", "elementwise_placement"> {
  let summary = "rows of an elementwise kernel";
  let description = [{
    In all banks of `rank` the operands lie from the rows `operands` on and the
    result from row `result` on. Bursts of 16 elements are dealt to the
    channels, then the banks, then the columns.
  }];
  let parameters = (ins "int64_t":$rank,
                        ArrayRefParameter<"int64_t">:$operands,
                        "int64_t":$result);
  let assemblyFormat = "`<` `rank` `=` $rank `,` `operands` `=` `[` $operands "
                       "`]` `,` `result` `=` $result `>`";
  let genVerifyDecl = 1;
}

def PIM_ElementwiseOp : PIM_Op<"elementwise", [Pure]> {
  let summary = "an elementwise addition, product or ReLU in fp16";
  let description = [{
    Each operand is read through its map, which names for each of its dimensions
    one of the result's, or 0 where it repeats a single element.

    Constraints:
    - (C1) `relu` has one operand, the others have two;
    - (C2) there is a map for each operand, from the result's dimensions to its
      own, whose results are dimensions, none twice, or the constant 0;
    - (C3) an operand's dimension has the size of the result's that its map
      names, or 1 where the map has 0.

    ```mlir
    %0 = pim.elementwise add %a, %b
        maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>]
        : (tensor<3x5xf32>, tensor<5xf32>) -> tensor<3x5xf32>
    ```
  }];
  let arguments = (ins PIM_ElementwiseKind:$kind,
                       Variadic<PIM_Tensor>:$operands, AffineMapArrayAttr:$maps,
                       OptionalAttr<PIM_ElementwisePlacementAttr>:$placement);
  let results = (outs PIM_Tensor:$result);
  let assemblyFormat = [{
    $kind $operands `maps` $maps attr-dict `:` functional-type($operands, results)
  }];
  let hasVerifier = 1;
}

#endif // GARAM_DIALECT_PIM_IR_PIMKERNELOPS_TD
