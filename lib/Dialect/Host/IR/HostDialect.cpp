//===- HostDialect.cpp - The host dialect ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Target/DeviceTarget.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/Host/IR/HostDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Host/IR/HostAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/Host/IR/HostOps.cpp.inc"

namespace garam::host {

LogicalResult KernelOp::verify() {
  for (Type type : llvm::concat<const Type>(
           SmallVector<Type>(getOperandTypes()), getResultTypes()))
    if (!cast<RankedTensorType>(type).hasStaticShape())
      return emitOpError("(C1) inputs and results have static shapes, got: ")
             << type;
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("(C2) the body's arguments have the types of the "
                       "inputs, got: ")
           << body.getArgumentTypes();
  auto yield =
      dyn_cast_if_present<YieldOp>(body.empty() ? nullptr : &body.back());
  if (!yield || yield.getValues().getTypes() != getResultTypes())
    return emitOpError("(C3) the body yields values of the types of the "
                       "results");
  return success();
}

LogicalResult PermuteOp::verify() {
  RankedTensorType source = cast<RankedTensorType>(getSource().getType());
  if (static_cast<int64_t>(getPermutation().size()) != source.getRank() ||
      !isPermutationVector(getPermutation()))
    return emitOpError("(C1) permutation has every dimension of the source "
                       "once, got: ")
           << getPermutation();
  auto needed = RankedTensorType::get(
      applyPermutation(source.getShape(), getPermutation()),
      source.getElementType());
  if (getType() != needed)
    return emitOpError("(C2) the result has the source's element type, and its "
                       "sizes in that order, got: ")
           << getType() << " != " << needed;
  return success();
}

} // namespace garam::host

void ::garam::host::HostDialect::initialize() {
  // lib/Target/Host has the compiler behind it.
  declarePromisedInterface<DeviceTargetAttrInterface, TargetAttr>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "garam/Dialect/Host/IR/HostAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/Host/IR/HostOps.cpp.inc"
      >();
}
