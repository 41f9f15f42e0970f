//===- Machine.cpp - The machine that a pass compiles for -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace garam::npu {

FailureOr<MachineDescription> loadMachine(Operation *op, StringRef target) {
  llvm::Expected<TargetFile> file = loadTarget(target);
  if (!file)
    return op->emitError("cannot load the target: ")
           << llvm::toString(file.takeError());
  llvm::Expected<MachineDescription> machine =
      readTargetFile(file->getBuffer());
  if (!machine)
    return op->emitError("cannot load the target: ")
           << llvm::toString(machine.takeError());
  return *machine;
}

} // namespace garam::npu
