//===- CheckDivisors.cpp - Refuses what onnx's inference divides by -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The onnx library's inference of shapes divides by some attributes without
// asking whether they, or their squares in 64 bits, are 0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

using namespace llvm;

namespace garam::onnx {
namespace {

/// An attribute of an operator, and between what it has to be.
struct Divisor {
  StringRef opType, attribute;
  int64_t most;
};

constexpr int64_t mostBlockSize = 1 << 15; // of which a square is no overflow
constexpr int64_t mostHeads = std::numeric_limits<int32_t>::max();
constexpr Divisor divisors[] = {
    {"Attention", "q_num_heads", mostHeads},
    {"Attention", "kv_num_heads", mostHeads},
    {"DepthToSpace", "blocksize", mostBlockSize},
    {"SpaceToDepth", "blocksize", mostBlockSize},
};

} // namespace

static std::string explainDivisors(const pb::NodeProto &node) {
  for (const auto &[opType, name, most] : divisors)
    for (const pb::AttributeProto &attribute : node.attribute())
      if (node.domain().empty() && opType == node.op_type() &&
          name == attribute.name() &&
          (attribute.i() < 1 || attribute.i() > most))
        return "attribute '" + name.str() + "' is " +
               std::to_string(attribute.i()) + ", needed a number from 1 to " +
               std::to_string(most);
  return "";
}

template <typename Graph>
static Error checkNodes(Graph &graph, const pb::ModelProto &model,
                        StringRef place) {
  Error found = Error::success();
  visitNodes(graph, [&](const pb::NodeProto &node) {
    if (found)
      return;
    if (std::string why = explainDivisors(node); !why.empty())
      found = addNode(makeUserError(ExitCode::Model, why),
                      describeNode(node, model.opset_import(), place));
  });
  return found;
}

Error checkDivisors(LoadedModel &model) {
  pb::ModelProto &proto = model.proto;
  if (Error error = checkNodes(*proto.mutable_graph(), proto, /*place=*/""))
    return error;
  for (pb::FunctionProto &function : *proto.mutable_functions())
    if (Error error = checkNodes(function, proto,
                                 " in function '" + function.name() + "'"))
      return error;
  return Error::success();
}

} // namespace garam::onnx
