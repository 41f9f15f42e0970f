//===- LoadedModel.h - A model on its way into MLIR -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The steps between a file and the onnx dialect that work on onnx's own data
// structures. Each is a function on a LoadedModel; loadModel calls them in
// order. The onnx library throws: no exception leaves these functions.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_LOADEDMODEL_H
#define GARAM_LIB_FRONTEND_ONNX_LOADEDMODEL_H

#include "TensorData.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/DiagnosedError.h"
#include "garam/Support/Errors.h"
#include "garam/Support/RunTimeSizes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <memory>
#include <utility>
#include <vector>

namespace garam::onnx {

struct ImportOptions;

/// An initializer that was taken out of the graph.
struct Weight {
  int elementType = 0;
  std::vector<int64_t> shape;
  WeightRef data;
};

/// What the model's file says of a node.
struct NodeOrigin {
  std::string opType;
  int64_t opset = 0;
};

struct LoadedModel {
  /// File name without directories, for locations and messages.
  std::string fileName;
  /// The model without its large initializers. Those stand among the graph's
  /// inputs instead, which every part of the onnx library takes for values of
  /// known type and unknown content.
  pb::ModelProto proto;
  llvm::StringMap<Weight> weights;
  std::unique_ptr<TensorStore> tensors;
  /// The nodes of the graph and of the functions that it calls by name, as they
  /// are before a conversion.
  llvm::StringMap<NodeOrigin> nodes;
  /// Names of the inputs' symbolic dimensions. Inference invents more.
  llvm::StringSet<> dimNames;
  /// Those of them whose sizes a run gives.
  std::vector<SizeSymbol> symbols;
  /// Types of the outputs of operators without a schema, as the model declares
  /// them.
  std::vector<pb::ValueInfoProto> declaredTypes;
  /// The outputs as the model declares them, for what inference leaves open.
  std::vector<pb::ValueInfoProto> declaredOutputs;
};

/// The id of the model's node that a node was made from by conversion or
/// expansion; the node's own name when it is the model's.
std::string getOrigin(const pb::NodeProto &node);
void setOrigin(pb::NodeProto &node, const std::string &origin);

/// The names of all values of a graph and of the bodies in it.
llvm::StringSet<> listValueNames(pb::GraphProto &graph);
/// `name`, with a number behind it where it is taken; takes it.
std::string takeName(llvm::StringSet<> &taken, const std::string &name);

/// Gives nodes that were made from others names that no other node has. The
/// model's own nodes, whose names are unique, keep them.
void separateNames(pb::GraphProto &graph);

/// Enters the nodes of the graph that are not known yet into `model.nodes`.
void recordNodes(LoadedModel &model);

/// What messages say of a node of a graph or function that imports `opsets`;
/// `place` stands behind: " in function 'F'". Control characters are escaped.
DiagnosedNode describeNode(
    const pb::NodeProto &node,
    const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &opsets,
    llvm::StringRef place);

/// What messages say of a node that may be made from one of the model's.
DiagnosedNode describeOrigin(const LoadedModel &model,
                             const pb::NodeProto &node);

/// A message with the control characters of what it quotes as escapes, and an
/// error with such messages.
std::string escapeQuotes(llvm::StringRef message);
llvm::Error escapeQuotes(llvm::Error error);

/// Maps the file, unless its bytes are given, scans and parses it, and takes
/// the weights out.
llvm::Expected<LoadedModel>
parseModel(llvm::StringRef path, std::shared_ptr<llvm::MemoryBuffer> bytes);

/// Reports all operators that the onnx library does not know in one error,
/// sorts the nodes, runs the library's checker, and gives every node a unique
/// name: its id.
llvm::Error checkModel(LoadedModel &model);

/// Writes GroupNormalization as it is before opset 21, which the checker
/// refuses, with operators that it takes. Nodes have names.
void rewriteGroupNormalizations(pb::ModelProto &model);

/// Of a model that the onnx library's checker refuses: what is wrong with the
/// first node that the definition of its operator does not fit; success when
/// there is none, and the model is wrong otherwise.
llvm::Error explainRefusal(LoadedModel &model);

/// Fails where a graph, a function or an input has no name, an input has that
/// of another one, or a node has an attribute twice. Nodes have names.
llvm::Error checkNames(LoadedModel &model);

/// Refuses attributes that onnx's inference of shapes would divide by 0 for.
llvm::Error checkDivisors(LoadedModel &model);

/// Fails where a node in a body computes a value with the name of one that the
/// body sees around it. Nodes have names.
llvm::Error checkBodyNames(const LoadedModel &model);

/// Moves nodes of the graph, of functions and of bodies behind those that they
/// read, and no others. Nodes have names. Fails where a value is read that
/// nothing computes, or needs itself.
llvm::Error sortNodes(LoadedModel &model);

/// Applies `--shape` and `--dim` to the types of the inputs.
llvm::Error bindShapes(LoadedModel &model, const ImportOptions &options);

/// Inlines the model's functions.
llvm::Error inlineFunctions(LoadedModel &model);

/// Writes the broadcasts of models before opset 7 as those of later ones, and
/// hides these operators from a version conversion until they are shown again.
llvm::Error alignBroadcasts(LoadedModel &model);
void showAlignedOperators(LoadedModel &model);

/// Writes down the modes that Resize and Upsample of a model had that was of
/// `formerOpset` before it was converted.
void nameResizingModes(LoadedModel &model, int formerOpset);

/// Writes each Hardmax of a model that was of `formerOpset` before it was
/// converted as the one of today on a matrix.
void flattenHardmax(LoadedModel &model, int formerOpset);

/// Inlines the model's functions and converts it to the internal opset.
llvm::Error convertModel(LoadedModel &model);

/// Converts the operators of the default domain to `version` of it. Values have
/// types, as far as they are known. Throws what the onnx library throws.
void convertVersion(pb::ModelProto &model, int64_t version);

/// Gives operands of integers of less than 8 bits that are declared as bytes
/// their types.
void declarePackedOperands(LoadedModel &model);

/// Adds an input of the type of `weight`, which is taken out of the graph.
void addWeightInput(pb::GraphProto &graph, llvm::StringRef name,
                    const Weight &weight);

/// Replaces the operators that no lowering takes by their function bodies.
llvm::Error expandFunctions(LoadedModel &model);

/// Replaces what takes tensors out of sequences and optional values by the
/// tensors, where it shows which ones these are.
llvm::Error foldSequences(LoadedModel &model);

/// Gives every value a type, as far as it is known without folding.
llvm::Error inferTypes(LoadedModel &model);

/// Fails, with the reason, when a value of the graph has no type at all.
llvm::Error checkTypes(LoadedModel &model);

/// The steps above, in order.
llvm::Expected<LoadedModel> loadModel(llvm::StringRef path,
                                      std::shared_ptr<llvm::MemoryBuffer> bytes,
                                      const ImportOptions &options);

/// Adds those opset imports whose domains the model does not import.
void addMissingOpsets(pb::ModelProto &proto,
                      llvm::ArrayRef<pb::OperatorSetIdProto> opsets);

/// The version of `domain` that the model imports, 0 if none.
int getOpsetVersion(const pb::ModelProto &model, llvm::StringRef domain);

/// The attribute of `node` that is called `name`; null when it has none.
const pb::AttributeProto *findAttribute(const pb::NodeProto &node,
                                        llvm::StringRef name);
/// Its integer; `missing` when the node has none.
int64_t getInt(const pb::NodeProto &node, llvm::StringRef name,
               int64_t missing);

inline bool isDefaultDomain(llvm::StringRef domain) {
  return domain.empty() || domain == "ai.onnx";
}

/// What an exception of the onnx library says to a user: without the places in
/// the library's sources and the conditions that failed there.
std::string describeException(llvm::StringRef text);

/// Calls a function that may throw; its exceptions become Model errors that
/// begin with `doing`.
template <typename Function>
llvm::Error catchErrors(llvm::StringRef doing, Function &&function) {
  try {
    function();
    return llvm::Error::success();
  } catch (const std::exception &exception) {
    return makeUserError(ExitCode::Model,
                         doing + ": " + describeException(exception.what()));
  }
}

/// Calls `visit` on the nodes of a graph and of its subgraphs, outer first;
/// `Graph` is a GraphProto or a FunctionProto.
template <typename Graph, typename Visit>
void visitNodes(Graph &graph, Visit &&visit) {
  for (pb::NodeProto &node : *graph.mutable_node()) {
    visit(node);
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        visitNodes(*attribute.mutable_g(), visit);
      for (pb::GraphProto &body : *attribute.mutable_graphs())
        visitNodes(body, visit);
    }
  }
}

/// Gives the nodes of a graph or function unique names: their own, the first of
/// several that have it, so that a name means the node that the user knows by
/// it; else their first output's or operator's, with a number where that is
/// taken. Control characters are escaped.
template <typename Graph>
void nameNodes(Graph &graph) {
  llvm::StringSet<> taken;
  std::vector<bool> keepsName;
  visitNodes(graph, [&](pb::NodeProto &node) {
    if (!node.name().empty())
      node.set_name(escapeControlCharacters(node.name()));
    keepsName.push_back(!node.name().empty() &&
                        taken.insert(node.name()).second);
  });
  llvm::StringMap<unsigned> numbers; // the last one of a name
  size_t index = 0;
  visitNodes(graph, [&](pb::NodeProto &node) {
    if (keepsName[index++])
      return;
    std::string name = node.name();
    for (const std::string &output : node.output())
      if (name.empty())
        name = output;
    if (name.empty())
      name = node.op_type();
    name = escapeControlCharacters(name);
    std::string unique = name;
    while (!taken.insert(unique).second)
      unique = name + "_" + std::to_string(++numbers[name]);
    node.set_name(unique);
  });
}

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_LOADEDMODEL_H
