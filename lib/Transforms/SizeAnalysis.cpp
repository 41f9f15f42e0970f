//===- SizeAnalysis.cpp - Sizes of tensors by symbols ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/SizeAnalysis.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

SizeAnalysis::SizeAnalysis(func::FuncOp function, Unequal unequal)
    : context(function.getContext()), function(function), unequal(unequal) {
  for (BlockArgument argument : function.getArguments())
    if (auto attr = function.getArgAttrOfType<ArrayAttr>(
            argument.getArgNumber(), symbolsAttrName)) {
      symbols = readSymbols(attr);
      values = argument;
      conditions = readConditions(function.getArgAttrOfType<ArrayAttr>(
          argument.getArgNumber(), conditionsAttrName));
    }
  for (const SizeCondition &condition : conditions)
    equalities.add(condition.left, condition.right);
}

LogicalResult SizeAnalysis::refuse(Operation &op, const Twine &reason,
                                   StringRef hint) {
  return emitRefusal({&op, reason, hint});
}

AffineExpr SizeAnalysis::getConstant(int64_t value) const {
  return getAffineConstantExpr(value, context);
}

AffineExpr SizeAnalysis::getProduct(ArrayRef<AffineExpr> sizes) const {
  AffineExpr product = getConstant(1);
  for (AffineExpr size : sizes)
    product = product * size;
  return normalizeSize(product);
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

AffineExpr SizeAnalysis::getExpr(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return getConstant(*constant);
  return getExpr(cast<Value>(size));
}

AffineExpr SizeAnalysis::getExpr(Value index) {
  auto known = exprs.find(index);
  if (known != exprs.end())
    return known->second;
  AffineExpr expr = computeExpr(index);
  if (expr)
    expr = normalizeSize(expr);
  exprs[index] = expr;
  return expr;
}

AffineExpr SizeAnalysis::computeExpr(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return getConstant(*constant);
  Operation *op = index.getDefiningOp();
  if (!op)
    return {};
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> number = dim.getConstantIndex();
    return number ? getSizes(dim.getSource())[*number] : AffineExpr();
  }
  if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
    if (read.getTensor() == values && read.getIndices().size() == 1)
      if (std::optional<int64_t> number =
              getConstantIntValue(read.getIndices()[0]))
        return getAffineSymbolExpr(*number, context);
    return {};
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return computeMap(apply.getAffineMap(), apply.getMapOperands()).front();
  if (auto least = dyn_cast<affine::AffineMinOp>(op))
    return findLeast(computeMap(least.getAffineMap(), least.getOperands()));
  return computeExpr(op);
}

/// The results of a map, null where an operand is no expression.
SmallVector<AffineExpr> SizeAnalysis::computeMap(AffineMap map,
                                                 ValueRange operands) {
  SmallVector<AffineExpr> values;
  for (Value operand : operands) {
    values.push_back(getExpr(operand));
    if (!values.back())
      return SmallVector<AffineExpr>(map.getNumResults());
  }
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr result) {
    return result.replaceDimsAndSymbols(
        ArrayRef(values).take_front(map.getNumDims()),
        ArrayRef(values).drop_front(map.getNumDims()));
  });
}

/// The one of `sizes` that is at most each of the others wherever the symbols
/// are in their ranges; null when none is known to be.
AffineExpr SizeAnalysis::findLeast(ArrayRef<AffineExpr> sizes) {
  if (llvm::is_contained(sizes, AffineExpr()))
    return {};
  for (AffineExpr size : sizes) {
    int64_t most = getSizeRange(size, symbols).second;
    bool isLeast = llvm::all_of(sizes, [&](AffineExpr other) {
      return other == size || most <= getSizeRange(other, symbols).first;
    });
    if (isLeast)
      return size;
  }
  return {};
}

/// Of arithmetic. Quotients are those of sizes, which are not negative.
AffineExpr SizeAnalysis::computeExpr(Operation *op) {
  if (isa<arith::IndexCastOp>(op))
    return getExpr(op->getOperand(0));
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::DivUIOp,
           arith::DivSIOp, arith::FloorDivSIOp, arith::CeilDivUIOp,
           arith::CeilDivSIOp, arith::MaxSIOp, arith::MinSIOp>(op))
    return {};
  AffineExpr left = getExpr(op->getOperand(0)),
             right = getExpr(op->getOperand(1));
  if (!left || !right)
    return {};
  if (isa<arith::AddIOp>(op))
    return left + right;
  if (isa<arith::SubIOp>(op))
    return left - right;
  if (isa<arith::MulIOp>(op))
    return left * right;
  auto [leastLeft, mostLeft] = getSizeRange(left, symbols);
  auto [leastRight, mostRight] = getSizeRange(right, symbols);
  if (isa<arith::MaxSIOp, arith::MinSIOp>(op)) {
    if (mostLeft <= leastRight)
      return isa<arith::MinSIOp>(op) ? left : right;
    if (mostRight <= leastLeft)
      return isa<arith::MinSIOp>(op) ? right : left;
    return {};
  }
  if (leastLeft < 0 || leastRight <= 0)
    return {};
  return isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op) ? left.ceilDiv(right)
                                                         : left.floorDiv(right);
}

Value SizeAnalysis::makeIndex(OpBuilder &builder, Location loc,
                              AffineExpr size) {
  SmallVector<OpFoldResult> operands;
  for (unsigned number = 0; number < symbols.size(); ++number) {
    Value at = arith::ConstantIndexOp::create(builder, loc, number);
    Value value =
        tensor::ExtractOp::create(builder, loc, values, ValueRange(at));
    Value index =
        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), value);
    // It is in its range, which is what buffers inside of kernels are made by.
    AffineExpr self = builder.getAffineSymbolExpr(0);
    operands.push_back(
        affine::AffineMinOp::create(
            builder, loc,
            AffineMap::get(0, 1, {getConstant(symbols[number].most), self},
                           context),
            index)
            .getResult());
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return cast<Value>(operands[symbol.getPosition()]);
  return getValueOrCreateConstantIndexOp(
      builder, loc,
      affine::makeComposedFoldedAffineApply(
          builder, loc, AffineMap::get(0, symbols.size(), size), operands));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

SmallVector<AffineExpr> SizeAnalysis::getSizes(Value tensor) const {
  auto type = cast<RankedTensorType>(tensor.getType());
  auto known = sizes.find(tensor);
  if (known != sizes.end())
    return known->second;
  Sizes result;
  for (int64_t size : type.getShape())
    result.push_back(ShapedType::isDynamic(size) ? AffineExpr()
                                                 : getConstant(size));
  return result;
}

RankedTensorType SizeAnalysis::getLargestType(Value tensor) const {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape;
  // More bytes than a program can address have none.
  constexpr int64_t mostElements = int64_t(1) << 48;
  int64_t elements = 1;
  for (AffineExpr size : getSizes(tensor)) {
    if (!size)
      return {};
    auto [least, most] = getSizeRange(size, symbols);
    if (least < 0 || llvm::MulOverflow(elements, most, elements) ||
        elements > mostElements)
      return {};
    shape.push_back(most);
  }
  return type.clone(shape);
}

SmallVector<int64_t>
SizeAnalysis::getMostIterations(linalg::LinalgOp op) const {
  SmallVector<int64_t> most = op.getStaticLoopRanges();
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    RankedTensorType type = getLargestType(operand.get());
    for (auto [dim, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr); loop && type)
        most[loop.getPosition()] = type.getDimSize(dim);
  }
  return most;
}

/// Sizes of a type, with those that are dynamic.
std::optional<SmallVector<AffineExpr>>
SizeAnalysis::complete(RankedTensorType type, ValueRange dynamicSizes) {
  Sizes result;
  for (int64_t size : type.getShape()) {
    if (!ShapedType::isDynamic(size)) {
      result.push_back(getConstant(size));
      continue;
    }
    result.push_back(getExpr(dynamicSizes.front()));
    dynamicSizes = dynamicSizes.drop_front();
    if (!result.back())
      return std::nullopt;
  }
  return result;
}

SmallVector<AffineExpr>
SizeAnalysis::deriveCollapse(tensor::CollapseShapeOp op) {
  Sizes source = getSizes(op.getSrc()), result;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    Sizes parts;
    for (int64_t dim : group)
      parts.push_back(source[dim]);
    result.push_back(getProduct(parts));
  }
  return result;
}

std::optional<SmallVector<AffineExpr>>
SizeAnalysis::deriveReshape(tensor::ReshapeOp op) {
  auto shape = op.getShape().getDefiningOp<tensor::FromElementsOp>();
  if (!shape)
    return std::nullopt;
  Sizes result;
  for (Value element : shape.getElements()) {
    result.push_back(getExpr(element));
    if (!result.back())
      return std::nullopt;
  }
  return result;
}

static SmallVector<Value> getDynamic(ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> dynamic;
  for (OpFoldResult size : sizes)
    if (auto value = dyn_cast<Value>(size))
      dynamic.push_back(value);
  return dynamic;
}

/// The sizes of a result of a dynamic type, if they follow.
std::optional<SmallVector<AffineExpr>> SizeAnalysis::derive(Operation &op,
                                                            OpResult result) {
  auto type = cast<RankedTensorType>(result.getType());
  using Derived = std::optional<Sizes>;
  return llvm::TypeSwitch<Operation *, Derived>(&op)
      .Case([&](ext::TakeFrontOp front) {
        return complete(type, front.getSizes());
      })
      .Case([&](tensor::EmptyOp empty) {
        return complete(type, empty.getDynamicSizes());
      })
      .Case([&](tensor::ExtractSliceOp slice) {
        return complete(type, slice.getSizes());
      })
      .Case([&](tensor::ExpandShapeOp expansion) {
        return complete(type, getDynamic(expansion.getMixedOutputShape()));
      })
      .Case([&](tensor::CollapseShapeOp collapse) -> Derived {
        return deriveCollapse(collapse);
      })
      .Case([&](tensor::ReshapeOp reshape) { return deriveReshape(reshape); })
      .Case([&](tensor::ConcatOp concat) -> Derived {
        Sizes sum = getSizes(concat.getInputs().front());
        for (Value input : concat.getInputs().drop_front())
          sum[concat.getDim()] = normalizeSize(
              sum[concat.getDim()] + getSizes(input)[concat.getDim()]);
        return sum;
      })
      .Case([&](tensor::PadOp pad) -> Derived {
        Sizes padded = getSizes(pad.getSource());
        for (auto [size, low, high] : llvm::zip_equal(
                 padded, pad.getMixedLowPad(), pad.getMixedHighPad())) {
          AffineExpr before = getExpr(low), behind = getExpr(high);
          if (!before || !behind)
            return std::nullopt;
          size = normalizeSize(size + before + behind);
        }
        return padded;
      })
      .Case([&](ext::GatherOp gather) -> Derived {
        Sizes gathered = getSizes(gather.getInput());
        Sizes inner = getSizes(gather.getIndices());
        gathered.erase(gathered.begin() + gather.getAxis());
        gathered.insert(gathered.begin() + gather.getAxis(), inner.begin(),
                        inner.end());
        return gathered;
      })
      .Case<ext::QuantizeOp, ext::DequantizeOp>(
          [&](auto same) -> Derived { return getSizes(same.getInput()); })
      .Case([&](tensor::CastOp cast) -> Derived {
        return getSizes(cast.getSource());
      })
      .Case([&](tensor::InsertOp insert) -> Derived {
        return getSizes(insert.getDest());
      })
      .Case([&](arith::SelectOp select) -> Derived {
        return getSizes(select.getTrueValue());
      })
      .Case([&](scf::ForOp loop) -> Derived {
        return getSizes(loop.getInitArgs()[result.getResultNumber()]);
      })
      .Case([&](bufferization::MaterializeInDestinationOp store) -> Derived {
        return getSizes(store.getDest());
      })
      .Case([&](DestinationStyleOpInterface inner) -> Derived {
        return getSizes(inner.getTiedOpOperand(result)->get());
      })
      .Default([&](Operation *) { return std::nullopt; });
}

//===----------------------------------------------------------------------===//
// Agreement
//===----------------------------------------------------------------------===//

/// A window reads within the tensor wherever the symbols are in their ranges.
LogicalResult SizeAnalysis::checkWindow(Operation &op, AffineExpr position,
                                        AffineExpr size,
                                        ArrayRef<AffineExpr> loops) {
  // Of the loops' last iterations, which sums with positive factors are
  // greatest for.
  SmallVector<int64_t> factors;
  Sizes last;
  bool isPositive =
      succeeded(getFlattenedAffineExpr(position, loops.size(),
                                       /*numSymbols=*/0, &factors)) &&
      factors.size() == loops.size() + 1 &&
      llvm::all_of(factors, [](int64_t factor) { return factor >= 0; });
  for (AffineExpr loop : loops)
    last.push_back(loop ? loop - 1 : getConstant(0));
  for (auto [loop, factor] : llvm::zip(loops, factors))
    isPositive &= factor == 0 || loop;
  if (!isPositive)
    return refuse(op, "a window over a dimension whose size, " +
                          describeSize(size, symbols) + ", shows at run time");
  for (auto [loop, factor] : llvm::zip(loops, factors))
    if (factor != 0 && getSizeRange(loop, symbols).first < 1)
      return refuse(op,
                    "a window over a dimension whose size may be less "
                    "than it has: of " +
                        describeSize(loop, symbols) + " results",
                    "give the dimension a higher lower bound with --dim "
                    "NAME=LEAST..MOST");
  AffineExpr unread = normalizeSize(size - 1 - position.replaceDims(last));
  if (getSizeRange(unread, symbols).first >= 0)
    return success();
  return refuse(op, "a window that may reach beyond a dimension whose size, " +
                        describeSize(size, symbols) + ", shows at run time");
}

/// Every tensor has as many elements along a loop as the others, and those that
/// windows read.
LogicalResult SizeAnalysis::checkLoops(linalg::LinalgOp op) {
  SmallVector<AffineExpr> loops(op.getNumLoops());
  SmallVector<std::pair<AffineExpr, AffineExpr>> windows;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    Sizes known = getSizes(operand.get());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      bool isFixed = isa<AffineConstantExpr>(known[dim]);
      if (!loop && !isFixed && !isa<AffineConstantExpr>(expr))
        windows.emplace_back(expr, known[dim]);
      if (!loop)
        continue;
      AffineExpr &size = loops[loop.getPosition()];
      if (size && failed(compare(*op, {size}, {known[dim]})))
        return failure();
      size = known[dim];
    }
  }
  for (auto [position, size] : windows)
    if (failed(checkWindow(*op, position, size, loops)))
      return failure();
  return success();
}

/// Whether two sizes are equal by the conditions, or by one that is added.
bool SizeAnalysis::assumeEqual(Operation &op, AffineExpr left,
                               AffineExpr right) {
  if (!left || !right)
    return false;
  if (equalities.areEqual(left, right))
    return true;
  auto [least, most] = getSizeRange(normalizeSize(left - right), symbols);
  if (unequal == Unequal::Refuse || least > 0 || most < 0 ||
      !equalities.add(left, right))
    return false;
  SmallVector<StringRef> nodes = getResultNodeIds(op.getLoc());
  conditions.push_back(
      {left, right,
       (nodes.empty() ? op.getName().getStringRef() : nodes.front()).str()});
  return true;
}

LogicalResult SizeAnalysis::compare(Operation &op, ArrayRef<AffineExpr> first,
                                    ArrayRef<AffineExpr> second) {
  for (auto [left, right] : llvm::zip_equal(first, second))
    if (left != right && !assumeEqual(op, left, right))
      return refuse(op, "sizes " + describeSize(left, symbols) + " and " +
                            describeSize(right, symbols) +
                            " must be equal and need not be");
  return success();
}

/// What is joined has equal sizes in the other dimensions.
LogicalResult SizeAnalysis::checkConcat(tensor::ConcatOp op) {
  auto getOthers = [&](Value input) {
    Sizes others = getSizes(input);
    others.erase(others.begin() + op.getDim());
    return others;
  };
  Sizes first = getOthers(op.getInputs().front());
  for (Value input : op.getInputs().drop_front())
    if (failed(compare(*op, first, getOthers(input))))
      return failure();
  return success();
}

LogicalResult SizeAnalysis::check(Operation &op) {
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return checkLoops(structured);
  if (auto cast = dyn_cast<tensor::CastOp>(op);
      cast && isa<RankedTensorType>(cast.getSource().getType()) &&
      isa<RankedTensorType>(cast.getType())) {
    Sizes source = getSizes(cast.getSource());
    auto type = mlir::cast<RankedTensorType>(cast.getType());
    for (auto [size, known] : llvm::zip_equal(type.getShape(), source))
      if (!ShapedType::isDynamic(size) &&
          failed(compare(op, {known}, {getConstant(size)})))
        return failure();
    return success();
  }
  if (isa<tensor::ReshapeOp, tensor::ExpandShapeOp>(op))
    return compare(op, {getProduct(getSizes(op.getOperand(0)))},
                   {getProduct(getSizes(op.getResult(0)))});
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return checkConcat(concat);
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    Sizes source = getSizes(insert.getSource());
    if (insert.getSourceType().getRank() != insert.getType().getRank())
      return success();
    for (auto [size, known] : llvm::zip_equal(insert.getMixedSizes(), source))
      if (failed(compare(op, {getExpr(size)}, {known})))
        return failure();
  }
  return success();
}

/// Whether `position` is a step of the loop, from the first one or the last.
static bool isStep(scf::ForOp loop, OpFoldResult position) {
  auto value = dyn_cast<Value>(position);
  if (auto difference = value ? value.getDefiningOp<arith::SubIOp>() : nullptr)
    value = difference.getRhs();
  return value == loop.getInductionVar();
}

/// What a loop goes over has an element for each step: what is scanned beside
/// another tensor is as long as that.
LogicalResult SizeAnalysis::checkSteps(scf::ForOp loop,
                                       tensor::ExtractSliceOp slice) {
  AffineExpr steps = getExpr(loop.getUpperBound());
  for (auto [position, size] :
       llvm::zip_equal(slice.getMixedOffsets(), getSizes(slice.getSource())))
    if (steps && isStep(loop, position) &&
        failed(compare(*slice, {steps}, {size})))
      return failure();
  return success();
}

/// What goes from step to step keeps its sizes.
LogicalResult SizeAnalysis::visitBody(scf::ForOp loop) {
  for (auto [state, init] :
       llvm::zip_equal(loop.getRegionIterArgs(), loop.getInitArgs()))
    if (isa<RankedTensorType>(init.getType()))
      sizes[state] = getSizes(init);
  bool isKnown = true;
  for (Operation &op : loop.getBody()->without_terminator()) {
    isKnown &= succeeded(visit(op));
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op); slice && isKnown)
      isKnown &= succeeded(checkSteps(loop, slice));
  }
  for (auto [init, next] :
       llvm::zip_equal(loop.getInitArgs(), loop.getYieldedValues()))
    if (isKnown && isa<RankedTensorType>(init.getType()))
      isKnown &= succeeded(compare(*loop, getSizes(init), getSizes(next)));
  return success(isKnown);
}

LogicalResult SizeAnalysis::visit(Operation &op) {
  bool isDynamic = false;
  auto isOfRunTime = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && !tensor.hasStaticShape();
  };
  for (OpResult result : op.getResults()) {
    if (!isOfRunTime(result.getType()))
      continue;
    isDynamic = true;
    std::optional<Sizes> derived = derive(op, result);
    if (!derived || llvm::is_contained(*derived, AffineExpr()))
      return refuse(op, "it makes a tensor whose size does not follow from "
                        "those of the inputs");
    sizes[result] = std::move(*derived);
  }
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitBody(loop);
  if (isDynamic || llvm::any_of(op.getOperandTypes(), isOfRunTime))
    return check(op);
  return success();
}

LogicalResult SizeAnalysis::run() {
  bool isKnown = true;
  for (Operation &op : function.front())
    isKnown &= succeeded(visit(op));
  return success(isKnown);
}

} // namespace garam
