//===- DiagnosedError.h - Errors with their parts ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What a program needs of an error to show it in its own way: the file, the
// nodes, the message, notes and the hint, apart from each other. Text for
// people is made of them, never the other way round, but for plain UserErrors,
// whose messages have notes and a hint at their end by convention:
// "MESSAGE; hint: HINT", lines "note: NOTE" and "hint: HINT" behind.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_DIAGNOSEDERROR_H
#define GARAM_SUPPORT_DIAGNOSEDERROR_H

#include "garam/Support/Errors.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <vector>

namespace garam {

/// A node of the model.
struct DiagnosedNode {
  std::string id, op; // empty where it is not known
  std::optional<int64_t> opset;
  /// Behind the opset in texts: ", domain com.microsoft", ", here as Expand".
  std::string detail;

  /// "node 'a' (Conv, opset 17)".
  std::string str() const;
};

/// One thing that is wrong.
struct DiagnosisParts {
  std::string file; // empty where it is of none
  /// In the file, from 1; 0 where it has no lines.
  unsigned line = 0, column = 0;
  /// What it is about, several where they were fused.
  std::vector<DiagnosedNode> nodes;
  std::string message, hint;
  std::vector<std::string> notes;

  /// "model.onnx: node 'a' (Conv, opset 17): MESSAGE; hint: HINT"; behind
  /// notes, each a line, the hint is a line too.
  std::string str() const;
  /// A message in the form of plain errors.
  static DiagnosisParts parse(llvm::StringRef text);
};

/// A UserError whose text is made of parts, a line or more for each.
class DiagnosedError : public llvm::ErrorInfo<DiagnosedError, UserError> {
public:
  static char ID;

  DiagnosedError(ExitCode exitCode, std::vector<DiagnosisParts> parts);

  llvm::ArrayRef<DiagnosisParts> getParts() const { return parts; }

private:
  std::vector<DiagnosisParts> parts;
};

llvm::Error makeDiagnosedError(ExitCode exitCode,
                               std::vector<DiagnosisParts> parts);

/// `error`, all of which is about `file`, in which it has no line.
llvm::Error addFile(llvm::Error error, llvm::StringRef file);

/// `error`, all of which is about `node`.
llvm::Error addNode(llvm::Error error, const DiagnosedNode &node);

/// As ErrorReport, with the parts of each error.
struct DiagnosedReport {
  ExitCode exitCode = ExitCode::Success;
  std::string text;
  std::vector<DiagnosisParts> parts;
};
DiagnosedReport consumeToDiagnosedReport(llvm::Error error);

} // namespace garam

#endif // GARAM_SUPPORT_DIAGNOSEDERROR_H
