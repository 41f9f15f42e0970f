//===- Functions.cpp - Elementary functions of the vector engine ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Functions.h"

#include "garam/Support/TargetClones.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include <cmath>
#include <iterator>

#define GARAM_INLINE static inline __attribute__((always_inline))

namespace garam::npu {

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// coefficients[0] + coefficients[1] * x + ..., by Horner's rule.
template <unsigned n>
GARAM_INLINE double evaluate(const double (&coefficients)[n], double x) {
  double result = coefficients[n - 1];
  for (unsigned i = n - 1; i-- > 0;)
    result = result * x + coefficients[i];
  return result;
}

/// Adding it to a number of magnitude below 2^51 rounds the fraction away and
/// leaves the integer in the low bits of the mantissa.
static constexpr double roundingConstant = 0x1.8p52;

GARAM_INLINE double roundToInteger(double x) {
  return (x + roundingConstant) - roundingConstant;
}

/// 2 to the power of an integer of small magnitude.
GARAM_INLINE double makePowerOfTwo(double exponent) {
  uint64_t bits = llvm::bit_cast<uint64_t>(exponent + roundingConstant);
  return llvm::bit_cast<double>((bits + 1023) << 52);
}

//===----------------------------------------------------------------------===//
// exp and what follows from it
//===----------------------------------------------------------------------===//

// ln 2 in two parts; multiples of the first by small integers are exact.
static constexpr double ln2High = 0x1.62e42fefp-1;
static constexpr double ln2Low = 0x1.473de6af278edp-34;

/// exp(x); x is limited to a range beyond which f32 overflows or vanishes.
/// x = k ln 2 + r with |r| <= ln 2 / 2, exp(r) by Taylor's series.
GARAM_INLINE double expDouble(double x) {
  constexpr double limit = 200.0;
  double clamped = x < -limit ? -limit : x > limit ? limit : x;
  double k = roundToInteger(clamped * 0x1.71547652b82fep0);
  double r = (clamped - k * ln2High) - k * ln2Low;
  constexpr double taylor[] = {1.0,          1.0,           1.0 / 2,
                               1.0 / 6,      1.0 / 24,      1.0 / 120,
                               1.0 / 720,    1.0 / 5040,    1.0 / 40320,
                               1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  double result = evaluate(taylor, r) * makePowerOfTwo(k);
  return x == x ? result : x;
}

GARAM_INLINE double sigmoidDouble(double x) { return 1 / (1 + expDouble(-x)); }

/// (e - 1) / (e + 1) with e = exp(2x); near 0, where that cancels, the series.
GARAM_INLINE double tanhDouble(double x) {
  double e = expDouble(2 * (x > 30 ? 30 : x < -30 ? -30 : x));
  double square = x * x;
  constexpr double series[] = {1.0, -1.0 / 3, 2.0 / 15, -17.0 / 315};
  double small = x * evaluate(series, square);
  double large = (e - 1) / (e + 1);
  return square < 0x1p-16 ? small : large;
}

//===----------------------------------------------------------------------===//
// log and pow
//===----------------------------------------------------------------------===//

/// log of a positive, finite, normal f64: x = 2^k m with m in [sqrt 1/2,
/// sqrt 2), log m = 2 artanh((m - 1) / (m + 1)) by its series.
GARAM_INLINE double logPositive(double x) {
  constexpr uint64_t sqrtHalf = 0x3FE6A09E667F3BCD;
  uint64_t shifted = llvm::bit_cast<uint64_t>(x) - sqrtHalf;
  int64_t k = static_cast<int64_t>(shifted) >> 52;
  double m = llvm::bit_cast<double>((shifted & 0xFFFFFFFFFFFFF) + sqrtHalf);
  double s = (m - 1) / (m + 1);
  constexpr double series[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7, 2.0 / 9,
                               2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17};
  double logM = s * evaluate(series, s * s);
  double kDouble = static_cast<double>(k);
  return kDouble * ln2High + (kDouble * ln2Low + logM);
}

GARAM_INLINE double logDouble(double x) {
  double result = logPositive(x > 0 && x < infinity ? x : 1.0);
  result = x == infinity ? infinity : result;
  result = x == 0 ? -infinity : result;
  return x >= 0 ? result : notANumber;
}

/// pow of C, for f32 values.
static double powDouble(double x, double y) {
  if (y == 0 || x == 1)
    return 1;
  if (x != x || y != y)
    return notANumber;
  double magnitude = x < 0 ? -x : x;
  bool yIsInteger = std::trunc(y) == y;
  // The remainder by 2 is 0, 1 or -1, and NaN for infinity.
  double parity = std::fmod(y, 2.0);
  bool yIsOdd = parity == 1 || parity == -1;
  if (magnitude == 1 && (y == infinity || y == -infinity))
    return 1;
  if (x < 0 && !yIsInteger && magnitude != infinity)
    return notANumber;
  double result;
  if (magnitude == 0 || magnitude == infinity || y == infinity ||
      y == -infinity) {
    // log magnitude and y are both nonzero here: the product's sign decides.
    bool grows = (magnitude > 1) == (y > 0);
    result = grows ? infinity : 0;
  } else {
    result = expDouble(y * logPositive(magnitude));
  }
  return std::signbit(x) && yIsOdd ? -result : result;
}

//===----------------------------------------------------------------------===//
// erf
//===----------------------------------------------------------------------===//

/// Polynomials through Chebyshev points, in a variable that runs from -1 to 1
/// over the interval: erf(x) / x over x^2 in [0, 1], erf over [1, 2] and [2,
/// 4]. Beyond 4 the f32 nearest to erf is 1. Their coefficients side by side,
/// so that one Horner scheme chooses the interval without a branch.
static constexpr double erfCoefficients[][3] = {
    {0.9654687386698679, 0.9661051464752162, 0.9999779095030004},
    {-0.14053608902272158, 0.05946514461181582, 0.00013925305588088563},
    {0.019852496688965493, -0.04459885844956572, -0.00041775915672864793},
    {-0.0022854855610639343, 0.0173440005116553, 0.0007891004388171992},
    {0.00021751715618443444, -0.0027874288028204575, -0.0010443978427340996},
    {-1.753716988105548e-05, -0.00046457144028755494, 0.0010165499250446752},
    {1.2233823111723101e-06, 0.0003019723359634391, -0.0007380418552420749},
    {-7.511468069765215e-08, -3.7055115246394395e-05, 0.0003905550086898044},
    {4.1163174687012936e-09, -9.231792239867381e-06, -0.0001347726765161877},
    {-2.0455104277061764e-10, 3.3395269970323448e-06, 1.3962448553619621e-05},
    {8.965757429409264e-12, -8.690993321839152e-08, 1.5601239641778808e-05},
    {0, -1.2429801391330588e-07, -1.0898869655278757e-05},
    {0, 1.612780969091026e-08, 3.059987174560278e-06},
    {0, 2.2376980268745683e-09, 2.3695857876677568e-07},
    {0, 0, -4.855734197951473e-07},
    {0, 0, 1.0081621220063968e-07},
    {0, 0, 1.1175605176105593e-08}};

GARAM_INLINE double erfDouble(double x) {
  double magnitude = x < 0 ? -x : x;
  double limited = magnitude > 4 ? 4 : magnitude;
  bool isNear = limited < 1, isMiddle = limited < 2;
  double variable = isNear     ? 2 * (limited * limited) - 1
                    : isMiddle ? 2 * limited - 3
                               : limited - 3;
  double result = 0;
  for (unsigned i = std::size(erfCoefficients); i-- > 0;) {
    const double *coefficients = erfCoefficients[i];
    result = result * variable + (isNear     ? coefficients[0]
                                  : isMiddle ? coefficients[1]
                                             : coefficients[2]);
  }
  result *= isNear ? limited : 1;
  result = magnitude > 4 ? 1 : result;
  result = x < 0 ? -result : result;
  return x == x && x != 0 ? result : x;
}

//===----------------------------------------------------------------------===//
// sin and cos
//===----------------------------------------------------------------------===//

namespace {
/// x = quadrant * pi / 2 + angle, |angle| <= pi / 4, quadrant modulo 4.
struct ReducedAngle {
  unsigned quadrant;
  double angle;
};
} // namespace

/// Multiplies the integer mantissa with the bits of 2 / pi that matter: those
/// above stand for whole turns, those below for less than 2^-64 quadrants.
static ReducedAngle reduceLarge(float x) {
  // 2 / pi, binary point before the first word.
  static constexpr uint32_t twoOverPi[] = {0xA2F9836E, 0x4E441529, 0xFC2757D1,
                                           0xF534DDC0, 0xDB629599, 0x3C439041,
                                           0xFE5163AB, 0xDEBBC561};
  uint32_t bits = toBits(x) & 0x7FFFFFFF;
  uint64_t mantissa = (bits & 0x7FFFFF) | 0x800000;
  int exponent = static_cast<int>(bits >> 23) - 127 - 23; // of mantissa
  // |x| >= 2^16, so exponent >= -7. The product with words from `first` on has
  // its binary point 2 to 33 bits below the window's top.
  unsigned skipped = exponent >= 2 ? (exponent - 2) / 32 : 0;
  unsigned __int128 window = 0;
  for (unsigned i = 0; i < 4; ++i)
    window = window << 32 | twoOverPi[skipped + i];
  // quadrants = mantissa * window * 2^(exponent - 32 * skipped - 128),
  // modulo 4.
  int shift = exponent - static_cast<int>(32 * skipped);
  unsigned __int128 turned = shift >= 0 ? window << shift : window >> -shift;
  // Bits above the binary point beyond the lowest two are multiples of 4 only
  // when they are multiplied by an integer, which the mantissa is.
  unsigned __int128 fraction = turned * mantissa;
  unsigned __int128 whole = 0;
  if (shift >= 0) {
    unsigned __int128 top = shift == 0 ? 0 : window >> (128 - shift);
    whole = top * mantissa;
  }
  // The carry of turned * mantissa above 128 bits belongs to the whole part.
  unsigned __int128 high = (turned >> 64) * mantissa;
  unsigned __int128 low = (turned & ~uint64_t(0)) * mantissa;
  whole += (high + (low >> 64)) >> 64;
  unsigned quadrant = static_cast<unsigned>(whole & 3);
  int64_t part = static_cast<int64_t>(fraction >> 64);
  // A fraction above one half belongs to the next quadrant.
  if (part < 0)
    ++quadrant;
  double angle = static_cast<double>(part) * 0x1p-64 * 0x1.921fb54442d18p0;
  if (x < 0)
    return {(4 - quadrant) & 3, -angle};
  return {quadrant & 3, angle};
}

static ReducedAngle reduceAngle(float x) {
  double value = x;
  if (!(value < 0x1p16 && value > -0x1p16))
    return reduceLarge(x);
  // pi / 2 in three parts; multiples of the first two by small integers are
  // exact.
  constexpr double high = 0x1.921fb544p0, middle = 0x1.0b4611a6p-34,
                   low = 0x1.3198a2e037073p-69;
  double k = roundToInteger(value * 0x1.45f306dc9c883p-1);
  double angle = ((value - k * high) - k * middle) - k * low;
  return {static_cast<unsigned>(static_cast<int64_t>(k)) & 3, angle};
}

/// sin of quadrant * pi / 2 + angle by Taylor's series.
static double sinReduced(ReducedAngle reduced) {
  constexpr double sine[] = {
      1.0,          -1.0 / 6,        1.0 / 120,       -1.0 / 5040,
      1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800};
  constexpr double cosine[] = {
      1.0,         -1.0 / 2,       1.0 / 24,        -1.0 / 720,
      1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200};
  double square = reduced.angle * reduced.angle;
  double value = reduced.quadrant & 1 ? evaluate(cosine, square)
                                      : reduced.angle * evaluate(sine, square);
  return reduced.quadrant & 2 ? -value : value;
}

static double sinFloat(float x, unsigned quarterTurns) {
  if (!(x - x == 0)) // infinite or NaN
    return notANumber;
  ReducedAngle reduced = reduceAngle(x);
  reduced.quadrant = (reduced.quadrant + quarterTurns) & 3;
  return sinReduced(reduced);
}

//===----------------------------------------------------------------------===//
// All elements of a register
//===----------------------------------------------------------------------===//

template <typename Function>
GARAM_INLINE void apply(unsigned count, const uint32_t *a, uint32_t *result,
                        Function function) {
  for (unsigned i = 0; i < count; ++i)
    result[i] = canonical(static_cast<float>(function(toFloat(a[i]))));
}

GARAM_TARGET_CLONES
void applyFunction(VectorOpcode opcode, unsigned count, const uint32_t *a,
                   const uint32_t *b, uint32_t *result) {
  switch (opcode) {
  case VectorOpcode::ExpF:
    return apply(count, a, result, [](float x) { return expDouble(x); });
  case VectorOpcode::LogF:
    return apply(count, a, result, [](float x) { return logDouble(x); });
  case VectorOpcode::TanhF:
    return apply(count, a, result, [](float x) { return tanhDouble(x); });
  case VectorOpcode::ErfF:
    return apply(count, a, result, [](float x) { return erfDouble(x); });
  case VectorOpcode::SinF:
    return apply(count, a, result, [](float x) { return sinFloat(x, 0); });
  case VectorOpcode::CosF:
    return apply(count, a, result, [](float x) { return sinFloat(x, 1); });
  case VectorOpcode::RsqrtF:
    return apply(count, a, result,
                 [](float x) { return 1 / __builtin_sqrt(double(x)); });
  case VectorOpcode::SigmoidF:
    return apply(count, a, result, [](float x) { return sigmoidDouble(x); });
  case VectorOpcode::PowF:
    for (unsigned i = 0; i < count; ++i)
      result[i] = canonical(
          static_cast<float>(powDouble(toFloat(a[i]), toFloat(b[i]))));
    return;
  default:
    return;
  }
}

} // namespace garam::npu
