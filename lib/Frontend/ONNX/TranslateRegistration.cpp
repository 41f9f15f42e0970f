//===- TranslateRegistration.cpp - garam-translate --import-onnx ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/Support/Errors.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using namespace mlir;

namespace garam::onnx {
namespace {

struct TranslateOptions {
  cl::list<std::string> shapes{
      "shape", cl::value_desc("NAME=2x3x4"),
      cl::desc("The shape of an input of the imported ONNX model")};
  cl::list<std::string> dims{
      "dim", cl::value_desc("NAME=SIZE"),
      cl::desc("The size of a symbolic dimension of the imported ONNX model")};
  cl::opt<bool> foldShapes{
      "fold-shapes", cl::init(true),
      cl::desc("Evaluate shape arithmetic while importing an ONNX model")};
};

Error translate(StringRef path, const TranslateOptions &flags, raw_ostream &os,
                MLIRContext *context) {
  ImportOptions options;
  options.foldShapes = flags.foldShapes;
  for (const std::string &shape : flags.shapes)
    if (Error error = parseShapeOption(shape, options))
      return error;
  for (const std::string &dim : flags.dims)
    if (Error error = parseDimOption(dim, options))
      return error;
  auto module = importModel(path, options, context);
  if (!module)
    return module.takeError();
  // Without weights, unless a limit is given. Any other limit than 0 has the
  // printer write out each weight to see how long it is.
  OpPrintingFlags printing;
  if (!printing.getLargeResourceStringLimit())
    printing.elideLargeResourceString(0);
  (*module)->print(os, printing);
  return Error::success();
}

} // namespace

void registerFromONNXTranslation() {
  static TranslateOptions flags;
  static TranslateRegistration registration(
      "import-onnx", "import an ONNX model (a file, not standard input)",
      [](const std::shared_ptr<SourceMgr> &source, raw_ostream &os,
         MLIRContext *context) {
        context->loadDialect<ONNXDialect, func::FuncDialect>();
        StringRef path = source->getMemoryBuffer(source->getMainFileID())
                             ->getBufferIdentifier();
        Error error = translate(path, flags, os, context);
        if (!error)
          return success();
        emitError(UnknownLoc::get(context))
            << consumeToReport(std::move(error)).text;
        return LogicalResult::failure();
      });
}

} // namespace garam::onnx
