//===- FunctionAttributes.cpp - Verified attributes of functions ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/FunctionAttributes.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace garam {

bool isCount(Attribute attr) {
  auto count = dyn_cast_or_null<IntegerAttr>(attr);
  return count && count.getType().isSignlessInteger(64) && count.getInt() >= 0;
}

bool isDuration(Attribute attr) {
  auto seconds = dyn_cast_or_null<FloatAttr>(attr);
  return seconds && seconds.getType().isF64() &&
         seconds.getValue().isFinite() && !seconds.getValue().isNegative();
}

LogicalResult verifyFunctionAttribute(Operation *op, NamedAttribute named,
                                      ArrayRef<FunctionAttribute> known) {
  for (const FunctionAttribute &attribute : known) {
    if (named.getName() != attribute.name)
      continue;
    if (!isa<FunctionOpInterface>(op))
      return op->emitOpError("has '")
             << attribute.name << "', which is an attribute of functions";
    if (!attribute.isGood(named.getValue()))
      return op->emitOpError("has '")
             << attribute.name << "', which is " << attribute.needed
             << ", got: " << named.getValue();
  }
  return success();
}

} // namespace garam
