//===- StageFile.h - The IR of a stage as files -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A stage's IR is written as text without its weights: they go into a file
// beside it, as the resources of an empty module in MLIR's bytecode. Attributes
// of the text's module say what it is:
//
//   garam.stage    the stage's name
//   garam.options  what was asked of the compiler so far, as names and texts
//   garam.weights  name and checksum of the file of the weights
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_STAGEFILE_H
#define GARAM_LIB_DRIVER_STAGEFILE_H

#include "garam/Support/FileRoles.h"
#include "garam/Support/OutputFile.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace garam {

constexpr llvm::StringLiteral optionsAttrName = "garam.options";

/// What an earlier compile was given, in the order of its names.
std::vector<std::pair<llvm::StringRef, llvm::StringRef>>
readOptions(mlir::ModuleOp module);

/// Writes the text of `module`, without weights.
void printStage(mlir::ModuleOp module, llvm::StringRef stage,
                llvm::raw_ostream &os);

/// Writes stages of one module. Those in one folder share a file of weights as
/// long as the weights stay the same.
class StageWriter {
public:
  /// Every file of weights is added to `roles`; the text is the caller's.
  explicit StageWriter(FileRoles &roles) : roles(roles) {}

  /// Appends the text to `text` and, where there are weights that were not
  /// written before, makes their file: FILE.weights.mlirbc for a text in FILE.
  /// Both are the caller's to commit.
  llvm::Expected<std::optional<OutputFile>>
  write(mlir::ModuleOp module, llvm::StringRef stage, OutputFile &text);

private:
  using WeightMap =
      llvm::MapVector<llvm::StringRef, mlir::DenseResourceElementsAttr>;

  bool areWritten(const WeightMap &found) const;
  llvm::Expected<OutputFile> writeWeightsBeside(const OutputFile &text,
                                                mlir::MLIRContext *context,
                                                const WeightMap &found);

  FileRoles &roles;
  // What was written last.
  mlir::Attribute weightsAttr;
  llvm::StringMap<const char *> weights; // bytes by name
};

/// A stage that was read, with the file of its weights, null when it has none.
/// The file is mapped as long as a weight is in use.
struct StageInput {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Empty for IR that does not say it, and is after 'linalg'.
  std::string stage;
  std::shared_ptr<llvm::MemoryBuffer> weights;
};

/// Reads IR and, if its text refers to weights, these.
llvm::Expected<StageInput> readStage(llvm::StringRef path,
                                     mlir::MLIRContext *context);

} // namespace garam

#endif // GARAM_LIB_DRIVER_STAGEFILE_H
