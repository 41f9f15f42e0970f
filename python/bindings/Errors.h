//===- Errors.h - Garam's errors as Python's exceptions ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_PYTHON_ERRORS_H
#define GARAM_PYTHON_ERRORS_H

#include "garam/Support/DiagnosedError.h"

#include <stdexcept>

namespace garam::python {

/// An llvm::Error on its way into Python, where it becomes an exception of
/// garam._errors.
class Failure : public std::runtime_error {
public:
  explicit Failure(DiagnosedReport report)
      : std::runtime_error(report.text), exitCode(report.exitCode),
        parts(std::move(report.parts)) {}

  ExitCode getExitCode() const { return exitCode; }
  llvm::ArrayRef<DiagnosisParts> getParts() const { return parts; }

private:
  ExitCode exitCode;
  std::vector<DiagnosisParts> parts;
};

/// Throws unless `error` is success.
inline void check(llvm::Error error) {
  DiagnosedReport report = consumeToDiagnosedReport(std::move(error));
  if (report.exitCode != ExitCode::Success)
    throw Failure(std::move(report));
}

/// The value, or throws.
template <typename T>
T unwrap(llvm::Expected<T> value) {
  check(value.takeError());
  return std::move(*value);
}

/// Makes Failure an exception of Python.
void registerErrors();

} // namespace garam::python

#endif // GARAM_PYTHON_ERRORS_H
