//===- FoldSequences.cpp - Sequences whose elements are known -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What takes an element of a sequence, or joins all, takes the elements
// themselves, wherever it shows which ones these are. A sequence that a Loop
// appends to, step by step, is what the Loop collects. Optional values that
// are there are what they hold. The operators that made sequences go when
// nothing uses them any more.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "Sequence.h"

#include "onnx/defs/tensor_proto_util.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace garam::onnx {
namespace {

using Ints = std::vector<int64_t>;

bool hasInput(const pb::NodeProto &node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

/// Whether an operator only makes what this folds.
bool makesSequence(StringRef opType) {
  return is_contained({"Identity", "Optional", "SequenceConstruct",
                       "SequenceEmpty", "SequenceErase", "SequenceInsert",
                       "SplitToSequence"},
                      opType);
}

/// Elements of sequences beyond these are not followed: more parts of a split
/// than any model has, and as many copied names as take some 100 MB.
constexpr size_t kMostParts = 1 << 16;
constexpr size_t kMostCopied = 1 << 21;

class SequenceFolder {
public:
  explicit SequenceFolder(LoadedModel &model)
      : graph(*model.proto.mutable_graph()), valueNames(listValueNames(graph)) {
    for (const auto *values :
         {&graph.input(), &graph.value_info(), &graph.output()})
      for (const pb::ValueInfoProto &value : *values)
        types[value.name()] = &value.type();
    for (const pb::TensorProto &tensor : graph.initializer())
      constants[tensor.name()] = &tensor;
  }

  /// Whether anything changed. Throws what the onnx library throws.
  bool run();

private:
  /// Adds what computes the outputs of `node` without sequences; false when it
  /// is not known.
  bool fold(const pb::NodeProto &node);
  bool foldMaker(const pb::NodeProto &node);
  bool foldUser(const pb::NodeProto &node);
  bool foldOptional(const pb::NodeProto &node);
  bool splitToSequence(const pb::NodeProto &node);
  std::optional<Ints> getPartSizes(const pb::NodeProto &node, int64_t size);
  std::optional<Sequence> insert(const pb::NodeProto &node,
                                 const Sequence &before);
  std::optional<Sequence> erase(const pb::NodeProto &node,
                                const Sequence &before);
  bool takeCopy(size_t size);
  bool joinElements(const pb::NodeProto &node, ArrayRef<std::string> elements);
  bool joinCollected(const pb::NodeProto &node, const std::string &collected);
  void collectInLoop(pb::NodeProto &node);
  bool collect(pb::NodeProto &node, pb::GraphProto &body, int state);
  void dropUnused();

  std::optional<Ints> getInts(const std::string &name);
  /// A place in a sequence of `size` elements; negative ones count from the
  /// end.
  std::optional<size_t> getPlace(const pb::NodeProto &node, int input,
                                 size_t size);
  std::optional<pb::TypeProto_Tensor> getTensorType(const std::string &name);
  pb::NodeProto &add(const pb::NodeProto &origin, StringRef opType,
                     const Names &inputs, const Names &outputs);
  static void setInt(pb::NodeProto &node, StringRef name, int64_t value);
  std::string addInts(const pb::NodeProto &origin, const Ints &values);
  std::string makeName(const pb::NodeProto &origin);

  pb::GraphProto &graph;
  StringSet<> valueNames;
  StringMap<const pb::TypeProto *> types;
  StringMap<const pb::TensorProto *> constants;
  /// Values of Constant nodes.
  StringMap<Ints> constantInts;
  StringMap<Sequence> sequences;
  size_t numCopied = 0; // names of elements
  /// Of a sequence that a Loop made, the tensor of all its elements.
  StringMap<std::string> collectedOf;
  /// Optional values that hold this tensor.
  StringMap<std::string> heldBy;
  google::protobuf::RepeatedPtrField<pb::NodeProto> nodes;
  unsigned numAdded = 0;
  bool changed = false;
};

std::string SequenceFolder::makeName(const pb::NodeProto &origin) {
  return takeName(valueNames,
                  origin.name() + "/part_" + std::to_string(numAdded++));
}

pb::NodeProto &SequenceFolder::add(const pb::NodeProto &origin,
                                   StringRef opType, const Names &inputs,
                                   const Names &outputs) {
  pb::NodeProto &node = *nodes.Add();
  node.set_op_type(opType.str());
  node.set_name(makeName(origin));
  setOrigin(node, getOrigin(origin));
  for (const std::string &input : inputs)
    node.add_input(input);
  for (const std::string &output : outputs)
    node.add_output(output);
  changed = true;
  return node;
}

void SequenceFolder::setInt(pb::NodeProto &node, StringRef name,
                            int64_t value) {
  pb::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name.str());
  attribute.set_type(pb::AttributeProto::INT);
  attribute.set_i(value);
}

/// The name of a new constant vector.
std::string SequenceFolder::addInts(const pb::NodeProto &origin,
                                    const Ints &values) {
  std::string name = makeName(origin);
  pb::AttributeProto &attribute =
      *add(origin, "Constant", {}, {name}).add_attribute();
  attribute.set_name("value_ints");
  attribute.set_type(pb::AttributeProto::INTS);
  for (int64_t value : values)
    attribute.add_ints(value);
  return name;
}

static std::optional<Ints> readInts(const pb::TensorProto &tensor) {
  if (tensor.data_type() == pb::TensorProto::INT64)
    return pb::ParseData<int64_t>(&tensor);
  if (tensor.data_type() != pb::TensorProto::INT32)
    return std::nullopt;
  std::vector<int32_t> narrow = pb::ParseData<int32_t>(&tensor);
  return Ints(narrow.begin(), narrow.end());
}

std::optional<Ints> SequenceFolder::getInts(const std::string &name) {
  if (auto known = constantInts.find(name); known != constantInts.end())
    return known->second;
  auto tensor = constants.find(name);
  return tensor == constants.end() ? std::nullopt : readInts(*tensor->second);
}

std::optional<size_t> SequenceFolder::getPlace(const pb::NodeProto &node,
                                               int input, size_t size) {
  std::optional<Ints> ints = getInts(node.input(input));
  if (!ints || ints->size() != 1)
    return std::nullopt;
  int64_t place =
      ints->front() < 0 ? ints->front() + int64_t(size) : ints->front();
  if (place < 0 || place > int64_t(size))
    return std::nullopt;
  return place;
}

std::optional<pb::TypeProto_Tensor>
SequenceFolder::getTensorType(const std::string &name) {
  auto type = types.find(name);
  if (type != types.end() && type->second->has_tensor_type() &&
      type->second->tensor_type().has_shape())
    return type->second->tensor_type();
  return std::nullopt;
}

/// The sizes of the parts that SplitToSequence makes of `size` elements.
std::optional<Ints> SequenceFolder::getPartSizes(const pb::NodeProto &node,
                                                 int64_t size) {
  int64_t part = 1;
  if (hasInput(node, 1)) {
    std::optional<Ints> given = getInts(node.input(1));
    std::optional<pb::TypeProto_Tensor> givenType =
        getTensorType(node.input(1));
    auto constant = constants.find(node.input(1));
    bool isScalar = constant != constants.end()
                        ? constant->second->dims_size() == 0
                        : givenType && givenType->shape().dim_size() == 0;
    if (!given || (isScalar && (given->empty() || given->front() < 1)))
      return std::nullopt;
    if (!isScalar)
      return given;
    part = given->front();
  }
  // Counted before there is one entry for each.
  if (size < 0 || uint64_t(size / part) > kMostParts)
    return std::nullopt;
  Ints sizes(size / part, part);
  if (size % part != 0)
    sizes.push_back(size % part);
  return sizes;
}

/// Parts of a tensor along an axis of known size.
bool SequenceFolder::splitToSequence(const pb::NodeProto &node) {
  std::optional<pb::TypeProto_Tensor> type = getTensorType(node.input(0));
  if (!type)
    return false;
  int rank = type->shape().dim_size();
  int64_t axis = getInt(node, "axis", 0);
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis >= rank || !type->shape().dim(axis).has_dim_value())
    return false;
  std::optional<Ints> sizes =
      getPartSizes(node, type->shape().dim(axis).dim_value());
  if (!sizes || sizes->empty() || sizes->size() > kMostParts)
    return false;
  Names parts;
  for (size_t i = 0; i < sizes->size(); ++i)
    parts.push_back(makeName(node));
  std::string split = addInts(node, *sizes);
  setInt(add(node, "Split", {node.input(0), split}, parts), "axis", axis);
  if (getInt(node, "keepdims", 1) == 0 && !hasInput(node, 1)) {
    std::string axes = addInts(node, {axis});
    for (std::string &part : parts) {
      std::string element = makeName(node);
      add(node, "Squeeze", {part, axes}, {element});
      part = element;
    }
  }
  sequences[node.output(0)] = Sequence(parts);
  return true;
}

/// Whether so many more names may be copied.
bool SequenceFolder::takeCopy(size_t size) {
  if (size > kMostCopied - numCopied)
    return false;
  numCopied += size;
  return true;
}

std::optional<Sequence> SequenceFolder::insert(const pb::NodeProto &node,
                                               const Sequence &before) {
  std::optional<size_t> place = before.size();
  if (hasInput(node, 2))
    place = getPlace(node, 2, before.size());
  if (!place)
    return std::nullopt;
  bool isAppended = *place == before.size();
  if (!(isAppended && before.isWhole()) && !takeCopy(before.size()))
    return std::nullopt;
  if (isAppended)
    return before.append(node.input(1));
  Names elements = before.get().vec();
  elements.insert(elements.begin() + *place, node.input(1));
  return Sequence(std::move(elements));
}

std::optional<Sequence> SequenceFolder::erase(const pb::NodeProto &node,
                                              const Sequence &before) {
  if (before.empty())
    return std::nullopt;
  std::optional<size_t> place = before.size() - 1;
  if (hasInput(node, 1))
    place = getPlace(node, 1, before.size());
  if (!place || *place >= before.size())
    return std::nullopt;
  if (*place == before.size() - 1)
    return before.dropLast();
  if (!takeCopy(before.size()))
    return std::nullopt;
  Names elements = before.get().vec();
  elements.erase(elements.begin() + *place);
  return Sequence(std::move(elements));
}

/// Notes the elements of a sequence.
bool SequenceFolder::foldMaker(const pb::NodeProto &node) {
  StringRef opType = node.op_type();
  if (opType == "SplitToSequence")
    return splitToSequence(node);
  if (opType == "SequenceEmpty" || opType == "SequenceConstruct") {
    sequences[node.output(0)] =
        Sequence(Names(node.input().begin(), node.input().end()));
    return true;
  }
  auto known = sequences.find(node.input_size() > 0 ? node.input(0) : "");
  if (known == sequences.end())
    return false;
  std::optional<Sequence> made;
  if (opType == "SequenceInsert")
    made = insert(node, known->second);
  else if (opType == "SequenceErase")
    made = erase(node, known->second);
  else if (opType == "Identity")
    made = known->second;
  if (!made)
    return false;
  sequences[node.output(0)] = std::move(*made);
  return true;
}

bool SequenceFolder::joinElements(const pb::NodeProto &node,
                                  ArrayRef<std::string> elements) {
  if (elements.empty())
    return false;
  Names parts = elements.vec();
  int64_t axis = getInt(node, "axis", 0);
  if (getInt(node, "new_axis", 0) != 0) {
    std::string axes = addInts(node, {axis});
    for (std::string &part : parts) {
      std::string wide = makeName(node);
      add(node, "Unsqueeze", {part, axes}, {wide});
      part = wide;
    }
  }
  setInt(add(node, "Concat", parts, {node.output(0)}), "axis", axis);
  return true;
}

/// From [steps, D0, D1, ...] to [D0, ..., steps * D of the axis, ...], or with
/// the steps as an axis of their own.
bool SequenceFolder::joinCollected(const pb::NodeProto &node,
                                   const std::string &collected) {
  bool isNew = getInt(node, "new_axis", 0) != 0;
  int64_t axis = getInt(node, "axis", 0);
  std::string moved = collected;
  if (axis != 0) {
    std::optional<pb::TypeProto_Tensor> type = getTensorType(collected);
    if (!type)
      return false;
    int64_t rank = type->shape().dim_size();
    axis += axis < 0 ? (isNew ? rank : rank - 1) : 0;
    if (axis < 0 || axis >= rank)
      return false;
    Ints order;
    for (int64_t dim = 1; dim < rank; ++dim)
      order.push_back(dim);
    order.insert(order.begin() + axis, 0);
    moved = makeName(node);
    pb::AttributeProto &permutation =
        *add(node, "Transpose", {collected}, {moved}).add_attribute();
    permutation.set_name("perm");
    permutation.set_type(pb::AttributeProto::INTS);
    for (int64_t dim : order)
      permutation.add_ints(dim);
  }
  if (isNew) {
    add(node, "Identity", {moved}, {node.output(0)});
    return true;
  }
  Names sizes{makeName(node), addInts(node, {-1}), makeName(node)};
  pb::NodeProto &before = add(node, "Shape", {moved}, {sizes[0]});
  setInt(before, "start", 0);
  setInt(before, "end", axis);
  setInt(add(node, "Shape", {moved}, {sizes[2]}), "start", axis + 2);
  std::string shape = makeName(node);
  setInt(add(node, "Concat", sizes, {shape}), "axis", 0);
  add(node, "Reshape", {moved, shape}, {node.output(0)});
  return true;
}

/// What takes tensors out of a sequence.
bool SequenceFolder::foldUser(const pb::NodeProto &node) {
  StringRef opType = node.op_type();
  if (node.input_size() == 0)
    return false;
  if (auto whole = collectedOf.find(node.input(0));
      whole != collectedOf.end()) {
    if (opType == "ConcatFromSequence")
      return joinCollected(node, whole->second);
    if (opType != "SequenceAt")
      return false;
    setInt(
        add(node, "Gather", {whole->second, node.input(1)}, {node.output(0)}),
        "axis", 0);
    return true;
  }
  auto known = sequences.find(node.input(0));
  if (known == sequences.end())
    return false;
  ArrayRef<std::string> elements = known->second.get();
  if (opType == "ConcatFromSequence")
    return joinElements(node, elements);
  if (opType == "SequenceLength") {
    pb::AttributeProto &value =
        *add(node, "Constant", {}, {node.output(0)}).add_attribute();
    value.set_name("value_int");
    value.set_type(pb::AttributeProto::INT);
    value.set_i(elements.size());
    constantInts[node.output(0)] = {int64_t(elements.size())};
    return true;
  }
  if (opType != "SequenceAt")
    return false;
  std::optional<size_t> place = getPlace(node, 1, elements.size());
  if (!place || *place >= elements.size())
    return false;
  add(node, "Identity", {elements[*place]}, {node.output(0)});
  return true;
}

bool SequenceFolder::foldOptional(const pb::NodeProto &node) {
  StringRef opType = node.op_type();
  bool isGiven = hasInput(node, 0);
  if (opType == "Optional") {
    if (isGiven && getTensorType(node.input(0)))
      heldBy[node.output(0)] = node.input(0);
    return false;
  }
  auto held = isGiven ? heldBy.find(node.input(0)) : heldBy.end();
  std::string tensor = held != heldBy.end() ? held->second : "";
  if (isGiven && getTensorType(node.input(0)))
    tensor = node.input(0);
  if (opType == "OptionalGetElement" && !tensor.empty()) {
    add(node, "Identity", {tensor}, {node.output(0)});
    return true;
  }
  if (opType != "OptionalHasElement" || (isGiven && tensor.empty()))
    return false;
  pb::AttributeProto &value =
      *add(node, "Constant", {}, {node.output(0)}).add_attribute();
  value.set_name("value");
  value.set_type(pb::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(pb::TensorProto::BOOL);
  value.mutable_t()->set_raw_data(std::string(1, isGiven ? 1 : 0));
  return true;
}

/// How often values of a graph are used, in its nodes, bodies and outputs.
static void countUses(pb::GraphProto &graph, StringMap<unsigned> &uses) {
  visitNodes(graph, [&](pb::NodeProto &node) {
    for (const std::string &input : node.input())
      ++uses[input];
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      for (const pb::ValueInfoProto &output : attribute.g().output())
        ++uses[output.name()];
      for (const pb::GraphProto &body : attribute.graphs())
        for (const pb::ValueInfoProto &output : body.output())
          ++uses[output.name()];
    }
  });
  for (const pb::ValueInfoProto &output : graph.output())
    ++uses[output.name()];
}

/// Makes a state of a Loop that is an empty sequence before the first step, and
/// that every step appends to, an output that collects.
bool SequenceFolder::collect(pb::NodeProto &node, pb::GraphProto &body,
                             int state) {
  auto initial = sequences.find(node.input(2 + state));
  if (initial == sequences.end() || !initial->second.empty())
    return false;
  std::string before = body.input(2 + state).name();
  std::string after = body.output(1 + state).name();
  int appending = -1;
  for (auto [i, inner] : enumerate(body.node()))
    if (inner.op_type() == "SequenceInsert" && inner.output(0) == after &&
        inner.input(0) == before && !hasInput(inner, 2))
      appending = i;
  StringMap<unsigned> uses;
  countUses(body, uses);
  if (appending < 0 || uses[before] != 1 || uses[after] != 1)
    return false;
  // The element gets a name of its own, as it may be no value of the body.
  pb::NodeProto &inner = *body.mutable_node(appending);
  std::string element = inner.input(1);
  inner.set_op_type("Identity");
  inner.clear_input();
  inner.add_input(element);
  std::string sequence = node.output(state),
              whole = takeName(valueNames, sequence + "/collected");
  body.mutable_input()->DeleteSubrange(2 + state, 1);
  pb::ValueInfoProto output = body.output(1 + state);
  output.clear_type();
  body.mutable_output()->DeleteSubrange(1 + state, 1);
  *body.add_output() = output;
  node.mutable_input()->DeleteSubrange(2 + state, 1);
  node.mutable_output()->DeleteSubrange(state, 1);
  node.add_output(whole);
  collectedOf[sequence] = whole;
  for (const pb::ValueInfoProto &value : body.value_info())
    if (value.name() == element && value.type().has_tensor_type())
      *body.mutable_output(body.output_size() - 1)->mutable_type() =
          value.type();
  return true;
}

void SequenceFolder::collectInLoop(pb::NodeProto &node) {
  pb::GraphProto *body = nullptr;
  for (pb::AttributeProto &attribute : *node.mutable_attribute())
    if (attribute.name() == "body" && attribute.has_g())
      body = attribute.mutable_g();
  int numStates = node.input_size() - 2;
  if (!body || body->input_size() != numStates + 2 ||
      body->output_size() < numStates + 1 || node.output_size() < numStates)
    return;
  for (int state = numStates; state-- > 0;)
    changed |= collect(node, *body, state);
}

bool SequenceFolder::fold(const pb::NodeProto &node) {
  if (!node.domain().empty() || node.output_size() == 0)
    return false;
  if (node.op_type() == "Constant") {
    const pb::AttributeProto *value = findAttribute(node, "value");
    if (value && value->t().dims_size() <= 1)
      if (std::optional<Ints> ints = readInts(value->t()))
        constantInts[node.output(0)] = *ints;
    if (const auto *scalar = findAttribute(node, "value_int"))
      constantInts[node.output(0)] = {scalar->i()};
    return false;
  }
  if (StringRef(node.op_type()).starts_with("Optional"))
    return foldOptional(node);
  // Those who make sequences stay as long as anything uses them.
  if (makesSequence(node.op_type())) {
    foldMaker(node);
    return false;
  }
  return foldUser(node);
}

/// Drops what makes sequences that nothing uses any more.
void SequenceFolder::dropUnused() {
  StringMap<unsigned> uses;
  countUses(graph, uses);
  auto &all = *graph.mutable_node();
  std::vector<bool> isKept(all.size(), true);
  for (int i = all.size(); i-- > 0;) {
    const pb::NodeProto &node = all[i];
    bool isMaker =
        node.domain().empty() && makesSequence(node.op_type()) &&
        (sequences.contains(node.output(0)) || heldBy.contains(node.output(0)));
    if (!isMaker || uses[node.output(0)] != 0)
      continue;
    isKept[i] = false;
    for (const std::string &input : node.input())
      --uses[input];
  }
  google::protobuf::RepeatedPtrField<pb::NodeProto> kept;
  for (int i = 0; i < all.size(); ++i)
    if (isKept[i])
      *kept.Add() = std::move(all[i]);
  all = std::move(kept);
}

bool SequenceFolder::run() {
  for (pb::NodeProto &node : *graph.mutable_node()) {
    if (node.domain().empty() && node.op_type() == "Loop")
      collectInLoop(node);
    if (!fold(node))
      *nodes.Add() = node;
  }
  if (!changed)
    return false;
  *graph.mutable_node() = std::move(nodes);
  dropUnused();
  return true;
}

} // namespace

Error foldSequences(LoadedModel &model) {
  bool usesSequences = false;
  visitNodes(*model.proto.mutable_graph(), [&](pb::NodeProto &node) {
    StringRef opType = node.op_type();
    usesSequences |=
        opType.contains("Sequence") || opType.starts_with("Optional");
  });
  if (!usesSequences)
    return Error::success();
  bool changed = false;
  if (Error error = catchErrors("cannot fold a sequence",
                                [&] { changed = SequenceFolder(model).run(); }))
    return error;
  return changed ? inferTypes(model) : Error::success();
}

} // namespace garam::onnx
