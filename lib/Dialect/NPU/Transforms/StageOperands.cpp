//===- StageOperands.cpp - Brings a tile's operands to its core -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "TileGeometry.h"
#include "TileWalks.h"
#include "garam/Target/NPU/Machine/Timing.h"

using namespace mlir;

namespace garam::npu {

static void appendBox(std::vector<int64_t> &key, const Box &box) {
  key.insert(key.end(), box.low.begin(), box.low.end());
  key.insert(key.end(), box.high.begin(), box.high.end());
}

static int64_t getIdentity(Value value) {
  return reinterpret_cast<intptr_t>(value.getAsOpaquePointer());
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The part of `operand` that `loops` touches, densely in the order of those
/// loops that move it, at byte `offset`; its walk over all loops of `order`.
static PartAttr makePart(const StageOperand &operand, const Box &loops,
                         ArrayRef<unsigned> order, int64_t offset,
                         WalkOperand &walk, int64_t &bytes) {
  auto constant = operand.tensor.getDefiningOp<ConstantOp>();
  ArrayRef<int64_t> shape = getTensorType(operand.tensor).getShape();
  SmallVector<int64_t> layout =
      llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  SmallVector<int64_t, 4> elementStrides = getDenseStrides(shape, layout, 1);

  int64_t sourceOffset = 0;
  for (unsigned c = 0; c < shape.size(); ++c) {
    int64_t coordinate = operand.constants[c];
    for (unsigned dim = 0; dim < loops.getRank(); ++dim)
      coordinate += operand.coefficients[c][dim] * loops.low[dim];
    sourceOffset += coordinate * elementStrides[c];
  }
  SmallVector<int64_t> sizes, sourceStrides;
  for (unsigned dim : order) {
    if (!operand.dependsOn(dim))
      continue;
    int64_t stride = 0;
    for (unsigned c = 0; c < shape.size(); ++c)
      stride += operand.coefficients[c][dim] * elementStrides[c];
    sizes.push_back(loops.getSize(dim));
    sourceStrides.push_back(stride);
  }

  walk = makePackedWalk(operand, loops, order, offset);
  bytes = getElementBytes(operand.type);
  for (int64_t size : sizes)
    bytes *= size;
  return PartAttr::get(constant.getContext(), offset, operand.type, sizes,
                       sourceOffset, sourceStrides, constant.getValue());
}

void StageLowering::bindConstants(const Tile &tile, ArrayRef<unsigned> indices,
                                  MutableArrayRef<BoundOperand> bound) {
  Key key;
  for (unsigned index : indices) {
    const StageOperand &operand = tile.stage.inputs[index];
    key.push_back(getIdentity(operand.tensor));
    key.push_back(static_cast<int64_t>(operand.type));
    for (unsigned dim : tile.order) {
      if (!operand.dependsOn(dim))
        continue;
      key.push_back(dim);
      key.push_back(tile.loops.low[dim]);
      key.push_back(tile.loops.high[dim]);
    }
  }
  Value source = getConstantBuffer(tile, indices, std::move(key), bound);
  Value local = loadConstants(tile, source);
  for (unsigned index : indices)
    bound[index].buffer = local;
}

Value StageLowering::getConstantBuffer(const Tile &tile,
                                       ArrayRef<unsigned> indices, Key key,
                                       MutableArrayRef<BoundOperand> bound) {
  // The same weights may be read by two stages in different orders.
  key.push_back(getIdentity(tile.stage.op->getResult(0)));
  ConstantBuffer &constant = constants[key];
  if (!constant.buffer) {
    SmallVector<Attribute> parts;
    int64_t offset = 0;
    for (unsigned index : indices) {
      WalkOperand walk;
      int64_t bytes = 0;
      parts.push_back(makePart(tile.stage.inputs[index], tile.loops, tile.order,
                               offset, walk, bytes));
      constant.walks.push_back(walk);
      offset += llvm::alignTo(bytes, getAlignment(emitter.machine));
    }
    // Slices of a stage read the same.
    Value &buffer =
        constantBuffers[ArrayAttr::get(tile.stage.op->getContext(), parts)];
    if (!buffer)
      buffer = emitter.createDRAMBuffer(offset, constantSegment, parts);
    constant.buffer = buffer;
  }
  for (auto [index, walk] : llvm::zip(indices, constant.walks))
    bound[index].walk = walk;
  return constant.buffer;
}

/// Lets the buffer exist in `core` too: the transfer that fills it then
/// multicasts.
static void addReceiver(Value buffer, int64_t core) {
  auto op = buffer.getDefiningOp<BufferOp>();
  SmallVector<int64_t> cores = llvm::to_vector(*op.getCores());
  if (llvm::is_contained(cores, core))
    return;
  cores.push_back(core);
  llvm::sort(cores);
  op.setCores(ArrayRef<int64_t>(cores));
}

Value StageLowering::loadConstants(const Tile &tile, Value source) {
  // Constants of a stage are one staged input, numbered behind the others.
  auto place = std::make_pair(unsigned(tile.stage.inputs.size()), tile.core);
  StagedInput &last = staged[place];
  Key key = {getIdentity(source)};
  if (last.key == key)
    return last.view.buffer;
  bool keeps = keepsConstants(tile.stage.op);
  BufferView view;
  if (keeps)
    view = resident.lookup({source, tile.core});
  if (!view.buffer)
    view = bringConstants(tile, source);
  if (keeps)
    resident[{source, tile.core}] = view;
  last = {std::move(key), view};
  return view.buffer;
}

BufferView StageLowering::bringConstants(const Tile &tile, Value source) {
  BufferView &common = stagedInSlot[{getIdentity(source)}];
  if (common.buffer && emitter.machine.network.multicast) {
    addReceiver(common.buffer, tile.core);
    return common;
  }
  int64_t bytes = source.getDefiningOp<BufferOp>().getSize();
  Piece from,
      to = emitter.createLocalPiece(Box::ofShape({bytes}), {0}, 1, {tile.core});
  from.view = {source, 0, {1}};
  from.space = SpaceKind::dram;
  emitter.createCopy(tile.slot.weightLoads, tile.core, from, to, to.box, 1, 0);
  common = to.view;
  return common;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

const Home &StageLowering::getHome(Value value) {
  auto [it, inserted] = homes.try_emplace(value);
  if (inserted) {
    auto constant = value.getDefiningOp<ConstantOp>();
    RankedTensorType type = getTensorType(value);
    ArrayRef<int64_t> shape = type.getShape();
    SmallVector<int64_t> layout =
        llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
    SmallVector<int64_t, 4> strides = getDenseStrides(shape, layout, 1);
    ElementKind kind = getElementKind(type.getElementType(), false);
    Attribute part =
        PartAttr::get(constant.getContext(), 0, kind, shape, 0,
                      ArrayRef<int64_t>(strides), constant.getValue());
    Piece piece;
    piece.space = SpaceKind::dram;
    piece.box = piece.room = Box::ofShape(shape);
    piece.view.buffer = emitter.createDRAMBuffer(
        type.getNumElements() * getElementBytes(kind), constantSegment, part);
    piece.view.strides = getDenseStrides(shape, layout, getElementBytes(kind));
    it->second.pieces.push_back(piece);
  }
  return it->second;
}

void StageLowering::fetch(SmallVectorImpl<Operation *> &list, const Home &home,
                          const Piece &destination, const Box &region,
                          int64_t elementBytes, int64_t core) {
  for (const Piece &piece : home.pieces) {
    if (piece.view.buffer == destination.view.buffer)
      continue;
    Box common = piece.box.intersect(region);
    if (common.isEmpty())
      continue;
    int64_t sourceCore = piece.isLocalTo(core) || piece.cores.empty()
                             ? core
                             : piece.cores.front();
    emitter.createCopy(list, core, piece, destination, common, elementBytes,
                       sourceCore);
  }
}

BufferView StageLowering::acquire(Tile &tile, unsigned index, Value value,
                                  const Box &region) {
  getHome(value);
  Home &home = homes[value];
  auto &loads = stageInFront && isThereBefore(value, stageInFront)
                    ? tile.slot.earlyLoads
                    : tile.slot.loads;
  int64_t elementBytes = getElementBytes(value);
  for (Piece &piece : home.pieces) {
    if (!piece.isLocalTo(tile.core) || !piece.room.contains(region))
      continue;
    for (const Box &missing : piece.getMissing(region)) {
      fetch(loads, home, piece, missing, elementBytes, tile.core);
      piece.filled.push_back(missing);
      tile.brought.push_back({index, missing});
    }
    return piece.view;
  }

  Key key = {getIdentity(value)};
  appendBox(key, region);
  StagedInput &last = staged[{index, tile.core}];
  if (last.key == key)
    return last.view;
  tile.brought.push_back({index, region});
  BufferView &common = stagedInSlot[key];
  // One transfer may serve several cores, but only from a memory that all of
  // them would read, not from a neighbour.
  bool isCommon = llvm::all_of(home.pieces, [](const Piece &piece) {
    return piece.space != SpaceKind::local;
  });
  if (common.buffer && isCommon && emitter.machine.network.multicast) {
    addReceiver(common.buffer, tile.core);
  } else {
    SmallVector<int64_t> layout = getLayoutOf(home.pieces.front().view);
    Piece local =
        emitter.createLocalPiece(region, layout, elementBytes, {tile.core});
    fetch(loads, home, local, region, elementBytes, tile.core);
    common = local.view;
  }
  last = {std::move(key), common};
  return last.view;
}

StageLowering::BoundOperand StageLowering::bindTensor(Tile &tile,
                                                      unsigned index) {
  const StageOperand &operand = tile.stage.inputs[index];
  Box region =
      getBroughtRegion(operand, tile.part, tile.loops, emitter.machine);
  BufferView view = acquire(tile, index, operand.tensor, region);
  return {view.buffer, makeWalk(operand, view, tile.loops, tile.order)};
}

std::vector<StageLowering::BoundOperand> StageLowering::bindInputs(Tile &tile) {
  std::vector<BoundOperand> bound(tile.stage.inputs.size());
  SmallVector<unsigned> packed;
  for (auto [index, operand] : llvm::enumerate(tile.stage.inputs)) {
    if (!needsInput(tile.stage, operand, tile.loops))
      continue;
    if (isPackable(operand))
      packed.push_back(index);
    else
      bound[index] = bindTensor(tile, index);
  }
  if (!packed.empty())
    bindConstants(tile, packed, bound);
  return bound;
}

} // namespace garam::npu
