//===- PIMBase.td - The pim dialect and its attributes ----- -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIMBASE_TD
#define GARAM_DIALECT_PIM_IR_PIMBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def PIM_Dialect : Dialect {
  let name = "pim";
  let cppNamespace = "::garam::pim";
  let summary = "HBM-PIM: kernels on tensors, then streams of transactions";
  let description = [{
    The dialect has two levels.

    *Kernels* (`pim.gemv`, `pim.elementwise`) work on tensors: one kernel is one
    program of the SIMD units in the banks, with what its driver does before and
    after. `pim-place-kernels` gives each its banks, rows and channels.

    *Streams* are what is encoded (docs/isa/pim.md): micro-kernels, whose
    instructions are operations in a region, phases of memory transactions in
    groups and repetitions, and the commands of the driver.

    A function of streams keeps what was known of its kernels as attributes:
    `pim.macs` and `pim.weight_bytes`, which a run needs at least, `pim.estimate`,
    the seconds that the cost model expects of it, and `pim.plan`, a list of
    `{name, offset, rank, size}` of what lies in the banks of a rank, in bytes.
    None is negative.
  }];
  let discardableAttrs = (ins "::mlir::IntegerAttr":$macs,
                              "::mlir::IntegerAttr":$weight_bytes,
                              "::mlir::FloatAttr":$estimate,
                              "::mlir::ArrayAttr":$plan);
  let hasOperationAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

class PIM_Op<string mnemonic, list<Trait> traits = []>
    : Op<PIM_Dialect, mnemonic, traits>;

class PIM_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<PIM_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def PIM_TargetAttr : PIM_Attr<"Target", "target"> {
  let summary = "an HBM-PIM device";
  let description = [{
    `#pim.target<"hbm-pim", "...">`: the target's name and the text of its file
    (docs/targets.md), the one authority for everything about the machine. It
    implements `DeviceTargetAttrInterface`.
  }];
  let parameters = (ins StringRefParameter<"name of the target">:$name,
                        StringRefParameter<"text of the target file">:$text);
  let assemblyFormat = "`<` $name `,` $text `>`";
  let genMnemonicAlias = 1;
}

#endif // GARAM_DIALECT_PIM_IR_PIMBASE_TD
