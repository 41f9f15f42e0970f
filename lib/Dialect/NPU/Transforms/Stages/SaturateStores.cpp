//===- SaturateStores.cpp - Finite numbers stay finite in memory ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SaturateStores.h"

#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {

/// Of the numbers that a type holds, the largest, which f32 holds too.
static float getLargest(FloatType type) {
  APFloat largest = APFloat::getLargest(type.getFloatSemantics());
  bool losesInfo;
  largest.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
  return largest.convertToFloat();
}

//===----------------------------------------------------------------------===//
// Magnitudes
//===----------------------------------------------------------------------===//

namespace {

/// How large a value is thought to be, next to the largest that is stored.
enum class Magnitude {
  Usual,  // as activations are
  Given,  // an argument, which may be a mask, and what is computed with it
  Large,  // as large at most: it or the sum of two can go beyond
  Beyond, // perhaps larger
};

/// Those of the values of a region's block.
class BlockMagnitudes {
public:
  explicit BlockMagnitudes(float largest) : largest(largest) {}

  void set(Value value, Magnitude magnitude) { known[value] = magnitude; }
  Magnitude get(Value value) const { return known.lookup(value); }
  void evaluate(Block &block) {
    for (Operation &op : block.without_terminator())
      if (op.getNumResults() == 1)
        known[op.getResult(0)] = evaluate(&op);
  }
  /// Of sums and products.
  static Magnitude compute(Magnitude operands) {
    return operands <= Magnitude::Given ? operands : Magnitude::Beyond;
  }
  Magnitude ofConstant(float value) const {
    float magnitude = std::fabs(value);
    if (!std::isfinite(value) || magnitude <= largest / 2)
      return Magnitude::Usual;
    return magnitude <= largest ? Magnitude::Large : Magnitude::Beyond;
  }

private:
  Magnitude getMost(ValueRange values) const {
    Magnitude most = Magnitude::Usual;
    for (Value value : values)
      most = std::max(most, get(value));
    return most;
  }
  /// A bound makes nothing larger.
  Magnitude getMostOfBounded(ValueRange values) const {
    Magnitude most = Magnitude::Usual;
    for (Value value : values)
      if (!value.getDefiningOp<arith::ConstantOp>())
        most = std::max(most, get(value));
    return most;
  }
  Magnitude evaluate(Operation *op) const;

  float largest;
  llvm::DenseMap<Value, Magnitude> known;
};

} // namespace

Magnitude BlockMagnitudes::evaluate(Operation *op) const {
  return TypeSwitch<Operation *, Magnitude>(op)
      .Case([&](arith::ConstantOp constant) {
        auto value = dyn_cast<FloatAttr>(constant.getValue());
        return value && value.getType().isF32()
                   ? ofConstant(value.getValue().convertToFloat())
                   : Magnitude::Usual;
      })
      .Case<arith::AddFOp, arith::SubFOp, arith::MulFOp, math::FmaOp>(
          [&](auto) { return compute(getMost(op->getOperands())); })
      .Case([&](arith::DivFOp div) { return compute(get(div.getLhs())); })
      .Case<arith::NegFOp, math::AbsFOp>(
          [&](auto) { return getMost(op->getOperands()); })
      .Case([&](arith::SelectOp select) {
        return std::max(get(select.getTrueValue()),
                        get(select.getFalseValue()));
      })
      .Case<arith::MaximumFOp, arith::MinimumFOp>(
          [&](auto) { return getMostOfBounded(op->getOperands()); })
      .Default([](Operation *) { return Magnitude::Usual; });
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The largest magnitude of finite elements; 0 where they are not f32.
static float getLargestElement(ElementsAttr elements) {
  float largest = 0;
  auto add = [&](float value) {
    if (std::isfinite(value))
      largest = std::max(largest, std::fabs(value));
  };
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    if (!dense.getElementType().isF32())
      return 0;
    if (dense.isSplat())
      add(dense.getSplatValue<float>());
    else
      for (float value : dense.getValues<float>())
        add(value);
  } else if (auto resource = dyn_cast<DenseF32ResourceElementsAttr>(elements)) {
    if (std::optional<ArrayRef<float>> values = resource.tryGetAsArrayRef())
      llvm::for_each(*values, add);
  }
  return largest;
}

bool exceedsRange(ConstantOp op, FloatType narrow) {
  return getLargestElement(op.getValue()) > getLargest(narrow);
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

namespace {

class Saturation {
public:
  Saturation(RewriterBase &rewriter, FloatType narrow,
             const DenseSet<Value> &demoted)
      : rewriter(rewriter), demoted(demoted), largest(getLargest(narrow)),
        narrow(narrow) {}

  void run(func::FuncOp func);

private:
  void visit(ContractOp op);
  void visit(VectorOp op);
  Magnitude getMagnitude(Value tensor) const { return tensors.lookup(tensor); }
  void store(OpOperand &yielded, Value result, Magnitude magnitude);

  RewriterBase &rewriter;
  const DenseSet<Value> &demoted;
  float largest;
  FloatType narrow;
  /// Those that are not as usual.
  llvm::DenseMap<Value, Magnitude> tensors;
};

} // namespace

/// Sums may go beyond when an operand does not. An epilogue cannot tell what is
/// infinite from what is beyond: both are clamped.
void Saturation::visit(ContractOp op) {
  Magnitude added =
      op.getResidual() ? getMagnitude(op.getResidual()) : Magnitude::Usual;
  bool isLarge = added != Magnitude::Usual ||
                 getMagnitude(op.getActivation()) > Magnitude::Given;
  if (!isLarge || !demoted.contains(op.getResult()))
    return;
  if (added > Magnitude::Given)
    tensors[op.getResult()] = Magnitude::Large;
  auto getBound = [](std::optional<APFloat> bound, float otherwise) {
    return bound ? bound->convertToFloat() : otherwise;
  };
  op.setClampLowAttr(rewriter.getF32FloatAttr(
      std::max(-largest, getBound(op.getClampLow(), -largest))));
  op.setClampHighAttr(rewriter.getF32FloatAttr(
      std::min(largest, getBound(op.getClampHigh(), largest))));
}

/// Clamps what may be beyond the largest number where it is stored as narrow,
/// but not what is infinite in f32.
void Saturation::store(OpOperand &yielded, Value result, Magnitude magnitude) {
  if (magnitude == Magnitude::Usual ||
      !isa<FloatType>(getElementTypeOrSelf(result)))
    return;
  // An argument that was clamped once is as usual: most are no masks.
  bool isNarrow = getElementTypeOrSelf(result) == narrow;
  if (magnitude == Magnitude::Given)
    tensors[result] = isNarrow ? Magnitude::Usual : Magnitude::Given;
  else
    tensors[result] = isNarrow ? Magnitude::Large : Magnitude::Beyond;
  if (!demoted.contains(result) || magnitude == Magnitude::Large)
    return;
  Operation *yield = yielded.getOwner();
  Location loc = yield->getLoc();
  rewriter.setInsertionPoint(yield);
  auto bound = [&](float value) -> Value {
    return arith::ConstantOp::create(rewriter, loc,
                                     rewriter.getF32FloatAttr(value));
  };
  Value above =
      arith::MaximumFOp::create(rewriter, loc, yielded.get(), bound(-largest));
  Value inside =
      arith::MinimumFOp::create(rewriter, loc, above, bound(largest));
  Value distance = math::AbsFOp::create(rewriter, loc, yielded.get());
  Value isInfinite =
      arith::CmpFOp::create(rewriter, loc, arith::CmpFPredicate::OEQ, distance,
                            bound(std::numeric_limits<float>::infinity()));
  Value stored =
      arith::SelectOp::create(rewriter, loc, isInfinite, yielded.get(), inside);
  rewriter.modifyOpInPlace(yield, [&] { yielded.set(stored); });
}

void Saturation::visit(VectorOp op) {
  BlockMagnitudes values(largest);
  Block &body = op.getBody().front();
  for (auto [tensor, argument] : llvm::zip(op.getInputs(), body.getArguments()))
    values.set(argument, getMagnitude(tensor));
  values.evaluate(body);
  Operation *yield = body.getTerminator();
  if (op.getNumReductions() != 0) {
    Block &finish = op.getFinish().front();
    for (auto [value, argument] :
         llvm::zip(yield->getOperands(), finish.getArguments()))
      values.set(argument, BlockMagnitudes::compute(values.get(value)));
    VectorSpec spec = VectorSpec::get(op);
    for (unsigned i = 0; i < spec.inputs.size(); ++i)
      if (spec.isInvariant(i))
        values.set(getFinishArgument(op, i),
                   getMagnitude(spec.inputs[i].tensor));
    values.evaluate(finish);
    yield = finish.getTerminator();
  }
  for (auto [operand, result] :
       llvm::zip(yield->getOpOperands(), op.getResults()))
    store(operand, result, values.get(operand.get()));
}

void Saturation::run(func::FuncOp func) {
  constexpr unsigned registerBits = 32;
  for (BlockArgument argument : func.getArguments())
    if (auto type = dyn_cast<FloatType>(getElementTypeOrSelf(argument));
        type && type.getWidth() >= registerBits)
      tensors[argument] = Magnitude::Given;
  for (Operation &op : func.front()) {
    if (auto contract = dyn_cast<ContractOp>(op)) {
      visit(contract);
    } else if (auto vector = dyn_cast<VectorOp>(op)) {
      visit(vector);
    } else if (auto constant = dyn_cast<ConstantOp>(op)) {
      if (getElementTypeOrSelf(constant.getResult()).isF32() &&
          exceedsRange(constant, narrow))
        tensors[constant.getResult()] = Magnitude::Beyond;
    } else if (isa<ReshapeOp, ViewOp, GatherOp, ConcatOp>(op)) {
      for (Value input : op.getOperands())
        if (Magnitude magnitude = getMagnitude(input);
            magnitude != Magnitude::Usual)
          tensors[op.getResult(0)] =
              std::max(magnitude, getMagnitude(op.getResult(0)));
    }
  }
}

void saturateStores(RewriterBase &rewriter, func::FuncOp func, FloatType narrow,
                    const DenseSet<Value> &demoted) {
  Saturation(rewriter, narrow, demoted).run(func);
}

} // namespace garam::npu
