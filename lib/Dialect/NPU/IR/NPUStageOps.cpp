//===- NPUStageOps.cpp - Verification of stages ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Messages carry the number of the constraint in the op's description.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Loop nests
//===----------------------------------------------------------------------===//

static SmallVector<AffineMap> getMaps(ArrayAttr maps) {
  return llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
}

static bool isLinear(AffineExpr expr) {
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr)) {
    if (expr.getKind() == AffineExprKind::Add)
      return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
    return expr.getKind() == AffineExprKind::Mul && isLinear(binary.getLHS()) &&
           isa<AffineConstantExpr>(binary.getRHS());
  }
  return isa<AffineDimExpr, AffineConstantExpr>(expr);
}

using Range = std::pair<int64_t, int64_t>;

/// Least and greatest value of a linear expression over a loop nest; nothing
/// when they leave 64 bits.
static std::optional<Range> getRange(AffineExpr expr, ArrayRef<int64_t> sizes) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return Range(0, sizes[dim.getPosition()] - 1);
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Range(constant.getValue(), constant.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<Range> left = getRange(binary.getLHS(), sizes);
  std::optional<Range> right = getRange(binary.getRHS(), sizes);
  if (!left || !right)
    return std::nullopt;
  std::optional<int64_t> low, high;
  if (expr.getKind() == AffineExprKind::Add) {
    low = llvm::checkedAdd(left->first, right->first);
    high = llvm::checkedAdd(left->second, right->second);
  } else {
    int64_t factor = right->first;
    low = llvm::checkedMul(left->first, factor);
    high = llvm::checkedMul(left->second, factor);
  }
  if (!low || !high)
    return std::nullopt;
  return Range(std::min(*low, *high), std::max(*low, *high));
}

static LogicalResult verifyLoops(Operation *op, ArrayRef<int64_t> sizes,
                                 ArrayRef<AffineMap> maps,
                                 ArrayRef<Value> tensors) {
  std::optional<int64_t> points = 1;
  for (int64_t size : sizes) {
    if (size < 1)
      return op->emitOpError("(C1) sizes are at least 1, got: ") << size;
    points = points ? llvm::checkedMul(*points, size) : points;
  }
  if (!points)
    return op->emitOpError("(C1) the product of sizes leaves 64 bits: ")
           << sizes;
  if (maps.size() != tensors.size())
    return op->emitOpError("(C2) needs one map for each operand and result, "
                           "got: ")
           << maps.size() << " != " << tensors.size();
  for (auto [i, map] : llvm::enumerate(maps)) {
    int64_t rank = cast<RankedTensorType>(tensors[i].getType()).getRank();
    if (map.getNumDims() != sizes.size() || map.getNumSymbols() != 0)
      return op->emitOpError("(C2) map #")
             << i << " has " << map.getNumDims() << " dimensions and "
             << map.getNumSymbols() << " symbols, sizes have " << sizes.size();
    if (map.getNumResults() != rank)
      return op->emitOpError("(C2) map #")
             << i << " has " << map.getNumResults()
             << " coordinates, the tensor has rank " << rank;
    if (!llvm::all_of(map.getResults(), isLinear))
      return op->emitOpError("(C3) coordinates are linear, got: ")
             << AffineMapAttr::get(map);
  }
  return success();
}

/// `padding` empty: no coordinate may lie outside of the tensor.
static LogicalResult verifyBounds(Operation *op, ArrayRef<int64_t> sizes,
                                  AffineMap map, Value tensor,
                                  ArrayRef<bool> padding) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.hasStaticShape())
    return op->emitOpError("(C4) shapes are static, got: ") << type;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (!padding.empty() && padding[i])
      continue;
    std::optional<Range> range = getRange(expr, sizes);
    if (!range)
      return op->emitOpError("(C4) coordinate ")
             << i << " leaves 64 bits: " << AffineMapAttr::get(map);
    auto [low, high] = *range;
    if (low < 0 || high >= type.getDimSize(i))
      return op->emitOpError("(C4) coordinate ")
             << i << " goes from " << low << " to " << high << ", outside of "
             << type;
  }
  return success();
}

/// Each parallel dimension is one coordinate of the output, over all of it;
/// those of one element may be missing, and 0 stands for what has one element.
static LogicalResult verifyOutput(Operation *op, ArrayRef<int64_t> sizes,
                                  function_ref<bool(unsigned)> isParallel,
                                  AffineMap map, Value output) {
  auto type = cast<RankedTensorType>(output.getType());
  SmallVector<bool> seen(sizes.size(), false);
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    bool isValid = constant ? constant.getValue() == 0
                            : dim && isParallel(dim.getPosition()) &&
                                  !seen[dim.getPosition()];
    if (!isValid)
      return op->emitOpError("(C5) an output is written at each dimension that "
                             "is not reduced, once, got: ")
             << AffineMapAttr::get(map);
    if (dim)
      seen[dim.getPosition()] = true;
  }
  for (unsigned i = 0, e = sizes.size(); i < e; ++i)
    if (isParallel(i) && !seen[i] && sizes[i] != 1)
      return op->emitOpError("(C5) dimension ")
             << i << " is not in the output: " << AffineMapAttr::get(map);
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    int64_t written = dim ? sizes[dim.getPosition()] : 1;
    if (written != type.getDimSize(i))
      return op->emitOpError("(C5) an output is written wholly, got: ")
             << written << " of " << type.getDimSize(i)
             << " elements of coordinate " << i;
  }
  return success();
}

/// That a schedule is one of this loop nest and these results. A stage makes
/// each of its sums on one core: one behind it adds up what several have
/// (npu-split-reductions).
static LogicalResult verifySchedule(Operation *op, ScheduleAttr schedule,
                                    ArrayRef<int64_t> sizes,
                                    function_ref<bool(unsigned)> isReduction) {
  if (!schedule)
    return success();
  DenseI64ArrayAttr split = schedule.getSplit();
  if (split && split.size() != static_cast<int64_t>(sizes.size()))
    return op->emitOpError("(C11) the schedule cuts ")
           << split.size() << " loops, there are " << sizes.size();
  for (unsigned dim = 0; split && dim < sizes.size(); ++dim)
    if (split[dim] > 1 && isReduction(dim))
      return op->emitOpError("(C11) the schedule does not split a reduction, "
                             "got: ")
             << split[dim] << " parts of dimension " << dim;
  unsigned numResults = op->getNumResults();
  ArrayRef<DenseI64ArrayAttr> layouts = schedule.getLayouts();
  if (!layouts.empty() && layouts.size() != numResults)
    return op->emitOpError("(C11) the schedule has layouts for ")
           << layouts.size() << " results, there are " << numResults;
  for (auto [layout, result] : llvm::zip(layouts, op->getResults())) {
    int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
    if (layout.size() != rank)
      return op->emitOpError("(C11) the schedule lays out ")
             << layout.size() << " dimensions of a result of rank " << rank;
  }
  size_t numHomes = schedule.getHomes().size();
  if (numHomes != 0 && numHomes != numResults)
    return op->emitOpError("(C11) the schedule has homes for ")
           << numHomes << " results, there are " << numResults;
  return success();
}

//===----------------------------------------------------------------------===//
// ContractOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyRoles(ContractOp op, ArrayRef<IteratorKind> kinds,
                                 AffineMap map, StringRef name,
                                 ArrayRef<IteratorKind> allowed) {
  for (unsigned dim = 0; dim < kinds.size(); ++dim)
    if (op.getSizes()[dim] != 1 && map.isFunctionOfDim(dim) &&
        !llvm::is_contained(allowed, kinds[dim]))
      return op.emitOpError("(C6) ")
             << name << " depends on dimension " << dim << ", a "
             << stringifyIteratorKind(kinds[dim]);
  return success();
}

/// That zero points are elements of their tensors, so that what lies outside of
/// the activation can be written down; of floats there are none.
static LogicalResult verifyZeroPoints(ContractOp op) {
  auto verify = [&](StringRef name, Value tensor, bool isUnsigned,
                    int32_t zeroPoint) -> LogicalResult {
    auto type = dyn_cast<IntegerType>(getElementTypeOrSelf(tensor));
    int64_t low = 0, high = 0;
    if (type && (isUnsigned || type.isUnsigned())) {
      high = llvm::maxUIntN(std::min(type.getWidth(), 32u));
    } else if (type) {
      low = llvm::minIntN(std::min(type.getWidth(), 32u));
      high = llvm::maxIntN(std::min(type.getWidth(), 32u));
    }
    if (low <= zeroPoint && zeroPoint <= high)
      return success();
    return op.emitOpError("(C13) ")
           << name << " is " << low << " to " << high << ", got: " << zeroPoint;
  };
  if (failed(verify("activation_zero_point", op.getActivation(),
                    op.getActivationUnsigned(), op.getActivationZeroPoint())) ||
      failed(verify("weight_zero_point", op.getWeight(), op.getWeightUnsigned(),
                    op.getWeightZeroPoint())) ||
      failed(verify("output_zero_point", op.getResult(), op.getOutputUnsigned(),
                    op.getOutputZeroPoint())))
    return failure();
  return op.getResidual()
             ? verify("residual_zero_point", op.getResidual(),
                      op.getResidualUnsigned(), op.getResidualZeroPoint())
             : success();
}

static LogicalResult verifyTypes(ContractOp op) {
  Type activation = getElementTypeOrSelf(op.getActivation());
  Type weight = getElementTypeOrSelf(op.getWeight());
  bool isInteger = activation.isInteger(8) && weight.isInteger(8);
  bool isFloat = isa<FloatType>(activation) && activation == weight;
  if (!isInteger && !isFloat)
    return op.emitOpError("(C7) activation and weight are 8-bit integers or of "
                          "one float type, got: ")
           << activation << " and " << weight;
  if (Value bias = op.getBias()) {
    Type type = getElementTypeOrSelf(bias);
    if (!type.isF32() && !(isInteger && type.isInteger(32)))
      return op.emitOpError("(C8) bias is f32, or i32 for integers, got: ")
             << type;
  }
  if (op.getScale() && !getElementTypeOrSelf(op.getScale()).isF32())
    return op.emitOpError("(C8) scale is f32, got: ")
           << getElementTypeOrSelf(op.getScale());
  Type result = getElementTypeOrSelf(op.getResult());
  bool hasFloatBias =
      op.getBias() && getElementTypeOrSelf(op.getBias()).isF32();
  const APFloat one(1.0f);
  bool hasSteps = op.getScale() || hasFloatBias || op.getResidual() ||
                  op.getClampLow() || op.getClampHigh() ||
                  op.getRequantization() || op.getOutputScale() != one;
  if (result.isInteger(32) && (!isInteger || hasSteps))
    return op.emitOpError("(C9) an i32 result is the plain sum of integers");
  if (failed(verifyZeroPoints(op)))
    return failure();
  if (!op.getOutputScale().isFinite() || !(op.getOutputScale() > APFloat(0.0f)))
    return op.emitOpError("(C12) output_scale is finite and more than 0, got: ")
           << op.getOutputScaleAttr();
  return success();
}

LogicalResult ContractOp::verify() {
  ArrayRef<int64_t> sizes = getSizes();
  SmallVector<IteratorKind> kinds;
  for (Attribute attribute : getIterators())
    kinds.push_back(cast<IteratorKindAttr>(attribute).getValue());
  if (kinds.size() != sizes.size())
    return emitOpError("(C1) needs one iterator for each size, got: ")
           << kinds.size() << " != " << sizes.size();
  SmallVector<AffineMap> maps = getMaps(getIndexingMaps());
  SmallVector<Value> tensors(getOperands());
  tensors.push_back(getResult());
  auto isReduction = [&](unsigned dim) {
    return kinds[dim] == IteratorKind::reduction;
  };
  if (failed(verifyLoops(*this, sizes, maps, tensors)) ||
      failed(verifyTypes(*this)) ||
      failed(verifySchedule(*this, getScheduleAttr(), sizes, isReduction)))
    return failure();
  if (auto padding = getActivationPadding())
    if (padding->size() != maps[0].getNumResults())
      return emitOpError("(C10) activation_padding has ")
             << padding->size() << " entries, the activation has rank "
             << maps[0].getNumResults();

  using Kind = IteratorKind;
  SmallVector<std::pair<StringRef, SmallVector<Kind>>> roles = {
      {"activation", {Kind::batch, Kind::row, Kind::reduction}},
      {"weight", {Kind::batch, Kind::column, Kind::reduction}}};
  if (getBias())
    roles.push_back({"bias", {Kind::batch, Kind::column}});
  if (getScale())
    roles.push_back({"scale", {Kind::batch, Kind::column}});
  if (getResidual())
    roles.push_back({"residual", {Kind::batch, Kind::row, Kind::column}});
  roles.push_back({"result", {Kind::batch, Kind::row, Kind::column}});
  for (auto [i, role] : llvm::enumerate(roles)) {
    ArrayRef<bool> padding = i == 0 && getActivationPadding()
                                 ? *getActivationPadding()
                                 : ArrayRef<bool>();
    if (failed(verifyRoles(*this, kinds, maps[i], role.first, role.second)) ||
        failed(verifyBounds(*this, sizes, maps[i], tensors[i], padding)))
      return failure();
  }
  return verifyOutput(
      *this, sizes,
      [&](unsigned dim) { return kinds[dim] != IteratorKind::reduction; },
      maps.back(), getResult());
}

//===----------------------------------------------------------------------===//
// VectorOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyLists(VectorOp op) {
  unsigned numInputs = op.getInputs().size();
  auto check = [&](StringRef name, std::optional<size_t> size,
                   size_t expected) -> LogicalResult {
    if (size && *size != expected)
      return op.emitOpError("(C6) ")
             << name << " has " << *size << " entries, needs " << expected;
    return success();
  };
  auto size = [](auto list) {
    return list ? std::optional<size_t>(list->size()) : std::nullopt;
  };
  if (failed(check("paddings", size(op.getPaddings()), numInputs)) ||
      failed(check("fills", size(op.getFills()), numInputs)) ||
      failed(
          check("unsigned_inputs", size(op.getUnsignedInputs()), numInputs)) ||
      failed(check("upper_inputs", size(op.getUpperInputs()), numInputs)) ||
      failed(check("unsigned_outputs", size(op.getUnsignedOutputs()),
                   op.getNumResults())))
    return failure();
  if (op.getPaddings() && !op.getFills())
    return op.emitOpError("(C6) paddings need fills");
  for (unsigned i = 0; op.getUpperInputs() && i < numInputs; ++i) {
    Type type = op.getInputs()[i].getType();
    if ((*op.getUpperInputs())[i] && !getElementTypeOrSelf(type).isInteger(64))
      return op.emitOpError("(C13) upper halves are read of 64-bit integers, "
                            "got: ")
             << type;
  }
  return success();
}

/// The coordinates of input `input` that may lie outside.
static FailureOr<ArrayRef<bool>> getPadding(VectorOp op, unsigned input) {
  if (!op.getPaddings())
    return ArrayRef<bool>();
  auto padding = dyn_cast<DenseBoolArrayAttr>((*op.getPaddings())[input]);
  size_t rank =
      cast<RankedTensorType>(op.getInputs()[input].getType()).getRank();
  if (!padding || (!padding.empty() && padding.asArrayRef().size() != rank))
    return op.emitOpError("(C6) padding of input ")
           << input << " is empty or has one entry for each of its " << rank
           << " coordinates";
  return padding.asArrayRef();
}

LogicalResult VectorOp::verify() {
  if (getResults().empty())
    return emitOpError("(C12) has a result at least");
  ArrayRef<int64_t> sizes = getSizes();
  int64_t numReductions = getNumReductions();
  if (numReductions < 0 || numReductions > static_cast<int64_t>(sizes.size()))
    return emitOpError("(C1) num_reductions is 0 to ")
           << sizes.size() << ", got: " << numReductions;
  unsigned numParallel = sizes.size() - numReductions;
  SmallVector<AffineMap> maps = getMaps(getIndexingMaps());
  SmallVector<Value> tensors(getInputs());
  llvm::append_range(tensors, getResults());
  auto isReduction = [&](unsigned dim) { return dim >= numParallel; };
  if (failed(verifyLoops(*this, sizes, maps, tensors)) ||
      failed(verifyLists(*this)) ||
      failed(verifySchedule(*this, getScheduleAttr(), sizes, isReduction)))
    return failure();
  unsigned numInputs = getInputs().size();
  for (auto [i, map] : llvm::enumerate(maps)) {
    FailureOr<ArrayRef<bool>> padding = ArrayRef<bool>();
    if (i < numInputs)
      padding = getPadding(*this, i);
    if (failed(padding) ||
        failed(verifyBounds(*this, sizes, map, tensors[i], *padding)))
      return failure();
    if (i >= numInputs &&
        failed(verifyOutput(
            *this, sizes, [&](unsigned dim) { return dim < numParallel; }, map,
            tensors[i])))
      return failure();
  }
  if ((numReductions > 0) != !getCombiners().empty() ||
      (numReductions > 0) == getFinish().empty())
    return emitOpError("(C10) combiners and finish stand with reductions");
  return success();
}

//===----------------------------------------------------------------------===//
// Other stages
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  auto result = cast<RankedTensorType>(getResult().getType());
  int64_t axis = getAxis();
  if (getInputs().empty())
    return emitOpError("(C1) needs an input");
  if (axis < 0 || axis >= result.getRank())
    return emitOpError("(C1) axis is 0 to ")
           << result.getRank() - 1 << ", got: " << axis;
  int64_t total = 0;
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getElementType() != result.getElementType() ||
        type.getRank() != result.getRank())
      return emitOpError("(C2) inputs and result have one rank and one element "
                         "type, got: ")
             << type << " and " << result;
    for (int64_t dim = 0; dim < result.getRank(); ++dim)
      if (dim != axis && type.getDimSize(dim) != result.getDimSize(dim))
        return emitOpError("(C2) shapes agree but for the axis, got: ")
               << type << " and " << result;
    total += type.getDimSize(axis);
  }
  if (total != result.getDimSize(axis))
    return emitOpError("(C3) sizes along the axis add up to that of the "
                       "result, got: ")
           << total << " != " << result.getDimSize(axis);
  return success();
}

LogicalResult ReshapeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (!input.hasStaticShape() || !result.hasStaticShape() ||
      input.getNumElements() != result.getNumElements() ||
      input.getElementType() != result.getElementType())
    return emitOpError("(C1) has as many elements of one type, got: ")
           << input << " and " << result;
  return success();
}

/// A reshape to the same type is its input, and of a reshape a single one.
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    setOperand(inner.getInput());
    return getResult();
  }
  return {};
}

LogicalResult ViewOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  AffineMap map = getMap();
  if (map.getNumDims() != result.getRank() || map.getNumSymbols() != 0 ||
      map.getNumResults() != input.getRank())
    return emitOpError("(C1) the map leads from ")
           << result.getRank() << " dimensions to " << input.getRank()
           << " coordinates, got: " << AffineMapAttr::get(map);
  if (!llvm::all_of(map.getResults(), isLinear))
    return emitOpError("(C2) coordinates are linear, got: ")
           << AffineMapAttr::get(map);
  if (input.getElementType() != result.getElementType())
    return emitOpError("(C3) input and result have one element type, got: ")
           << input << " and " << result;
  if (!result.hasStaticShape())
    return emitOpError("(C4) shapes are static, got: ") << result;
  return verifyBounds(*this, result.getShape(), map, getInput(),
                      /*padding=*/{});
}

LogicalResult GatherOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto indices = cast<RankedTensorType>(getIndices().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  int64_t axis = getAxis();
  if (axis < 0 || axis >= input.getRank())
    return emitOpError("(C1) axis is 0 to ")
           << input.getRank() - 1 << ", got: " << axis;
  if (!indices.getElementType().isInteger(32) &&
      !indices.getElementType().isInteger(64))
    return emitOpError("(C2) indices are i32 or i64, got: ")
           << indices.getElementType();
  SmallVector<int64_t> shape(input.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(axis + 1));
  if (result != input.clone(shape))
    return emitOpError("(C3) result is ")
           << input.clone(shape) << ", got: " << result;
  return success();
}

LogicalResult ConstantOp::verify() {
  auto value = dyn_cast<RankedTensorType>(getValue().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (!value || value.getShape() != result.getShape())
    return emitOpError("(C1) value and result have one shape, got: ")
           << getValue().getType() << " and " << result;
  bool areFloats = isa<FloatType>(value.getElementType()) &&
                   isa<FloatType>(result.getElementType());
  bool isPacked = isa<IntegerType>(value.getElementType()) &&
                  value.getElementTypeBitWidth() > 1 &&
                  value.getElementTypeBitWidth() < 8 &&
                  result.getElementType().isSignlessInteger(8);
  if (!areFloats && !isPacked &&
      value.getElementType() != result.getElementType())
    return emitOpError("(C2) elements have one type or are floats, got: ")
           << value.getElementType() << " and " << result.getElementType();
  return success();
}

} // namespace garam::npu
