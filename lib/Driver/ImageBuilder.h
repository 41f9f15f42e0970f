//===- ImageBuilder.h - From placed IR to a device binary -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_IMAGEBUILDER_H
#define GARAM_LIB_DRIVER_IMAGEBUILDER_H

#include "Diagnostics.h"
#include "garam/Container/Image.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/LaterForm.h"

namespace garam {

/// Attribute of a module: the name of the model's file.
constexpr llvm::StringLiteral modelAttrName = "onnx.model";

/// A function that is compiled for a device.
struct DeviceFunction {
  hetero::ExecutableOp executable;
  mlir::func::FuncOp function;
  std::vector<std::string> nodes; // ids of those that are placed in it
  /// As far as it is decided.
  std::vector<ResidentRange> residents;
  /// What a stage has made for a later one.
  std::unique_ptr<LaterForm> later = std::make_unique<LaterForm>();
  DeviceProgram program; // at the end

  DeviceTargetAttrInterface getTarget() const {
    return llvm::cast<DeviceTargetAttrInterface>(
        hetero::ExecutableOp(executable).getTarget());
  }
};

/// The runtime tells inputs apart by their names, and outputs.
llvm::Error checkInterface(mlir::ModuleOp module, llvm::StringRef file);

/// Lists the nodes of a module of the onnx dialect in its attribute
/// `onnx.nodes`.
void recordNodes(mlir::ModuleOp module);

/// That attribute has this form in IR that was read from `file`.
llvm::Error checkNodes(mlir::ModuleOp module, llvm::StringRef file);

/// Of a module that is checked.
NodeLabels readNodeLabels(mlir::ModuleOp module);

/// Lays out segments, binds inputs and outputs by their names in the model, and
/// fills in the manifest. Takes the programs out of `functions`. Steps that do
/// not agree, and programs that are in each other's way on a device, are a
/// fault of `file`, from which the placed IR was read, or without one of the
/// compiler.
llvm::Expected<ImageSource>
buildImage(mlir::ModuleOp module,
           llvm::MutableArrayRef<DeviceFunction> functions,
           llvm::StringRef file);

} // namespace garam

#endif // GARAM_LIB_DRIVER_IMAGEBUILDER_H
