//===- Product.cpp - Products with constant weights -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Product.h"

#include "garam/Dialect/Analog/IR/Analog.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace garam::analog {

//===----------------------------------------------------------------------===//
// The operation
//===----------------------------------------------------------------------===//

/// Whether the factors are the two operands as they are.
static bool multipliesOperands(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  return llvm::all_of(*body, [&](Operation &inner) {
    return isa<arith::MulFOp, arith::AddFOp, linalg::YieldOp>(inner);
  });
}

static bool isZeroFill(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  return fill && matchPattern(fill.value(), m_AnyZeroFloat());
}

/// The constant that a value is; null when it is computed.
static ElementsAttr getConstant(Value value) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return {};
  return dyn_cast<ElementsAttr>(attribute);
}

/// Whether no input of the function has a part in a value, as far as a few
/// movements of constants go.
static bool isMadeOfConstants(Value value) {
  constexpr size_t maxOperations = 16;
  llvm::SmallPtrSet<Operation *, maxOperations> slice;
  SmallVector<Value> pending{value};
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (!op || slice.size() == maxOperations)
      return false;
    if (slice.insert(op).second)
      llvm::append_range(pending, op->getOperands());
  }
  return true;
}

//===----------------------------------------------------------------------===//
// What leads to the input
//===----------------------------------------------------------------------===//

static bool padsWithZero(tensor::PadOp pad) {
  Value value = pad.getConstantPaddingValue();
  return value && matchPattern(value, m_AnyZeroFloat());
}

/// Replaces an input that is padded by what is padded, and one that is a split
/// of dimensions by what is split. `map` leads from any loops to coordinates.
static void skipMovements(Value &input, AffineMap &map) {
  bool isInside = true; // of the tensor that coordinates are of
  while (Operation *op = input.getDefiningOp()) {
    SmallVector<AffineExpr> results;
    if (auto pad = dyn_cast<tensor::PadOp>(op);
        pad && padsWithZero(pad) &&
        !ShapedType::isDynamicShape(pad.getStaticLow()) &&
        pad.getSourceType().hasStaticShape()) {
      for (auto [expr, low] :
           llvm::zip_equal(map.getResults(), pad.getStaticLow()))
        results.push_back(expr - low);
      isInside = false;
      input = pad.getSource();
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
               expand && isInside) {
      ArrayRef<int64_t> shape = expand.getResultType().getShape();
      for (const ReassociationIndices &group :
           expand.getReassociationIndices()) {
        AffineExpr expr = getAffineConstantExpr(0, map.getContext());
        for (int64_t dim : group)
          expr = expr * shape[dim] + map.getResult(dim);
        results.push_back(expr);
      }
      input = expand.getSrc();
    } else {
      return;
    }
    map = AffineMap::get(map.getNumDims(), 0, results, map.getContext());
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {

/// Numbers of an operation's loops.
struct Loops {
  SmallVector<unsigned> vectors, groups, reduction, outputs;
};

} // namespace

static std::optional<Loops> sortLoops(AffineMap input, AffineMap weight,
                                      AffineMap output) {
  Loops loops;
  for (unsigned dim = 0; dim < output.getNumDims(); ++dim) {
    bool inInput = input.isFunctionOfDim(dim);
    bool inWeight = weight.isFunctionOfDim(dim);
    if (output.isFunctionOfDim(dim))
      (!inWeight ? loops.vectors
       : inInput ? loops.groups
                 : loops.outputs)
          .push_back(dim);
    else if (inWeight)
      loops.reduction.push_back(dim);
    else
      return std::nullopt;
  }
  return loops;
}

/// `map` as a function of the loops of `lists`, one list after the other; it
/// depends on no other loop.
static AffineMap reorder(AffineMap map,
                         std::initializer_list<ArrayRef<unsigned>> lists) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> replacements(map.getNumDims(),
                                       getAffineConstantExpr(0, context));
  unsigned position = 0;
  for (ArrayRef<unsigned> loops : lists)
    for (unsigned loop : loops)
      replacements[loop] = getAffineDimExpr(position++, context);
  return map.replaceDimsAndSymbols(replacements, {}, position, 0);
}

static SmallVector<int64_t> select(ArrayRef<int64_t> sizes,
                                   ArrayRef<unsigned> loops) {
  return llvm::map_to_vector(loops, [&](unsigned loop) { return sizes[loop]; });
}

static SmallVector<int64_t> concat(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  SmallVector<int64_t> all(a);
  llvm::append_range(all, b);
  return all;
}

/// Why programs do not have loops over `what`; empty when they do.
static std::string checkLoops(const char *what, ArrayRef<int64_t> sizes) {
  if (llvm::is_contained(sizes, 0))
    return (Twine("found a product of no ") + what + ", needed at least 1")
        .str();
  if (getVolume(sizes) > maxIndices)
    return ("found a product of " + Twine(getVolume(sizes)) + " " + what +
            ", needed at most " + Twine(maxIndices))
        .str();
  if (sizes.size() > maxIndexDims)
    return (Twine("found a product whose ") + what + " have " +
            Twine(sizes.size()) + " dimensions, needed at most " +
            Twine(maxIndexDims))
        .str();
  return "";
}

/// The same for a tensor that it reads or makes.
static std::string checkTensor(const char *what, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getRank() <= int64_t(maxIndexDims) &&
      llvm::all_of(type.getShape(), [](int64_t size) {
        return size >= 1 && size <= maxIndices;
      }))
    return "";
  std::string text;
  llvm::raw_string_ostream(text)
      << "found a product whose " << what << " is " << type
      << ", needed one of at most " << maxIndexDims
      << " dimensions, each of 1 to " << maxIndices;
  return text;
}

static std::string checkSizes(const Product &product) {
  const Product &p = product;
  for (std::string reason :
       {checkLoops("vectors", p.vectors),
        checkLoops("summands in all groups", concat(p.groups, p.reduction)),
        checkLoops("outputs in all groups", concat(p.groups, p.outputs)),
        checkTensor("input", p.input),
        checkTensor("result", p.op->getResult(0))})
    if (!reason.empty())
      return reason;
  return "";
}

std::optional<Product> matchProduct(linalg::LinalgOp op, std::string &reason) {
  auto fail = [&](const Twine &why) {
    reason = why.str();
    return std::nullopt;
  };
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value left = op.getDpsInputOperand(0)->get();
  Value right = op.getDpsInputOperand(1)->get();
  if (!multipliesOperands(op) || !type.getElementType().isF32())
    return fail("found a product of " +
                Twine(type.getElementType().isF32() ? "converted values"
                                                    : "another type") +
                ", needed one of f32");
  ElementsAttr leftWeights = getConstant(left);
  ElementsAttr rightWeights = getConstant(right);
  if (!leftWeights && !rightWeights &&
      (isMadeOfConstants(left) || isMadeOfConstants(right)))
    return fail("found a product whose weights are computed of constants, as "
                "the flipped filters of ConvTranspose are, needed weights that "
                "are constants themselves");
  if (!leftWeights == !rightWeights)
    return fail(Twine("found a product of two ") +
                (leftWeights ? "constants" : "computed tensors") +
                ", needed constant weights and a computed input");
  if (!isZeroFill(op.getDpsInitOperand(0)->get()))
    return fail("found a product that is added to a tensor, needed one that "
                "starts from zero");

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  bool isLeft = !rightWeights;
  Product product;
  product.op = op;
  product.weights = isLeft ? leftWeights : rightWeights;
  product.input = isLeft ? right : left;
  AffineMap input = maps[isLeft ? 1 : 0], weight = maps[isLeft ? 0 : 1];
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<Loops> loops = sortLoops(input, weight, maps[2]);
  if (!loops || ShapedType::isDynamicShape(sizes) || !getLinearMap(weight) ||
      !getLinearMap(maps[2]) || !getLinearMap(input))
    return fail("found a sum of products whose operands are not read along "
                "its loops, needed a matrix product or a convolution");
  skipMovements(product.input, input);
  product.vectors = select(sizes, loops->vectors);
  product.groups = select(sizes, loops->groups);
  product.reduction = select(sizes, loops->reduction);
  product.outputs = select(sizes, loops->outputs);
  product.inputMap =
      reorder(input, {loops->vectors, loops->groups, loops->reduction});
  product.weightMap =
      reorder(weight, {loops->groups, loops->reduction, loops->outputs});
  product.outputMap =
      reorder(maps[2], {loops->vectors, loops->groups, loops->outputs});
  reason = checkSizes(product);
  if (!reason.empty())
    return std::nullopt;
  return product;
}

} // namespace garam::analog
