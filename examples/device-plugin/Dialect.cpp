//===- Dialect.cpp - The abacus dialect -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Abacus.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "AbacusDialect.cpp.inc"
#include "AbacusEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "AbacusAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "AbacusOps.cpp.inc"

void ::abacus::AbacusDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "AbacusAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "AbacusOps.cpp.inc"
      >();
}

namespace abacus {

// Messages carry the number of the constraint in the operation's description.

LogicalResult WeightOp::verify() {
  auto type = cast<ShapedType>(getValue().getType());
  ArrayRef<int64_t> permutation = getPermutation();
  bool isPermutation =
      static_cast<int64_t>(permutation.size()) == type.getRank() &&
      llvm::all_of(llvm::seq(type.getRank()), [&](int64_t dim) {
        return llvm::is_contained(permutation, dim);
      });
  if (!isPermutation)
    return emitOpError() << "(C1) needs a permutation of the " << type.getRank()
                         << " dimensions of its value, got: [" << permutation
                         << "]";
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  if (type.clone(shape) != getType())
    return emitOpError() << "(C2) needs a result of type " << type.clone(shape)
                         << ", got: " << getType();
  return success();
}

LogicalResult ChainOp::verify() {
  if (static_cast<int64_t>(getRow()) < 1)
    return emitOpError() << "(C1) needs a row of at least 1, got: "
                         << static_cast<int64_t>(getRow());
  if (!isa<StoreOp>(getBody().front().back()))
    return emitOpError() << "(C2) needs a body that ends with abacus.store";
  for (Operation &op : getBody().front())
    for (Value operand : op.getOperands())
      if (operand.getType().isF32() &&
          operand.getParentBlock() != op.getBlock())
        return op.emitOpError("(C1) uses a number that is no value of its "
                              "chain");
  return success();
}

LogicalResult LoadOp::verify() {
  auto repeat = static_cast<int64_t>(getRepeat());
  auto period = static_cast<int64_t>(getPeriod());
  if (repeat < 1)
    return emitOpError() << "(C1) needs to repeat at least once, got: "
                         << repeat;
  int64_t elements = getSource().getType().getNumElements();
  if (period < 1 || period > elements)
    return emitOpError() << "(C2) needs a period from 1 to the " << elements
                         << " elements of its source, got: " << period;
  return success();
}

} // namespace abacus
