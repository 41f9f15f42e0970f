//===- ErrorTexts.cpp - Errors that quote a model -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Names in a model may hold anything, although ONNX's IR specification ("Names
// Within a Graph") wants C identifiers: no line of theirs is to pass for a
// message of ours.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/DiagnosedError.h"

using namespace llvm;

namespace garam::onnx {

std::string escapeQuotes(StringRef message) {
  // Of our own lines those after the first are indented.
  static constexpr StringLiteral lineBegin = "\n  ";
  std::string escaped;
  for (size_t end; (end = message.find(lineBegin)) != StringRef::npos;
       message = message.drop_front(end + lineBegin.size()))
    escaped +=
        escapeControlCharacters(message.take_front(end)) + lineBegin.str();
  return escaped + escapeControlCharacters(message);
}

Error escapeQuotes(Error error) {
  return handleErrors(
      std::move(error),
      // Made of messages that were escaped one by one.
      [](std::unique_ptr<DiagnosedError> diagnosed) {
        return Error(std::move(diagnosed));
      },
      [](std::unique_ptr<UserError> user) {
        return makeUserError(user->getExitCode(),
                             escapeQuotes(StringRef(user->message())));
      });
}

} // namespace garam::onnx
