//===- TranslateRegistration.cpp - garam-translate --npu-to-binary --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/NPU/StaticChecker.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using namespace mlir;

namespace garam::npu {
namespace {

struct TranslateOptions {
  cl::opt<std::string> target{
      "npu-target", cl::value_desc("NAME|FILE"),
      cl::desc("The target whose machine NPU commands are written for")};
};

Error writeBinary(func::FuncOp func, StringRef target, raw_ostream &os) {
  Expected<TargetFile> file = loadTarget(target);
  if (!file)
    return file.takeError();
  Expected<MachineDescription> machine = readTargetFile(file->getBuffer());
  if (!machine)
    return machine.takeError();
  FailureOr<CompiledProgram> compiled = exportProgram(func, *machine);
  if (failed(compiled))
    return createStringError("the commands cannot be exported");
  if (Error error = checkProgram(compiled->program, compiled->plan, *machine))
    return error;
  Expected<std::vector<uint8_t>> code = encode(compiled->program);
  if (!code)
    return code.takeError();
  os.write(reinterpret_cast<const char *>(code->data()), code->size());
  return Error::success();
}

/// The one function of a module, of commands with addresses and waits.
LogicalResult translateToBinary(Operation *op, StringRef target,
                                raw_ostream &os) {
  SmallVector<func::FuncOp> functions;
  op->walk([&](func::FuncOp func) { functions.push_back(func); });
  if (functions.size() != 1 || functions.front().isExternal())
    return op->emitError("needs one function with a body, got: ")
           << functions.size();
  if (target.empty())
    return op->emitError("needs --npu-target");
  if (Error error = writeBinary(functions.front(), target, os))
    return functions.front().emitError(toString(std::move(error)));
  return success();
}

LogicalResult translateToText(MemoryBufferRef source, raw_ostream &os,
                              MLIRContext *context) {
  Expected<Program> program = decode(
      ArrayRef(reinterpret_cast<const uint8_t *>(source.getBufferStart()),
               source.getBufferSize()));
  if (!program)
    return emitError(UnknownLoc::get(context)) << toString(program.takeError());
  disassemble(*program, os);
  return success();
}

} // namespace

void registerTranslations() {
  static TranslateOptions flags;
  static TranslateFromMLIRRegistration toBinary(
      "npu-to-binary",
      "write a function of NPU commands in the binary form of the ISA, when "
      "the static checker proves it",
      [](Operation *op, raw_ostream &os) {
        return translateToBinary(op, flags.target, os);
      },
      [](DialectRegistry &registry) {
        registry.insert<NPUDialect, func::FuncDialect>();
      });
  static TranslateRegistration toText(
      "npu-disassemble", "write the binary form of an NPU program as text",
      [](const std::shared_ptr<SourceMgr> &source, raw_ostream &os,
         MLIRContext *context) {
        return translateToText(
            *source->getMemoryBuffer(source->getMainFileID()), os, context);
      });
}

} // namespace garam::npu
