//===- DebugMapBuilder.cpp - Where commands come from ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DebugMapBuilder.h"

#include "garam/Support/ElementKinds.h"
#include "garam/Support/NodeIds.h"

using namespace mlir;

namespace garam {

SmallVector<uint32_t, 1> DebugMapBuilder::getNodes(Location loc) {
  SmallVector<uint32_t, 1> nodes;
  for (StringRef id : getNodeIds(loc)) {
    auto [number, isNew] = numbers.try_emplace(id, map.nodes.size());
    if (isNew)
      map.nodes.push_back(id.str());
    nodes.push_back(number->second);
  }
  return nodes;
}

uint32_t DebugMapBuilder::addCommand(uint32_t lane,
                                     SmallVector<uint32_t, 1> nodes) {
  if (lane >= map.origins.size())
    map.origins.resize(lane + 1);
  map.origins[lane].push_back(std::move(nodes));
  return map.origins[lane].size() - 1;
}

void DebugMapBuilder::addValue(Location loc, int64_t elements,
                               const DenseValue &value) {
  std::optional<NodeValue> node = getNodeValue(loc);
  if (!node || !node->type.hasStaticShape() ||
      node->type.getNumElements() != elements ||
      isa<FloatType>(node->type.getElementType()) !=
          (getKind(value.type) == ElementKind::Float))
    return;
  DeviceValue &made = map.values.emplace_back();
  made.name = node->name;
  ArrayRef<int64_t> shape = node->type.getShape();
  made.type = {value.type, llvm::SmallVector<int64_t, 4>(shape)};
  ValuePiece &piece = made.pieces.emplace_back();
  piece.memory = value.segment;
  piece.offset = static_cast<int64_t>(value.offset);
  piece.low.assign(shape.size(), 0);
  piece.sizes.assign(shape.begin(), shape.end());
  piece.strides.resize(shape.size());
  int64_t stride = getByteWidth(value.type);
  for (size_t dim = shape.size(); dim-- > 0; stride *= shape[dim])
    piece.strides[dim] = stride;
  piece.lastWrites.push_back({value.lane, value.command, /*execution=*/1});
}

DebugMap DebugMapBuilder::take(uint32_t lanes) {
  map.origins.resize(std::max<size_t>(map.origins.size(), lanes));
  return std::move(map);
}

} // namespace garam
