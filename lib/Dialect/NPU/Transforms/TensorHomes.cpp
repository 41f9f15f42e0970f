//===- TensorHomes.cpp - Where the parts of tensors lie -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TensorHomes.h"

#include "Tuning.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// Dimensions [fromBegin, fromEnd) of one shape hold the elements of
/// dimensions [toBegin, toEnd) of another.
struct DimGroup {
  unsigned fromBegin, fromEnd, toBegin, toEnd;
};

/// Cuts two shapes of equal volume into the smallest groups of equal volume.
SmallVector<DimGroup> groupDims(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<DimGroup> groups;
  unsigned i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    DimGroup group{i, i, j, j};
    int64_t fromVolume = 1, toVolume = 1;
    do {
      bool growFrom =
          j == to.size() || (i < from.size() && fromVolume <= toVolume);
      if (growFrom)
        fromVolume *= from[i++];
      else
        toVolume *= to[j++];
    } while (fromVolume != toVolume && (i < from.size() || j < to.size()));
    // Dimensions of size 1 that follow belong to no other group.
    while (i < from.size() && from[i] == 1)
      ++i;
    while (j < to.size() && to[j] == 1)
      ++j;
    group.fromEnd = i;
    group.toEnd = j;
    groups.push_back(group);
  }
  return groups;
}

/// A run of positions in a flattened group, `stride` bytes from one to the
/// next.
struct FlatRange {
  int64_t low = 0, high = 1;
  int64_t stride = 0;
};

/// The box along dimensions [begin, end) as positions of the flattened group,
/// when these are one run.
std::optional<FlatRange> flatten(const Box &box, ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> shape, unsigned begin,
                                 unsigned end) {
  FlatRange range;
  int64_t volume = 1; // positions of the dimensions done so far
  for (unsigned dim = end; dim-- > begin;) {
    if (shape[dim] == 1)
      continue;
    if (box.getSize(dim) > 1) {
      // Several slices make one run only when each is whole and they follow
      // one another in memory.
      int64_t count = range.high - range.low;
      if (count != volume)
        return std::nullopt;
      if (volume == 1)
        range.stride = strides[dim];
      else if (strides[dim] != range.stride * volume)
        return std::nullopt;
      range.high = range.low + box.getSize(dim) * volume;
    }
    range.low += box.low[dim] * volume;
    range.high += box.low[dim] * volume;
    volume *= shape[dim];
  }
  return range;
}

/// Positions `range` of a flattened group as a box of dimensions [begin, end).
bool unflatten(FlatRange range, ArrayRef<int64_t> shape, unsigned begin,
               unsigned end, Box &box, SmallVectorImpl<int64_t> &strides) {
  int64_t volume = 1;
  for (unsigned dim = begin; dim < end; ++dim)
    volume *= shape[dim];
  for (unsigned dim = begin; dim < end; ++dim) {
    volume /= shape[dim];
    int64_t low = range.low / volume, last = (range.high - 1) / volume;
    box.low[dim] = low;
    box.high[dim] = last + 1;
    strides[dim] = range.stride * volume;
    if (low == last) {
      range.low -= low * volume;
      range.high -= low * volume;
      continue;
    }
    // Several slices: they must be whole.
    if (range.low % volume != 0 || range.high % volume != 0)
      return false;
    range.low = 0;
    range.high = volume;
  }
  return true;
}

std::optional<Piece> reshapePiece(const Piece &piece, ArrayRef<int64_t> from,
                                  ArrayRef<int64_t> to) {
  Piece result = piece;
  result.box = Box::ofShape(to);
  result.view.strides.assign(to.size(), 0);
  result.filled.clear();
  for (const DimGroup &group : groupDims(from, to)) {
    std::optional<FlatRange> range = flatten(
        piece.box, piece.view.strides, from, group.fromBegin, group.fromEnd);
    if (!range || !unflatten(*range, to, group.toBegin, group.toEnd, result.box,
                             result.view.strides))
      return std::nullopt;
  }
  result.room = result.box;
  // The first element of the piece stays where it is.
  int64_t first = piece.view.getOffset(piece.box.low);
  result.view.base = 0;
  result.view.base = first - result.view.getOffset(result.box.low);
  return result;
}

} // namespace

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> getRowMajorLayout(unsigned rank) {
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

static int64_t getElementBytes(RankedTensorType type) {
  return npu::getElementBytes(getElementKind(type.getElementType(), false));
}

Piece makeLocalPiece(const Box &box, ArrayRef<int64_t> layout,
                     int64_t elementBytes, ArrayRef<int64_t> cores) {
  Piece piece;
  piece.view.strides = getDenseStrides(box.getShape(), layout, elementBytes);
  piece.view.base = -piece.view.getOffset(box.low);
  piece.cores.assign(cores.begin(), cores.end());
  piece.box = piece.room = box;
  return piece;
}

Piece makeDRAMPiece(RankedTensorType type) {
  Piece piece = makeLocalPiece(Box::ofShape(type.getShape()),
                               getRowMajorLayout(type.getRank()),
                               getElementBytes(type), {});
  piece.space = SpaceKind::dram;
  return piece;
}

Piece makeWholePiece(OpResult tensor, HomeKind kind,
                     const MachineDescription &machine) {
  RankedTensorType type = getTensorType(tensor);
  if (kind == HomeKind::Output)
    return makeDRAMPiece(type);
  SmallVector<int64_t> cores;
  if (kind == HomeKind::Replicated)
    cores = llvm::to_vector(llvm::seq<int64_t>(0, machine.cores));
  Piece piece = makeLocalPiece(Box::ofShape(type.getShape()), getLayout(tensor),
                               getElementBytes(type), cores);
  if (kind != HomeKind::Replicated)
    piece.space =
        kind == HomeKind::Shared ? SpaceKind::shared : SpaceKind::dram;
  return piece;
}

Piece makeRowMajorPiece(RankedTensorType type,
                        const MachineDescription &machine,
                        ArrayRef<int64_t> localCores) {
  int64_t elementBytes = getElementBytes(type);
  int64_t bytes = type.getNumElements() * elementBytes;
  if (!localCores.empty() && bytes * tuning::rowMajorFraction <=
                                 static_cast<int64_t>(machine.local.bytes))
    return makeLocalPiece(Box::ofShape(type.getShape()),
                          getRowMajorLayout(type.getRank()), elementBytes,
                          localCores);
  Piece piece = makeDRAMPiece(type);
  if (bytes * 2 <= static_cast<int64_t>(machine.shared.bytes))
    piece.space = SpaceKind::shared;
  return piece;
}

SmallVector<int64_t> getRowMajorCores(const MachineDescription &machine) {
  if (!machine.network.multicast)
    return {};
  return llvm::to_vector(llvm::seq<int64_t>(0, machine.cores));
}

SmallVector<int64_t, 8> getOthers(ArrayRef<int64_t> cores, int64_t core) {
  SmallVector<int64_t, 8> others;
  llvm::copy_if(cores, std::back_inserter(others),
                [&](int64_t other) { return other != core; });
  return others;
}

bool isRowMajor(const Home &home, RankedTensorType type) {
  return home.pieces.size() == 1 &&
         getDenseStrides(type.getShape(), getRowMajorLayout(type.getRank()),
                         getElementBytes(type)) ==
             home.pieces.front().view.strides;
}

/// `box` cut along its first dimension that has `parts` elements.
static SmallVector<Box> cutBox(const Box &box, int64_t parts) {
  for (unsigned dim = 0; parts > 1 && dim < box.getRank(); ++dim) {
    int64_t size = box.getSize(dim);
    if (size < parts)
      continue;
    SmallVector<Box> result;
    for (int64_t part = 0; part < parts; ++part) {
      result.push_back(box);
      result.back().low[dim] = box.low[dim] + size * part / parts;
      result.back().high[dim] = box.low[dim] + size * (part + 1) / parts;
    }
    return result;
  }
  return {box};
}

SmallVector<CopyPart> planCopy(const Home &home, SpaceKind destination,
                               int64_t elementBytes,
                               const MachineDescription &machine) {
  SmallVector<CopyPart> plan;
  int64_t next = 0;
  for (auto [index, piece] : llvm::enumerate(home.pieces)) {
    unsigned number = index;
    if (!piece.cores.empty()) {
      plan.push_back({number, piece.box, piece.cores.front()});
      continue;
    }
    int64_t parts = 1;
    if (destination == SpaceKind::dram)
      parts = std::clamp<int64_t>(piece.box.getVolume() * elementBytes /
                                      tuning::leastSpreadBytes,
                                  1, machine.cores);
    for (Box &box : cutBox(piece.box, parts))
      plan.push_back({number, std::move(box), next++ % machine.cores});
  }
  return plan;
}

SmallVector<Box> Piece::getMissing(const Box &region) const {
  if (box.contains(region))
    return {};
  SmallVector<Box> missing(region.subtract(box));
  for (const Box &part : filled) {
    SmallVector<Box> rest;
    for (const Box &hole : missing)
      llvm::append_range(rest, hole.subtract(part));
    missing = std::move(rest);
  }
  return missing;
}

std::optional<Home> reshapeHome(const Home &home, ArrayRef<int64_t> from,
                                ArrayRef<int64_t> to) {
  Home result;
  for (const Piece &piece : home.pieces) {
    std::optional<Piece> reshaped = reshapePiece(piece, from, to);
    if (!reshaped)
      return std::nullopt;
    result.pieces.push_back(std::move(*reshaped));
  }
  return result;
}

Home viewHome(const Home &home, AffineMap map, ArrayRef<int64_t> shape) {
  assert(home.pieces.size() == 1 && "one piece has the strides of all");
  Piece piece = home.pieces.front();
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t first = piece.view.getOffset(map.compose(index));
  SmallVector<int64_t> strides;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    index[dim] = 1;
    strides.push_back(piece.view.getOffset(map.compose(index)) - first);
    index[dim] = 0;
  }
  piece.view.base = first;
  piece.view.strides.assign(strides.begin(), strides.end());
  piece.box = piece.room = Box::ofShape(shape);
  piece.filled.clear();
  return {{std::move(piece)}};
}

/// Whether `next`, behind `piece` along `axis`, goes on where that ends.
static bool goesOn(const Piece &piece, const Piece &next, unsigned axis) {
  Box moved = next.box;
  moved.low[axis] = piece.box.low[axis];
  moved.high[axis] = piece.box.high[axis];
  return piece.view.buffer && piece.view.buffer == next.view.buffer &&
         piece.view.base == next.view.base &&
         piece.view.strides == next.view.strides && moved == piece.box &&
         piece.box.high[axis] == next.box.low[axis];
}

Home concatHomes(ArrayRef<const Home *> inputs, ArrayRef<int64_t> extents,
                 unsigned axis) {
  Home result;
  int64_t shift = 0;
  for (auto [input, extent] : llvm::zip(inputs, extents)) {
    for (Piece piece : input->pieces) {
      piece.view.base -= shift * piece.view.strides[axis];
      piece.box.low[axis] += shift;
      piece.box.high[axis] += shift;
      // Halos would belong to the neighbour now.
      piece.room = piece.box;
      piece.filled.clear();
      if (!result.pieces.empty() && goesOn(result.pieces.back(), piece, axis)) {
        Piece &last = result.pieces.back();
        last.box.high[axis] = last.room.high[axis] = piece.box.high[axis];
        continue;
      }
      result.pieces.push_back(std::move(piece));
    }
    shift += extent;
  }
  return result;
}

} // namespace garam::npu
