//===- Activation.cpp - Functions of one float ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

using namespace mlir;

namespace garam::onnx {

using FloatFunction = llvm::function_ref<Value(ScalarMath &, Value)>;

static LogicalResult lowerFloat(NodeAccessor &node, FloatFunction function) {
  if (failed(node.checkFloat(0)))
    return failure();
  Type type = node.getElementType();
  return node.setOutput(makeMapped(node.b, type, node.getInput(0),
                                   [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                     ScalarMath math(b, type);
                                     return function(math, s[0]);
                                   }));
}

static LogicalResult lowerRelu(NodeAccessor &node) {
  Type type = node.getElementType();
  if (isFloat(type))
    return lowerFloat(node, [](ScalarMath &m, Value x) { return m.max(x, 0); });
  return node.setOutput(makeMapped(
      node.b, type, node.getInput(0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        return arith::MaxSIOp::create(b, s[0], makeScalar(b, type, 0));
      }));
}

static LogicalResult lowerLeakyRelu(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 0.01);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return m.above(x, 0, x, m.mul(x, alpha));
  });
}

static LogicalResult lowerThresholdedRelu(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 1);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return m.above(x, alpha, x, m.constant(0));
  });
}

static LogicalResult lowerPRelu(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkSameElementType(0, 2)))
    return failure();
  Type type = node.getElementType();
  FailureOr<Value> result =
      makeBroadcast(node, {node.getInput(0), node.getInput(1)}, type,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, type);
                      return m.above(s[0], 0, s[0], m.mul(s[0], s[1]));
                    });
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

static LogicalResult lowerElu(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 1);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return m.above(x, 0, x, m.mul(m.expm1(x), alpha));
  });
}

static LogicalResult lowerCelu(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 1);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    Value scaled = m.mul(m.expm1(m.mul(x, 1 / alpha)), alpha);
    return m.add(m.max(x, 0), m.min(scaled, 0));
  });
}

static LogicalResult lowerSelu(NodeAccessor &node) {
  // Defaults: ONNX's specification of Selu-6.
  double alpha = node.getFloat("alpha", 1.67326319217681884765625);
  double gamma = node.getFloat("gamma", 1.05070102214813232421875);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return m.mul(m.above(x, 0, x, m.mul(m.expm1(x), alpha)), gamma);
  });
}

static LogicalResult lowerSigmoid(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) { return m.sigmoid(x); });
}

/// max(0, min(1, alpha * x + beta))
static Value hardSigmoid(ScalarMath &m, Value x, double alpha, double beta) {
  return m.max(m.min(m.add(m.mul(x, alpha), beta), 1), 0);
}

static LogicalResult lowerHardSigmoid(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 0.2), beta = node.getFloat("beta", 0.5);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return hardSigmoid(m, x, alpha, beta);
  });
}

static LogicalResult lowerHardSwish(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) {
    return m.mul(x, hardSigmoid(m, x, 1.0 / 6, 0.5));
  });
}

static LogicalResult lowerSwish(NodeAccessor &node) {
  double alpha = node.getFloat("alpha", 1);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    return m.mul(x, m.sigmoid(alpha == 1 ? x : m.mul(x, alpha)));
  });
}

static LogicalResult lowerTanh(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) { return m.tanh(x); });
}

static LogicalResult lowerErf(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) { return m.erf(x); });
}

static LogicalResult lowerSoftplus(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) { return m.softplus(x); });
}

static LogicalResult lowerSoftsign(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) {
    return m.div(x, m.add(m.abs(x), 1));
  });
}

static LogicalResult lowerMish(NodeAccessor &node) {
  return lowerFloat(node, [](ScalarMath &m, Value x) {
    return m.mul(x, m.tanh(m.softplus(x)));
  });
}

/// x * (1 + erf(x / sqrt 2)) / 2, or its approximation by tanh.
/// Source: ONNX's specification of Gelu-20.
static LogicalResult lowerGelu(NodeAccessor &node) {
  StringRef mode = node.getString("approximate", "none");
  constexpr double sqrtHalf = 0.70710678118654752440;
  constexpr double sqrtTwoOverPi = 0.79788456080286535588;
  constexpr double cubicTerm = 0.044715;
  if (mode == "none")
    return lowerFloat(node, [](ScalarMath &m, Value x) {
      Value gate = m.add(m.erf(m.mul(x, sqrtHalf)), 1);
      return m.mul(m.mul(x, 0.5), gate);
    });
  if (mode != "tanh")
    return node.error() << "attribute 'approximate' is '" << mode
                        << "', but none or tanh is needed";
  return lowerFloat(node, [](ScalarMath &m, Value x) {
    Value cube = m.mul(m.mul(x, x), x);
    Value inner = m.mul(m.add(x, m.mul(cube, cubicTerm)), sqrtTwoOverPi);
    return m.mul(m.mul(x, 0.5), m.add(m.tanh(inner), 1));
  });
}

static LogicalResult lowerShrink(NodeAccessor &node) {
  double bias = node.getFloat("bias", 0), lambda = node.getFloat("lambd", 0.5);
  return lowerFloat(node, [=](ScalarMath &m, Value x) {
    Value isBelow =
        m.compare(arith::CmpFPredicate::OLT, x, m.constant(-lambda));
    Value low = m.select(isBelow, m.add(x, bias), m.constant(0));
    return m.above(x, lambda, m.add(x, -bias), low);
  });
}

/// The bound of a Clip: input `index`, or, before opset 11, an attribute.
static Value getClipBound(NodeAccessor &node, unsigned index, StringRef name) {
  if (Value bound = node.getOptionalInput(index))
    return bound;
  if (!node.hasAttr(name))
    return {};
  double value = node.getFloat(name, 0);
  return makeTensor(node.b, RankedTensorType::get({}, node.getElementType()),
                    value);
}

static LogicalResult lowerClip(NodeAccessor &node) {
  if (failed(node.checkSameElementType(0, 3)))
    return failure();
  Type type = node.getElementType();
  bool isUnsigned = node.isUnsignedInput(0);
  Value low = getClipBound(node, 1, "min"), high = getClipBound(node, 2, "max");
  if (!low && !high)
    return node.setOutput(node.getInput(0));
  SmallVector<Value> operands{node.getInput(0)};
  if (low)
    operands.push_back(low);
  if (high)
    operands.push_back(high);
  auto clip = [&](ImplicitLocOpBuilder &b, ValueRange s) {
    Value value = s[0];
    if (low) {
      if (isFloat(type))
        value = arith::MaximumFOp::create(b, value, s[1]);
      else if (isUnsigned)
        value = arith::MaxUIOp::create(b, value, s[1]);
      else
        value = arith::MaxSIOp::create(b, value, s[1]);
    }
    if (high) {
      if (isFloat(type))
        value = arith::MinimumFOp::create(b, value, s.back());
      else if (isUnsigned)
        value = arith::MinUIOp::create(b, value, s.back());
      else
        value = arith::MinSIOp::create(b, value, s.back());
    }
    return value;
  };
  FailureOr<Value> result = makeBroadcast(node, operands, type, clip);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

void registerActivation(OperatorTable &table) {
  table.add("Celu", 1, lowerCelu);
  table.add("Clip", 1, lowerClip);
  table.add("Elu", 1, lowerElu);
  table.add("Erf", 1, lowerErf);
  table.add("Gelu", 1, lowerGelu);
  table.add("HardSigmoid", 1, lowerHardSigmoid);
  table.add("HardSwish", 1, lowerHardSwish);
  table.add("LeakyRelu", 1, lowerLeakyRelu);
  table.add("Mish", 1, lowerMish);
  table.add("PRelu", 2, lowerPRelu);
  table.add("Relu", 1, lowerRelu);
  table.add("Selu", 1, lowerSelu);
  table.add("Shrink", 1, lowerShrink);
  table.add("Sigmoid", 1, lowerSigmoid);
  table.add("Softplus", 1, lowerSoftplus);
  table.add("Softsign", 1, lowerSoftsign);
  table.add("Swish", 1, lowerSwish);
  table.add("Tanh", 1, lowerTanh);
  table.add("ThresholdedRelu", 1, lowerThresholdedRelu);
}

} // namespace garam::onnx
