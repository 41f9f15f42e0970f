//===- InitAll.cpp - Registers dialects and passes ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"

#include "garam/Conversion/Passes.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/GaramExt/Transforms/Passes.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/Support/Errors.h"
#include "garam/Target/DevicePlugin.h"
#include "garam/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/WithColor.h"

int garam::runWithDevices(int argc, char **argv,
                          llvm::function_ref<int(const DeviceRegistry &)> run) {
  DeviceRegistry devices;
  registerBuiltinDevices(devices);
  if (llvm::Error error = loadDevicePlugins(
          llvm::ArrayRef<const char *>(argv, argc), devices)) {
    ErrorReport report = consumeToReport(std::move(error));
    llvm::WithColor::error() << report.text << '\n';
    return static_cast<int>(report.exitCode);
  }
  // Its values are in use by now; the parser has to know it.
  llvm::cl::list<std::string> plugins(
      llvm::StringRef(devicePluginOption), llvm::cl::value_desc("file"),
      llvm::cl::desc("Shared library with devices"));
  return run(devices);
}

void garam::registerAllDialects(mlir::DialectRegistry &registry) {
  DeviceRegistry devices;
  registerBuiltinDevices(devices);
  registerAllDialects(registry, devices);
}

void garam::registerAllDialects(mlir::DialectRegistry &registry,
                                const DeviceRegistry &devices) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry
      .insert<ext::GaramExtDialect, hetero::HeteroDialect, onnx::ONNXDialect>();
  for (const std::unique_ptr<Device> &device : devices.getDevices())
    device->registerDialects(registry);
}

void garam::registerAllPasses(const DeviceRegistry &devices) {
  mlir::registerAllPasses();
  registerConversionPasses();
  registerTransformsPasses();
  ext::registerGaramExtPasses();
  registerHeteroPasses();
  onnx::registerONNXTransformsPasses();
  for (const std::unique_ptr<Device> &device : devices.getDevices())
    device->registerPasses();
}

void garam::registerAllTranslations(const DeviceRegistry &devices) {
  onnx::registerFromONNXTranslation();
  for (const std::unique_ptr<Device> &device : devices.getDevices())
    device->registerTranslations();
}
