//===- States.h - Outputs that are the next run's inputs --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_STATES_H
#define GARAM_LIB_DRIVER_STATES_H

#include "garam/Container/Manifest.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace garam {

/// Attribute of an argument of a function: the name of the output that the next
/// run has there.
constexpr llvm::StringLiteral stateAttrName = "onnx.state";

/// Notes `states`, each INPUT=OUTPUT as with `--state`, in the function of a
/// model that was just imported. Errors are of ExitCode::Usage.
llvm::Error declareStates(mlir::ModuleOp module,
                          llvm::ArrayRef<std::string> states);

/// Moves what is declared as state from the inputs and outputs of an entry
/// point, which are those of `function` in order, to its states.
llvm::Error moveStates(mlir::func::FuncOp function, EntryPoint &entry);

/// What a run leaves of each state can be what the next one takes, in the form
/// that the device gives it. Errors are of ExitCode::Model.
llvm::Error checkStates(const EntryPoint &entry);

/// The number of the device of an executable; without one, of the home of
/// inputs and outputs.
using GetDeviceNumber = llvm::function_ref<uint32_t(mlir::FlatSymbolRefAttr)>;

/// State that one device alone takes and yields is in its memory from run to
/// run. The map has the results of the transfers that are not needed then, each
/// with the tensor that is in its place: an input of `function`, or what the
/// device yields.
llvm::DenseMap<mlir::Value, mlir::Value>
findKeptStates(mlir::func::FuncOp function, GetDeviceNumber getDevice);

} // namespace garam

#endif // GARAM_LIB_DRIVER_STATES_H
