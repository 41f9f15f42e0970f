//===- DeviceTarget.cpp - The compiler's side of a device -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTarget.h"

#include "garam/Support/NodeIds.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"

#include <thread>

#include "garam/Target/DeviceTarget.cpp.inc"
#include "garam/Target/TargetedOp.cpp.inc"

using namespace mlir;

namespace garam {

StringRef DeviceCompileOptions::getValue(const DeviceOption &option) const {
  auto given = values.find(option.flag);
  return given == values.end() ? option.defaultValue : given->second;
}

std::string getInputName(func::FuncOp function, unsigned number) {
  auto name = function.getArgAttrOfType<StringAttr>(number, valueNameAttrName);
  return name ? name.str() : "#" + std::to_string(number);
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

//===----------------------------------------------------------------------===//
// Refusals as diagnostics
//===----------------------------------------------------------------------===//

// A refusal is an error whose metadata is one attribute: a dictionary of its
// parts or, where the message is all, a unit.
static constexpr llvm::StringLiteral operationKey = "operation";
static constexpr llvm::StringLiteral reasonKey = "reason";
static constexpr llvm::StringLiteral hintKey = "hint";

LogicalResult emitRefusal(const Refusal &refusal, StringRef target) {
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
  Builder b(refusal.loc.getContext());
  Attribute parts = b.getDictionaryAttr(
      {b.getNamedAttr(operationKey, b.getStringAttr(refusal.operation)),
       b.getNamedAttr(reasonKey, b.getStringAttr(refusal.reason)),
       b.getNamedAttr(hintKey, b.getStringAttr(refusal.hint))});
  error.getUnderlyingDiagnostic()->getMetadata().emplace_back(parts);
  return failure();
}

LogicalResult emitAsRefusal(InFlightDiagnostic &&error) {
  Diagnostic *diagnostic = error.getUnderlyingDiagnostic();
  Attribute unit = UnitAttr::get(diagnostic->getLocation().getContext());
  diagnostic->getMetadata().emplace_back(unit);
  return failure();
}

// A fault is an error whose metadata is this string.
static constexpr llvm::StringLiteral faultMark = "fault";

LogicalResult emitAsFault(InFlightDiagnostic &&error) {
  Diagnostic *diagnostic = error.getUnderlyingDiagnostic();
  Attribute mark =
      StringAttr::get(diagnostic->getLocation().getContext(), faultMark);
  diagnostic->getMetadata().emplace_back(mark);
  return failure();
}

bool isFault(Diagnostic &diagnostic) {
  return llvm::any_of(
      diagnostic.getMetadata(), [](const DiagnosticArgument &argument) {
        return argument.getKind() ==
                   DiagnosticArgument::DiagnosticArgumentKind::Attribute &&
               argument.getAsAttribute() ==
                   StringAttr::get(argument.getAsAttribute().getContext(),
                                   faultMark);
      });
}

/// The refusal that `diagnostic` reports, if it is one.
static std::optional<Refusal> readRefusal(Diagnostic &diagnostic) {
  for (const DiagnosticArgument &argument : diagnostic.getMetadata()) {
    if (argument.getKind() !=
        DiagnosticArgument::DiagnosticArgumentKind::Attribute)
      continue;
    Attribute attr = argument.getAsAttribute();
    if (isa<UnitAttr>(attr))
      return Refusal(diagnostic.getLocation(), diagnostic.str());
    auto parts = dyn_cast<DictionaryAttr>(attr);
    if (!parts || !parts.contains(reasonKey))
      continue;
    auto get = [&](StringRef key) {
      return parts.getAs<StringAttr>(key).getValue();
    };
    Refusal refusal(diagnostic.getLocation(), get(reasonKey), get(hintKey));
    refusal.operation = get(operationKey).str();
    return refusal;
  }
  return std::nullopt;
}

RefusalCollector::RefusalCollector(MLIRContext *context, Others others)
    // What other threads report in the meantime is not of this one's function.
    : handler(context, [this, others,
                        thread = std::this_thread::get_id()](Diagnostic &d) {
        if (std::this_thread::get_id() != thread)
          return failure();
        return collect(d, others);
      }) {}

/// What MLIR's pass manager says, with the place of the reproducer, of a
/// pipeline that has failed for a reason of its own.
static bool isReproducerReport(const Diagnostic &diagnostic) {
  return StringRef(diagnostic.str())
      .starts_with("Failures have been detected while processing an MLIR pass "
                   "pipeline");
}

/// Fails when the diagnostic goes on to other handlers.
LogicalResult RefusalCollector::collect(Diagnostic &diagnostic, Others others) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return success(others != Others::Report);
  if (std::optional<Refusal> refusal = readRefusal(diagnostic)) {
    refusals.push_back(std::move(*refusal));
    return success();
  }
  hasOtherErrors |= !isReproducerReport(diagnostic);
  return success(others == Others::Drop);
}

} // namespace garam
