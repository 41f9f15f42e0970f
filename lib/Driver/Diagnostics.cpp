//===- Diagnostics.cpp - MLIR diagnostics for users -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"

#include "garam/Support/NodeDiagnostics.h"
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
    DiagnosisParts parts = describe(diagnostic);
    // One cause is often told at each of the operations that a node became.
    if (texts.insert(parts.str()).second)
      errors.push_back(std::move(parts));
  } else if (diagnostic.getSeverity() == DiagnosticSeverity::Warning) {
    warnings.push_back(describe(diagnostic).str());
  } else if (diagnostic.getSeverity() == DiagnosticSeverity::Remark) {
    remarks.push_back(describe(diagnostic).str());
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

DiagnosisParts DiagnosticCollector::describe(Diagnostic &diagnostic) const {
  std::string message = diagnostic.str();
  std::vector<DiagnosedNode> nodes;
  if (std::optional<DiagnosedNode> leading = readLeadingNode(diagnostic)) {
    StringRef rest = message;
    rest.consume_front(leading->str() + ": ");
    message = rest.str();
    nodes.push_back(std::move(*leading));
  } else {
    for (StringRef id : getNodeIds(diagnostic.getLocation())) {
      DiagnosedNode &node = nodes.emplace_back();
      node.id = id.str();
      if (!labels)
        continue;
      if (auto label = labels->find(id); label != labels->end()) {
        node.op = label->second.op;
        node.opset = label->second.opset;
      }
    }
  }
  DiagnosisParts parts = DiagnosisParts::parse(message);
  parts.nodes = std::move(nodes);
  if (FileLineColLoc file = findFile(diagnostic.getLocation())) {
    parts.file = file.getFilename().str();
    // A node of an ONNX file has no line.
    parts.line = file.getLine();
    parts.column = file.getColumn();
  }
  for (Diagnostic &note : diagnostic.getNotes())
    parts.notes.push_back(note.str());
  return parts;
}

std::string DiagnosticCollector::takeText() {
  std::string text = llvm::join(
      llvm::map_range(errors, [](const auto &parts) { return parts.str(); }),
      "\n");
  errors.clear();
  texts.clear();
  return text;
}

llvm::Error DiagnosticCollector::takeError(ExitCode exitCode) {
  texts.clear();
  return makeDiagnosedError(exitCode, std::exchange(errors, {}));
}

} // namespace garam
