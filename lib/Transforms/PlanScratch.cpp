//===- PlanScratch.cpp - Puts allocations into one buffer -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_PLANSCRATCH
#include "garam/Transforms/Passes.h.inc"

namespace {

struct PlanScratch : impl::PlanScratchBase<PlanScratch> {
  void runOnOperation() override;
};

} // namespace

/// Vectors are read and written across a cache line at most where they must.
static constexpr int64_t scratchAlignment = 64;

static int64_t getByteSize(MemRefType type) {
  constexpr int64_t bitsPerByte = 8;
  int64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), bitsPerByte);
  return width * type.getNumElements();
}

void PlanScratch::runOnOperation() {
  func::FuncOp function = getOperation();
  SmallVector<memref::AllocOp> allocations;
  int64_t size = 0;
  bool isStatic = true;
  SmallVector<int64_t> offsets;
  function.walk([&](memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    if (!type.hasStaticShape() || !type.getLayout().isIdentity()) {
      alloc.emitOpError("has no size that is fixed: ") << type;
      isStatic = false;
      return;
    }
    allocations.push_back(alloc);
    offsets.push_back(size);
    size += llvm::alignTo(getByteSize(type), scratchAlignment);
  });
  if (!isStatic)
    return signalPassFailure();
  function.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
  if (allocations.empty())
    return;

  OpBuilder builder(&getContext());
  auto type = MemRefType::get({size}, builder.getI8Type());
  unsigned number = function.getNumArguments();
  auto attrs = builder.getDictionaryAttr(builder.getNamedAttr(
      LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr()));
  if (failed(function.insertArgument(number, type, attrs, function.getLoc())))
    return signalPassFailure();
  Value scratch = function.getArgument(number);
  for (auto [alloc, offset] : llvm::zip(allocations, offsets)) {
    builder.setInsertionPoint(alloc);
    Location loc = alloc.getLoc();
    Value start = arith::ConstantIndexOp::create(builder, loc, offset);
    Value view = memref::ViewOp::create(builder, loc, alloc.getType(), scratch,
                                        start, ValueRange());
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
}

} // namespace garam
