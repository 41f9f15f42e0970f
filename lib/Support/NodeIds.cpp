//===- NodeIds.cpp - ONNX nodes that an operation comes from --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/NodeIds.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral nodePrefix = "node:";

Location getNodeLoc(MLIRContext *context, StringRef file, StringRef id) {
  return NameLoc::get(StringAttr::get(context, nodePrefix + id),
                      FileLineColLoc::get(context, file, 0, 0));
}

std::string makeValueName(FunctionOpInterface function, StringRef wanted) {
  llvm::StringSet<> names;
  for (ArrayAttr attrs :
       {function.getArgAttrsAttr(), function.getResAttrsAttr()})
    if (attrs)
      for (auto attr : attrs.getAsRange<DictionaryAttr>())
        if (auto name = attr.getAs<StringAttr>(valueNameAttrName))
          names.insert(name.getValue());
  std::string name = wanted.str();
  while (names.contains(name))
    name += "_";
  return name;
}

static void collectNodeIds(Location loc, llvm::SetVector<StringRef> &ids) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    StringRef id = name.getName().getValue();
    if (id.consume_front(nodePrefix))
      ids.insert(id);
    else
      collectNodeIds(name.getChildLoc(), ids);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectNodeIds(part, ids);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    collectNodeIds(call.getCallee(), ids);
    collectNodeIds(call.getCaller(), ids);
  }
}

SmallVector<StringRef> getNodeIds(Location loc) {
  llvm::SetVector<StringRef> ids;
  collectNodeIds(loc, ids);
  return ids.takeVector();
}

static constexpr llvm::StringLiteral equalNote = "equal nodes";

Location getEqualNodesLoc(Location own, ArrayRef<Location> equal) {
  MLIRContext *context = own.getContext();
  SmallVector<Location> all(equal);
  all.push_back(own);
  return FusedLoc::get(all, StringAttr::get(context, equalNote), context);
}

SmallVector<StringRef> getResultNodeIds(Location loc) {
  auto fused = dyn_cast<FusedLoc>(loc);
  auto note = fused ? dyn_cast_if_present<StringAttr>(fused.getMetadata())
                    : StringAttr();
  if (!note || note.getValue() != equalNote) {
    SmallVector<StringRef> ids = getNodeIds(loc);
    return ids.empty() ? ids : SmallVector<StringRef>{ids.back()};
  }
  llvm::SetVector<StringRef> ids;
  for (Location part : llvm::reverse(fused.getLocations()))
    for (StringRef id : getResultNodeIds(part))
      ids.insert(id);
  return ids.takeVector();
}

static constexpr llvm::StringLiteral valueNameKey = "node_value";
static constexpr llvm::StringLiteral valueTypeKey = "type";

Location getNodeValueLoc(Location loc, unsigned number, RankedTensorType type) {
  SmallVector<StringRef> ids = getNodeIds(loc);
  if (ids.size() != 1)
    return loc;
  std::string name = ids[0].str();
  if (number > 0)
    name += ":" + std::to_string(number);
  Builder builder(loc.getContext());
  return FusedLoc::get(
      loc.getContext(), {loc},
      builder.getDictionaryAttr(
          {builder.getNamedAttr(valueNameKey, builder.getStringAttr(name)),
           builder.getNamedAttr(valueTypeKey, TypeAttr::get(type))}));
}

Location dropNodeValue(Location loc) {
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused || !fused.getMetadata())
    return loc;
  return FusedLoc::get(loc.getContext(), fused.getLocations());
}

std::optional<NodeValue> getNodeValue(Location loc) {
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused || fused.getLocations().empty())
    return std::nullopt;
  auto note = dyn_cast_if_present<DictionaryAttr>(fused.getMetadata());
  if (!note)
    return getNodeValue(fused.getLocations().back());
  auto name = note.getAs<StringAttr>(valueNameKey);
  auto type = note.getAs<TypeAttr>(valueTypeKey);
  if (!name || !type || !isa<RankedTensorType>(type.getValue()))
    return std::nullopt;
  return NodeValue{name.str(), cast<RankedTensorType>(type.getValue())};
}

} // namespace garam
