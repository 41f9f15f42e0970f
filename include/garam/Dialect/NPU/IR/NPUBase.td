//===- NPUBase.td - The npu dialect and its attributes -----*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPUBASE_TD
#define GARAM_DIALECT_NPU_IR_NPUBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def NPU_Dialect : Dialect {
  let name = "npu";
  let cppNamespace = "::garam::npu";
  let summary = "The reference NPU: stages on tensors, then commands on buffers";
  let description = [{
    The dialect has two levels.

    *Stages* (`npu.contract`, `npu.vector`, `npu.concat`, `npu.reshape`,
    `npu.gather`, `npu.constant`) work on tensors: one stage is one trip through an engine
    with what is fused into it, before cores, tiles and addresses are chosen.

    *Commands* (`npu.tensor_command`, `npu.vector_command`, `npu.dma_command`,
    `npu.wait`, ...) work on buffers with addresses, one queue for each core
    and engine: what the encoder writes.

    A function keeps what was known of its stages as attributes: `npu.bound`,
    `{macs, compute_s, weight_bytes}`, which a run needs at least (products,
    their seconds at the machine's peak, bytes of weights), `npu.estimate`,
    the seconds that the cost model expects of a run, `npu.node_ends`, for
    each node's id when the last of its commands ends by the same model, in
    seconds from the start, and `npu.fusion`,
    `{seconds, bound_s, whole_s}`, what `npu-fuse-groups` expects of its choice,
    of any choice searched at least, and of whole stages. None is negative.
  }];
  let discardableAttrs = (ins "::mlir::DictionaryAttr":$bound,
                              "::mlir::FloatAttr":$estimate,
                              "::mlir::DictionaryAttr":$node_ends,
                              "::mlir::DictionaryAttr":$fusion,
                              "::mlir::ArrayAttr":$choices);
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

def NPU_Element
    : Type<CPred<"::garam::npu::findElementKind($_self, false).has_value()">,
           "integer of 1, 8, 16, 32 or 64 bits, f16, bf16, f32, f64, f8E4M3FN "
           "or f8E5M2">;
def NPU_Tensor : RankedTensorOf<[NPU_Element]>;

class NPU_Op<string mnemonic, list<Trait> traits = []>
    : Op<NPU_Dialect, mnemonic, traits>;

class NPU_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<NPU_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def NPU_IteratorKind : I32EnumAttr<"IteratorKind", "role of a dimension", [
  I32EnumAttrCase<"batch", 0>,    // in activation, weight and output
  I32EnumAttrCase<"row", 1>,      // in activation and output
  I32EnumAttrCase<"column", 2>,   // in weight and output
  I32EnumAttrCase<"reduction", 3> // in activation and weight
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}
def NPU_IteratorKindAttr
    : EnumAttr<NPU_Dialect, NPU_IteratorKind, "iterator"> {
  let assemblyFormat = "`<` $value `>`";
}
def NPU_IteratorArrayAttr : TypedArrayAttrBase<NPU_IteratorKindAttr,
                                               "array of iterator kinds">;

def NPU_CombinerKind : I32EnumAttr<"CombinerKind", "reduction operator", [
  I32EnumAttrCase<"addf", 0>, I32EnumAttrCase<"mulf", 1>,
  I32EnumAttrCase<"maxf", 2>, I32EnumAttrCase<"minf", 3>,
  I32EnumAttrCase<"addi", 4>, I32EnumAttrCase<"muli", 5>,
  I32EnumAttrCase<"maxi", 6>, I32EnumAttrCase<"mini", 7>,
  I32EnumAttrCase<"andi", 8>, I32EnumAttrCase<"ori", 9>
]> {
  let cppNamespace = "::garam::npu";
  let genSpecializedAttr = 0;
}
def NPU_CombinerAttr : NPU_Attr<"Combiner", "combiner"> {
  let summary = "a reduction: operator and initial value";
  let description = [{
    `#npu.combiner<addf, 0.0 : f32>`. `initial` is an f32 attribute for `addf`,
    `mulf`, `maxf` and `minf`, an i32 attribute for the others.
  }];
  let parameters = (ins EnumParameter<NPU_CombinerKind>:$kind,
                        "::mlir::TypedAttr":$initial);
  let assemblyFormat = "`<` $kind `,` $initial `>`";
  let genVerifyDecl = 1;
}
def NPU_CombinerArrayAttr : TypedArrayAttrBase<NPU_CombinerAttr,
                                               "array of combiners">;

def NPU_RequantizationAttr : NPU_Attr<"Requantization", "requantization"> {
  let summary = "the quantisation of a value that goes on as a float";
  let description = [{
    `#npu.requantization<-118 to 137 times 3.0e-02 : f32>`: a value is rounded
    to the nearest even integer (NaN gives 0), clamped to the integers from
    `low` to `high` and multiplied by `scale`. The bounds are those of the
    quantised type less its zero point.

    Constraints:
    - (C1) `low` is at most `high`.
    - (C2) `scale` is of type f32.
    - (C3) `scale` is finite and more than 0.
  }];
  let parameters = (ins "int32_t":$low, "int32_t":$high,
                        "::mlir::FloatAttr":$scale);
  let assemblyFormat = "`<` $low `to` $high `times` $scale `>`";
  let genVerifyDecl = 1;
}

#endif // GARAM_DIALECT_NPU_IR_NPUBASE_TD
