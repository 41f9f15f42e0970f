//===- Place.cpp - Which operations run on which device -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ModuleRules.h"
#include "Placer.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"

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
  FailureOr<DeviceCompileOptions> readDeviceOptions();
  LogicalResult placeAll(SystemAttr system, const PlacementPolicy &policy,
                         DeviceAnswers &answers);

  std::shared_ptr<const PlacementResources> known;
};

} // namespace

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
                              const llvm::StringMap<StringRef> &operators,
                              ArrayRef<Attribute> nodes) {
  std::vector<PlacedNode> placed;
  for (Attribute node : nodes) {
    StringRef id = cast<StringAttr>(cast<ArrayAttr>(node)[0]).getValue();
    placed.push_back({id.str(), operators.lookup(id).str()});
  }
  for (const PlacementRule *rule : rules.listUnused(placed))
    module.emitWarning() << rules.describe(*rule)
                         << " places nothing: what it matches is folded away";
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
    warnOfUnusedRules(module, *policy.rules, operators, nodes);
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
  FailureOr<PlacementRules> read =
      known ? PlacementRules() : readRules(module, rulesFile);
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
