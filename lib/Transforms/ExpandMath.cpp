//===- ExpandMath.cpp - Expands functions to arithmetic -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_EXPANDMATH
#include "garam/Transforms/Passes.h.inc"

/// The approximations of the others are off by more than a few units in the
/// last place for some arguments, as that of the logarithm for subnormal ones;
/// libm computes those.
static bool isApproximated(StringRef name) {
  return name == math::ErfOp::getOperationName() ||
         name == math::ExpOp::getOperationName() ||
         name == math::TanhOp::getOperationName();
}

namespace {

struct ExpandMath : impl::ExpandMathBase<ExpandMath> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateMathPolynomialApproximationPatterns(set, isApproximated);
    arith::populateExpandBFloat16Patterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace garam
