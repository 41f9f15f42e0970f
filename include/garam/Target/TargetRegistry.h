//===- TargetRegistry.h - Finds and opens target files ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A target file (docs/targets.md) describes a chip. This part knows where the
// files are and what every one of them has: name, kind and description. What
// else is in it belongs to the device class that its kind names.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_TARGETREGISTRY_H
#define GARAM_TARGET_TARGETREGISTRY_H

#include "garam/Support/YAMLTree.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace garam {

/// A target file longer than this is refused.
constexpr uint64_t maxTargetFileBytes = 1 << 18;

/// What every target file begins with.
struct TargetHeader {
  std::string name;        // what --target takes
  std::string kind;        // device class, as Device::getKind
  std::string description; // one sentence for lists
};

/// An opened target file.
struct TargetFile {
  TargetHeader header;
  std::string path; // for messages
  std::string text; // the whole file, as it is embedded in a device binary

  llvm::MemoryBufferRef getBuffer() const { return {text, path}; }
};

/// Reads name, kind and description of a target file and no more. Errors
/// (ExitCode::Config) carry file, line and column.
llvm::Expected<TargetHeader> readTargetHeader(llvm::MemoryBufferRef file);

/// The same for a file that has been read: errors are added to `errors`, and
/// what is wrong or missing is left empty. Other fields are not looked at.
TargetHeader readTargetHeader(const YAMLNode &root, YAMLErrors &errors);

/// Opens a target by the name of a shipped one or by the path of a file. What
/// has a '/' or ends in ".yaml" or ".yml" is a path. An unknown name is an
/// error (ExitCode::Config) that lists the known ones.
llvm::Expected<TargetFile> loadTarget(llvm::StringRef nameOrPath);

/// The folders where names are looked up, in order: those of the environment
/// variable GARAM_TARGETS_DIR (separated by ':'), then ../share/garam/targets
/// seen from the folder of libGaram.so, in build and installed trees alike.
std::vector<std::string> getTargetFolders();

/// Names of all targets in these folders, sorted, each once.
std::vector<std::string> listTargets();

} // namespace garam

#endif // GARAM_TARGET_TARGETREGISTRY_H
