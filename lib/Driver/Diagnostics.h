//===- Diagnostics.h - MLIR diagnostics for users ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_DIAGNOSTICS_H
#define GARAM_LIB_DRIVER_DIAGNOSTICS_H

#include "garam/Support/DiagnosedError.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace garam {

/// Operator and version of a node, for messages.
struct NodeLabel {
  std::string op;
  int64_t opset = 0;
};
using NodeLabels = llvm::StringMap<NodeLabel>;

/// While it lives, diagnostics are kept and not printed. Their text names file
/// and node: "model.onnx: node 'conv1' (Conv, opset 17): ...".
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context,
                               const NodeLabels *labels = nullptr);

  bool hasErrors() const { return !errors.empty(); }
  /// Whether one of them is a fault of the compiler.
  bool hasFaults() const { return hasOwnFaults; }
  /// The first error as it was reported, without file and node.
  const std::string &getFirstMessage() const { return firstMessage; }
  /// Ids of the nodes that it names.
  llvm::ArrayRef<std::string> getFirstNodes() const { return firstNodes; }
  /// The collected errors, one a line.
  std::string takeText();
  /// Adds a note to the last error.
  void addNote(std::string note) {
    errors.back().notes.push_back(std::move(note));
  }
  /// The collected errors as one.
  llvm::Error takeError(ExitCode exitCode);
  std::vector<std::string> takeWarnings() { return std::move(warnings); }
  std::vector<std::string> takeRemarks() { return std::move(remarks); }

private:
  void collect(mlir::Diagnostic &diagnostic);
  DiagnosisParts describe(mlir::Diagnostic &diagnostic) const;

  const NodeLabels *labels;
  std::vector<DiagnosisParts> errors;
  llvm::StringSet<> texts; // of the errors
  std::vector<std::string> warnings, remarks;
  std::string firstMessage;
  std::vector<std::string> firstNodes;
  bool hasOwnFaults = false;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace garam

#endif // GARAM_LIB_DRIVER_DIAGNOSTICS_H
