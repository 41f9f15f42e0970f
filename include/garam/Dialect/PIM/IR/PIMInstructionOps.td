//===- PIMInstructionOps.td - Micro-kernels ---------------- -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIMINSTRUCTIONOPS_TD
#define GARAM_DIALECT_PIM_IR_PIMINSTRUCTIONOPS_TD

include "garam/Dialect/PIM/IR/PIMBase.td"

def PIM_MicroKernelType : TypeDef<PIM_Dialect, "MicroKernel"> {
  let mnemonic = "micro_kernel";
  let summary = "a program for the register file of the units";
}

def PIM_OperandAttr : PIM_Attr<"Operand", "operand"> {
  let summary = "an operand of an instruction";
  let description = [{
    `GRF_A`, `GRF_B`, `SRF_M`, `SRF_A`, `EVEN_BANK` or `ODD_BANK`, with an index
    where it has one: `GRF_A[3]`.
  }];
  let parameters = (ins "::garam::pim::OperandClass":$operandClass,
                        "unsigned":$index);
  let hasCustomAssemblyFormat = 1;
}

def PIM_MicroKernelOp
    : PIM_Op<"micro_kernel", [NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "a program for the SIMD units";
  let description = [{
    The region holds instructions only. Which operands and sequences are legal
    is docs/isa/pim.md's; an error names the rule that is broken. With
    `pipeline`, as silicon has one, an instruction that comes too soon behind
    one whose result it reads is an error too.

    Constraints:
    - (C1) all operations of the region are instructions;
    - (C2) the program is legal.

    ```mlir
    %0 = pim.micro_kernel {
      pim.mac GRF_B, GRF_A, EVEN_BANK auto
      pim.jump 7, 2
      pim.nop 7
      pim.exit
    }
    ```
  }];
  let arguments = (ins UnitAttr:$pipeline);
  let results = (outs PIM_MicroKernelType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`pipeline` $pipeline^)? $body attr-dict";
  // After the instructions, which have messages of their own.
  let hasRegionVerifier = 1;
}

/// Its verifier checks what `checkInstruction` does.
class PIM_Instruction<string mnemonic, list<Trait> traits = []>
    : PIM_Op<mnemonic, !listconcat([HasParent<"MicroKernelOp">], traits)> {
  let hasVerifier = 1;
}

class PIM_Arithmetic<string mnemonic, string what>
    : PIM_Instruction<mnemonic> {
  let summary = what;
  let description = [{
    With `auto` vector registers are numbered by the address of the access that
    triggers the instruction, and it repeats 8 times.
    The operands are those that the instruction takes.
  }];
  let arguments = (ins PIM_OperandAttr:$destination, PIM_OperandAttr:$source0,
                       PIM_OperandAttr:$source1, UnitAttr:$autoIndex);
  let assemblyFormat = [{
    $destination `,` $source0 `,` $source1 (`auto` $autoIndex^)? attr-dict
  }];
}

def PIM_AddOp : PIM_Arithmetic<"add", "dst = src0 + src1">;
def PIM_MulOp : PIM_Arithmetic<"mul", "dst = src0 * src1">;
def PIM_MacOp : PIM_Arithmetic<"mac", "dst = src0 * src1 + dst">;

def PIM_MadOp : PIM_Instruction<"mad"> {
  let summary = "dst = src0 * src1 + src2";
  let description = [{
    As the other arithmetic.
    The operands are those that the instruction takes.
  }];
  let arguments = (ins PIM_OperandAttr:$destination, PIM_OperandAttr:$source0,
                       PIM_OperandAttr:$source1, PIM_OperandAttr:$source2,
                       UnitAttr:$autoIndex);
  let assemblyFormat = [{
    $destination `,` $source0 `,` $source1 `,` $source2 (`auto` $autoIndex^)?
    attr-dict
  }];
}

class PIM_Move<string mnemonic, string what> : PIM_Instruction<mnemonic> {
  let summary = what;
  let description = [{
    With `relu` what has its sign bit set becomes 0.
    The operands are those that the instruction takes.
  }];
  let arguments = (ins PIM_OperandAttr:$destination, PIM_OperandAttr:$source0,
                       UnitAttr:$relu);
  let assemblyFormat = [{
    $destination `,` $source0 (`relu` $relu^)? attr-dict
  }];
}

def PIM_MovOp : PIM_Move<"mov", "dst = src0">;
def PIM_FillOp : PIM_Move<"fill", "dst = src0 for 8 triggers, with automatic indices">;

def PIM_NopOp : PIM_Instruction<"nop"> {
  let summary = "nothing for count + 1 triggers; a write stores registers";
  let description = "The count fits its field.";
  let arguments = (ins I32Attr:$count);
  let assemblyFormat = "$count attr-dict";
}

def PIM_JumpOp : PIM_Instruction<"jump"> {
  let summary = "goes back by offset - 1 instructions, count times";
  let description = "Count and offset fit their fields.";
  let arguments = (ins I32Attr:$count, I32Attr:$offset);
  let assemblyFormat = "$count `,` $offset attr-dict";
}

def PIM_ExitOp : PIM_Instruction<"exit"> {
  let summary = "ends the program";
  let assemblyFormat = "attr-dict";
}

#endif // GARAM_DIALECT_PIM_IR_PIMINSTRUCTIONOPS_TD
