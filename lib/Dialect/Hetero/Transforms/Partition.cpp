//===- Partition.cpp - Executables, dispatches and transfers --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlacedRegions.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HETEROPARTITIONPASS
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

using namespace hetero;

namespace {

struct HeteroPartitionPass
    : public impl::HeteroPartitionPassBase<HeteroPartitionPass> {
  using HeteroPartitionPassBase::HeteroPartitionPassBase;

  void runOnOperation() override;
};

/// The executables of a module, one for each device that has something to do.
class Executables {
public:
  Executables(ModuleOp module, SystemAttr system)
      : system(system), symbols(module),
        builder(OpBuilder::atBlockBegin(module.getBody())) {}

  ExecutableOp get(StringRef device, Location loc);

private:
  SystemAttr system;
  SymbolTable symbols;
  OpBuilder builder;
  llvm::StringMap<ExecutableOp> executables;
};

/// Moves the regions of one function into executables.
class Partitioner {
public:
  Partitioner(func::FuncOp function, SystemAttr system,
              Executables &executables)
      : function(function), system(system), executables(executables),
        shared(function), builder(function.getContext()) {}

  LogicalResult partition();

private:
  struct Region {
    PlacedRegion placed;
    RegionInterface interface;
    /// Numbers of the function's results that it yields.
    SmallVector<unsigned> returned;
  };

  StringRef getDevice(Operation *op) const {
    return op->getAttrOfType<StringAttr>(deviceAttrName).getValue();
  }
  LogicalResult checkDevices();
  LogicalResult checkTransferable(const Region &region);
  void findReturned();
  func::FuncOp outline(const Region &region, unsigned number,
                       ArrayRef<Value> inputs, ArrayRef<Value> outputs);
  void dispatch(const Region &region, unsigned number);
  Value moveTo(Value value, StringRef device);
  void finish();

  func::FuncOp function;
  SystemAttr system;
  Executables &executables;
  SharedOps shared;
  std::vector<Region> regions;

  OpBuilder builder; // at the end of the new body
  Block *body = nullptr;
  /// Where values of the old body are: on the devices that have them.
  llvm::DenseMap<std::pair<Value, StringRef>, Value> places;
  llvm::DenseMap<Value, StringRef> homes; // device that makes a value
  SmallVector<Value> results;             // of the function, by number
  SmallVector<Value> tokens;              // of dispatches that yield nothing
};

} // namespace

/// Whether a value of a function is of an operation that is placed, and not an
/// argument or known.
static bool isComputed(Value value, const SharedOps &shared) {
  Operation *producer = value.getDefiningOp();
  return producer && !shared.contains(producer);
}

ExecutableOp Executables::get(StringRef device, mlir::Location loc) {
  ExecutableOp &executable = executables[device];
  if (executable)
    return executable;
  auto name = builder.getStringAttr(device);
  executable = ExecutableOp::create(builder, loc, name, /*device=*/name,
                                    system.lookup(device).getTarget());
  symbols.insert(executable);
  executable.getBody().emplaceBlock();
  return executable;
}

LogicalResult Partitioner::checkDevices() {
  if (!function.getBody().hasOneBlock())
    return function.emitError() << "has control flow, which is not placed";
  for (Operation &op : function.front().without_terminator())
    if (!shared.contains(&op) && !op.hasAttr(deviceAttrName))
      return op.emitError() << "has no '" << deviceAttrName
                            << "'; hint: hetero-place gives it one";
  return success();
}

/// What crosses between devices is a tensor.
LogicalResult Partitioner::checkTransferable(const Region &region) {
  for (Value value : region.interface.inputs)
    if (Operation *producer = value.getDefiningOp();
        producer && !isa<RankedTensorType>(value.getType()))
      return region.placed.ops.front()->emitError()
             << "on '" << region.placed.device << "' uses a value of type "
             << value.getType() << " of another region, on '"
             << getDevice(producer) << "'; only tensors pass between regions";
  return success();
}

/// A region yields each of its values that the function returns: at home as
/// often as the function does, elsewhere once, since each result is moved by
/// itself. What is returned as it came in, or known, is copied at home.
void Partitioner::findReturned() {
  llvm::DenseMap<Operation *, unsigned> regionOf;
  for (auto [number, region] : llvm::enumerate(regions))
    for (Operation *op : region.placed.ops)
      regionOf[op] = number;
  auto getHomeRegion = [&]() -> Region & {
    for (Region &region : regions)
      if (region.placed.device == system.getHome() && region.placed.depth == 0)
        return region;
    return *regions.insert(
        regions.begin(), Region{PlacedRegion{system.getHome(), 0, {}}, {}, {}});
  };
  Operation *terminator = function.front().getTerminator();
  SmallVector<unsigned> passed; // results that no region makes
  llvm::SmallDenseSet<Value> yielded;
  for (OpOperand &operand : terminator->getOpOperands()) {
    unsigned number = operand.getOperandNumber();
    if (!isComputed(operand.get(), shared)) {
      passed.push_back(number);
      continue;
    }
    Region &region = regions[regionOf.at(operand.get().getDefiningOp())];
    if (yielded.insert(operand.get()).second ||
        region.placed.device == system.getHome())
      region.returned.push_back(number);
  }
  if (passed.empty())
    return;
  Region &home = getHomeRegion();
  for (unsigned number : passed) {
    home.returned.push_back(number);
    if (Value value = terminator->getOperand(number); !value.getDefiningOp())
      home.interface.inputs.insert(value);
  }
  llvm::sort(home.returned);
}

/// Puts the function of a region into its device's executable. The names of the
/// model's inputs and outputs stay on its arguments and results.
func::FuncOp Partitioner::outline(const Region &region, unsigned number,
                                  ArrayRef<Value> inputs,
                                  ArrayRef<Value> outputs) {
  ExecutableOp executable =
      executables.get(region.placed.device, function.getLoc());
  SmallVector<Operation *> ops = region.placed.ops;
  for (Value output : outputs)
    if (Operation *producer = output.getDefiningOp();
        producer && shared.contains(producer))
      ops.push_back(producer);
  OpBuilder inside = OpBuilder::atBlockEnd(&executable.getBody().front());
  func::FuncOp kernel =
      copyRegion(inside, function.getLoc(),
                 (function.getName() + "_" + Twine(number)).str(),
                 shared.withNeeded(ops), inputs, outputs);
  for (auto [index, result] : llvm::enumerate(region.returned))
    kernel.setResultAttrs(index, function.getResultAttrDict(result));
  return kernel;
}

/// `value` in the memory of `device`, moved there when it is not.
Value Partitioner::moveTo(Value value, StringRef device) {
  auto found = places.find({value, device});
  if (found != places.end())
    return found->second;
  StringRef source = homes.lookup(value);
  Value from = places.at({value, source});
  auto getSymbol = [&](StringRef name) -> FlatSymbolRefAttr {
    if (name == system.getHost())
      return nullptr;
    return FlatSymbolRefAttr::get(
        executables.get(name, function.getLoc()).getSymNameAttr());
  };
  auto transfer = TransferOp::create(
      builder, value.getLoc(), /*token=*/Type(), value.getType(), from,
      getSymbol(source), getSymbol(device), /*dependencies=*/ValueRange());
  Value moved = transfer.getResult();
  places[{value, device}] = moved;
  return moved;
}

void Partitioner::dispatch(const Region &region, unsigned number) {
  StringRef device = region.placed.device;
  Operation *terminator = function.front().getTerminator();
  ArrayRef<Value> inputs = region.interface.inputs.getArrayRef();
  // What is returned, then what only other regions use.
  SmallVector<Value> outputs =
      llvm::map_to_vector(region.returned, [&](unsigned result) {
        return terminator->getOperand(result);
      });
  llvm::SmallPtrSet<Value, 8> known(outputs.begin(), outputs.end());
  for (Value output : region.interface.outputs)
    if (known.insert(output).second)
      outputs.push_back(output);

  SmallVector<Value> arguments;
  for (Value input : inputs)
    arguments.push_back(moveTo(input, device));
  func::FuncOp kernel = outline(region, number, inputs, outputs);
  auto executable = cast<ExecutableOp>(kernel->getParentOp());
  auto callee =
      SymbolRefAttr::get(executable.getSymNameAttr(),
                         FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
  // Without a result only a token tells of its end.
  Type token = outputs.empty() ? builder.getType<TokenType>() : Type();
  auto dispatch = DispatchOp::create(builder, kernel.getLoc(), token,
                                     ValueRange(outputs).getTypes(), callee,
                                     arguments, /*dependencies=*/ValueRange());
  if (token)
    tokens.push_back(dispatch.getToken());
  for (auto [index, output] : llvm::enumerate(outputs)) {
    Value place = dispatch.getOutputs()[index];
    if (index < region.returned.size())
      results[region.returned[index]] = place;
    // An argument is where it was.
    if (output.getDefiningOp() &&
        places.try_emplace({output, device}, place).second)
      homes[output] = device;
  }
}

/// Brings the results home, awaits what yields nothing, and returns.
void Partitioner::finish() {
  Operation *terminator = function.front().getTerminator();
  SmallVector<Value> returned;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value result = results[operand.getOperandNumber()];
    Value value = operand.get();
    StringRef source = homes.lookup(value);
    if (!value.getDefiningOp() || source == system.getHome()) {
      returned.push_back(result);
      continue;
    }
    // Each result has a tensor of its own, also of one value.
    places.erase({value, system.getHome()});
    returned.push_back(moveTo(value, system.getHome()));
  }
  if (!tokens.empty())
    AwaitOp::create(builder, function.getLoc(), tokens);
  func::ReturnOp::create(builder, function.getLoc(), returned);
}

LogicalResult Partitioner::partition() {
  if (failed(checkDevices()))
    return failure();
  for (PlacedRegion &region : findRegions(
           function, shared, [&](Operation *op) { return getDevice(op); })) {
    RegionInterface interface = findInterface(region.ops, shared);
    regions.push_back({std::move(region), std::move(interface), {}});
  }
  for (const Region &region : regions)
    if (failed(checkTransferable(region)))
      return failure();
  findReturned();
  results.resize(function.getNumResults());

  // The new body grows in front of the old one, which the values are of.
  Block *old = &function.front();
  body = new Block();
  function.getBody().push_back(body);
  SmallVector<mlir::Location> locs = llvm::map_to_vector(
      old->getArguments(), [](BlockArgument arg) { return arg.getLoc(); });
  body->addArguments(old->getArgumentTypes(), locs);
  builder.setInsertionPointToEnd(body);
  for (auto [before, after] :
       llvm::zip(old->getArguments(), body->getArguments())) {
    places[{before, system.getHome()}] = after;
    homes[before] = system.getHome();
  }
  for (auto [number, region] : llvm::enumerate(regions))
    dispatch(region, number);
  finish();
  old->erase();
  return success();
}

/// Whether each result of `function` is computed for it alone. What it returns
/// as it came in, known or twice is copied by the host or in its memory, which
/// not every device can.
static bool hasOwnResults(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return true; // is refused
  SharedOps shared(function);
  llvm::SmallDenseSet<Value> seen;
  return llvm::all_of(
      function.front().getTerminator()->getOperands(), [&](Value value) {
        return isComputed(value, shared) && seen.insert(value).second;
      });
}

/// The system without the host of a chip that needs none.
static SystemAttr dropIdleHost(ModuleOp module, SystemAttr system) {
  StringRef host = system.getHost();
  SystemAttr rest = system.withoutHost();
  if (!rest)
    return system;
  WalkResult found = module.walk([&](Operation *op) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (function && !function.isExternal() && !hasOwnResults(function))
      return WalkResult::interrupt();
    auto device = op->getAttrOfType<StringAttr>(deviceAttrName);
    return device && device.getValue() == host ? WalkResult::interrupt()
                                               : WalkResult::advance();
  });
  return found.wasInterrupted() ? system : rest;
}

void HeteroPartitionPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto system = module->getAttrOfType<SystemAttr>(systemAttrName);
  if (!system) {
    module.emitError() << "needs a system as attribute '" << systemAttrName
                       << "'";
    return signalPassFailure();
  }
  if (dropsIdleHost)
    system = dropIdleHost(module, system);
  auto functions = llvm::to_vector(llvm::make_filter_range(
      module.getOps<func::FuncOp>(),
      [](func::FuncOp function) { return !function.isExternal(); }));
  Executables executables(module, system);
  for (func::FuncOp function : functions)
    if (failed(Partitioner(function, system, executables).partition()))
      return signalPassFailure();
  module->setAttr(systemAttrName, system);
}

} // namespace garam
