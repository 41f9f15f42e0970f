//===- garam-opt.cpp - Runs passes on MLIR files --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Support/Errors.h"
#include "garam/Target/DevicePlugin.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/WithColor.h"

int main(int argc, char **argv) {
  garam::DeviceRegistry devices;
  garam::registerBuiltinDevices(devices);
  if (llvm::Error error = garam::loadDevicePlugins(
          llvm::ArrayRef<const char *>(argv, argc), devices)) {
    garam::ErrorReport report = garam::consumeToReport(std::move(error));
    llvm::WithColor::error() << report.text << '\n';
    return static_cast<int>(report.exitCode);
  }
  // Its values are in use by now; the parser has to know it.
  llvm::cl::list<std::string> plugins(
      llvm::StringRef(garam::devicePluginOption), llvm::cl::value_desc("file"),
      llvm::cl::desc("Shared library with devices"));

  mlir::DialectRegistry registry;
  garam::registerAllDialects(registry, devices);
  garam::registerAllPasses(devices);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Garam's optimizer driver\n", registry));
}
