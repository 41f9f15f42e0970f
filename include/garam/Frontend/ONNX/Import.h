//===- Import.h - From an ONNX file to the onnx dialect ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_FRONTEND_ONNX_IMPORT_H
#define GARAM_FRONTEND_ONNX_IMPORT_H

#include "garam/Support/RunTimeSizes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace garam::onnx {

/// Every model is converted up to this version of the default operator set, the
/// newest that the onnx library knows: what follows sees one version of each
/// operator.
constexpr int64_t kInternalOpset = 27;

struct ImportOptions {
  /// The model itself, where it is not in a file: the path then names it in
  /// messages, and files with weights are looked for in its folder. The weights
  /// of the module refer to these bytes.
  std::shared_ptr<llvm::MemoryBuffer> bytes;
  /// Sizes of inputs by name, as given with `--shape`. They replace symbolic
  /// and unknown dimensions; fixed ones must agree.
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  /// Sizes of symbolic dimensions by name, as given with `--dim`.
  std::vector<std::pair<std::string, int64_t>> dims;
  /// Symbolic dimensions whose sizes a run gives, with their bounds.
  std::vector<SizeSymbol> symbols;
  /// Evaluate shape arithmetic and refine types (the onnx-fold-shapes pass).
  bool foldShapes = true;
  /// Called with each file that the module's weights lie in, mapped.
  std::function<void(std::shared_ptr<llvm::MemoryBuffer>)> onMappedFile;
  /// Called with the module while all nodes are in it, before some are folded.
  std::function<void(mlir::ModuleOp)> onGraph;
};

/// Adds `NAME=2x3x224` to `options.shapes`; an empty list of sizes is a scalar.
/// Fails with a Usage error.
llvm::Error parseShapeOption(llvm::StringRef text, ImportOptions &options);

/// Adds `NAME=SIZE` to `options.dims`, or `NAME=LEAST..MOST` to
/// `options.symbols`. Fails with a Usage error.
llvm::Error parseDimOption(llvm::StringRef text, ImportOptions &options);

/// Imports the model in file `path` (little-endian hosts only) as a module with
/// one function `main`, whose operations are those of the onnx dialect.
///
/// The module's attributes are `onnx.model` (file name) and `onnx.opset`. The
/// function's arguments are the model's inputs that are not initializers, in
/// order, its results the outputs; `garam.symbols` (RunTimeSizes.h) are its
/// dimensions with bounds, if there are any. Weights of more than a kilobyte
/// are `dense_resource` blobs that refer to the mapped file, at ANY alignment:
/// read them with memcpy or llvm::support::endian. The mapping lives as long as
/// the context's blobs.
///
/// Fails with a UserError: Model when the file is missing, damaged, refused by
/// the onnx checker, or uses what the dialect cannot express; Usage when an
/// option names no input or dimension, or contradicts the model.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importModel(llvm::StringRef path, const ImportOptions &options,
            mlir::MLIRContext *context);

/// Registers `--import-onnx` of garam-translate.
void registerFromONNXTranslation();

} // namespace garam::onnx

#endif // GARAM_FRONTEND_ONNX_IMPORT_H
