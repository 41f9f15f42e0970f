//===- HeteroBase.td - The hetero dialect ------------------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_IR_HETEROBASE_TD
#define GARAM_DIALECT_HETERO_IR_HETEROBASE_TD

include "mlir/IR/OpBase.td"

def Hetero_Dialect : Dialect {
  let name = "hetero";
  let cppNamespace = "::garam::hetero";
  let summary = "What runs on which device, and what waits for what";
  let description = [{
    A module says for which system it is compiled, as the attribute
    `hetero.system`, and an operation on which device it runs, as the attribute
    `hetero.device`, the name of a device of that system.

    After partition a model is a function that dispatches the functions of
    *executables*, one executable for each device, and moves tensors between
    devices, as `gpu.launch_func` does with the functions of a `gpu.module`.

    Dispatches and transfers start at once and give a token; what they depend on
    is said by tokens and by the tensors that they use, not by their order.
    Every token is awaited or depended on.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let extraClassDeclaration = [{
    void addSystemAttributes();
  }];
}

#endif // GARAM_DIALECT_HETERO_IR_HETEROBASE_TD
