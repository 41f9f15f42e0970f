//===- InputFile.cpp - Opens the files that a user names ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/InputFile.h"

#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace garam {

Expected<std::unique_ptr<MemoryBuffer>>
openInputFile(StringRef path, bool isText, uint64_t maxBytes) {
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status))
    return errorCodeToError(code);
  if (!sys::fs::is_regular_file(status))
    return createStringError("it is not a regular file");
  if (status.getSize() > maxBytes)
    return createStringError("it has " + Twine(status.getSize()) +
                             " bytes; it may have at most " + Twine(maxBytes));
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(path, isText, /*RequiresNullTerminator=*/isText);
  if (!buffer)
    return errorCodeToError(buffer.getError());
  return std::move(*buffer);
}

} // namespace garam
