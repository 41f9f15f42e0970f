//===- PIMStreamOps.td - Transactions and the driver ------- -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One operation for each command of a program (docs/isa/pim.md).
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIMSTREAMOPS_TD
#define GARAM_DIALECT_PIM_IR_PIMSTREAMOPS_TD

include "garam/Dialect/PIM/IR/PIMInstructionOps.td"

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def PIM_SegmentType : TypeDef<PIM_Dialect, "Segment"> {
  let mnemonic = "segment";
  let summary = "a run of bytes in the driver's memory";
}

def PIM_SegmentKind : I32EnumAttr<"SegmentKind", "what a segment is for", [
  I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"input", 3>,
  I32EnumAttrCase<"output", 4>, I32EnumAttrCase<"scratch", 5>
]> {
  let cppNamespace = "::garam::pim";
}

def PIM_SegmentOp : PIM_Op<"segment"> {
  let summary = "a segment of the program";
  let description = [{
    Segments are numbered in the order of these operations.

    Constraints:
    - (C1) the size, in bytes, is at least 0;
    - (C2) a constant segment is the first one.

    ```mlir
    %0 = pim.segment input "x" : 20
    ```
  }];
  let arguments = (ins PIM_SegmentKind:$kind, StrAttr:$name, I64Attr:$size);
  let results = (outs PIM_SegmentType:$result);
  let assemblyFormat = "$kind $name `:` $size attr-dict";
  let hasVerifier = 1;
}

def PIM_PackMatrixOp : PIM_Op<"pack_matrix"> {
  let summary = "weights as they lie in the banks, in a constant segment";
  let description = [{
    `value` (K x N, or N x K when `transposed`) is converted to fp16 when the
    segment is written. The outputs come in groups of 8 for each of `units`
    units. Burst ((b * slots + a) * units + p) * 8 + g from burst `burst` on, for
    block b = s * groups + q, has 16 weights of output (q * units + p) * 8 + g,
    for the inputs from 16 * (s * slots + a) on. What is beyond the matrix is 0.

    Constraints:
    - (C1) `value` is a matrix of f16 or f32;
    - (C2) counts are from 1 to 2^24;
    - (C3) all of it is in the constant segment, which an earlier `pim.segment`
      makes.
  }];
  let arguments = (ins PIM_SegmentType:$segment, ElementsAttr:$value,
                       UnitAttr:$transposed, I64Attr:$burst, I64Attr:$units,
                       I64Attr:$groups, I64Attr:$splits, I64Attr:$slots);
  let assemblyFormat = [{
    $value (`transposed` $transposed^)? `in` $segment `burst` $burst
    `units` $units `groups` $groups `splits` $splits `slots` $slots attr-dict
  }];
  let hasVerifier = 1;
}

def PIM_PackVectorOp : PIM_Op<"pack_vector"> {
  let summary = "a constant of elements in order, in a constant segment";
  let description = [{
    `value` is converted to `type` (f32 or f16) when the segment is written;
    its last byte is followed by zeros up to a whole burst. `sizes` and
    `strides` give the elements of `value` in their order.

    Constraints:
    - (C1) `value` has elements of f16 or f32;
    - (C2) there is a stride for each size, which do not leave `value`;
    - (C3) all of it is in the constant segment, which an earlier `pim.segment`
      makes.
  }];
  let arguments = (ins PIM_SegmentType:$segment, ElementsAttr:$value,
                       TypeAttr:$type, I64Attr:$burst,
                       DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$strides);
  let assemblyFormat = [{
    $value `as` $type `sizes` $sizes `strides` $strides
    `in` $segment `burst` $burst attr-dict
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

def PIM_PhaseOp
    : PIM_Op<"phase", [NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "a part of the stream that begins when all before has drained";
  let description = [{
    `setup`: it belongs to loading the program, and comes before all others.

    Constraints:
    - (C1) the region holds repetitions, accesses and barriers;
    - (C2) a phase of the setup comes before all steps of a run.
  }];
  let arguments = (ins StrAttr:$name, UnitAttr:$setup);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name (`setup` $setup^)? $body attr-dict";
  let hasVerifier = 1;
}

def PIM_RepeatOp
    : PIM_Op<"repeat", [NoTerminator, SingleBlock, NoRegionArguments,
                        ParentOneOf<["PhaseOp", "RepeatOp"]>]> {
  let summary = "repeats a part of a phase";
  let description = [{
    Accesses in it move on at each turn, by their `repeats`.

    Constraints:
    - (C1) the region holds repetitions, accesses and barriers;
    - (C2) the count is from 1 to 2^32 - 1.
  }];
  let arguments = (ins I64Attr:$count);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$count $body attr-dict";
  let hasVerifier = 1;
}

def PIM_WalkDimAttr : PIM_Attr<"WalkDim", "walk_dim"> {
  let summary = "a dimension of a walk, and what a step along it adds";
  let parameters = (ins "int64_t":$count, DefaultValuedParameter<"int64_t", "0">:$bank,
                        DefaultValuedParameter<"int64_t", "0">:$place,
                        DefaultValuedParameter<"int64_t", "0">:$data);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def PIM_RepeatStepAttr : PIM_Attr<"RepeatStep", "repeat_step"> {
  let summary = "what a turn of an enclosing repetition adds";
  let parameters = (ins "int64_t":$place, "int64_t":$data);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def PIM_WalkAttr : TypedArrayAttrBase<PIM_WalkDimAttr, "array of walk dimensions">;
def PIM_RepeatsAttr : TypedArrayAttrBase<PIM_RepeatStepAttr, "array of steps of repetitions">;

def PIM_AccessKind : I32EnumAttr<"AccessKind", "kind of access", [
  I32EnumAttrCase<"write", 0>, I32EnumAttrCase<"read", 1>,
  I32EnumAttrCase<"result", 2>
]> {
  let cppNamespace = "::garam::pim";
}

def PIM_AccessOp
    : PIM_Op<"access", [ParentOneOf<["PhaseOp", "RepeatOp"]>]> {
  let summary = "accesses of each channel of a range";
  let description = [{
    A group of transactions: in each of the `channels` (first and count) a walk
    from (bank, place), with place = row * columns + column, whose last
    dimension is the fastest.

    A write takes its data from `literal`, a burst; from a micro-kernel, whose
    words fill 4 bursts; from the constant segment; or else from the staging
    buffer. A `result` is a read whose data goes to the staging buffer. `data`
    is the number of the first burst, and what is at `data_end` or beyond is
    left out. `channel_data` is added for every next `channel_group` channels.

    Constraints:
    - (C1) a literal is of 32 bytes, and there is at most one source;
    - (C2) only writes have a source;
    - (C3) `channels` has a first and a count, which is at least 1;
    - (C4) there is a step for each repetition around;
    - (C5) numbers are of 32 bits, and `channel_group` is at least 1;
    - (C6) a source is an earlier `pim.micro_kernel` or constant `pim.segment`,
      which holds the bursts up to `data_end`;
    - (C7) in a phase of the setup there is no staging buffer.
  }];
  let arguments = (ins PIM_AccessKind:$kind,
                       Optional<AnyTypeOf<[PIM_SegmentType,
                                           PIM_MicroKernelType]>>:$source,
                       OptionalAttr<DenseI8ArrayAttr>:$literal,
                       DenseI64ArrayAttr:$channels,
                       I64Attr:$rank, I64Attr:$bank, I64Attr:$place,
                       DefaultValuedAttr<I64Attr, "0">:$data,
                       DefaultValuedAttr<I64Attr, "1">:$dataEnd,
                       DefaultValuedAttr<I64Attr, "1">:$channelGroup,
                       DefaultValuedAttr<I64Attr, "0">:$channelData,
                       DefaultValuedAttr<PIM_WalkAttr, "{}">:$walk,
                       DefaultValuedAttr<PIM_RepeatsAttr, "{}">:$repeats);
  let assemblyFormat = [{
    $kind ($source^ `:` type($source))? (`literal` $literal^)?
    `channels` $channels `rank` $rank `bank` $bank `place` $place attr-dict
  }];
  let hasVerifier = 1;
}

def PIM_BarrierOp
    : PIM_Op<"barrier", [ParentOneOf<["PhaseOp", "RepeatOp"]>]> {
  let summary = "a barrier of each channel of a range";
  let description = [{
    Constraints:
    - (C1) `channels` has a first and a count, which is at least 1.
  }];
  let arguments = (ins DenseI64ArrayAttr:$channels);
  let assemblyFormat = "$channels attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

def PIM_FloatType : TypeAttrOf<AnyTypeOf<[F16, F32]>>;

def PIM_ConvertOp : PIM_Op<"convert"> {
  let summary = "elements of a segment become fp16 in the staging buffer";
  let description = [{
    Elements `sizes` with `strides` from byte `offset` on, of `type`, to the
    `bursts` bursts from `staging` on, with zeros behind them.

    Constraints:
    - (C1) there is a stride for each size; sizes are from 1, strides from 0 to
      2^32 - 1;
    - (C2) the bursts, whose numbers are of 32 bits, hold all elements;
    - (C3) all elements are in the segment, which an earlier `pim.segment`
      makes.
  }];
  let arguments = (ins PIM_SegmentType:$segment, I64Attr:$offset,
                       PIM_FloatType:$type, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$strides, I64Attr:$staging,
                       I64Attr:$bursts);
  let assemblyFormat = [{
    $segment `at` $offset `:` $type `sizes` $sizes `strides` $strides
    `to` $staging `bursts` $bursts attr-dict
  }];
  let hasVerifier = 1;
}

def PIM_ReduceOp : PIM_Op<"reduce"> {
  let summary = "sums the lanes of partial sums, and finishes a product";
  let description = [{
    Output o is the sum of the lanes of the bursts `staging` + o + i *
    `part_stride` for i below `parts`, in fp16; then alpha * sum + beta * bias in
    f32, and `relu`.

    Constraints:
    - (C1) there are at least one output and one part; numbers are of 32 bits;
    - (C2) the outputs are in an output or scratch segment, which an earlier
      `pim.segment` makes;
    - (C3) the bias, an f32 number an output, is in a segment that an earlier
      `pim.segment` makes.
  }];
  let arguments = (ins PIM_SegmentType:$segment, I64Attr:$offset,
                       PIM_FloatType:$type, I64Attr:$staging, I64Attr:$outputs,
                       I64Attr:$parts, I64Attr:$partStride, F32Attr:$alpha,
                       F32Attr:$beta, Optional<PIM_SegmentType>:$bias,
                       DefaultValuedAttr<I64Attr, "0">:$biasOffset,
                       UnitAttr:$relu);
  let assemblyFormat = [{
    `from` $staging `parts` $parts `stride` $partStride `outputs` $outputs
    `alpha` $alpha (`bias` $bias^ `at` $biasOffset)? `beta` $beta
    (`relu` $relu^)? `to` $segment `at` $offset `:` $type attr-dict
  }];
  let hasVerifier = 1;
}

def PIM_StoreOp : PIM_Op<"store"> {
  let summary = "elements of the staging buffer go to a segment";
  let description = [{
    Constraints:
    - (C1) there is at least one element; numbers are of 32 bits;
    - (C2) the elements are in an output or scratch segment, which an earlier
      `pim.segment` makes.
  }];
  let arguments = (ins PIM_SegmentType:$segment, I64Attr:$offset,
                       PIM_FloatType:$type, I64Attr:$staging,
                       I64Attr:$elements);
  let assemblyFormat = [{
    `from` $staging `elements` $elements `to` $segment `at` $offset `:` $type
    attr-dict
  }];
  let hasVerifier = 1;
}

#endif // GARAM_DIALECT_PIM_IR_PIMSTREAMOPS_TD
