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

bool UnitRefusals::isTakenAlone(unsigned unit, unsigned device) {
  return !queries.getFirstRefusal(getTarget(device), graph.units[unit].ops);
}

/// The function is refused for `unit`. What is refused for others there, as
/// those before it that have the device's memory, may be taken without them.
void UnitRefusals::refuseUnlessAlone(unsigned unit, unsigned device,
                                     const std::string &reason) {
  if (isTakenAlone(unit, device))
    crowded.insert(device);
  else
    refuse(unit, device, reason);
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
        refuseUnlessAlone(graph.unitOf.at(&op), device, *reason);
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
  for (const Refusal &refusal : refusals) {
    // What is of no node is of the function as a whole, as its size or what it
    // returns; its regions are asked about by themselves.
    if (refusal.nodes.empty())
      crowded.insert(device);
    for (const std::string &node : refusal.nodes)
      given.try_emplace(node, describe(refusal, node));
  }
  if (given.empty())
    return;
  llvm::StringSet<> placedNodes;
  for (auto [number, unit] : llvm::enumerate(graph.units))
    for (StringRef node : unit.nodes) {
      placedNodes.insert(node);
      if (auto found = given.find(node); found != given.end())
        refuseUnlessAlone(number, device, found->second);
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

ArrayRef<unsigned> UnitRefusals::refuseOverflow(unsigned device,
                                                ArrayRef<unsigned> kept,
                                                ArrayRef<unsigned> others,
                                                const std::string &reason) {
  auto fits = [&](size_t count) {
    SmallVector<Operation *> ops;
    for (unsigned unit :
         llvm::concat<const unsigned>(kept, others.take_front(count)))
      llvm::append_range(ops, graph.units[unit].ops);
    llvm::sort(
        ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    return queries.getSeconds(getTarget(device), ops).has_value();
  };
  // It has room for the first `fit`, not for `tooMany`. When it believes that
  // it has room for all of them, which it has not, its estimate is of no help.
  size_t fit = 0, tooMany = fits(others.size()) ? 1 : others.size();
  while (tooMany - fit > 1) {
    size_t middle = fit + (tooMany - fit) / 2;
    (fits(middle) ? fit : tooMany) = middle;
  }
  for (unsigned unit : others.drop_front(fit))
    refuse(unit, device, reason);
  return others.drop_front(fit);
}

void UnitRefusals::takeTold(ArrayAttr refused,
                            llvm::function_ref<bool(unsigned)> isRuled,
                            ArrayRef<SmallVector<unsigned>> kept) {
  for (auto entry : refused.getAsRange<ArrayAttr>()) {
    auto name = cast<StringAttr>(entry[0]).getValue();
    std::string reason = cast<StringAttr>(entry[2]).str();
    std::set<unsigned> units; // in the function's order
    for (auto node : cast<ArrayAttr>(entry[1]).getAsRange<StringAttr>())
      if (auto unit = unitOfNode.find(node.getValue());
          unit != unitOfNode.end() && !isRuled(unit->second))
        units.insert(unit->second);
    unsigned device = llvm::find(system.getDevices(), system.lookup(name)) -
                      system.getDevices().begin();
    if (device < system.getDevices().size() && !units.empty())
      (void)refuseOverflow(device, kept[device], llvm::to_vector(units),
                           reason);
  }
}

//===----------------------------------------------------------------------===//
// Of a placement
//===----------------------------------------------------------------------===//

void UnitRefusals::askAboutRegion(const PlacedRegion &region, unsigned device,
                                  std::vector<RegionRefusal> &found) {
  std::set<unsigned> inside; // in the function's order
  for (Operation *op : region.ops)
    inside.insert(graph.unitOf.at(op));
  std::vector<unsigned> units(inside.begin(), inside.end());
  for (const Refusal &refusal :
       queries.getRefusals(getTarget(device), region.ops)) {
    bool isOfUnit = false;
    for (const std::string &node : refusal.nodes) {
      auto unit = unitOfNode.find(node);
      if (unit == unitOfNode.end() || inside.count(unit->second) == 0)
        continue;
      isOfUnit = true;
      // What is known was told before.
      if (get(unit->second, device).empty())
        found.push_back({device, units, unit->second, describe(refusal, node)});
    }
    if (!isOfUnit)
      found.push_back(
          {device, units, std::nullopt, describe(refusal, /*node=*/"")});
  }
}

std::vector<UnitRefusals::RegionRefusal>
UnitRefusals::askAboutRegions(ArrayRef<unsigned> choice) {
  std::vector<RegionRefusal> found;
  auto getDevice = [&](Operation *op) { return choice[graph.unitOf.at(op)]; };
  for (const PlacedRegion &region :
       findRegions(function, graph.shared,
                   [&](Operation *op) { return getName(getDevice(op)); })) {
    unsigned device = getDevice(region.ops.front());
    // About all of the function the device was asked.
    bool isFunction = region.ops.size() == graph.unitOf.size();
    if (!isFunction || crowded.contains(device))
      askAboutRegion(region, device, found);
  }
  return found;
}

std::vector<UnitRefusals::RegionRefusal>
UnitRefusals::askAboutAllowed(ArrayRef<SmallVector<unsigned>> allowed) {
  std::vector<RegionRefusal> found;
  for (unsigned device : crowded) {
    // Two devices, this one and any other.
    StringRef name = getName(device);
    for (const PlacedRegion &region :
         findRegions(function, graph.shared, [&](Operation *op) {
           bool isAllowed =
               llvm::is_contained(allowed[graph.unitOf.at(op)], device);
           return isAllowed ? name : StringRef();
         }))
      if (region.device == name)
        askAboutRegion(region, device, found);
  }
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
