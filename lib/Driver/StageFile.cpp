//===- StageFile.cpp - The IR of a stage as files -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageFile.h"

#include "Diagnostics.h"
#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral weightsFileName = "weights.mlirbc";
static constexpr llvm::StringLiteral weightsAttrName = "garam.weights";

/// The resources that a module refers to, by name, each with one attribute.
using WeightMap = llvm::MapVector<StringRef, DenseResourceElementsAttr>;

/// The file of the weights of a stage in file `stagePath`.
static std::string getWeightsPath(StringRef stagePath) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(stagePath));
  llvm::sys::path::append(path, weightsFileName);
  return path.str().str();
}

static WeightMap findWeights(ModuleOp module) {
  WeightMap weights;
  module->walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](DenseResourceElementsAttr attr) {
      weights.insert({attr.getRawHandle().getKey(), attr});
    });
  });
  return weights;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void printStage(ModuleOp module, llvm::raw_ostream &os) {
  // Locations carry the node ids.
  OpPrintingFlags flags;
  flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  flags.elideLargeResourceString(/*largeResourceLimit=*/0);
  module.print(os, flags);
  os << '\n';
}

static llvm::Error writeWeights(ModuleOp module, const WeightMap &weights,
                                StringRef path) {
  OwningOpRef<ModuleOp> holder =
      ModuleOp::create(UnknownLoc::get(module.getContext()));
  SmallVector<Attribute> attrs;
  for (const auto &[name, attr] : weights)
    attrs.push_back(attr);
  (*holder)->setAttr(weightsAttrName,
                     ArrayAttr::get(module.getContext(), attrs));
  return writeOutputFile(path, [&](llvm::raw_ostream &os) -> llvm::Error {
    if (failed(writeBytecodeToFile(*holder, os)))
      return llvm::createStringError("cannot serialise the weights");
    return llvm::Error::success();
  });
}

llvm::Error writeStage(ModuleOp module, StringRef path) {
  WeightMap weights = findWeights(module);
  if (!weights.empty())
    if (llvm::Error error = writeWeights(module, weights, getWeightsPath(path)))
      return error;
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    printStage(module, os);
    return llvm::Error::success();
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static llvm::Expected<OwningOpRef<ModuleOp>> parseFile(StringRef path,
                                                       MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return makeUserError(ExitCode::Model, "cannot read '" + path + "': " +
                                              buffer.getError().message());
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  DiagnosticCollector diagnostics(context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!module)
    return makeUserError(ExitCode::Model, path + ": not the IR of a stage\n" +
                                              diagnostics.takeText());
  return module;
}

/// Gives the weights of a module their bytes out of the file `path`.
static llvm::Error attachWeights(const WeightMap &weights, StringRef path) {
  // A context of its own: in the module's, the names are taken. It lives as
  // long as a blob of it is used.
  struct Source {
    MLIRContext context{MLIRContext::Threading::DISABLED};
    OwningOpRef<ModuleOp> module;
  };
  auto source = std::make_shared<Source>();
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      parseFile(path, &source->context);
  if (!module)
    return module.takeError();
  source->module = std::move(*module);
  WeightMap stored = findWeights(*source->module);
  for (const auto &[name, attr] : weights) {
    auto found = stored.find(name);
    AsmResourceBlob *blob = found == stored.end()
                                ? nullptr
                                : found->second.getRawHandle().getBlob();
    if (!blob)
      return makeUserError(ExitCode::Model,
                           path + " does not have the weights '" + name + "'");
    auto *manager =
        attr.getRawHandle()
            .getDialect()
            ->getRegisteredInterface<ResourceBlobManagerDialectInterface>();
    manager->getBlobManager().update(
        name, UnmanagedAsmResourceBlob::allocateWithAlign(
                  blob->getData(), blob->getDataAlignment(),
                  [source](void *, size_t, size_t) {}));
  }
  return llvm::Error::success();
}

llvm::Expected<OwningOpRef<ModuleOp>> readStage(StringRef path,
                                                MLIRContext *context) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = parseFile(path, context);
  if (!module)
    return module.takeError();
  WeightMap missing = findWeights(**module);
  missing.remove_if([](auto &entry) {
    return entry.second.getRawHandle().getBlob() != nullptr;
  });
  if (!missing.empty())
    if (llvm::Error error = attachWeights(missing, getWeightsPath(path)))
      return error;
  return module;
}

} // namespace garam
