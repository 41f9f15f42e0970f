//===- Manifest.cpp - The manifest section --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Manifest.h"
#include "garam/Support/JSONNesting.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace garam {

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static json::Array toJSON(ArrayRef<uint32_t> numbers) {
  json::Array array;
  for (uint32_t number : numbers)
    array.push_back(number);
  return array;
}

static json::Array toJSON(ArrayRef<std::string> texts) {
  json::Array array;
  for (const std::string &text : texts)
    array.push_back(json::fixUTF8(text));
  return array;
}

std::vector<const Binding *> listResults(const EntryPoint &entry) {
  StringSet<> counters;
  for (const Binding &output : entry.outputs) {
    if (output.counted)
      counters.insert(output.counted->counter);
    if (!output.sized.empty())
      counters.insert(output.sized);
  }
  std::vector<const Binding *> results;
  for (const Binding &output : entry.outputs)
    if (!counters.contains(output.name))
      results.push_back(&output);
  return results;
}

static json::Object toJSON(const Binding &binding) {
  json::Array shape;
  for (int64_t dim : binding.type.shape)
    shape.push_back(dim);
  json::Object object{{"name", json::fixUTF8(binding.name)},
                      {"type", getName(binding.type.type)},
                      {"shape", std::move(shape)},
                      {"segment", binding.segment}};
  if (const auto &quantization = binding.quantization)
    object["quantization"] =
        json::Object{{"storage", getName(quantization->storage)},
                     {"scale", quantization->scale},
                     {"zero_point", quantization->zeroPoint}};
  if (const auto &counted = binding.counted)
    object["counted"] = json::Object{{"dimension", counted->dimension},
                                     {"counter", counted->counter}};
  if (!binding.dimensions.empty())
    object["dimensions"] = toJSON(binding.dimensions);
  if (!binding.sized.empty())
    object["sized"] = json::fixUTF8(binding.sized);
  if (binding.isPadded)
    object["padded"] = true;
  return object;
}

static json::Array toJSON(ArrayRef<Binding> bindings) {
  json::Array array;
  for (const Binding &binding : bindings)
    array.push_back(toJSON(binding));
  return array;
}

static json::Object toJSON(const CarriedState &state) {
  return json::Object{{"input", toJSON(state.input)},
                      {"output", toJSON(state.output)}};
}

static StringLiteral getName(Step::Kind kind) {
  return kind == Step::Kind::Dispatch ? StringLiteral("dispatch")
                                      : StringLiteral("transfer");
}

static json::Object toJSON(const Step &step) {
  json::Object object{{"kind", getName(step.kind)},
                      {"after", toJSON(step.after)}};
  if (step.kind == Step::Kind::Dispatch) {
    object["program"] = step.program;
    object["device"] = step.device;
    object["segments"] = toJSON(step.segments);
    if (!step.nodes.empty())
      object["nodes"] = toJSON(step.nodes);
    return object;
  }
  object["from"] = step.from;
  object["to"] = step.to;
  object["bytes"] = step.bytes;
  object["links"] = toJSON(step.links);
  return object;
}

static json::Object toJSON(const Symbol &symbol) {
  return json::Object{{"name", json::fixUTF8(symbol.name)},
                      {"least", symbol.least},
                      {"most", symbol.most}};
}

template <typename T>
static json::Array listObjects(const std::vector<T> &elements) {
  json::Array array;
  for (const T &element : elements)
    array.push_back(toJSON(element));
  return array;
}

/// By their numbers.
static constexpr StringLiteral termKinds[] = {"constant", "symbol", "sum",
                                              "product", "quotient"};

static json::Object toJSON(const SizeTerm &term) {
  json::Object object{{"kind", termKinds[size_t(term.kind)]}};
  if (term.kind == SizeTerm::Kind::Constant ||
      term.kind == SizeTerm::Kind::Symbol) {
    object["value"] = term.value;
    return object;
  }
  object["left"] = term.left;
  object["right"] = term.right;
  return object;
}

static json::Object toJSON(const ComputedSize &size) {
  return json::Object{{"term", size.term}, {"name", json::fixUTF8(size.name)}};
}

static json::Object toJSON(const EqualSizes &condition) {
  return json::Object{{"terms", listObjects(condition.terms)},
                      {"left", toJSON(condition.left)},
                      {"right", toJSON(condition.right)},
                      {"node", json::fixUTF8(condition.node)}};
}

static json::Object toJSON(const EntryPoint &entry) {
  json::Array states;
  for (const CarriedState &state : entry.states)
    states.push_back(toJSON(state));
  json::Array steps;
  for (const Step &step : entry.steps)
    steps.push_back(toJSON(step));
  json::Object object{{"name", entry.name},
                      {"inputs", toJSON(entry.inputs)},
                      {"outputs", toJSON(entry.outputs)},
                      {"states", std::move(states)},
                      {"steps", std::move(steps)}};
  if (!entry.sizes)
    return object;
  object["symbols"] = listObjects(entry.symbols);
  if (!entry.conditions.empty())
    object["conditions"] = listObjects(entry.conditions);
  object["sizes"] = toJSON(*entry.sizes);
  return object;
}

static json::Object toJSON(const ImageDevice &device) {
  return json::Object{{"name", json::fixUTF8(device.name)},
                      {"kind", json::fixUTF8(device.kind)},
                      {"target", json::fixUTF8(device.target)},
                      {"section", device.section}};
}

static json::Object toJSON(const ImageLink &link) {
  return json::Object{{"name", json::fixUTF8(link.name)},
                      {"between", toJSON(link.between)},
                      {"bytes_per_s", link.bytesPerSecond},
                      {"seconds", link.seconds},
                      {"joule_per_byte", link.joulePerByte}};
}

static json::Object toJSON(const ImageProgram &program) {
  return json::Object{
      {"section", program.section},
      {"target", program.target},
      {"estimate_s", program.estimatedSeconds},
      {"bound",
       json::Object{{"macs", program.bound.macs},
                    {"compute_s", program.bound.computeSeconds},
                    {"weight_bytes", program.bound.weightBytes},
                    {"peak_bytes_per_s", program.bound.peakBytesPerSecond}}}};
}

static json::Object toJSON(const ImageSegment &segment) {
  json::Object object{{"device", segment.device},
                      {"role", getName(segment.segment.role)},
                      {"size", segment.segment.size},
                      {"name", json::fixUTF8(segment.segment.name)}};
  if (segment.segment.role == MemoryRole::Constant)
    object["offset"] = segment.offset;
  if (segment.value)
    object["value"] = *segment.value;
  return object;
}

static json::Object toJSON(const ImageNode &node) {
  return json::Object{{"id", json::fixUTF8(node.id)},
                      {"op", json::fixUTF8(node.op)},
                      {"opset", node.opset},
                      {"device", node.device},
                      {"reason", json::fixUTF8(node.reason)}};
}

std::string serializeManifest(const Manifest &manifest) {
  json::Object options;
  for (const auto &[name, value] : manifest.options)
    options[name] = json::fixUTF8(value);
  json::Value value =
      json::Object{{"producer", manifest.producer},
                   {"model", json::fixUTF8(manifest.model)},
                   {"target", json::fixUTF8(manifest.target)},
                   {"options", std::move(options)},
                   {"devices", listObjects(manifest.devices)},
                   {"links", listObjects(manifest.links)},
                   {"entry_points", listObjects(manifest.entryPoints)},
                   {"programs", listObjects(manifest.programs)},
                   {"segments", listObjects(manifest.segments)},
                   {"nodes", listObjects(manifest.nodes)}};
  std::string text;
  raw_string_ostream os(text);
  json::OStream(os).value(value);
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Nesting of a manifest: root, list, entry point, states, state, binding,
/// shape.
static constexpr unsigned maxNesting = 8;

static bool fromJSON(const json::Value &value, TensorType &type,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::string name;
  std::vector<int64_t> shape;
  if (!map || !map.map("type", name) || !map.map("shape", shape))
    return false;
  std::optional<DataType> parsed = parseDataType(name);
  if (!parsed) {
    path.field("type").report("unknown element type");
    return false;
  }
  type.type = *parsed;
  type.shape.assign(shape.begin(), shape.end());
  if (!getByteSize(type)) {
    path.field("shape").report("not a shape");
    return false;
  }
  return true;
}

static bool fromJSON(const json::Value &value, HostQuantization &quantization,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::string storage;
  if (!map || !map.map("storage", storage) ||
      !map.map("scale", quantization.scale) ||
      !map.map("zero_point", quantization.zeroPoint))
    return false;
  std::optional<DataType> parsed = parseDataType(storage);
  if (!parsed || (*parsed != DataType::Int8 && *parsed != DataType::UInt8)) {
    path.field("storage").report("expected int8 or uint8");
    return false;
  }
  quantization.storage = *parsed;
  if (!isUsableScale(quantization.scale)) {
    path.field("scale").report("expected a finite number above 0");
    return false;
  }
  if (!isInStorage(quantization.zeroPoint, *parsed)) {
    path.field("zero_point").report("outside of the storage type");
    return false;
  }
  return true;
}

static bool fromJSON(const json::Value &value, CountedDimension &counted,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("dimension", counted.dimension) &&
         map.map("counter", counted.counter);
}

static bool fromJSON(const json::Value &value, Binding &binding,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  if (!map || !map.map("name", binding.name) ||
      !map.map("segment", binding.segment) ||
      !map.map("quantization", binding.quantization) ||
      !map.map("counted", binding.counted) ||
      !map.mapOptional("dimensions", binding.dimensions) ||
      !map.mapOptional("sized", binding.sized) ||
      !map.mapOptional("padded", binding.isPadded) ||
      !fromJSON(value, binding.type, path))
    return false;
  if (binding.quantization && binding.type.type != DataType::Float32) {
    path.field("type").report("expected float32, which the host quantises");
    return false;
  }
  return true;
}

static bool fromJSON(const json::Value &value, CarriedState &state,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("input", state.input) &&
         map.map("output", state.output);
}

static bool fromJSON(const json::Value &value, Step &step, json::Path path) {
  json::ObjectMapper map(value, path);
  std::string kind;
  if (!map || !map.map("kind", kind) || !map.map("after", step.after))
    return false;
  if (kind == getName(Step::Kind::Dispatch))
    return map.map("program", step.program) && map.map("device", step.device) &&
           map.map("segments", step.segments) &&
           map.mapOptional("nodes", step.nodes);
  if (kind != getName(Step::Kind::Transfer)) {
    path.field("kind").report("expected dispatch or transfer");
    return false;
  }
  step.kind = Step::Kind::Transfer;
  return map.map("from", step.from) && map.map("to", step.to) &&
         map.map("bytes", step.bytes) && map.map("links", step.links);
}

static bool fromJSON(const json::Value &value, ImageDevice &device,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("name", device.name) && map.map("kind", device.kind) &&
         map.map("target", device.target) && map.map("section", device.section);
}

static bool fromJSON(const json::Value &value, ImageLink &link,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::vector<uint32_t> between;
  if (!map || !map.map("name", link.name) || !map.map("between", between) ||
      !map.map("bytes_per_s", link.bytesPerSecond) ||
      !map.map("seconds", link.seconds) ||
      !map.map("joule_per_byte", link.joulePerByte))
    return false;
  if (between.size() != link.between.size()) {
    path.field("between").report("expected two numbers of devices");
    return false;
  }
  copy(between, link.between.begin());
  return true;
}

static bool fromJSON(const json::Value &value, Symbol &symbol,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("name", symbol.name) &&
         map.map("least", symbol.least) && map.map("most", symbol.most);
}

static bool fromJSON(const json::Value &value, SizeTerm &term,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::string kind;
  if (!map || !map.map("kind", kind))
    return false;
  const StringLiteral *found = find(termKinds, kind);
  if (found == std::end(termKinds)) {
    path.field("kind").report(
        "expected constant, symbol, sum, product or quotient");
    return false;
  }
  term.kind = static_cast<SizeTerm::Kind>(found - termKinds);
  if (term.kind == SizeTerm::Kind::Constant ||
      term.kind == SizeTerm::Kind::Symbol)
    return map.map("value", term.value);
  return map.map("left", term.left) && map.map("right", term.right);
}

static bool fromJSON(const json::Value &value, ComputedSize &size,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("term", size.term) && map.map("name", size.name);
}

static bool fromJSON(const json::Value &value, EqualSizes &condition,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("terms", condition.terms) &&
         map.map("left", condition.left) && map.map("right", condition.right) &&
         map.map("node", condition.node);
}

static bool fromJSON(const json::Value &value, EntryPoint &entry,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("name", entry.name) &&
         map.map("inputs", entry.inputs) && map.map("outputs", entry.outputs) &&
         map.map("states", entry.states) && map.map("steps", entry.steps) &&
         map.mapOptional("symbols", entry.symbols) &&
         map.mapOptional("conditions", entry.conditions) &&
         map.map("sizes", entry.sizes);
}

static bool fromJSON(const json::Value &value, LowerBound &bound,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("macs", bound.macs) &&
         map.map("compute_s", bound.computeSeconds) &&
         map.map("weight_bytes", bound.weightBytes) &&
         map.map("peak_bytes_per_s", bound.peakBytesPerSecond);
}

static bool fromJSON(const json::Value &value, ImageProgram &program,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("section", program.section) &&
         map.map("target", program.target) &&
         map.map("estimate_s", program.estimatedSeconds) &&
         map.map("bound", program.bound);
}

static bool fromJSON(const json::Value &value, ImageSegment &segment,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::string role;
  if (!map || !map.map("device", segment.device) || !map.map("role", role) ||
      !map.map("size", segment.segment.size) ||
      !map.map("name", segment.segment.name) ||
      !map.mapOptional("offset", segment.offset) ||
      !map.map("value", segment.value))
    return false;
  for (unsigned i = 0; i < numMemoryRoles; ++i) {
    if (getName(static_cast<MemoryRole>(i)) != role)
      continue;
    segment.segment.role = static_cast<MemoryRole>(i);
    return true;
  }
  path.field("role").report("unknown role");
  return false;
}

static bool fromJSON(const json::Value &value, ImageNode &node,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("id", node.id) && map.map("op", node.op) &&
         map.map("opset", node.opset) && map.map("device", node.device) &&
         map.map("reason", node.reason);
}

static bool fromJSON(const json::Value &value, Manifest &manifest,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::map<std::string, std::string> options;
  if (!map || !map.map("producer", manifest.producer) ||
      !map.map("model", manifest.model) ||
      !map.map("target", manifest.target) || !map.map("options", options) ||
      !map.map("devices", manifest.devices) ||
      !map.map("links", manifest.links) ||
      !map.map("entry_points", manifest.entryPoints) ||
      !map.map("programs", manifest.programs) ||
      !map.map("segments", manifest.segments) ||
      !map.map("nodes", manifest.nodes))
    return false;
  manifest.options.assign(options.begin(), options.end());
  return true;
}

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), "manifest: " + message);
}

Expected<Manifest> parseManifest(StringRef text) {
  if (!isJSONNestingBounded(text, maxNesting))
    return fail("nested deeper than " + Twine(maxNesting));
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return fail(toString(value.takeError()));
  Manifest manifest;
  json::Path::Root root("manifest");
  if (!fromJSON(*value, manifest, root))
    return root.getError();
  if (Error error = checkManifest(manifest))
    return error;
  return manifest;
}

} // namespace garam
