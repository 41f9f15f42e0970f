//===- FunctionWriter.h - Writes the body of a function ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The nodes of a function that does what one node does, in ONNX's textual
// notation. Its inputs are named x0, x1, ..., its outputs y0, y1, ...
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_FUNCTIONWRITER_H
#define GARAM_LIB_FRONTEND_ONNX_FUNCTIONWRITER_H

#include "TensorData.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <optional>
#include <string>
#include <vector>

namespace garam::onnx {

class FunctionWriter {
public:
  /// Types are empty as far as they are not known.
  FunctionWriter(const pb::NodeProto &node,
                 const std::vector<pb::TypeProto> &inputTypes,
                 const std::vector<pb::TypeProto> &outputTypes)
      : node(node), types(inputTypes), outputTypes(outputTypes) {}

  llvm::StringRef getOpType() const { return node.op_type(); }
  int getNumInputs() const { return node.input_size(); }
  int getNumOutputs() const { return node.output_size(); }
  /// Whether the node has the input.
  bool has(int input) const;
  std::optional<int> getRank(int input) const;
  /// The size of a dimension, when it is fixed.
  std::optional<int64_t> getDim(int input, int dim) const;
  std::optional<int64_t> getOutputDim(int output, int dim) const;
  /// Appends `result` = input `input`, integers of 8 bits or less, in the type
  /// of 8 bits with their sign. False when they are known to be no such.
  bool addBytes(const std::string &result, int input);
  int64_t getInt(llvm::StringRef attribute, int64_t missing) const;
  float getFloat(llvm::StringRef attribute, float missing) const;
  std::string getString(llvm::StringRef attribute,
                        llvm::StringRef missing) const;
  std::vector<float> getFloats(llvm::StringRef attribute) const;
  std::vector<int64_t> getInts(llvm::StringRef attribute) const;

  /// Whether the input is known to be of floats.
  bool isFloat(int input) const;

  /// Notes what is not supported of the node. False, for the caller to return.
  bool refuse(const llvm::Twine &why);
  /// What refuse noted; empty where nothing was.
  const std::string &getRefusal() const { return refusal; }

  /// Appends a node: "RESULTS = OPERATOR <ATTRIBUTES> (OPERANDS)".
  void addOnnx(const llvm::Twine &line);
  /// Appends `result` = a vector of these integers, separated by commas.
  void addInts(const std::string &result, const llvm::Twine &values);
  /// Appends `result` = f32 of input `input` with these inputs as its scale and
  /// its zero point, which may be left out. Vectors of those lie along `axis`;
  /// of more dimensions they broadcast. False when the scale's rank is not
  /// known.
  bool addDequantized(const std::string &result, int input, int scale, int zero,
                      int axis);
  /// Appends `y0` from `value`, an f32.
  void addQuantized(const std::string &value, int scale, int zero);

  static std::string getName(int input) { return "x" + std::to_string(input); }
  /// A float as ONNX's notation has it, without loss.
  static std::string formatFloat(float value);

  /// The function, with what was appended as its body. Throws what the onnx
  /// library throws.
  void build(int opset, pb::FunctionProto &function) const;

private:
  const pb::AttributeProto *findAttribute(llvm::StringRef name) const;

  const pb::NodeProto &node;
  const std::vector<pb::TypeProto> &types; // of inputs
  const std::vector<pb::TypeProto> &outputTypes;
  std::string nodes, refusal;
};

/// Appends the definition of AffineGrid. False when it is not known of how many
/// dimensions it is.
bool writeAffineGrid(FunctionWriter &writer);

/// Appends the definition of DeformConv. False unless it is of two dimensions
/// and the sizes are known, but that of the batch.
bool writeDeformConv(FunctionWriter &writer);

/// Appends the definition of an operator of domain com.microsoft, those that
/// onnxruntime's optimiser and quantiser write. False when there is none, or
/// none as long as these ranks are not known.
bool writeContribBody(FunctionWriter &writer);
/// Whether com.microsoft has such an operator.
bool hasContribBody(llvm::StringRef opType);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_FUNCTIONWRITER_H
