//===- TensorFile.cpp - Tensors in files ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"

#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace garam {

Expected<Tensor> readTensorFile(StringRef path) {
  auto fail = [&](const Twine &reason) {
    return makeUserError(ExitCode::Input,
                         "cannot read '" + path + "': " + reason);
  };
  bool isNpy = path.ends_with(".npy");
  if (!isNpy && !path.ends_with(".pb"))
    return makeUserError(ExitCode::Input,
                         "'" + path +
                             "': tensors are read from .npy and .pb files");
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status))
    return fail(code.message());
  // A device may have no end.
  if (!sys::fs::is_regular_file(status))
    return fail("it is not a regular file");
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(file.getError().message());
  return isNpy ? readNpy(**file) : readTensorProto(**file);
}

} // namespace garam
