//===- DMAEngine.cpp - Data of DMA commands -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DataEngines.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cstring>

namespace garam::npu {

namespace {

/// The walk of one execution, with neighbouring dimensions merged where source
/// and destination allow.
struct Walk {
  llvm::SmallVector<uint64_t, maxDims> sizes;
  llvm::SmallVector<int64_t, maxDims> sourceStrides, destinationStrides;
  /// Dimension (after merging) along which the source goes by `indices`, or -1.
  int indexedDim = -1;
  std::vector<int64_t> indices;
};

} // namespace

static Walk makeWalk(const DMACommand &command, const Operand &source,
                     const Operand &destination) {
  Walk walk;
  int indexed =
      command.kind == DMAKind::Gather ? command.indirection.dimension : -1;
  for (unsigned dim = 0; dim < command.sizes.size(); ++dim) {
    uint64_t size = command.sizes[dim];
    int64_t from = source.strides[dim], to = destination.strides[dim];
    bool isIndexed = static_cast<int>(dim) == indexed;
    bool follows = !walk.sizes.empty() && !isIndexed &&
                   walk.indexedDim != static_cast<int>(walk.sizes.size()) - 1;
    if (follows && walk.sourceStrides.back() == from * int64_t(size) &&
        walk.destinationStrides.back() == to * int64_t(size)) {
      walk.sizes.back() *= size;
      walk.sourceStrides.back() = from;
      walk.destinationStrides.back() = to;
      continue;
    }
    if (isIndexed)
      walk.indexedDim = walk.sizes.size();
    walk.sizes.push_back(size);
    walk.sourceStrides.push_back(from);
    walk.destinationStrides.push_back(to);
  }
  return walk;
}

/// Copies a run of the innermost dimension; `source` null: fills.
template <unsigned width>
static void copyElements(const uint8_t *source, int64_t sourceStride,
                         uint64_t fillBits, uint8_t *destination,
                         int64_t destinationStride, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const void *from =
        source ? static_cast<const void *>(source + int64_t(i) * sourceStride)
               : &fillBits;
    std::memmove(destination + int64_t(i) * destinationStride, from, width);
  }
}

static void copyRun(unsigned width, const uint8_t *source, int64_t sourceStride,
                    uint64_t fillBits, uint8_t *destination,
                    int64_t destinationStride, uint64_t count) {
  if (source && sourceStride == width && destinationStride == width) {
    std::memmove(destination, source, count * width);
    return;
  }
  switch (width) {
  case 1:
    return copyElements<1>(source, sourceStride, fillBits, destination,
                           destinationStride, count);
  case 2:
    return copyElements<2>(source, sourceStride, fillBits, destination,
                           destinationStride, count);
  case 4:
    return copyElements<4>(source, sourceStride, fillBits, destination,
                           destinationStride, count);
  default:
    return copyElements<8>(source, sourceStride, fillBits, destination,
                           destinationStride, count);
  }
}

static void copyAll(const DMACommand &command, const Walk &walk,
                    const Operand &source, const Operand &destination) {
  unsigned numOuter = walk.sizes.empty() ? 0 : walk.sizes.size() - 1;
  // An indexed innermost dimension is copied element by element.
  bool innerIndexed =
      walk.indexedDim >= 0 && walk.indexedDim == static_cast<int>(numOuter);
  if (innerIndexed)
    ++numOuter;
  uint64_t inner = numOuter < walk.sizes.size() ? walk.sizes[numOuter] : 1;
  int64_t innerSource =
      numOuter < walk.sizes.size() ? walk.sourceStrides[numOuter] : 0;
  int64_t innerDestination =
      numOuter < walk.sizes.size() ? walk.destinationStrides[numOuter] : 0;

  llvm::SmallVector<uint64_t, maxDims> index(numOuter, 0);
  while (true) {
    int64_t from = source.base, to = destination.base;
    for (unsigned dim = 0; dim < numOuter; ++dim) {
      int64_t plain = index[dim];
      int64_t listed = static_cast<int>(dim) == walk.indexedDim
                           ? walk.indices[plain]
                           : plain;
      from += listed * walk.sourceStrides[dim];
      to += plain * walk.destinationStrides[dim];
    }
    copyRun(command.elementBytes,
            command.kind == DMAKind::Fill ? nullptr : source.memory + from,
            innerSource, command.fillBits, destination.target + to,
            innerDestination, inner);
    unsigned dim = numOuter;
    while (dim > 0 && ++index[dim - 1] == walk.sizes[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return;
  }
}

/// Reads the index list into `walk`, clamped.
static llvm::Error readIndices(const DMACommand &command,
                               const ExecutionContext &context, Memory &memory,
                               bool timingOnly, Walk &walk) {
  const DMAIndirection &indirection = command.indirection;
  unsigned width = getByteWidth(indirection.type);
  Descriptor list;
  list.address = indirection.address;
  list.type = indirection.type;
  list.strides[0] = width;
  uint32_t count = command.sizes[indirection.dimension];
  llvm::Expected<Operand> operand =
      memory.resolve(list, {count}, width, /*isWrite=*/false, context);
  if (!operand)
    return operand.takeError();
  if (timingOnly)
    return llvm::Error::success();
  walk.indices.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t *element =
        operand->memory + operand->base + int64_t(i) * width;
    int64_t value = 0;
    if (width == 4) {
      int32_t narrow;
      std::memcpy(&narrow, element, sizeof(narrow));
      value = narrow;
    } else {
      std::memcpy(&value, element, sizeof(value));
    }
    walk.indices[i] =
        std::clamp<int64_t>(value, 0, int64_t(indirection.limit) - 1);
  }
  return llvm::Error::success();
}

/// Sizes that the walk over the source has: the indexed dimension reaches as
/// far as the list's limit allows.
static llvm::SmallVector<uint32_t, maxDims>
getSourceReach(const DMACommand &command) {
  llvm::SmallVector<uint32_t, maxDims> sizes(command.sizes);
  if (command.kind == DMAKind::Gather)
    sizes[command.indirection.dimension] = command.indirection.limit;
  return sizes;
}

static llvm::Error nameOperand(llvm::Error error, llvm::StringRef operand) {
  return llvm::createStringError(llvm::Twine(operand) + ": " +
                                 llvm::toString(std::move(error)));
}

llvm::Error execute(const DMACommand &command, const ExecutionContext &context,
                    Memory &memory, bool timingOnly) {
  Operand source;
  if (command.kind != DMAKind::Fill) {
    llvm::Expected<Operand> resolved =
        memory.resolve(command.source, getSourceReach(command),
                       command.elementBytes, /*isWrite=*/false, context);
    if (!resolved)
      return nameOperand(resolved.takeError(), "source");
    source = std::move(*resolved);
  }
  llvm::SmallVector<uint16_t, 8> receivers;
  if (command.multicast == 0)
    receivers.push_back(command.destination.address.index);
  for (unsigned core = 0; core < 64; ++core)
    if (command.multicast >> core & 1)
      receivers.push_back(core);

  Walk walk;
  for (uint16_t receiver : receivers) {
    Descriptor descriptor = command.destination;
    if (command.multicast)
      descriptor.address.index = receiver;
    llvm::Expected<Operand> destination =
        memory.resolve(descriptor, command.sizes, command.elementBytes,
                       /*isWrite=*/true, context);
    if (!destination)
      return nameOperand(destination.takeError(), "destination");
    if (receiver == receivers.front()) {
      walk = makeWalk(command, source, *destination);
      if (command.kind == DMAKind::Gather)
        if (llvm::Error error =
                readIndices(command, context, memory, timingOnly, walk))
          return nameOperand(std::move(error), "index list");
    }
    if (!timingOnly)
      copyAll(command, walk, source, *destination);
  }
  return llvm::Error::success();
}

} // namespace garam::npu
