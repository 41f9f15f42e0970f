//===- PIMKernelOps.cpp - Kernels on tensors ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/IR/PIM.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "garam/Dialect/PIM/IR/PIMOps.cpp.inc"

namespace garam::pim {

ElementsAttr getConstant(Value value) {
  ElementsAttr elements;
  if (value && matchPattern(value, m_Constant(&elements)))
    return elements;
  return nullptr;
}

/// Rows and ranks of any device, so that sums of them do not overflow.
static constexpr int64_t maxPlace = int64_t(1) << 30;

static LogicalResult checkPlaces(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<int64_t> places, int64_t least) {
  for (int64_t place : places)
    if (place < least || place > maxPlace)
      return emitError() << "a placement has numbers from " << least
                         << " to 2^30, got: " << place;
  return success();
}

LogicalResult
GemvPlacementAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                          int64_t rank, int64_t row, int64_t rows,
                          int64_t splits, int64_t slots) {
  return success(succeeded(checkPlaces(emitError, {rank, row, rows}, 0)) &&
                 succeeded(checkPlaces(emitError, {splits, slots}, 1)));
}

LogicalResult
ElementwisePlacementAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t rank, ArrayRef<int64_t> operands,
                                 int64_t result) {
  return success(succeeded(checkPlaces(emitError, {rank, result}, 0)) &&
                 succeeded(checkPlaces(emitError, operands, 0)));
}

LogicalResult GemvOp::verify() {
  if (!getConstant(getWeights()) || (getBias() && !getConstant(getBias())))
    return emitOpError("(C1) has weights and a bias that are constants");
  auto weights = getWeights().getType();
  SmallVector<int64_t> needed = {getInputs(), getOutputs()};
  if (getTransposed())
    std::swap(needed[0], needed[1]);
  if (weights.getShape() != ArrayRef<int64_t>(needed))
    return emitOpError("(C2) needs weights of shape ")
           << needed[0] << " x " << needed[1] << ", got: " << weights;
  if (getBias() && getBias().getType().getNumElements() != getOutputs())
    return emitOpError("(C3) needs a bias of ")
           << getOutputs() << " elements, got: " << getBias().getType();
  return success();
}

/// Each result is a dimension, none twice, or the constant 0.
static bool isProjection(AffineMap map) {
  llvm::SmallBitVector seen(map.getNumDims());
  return llvm::all_of(map.getResults(), [&](AffineExpr result) {
    if (auto constant = dyn_cast<AffineConstantExpr>(result))
      return constant.getValue() == 0;
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim || seen.test(dim.getPosition()))
      return false;
    seen.set(dim.getPosition());
    return true;
  });
}

LogicalResult ElementwiseOp::verify() {
  size_t needed = getKind() == ElementwiseKind::relu ? 1 : 2;
  if (getOperands().size() != needed)
    return emitOpError("(C1) needs ")
           << needed << " operands, got: " << getOperands().size();
  if (getMaps().size() != needed)
    return emitOpError("(C2) needs a map for each operand, got: ")
           << getMaps().size();
  for (auto [operand, attr] : llvm::zip_equal(getOperands(), getMaps())) {
    auto type = cast<RankedTensorType>(operand.getType());
    AffineMap map = cast<AffineMapAttr>(attr).getValue();
    if (static_cast<int64_t>(map.getNumDims()) != getType().getRank() ||
        static_cast<int64_t>(map.getNumResults()) != type.getRank() ||
        map.getNumSymbols() != 0 || !isProjection(map))
      return emitOpError("(C2) needs maps from the result's dimensions to the "
                         "operand's, got: ")
             << attr << " for " << type;
    for (auto [size, result] :
         llvm::zip_equal(type.getShape(), map.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      if (size != (dim ? getType().getDimSize(dim.getPosition()) : 1))
        return emitOpError("(C3) reads dimensions of other sizes: ")
               << type << " through " << attr << " for " << getType();
    }
  }
  return success();
}

} // namespace garam::pim
