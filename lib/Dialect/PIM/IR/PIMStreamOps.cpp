//===- PIMStreamOps.cpp - Phases of transactions
//----------------------------===//
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
// Walks
//===----------------------------------------------------------------------===//

LogicalResult WalkDimAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t count, int64_t bank, int64_t place,
                                  int64_t data) {
  if (count < 1 || !llvm::isUInt<32>(count))
    return emitError() << "a walk counts from 1 to 2^32 - 1, got: " << count;
  for (int64_t step : {bank, place, data})
    if (!llvm::isUInt<32>(step))
      return emitError() << "a walk steps by 0 to 2^32 - 1, got: " << step;
  return success();
}

LogicalResult
RepeatStepAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       int64_t place, int64_t data) {
  for (int64_t step : {place, data})
    if (!llvm::isUInt<32>(step))
      return emitError() << "a turn steps by 0 to 2^32 - 1, got: " << step;
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

/// Whether nothing of a run comes before `phase`. Of several phases of a setup
/// each looks back to the one before.
static bool isBeforeRun(PhaseOp phase) {
  for (Operation *op = phase->getPrevNode(); op; op = op->getPrevNode()) {
    if (auto other = dyn_cast<PhaseOp>(op))
      return other.getSetup();
    if (isa<ConvertOp, ReduceOp, StoreOp>(op))
      return false;
  }
  return true;
}

LogicalResult PhaseOp::verify() {
  if (getSetup() && !isBeforeRun(*this))
    return emitOpError("(C2) belongs to the setup, but comes after a step of "
                       "a run");
  return verifyCommands(*this, getBody().front());
}

LogicalResult RepeatOp::verify() {
  if (getCount() < 1 || !llvm::isUInt<32>(getCount()))
    return emitOpError("(C2) repeats 1 to 2^32 - 1 times, got: ")
           << static_cast<int64_t>(getCount());
  return verifyCommands(*this, getBody().front());
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

static LogicalResult verifyChannels(Operation *op, StringRef constraint,
                                    ArrayRef<int64_t> channels) {
  if (channels.size() != 2)
    return op->emitOpError(constraint)
           << " needs a first channel and a count, got: " << channels.size()
           << " numbers";
  if (!llvm::isUInt<32>(channels[0]) || channels[1] < 1 ||
      !llvm::isUInt<32>(channels[1]))
    return op->emitOpError(constraint)
           << " names at least one channel by numbers of 32 bits, got: "
           << channels[1] << " from " << channels[0] << " on";
  return success();
}

/// Bursts of the source of a write that is an operand.
static FailureOr<uint64_t> getSourceBursts(AccessOp op) {
  Value source = op.getSource();
  if (getVerifiedDefinition<MicroKernelOp>(source, op))
    return uint64_t(burstsPerMicroKernel);
  auto segment = getVerifiedDefinition<SegmentOp>(source, op);
  if (segment && segment.getKind() == SegmentKind::constant)
    return segment.getSize() / bytesPerBurst;
  return failure();
}

static LogicalResult verifySource(AccessOp op) {
  std::optional<ArrayRef<int8_t>> literal = op.getLiteral();
  if (literal && (literal->size() != bytesPerBurst || op.getSource()))
    return op.emitOpError("(C1) has one source, and a literal is of ")
           << bytesPerBurst << " bytes, got: " << literal->size();
  if (op.getKind() != AccessKind::write && (literal || op.getSource()))
    return op.emitOpError("(C2) is no write, but has a source");
  if (!op.getSource())
    return success();
  FailureOr<uint64_t> bursts = getSourceBursts(op);
  if (failed(bursts))
    return op.emitOpError("(C6) writes what an earlier constant pim.segment "
                          "or pim.micro_kernel holds");
  if (op.getDataEnd() > *bursts)
    return op.emitOpError("(C6) writes up to burst ")
           << op.getDataEnd() << " of " << *bursts;
  return success();
}

/// The loading of a program has no staging buffer.
static LogicalResult verifyStaging(AccessOp op) {
  bool isWrite = op.getKind() == AccessKind::write;
  if (op.getKind() == AccessKind::read ||
      (isWrite && (op.getLiteral() || op.getSource())))
    return success();
  if (op->getParentOfType<PhaseOp>().getSetup())
    return op.emitOpError("(C7) uses the staging buffer in a phase of the "
                          "setup");
  return success();
}

LogicalResult AccessOp::verify() {
  if (failed(verifySource(*this)) ||
      failed(verifyChannels(*this, "(C3)", getChannels())))
    return failure();
  size_t depth = 0;
  for (Operation *parent = (*this)->getParentOp(); isa<RepeatOp>(parent);
       parent = parent->getParentOp())
    ++depth;
  if (getRepeats().size() != depth)
    return emitOpError("(C4) is in ")
           << depth << " repetitions, but has steps for "
           << getRepeats().size();
  if (failed(verifyWords(*this, "(C5)",
                         {{"rank", getRank()},
                          {"bank", getBank()},
                          {"place", getPlace()},
                          {"number of a burst", getData()},
                          {"last burst", getDataEnd()},
                          {"group of channels", getChannelGroup()},
                          {"step of channels", getChannelData()}})))
    return failure();
  if (getChannelGroup() == 0)
    return emitOpError("(C5) has a group of channels of at least 1, got: 0");
  return verifyStaging(*this);
}

LogicalResult BarrierOp::verify() {
  return verifyChannels(*this, "(C1)", getChannels());
}

} // namespace garam::pim
