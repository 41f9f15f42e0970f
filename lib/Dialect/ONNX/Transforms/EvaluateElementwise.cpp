//===- EvaluateElementwise.cpp - Elementwise nodes on small tensors -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace garam::onnx {
namespace {

/// Two operands of one type, both known.
struct Pair {
  Element lhs, rhs;
  bool isFloat = false;
};

Element unknown() { return {}; }

/// Integers wrap around, as they do on every target.
int64_t wrap(uint64_t value) { return int64_t(value); }

Element evaluateAdd(const Pair &p) {
  return p.isFloat ? Element::ofNumber(p.lhs.number + p.rhs.number)
                   : Element::ofInteger(wrap(uint64_t(p.lhs.integer) +
                                             uint64_t(p.rhs.integer)));
}

Element evaluateSub(const Pair &p) {
  return p.isFloat ? Element::ofNumber(p.lhs.number - p.rhs.number)
                   : Element::ofInteger(wrap(uint64_t(p.lhs.integer) -
                                             uint64_t(p.rhs.integer)));
}

Element evaluateMul(const Pair &p) {
  return p.isFloat ? Element::ofNumber(p.lhs.number * p.rhs.number)
                   : Element::ofInteger(wrap(uint64_t(p.lhs.integer) *
                                             uint64_t(p.rhs.integer)));
}

/// Whether an integer quotient has no value, or none that fits.
bool isUndefinedQuotient(int64_t lhs, int64_t rhs) {
  return rhs == 0 || (rhs == -1 && lhs == std::numeric_limits<int64_t>::min());
}

Element evaluateDiv(const Pair &p) {
  if (p.isFloat)
    return Element::ofNumber(p.lhs.number / p.rhs.number);
  if (isUndefinedQuotient(p.lhs.integer, p.rhs.integer))
    return unknown();
  return Element::ofInteger(p.lhs.integer / p.rhs.integer);
}

/// With fmod = 0, integers only: the result has the divisor's sign.
Element evaluateIntegerMod(const Pair &p) {
  if (p.isFloat || isUndefinedQuotient(p.lhs.integer, p.rhs.integer))
    return unknown();
  int64_t remainder = p.lhs.integer % p.rhs.integer;
  if (remainder != 0 && (remainder < 0) != (p.rhs.integer < 0))
    remainder += p.rhs.integer;
  return Element::ofInteger(remainder);
}

/// With fmod = 1: C's fmod, whose result has the dividend's sign.
Element evaluateFloatMod(const Pair &p) {
  if (p.isFloat)
    return Element::ofNumber(std::fmod(p.lhs.number, p.rhs.number));
  if (isUndefinedQuotient(p.lhs.integer, p.rhs.integer))
    return unknown();
  return Element::ofInteger(p.lhs.integer % p.rhs.integer);
}

/// The power of two integers.
Element evaluateIntegerPow(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return unknown();
  uint64_t result = 1, square = uint64_t(base);
  for (; exponent; exponent >>= 1) {
    if (exponent & 1)
      result *= square;
    square *= square;
  }
  return Element::ofInteger(wrap(result));
}

Element ofBool(bool value) { return Element::ofInteger(value); }

Element evaluateEqual(const Pair &p) {
  return ofBool(p.isFloat ? p.lhs.number == p.rhs.number
                          : p.lhs.integer == p.rhs.integer);
}

Element evaluateLess(const Pair &p) {
  return ofBool(p.isFloat ? p.lhs.number < p.rhs.number
                          : p.lhs.integer < p.rhs.integer);
}

Element evaluateLessOrEqual(const Pair &p) {
  return ofBool(p.isFloat ? p.lhs.number <= p.rhs.number
                          : p.lhs.integer <= p.rhs.integer);
}

Element evaluateGreater(const Pair &p) {
  return ofBool(p.isFloat ? p.lhs.number > p.rhs.number
                          : p.lhs.integer > p.rhs.integer);
}

Element evaluateGreaterOrEqual(const Pair &p) {
  return ofBool(p.isFloat ? p.lhs.number >= p.rhs.number
                          : p.lhs.integer >= p.rhs.integer);
}

Element evaluateAnd(const Pair &p) {
  return Element::ofInteger(p.lhs.integer & p.rhs.integer);
}

Element evaluateOr(const Pair &p) {
  return Element::ofInteger(p.lhs.integer | p.rhs.integer);
}

Element evaluateXor(const Pair &p) {
  return Element::ofInteger(p.lhs.integer ^ p.rhs.integer);
}

/// By the width of the type or more leaves no bit.
constexpr int64_t kMostShift = 63;

/// Bits that leave a narrower type go when the result is converted to it.
Element evaluateShiftLeft(const Pair &p) {
  return Element::ofInteger(
      p.rhs.integer > kMostShift
          ? 0
          : wrap(uint64_t(p.lhs.integer) << p.rhs.integer));
}

/// Of numbers without a sign.
Element evaluateShiftRight(const Pair &p) {
  return Element::ofInteger(
      p.rhs.integer > kMostShift ? 0 : p.lhs.integer >> p.rhs.integer);
}

Element evaluateMin(const Pair &p) {
  if (p.isFloat && (std::isnan(p.lhs.number) || std::isnan(p.rhs.number)))
    return Element::ofNumber(std::numeric_limits<double>::quiet_NaN());
  return evaluateLess(p).integer ? p.lhs : p.rhs;
}

Element evaluateMax(const Pair &p) {
  if (p.isFloat && (std::isnan(p.lhs.number) || std::isnan(p.rhs.number)))
    return Element::ofNumber(std::numeric_limits<double>::quiet_NaN());
  return evaluateLess(p).integer ? p.rhs : p.lhs;
}

/// The shape that shapes broadcast to by numpy's rule, none if they do not.
std::optional<SmallVector<int64_t>>
broadcastShapes(ArrayRef<const SmallTensor *> tensors) {
  SmallVector<int64_t> shape;
  for (const SmallTensor *tensor : tensors) {
    size_t rank = tensor->shape.size();
    if (rank > shape.size())
      shape.insert(shape.begin(), rank - shape.size(), 1);
    for (size_t i = 0; i < rank; ++i) {
      int64_t &out = shape[shape.size() - rank + i];
      int64_t in = tensor->shape[i];
      if (out == 1)
        out = in;
      else if (in != 1 && in != out)
        return std::nullopt;
    }
  }
  return shape;
}

/// The element of `tensor` that broadcasts to element `index` of `shape`.
const Element &getBroadcast(const SmallTensor &tensor, int64_t index,
                            ArrayRef<int64_t> shape) {
  int64_t offset = 0, stride = 1;
  size_t skipped = shape.size() - tensor.shape.size();
  for (size_t i = shape.size(); i-- > skipped;) {
    int64_t size = tensor.shape[i - skipped];
    if (size != 1)
      offset += (index % shape[i]) * stride;
    index /= shape[i];
    stride *= size;
  }
  return tensor.elements[offset];
}

/// Computes each element of a result whose shape is the operands' broadcast
/// one. `compute` gets the operands' elements.
template <typename Compute>
std::optional<Results> evaluateBroadcast(const NodeInputs &in,
                                         Compute &&compute) {
  for (const SmallTensor *value : in.values)
    if (!value)
      return std::nullopt;
  auto shape = broadcastShapes(in.values);
  if (!shape)
    return std::nullopt;
  auto count = countElements(*shape, in.maxElements);
  if (!count)
    return std::nullopt;
  SmallTensor result{in.elementType, *shape, {}};
  SmallVector<Element> operands(in.values.size());
  for (int64_t i = 0; i < *count; ++i) {
    for (auto [operand, value] : llvm::zip(operands, in.values))
      operand = getBroadcast(*value, i, *shape);
    result.elements.push_back(
        convertTo(in.elementType, compute(ArrayRef<Element>(operands))));
  }
  return Results{std::move(result)};
}

/// Integers that are compared by what their difference is between.
template <Element (*Compute)(const Pair &)>
Element compareSizes(std::pair<int64_t, int64_t> difference) {
  auto [least, most] = difference;
  Element below = Compute({Element::ofInteger(-1), Element::ofInteger(0)}),
          equal = Compute({Element::ofInteger(0), Element::ofInteger(0)}),
          above = Compute({Element::ofInteger(1), Element::ofInteger(0)});
  // Those of the three that there can be agree.
  std::optional<int64_t> result;
  for (auto [isPossible, value] :
       {std::pair(least < 0, below.integer),
        std::pair(least <= 0 && most >= 0, equal.integer),
        std::pair(most > 0, above.integer)}) {
    if (!isPossible)
      continue;
    if (result && *result != value)
      return unknown();
    result = value;
  }
  return result ? ofBool(*result != 0) : unknown();
}

/// Of two integers, one of which is an expression of symbols.
template <Element (*Compute)(const Pair &)>
Element computeSizes(const NodeInputs &in, const Element &lhs,
                     const Element &rhs) {
  MLIRContext *context = in.elementType.getContext();
  AffineExpr left = lhs.getSize(context), right = rhs.getSize(context);
  if (!left || !right)
    return unknown();
  if constexpr (Compute == evaluateAdd)
    return Element::ofSize(left + right);
  if constexpr (Compute == evaluateSub)
    return Element::ofSize(left - right);
  if constexpr (Compute == evaluateMul)
    return Element::ofSize(left * right);
  if constexpr (Compute == evaluateDiv || Compute == evaluateIntegerMod) {
    bool isOfSizes = getSizeRange(left, in.symbols).first >= 0 &&
                     getSizeRange(right, in.symbols).first > 0;
    if (!isOfSizes)
      return unknown();
    return Element::ofSize(Compute == evaluateDiv ? left.floorDiv(right)
                                                  : left % right);
  }
  auto difference = getSizeRange(normalizeSize(left - right), in.symbols);
  if constexpr (Compute == evaluateMin || Compute == evaluateMax) {
    if (difference.second <= 0)
      return Compute == evaluateMin ? lhs : rhs;
    if (difference.first >= 0)
      return Compute == evaluateMin ? rhs : lhs;
  }
  if constexpr (Compute == evaluateEqual || Compute == evaluateLess ||
                Compute == evaluateLessOrEqual || Compute == evaluateGreater ||
                Compute == evaluateGreaterOrEqual)
    return compareSizes<Compute>(difference);
  return unknown();
}

/// Of two elements, either of which may be an expression of symbols.
template <Element (*Compute)(const Pair &)>
Element computePair(const NodeInputs &in, const Element &lhs,
                    const Element &rhs, bool isFloat) {
  return lhs.known && rhs.known ? Compute({lhs, rhs, isFloat})
                                : computeSizes<Compute>(in, lhs, rhs);
}

/// Folds the operands from left to right; most operators have two.
template <Element (*Compute)(const Pair &)>
std::optional<Results> evaluateBinary(const NodeInputs &in) {
  if (in.values.empty() || !in.values[0])
    return std::nullopt;
  bool isFloat = in.values[0]->isFloat();
  return evaluateBroadcast(in, [&](ArrayRef<Element> operands) {
    Element result = operands[0];
    for (const Element &operand : operands.drop_front())
      result = computePair<Compute>(in, result, operand, isFloat);
    return result;
  });
}

std::optional<Results> evaluateMod(const NodeInputs &in) {
  return in.getInt("fmod", 0) ? evaluateBinary<evaluateFloatMod>(in)
                              : evaluateBinary<evaluateIntegerMod>(in);
}

std::optional<Results> evaluateBitShift(const NodeInputs &in) {
  auto direction = in.node.getNodeAttributes().getAs<StringAttr>("direction");
  auto type = dyn_cast<IntegerType>(in.elementType);
  if (!direction || !type || !type.isUnsigned())
    return std::nullopt;
  return direction == "LEFT" ? evaluateBinary<evaluateShiftLeft>(in)
                             : evaluateBinary<evaluateShiftRight>(in);
}

std::optional<Results> evaluateWhere(const NodeInputs &in) {
  return evaluateBroadcast(in, [](ArrayRef<Element> operands) {
    if (!operands[0].known)
      return unknown();
    return operands[0].integer ? operands[1] : operands[2];
  });
}

/// Limits that are left out are none.
std::optional<Results> evaluateClip(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input)
    return std::nullopt;
  std::optional<Element> limits[2];
  for (unsigned i = 0; i < 2; ++i) {
    if (!in.has(i + 1))
      continue;
    if (!in.get(i + 1) || in.get(i + 1)->elements.size() != 1)
      return std::nullopt;
    limits[i] = in.get(i + 1)->elements.front();
  }
  SmallTensor result{in.elementType, input->shape, {}};
  for (Element element : input->elements) {
    if (limits[0])
      element =
          computePair<evaluateMax>(in, element, *limits[0], input->isFloat());
    if (limits[1])
      element =
          computePair<evaluateMin>(in, element, *limits[1], input->isFloat());
    result.elements.push_back(element);
  }
  return Results{std::move(result)};
}

/// The integer that a float becomes, which is undefined out of range.
Element truncate(double number) {
  constexpr double kLimit = 9223372036854775808.0; // 2^63
  if (!(number > -kLimit && number < kLimit))
    return unknown();
  return Element::ofInteger(int64_t(number));
}

/// The exponent may have another type than the base, whose type the result has.
std::optional<Results> evaluatePow(const NodeInputs &in) {
  if (!in.get(0) || !in.get(1))
    return std::nullopt;
  bool floatBase = in.get(0)->isFloat(), floatExponent = in.get(1)->isFloat();
  return evaluateBroadcast(in, [&](ArrayRef<Element> operands) {
    const Element &base = operands[0], &exponent = operands[1];
    if (!base.known || !exponent.known)
      return unknown();
    if (!floatBase && !floatExponent)
      return evaluateIntegerPow(base.integer, exponent.integer);
    double power =
        std::pow(floatBase ? base.number : double(base.integer),
                 floatExponent ? exponent.number : double(exponent.integer));
    return floatBase ? Element::ofNumber(power) : truncate(power);
  });
}

/// Whether an expression of symbols is an integer of the node's type.
bool fitsInto(const NodeInputs &in, const Element &element) {
  auto type = dyn_cast<IntegerType>(in.elementType);
  if (!type || !element.size || type.getWidth() < 32)
    return false;
  auto [least, most] = getSizeRange(element.size, in.symbols);
  return least >= 0 && llvm::isIntN(type.getWidth() - 1, most);
}

std::optional<Results> evaluateCast(const NodeInputs &in) {
  if (!in.get(0))
    return std::nullopt;
  bool fromFloat = in.get(0)->isFloat();
  bool toFloat = isa<FloatType>(in.elementType);
  bool toBool = in.elementType.isInteger(1);
  return evaluateBroadcast(in, [&](ArrayRef<Element> operands) {
    Element element = operands[0];
    if (!element.known)
      return fitsInto(in, element) ? element : unknown();
    if (toBool)
      return ofBool(fromFloat ? element.number != 0 : element.integer != 0);
    if (fromFloat == toFloat)
      return element;
    return toFloat ? Element::ofNumber(double(element.integer))
                   : truncate(element.number);
  });
}

/// A Cast to the type of the second input, whose value does not matter.
std::optional<Results> evaluateCastLike(const NodeInputs &in) {
  NodeInputs first = in;
  first.values.truncate(1);
  return evaluateCast(first);
}

template <Element (*Compute)(const Element &, bool)>
std::optional<Results> evaluateUnary(const NodeInputs &in) {
  if (!in.get(0))
    return std::nullopt;
  bool isFloat = in.get(0)->isFloat();
  return evaluateBroadcast(in, [&](ArrayRef<Element> operands) {
    return operands[0].known ? Compute(operands[0], isFloat) : unknown();
  });
}

Element evaluateNeg(const Element &e, bool isFloat) {
  return isFloat ? Element::ofNumber(-e.number)
                 : Element::ofInteger(wrap(-uint64_t(e.integer)));
}

Element evaluateAbs(const Element &e, bool isFloat) {
  if (isFloat)
    return Element::ofNumber(std::fabs(e.number));
  return e.integer < 0 ? evaluateNeg(e, false) : e;
}

Element evaluateSign(const Element &e, bool isFloat) {
  if (!isFloat)
    return Element::ofInteger((e.integer > 0) - (e.integer < 0));
  return Element::ofNumber((e.number > 0) - (e.number < 0));
}

/// A function of floats, rounded to the type afterwards.
template <double (*Function)(double)>
Element evaluateFunction(const Element &e, bool) {
  return Element::ofNumber(Function(e.number));
}

/// Half to even, whatever the rounding mode of the process.
Element evaluateRound(const Element &e, bool) {
  if (!std::isfinite(e.number))
    return e;
  return Element::ofNumber(e.number - std::remainder(e.number, 1.0));
}

double computeSigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Element evaluateReciprocal(const Element &e, bool) {
  return Element::ofNumber(1.0 / e.number);
}

Element evaluateRelu(const Element &e, bool isFloat) {
  if (isFloat)
    return Element::ofNumber(e.number < 0 ? 0 : e.number);
  return Element::ofInteger(std::max<int64_t>(e.integer, 0));
}

Element evaluateIsNaN(const Element &e, bool) {
  return ofBool(std::isnan(e.number));
}

Element evaluateNot(const Element &e, bool) { return ofBool(!e.integer); }

Element evaluateBitwiseNot(const Element &e, bool) {
  return Element::ofInteger(~e.integer);
}

Element evaluateIdentity(const Element &e, bool) { return e; }

} // namespace

void addElementwiseEvaluators(EvaluatorTable &table) {
  table["Abs"] = evaluateUnary<evaluateAbs>;
  table["Acos"] = evaluateUnary<evaluateFunction<std::acos>>;
  table["Acosh"] = evaluateUnary<evaluateFunction<std::acosh>>;
  table["Add"] = evaluateBinary<evaluateAdd>;
  table["And"] = evaluateBinary<evaluateAnd>;
  table["Asin"] = evaluateUnary<evaluateFunction<std::asin>>;
  table["Asinh"] = evaluateUnary<evaluateFunction<std::asinh>>;
  table["Atan"] = evaluateUnary<evaluateFunction<std::atan>>;
  table["Atanh"] = evaluateUnary<evaluateFunction<std::atanh>>;
  table["BitShift"] = evaluateBitShift;
  table["BitwiseAnd"] = evaluateBinary<evaluateAnd>;
  table["BitwiseNot"] = evaluateUnary<evaluateBitwiseNot>;
  table["BitwiseOr"] = evaluateBinary<evaluateOr>;
  table["BitwiseXor"] = evaluateBinary<evaluateXor>;
  table["Cast"] = evaluateCast;
  table["CastLike"] = evaluateCastLike;
  table["Ceil"] = evaluateUnary<evaluateFunction<std::ceil>>;
  table["Clip"] = evaluateClip;
  table["Cos"] = evaluateUnary<evaluateFunction<std::cos>>;
  table["Cosh"] = evaluateUnary<evaluateFunction<std::cosh>>;
  table["Div"] = evaluateBinary<evaluateDiv>;
  table["Equal"] = evaluateBinary<evaluateEqual>;
  table["Erf"] = evaluateUnary<evaluateFunction<std::erf>>;
  table["Exp"] = evaluateUnary<evaluateFunction<std::exp>>;
  table["Floor"] = evaluateUnary<evaluateFunction<std::floor>>;
  table["Greater"] = evaluateBinary<evaluateGreater>;
  table["GreaterOrEqual"] = evaluateBinary<evaluateGreaterOrEqual>;
  table["Identity"] = evaluateUnary<evaluateIdentity>;
  table["IsNaN"] = evaluateUnary<evaluateIsNaN>;
  table["Less"] = evaluateBinary<evaluateLess>;
  table["LessOrEqual"] = evaluateBinary<evaluateLessOrEqual>;
  table["Log"] = evaluateUnary<evaluateFunction<std::log>>;
  table["Max"] = evaluateBinary<evaluateMax>;
  table["Min"] = evaluateBinary<evaluateMin>;
  table["Mod"] = evaluateMod;
  table["Mul"] = evaluateBinary<evaluateMul>;
  table["Neg"] = evaluateUnary<evaluateNeg>;
  table["Not"] = evaluateUnary<evaluateNot>;
  table["Or"] = evaluateBinary<evaluateOr>;
  table["Pow"] = evaluatePow;
  table["Reciprocal"] = evaluateUnary<evaluateReciprocal>;
  table["Relu"] = evaluateUnary<evaluateRelu>;
  table["Round"] = evaluateUnary<evaluateRound>;
  table["Sigmoid"] = evaluateUnary<evaluateFunction<computeSigmoid>>;
  table["Sign"] = evaluateUnary<evaluateSign>;
  table["Sin"] = evaluateUnary<evaluateFunction<std::sin>>;
  table["Sinh"] = evaluateUnary<evaluateFunction<std::sinh>>;
  table["Sqrt"] = evaluateUnary<evaluateFunction<std::sqrt>>;
  table["Sub"] = evaluateBinary<evaluateSub>;
  table["Sum"] = evaluateBinary<evaluateAdd>;
  table["Tan"] = evaluateUnary<evaluateFunction<std::tan>>;
  table["Tanh"] = evaluateUnary<evaluateFunction<std::tanh>>;
  table["Where"] = evaluateWhere;
  table["Xor"] = evaluateBinary<evaluateXor>;
}

} // namespace garam::onnx
