//===- LoadModel.cpp - From an ONNX file to a LoadedModel -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"
#include "LoadedModel.h"

#include "ProtoScan.h"
#include "onnx/common/constants.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

using namespace llvm;

namespace garam::onnx {
namespace {

Expected<std::shared_ptr<MemoryBuffer>> mapFile(StringRef path) {
  sys::fs::file_status status;
  if (sys::fs::status(path, status) || !sys::fs::exists(status))
    return makeUserError(ExitCode::Model, "the file does not exist");
  if (sys::fs::is_directory(status))
    return makeUserError(ExitCode::Model, "this is a directory, not a model");
  // A device or a pipe has no end to read to.
  if (!sys::fs::is_regular_file(status))
    return makeUserError(ExitCode::Model, "this is not a regular file");
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeUserError(ExitCode::Model, "cannot read the file: " +
                                              buffer.getError().message());
  if ((*buffer)->getBufferSize() == 0)
    return makeUserError(ExitCode::Model, "the file is empty");
  return std::shared_ptr<MemoryBuffer>(std::move(*buffer));
}

Error parseProto(StringRef bytes, pb::ModelProto &proto) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(),
                                                int(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&stream);
  bool parsed = false;
  if (Error error = catchErrors("not a valid ONNX file", [&] {
        parsed =
            proto.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
      }))
    return error;
  if (!parsed || !proto.has_graph())
    return makeUserError(ExitCode::Model,
                         parsed ? "not a valid ONNX file: it has no graph"
                                : "not a valid ONNX file: a message in it is "
                                  "damaged");
  return Error::success();
}

/// IR version 3 (ONNX 1.0) is the first with operator sets; versions below
/// were never released.
Error checkVersions(const pb::ModelProto &proto) {
  constexpr int64_t kOldest = 3;
  constexpr int64_t kNewest = pb::IR_VERSION;
  if (proto.ir_version() < kOldest || proto.ir_version() > kNewest)
    return makeUserError(
        ExitCode::Model,
        "the file has IR version " + Twine(proto.ir_version()) + ", versions " +
            Twine(kOldest) + " to " + Twine(kNewest) +
            " are supported; save it again with a matching version of onnx");
  return Error::success();
}

/// Takes the data of a large initializer, which becomes a weight and an input
/// of the graph. Small ones stay as they are.
Error takeInitializer(LoadedModel &model, pb::TensorProto &tensor,
                      bool &taken) {
  taken = false;
  if (tensor.data_type() == pb::TensorProto::STRING)
    return Error::success();
  Expected<WeightRef> data = model.tensors->load(tensor);
  if (!data)
    return data.takeError();
  if (data->bytes.size() <= kMaxInlineBytes)
    return Error::success();
  taken = true;
  Weight &weight = model.weights[tensor.name()];
  weight.elementType = tensor.data_type();
  weight.shape.assign(tensor.dims().begin(), tensor.dims().end());
  weight.data = *data;
  return Error::success();
}

/// Initializers may also be inputs (with IR version 3 they must): defaults that
/// a caller of onnxruntime may replace. Here they are constants of the binary,
/// which are folded, and converted for the devices, when it is compiled.
void removeInitializedInputs(pb::GraphProto &graph,
                             const StringSet<> &initializers) {
  auto *inputs = graph.mutable_input();
  int kept = 0;
  for (int i = 0; i < inputs->size(); ++i)
    if (!initializers.contains(inputs->Get(i).name()))
      inputs->SwapElements(kept++, i);
  inputs->DeleteSubrange(kept, inputs->size() - kept);
}

Error takeWeights(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
  if (graph.sparse_initializer_size() > 0)
    return makeUserError(ExitCode::Model,
                         "initializer '" +
                             graph.sparse_initializer(0).values().name() +
                             "' is sparse, which is not supported; make it "
                             "dense");
  StringSet<> names;
  std::vector<std::string> taken;
  auto *initializers = graph.mutable_initializer();
  int kept = 0;
  for (int i = 0; i < initializers->size(); ++i) {
    pb::TensorProto &tensor = *initializers->Mutable(i);
    if (tensor.name().empty())
      return makeUserError(ExitCode::Model,
                           "initializer " + Twine(i) +
                               " has no name, needed one; hint: nodes read it "
                               "by its name");
    if (!names.insert(tensor.name()).second)
      return makeUserError(ExitCode::Model, "two initializers have the name '" +
                                                tensor.name() + "'");
    bool isTaken;
    if (Error error = takeInitializer(model, tensor, isTaken))
      return error;
    if (isTaken)
      taken.push_back(tensor.name());
    else
      initializers->SwapElements(kept++, i);
  }
  initializers->DeleteSubrange(kept, initializers->size() - kept);
  removeInitializedInputs(graph, names);
  for (const std::string &name : taken)
    addWeightInput(graph, name, model.weights[name]);
  // What is left may rely on newer rules only: initializers need not be inputs.
  model.proto.set_ir_version(pb::IR_VERSION);
  return visitTensors(model.proto, [&](pb::TensorProto &tensor) {
    return model.tensors->normalize(tensor);
  });
}

/// Both "" and "ai.onnx" name the default domain; from here on it is "".
void normalizeDomains(pb::ModelProto &proto) {
  for (pb::OperatorSetIdProto &opset : *proto.mutable_opset_import())
    if (isDefaultDomain(opset.domain()))
      opset.set_domain("");
  for (pb::FunctionProto &function : *proto.mutable_functions())
    for (pb::OperatorSetIdProto &opset : *function.mutable_opset_import())
      if (isDefaultDomain(opset.domain()))
        opset.set_domain("");
  auto normalize = [](pb::NodeProto &node) {
    if (isDefaultDomain(node.domain()))
      node.clear_domain();
  };
  visitNodes(*proto.mutable_graph(), normalize);
  for (pb::FunctionProto &function : *proto.mutable_functions())
    visitNodes(function, normalize);
}

/// Moves the operators that onnxruntime's tools write into the default domain,
/// which has no such ones, to the domain of the tools. `owner`, a model or a
/// function, imports what the nodes of `graph` are of.
template <typename Owner, typename Graph>
void adoptStrayOperators(Owner &owner, Graph &graph) {
  bool hasStrays = false;
  visitNodes(graph, [&](pb::NodeProto &node) {
    if (!node.domain().empty() || !isStrayOperator(node.op_type()))
      return;
    node.set_domain(kContribDomain);
    hasStrays = true;
  });
  bool isImported = any_of(owner.opset_import(), [](const auto &opset) {
    return opset.domain() == kContribDomain;
  });
  if (!hasStrays || isImported)
    return;
  pb::OperatorSetIdProto *opset = owner.add_opset_import();
  opset->set_domain(kContribDomain);
  opset->set_version(1);
}

} // namespace

void addWeightInput(pb::GraphProto &graph, StringRef name,
                    const Weight &weight) {
  pb::ValueInfoProto *input = graph.add_input();
  input->set_name(name.str());
  auto *type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(weight.elementType);
  type->mutable_shape();
  for (int64_t dim : weight.shape)
    type->mutable_shape()->add_dim()->set_dim_value(dim);
}

Expected<LoadedModel> parseModel(StringRef path,
                                 std::shared_ptr<MemoryBuffer> bytes) {
  if (!bytes)
    if (Error error = mapFile(path).moveInto(bytes))
      return std::move(error);
  Expected<SlimModel> slim = scanModel(bytes->getBuffer());
  if (!slim)
    return slim.takeError();
  if (slim->bytes.size() > INT32_MAX)
    return makeUserError(ExitCode::Model,
                         "the model is larger than 2 GiB without its weights");
  LoadedModel model;
  model.fileName = sys::path::filename(path).str();
  if (Error error = parseProto(slim->bytes, model.proto))
    return std::move(error);
  if (Error error = checkVersions(model.proto))
    return std::move(error);
  model.tensors =
      std::make_unique<TensorStore>(bytes, std::move(slim->payloads), path);
  normalizeDomains(model.proto);
  adoptStrayOperators(model.proto, *model.proto.mutable_graph());
  for (pb::FunctionProto &function : *model.proto.mutable_functions())
    adoptStrayOperators(function, function);
  if (Error error = takeWeights(model))
    return std::move(error);
  return model;
}

/// Where a node keeps its origin: among its metadata, which onnx carries along.
static constexpr char kOriginKey[] = "garam.origin";

std::string getOrigin(const pb::NodeProto &node) {
  for (const pb::StringStringEntryProto &entry : node.metadata_props())
    if (entry.key() == kOriginKey)
      return entry.value();
  return node.name();
}

void setOrigin(pb::NodeProto &node, const std::string &origin) {
  node.clear_metadata_props();
  pb::StringStringEntryProto *entry = node.add_metadata_props();
  entry->set_key(kOriginKey);
  entry->set_value(origin);
}

StringSet<> listValueNames(pb::GraphProto &graph) {
  StringSet<> names;
  auto addGiven = [&](const pb::GraphProto &part) {
    for (const pb::ValueInfoProto &input : part.input())
      names.insert(input.name());
    for (const pb::TensorProto &tensor : part.initializer())
      names.insert(tensor.name());
  };
  addGiven(graph);
  visitNodes(graph, [&](pb::NodeProto &node) {
    names.insert(node.output().begin(), node.output().end());
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      addGiven(attribute.g());
      for (const pb::GraphProto &body : attribute.graphs())
        addGiven(body);
    }
  });
  return names;
}

std::string takeName(StringSet<> &taken, const std::string &name) {
  std::string unique = name;
  for (unsigned k = 1; !taken.insert(unique).second; ++k)
    unique = name + "_" + std::to_string(k);
  return unique;
}

void separateNames(pb::GraphProto &graph) {
  StringSet<> taken;
  auto isOwn = [](const pb::NodeProto &node) {
    return getOrigin(node) == node.name();
  };
  visitNodes(graph, [&](pb::NodeProto &node) {
    if (isOwn(node))
      taken.insert(node.name());
  });
  StringMap<unsigned> numbers; // the last one of a name
  visitNodes(graph, [&](pb::NodeProto &node) {
    if (isOwn(node))
      return;
    std::string unique = node.name();
    while (!taken.insert(unique).second)
      unique = node.name() + "_" + std::to_string(++numbers[node.name()]);
    node.set_name(unique);
  });
}

void recordNodes(LoadedModel &model) {
  visitNodes(*model.proto.mutable_graph(), [&](pb::NodeProto &node) {
    model.nodes.try_emplace(
        node.name(), NodeOrigin{node.op_type(),
                                getOpsetVersion(model.proto, node.domain())});
  });
}

DiagnosedNode describeNode(
    const pb::NodeProto &node,
    const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &opsets,
    StringRef place) {
  DiagnosedNode described{node.name(), escapeControlCharacters(node.op_type()),
                          std::nullopt, /*detail=*/""};
  for (const pb::OperatorSetIdProto &opset : opsets)
    if (opset.domain() == node.domain())
      described.opset = opset.version();
  if (!node.domain().empty())
    described.detail = ", domain " + escapeControlCharacters(node.domain());
  described.detail += escapeControlCharacters(place);
  return described;
}

DiagnosedNode describeOrigin(const LoadedModel &model,
                             const pb::NodeProto &node) {
  std::string origin = getOrigin(node);
  DiagnosedNode described{origin, node.op_type(), std::nullopt, /*detail=*/""};
  if (auto known = model.nodes.find(origin); known != model.nodes.end()) {
    described.op = known->second.opType;
    described.opset = known->second.opset;
  }
  return described;
}

std::string describeException(StringRef text) {
  // "FILE:LINE: FUNCTION: Assertion `CONDITION` failed: WHAT", each part but
  // the last for the library's authors.
  static constexpr StringLiteral failed = "` failed: ";
  size_t end = text.find("Assertion `") == StringRef::npos ? StringRef::npos
                                                           : text.find(failed);
  if (end != StringRef::npos &&
      !text.substr(end + failed.size()).trim().empty())
    return text.substr(end + failed.size()).trim().str();
  Regex place("(/[^ :]*/)?[A-Za-z_0-9]+\\.(cc|cpp|h):[0-9]+: ");
  std::string result = text.trim().str();
  while (place.match(result))
    result = place.sub("", result);
  // How the checker begins what it says of the place: a message is a line.
  static constexpr StringLiteral context = "\n\n==> Context: ";
  for (size_t at; (at = result.find(context)) != std::string::npos;)
    result.replace(at, context.size(), "; ");
  return result;
}

const pb::AttributeProto *findAttribute(const pb::NodeProto &node,
                                        StringRef name) {
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

int64_t getInt(const pb::NodeProto &node, StringRef name, int64_t missing) {
  const pb::AttributeProto *attribute = findAttribute(node, name);
  return attribute ? attribute->i() : missing;
}

int getOpsetVersion(const pb::ModelProto &model, StringRef domain) {
  for (const pb::OperatorSetIdProto &opset : model.opset_import())
    if (opset.domain() == domain)
      return int(opset.version());
  return 0;
}

Expected<LoadedModel> loadModel(StringRef path,
                                std::shared_ptr<MemoryBuffer> bytes,
                                const ImportOptions &options) {
  Expected<LoadedModel> model = parseModel(path, std::move(bytes));
  if (!model)
    return model.takeError();
  using Step = Error (*)(LoadedModel &);
  if (Error error = checkModel(*model))
    return std::move(error);
  if (Error error = bindShapes(*model, options))
    return std::move(error);
  for (Step step : {convertModel, inferTypes, expandFunctions, foldSequences})
    if (Error error = step(*model))
      return std::move(error);
  if (Error error = checkTypes(*model))
    return std::move(error);
  separateNames(*model->proto.mutable_graph());
  return model;
}

} // namespace garam::onnx
