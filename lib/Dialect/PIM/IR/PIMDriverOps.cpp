//===- PIMDriverOps.cpp - Memory and commands of the driver ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Words.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Support/VerifiedDefinition.h"

using namespace mlir;

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

LogicalResult SegmentOp::verify() {
  if (static_cast<int64_t>(getSize()) < 0)
    return emitOpError("(C1) has a size of at least 0, got: ")
           << static_cast<int64_t>(getSize());
  if (getKind() != SegmentKind::constant)
    return success();
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode())
    if (isa<SegmentOp>(op))
      return emitOpError("(C2) is a constant segment, but not the first one");
  return success();
}

/// Of the types that banks hold.
static bool isFloat(Type type) { return type.isF16() || type.isF32(); }

static int64_t getByteWidth(Type type) {
  return type.getIntOrFloatBitWidth() / 8;
}

/// Checks that constants of `bursts` bursts from `burst` on are in their
/// segment.
static LogicalResult verifyPacked(Operation *op, Value value, int64_t burst,
                                  uint64_t bursts) {
  auto segment = getVerifiedDefinition<SegmentOp>(value, op);
  if (!segment || segment.getKind() != SegmentKind::constant)
    return op->emitOpError("(C3) needs an earlier constant pim.segment");
  uint64_t available = segment.getSize() / bytesPerBurst;
  if (burst < 0 || llvm::SaturatingAdd<uint64_t>(burst, bursts) > available)
    return op->emitOpError("(C3) does not fit its segment: ")
           << bursts << " bursts from " << burst << " on";
  return success();
}

LogicalResult PackMatrixOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getValue().getType());
  if (!type || type.getRank() != 2 || !isFloat(type.getElementType()))
    return emitOpError("(C1) needs a matrix of f16 or f32, got: ")
           << getValue().getType();
  constexpr uint64_t maxCount = uint64_t(1) << 24;
  uint64_t bursts = numRegisters;
  for (uint64_t count : {getUnits(), getGroups(), getSplits(), getSlots()}) {
    if (count < 1 || count > maxCount)
      return emitOpError("(C2) counts from 1 to 2^24, got: ")
             << static_cast<int64_t>(count);
    bursts = llvm::SaturatingMultiply(bursts, count);
  }
  return verifyPacked(*this, getSegment(), getBurst(), bursts);
}

LogicalResult PackVectorOp::verify() {
  if (!isFloat(getValue().getElementType()) || !isFloat(getType()))
    return emitOpError("(C1) needs elements of f16 or f32, got: ")
           << getValue().getType() << " as " << getType();
  int64_t elements = 1, last = 0;
  if (getSizes().size() != getStrides().size())
    return emitOpError("(C2) has ") << getSizes().size() << " sizes and "
                                    << getStrides().size() << " strides";
  for (auto [size, stride] : llvm::zip_equal(getSizes(), getStrides())) {
    if (size < 1 || stride < 0 || llvm::MulOverflow(elements, size, elements) ||
        elements > int64_t(1) << 40)
      return emitOpError("(C2) has sizes of at least 1 and strides of at "
                         "least 0, got: ")
             << size << " and " << stride;
    int64_t distance;
    if (llvm::MulOverflow(size - 1, stride, distance) ||
        llvm::AddOverflow(last, distance, last))
      return emitOpError("(C2) reads elements beyond 2^63 - 1, with size ")
             << size << " and stride " << stride;
  }
  if (last >= getValue().getNumElements())
    return emitOpError("(C2) reads element ")
           << last << " of " << getValue().getNumElements();
  return verifyPacked(
      *this, getSegment(), getBurst(),
      llvm::divideCeil(elements * getByteWidth(getType()), bytesPerBurst));
}

//===----------------------------------------------------------------------===//
// Commands of the driver
//===----------------------------------------------------------------------===//

LogicalResult verifyWords(Operation *op, StringRef constraint,
                          ArrayRef<NamedWord> words) {
  for (const NamedWord &word : words)
    if (!llvm::isUInt<32>(word.value))
      return op->emitOpError(constraint)
             << " has a " << word.name << " that is no number of 32 bits: "
             << static_cast<int64_t>(word.value);
  return success();
}

/// Checks that `elements` elements of `type` from byte `offset` on are in a
/// segment, which is not one to be read only if they are `written`.
static LogicalResult verifyElements(Operation *op, StringRef constraint,
                                    Value value, int64_t offset, Type type,
                                    uint64_t elements, bool areWritten) {
  auto segment = getVerifiedDefinition<SegmentOp>(value, op);
  if (!segment)
    return op->emitOpError(constraint) << " needs an earlier pim.segment";
  bool isWritable = segment.getKind() == SegmentKind::output ||
                    segment.getKind() == SegmentKind::scratch;
  if (areWritten && !isWritable)
    return op->emitOpError(constraint) << " writes a segment that is only read";
  uint64_t size =
      llvm::SaturatingMultiply<uint64_t>(elements, getByteWidth(type));
  if (offset < 0 ||
      llvm::SaturatingAdd<uint64_t>(offset, size) > segment.getSize())
    return op->emitOpError(constraint)
           << " leaves its segment: " << elements << " elements from byte "
           << offset << " on, of " << segment.getSize() << " bytes";
  return success();
}

LogicalResult ConvertOp::verify() {
  if (getSizes().size() != getStrides().size())
    return emitOpError("(C1) has ") << getSizes().size() << " sizes and "
                                    << getStrides().size() << " strides";
  uint64_t elements = 1, end = 1;
  for (auto [size, stride] : llvm::zip_equal(getSizes(), getStrides())) {
    if (size < 1 || !llvm::isUInt<32>(size) || !llvm::isUInt<32>(stride))
      return emitOpError("(C1) has sizes from 1 and strides from 0 to "
                         "2^32 - 1, got: ")
             << size << " and " << stride;
    elements = llvm::SaturatingMultiply<uint64_t>(elements, size);
    end = llvm::SaturatingAdd(
        end, llvm::SaturatingMultiply<uint64_t>(size - 1, stride));
  }
  if (failed(verifyWords(
          *this, "(C2)",
          {{"staging", getStaging()}, {"number of bursts", getBursts()}})))
    return failure();
  if (elements > getBursts() * numLanes)
    return emitOpError("(C2) has ") << elements << " elements for "
                                    << getBursts() << " bursts of " << numLanes;
  return verifyElements(*this, "(C3)", getSegment(), getOffset(), getType(),
                        end, /*areWritten=*/false);
}

LogicalResult ReduceOp::verify() {
  if (getOutputs() == 0 || getParts() == 0)
    return emitOpError("(C1) sums at least one part of one output, got: ")
           << getParts() << " of " << getOutputs();
  if (failed(verifyWords(*this, "(C1)",
                         {{"staging", getStaging()},
                          {"number of outputs", getOutputs()},
                          {"number of parts", getParts()},
                          {"stride", getPartStride()}})))
    return failure();
  if (failed(verifyElements(*this, "(C2)", getSegment(), getOffset(), getType(),
                            getOutputs(), /*areWritten=*/true)))
    return failure();
  if (!getBias())
    return success();
  return verifyElements(*this, "(C3)", getBias(), getBiasOffset(),
                        Float32Type::get(getContext()), getOutputs(),
                        /*areWritten=*/false);
}

LogicalResult StoreOp::verify() {
  if (getElements() == 0)
    return emitOpError("(C1) stores at least one element, got: 0");
  if (failed(verifyWords(
          *this, "(C1)",
          {{"staging", getStaging()}, {"number of elements", getElements()}})))
    return failure();
  return verifyElements(*this, "(C2)", getSegment(), getOffset(), getType(),
                        getElements(), /*areWritten=*/true);
}

} // namespace garam::pim
