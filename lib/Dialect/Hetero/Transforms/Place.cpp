//===- Place.cpp - Which operations run on which device -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChooseDevices.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HETEROPLACEPASS
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

using namespace hetero;

namespace {

struct HeteroPlacePass : public impl::HeteroPlacePassBase<HeteroPlacePass> {
  using HeteroPlacePassBase::HeteroPlacePassBase;
  HeteroPlacePass(const HeteroPlacePassOptions &options,
                  std::shared_ptr<const PlacementContext> given)
      : HeteroPlacePassBase(options), given(std::move(given)) {}

  void runOnOperation() override;

private:
  LogicalResult placeAll(SystemAttr system, const PlacementContext &placement);

  std::shared_ptr<const PlacementContext> given;
};

/// Places the operations of one function.
class Placer {
public:
  Placer(func::FuncOp function, SystemAttr system,
         const PlacementContext &placement,
         const llvm::StringMap<StringRef> &ops, bool hasFallback)
      : function(function), system(system), placement(placement), ops(ops),
        hasFallback(hasFallback), graph(function), states(graph.units.size()) {}

  /// Asks the devices what they refuse.
  void askDevices();
  /// Gives each unit its devices to choose from. Fails with diagnostics.
  LogicalResult restrict(StringRef defaultDevice);
  void choose();
  /// Sets the devices on the operations, and adds an entry to `nodes` for each
  /// node.
  void record(SmallVectorImpl<Attribute> &nodes);

private:
  struct UnitState {
    SmallVector<std::string> refusals; // of each device; empty: it takes it
    const PlacementRule *rule = nullptr;
    RefusalReasons told;     // by rules
    bool isFallback = false; // on the host because no other device takes it
    unsigned device = 0;
  };

  StringRef getName(unsigned device) const {
    return system.getDevices()[device].getName();
  }
  unsigned getNumber(StringRef name) const {
    return llvm::find(system.getDevices(), system.lookup(name)) -
           system.getDevices().begin();
  }
  Location getLoc(unsigned unit) const {
    return graph.units[unit].ops.front()->getLoc();
  }
  void askDevice(unsigned device);
  void refuseUsers(unsigned device, const llvm::StringMap<std::string> &reasons,
                   const llvm::StringSet<> &placedNodes);
  void refuse(unsigned unit, unsigned device, const std::string &reason) {
    std::string &known = states[unit].refusals[device];
    if (known.empty())
      known = reason;
  }
  LogicalResult applyRules();
  LogicalResult reportHomeless(unsigned unit) const;
  std::string listRefusals(unsigned unit) const;
  void warnOfFallback(unsigned unit) const;

  func::FuncOp function;
  SystemAttr system;
  const PlacementContext &placement;
  const llvm::StringMap<StringRef> &ops; // operators of nodes
  bool hasFallback;
  PlacementGraph graph;
  std::vector<UnitState> states;
  std::vector<SmallVector<unsigned>> allowed;
};

} // namespace

static std::string describe(const Refusal &refusal) {
  std::string text;
  if (!refusal.operation.empty())
    text = "cannot carry out '" + refusal.operation + "': ";
  text += refusal.reason;
  if (!refusal.hint.empty())
    text += "; " + refusal.hint;
  return text;
}

//===----------------------------------------------------------------------===//
// What devices refuse
//===----------------------------------------------------------------------===//

/// A unit that uses shared operations of a node that is nowhere else cannot be
/// where that node is refused.
void Placer::refuseUsers(unsigned device,
                         const llvm::StringMap<std::string> &reasons,
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
      if (auto found = reasons.find(id);
          found != reasons.end() && !placedNodes.contains(id))
        reason = &found->second;
    if (reason)
      refused[&op] = reason;
  }
}

void Placer::askDevice(unsigned device) {
  auto target =
      cast<DeviceTargetAttrInterface>(system.getDevices()[device].getTarget());
  llvm::StringMap<std::string> reasons; // by node
  for (const Refusal &refusal : target.accepts(function, placement.options)) {
    // What is of no node is of the function as a whole, as its size; the
    // regions that it is divided into are estimated and compiled by themselves.
    for (const std::string &node : refusal.nodes)
      reasons.try_emplace(node, describe(refusal));
  }
  if (auto found = placement.refused.find(getName(device).str());
      found != placement.refused.end())
    for (const auto &[node, reason] : found->second)
      reasons.try_emplace(node, reason);
  if (reasons.empty())
    return;
  llvm::StringSet<> placedNodes;
  for (auto [number, unit] : llvm::enumerate(graph.units))
    for (StringRef node : unit.nodes) {
      placedNodes.insert(node);
      if (auto found = reasons.find(node); found != reasons.end())
        refuse(number, device, found->second);
    }
  refuseUsers(device, reasons, placedNodes);
}

void Placer::askDevices() {
  for (UnitState &state : states)
    state.refusals.resize(system.getDevices().size());
  if (!placement.asksDevices)
    return;
  for (unsigned device = 0; device < system.getDevices().size(); ++device)
    askDevice(device);
}

//===----------------------------------------------------------------------===//
// What may be where
//===----------------------------------------------------------------------===//

/// Finds the rules of units, and that they ask for nothing impossible.
LogicalResult Placer::applyRules() {
  bool isPossible = true;
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    UnitState &state = states[number];
    for (StringRef node : unit.nodes) {
      const PlacementRule *rule =
          placement.rules.lookup(node, ops.lookup(node));
      if (!rule)
        continue;
      state.told.insert(rule->reasons.begin(), rule->reasons.end());
      if (state.rule && state.rule->device != rule->device) {
        emitError(getLoc(number))
            << "node '" << unit.nodes.front() << "' and node '" << node
            << "' share scalars, which no link moves, but are placed on '"
            << state.rule->device << "' and '" << rule->device
            << "'; place them on one device";
        isPossible = false;
      }
      state.rule = rule;
    }
    if (!state.rule)
      continue;
    const std::string &reason = state.refusals[getNumber(state.rule->device)];
    if (reason.empty())
      continue;
    emitError(getLoc(number))
        << "the placement has it on '" << state.rule->device
        << "', which does not take it: " << reason;
    isPossible = false;
  }
  return success(isPossible);
}

/// "'a': why not; 'b': why not".
std::string Placer::listRefusals(unsigned unit) const {
  std::string text;
  for (auto [device, reason] : llvm::enumerate(states[unit].refusals))
    if (!reason.empty())
      text +=
          (text.empty() ? "'" : "; '") + getName(device).str() + "': " + reason;
  return text;
}

LogicalResult Placer::reportHomeless(unsigned unit) const {
  std::string reasons = listRefusals(unit);
  InFlightDiagnostic error = emitError(getLoc(unit)) << "no device takes it";
  if (!reasons.empty())
    error << ": " << reasons;
  return error;
}

LogicalResult Placer::restrict(StringRef defaultDevice) {
  if (failed(applyRules()))
    return failure();
  bool hasAll = true;
  for (auto [number, state] : llvm::enumerate(states)) {
    auto &devices = allowed.emplace_back();
    for (unsigned device = 0; device < state.refusals.size(); ++device) {
      StringRef name = getName(device);
      bool isHost = name == system.getHost();
      bool isWanted = state.rule ? name == state.rule->device
                      : isHost ? hasFallback
                               : defaultDevice.empty() || name == defaultDevice;
      if (isWanted && state.refusals[device].empty())
        devices.push_back(device);
    }
    // The host is only for what its chip refuses.
    if (!defaultDevice.empty() && !state.rule)
      if (unsigned first = getNumber(defaultDevice);
          llvm::is_contained(devices, first))
        devices = {first};
    state.isFallback = !state.rule && devices.size() == 1 &&
                       getName(devices.front()) == system.getHost() &&
                       !listRefusals(number).empty();
    if (devices.empty())
      hasAll &= succeeded(reportHomeless(number));
  }
  return success(hasAll);
}

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

void Placer::choose() {
  std::vector<unsigned> choice =
      chooseDevices(function, graph, system, allowed, placement.options);
  for (auto [state, device] : llvm::zip(states, choice))
    state.device = device;
}

void Placer::warnOfFallback(unsigned unit) const {
  if (states[unit].isFallback && !graph.units[unit].nodes.empty())
    emitWarning(getLoc(unit))
        << "runs on '" << system.getHost() << "': " << listRefusals(unit);
}

void Placer::record(SmallVectorImpl<Attribute> &nodes) {
  Builder builder(function.getContext());
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    UnitState &state = states[number];
    warnOfFallback(number);
    auto device = builder.getStringAttr(getName(state.device));
    for (Operation *op : unit.ops)
      op->setAttr(deviceAttrName, device);
    for (auto [refusing, reason] : llvm::enumerate(state.refusals))
      if (!reason.empty())
        state.told[getName(refusing).str()] = reason;
    NamedAttrList reasons;
    for (const auto &[refusing, reason] : state.told)
      reasons.set(refusing, builder.getStringAttr(reason));
    for (StringRef node : unit.nodes)
      nodes.push_back(
          builder.getArrayAttr({builder.getStringAttr(node), device,
                                reasons.getDictionary(builder.getContext())}));
  }
}

std::vector<PlacedNode> hetero::listNodes(ModuleOp module) {
  std::vector<PlacedNode> nodes;
  if (auto attrs = module->getAttrOfType<ArrayAttr>(nodesAttrName)) {
    for (auto node : attrs.getAsRange<ArrayAttr>())
      nodes.push_back(
          {cast<StringAttr>(node[0]).str(), cast<StringAttr>(node[1]).str()});
    return nodes;
  }
  llvm::SetVector<StringRef> ids;
  module.walk([&](Operation *op) {
    for (StringRef id : getNodeIds(op->getLoc()))
      ids.insert(id);
  });
  for (StringRef id : ids)
    nodes.push_back({id.str(), ""});
  return nodes;
}

/// Operators of nodes as the frontend has listed them.
static llvm::StringMap<StringRef> readOperators(ModuleOp module) {
  llvm::StringMap<StringRef> ops;
  if (auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName))
    for (auto node : nodes.getAsRange<ArrayAttr>())
      ops[cast<StringAttr>(node[0]).getValue()] =
          cast<StringAttr>(node[1]).getValue();
  return ops;
}

/// What is placed by options alone, as garam-opt does.
static llvm::Expected<PlacementRules> readRules(StringRef path) {
  auto text = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!text)
    return makeUserError(ExitCode::Config, "cannot read '" + path + "': " +
                                               text.getError().message());
  return PlacementRules::parse((*text)->getBuffer(), path);
}

LogicalResult HeteroPlacePass::placeAll(SystemAttr system,
                                        const PlacementContext &placement) {
  ModuleOp module = getOperation();
  llvm::StringMap<StringRef> ops = readOperators(module);
  bool isPlaced = true;
  SmallVector<Attribute> nodes;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal()) // has nothing to run
      continue;
    if (!function.getBody().hasOneBlock()) {
      function.emitError() << "has control flow, which is not placed";
      isPlaced = false;
      continue;
    }
    Placer placer(function, system, placement, ops, fallback);
    placer.askDevices();
    if (failed(placer.restrict(defaultDevice))) {
      isPlaced = false;
      continue;
    }
    placer.choose();
    placer.record(nodes);
  }
  module->setAttr(placementAttrName,
                  ArrayAttr::get(module.getContext(), nodes));
  return success(isPlaced);
}

void HeteroPlacePass::runOnOperation() {
  ModuleOp module = getOperation();
  auto system = module->getAttrOfType<SystemAttr>(systemAttrName);
  auto fail = [&](const Twine &message) {
    module.emitError() << message;
    signalPassFailure();
  };
  if (!system)
    return fail("needs a system as attribute '" + systemAttrName + "'");
  if (!defaultDevice.empty() && !system.lookup(defaultDevice))
    return fail("the default device '" + defaultDevice +
                "' is none of the system's");
  if (given)
    return failed(placeAll(system, *given)) ? signalPassFailure() : void();

  PlacementContext placement;
  placement.options.precision = precision;
  if (!rulesFile.empty()) {
    llvm::Expected<PlacementRules> rules = readRules(rulesFile);
    if (!rules)
      return fail(llvm::toString(rules.takeError()));
    SmallVector<StringRef> names =
        llvm::map_to_vector(system.getDevices(),
                            [](DeviceAttr device) { return device.getName(); });
    if (llvm::Error error = rules->check(listNodes(module), names))
      return fail(llvm::toString(std::move(error)));
    placement.rules = std::move(*rules);
  }
  if (failed(placeAll(system, placement)))
    signalPassFailure();
}

std::unique_ptr<Pass>
createHeteroPlacePass(const HeteroPlacePassOptions &options,
                      std::shared_ptr<const PlacementContext> placement) {
  return std::make_unique<HeteroPlacePass>(options, std::move(placement));
}

} // namespace garam
