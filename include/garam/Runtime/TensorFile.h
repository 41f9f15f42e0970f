//===- TensorFile.h - Tensors in files --------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_TENSORFILE_H
#define GARAM_RUNTIME_TENSORFILE_H

#include "garam/Support/Tensor.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

namespace garam {

/// Reads a numpy array (.npy, versions 1 to 3 of the format) or an ONNX
/// TensorProto (.pb), by the name's ending. The tensor has no name. Errors are
/// of ExitCode::Input. `expected` as of readNpy.
llvm::Expected<Tensor>
readTensorFile(llvm::StringRef path,
               std::optional<DataType> expected = std::nullopt);

/// Reads a numpy array in C or Fortran order. bfloat16, which numpy does not
/// have, is read from '<V2', as the ml_dtypes package writes it. That writes
/// '<V1' for all its types of a byte (int4, float8_e4m3fn, ...): such a file is
/// taken for one of the type that is `expected`.
llvm::Expected<Tensor> readNpy(llvm::MemoryBufferRef file,
                               std::optional<DataType> expected = std::nullopt);

/// Reads a serialised ONNX TensorProto with its data inside.
llvm::Expected<Tensor> readTensorProto(llvm::MemoryBufferRef file);

/// Writes a numpy array, version 1 of the format, in C order.
void writeNpy(const Tensor &tensor, llvm::raw_ostream &os);

} // namespace garam

#endif // GARAM_RUNTIME_TENSORFILE_H
