//===- TrustList.h - Binaries whose native code may run ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_TRUSTLIST_H
#define GARAM_RUNTIME_TRUSTLIST_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace garam {

class Executable;

/// The SHA-256 of a file's bytes, in 64 hexadecimal digits.
std::string hashContent(llvm::ArrayRef<uint8_t> bytes);

/// The binaries that a user trusts, each a line with the hash of its bytes:
/// what was compiled here, and what was added by hand. The file and its folder
/// are made when the first is added, for the user alone.
///
/// All errors are of ExitCode::Untrusted.
class TrustList {
public:
  explicit TrustList(std::string path) : path(std::move(path)) {}
  /// That of the user: garam/trusted in $XDG_STATE_HOME, or in
  /// ~/.local/state when that is not set to an absolute path, as the XDG Base
  /// Directory Specification (version 0.8) has it.
  static llvm::Expected<TrustList> openDefault();

  llvm::StringRef getPath() const { return path; }
  /// What the user should know of where the list is, and of what `contains` has
  /// found in it that trusts nothing; empty when there is nothing to say.
  llvm::StringRef getWarning() const { return warning; }
  /// No list holds nothing. One that others may write is an error.
  llvm::Expected<bool> contains(llvm::StringRef hash);
  /// Adds the hash of the file at `file`, which may be empty, unless it is
  /// there. Processes may do so at the same time.
  llvm::Error add(llvm::StringRef hash, llvm::StringRef file) const;
  /// Takes out the binaries whose file is gone or holds something else now, and
  /// what is no hash; gives their number. Hashes without a file stay.
  llvm::Expected<unsigned> prune() const;

private:
  llvm::Error fail(const llvm::Twine &what) const;
  /// Also when `what` set errno.
  llvm::Error failWithErrno(const llvm::Twine &what) const;
  /// The lines of the list, when it belongs to the user alone.
  llvm::Expected<std::string> read(int descriptor) const;
  llvm::Error append(int descriptor, llvm::StringRef hash,
                     llvm::StringRef file) const;
  llvm::Error write(int descriptor, llvm::StringRef text) const;

  std::string path;
  std::string warning;
};

/// Whether the native code of a binary, if it holds any, may run on this
/// machine, by the user's list: an error of ExitCode::Untrusted that says how
/// to change that. What the user should know of the list is added to
/// `warnings`.
llvm::Error checkTrust(const Executable &executable,
                       std::vector<std::string> &warnings);

/// Notes in the user's list that a binary with these bytes, which was compiled
/// here from a model and will lie at `path`, may run. Without a list the binary
/// is good for all but that, which is a warning.
void noteAsTrusted(llvm::ArrayRef<uint8_t> bytes, llvm::StringRef path,
                   std::vector<std::string> &warnings);

/// Writes a binary to `path`; errors are those of OutputFile. Where
/// `isCompiled`, here from a model, native code in it is noted as trusted.
llvm::Error saveExecutable(const Executable &executable, llvm::StringRef path,
                           bool isCompiled, std::vector<std::string> &warnings);

} // namespace garam

#endif // GARAM_RUNTIME_TRUSTLIST_H
