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
                               SymbolTable, Symbol, TargetedOpInterface]
                              # GraphRegionNoTerminator.traits> {
  let summary = "the functions that run on one device";
  let description = [{
    `device` is the device of the module's system that they run on, and `target`
    everything that its compiler needs to know of it. The region holds functions
    on tensors. `hetero-partition` makes executables, the
    device's `compile` consumes them. In a module without a system `device` may
    be left out.

    (C1) `device` is a device of the system, and `target` is its target.

    Example:

    ```mlir
    hetero.executable @digits on "a" target(#target) {
      func.func @main(%x: tensor<1x64xf32>) -> tensor<1x10xf32> {
        %0 = tensor.empty() : tensor<1x10xf32>
        return %0 : tensor<1x10xf32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       OptionalAttr<StrAttr>:$device,
                       Hetero_DeviceTargetAttr:$target);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name (`on` $device^)? `target` `(` $target `)`
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def Hetero_DispatchOp
    : Hetero_Op<"dispatch", [AttrSizedOperandSegments,
                             AttrSizedResultSegments,
                             DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "starts a function of an executable";
  let description = [{
    Runs `callee` on its executable's device once what makes its operands and
    the tokens `dependencies` are complete. With `async` there is a token, which
    is complete when the function has run.

    (C1) `callee` names a function of an executable.
    (C2) Inputs and outputs have the types of that function; of one that its
    device has lowered, those that it had (`hetero.lowered`).
    (C3) A dispatch, a transfer or the function's end waits for it: one of them
    uses an output, or takes the token.
    (C4) `dependencies` are of others than those that make the inputs.
    (C5) In a system, inputs are in the memory of the function's device, and
    outputs that the function around it returns in that of the host.

    Example:

    ```mlir
    %y = hetero.dispatch @digits::@main(%x)
        : (tensor<1x64xf32>) -> tensor<1x10xf32>
    %done = hetero.dispatch async @digits::@store(%y)
        : (tensor<1x10xf32>) -> ()
    ```
  }];
  let arguments = (ins SymbolRefAttr:$callee, Variadic<AnyType>:$inputs,
                       Variadic<Hetero_TokenType>:$dependencies);
  let results = (outs Optional<Hetero_TokenType>:$token,
                      Variadic<AnyType>:$outputs);
  let assemblyFormat = [{
    custom<Async>(type($token)) $callee `(` $inputs `)` (`after` `(` $dependencies^ `)`)? attr-dict `:`
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
    Starts once what makes `input` and the tokens `dependencies` are complete.
    `source` and `destination` name executables, for the memories of their
    devices, or nothing for the memory of the system's host. With `async` there
    is a token, which is complete when the tensor is there.

    (C1) `source` and `destination` name executables of this module.
    (C2) `source` and `destination` differ.
    (C3) A dispatch, a transfer or the function's end waits for it: one of them
    uses the result, or takes the token.
    (C4) `dependencies` are of others than what makes `input`.
    (C5) In a system, `input` is in the memory of `source`, and a result that
    the function around it returns in that of the host.

    Example:

    ```mlir
    %moved = hetero.transfer %here from @front to @back : tensor<1x64xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input,
                       OptionalAttr<FlatSymbolRefAttr>:$source,
                       OptionalAttr<FlatSymbolRefAttr>:$destination,
                       Variadic<Hetero_TokenType>:$dependencies);
  let results = (outs Optional<Hetero_TokenType>:$token,
                      AnyRankedTensor:$result);
  let assemblyFormat = [{
    custom<Async>(type($token)) $input (`from` $source^)? (`to` $destination^)?
    (`after` `(` $dependencies^ `)`)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Hetero_AwaitOp : Hetero_Op<"await"> {
  let summary = "waits until tokens are complete";
  let description = [{
    The function ends after all of `tokens` are complete.

    Example:

    ```mlir
    hetero.await %done
    ```
  }];
  let arguments = (ins Variadic<Hetero_TokenType>:$tokens);
  let assemblyFormat = "$tokens attr-dict";
}

#endif // GARAM_DIALECT_HETERO_IR_HETEROOPS_TD
