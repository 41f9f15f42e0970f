//===- PIMStreamOps.cpp - Transactions and the driver ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/IR/FloatElements.h"
#include "garam/Dialect/PIM/IR/PIM.h"

using namespace mlir;

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Bytes of the segment that defines `value`.
static std::optional<int64_t> getSegmentSize(Value value) {
  if (auto segment = value.getDefiningOp<SegmentOp>())
    return segment.getSize();
  return std::nullopt;
}

static bool fits(Value segment, int64_t burst, int64_t bursts) {
  std::optional<int64_t> size = getSegmentSize(segment);
  int64_t available = size ? *size / bytesPerBurst : 0;
  return burst >= 0 && bursts >= 0 && burst <= available &&
         bursts <= available - burst;
}

LogicalResult PackMatrixOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getValue().getType());
  if (!type || type.getRank() != 2 || !FloatElements::get(getValue()))
    return emitOpError("(C1) needs a matrix of f16 or f32 whose elements are "
                       "at hand, got: ")
           << getValue().getType();
  constexpr uint64_t maxCount = uint64_t(1) << 24;
  uint64_t bursts = numRegisters;
  for (uint64_t count : {getUnits(), getGroups(), getSplits(), getSlots()}) {
    if (count < 1 || count > maxCount)
      return emitOpError("(C2) counts from 1 to 2^24, got: ")
             << static_cast<int64_t>(count);
    bursts = llvm::SaturatingMultiply(bursts, count);
  }
  if (!fits(getSegment(), getBurst(),
            static_cast<int64_t>(std::min<uint64_t>(
                bursts, std::numeric_limits<int64_t>::max()))))
    return emitOpError("(C2) does not fit its segment: ")
           << bursts << " bursts from " << getBurst() << " on";
  return success();
}

LogicalResult PackVectorOp::verify() {
  if (!FloatElements::get(getValue()) ||
      !(getType().isF16() || getType().isF32()))
    return emitOpError("(C1) needs elements of f16 or f32 that are at hand, "
                       "got: ")
           << getValue().getType() << " as " << getType();
  int64_t elements = 1, last = 0;
  if (getSizes().size() != getStrides().size())
    return emitOpError("(C1) has ") << getSizes().size() << " sizes and "
                                    << getStrides().size() << " strides";
  for (auto [size, stride] : llvm::zip_equal(getSizes(), getStrides())) {
    if (size < 1 || stride < 0 || llvm::MulOverflow(elements, size, elements) ||
        elements > int64_t(1) << 40)
      return emitOpError("(C1) has sizes of at least 1 and strides of at "
                         "least 0, got: ")
             << size << " and " << stride;
    int64_t distance;
    if (llvm::MulOverflow(size - 1, stride, distance) ||
        llvm::AddOverflow(last, distance, last))
      return emitOpError("(C1) reads elements beyond 2^63 - 1, with size ")
             << size << " and stride " << stride;
  }
  if (last >= getValue().getNumElements())
    return emitOpError("(C1) reads element ")
           << last << " of " << getValue().getNumElements();
  int64_t width = getType().getIntOrFloatBitWidth() / 8;
  if (!fits(getSegment(), getBurst(),
            llvm::divideCeil(elements * width, bytesPerBurst)))
    return emitOpError("(C2) does not fit its segment: ")
           << elements << " elements from burst " << getBurst() << " on";
  return success();
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

static LogicalResult verifyCommands(Operation *op, Block &body) {
  for (Operation &command : body)
    if (!isa<RepeatOp, AccessOp, BarrierOp>(command))
      return op->emitOpError("(C1) holds repetitions, accesses and barriers, "
                             "got: ")
             << command.getName();
  return success();
}

LogicalResult PhaseOp::verify() {
  return verifyCommands(*this, getBody().front());
}

LogicalResult RepeatOp::verify() {
  return verifyCommands(*this, getBody().front());
}

LogicalResult AccessOp::verify() {
  bool hasLiteral = getLiteral().has_value();
  if (hasLiteral && (getLiteral()->size() != bytesPerBurst || getSource()))
    return emitOpError("(C1) has one source, and a literal is of ")
           << bytesPerBurst << " bytes, got: " << getLiteral()->size();
  if (getKind() != AccessKind::write && (hasLiteral || getSource()))
    return emitOpError("(C2) is no write, but has a source");
  if (getChannels().size() != 2)
    return emitOpError("(C3) needs a first channel and a count, got: ")
           << getChannels().size() << " numbers";
  size_t depth = 0;
  for (Operation *parent = (*this)->getParentOp(); isa<RepeatOp>(parent);
       parent = parent->getParentOp())
    ++depth;
  if (getRepeats().size() != depth)
    return emitOpError("(C4) is in ")
           << depth << " repetitions, but has steps for "
           << getRepeats().size();
  return success();
}

LogicalResult BarrierOp::verify() {
  if (getChannels().size() == 2)
    return success();
  return emitOpError("(C1) needs a first channel and a count, got: ")
         << getChannels().size() << " numbers";
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

LogicalResult ConvertOp::verify() {
  if (getSizes().size() != getStrides().size() ||
      llvm::any_of(getSizes(), [](int64_t size) { return size < 1; }))
    return emitOpError("(C1) needs a stride for each size, which is at least "
                       "1, got: ")
           << getSizes().size() << " sizes and " << getStrides().size()
           << " strides";
  return success();
}

} // namespace garam::pim
