//===- SortNodes.cpp - Nodes behind those that they read ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// ONNX wants the nodes of a graph in an order in which each comes behind those
// that it reads. Runtimes take any order, and tools write such files. Here a
// node that comes too late moves before the first one that reads it; all others
// stay where they are. A body reads values of the graphs around it, so its node
// comes behind what computes these. Every node and every name is visited once
// in each graph around it.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace garam::onnx {
namespace {

/// What gives a value that no node computes: an input or an initializer.
constexpr int kGiven = -1;

/// The values of a graph or function by name, with the node that computes each.
struct Scope {
  const Scope *outer = nullptr;
  StringMap<int> producers;

  bool isVisible(StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->outer)
      if (scope->producers.contains(name))
        return true;
    return false;
  }
};

void addGiven(const pb::GraphProto &graph, Scope &scope) {
  for (const pb::ValueInfoProto &input : graph.input())
    scope.producers[input.name()] = kGiven;
  for (const pb::TensorProto &tensor : graph.initializer())
    scope.producers[tensor.name()] = kGiven;
  for (const pb::SparseTensorProto &tensor : graph.sparse_initializer())
    scope.producers[tensor.values().name()] = kGiven;
}

void addGiven(const pb::FunctionProto &function, Scope &scope) {
  for (const std::string &input : function.input())
    scope.producers[input] = kGiven;
}

const std::string &getName(const pb::ValueInfoProto &value) {
  return value.name();
}
const std::string &getName(const std::string &name) { return name; }

/// Sorts the graph of a model, or a function, with all bodies in it.
class NodeSorter {
public:
  using Opsets = google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto>;

  /// `place` is what messages say of a node beside its operator.
  NodeSorter(const Opsets &opsets, StringRef place)
      : opsets(opsets), place(place) {}

  /// `owner` is the node whose body the graph is, null when it is none. What
  /// the graph reads of the graphs around it comes into `outerReads`.
  template <typename Graph>
  Error sort(Graph &graph, const Scope *outer, const pb::NodeProto *owner,
             StringSet<> &outerReads);

private:
  using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;
  using Order = std::vector<int>;

  Error fail(const pb::NodeProto &node, const Twine &message) const;
  Error addOutputs(const Nodes &nodes, Scope &scope) const;
  Error findReads(pb::NodeProto &node, const Scope &scope, StringSet<> &reads);
  Expected<Order> findOrder(const Nodes &nodes,
                            const std::vector<Order> &producers) const;
  Error failOfCycle(const Nodes &nodes, ArrayRef<int> cycle) const;

  const Opsets &opsets;
  StringRef place;
};

} // namespace

Error NodeSorter::fail(const pb::NodeProto &node, const Twine &message) const {
  return addNode(makeUserError(ExitCode::Model, message),
                 describeNode(node, opsets, place));
}

Error NodeSorter::addOutputs(const Nodes &nodes, Scope &scope) const {
  for (auto [index, node] : enumerate(nodes))
    for (const std::string &output : node.output()) {
      if (output.empty())
        continue;
      auto [known, isNew] = scope.producers.try_emplace(output, int(index));
      if (isNew)
        continue;
      std::string other =
          known->second == kGiven
              ? "an input or initializer"
              : "an output of node '" + nodes.Get(known->second).name() + "'";
      return fail(node, "output '" + output + "' has the name of " + other +
                            ", needed a name of its own for every value; "
                            "hint: rename one of the two");
    }
  return Error::success();
}

/// The names that a node reads, and those that its bodies read and do not have
/// themselves. Sorts the bodies.
Error NodeSorter::findReads(pb::NodeProto &node, const Scope &scope,
                            StringSet<> &reads) {
  for (auto [index, input] : enumerate(node.input())) {
    if (input.empty())
      continue;
    if (!scope.isVisible(input))
      return fail(node, "input " + Twine(index) + ", '" + input +
                            "', is computed by no node and is no input or "
                            "initializer, needed a value of the graph or of "
                            "one around it; hint: check the name, and whether "
                            "the node that computes it was cut off");
    reads.insert(input);
  }
  for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
    if (attribute.has_g())
      if (Error error = sort(*attribute.mutable_g(), &scope, &node, reads))
        return error;
    for (pb::GraphProto &body : *attribute.mutable_graphs())
      if (Error error = sort(body, &scope, &node, reads))
        return error;
  }
  return Error::success();
}

Error NodeSorter::failOfCycle(const Nodes &nodes, ArrayRef<int> cycle) const {
  // As many as can be looked at.
  constexpr size_t kNamed = 8;
  auto quote = [&](int index) { return "'" + nodes.Get(index).name() + "'"; };
  std::string names =
      join(map_range(cycle.take_front(kNamed), quote), ", which reads ");
  if (cycle.size() > kNamed)
    names += " and " + std::to_string(cycle.size() - kNamed) + " more nodes";
  const pb::NodeProto &first = nodes.Get(cycle.front());
  return fail(first, "it needs its own result: " + names +
                         ", which reads it again, needed a graph without "
                         "cycles; hint: what an earlier step computed is an "
                         "input of the graph or a state of a Loop");
}

/// The nodes in order, by `producers`, those that each reads. Walks back from
/// every node to those that are not in the order yet.
Expected<std::vector<int>>
NodeSorter::findOrder(const Nodes &nodes,
                      const std::vector<Order> &producers) const {
  enum class State : char { Unseen, Begun, Done };
  std::vector<State> states(nodes.size(), State::Unseen);
  Order order;
  // Nodes of which each reads the next, with how many of those that a node
  // reads were looked at.
  std::vector<std::pair<int, size_t>> path;
  auto begin = [&](int node) {
    states[node] = State::Begun;
    path.emplace_back(node, 0);
  };
  for (int start = 0; start < nodes.size(); ++start) {
    if (states[start] == State::Unseen)
      begin(start);
    while (!path.empty()) {
      auto &[node, looked] = path.back();
      if (looked == producers[node].size()) {
        states[node] = State::Done;
        order.push_back(node);
        path.pop_back();
        continue;
      }
      int next = producers[node][looked++];
      if (states[next] == State::Unseen) {
        begin(next);
      } else if (states[next] == State::Begun) {
        Order cycle;
        for (auto &[inner, unused] : path)
          if (inner == next || !cycle.empty())
            cycle.push_back(inner);
        // From the first in the file on.
        std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()),
                    cycle.end());
        return failOfCycle(nodes, cycle);
      }
    }
  }
  return order;
}

template <typename Graph>
Error NodeSorter::sort(Graph &graph, const Scope *outer,
                       const pb::NodeProto *owner, StringSet<> &outerReads) {
  Nodes &nodes = *graph.mutable_node();
  Scope scope{outer, {}};
  addGiven(graph, scope);
  if (Error error = addOutputs(nodes, scope))
    return error;
  std::vector<Order> producers(nodes.size());
  for (auto [index, node] : enumerate(nodes)) {
    StringSet<> reads;
    if (Error error = findReads(node, scope, reads))
      return error;
    for (StringRef name : reads.keys()) {
      auto known = scope.producers.find(name);
      if (known == scope.producers.end())
        outerReads.insert(name);
      else if (known->second != kGiven)
        producers[index].push_back(known->second);
    }
    // Sets have no order that is the same everywhere.
    llvm::sort(producers[index]);
  }
  for (const auto &output : graph.output()) {
    const std::string &name = getName(output);
    if (scope.producers.contains(name))
      continue;
    if (owner)
      return fail(*owner, "output '" + name +
                              "' of its body is no value of the body, needed "
                              "one; hint: an Identity in the body yields a "
                              "value of the graph around it");
    return makeUserError(
        ExitCode::Model,
        "output '" + name + "' of the graph" + place +
            " is computed by no node, needed a value of the graph; hint: check "
            "the name, and whether the node that computes it was cut off");
  }
  Expected<Order> order = findOrder(nodes, producers);
  if (!order)
    return order.takeError();
  if (is_sorted(*order))
    return Error::success();
  Nodes sorted;
  sorted.Reserve(nodes.size());
  for (int index : *order)
    sorted.Add()->Swap(nodes.Mutable(index));
  nodes.Swap(&sorted);
  return Error::success();
}

Error sortNodes(LoadedModel &model) {
  pb::ModelProto &proto = model.proto;
  StringSet<> outerReads;
  if (Error error = NodeSorter(proto.opset_import(), "")
                        .sort(*proto.mutable_graph(), /*outer=*/nullptr,
                              /*owner=*/nullptr, outerReads))
    return error;
  for (pb::FunctionProto &function : *proto.mutable_functions()) {
    std::string place = " in function '" + function.name() + "'";
    if (Error error = NodeSorter(function.opset_import(), place)
                          .sort(function, /*outer=*/nullptr, /*owner=*/nullptr,
                                outerReads))
      return error;
  }
  return Error::success();
}

} // namespace garam::onnx
