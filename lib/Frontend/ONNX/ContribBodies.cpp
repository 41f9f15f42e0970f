//===- ContribBodies.cpp - Operators of onnxruntime's tools ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Operators of domain com.microsoft, written as ONNX's. What they fuse, the
// compiler's own passes fuse again, as each device can take it.
// Source: onnxruntime, docs/ContribOperators.md.
//
//===----------------------------------------------------------------------===//

#include "ContribAttention.h"
#include "ContribBlocks.h"
#include "FunctionWriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <array>

using namespace llvm;

namespace garam::onnx {
namespace {

using WriteBody = bool (*)(FunctionWriter &);
using Name = std::string;

/// Attributes of a window, handed through.
constexpr char kWindow[] = "auto_pad: string = @auto_pad, "
                           "kernel_shape: ints = @kernel_shape, "
                           "pads: ints = @pads, strides: ints = @strides";

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

bool writeGelu(FunctionWriter &writer) {
  writer.addOnnx("y0 = Gelu (x0)");
  return true;
}

bool writeBiasGelu(FunctionWriter &writer) {
  writer.addOnnx("sum = Add (x0, x1)");
  writer.addOnnx("y0 = Gelu (sum)");
  return true;
}

bool writeFastGelu(FunctionWriter &writer) {
  Name sum = "x0";
  if (writer.has(1)) {
    writer.addOnnx("sum = Add (x0, x1)");
    sum = "sum";
  }
  writer.addOnnx("y0 = Gelu <approximate = \"tanh\"> (" + sum + ")");
  return true;
}

/// Appends `result`, a constant of the type of `like`.
void addConstant(FunctionWriter &writer, const Name &result, float value,
                 const Name &like = "x0") {
  writer.addOnnx(result + "_float = Constant <value_float: float = " +
                 FunctionWriter::formatFloat(value) + "> ()");
  writer.addOnnx(result + " = CastLike (" + result + "_float, " + like + ")");
}

/// x * sigmoid(alpha * x)
bool writeQuickGelu(FunctionWriter &writer) {
  addConstant(writer, "alpha", writer.getFloat("alpha", 1.702f));
  writer.addOnnx("scaled = Mul (x0, alpha)");
  writer.addOnnx("gate = Sigmoid (scaled)");
  writer.addOnnx("y0 = Mul (x0, gate)");
  return true;
}

/// Appends `y0` = the activation that FusedConv and FusedGemm name, of "sum".
/// False for one that is not known.
bool addActivation(FunctionWriter &writer, StringRef activation,
                   ArrayRef<float> parameters) {
  auto attribute = [&](StringRef name, size_t i) {
    return (name + ": float = " + FunctionWriter::formatFloat(parameters[i]))
        .str();
  };
  if (activation.empty()) {
    writer.addOnnx("y0 = Identity (sum)");
    return true;
  }
  if (is_contained({"Relu", "Sigmoid", "Tanh"}, activation)) {
    writer.addOnnx("y0 = " + activation + " (sum)");
    return true;
  }
  if (activation == "LeakyRelu" && parameters.size() == 1) {
    writer.addOnnx("y0 = LeakyRelu <" + attribute("alpha", 0) + "> (sum)");
    return true;
  }
  if (activation == "HardSigmoid" && parameters.size() == 2) {
    writer.addOnnx("y0 = HardSigmoid <" + attribute("alpha", 0) + ", " +
                   attribute("beta", 1) + "> (sum)");
    return true;
  }
  if (activation == "Clip" && parameters.size() == 2) {
    addConstant(writer, "low", parameters[0]);
    addConstant(writer, "high", parameters[1]);
    writer.addOnnx("y0 = Clip (sum, low, high)");
    return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

bool writeFusedConv(FunctionWriter &writer) {
  bool addsTensor = writer.has(3);
  writer.addOnnx(Twine(addsTensor ? "product" : "sum") + " = Conv <" + kWindow +
                 ", dilations: ints = @dilations, group: int = @group> (x0, "
                 "x1" +
                 (writer.has(2) ? ", x2" : "") + ")");
  if (addsTensor)
    writer.addOnnx("sum = Add (product, x3)");
  return addActivation(writer, writer.getString("activation", ""),
                       writer.getFloats("activation_params"));
}

bool writeFusedGemm(FunctionWriter &writer) {
  writer.addOnnx(Twine("sum = Gemm <alpha: float = @alpha, beta: float = "
                       "@beta, transA: int = @transA, transB: int = @transB> "
                       "(x0, x1") +
                 (writer.has(2) ? ", x2" : "") + ")");
  std::vector<float> parameters;
  for (StringRef name : {"activation_alpha", "activation_beta"})
    if (float value = writer.getFloat(name, 0); value != 0)
      parameters.push_back(value);
  return addActivation(writer, writer.getString("activation", ""), parameters);
}

/// Appends `result` = `value` with its dimensions in this order.
void addTransposed(FunctionWriter &writer, const Name &result,
                   const Name &value, ArrayRef<int> order) {
  writer.addOnnx(
      result + " = Transpose <perm = [" +
      join(map_range(order, [](int dim) { return std::to_string(dim); }),
           ", ") +
      "]> (" + value + ")");
}

/// Appends `result` = an operand of a product with its last two dimensions
/// exchanged, or with its first one, which then is the rows' before the
/// exchange, behind those of the batch. False when its rank is not known.
bool addOperand(FunctionWriter &writer, const Name &result, int input,
                bool exchanges, bool movesBatch) {
  std::optional<int> rank = writer.getRank(input);
  if (!rank || *rank < 2)
    return writer.refuse("input " + Twine(input) +
                         " must have two dimensions at least, and a known "
                         "number of them");
  auto order = to_vector(llvm::seq(*rank));
  if (movesBatch)
    std::rotate(order.begin(), order.begin() + 1, order.end() - 1);
  if (exchanges)
    std::swap(order[*rank - 1], order[*rank - 2]);
  addTransposed(writer, result, FunctionWriter::getName(input), order);
  return true;
}

bool writeFusedMatMul(FunctionWriter &writer) {
  Name operands[] = {"x0", "x1"};
  for (auto [i, name] : enumerate(std::array{"A", "B"})) {
    bool exchanges = writer.getInt(Name("trans") + name, 0) != 0;
    bool movesBatch = writer.getInt(Name("transBatch") + name, 0) != 0;
    if (!exchanges && !movesBatch)
      continue;
    operands[i] = i == 0 ? "a" : "b";
    if (!addOperand(writer, operands[i], int(i), exchanges, movesBatch))
      return false;
  }
  float alpha = writer.getFloat("alpha", 1);
  writer.addOnnx(Twine(alpha == 1 ? "y0" : "product") + " = MatMul (" +
                 operands[0] + ", " + operands[1] + ")");
  if (alpha == 1)
    return true;
  addConstant(writer, "alpha", alpha);
  writer.addOnnx("y0 = Mul (product, alpha)");
  return true;
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

/// Appends `y3` = the sum of the input, what is skipped and, when it is there,
/// the bias.
void addSkipSum(FunctionWriter &writer, int bias) {
  writer.addOnnx(Twine(writer.has(bias) ? "pair" : "y3") + " = Add (x0, x1)");
  if (writer.has(bias))
    writer.addOnnx("y3 = Add (pair, x" + Twine(bias) + ")");
}

Name getEpsilon(const FunctionWriter &writer, float missing) {
  Name onnxText =
      "<axis = -1, epsilon: float = " +
      FunctionWriter::formatFloat(writer.getFloat("epsilon", missing)) + "> ";
  return onnxText;
}

/// The mean and the inverse deviation, outputs 1 and 2, are for training.
bool writeSkipLayerNormalization(FunctionWriter &writer) {
  addSkipSum(writer, /*bias=*/4);
  writer.addOnnx("y0, y1, y2 = LayerNormalization " +
                 getEpsilon(writer, 1e-12f) + "(y3, x2" +
                 (writer.has(3) ? ", x3" : "") + ")");
  return true;
}

bool writeSkipSimplifiedLayerNormalization(FunctionWriter &writer) {
  addSkipSum(writer, /*bias=*/3);
  writer.addOnnx("y0 = RMSNormalization " + getEpsilon(writer, 1e-12f) +
                 "(y3, x2)");
  return true;
}

bool writeSimplifiedLayerNormalization(FunctionWriter &writer) {
  if (writer.getNumOutputs() > 1)
    return writer.refuse("output 1, for training, is not supported");
  writer.addOnnx(
      "y0 = RMSNormalization <axis = " + Twine(writer.getInt("axis", -1)) +
      ", epsilon: float = " +
      FunctionWriter::formatFloat(writer.getFloat("epsilon", 1e-5f)) +
      "> (x0, x1)");
  return true;
}

/// The sum of rows of tables of words, of positions and, when it is there, of
/// segments, normalised. Output 1 is how long each sequence is by the mask.
bool writeEmbedLayerNormalization(FunctionWriter &writer) {
  writer.addOnnx("words = Gather <axis = 0> (x2, x0)");
  if (writer.has(8)) {
    writer.addOnnx("positions = Gather <axis = 0> (x3, x8)");
  } else {
    writer.addOnnx("first = Constant <value_ints = [0]> ()");
    writer.addOnnx("count = Shape <start = 1, end = 2> (x0)");
    writer.addOnnx("positions = Slice (x3, first, count, first)");
  }
  bool hasSegments = writer.has(1) && writer.has(4);
  writer.addOnnx(Twine(hasSegments ? "placed" : "y2") +
                 " = Add (words, positions)");
  if (hasSegments) {
    writer.addOnnx("segments = Gather <axis = 0> (x4, x1)");
    writer.addOnnx("y2 = Add (placed, segments)");
  }
  writer.addOnnx("y0 = LayerNormalization " + getEpsilon(writer, 1e-12f) +
                 "(y2, x5, x6)");
  writer.addOnnx("axes = Constant <value_ints = [1]> ()");
  if (writer.has(7)) {
    writer.addOnnx("mask = Cast <to = 6> (x7)");
  } else {
    writer.addOnnx("ids = Cast <to = 6> (x0)");
    writer.addOnnx("mask = Sub (ids, ids)");
  }
  writer.addOnnx("y1 = ReduceSum <keepdims = 0> (mask, axes)");
  return true;
}

//===----------------------------------------------------------------------===//
// Quantised operators
//===----------------------------------------------------------------------===//

/// A quantised operator with one input: x, its scale and zero point, those of
/// the result. `operation` gets "(a)" as its operand.
bool writeQuantisedUnary(FunctionWriter &writer, const Twine &operation) {
  if (!writer.addDequantized("a", 0, 1, 2, /*axis=*/1))
    return false;
  writer.addOnnx("result = " + operation + " (a)");
  writer.addQuantized("result", 3, 4);
  return true;
}

/// A quantised pooling, of [N, C, ...] or, with attribute channels_last, of
/// [N, ..., C].
bool writeQuantisedPooling(FunctionWriter &writer, const Twine &operation) {
  if (!writer.getInt("channels_last", 0))
    return writeQuantisedUnary(writer, operation);
  std::optional<int> rank = writer.getRank(0);
  if (!rank || *rank < 3)
    return writer.refuse("input 0 must have three dimensions at least, and a "
                         "known number of them");
  if (!writer.addDequantized("rows", 0, 1, 2, /*axis=*/-1))
    return false;
  auto order = to_vector(llvm::seq(*rank));
  std::rotate(order.begin() + 1, order.end() - 1, order.end());
  addTransposed(writer, "a", "rows", order);
  writer.addOnnx("pooled = " + operation + " (a)");
  order = to_vector(llvm::seq(*rank));
  std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  addTransposed(writer, "result", "pooled", order);
  writer.addQuantized("result", 3, 4);
  return true;
}

/// One with two inputs, each followed by its scale and zero point.
bool writeQuantisedBinary(FunctionWriter &writer, const Twine &operation) {
  if (!writer.addDequantized("a", 0, 1, 2, /*axis=*/1) ||
      !writer.addDequantized("b", 3, 4, 5, /*axis=*/1))
    return false;
  writer.addOnnx("result = " + operation + " (a, b)");
  writer.addQuantized("result", 6, 7);
  return true;
}

bool writeQLinearAdd(FunctionWriter &writer) {
  return writeQuantisedBinary(writer, "Add");
}

bool writeQLinearMul(FunctionWriter &writer) {
  return writeQuantisedBinary(writer, "Mul");
}

bool writeQLinearSigmoid(FunctionWriter &writer) {
  return writeQuantisedUnary(writer, "Sigmoid");
}

bool writeQLinearLeakyRelu(FunctionWriter &writer) {
  return writeQuantisedUnary(writer, "LeakyRelu <alpha: float = @alpha>");
}

bool writeQLinearAveragePool(FunctionWriter &writer) {
  return writeQuantisedPooling(
      writer, Twine("AveragePool <") + kWindow +
                  ", ceil_mode: int = @ceil_mode, "
                  "count_include_pad: int = @count_include_pad>");
}

bool writeQLinearGlobalAveragePool(FunctionWriter &writer) {
  return writeQuantisedPooling(writer, "GlobalAveragePool");
}

/// Before opset 13 of ONNX, Softmax is along all dimensions from `axis` on.
bool writeQLinearSoftmax(FunctionWriter &writer) {
  constexpr int64_t firstOfOneAxis = 13;
  if (writer.getInt("opset", firstOfOneAxis) < firstOfOneAxis)
    return writer.refuse("attribute 'opset' is less than 13, which is not "
                         "supported");
  Name onnxText = "Softmax <axis: int = @axis>";
  return writeQuantisedUnary(writer, onnxText);
}

/// Inputs: the condition, the values where it holds with their scale and zero
/// point, those where it does not, scale and zero point of the result.
bool writeQLinearWhere(FunctionWriter &writer) {
  if (!writer.addDequantized("a", 1, 2, 3, /*axis=*/1) ||
      !writer.addDequantized("b", 4, 5, 6, /*axis=*/1))
    return false;
  writer.addOnnx("result = Where (x0, a, b)");
  writer.addQuantized("result", 7, 8);
  return true;
}

/// The scale and zero point of the result come first; each input is followed by
/// its own.
bool writeQLinearConcat(FunctionWriter &writer) {
  Name operands;
  for (int input = 2; input < writer.getNumInputs(); input += 3) {
    Name part = "part" + std::to_string(input);
    if (!writer.addDequantized(part, input, input + 1, input + 2, /*axis=*/1))
      return false;
    operands += (operands.empty() ? "" : ", ") + part;
  }
  writer.addOnnx("result = Concat <axis: int = @axis> (" + operands + ")");
  writer.addQuantized("result", 0, 1);
  return true;
}

/// The product of `a` and `b`, plus an input that may be left out.
void addProduct(FunctionWriter &writer, int bias) {
  writer.addOnnx(Twine(writer.has(bias) ? "product" : "y0") +
                 " = MatMul (a, b)");
  if (writer.has(bias))
    writer.addOnnx("y0 = Add (product, x" + Twine(bias) + ")");
}

bool writeMatMulIntegerToFloat(FunctionWriter &writer) {
  if (!writer.addDequantized("a", 0, 2, 4, /*axis=*/-2) ||
      !writer.addDequantized("b", 1, 3, 5, /*axis=*/-1))
    return false;
  addProduct(writer, /*bias=*/6);
  return true;
}

bool writeDynamicQuantizeMatMul(FunctionWriter &writer) {
  if (!writer.addDequantized("b", 1, 2, 3, /*axis=*/-1))
    return false;
  writer.addOnnx("q, q_scale, q_zero = DynamicQuantizeLinear (x0)");
  writer.addOnnx("a = DequantizeLinear (q, q_scale, q_zero)");
  addProduct(writer, /*bias=*/4);
  return true;
}

/// Inputs: a, its scale and zero point, b, its own, the bias in steps of the
/// product, the result's scale, which is left out where that is float, and zero
/// point.
bool writeQGemm(FunctionWriter &writer) {
  bool isTransposed = writer.getInt("transB", 0) != 0;
  if (!writer.addDequantized("a", 0, 1, 2, /*axis=*/0) ||
      !writer.addDequantized("b", 3, 4, 5, /*axis=*/isTransposed ? 0 : 1))
    return false;
  bool isQuantised = writer.has(7);
  Name sum = isQuantised ? "sum" : "y0";
  addConstant(writer, "alpha", writer.getFloat("alpha", 1), "a");
  writer.addOnnx((writer.has(6) ? "product" : sum) +
                 " = Gemm <alpha: float = @alpha, transA: int = @transA, "
                 "transB: int = @transB> (a, b)");
  if (writer.has(6)) {
    writer.addOnnx("steps = Mul (a_scale, b_scale)");
    writer.addOnnx("bias_scale = Mul (steps, alpha)");
    writer.addOnnx("bias_float = Cast <to = 1> (x6)");
    writer.addOnnx("bias = Mul (bias_float, bias_scale)");
    writer.addOnnx(sum + " = Add (product, bias)");
  }
  if (isQuantised)
    writer.addQuantized(sum, 7, 8);
  return true;
}

/// Weights are quantised, [directions, inputs, 4 * hidden], with one scale and
/// zero point a direction or a column. Products are those of floats: what
/// onnxruntime quantises of inputs and states on the way is not rounded.
bool writeDynamicQuantizeLSTM(FunctionWriter &writer) {
  auto addWeight = [&](const Name &result, int input, int scale, int zero) {
    std::optional<int> rank = writer.getRank(scale);
    if (!rank || *rank < 1 || *rank > 2)
      return false;
    writer.addOnnx(result + "_axes = Constant <value_ints = [" +
                   (*rank == 1 ? "1, 2" : "1") + "]> ()");
    writer.addOnnx(result + "_scale = Unsqueeze (x" + Twine(scale) + ", " +
                   result + "_axes)");
    writer.addOnnx(result + "_wide = Cast <to = 1> (x" + Twine(input) + ")");
    writer.addOnnx(result + "_zero_wide = Cast <to = 1> (x" + Twine(zero) +
                   ")");
    writer.addOnnx(result + "_zero = Unsqueeze (" + result + "_zero_wide, " +
                   result + "_axes)");
    writer.addOnnx(result + "_steps = Sub (" + result + "_wide, " + result +
                   "_zero)");
    writer.addOnnx(result + "_columns = Mul (" + result + "_steps, " + result +
                   "_scale)");
    writer.addOnnx(result + " = Transpose <perm = [0, 2, 1]> (" + result +
                   "_columns)");
    return true;
  };
  constexpr int kWeightScale = 8, kWeightZero = 9, kStateScale = 10,
                kStateZero = 11;
  for (int input : {kWeightScale, kWeightZero, kStateScale, kStateZero})
    if (!writer.has(input))
      return false;
  if (!addWeight("weights", 1, kWeightScale, kWeightZero) ||
      !addWeight("recurrence", 2, kStateScale, kStateZero))
    return false;
  Name onnxText = "x0, weights, recurrence", results;
  for (int input = 3; input < kWeightScale; ++input)
    onnxText += writer.has(input) ? ", x" + std::to_string(input) : ", ";
  for (int output = 0; output < writer.getNumOutputs(); ++output)
    results += (output == 0 ? "y" : ", y") + std::to_string(output);
  writer.addOnnx(results +
                 " = LSTM <activation_alpha: floats = @activation_alpha, "
                 "activation_beta: floats = @activation_beta, "
                 "activations: strings = @activations, clip: float = @clip, "
                 "direction: string = @direction, hidden_size: int = "
                 "@hidden_size, input_forget: int = @input_forget> (" +
                 onnxText + ")");
  return true;
}

bool writeQuantizeLinear(FunctionWriter &writer) {
  writer.addOnnx(Twine("y0 = QuantizeLinear <axis: int = @axis> (x0, x1") +
                 (writer.has(2) ? ", x2" : "") + ")");
  return true;
}

bool writeDequantizeLinear(FunctionWriter &writer) {
  writer.addOnnx(Twine("y0 = DequantizeLinear <axis: int = @axis> (x0, x1") +
                 (writer.has(2) ? ", x2" : "") + ")");
  return true;
}

WriteBody findBody(StringRef opType) {
  return StringSwitch<WriteBody>(opType)
      .Case("Attention", writeContribAttention)
      .Case("BiasGelu", writeBiasGelu)
      .Case("DequantizeLinear", writeDequantizeLinear)
      .Case("DynamicQuantizeLSTM", writeDynamicQuantizeLSTM)
      .Case("DynamicQuantizeMatMul", writeDynamicQuantizeMatMul)
      .Case("EmbedLayerNormalization", writeEmbedLayerNormalization)
      .Case("FastGelu", writeFastGelu)
      .Case("FusedConv", writeFusedConv)
      .Case("FusedGemm", writeFusedGemm)
      .Case("FusedMatMul", writeFusedMatMul)
      .Case("GatherBlockQuantized", writeGatherBlockQuantized)
      .Case("Gelu", writeGelu)
      .Case("GroupQueryAttention", writeGroupQueryAttention)
      .Case("MatMulIntegerToFloat", writeMatMulIntegerToFloat)
      .Case("MatMulNBits", writeMatMulNBits)
      .Case("MultiHeadAttention", writeMultiHeadAttention)
      .Case("QGemm", writeQGemm)
      .Case("QLinearAdd", writeQLinearAdd)
      .Case("QLinearAveragePool", writeQLinearAveragePool)
      .Case("QLinearConcat", writeQLinearConcat)
      .Case("QLinearGlobalAveragePool", writeQLinearGlobalAveragePool)
      .Case("QLinearLeakyRelu", writeQLinearLeakyRelu)
      .Case("QLinearMul", writeQLinearMul)
      .Case("QLinearSigmoid", writeQLinearSigmoid)
      .Case("QLinearSoftmax", writeQLinearSoftmax)
      .Case("QLinearWhere", writeQLinearWhere)
      .Case("QuantizeLinear", writeQuantizeLinear)
      .Case("QuickGelu", writeQuickGelu)
      .Case("RotaryEmbedding", writeContribRotaryEmbedding)
      .Case("SimplifiedLayerNormalization", writeSimplifiedLayerNormalization)
      .Case("SkipLayerNormalization", writeSkipLayerNormalization)
      .Case("SkipSimplifiedLayerNormalization",
            writeSkipSimplifiedLayerNormalization)
      .Default(nullptr);
}

} // namespace

bool hasContribBody(StringRef opType) { return findBody(opType) != nullptr; }

bool writeContribBody(FunctionWriter &writer) {
  WriteBody write = findBody(writer.getOpType());
  return write && write(writer);
}

} // namespace garam::onnx
