//===- PlanScratch.cpp - Puts allocations into one buffer -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "IndexRange.h"
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

/// The bytes of an allocation at most; nothing when its sizes have no bound, or
/// no number of bytes that can be allocated.
static std::optional<int64_t> getMostBytes(memref::AllocOp alloc,
                                           IndexRanges &ranges) {
  constexpr int64_t bitsPerByte = 8;
  // More than a processor can address.
  constexpr int64_t mostBytes = int64_t(1) << 48;
  MemRefType type = alloc.getType();
  if (!type.getLayout().isIdentity())
    return std::nullopt;
  SmallVector<int64_t> sizes(type.getShape());
  ValueRange dynamicSizes = alloc.getDynamicSizes();
  for (int64_t &size : sizes)
    if (ShapedType::isDynamic(size)) {
      size = std::max<int64_t>(ranges.get(dynamicSizes.front()).second, 0);
      dynamicSizes = dynamicSizes.drop_front();
    }
  int64_t bits = type.getElementType().isIndex()
                     ? IndexType::kInternalStorageBitWidth
                     : type.getElementTypeBitWidth();
  int64_t bytes = llvm::divideCeil(bits, bitsPerByte);
  for (int64_t size : sizes)
    if (llvm::MulOverflow(bytes, size, bytes) || bytes > mostBytes)
      return std::nullopt;
  return bytes;
}

void PlanScratch::runOnOperation() {
  func::FuncOp function = getOperation();
  SmallVector<memref::AllocOp> allocations;
  int64_t size = 0;
  bool isBounded = true;
  SmallVector<int64_t> offsets;
  IndexRanges ranges;
  function.walk([&](memref::AllocOp alloc) {
    std::optional<int64_t> bytes = getMostBytes(alloc, ranges);
    if (!bytes) {
      alloc.emitOpError("has no size that is bounded: ") << alloc.getType();
      isBounded = false;
      return;
    }
    allocations.push_back(alloc);
    offsets.push_back(size);
    size += llvm::alignTo(*bytes, scratchAlignment);
  });
  if (!isBounded)
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
                                        start, alloc.getDynamicSizes());
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
}

} // namespace garam
