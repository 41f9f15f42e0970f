//===- AnalogDialect.cpp - The analog dialect -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Support/FunctionAttributes.h"
#include "garam/Target/DeviceTarget.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/Analog/IR/AnalogDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Analog/IR/AnalogAttributes.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/Analog/IR/AnalogTypes.cpp.inc"

namespace garam::analog {

void AnalogDialect::initialize() {
  // lib/Target/Analog has the compiler behind it.
  declarePromisedInterface<DeviceTargetAttrInterface, TargetAttr>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "garam/Dialect/Analog/IR/AnalogAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "garam/Dialect/Analog/IR/AnalogTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/Analog/IR/AnalogOps.cpp.inc"
      >();
}

static bool isUnit(Attribute attr) { return isa<UnitAttr>(attr); }

LogicalResult AnalogDialect::verifyOperationAttribute(Operation *op,
                                                      NamedAttribute named) {
  return verifyFunctionAttribute(
      op, named,
      {{GuessedRangesAttrHelper::getNameStr(), isUnit, "a unit attribute"}});
}

LogicalResult DACAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              FloatAttr scale, int64_t low, int64_t high) {
  double value = scale.getValueAsDouble();
  if (!scale.getType().isF32() || !(value > 0) || std::isinf(value))
    return emitError() << "the scale of a DAC is a positive f32, got: "
                       << scale;
  constexpr int64_t limit = 127;
  if (low > high || low < -limit || high > limit)
    return emitError() << "codes of a DAC are from -127 to 127, got: " << low
                       << " to " << high;
  return success();
}

/// Of matrices and tiles: sums of places in them do not overflow.
static LogicalResult verifySizes(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t rows, int64_t columns) {
  if (rows < 1 || columns < 1 || rows > maxIndices || columns > maxIndices)
    return emitError() << "has 1 to " << maxIndices
                       << " rows and columns, got: " << rows << " x "
                       << columns;
  return success();
}

LogicalResult MatrixType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t rows, int64_t columns) {
  return verifySizes(emitError, rows, columns);
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t rows, int64_t columns) {
  return verifySizes(emitError, rows, columns);
}

} // namespace garam::analog
