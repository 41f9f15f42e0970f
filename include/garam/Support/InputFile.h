//===- InputFile.h - Opens the files that a user names ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_INPUTFILE_H
#define GARAM_SUPPORT_INPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <limits>
#include <memory>

namespace garam {

/// Opens a regular file of at most `maxBytes` bytes; devices and pipes, which
/// may have no end, are none. A text ends with a null character behind its last
/// one. The error says why not and leaves it to the caller to name the file.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openInputFile(llvm::StringRef path, bool isText,
              uint64_t maxBytes = std::numeric_limits<uint64_t>::max());

} // namespace garam

#endif // GARAM_SUPPORT_INPUTFILE_H
