//===- Errors.cpp - Errors that a user can act on -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Errors.h"

#include "llvm/Support/raw_ostream.h"

namespace garam {

char UserError::ID = 0;

void UserError::log(llvm::raw_ostream &os) const { os << text; }

std::error_code UserError::convertToErrorCode() const {
  return llvm::inconvertibleErrorCode();
}

llvm::Error makeUserError(ExitCode exitCode, const llvm::Twine &message) {
  return llvm::make_error<UserError>(exitCode, message);
}

ErrorReport consumeToReport(llvm::Error error) {
  ErrorReport report;
  auto add = [&](ExitCode code, const std::string &text) {
    bool isFirstUserError =
        code != ExitCode::Internal && (report.exitCode == ExitCode::Success ||
                                       report.exitCode == ExitCode::Internal);
    if (report.exitCode == ExitCode::Success || isFirstUserError)
      report.exitCode = code;
    if (!report.text.empty())
      report.text += '\n';
    report.text += text;
  };
  llvm::handleAllErrors(
      std::move(error),
      [&](const UserError &user) { add(user.getExitCode(), user.message()); },
      [&](const llvm::ErrorInfoBase &other) {
        add(ExitCode::Internal, other.message());
      });
  return report;
}

} // namespace garam
