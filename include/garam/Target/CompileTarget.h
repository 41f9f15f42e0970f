//===- CompileTarget.h - The target that a pass compiles for ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_COMPILETARGET_H
#define GARAM_TARGET_COMPILETARGET_H

#include "garam/Target/DeviceTarget.h"
#include "garam/Target/MachineCache.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <optional>

namespace garam {

/// Of a function while a device's passes run on it: its target, so that it says
/// all that they need, printed and copied alone too.
constexpr llvm::StringLiteral targetAttrName = "garam.target";

/// Of a function: what the programs of others occupy of its device, so that its
/// own must not. [{resource : string, begin : i64, end : i64, shared?}, ...],
/// normalised ranges.
constexpr llvm::StringLiteral takenAttrName = "hetero.taken";

/// Reads an attribute of that name; nothing when it has another form.
std::optional<std::vector<ResidentRange>> readTaken(mlir::Attribute attr);
mlir::ArrayAttr makeTaken(mlir::MLIRContext *context,
                          llvm::ArrayRef<ResidentRange> ranges);
/// What a function, which verifies, says to be taken.
std::vector<ResidentRange> getTaken(mlir::func::FuncOp function);

/// The target that `op` is compiled for: that of the nearest of `op` and the
/// operations around it that has one, or null.
DeviceTargetAttrInterface findTarget(mlir::Operation *op);

/// The target of class `kind` that `op` is compiled for, or, where there is
/// none, the one that a pass's option names, by name or file. Fails with an
/// error at `op` when there is neither, or when they differ.
mlir::FailureOr<TargetFile>
loadTargetOf(mlir::Operation *op, llvm::StringRef kind, llvm::StringRef option);

/// The machine that this target is; `read` reads target files of class `kind`.
/// Fails with an error at `op` also when the target's file is wrong.
template <typename Machine>
mlir::FailureOr<Machine>
loadMachineOf(mlir::Operation *op, llvm::StringRef kind, llvm::StringRef option,
              llvm::Expected<Machine> (*read)(llvm::MemoryBufferRef)) {
  mlir::FailureOr<TargetFile> file = loadTargetOf(op, kind, option);
  if (failed(file))
    return mlir::failure();
  auto readFile = [&] { return read(file->getBuffer()); };
  DeviceTargetAttrInterface target = findTarget(op);
  llvm::Expected<Machine> machine =
      target ? readMachineOnce<Machine>(target, readFile) : readFile();
  if (!machine)
    return op->emitError("cannot load the target: ")
           << llvm::toString(machine.takeError());
  return std::move(*machine);
}

} // namespace garam

#endif // GARAM_TARGET_COMPILETARGET_H
