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
#include "garam/Target/Device.h"
#include "garam/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

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
