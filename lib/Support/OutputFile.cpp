//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/OutputFile.h"

#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace garam {

static Error makeWriteError(StringRef path, const Twine &reason) {
  return makeUserError(ExitCode::Usage,
                       "cannot write '" + path + "': " + reason);
}

Error writeOutputFile(StringRef path,
                      function_ref<Error(raw_ostream &)> write) {
  if (path == "-")
    return write(outs());

  // A pipe or a device has no temporary file beside it.
  sys::fs::file_status status;
  bool isSpecial = !sys::fs::status(path, status) && sys::fs::exists(status) &&
                   !sys::fs::is_regular_file(status);
  if (isSpecial) {
    std::error_code code;
    raw_fd_ostream os(path, code);
    if (code)
      return makeWriteError(path, code.message());
    return write(os);
  }

  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".tmp%%%%%%");
  if (!file)
    return makeWriteError(path, toString(file.takeError()));
  std::error_code streamError;
  Error error = Error::success();
  {
    raw_fd_ostream os(file->FD, /*shouldClose=*/false);
    error = joinErrors(std::move(error), write(os));
    os.flush();
    streamError = os.error();
    os.clear_error();
  }
  if (error) {
    consumeError(file->discard());
    return error;
  }
  if (streamError) {
    consumeError(file->discard());
    return makeWriteError(path, streamError.message());
  }
  if (Error keepError = file->keep(path))
    return makeWriteError(path, toString(std::move(keepError)));
  return Error::success();
}

} // namespace garam
