//===- CommandEmitter.cpp - Creates buffers and commands ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandEmitter.h"

#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {

CommandEmitter::~CommandEmitter() {
  // Those left after a failure refer to each other.
  SmallVector<Operation *> left = take();
  for (Operation *op : left)
    op->dropAllReferences();
  for (Operation *op : left)
    op->destroy();
}

Slot &CommandEmitter::startSlot(bool startsStage) {
  slots.emplace_back();
  slots.back().startsStage = startsStage;
  return slots.back();
}

Value CommandEmitter::createLocalBuffer(int64_t bytes,
                                        ArrayRef<int64_t> cores) {
  auto op = BufferOp::create(
      builder, loc, BufferType::get(builder.getContext()), SpaceKind::local,
      bytes, builder.getDenseI64ArrayAttr(cores), nullptr, nullptr, nullptr);
  definitions.push_back(op);
  return op;
}

Value CommandEmitter::createSharedBuffer(int64_t bytes) {
  auto op = BufferOp::create(
      builder, loc, BufferType::get(builder.getContext()), SpaceKind::shared,
      bytes, nullptr, nullptr, nullptr, nullptr);
  definitions.push_back(op);
  return op;
}

Value CommandEmitter::createDRAMBuffer(int64_t bytes, int64_t segment,
                                       ArrayRef<Attribute> parts) {
  ArrayAttr partsAttr = parts.empty() ? nullptr : builder.getArrayAttr(parts);
  auto op = BufferOp::create(
      builder, loc, BufferType::get(builder.getContext()), SpaceKind::dram,
      bytes, nullptr, builder.getI64IntegerAttr(segment), nullptr, partsAttr);
  definitions.push_back(op);
  return op;
}

void CommandEmitter::allocate(Piece &piece, int64_t segment, int64_t bytes) {
  switch (piece.space) {
  case SpaceKind::local:
    piece.view.buffer = createLocalBuffer(bytes, piece.cores);
    break;
  case SpaceKind::shared:
    piece.view.buffer = createSharedBuffer(bytes);
    break;
  case SpaceKind::dram:
    piece.view.buffer = createDRAMBuffer(bytes, segment);
    break;
  }
}

int64_t CommandEmitter::createSegment(RoleKind role, StringRef name,
                                      std::optional<int64_t> bytes) {
  definitions.push_back(SegmentOp::create(
      builder, loc, role, name,
      bytes ? builder.getI64IntegerAttr(*bytes) : IntegerAttr()));
  return numSegments++;
}

Piece CommandEmitter::createLocalPiece(const Box &box, ArrayRef<int64_t> layout,
                                       int64_t elementBytes,
                                       ArrayRef<int64_t> cores) {
  Piece piece = makeLocalPiece(box, layout, elementBytes, cores);
  piece.view.buffer = createLocalBuffer(box.getVolume() * elementBytes, cores);
  return piece;
}

void CommandEmitter::createCopy(SmallVectorImpl<Operation *> &list,
                                int64_t core, const Piece &source,
                                const Piece &destination, const Box &box,
                                int64_t elementBytes, int64_t sourceCore,
                                ArrayRef<int64_t> receivers) {
  Walk walk = makeCopyWalk(source.view, destination.view, box);
  std::optional<int64_t> readFrom;
  if (source.space == SpaceKind::local)
    readFrom = sourceCore;
  createCopyWalk(list, core, source.view.buffer, destination.view.buffer, walk,
                 elementBytes, readFrom, receivers);
}

/// The element type that a DMA descriptor shows: DMA moves bytes, so it only
/// has to have the right width.
static ElementKind getByteKind(int64_t bytes) {
  switch (bytes) {
  case 1:
    return ElementKind::u8;
  case 2:
    return ElementKind::u16;
  case 4:
    return ElementKind::u32;
  default:
    return ElementKind::u64;
  }
}

void CommandEmitter::createCopyWalk(SmallVectorImpl<Operation *> &list,
                                    int64_t core, Value source,
                                    Value destination, const Walk &walk,
                                    int64_t elementBytes,
                                    std::optional<int64_t> sourceCore,
                                    ArrayRef<int64_t> receivers) {
  if (walk.sizes.size() > maxDims) {
    for (int64_t i = 0; i < walk.sizes[0]; ++i)
      createCopyWalk(list, core, source, destination, walk.peel(0, i),
                     elementBytes, sourceCore, receivers);
    return;
  }
  SmallVector<int64_t> sizes(walk.sizes.begin(), walk.sizes.end());
  SmallVector<Attribute> descriptors;
  for (WalkOperand operand : walk.operands) {
    operand.type = getByteKind(elementBytes);
    if (sizes.empty())
      operand.strides.assign(1, elementBytes);
    descriptors.push_back(operand.getAttr(builder.getContext()));
  }
  if (sizes.empty())
    sizes.push_back(1);
  list.push_back(DMACommandOp::create(
      builder, loc, core, source, destination, Value(), sizes, elementBytes,
      builder.getArrayAttr(descriptors),
      sourceCore ? builder.getI64IntegerAttr(*sourceCore) : IntegerAttr(),
      receivers.empty() ? DenseI64ArrayAttr()
                        : builder.getDenseI64ArrayAttr(receivers),
      nullptr, nullptr, nullptr));
}

SmallVector<Operation *> CommandEmitter::take() {
  SmallVector<Operation *> commands = std::move(definitions);
  definitions.clear();
  auto take = [&](SmallVectorImpl<Operation *> &list) {
    commands.append(list.begin(), list.end());
    list.clear();
  };
  for (unsigned i = 0; i < slots.size(); ++i) {
    if (i == 0) {
      take(slots[i].weightLoads);
      take(slots[i].earlyLoads);
    }
    take(slots[i].loads);
    if (i + 1 < slots.size()) {
      take(slots[i + 1].weightLoads);
      take(slots[i + 1].earlyLoads);
      if (!slots[i + 1].startsStage)
        take(slots[i + 1].loads);
    }
    take(slots[i].computes);
    take(slots[i].stores);
  }
  return commands;
}

} // namespace garam::npu
