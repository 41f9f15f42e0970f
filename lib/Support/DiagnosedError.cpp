//===- DiagnosedError.cpp - Errors with their parts -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/DiagnosedError.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace garam {

static constexpr StringLiteral hintMark = "; hint: ";

char DiagnosedError::ID = 0;

std::string DiagnosedNode::str() const {
  std::string text = "node '" + id + "'";
  if (op.empty())
    return text;
  text += " (" + op;
  if (opset)
    text += ", opset " + std::to_string(*opset);
  return text + detail + ")";
}

std::string DiagnosisParts::str() const {
  std::string text;
  raw_string_ostream os(text);
  if (!file.empty()) {
    os << file;
    if (line != 0)
      os << ':' << line << ':' << column;
    os << ": ";
  }
  for (const DiagnosedNode &node : nodes)
    os << node.str() << (&node == &nodes.back() ? ": " : ", ");
  os << message;
  if (!hint.empty() && notes.empty())
    os << hintMark << hint;
  for (const std::string &note : notes)
    os << "\nnote: " << note;
  if (!hint.empty() && !notes.empty())
    os << "\nhint: " << hint;
  return text;
}

DiagnosisParts DiagnosisParts::parse(StringRef text) {
  DiagnosisParts parts;
  SmallVector<StringRef> lines;
  text.split(lines, '\n');
  size_t numLines = 0; // of the message
  for (StringRef line : lines) {
    if (line.consume_front("note: "))
      parts.notes.push_back(line.str());
    else if (line.consume_front("hint: "))
      parts.hint = line.str();
    else
      lines[numLines++] = line;
  }
  lines.truncate(numLines);
  parts.message = join(lines, "\n");
  if (size_t at = parts.message.rfind(hintMark);
      at != std::string::npos &&
      parts.message.find('\n', at) == std::string::npos) {
    parts.hint = parts.message.substr(at + hintMark.size());
    parts.message.resize(at);
  }
  return parts;
}

static std::string joinTexts(ArrayRef<DiagnosisParts> parts) {
  return join(map_range(parts, [](const auto &part) { return part.str(); }),
              "\n");
}

DiagnosedError::DiagnosedError(ExitCode exitCode,
                               std::vector<DiagnosisParts> parts)
    : ErrorInfo(exitCode, joinTexts(parts)), parts(std::move(parts)) {}

Error makeDiagnosedError(ExitCode exitCode, std::vector<DiagnosisParts> parts) {
  return make_error<DiagnosedError>(exitCode, std::move(parts));
}

/// `error` after a change of all its parts.
static Error change(Error error, function_ref<void(DiagnosisParts &)> change) {
  if (!error)
    return error;
  DiagnosedReport report = consumeToDiagnosedReport(std::move(error));
  for_each(report.parts, change);
  return makeDiagnosedError(report.exitCode, std::move(report.parts));
}

Error addFile(Error error, StringRef file) {
  return change(std::move(error), [&](DiagnosisParts &parts) {
    if (parts.file.empty())
      parts.file = file.str();
  });
}

Error addNode(Error error, const DiagnosedNode &node) {
  return change(std::move(error), [&](DiagnosisParts &parts) {
    if (parts.nodes.empty())
      parts.nodes.push_back(node);
  });
}

DiagnosedReport consumeToDiagnosedReport(Error error) {
  std::vector<DiagnosisParts> parts;
  Error kept = handleErrors(
      std::move(error),
      [&](std::unique_ptr<DiagnosedError> diagnosed) -> Error {
        append_range(parts, diagnosed->getParts());
        return Error(std::move(diagnosed));
      },
      [&](std::unique_ptr<ErrorInfoBase> other) -> Error {
        parts.push_back(DiagnosisParts::parse(other->message()));
        return Error(std::move(other));
      });
  ErrorReport report = consumeToReport(std::move(kept));
  return {report.exitCode, std::move(report.text), std::move(parts)};
}

} // namespace garam
