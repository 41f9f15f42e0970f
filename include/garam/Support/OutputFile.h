//===- OutputFile.h - Files that appear whole or not at all -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_OUTPUTFILE_H
#define GARAM_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace garam {

/// A file in the making. It is written under a temporary name beside its place,
/// which it takes with `commit`; without that it never was. A command that
/// writes several files creates all before its work and commits them at its
/// end.
///
/// The place may be a symbolic link, which stays: the file that it leads to is
/// replaced. Standard output ("-"), pipes and devices have no place for a
/// temporary file beside them; it lies in the system's folder for these and is
/// copied by `commit`.
///
/// All errors are of ExitCode::Usage.
class OutputFile {
public:
  /// Fails when `path` could not be written: it is a folder, is write-protected
  /// or its folder does not exist.
  static llvm::Expected<OutputFile> create(llvm::StringRef path);

  /// From here on a signal that ends the process removes temporary files. Takes
  /// the process's signals over, among them SIGINT, SIGTERM and SIGPIPE: they
  /// do what they did before after that. Only for a program of our own; a
  /// library leaves them to whom the process belongs.
  static void removeOnSignals();

  OutputFile(OutputFile &&other);
  OutputFile &operator=(OutputFile &&other);
  ~OutputFile();

  /// As given to `create`.
  llvm::StringRef getPath() const { return path; }
  /// Whether `commit` copies to standard output, a pipe or a device, which may
  /// fail and cannot be taken back: of several files it goes first.
  bool isStream() const { return place.empty(); }
  /// Where the bytes are until `commit`.
  llvm::StringRef getTemporaryPath() const { return temporaryPath; }
  /// Of the temporary file, open for reading and writing.
  int getDescriptor() const { return descriptor; }

  /// Appends what `write` writes.
  llvm::Error
  append(llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

  /// Closes the temporary file. Nothing but `commit` may follow.
  llvm::Error finish();

  /// Puts the file into its place. Nothing but the destructor may follow.
  llvm::Error commit();

  /// "cannot write 'PATH': REASON"
  llvm::Error makeError(const llvm::Twine &reason) const;

private:
  OutputFile() = default;
  llvm::Error copyToStream();
  void discard();

  std::string path;
  std::string place;         // `path` without links; empty: a stream
  std::string temporaryPath; // empty: committed or moved from
  int descriptor = -1;       // -1: closed
};

/// Commits files, streams first.
llvm::Error commitAll(llvm::ArrayRef<OutputFile *> files);

/// Creates a file, appends what `write` writes and commits it.
llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// Where a file that is written as `path` will lie: symbolic links in its last
/// component are followed, also one that leads to nothing.
llvm::Expected<std::string> resolveLinks(llvm::StringRef path);

} // namespace garam

#endif // GARAM_SUPPORT_OUTPUTFILE_H
