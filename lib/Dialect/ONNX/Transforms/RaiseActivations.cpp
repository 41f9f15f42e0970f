//===- RaiseActivations.cpp - Gelu and Swish in several nodes -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// An activation is a product c * x * g(p(x)) of a constant, a tensor and a
// function of a polynomial of the tensor. Exporters differ in the order of the
// factors, divide or multiply, and write cubes as powers or products; here only
// c and the coefficients of p count:
//
//   Gelu:           x / 2 * (1 + erf(x / sqrt(2)))
//   Gelu, tanh:     x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
//   Swish:          x * sigmoid(alpha * x)
//
// Hendrycks and Gimpel, Gaussian Error Linear Units, 2016; Ramachandran, Zoph
// and Le, Searching for Activation Functions, 2017.
//
//===----------------------------------------------------------------------===//

#include "RaisedNode.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <array>
#include <cmath>

using namespace mlir;

namespace garam::onnx {
namespace {

/// Activations are at most so many nodes deep.
constexpr unsigned maxDepth = 6;

/// Coefficients from the constant one up to that of the cube.
using Polynomial = std::array<double, 4>;

/// c * x^power * g^count.
struct Product {
  double constant = 1;
  unsigned power = 0, count = 0;
};

/// The function g in a product.
struct Function {
  Value value;    // of g
  Value argument; // p(x)
  StringRef name;
};

} // namespace

static std::optional<Polynomial> multiply(const Polynomial &a,
                                          const Polynomial &b) {
  Polynomial product = {};
  for (unsigned i = 0; i < a.size(); ++i)
    for (unsigned j = 0; j < b.size(); ++j) {
      if (a[i] == 0 || b[j] == 0)
        continue;
      if (i + j >= product.size())
        return std::nullopt;
      product[i + j] += a[i] * b[j];
    }
  return product;
}

/// `value` as a polynomial of `x`, if it is one.
static std::optional<Polynomial> getPolynomial(Value value, Value x,
                                               unsigned depth = 0) {
  if (value == x)
    return Polynomial{0, 1};
  if (std::optional<double> constant = getScalar(value))
    return Polynomial{*constant};
  auto node = value.getDefiningOp<NodeOp>();
  if (!node || depth == maxDepth || node.getInputs().size() != 2)
    return std::nullopt;
  auto a = getPolynomial(node.getInputs()[0], x, depth + 1);
  auto b = getPolynomial(node.getInputs()[1], x, depth + 1);
  if (!a || !b)
    return std::nullopt;
  bool isConstant = (*b)[1] == 0 && (*b)[2] == 0 && (*b)[3] == 0;
  if (isNode(node, "Mul"))
    return multiply(*a, *b);
  if (isNode(node, "Div") && isConstant && (*b)[0] != 0)
    return multiply(*a, {1 / (*b)[0]});
  if (isNode(node, "Add") || isNode(node, "Sub")) {
    for (unsigned i = 0; i < a->size(); ++i)
      (*a)[i] += isNode(node, "Add") ? (*b)[i] : -(*b)[i];
    return a;
  }
  if (!isNode(node, "Pow") || !isConstant || ((*b)[0] != 2 && (*b)[0] != 3))
    return std::nullopt;
  std::optional<Polynomial> power = multiply(*a, *a);
  return power && (*b)[0] == 3 ? multiply(*power, *a) : power;
}

/// `value` as a product of constants, `x` and `function`, if it is one.
static std::optional<Product> getProduct(Value value, Value x, Value function,
                                         unsigned depth = 0) {
  if (value == function)
    return Product{1, 0, 1};
  if (value == x)
    return Product{1, 1, 0};
  if (std::optional<double> constant = getScalar(value))
    return Product{*constant, 0, 0};
  auto node = value.getDefiningOp<NodeOp>();
  if (depth == maxDepth || !(isNode(node, "Mul") || isNode(node, "Div")))
    return std::nullopt;
  auto a = getProduct(node.getInputs()[0], x, function, depth + 1);
  auto b = getProduct(node.getInputs()[1], x, function, depth + 1);
  if (!a || !b)
    return std::nullopt;
  if (isNode(node, "Mul"))
    return Product{a->constant * b->constant, a->power + b->power,
                   a->count + b->count};
  if (b->power > 0 || b->count > 0 || b->constant == 0)
    return std::nullopt;
  return Product{a->constant / b->constant, a->power, a->count};
}

/// Sigmoid, or 1 added to Erf or Tanh.
static std::optional<Function> getFunction(Value value) {
  if (NodeOp sigmoid = getNode(value, "Sigmoid"))
    return Function{value, sigmoid.getInputs()[0], "Sigmoid"};
  NodeOp add = getNode(value, "Add");
  for (unsigned i = 0; add && i < 2; ++i) {
    std::optional<double> one = getScalar(add.getInputs()[i]);
    if (!one || *one != 1)
      continue;
    for (StringRef name : {"Erf", "Tanh"})
      if (NodeOp node = getNode(add.getInputs()[1 - i], name))
        return Function{value, node.getInputs()[0], name};
  }
  return std::nullopt;
}

/// The first function among the factors of `value`.
static std::optional<Function> findFunction(Value value, unsigned depth = 0) {
  if (std::optional<Function> function = getFunction(value))
    return function;
  auto node = value.getDefiningOp<NodeOp>();
  if (depth == maxDepth || !(isNode(node, "Mul") || isNode(node, "Div")))
    return std::nullopt;
  for (Value factor : node.getInputs())
    if (std::optional<Function> function = findFunction(factor, depth + 1))
      return function;
  return std::nullopt;
}

/// The values that a polynomial may be of.
static void addOperands(Value value, SetVector<Value> &operands,
                        unsigned depth = 0) {
  if (getScalar(value) || !operands.insert(value) || depth == maxDepth)
    return;
  auto node = value.getDefiningOp<NodeOp>();
  for (StringRef name : {"Mul", "Div", "Add", "Sub", "Pow"})
    if (isNode(node, name))
      for (Value operand : node.getInputs())
        addOperands(operand, operands, depth + 1);
}

/// The terms that are not 0.
static std::string describe(const Polynomial &polynomial) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (auto [power, coefficient] : llvm::enumerate(polynomial)) {
    if (coefficient == 0)
      continue;
    os << (text.empty() ? "" : " + ") << llvm::format("%.4g", coefficient);
    if (power > 0)
      os << " x";
    if (power > 1)
      os << "^" << power;
  }
  return text.empty() ? "0" : text;
}

/// Whether the coefficients are those of `wanted`.
static bool areNear(const Polynomial &found, const Polynomial &wanted) {
  return llvm::all_of(llvm::zip(found, wanted), [](auto pair) {
    auto [a, b] = pair;
    return isNear(a, b);
  });
}

/// Sets what the activation of `x` is, or how it misses.
static void classify(RaisedNode &raised, StringRef function,
                     const Polynomial &argument, double constant) {
  Builder builder(raised.last.getContext());
  bool isSwish = function == "Sigmoid";
  // Of the tangent's approximation: sqrt(2 / pi).
  const double slope = std::sqrt(2 / M_PI);
  constexpr double cubic = 0.044715;
  Polynomial wanted = {0, M_SQRT1_2};
  if (function == "Tanh")
    wanted = {0, slope, 0, slope * cubic};
  else if (isSwish)
    wanted = {0, argument[1]};
  StringRef name = isSwish ? "Swish" : "Gelu";
  double wantedConstant = isSwish ? 1 : 0.5;
  if (!areNear(argument, wanted)) {
    raised.missed =
        llvm::formatv("{0}: the argument of {1} is {2}, needed is {3}", name,
                      function, describe(argument), describe(wanted));
    return;
  }
  if (!isNear(constant, wantedConstant)) {
    raised.missed =
        llvm::formatv("{0}: the product has the factor {1}, needed is {2}",
                      name, describe({constant}), describe({wantedConstant}));
    return;
  }
  raised.opType = name;
  raised.attributes.push_back(
      isSwish
          ? builder.getNamedAttr("alpha", builder.getF32FloatAttr(argument[1]))
          : builder.getNamedAttr(
                "approximate",
                builder.getStringAttr(function == "Tanh" ? "tanh" : "none")));
}

/// Whether another product goes on with this one.
static bool isFactor(NodeOp node) {
  return node->hasOneUse() &&
         isNode(dyn_cast<NodeOp>(*node->user_begin()), "Mul");
}

RaisedNode matchActivation(NodeOp last) {
  RaisedNode raised;
  raised.last = last;
  std::optional<Function> function = findFunction(last.getResult(0));
  if (!function)
    return raised;
  SetVector<Value> operands;
  addOperands(function->argument, operands);
  for (Value x : operands) {
    std::optional<Product> product =
        getProduct(last.getResult(0), x, function->value);
    std::optional<Polynomial> argument = getPolynomial(function->argument, x);
    if (!product || product->power != 1 || product->count != 1 || !argument ||
        x.getType() != last.getResult(0).getType())
      continue;
    raised.inputs = {x};
    classify(raised, function->name, *argument, product->constant);
    // A factor may still be missing.
    if (raised.opType.empty() && isFactor(last))
      raised.missed = "";
    return raised;
  }
  return raised;
}

} // namespace garam::onnx
