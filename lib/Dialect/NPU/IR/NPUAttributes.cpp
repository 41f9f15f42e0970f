//===- NPUAttributes.cpp - Verification of attributes ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Messages carry the number of the constraint in the attribute's description.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace garam::npu {

static bool isFloat(CombinerKind kind) {
  switch (kind) {
  case CombinerKind::addf:
  case CombinerKind::mulf:
  case CombinerKind::maxf:
  case CombinerKind::minf:
    return true;
  case CombinerKind::addi:
  case CombinerKind::muli:
  case CombinerKind::maxi:
  case CombinerKind::mini:
  case CombinerKind::andi:
  case CombinerKind::ori:
    return false;
  }
  return false;
}

LogicalResult CombinerAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   CombinerKind kind, TypedAttr initial) {
  bool isRight =
      isFloat(kind)
          ? isa<FloatAttr>(initial) && initial.getType().isF32()
          : isa<IntegerAttr>(initial) && initial.getType().isInteger(32);
  if (!isRight)
    return emitError() << "the initial value of '"
                       << stringifyCombinerKind(kind) << "' is of type "
                       << (isFloat(kind) ? "f32" : "i32")
                       << ", got: " << initial;
  return success();
}

LogicalResult
RequantizationAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                           int32_t low, int32_t high, FloatAttr scale) {
  if (low > high)
    return emitError() << "(C1) bounds are in order, got: " << low << " to "
                       << high;
  if (!scale.getType().isF32())
    return emitError() << "(C2) the scale is of type f32, got: " << scale;
  if (!scale.getValue().isFinite() || !(scale.getValueAsDouble() > 0))
    return emitError() << "(C3) the scale is finite and more than 0, got: "
                       << scale;
  return success();
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<DenseI64ArrayAttr> layouts,
                                   DenseI64ArrayAttr split,
                                   DenseI64ArrayAttr grain,
                                   DenseI64ArrayAttr tile, int64_t firstCore,
                                   ArrayRef<HomeKind>) {
  for (DenseI64ArrayAttr layout : layouts)
    if (!isPermutationVector(layout.asArrayRef()))
      return emitError() << "(C1) a layout is a permutation of dimensions, "
                            "got: ["
                         << layout.asArrayRef() << "]";
  if (firstCore < 0)
    return emitError() << "(C4) first_core is at least 0, got: " << firstCore;
  if (!split && !grain && !tile)
    return success();
  if (!split || !grain || !tile || split.size() != grain.size() ||
      split.size() != tile.size())
    return emitError() << "(C2) split, grain and tile stand together and have "
                          "one entry a loop";
  for (DenseI64ArrayAttr counts : {split, grain, tile})
    for (int64_t count : counts.asArrayRef())
      if (count < 1)
        return emitError() << "(C3) entries of split, grain and tile are at "
                              "least 1, got: "
                           << count;
  return success();
}

LogicalResult SliceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                int64_t group, int64_t number, int64_t count,
                                bool) {
  if (group < 0 || number < 0 || number >= count)
    return emitError() << "(C1) a group is at least 0 and a slice one of its "
                          "count, got: slice "
                       << number << " of " << count << " of group " << group;
  return success();
}

} // namespace garam::npu
