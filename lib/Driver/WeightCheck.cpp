//===- WeightCheck.cpp - Weights that are not finite on devices -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "WeightCheck.h"

#include "ImageBuilder.h"
#include "garam/Support/NodeIds.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace garam {

WeightCheck::WeightCheck(ImageSource &image) {
  const Manifest &manifest = image.manifest;
  for (auto [program, described] :
       llvm::zip_equal(image.programs, manifest.programs))
    wrap(program.constants, manifest.getTarget(described).name);
  for (auto &[segment, constants] : image.constants)
    wrap(constants, manifest.devices[manifest.segments[segment].device].name);
}

void WeightCheck::wrap(std::vector<DeviceConstant> &constants,
                       StringRef device) {
  for (DeviceConstant &constant : constants) {
    if (!constant.findNonFinite)
      continue;
    Entry &entry = *entries.emplace_back(std::make_unique<Entry>());
    entry.device = device.str();
    entry.nodes = constant.nodes;
    constant.write =
        [&entry, write = std::move(constant.write),
         find = constant.findNonFinite](llvm::MutableArrayRef<uint8_t> bytes) {
          write(bytes);
          std::optional<NonFiniteWeight> found = find(bytes);
          std::lock_guard<std::mutex> lock(entry.mutex);
          entry.found = std::move(found);
        };
  }
}

static std::string describe(const NonFiniteWeight &weight, StringRef device) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (weight.tensor.empty())
    os << "a constant of it";
  else
    os << "weight '" << weight.tensor << "'";
  os << " is ";
  if (std::isnan(weight.value)) // of whatever sign
    os << "nan";
  else
    os << llvm::format("%g", weight.value);
  os << " at [";
  llvm::interleaveComma(weight.index, os);
  if (!std::isfinite(weight.value))
    os << "], and what '" << device
       << "' computes with it is not finite either";
  else
    os << "], beyond the range of " << getName(weight.type)
       << ": it is infinite on '" << device
       << "'; hint: place the node on a device of wider numbers, or with "
          "another --precision";
  return text;
}

void WeightCheck::warn(ModuleOp module) const {
  NodeLabels labels = readNodeLabels(module);
  auto model = module->getAttrOfType<StringAttr>(modelAttrName);
  StringRef file = model ? model.getValue() : StringRef();
  MLIRContext *context = module.getContext();
  for (const std::unique_ptr<Entry> &entry : entries) {
    if (!entry->found)
      continue;
    SmallVector<Location> locations;
    for (const std::string &node : entry->nodes)
      if (labels.contains(node))
        locations.push_back(getNodeLoc(context, file, node));
    emitWarning(locations.empty() ? module.getLoc()
                                  : FusedLoc::get(context, locations))
        << describe(*entry->found, entry->device);
  }
}

} // namespace garam
