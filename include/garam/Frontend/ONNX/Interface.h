//===- Interface.h - Inputs and outputs of an ONNX file ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_FRONTEND_ONNX_INTERFACE_H
#define GARAM_FRONTEND_ONNX_INTERFACE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace garam::onnx {

/// What a model's file says of an input or output.
struct InterfaceValue {
  struct Dimension {
    std::optional<int64_t> size; // where it is fixed
    std::string name;            // where it is not; may be empty
  };

  std::string name;
  /// A TensorProto::DataType; 0 for what is no tensor.
  int elementType = 0;
  /// Nothing where the file says no rank.
  std::optional<std::vector<Dimension>> shape;
};

struct ModelInterface {
  /// Without initializers.
  std::vector<InterfaceValue> inputs, outputs;
};

/// Reads what a model takes and gives, as its file says it. The file is parsed
/// and not checked. `bytes` are those of the file, or null for it to be read.
/// Errors are of ExitCode::Model.
llvm::Expected<ModelInterface>
readInterface(llvm::StringRef path, std::shared_ptr<llvm::MemoryBuffer> bytes);

} // namespace garam::onnx

#endif // GARAM_FRONTEND_ONNX_INTERFACE_H
