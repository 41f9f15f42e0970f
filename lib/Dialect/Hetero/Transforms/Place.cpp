//===- Place.cpp - Which operations run on which device -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Support/NodeIds.h"
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
                  std::shared_ptr<const PlacementResources> known)
      : HeteroPlacePassBase(options), known(std::move(known)) {}

  void runOnOperation() override;

private:
  FailureOr<PlacementRules> readRules(SystemAttr system);
  FailureOr<DeviceCompileOptions> readDeviceOptions();
  LogicalResult placeAll(SystemAttr system, const PlacementPolicy &policy,
                         DeviceAnswers &answers);

  std::shared_ptr<const PlacementResources> known;
};

} // namespace

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

FailureOr<PlacementRules> HeteroPlacePass::readRules(SystemAttr system) {
  PlacementRules rules;
  if (rulesFile.empty())
    return std::move(rules);
  ModuleOp module = getOperation();
  auto text = llvm::MemoryBuffer::getFile(rulesFile, /*IsText=*/true);
  if (!text)
    return module.emitError() << "cannot read '" << rulesFile
                              << "': " << text.getError().message();
  llvm::Expected<PlacementRules> read =
      PlacementRules::parse((*text)->getBuffer(), rulesFile);
  if (!read)
    return module.emitError() << llvm::toString(read.takeError());
  SmallVector<StringRef> names = llvm::map_to_vector(
      system.getDevices(), [](DeviceAttr device) { return device.getName(); });
  if (llvm::Error error = read->check(listNodes(module), names))
    return module.emitError() << llvm::toString(std::move(error));
  return std::move(*read);
}

FailureOr<DeviceCompileOptions> HeteroPlacePass::readDeviceOptions() {
  DeviceCompileOptions options;
  options.precision = precision;
  for (StringRef text : deviceOptions) {
    auto [flag, value] = text.split('=');
    if (flag.size() == text.size())
      return getOperation().emitError() << "option device-options: found '"
                                        << text << "', needed FLAG=VALUE";
    options.values[flag.str()] = value.str();
  }
  return options;
}

/// What a rule asks for and nobody gets is not to go unseen.
static void warnOfUnusedRules(ModuleOp module, const PlacementRules &rules,
                              ArrayRef<Attribute> nodes) {
  llvm::StringSet<> placed;
  for (Attribute node : nodes)
    placed.insert(cast<StringAttr>(cast<ArrayAttr>(node)[0]).getValue());
  for (const PlacementRule *rule : rules.listUnused(placed))
    module.emitWarning() << rules.describe(*rule)
                         << " places nothing: the node is folded away, or "
                            "equal to another, which computes it";
}

LogicalResult HeteroPlacePass::placeAll(SystemAttr system,
                                        const PlacementPolicy &policy,
                                        DeviceAnswers &answers) {
  ModuleOp module = getOperation();
  llvm::StringMap<StringRef> operators = readOperators(module);
  auto told = module->getAttrOfType<ArrayAttr>(refusedAttrName);
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
    Placer placer(function, system, policy, operators, answers);
    if (succeeded(placer.place(told)))
      placer.record(nodes);
    else
      isPlaced = false;
  }
  if (isPlaced)
    warnOfUnusedRules(module, *policy.rules, nodes);
  module->removeAttr(refusedAttrName);
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
  FailureOr<PlacementRules> read = known ? PlacementRules() : readRules(system);
  FailureOr<DeviceCompileOptions> options = readDeviceOptions();
  if (failed(read) || failed(options))
    return signalPassFailure();
  PlacementPolicy policy;
  policy.rules = known ? &known->rules : &*read;
  policy.options = std::move(*options);
  policy.defaultDevice = defaultDevice;
  policy.hasFallback = fallback;
  policy.asksDevices = asksDevices;
  DeviceAnswers own;
  if (failed(placeAll(system, policy, known ? *known->answers : own)))
    signalPassFailure();
}

std::shared_ptr<DeviceAnswers> hetero::makeDeviceAnswers() {
  return std::make_shared<DeviceAnswers>();
}

std::unique_ptr<Pass>
createHeteroPlacePass(const HeteroPlacePassOptions &options,
                      std::shared_ptr<const PlacementResources> known) {
  return std::make_unique<HeteroPlacePass>(options, std::move(known));
}

} // namespace garam
