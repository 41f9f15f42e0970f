//===- MatMulInteger.cpp - Products of quantised matrices -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
//   sum (a - za) (b - zb) = sum a b - za sum (b) - zb sum (a) + K za zb
//
// over K products: the first sum is of bytes, which tensor engines multiply,
// whatever the zero points are, and that of constant weights is a constant.
// (Jacob et al., Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference, 2018, section 2.3.)
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "MatMul.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace garam::onnx {
namespace {

enum MatMulIntegerInput { kA, kB, kZeroOfA, kZeroOfB };

class MatMulIntegerLowering {
public:
  explicit MatMulIntegerLowering(NodeAccessor &node) : node(node), b(node.b) {}

  LogicalResult run();

private:
  LogicalResult check();
  bool hasZeroPoint(unsigned input);
  int64_t getSummedDim(unsigned input) {
    return input == kA ? node.getRank(kA) - 1
                       : std::max<int64_t>(node.getRank(kB) - 2, 0);
  }
  Value widen(ImplicitLocOpBuilder &b, Value value, unsigned input);
  Value alignWithProduct(Value value, unsigned input, bool lacksSummed);
  Value makeZeroPoint(unsigned input);
  Value makeOperandSums(unsigned input);
  Value makeConstantSums(unsigned input);

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
};

} // namespace

LogicalResult MatMulIntegerLowering::check() {
  for (unsigned input : {kA, kB})
    if (!node.getElementType(input).isInteger(8))
      return node.error() << "input " << input << " is "
                          << node.getInputType(input)
                          << ", but integers of 8 bits are needed";
  for (unsigned input : {kA, kB})
    if (node.hasInput(input + kZeroOfA) &&
        node.getElementType(input + kZeroOfA) != node.getElementType(input))
      return node.error() << "zero point "
                          << node.getInputType(input + kZeroOfA)
                          << " does not fit " << node.getInputType(input)
                          << "; its element type is needed";
  return checkMatMul(node);
}

/// Whether operand `input` has a zero point other than 0.
bool MatMulIntegerLowering::hasZeroPoint(unsigned input) {
  if (!node.hasInput(input + kZeroOfA))
    return false;
  std::optional<SmallVector<int64_t>> constants =
      node.getConstantInts(input + kZeroOfA);
  return !constants ||
         llvm::any_of(*constants, [](int64_t zero) { return zero != 0; });
}

/// An element of operand `input`, or of its zero point, in 32 bits.
Value MatMulIntegerLowering::widen(ImplicitLocOpBuilder &b, Value value,
                                   unsigned input) {
  if (node.isUnsignedInput(input))
    return arith::ExtUIOp::create(b, b.getI32Type(), value);
  return arith::ExtSIOp::create(b, b.getI32Type(), value);
}

/// What belongs to the rows of operand A or to the columns of B, so that it
/// broadcasts to the product: that has no rows where A is a vector, and no
/// columns where B is one. `value` has a dimension of one element where the
/// products are summed, or lacks that dimension.
Value MatMulIntegerLowering::alignWithProduct(Value value, unsigned input,
                                              bool lacksSummed) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  bool needsSummed = node.getRank(input == kA ? kB : kA) > 1;
  if (lacksSummed == !needsSummed || (rank == 0 && lacksSummed))
    return value;
  int64_t fromEnd = input == kA ? 1 : 2;
  if (needsSummed)
    return makeUnsqueeze(b, value, rank + 1 - fromEnd);
  return makeSqueeze(b, value, rank - fromEnd);
}

/// Zero points: one, one for each row of A or column of B, or of as many
/// dimensions as the operand.
Value MatMulIntegerLowering::makeZeroPoint(unsigned input) {
  Value zero = node.getInput(input + kZeroOfA);
  RankedTensorType type = node.getInputType(input + kZeroOfA);
  if (type.hasStaticShape() && type.getNumElements() == 1)
    return makeReshape(b, zero, {});
  return alignWithProduct(zero, input, /*lacksSummed=*/type.getRank() == 1);
}

/// The sums of constant bytes; null where they are none.
Value MatMulIntegerLowering::makeConstantSums(unsigned input) {
  auto elements = dyn_cast_or_null<DenseResourceElementsAttr>(
      getConstantElements(node.getInput(input)));
  AsmResourceBlob *blob =
      elements ? elements.getRawHandle().getBlob() : nullptr;
  RankedTensorType type = node.getInputType(input);
  if (!blob ||
      blob->getData().size() < static_cast<size_t>(type.getNumElements()))
    return {};
  int64_t dim = getSummedDim(input), count = type.getDimSize(dim);
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  int64_t inner = ShapedType::getNumElements(ArrayRef(shape).drop_front(dim));
  SmallVector<int32_t> sums(ShapedType::getNumElements(shape), 0);
  bool isUnsigned = node.isUnsignedInput(input);
  // In the order of the bytes in the file.
  for (auto [i, byte] :
       llvm::enumerate(blob->getData().take_front(type.getNumElements())))
    sums[i / (inner * count) * inner + i % inner] +=
        isUnsigned ? static_cast<uint8_t>(byte) : static_cast<int8_t>(byte);
  auto sumType = RankedTensorType::get(shape, b.getI32Type());
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(sumType, ArrayRef<int32_t>(sums)));
}

/// The sums of an operand's elements along which products are summed.
Value MatMulIntegerLowering::makeOperandSums(unsigned input) {
  Value sums = makeConstantSums(input);
  if (!sums)
    sums = makeReduction(
        b, node.getInput(input), getSummedDim(input), b.getI32IntegerAttr(0),
        [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
          return arith::AddIOp::create(b, widen(b, s[0], input), s[1]);
        });
  return alignWithProduct(sums, input, /*lacksSummed=*/true);
}

LogicalResult MatMulIntegerLowering::run() {
  if (failed(check()))
    return failure();
  FailureOr<Value> products =
      makeGenericMatMul(node, b.getI32Type(),
                        {node.isUnsignedInput(kA), node.isUnsignedInput(kB)});
  if (failed(products))
    return failure();
  SmallVector<Value> operands{*products};
  SmallVector<unsigned, 2> shifted;
  for (unsigned input : {kA, kB})
    if (hasZeroPoint(input)) {
      shifted.push_back(input);
      operands.push_back(makeZeroPoint(input));
      operands.push_back(makeOperandSums(input == kA ? kB : kA));
    }
  if (shifted.empty())
    return node.setOutput(*products);

  Value count;
  if (shifted.size() > 1) {
    OpFoldResult size = getSizes(b, node.getInput(kA)).back();
    if (std::optional<int64_t> constant = getConstantIntValue(size))
      count = makeScalar(b, b.getI32Type(), *constant);
    else
      count = arith::IndexCastOp::create(b, b.getI32Type(),
                                         llvm::cast<Value>(size));
  }
  FailureOr<Value> sums = makeBroadcast(
      node, operands, b.getI32Type(),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value sum = s[0], bothZeros = count;
        for (auto [i, input] : llvm::enumerate(shifted)) {
          Value zero = widen(b, s[1 + 2 * i], input);
          Value part = arith::MulIOp::create(b, zero, s[2 + 2 * i]);
          sum = arith::SubIOp::create(b, sum, part);
          if (count)
            bothZeros = arith::MulIOp::create(b, bothZeros, zero);
        }
        return count ? arith::AddIOp::create(b, sum, bothZeros).getResult()
                     : sum;
      });
  if (failed(sums))
    return failure();
  return node.setOutput(*sums);
}

static LogicalResult lowerMatMulInteger(NodeAccessor &node) {
  return MatMulIntegerLowering(node).run();
}

void registerMatMulInteger(OperatorTable &table) {
  table.add("MatMulInteger", 2, lowerMatMulInteger);
}

} // namespace garam::onnx
