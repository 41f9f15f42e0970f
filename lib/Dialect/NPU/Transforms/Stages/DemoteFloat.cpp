//===- DemoteFloat.cpp - Keeps float tensors in memory as bf16 or f16 -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SaturateStores.h"

#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace garam {
#define GEN_PASS_DEF_NPUDEMOTEFLOAT
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::npu;

namespace {

struct NPUDemoteFloat : garam::impl::NPUDemoteFloatBase<NPUDemoteFloat> {
  using NPUDemoteFloatBase::NPUDemoteFloatBase;
  void runOnOperation() override;
};

class Demotion {
public:
  Demotion(IRRewriter &rewriter, FloatType narrow)
      : rewriter(rewriter), narrow(narrow) {}

  void run(func::FuncOp func);

private:
  bool staysWide(Value value);
  void demote(Operation *op);
  void demoteConstant(ConstantOp op);
  void keepFinite(VectorOp op);
  void convertOperand(OpOperand &operand, Type type);
  void convertOperands(Operation *op);

  IRRewriter &rewriter;
  FloatType narrow;
  DenseMap<Value, bool> wide;
  /// Results that are narrow here and f32 in the model.
  DenseSet<Value> demoted;
  DenseMap<std::pair<Value, Type>, Value> converted;
};

} // namespace

static bool isF32(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

static void setElementType(Value value, Type type) {
  value.setType(cast<RankedTensorType>(value.getType()).clone(type));
}

static int64_t countElements(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

/// True for sums, maxima and the like that a vector stage reads more than once
/// an element: they are small, and rounding them would move everything that
/// they normalise, and make a maximum differ from what it is the maximum of.
static bool isStatistic(Value value) {
  auto op = value.getDefiningOp<VectorOp>();
  if (!op || op.getNumReductions() == 0)
    return false;
  int64_t count = cast<RankedTensorType>(value.getType()).getNumElements();
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto reader = dyn_cast<VectorOp>(user);
    return reader && countElements(reader.getSizes()) > count;
  });
}

/// True for a sum of products that is divided by something computed as soon as
/// it is read. It may be larger than any quotient: of f16, too large.
static bool isNumerator(Value value) {
  if (!value.getDefiningOp<ContractOp>() || !value.hasOneUse())
    return false;
  OpOperand &use = *value.use_begin();
  auto reader = dyn_cast<VectorOp>(use.getOwner());
  if (!reader)
    return false;
  BlockArgument element = reader.getBody().getArgument(use.getOperandNumber());
  return element.hasOneUse() &&
         llvm::all_of(element.getUsers(), [&](Operation *user) {
           auto quotient = dyn_cast<arith::DivFOp>(user);
           return quotient && quotient.getLhs() == element &&
                  !matchPattern(quotient.getRhs(), m_Constant());
         });
}

/// True when nobody but the function's caller reads `value`.
bool Demotion::staysWide(Value value) {
  auto known = wide.find(value);
  if (known != wide.end())
    return known->second;
  bool result = !value.use_empty();
  for (Operation *user : value.getUsers())
    result &=
        isa<func::ReturnOp>(user) || (isa<ReshapeOp, ViewOp, ConcatOp>(user) &&
                                      staysWide(user->getResult(0)));
  return wide[value] = result;
}

/// A stage that stores `value` as `type`, right behind its definition.
static Value createConversion(IRRewriter &rewriter, Value value, Type type) {
  auto tensor = cast<RankedTensorType>(value.getType());
  VectorSpec spec;
  spec.sizes.assign(tensor.getShape().begin(), tensor.getShape().end());
  AffineMap identity = rewriter.getMultiDimIdentityMap(tensor.getRank());
  VectorInput &input = spec.inputs.emplace_back();
  input.tensor = value;
  input.map = identity;
  input.padding.assign(tensor.getRank(), false);
  spec.outputs.push_back({tensor.clone(type), identity, false});
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointAfterValue(value);
  VectorOp op = createVector(rewriter, value.getLoc(), spec);
  rewriter.setInsertionPointToEnd(&op.getBody().front());
  YieldOp::create(rewriter, value.getLoc(), op.getBody().getArgument(0));
  return op.getResult(0);
}

void Demotion::convertOperand(OpOperand &operand, Type type) {
  Value value = operand.get();
  if (cast<RankedTensorType>(value.getType()).getElementType() == type)
    return;
  // A conversion carries its reader's nodes: an argument has none.
  Value &conversion = converted[{value, type}];
  if (!conversion) {
    conversion = createConversion(rewriter, value, type);
    if (isa<BlockArgument>(value))
      conversion.getDefiningOp()->setLoc(operand.getOwner()->getLoc());
  }
  operand.set(conversion);
}

/// Vectors such as scales have one dimension with more than one element.
static bool isVector(RankedTensorType type) {
  return llvm::count_if(type.getShape(),
                        [](int64_t size) { return size != 1; }) <= 1;
}

/// Weights of contractions and large constants become narrow; biases, scales
/// and other vectors stay, and what vector stages read of numbers that only f32
/// holds, such as masks. A constant that is used both ways is written twice.
void Demotion::demoteConstant(ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  SmallVector<OpOperand *> narrowUses;
  std::optional<bool> exceeds;
  auto holdsMask = [&] {
    if (!exceeds)
      exceeds = exceedsRange(op, narrow);
    return *exceeds;
  };
  for (OpOperand &use : op.getResult().getUses()) {
    Operation *user = use.getOwner();
    if (auto contract = dyn_cast<ContractOp>(user)) {
      if (use.get() == contract.getActivation() ||
          use.get() == contract.getWeight())
        narrowUses.push_back(&use);
    } else if (isa<VectorOp>(user)) {
      if (!isVector(type) && !holdsMask())
        narrowUses.push_back(&use);
    } else if (!isa<func::ReturnOp>(user) && !staysWide(user->getResult(0))) {
      narrowUses.push_back(&use);
    }
  }
  if (narrowUses.empty())
    return;
  if (llvm::range_size(op.getResult().getUses()) == narrowUses.size()) {
    setElementType(op.getResult(), narrow);
    return;
  }
  rewriter.setInsertionPoint(op);
  Value copy = ConstantOp::create(rewriter, op.getLoc(), type.clone(narrow),
                                  op.getValue());
  for (OpOperand *use : narrowUses)
    use->set(copy);
}

void Demotion::convertOperands(Operation *op) {
  if (auto contract = dyn_cast<ContractOp>(op)) {
    for (OpOperand *operand :
         {&contract.getActivationMutable(), &contract.getWeightMutable()})
      if (isF32(operand->get()))
        convertOperand(*operand, narrow);
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    Type type =
        cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
    if (isa<FloatType>(type))
      for (OpOperand &operand : concat.getInputsMutable())
        convertOperand(operand, type);
  } else if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    setElementType(reshape.getResult(),
                   getElementTypeOrSelf(reshape.getInput()));
  } else if (auto view = dyn_cast<ViewOp>(op)) {
    setElementType(view.getResult(), getElementTypeOrSelf(view.getInput()));
  } else if (auto gather = dyn_cast<GatherOp>(op)) {
    setElementType(gather.getResult(), getElementTypeOrSelf(gather.getInput()));
  } else if (auto ret = dyn_cast<func::ReturnOp>(op)) {
    auto func = ret->getParentOfType<func::FuncOp>();
    for (OpOperand &operand : ret->getOpOperands())
      convertOperand(operand,
                     getElementTypeOrSelf(
                         func.getResultTypes()[operand.getOperandNumber()]));
  }
}

void Demotion::demote(Operation *op) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    if (isF32(constant.getResult()))
      demoteConstant(constant);
    return;
  }
  for (Value result : op->getResults())
    if (isF32(result) && !staysWide(result) && !isStatistic(result) &&
        !(narrow.isF16() && isNumerator(result))) {
      setElementType(result, narrow);
      demoted.insert(result);
    }
}

/// Next to the largest f32 are numbers that stand for the largest of the type,
/// as masks that are added before a softmax: what is stored of them must not be
/// infinite, or rows that are masked as a whole become NaN. They become the
/// largest number of what is stored, in all stages: the maximum of a row is
/// computed in f32, and subtracted from the same numbers in another one.
void Demotion::keepFinite(VectorOp op) {
  const llvm::fltSemantics &wide = APFloat::IEEEsingle();
  auto getLargest = [&](const llvm::fltSemantics &semantics, bool isNegative) {
    APFloat largest = APFloat::getLargest(semantics, isNegative);
    bool losesInfo;
    largest.convert(wide, APFloat::rmNearestTiesToEven, &losesInfo);
    return largest;
  };
  op.walk([&](arith::ConstantOp constant) {
    auto value = dyn_cast<FloatAttr>(constant.getValue());
    if (!value || !value.getType().isF32() || !value.getValue().isFinite())
      return;
    bool isNegative = value.getValue().isNegative();
    if (abs(value.getValue()) <= getLargest(APFloat::BFloat(), false))
      return;
    const auto &stored = narrow.getFloatSemantics();
    constant.setValueAttr(
        FloatAttr::get(value.getType(), getLargest(stored, isNegative)));
  });
}

void Demotion::run(func::FuncOp func) {
  SmallVector<Operation *> operations;
  for (Operation &op : func.getBody().front())
    operations.push_back(&op);
  // Reads of narrower results agree by themselves, but for those that want one
  // type.
  for (Operation *op : operations)
    demote(op);
  for (Operation *op : operations)
    convertOperands(op);
  for (Operation *op : operations)
    if (auto vector = dyn_cast<VectorOp>(op))
      keepFinite(vector);
  saturateStores(rewriter, func, narrow, demoted);
}

void NPUDemoteFloat::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal() || type == "f32")
    return;
  if (type != "bf16" && type != "f16") {
    func.emitError() << "float type '" << type
                     << "' is not one of bf16, f16 and f32";
    return signalPassFailure();
  }
  IRRewriter rewriter(&getContext());
  FloatType narrow = type == "f16" ? FloatType(rewriter.getF16Type())
                                   : FloatType(rewriter.getBF16Type());
  Demotion(rewriter, narrow).run(func);
}
