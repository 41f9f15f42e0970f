//===- TensorFile.cpp - Tensors in files ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"

#include "garam/Support/Errors.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace garam {

Expected<Tensor> readTensorFile(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return makeUserError(ExitCode::Input, "cannot read '" + path + "': " +
                                              file.getError().message());
  if (path.ends_with(".npy"))
    return readNpy(**file);
  if (path.ends_with(".pb"))
    return readTensorProto(**file);
  return makeUserError(ExitCode::Input,
                       "'" + path +
                           "': tensors are read from .npy and .pb files");
}

} // namespace garam
