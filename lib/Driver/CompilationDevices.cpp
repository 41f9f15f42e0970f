//===- CompilationDevices.cpp - Placement and the stages of devices -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"

#include "Pipelines.h"
#include "garam/Support/Errors.h"
#include "garam/Support/InputFile.h"
#include "garam/Support/NodeIds.h"
#include "garam/Support/RunTimeSizes.h"
#include "garam/Target/CompileTarget.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace garam {

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

/// What the IR that is written would not carry is not taken and forgotten.
llvm::Error Compilation::checkStageOptions() {
  for (const auto &[flag, value] :
       {std::pair("--placement", &options.placement),
        std::pair("--calibrate", &options.calibration)})
    if (!value->empty() && isBeforeStart(placedStage))
      return makeUserError(ExitCode::Usage,
                           Twine(flag) + ": this IR is placed; start from a "
                                         "stage before 'placed'");
  auto isUsedAt = [&](StringRef stage) {
    return options.emitStage.empty() ||
           getStageNumber(options.emitStage) >= getStageNumber(stage);
  };
  StringRef hint = "; hint: give it to the compile that goes on from here";
  if (!options.emitPlacement.empty() && !isUsedAt(placedStage))
    return makeUserError(ExitCode::Usage,
                         "--emit-placement: nothing is placed before stage "
                         "'placed'");
  if (!options.placement.empty() && !isUsedAt(placedStage))
    return makeUserError(ExitCode::Usage,
                         "--placement: nothing is placed before stage "
                         "'placed'" +
                             hint);
  if (!options.calibration.empty() && !isUsedAt(linalgStage))
    return makeUserError(ExitCode::Usage,
                         "--calibrate: values are observed at stage 'linalg'" +
                             hint);
  return llvm::Error::success();
}

llvm::Error Compilation::readPlacement() {
  placement = std::make_shared<hetero::PlacementResources>();
  deviceOptions.precision = options.precision;
  deviceOptions.values = options.deviceOptions;
  if (options.placement.empty())
    return llvm::Error::success();
  if (llvm::Error error =
          roles.addInput("the placement file", options.placement))
    return error;
  auto text = openInputFile(options.placement, /*isText=*/true,
                            hetero::maxPlacementFileBytes);
  if (!text)
    return makeUserError(ExitCode::Config,
                         "cannot read '" + options.placement +
                             "': " + llvm::toString(text.takeError()));
  llvm::Expected<hetero::PlacementRules> rules =
      hetero::PlacementRules::parse((*text)->getBuffer(), options.placement);
  if (!rules)
    return rules.takeError();
  SmallVector<StringRef> names =
      llvm::map_to_vector(system.getDevices(), [](hetero::DeviceAttr device) {
        return device.getName();
      });
  if (llvm::Error error = rules->check(hetero::listNodes(*module), names))
    return error;
  placement->rules = std::move(*rules);
  return llvm::Error::success();
}

static bool hasFixedInputs(func::FuncOp function) {
  return llvm::all_of(function.getArgumentTypes(), [](Type type) {
    auto tensor = dyn_cast<ShapedType>(type);
    return !tensor || tensor.hasStaticShape();
  });
}

/// Whether an argument of a size of run time has no room for its greatest.
static bool hasDenseSizes(func::FuncOp function) {
  for (unsigned number = 0; number < function.getNumArguments(); ++number)
    if (function.getArgAttr(number, dimensionsAttrName) &&
        !function.getArgAttr(number, paddedAttrName))
      return true;
  return false;
}

/// Whether no device has programs of fixed sizes.
bool Compilation::isHostAlone() const {
  return llvm::all_of(system.getDevices(), [&](hetero::DeviceAttr device) {
    auto target = cast<DeviceTargetAttrInterface>(device.getTarget());
    return devices.lookup(target.getDeviceKind())->isFallback();
  });
}

llvm::Error Compilation::checkDimensions() {
  auto functions = module->getOps<func::FuncOp>();
  if (!isHostAlone() && !functions.empty() && hasDenseSizes(*functions.begin()))
    return makeUserError(ExitCode::Usage,
                         "target '" + system.getName() +
                             "' has devices whose programs have fixed sizes, "
                             "and the IR was made for a host alone; hint: "
                             "start from the model, or from the IR of stage '" +
                             onnxStage + "'");
  if (isBeforeStart(placedStage) || functions.empty() ||
      hasFixedInputs(*functions.begin()))
    return llvm::Error::success();
  SmallVector<Refusal> first; // of the first device
  for (hetero::DeviceAttr device : system.getDevices()) {
    FailureOr<SmallVector<Refusal>> refusals =
        cast<DeviceTargetAttrInterface>(device.getTarget())
            .accepts(*functions.begin(), deviceOptions);
    if (failed(refusals)) // is told when it is asked again
      return llvm::Error::success();
    llvm::erase_if(*refusals, [](const Refusal &refusal) {
      return !refusal.nodes.empty() || !refusal.operation.empty();
    });
    if (refusals->empty())
      return llvm::Error::success();
    if (first.empty())
      first = std::move(*refusals);
  }
  DiagnosticCollector diagnostics(&context, &labels);
  for (const Refusal &refusal : first)
    (void)emitRefusal(refusal);
  return diagnostics.takeError(ExitCode::Model);
}

llvm::Error Compilation::place() {
  if (isBeforeStart(placedStage))
    return llvm::Error::success();
  (*module)->setAttr(hetero::systemAttrName, system);
  if (!refused.empty())
    (*module)->setAttr(hetero::refusedAttrName, makeRefusedAttr());
  PlacementOptions how;
  how.rulesFile = options.placement;
  how.asksDevices = canChoose();
  how.isChip = isChip;
  how.hasFallback = options.hasFallback;
  if (isChip) {
    hetero::DeviceAttr chip = system.getDevices().front();
    how.defaultDevice = chip.getName().str();
    how.hoistsQuantization =
        !cast<DeviceTargetAttrInterface>(chip.getTarget()).hasFloat();
  }
  if (llvm::Error error = runPasses(placedStage, [&](OpPassManager &manager) {
        buildPlacementPipeline(manager, how, deviceOptions, placement);
      }))
    return error;
  return endStage(placedStage);
}

ArrayAttr Compilation::makeRefusedAttr() {
  Builder builder(&context);
  SmallVector<Attribute> entries;
  for (const auto &[device, nodes, reason] : refused) {
    SmallVector<StringRef> ids(nodes.begin(), nodes.end());
    entries.push_back(builder.getArrayAttr({builder.getStringAttr(device),
                                            builder.getStrArrayAttr(ids),
                                            builder.getStringAttr(reason)}));
  }
  return builder.getArrayAttr(entries);
}

bool Compilation::canChoose() const {
  bool isAlone =
      system.getDevices().size() == 1 || (isChip && !options.hasFallback);
  return !isAlone || !placement->rules.empty();
}

bool Compilation::canFallBack(hetero::ExecutableOp executable) const {
  StringAttr device = executable.getDeviceAttr();
  return unplaced && options.hasFallback && !system.getHost().empty() &&
         device && device.getValue() != system.getHost();
}

const hetero::PlacementRule *Compilation::findRule(StringRef node) const {
  auto label = labels.find(node);
  return placement->rules.lookup(
      node, label == labels.end() ? StringRef() : StringRef(label->second.op));
}

std::vector<std::string>
Compilation::findMovable(ArrayRef<std::string> nodes) const {
  std::vector<std::string> movable;
  llvm::copy_if(nodes, std::back_inserter(movable),
                [&](const std::string &node) { return !findRule(node); });
  return movable;
}

std::vector<std::string> Compilation::describeRules(StringRef device) const {
  std::map<unsigned, std::pair<const hetero::PlacementRule *,
                               llvm::SetVector<StringRef>>>
      used; // by number, with their nodes
  for (const DeviceFunction &function : functions)
    if (hetero::ExecutableOp(function.executable).getDevice() == device)
      for (StringRef node : function.nodes)
        if (const hetero::PlacementRule *rule = findRule(node)) {
          auto &[known, nodes] = used[rule->number];
          known = rule;
          nodes.insert(node);
        }
  // A placement that was written out has a rule for each node.
  constexpr size_t maxTold = 8;
  std::vector<std::string> notes;
  for (const auto &[number, entry] : used) {
    if (notes.size() == maxTold) {
      notes.push_back(std::to_string(used.size() - maxTold) +
                      " more rules place nodes on '" + device.str() + "'");
      break;
    }
    const auto &[rule, nodes] = entry;
    std::string &note = notes.emplace_back();
    note = placement->rules.describe(*rule) + " places node '" +
           nodes.front().str() + "'";
    if (nodes.size() > 1)
      note += " and " + std::to_string(nodes.size() - 1) + " more";
    note += (" on '" + device + "'").str();
  }
  return notes;
}

llvm::Error Compilation::writePlacement() {
  if (!placementOutput)
    return llvm::Error::success();
  std::vector<hetero::PlacementRule> rules, exactRules;
  if (auto nodes =
          (*module)->getAttrOfType<ArrayAttr>(hetero::placementAttrName))
    for (auto node : nodes.getAsRange<ArrayAttr>()) {
      hetero::RefusalReasons reasons;
      for (NamedAttribute reason : cast<DictionaryAttr>(node[2]))
        reasons[reason.getName().str()] =
            cast<StringAttr>(reason.getValue()).str();
      StringRef name = cast<StringAttr>(node[0]).getValue();
      (llvm::json::isUTF8(name) ? exactRules : rules)
          .push_back(hetero::makeNodeRule(
              name, cast<StringAttr>(node[1]).getValue(), std::move(reasons)));
    }
  llvm::append_range(rules, exactRules);
  if (llvm::Error error = placementOutput->append([&](llvm::raw_ostream &os) {
        os << hetero::printPlacement(rules);
        return llvm::Error::success();
      }))
    return error;
  result.outputs.push_back(std::move(*placementOutput));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The stages of devices
//===----------------------------------------------------------------------===//

/// Ids of the nodes that the placed operations of a function come from.
static llvm::SetVector<StringRef> findNodes(func::FuncOp function) {
  llvm::SetVector<StringRef> nodes;
  function.walk([&](Operation *op) {
    for (StringRef id : getNodeIds(op->getLoc()))
      nodes.insert(id);
  });
  return nodes;
}

void Compilation::listDeviceFunctions() {
  functions.clear();
  llvm::StringSet<> placed; // what is copied to its users is not
  if (auto nodes =
          (*module)->getAttrOfType<ArrayAttr>(hetero::placementAttrName))
    for (auto node : nodes.getAsRange<ArrayAttr>())
      placed.insert(cast<StringAttr>(node[0]).getValue());
  // In the order of the classes of devices.
  for (StringRef kind : listKinds())
    for (auto executable : module->getOps<hetero::ExecutableOp>())
      if (cast<DeviceTargetAttrInterface>(executable.getTarget())
              .getDeviceKind() == kind)
        for (auto function : executable.getOps<func::FuncOp>()) {
          DeviceFunction &added = functions.emplace_back();
          added.executable = executable;
          added.function = function;
          for (StringRef node : findNodes(function))
            if (placed.contains(node))
              added.nodes.push_back(node.str());
        }
}

SmallVector<StringRef> Compilation::listKinds() const {
  llvm::SetVector<StringRef> kinds;
  for (hetero::DeviceAttr device : system.getDevices())
    kinds.insert(
        cast<DeviceTargetAttrInterface>(device.getTarget()).getDeviceKind());
  return kinds.takeVector();
}

llvm::Error Compilation::failDevice(const DeviceFunction &function,
                                    StringRef stage,
                                    const CompileOutcome &outcome,
                                    DiagnosticCollector &diagnostics) {
  for (const Refusal &refusal : outcome.refusals)
    (void)emitRefusal(refusal, function.getTarget().getTargetName());
  bool isRefused = outcome.status == CompileStatus::Refused;
  if (!isRefused && outcome.status != CompileStatus::InvalidInput) {
    std::string text = diagnostics.takeText();
    return makeInternalError(stage, text.empty() ? noReason.str() : text);
  }
  std::vector<std::string> rules = describeRules(
      hetero::ExecutableOp(function.executable).getDevice().value_or(""));
  if (!isRefused || !canFallBack(function.executable))
    return makeStageError(stage, diagnostics, rules);
  std::string reason = diagnostics.getFirstMessage();
  // What is of nodes is theirs; the rest is of all of them together.
  std::vector<std::string> nodes;
  for (const std::string &node : function.nodes)
    if (llvm::is_contained(diagnostics.getFirstNodes(), node))
      nodes.push_back(node);
  if (nodes.empty())
    nodes = function.nodes;
  if (failed(moveElsewhere(function, nodes, reason)))
    return makeStageError(stage, diagnostics, rules);
  return llvm::Error::success();
}

LogicalResult Compilation::moveElsewhere(const DeviceFunction &function,
                                         ArrayRef<std::string> nodes,
                                         const std::string &reason) {
  if (!canFallBack(function.executable) || nodes.empty())
    return failure();
  StringAttr device = hetero::ExecutableOp(function.executable).getDeviceAttr();
  auto move = [&](std::vector<std::string> movable, const std::string &why) {
    // The same placement again would fail as it has.
    isRetried |= !movable.empty() &&
                 refused.emplace(device.str(), std::move(movable), why).second;
    return isRetried;
  };
  if (move(findMovable(nodes), reason))
    return success();
  for (const DeviceFunction &other : llvm::reverse(functions))
    if (hetero::ExecutableOp(other.executable).getDeviceAttr() == device &&
        move(findMovable(other.nodes),
             "it leaves no room for node '" + nodes.front() + "': " + reason))
      return success();
  return failure();
}

/// Tells a function what those before it occupy of its device, as long as it
/// has not chosen its own part.
static void tellTaken(DeviceFunction &function, ArrayRef<ResidentRange> taken) {
  function.residents = function.getTarget().getResidents(function.function);
  if (function.residents.empty() && !taken.empty())
    function.function->setAttr(
        takenAttrName, makeTaken(function.function.getContext(), taken));
}

/// Brings the functions of a class of devices, which are at stage `previous`
/// (empty: linalg), to `stage`; without one, makes their programs.
llvm::Error
Compilation::runDeviceStage(StringRef stage, StringRef previous,
                            MutableArrayRef<DeviceFunction> functions) {
  DeviceCompileOptions deviceOptions = this->deviceOptions;
  deviceOptions.startStage = previous.str();
  deviceOptions.isFromFile = llvm::is_contained(
      functions.front().getTarget().getStages(), StringRef(options.fromStage));
  // By executable, which a device has one of.
  llvm::DenseMap<Operation *, std::vector<ResidentRange>> takenOf;
  for (DeviceFunction &function : functions) {
    std::vector<ResidentRange> &taken = takenOf[function.executable];
    tellTaken(function, taken);
    DiagnosticCollector diagnostics(&context, &labels);
    auto observe = [&](StringRef) { return WalkResult::interrupt(); };
    deviceOptions.isAlone =
        llvm::count_if(functions, [&](const DeviceFunction &other) {
          return other.executable == function.executable;
        }) == 1;
    deviceOptions.laterForm = function.later.get();
    auto device =
        cast<DeviceTargetAttrInterface>(function.executable.getTarget());
    CompileOutcome outcome =
        device.compile(function.function, deviceOptions, observe);
    // Regions of one device often have the same to say.
    for (std::string &warning : diagnostics.takeWarnings())
      if (!llvm::is_contained(result.warnings, warning))
        result.warnings.push_back(std::move(warning));
    llvm::append_range(result.remarks, diagnostics.takeRemarks());
    CompileStatus wanted =
        stage.empty() ? CompileStatus::Program : CompileStatus::Stopped;
    if (outcome.status != wanted ||
        (!stage.empty() && failed(verify(function.function)))) {
      if (llvm::Error error = failDevice(
              function, stage.empty() ? StringRef(binaryStage) : stage, outcome,
              diagnostics))
        return error;
      continue; // All that is refused is placed again at once.
    }
    if (stage.empty())
      function.program = std::move(outcome.program);
    else if (function.residents.empty())
      function.residents = device.getResidents(function.function);
    llvm::append_range(taken, function.residents);
    normalize(taken);
  }
  return llvm::Error::success();
}

llvm::Error Compilation::runDeviceStages() {
  listDeviceFunctions();
  auto isSameKind = [](const DeviceFunction &a, const DeviceFunction &b) {
    return a.getTarget().getDeviceKind() == b.getTarget().getDeviceKind();
  };
  // Runs of one class.
  SmallVector<MutableArrayRef<DeviceFunction>> classes;
  for (auto begin = functions.begin(); begin != functions.end();) {
    auto end = std::find_if(begin, functions.end(), [&](const auto &other) {
      return !isSameKind(*begin, other);
    });
    classes.emplace_back(&*begin, end - begin);
    begin = end;
  }
  for (MutableArrayRef<DeviceFunction> some : classes) {
    StringRef previous;
    for (StringRef stage : some.front().getTarget().getStages()) {
      if (!isBeforeStart(stage)) {
        beginStage(stage);
        if (llvm::Error error = runDeviceStage(stage, previous, some);
            error || isRetried)
          return error;
        if (llvm::Error error = endStage(stage); error || isStopped)
          return error;
      }
      previous = stage;
    }
  }
  // A stage of a class that has nothing to do changes nothing.
  if (!options.emitStage.empty() && options.emitStage != binaryStage)
    return emitIfAsked(options.emitStage);
  beginStage(binaryStage);
  for (MutableArrayRef<DeviceFunction> some : classes) {
    SmallVector<StringRef> own = some.front().getTarget().getStages();
    if (llvm::Error error =
            runDeviceStage("", own.empty() ? StringRef() : own.back(), some);
        error || isRetried)
      return error;
  }
  return llvm::Error::success();
}

llvm::Error Compilation::placeAndCompile() {
  if (!isBeforeStart(placedStage) && canChoose() && options.hasFallback &&
      !system.getHost().empty())
    unplaced = module->clone();
  size_t numWarnings = result.warnings.size();
  do {
    // What a device did not take goes elsewhere this time.
    if (std::exchange(isRetried, false)) {
      module = unplaced->clone();
      result.warnings.resize(numWarnings);
    }
    if (llvm::Error error = place(); error || isStopped)
      return error;
    if (llvm::Error error = runDeviceStages())
      return error;
    if (isStopped)
      break;
    if (!isRetried)
      if (llvm::Error error = layOut())
        return error;
  } while (isRetried);
  return llvm::Error::success();
}

} // namespace garam
