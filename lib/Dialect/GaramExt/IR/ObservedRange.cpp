//===- ObservedRange.cpp - What values were observed to be ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/ObservedRange.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <cmath>

using namespace mlir;

namespace garam::ext {

/// The function whose argument a value is, or null.
static FunctionOpInterface getFunction(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || !argument.getOwner()->isEntryBlock())
    return nullptr;
  return dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
}

DenseF64ArrayAttr getRangeAttr(Value value) {
  if (FunctionOpInterface function = getFunction(value))
    return function.getArgAttrOfType<DenseF64ArrayAttr>(
        cast<BlockArgument>(value).getArgNumber(), rangeAttrName);
  Operation *op = value.getDefiningOp();
  return op && op->getNumResults() == 1
             ? op->getAttrOfType<DenseF64ArrayAttr>(rangeAttrName)
             : DenseF64ArrayAttr();
}

std::optional<ObservedRange> getObservedRange(Value value) {
  DenseF64ArrayAttr attr = getRangeAttr(value);
  if (!attr)
    return std::nullopt;
  return ObservedRange{attr[0], attr[1]};
}

void setObservedRange(Value value, ObservedRange range) {
  auto attr =
      DenseF64ArrayAttr::get(value.getContext(), {range.min, range.max});
  if (FunctionOpInterface function = getFunction(value))
    function.setArgAttr(cast<BlockArgument>(value).getArgNumber(),
                        rangeAttrName, attr);
  else if (Operation *op = value.getDefiningOp();
           op && op->getNumResults() == 1)
    op->setAttr(rangeAttrName, attr);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyRange(Operation *op, NamedAttribute named) {
  if (named.getName() != rangeAttrName)
    return success();
  auto range = dyn_cast<DenseF64ArrayAttr>(named.getValue());
  if (!range || range.size() != 2 || !std::isfinite(range[0]) ||
      !std::isfinite(range[1]) || range[0] > range[1])
    return op->emitOpError("has '")
           << rangeAttrName
           << "', which is array<f64: least, largest> of finite numbers, got: "
           << named.getValue();
  return success();
}

LogicalResult GaramExtDialect::verifyOperationAttribute(Operation *op,
                                                        NamedAttribute named) {
  if (named.getName() == rangeAttrName && op->getNumResults() != 1)
    return op->emitOpError("has '")
           << rangeAttrName << "', which is of the one result of an operation, "
           << "but has " << op->getNumResults() << " results";
  return verifyRange(op, named);
}

LogicalResult GaramExtDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                        unsigned,
                                                        NamedAttribute named) {
  return verifyRange(op, named);
}

} // namespace garam::ext
