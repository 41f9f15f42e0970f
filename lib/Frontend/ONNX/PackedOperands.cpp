//===- PackedOperands.cpp - Packed integers that are declared as bytes ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// onnxruntime's MatMulNBits and GatherBlockQuantized came before ONNX had
// integers of less than 8 bits: their weights and zero points are packed, the
// first in the low bits, as ONNX packs them, but of type uint8. Here they get
// their types, over the same bytes, and zero points that are left out their
// default, so that bodies in ONNX's own operators can use them.
// Source: onnxruntime, docs/ContribOperators.md.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"
#include "LoadedModel.h"
#include "ProtoScan.h"

#include "garam/Support/ElementKinds.h"
#include "llvm/ADT/ScopedHashTable.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace garam::onnx {
namespace {

constexpr int64_t byteBits = 8;

/// Names of what is added begin with this.
constexpr char kPrefix[] = "garam.packed/";

/// The unsigned type of that many bits, of which a byte holds a whole number.
std::optional<int> getType(int64_t bits) {
  if (bits < 0 || bits > byteBits)
    return std::nullopt;
  std::optional<DataType> type = findInteger(ElementKind::Unsigned, bits);
  return type ? std::optional(getONNXNumber(*type)) : std::nullopt;
}

class PackedOperands {
public:
  explicit PackedOperands(LoadedModel &model)
      : model(model), graph(*model.proto.mutable_graph()) {}

  /// Visits the nodes of a graph and of the bodies in it.
  void visit(pb::GraphProto &owner) {
    Scope scope(initializers);
    // An input of a body hides what is called as it is outside.
    if (&owner != &graph)
      for (const pb::ValueInfoProto &input : owner.input())
        initializers.insert(input.name(), nullptr);
    for (const pb::TensorProto &tensor : owner.initializer())
      initializers.insert(tensor.name(), &tensor);
    for (pb::NodeProto &node : *owner.mutable_node()) {
      for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
        if (attribute.has_g())
          visit(*attribute.mutable_g());
        for (pb::GraphProto &body : *attribute.mutable_graphs())
          visit(body);
      }
      visit(node);
    }
  }

private:
  using Shape = std::vector<int64_t>;

  using Initializers = ScopedHashTable<StringRef, const pb::TensorProto *>;
  using Scope = Initializers::ScopeTy;

  void visit(pb::NodeProto &node) {
    if (node.domain() != kContribDomain)
      return;
    if (node.op_type() == "MatMulNBits")
      visitProduct(node);
    else if (node.op_type() == "GatherBlockQuantized")
      visitGather(node);
  }

  /// Type and shape of a constant input.
  struct Constant {
    int elementType;
    Shape shape;
  };

  std::optional<Constant> find(const pb::NodeProto &node, int input) const;
  bool retype(pb::NodeProto &node, int input, int elementType, Shape shape);
  void addZeroPoints(pb::NodeProto &node, int input, int64_t bits, Shape shape);
  void visitProduct(pb::NodeProto &node);
  void visitGather(pb::NodeProto &node);

  LoadedModel &model;
  pb::GraphProto &graph;
  Initializers initializers; // of the model, as a body sees them
};

} // namespace

std::optional<PackedOperands::Constant>
PackedOperands::find(const pb::NodeProto &node, int input) const {
  if (input >= node.input_size())
    return std::nullopt;
  StringRef name = node.input(input);
  if (initializers.count(name)) {
    const pb::TensorProto *tensor = initializers.lookup(name);
    if (!tensor)
      return std::nullopt;
    return Constant{tensor->data_type(),
                    Shape(tensor->dims().begin(), tensor->dims().end())};
  }
  auto weight = model.weights.find(name);
  if (weight == model.weights.end())
    return std::nullopt;
  return Constant{weight->second.elementType, weight->second.shape};
}

/// Bytes of elements of that type; nothing when they are more than there can
/// be.
static std::optional<uint64_t> countBytes(int elementType,
                                          const std::vector<int64_t> &shape) {
  std::optional<int64_t> bits = getElementBits(elementType);
  for (int64_t size : shape) {
    bits = size >= 0 ? checkedMul(*bits, size) : std::nullopt;
    if (!bits)
      return std::nullopt;
  }
  return divideCeil(uint64_t(*bits), byteBits);
}

/// Makes constant input `input`, of bytes, one of another type and shape over
/// the same bytes. False when these are not as many.
bool PackedOperands::retype(pb::NodeProto &node, int input, int elementType,
                            Shape shape) {
  std::optional<Constant> constant = find(node, input);
  if (!constant || constant->elementType != pb::TensorProto::UINT8)
    return false;
  std::optional<uint64_t> bytes = countBytes(elementType, shape);
  if (!bytes || bytes != countBytes(constant->elementType, constant->shape))
    return false;
  std::string old = node.input(input);
  std::string name = kPrefix + node.name() + "/" + std::to_string(input);
  node.set_input(input, name);
  const pb::TensorProto *known = initializers.lookup(old);
  Weight retyped;
  if (!known) {
    retyped = model.weights[old];
  } else if (Error error = model.tensors->get(*known).moveInto(retyped.data)) {
    consumeError(std::move(error)); // The import of the tensor tells it.
    return false;
  }
  retyped.elementType = elementType;
  retyped.shape = std::move(shape);
  // Only bodies have large initializers.
  if (!known || retyped.data.bytes.size() > kMaxInlineBytes) {
    addWeightInput(graph, name, retyped);
    model.weights[name] = std::move(retyped);
    return true;
  }
  pb::TensorProto *tensor = graph.add_initializer();
  *tensor = *known;
  tensor->set_name(name);
  tensor->set_data_type(elementType);
  tensor->clear_dims();
  for (int64_t size : retyped.shape)
    tensor->add_dims(size);
  return true;
}

/// Gives input `input` zero points in the middle of the range.
void PackedOperands::addZeroPoints(pb::NodeProto &node, int input, int64_t bits,
                                   Shape shape) {
  while (node.input_size() <= input)
    node.add_input("");
  std::string name = kPrefix + node.name() + "/" + std::to_string(input);
  node.set_input(input, name);
  pb::TensorProto *tensor = graph.add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(*getType(bits));
  for (int64_t size : shape)
    tensor->add_dims(size);
  uint8_t byte = 0;
  for (int64_t shift = 0; shift < byteBits; shift += bits)
    byte |= 1u << (shift + bits - 1);
  tensor->set_raw_data(
      std::string(*countBytes(tensor->data_type(), shape), char(byte)));
}

static bool isMissing(const pb::NodeProto &node, int input) {
  return node.input_size() <= input || node.input(input).empty();
}

/// Weights [N, blocks, bytes of a block] become [N, elements]; zero points,
/// whose rows end with a byte, [N, elements].
void PackedOperands::visitProduct(pb::NodeProto &node) {
  constexpr int kWeights = 1, kZeroPoints = 3;
  int64_t bits = getInt(node, "bits", 4), block = getInt(node, "block_size", 0);
  int64_t rows = getInt(node, "N", 0), depth = getInt(node, "K", 0);
  std::optional<int> type = getType(bits);
  if (!type || block <= 0 || rows <= 0 || depth <= 0)
    return;
  int64_t blocks = divideCeil(uint64_t(depth), uint64_t(block));
  std::optional<int64_t> columns = checkedMul(blocks, block);
  if (!columns || !retype(node, kWeights, *type, {rows, *columns}))
    return;
  if (isMissing(node, kZeroPoints))
    return addZeroPoints(node, kZeroPoints, bits, {rows, blocks});
  int64_t perByte = byteBits / bits;
  retype(node, kZeroPoints, *type,
         {rows, int64_t(alignTo(uint64_t(blocks), uint64_t(perByte)))});
}

/// Weights of bytes are packed along their last dimension, and have a default
/// of zero points other than 0; others have their type already.
void PackedOperands::visitGather(pb::NodeProto &node) {
  constexpr int kWeights = 0, kScales = 2, kZeroPoints = 3;
  int64_t bits = getInt(node, "bits", 4);
  std::optional<int> type = getType(bits);
  std::optional<Constant> weights = find(node, kWeights);
  std::optional<Constant> scales = find(node, kScales);
  if (!type || !weights || weights->elementType != pb::TensorProto::UINT8 ||
      weights->shape.empty() || !scales || scales->shape.empty())
    return;
  int64_t perByte = byteBits / bits;
  std::optional<int64_t> columns = checkedMul(weights->shape.back(), perByte);
  if (!columns)
    return;
  weights->shape.back() = *columns;
  if (!retype(node, kWeights, *type, weights->shape))
    return;
  if (isMissing(node, kZeroPoints))
    return addZeroPoints(node, kZeroPoints, bits, scales->shape);
  scales->shape.back() =
      alignTo(uint64_t(scales->shape.back()), uint64_t(perByte));
  retype(node, kZeroPoints, *type, scales->shape);
}

void declarePackedOperands(LoadedModel &model) {
  PackedOperands(model).visit(*model.proto.mutable_graph());
}

} // namespace garam::onnx
