//===- TensorFile.cpp - Tensors in files ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"

#include "garam/Support/Errors.h"
#include "garam/Support/InputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace garam {

Expected<Tensor> readTensorFile(StringRef path,
                                std::optional<DataType> expected) {
  auto fail = [&](const Twine &reason) {
    return makeUserError(ExitCode::Input,
                         "cannot read '" + path + "': " + reason);
  };
  bool isNpy = path.ends_with(".npy");
  if (!isNpy && !path.ends_with(".pb"))
    return makeUserError(ExitCode::Input,
                         "'" + path +
                             "': tensors are read from .npy and .pb files");
  Expected<std::unique_ptr<MemoryBuffer>> file =
      openInputFile(path, /*isText=*/false);
  if (!file)
    return fail(toString(file.takeError()));
  return isNpy ? readNpy(**file, expected) : readTensorProto(**file);
}

} // namespace garam
