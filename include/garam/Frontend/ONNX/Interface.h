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

/// What a model's file says of an input or output; of an output whose type or
/// rank it does not say, what inference does.
struct InterfaceValue {
  struct Dimension {
    std::optional<int64_t> size; // where it is fixed
    std::string name;            // where it is not; may be empty
  };

  std::string name;
  /// numpy's name, "string" for strings; nothing for what is no tensor or not
  /// known, and for types that no model that runs here has.
  std::optional<std::string> elementType;
  /// Nothing where the rank is not known.
  std::optional<std::vector<Dimension>> shape;
};

/// A node of the graph.
struct InterfaceNode {
  std::string id; // as messages and reports have it
  std::string op;
  std::vector<std::string> outputs; // empty names of those that it leaves out
};

struct ModelInterface {
  /// Without initializers.
  std::vector<InterfaceValue> inputs, outputs;
  /// In the order of the file, without those in bodies of others.
  std::vector<InterfaceNode> nodes;
  /// The files beside the model that its weights lie in.
  std::vector<std::string> weightFiles;
};

/// Reads what a model takes, has and gives, as its file says it. The file is
/// parsed and, unless types of outputs are to be inferred, not checked. `bytes`
/// are those of the file, or null for it to be read. Errors are of
/// ExitCode::Model.
llvm::Expected<ModelInterface>
readInterface(llvm::StringRef path, std::shared_ptr<llvm::MemoryBuffer> bytes);

} // namespace garam::onnx

#endif // GARAM_FRONTEND_ONNX_INTERFACE_H
