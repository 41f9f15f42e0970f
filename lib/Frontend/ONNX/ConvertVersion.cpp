//===- ConvertVersion.cpp - Another opset, piece by piece -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// For every value that it reads or makes, onnx's version converter looks at all
// nodes of the graph, to give it a number that is no value's name. Its adapters
// look at a node, the types of its inputs and constants. So a long graph is
// converted in pieces of neighbouring nodes, with what they use from elsewhere
// as inputs, in a time that is linear in the nodes. The converter knows tensors
// of all element types but float8e8m0, so these are inputs of pieces, too.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"

#include "onnx/version_converter/convert.h"

using namespace llvm;

namespace garam::onnx {
namespace {

/// Nodes of a piece: enough that a network of usual size has few pieces, few
/// enough that the squares of their sizes do not count.
constexpr int kPieceNodes = 128;

/// Calls `visit` with the names of all values that a node or one of its bodies
/// reads. What bodies make themselves is among them.
template <typename Visit>
void visitReads(const pb::NodeProto &node, Visit &&visit) {
  for (const std::string &input : node.input())
    if (!input.empty())
      visit(input);
  auto visitBody = [&](const pb::GraphProto &body) {
    for (const pb::NodeProto &inner : body.node())
      visitReads(inner, visit);
    for (const pb::ValueInfoProto &output : body.output())
      visit(output.name());
  };
  for (const pb::AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      visitBody(attribute.g());
    for (const pb::GraphProto &body : attribute.graphs())
      visitBody(body);
  }
}

/// Calls `visit` on every name of a value, writable, of a graph and the bodies
/// in it.
template <typename Visit>
void visitNames(pb::GraphProto &graph, Visit &&visit) {
  auto visitHeader = [&](pb::GraphProto &part) {
    for (auto *values : {part.mutable_input(), part.mutable_output(),
                         part.mutable_value_info()})
      for (pb::ValueInfoProto &value : *values)
        visit(*value.mutable_name());
    for (pb::TensorProto &tensor : *part.mutable_initializer())
      visit(*tensor.mutable_name());
  };
  visitHeader(graph);
  visitNodes(graph, [&](pb::NodeProto &node) {
    for (auto *names : {node.mutable_input(), node.mutable_output()})
      for (std::string &name : *names)
        if (!name.empty())
          visit(name);
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        visitHeader(*attribute.mutable_g());
      for (pb::GraphProto &body : *attribute.mutable_graphs())
        visitHeader(body);
    }
  });
}

bool isUnknownToConverter(const pb::TensorProto &tensor) {
  return tensor.data_type() == pb::TensorProto::FLOAT8E8M0;
}

/// Makes initializers of nodes with constants that the converter cannot read.
void takeConstants(pb::GraphProto &graph) {
  auto &nodes = *graph.mutable_node();
  auto isTaken = [&](pb::NodeProto &node) {
    const pb::AttributeProto *value = findAttribute(node, "value");
    if (node.op_type() != "Constant" || !node.domain().empty() || !value ||
        !isUnknownToConverter(value->t()))
      return false;
    pb::TensorProto &tensor = *graph.add_initializer();
    tensor = value->t();
    tensor.set_name(node.output(0));
    return true;
  };
  nodes.erase(llvm::remove_if(nodes, isTaken), nodes.end());
}

class PieceConverter {
public:
  PieceConverter(pb::ModelProto &model, int64_t version)
      : model(model), graph(*model.mutable_graph()), version(version) {
    visitNames(graph, [&](std::string &name) { names.insert(name); });
    for (const auto *values :
         {&graph.input(), &graph.value_info(), &graph.output()})
      for (const pb::ValueInfoProto &value : *values)
        types.try_emplace(value.name(), &value);
    for (const pb::TensorProto &tensor : graph.initializer())
      initializers[tensor.name()] = &tensor;
    for (const pb::ValueInfoProto &input : graph.input())
      inputs.insert(input.name());
    for (const auto &[index, node] : enumerate(graph.node())) {
      values.insert(node.output().begin(), node.output().end());
      visitReads(node, [&, number = int(index)](const std::string &name) {
        lastReader[name] = number;
      });
    }
    for (const auto &tensor : initializers)
      values.insert(tensor.first());
    values.insert_range(inputs.keys());
    for (const pb::ValueInfoProto &output : graph.output())
      lastReader[output.name()] = graph.node_size();
  }

  void run() {
    int64_t before = getOpsetVersion(model, "");
    pb::GraphProto result;
    for (int begin = 0; begin < graph.node_size(); begin += kPieceNodes) {
      pb::ModelProto piece =
          makePiece(begin, std::min(begin + kPieceNodes, graph.node_size()));
      StringSet<> known;
      visitNames(*piece.mutable_graph(),
                 [&](std::string &name) { known.insert(name); });
      piece = converter.convert_version(piece, pb::OpSetID(before),
                                        pb::OpSetID(version));
      renameNewValues(*piece.mutable_graph(), known);
      take(*piece.mutable_graph(), known, result);
    }
    graph.mutable_node()->Swap(result.mutable_node());
    graph.mutable_initializer()->MergeFrom(result.initializer());
    for (pb::OperatorSetIdProto &opset : *model.mutable_opset_import())
      if (opset.domain().empty())
        opset.set_version(version);
  }

private:
  void addValue(const std::string &name, pb::ValueInfoProto &value) {
    if (const pb::ValueInfoProto *type = types.lookup(name))
      value = *type;
    value.set_name(name);
  }

  /// The nodes from `begin` to `end`, which are moved out of the graph.
  pb::ModelProto makePiece(int begin, int end) {
    pb::ModelProto piece;
    piece.set_ir_version(model.ir_version());
    *piece.mutable_opset_import() = model.opset_import();
    pb::GraphProto &part = *piece.mutable_graph();
    part.set_name(graph.name());
    StringSet<> seen; // values that the piece makes, or has among its inputs
    for (int i = begin; i < end; ++i) {
      visitReads(graph.node(i), [&](const std::string &name) {
        if (values.contains(name) && seen.insert(name).second)
          addOuterValue(name, part);
      });
      for (const std::string &output : graph.node(i).output())
        if (!output.empty() && seen.insert(output).second)
          addValue(output, lastReader.lookup(output) >= end
                               ? *part.add_output()
                               : *part.add_value_info());
      part.add_node()->Swap(graph.mutable_node(i));
    }
    return piece;
  }

  /// What a piece reads and does not make: as initializer, if it is one, and as
  /// input, unless the graph has it as initializer alone.
  void addOuterValue(const std::string &name, pb::GraphProto &part) {
    const pb::TensorProto *tensor = initializers.lookup(name);
    if (tensor && isUnknownToConverter(*tensor)) {
      addWeightInput(part, name,
                     {tensor->data_type(),
                      {tensor->dims().begin(), tensor->dims().end()},
                      {}});
      return;
    }
    if (tensor)
      *part.add_initializer() = *tensor;
    if (!tensor || inputs.contains(name))
      addValue(name, *part.add_input());
  }

  /// Gives values that an adapter made names that no other value has: the
  /// converter knows the names in the piece only.
  void renameNewValues(pb::GraphProto &part, const StringSet<> &known) {
    StringMap<std::string> renamed;
    visitNames(part, [&](std::string &name) {
      if (known.contains(name))
        return;
      auto [entry, isNew] = renamed.try_emplace(name);
      if (isNew) {
        do
          entry->second = "converted_" + std::to_string(++newValues);
        while (!names.insert(entry->second).second);
      }
      name = entry->second;
    });
  }

  static void take(pb::GraphProto &part, const StringSet<> &known,
                   pb::GraphProto &result) {
    for (pb::NodeProto &node : *part.mutable_node())
      result.add_node()->Swap(&node);
    for (pb::TensorProto &tensor : *part.mutable_initializer())
      if (!known.contains(tensor.name()))
        result.add_initializer()->Swap(&tensor);
  }

  pb::ModelProto &model;
  pb::GraphProto &graph;
  int64_t version;
  pb::version_conversion::DefaultVersionConverter converter;
  StringSet<> names;  // of all values, at any depth
  StringSet<> values; // of the graph itself
  StringSet<> inputs;
  StringMap<const pb::ValueInfoProto *> types;
  StringMap<const pb::TensorProto *> initializers;
  StringMap<int> lastReader; // node of the graph, their number for an output
  unsigned newValues = 0;
};

} // namespace

void convertVersion(pb::ModelProto &model, int64_t version) {
  takeConstants(*model.mutable_graph());
  PieceConverter(model, version).run();
}

} // namespace garam::onnx
