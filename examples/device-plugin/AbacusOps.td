//===- AbacusOps.td - The abacus dialect -------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_ABACUSOPS_TD
#define ABACUS_ABACUSOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Abacus_Dialect : Dialect {
  let name = "abacus";
  let cppNamespace = "::abacus";
  let summary = "The abacus: chains that streams of elements go through";
  let description = [{
    A function of the dialect takes, makes and returns tensors. Each is made by
    an `abacus.chain` or is an `abacus.weight`; what they need of addresses comes
    with the attribute `place`, which `abacus-plan-memory` sets.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Abacus_Op<string mnemonic, list<Trait> traits = []>
    : Op<Abacus_Dialect, mnemonic, traits>;

class Abacus_Attr<string name, string attrMnemonic>
    : AttrDef<Abacus_Dialect, name> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def Abacus_TargetAttr : Abacus_Attr<"Target", "target"> {
  let summary = "a machine, as a target file describes it";
  let description = [{
    `#abacus.target<"abacus", "...">`: the target's name and the text of its
    file. All that the compiler does with the device is behind
    `DeviceTargetAttrInterface`, which this attribute implements
    (TargetModel.cpp).
  }];
  let parameters = (ins StringRefParameter<"name of the target">:$name,
                        StringRefParameter<"text of the target file">:$text);
  let assemblyFormat = "`<` $name `,` $text `>`";
}

def Abacus_PlaceAttr : Abacus_Attr<"Place", "place"> {
  let summary = "where a tensor is in memory";
  let description = [{
    `#abacus.place<2, 4096>`: byte 4096 of segment 2.
  }];
  let parameters = (ins "uint32_t":$segment, "uint64_t":$offset);
  let assemblyFormat = "`<` $segment `,` $offset `>`";
}

def Abacus_Operator : I32EnumAttr<"Operator", "an operation on two values", [
  I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"subtract", 1>,
  I32EnumAttrCase<"multiply", 2>, I32EnumAttrCase<"maximum", 3>,
  I32EnumAttrCase<"minimum", 4>
]> {
  let cppNamespace = "::abacus";
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

def Abacus_Tensor : StaticShapeTensorOf<[F32]>;

def Abacus_WeightOp : Abacus_Op<"weight", [Pure]> {
  let summary = "a constant in memory";
  let description = [{
    The elements of `value`, with its dimensions in another order: dimension i of
    the result is dimension `permutation`[i] of `value`. Nothing is moved before
    the binary is written, and then from the model's file into it.

    Constraints:
      - (C1) `permutation` is one of the dimensions of `value`.
      - (C2) The result has the shape of `value`, so permuted.

    Example:

    ```mlir
    %w = abacus.weight dense<1.0> : tensor<10x64xf32> permuted [1, 0]
        : tensor<64x10xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value, DenseI64ArrayAttr:$permutation,
                       OptionalAttr<Abacus_PlaceAttr>:$place);
  let results = (outs Abacus_Tensor:$result);
  let assemblyFormat = [{
    $value `permuted` $permutation (`at` $place^)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Abacus_ChainOp : Abacus_Op<"chain", [SingleBlock, NoRegionArguments, Pure]> {
  let summary = "elements that go through a chain of instructions";
  let description = [{
    Makes the elements of the result in their order, each from `row` elements
    that go through the body one after the other and are added up. The body's
    instructions are those of the machine.

    Constraints:
      - (C1) `row` is at least 1.
      - (C2) The body ends with `abacus.store`.

    Example: y[n] = sum over k of x[k] * w[n, k].

    ```mlir
    %y = abacus.chain row 300 -> tensor<64xf32> {
      %0 = abacus.load %x repeat 1 period 300 : tensor<1x300xf32>
      %1 = abacus.load %w repeat 1 period 19200 : tensor<64x300xf32>
      %2 = abacus.binary multiply %0, %1
      abacus.store %2
    }
    ```
  }];
  let arguments = (ins I64Attr:$row, OptionalAttr<Abacus_PlaceAttr>:$place);
  let results = (outs Abacus_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `row` $row (`at` $place^)? `->` type($result) attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

class Abacus_Instruction<string mnemonic, list<Trait> traits = []>
    : Abacus_Op<mnemonic, [HasParent<"ChainOp">, Pure] # traits>;

def Abacus_LoadOp : Abacus_Instruction<"load"> {
  let summary = "reads a stream";
  let description = [{
    Element i of the stream is element (i / `repeat`) mod `period` of `source`,
    whose elements are counted in row-major order.

    Constraints:
      - (C1) `repeat` is at least 1.
      - (C2) `period` is from 1 to the number of elements of `source`.
  }];
  let arguments = (ins Abacus_Tensor:$source, I64Attr:$repeat, I64Attr:$period);
  let results = (outs F32:$value);
  let assemblyFormat = [{
    $source `repeat` $repeat `period` $period attr-dict `:` type($source)
  }];
  let hasVerifier = 1;
}

def Abacus_NumberOp : Abacus_Instruction<"number"> {
  let summary = "the same number for each element";
  let arguments = (ins F32Attr:$number);
  let results = (outs F32:$value);
  let assemblyFormat = "$number attr-dict";
}

def Abacus_BinaryOp : Abacus_Instruction<"binary"> {
  let summary = "computes with two values";
  let description = [{
    Rounds to nearest, ties to even. `maximum` and `minimum` are those of
    `arith.maximumf` and `arith.minimumf`.

    Constraints:
      - (C1) `left` and `right` are values of the same chain.
  }];
  let arguments = (ins Abacus_Operator:$kind, F32:$left, F32:$right);
  let results = (outs F32:$value);
  let assemblyFormat = "$kind $left `,` $right attr-dict";
}

def Abacus_StoreOp : Abacus_Op<"store", [HasParent<"ChainOp">, Pure, Terminator]> {
  let summary = "ends a chain";
  let description = [{
    Constraints:
      - (C1) `value` is one of the same chain.
  }];
  let arguments = (ins F32:$value);
  let assemblyFormat = "$value attr-dict";
}

#endif // ABACUS_ABACUSOPS_TD
