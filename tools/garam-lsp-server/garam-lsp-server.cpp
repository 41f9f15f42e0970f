//===- garam-lsp-server.cpp - Language server for editors -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Target/DeviceRegistry.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  return garam::runWithDevices(
      argc, argv, [&](const garam::DeviceRegistry &devices) {
        mlir::DialectRegistry registry;
        garam::registerAllDialects(registry, devices);
        return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
      });
}
