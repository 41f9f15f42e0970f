//===- FoldShapes.cpp - Evaluates shape arithmetic ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One pass over the nodes, in their order, carries two things together: the
// values of small tensors, as far as they are known, and the types that onnx's
// inference derives from them. No node is visited again but those in the bodies
// of loops, whose work is bounded, so the time is linear in the number of
// nodes.
//
// Operators are evaluated here, not by what the host target would compile of
// them: that code depends on the processor, where a model is to give the same
// bytes on all of them; it would run a model's loops without a bound; and it
// takes milliseconds where an evaluator takes microseconds.
//
//===----------------------------------------------------------------------===//

#include "DeriveSizes.h"
#include "EraseDeadNodes.h"
#include "EvaluateLoops.h"
#include "EvaluateNode.h"
#include "TypeInference.h"
#include "garam/Dialect/ONNX/IR/BoundedSizes.h"
#include "garam/Dialect/ONNX/IR/NodeErrors.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "garam/Dialect/ONNX/Transforms/TypeErrors.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <map>

using namespace mlir;

namespace garam::onnx {

#define GEN_PASS_DEF_ONNXFOLDSHAPES
#include "garam/Dialect/ONNX/Transforms/Passes.h.inc"

namespace {

/// How many operations in the bodies of loops are evaluated at most, and
/// elements of their results: it bounds what a model's loops cost, whether they
/// end or not. Those that compute shapes take a few hundred.
constexpr int64_t kMaxLoopWork = 1 << 18;

class Folder {
public:
  Folder(func::FuncOp function, int64_t maxElements);
  /// For one step of a loop that stands where `outer` is: its values come and
  /// go with the step's copy of the body.
  explicit Folder(Folder &outer)
      : outer(&outer), maxElements(outer.maxElements),
        evaluators(outer.evaluators), symbols(outer.symbols),
        numFunctionSymbols(outer.numFunctionSymbols), counted(outer.counted),
        loopWork(outer.loopWork) {}

  LogicalResult foldBlock(Block &block) {
    for (Operation *op = &block.front(); op;) {
      Operation *next = op->getNextNode();
      if (auto constant = dyn_cast<ConstantOp>(op))
        addConstant(constant);
      else if (auto node = dyn_cast<NodeOp>(op))
        if (failed(foldNode(node, next)))
          return failure();
      op = next;
    }
    return success();
  }

  /// Takes declared sizes of results away that contradict those of a run.
  void dropWrongDeclarations(func::FuncOp function) const;

private:
  /// The sizes of a value's dimensions, null where one is not known; empty of
  /// what has no rank.
  SizeList getSizes(Value value) const;
  const SizeList *lookupSizes(Value value) const;
  void addSizes(OpResult result, ArrayRef<AffineExpr> known);
  SizesOp makeSizes(NodeOp node, RankedTensorType type,
                    ArrayRef<AffineExpr> sizes);
  void useSizes(NodeOp node, const NodeSizes &known);
  AffineExpr makeCounted(NodeOp node, const CountedSize &size);
  void addCountedSizes(NodeOp node, const NodeSizes &known);
  bool markBounded(NodeOp node, ArrayRef<SizeList> operandSizes);
  void useParts(NodeOp node, const NodeSizes &known);

  void addConstant(ConstantOp constant) {
    if (auto value = SmallTensor::fromAttr(constant.getValue(), maxElements))
      setKnown(constant.getResult(), std::move(*value));
  }

  const SmallTensor *lookup(Value value) const {
    auto known = values.find(value);
    if (known != values.end())
      return known->second.get();
    return outer ? outer->lookup(value) : nullptr;
  }

  void setKnown(Value value, SmallTensor tensor) {
    if (outer)
      *loopWork -= int64_t(tensor.elements.size());
    values[value] = std::make_unique<SmallTensor>(std::move(tensor));
  }

  /// Folds one node; `next` is where to go on.
  LogicalResult foldNode(NodeOp node, Operation *&next) {
    if (!node.getBodies().empty())
      return foldNodeWithBodies(node, next);
    SmallVector<const SmallTensor *> operands = llvm::map_to_vector(
        node.getInputs(), [&](Value operand) { return lookup(operand); });
    // What can be evaluated as it is needs no inference, which refuses some
    // operands that runtimes take (a Range of vectors of one element).
    if (evaluate(node, operands))
      return success();
    if (failed(refineTypes(node, operands)))
      return failure();
    evaluate(node, operands);
    return success();
  }

  LogicalResult refineTypes(NodeOp node,
                            ArrayRef<const SmallTensor *> operands) {
    if (llvm::all_of(node.getResultTypes(), isStatic) && symbols.empty())
      return success();
    SmallVector<SizeList> operandSizes = llvm::map_to_vector(
        node.getInputs(), [&](Value operand) { return getSizes(operand); });
    NodeSizes known{node, operands, operandSizes, symbols};
    // What a step counts has no meaning outside of it.
    bool isBounded = !outer && markBounded(node, operandSizes);
    if (llvm::all_of(node.getResultTypes(), isStatic)) {
      useSizes(node, known);
      return success();
    }
    InferredTypes inferred = inferTypes(node, operands, operandSizes);
    if (!inferred.error.empty())
      return emitNodeError(node)
             << explainInference(inferred.error, describeInputs(node));
    for (auto [result, type] : llvm::zip(node.getResults(), inferred.types)) {
      Type refined = refineType(result.getType(), type);
      if (!refined)
        return emitNodeError(node) << "its result has type " << result.getType()
                                   << ", but its operands make it " << type;
      result.setType(refined);
    }
    for (auto [result, sizes] : llvm::zip(node.getResults(), inferred.sizes))
      addSizes(result, sizes);
    if (std::optional<SizeList> sizes = deriveSizes(known))
      addSizes(node->getResult(0), *sizes);
    if (isBounded)
      addCountedSizes(node, known);
    known.symbols = symbols;
    useParts(node, known);
    useSizes(node, known);
    return success();
  }

  /// Returns whether all results are known now.
  bool evaluate(NodeOp node, ArrayRef<const SmallTensor *> operands) {
    auto evaluator = evaluators->find(node.getOpType());
    if (evaluator == evaluators->end() || !node.getDomain().empty() ||
        node.getInputs().empty() || node.getNumResults() == 0)
      return false;
    for (const SmallTensor *operand : operands)
      if (outer && operand)
        *loopWork -= int64_t(operand->elements.size());
    auto type = dyn_cast<TensorType>(node.getResult(0).getType());
    if (!type || !isFoldableElementType(type.getElementType()))
      return false;
    NodeInputs inputs{node,
                      SmallVector<const SmallTensor *>(operands),
                      type.getElementType(),
                      maxElements,
                      symbols,
                      getSizes(node.getInputs().front())};
    return setValues(node, evaluator->second(inputs));
  }

  /// Records what is known of a node's results. Returns whether all were
  /// replaced.
  bool setValues(NodeOp node, std::optional<Results> results) {
    if (!results || results->size() != node.getNumResults())
      return false;
    bool allKnown = true;
    for (auto [result, value] : llvm::zip(node.getResults(), *results))
      if (!isa<NoneType>(result.getType()))
        allKnown &= setValue(node, result, std::move(value));
    return allKnown;
  }

  /// Records what is known of a result, and replaces it when that is all.
  /// Returns whether it was replaced.
  bool setValue(NodeOp node, OpResult result, SmallTensor value) {
    Type refined = refineType(result.getType(), value.getType());
    if (!refined)
      return false; // Evaluator and inference disagree: keep the node.
    result.setType(refined);
    if (!value.isFullyKnown()) {
      bool isOfSizes = value.isOfSizes();
      if (isOfSizes) {
        SizeList integers;
        for (const Element &element : value.elements)
          integers.push_back(element.getSize(node.getContext()));
        SizesOp sizes = makeSizes(node, value.getType(), integers);
        result.replaceAllUsesWith(sizes.getResult());
        setKnown(sizes.getResult(), std::move(value));
      } else {
        setKnown(result, std::move(value));
      }
      return isOfSizes;
    }
    OpBuilder builder(node);
    auto constant = ConstantOp::create(builder, node.getLoc(), value.getType(),
                                       value.toAttr(), /*name=*/StringAttr());
    result.replaceAllUsesWith(constant.getResult());
    setKnown(constant.getResult(), std::move(value));
    return true;
  }

  /// An If whose condition is known gives way to the body that runs, a loop
  /// whose steps can be computed to what it computes. Otherwise the bodies are
  /// folded by themselves.
  LogicalResult foldNodeWithBodies(NodeOp node, Operation *&next) {
    if (Region *body = getChosenBody(node)) {
      Operation *first = inlineBody(node, *body);
      next = first ? first : next;
      return success();
    }
    SmallVector<const SmallTensor *> operands = llvm::map_to_vector(
        node.getInputs(), [&](Value operand) { return lookup(operand); });
    if (setValues(node, evaluateLoop(node, operands, maxElements,
                                     [&](ArrayRef<SmallTensor> arguments) {
                                       return runBody(node, arguments);
                                     })))
      return success();
    for (Region &body : node.getBodies())
      if (failed(foldBlock(body.front())))
        return failure();
    return success();
  }

  std::optional<Results> runBody(NodeOp node, ArrayRef<SmallTensor> arguments);

  Region *getChosenBody(NodeOp node) const {
    if (node.getOpType() != "If" || !node.getDomain().empty() ||
        node.getBodies().size() != 2 || node.getInputs().size() != 1)
      return nullptr;
    const SmallTensor *condition = lookup(node.getInputs().front());
    if (!condition || condition->elements.size() != 1 ||
        !condition->elements.front().known)
      return nullptr;
    // In the order of the attributes' names: else_branch, then_branch.
    return &node.getBodies()[condition->elements.front().integer ? 1 : 0];
  }

  /// Moves a body's operations before its node, which then has no uses. Returns
  /// the first of them, null when the body is empty.
  static Operation *inlineBody(NodeOp node, Region &region) {
    Block &body = region.front();
    auto yield = cast<YieldOp>(body.getTerminator());
    for (auto [result, value] : llvm::zip(node.getResults(), yield.getValues()))
      result.replaceAllUsesWith(value);
    yield.erase();
    Operation *first = body.empty() ? nullptr : &body.front();
    node->getBlock()->getOperations().splice(node->getIterator(),
                                             body.getOperations());
    // The node has no uses left; without its bodies it is dead.
    node.erase();
    return first;
  }

  const Folder *outer = nullptr; // null but for a step of a loop
  int64_t maxElements;
  std::shared_ptr<const EvaluatorTable> evaluators;
  /// Of the function, and behind them those that the data decides.
  std::vector<SizeSymbol> symbols;
  unsigned numFunctionSymbols = 0;
  /// By symbol that the data decides: a value, and which dimension of it has
  /// that size.
  SmallVector<std::pair<Value, int64_t>> counted;
  /// The same symbols by what they follow from.
  std::map<std::vector<const void *>, unsigned> countedByKey;
  std::shared_ptr<int64_t> loopWork; // what is left of kMaxLoopWork
  DenseMap<Value, SizeList> sizes;   // of values with dynamic ones
  /// Behind pointers, which stay valid while others are added.
  DenseMap<Value, std::unique_ptr<SmallTensor>> values;
};

Folder::Folder(func::FuncOp function, int64_t maxElements)
    : maxElements(maxElements),
      evaluators(std::make_shared<EvaluatorTable>(makeEvaluatorTable())),
      symbols(readSymbols(function->getAttrOfType<ArrayAttr>(symbolsAttrName))),
      numFunctionSymbols(symbols.size()),
      loopWork(std::make_shared<int64_t>(kMaxLoopWork)) {
  for (BlockArgument argument : function.getArguments()) {
    auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                      "onnx.dims");
    if (!names)
      continue;
    SizeList known = getSizes(argument);
    for (auto [size, name] :
         llvm::zip_equal(known, names.getAsRange<StringAttr>()))
      for (auto [number, symbol] : llvm::enumerate(symbols))
        if (!size && symbol.name == name.getValue())
          size = getAffineSymbolExpr(number, function.getContext());
    sizes[argument] = std::move(known);
  }
}

/// Runs a copy of the one body of `node` on `arguments`. What is wrong with it
/// is told where it is folded by itself.
std::optional<Results> Folder::runBody(NodeOp node,
                                       ArrayRef<SmallTensor> arguments) {
  Region &original = node.getBodies().front();
  if (*loopWork >= 0)
    original.walk([&](Operation *) { --*loopWork; });
  if (*loopWork < 0)
    return std::nullopt;
  Region copy;
  IRMapping mapping;
  original.cloneInto(&copy, mapping);
  Block &body = copy.front();
  Folder inner(*this);
  for (auto [argument, value] :
       llvm::zip_equal(body.getArguments(), arguments)) {
    argument.setType(value.getType());
    inner.setKnown(argument, value);
  }
  // The shapes of other steps may be others.
  for (NodeOp inside : body.getOps<NodeOp>())
    for (OpResult result : inside->getResults())
      if (auto type = dyn_cast<TensorType>(result.getType()))
        result.setType(UnrankedTensorType::get(type.getElementType()));
  ScopedDiagnosticHandler silence(node.getContext(),
                                  [](Diagnostic &) { return success(); });
  if (failed(inner.foldBlock(body)))
    return std::nullopt;
  Results results;
  for (Value yielded : body.getTerminator()->getOperands()) {
    const SmallTensor *value = inner.lookup(yielded);
    if (!value)
      return std::nullopt;
    results.push_back(*value);
  }
  return results;
}

const SizeList *Folder::lookupSizes(Value value) const {
  auto known = sizes.find(value);
  if (known != sizes.end())
    return &known->second;
  return outer ? outer->lookupSizes(value) : nullptr;
}

SizeList Folder::getSizes(Value value) const {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {};
  const SizeList *known = lookupSizes(value);
  SizeList result;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(size))
      result.push_back(getAffineConstantExpr(size, type.getContext()));
    else if (known && dim < known->size())
      result.push_back((*known)[dim]);
    else
      result.emplace_back();
  return result;
}

/// Adds what is known of the sizes of a result; numbers go to its type.
void Folder::addSizes(OpResult result, ArrayRef<AffineExpr> known) {
  if (auto unranked = dyn_cast<UnrankedTensorType>(result.getType());
      unranked && !known.empty())
    result.setType(RankedTensorType::get(
        SmallVector<int64_t>(known.size(), ShapedType::kDynamic),
        unranked.getElementType()));
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type || size_t(type.getRank()) != known.size())
    return;
  SmallVector<int64_t> shape(type.getShape());
  SizeList all = getSizes(result);
  for (auto [size, old, added] : llvm::zip_equal(shape, all, known)) {
    if (old || !added)
      continue;
    old = added;
    if (auto constant = dyn_cast<AffineConstantExpr>(added);
        constant && constant.getValue() >= 0)
      size = constant.getValue();
  }
  result.setType(type.clone(shape));
  sizes[result] = std::move(all);
}

SizesOp Folder::makeSizes(NodeOp node, RankedTensorType type,
                          ArrayRef<AffineExpr> sizes) {
  OpBuilder builder(node);
  // Symbols that the data decides are dimensions of the map.
  DenseMap<AffineExpr, AffineExpr> replacements;
  SmallVector<Value> values;
  SmallVector<int64_t> dims;
  for (AffineExpr size : sizes)
    size.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      if (!symbol || symbol.getPosition() < numFunctionSymbols)
        return;
      AffineExpr dim = builder.getAffineDimExpr(values.size());
      if (!replacements.try_emplace(part, dim).second)
        return;
      auto [value, place] = counted[symbol.getPosition() - numFunctionSymbols];
      values.push_back(value);
      dims.push_back(place);
    });
  SmallVector<AffineExpr> results;
  for (AffineExpr size : sizes)
    results.push_back(size.replace(replacements));
  AffineMap map = AffineMap::get(values.size(), numFunctionSymbols, results,
                                 node.getContext());
  return SizesOp::create(builder, node.getLoc(), type, map, values, dims);
}

/// The symbol of a size that the data decides, the same for the same key.
AffineExpr Folder::makeCounted(NodeOp node, const CountedSize &size) {
  MLIRContext *context = node.getContext();
  std::vector<const void *> key;
  for (AffineExpr part : size.key)
    key.push_back(part.getAsOpaquePointer());
  auto [known, isNew] = countedByKey.try_emplace(std::move(key), 0);
  // What is in a body is not known outside of it.
  if (!isNew && !size.key.empty()) {
    Value from = counted[known->second - numFunctionSymbols].first;
    if (from.getParentBlock()->findAncestorOpInBlock(*node))
      return getAffineSymbolExpr(known->second, context);
  }
  known->second = symbols.size();
  auto [result, dim] = size.dims.front();
  symbols.push_back({node.getId().str(), 0, size.most});
  counted.emplace_back(node->getResult(result), dim);
  return getAffineSymbolExpr(known->second, context);
}

/// Whether all sizes of the operands are fixed, or the data decides them. Notes
/// at the node that buffers can hold the latter.
bool Folder::markBounded(NodeOp node, ArrayRef<SizeList> operandSizes) {
  bool isCounted = false, isKnown = true;
  for (auto [operand, sizes] :
       llvm::zip_equal(node.getInputs(), operandSizes)) {
    isKnown &= !isa<UnrankedTensorType>(operand.getType());
    for (AffineExpr size : sizes) {
      isKnown &= bool(size);
      if (size)
        size.walk([&](AffineExpr part) {
          auto symbol = dyn_cast<AffineSymbolExpr>(part);
          if (!symbol)
            return;
          isCounted = true;
          isKnown &= symbol.getPosition() >= numFunctionSymbols;
        });
    }
  }
  if (isCounted && isKnown)
    node->setAttr(boundedSizesAttrName, UnitAttr::get(node.getContext()));
  return isKnown;
}

void Folder::addCountedSizes(NodeOp node, const NodeSizes &known) {
  for (const CountedSize &size : findCountedSizes(known)) {
    auto isKnown = [&](std::pair<unsigned, int64_t> place) {
      if (place.first >= node.getNumResults())
        return true;
      SizeList sizes = getSizes(node->getResult(place.first));
      return place.second >= int64_t(sizes.size()) || sizes[place.second];
    };
    if (llvm::all_of(size.dims, isKnown))
      continue;
    AffineExpr symbol = makeCounted(node, size);
    for (auto place : size.dims) {
      if (isKnown(place))
        continue;
      OpResult result = node->getResult(place.first);
      SizeList sizes = getSizes(result);
      sizes[place.second] = symbol;
      addSizes(result, sizes);
    }
  }
}

/// Gives a node operands that say its sizes.
void Folder::useSizes(NodeOp node, const NodeSizes &known) {
  if (symbols.empty() || node.getNumResults() != 1)
    return;
  for (const ResolvedOperand &operand :
       resolveOperands(known, getSizes(node->getResult(0)))) {
    auto type = RankedTensorType::get({int64_t(operand.integers.size())},
                                      IntegerType::get(node.getContext(), 64));
    node->setOperand(operand.index,
                     makeSizes(node, type, operand.integers).getResult());
    if (node.getOpType() == "Slice")
      node->setAttr(withinAttrName, UnitAttr::get(node.getContext()));
  }
}

/// Gives a Split the sizes of its parts as an operand.
void Folder::useParts(NodeOp node, const NodeSizes &known) {
  std::optional<SizeList> parts = deriveParts(known);
  if (!parts)
    return;
  auto axis = node.getNodeAttributes().getAs<IntegerAttr>("axis");
  int64_t dim = *normalizeAxis(axis ? axis.getInt() : 0, known.sizes[0].size());
  for (auto [result, part] : llvm::zip_equal(node.getResults(), *parts)) {
    SizeList sizes = known.sizes[0];
    sizes[dim] = part;
    addSizes(result, sizes);
  }
  auto type = RankedTensorType::get({int64_t(parts->size())},
                                    IntegerType::get(node.getContext(), 64));
  Value sizes = makeSizes(node, type, *parts).getResult();
  if (node.getInputs().size() > 1)
    node->setOperand(1, sizes);
  else
    node.getInputsMutable().append(sizes);
  node->setAttr(withinAttrName, UnitAttr::get(node.getContext()));
}

void Folder::dropWrongDeclarations(func::FuncOp function) const {
  Operation *terminator = function.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
    auto attr = dyn_cast_or_null<TypeAttr>(
        function.getResultAttr(index, declaredTypeAttrName));
    auto declared =
        attr ? dyn_cast<RankedTensorType>(attr.getValue()) : RankedTensorType();
    SizeList known = getSizes(value);
    if (!declared || known.size() != size_t(declared.getRank()))
      continue;
    SmallVector<int64_t> shape(declared.getShape());
    for (auto [dim, pair] : llvm::enumerate(llvm::zip_equal(shape, known))) {
      auto &[size, expression] = pair;
      if (ShapedType::isDynamic(size) || !expression ||
          isa<AffineConstantExpr>(expression) ||
          getSizeRange(expression, symbols) == std::pair(size, size))
        continue;
      auto name =
          function.getResultAttrOfType<StringAttr>(index, valueNameAttrName);
      function.emitWarning("output '")
          << (name ? name.getValue() : "") << "': the model declares that "
          << "dimension " << dim << " is " << size << ", but it is "
          << describeSize(expression, symbols)
          << "; what is declared is ignored";
      size = ShapedType::kDynamic;
    }
    function.setResultAttr(index, declaredTypeAttrName,
                           TypeAttr::get(declared.clone(shape)));
  }
}

void updateFunctionType(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             function.getArgumentTypes(),
                                             terminator->getOperandTypes()));
}

struct ONNXFoldShapes : impl::ONNXFoldShapesBase<ONNXFoldShapes> {
  using ONNXFoldShapesBase::ONNXFoldShapesBase;

  void runOnOperation() override {
    if (failed(foldShapes(getOperation(), maxElements)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult foldShapes(func::FuncOp function, int64_t maxElements) {
  if (function.isExternal())
    return success();
  Block &body = function.getBody().front();
  Folder folder(function, maxElements);
  if (failed(folder.foldBlock(body)))
    return failure();
  folder.dropWrongDeclarations(function);
  eraseDeadNodes(body);
  updateFunctionType(function);
  return success();
}

} // namespace garam::onnx
