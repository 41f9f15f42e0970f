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

    Dispatches and transfers start at once. What one of them waits for is said
    once, and not by the order of operations: it waits for those that make its
    operands. Only where no value says so do tokens: `async` gives one, `after`
    and `hetero.await` take it. A function ends when what it returns is there
    and what it awaits is complete. Something waits for each dispatch and
    transfer, so that none runs on after that.
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
