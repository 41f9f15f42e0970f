//===- garam-opt.cpp - Runs passes on MLIR files --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Target/DeviceRegistry.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  return garam::runWithDevices(
      argc, argv, [&](const garam::DeviceRegistry &devices) {
        mlir::DialectRegistry registry;
        garam::registerAllDialects(registry, devices);
        garam::registerAllPasses(devices);
        return mlir::asMainReturnCode(mlir::MlirOptMain(
            argc, argv, "Garam's optimizer driver\n", registry));
      });
}
