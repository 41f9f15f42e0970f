//===- NodeAccessor.h - Typed access to one ONNX node -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What a lowering function sees of the node that it lowers. Getters that find
// something of the wrong kind report it, return a value of the right kind and
// remember the failure: a lowering reads all it needs and stays safe, and the
// driver asks hasErrors() once at the end.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_NODEACCESSOR_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_NODEACCESSOR_H

#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace garam::onnx {

/// The type that a tensor or an element of `type` has in linalg: integers have
/// no sign (ui8 becomes i8), and what has less than a byte has one (ui4 becomes
/// i8 with the same value, f4E2M1FN becomes f8E4M3FN).
mlir::Type getLoweredType(mlir::Type type);

class NodeAccessor {
public:
  /// Lowers what is in a body of the node.
  using BodyLowering = llvm::function_ref<mlir::SmallVector<mlir::Value>(
      mlir::Region &, mlir::ValueRange, mlir::OpBuilder &)>;

  /// `values` maps values of the onnx dialect to lowered ones; it has an entry
  /// for every input of `node` that is not left out.
  NodeAccessor(NodeOp node, mlir::OpBuilder &builder, mlir::IRMapping &values,
               BodyLowering lowerBody)
      : b(node.getLoc(), builder), node(node), values(values),
        lowerBodyFunction(lowerBody) {}

  //===--------------------------------------------------------------------===//
  // The node
  //===--------------------------------------------------------------------===//

  mlir::StringRef getOpType() { return node.getOpType(); }
  int64_t getOpset() { return node.getOpset(); }
  /// Of no other node of the model.
  mlir::StringRef getId() { return node.getId(); }
  /// Whether sizes of run time that its operands say are within its dimensions.
  bool isWithin() { return node->hasAttr(withinAttrName); }
  /// Whether the node is in the body of a Loop or Scan, at any depth.
  bool isInLoop();

  /// Starts an error that names node, operator and opset; the caller adds what
  /// was found, what is needed and a hint.
  mlir::InFlightDiagnostic error();

  bool hasErrors() const { return erroneous; }

  //===--------------------------------------------------------------------===//
  // Inputs
  //===--------------------------------------------------------------------===//

  unsigned getNumInputs() { return node.getInputs().size(); }
  bool hasInput(unsigned index);

  /// The lowered input; it must be present, as the operator table's number of
  /// required inputs or hasInput() says.
  mlir::Value getInput(unsigned index);
  /// The lowered input, or null when it is left out.
  mlir::Value getOptionalInput(unsigned index);
  mlir::SmallVector<mlir::Value> getInputs();

  /// The integers of an input that follows from sizes of run time (SizesOp),
  /// as numbers or indices; none of another.
  std::optional<mlir::SmallVector<mlir::OpFoldResult>>
  getComputedSizes(unsigned index);

  mlir::RankedTensorType getInputType(unsigned index);
  mlir::Type getElementType(unsigned index = 0);
  int64_t getRank(unsigned index = 0);
  /// Whether ONNX's type of the input is an unsigned integer or a boolean.
  bool isUnsignedInput(unsigned index);

  /// Reports an input whose elements are not floats.
  mlir::LogicalResult checkFloat(unsigned index);
  /// Reports inputs of [first, last) that are there and whose element types
  /// differ from that of input `first`.
  mlir::LogicalResult checkSameElementType(unsigned first, unsigned last);
  /// Reports an input with the wrong rank.
  mlir::LogicalResult checkRank(unsigned index, int64_t minimum,
                                int64_t maximum);
  /// Reports dimension `dim` of an input when it is dynamic; `purpose` says
  /// what needs it ("the window").
  mlir::LogicalResult checkStaticDim(unsigned index, int64_t dim,
                                     mlir::StringRef purpose);
  /// Whether the data decides all sizes of the inputs that are not fixed, and
  /// buffers of the greatest sizes can hold them.
  bool hasBoundedSizes();
  /// As checkStatic, where sizes that the data decides will do.
  mlir::LogicalResult checkBounded(unsigned index, mlir::StringRef purpose) {
    return mlir::success(hasBoundedSizes() ||
                         mlir::succeeded(checkStatic(index, purpose)));
  }
  /// Reports every dynamic dimension of an input.
  mlir::LogicalResult checkStatic(unsigned index, mlir::StringRef purpose);

  //===--------------------------------------------------------------------===//
  // Constant inputs
  //===--------------------------------------------------------------------===//

  /// The elements of a constant integer or boolean input, row by row.
  std::optional<mlir::SmallVector<int64_t>> getConstantInts(unsigned index);
  /// The elements of a constant float input, row by row.
  std::optional<mlir::SmallVector<double>> getConstantFloats(unsigned index);
  /// As getConstantInts; reports an input that is not constant. `name` is the
  /// input's name in ONNX's specification.
  mlir::FailureOr<mlir::SmallVector<int64_t>>
  requireConstantInts(unsigned index, mlir::StringRef name);

  //===--------------------------------------------------------------------===//
  // Attributes
  //===--------------------------------------------------------------------===//

  bool hasAttr(mlir::StringRef name);
  int64_t getInt(mlir::StringRef name, int64_t missing);
  double getFloat(mlir::StringRef name, double missing);
  mlir::StringRef getString(mlir::StringRef name, mlir::StringRef missing);
  std::optional<mlir::SmallVector<int64_t>> getInts(mlir::StringRef name);
  /// `size` integers, each `missing` without the attribute; reports another
  /// size.
  mlir::SmallVector<int64_t> getInts(mlir::StringRef name, size_t size,
                                     int64_t missing);
  std::optional<mlir::SmallVector<double>> getFloats(mlir::StringRef name);
  std::optional<mlir::SmallVector<mlir::StringRef>>
  getStrings(mlir::StringRef name);
  mlir::ElementsAttr getElements(mlir::StringRef name);

  /// An axis in [-rank, rank) as one in [0, rank); reports another one.
  int64_t normalizeAxis(int64_t axis, int64_t rank);
  /// The attribute `name` as an axis of a tensor of rank `rank`.
  int64_t getAxis(mlir::StringRef name, int64_t missing, int64_t rank);
  /// Axes as newer opsets give them, in the constant input `index`, or as
  /// older ones do, in the attribute `name`; normalized and sorted. Nothing
  /// when there are neither.
  mlir::FailureOr<std::optional<mlir::SmallVector<int64_t>>>
  getAxes(unsigned index, mlir::StringRef name, int64_t rank);

  //===--------------------------------------------------------------------===//
  // Bodies
  //===--------------------------------------------------------------------===//

  unsigned getNumBodies() { return node.getBodies().size(); }
  /// How many inputs body `index`, in the order of the attributes' names, has.
  unsigned getNumBodyInputs(unsigned index);
  unsigned getNumBodyOutputs(unsigned index);
  /// Whether output `output` of a body, a boolean, is true where its argument
  /// `argument` is: the argument itself, or a constant.
  bool keepsTrue(unsigned body, unsigned output, unsigned argument);
  /// Lowers what is in a body once, on `arguments`, at the place of `builder`.
  /// Returns its outputs; errors of its nodes are reported.
  mlir::SmallVector<mlir::Value> lowerBody(unsigned index,
                                           mlir::ValueRange arguments,
                                           mlir::OpBuilder &builder);

  //===--------------------------------------------------------------------===//
  // Outputs
  //===--------------------------------------------------------------------===//

  unsigned getNumOutputs() { return node.getOutputs().size(); }
  bool isOutputUsed(unsigned index);
  /// The lowered form of the output's type, or null when its rank is unknown.
  mlir::RankedTensorType getOutputType(unsigned index = 0);
  /// The element type of an output in the model, of which getOutputType has the
  /// lowered form.
  mlir::Type getModelElementType(unsigned index = 0);
  /// The same of an input.
  mlir::Type getModelInputElementType(unsigned index = 0);
  /// As getOutputType, but null unless all sizes are known: where operands that
  /// say the shape are computed at run time, the model's declaration of its
  /// outputs may say it too.
  mlir::RankedTensorType getStaticOutputType(unsigned index = 0);
  bool isUnsignedOutput(unsigned index = 0);

  /// Sets the value of an output. Reports a type that contradicts the declared
  /// one; where the declared type knows more, a tensor.cast takes it over.
  mlir::LogicalResult setOutput(unsigned index, mlir::Value value);
  mlir::LogicalResult setOutput(mlir::Value value) {
    return setOutput(0, value);
  }

  /// Builds at the node's place, with its location.
  mlir::ImplicitLocOpBuilder b;

private:
  mlir::Attribute getAttr(mlir::StringRef name);

  NodeOp node;
  mlir::IRMapping &values;
  BodyLowering lowerBodyFunction;
  bool erroneous = false;
};

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_NODEACCESSOR_H
