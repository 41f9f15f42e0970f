//===- ExpandTopK.cpp - Selections by ranks or as loops -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {
#define GEN_PASS_DEF_NPUEXPANDTOPK
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam;

/// Comparisons of all pairs of elements of a row, of all rows. (As a float, for
/// the product may be greater than 64 bits hold.)
static double countComparisons(const ext::Selection &rows) {
  RankedTensorType type = rows.getType();
  return double(type.getNumElements()) * double(type.getDimSize(rows.axis));
}

namespace {

struct NPUExpandTopK : garam::impl::NPUExpandTopKBase<NPUExpandTopK> {
  using NPUExpandTopKBase::NPUExpandTopKBase;

  void runOnOperation() override {
    SmallVector<ext::TopKOp> ops;
    getOperation().walk([&](ext::TopKOp op) { ops.push_back(op); });
    for (ext::TopKOp op : ops) {
      ImplicitLocOpBuilder b(op.getLoc(), op);
      ext::Selection rows = ext::getSelection(op);
      bool isByRanks = countComparisons(rows) <=
                       double(comparisonsPerStep) * double(rows.count);
      ext::Selected selected =
          isByRanks ? ext::selectByRanks(b, rows) : ext::selectByLoop(b, rows);
      op.replaceAllUsesWith(ValueRange{selected.values, selected.positions});
      op.erase();
    }
  }
};

} // namespace
