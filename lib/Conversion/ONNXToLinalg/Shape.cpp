//===- Shape.cpp - The same elements under another shape ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace garam::onnx {

static LogicalResult lowerIdentity(NodeAccessor &node) {
  return node.setOutput(node.getInput(0));
}

/// Reports why input 0 cannot be reshaped to `shape`.
static LogicalResult refuseReshape(NodeAccessor &node,
                                   ArrayRef<int64_t> shape) {
  RankedTensorType type = node.getInputType(0);
  InFlightDiagnostic diagnostic = node.error();
  diagnostic << "cannot reshape " << type << " to " << type.clone(shape);
  if (!type.hasStaticShape())
    diagnostic << "; bind the model's inputs with --shape or --dim";
  else if (ShapedType::isDynamicShape(shape))
    diagnostic << ": the sizes of the result are known in a run only";
  else
    diagnostic << ": the numbers of elements differ";
  return diagnostic;
}

/// Reshapes input 0 to `shape`, or reports why not.
static LogicalResult setReshaped(NodeAccessor &node, ArrayRef<int64_t> shape) {
  Value result = makeReshape(node.b, node.getInput(0), shape);
  return result ? node.setOutput(result) : refuseReshape(node, shape);
}

/// Replaces the 0s (unless `allowsZero`) and the -1 of a Reshape's operand.
static FailureOr<SmallVector<int64_t>>
resolveShape(NodeAccessor &node, SmallVector<int64_t> shape, bool allowsZero) {
  RankedTensorType type = node.getInputType(0);
  int64_t *inferred = nullptr;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (size == 0 && !allowsZero) {
      if (static_cast<int64_t>(dim) >= type.getRank())
        return node.error() << "the shape copies dimension " << dim << ", but "
                            << type << " has no such dimension";
      size = type.getDimSize(dim);
    } else if (size == -1 && !inferred) {
      inferred = &size;
    } else if (size < 0) {
      return node.error() << "the shape holds " << size << " at position "
                          << dim << "; sizes and at most one -1 are needed";
    }
  }
  if (!inferred)
    return shape;

  // Dynamic sizes that both sides have cancel out.
  int64_t inputCount = 1, otherCount = 1;
  int64_t numDynamic = llvm::count_if(type.getShape(), ShapedType::isDynamic);
  bool overflows = false;
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size))
      overflows |= llvm::MulOverflow(inputCount, size, inputCount);
  for (int64_t &size : shape) {
    if (ShapedType::isDynamic(size))
      --numDynamic;
    else if (&size != inferred)
      overflows |= llvm::MulOverflow(otherCount, size, otherCount);
  }
  if (numDynamic > 0) {
    *inferred = ShapedType::kDynamic;
    return shape;
  }
  if (overflows || otherCount == 0 || inputCount % otherCount != 0)
    return node.error() << "cannot infer the size at -1: " << type << " does "
                        << "not divide into the other sizes";
  *inferred = inputCount / otherCount;
  return shape;
}

/// A Reshape to sizes of run time: collapsing and expanding where a size that
/// is not known has one place, else whatever the sizes are.
static LogicalResult lowerComputedReshape(NodeAccessor &node,
                                          ArrayRef<OpFoldResult> sizes) {
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(sizes, dynamicSizes, shape);
  RankedTensorType type = node.getInputType(0);
  if (type.getNumDynamicDims() <= 1 && dynamicSizes.size() <= 1)
    if (Value result = makeReshape(b, node.getInput(0), shape))
      return node.setOutput(result);
  Value operand = tensor::FromElementsOp::create(
      b, getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes));
  return node.setOutput(tensor::ReshapeOp::create(b, type.clone(shape),
                                                  node.getInput(0), operand));
}

static LogicalResult lowerReshape(NodeAccessor &node) {
  if (std::optional<SmallVector<OpFoldResult>> sizes = node.getComputedSizes(1))
    return lowerComputedReshape(node, *sizes);
  bool allowsZero = node.getInt("allowzero", 0) != 0;
  SmallVector<int64_t> shape;
  if (std::optional<SmallVector<int64_t>> attribute = node.getInts("shape")) {
    shape = std::move(*attribute); // opset 1
  } else if (std::optional<SmallVector<int64_t>> constant =
                 node.getConstantInts(1)) {
    shape = std::move(*constant);
  } else if (RankedTensorType type = node.getOutputType()) {
    // The operand is computed, but shape inference may have seen through it.
    // One size that is open follows from the number of elements.
    bool follows = type.getNumDynamicDims() <= 1 &&
                   node.getInputType(0).getNumDynamicDims() <= 1;
    return follows ? setReshaped(node, type.getShape())
                   : refuseReshape(node, type.getShape());
  } else {
    return failure(failed(node.requireConstantInts(1, "shape")));
  }
  FailureOr<SmallVector<int64_t>> resolved =
      resolveShape(node, std::move(shape), allowsZero);
  if (failed(resolved))
    return failure();
  return setReshaped(node, *resolved);
}

/// The product of the sizes, dynamic when one of them is.
static int64_t getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return ShapedType::kDynamic;
    product *= size;
  }
  return product;
}

/// A matrix of the dimensions before `axis` and of the others, one of which may
/// be none.
static Value flattenDynamic(ImplicitLocOpBuilder &b, Value input,
                            int64_t axis) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<ReassociationIndices> groups;
  for (auto [begin, end] : {std::pair(int64_t(0), axis), {axis, rank}})
    if (begin != end)
      groups.push_back(llvm::to_vector<2>(llvm::seq(begin, end)));
  Value value = int64_t(groups.size()) == rank
                    ? input
                    : tensor::CollapseShapeOp::create(b, input, groups);
  if (axis == 0)
    return makeUnsqueeze(b, value, {0});
  return axis == rank ? makeUnsqueeze(b, value, {1}) : value;
}

static LogicalResult lowerFlatten(NodeAccessor &node) {
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  int64_t rank = shape.size();
  int64_t axis = node.getInt("axis", 1);
  if (axis != rank)
    axis = node.normalizeAxis(axis, rank);
  if (node.hasErrors())
    return failure();
  if (node.getInputType(0).hasStaticShape())
    return setReshaped(node, {getProduct(shape.take_front(axis)),
                              getProduct(shape.drop_front(axis))});
  return node.setOutput(flattenDynamic(node.b, node.getInput(0), axis));
}

/// Whether input 1 is computed, but the shape of the output known: as shape
/// inference has found, or as the model declares.
static bool hasShapeOfOutput(NodeAccessor &node) {
  return node.hasInput(1) && !node.getConstantInts(1) &&
         node.getStaticOutputType();
}

static LogicalResult lowerSqueeze(NodeAccessor &node) {
  if (hasShapeOfOutput(node))
    return setReshaped(node, node.getOutputType().getShape());
  RankedTensorType type = node.getInputType(0);
  auto axes = node.getAxes(1, "axes", type.getRank());
  if (failed(axes))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    bool isSqueezed =
        *axes ? llvm::is_contained(**axes, static_cast<int64_t>(dim))
              : size == 1;
    if (!isSqueezed)
      shape.push_back(size);
    else if (size != 1)
      return node.error() << "dimension " << dim << " of " << type
                          << " is not 1, so it cannot be squeezed";
  }
  return setReshaped(node, shape);
}

static LogicalResult lowerUnsqueeze(NodeAccessor &node) {
  if (hasShapeOfOutput(node))
    return setReshaped(node, node.getOutputType().getShape());
  RankedTensorType type = node.getInputType(0);
  std::optional<SmallVector<int64_t>> given = node.getInts("axes");
  if (!given) {
    FailureOr<SmallVector<int64_t>> constant =
        node.requireConstantInts(1, "axes");
    if (failed(constant))
      return failure();
    given = std::move(*constant);
  }
  auto axes = node.getAxes(1, "axes", type.getRank() + given->size());
  if (failed(axes) || !*axes)
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t axis : **axes)
    shape.insert(shape.begin() + axis, 1);
  return setReshaped(node, shape);
}

static LogicalResult lowerTranspose(NodeAccessor &node) {
  int64_t rank = node.getRank();
  SmallVector<int64_t> permutation =
      node.getInts("perm").value_or(SmallVector<int64_t>());
  if (!node.hasAttr("perm"))
    permutation = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (node.hasErrors())
    return failure();
  if (static_cast<int64_t>(permutation.size()) != rank ||
      !isPermutationVector(permutation))
    return node.error() << "attribute 'perm' is not a permutation of the "
                        << rank << " dimensions of " << node.getInputType(0);
  if (llvm::is_sorted(permutation))
    return node.setOutput(node.getInput(0));
  return node.setOutput(makeTranspose(node.b, node.getInput(0), permutation));
}

void registerShape(OperatorTable &table) {
  table.add("Flatten", 1, lowerFlatten);
  table.add("Identity", 1, lowerIdentity);
  table.add("Reshape", 1, lowerReshape);
  table.add("Squeeze", 1, lowerSqueeze);
  table.add("Transpose", 1, lowerTranspose);
  table.add("Unsqueeze", 1, lowerUnsqueeze);
}

} // namespace garam::onnx
