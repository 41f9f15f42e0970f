//===- CompileTarget.cpp - The target that a pass compiles for ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/CompileTarget.h"

using namespace mlir;

namespace garam {

DeviceTargetAttrInterface findTarget(Operation *op) {
  for (; op; op = op->getParentOp()) {
    if (auto target =
            op->getAttrOfType<DeviceTargetAttrInterface>(targetAttrName))
      return target;
    if (auto targeted = dyn_cast<TargetedOpInterface>(op))
      return dyn_cast<DeviceTargetAttrInterface>(targeted.getTarget());
  }
  return {};
}

FailureOr<TargetFile> loadTargetOf(Operation *op, StringRef kind,
                                   StringRef option) {
  DeviceTargetAttrInterface target = findTarget(op);
  if (target && target.getDeviceKind() != kind)
    return op->emitError("is compiled for another device: ") << target;
  if (option.empty() && !target)
    return op->emitError("has no target: it needs a hetero.executable around "
                         "it, or the pass's option target=NAME");
  if (option.empty()) {
    StringRef name = target.getTargetName();
    return TargetFile{
        {name.str(), kind.str(), ""}, name.str(), target.getTargetText().str()};
  }
  llvm::Expected<TargetFile> file = loadTarget(option);
  if (!file)
    return op->emitError("cannot load the target: ")
           << llvm::toString(file.takeError());
  if (target && (target.getTargetName() != file->header.name ||
                 target.getTargetText() != file->text))
    return op->emitError("has a target of its own, '")
           << target.getTargetName() << "'; leave the option target=" << option
           << " out";
  return std::move(*file);
}

} // namespace garam
