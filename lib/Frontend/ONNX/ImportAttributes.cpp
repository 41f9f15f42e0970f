//===- ImportAttributes.cpp - Types, tensors and attributes ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImportAttributes.h"

#include "ProtoScan.h"
#include "garam/Dialect/ONNX/IR/ElementTypes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace llvm;
using namespace mlir;

namespace garam::onnx {
namespace {

Error fail(const Twine &what) { return makeUserError(ExitCode::Model, what); }

std::string describeDataType(int dataType) {
  const std::string &name = pb::TensorProto::DataType_Name(
      static_cast<pb::TensorProto::DataType>(dataType));
  return name.empty() ? "number " + std::to_string(dataType) : name;
}

Expected<Type> importElementType(const Twine &what, int dataType,
                                 MLIRContext *context) {
  if (Type type = getElementType(context, dataType))
    return type;
  return fail(what + " has element type " + describeDataType(dataType) +
              ", which is not supported");
}

/// What a process has addresses for (x86-64, four levels of pages). MLIR counts
/// the elements of a static shape, and devices the bytes of all tensors
/// together, in 64 bits without a check: that many bytes of thousands of
/// tensors still add up.
constexpr int64_t maxTensorBytes = int64_t(1) << 47;

bool isCountable(ArrayRef<int64_t> shape, int elementType) {
  constexpr unsigned bitsPerByte = 8;
  int64_t count = llvm::divideCeil(getElementBits(elementType), bitsPerByte);
  for (int64_t dim : shape) {
    if (ShapedType::isDynamic(dim) || dim == 0)
      continue;
    std::optional<int64_t> product = checkedMul(count, dim);
    if (dim < 0 || !product || *product > maxTensorBytes)
      return false;
    count = *product;
  }
  return true;
}

/// Elements of less than a byte, one a byte, as dense attributes hold them.
SmallVector<APInt> unpack(ArrayRef<char> bytes, unsigned bits, size_t count) {
  SmallVector<APInt> values;
  unsigned perByte = 8 / bits;
  for (size_t i = 0; i < count; ++i) {
    uint8_t byte = bytes[i / perByte];
    values.push_back(
        APInt(bits, (byte >> (bits * (i % perByte))) & ((1u << bits) - 1)));
  }
  return values;
}

DenseElementsAttr makeDense(RankedTensorType type, unsigned bits,
                            ArrayRef<char> bytes) {
  size_t count = type.getNumElements();
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values(count);
    for (size_t i = 0; i < count; ++i)
      values[i] = bytes[i] != 0;
    return DenseElementsAttr::get(type, ArrayRef<bool>(values));
  }
  if (bits >= 8)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<APInt> values = unpack(bytes, bits, count);
  if (isa<IntegerType>(type.getElementType()))
    return DenseElementsAttr::get(type, values);
  auto floatType = cast<FloatType>(type.getElementType());
  SmallVector<APFloat> floats;
  for (const APInt &value : values)
    floats.emplace_back(floatType.getFloatSemantics(), value);
  return DenseElementsAttr::get(type, floats);
}

} // namespace

Expected<Type> importType(const Twine &what, const pb::TypeProto &type,
                          MLIRContext *context) {
  if (type.value_case() == pb::TypeProto::VALUE_NOT_SET)
    return fail(what + " has no type that can be inferred");
  if (!type.has_tensor_type())
    return fail(what + " is a sequence, map, optional or sparse tensor, which "
                       "is not supported");
  const pb::TypeProto::Tensor &tensor = type.tensor_type();
  Expected<Type> elementType =
      importElementType(what, tensor.elem_type(), context);
  if (!elementType)
    return elementType.takeError();
  if (!tensor.has_shape())
    return UnrankedTensorType::get(*elementType);
  SmallVector<int64_t> shape;
  for (const pb::TensorShapeProto::Dimension &dim : tensor.shape().dim())
    shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0
                        ? dim.dim_value()
                        : ShapedType::kDynamic);
  if (!isCountable(shape, tensor.elem_type()))
    return fail(what + " has more than 2^47 bytes");
  return RankedTensorType::get(shape, *elementType);
}

Expected<ElementsAttr> importTensor(StringRef name, int elementType,
                                    ArrayRef<int64_t> shape,
                                    const WeightRef &data,
                                    MLIRContext *context) {
  Expected<Type> element =
      importElementType("tensor '" + name + "'", elementType, context);
  if (!element)
    return element.takeError();
  if (!isCountable(shape, elementType))
    return fail("tensor '" + name + "' has more than 2^47 bytes");
  auto type = RankedTensorType::get(shape, *element);
  if (data.bytes.size() <= kMaxInlineBytes)
    return makeDense(type, getElementBits(elementType), data.bytes);
  auto keepAlive = [owner = data.owner](void *, size_t, size_t) mutable {
    owner.reset();
  };
  // Tensors lie anywhere in the file, so no alignment can be promised.
  AsmResourceBlob blob(data.bytes, /*dataAlignment=*/1, std::move(keepAlive),
                       /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name.empty() ? "weight" : name,
                                        std::move(blob));
}

static Expected<ElementsAttr> importTensorProto(StringRef what,
                                                const pb::TensorProto &tensor,
                                                const TensorStore &tensors,
                                                MLIRContext *context) {
  if (tensor.data_type() == pb::TensorProto::STRING)
    return fail(what + ": tensors of strings are not supported");
  Expected<WeightRef> data = tensors.get(tensor);
  if (!data)
    return data.takeError();
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  StringRef name = tensor.name().empty() ? what : StringRef(tensor.name());
  return importTensor(name, tensor.data_type(), shape, *data, context);
}

Expected<Attribute> importAttribute(StringRef id,
                                    const pb::AttributeProto &attribute,
                                    const TensorStore &tensors,
                                    MLIRContext *context) {
  Builder builder(context);
  std::string what =
      "attribute '" + attribute.name() + "' of node '" + id.str() + "'";
  switch (attribute.type()) {
  case pb::AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case pb::AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case pb::AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case pb::AttributeProto::TENSOR: {
    Expected<ElementsAttr> tensor =
        importTensorProto(what, attribute.t(), tensors, context);
    if (!tensor)
      return tensor.takeError();
    return Attribute(*tensor);
  }
  case pb::AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(SmallVector<float>(
        attribute.floats().begin(), attribute.floats().end()));
  case pb::AttributeProto::INTS:
    return builder.getDenseI64ArrayAttr(
        SmallVector<int64_t>(attribute.ints().begin(), attribute.ints().end()));
  case pb::AttributeProto::STRINGS:
    return builder.getStrArrayAttr(SmallVector<StringRef>(
        attribute.strings().begin(), attribute.strings().end()));
  case pb::AttributeProto::TYPE_PROTO: {
    Expected<Type> type = importType(what, attribute.tp(), context);
    if (!type)
      return type.takeError();
    return TypeAttr::get(*type);
  }
  default:
    return fail(what + " has a kind that is not supported: " +
                pb::AttributeProto::AttributeType_Name(attribute.type()));
  }
}

Expected<ElementsAttr> importConstant(const pb::NodeProto &node,
                                      const TensorStore &tensors,
                                      MLIRContext *context) {
  Builder builder(context);
  if (node.attribute_size() != 1)
    return fail("node '" + node.name() + "' (Constant) has " +
                Twine(node.attribute_size()) + " values instead of one");
  const pb::AttributeProto &value = node.attribute(0);
  auto makeVector = [&](int64_t size, Type type) {
    return RankedTensorType::get({size}, type);
  };
  switch (value.type()) {
  case pb::AttributeProto::TENSOR:
    return importTensorProto(node.output(0), value.t(), tensors, context);
  case pb::AttributeProto::FLOAT:
    return DenseElementsAttr::get(
        RankedTensorType::get({}, builder.getF32Type()), value.f());
  case pb::AttributeProto::INT:
    return DenseElementsAttr::get(
        RankedTensorType::get({}, builder.getI64Type()), int64_t(value.i()));
  case pb::AttributeProto::FLOATS: {
    SmallVector<float> values(value.floats().begin(), value.floats().end());
    return DenseElementsAttr::get(
        makeVector(values.size(), builder.getF32Type()), ArrayRef(values));
  }
  case pb::AttributeProto::INTS: {
    SmallVector<int64_t> values(value.ints().begin(), value.ints().end());
    return DenseElementsAttr::get(
        makeVector(values.size(), builder.getI64Type()), ArrayRef(values));
  }
  default:
    return fail("node '" + node.name() + "' (Constant): tensor '" +
                node.output(0) +
                "' is made of strings or sparse, which is not supported");
  }
}

} // namespace garam::onnx
