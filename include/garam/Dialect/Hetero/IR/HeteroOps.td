//===- HeteroOps.td - Programs on several devices ----------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_IR_HETEROOPS_TD
#define GARAM_DIALECT_HETERO_IR_HETEROOPS_TD

include "garam/Dialect/Hetero/IR/HeteroBase.td"
include "garam/Dialect/Hetero/IR/HeteroSystem.td"
include "garam/Target/DeviceTarget.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Hetero_Op<string mnemonic, list<Trait> traits = []>
    : Op<Hetero_Dialect, mnemonic, traits>;

def Hetero_TokenType : TypeDef<Hetero_Dialect, "Token"> {
  let mnemonic = "token";
  let summary = "completion of a dispatch or a transfer";
}

def Hetero_DeviceTargetAttr
    : ConfinedAttr<AnyAttr, [PromisedAttrInterface<DeviceTargetAttrInterface>]> {
  let summary = "target attribute of a device";
}

def Hetero_ExecutableOp
    : Hetero_Op<"executable", [IsolatedFromAbove, NoRegionArguments,
                               SymbolTable, Symbol]
                              # GraphRegionNoTerminator.traits> {
  let summary = "the functions that run on one device";
  let description = [{
    `target` says which device, and everything that its compiler needs to know
    of it; `hetero.device` says which device of the module's system. The region
    holds functions on tensors. `hetero-partition` makes executables, the
    device's `compile` consumes them.

    Example:

    ```mlir
    hetero.executable @digits target(#target) {
      func.func @main(%x: tensor<1x64xf32>) -> tensor<1x10xf32> {
        %0 = tensor.empty() : tensor<1x10xf32>
        return %0 : tensor<1x10xf32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       Hetero_DeviceTargetAttr:$target);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `target` `(` $target `)` attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def Hetero_DispatchOp
    : Hetero_Op<"dispatch", [AttrSizedOperandSegments,
                             DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "starts a function of an executable";
  let description = [{
    Runs `callee` on its executable's device once its operands are there and
    the tokens `dependencies` are complete. The results may be used once
    `token` is complete.

    (C1) `callee` names a function of an executable.
    (C2) Inputs and outputs have the types of that function; of one that its
    device has lowered, those that it had (`hetero.lowered`).
    (C3) `token` is awaited or depended on.

    Example:

    ```mlir
    %done, %y = hetero.dispatch @digits::@main(%x)
        : (tensor<1x64xf32>) -> tensor<1x10xf32>
    ```
  }];
  let arguments = (ins SymbolRefAttr:$callee, Variadic<AnyType>:$inputs,
                       Variadic<Hetero_TokenType>:$dependencies);
  let results = (outs Hetero_TokenType:$token, Variadic<AnyType>:$outputs);
  let assemblyFormat = [{
    $callee `(` $inputs `)` (`after` `(` $dependencies^ `)`)? attr-dict `:`
    functional-type($inputs, $outputs)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The dispatched function. Null when C1 does not hold.
    ::mlir::func::FuncOp lookupCallee(::mlir::SymbolTableCollection &tables);
  }];
}

def Hetero_TransferOp
    : Hetero_Op<"transfer", [DeclareOpInterfaceMethods<SymbolUserOpInterface>,
                             AllTypesMatch<["input", "result"]>]> {
  let summary = "moves a tensor from one device's memory to another's";
  let description = [{
    Starts once the tokens `dependencies` are complete. `source` and
    `destination` name executables, for the memories of their devices, or
    nothing for the memory of the system's host. The result may be used once
    `token` is complete.

    (C1) `source` and `destination` name executables of this module.
    (C2) `source` and `destination` differ.
    (C3) `token` is awaited or depended on.

    Example:

    ```mlir
    %moved, %there = hetero.transfer %here from @front to @back after(%done)
        : tensor<1x64xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input,
                       OptionalAttr<FlatSymbolRefAttr>:$source,
                       OptionalAttr<FlatSymbolRefAttr>:$destination,
                       Variadic<Hetero_TokenType>:$dependencies);
  let results = (outs Hetero_TokenType:$token, AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input (`from` $source^)? (`to` $destination^)?
    (`after` `(` $dependencies^ `)`)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Hetero_AwaitOp : Hetero_Op<"await"> {
  let summary = "waits until tokens are complete";
  let description = [{
    What follows in the block starts after all of `tokens` are complete.

    Example:

    ```mlir
    hetero.await %done
    ```
  }];
  let arguments = (ins Variadic<Hetero_TokenType>:$tokens);
  let assemblyFormat = "$tokens attr-dict";
}

#endif // GARAM_DIALECT_HETERO_IR_HETEROOPS_TD
