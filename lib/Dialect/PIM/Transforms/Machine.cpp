//===- Machine.cpp - The machine that a pass compiles for -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace garam::pim {

static FailureOr<MachineDescription> readMachine(Operation *op,
                                                 llvm::MemoryBufferRef file) {
  llvm::Expected<MachineDescription> machine = readTargetFile(file);
  if (!machine)
    return op->emitError("cannot load the target: ")
           << llvm::toString(machine.takeError());
  return *machine;
}

/// The machine of the executable around `op`.
static FailureOr<MachineDescription>
readMachine(Operation *op, hetero::ExecutableOp executable) {
  auto target = dyn_cast<TargetAttr>(executable.getTarget());
  if (!target)
    return op->emitError("is in executable '")
           << executable.getSymName()
           << "' for another device: " << executable.getTarget();
  return readMachine(op,
                     llvm::MemoryBufferRef(target.getText(), target.getName()));
}

FailureOr<MachineDescription> loadMachine(Operation *op, StringRef option) {
  auto executable = op->getParentOfType<hetero::ExecutableOp>();
  if (option.empty()) {
    if (executable)
      return readMachine(op, executable);
    return op->emitError("has no target: it needs a hetero.executable around "
                         "it, or the pass's option target=NAME");
  }
  llvm::Expected<TargetFile> file = loadTarget(option);
  if (!file)
    return op->emitError("cannot load the target: ")
           << llvm::toString(file.takeError());
  if (executable &&
      executable.getTarget() !=
          TargetAttr::get(op->getContext(), file->header.name, file->text))
    return op->emitError("is in executable '")
           << executable.getSymName() << "', which has a target of its own; "
           << "leave the option target=" << option << " out";
  return readMachine(op, file->getBuffer());
}

} // namespace garam::pim
