//===- Raise.cpp - Operators that exporters have taken apart --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RaisedNode.h"

#include "SmallTensor.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace garam::onnx {

#define GEN_PASS_DEF_ONNXRAISE
#include "garam/Dialect/ONNX/Transforms/Passes.h.inc"

bool isNode(NodeOp node, StringRef opType) {
  return node && node.getOpType() == opType && node.getDomain().empty();
}

NodeOp getNode(Value value, StringRef opType) {
  auto node = value.getDefiningOp<NodeOp>();
  return isNode(node, opType) ? node : NodeOp();
}

std::optional<double> getScalar(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  std::optional<SmallTensor> tensor =
      SmallTensor::fromAttr(constant.getValue(), /*maxElements=*/1);
  if (!tensor || !tensor->isFullyKnown() || tensor->elements.size() != 1)
    return std::nullopt;
  const Element &element = tensor->elements.front();
  return tensor->isFloat() ? element.number : double(element.integer);
}

bool isNear(double a, double b) {
  // Two units of the last of half precision's 11 bits.
  constexpr double tolerance = 1.0 / 1024;
  return std::abs(a - b) <= tolerance * std::abs(b);
}

/// The operator set that brought each operator.
static int64_t getFirstOpset(StringRef opType) {
  if (opType == "LayerNormalization")
    return 17;
  if (opType == "Gelu")
    return 20;
  if (opType == "Attention" || opType == "RMSNormalization" ||
      opType == "RotaryEmbedding")
    return 23;
  return 24; // Swish
}

static constexpr llvm::StringLiteral remarkCategory = "onnx-raise";

static Value makeOnes(OpBuilder &builder, NodeOp last,
                      ArrayRef<int64_t> shape) {
  auto element = cast<TensorType>(last.getResult(0).getType()).getElementType();
  auto type = RankedTensorType::get(shape, element);
  auto ones = DenseElementsAttr::get(type, builder.getFloatAttr(element, 1.0));
  return ConstantOp::create(builder, last.getLoc(), type, ones,
                            /*name=*/StringAttr());
}

/// Puts the operator where the last of its nodes is. It has that node's id, for
/// its result is the same.
static void replace(RaisedNode &raised) {
  NodeOp last = raised.last;
  OpBuilder builder(last);
  if (raised.ones)
    raised.inputs.insert(raised.inputs.begin() + 1,
                         makeOnes(builder, last, *raised.ones));
  ArrayAttr origin = last.getOriginAttr();
  if (!origin)
    origin = builder.getArrayAttr(
        {last.getIdAttr(), last.getOpTypeAttr(), last.getOpsetAttr()});
  auto node = NodeOp::create(
      builder, last.getLoc(), TypeRange(last.getResult(0).getType()),
      raised.inputs, builder.getStringAttr(raised.opType), last.getDomainAttr(),
      last.getOpsetAttr(), last.getIdAttr(), origin,
      builder.getDictionaryAttr(raised.attributes), /*bodiesCount=*/0);
  last.getResult(0).replaceAllUsesWith(node.getResult(0));
}

/// Whether `node` scales the Cast of a MatMulInteger.
static bool scalesProductOfBytes(NodeOp node) {
  return llvm::any_of(node.getInputs(), [](Value input) {
    NodeOp cast = getNode(input, "Cast");
    return cast && getNode(cast.getInputs()[0], "MatMulInteger");
  });
}

static void raise(NodeOp node) {
  RaisedNode raised;
  if (isNode(node, "Mul"))
    raised = matchActivation(node);
  else if (isNode(node, "Sqrt"))
    raised = matchNormalization(node);
  else if (isNode(node, "MatMul"))
    raised = matchAttention(node);
  else if (isNode(node, "Add"))
    raised = matchRotation(node);
  else if (isNode(node, "Concat") || isNode(node, "Reshape"))
    raised = matchRotatedParts(node);
  if (isNode(node, "Mul") && raised.opType.empty() && raised.missed.empty() &&
      scalesProductOfBytes(node))
    raised.missed = "a product to raise: MatMulInteger, Cast and Mul are one "
                    "of bytes as they are";
  if (!raised.opType.empty() &&
      int64_t(node.getOpset()) < getFirstOpset(raised.opType)) {
    raised.missed = (raised.opType + ": it is not in operator set " +
                     Twine(node.getOpset()))
                        .str();
    raised.opType = "";
  }
  if (!raised.opType.empty()) {
    auto options = remark::RemarkOpts::name("raised").category(remarkCategory);
    remark::passed(raised.last.getLoc(), options)
        << ("nodes up to '" + raised.last.getId() + "' are " + raised.opType)
               .str();
    replace(raised);
  } else if (!raised.missed.empty()) {
    auto options =
        remark::RemarkOpts::name("near-miss").category(remarkCategory);
    remark::missed(node.getLoc(), options)
        << ("node '" + node.getId() + "' is not part of " + raised.missed)
               .str();
  }
}

/// Whether the result of `node` is its input: an Identity, or a Cast to the
/// type that its input has.
static bool isIdentity(NodeOp node) {
  return (isNode(node, "Identity") || isNode(node, "Cast")) &&
         node.getInputs()[0].getType() == node.getResult(0).getType();
}

namespace {

struct ONNXRaise : impl::ONNXRaiseBase<ONNXRaise> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    // What does not compute anything would be one more reader of its input.
    getOperation().walk([](NodeOp node) {
      if (!isIdentity(node))
        return;
      node.getResult(0).replaceAllUsesWith(node.getInputs()[0]);
      node.erase();
    });
    SmallVector<NodeOp> nodes;
    getOperation().walk([&](NodeOp node) { nodes.push_back(node); });
    for (NodeOp node : nodes)
      if (!node.use_empty())
        raise(node);
    IRRewriter rewriter(&getContext());
    // Nothing may be dead: it does not say whether it has changed something.
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};

} // namespace

} // namespace garam::onnx
