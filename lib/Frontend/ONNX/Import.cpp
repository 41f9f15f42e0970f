//===- Import.cpp - From an ONNX file to the onnx dialect -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Frontend/ONNX/Import.h"

#include "ImportGraph.h"
#include "LoadedModel.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "garam/Support/NodeDiagnostics.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

using namespace llvm;
using namespace mlir;

namespace garam::onnx {
namespace {

/// Runs a step that reports by diagnostics; its errors become a UserError.
Error collectDiagnostics(MLIRContext *context,
                         llvm::function_ref<LogicalResult()> step) {
  std::vector<DiagnosisParts> errors;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure();
    std::string text = diagnostic.str();
    StringRef message = text;
    std::optional<DiagnosedNode> node = readLeadingNode(diagnostic);
    if (node)
      message.consume_front(node->str() + ": ");
    errors.push_back(DiagnosisParts::parse(escapeQuotes(message)));
    if (node)
      errors.back().nodes.push_back(std::move(*node));
    return success();
  });
  if (succeeded(step()))
    return Error::success();
  return makeDiagnosedError(ExitCode::Model, std::move(errors));
}

Expected<OwningOpRef<ModuleOp>>
import(StringRef path, const ImportOptions &options, MLIRContext *context) {
  Expected<LoadedModel> model = loadModel(path, options.bytes, options);
  if (!model)
    return model.takeError();
  Expected<OwningOpRef<ModuleOp>> module = importGraph(*model, context);
  if (!module)
    return module.takeError();
  if (options.onMappedFile)
    for (const std::shared_ptr<MemoryBuffer> &file : model->tensors->getFiles())
      options.onMappedFile(file);
  if (options.onGraph)
    options.onGraph(**module);
  auto function = (*module)->lookupSymbol<func::FuncOp>("main");
  if (options.foldShapes)
    if (Error error =
            collectDiagnostics(context, [&] { return foldShapes(function); }))
      return std::move(error);
  applyDeclaredOutputs(function);
  if (Error error =
          collectDiagnostics(context, [&] { return verify(**module); }))
    return std::move(error);
  return module;
}

} // namespace

Expected<OwningOpRef<ModuleOp>> importModel(StringRef path,
                                            const ImportOptions &options,
                                            MLIRContext *context) {
  Expected<OwningOpRef<ModuleOp>> module = import(path, options, context);
  if (module)
    return module;
  return addFile(escapeQuotes(module.takeError()), path);
}

} // namespace garam::onnx
