//===- CompileTarget.cpp - The target that a pass compiles for ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/CompileTarget.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral resourceKey = "resource";
static constexpr llvm::StringLiteral beginKey = "begin";
static constexpr llvm::StringLiteral endKey = "end";
static constexpr llvm::StringLiteral sharedKey = "shared";

static std::optional<ResidentRange> readRange(Attribute attr) {
  auto parts = dyn_cast<DictionaryAttr>(attr);
  if (!parts)
    return std::nullopt;
  auto resource = parts.getAs<StringAttr>(resourceKey);
  auto begin = parts.getAs<IntegerAttr>(beginKey);
  auto end = parts.getAs<IntegerAttr>(endKey);
  bool isShared = parts.contains(sharedKey);
  if (!resource || !begin || !begin.getType().isInteger(64) || !end ||
      !end.getType().isInteger(64) ||
      (isShared && !parts.getAs<UnitAttr>(sharedKey)) ||
      parts.size() != (isShared ? 4 : 3) || begin.getInt() < 0 ||
      begin.getInt() >= end.getInt())
    return std::nullopt;
  return ResidentRange{resource.str(), static_cast<uint64_t>(begin.getInt()),
                       static_cast<uint64_t>(end.getInt()), isShared};
}

std::optional<std::vector<ResidentRange>> readTaken(Attribute attr) {
  auto array = dyn_cast<ArrayAttr>(attr);
  if (!array)
    return std::nullopt;
  std::vector<ResidentRange> ranges;
  for (Attribute entry : array) {
    std::optional<ResidentRange> range = readRange(entry);
    if (!range)
      return std::nullopt;
    ranges.push_back(std::move(*range));
  }
  std::vector<ResidentRange> normal = ranges;
  normalize(normal);
  if (normal != ranges)
    return std::nullopt;
  return ranges;
}

ArrayAttr makeTaken(MLIRContext *context, ArrayRef<ResidentRange> ranges) {
  Builder b(context);
  return b.getArrayAttr(
      llvm::map_to_vector(ranges, [&](const ResidentRange &range) -> Attribute {
        NamedAttrList parts;
        parts.set(resourceKey, b.getStringAttr(range.resource));
        parts.set(beginKey, b.getI64IntegerAttr(range.begin));
        parts.set(endKey, b.getI64IntegerAttr(range.end));
        if (range.isShared)
          parts.set(sharedKey, b.getUnitAttr());
        return parts.getDictionary(context);
      }));
}

std::vector<ResidentRange> getTaken(func::FuncOp function) {
  Attribute attr = function->getAttr(takenAttrName);
  if (!attr)
    return {};
  return readTaken(attr).value_or(std::vector<ResidentRange>());
}

DeviceTargetAttrInterface findTarget(Operation *op) {
  for (; op; op = op->getParentOp()) {
    if (auto target =
            op->getAttrOfType<DeviceTargetAttrInterface>(targetAttrName))
      return target;
    if (auto targeted = dyn_cast<TargetedOpInterface>(op))
      return dyn_cast<DeviceTargetAttrInterface>(targeted.getTarget());
  }
  return {};
}

FailureOr<TargetFile> loadTargetOf(Operation *op, StringRef kind,
                                   StringRef option) {
  DeviceTargetAttrInterface target = findTarget(op);
  if (target && target.getDeviceKind() != kind)
    return op->emitError("is compiled for another device: ") << target;
  if (option.empty() && !target)
    return op->emitError("has no target: it needs a hetero.executable around "
                         "it, or the pass's option target=NAME");
  if (option.empty()) {
    StringRef name = target.getTargetName();
    return TargetFile{
        {name.str(), kind.str(), ""}, name.str(), target.getTargetText().str()};
  }
  llvm::Expected<TargetFile> file = loadTarget(option);
  if (!file)
    return op->emitError("cannot load the target: ")
           << llvm::toString(file.takeError());
  if (target && (target.getTargetName() != file->header.name ||
                 target.getTargetText() != file->text))
    return op->emitError("has a target of its own, '")
           << target.getTargetName() << "'; leave the option target=" << option
           << " out";
  return std::move(*file);
}

} // namespace garam
