//===- Placer.cpp - The placement of one function -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::hetero {

Placer::Placer(func::FuncOp function, SystemAttr system,
               const PlacementPolicy &policy,
               const llvm::StringMap<StringRef> &operators,
               DeviceAnswers &answers)
    : function(function), system(system), policy(policy), operators(operators),
      graph(function), queries(graph.shared, policy.options, answers),
      refusals(function, graph, system, queries, operators),
      states(graph.units.size()), allowed(graph.units.size()) {}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

void Placer::fail(unsigned unit, Location loc, const Twine &message) {
  errors.emplace_back(unit, loc, message.str());
}

/// "'a': why not; 'b': why not".
std::string Placer::listRefusals(unsigned unit) const {
  std::string text;
  for (unsigned device = 0; device < system.getDevices().size(); ++device)
    if (const std::string &reason = refusals.get(unit, device); !reason.empty())
      text +=
          (text.empty() ? "'" : "; '") + getName(device).str() + "': " + reason;
  return text;
}

/// "'a', 'b'": the devices that take it, also without what is before it.
std::string Placer::listTakers(unsigned unit) {
  SmallVector<std::string> names;
  for (unsigned device = 0; device < system.getDevices().size(); ++device)
    if (refusals.get(unit, device).empty() &&
        refusals.isTakenAlone(unit, device))
      names.push_back("'" + getName(device).str() + "'");
  return llvm::join(names, ", ");
}

/// The rule of `unit` asks for what its device refuses.
void Placer::failRule(unsigned unit, Location loc, StringRef reason) {
  const PlacementRule &rule = *states[unit].rule;
  auto target =
      cast<DeviceTargetAttrInterface>(system.lookup(rule.device).getTarget());
  std::string takers = listTakers(unit);
  fail(unit, loc,
       policy.rules->describe(rule) + " places it on '" + rule.device +
           "' (target '" + target.getTargetName() +
           "'), which does not take it: " + reason +
           (takers.empty() ? "" : "; hint: it may be on " + takers));
}

LogicalResult Placer::report() {
  if (queries.hasFaults())
    return failure();
  llvm::stable_sort(errors, [](const auto &a, const auto &b) {
    return std::get<unsigned>(a) < std::get<unsigned>(b);
  });
  for (const auto &[unit, loc, message] : errors)
    emitError(loc) << message;
  return success(errors.empty());
}

//===----------------------------------------------------------------------===//
// What may be where
//===----------------------------------------------------------------------===//

/// Finds the rules of units, and that they agree with each other.
void Placer::applyRules() {
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    UnitState &state = states[number];
    for (StringRef node : unit.nodes) {
      const PlacementRule *rule =
          policy.rules->lookup(node, operators.lookup(node));
      if (!rule)
        continue;
      state.told.insert(rule->reasons.begin(), rule->reasons.end());
      if (state.rule && state.rule->device != rule->device)
        fail(number, getLoc(number),
             "node '" + unit.nodes.front() + "' and node '" + node +
                 "' share scalars, which no link moves, but are placed on '" +
                 state.rule->device + "' and '" + rule->device +
                 "'; place them on one device");
      state.rule = rule;
    }
  }
}

void Placer::restrict(unsigned unit) {
  UnitState &state = states[unit];
  auto &devices = allowed[unit];
  devices.clear();
  for (unsigned device = 0; device < system.getDevices().size(); ++device) {
    StringRef name = getName(device);
    bool isHost = name == system.getHost();
    bool isWanted =
        isHost ? policy.hasFallback
               : policy.defaultDevice.empty() || name == policy.defaultDevice;
    if (isWanted && refusals.get(unit, device).empty())
      devices.push_back(device);
  }
  // The host is only for what its chip refuses.
  if (!policy.defaultDevice.empty())
    if (unsigned first = getNumber(policy.defaultDevice);
        llvm::is_contained(devices, first))
      devices = {first};
  std::string reasons = listRefusals(unit);
  state.isFallback = devices.size() == 1 &&
                     getName(devices.front()) == system.getHost() &&
                     !reasons.empty();
  if (devices.empty())
    fail(unit, getLoc(unit),
         Twine("no device takes it") + (reasons.empty() ? "" : ": ") + reasons);
}

void Placer::restrict() {
  for (auto [number, state] : llvm::enumerate(states)) {
    if (!state.rule) {
      restrict(number);
      continue;
    }
    unsigned device = getNumber(state.rule->device);
    // The rest of the placement shows what else is impossible.
    allowed[number] = {device};
    if (const std::string &reason = refusals.get(number, device);
        !reason.empty())
      failRule(number, getLoc(number), reason);
  }
}

void Placer::takeTold(ArrayAttr told) {
  std::vector<SmallVector<unsigned>> ruled(system.getDevices().size());
  for (auto [number, state] : llvm::enumerate(states))
    if (state.rule)
      ruled[getNumber(state.rule->device)].push_back(number);
  refusals.takeTold(
      told, [&](unsigned unit) { return states[unit].rule != nullptr; }, ruled);
}

/// A device does not take units together. Those without a rule make room for
/// the others; where there are none it is an error.
void Placer::handleCrowd(const UnitRefusals::RegionRefusal &refusal) {
  SmallVector<unsigned> ruled, others;
  for (unsigned unit : refusal.units)
    (states[unit].rule ? ruled : others).push_back(unit);
  // Something has gone since it was asked.
  if (llvm::any_of(others, [&](unsigned unit) {
        return !refusals.get(unit, refusal.device).empty();
      }))
    return;
  std::string reason = refusal.reason;
  if (!others.empty()) {
    if (refusal.unit && !graph.units[*refusal.unit].nodes.empty())
      reason = "it leaves no room for node '" +
               graph.units[*refusal.unit].nodes.front().str() + "': " + reason;
    for (unsigned unit :
         refusals.refuseOverflow(refusal.device, ruled, others, reason))
      restrict(unit);
    return;
  }
  SmallVector<Location> locs = llvm::map_to_vector(
      refusal.units, [&](unsigned unit) { return getLoc(unit); });
  unsigned first = refusal.unit.value_or(refusal.units.front());
  if (!refusals.get(first, refusal.device).empty()) // is told
    return;
  refusals.refuse(first, refusal.device, reason);
  failRule(first,
           refusal.unit ? getLoc(first)
                        : FusedLoc::get(function.getContext(), locs),
           reason);
}

/// Nodes without a rule go elsewhere; with one it is an error.
void Placer::handle(ArrayRef<UnitRefusals::RegionRefusal> found) {
  for (const UnitRefusals::RegionRefusal &refusal : found) {
    unsigned device = refusal.device;
    std::optional<unsigned> unit = refusal.unit;
    if (!unit || (states[*unit].rule && refusals.isTakenAlone(*unit, device))) {
      handleCrowd(refusal);
      continue;
    }
    if (!refusals.get(*unit, device).empty())
      continue;
    refusals.refuse(*unit, device, refusal.reason);
    if (states[*unit].rule)
      failRule(*unit, getLoc(*unit), refusal.reason);
    else
      restrict(*unit);
  }
}

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

LogicalResult Placer::place(ArrayAttr told) {
  applyRules();
  if (policy.asksDevices)
    refusals.askAboutFunction();
  if (queries.hasFaults())
    return failure();
  if (told)
    takeTold(told);
  restrict();
  auto canChoose = [&] {
    return llvm::none_of(
        allowed, [](ArrayRef<unsigned> devices) { return devices.empty(); });
  };
  // What there is no room for goes before anything is chosen: a choice that a
  // device does not take has no time to be compared by.
  if (canChoose() && errors.empty())
    handle(refusals.askAboutAllowed(allowed));
  // Each time a device refuses something more.
  std::vector<UnitRefusals::RegionRefusal> found;
  do {
    if (!canChoose())
      return report();
    choice = chooseDevices(function, graph, system, allowed, queries);
    if (policy.asksDevices)
      found = refusals.askAboutRegions(choice);
    handle(found);
  } while (errors.empty() && !found.empty());
  if (errors.empty() && policy.asksDevices) {
    // What was written out says why, of the placement that was found then.
    for (auto [number, state] : llvm::enumerate(states))
      for (const auto &[device, reason] : state.told)
        refusals.refuse(number, getNumber(device), reason);
    refusals.askAboutUnits(choice);
  }
  return report();
}

void Placer::warnOfFallback(unsigned unit) const {
  if (states[unit].isFallback && !graph.units[unit].nodes.empty())
    emitWarning(getLoc(unit))
        << "runs on '" << system.getHost() << "': " << listRefusals(unit);
}

void Placer::record(SmallVectorImpl<Attribute> &nodes) {
  Builder builder(function.getContext());
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    warnOfFallback(number);
    auto device = builder.getStringAttr(getName(choice[number]));
    for (Operation *op : unit.ops)
      op->setAttr(deviceAttrName, device);
    RefusalReasons &told = states[number].told;
    for (unsigned other = 0; other < system.getDevices().size(); ++other)
      if (const std::string &reason = refusals.get(number, other);
          !reason.empty())
        told[getName(other).str()] = reason;
    NamedAttrList reasons;
    for (const auto &[refusing, reason] : told)
      reasons.set(refusing, builder.getStringAttr(reason));
    for (StringRef node : unit.nodes)
      nodes.push_back(
          builder.getArrayAttr({builder.getStringAttr(node), device,
                                reasons.getDictionary(builder.getContext())}));
  }
}

} // namespace garam::hetero
