//===- Errors.h - Errors that a user can act on -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Every part reports what a user can mend as a UserError, which names the exit
// code of the tools. All other errors are internal ones.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_ERRORS_H
#define GARAM_SUPPORT_ERRORS_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <string>
#include <system_error>

namespace garam {

/// Exit codes of the tools.
enum class ExitCode : int {
  Success = 0,
  Usage = 2,     ///< An option, or a value of an option, is wrong.
  Model = 3,     ///< The model is invalid or not supported.
  Config = 4,    ///< A target file or another configuration file is wrong.
  Binary = 5,    ///< A device binary is damaged or incompatible.
  Input = 6,     ///< The data that a model is run on is wrong.
  Untrusted = 7, ///< A binary holds native code that the user does not trust.
  Internal = 70, ///< A fault of ours (EX_SOFTWARE of sysexits.h).
};

/// An error in what the user gave, with a message that says what was found,
/// what is needed, and how to get there.
class UserError : public llvm::ErrorInfo<UserError> {
public:
  static char ID;

  UserError(ExitCode exitCode, const llvm::Twine &message)
      : exitCode(exitCode), text(message.str()) {}

  ExitCode getExitCode() const { return exitCode; }
  std::string message() const override { return text; }
  void log(llvm::raw_ostream &os) const override;
  std::error_code convertToErrorCode() const override;

private:
  ExitCode exitCode;
  std::string text;
};

/// Shorthand for `llvm::make_error<UserError>`.
llvm::Error makeUserError(ExitCode exitCode, const llvm::Twine &message);

/// The text of an error (one line for each error that it joins) and the exit
/// code: that of the first UserError in it, Internal when it has none, Success
/// when there was no error.
struct ErrorReport {
  ExitCode exitCode = ExitCode::Success;
  std::string text;
};
ErrorReport consumeToReport(llvm::Error error);

} // namespace garam

#endif // GARAM_SUPPORT_ERRORS_H
