//===- HeteroOps.cpp - Operations of the hetero dialect -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"

using namespace mlir;

namespace garam::hetero {

LogicalResult ExecutableOp::verify() {
  for (Operation &op : getBody().front())
    if (!isa<func::FuncOp>(op))
      return emitOpError("holds functions only, got: '") << op.getName() << "'";
  auto module = dyn_cast_if_present<ModuleOp>((*this)->getParentOp());
  auto system =
      module ? module->getAttrOfType<SystemAttr>(systemAttrName) : SystemAttr();
  if (!system)
    return success();
  DeviceAttr device = getDevice() ? system.lookup(*getDevice()) : DeviceAttr();
  if (!device)
    return emitOpError("(C1) is on a device of the system '")
           << system.getName()
           << "', got: " << (getDevice() ? *getDevice() : StringRef("none"));
  if (getTarget() != device.getTarget())
    return emitOpError("(C1) has another target than its device ")
           << getDeviceAttr() << " of the system '" << system.getName() << "'";
  return success();
}

/// async, for a token.
static ParseResult parseAsync(OpAsmParser &parser, Type &token) {
  if (succeeded(parser.parseOptionalKeyword("async")))
    token = parser.getBuilder().getType<TokenType>();
  return success();
}

static void printAsync(OpAsmPrinter &printer, Operation *, Type token) {
  if (token)
    printer << "async";
}

/// Whether an operation that uses `value` waits for what makes it.
static bool isWaitedFor(Value value) {
  return llvm::any_of(
      value.getUsers(),
      llvm::IsaPred<DispatchOp, TransferOp, AwaitOp, func::ReturnOp>);
}

/// Work that nothing waits for could still run after the end. What waits is
/// waited for in turn, up to the end of the function.
static LogicalResult verifyWaits(Operation *op, ValueRange inputs,
                                 ValueRange dependencies) {
  if (llvm::none_of(op->getResults(), isWaitedFor))
    return op->emitOpError("(C3) a dispatch, a transfer, hetero.await or the "
                           "function's return uses a result");
  for (Value dependency : dependencies)
    for (Value input : inputs)
      if (input.getDefiningOp() &&
          input.getDefiningOp() == dependency.getDefiningOp())
        return op->emitOpError("(C4) it waits for what makes its inputs "
                               "anyway; the token of that says it again");
  return success();
}

namespace {

/// Where values are in a module that says its system.
class Memories {
public:
  Memories(Operation *user, SymbolTableCollection &tables)
      : user(user), tables(tables) {
    auto module = user->getParentOfType<ModuleOp>();
    if (module)
      system = module->getAttrOfType<SystemAttr>(systemAttrName);
  }

  /// The device of an executable, or of the host without one.
  StringRef getDevice(FlatSymbolRefAttr executable) const {
    if (!executable)
      return system.getHome();
    auto op = tables.lookupNearestSymbolFrom<ExecutableOp>(user, executable);
    return op && op.getDevice() ? *op.getDevice() : StringRef();
  }
  StringRef getDevice(DispatchOp dispatch) const {
    return getDevice(
        FlatSymbolRefAttr::get(dispatch.getCallee().getRootReference()));
  }
  /// The device in whose memory a value is; empty: not known.
  StringRef getDevice(Value value) const {
    if (auto dispatch = value.getDefiningOp<DispatchOp>())
      return getDevice(dispatch);
    if (auto transfer = value.getDefiningOp<TransferOp>())
      return getDevice(transfer.getDestinationAttr());
    return isa<BlockArgument>(value) ? system.getHome() : StringRef();
  }

  /// Inputs of `user` are in the memory of `source`, and what the function
  /// around it returns of its results is at home.
  LogicalResult verify(ValueRange inputs, StringRef source) const {
    for (Value input : inputs)
      if (StringRef found = getDevice(input); !found.empty() && found != source)
        return user->emitOpError("(C5) uses a tensor in the memory of '")
               << source << "', which is in that of '" << found
               << "'; hint: hetero.transfer moves it";
    for (Value result : user->getResults())
      if (StringRef found = getDevice(result);
          found != system.getHome() &&
          llvm::any_of(result.getUsers(), llvm::IsaPred<func::ReturnOp>))
        return user->emitOpError("(C5) returns a tensor in the memory of '")
               << found << "', needed one in that of '" << system.getHome()
               << "'";
    return success();
  }

  explicit operator bool() const { return static_cast<bool>(system); }

private:
  Operation *user;
  SymbolTableCollection &tables;
  SystemAttr system;
};

} // namespace

//===----------------------------------------------------------------------===//
// DispatchOp
//===----------------------------------------------------------------------===//

func::FuncOp DispatchOp::lookupCallee(SymbolTableCollection &tables) {
  auto function =
      tables.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!function || !isa<ExecutableOp>(function->getParentOp()))
    return nullptr;
  return function;
}

LogicalResult DispatchOp::verify() {
  return verifyWaits(*this, getInputs(), getDependencies());
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &tables) {
  func::FuncOp function = lookupCallee(tables);
  if (!function)
    return emitOpError("(C1) callee is a function of an executable, got: ")
           << getCallee();
  Type expected = function.getFunctionType();
  if (auto lowered = function->getAttrOfType<TypeAttr>(loweredAttrName))
    expected = lowered.getValue();
  auto type = FunctionType::get(getContext(), getInputs().getTypes(),
                                getOutputs().getTypes());
  if (type != expected)
    return emitOpError("(C2) inputs and outputs have the types of ")
           << getCallee() << ", got: " << type << " != " << expected;
  Memories memories(*this, tables);
  return memories ? memories.verify(getInputs(), memories.getDevice(*this))
                  : success();
}

//===----------------------------------------------------------------------===//
// TransferOp
//===----------------------------------------------------------------------===//

LogicalResult TransferOp::verify() {
  return verifyWaits(*this, getInput(), getDependencies());
}

LogicalResult TransferOp::verifySymbolUses(SymbolTableCollection &tables) {
  for (FlatSymbolRefAttr end : {getSourceAttr(), getDestinationAttr()})
    if (end && !tables.lookupNearestSymbolFrom<ExecutableOp>(*this, end))
      return emitOpError("(C1) source and destination are executables, got: ")
             << end;
  if (getSourceAttr() == getDestinationAttr())
    return emitOpError("(C2) source and destination differ, got both: ")
           << (getSource() ? "@" + getSource()->str() : "the host");
  Memories memories(*this, tables);
  if (!memories)
    return success();
  StringRef source = memories.getDevice(getSourceAttr());
  if (!source.empty() && source == memories.getDevice(getDestinationAttr()))
    return emitOpError("(C2) source and destination are in different memories, "
                       "got both in that of '")
           << source << "'";
  return memories.verify(getInput(), source);
}

} // namespace garam::hetero

#define GET_OP_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroOps.cpp.inc"
