//===- EmitObject.cpp - Native code of kernels ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "garam/Dialect/Host/Transforms/Passes.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace llvm;

namespace garam::host {

/// Host code is for x86-64 Linux wherever the compiler runs.
static constexpr StringLiteral tripleText = "x86_64-unknown-linux-gnu";

static void initializeTarget() {
  static std::once_flag flag;
  std::call_once(flag, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
}

static Expected<std::unique_ptr<TargetMachine>>
createMachine(StringRef processor, ArrayRef<std::string> features) {
  initializeTarget();
  Triple triple(tripleText);
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return createStringError(message);
  std::string enabled;
  for (const std::string &feature : features)
    enabled += (enabled.empty() ? "+" : ",+") + feature;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      triple, processor, enabled, TargetOptions(), Reloc::PIC_,
      CodeModel::Small, CodeGenOptLevel::Default));
  if (!machine)
    return createStringError("LLVM has no machine for " + processor);
  return std::move(machine);
}

/// Makes what a program calls: void (ptr arguments, i64 part), which loads the
/// addresses and calls the kernel, whose one argument that is no address is the
/// part.
static void addEntry(Function &kernel, StringRef symbol) {
  Module &module = *kernel.getParent();
  LLVMContext &context = module.getContext();
  kernel.setLinkage(GlobalValue::InternalLinkage);
  kernel.addFnAttr(Attribute::NoInline);
  kernel.addFnAttr(Attribute::NoUnwind);
  Type *pointer = PointerType::getUnqual(context);
  Function *entry = Function::Create(
      FunctionType::get(Type::getVoidTy(context),
                        {pointer, Type::getInt64Ty(context)}, false),
      GlobalValue::ExternalLinkage, symbol, module);
  entry->addFnAttr(Attribute::NoUnwind);
  IRBuilder<> builder(BasicBlock::Create(context, "", entry));
  SmallVector<Value *> arguments;
  unsigned numPointers = 0;
  for (llvm::Argument &argument : kernel.args()) {
    if (!argument.getType()->isPointerTy()) {
      arguments.push_back(entry->getArg(1));
      continue;
    }
    arguments.push_back(builder.CreateLoad(
        pointer,
        builder.CreateConstGEP1_32(pointer, entry->getArg(0), numPointers++)));
  }
  builder.CreateCall(&kernel, arguments);
  builder.CreateRetVoid();
}

Expected<std::vector<uint8_t>> emitObject(const LoweredKernels &kernels,
                                          StringRef processor,
                                          ArrayRef<std::string> features) {
  auto machine = createMachine(processor, features);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  std::unique_ptr<Module> module =
      mlir::translateModuleToLLVMIR(*kernels.module, context, "kernels");
  if (!module)
    return createStringError("the kernels have no LLVM IR");
  module->setTargetTriple((*machine)->getTargetTriple());
  module->setDataLayout((*machine)->createDataLayout());
  for (unsigned number = 0; number < kernels.kernels.size(); ++number) {
    Function *kernel = module->getFunction(getKernelName(number));
    kernel->setName("body_" + Twine(number));
    addEntry(*kernel, getKernelSymbol(number));
  }
  constexpr unsigned speedLevel = 2, sizeLevel = 0;
  auto optimize =
      mlir::makeOptimizingTransformer(speedLevel, sizeLevel, machine->get());
  if (Error error = optimize(module.get()))
    return std::move(error);

  SmallVector<char, 0> object;
  raw_svector_ostream stream(object);
  legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      CodeGenFileType::ObjectFile))
    return createStringError("LLVM cannot write objects for " + processor);
  passes.run(*module);
  return std::vector<uint8_t>(object.begin(), object.end());
}

} // namespace garam::host
