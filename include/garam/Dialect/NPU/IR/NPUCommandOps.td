//===- NPUCommandOps.td - Commands of the NPU on buffers ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The commands of docs/isa/npu.md, one op each. A function of commands is one
// block; the commands of one (core, engine) in its order are the program of
// that queue. Up to npu-synchronize the order of the block is correct when
// executed one by one; npu-roll-loops leaves one queue after the other, which
// only the semaphores order.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPUCOMMANDOPS_TD
#define GARAM_DIALECT_NPU_IR_NPUCOMMANDOPS_TD

include "garam/Dialect/NPU/IR/NPUBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Types and attributes
//===----------------------------------------------------------------------===//

def NPU_BufferType : TypeDef<NPU_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "a run of bytes in one memory";
}

def NPU_EngineKind : I32EnumAttr<"EngineKind", "engine of a core", [
  I32EnumAttrCase<"tensor", 0>, I32EnumAttrCase<"vector", 1>,
  I32EnumAttrCase<"dma", 2>
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}
def NPU_EngineAttr : EnumAttr<NPU_Dialect, NPU_EngineKind, "engine"> {
  let assemblyFormat = "`<` $value `>`";
}

def NPU_SpaceKind : I32EnumAttr<"SpaceKind", "memory of the chip", [
  I32EnumAttrCase<"local", 0>, I32EnumAttrCase<"shared", 1>,
  I32EnumAttrCase<"dram", 2>
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}
def NPU_SpaceAttr : EnumAttr<NPU_Dialect, NPU_SpaceKind, "space"> {
  let assemblyFormat = "`<` $value `>`";
}

def NPU_RoleKind : I32EnumAttr<"RoleKind", "who owns what a segment holds", [
  I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"parameter", 1>,
  I32EnumAttrCase<"state", 2>, I32EnumAttrCase<"input", 3>,
  I32EnumAttrCase<"output", 4>, I32EnumAttrCase<"scratch", 5>
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}
def NPU_RoleAttr : EnumAttr<NPU_Dialect, NPU_RoleKind, "role"> {
  let assemblyFormat = "`<` $value `>`";
}

def NPU_ElementKind : I32EnumAttr<"ElementKind", "element type in memory", [
  I32EnumAttrCase<"i8", 0>, I32EnumAttrCase<"u8", 1>,
  I32EnumAttrCase<"i16", 2>, I32EnumAttrCase<"u16", 3>,
  I32EnumAttrCase<"i32", 4>, I32EnumAttrCase<"u32", 5>,
  I32EnumAttrCase<"i64", 6>, I32EnumAttrCase<"u64", 7>,
  I32EnumAttrCase<"f16", 8>, I32EnumAttrCase<"bf16", 9>,
  I32EnumAttrCase<"f32", 10>, I32EnumAttrCase<"f64", 11>,
  I32EnumAttrCase<"bool_", 12, "bool">, I32EnumAttrCase<"f8E4M3FN", 13>,
  I32EnumAttrCase<"f8E5M2", 14>
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}

def NPU_GuardAttr : NPU_Attr<"Guard", "guard"> {
  let summary = "bounds check of one axis of a descriptor";
  let description = [{
    Coordinate `start + sum coefficients[d] * i_d + sum loops[l] * turn_l` lies
    in `[0, extent)`, or the descriptor's fill value is read: see `Guard` in
    ISA.h. `loops` has one stride for each npu.loop around the command from the
    outermost one on; those left out are 0.
  }];
  let parameters = (ins "int64_t":$start, "int64_t":$extent,
                        ArrayRefParameter<"int64_t">:$coefficients,
                        OptionalArrayRefParameter<"int64_t">:$loops);
  let assemblyFormat = [{
    `<` $start `extent` $extent `coefficients` `[` $coefficients `]`
    (`loops` `[` $loops^ `]`)? `>`
  }];
}

def NPU_ParameterTermAttr : NPU_Attr<"ParameterTerm", "parameter_term"> {
  let summary = "what a launch parameter adds to an address";
  let description = [{
    `stride` bytes for each unit of launch parameter number `parameter`.
  }];
  let parameters = (ins "int64_t":$parameter, "int64_t":$stride);
  let assemblyFormat = "`<` $parameter `times` $stride `>`";
}

def NPU_DescriptorAttr : NPU_Attr<"Descriptor", "descriptor"> {
  let summary = "a strided walk over a buffer";
  let description = [{
    `offset` counts bytes from the start of the buffer; `strides` are bytes, one
    a dimension of the command that the operand takes part in, in the order of
    ISA.h. `loops` are the bytes that the walk moves by from turn to turn of
    each npu.loop around the command, from the outermost one on (those left out
    are 0), also from one turn's buffer to the next one's; `term` is what a
    launch parameter adds. Elements outside of a guard's extent read as `fill`.
  }];
  let parameters = (ins "int64_t":$offset,
                        EnumParameter<NPU_ElementKind>:$type,
                        OptionalArrayRefParameter<"int64_t">:$strides,
                        OptionalArrayRefParameter<"int64_t">:$loops,
                        OptionalParameter<
                            "::garam::npu::ParameterTermAttr">:$term,
                        OptionalArrayRefParameter<
                            "::garam::npu::GuardAttr">:$guards,
                        OptionalParameter<"::mlir::FloatAttr">:$fill);
  let assemblyFormat = [{
    `<` $offset `:` $type (`strides` `[` $strides^ `]`)?
    (`loops` `[` $loops^ `]`)? (`plus` $term^)? (`guards` `[` $guards^ `]`)? (`fill` $fill^)? `>`
  }];
}
def NPU_DescriptorArrayAttr
    : TypedArrayAttrBase<NPU_DescriptorAttr, "array of descriptors">;

def NPU_PartAttr : NPU_Attr<"Part", "part"> {
  let summary = "how a piece of a weight lies in a constant buffer";
  let description = [{
    Bytes `offset` and on hold, densely and in row-major order of `sizes`, the
    elements of `value` at `source_offset + sum i_d * source_strides[d]`
    (counted in elements of the row-major `value`), converted to `type`.
  }];
  let parameters = (ins "int64_t":$offset,
                        EnumParameter<NPU_ElementKind>:$type,
                        ArrayRefParameter<"int64_t">:$sizes,
                        "int64_t":$source_offset,
                        ArrayRefParameter<"int64_t">:$source_strides,
                        "::mlir::ElementsAttr":$value);
  let assemblyFormat = [{
    `<` $offset `:` $type `sizes` `[` $sizes `]` `from` $source_offset `strides`
    `[` $source_strides `]` `of` $value `>`
  }];
}
def NPU_PartArrayAttr : TypedArrayAttrBase<NPU_PartAttr, "array of parts">;

def NPU_ViewAttr : NPU_Attr<"View", "view"> {
  let summary = "a box of a tensor in a buffer";
  let description = [{
    The element at coordinates x, `low[d] <= x[d] < high[d]`, lies at byte
    `base + sum x[d] * strides[d]` of the buffer. `base` may be negative.
  }];
  let parameters = (ins "int64_t":$base,
                        OptionalArrayRefParameter<"int64_t">:$strides,
                        OptionalArrayRefParameter<"int64_t">:$low,
                        OptionalArrayRefParameter<"int64_t">:$high);
  let assemblyFormat = [{
    `<` $base (`strides` `[` $strides^ `]`)? (`low` `[` $low^ `]`)?
    (`high` `[` $high^ `]`)? `>`
  }];
}
def NPU_ViewArrayAttr : TypedArrayAttrBase<NPU_ViewAttr, "array of views">;

//===----------------------------------------------------------------------===//
// Buffers and micro-programs
//===----------------------------------------------------------------------===//

// Allocates, so two buffers of equal attributes are two buffers.
def NPU_BufferOp : NPU_Op<"buffer"> {
  let summary = "a buffer in a memory";
  let description = [{
    In local memory the buffer exists in each of `cores`, at the same offset;
    in DRAM `segment` says in which segment of the program. `offset` is there
    once memory is planned. `parts` is what a buffer of the constant segment
    holds. A `resident` buffer, of SRAM, holds from run to run what an npu.setup
    has brought; the commands of a run only read it.
  }];
  let arguments = (ins NPU_SpaceAttr:$space, I64Attr:$size,
                       OptionalAttr<DenseI64ArrayAttr>:$cores,
                       OptionalAttr<I64Attr>:$segment,
                       OptionalAttr<I64Attr>:$offset,
                       OptionalAttr<NPU_PartArrayAttr>:$parts,
                       UnitAttr:$resident);
  let results = (outs Res<NPU_BufferType, "", [MemAlloc]>:$result);
  let assemblyFormat = "$space `bytes` $size attr-dict";
  let hasVerifier = 1;
}

def NPU_SegmentOp : NPU_Op<"segment"> {
  let summary = "a segment of DRAM that the program addresses from its base";
  let description = [{
    Segments are numbered in the order in which they stand. Without `size` it
    is as large as its buffers need.
  }];
  let arguments = (ins NPU_RoleAttr:$role, StrAttr:$name,
                       OptionalAttr<I64Attr>:$size);
  let assemblyFormat = "$role $name attr-dict";
}

def NPU_ParameterOp : NPU_Op<"parameter"> {
  let summary = "a launch parameter";
  let description = [{
    A number from 0 to `maximum` that is set when the program is launched: the
    turns of an npu.loop, or a factor of an address. Launch parameters are
    numbered in the order in which they stand.
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$maximum);
  let assemblyFormat = "$name `maximum` $maximum attr-dict";
  let hasVerifier = 1;
}

def NPU_ProgramType : TypeDef<NPU_Dialect, "Program"> {
  let mnemonic = "program";
  let summary = "a micro-program of the vector engine";
}

def NPU_MicroProgramOp : NPU_Op<"micro_program", [Pure, SingleBlock]> {
  let summary = "what a vector command does to an element";
  let description = [{
    The regions and combiners of `npu.vector`, shared by the commands of a
    stage. `finish_inputs` are the inputs that `finish` takes behind the
    combined values.
  }];
  let arguments = (ins DefaultValuedAttr<NPU_CombinerArrayAttr, "{}">:$combiners,
                       OptionalAttr<DenseI64ArrayAttr>:$finish_inputs);
  let results = (outs NPU_ProgramType:$result);
  let regions = (region SizedRegion<1>:$body, MaxSizedRegion<1>:$finish);
  let assemblyFormat = "attr-dict-with-keyword $body (`finish` $finish^)?";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def NPU_ValueOp : NPU_Op<"value"> {
  let summary = "here the buffers hold the value of a node of the model";
  let description = [{
    The boxes of the views are disjoint and cover the tensor of type `type`.
    Those commands in front of it that write the buffers make the value; a
    buffer in several cores holds it in each of them. It is no command: it costs
    nothing, and buffers do not live longer for it.

    ```mlir
    npu.value "conv1" tensor<1x8xbf16> in (%b0, %b1) as
      [#npu.view<0 strides [16, 2] low [0, 0] high [1, 4]>,
       #npu.view<-8 strides [16, 2] low [0, 4] high [1, 8]>]
    ```
  }];
  let arguments = (ins StrAttr:$name, TypeAttrOf<AnyRankedTensor>:$type,
                       Variadic<NPU_BufferType>:$buffers,
                       NPU_ViewArrayAttr:$views);
  let assemblyFormat = "$name $type `in` `(` $buffers `)` `as` $views attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

// Waits and signals say nothing of their effects: they order all others.
class NPU_CommandOp<string mnemonic, list<Trait> traits = []>
    : NPU_Op<mnemonic, traits>;

class NPU_Read<Constraint type> : Arg<type, "", [MemRead]>;
class NPU_Written<Constraint type> : Arg<type, "", [MemWrite]>;

// Sums that one tensor command leaves to the next one of its core.
def NPU_AccumulatorResource : Resource<"::garam::npu::AccumulatorResource">;

def NPU_TensorCommandOp
    : NPU_CommandOp<"tensor_command",
                    [AttrSizedOperandSegments,
                     MemoryEffects<[MemRead<NPU_AccumulatorResource>,
                                    MemWrite<NPU_AccumulatorResource>]>]> {
  let summary = "matrix product or convolution: TensorCommand of ISA.h";
  let arguments = (ins
    I64Attr:$core,
    NPU_Read<NPU_BufferType>:$activation, NPU_Read<NPU_BufferType>:$weight,
    NPU_Read<Optional<NPU_BufferType>>:$bias,
    NPU_Read<Optional<NPU_BufferType>>:$scale,
    NPU_Read<Optional<NPU_BufferType>>:$residual,
    NPU_Written<Optional<NPU_BufferType>>:$output,
    DenseI64ArrayAttr:$rows, I64Attr:$columns, DenseI64ArrayAttr:$reduction,
    NPU_DescriptorArrayAttr:$descriptors, // of the operands, in order
    DenseI64ArrayAttr:$unit_rows, I64Attr:$unit_columns,
    DefaultValuedAttr<I64Attr, "1">:$unit_reduction,
    UnitAttr:$accumulate,
    DefaultValuedAttr<I32Attr, "0">:$activation_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$weight_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$residual_zero_point,
    DefaultValuedAttr<I32Attr, "0">:$output_zero_point,
    DefaultValuedAttr<F32Attr, "1.0f">:$residual_scale,
    DefaultValuedAttr<F32Attr, "1.0f">:$output_scale,
    OptionalAttr<NPU_RequantizationAttr>:$requantization,
    OptionalAttr<F32Attr>:$clamp_low, OptionalAttr<F32Attr>:$clamp_high);
  let assemblyFormat = [{
    $core `,` $activation `,` $weight (`bias` `(` $bias^ `)`)?
    (`scale` `(` $scale^ `)`)? (`residual` `(` $residual^ `)`)?
    (`to` $output^)? `rows` $rows `columns` $columns `reduction` $reduction
    `with` $descriptors attr-dict
  }];
  let hasVerifier = 1;
}

def NPU_VectorCommandOp
    : NPU_CommandOp<"vector_command", [AttrSizedOperandSegments]> {
  let summary = "elementwise work or a reduction: VectorCommand of ISA.h";
  let arguments = (ins
    I64Attr:$core,
    NPU_Read<Variadic<NPU_BufferType>>:$inputs,
    NPU_Written<Variadic<NPU_BufferType>>:$outputs,
    NPU_ProgramType:$program,
    DenseI64ArrayAttr:$sizes, I64Attr:$num_reductions,
    NPU_DescriptorArrayAttr:$descriptors); // of inputs, then outputs
  let assemblyFormat = [{
    $core `,` $program `(` $inputs `)` `to` $outputs `sizes` $sizes `reductions`
    $num_reductions `with` $descriptors attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// That loads and stores are those of the program: a register of f32 for
    /// floats and one of i32 for integers.
    ::llvm::LogicalResult verifyRegisters();
  }];
}

def NPU_DMACommandOp
    : NPU_CommandOp<"dma_command", [AttrSizedOperandSegments]> {
  let summary = "a copy between memories: DMACommand of ISA.h";
  let description = [{
    Without `source` the destination is filled with `fill_bits`. A destination
    in several cores is written in all of them, or in `receivers` of them. With
    `indices` the walk of the source along `indirect_dim` follows the indices,
    clamped to `[0, indirect_limit)`.
  }];
  let arguments = (ins
    I64Attr:$core,
    NPU_Read<Optional<NPU_BufferType>>:$source,
    NPU_Written<NPU_BufferType>:$destination,
    NPU_Read<Optional<NPU_BufferType>>:$indices,
    DenseI64ArrayAttr:$sizes, I64Attr:$element_bytes,
    NPU_DescriptorArrayAttr:$descriptors, // source, destination, indices
    OptionalAttr<I64Attr>:$source_core,   // of a source in several cores
    OptionalAttr<DenseI64ArrayAttr>:$receivers,
    OptionalAttr<I64Attr>:$fill_bits,
    OptionalAttr<I64Attr>:$indirect_dim,
    OptionalAttr<I64Attr>:$indirect_limit);
  let assemblyFormat = [{
    $core `,` ($source^)? `to` $destination (`indices` $indices^)? `sizes` $sizes
    `bytes` $element_bytes `with` $descriptors attr-dict
  }];
  let hasVerifier = 1;
}

def NPU_WaitOp : NPU_CommandOp<"wait"> {
  let summary = "blocks a queue until a semaphore reaches a count";
  let arguments = (ins I64Attr:$core, NPU_EngineAttr:$engine,
                       I64Attr:$semaphore, I64Attr:$count);
  let assemblyFormat = "$core $engine $semaphore `count` $count attr-dict";
  let hasVerifier = 1;
}

def NPU_SignalOp : NPU_CommandOp<"signal"> {
  let summary = "adds to a semaphore of another queue";
  let arguments = (ins I64Attr:$core, NPU_EngineAttr:$engine,
                       I64Attr:$target_core, NPU_EngineAttr:$target_engine,
                       I64Attr:$semaphore, I64Attr:$count);
  let assemblyFormat = [{
    $core $engine `to` $target_core $target_engine $semaphore `count` $count
    attr-dict
  }];
  let hasVerifier = 1;
}

def NPU_LoopOp
    : NPU_CommandOp<"loop", [SingleBlock, NoTerminator,
                             RecursiveMemoryEffects]> {
  let summary = "a hardware loop of one queue";
  let description = [{
    Repeats its body `count` times, or as often as launch parameter `parameter`
    says, whose maximum `count` then is. From turn to turn the operands of the
    body move by the `loops` of their descriptors. Where that leads from buffer
    to buffer, an argument of the body stands for them: argument i is buffer
    `buffers[i * count + t]` in turn t. Only the first one's address counts; the
    others are what the static checker holds the program to.

    ```mlir
    // Loads bytes 0 to 63 of %in to %a, then bytes 64 to 127 to %b behind it.
    npu.loop 0 <dma> count 2 buffers(%a, %b) {
    ^bb0(%tile: !npu.buffer):
      npu.dma_command 0, %in to %tile sizes [16] bytes 4
        with [#npu.descriptor<0 : u32 strides [4] loops [64]>,
              #npu.descriptor<0 : u32 strides [4] loops [64]>]
    }
    ```
  }];
  let arguments = (ins I64Attr:$core, NPU_EngineAttr:$engine, I64Attr:$count,
                       OptionalAttr<I64Attr>:$parameter,
                       Variadic<NPU_BufferType>:$buffers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $core $engine `count` $count (`parameter` $parameter^)?
    (`buffers` `(` $buffers^ `)`)? $body attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The buffers that an argument of the body stands for, one a turn.
    ::mlir::OperandRange getBuffers(unsigned argument) {
      return getBuffers().slice(argument * getCount(), getCount());
    }
    /// The buffer that `value`, an operand of a command, stands for where the
    /// loops around the command are in `turns`, outermost first; in the first
    /// turns when there are none. Null when it does not come from npu.buffer.
    static ::garam::npu::BufferOp
    resolve(::mlir::Value value, ::llvm::ArrayRef<int64_t> turns = {});
  }];
}

def NPU_SetupOp
    : NPU_Op<"setup", [SingleBlock, NoTerminator, RecursiveMemoryEffects]> {
  let summary = "what is brought once, when the program is loaded";
  let description = [{
    Transfers of constants to resident buffers, which precede all runs. Each DMA
    queue executes its own in their order; nothing orders those of two queues.

    ```mlir
    npu.setup {
      npu.dma_command 0, %weights to %kept sizes [16] bytes 4
        with [#npu.descriptor<0 : u32 strides [4]>, #npu.descriptor<0 : u32 strides [4]>]
    }
    ```
  }];
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$body attr-dict";
  let hasRegionVerifier = 1;
}

#endif // GARAM_DIALECT_NPU_IR_NPUCOMMANDOPS_TD
