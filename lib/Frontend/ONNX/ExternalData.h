//===- ExternalData.h - Tensors in files beside the model -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_EXTERNALDATA_H
#define GARAM_LIB_FRONTEND_ONNX_EXTERNALDATA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace garam::onnx {

/// Bytes of a tensor in ONNX's raw_data layout (little-endian, row-major, types
/// of less than a byte packed from the low bits), and what keeps them alive.
struct WeightRef {
  std::shared_ptr<const void> owner;
  llvm::ArrayRef<char> bytes;
};

/// The `external_data` entries of a tensor.
struct ExternalLocation {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

/// The files that a model refers to, each mapped once.
class ExternalFiles {
public:
  explicit ExternalFiles(llvm::StringRef modelPath);

  /// The `expectedBytes` bytes of tensor `name`. Fails when the location leaves
  /// the model's directory by its spelling, when symbolic links lead to a file
  /// outside of `realDirectories`, or when the file is missing or too short.
  llvm::Expected<WeightRef> get(llvm::StringRef name,
                                const ExternalLocation &location,
                                uint64_t expectedBytes);

  /// All files that are mapped.
  llvm::ArrayRef<std::shared_ptr<llvm::MemoryBuffer>> getFiles() const {
    return buffers;
  }

private:
  llvm::Expected<WeightRef> open(llvm::StringRef name,
                                 llvm::StringRef location);

  llvm::Error checkRealPath(llvm::StringRef name, llvm::StringRef path,
                            llvm::StringRef realPath) const;

  std::string directory;
  /// Without symbolic links: `directory`, and that in which the file lies that
  /// the model's path leads to, where this is another. Model hubs keep a model
  /// and its data in one store and link to both from elsewhere.
  std::vector<std::string> realDirectories;
  std::vector<std::shared_ptr<llvm::MemoryBuffer>> buffers;
  llvm::StringMap<WeightRef> files;
};

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_EXTERNALDATA_H
