//===- Diagnostics.cpp - MLIR diagnostics for users -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam {

DiagnosticCollector::DiagnosticCollector(MLIRContext *context,
                                         const NodeLabels *labels)
    : labels(labels), handler(context, [this](Diagnostic &diagnostic) {
        collect(diagnostic);
        return success();
      }) {}

void DiagnosticCollector::collect(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
    if (errors.empty()) {
      firstMessage = diagnostic.str();
      for (StringRef node : getNodeIds(diagnostic.getLocation()))
        firstNodes.push_back(node.str());
    }
    hasOwnFaults |= isFault(diagnostic);
    std::string text = format(diagnostic);
    // One cause is often told at each of the operations that a node became.
    if (!llvm::is_contained(errors, text))
      errors.push_back(std::move(text));
  } else if (diagnostic.getSeverity() == DiagnosticSeverity::Warning) {
    warnings.push_back(format(diagnostic));
  }
}

/// The first file that a location names.
static FileLineColLoc findFile(Location loc) {
  FileLineColLoc file;
  loc->walk([&](Location part) {
    file = dyn_cast<FileLineColLoc>(part);
    return file ? WalkResult::interrupt() : WalkResult::advance();
  });
  return file;
}

std::string DiagnosticCollector::format(Diagnostic &diagnostic) const {
  std::string text;
  llvm::raw_string_ostream os(text);
  Location loc = diagnostic.getLocation();
  if (FileLineColLoc file = findFile(loc)) {
    os << file.getFilename().getValue();
    // A node of an ONNX file has no line.
    if (file.getLine() != 0)
      os << ':' << file.getLine() << ':' << file.getColumn();
    os << ": ";
  }
  std::string message = diagnostic.str();
  SmallVector<StringRef> nodes = getNodeIds(loc);
  // A message that begins with its node says the rest of it too.
  if (!nodes.empty() &&
      StringRef(message).starts_with("node '" + nodes.front().str() + "'"))
    nodes.clear();
  for (StringRef node : nodes) {
    os << "node '" << node << "'";
    if (labels)
      if (auto label = labels->find(node); label != labels->end())
        os << " (" << label->second.op << ", opset " << label->second.opset
           << ")";
    os << (node == nodes.back() ? ": " : ", ");
  }
  os << message;
  for (Diagnostic &note : diagnostic.getNotes())
    os << "\nnote: " << note.str();
  return text;
}

std::string DiagnosticCollector::takeText() {
  std::string text = llvm::join(errors, "\n");
  errors.clear();
  return text;
}

} // namespace garam
