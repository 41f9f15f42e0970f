//===- LogisticMatch.cpp - The logistic function in a region --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LogisticMatch.h"

#include "OnlyUse.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::npu {

LogisticMatches::LogisticMatches(Block &block) {
  for (auto quotient : block.getOps<arith::DivFOp>()) {
    auto sum = getOnlyUsed<arith::AddFOp>(quotient.getRhs());
    if (!sum || !matchPattern(quotient.getLhs(), m_OneFloat()))
      continue;
    bool isLeft = matchPattern(sum.getLhs(), m_OneFloat());
    if (!isLeft && !matchPattern(sum.getRhs(), m_OneFloat()))
      continue;
    auto power = getOnlyUsed<math::ExpOp>(isLeft ? sum.getRhs() : sum.getLhs());
    auto negative =
        power ? getOnlyUsed<arith::NegFOp>(power.getOperand()) : nullptr;
    if (!negative)
      continue;
    operands[quotient] = negative.getOperand();
    parts.insert({sum, power, negative});
  }
  for (auto constant : block.getOps<arith::ConstantOp>())
    if (!constant->use_empty() &&
        llvm::all_of(constant->getUsers(), [&](Operation *user) {
          return operands.contains(user) || parts.contains(user);
        }))
      parts.insert(constant);
}

} // namespace garam::npu
