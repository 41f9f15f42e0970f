//===- UnitRefusals.cpp - What devices do not take ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "UnitRefusals.h"

#include "garam/Support/NodeIds.h"

#include <set>

using namespace mlir;

namespace garam::hetero {

UnitRefusals::UnitRefusals(func::FuncOp function, const PlacementGraph &graph,
                           SystemAttr system, RegionQueries &queries,
                           const llvm::StringMap<StringRef> &operators)
    : function(function), graph(graph), system(system), queries(queries),
      operators(operators) {
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    reasons.emplace_back(system.getDevices().size());
    for (StringRef node : unit.nodes)
      unitOfNode.try_emplace(node, number);
  }
}

void UnitRefusals::refuse(unsigned unit, unsigned device,
                          const std::string &reason) {
  std::string &known = reasons[unit][device];
  if (known.empty())
    known = reason;
}

/// The reason and hint, with the operator of `node`; of IR that does not list
/// its nodes, the operation.
std::string UnitRefusals::describe(const Refusal &refusal,
                                   StringRef node) const {
  std::string text;
  StringRef op = operators.lookup(node);
  if (op.empty())
    op = refusal.operation;
  if (!refusal.operation.empty())
    text = ("cannot carry out '" + op + "': ").str();
  text += refusal.reason;
  if (!refusal.hint.empty())
    text += "; " + refusal.hint;
  return text;
}

//===----------------------------------------------------------------------===//
// Of the function
//===----------------------------------------------------------------------===//

/// A unit that uses shared operations of a node that is nowhere else cannot be
/// where that node is refused.
void UnitRefusals::refuseUsers(unsigned device,
                               const llvm::StringMap<std::string> &given,
                               const llvm::StringSet<> &placedNodes) {
  llvm::DenseMap<Operation *, const std::string *> refused;
  for (Operation &op : function.front().without_terminator()) {
    const std::string *reason = nullptr;
    for (Value value : getUsedValues(&op))
      if (Operation *producer = value.getDefiningOp())
        if (const std::string *found = refused.lookup(producer))
          reason = found;
    if (!graph.shared.contains(&op)) {
      if (reason)
        refuse(graph.unitOf.at(&op), device, *reason);
      continue;
    }
    for (StringRef id : getNodeIds(op.getLoc()))
      if (auto found = given.find(id);
          found != given.end() && !placedNodes.contains(id))
        reason = &found->second;
    if (reason)
      refused[&op] = reason;
  }
}

void UnitRefusals::takeRefusals(unsigned device, ArrayRef<Refusal> refusals) {
  llvm::StringMap<std::string> given; // by node
  for (const Refusal &refusal : refusals)
    // What is of no node is of the function as a whole, as its size; the
    // regions that it is divided into are asked about by themselves.
    for (const std::string &node : refusal.nodes)
      given.try_emplace(node, describe(refusal, node));
  if (given.empty())
    return;
  llvm::StringSet<> placedNodes;
  for (auto [number, unit] : llvm::enumerate(graph.units))
    for (StringRef node : unit.nodes) {
      placedNodes.insert(node);
      if (auto found = given.find(node); found != given.end())
        refuse(number, device, found->second);
    }
  refuseUsers(device, given, placedNodes);
}

void UnitRefusals::askAboutFunction() {
  for (unsigned device = 0; device < system.getDevices().size(); ++device)
    takeRefusals(device, queries.getRefusals(getTarget(device), function));
}

//===----------------------------------------------------------------------===//
// Of earlier compiles
//===----------------------------------------------------------------------===//

/// A device has no room for `units` together: it keeps as many of the first as
/// it has room for by its estimate. What comes behind them goes, so that there
/// is one change of device, not several.
void UnitRefusals::refuseOverflow(unsigned device, ArrayRef<unsigned> units,
                                  const std::string &reason) {
  auto fits = [&](size_t count) {
    SmallVector<Operation *> ops;
    for (unsigned unit : units.take_front(count))
      llvm::append_range(ops, graph.units[unit].ops);
    llvm::sort(
        ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    return queries.getSeconds(getTarget(device), ops).has_value();
  };
  // It has room for the first `fit`, not for `tooMany`. When it believes that
  // it has room for all of them, which it has not, its estimate is of no help.
  size_t fit = 0, tooMany = fits(units.size()) ? 1 : units.size();
  while (tooMany - fit > 1) {
    size_t middle = fit + (tooMany - fit) / 2;
    (fits(middle) ? fit : tooMany) = middle;
  }
  for (unsigned unit : units.drop_front(fit))
    refuse(unit, device, reason);
}

void UnitRefusals::takeTold(ArrayAttr refused) {
  for (auto entry : refused.getAsRange<ArrayAttr>()) {
    auto name = cast<StringAttr>(entry[0]).getValue();
    std::string reason = cast<StringAttr>(entry[2]).str();
    std::set<unsigned> units; // in the function's order
    for (auto node : cast<ArrayAttr>(entry[1]).getAsRange<StringAttr>())
      if (auto unit = unitOfNode.find(node.getValue());
          unit != unitOfNode.end())
        units.insert(unit->second);
    unsigned device = llvm::find(system.getDevices(), system.lookup(name)) -
                      system.getDevices().begin();
    if (device < system.getDevices().size() && !units.empty())
      refuseOverflow(device, llvm::to_vector(units), reason);
  }
}

//===----------------------------------------------------------------------===//
// Of a placement
//===----------------------------------------------------------------------===//

void UnitRefusals::askAboutRegion(const PlacedRegion &region, unsigned device,
                                  RegionRefusals &found) {
  llvm::SetVector<unsigned> units;
  for (Operation *op : region.ops)
    units.insert(graph.unitOf.at(op));
  for (const Refusal &refusal :
       queries.getRefusals(getTarget(device), region.ops)) {
    bool isOfUnit = false;
    for (const std::string &node : refusal.nodes) {
      auto unit = unitOfNode.find(node);
      if (unit == unitOfNode.end() || !units.contains(unit->second))
        continue;
      isOfUnit = true;
      // What is known was told before.
      if (!get(unit->second, device).empty())
        continue;
      refuse(unit->second, device, describe(refusal, node));
      found.units.emplace_back(unit->second, device);
    }
    if (!isOfUnit)
      found.regions.push_back({device,
                               {units.begin(), units.end()},
                               describe(refusal, /*node=*/"")});
  }
}

UnitRefusals::RegionRefusals
UnitRefusals::askAboutRegions(ArrayRef<unsigned> choice) {
  RegionRefusals found;
  auto getDevice = [&](Operation *op) { return choice[graph.unitOf.at(op)]; };
  for (const PlacedRegion &region :
       findRegions(function, graph.shared,
                   [&](Operation *op) { return getName(getDevice(op)); }))
    // About all of the function the device was asked.
    if (region.ops.size() != graph.unitOf.size())
      askAboutRegion(region, getDevice(region.ops.front()), found);
  return found;
}

void UnitRefusals::askAboutUnits(ArrayRef<unsigned> choice) {
  for (auto [number, unit] : llvm::enumerate(graph.units))
    for (unsigned device = 0; device < system.getDevices().size(); ++device) {
      bool isBeside = choice[number] == device ||
                      llvm::any_of(unit.producers, [&](unsigned producer) {
                        return choice[producer] == device;
                      });
      // The host is what the others fall back to.
      if (isBeside || unit.nodes.empty() || !get(number, device).empty() ||
          getName(device) == system.getHost())
        continue;
      if (const std::optional<Refusal> &refusal =
              queries.getFirstRefusal(getTarget(device), unit.ops))
        refuse(number, device, describe(*refusal, unit.nodes.front()));
    }
}

} // namespace garam::hetero
