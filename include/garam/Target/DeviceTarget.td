//===- DeviceTarget.td - Interface of target attributes ----*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICETARGET_TD
#define GARAM_TARGET_DEVICETARGET_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def DeviceTargetAttrInterface : AttrInterface<"DeviceTargetAttrInterface"> {
  let cppNamespace = "::garam";
  let description = [{
    What a device's target attribute offers to the compiler, in the manner of
    `gpu::TargetAttrInterface`. Its grain is a function of `linalg` on tensors,
    not an operation: fusion and set-up dominate, so that an operation by itself
    has no cost.

    All methods but `compile` are pure: they change no function and keep
    nothing, and several threads may call them at once, on one function too.
    The IR's context must allow it, with its dialects loaded: one that was made
    with `MLIRContext::Threading::DISABLED`, like that of `garam compile`, is of
    one thread.
  }];
  let methods = [
    InterfaceMethod<"The device class, as in target files.",
      "::llvm::StringRef", "getDeviceKind">,
    InterfaceMethod<"The name of the target.",
      "::llvm::StringRef", "getTargetName">,
    InterfaceMethod<"The text of the target file.",
      "::llvm::StringRef", "getTargetText">,
    InterfaceMethod<[{
        The stages that `compile` goes through after `linalg`, in order. Their
        names begin with the device class.
      }], "::llvm::SmallVector<::llvm::StringRef>", "getStages">,
    InterfaceMethod<[{
        Whether the device has float types, at least in memory. For one that has
        not and is the whole target, the runtime quantises inputs and
        dequantises outputs; in a system it refuses floats that would enter or
        leave its part, which is for another device to quantise.
      }], "bool", "hasFloat">,
    InterfaceMethod<[{
        What the device cannot do in `function`, which it leaves as it is, and
        why. Nothing: it can do all. Fails when it cannot find out for a fault
        of the compiler, which is reported as an error.
      }], "::mlir::FailureOr<::llvm::SmallVector<::garam::Refusal>>", "accepts",
      (ins "::mlir::func::FuncOp":$function,
           "const ::garam::DeviceCompileOptions &":$options)>,
    InterfaceMethod<[{
        Whether what `accepts` and `estimate` say depends on the values of
        weights, not on their types alone.
      }], "bool", "readsWeights", (ins), /*methodBody=*/"",
      /*defaultImplementation=*/"return false;">,
    InterfaceMethod<[{
        Time, energy and memory that `function`, which the device accepts,
        would take. Fails without a diagnostic when it does not accept it, or
        when its memories are too small.
      }], "::mlir::FailureOr<::garam::DeviceEstimate>", "estimate",
      (ins "::mlir::func::FuncOp":$function,
           "const ::garam::DeviceCompileOptions &":$options)>,
    InterfaceMethod<[{
        Compiles `function`, which is rewritten on the way. `observer` sees the
        function at each of `getStages`; when it says stop, there is no program.
        What `accepts` would return comes back as refusals, so that a caller
        with one device need not ask first.
      }], "::garam::CompileOutcome", "compile",
      (ins "::mlir::func::FuncOp":$function,
           "const ::garam::DeviceCompileOptions &":$options,
           "::llvm::function_ref<::mlir::WalkResult(::llvm::StringRef)>":
             $observer)>,
    InterfaceMethod<[{
        What an instance of the program of `function` will occupy of its device
        (LoadedProgram::getResidents, or more), normalised. Nothing at a stage
        where that is not decided yet, or can be seen in the program only. The
        functions of a device are compiled one after the other; each is told by
        `hetero.taken` what those before it occupy.
      }], "::std::vector<::garam::ResidentRange>", "getResidents",
      (ins "::mlir::func::FuncOp":$function), /*methodBody=*/"",
      /*defaultImplementation=*/"return {};">
  ];
}

def TargetedOpInterface : OpInterface<"TargetedOpInterface"> {
  let cppNamespace = "::garam";
  let description = [{
    An operation that says for which device the functions in it are compiled.
  }];
  let methods = [
    InterfaceMethod<"A DeviceTargetAttrInterface.", "::mlir::Attribute",
                    "getTarget">
  ];
}

#endif // GARAM_TARGET_DEVICETARGET_TD
