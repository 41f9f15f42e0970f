//===- RecurrentActivation.cpp - Activations of recurrent cells -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RecurrentActivation.h"

using namespace mlir;

namespace garam::onnx {

namespace {
/// An activation with the parameters that it takes, and their defaults.
struct Definition {
  StringRef name;
  bool hasAlpha, hasBeta;
  double alpha, beta;
};
} // namespace

/// Names are compared without regard to case, as onnxruntime does.
static const Definition *findDefinition(StringRef name) {
  static constexpr Definition definitions[] = {
      {"Relu", false, false, 0, 0},
      {"Tanh", false, false, 0, 0},
      {"Sigmoid", false, false, 0, 0},
      {"Affine", true, true, 1, 0},
      {"LeakyRelu", true, false, 0.01, 0},
      {"ThresholdedRelu", true, false, 1, 0},
      {"ScaledTanh", true, true, 1, 1},
      {"HardSigmoid", true, true, 0.2, 0.5},
      {"Elu", true, false, 1, 0},
      {"Softsign", false, false, 0, 0},
      {"Softplus", false, false, 0, 0}};
  for (const Definition &definition : definitions)
    if (definition.name.equals_insensitive(name))
      return &definition;
  return nullptr;
}

FailureOr<SmallVector<RecurrentActivation>>
getRecurrentActivations(NodeAccessor &node, unsigned numDirections,
                        ArrayRef<StringRef> defaults) {
  SmallVector<StringRef> names;
  if (std::optional<SmallVector<StringRef>> given =
          node.getStrings("activations"))
    names = std::move(*given);
  else
    for (unsigned i = 0; i < numDirections; ++i)
      llvm::append_range(names, defaults);
  // The schema's default of RNN is that of two directions.
  if (names.size() < numDirections * defaults.size())
    return node.error() << "attribute 'activations' has " << names.size()
                        << " names, but " << numDirections * defaults.size()
                        << " are needed";
  SmallVector<double> alphas =
      node.getFloats("activation_alpha").value_or(SmallVector<double>());
  SmallVector<double> betas =
      node.getFloats("activation_beta").value_or(SmallVector<double>());
  // Parameters are listed for the functions that take them.
  size_t nextAlpha = 0, nextBeta = 0;
  SmallVector<RecurrentActivation> result;
  names.truncate(numDirections * defaults.size());
  for (StringRef name : names) {
    const Definition *definition = findDefinition(name);
    if (!definition)
      return node.error() << "attribute 'activations' holds '" << name
                          << "', which is not an activation of ONNX";
    RecurrentActivation &activation = result.emplace_back();
    activation.name = definition->name.str();
    activation.alpha = definition->alpha;
    activation.beta = definition->beta;
    if (definition->hasAlpha && nextAlpha < alphas.size())
      activation.alpha = alphas[nextAlpha++];
    if (definition->hasBeta && nextBeta < betas.size())
      activation.beta = betas[nextBeta++];
  }
  return result;
}

Value RecurrentActivation::apply(ScalarMath &m, Value x) const {
  if (name == "Relu")
    return m.max(x, 0);
  if (name == "Tanh")
    return m.tanh(x);
  if (name == "Sigmoid")
    return m.sigmoid(x);
  if (name == "Affine")
    return m.add(m.mul(x, alpha), beta);
  if (name == "LeakyRelu")
    return m.above(x, 0, x, m.mul(x, alpha));
  if (name == "ThresholdedRelu")
    return m.above(x, alpha, x, m.constant(0));
  if (name == "ScaledTanh")
    return m.mul(m.tanh(m.mul(x, beta)), alpha);
  if (name == "HardSigmoid")
    return m.min(m.max(m.add(m.mul(x, alpha), beta), 0), 1);
  if (name == "Elu")
    return m.above(x, 0, x, m.mul(m.expm1(x), alpha));
  if (name == "Softsign")
    return m.div(x, m.add(m.abs(x), 1));
  return m.softplus(x);
}

} // namespace garam::onnx
