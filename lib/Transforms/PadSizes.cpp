//===- PadSizes.cpp - Sizes of run time in tensors of the greatest --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// For devices whose programs have fixed sizes. What is computed element by
// element is computed of all that there is room for; where elements are
// combined, those that do not count are left out.
//
//===----------------------------------------------------------------------===//

#include "MaskPadding.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_PADSIZES
#include "garam/Transforms/Passes.h.inc"

namespace {

/// A tensor of sizes of run time in one of fixed sizes.
struct PaddedTensor {
  Value buffer;
  SmallVector<PaddedLayout> dims;
};

class SizePadder {
public:
  explicit SizePadder(func::FuncOp function)
      : function(function), b(function.getContext()), analysis(function),
        masks(analysis, b) {}

  LogicalResult run();

private:
  PaddedTensor get(Value value) const;

  LogicalResult visit(Operation &op);
  LogicalResult visitInput(ext::TakeFrontOp op);
  LogicalResult visitOutput(ext::PlaceFrontOp op);
  LogicalResult visitEmpty(tensor::EmptyOp op);
  LogicalResult visitStructured(linalg::LinalgOp op);
  LogicalResult visitGather(ext::GatherOp op);
  LogicalResult visitElementwise(Operation *op);
  LogicalResult visitExpansion(tensor::ExpandShapeOp op);
  LogicalResult visitCollapse(tensor::CollapseShapeOp op);
  LogicalResult visitReshape(tensor::ReshapeOp op);
  LogicalResult visitSlice(tensor::ExtractSliceOp op);
  LogicalResult visitPad(tensor::PadOp op);
  LogicalResult visitConcat(tensor::ConcatOp op);
  LogicalResult visitCast(tensor::CastOp op);
  LogicalResult visitBody(Operation &op);
  void visitDim(tensor::DimOp op);

  LogicalResult refuse(Operation *op, StringRef why);
  void replace(Value value, Value buffer, SmallVector<PaddedLayout> dims);
  void dropSizes(ext::PlaceFrontOp op);

  func::FuncOp function;
  IRRewriter b;
  SizeAnalysis analysis;
  PaddingMasks masks;
  llvm::DenseMap<Value, PaddedTensor> padded;
  /// Replaced operations, in order.
  llvm::SetVector<Operation *> replaced;
};

} // namespace

static bool isOfRunTime(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && !type.hasStaticShape();
}

/// Any one of which only a part of the positions counts.
static bool hasInnerPadding(const PaddedLayout &layout) {
  return !layout.isFixed() && layout.getFactors().size() > 1;
}

static SmallVector<int64_t> listMost(ArrayRef<PaddedLayout> dims) {
  return llvm::map_to_vector(
      dims, [](const PaddedLayout &layout) { return layout.getMost(); });
}

static bool usesPadded(Operation &op) {
  return op
      .walk([&](Operation *inner) {
        return llvm::any_of(inner->getOperands(), isOfRunTime) ||
                       llvm::any_of(inner->getResults(), isOfRunTime)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// A tensor of fixed sizes is its own buffer.
PaddedTensor SizePadder::get(Value value) const {
  auto known = padded.find(value);
  if (known != padded.end())
    return known->second;
  PaddedTensor tensor{value, {}};
  for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
    tensor.dims.emplace_back(getAffineConstantExpr(size, b.getContext()), size);
  return tensor;
}

LogicalResult SizePadder::refuse(Operation *op, StringRef why) {
  return emitRefusal({op, why,
                      "bind the dimension with --dim NAME=SIZE, or compile for "
                      "a host alone"});
}

void SizePadder::replace(Value value, Value buffer,
                         SmallVector<PaddedLayout> dims) {
  replaced.insert(value.getDefiningOp());
  if (!isOfRunTime(value))
    return value.replaceAllUsesWith(buffer);
  padded[value] = {buffer, std::move(dims)};
}

void SizePadder::visitDim(tensor::DimOp op) {
  std::optional<int64_t> number = op.getConstantIndex();
  if (!number)
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  b.replaceOp(op, analysis.makeIndex(b, op.getLoc(),
                                     analysis.getSizes(op.getSource())[*number]));
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

LogicalResult SizePadder::visitInput(ext::TakeFrontOp op) {
  auto argument = dyn_cast<BlockArgument>(op.getSource());
  if (!argument)
    return refuse(op, "it takes a part of a tensor that is computed");
  SmallVector<PaddedLayout> dims;
  for (auto [size, most] : llvm::zip_equal(analysis.getSizes(op.getResult()),
                                           op.getSource().getType().getShape()))
    dims.emplace_back(size, most);
  function.setArgAttr(argument.getArgNumber(), paddedAttrName, b.getUnitAttr());
  replace(op.getResult(), argument, std::move(dims));
  return success();
}

/// The result with the sizes of an output whose dimensions have names of
/// symbols goes: a run knows those.
void SizePadder::dropSizes(ext::PlaceFrontOp op) {
  OpOperand &use = *op->use_begin();
  Operation *terminator = use.getOwner();
  unsigned number = use.getOperandNumber();
  auto name = function.getResultAttrOfType<StringAttr>(number, sizedAttrName);
  bool isKnown = llvm::all_of(
      analysis.getSizes(op.getSource()), llvm::IsaPred<AffineConstantExpr, AffineSymbolExpr>);
  if (!name || !isKnown)
    return;
  function.removeResultAttr(number, b.getStringAttr(sizedAttrName));
  for (unsigned other = 0; other < function.getNumResults(); ++other)
    if (function.getResultAttr(other, valueNameAttrName) == name) {
      (void)function.eraseResult(other);
      terminator->eraseOperand(other);
      return;
    }
}

LogicalResult SizePadder::visitOutput(ext::PlaceFrontOp op) {
  PaddedTensor source = get(op.getSource());
  if (!llvm::all_of(source.dims, [](const PaddedLayout &layout) {
        return layout.isFront();
      }))
    return refuse(op, "an output joins dimensions of which an inner one has a "
                      "size of run time");
  Value buffer = source.buffer;
  if (isa<BlockArgument>(buffer)) { // which no program would yield
    Value init = tensor::EmptyOp::create(b, op.getLoc(), op.getType().getShape(),
                                         op.getType().getElementType());
    buffer = linalg::CopyOp::create(b, op.getLoc(), buffer, init).getResult(0);
  }
  function.setResultAttr(op->use_begin()->getOperandNumber(), paddedAttrName,
                         b.getUnitAttr());
  dropSizes(op);
  replace(op.getResult(), buffer, {});
  return success();
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

LogicalResult SizePadder::visitEmpty(tensor::EmptyOp op) {
  RankedTensorType type = analysis.getLargestType(op);
  SmallVector<PaddedLayout> dims;
  for (auto [size, most] :
       llvm::zip_equal(analysis.getSizes(op), type.getShape()))
    dims.emplace_back(size, most);
  replace(op,
          tensor::EmptyOp::create(b, op.getLoc(), type.getShape(),
                                  type.getElementType()),
          std::move(dims));
  return success();
}

/// What reads single elements reads them from the buffers.
LogicalResult SizePadder::visitBody(Operation &op) {
  SmallVector<tensor::DimOp> dims;
  WalkResult result = op.walk([&](Operation *inner) {
    if (inner == &op)
      return WalkResult::advance();
    for (OpOperand &operand : inner->getOpOperands()) {
      if (!isOfRunTime(operand.get()))
        continue;
      if (auto dim = dyn_cast<tensor::DimOp>(inner)) {
        dims.push_back(dim);
        continue;
      }
      PaddedTensor source = get(operand.get());
      if (!isa<tensor::ExtractOp>(inner) ||
          llvm::any_of(source.dims, hasInnerPadding)) {
        (void)refuse(&op, "it takes a tensor of a size of run time in a loop");
        return WalkResult::interrupt();
      }
      operand.set(source.buffer);
    }
    return WalkResult::advance();
  });
  for (tensor::DimOp dim : dims)
    visitDim(dim);
  return failure(result.wasInterrupted());
}

LogicalResult SizePadder::visitStructured(linalg::LinalgOp op) {
  SmallVector<std::optional<PaddedLayout>> loops(op.getNumLoops());
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    operands.push_back(operand.get());
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    PaddedTensor known = get(operand.get());
    operands.back() = known.buffer;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [layout, expr] : llvm::zip_equal(known.dims, map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop && hasInnerPadding(layout))
        return refuse(op, "a window over joined dimensions of which one has a "
                          "size of run time");
      if (!loop)
        continue;
      std::optional<PaddedLayout> &other = loops[loop.getPosition()];
      if (other && !(*other == layout))
        return refuse(op, "its tensors join dimensions with sizes of run time "
                          "in different ways");
      other = layout;
    }
  }
  SmallVector<PaddedLayout> layouts;
  for (const std::optional<PaddedLayout> &layout : loops)
    layouts.push_back(layout.value_or(PaddedLayout()));
  if (op.hasIndexSemantics() && llvm::any_of(layouts, hasInnerPadding))
    return refuse(op, "it counts positions along joined dimensions of which "
                      "one has a size of run time");
  SmallVector<Type> types;
  for (OpOperand &init : op.getDpsInitsMutable())
    types.push_back(operands[init.getOperandNumber()].getType());
  auto whole = cast<linalg::LinalgOp>(clone(b, op, types, operands));
  if (failed(visitBody(*whole.getOperation())))
    return failure();
  whole = masks.maskReductions(whole, layouts);
  if (!whole)
    return refuse(op, "it combines elements along a dimension of a size of run "
                      "time in a way that no padding leaves as it is");
  for (auto [result, buffer, init] : llvm::zip_equal(
           op->getResults(), whole->getResults(), op.getDpsInitsMutable()))
    replace(result, buffer, get(init.get()).dims);
  return success();
}

/// Indices behind those that count are clamped as all are.
LogicalResult SizePadder::visitGather(ext::GatherOp op) {
  PaddedTensor input = get(op.getInput()), indices = get(op.getIndices());
  SmallVector<PaddedLayout> dims = input.dims;
  // A negative index counts from an end that is not that of the buffer.
  if (!dims[op.getAxis()].isFixed())
    return refuse(op, "it chooses along a dimension of a size of run time");
  dims.erase(dims.begin() + op.getAxis());
  dims.insert(dims.begin() + op.getAxis(), indices.dims.begin(),
              indices.dims.end());
  replace(op,
          ext::GatherOp::create(b, op.getLoc(), input.buffer, indices.buffer,
                                op.getAxis()),
          std::move(dims));
  return success();
}

/// Of an operation whose result has the shape of its first operand.
LogicalResult SizePadder::visitElementwise(Operation *op) {
  PaddedTensor input = get(op->getOperand(0));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  IRMapping buffers;
  for (Value operand : op->getOperands())
    if (isOfRunTime(operand))
      buffers.map(operand, get(operand).buffer);
  Operation *whole = b.clone(*op, buffers);
  whole->getResult(0).setType(type.clone(listMost(input.dims)));
  replace(op->getResult(0), whole->getResult(0), std::move(input.dims));
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static PaddedLayout join(ArrayRef<PaddedLayout> dims) {
  PaddedLayout joined;
  for (const PaddedLayout &layout : dims)
    for (const PaddedFactor &factor : layout.getFactors())
      joined.add(factor);
  return joined;
}

LogicalResult SizePadder::visitCollapse(tensor::CollapseShapeOp op) {
  PaddedTensor source = get(op.getSrc());
  SmallVector<PaddedLayout> dims;
  for (const ReassociationIndices &group : op.getReassociationIndices())
    dims.push_back(join(llvm::map_to_vector(
        group, [&](int64_t dim) { return source.dims[dim]; })));
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::CollapseShapeOp::create(b, op.getLoc(), type, source.buffer,
                                          op.getReassociationIndices()),
          std::move(dims));
  return success();
}

constexpr StringRef splitInside =
    "it divides a dimension of a size of run time at no multiple of it";

LogicalResult SizePadder::visitExpansion(tensor::ExpandShapeOp op) {
  PaddedTensor source = get(op.getSrc());
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  SmallVector<PaddedLayout> dims;
  for (auto [layout, group] :
       llvm::zip_equal(source.dims, op.getReassociationIndices())) {
    auto parts = splitLayout(
        layout, llvm::map_to_vector(
                    group, [&](int64_t dim) { return sizes[dim]; }));
    if (!parts)
      return refuse(op, splitInside);
    llvm::append_range(dims, *parts);
  }
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::ExpandShapeOp::create(b, op.getLoc(), type, source.buffer,
                                        op.getReassociationIndices()),
          std::move(dims));
  return success();
}

/// By way of one dimension.
LogicalResult SizePadder::visitReshape(tensor::ReshapeOp op) {
  PaddedTensor source = get(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  PaddedLayout all = join(source.dims);
  auto dims = type ? splitLayout(all, analysis.getSizes(op)) : std::nullopt;
  if (!dims || source.dims.empty() || dims->empty())
    return refuse(op, splitInside);
  auto getAll = [](size_t rank) {
    return SmallVector<ReassociationIndices>{
        ReassociationIndices(llvm::to_vector(llvm::seq<int64_t>(rank)))};
  };
  Value flat = source.buffer;
  if (source.dims.size() > 1)
    flat = tensor::CollapseShapeOp::create(b, op.getLoc(), flat,
                                           getAll(source.dims.size()));
  if (dims->size() > 1)
    flat = tensor::ExpandShapeOp::create(b, op.getLoc(),
                                         type.clone(listMost(*dims)), flat,
                                         getAll(dims->size()));
  replace(op, flat, std::move(*dims));
  return success();
}

/// A type that knows a size, or forgets it, changes no layout.
LogicalResult SizePadder::visitCast(tensor::CastOp op) {
  if (!isa<RankedTensorType>(op.getType()) ||
      !isa<RankedTensorType>(op.getSource().getType()))
    return refuse(op, "it makes a tensor of another rank");
  PaddedTensor source = get(op.getSource());
  if (!isOfRunTime(op) &&
      listMost(source.dims) !=
          cast<RankedTensorType>(op.getType()).getShape())
    return refuse(op, "it takes a size of run time for a fixed one");
  replace(op, source.buffer, std::move(source.dims));
  return success();
}

/// Dimensions are taken whole, or from a position on that is known.
LogicalResult SizePadder::visitSlice(tensor::ExtractSliceOp op) {
  PaddedTensor source = get(op.getSource());
  if (op.getSourceType().getRank() != op.getType().getRank())
    return refuse(op, "it takes a part of a tensor of a size of run time");
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(), most;
  SmallVector<PaddedLayout> dims;
  for (auto [dim, layout] : llvm::enumerate(source.dims)) {
    std::optional<int64_t> offset = getConstantIntValue(offsets[dim]);
    bool isDense = getConstantIntValue(op.getMixedStrides()[dim]) == 1;
    AffineExpr sourceSize = analysis.getSizes(op.getSource())[dim];
    if (sizes[dim] == sourceSize && offset == 0 && isDense) {
      dims.push_back(layout);
    } else if (isa<AffineConstantExpr>(sizes[dim]) && !hasInnerPadding(layout)) {
      dims.emplace_back(sizes[dim], cast<AffineConstantExpr>(sizes[dim]).getValue());
    } else if (offset && isDense && !hasInnerPadding(layout) &&
               *offset <= layout.getMost()) {
      int64_t room = layout.getMost() - *offset;
      int64_t largest =
          getSizeRange(sizes[dim], analysis.getSymbols()).second;
      dims.emplace_back(sizes[dim], std::min(room, largest));
    } else {
      return refuse(op, "it takes a part of a dimension of a size of run time");
    }
    most.push_back(b.getIndexAttr(dims.back().getMost()));
  }
  replace(op,
          tensor::ExtractSliceOp::create(b, op.getLoc(), source.buffer, offsets,
                                         most, op.getMixedStrides()),
          std::move(dims));
  return success();
}

/// What does not count takes the value of the padding, which begins there.
LogicalResult SizePadder::visitPad(tensor::PadOp op) {
  PaddedTensor source = get(op.getSource());
  Value value = op.getConstantPaddingValue();
  TypedAttr attr;
  if (!value || !matchPattern(value, m_Constant(&attr)))
    return refuse(op, "it pads a tensor of a size of run time by a value that "
                      "is computed");
  SmallVector<PaddedLayout> filled(source.dims.size()), dims;
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  for (auto [dim, layout] : llvm::enumerate(source.dims)) {
    std::optional<int64_t> low = getConstantIntValue(op.getMixedLowPad()[dim]),
                           high =
                               getConstantIntValue(op.getMixedHighPad()[dim]);
    if (low == 0 && high == 0) {
      dims.push_back(layout);
      continue;
    }
    if (!low || !high || *low < 0 || *high < 0 || hasInnerPadding(layout))
      return refuse(op, "it pads a dimension of a size of run time");
    filled[dim] = layout;
    dims.emplace_back(sizes[dim], layout.getMost() + *low + *high);
  }
  Value buffer = masks.fill(op.getLoc(), source.buffer, filled, attr);
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::PadOp::create(b, op.getLoc(), type, buffer,
                                op.getMixedLowPad(), op.getMixedHighPad(),
                                value),
          std::move(dims));
  return success();
}

/// Each part begins where the one before ends to count and covers what lies
/// behind it.
LogicalResult SizePadder::visitConcat(tensor::ConcatOp op) {
  Location loc = op.getLoc();
  int64_t axis = op.getDim();
  SmallVector<Value> buffers;
  SmallVector<PaddedLayout> dims, joined;
  for (Value input : op.getInputs()) {
    PaddedTensor part = get(input);
    buffers.push_back(part.buffer);
    joined.push_back(part.dims[axis]);
    part.dims[axis] = PaddedLayout();
    if (!dims.empty() && dims != part.dims)
      return refuse(op, "its tensors join dimensions with sizes of run time "
                        "in different ways");
    dims = std::move(part.dims);
  }
  AffineExpr size = analysis.getSizes(op)[axis];
  int64_t most = 0;
  for (const PaddedLayout &layout : joined)
    most += layout.getMost();
  dims[axis] = PaddedLayout(size, most);
  if (isa<AffineConstantExpr>(size)) {
    replace(op, tensor::ConcatOp::create(b, loc, axis, buffers), dims);
    return success();
  }
  if (llvm::any_of(joined, hasInnerPadding))
    return refuse(op, "it joins tensors along a dimension of joined ones");
  Value whole = tensor::EmptyOp::create(b, loc, listMost(dims),
                                        op.getType().getElementType());
  AffineExpr end = getAffineConstantExpr(0, b.getContext());
  for (auto [input, buffer] : llvm::zip_equal(op.getInputs(), buffers)) {
    SmallVector<OpFoldResult> offsets(dims.size(), b.getIndexAttr(0)),
        ones(dims.size(), b.getIndexAttr(1));
    offsets[axis] = analysis.makeIndex(b, loc, end);
    whole = tensor::InsertSliceOp::create(b, loc, buffer, whole, offsets,
                                          tensor::getMixedSizes(b, loc, buffer),
                                          ones);
    end = normalizeSize(end + analysis.getSizes(input)[axis]);
  }
  replace(op, whole, std::move(dims));
  return success();
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

LogicalResult SizePadder::visit(Operation &op) {
  if (!usesPadded(op))
    return success();
  b.setInsertionPoint(&op);
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tensor::DimOp inner) { return visitDim(inner), success(); })
      .Case([&](ext::TakeFrontOp inner) { return visitInput(inner); })
      .Case([&](ext::PlaceFrontOp inner) { return visitOutput(inner); })
      .Case([&](tensor::EmptyOp inner) { return visitEmpty(inner); })
      .Case([&](linalg::LinalgOp inner) { return visitStructured(inner); })
      .Case([&](ext::GatherOp inner) { return visitGather(inner); })
      .Case<ext::QuantizeOp, ext::DequantizeOp>(
          [&](auto inner) { return visitElementwise(inner); })
      .Case([&](tensor::ExpandShapeOp inner) { return visitExpansion(inner); })
      .Case([&](tensor::CollapseShapeOp inner) { return visitCollapse(inner); })
      .Case([&](tensor::ReshapeOp inner) { return visitReshape(inner); })
      .Case([&](tensor::ExtractSliceOp inner) { return visitSlice(inner); })
      .Case([&](tensor::PadOp inner) { return visitPad(inner); })
      .Case([&](tensor::ConcatOp inner) { return visitConcat(inner); })
      .Case([&](tensor::CastOp inner) { return visitCast(inner); })
      .Default([&](Operation *inner) {
        return refuse(inner, "it takes or makes a tensor of a size of run "
                             "time, of which devices with programs of fixed "
                             "sizes have no padded form");
      });
}

LogicalResult SizePadder::run() {
  if (!analysis.hasSymbols())
    return success();
  if (failed(analysis.run()))
    return failure();
  bool isKnown = true;
  for (Operation &op : llvm::make_early_inc_range(function.front()))
    isKnown &= succeeded(visit(op));
  if (!isKnown)
    return failure();
  for (Operation *op : llvm::reverse(replaced))
    if (op->use_empty())
      b.eraseOp(op);
  return success();
}

namespace {

struct PadSizes : impl::PadSizesBase<PadSizes> {
  void runOnOperation() override {
    if (!getOperation().isExternal() &&
        failed(SizePadder(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace garam
