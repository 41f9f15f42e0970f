//===- Random.cpp - Elements that are drawn at random ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Each element follows from its position and the node's seed alone, so that the
// elements can be drawn in any order, by any number of threads: by Philox4x32
// of ten rounds (J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel
// Random Numbers: As Easy as 1, 2, 3. SC 2011).
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "Reductions.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

#include <array>

using namespace mlir;

namespace garam::onnx {

//===----------------------------------------------------------------------===//
// The generator
//===----------------------------------------------------------------------===//

namespace {

using Words = std::array<Value, 4>; // of 32 bits
using Key = std::array<uint32_t, 2>;

/// Draws elements in a body.
class Generator {
public:
  Generator(ImplicitLocOpBuilder &b, Type type, const Words &words)
      : math(b, type), words(words) {}

  /// In [0, 1), a multiple of 2^-24, or of 2^-53 as f64.
  Value makeUniform() { return makeFraction(0, /*isInside=*/false); }

  /// In (0, 1), an odd multiple of 2^-24, or of 2^-53 as f64.
  Value makeInner() { return makeFraction(0, /*isInside=*/true); }

  /// Of mean 0 and variance 1: G. E. P. Box, M. E. Muller: A Note on the
  /// Generation of Random Normal Deviates. Ann. Math. Statist. 29 (1958).
  Value makeNormal() {
    ImplicitLocOpBuilder &b = math.builder();
    Value squared = math.mul(math.log(makeInner()), -2);
    Value angle =
        math.mul(makeFraction(1, /*isInside=*/false), 2 * llvm::numbers::pi);
    return math.mul(math.sqrt(squared), math::CosOp::create(b, angle));
  }

  ScalarMath math;

private:
  /// The `number`-th fraction; at most two.
  Value makeFraction(unsigned number, bool isInside);

  const Words &words;
};

} // namespace

Value Generator::makeFraction(unsigned number, bool isInside) {
  ImplicitLocOpBuilder &b = math.builder();
  Type type = math.constant(0).getType();
  bool isDouble = type.isF64();
  // One bit less leaves room for the half that keeps away from 0.
  unsigned bits = (isDouble ? 53 : 24) - isInside;
  auto shift = [&](Value value, unsigned count) -> Value {
    return arith::ShRUIOp::create(
        b, value, makeScalar(b, value.getType(), static_cast<double>(count)));
  };
  Value drawn;
  if (isDouble) {
    Type wide = b.getI64Type();
    Value high = arith::ExtUIOp::create(b, wide, words[2 * number]);
    Value low = arith::ExtUIOp::create(b, wide, words[2 * number + 1]);
    high = arith::ShLIOp::create(b, high, makeScalar(b, wide, 32));
    drawn = shift(arith::OrIOp::create(b, high, low), 64 - bits);
  } else {
    drawn = shift(words[number], 32 - bits);
  }
  Value fraction = arith::SIToFPOp::create(b, type, drawn);
  if (isInside)
    fraction = math.add(fraction, 0.5);
  return math.mul(fraction, std::ldexp(1.0, -static_cast<int>(bits)));
}

/// The number of the element in the order of memory, an i64, in a body over
/// `sizes`, of which those that are values are indices.
static Value makeNumber(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes) {
  Value number = arith::ConstantIndexOp::create(b, 0);
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    Value length = getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
    number = arith::MulIOp::create(b, number, length);
    number = arith::AddIOp::create(b, number, linalg::IndexOp::create(b, dim));
  }
  return arith::IndexCastOp::create(b, b.getI64Type(), number);
}

/// Four words from the number of an element: Philox4x32-10, with the paper's
/// constants.
static Words makeWords(ImplicitLocOpBuilder &b, Value number, Key key) {
  constexpr unsigned numRounds = 10;
  constexpr std::array<uint32_t, 2> factors = {0xD2511F53, 0xCD9E8D57};
  constexpr Key steps = {0x9E3779B9, 0xBB67AE85};
  Type narrow = b.getI32Type(), wide = b.getI64Type();
  auto makeConstant = [&](Type type, uint64_t value) -> Value {
    return arith::ConstantOp::create(
        b, b.getIntegerAttr(type, APInt(type.getIntOrFloatBitWidth(), value)));
  };
  auto makeXor = [&](Value x, Value y, uint32_t k) -> Value {
    x = arith::XOrIOp::create(b, x, y);
    return arith::XOrIOp::create(b, x, makeConstant(narrow, k));
  };
  Value wordBits = makeConstant(wide, 32);
  auto split = [&](Value value) -> std::pair<Value, Value> {
    Value high = arith::ShRUIOp::create(b, value, wordBits);
    return {arith::TruncIOp::create(b, narrow, high),
            arith::TruncIOp::create(b, narrow, value)};
  };
  auto multiply = [&](Value word, uint32_t factor) {
    Value product = arith::ExtUIOp::create(b, wide, word);
    return split(arith::MulIOp::create(b, product, makeConstant(wide, factor)));
  };
  auto [high, low] = split(number);
  Value zero = makeConstant(narrow, 0);
  Words words = {low, high, zero, zero};
  for (unsigned round = 0; round < numRounds; ++round) {
    auto [high0, low0] = multiply(words[0], factors[0]);
    auto [high1, low1] = multiply(words[2], factors[1]);
    words = {makeXor(high1, words[1], key[0]), low1,
             makeXor(high0, words[3], key[1]), low0};
    for (unsigned i = 0; i < key.size(); ++i)
      key[i] += steps[i];
  }
  return words;
}

static Key splitKey(uint64_t key) {
  return {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
}

/// From the attribute 'seed', a float, of Dropout an integer; without it each
/// node has its own, which is the same in each compile.
static Key getKey(NodeAccessor &node) {
  if (node.hasAttr("seed")) {
    if (node.getOpType() == "Dropout")
      return splitKey(node.getInt("seed", 0));
    float seed = node.getFloat("seed", 0);
    return {llvm::bit_cast<uint32_t>(seed), 0};
  }
  return splitKey(llvm::xxh3_64bits(node.getId()));
}

using DrawingBody =
    llvm::function_ref<Value(Generator &draw, ValueRange scalars)>;

/// makePointwise whose body draws in `type`, f32 or f64.
static Value makeDrawn(NodeAccessor &node, ArrayRef<OpFoldResult> sizes,
                       Type elementType, Type type, ValueRange operands,
                       ArrayRef<AffineMap> maps, DrawingBody body) {
  Key key = getKey(node);
  return makePointwise(
      node.b, sizes, elementType, operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange scalars) -> Value {
        Words words = makeWords(b, makeNumber(b, sizes), key);
        Generator draw(b, type, words);
        return body(draw, scalars);
      });
}

/// What is drawn for elements of a float type, and converted to it.
static Type getDrawnType(Type elementType) {
  return elementType.isF64() ? elementType
                             : Float32Type::get(elementType.getContext());
}

/// The same operation would draw the same in each step of a loop.
static LogicalResult checkDrawsOnce(NodeAccessor &node) {
  if (!node.isInLoop())
    return success();
  return node.error() << "it is in the body of a Loop or Scan, each of whose "
                         "steps would draw the same; draw for all steps in "
                         "front of the loop";
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

/// Sets output 0 to elements of a distribution with two parameters.
static LogicalResult drawElements(NodeAccessor &node,
                                  ArrayRef<OpFoldResult> sizes,
                                  DrawingBody body) {
  RankedTensorType type = node.getOutputType();
  if (!type || !isFloat(type.getElementType()))
    return node.error() << "the output's element type is not known to be a "
                           "float; declare it with the attribute 'dtype'";
  if (failed(checkDrawsOnce(node)))
    return failure();
  Type element = type.getElementType();
  return node.setOutput(
      makeDrawn(node, sizes, element, getDrawnType(element), {}, {},
                [&](Generator &draw, ValueRange scalars) {
                  ScalarMath converted(draw.math.builder(), element);
                  return converted.convert(body(draw, scalars));
                }));
}

static LogicalResult drawUniform(NodeAccessor &node,
                                 ArrayRef<OpFoldResult> sizes) {
  double low = node.getFloat("low", 0), high = node.getFloat("high", 1);
  return drawElements(node, sizes, [=](Generator &draw, ValueRange) {
    return draw.math.add(draw.math.mul(draw.makeUniform(), high - low), low);
  });
}

static LogicalResult drawNormal(NodeAccessor &node,
                                ArrayRef<OpFoldResult> sizes) {
  double mean = node.getFloat("mean", 0), scale = node.getFloat("scale", 1);
  return drawElements(node, sizes, [=](Generator &draw, ValueRange) {
    return draw.math.add(draw.math.mul(draw.makeNormal(), scale), mean);
  });
}

using Distribution = LogicalResult(NodeAccessor &, ArrayRef<OpFoldResult>);

template <Distribution draw>
static LogicalResult lowerOfShape(NodeAccessor &node) {
  SmallVector<int64_t> shape =
      node.getInts("shape").value_or(SmallVector<int64_t>());
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    return node.error() << "attribute 'shape' has a negative size";
  return draw(node, getStaticSizes(node.b, shape));
}

template <Distribution draw>
static LogicalResult lowerLike(NodeAccessor &node) {
  return draw(node, getSizes(node.b, node.getInput(0)));
}

/// 1 with the probability that the input says, else 0.
static LogicalResult lowerBernoulli(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getOutputType();
  if (!type)
    return node.error() << "the element type of the output is not known";
  if (failed(node.checkFloat(0)) || failed(checkDrawsOnce(node)))
    return failure();
  Type element = type.getElementType();
  return node.setOutput(makeDrawn(
      node, getSizes(b, node.getInput(0)), element,
      getDrawnType(node.getElementType()), node.getInput(0),
      b.getMultiDimIdentityMap(node.getRank()),
      [&](Generator &draw, ValueRange scalars) -> Value {
        ImplicitLocOpBuilder &b = draw.math.builder();
        Value isOne =
            draw.math.compare(arith::CmpFPredicate::OLT, draw.makeUniform(),
                              draw.math.convert(scalars[0]));
        return arith::SelectOp::create(b, isOne, makeScalar(b, element, 1),
                                       makeScalar(b, element, 0));
      }));
}

/// The number of a class, from unnormalised logarithms of probabilities: where
/// these and a draw of Gumbel's distribution are greatest (E. J. Gumbel:
/// Statistical Theory of Extreme Values and Some Practical Applications. 1954).
static LogicalResult lowerMultinomial(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t count = node.getInt("sample_size", 1);
  RankedTensorType type = node.getOutputType();
  if (failed(node.checkRank(0, 2, 2)) || failed(node.checkFloat(0)) ||
      failed(checkDrawsOnce(node)))
    return failure();
  if (!type || count < 0)
    return node.error() << "attribute 'sample_size' is " << count
                        << ", but a number that is not negative is needed";
  Value input = node.getInput(0);
  Sizes sizes = getSizes(b, input);
  sizes.insert(sizes.begin() + 1, b.getIndexAttr(count));
  AffineMap map =
      AffineMap::getMultiDimMapWithTargets(3, {0, 2}, b.getContext());
  Type drawn = getDrawnType(node.getElementType());
  Value weights =
      makeDrawn(node, sizes, drawn, drawn, input, map,
                [&](Generator &draw, ValueRange scalars) -> Value {
                  ScalarMath &m = draw.math;
                  return m.sub(m.convert(scalars[0]),
                               m.log(m.neg(m.log(draw.makeInner()))));
                });
  Value chosen = makeArgument(b, weights, /*axis=*/2, /*wantsMaximum=*/true,
                              /*wantsLast=*/false, /*isUnsigned=*/false);
  Type element = type.getElementType();
  if (element != b.getI64Type())
    chosen = makeMapped(b, element, chosen,
                        [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                          return arith::TruncIOp::create(b, element, s[0]);
                        });
  return node.setOutput(chosen);
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

/// In inference a Dropout passes its input on.
static LogicalResult passOn(NodeAccessor &node) {
  if (node.isOutputUsed(1)) {
    RankedTensorType type = node.getInputType(0);
    if (failed(node.checkStatic(0, "the mask")))
      return failure();
    auto mask = DenseElementsAttr::get(type.clone(node.b.getI1Type()), true);
    if (failed(node.setOutput(1, arith::ConstantOp::create(node.b, mask))))
      return failure();
  }
  return node.setOutput(node.getInput(0));
}

/// Input `index`, one element, as a tensor of rank 0; null for another.
static Value getScalarInput(NodeAccessor &node, unsigned index) {
  RankedTensorType type = node.getInputType(index);
  if (!type.hasStaticShape() || type.getNumElements() != 1)
    return {};
  return makeReshape(node.b, node.getInput(index), {});
}

/// Keeps each element with a probability, and scales what it keeps.
static LogicalResult lowerDropout(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  std::optional<SmallVector<int64_t>> known = node.getConstantInts(2);
  if (!node.hasInput(2) || (known && known->size() == 1 && known->front() == 0))
    return passOn(node);
  if (failed(node.checkFloat(0)) || failed(checkDrawsOnce(node)))
    return failure();
  Type element = node.getElementType(), drawn = getDrawnType(element);
  Value training = getScalarInput(node, 2);
  Value ratio = node.hasInput(1)
                    ? getScalarInput(node, 1)
                    : makeTensor(b, RankedTensorType::get({}, drawn), 0.5);
  if (!training || !ratio || !getElementTypeOrSelf(training).isInteger(1) ||
      !isFloat(getElementTypeOrSelf(ratio)))
    return node.error() << "one float ('ratio') and one boolean "
                           "('training_mode') are needed";
  Sizes sizes = getSizes(b, node.getInput(0));
  AffineMap each = b.getMultiDimIdentityMap(node.getRank());
  AffineMap scalar = AffineMap::get(node.getRank(), 0, b.getContext());
  Value mask =
      makeDrawn(node, sizes, b.getI1Type(), drawn, {ratio, training},
                {scalar, scalar}, [&](Generator &draw, ValueRange s) -> Value {
                  ImplicitLocOpBuilder &b = draw.math.builder();
                  Value isKept = draw.math.compare(arith::CmpFPredicate::OGE,
                                                   draw.makeUniform(),
                                                   draw.math.convert(s[0]));
                  return arith::SelectOp::create(
                      b, s[1], isKept, makeScalar(b, b.getI1Type(), 1));
                });
  Value kept = makePointwise(
      b, sizes, element, {node.getInput(0), mask, ratio, training},
      {each, each, scalar, scalar},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        ScalarMath m(b, drawn), out(b, element);
        Value scale =
            m.div(m.constant(1), m.sub(m.constant(1), m.convert(s[2])));
        Value scaled =
            m.mul(m.convert(s[0]), m.select(s[3], scale, m.constant(1)));
        return out.convert(m.select(s[1], scaled, m.constant(0)));
      });
  if (node.getNumOutputs() > 1 && failed(node.setOutput(1, mask)))
    return failure();
  return node.setOutput(kept);
}

void registerRandom(OperatorTable &table) {
  table.add("Bernoulli", 1, lowerBernoulli);
  table.add("Dropout", 1, lowerDropout);
  table.add("Multinomial", 1, lowerMultinomial);
  table.add("RandomNormal", 0, lowerOfShape<drawNormal>);
  table.add("RandomNormalLike", 1, lowerLike<drawNormal>);
  table.add("RandomUniform", 0, lowerOfShape<drawUniform>);
  table.add("RandomUniformLike", 1, lowerLike<drawUniform>);
}

} // namespace garam::onnx
