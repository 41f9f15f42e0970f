//===- HostOps.td - The host dialect -----------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HOST_IR_HOSTOPS_TD
#define GARAM_DIALECT_HOST_IR_HOSTOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Host_Dialect : Dialect {
  let name = "host";
  let cppNamespace = "::garam::host";
  let summary = "The host processor: kernels that become native code";
  let description = [{
    A function of the host is a straight line of kernels. A kernel is what is
    compiled to one native function: structured operations on tensors, later
    loops over vectors. Between kernels there are constants, permuted or not, and reshapes only,
    so that every tensor between them has an address that is fixed when the
    program is written.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Host_Op<string mnemonic, list<Trait> traits = []>
    : Op<Host_Dialect, mnemonic, traits>;

def Host_TargetAttr : AttrDef<Host_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "a host processor";
  let description = [{
    `#host.target<"host", "...">`: the target's name and the text of its file
    (docs/targets.md). It implements `DeviceTargetAttrInterface`.
  }];
  let parameters = (ins StringRefParameter<"name of the target">:$name,
                        StringRefParameter<"text of the target file">:$text);
  let assemblyFormat = "`<` $name `,` $text `>`";
}

def Host_KernelOp
    : Host_Op<"kernel", [IsolatedFromAbove, RecursiveMemoryEffects]> {
  let summary = "what is compiled to one native function";
  let description = [{
    Computes the results from the inputs, which are the arguments of the body.

    Constraints:
    - (C1) inputs and results have static shapes.
    - (C2) the body's arguments have the types of the inputs.
    - (C3) the body yields values of the types of the results.

    Example:

    ```mlir
    %y = host.kernel(%x) : (tensor<64xf32>) -> tensor<64xf32> {
    ^bb0(%arg: tensor<64xf32>):
      %0 = tensor.empty() : tensor<64xf32>
      %1 = linalg.abs ins(%arg : tensor<64xf32>) outs(%0 : tensor<64xf32>)
          -> tensor<64xf32>
      host.yield %1 : tensor<64xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type($inputs, $results) $body
  }];
  let hasVerifier = 1;
}

def Host_PermuteOp : Host_Op<"permute", [Pure]> {
  let summary = "weights with their dimensions in another order";
  let description = [{
    Dimension i of the result is dimension `permutation`[i] of the source, a
    constant or a reshape of one. Its elements are put into this order when the
    program is written, and never before.

    Constraints:
    - (C1) `permutation` has every dimension of the source once.
    - (C2) the result has the source's element type, and its sizes in that order.

    Example:

    ```mlir
    %p = host.permute %w [1, 0, 2] : tensor<64x6x16xf32> to tensor<6x64x16xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$source,
                       DenseI64ArrayAttr:$permutation);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat =
      "$source $permutation attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
}

def Host_YieldOp : Host_Op<"yield", [Pure, ReturnLike, Terminator,
                                     HasParent<"KernelOp">]> {
  let summary = "the results of a kernel";
  let description = [{
    Ends the body of a `host.kernel`.

    Example:

    ```mlir
    host.yield %0 : tensor<64xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // GARAM_DIALECT_HOST_IR_HOSTOPS_TD
