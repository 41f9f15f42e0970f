//===- OutlineKernels.cpp - Makes functions on buffers of kernels ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Host/Transforms/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTOUTLINEKERNELS
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

namespace host {

std::string getKernelName(unsigned number) {
  return ("garam_kernel_" + Twine(number)).str();
}

/// The same for kernels whose functions are the same: weights are not in it.
static std::string getBodyText(KernelOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Block &body = kernel.getBody().front();
  llvm::interleaveComma(body.getArgumentTypes(), os);
  AsmState state(kernel, OpPrintingFlags().useLocalScope());
  for (Operation &op : body)
    op.print(os << "\n", state);
  return text;
}

KernelNumbers numberKernels(func::FuncOp function) {
  KernelNumbers result;
  llvm::StringMap<uint32_t> known;
  for (auto kernel : function.getOps<KernelOp>()) {
    auto [position, isNew] =
        known.try_emplace(getBodyText(kernel), result.kernels.size());
    if (isNew)
      result.kernels.push_back(kernel);
    result.numbers.push_back(position->second);
  }
  return result;
}

static bool isEmpty(Type type) {
  return cast<RankedTensorType>(type).getNumElements() == 0;
}

/// A tensor without elements has nothing to read or to write: any shape of its
/// buffer does, and one of a single dimension has a stride other than 0, which
/// pointers in place of memrefs need.
static MemRefType getBufferType(RankedTensorType tensor) {
  return isEmpty(tensor)
             ? MemRefType::get({0}, tensor.getElementType())
             : MemRefType::get(tensor.getShape(), tensor.getElementType());
}

/// What a kernel's body works on in place of a buffer.
static Value makeTensor(OpBuilder &builder, Value buffer, Location loc,
                        RankedTensorType type) {
  if (isEmpty(type))
    return tensor::EmptyOp::create(builder, loc, type.getShape(),
                                   type.getElementType());
  return bufferization::ToTensorOp::create(builder, loc, type, buffer,
                                           /*restrict=*/true,
                                           /*writable=*/false);
}

func::FuncOp outlineKernel(KernelOp kernel, StringRef name, ModuleOp module) {
  Location loc = kernel.getLoc();
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  SmallVector<Type> types;
  auto addBuffer = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    types.push_back(getBufferType(tensor));
  };
  llvm::for_each(kernel.getOperandTypes(), addBuffer);
  llvm::for_each(kernel.getResultTypes(), addBuffer);
  auto function = func::FuncOp::create(builder, loc, name,
                                       builder.getFunctionType(types, {}));
  // Results lie nowhere else; inputs that lie in one place are only read.
  for (unsigned i = 0; i < types.size(); ++i)
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        builder.getUnitAttr());

  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Block &body = kernel.getBody().front();
  IRMapping mapping;
  for (BlockArgument argument : body.getArguments()) {
    BlockArgument buffer = entry->getArgument(argument.getArgNumber());
    mapping.map(argument,
                makeTensor(builder, buffer, loc,
                           cast<RankedTensorType>(argument.getType())));
  }
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  auto outputs = entry->getArguments().take_back(kernel->getNumResults());
  for (auto [value, output] :
       llvm::zip(body.getTerminator()->getOperands(), outputs)) {
    if (isEmpty(value.getType()))
      continue;
    auto store = bufferization::MaterializeInDestinationOp::create(
        builder, loc, /*result=*/Type(), mapping.lookup(value), output);
    store.setRestrict(true);
    store.setWritable(true);
  }
  func::ReturnOp::create(builder, loc);
  return function;
}

} // namespace host

namespace {

struct HostOutlineKernels : impl::HostOutlineKernelsBase<HostOutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    unsigned next = 0;
    for (auto function : llvm::to_vector(module.getOps<func::FuncOp>())) {
      for (host::KernelOp kernel : host::numberKernels(function).kernels)
        host::outlineKernel(kernel, host::getKernelName(next++), module);
      function.erase();
    }
  }
};

} // namespace
} // namespace garam
