//===- PIMDialect.cpp - The pim dialect -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Support/FunctionAttributes.h"
#include "garam/Target/DeviceTarget.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/PIM/IR/PIMDialect.cpp.inc"
#include "garam/Dialect/PIM/IR/PIMEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/PIM/IR/PIMAttributes.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/PIM/IR/PIMTypes.cpp.inc"

void ::garam::pim::PIMDialect::initialize() {
  // lib/Target/PIM has the compiler behind it.
  declarePromisedInterface<DeviceTargetAttrInterface, TargetAttr>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "garam/Dialect/PIM/IR/PIMAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "garam/Dialect/PIM/IR/PIMTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/PIM/IR/PIMOps.cpp.inc"
      >();
}

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Attributes of functions
//===----------------------------------------------------------------------===//

static bool isPlannedRegion(Attribute attr) {
  auto region = dyn_cast<DictionaryAttr>(attr);
  return region && isa_and_nonnull<StringAttr>(region.get("name")) &&
         isCount(region.get("offset")) && isCount(region.get("rank")) &&
         isCount(region.get("size"));
}

static bool isPlan(Attribute attr) {
  auto regions = dyn_cast<ArrayAttr>(attr);
  return regions && llvm::all_of(regions, isPlannedRegion);
}

LogicalResult PIMDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute named) {
  return verifyFunctionAttribute(
      op, named,
      {{MacsAttrHelper::getNameStr(), isCount, "a count of i64"},
       {WeightBytesAttrHelper::getNameStr(), isCount, "a count of i64"},
       {EstimateAttrHelper::getNameStr(), isDuration, "seconds as an f64"},
       {PlanAttrHelper::getNameStr(), isPlan,
        "a list of {name, offset, rank, size}"}});
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Attribute OperandAttr::parse(AsmParser &parser, Type) {
  StringRef name;
  llvm::SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&name))
    return {};
  std::optional<OperandClass> operandClass = findOperandClass(name);
  if (!operandClass) {
    parser.emitError(loc) << "'" << name << "' is not an operand";
    return {};
  }
  unsigned index = 0;
  if (succeeded(parser.parseOptionalLSquare()))
    if (parser.parseInteger(index) || parser.parseRSquare())
      return {};
  return get(parser.getContext(), *operandClass, index);
}

void OperandAttr::print(AsmPrinter &printer) const {
  printer << getName(getOperandClass());
  if (getIndex() != 0)
    printer << '[' << getIndex() << ']';
}

} // namespace garam::pim
