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
  return success();
}

/// Work that nothing waits for could still run after the end.
static LogicalResult verifyToken(Operation *op, Value token) {
  if (token.use_empty())
    return op->emitOpError("(C3) the token is awaited or depended on");
  return success();
}

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

LogicalResult DispatchOp::verify() { return verifyToken(*this, getToken()); }

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
  return success();
}

//===----------------------------------------------------------------------===//
// TransferOp
//===----------------------------------------------------------------------===//

LogicalResult TransferOp::verify() { return verifyToken(*this, getToken()); }

LogicalResult TransferOp::verifySymbolUses(SymbolTableCollection &tables) {
  for (FlatSymbolRefAttr end : {getSourceAttr(), getDestinationAttr()})
    if (end && !tables.lookupNearestSymbolFrom<ExecutableOp>(*this, end))
      return emitOpError("(C1) source and destination are executables, got: ")
             << end;
  if (getSourceAttr() == getDestinationAttr())
    return emitOpError("(C2) source and destination differ, got both: ")
           << (getSource() ? "@" + getSource()->str() : "the host");
  return success();
}

} // namespace garam::hetero

#define GET_OP_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroOps.cpp.inc"
