//===- TypeInference.cpp - onnx's type inference on a node ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TypeInference.h"

#include "garam/Dialect/ONNX/IR/ElementTypes.h"
#include "onnx/defs/schema.h"
#include "onnx/shape_inference/implementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::onnx {
namespace {

namespace pb = ::onnx;

/// Names for expressions of symbols, by which the library tells sizes apart.
class SizeNames {
public:
  std::string add(AffineExpr size) {
    auto [position, isNew] = numbers.try_emplace(size, sizes.size());
    if (isNew)
      sizes.push_back(size);
    return std::to_string(position->second);
  }
  /// Null when it is a name that the library has made.
  AffineExpr lookup(StringRef name) const {
    size_t number;
    return name.getAsInteger(10, number) || number >= sizes.size()
               ? AffineExpr()
               : sizes[number];
  }

private:
  llvm::DenseMap<AffineExpr, size_t> numbers;
  SmallVector<AffineExpr> sizes;
};

pb::TypeProto toProto(Type type, ArrayRef<AffineExpr> sizes, SizeNames &names) {
  pb::TypeProto proto;
  auto tensor = dyn_cast<TensorType>(type);
  if (!tensor)
    return proto;
  auto *result = proto.mutable_tensor_type();
  result->set_elem_type(getDataType(tensor.getElementType()));
  if (!tensor.hasRank())
    return proto;
  result->mutable_shape();
  for (auto [number, dim] : llvm::enumerate(tensor.getShape())) {
    auto *added = result->mutable_shape()->add_dim();
    if (!ShapedType::isDynamic(dim))
      added->set_dim_value(dim);
    else if (number < sizes.size() && sizes[number])
      added->set_dim_param(names.add(sizes[number]));
  }
  return proto;
}

Type fromProto(const pb::TypeProto &proto, MLIRContext *context) {
  if (!proto.has_tensor_type())
    return Type();
  Type elementType = getElementType(context, proto.tensor_type().elem_type());
  if (!elementType)
    return Type();
  if (!proto.tensor_type().has_shape())
    return UnrankedTensorType::get(elementType);
  SmallVector<int64_t> shape;
  for (const auto &dim : proto.tensor_type().shape().dim())
    shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0
                        ? dim.dim_value()
                        : ShapedType::kDynamic);
  return RankedTensorType::get(shape, elementType);
}

/// The sizes of an inferred tensor.
SmallVector<AffineExpr> readSizes(const pb::TypeProto &proto,
                                  const SizeNames &names,
                                  MLIRContext *context) {
  SmallVector<AffineExpr> sizes;
  for (const auto &dim : proto.tensor_type().shape().dim())
    sizes.push_back(dim.has_dim_value()
                        ? getAffineConstantExpr(dim.dim_value(), context)
                        : names.lookup(dim.dim_param()));
  return sizes;
}

/// A known tensor, for the types that inference functions read: shapes, axes,
/// scales and flags.
std::optional<pb::TensorProto> toProto(const SmallTensor &tensor) {
  if (!tensor.isFullyKnown())
    return std::nullopt;
  pb::TensorProto proto;
  for (int64_t dim : tensor.shape)
    proto.add_dims(dim);
  int dataType = getDataType(tensor.elementType);
  proto.set_data_type(dataType);
  for (const Element &element : tensor.elements) {
    switch (dataType) {
    case pb::TensorProto::INT64:
      proto.add_int64_data(element.integer);
      break;
    case pb::TensorProto::INT32:
    case pb::TensorProto::BOOL:
      proto.add_int32_data(int32_t(element.integer));
      break;
    case pb::TensorProto::FLOAT:
      proto.add_float_data(float(element.number));
      break;
    case pb::TensorProto::DOUBLE:
      proto.add_double_data(element.number);
      break;
    default:
      return std::nullopt;
    }
  }
  return proto;
}

/// A partly known vector of integers as the shape that it may be used as.
std::optional<pb::TensorShapeProto> toShape(const SmallTensor &tensor,
                                            SizeNames &names) {
  if (tensor.isFloat() || tensor.getRank() != 1)
    return std::nullopt;
  pb::TensorShapeProto shape;
  for (const Element &element : tensor.elements) {
    auto *dim = shape.add_dim();
    if (element.known)
      dim->set_dim_value(element.integer);
    else if (element.size)
      dim->set_dim_param(names.add(element.size));
  }
  return shape;
}

bool addAttribute(NamedAttribute attribute, pb::NodeProto &node) {
  pb::AttributeProto &proto = *node.add_attribute();
  proto.set_name(attribute.getName().str());
  Attribute value = attribute.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    proto.set_type(pb::AttributeProto::INT);
    proto.set_i(integer.getInt());
  } else if (auto number = dyn_cast<FloatAttr>(value)) {
    proto.set_type(pb::AttributeProto::FLOAT);
    proto.set_f(float(number.getValueAsDouble()));
  } else if (auto text = dyn_cast<StringAttr>(value)) {
    proto.set_type(pb::AttributeProto::STRING);
    proto.set_s(text.str());
  } else if (auto integers = dyn_cast<DenseI64ArrayAttr>(value)) {
    proto.set_type(pb::AttributeProto::INTS);
    for (int64_t element : integers.asArrayRef())
      proto.add_ints(element);
  } else if (auto numbers = dyn_cast<DenseF32ArrayAttr>(value)) {
    proto.set_type(pb::AttributeProto::FLOATS);
    for (float element : numbers.asArrayRef())
      proto.add_floats(element);
  } else if (auto texts = dyn_cast<ArrayAttr>(value)) {
    proto.set_type(pb::AttributeProto::STRINGS);
    for (auto element : texts.getAsRange<StringAttr>())
      proto.add_strings(element.str());
  } else if (auto elements = dyn_cast<ElementsAttr>(value)) {
    // Inference reads the type only; the value of ConstantOfShape and Constant
    // is one element, or none of its business.
    proto.set_type(pb::AttributeProto::TENSOR);
    auto type = cast<ShapedType>(elements.getType());
    proto.mutable_t()->set_data_type(getDataType(type.getElementType()));
    for (int64_t dim : type.getShape())
      proto.mutable_t()->add_dims(dim);
  } else {
    return false;
  }
  return true;
}

/// The inputs of one inference, which the library refers to by name.
struct Inputs {
  pb::NodeProto node;
  std::vector<pb::TypeProto> types;
  std::unordered_map<std::string, pb::TypeProto *> typesByName;
  std::unordered_map<std::string, pb::TensorProto> data;
  std::unordered_map<std::string, const pb::TensorProto *> dataByName;
  pb::shape_inference::DataValueMap shapes;
  SizeNames names;
};

void addInputs(NodeOp node, ArrayRef<const SmallTensor *> values,
               ArrayRef<SmallVector<AffineExpr>> sizes, Inputs &in) {
  in.types.resize(values.size());
  for (auto [index, operand] : llvm::enumerate(node.getInputs())) {
    if (isa<NoneType>(operand.getType())) {
      in.node.add_input("");
      continue;
    }
    std::string name = std::to_string(index);
    in.node.add_input(name);
    in.types[index] = toProto(operand.getType(), sizes[index], in.names);
    in.typesByName[name] = &in.types[index];
    if (!values[index])
      continue;
    if (auto data = toProto(*values[index]))
      in.dataByName[name] = &(in.data[name] = std::move(*data));
    else if (auto shape = toShape(*values[index], in.names))
      in.shapes[name] = std::move(*shape);
  }
}

} // namespace

InferredTypes inferTypes(NodeOp node, ArrayRef<const SmallTensor *> values,
                         ArrayRef<SmallVector<AffineExpr>> operandSizes) {
  InferredTypes result;
  result.sizes.resize(node.getNumResults());
  result.types.resize(node.getNumResults());
  // The library throws; nothing of it leaves this function.
  try {
    const pb::OpSchema *schema = pb::OpSchemaRegistry::Instance()->GetSchema(
        node.getOpType().str(), int(node.getOpset()), node.getDomain().str());
    if (!schema || !schema->has_type_and_shape_inference_function())
      return result;
    Inputs in;
    in.node.set_op_type(node.getOpType().str());
    in.node.set_domain(node.getDomain().str());
    for (NamedAttribute attribute : node.getNodeAttributes())
      if (!addAttribute(attribute, in.node))
        return result;
    addInputs(node, values, operandSizes, in);
    for (size_t i = 0; i < node.getNumResults(); ++i)
      in.node.add_output("out" + std::to_string(i));
    pb::ShapeInferenceOptions options(/*check_type_val=*/true,
                                      /*strict_mode_val=*/1,
                                      /*data_prop_val=*/false);
    pb::shape_inference::InferenceContextImpl context(
        in.node, in.typesByName, in.dataByName, {}, options, &in.shapes);
    schema->Verify(in.node);
    schema->GetTypeAndShapeInferenceFunction()(context);
    for (size_t i = 0; i < node.getNumResults(); ++i) {
      const pb::TypeProto &type = context.allOutputTypes_[i];
      result.types[i] = fromProto(type, node.getContext());
      result.sizes[i] = readSizes(type, in.names, node.getContext());
    }
  } catch (const std::exception &exception) {
    result.error = exception.what();
  }
  return result;
}

Type refineType(Type known, Type inferred) {
  auto oldType = dyn_cast<TensorType>(known);
  auto newType = dyn_cast_or_null<TensorType>(inferred);
  if (!oldType || !newType)
    return known;
  if (oldType.getElementType() != newType.getElementType())
    return Type();
  if (!newType.hasRank())
    return known;
  if (!oldType.hasRank())
    return inferred;
  if (oldType.getRank() != newType.getRank())
    return Type();
  SmallVector<int64_t> shape(oldType.getShape());
  for (auto [dim, size] : llvm::zip(shape, newType.getShape())) {
    if (ShapedType::isDynamic(dim))
      dim = size;
    else if (!ShapedType::isDynamic(size) && dim != size)
      return Type();
  }
  return oldType.clone(shape);
}

std::string describeInputs(NodeOp node) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::ListSeparator separator;
  for (auto [index, input] : llvm::enumerate(node.getInputs()))
    if (!isa<NoneType>(input.getType()))
      stream << separator << index << " is " << input.getType();
  return text;
}

bool isStatic(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return !tensor ? isa<NoneType>(type) : tensor.hasStaticShape();
}

} // namespace garam::onnx
