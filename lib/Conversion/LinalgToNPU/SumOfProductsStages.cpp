//===- SumOfProductsStages.cpp - Stages of a sum of products --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SumOffsets.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Coefficients
//===----------------------------------------------------------------------===//

static bool isAll(const ChannelValues &values, double value) {
  return llvm::all_of(values, [value](double v) { return v == value; });
}

static Value createConstant(OpBuilder &builder, Location loc,
                            ArrayRef<float> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                    builder.getF32Type());
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::get(type, values));
}

static Value createConstant(OpBuilder &builder, Location loc,
                            ArrayRef<int64_t> shape, ArrayRef<int32_t> values) {
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::get(type, values));
}

static SmallVector<float> toFloat(const ChannelValues &values, int64_t count) {
  SmallVector<float> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(static_cast<float>(values[values.size() == 1 ? 0 : i]));
  return result;
}

//===----------------------------------------------------------------------===//
// npu.contract
//===----------------------------------------------------------------------===//

namespace {

/// Where the coefficients of an epilogue lie.
struct ChannelMap {
  AffineExpr coordinate;
  int64_t count;
};

} // namespace

/// The channel of the epilogue, or, when it has scalars only, the innermost
/// column dimension.
static ChannelMap getChannelMap(const SumOfProducts &sum,
                                const Epilogue &epilogue,
                                MLIRContext *context) {
  if (epilogue.channel)
    return {epilogue.channel, epilogue.numChannels};
  for (unsigned dim = sum.loops.sizes.size(); dim-- > 0;)
    if (sum.loops.iterators[dim] == IteratorKind::column)
      return {getAffineDimExpr(dim, context), sum.loops.sizes[dim]};
  return {getAffineConstantExpr(0, context), 1};
}

Value createContract(OpBuilder &builder, Location loc, const SumOfProducts &sum,
                     const Epilogue &epilogue, ArrayRef<AffineExpr> output,
                     RankedTensorType type) {
  MLIRContext *context = builder.getContext();
  unsigned numDims = sum.loops.sizes.size();
  SmallVector<AffineMap> maps;
  auto addMap = [&](ArrayRef<AffineExpr> exprs) {
    maps.push_back(AffineMap::get(numDims, 0, exprs, context));
  };
  addMap(sum.activation.coordinates);
  addMap(sum.weight.coordinates);

  ChannelMap channel = getChannelMap(sum, epilogue, context);
  Value bias, scale, residual;
  if (!isAll(epilogue.bias, 0.0)) {
    std::optional<SmallVector<int32_t>> integers;
    if (sum.isInteger)
      integers = getIntegerBias(epilogue, channel.count);
    bias = integers ? createConstant(builder, loc, channel.count, *integers)
                    : createConstant(builder, loc,
                                     toFloat(epilogue.bias, channel.count));
    addMap(channel.coordinate);
  }
  if (!isAll(epilogue.scale, 1.0)) {
    scale =
        createConstant(builder, loc, toFloat(epilogue.scale, channel.count));
    addMap(channel.coordinate);
  }
  if (epilogue.residual) {
    residual = epilogue.residual->access.source;
    addMap(epilogue.residual->access.coordinates);
  }
  addMap(output);

  SmallVector<Attribute> iterators;
  for (IteratorKind kind : sum.loops.iterators)
    iterators.push_back(IteratorKindAttr::get(context, kind));
  auto op = ContractOp::create(
      builder, loc, type, sum.activation.source, sum.weight.source, bias, scale,
      residual, sum.loops.sizes, builder.getArrayAttr(iterators),
      builder.getAffineMapArrayAttr(maps),
      /*activation_padding=*/DenseBoolArrayAttr(), /*activation_zero_point=*/0,
      /*weight_zero_point=*/0, /*residual_zero_point=*/0,
      /*output_zero_point=*/0, /*residual_scale=*/APFloat(1.0f),
      APFloat(static_cast<float>(epilogue.outputScale)),
      /*requantization=*/RequantizationAttr(), /*clamp_low=*/FloatAttr(),
      /*clamp_high=*/FloatAttr(),
      /*activation_unsigned=*/false, /*weight_unsigned=*/false,
      /*residual_unsigned=*/false, /*output_unsigned=*/false,
      /*schedule=*/ScheduleAttr(), /*slice=*/SliceAttr());

  if (sum.activation.hasPadding())
    op.setActivationPadding(sum.activation.padding);
  if (const auto &quantized = sum.activation.dequantization) {
    op.setActivationZeroPoint(quantized->zeroPoint);
    op.setActivationUnsigned(quantized->isUnsigned);
  }
  if (const auto &quantized = sum.weight.dequantization) {
    op.setWeightZeroPoint(quantized->zeroPoint);
    op.setWeightUnsigned(quantized->isUnsigned);
  }
  if (epilogue.residual) {
    op.setResidualScale(APFloat(static_cast<float>(epilogue.residual->scale)));
    if (const auto &quantized = epilogue.residual->access.dequantization) {
      op.setResidualZeroPoint(quantized->zeroPoint);
      op.setResidualUnsigned(quantized->isUnsigned);
    }
  }
  if (const auto &requantization = epilogue.requantization)
    op.setRequantizationAttr(RequantizationAttr::get(
        context, requantization->low, requantization->high,
        builder.getF32FloatAttr(requantization->scale)));
  if (epilogue.clampLow)
    op.setClampLow(APFloat(static_cast<float>(*epilogue.clampLow)));
  if (epilogue.clampHigh)
    op.setClampHigh(APFloat(static_cast<float>(*epilogue.clampHigh)));
  op.setOutputZeroPoint(epilogue.zeroPoint);
  op.setOutputUnsigned(epilogue.isUnsigned);
  return op.getResult();
}

//===----------------------------------------------------------------------===//
// npu.vector
//===----------------------------------------------------------------------===//

namespace {

/// Writes the regions of the npu.vector that carries out a sum of products.
class ReductionEmitter {
public:
  ReductionEmitter(OpBuilder &builder, Location loc, const SumOfProducts &sum,
                   const Epilogue &epilogue)
      : builder(builder), loc(loc), sum(sum), epilogue(epilogue),
        offsets(sum, epilogue) {}

  Value emit(ArrayRef<AffineExpr> output, RankedTensorType type);

private:
  void orderDims(ArrayRef<AffineExpr> output);
  VectorInput renumber(const Access &access, bool isUnsigned) const;
  std::optional<unsigned> addChannels(const ChannelValues &values);
  std::optional<unsigned> addOffsets();
  void emitBody(VectorOp vector);
  void emitFinish(VectorOp vector);
  Value f32(double value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
  }
  Value subtractZeroPoint(Value value, const Access &access);
  Value coefficient(VectorOp vector, const ChannelValues &values,
                    std::optional<unsigned> input) {
    return input ? Value(getFinishArgument(vector, *input)) : f32(values[0]);
  }

  OpBuilder &builder;
  Location loc;
  const SumOfProducts &sum;
  const Epilogue &epilogue;
  const SumOffsets offsets;
  VectorSpec spec;
  SmallVector<AffineExpr> dims;
  std::optional<unsigned> offsetInput, scaleInput, biasInput, residualInput;
};

} // namespace

void ReductionEmitter::orderDims(ArrayRef<AffineExpr> output) {
  unsigned numDims = sum.loops.sizes.size();
  dims.assign(numDims, AffineExpr());
  auto append = [&](unsigned dim) {
    dims[dim] = builder.getAffineDimExpr(spec.sizes.size());
    spec.sizes.push_back(sum.loops.sizes[dim]);
  };
  for (AffineExpr expr : output)
    append(cast<AffineDimExpr>(expr).getPosition());
  for (unsigned dim = 0; dim < numDims; ++dim)
    if (!dims[dim]) {
      append(dim);
      ++spec.numReductions;
    }
}

VectorInput ReductionEmitter::renumber(const Access &access,
                                       bool isUnsigned) const {
  Access renumbered = access;
  for (AffineExpr &expr : renumbered.coordinates)
    expr = expr.replaceDims(dims);
  return getInput(renumbered, spec.sizes.size(), isUnsigned);
}

/// The input that holds coefficients with more than one value.
std::optional<unsigned>
ReductionEmitter::addChannels(const ChannelValues &values) {
  if (llvm::all_equal(values))
    return std::nullopt;
  Value constant =
      createConstant(builder, loc, toFloat(values, epilogue.numChannels));
  return spec.addInput(renumber(Access(constant, {epilogue.channel}), false));
}

/// The input that holds offsets with more than one value: one value for all
/// sums is what they start from.
std::optional<unsigned> ReductionEmitter::addOffsets() {
  if (llvm::all_equal(offsets.values))
    return std::nullopt;
  Value constant = createConstant(builder, loc, offsets.shape, offsets.values);
  return spec.addInput(renumber(Access(constant, offsets.coordinates), false));
}

Value ReductionEmitter::subtractZeroPoint(Value value, const Access &access) {
  if (!access.dequantization || access.dequantization->zeroPoint == 0)
    return value;
  Value zeroPoint = arith::ConstantOp::create(
      builder, loc,
      builder.getI32IntegerAttr(access.dequantization->zeroPoint));
  return arith::SubIOp::create(builder, loc, value, zeroPoint);
}

void ReductionEmitter::emitBody(VectorOp vector) {
  Block &body = vector.getBody().front();
  builder.setInsertionPointToEnd(&body);
  Value a = body.getArgument(0), b = body.getArgument(1), product;
  if (sum.isInteger) {
    if (!offsets.includeZeroPoint)
      a = subtractZeroPoint(a, sum.activation);
    product = arith::MulIOp::create(builder, loc, a,
                                    subtractZeroPoint(b, sum.weight));
  } else {
    product = arith::MulFOp::create(builder, loc, a, b);
  }
  YieldOp::create(builder, loc, product);
}

void ReductionEmitter::emitFinish(VectorOp vector) {
  Block &finish = vector.getFinish().front();
  builder.setInsertionPointToEnd(&finish);
  Value value = finish.getArgument(0);
  if (sum.isPlainInteger) {
    YieldOp::create(builder, loc, value);
    return;
  }
  if (offsetInput)
    value = arith::AddIOp::create(builder, loc, value,
                                  getFinishArgument(vector, *offsetInput));
  if (sum.isInteger)
    value = arith::SIToFPOp::create(builder, loc, builder.getF32Type(), value);
  if (!isAll(epilogue.scale, 1.0))
    value = arith::MulFOp::create(
        builder, loc, value, coefficient(vector, epilogue.scale, scaleInput));
  if (!offsets.includeBias && !isAll(epilogue.bias, 0.0))
    value = arith::AddFOp::create(
        builder, loc, value, coefficient(vector, epilogue.bias, biasInput));
  if (residualInput) {
    const Access &access = epilogue.residual->access;
    Value residual =
        subtractZeroPoint(getFinishArgument(vector, *residualInput), access);
    if (access.dequantization)
      residual =
          arith::SIToFPOp::create(builder, loc, builder.getF32Type(), residual);
    if (epilogue.residual->scale != 1.0)
      residual = arith::MulFOp::create(builder, loc, residual,
                                       f32(epilogue.residual->scale));
    value = arith::AddFOp::create(builder, loc, value, residual);
  }
  if (epilogue.clampLow)
    value =
        arith::MaximumFOp::create(builder, loc, value, f32(*epilogue.clampLow));
  if (epilogue.clampHigh)
    value = arith::MinimumFOp::create(builder, loc, value,
                                      f32(*epilogue.clampHigh));
  if (epilogue.isQuantized && epilogue.zeroPoint != 0) {
    // Rounded before the zero point moves it: ties go to even integers.
    value = math::RoundEvenOp::create(builder, loc, value);
    value = arith::AddFOp::create(builder, loc, value,
                                  f32(static_cast<double>(epilogue.zeroPoint)));
  }
  YieldOp::create(builder, loc, value);
}

Value ReductionEmitter::emit(ArrayRef<AffineExpr> output,
                             RankedTensorType type) {
  orderDims(output);
  auto isUnsigned = [](const Access &access) {
    return access.dequantization && access.dequantization->isUnsigned;
  };
  spec.inputs.push_back(renumber(sum.activation, isUnsigned(sum.activation)));
  spec.inputs.push_back(renumber(sum.weight, isUnsigned(sum.weight)));
  offsetInput = addOffsets();
  scaleInput = addChannels(epilogue.scale);
  if (!offsets.includeBias)
    biasInput = addChannels(epilogue.bias);
  if (epilogue.residual)
    residualInput = spec.addInput(renumber(
        epilogue.residual->access, isUnsigned(epilogue.residual->access)));

  VectorResult &result = spec.outputs.emplace_back();
  result.type = type;
  SmallVector<AffineExpr> coordinates;
  for (AffineExpr expr : output)
    coordinates.push_back(expr.replaceDims(dims));
  result.map =
      AffineMap::get(spec.sizes.size(), 0, coordinates, builder.getContext());
  result.isUnsigned = epilogue.isUnsigned;
  TypedAttr initial = builder.getF32FloatAttr(0.0f);
  if (sum.isInteger)
    initial =
        builder.getI32IntegerAttr(offsetInput ? 0 : offsets.values.front());
  spec.combiners.push_back(CombinerAttr::get(
      builder.getContext(),
      sum.isInteger ? CombinerKind::addi : CombinerKind::addf, initial));

  VectorOp vector = createVector(builder, loc, spec);
  OpBuilder::InsertionGuard guard(builder);
  emitBody(vector);
  emitFinish(vector);
  return vector.getResult(0);
}

Value createReduction(OpBuilder &builder, Location loc,
                      const SumOfProducts &sum, const Epilogue &epilogue,
                      ArrayRef<AffineExpr> output, RankedTensorType type) {
  return ReductionEmitter(builder, loc, sum, epilogue).emit(output, type);
}

} // namespace garam::npu
