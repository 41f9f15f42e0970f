//===- NodeAccessor.cpp - Typed access to one ONNX node -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NodeAccessor.h"

#include "Constants.h"
#include "RunTimeSizes.h"
#include "garam/Dialect/ONNX/IR/BoundedSizes.h"
#include "garam/Dialect/ONNX/IR/NodeErrors.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

Type getLoweredType(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(getLoweredType(shaped.getElementType()));
  if (!type.isIntOrFloat())
    return type;
  type = getStoredType(type);
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

static bool hasUnsignedElements(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped)
    return false;
  Type element = shaped.getElementType();
  return element.isUnsignedInteger() || element.isInteger(1);
}

InFlightDiagnostic NodeAccessor::error() {
  erroneous = true;
  return emitNodeError(node);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

bool NodeAccessor::hasInput(unsigned index) {
  return index < node.getInputs().size() &&
         !isa<NoneType>(node.getInputs()[index].getType());
}

Value NodeAccessor::getInput(unsigned index) {
  assert(hasInput(index) && "ask hasInput() first");
  return values.lookupOrDefault(node.getInputs()[index]);
}

Value NodeAccessor::getOptionalInput(unsigned index) {
  return hasInput(index) ? getInput(index) : Value();
}

SmallVector<Value> NodeAccessor::getInputs() {
  SmallVector<Value> inputs;
  for (unsigned i = 0, e = getNumInputs(); i < e; ++i)
    if (hasInput(i))
      inputs.push_back(getInput(i));
  return inputs;
}

std::optional<SmallVector<OpFoldResult>>
NodeAccessor::getComputedSizes(unsigned index) {
  if (!hasInput(index))
    return std::nullopt;
  auto sizes = node.getInputs()[index].getDefiningOp<SizesOp>();
  if (!sizes)
    return std::nullopt;
  return makeSizes(b, sizes, values);
}

RankedTensorType NodeAccessor::getInputType(unsigned index) {
  return cast<RankedTensorType>(getInput(index).getType());
}

Type NodeAccessor::getElementType(unsigned index) {
  return getInputType(index).getElementType();
}

int64_t NodeAccessor::getRank(unsigned index) {
  return getInputType(index).getRank();
}

bool NodeAccessor::isUnsignedInput(unsigned index) {
  return hasInput(index) &&
         hasUnsignedElements(node.getInputs()[index].getType());
}

LogicalResult NodeAccessor::checkFloat(unsigned index) {
  if (isa<FloatType>(getElementType(index)))
    return success();
  return error() << "input " << index << " is " << getInputType(index)
                 << ", but a tensor of floats is needed";
}

LogicalResult NodeAccessor::checkSameElementType(unsigned first,
                                                 unsigned last) {
  for (unsigned i = first + 1; i < std::min(last, getNumInputs()); ++i)
    if (hasInput(i) && getElementType(i) != getElementType(first))
      return error() << "input " << i << " is " << getInputType(i)
                     << ", but must hold " << getElementType(first)
                     << " as input " << first << " does";
  return success();
}

LogicalResult NodeAccessor::checkRank(unsigned index, int64_t minimum,
                                      int64_t maximum) {
  int64_t rank = getRank(index);
  if (rank >= minimum && rank <= maximum)
    return success();
  InFlightDiagnostic diagnostic = error() << "input " << index << " has rank "
                                          << rank << ", but " << minimum;
  if (maximum != minimum)
    diagnostic << " to " << maximum;
  return diagnostic << " is needed";
}

LogicalResult NodeAccessor::checkStaticDim(unsigned index, int64_t dim,
                                           StringRef purpose) {
  if (!getInputType(index).isDynamicDim(dim))
    return success();
  return error() << "dimension " << dim << " of input " << index
                 << " is dynamic (" << getInputType(index) << "), but "
                 << purpose
                 << " needs its size; bind the model's inputs with --shape or "
                    "--dim";
}

bool NodeAccessor::hasBoundedSizes() {
  return node->hasAttr(boundedSizesAttrName);
}

LogicalResult NodeAccessor::checkStatic(unsigned index, StringRef purpose) {
  bool isStatic = true;
  for (int64_t dim = 0, e = getRank(index); dim < e; ++dim)
    isStatic &= succeeded(checkStaticDim(index, dim, purpose));
  return success(isStatic);
}

//===----------------------------------------------------------------------===//
// Constant inputs
//===----------------------------------------------------------------------===//

std::optional<SmallVector<int64_t>>
NodeAccessor::getConstantInts(unsigned index) {
  if (!hasInput(index))
    return std::nullopt;
  ElementsAttr elements = getConstantElements(getInput(index));
  return elements ? readInts(elements, isUnsignedInput(index)) : std::nullopt;
}

std::optional<SmallVector<double>>
NodeAccessor::getConstantFloats(unsigned index) {
  if (!hasInput(index))
    return std::nullopt;
  ElementsAttr elements = getConstantElements(getInput(index));
  return elements ? readFloats(elements) : std::nullopt;
}

FailureOr<SmallVector<int64_t>>
NodeAccessor::requireConstantInts(unsigned index, StringRef name) {
  if (std::optional<SmallVector<int64_t>> ints = getConstantInts(index))
    return std::move(*ints);
  if (!hasInput(index))
    return error() << "input " << index << " ('" << name << "') is left out";
  return error() << "input " << index << " ('" << name
                 << "') is computed at run time, but must be a constant of "
                    "integers; when it depends on shapes, bind the model's "
                    "dimensions with --shape or --dim";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

Attribute NodeAccessor::getAttr(StringRef name) {
  return node.getNodeAttributes().get(name);
}

bool NodeAccessor::hasAttr(StringRef name) { return bool(getAttr(name)); }

int64_t NodeAccessor::getInt(StringRef name, int64_t missing) {
  Attribute attr = getAttr(name);
  if (!attr)
    return missing;
  if (auto integer = dyn_cast<IntegerAttr>(attr))
    return integer.getInt();
  error() << "attribute '" << name << "' is " << attr
          << ", but must be an integer";
  return missing;
}

double NodeAccessor::getFloat(StringRef name, double missing) {
  Attribute attr = getAttr(name);
  if (!attr)
    return missing;
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getValueAsDouble();
  error() << "attribute '" << name << "' is " << attr
          << ", but must be a float";
  return missing;
}

StringRef NodeAccessor::getString(StringRef name, StringRef missing) {
  Attribute attr = getAttr(name);
  if (!attr)
    return missing;
  if (auto string = dyn_cast<StringAttr>(attr))
    return string.getValue();
  error() << "attribute '" << name << "' is " << attr
          << ", but must be a string";
  return missing;
}

std::optional<SmallVector<int64_t>> NodeAccessor::getInts(StringRef name) {
  Attribute attr = getAttr(name);
  if (!attr)
    return std::nullopt;
  if (auto array = dyn_cast<DenseI64ArrayAttr>(attr))
    return llvm::to_vector(array.asArrayRef());
  error() << "attribute '" << name << "' is " << attr
          << ", but must be an array of integers";
  return std::nullopt;
}

SmallVector<int64_t> NodeAccessor::getInts(StringRef name, size_t size,
                                           int64_t missing) {
  std::optional<SmallVector<int64_t>> ints = getInts(name);
  if (ints && ints->size() != size)
    error() << "attribute '" << name << "' has " << ints->size()
            << " values, but " << size << " are needed";
  if (!ints || ints->size() != size)
    return SmallVector<int64_t>(size, missing);
  return std::move(*ints);
}

std::optional<SmallVector<double>> NodeAccessor::getFloats(StringRef name) {
  Attribute attr = getAttr(name);
  if (!attr)
    return std::nullopt;
  if (auto array = dyn_cast<DenseF32ArrayAttr>(attr))
    return SmallVector<double>(array.asArrayRef());
  error() << "attribute '" << name << "' is " << attr
          << ", but must be an array of floats";
  return std::nullopt;
}

std::optional<SmallVector<StringRef>> NodeAccessor::getStrings(StringRef name) {
  Attribute attr = getAttr(name);
  if (!attr)
    return std::nullopt;
  SmallVector<StringRef> strings;
  auto array = dyn_cast<ArrayAttr>(attr);
  if (!array || !llvm::all_of(array, llvm::IsaPred<StringAttr>)) {
    error() << "attribute '" << name << "' is " << attr
            << ", but must be an array of strings";
    return std::nullopt;
  }
  for (auto text : array.getAsRange<StringAttr>())
    strings.push_back(text.getValue());
  return strings;
}

ElementsAttr NodeAccessor::getElements(StringRef name) {
  Attribute attr = getAttr(name);
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (attr && !elements)
    error() << "attribute '" << name << "' is " << attr
            << ", but must be a tensor";
  return elements;
}

int64_t NodeAccessor::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error() << "axis " << axis << " is outside of a tensor of rank " << rank;
  return 0;
}

int64_t NodeAccessor::getAxis(StringRef name, int64_t missing, int64_t rank) {
  return normalizeAxis(getInt(name, missing), rank);
}

FailureOr<std::optional<SmallVector<int64_t>>>
NodeAccessor::getAxes(unsigned index, StringRef name, int64_t rank) {
  std::optional<SmallVector<int64_t>> axes;
  if (hasInput(index)) {
    FailureOr<SmallVector<int64_t>> constant = requireConstantInts(index, name);
    if (failed(constant))
      return failure();
    axes = std::move(*constant);
  } else {
    axes = getInts(name);
  }
  if (!axes)
    return std::optional<SmallVector<int64_t>>();
  for (int64_t &axis : *axes) {
    if (axis < -rank || axis >= rank)
      return error() << "axis " << axis << " is outside of a tensor of rank "
                     << rank;
    axis = axis < 0 ? axis + rank : axis;
  }
  llvm::sort(*axes);
  if (std::adjacent_find(axes->begin(), axes->end()) != axes->end())
    return error() << "an axis is given twice";
  return axes;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

unsigned NodeAccessor::getNumBodyInputs(unsigned index) {
  return node.getBodies()[index].getNumArguments();
}

unsigned NodeAccessor::getNumBodyOutputs(unsigned index) {
  return node.getBodies()[index].front().getTerminator()->getNumOperands();
}

bool NodeAccessor::keepsTrue(unsigned body, unsigned output,
                             unsigned argument) {
  Block &block = node.getBodies()[body].front();
  Value value = block.getTerminator()->getOperand(output);
  while (auto producer = value.getDefiningOp<NodeOp>()) {
    if (producer.getOpType() != "Identity")
      break;
    value = producer.getInputs().front();
  }
  if (value == block.getArgument(argument))
    return true;
  auto constant = value.getDefiningOp<ConstantOp>();
  std::optional<SmallVector<int64_t>> elements =
      constant ? readInts(constant.getValue(), /*isUnsigned=*/true)
               : std::nullopt;
  return elements && elements->size() == 1 && elements->front() != 0;
}

SmallVector<Value> NodeAccessor::lowerBody(unsigned index, ValueRange arguments,
                                           OpBuilder &builder) {
  return lowerBodyFunction(node.getBodies()[index], arguments, builder);
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

bool NodeAccessor::isInLoop() {
  for (auto parent = node->getParentOfType<NodeOp>(); parent;
       parent = parent->getParentOfType<NodeOp>())
    if (parent.getOpType() == "Loop" || parent.getOpType() == "Scan")
      return true;
  return false;
}

bool NodeAccessor::isOutputUsed(unsigned index) {
  return index < getNumOutputs() && !node.getOutputs()[index].use_empty();
}

RankedTensorType NodeAccessor::getOutputType(unsigned index) {
  if (index >= getNumOutputs())
    return {};
  return dyn_cast<RankedTensorType>(
      getLoweredType(node.getOutputs()[index].getType()));
}

Type NodeAccessor::getModelElementType(unsigned index) {
  return getElementTypeOrSelf(node.getOutputs()[index].getType());
}

Type NodeAccessor::getModelInputElementType(unsigned index) {
  return getElementTypeOrSelf(node.getInputs()[index].getType());
}

RankedTensorType NodeAccessor::getStaticOutputType(unsigned index) {
  RankedTensorType type = getOutputType(index);
  return type && type.hasStaticShape() ? type : RankedTensorType();
}

bool NodeAccessor::isUnsignedOutput(unsigned index) {
  return index < getNumOutputs() &&
         hasUnsignedElements(node.getOutputs()[index].getType());
}

/// Takes each size from whichever type knows it; null when they contradict.
static RankedTensorType mergeTypes(RankedTensorType first,
                                   RankedTensorType second) {
  if (first.getRank() != second.getRank() ||
      first.getElementType() != second.getElementType())
    return {};
  SmallVector<int64_t> shape(first.getShape());
  for (auto [size, other] : llvm::zip_equal(shape, second.getShape())) {
    if (ShapedType::isDynamic(size))
      size = other;
    else if (!ShapedType::isDynamic(other) && size != other)
      return {};
  }
  return first.clone(shape);
}

/// Whether an output stays within the node of the model that `node` is a part
/// of: a function, whose nodes have its location, goes on with it.
static bool isWithinFunction(NodeOp node, unsigned index) {
  return llvm::any_of(
      node.getOutputs()[index].getUsers(), [&](Operation *user) {
        return isa<NodeOp>(user) && user->getLoc() == node.getLoc();
      });
}

/// Notes at the operation that makes `value` that this is an output of `node`,
/// so that it can be told after fusion. An input that is passed on as it is
/// stays what it was.
static void noteOutput(NodeOp node, unsigned index, Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getLoc() != node.getLoc() || isWithinFunction(node, index))
    return;
  auto type = cast<RankedTensorType>(value.getType());
  if (hasUnsignedElements(node.getOutputs()[index].getType()))
    type = type.clone(getStoredType(
        getElementTypeOrSelf(node.getOutputs()[index].getType())));
  op->setLoc(getNodeValueLoc(node.getLoc(), index, type));
}

LogicalResult NodeAccessor::setOutput(unsigned index, Value value) {
  assert(index < getNumOutputs() && "no such output");
  auto type = cast<RankedTensorType>(value.getType());
  if (RankedTensorType declared = getOutputType(index)) {
    RankedTensorType merged = mergeTypes(type, declared);
    if (!merged)
      return error() << "output " << index << " is declared as " << declared
                     << ", but the operator yields " << type;
    if (merged != type)
      value = tensor::CastOp::create(b, merged, value);
  }
  values.map(node.getOutputs()[index], value);
  noteOutput(node, index, value);
  return success();
}

} // namespace garam::onnx
