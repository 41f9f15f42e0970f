//===- Manifest.cpp - The manifest section --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Image.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

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
  return object;
}

static json::Array toJSON(ArrayRef<Binding> bindings) {
  json::Array array;
  for (const Binding &binding : bindings)
    array.push_back(toJSON(binding));
  return array;
}

static json::Object toJSON(const ImageProgram &program) {
  return json::Object{
      {"device", program.device},
      {"target", program.target},
      {"section", program.section},
      {"segments", toJSON(program.segments)},
      {"estimate_s", program.estimatedSeconds},
      {"bound",
       json::Object{{"macs", program.bound.macs},
                    {"compute_s", program.bound.computeSeconds},
                    {"weight_bytes", program.bound.weightBytes},
                    {"peak_bytes_per_s", program.bound.peakBytesPerSecond}}}};
}

static json::Object toJSON(const ImageSegment &segment) {
  json::Object object{{"role", getName(segment.segment.role)},
                      {"size", segment.segment.size},
                      {"name", json::fixUTF8(segment.segment.name)}};
  if (segment.segment.role == MemoryRole::Constant)
    object["offset"] = segment.offset;
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
  json::Array entryPoints, programs, segments, nodes;
  for (const EntryPoint &entry : manifest.entryPoints)
    entryPoints.push_back(json::Object{{"name", entry.name},
                                       {"inputs", toJSON(entry.inputs)},
                                       {"outputs", toJSON(entry.outputs)},
                                       {"schedule", toJSON(entry.schedule)}});
  for (const ImageProgram &program : manifest.programs)
    programs.push_back(toJSON(program));
  for (const ImageSegment &segment : manifest.segments)
    segments.push_back(toJSON(segment));
  for (const ImageNode &node : manifest.nodes)
    nodes.push_back(toJSON(node));
  json::Value value = json::Object{{"producer", manifest.producer},
                                   {"model", json::fixUTF8(manifest.model)},
                                   {"options", std::move(options)},
                                   {"entry_points", std::move(entryPoints)},
                                   {"programs", std::move(programs)},
                                   {"segments", std::move(segments)},
                                   {"nodes", std::move(nodes)}};
  std::string text;
  raw_string_ostream os(text);
  json::OStream(os).value(value);
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Nesting of a manifest: root, list, entry point, bindings, binding, shape.
static constexpr unsigned maxNesting = 8;

/// LLVM's JSON parser recurses as deep as its text does.
static bool isNestingBounded(StringRef text) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > maxNesting)
        return false;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0;
    }
  }
  return true;
}

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

static bool fromJSON(const json::Value &value, Binding &binding,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  if (!map || !map.map("name", binding.name) ||
      !map.map("segment", binding.segment) ||
      !map.map("quantization", binding.quantization) ||
      !fromJSON(value, binding.type, path))
    return false;
  if (binding.quantization && binding.type.type != DataType::Float32) {
    path.field("type").report("expected float32, which the host quantises");
    return false;
  }
  return true;
}

static bool fromJSON(const json::Value &value, EntryPoint &entry,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("name", entry.name) &&
         map.map("inputs", entry.inputs) && map.map("outputs", entry.outputs) &&
         map.map("schedule", entry.schedule);
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
  return map && map.map("device", program.device) &&
         map.map("target", program.target) &&
         map.map("section", program.section) &&
         map.map("segments", program.segments) &&
         map.map("estimate_s", program.estimatedSeconds) &&
         map.map("bound", program.bound);
}

static bool fromJSON(const json::Value &value, ImageSegment &segment,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::string role;
  if (!map || !map.map("role", role) ||
      !map.map("size", segment.segment.size) ||
      !map.map("name", segment.segment.name) ||
      !map.mapOptional("offset", segment.offset))
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
      !map.map("model", manifest.model) || !map.map("options", options) ||
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

/// The runtime writes inputs and reads outputs: each lies in a segment for it.
static Error checkBindings(const Manifest &manifest, ArrayRef<Binding> bindings,
                           MemoryRole role) {
  for (const Binding &binding : bindings) {
    if (binding.segment >= manifest.segments.size())
      return fail("'" + binding.name + "' lies in segment " +
                  Twine(binding.segment) + " of " +
                  Twine(manifest.segments.size()));
    const DeviceSegment &segment = manifest.segments[binding.segment].segment;
    if (segment.role != role)
      return fail("the " + getName(role) + " '" + binding.name +
                  "' lies in segment " + Twine(binding.segment) +
                  ", whose role is " + getName(segment.role));
    if (*getDeviceByteSize(binding) > segment.size)
      return fail("'" + binding.name + "' (" + binding.type.str() +
                  ") does not fit its segment of " + Twine(segment.size) +
                  " bytes");
  }
  return Error::success();
}

/// No input overwrites another, and each is found by its name. Outputs may
/// share a segment: a model can yield one tensor twice.
static Error checkInputs(ArrayRef<Binding> inputs) {
  DenseMap<uint32_t, StringRef> owners;
  StringSet<> names;
  for (const Binding &input : inputs) {
    auto [owner, isNew] = owners.try_emplace(input.segment, input.name);
    if (!isNew)
      return fail("inputs '" + owner->second + "' and '" + input.name +
                  "' lie in one segment");
    if (!names.insert(input.name).second)
      return fail("two inputs have the name '" + input.name + "'");
  }
  return Error::success();
}

/// Every number refers to something that exists.
static Error check(const Manifest &manifest) {
  for (const EntryPoint &entry : manifest.entryPoints) {
    if (Error error = checkBindings(manifest, entry.inputs, MemoryRole::Input))
      return error;
    if (Error error = checkInputs(entry.inputs))
      return error;
    if (Error error =
            checkBindings(manifest, entry.outputs, MemoryRole::Output))
      return error;
    for (uint32_t program : entry.schedule)
      if (program >= manifest.programs.size())
        return fail("entry point '" + entry.name + "' runs program " +
                    Twine(program) + " of " + Twine(manifest.programs.size()));
  }
  for (const ImageProgram &program : manifest.programs)
    for (uint32_t segment : program.segments)
      if (segment >= manifest.segments.size())
        return fail("program '" + program.section + "' uses segment " +
                    Twine(segment) + " of " + Twine(manifest.segments.size()));
  if (manifest.entryPoints.empty())
    return fail("no entry point");
  return Error::success();
}

Expected<Manifest> parseManifest(StringRef text) {
  if (!isNestingBounded(text))
    return fail("nested deeper than " + Twine(maxNesting));
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return fail(toString(value.takeError()));
  Manifest manifest;
  json::Path::Root root("manifest");
  if (!fromJSON(*value, manifest, root))
    return root.getError();
  if (Error error = check(manifest))
    return error;
  return manifest;
}

bool isUsableScale(double scale) {
  auto single = static_cast<float>(scale);
  return std::isfinite(single) && single > 0;
}

bool isInStorage(int64_t zeroPoint, DataType storage) {
  return storage == DataType::Int8 ? isInt<8>(zeroPoint) : isUInt<8>(zeroPoint);
}

std::optional<uint64_t> getDeviceByteSize(const Binding &binding) {
  TensorType type = binding.type;
  if (binding.quantization)
    type.type = binding.quantization->storage;
  return getByteSize(type);
}

} // namespace garam
