//===- garam-translate.cpp - Translates between MLIR and other formats ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Target/DeviceRegistry.h"
#include "mlir/InitAllTranslations.h"
#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  return garam::runWithDevices(
      argc, argv, [&](const garam::DeviceRegistry &devices) {
        mlir::registerAllTranslations();
        garam::registerAllTranslations(devices);
        return mlir::failed(mlir::mlirTranslateMain(
            argc, argv, "Garam's translation driver\n"));
      });
}
