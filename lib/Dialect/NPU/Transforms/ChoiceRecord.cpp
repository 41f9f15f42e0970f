//===- ChoiceRecord.cpp - What was chosen, and what was next best ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChoiceRecord.h"

#include "garam/Dialect/NPU/Transforms/DebugChoices.h"
#include "garam/Support/NodeIds.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam::npu {

/// The sizes of the loops of `kind` that are not 1: "3 x 64".
static std::string listSizes(const Stage &stage, ArrayRef<int64_t> sizes,
                             IteratorKind kind) {
  std::string text;
  for (auto [size, own] : llvm::zip_equal(sizes, stage.kinds))
    if (own == kind && size > 1)
      text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

std::string describe(Operation *op, const StageSchedule &schedule) {
  constexpr IteratorKind kinds[] = {IteratorKind::batch, IteratorKind::row,
                                    IteratorKind::column,
                                    IteratorKind::reduction};
  Stage stage = getStage(op);
  auto list = [&](ArrayRef<int64_t> sizes, StringRef between) {
    std::string text;
    for (IteratorKind kind : kinds)
      if (std::string own = listSizes(stage, sizes, kind); !own.empty())
        text += (llvm::Twine(text.empty() ? "" : ", ") + own + between +
                 stringifyIteratorKind(kind))
                    .str();
    return text;
  };
  std::string split = list(schedule.split, " parts by ");
  std::string tile = list(schedule.tile, " by ");
  std::string cores;
  if (schedule.firstCore > 0)
    cores = " from core " + std::to_string(schedule.firstCore) + " on";
  return (llvm::Twine(split.empty() ? "one core" : split) + cores +
          "; tiles of " + (tile.empty() ? "one element" : tile))
      .str();
}

void ChoiceRecord::add(Location loc, std::string chosen, std::string next,
                       double seconds, bool isExact) {
  auto [known, isNew] = choices.try_emplace(
      loc, Choice{std::move(chosen), std::move(next), seconds, isExact});
  if (isNew)
    return;
  known->second.seconds += seconds;
  known->second.isExact &= isExact;
}

void ChoiceRecord::addTo(func::FuncOp func) const {
  Builder b(func.getContext());
  NPUDialect::ChoicesAttrHelper helper(func.getContext());
  SmallVector<Attribute> all;
  if (ArrayAttr before = helper.getAttr(func))
    llvm::append_range(all, before);
  for (const auto &[loc, choice] : choices) {
    SmallVector<StringRef> nodes = getNodeIds(loc);
    all.push_back(b.getDictionaryAttr(
        {b.getNamedAttr(choiceNodesKey, b.getStrArrayAttr(nodes)),
         b.getNamedAttr(choiceChosenKey, b.getStringAttr(choice.chosen)),
         b.getNamedAttr(choiceNextKey, b.getStringAttr(choice.next)),
         b.getNamedAttr(choiceSecondsKey, b.getF64FloatAttr(choice.seconds)),
         b.getNamedAttr(choiceExactKey, b.getBoolAttr(choice.isExact))}));
  }
  if (!all.empty())
    helper.setAttr(func, b.getArrayAttr(all));
}

void readChoices(func::FuncOp func, DebugMap &map) {
  llvm::StringMap<uint32_t> numbers;
  for (auto [number, node] : llvm::enumerate(map.nodes))
    numbers.try_emplace(node, number);
  auto get = [](DictionaryAttr choice, StringRef key) {
    return choice.getAs<StringAttr>(key).str();
  };
  if (ArrayAttr choices =
          NPUDialect::ChoicesAttrHelper(func.getContext()).getAttr(func))
    for (auto choice : choices.getAsRange<DictionaryAttr>()) {
      DebugChoice &read = map.choices.emplace_back();
      for (StringAttr node :
           choice.getAs<ArrayAttr>(choiceNodesKey).getAsRange<StringAttr>())
        if (auto known = numbers.find(node); known != numbers.end())
          read.nodes.push_back(known->second);
      read.chosen = get(choice, choiceChosenKey);
      read.next = get(choice, choiceNextKey);
      read.seconds =
          choice.getAs<FloatAttr>(choiceSecondsKey).getValueAsDouble();
      read.isExact = choice.getAs<BoolAttr>(choiceExactKey).getValue();
    }
  if (DictionaryAttr ends =
          NPUDialect::NodeEndsAttrHelper(func.getContext()).getAttr(func))
    for (const std::string &node : map.nodes) {
      auto end = ends.getAs<FloatAttr>(node);
      map.expectedEnds.push_back(end ? end.getValueAsDouble() : 0);
    }
  if (DictionaryAttr fusion =
          NPUDialect::FusionAttrHelper(func.getContext()).getAttr(func)) {
    auto getSeconds = [&](StringRef key) {
      return fusion.getAs<FloatAttr>(key).getValueAsDouble();
    };
    map.searches.push_back({"fused groups", getSeconds(fusionSecondsKey),
                            getSeconds(fusionBoundKey),
                            getSeconds(fusionWholeKey)});
  }
}

} // namespace garam::npu
