//===- HeteroSystem.td - Devices and links as attributes ---*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_IR_HETEROSYSTEM_TD
#define GARAM_DIALECT_HETERO_IR_HETEROSYSTEM_TD

include "garam/Dialect/Hetero/IR/HeteroBase.td"
include "mlir/IR/AttrTypeBase.td"

class Hetero_Attr<string name, string attrMnemonic>
    : AttrDef<Hetero_Dialect, name> {
  let mnemonic = attrMnemonic;
  let genVerifyDecl = 1;
}

def Hetero_DeviceAttr : Hetero_Attr<"Device", "device"> {
  let summary = "a device of a system";
  let description = [{
    Its name in the system, and its target attribute, which is all that the
    compiler knows of it.

    Example:

    ```mlir
    #hetero.device<"a", #target>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name,
                        "::mlir::Attribute":$target);
  let assemblyFormat = "`<` $name `,` $target `>`";
}

def Hetero_LinkAttr : Hetero_Attr<"Link", "link"> {
  let summary = "a link between the memories of two devices";
  let description = [{
    A transfer of n bytes takes `seconds` + n / `bytes_per_second`, in each
    direction by itself, and n * `joules_per_byte`.

    Example:

    ```mlir
    #hetero.link<"a", "b", bytes_per_second = 5.12e+10,
                 seconds = 1.5e-06, joules_per_byte = 3.52e-11>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$first,
                        StringRefParameter<>:$second,
                        "::mlir::FloatAttr":$bytesPerSecond,
                        "::mlir::FloatAttr":$seconds,
                        "::mlir::FloatAttr":$joulesPerByte);
  let assemblyFormat = [{
    `<` $first `,` $second `,` `bytes_per_second` `=` $bytesPerSecond `,`
    `seconds` `=` $seconds `,` `joules_per_byte` `=` $joulesPerByte `>`
  }];
}

def Hetero_SystemAttr : Hetero_Attr<"System", "system"> {
  let summary = "the devices that a model is compiled for";
  let description = [{
    Devices with unique names, and the links between them; there is a way from
    each device to each other. `host` is the device in whose memory the inputs
    and outputs of a model are, and which takes what the others refuse. A system
    of one device needs none: its inputs and outputs are in its own memory.

    Example:

    ```mlir
    #hetero.system<"pair" host = "b",
                   devices = [<"a", #target_a>, <"b", #target_b>],
                   links = [<"a", "b", bytes_per_second = 5.12e+10,
                             seconds = 1.5e-06, joules_per_byte = 3.52e-11>]>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name,
                        StringRefParameter<"", "\"\"">:$host,
                        ArrayRefParameter<"DeviceAttr">:$devices,
                        OptionalArrayRefParameter<"LinkAttr">:$links);
  let assemblyFormat = [{
    `<` $name (`host` `=` $host^)? `,` `devices` `=` `[` $devices `]`
    (`,` `links` `=` `[` $links^ `]`)? `>`
  }];
  let extraClassDeclaration = [{
    /// The device of this name, or null.
    DeviceAttr lookup(::llvm::StringRef name) const;
    /// The device in whose memory inputs and outputs of the model are: the host
    /// or, of a device by itself, that.
    ::llvm::StringRef getHome() const;
    /// Numbers of the links from one device to another, as few as possible.
    ::llvm::SmallVector<unsigned> getRoute(::llvm::StringRef from,
                                           ::llvm::StringRef to) const;
    /// Time of moving `bytes` from one device's memory to another's.
    double getTransferSeconds(::llvm::StringRef from, ::llvm::StringRef to,
                              uint64_t bytes) const;
    /// The one device besides the host as a system of its own; null without a
    /// host or where there are other devices, which need it.
    SystemAttr withoutHost() const;
  }];
}

#endif // GARAM_DIALECT_HETERO_IR_HETEROSYSTEM_TD
