//===- LegacyBroadcast.cpp - Broadcasting before opset 7 ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Before opset 7 an operator of two tensors broadcasts only where attribute
// `broadcast` says so, and `axis` says to which dimension of the first tensor
// the first dimension of the second one belongs; since then shapes are aligned
// at their last dimensions. onnx's version converter adds dimensions in the
// wrong place and takes no symbolic ones, so this is done before it, and the
// operators, whose later versions differ in types only, are hidden from it.
// Source: the specifications of Add-6, Add-7 and PRelu-6.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

#include <deque>

using namespace llvm;

namespace garam::onnx {
namespace {

constexpr int kFirstOpsetThatAligns = 7;

/// The domain under which the converter passes over the operators.
constexpr char kAlignedDomain[] = "garam.aligned";

constexpr StringLiteral kOperators[] = {"Add",     "And",  "Div", "Equal",
                                        "Greater", "Less", "Mul", "Or",
                                        "PRelu",   "Pow",  "Sub", "Xor"};

void removeAttributes(pb::NodeProto &node) {
  auto &attributes = *node.mutable_attribute();
  for (int i = attributes.size(); i-- > 0;)
    if (attributes[i].name() == "axis" || attributes[i].name() == "broadcast")
      attributes.DeleteSubrange(i, 1);
}

class Aligner {
public:
  explicit Aligner(LoadedModel &model)
      : graph(*model.proto.mutable_graph()), valueNames(listValueNames(graph)) {
    for (const auto *values :
         {&graph.input(), &graph.value_info(), &graph.output()})
      for (const pb::ValueInfoProto &value : *values)
        if (value.type().tensor_type().has_shape())
          shapes[value.name()] = &value.type().tensor_type().shape();
    for (const pb::TensorProto &tensor : graph.initializer()) {
      pb::TensorShapeProto &shape = initializerShapes.emplace_back();
      for (int64_t dim : tensor.dims())
        shape.add_dim()->set_dim_value(dim);
      shapes[tensor.name()] = &shape;
    }
  }

  Error run() {
    pb::GraphProto aligned;
    for (pb::NodeProto &node : *graph.mutable_node()) {
      if (node.domain().empty() && node.input_size() == 2 &&
          is_contained(kOperators, StringRef(node.op_type()))) {
        if (Error error = align(node, aligned))
          return error;
        node.set_domain(kAlignedDomain);
      }
      aligned.add_node()->Swap(&node);
    }
    graph.mutable_node()->Swap(aligned.mutable_node());
    return Error::success();
  }

private:
  /// The dimension of the first input that the first one of the second belongs
  /// to; nothing when shapes are as they are today.
  std::optional<int64_t> findAxis(const pb::NodeProto &node) const {
    if (node.op_type() == "PRelu") {
      // A slope for each channel, the second dimension, or one for all.
      const pb::TensorShapeProto *slope = shapes.lookup(node.input(1));
      bool isOne =
          slope && (slope->dim_size() != 1 || slope->dim(0).dim_value() == 1);
      return isOne ? std::nullopt : std::optional<int64_t>(1);
    }
    const pb::AttributeProto *broadcast = findAttribute(node, "broadcast");
    const pb::AttributeProto *axis = findAttribute(node, "axis");
    if (!broadcast || broadcast->i() == 0 || !axis)
      return std::nullopt;
    return axis->i();
  }

  /// Puts dimensions of size 1 behind the second input's, up to the last of the
  /// first one's.
  Error align(pb::NodeProto &node, pb::GraphProto &aligned) {
    std::optional<int64_t> given = findAxis(node);
    if (!given) {
      removeAttributes(node);
      return Error::success();
    }
    const pb::TensorShapeProto *first = shapes.lookup(node.input(0));
    const pb::TensorShapeProto *second = shapes.lookup(node.input(1));
    if (!first || !second)
      return fail(node, "broadcasts along an axis, for which the ranks of both "
                        "inputs must be known; export it again with a newer "
                        "opset_version");
    int64_t axis = *given, rank = first->dim_size();
    if (axis < -rank || axis >= rank)
      return fail(node, "broadcasts along axis " + Twine(axis) +
                            ", which its first input of " + Twine(rank) +
                            " dimensions does not have");
    int64_t behind =
        rank - second->dim_size() - (axis < 0 ? axis + rank : axis);
    if (behind < 0 || behind > rank - second->dim_size())
      return fail(node, "broadcasts along axis " + Twine(axis) +
                            ", where the " + Twine(second->dim_size()) +
                            " dimensions of its second input do not fit the " +
                            Twine(rank) + " of its first one");
    removeAttributes(node);
    if (behind == 0)
      return Error::success();
    pb::NodeProto &unsqueeze = *aligned.add_node();
    unsqueeze.set_op_type("Unsqueeze");
    unsqueeze.set_name(node.name() + "/Unsqueeze");
    setOrigin(unsqueeze, getOrigin(node));
    unsqueeze.add_input(node.input(1));
    unsqueeze.add_output(takeName(valueNames, node.name() + "/aligned"));
    pb::AttributeProto &axes = *unsqueeze.add_attribute();
    axes.set_name("axes");
    axes.set_type(pb::AttributeProto::INTS);
    for (int64_t i = 0; i < behind; ++i)
      axes.add_ints(second->dim_size() + i);
    node.set_input(1, unsqueeze.output(0));
    return Error::success();
  }

  static Error fail(const pb::NodeProto &node, const Twine &what) {
    return makeUserError(ExitCode::Model, "node '" + node.name() + "' (" +
                                              node.op_type() + ") " + what);
  }

  pb::GraphProto &graph;
  StringSet<> valueNames;
  StringMap<const pb::TensorShapeProto *> shapes;
  std::deque<pb::TensorShapeProto> initializerShapes;
};

} // namespace

Error alignBroadcasts(LoadedModel &model) {
  int opset = getOpsetVersion(model.proto, "");
  if (opset == 0 || opset >= kFirstOpsetThatAligns)
    return Error::success();
  pb::OperatorSetIdProto domain;
  domain.set_domain(kAlignedDomain);
  domain.set_version(1);
  addMissingOpsets(model.proto, domain);
  return Aligner(model).run();
}

void showAlignedOperators(LoadedModel &model) {
  visitNodes(*model.proto.mutable_graph(), [](pb::NodeProto &node) {
    if (node.domain() == kAlignedDomain)
      node.clear_domain();
  });
  auto &opsets = *model.proto.mutable_opset_import();
  for (int i = opsets.size(); i-- > 0;)
    if (opsets[i].domain() == kAlignedDomain)
      opsets.DeleteSubrange(i, 1);
}

} // namespace garam::onnx
