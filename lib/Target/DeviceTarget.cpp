//===- DeviceTarget.cpp - The compiler's side of a device -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTarget.h"

#include "garam/Support/NodeIds.h"
#include "mlir/IR/Diagnostics.h"

#include "garam/Target/DeviceTarget.cpp.inc"

using namespace mlir;

namespace garam {

StringRef DeviceCompileOptions::getValue(const DeviceOption &option) const {
  auto given = values.find(option.flag);
  return given == values.end() ? option.defaultValue : given->second;
}

Refusal::Refusal(Location loc, const Twine &reason, const Twine &hint)
    : loc(loc), reason(reason.str()), hint(hint.str()) {
  for (StringRef node : getNodeIds(loc))
    nodes.push_back(node.str());
}

Refusal::Refusal(Operation *op, const Twine &reason, const Twine &hint)
    : Refusal(op->getLoc(), reason, hint) {
  if (!isa<FunctionOpInterface>(op))
    operation = op->getName().getStringRef().str();
}

void emitRefusal(const Refusal &refusal, StringRef target) {
  InFlightDiagnostic error = emitError(refusal.loc);
  // Of a node the location says more than the operation that it has become.
  if (!refusal.operation.empty() && refusal.nodes.empty())
    error << "the device cannot carry out '" << refusal.operation << "': ";
  else if (!refusal.operation.empty())
    error << "the device cannot carry it out: ";
  error << refusal.reason;
  if (!refusal.hint.empty())
    error << "; " << refusal.hint;
  if (!target.empty())
    error << " (target '" << target << "')";
}

} // namespace garam
