//===- ImageBuilder.cpp - From placed IR to a device binary ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"

#include "garam/Container/StepChecker.h"
#include "garam/Support/Errors.h"
#include "garam/Support/Version.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral unsignedAttrName = "onnx.unsigned";
static constexpr llvm::StringLiteral modelAttrName = "onnx.model";

static std::optional<DataType> getDataType(Type type, bool isUnsigned) {
  if (type.isF16())
    return DataType::Float16;
  if (type.isBF16())
    return DataType::BFloat16;
  if (type.isF32())
    return DataType::Float32;
  if (type.isF64())
    return DataType::Float64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  isUnsigned |= integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DataType::Bool;
  case 8:
    return isUnsigned ? DataType::UInt8 : DataType::Int8;
  case 16:
    return isUnsigned ? DataType::UInt16 : DataType::Int16;
  case 32:
    return isUnsigned ? DataType::UInt32 : DataType::Int32;
  case 64:
    return isUnsigned ? DataType::UInt64 : DataType::Int64;
  default:
    return std::nullopt;
  }
}

namespace {

/// Builds the manifest of one module.
class ImageBuilder {
public:
  ImageBuilder(ModuleOp module, std::vector<CompiledExecutable> executables)
      : module(module), executables(std::move(executables)) {}

  llvm::Expected<ImageSource> build();

private:
  llvm::Error addEntryPoint(func::FuncOp function);
  void addDevice(DeviceTargetAttrInterface target);
  llvm::Error addDispatch(hetero::DispatchOp dispatch, EntryPoint &entry);
  llvm::Expected<Binding> makeBinding(Type type, DictionaryAttr attrs,
                                      Value value);
  uint32_t addSegment(const DeviceSegment &segment);
  uint32_t getSegment(Value value, const DeviceSegment &segment);
  void addNodes();

  ModuleOp module;
  std::vector<CompiledExecutable> executables;
  ImageSource source;
  /// The segment that holds a tensor of the host function.
  llvm::DenseMap<Value, uint32_t> segments;
  uint64_t constantBytes = 0;
};

} // namespace

uint32_t ImageBuilder::addSegment(const DeviceSegment &segment) {
  ImageSegment entry{segment, /*offset=*/0};
  if (segment.role == MemoryRole::Constant) {
    entry.offset = llvm::alignTo(constantBytes, sectionAlignment);
    constantBytes = entry.offset + segment.size;
  }
  source.manifest.segments.push_back(std::move(entry));
  return source.manifest.segments.size() - 1;
}

uint32_t ImageBuilder::getSegment(Value value, const DeviceSegment &segment) {
  auto [position, isNew] = segments.try_emplace(value, 0);
  if (isNew)
    position->second = addSegment(segment);
  return position->second;
}

/// The device that all programs run on.
void ImageBuilder::addDevice(DeviceTargetAttrInterface target) {
  ImageDevice device;
  device.name = target.getTargetName().str();
  device.kind = target.getDeviceKind().str();
  device.target = device.name;
  device.section = (".garam.target." + Twine(source.targetTexts.size())).str();
  source.manifest.target = device.target;
  source.manifest.devices.push_back(std::move(device));
  source.targetTexts.push_back(target.getTargetText().str());
}

/// Adds the program that `dispatch` runs and binds its segments.
llvm::Error ImageBuilder::addDispatch(hetero::DispatchOp dispatch,
                                      EntryPoint &entry) {
  StringRef name = dispatch.getCallee().getRootReference().getValue();
  auto executable = llvm::find_if(executables, [&](auto &candidate) {
    return candidate.op && candidate.op.getSymName() == name;
  });
  if (executable == executables.end())
    return makeUserError(ExitCode::Model, "executable '" + name +
                                              "' is dispatched more than once");
  auto target = cast<DeviceTargetAttrInterface>(executable->op.getTarget());
  if (source.targetTexts.empty())
    addDevice(target);
  else if (source.targetTexts.front() != target.getTargetText())
    return makeUserError(ExitCode::Model,
                         "executable '" + name + "' is for target '" +
                             target.getTargetName() +
                             "', those before it are for another; one binary "
                             "holds the programs of one target");
  uint32_t number = source.programs.size();

  ImageProgram program;
  program.section =
      (".garam." + target.getDeviceKind() + "." + Twine(number) + ".program")
          .str();
  program.bound = executable->program.bound;
  program.estimatedSeconds = executable->program.estimatedSeconds;
  auto inputs = dispatch.getInputs();
  auto outputs = dispatch.getOutputs();
  size_t input = 0, output = 0;
  for (const DeviceSegment &segment : executable->program.segments) {
    if (segment.role == MemoryRole::Input && input < inputs.size())
      program.segments.push_back(getSegment(inputs[input++], segment));
    else if (segment.role == MemoryRole::Output && output < outputs.size())
      program.segments.push_back(getSegment(outputs[output++], segment));
    else
      program.segments.push_back(addSegment(segment));
  }
  if (input != inputs.size() || output != outputs.size())
    return makeUserError(ExitCode::Model,
                         "the program of '" + name + "' has segments for " +
                             Twine(input) + " inputs and " + Twine(output) +
                             " outputs, it has " + Twine(inputs.size()) +
                             " and " + Twine(outputs.size()));

  std::vector<uint32_t> after;
  if (!entry.steps.empty())
    after.push_back(entry.steps.size() - 1);
  entry.steps.push_back(Step::dispatch(number, std::move(after)));
  source.manifest.programs.push_back(std::move(program));
  source.programs.push_back(std::move(executable->program));
  executable->op = nullptr;
  return llvm::Error::success();
}

/// Of a tensor that the host quantises, the device's type becomes the storage
/// and the model's is float32.
static void readQuantization(DictionaryAttr attrs, Binding &binding) {
  auto attr = attrs ? attrs.getAs<DictionaryAttr>(hetero::quantizationAttrName)
                    : DictionaryAttr();
  if (!attr)
    return;
  HostQuantization quantization;
  quantization.storage =
      attr.contains("is_unsigned") ? DataType::UInt8 : DataType::Int8;
  quantization.scale = attr.getAs<FloatAttr>("scale").getValueAsDouble();
  quantization.zeroPoint = attr.getAs<IntegerAttr>("zero_point").getInt();
  binding.quantization = quantization;
  binding.type.type = DataType::Float32;
}

llvm::Expected<Binding>
ImageBuilder::makeBinding(Type type, DictionaryAttr attrs, Value value) {
  Binding binding;
  if (attrs)
    if (auto name = attrs.getAs<StringAttr>(nameAttrName))
      binding.name = name.str();
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<DataType> element;
  if (tensor && tensor.hasStaticShape())
    element = getDataType(tensor.getElementType(),
                          attrs && attrs.contains(unsignedAttrName));
  auto segment = segments.find(value);
  if (binding.name.empty() || !element || segment == segments.end())
    return makeUserError(
        ExitCode::Model,
        "an input or output has no name, no tensor type that a runtime can "
        "bind, or no segment");
  binding.type.type = *element;
  binding.type.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  binding.segment = segment->second;
  readQuantization(attrs, binding);
  return binding;
}

llvm::Error ImageBuilder::addEntryPoint(func::FuncOp function) {
  EntryPoint entry;
  entry.name = function.getName().str();
  for (hetero::DispatchOp dispatch : function.getOps<hetero::DispatchOp>())
    if (llvm::Error error = addDispatch(dispatch, entry))
      return error;

  for (BlockArgument argument : function.getArguments()) {
    // An input that no program reads still is an input.
    if (!segments.count(argument))
      segments[argument] = addSegment({MemoryRole::Input, 0, ""});
    llvm::Expected<Binding> binding =
        makeBinding(argument.getType(),
                    function.getArgAttrDict(argument.getArgNumber()), argument);
    if (!binding)
      return binding.takeError();
    DeviceSegment &segment = source.manifest.segments[binding->segment].segment;
    segment.size = std::max(segment.size, *getDeviceByteSize(*binding));
    entry.inputs.push_back(std::move(*binding));
  }
  Operation *terminator = function.front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands()) {
    llvm::Expected<Binding> binding = makeBinding(
        operand.get().getType(),
        function.getResultAttrDict(operand.getOperandNumber()), operand.get());
    if (!binding)
      return binding.takeError();
    if (source.manifest.segments[binding->segment].segment.role !=
        MemoryRole::Output)
      return makeUserError(ExitCode::Model,
                           "output '" + binding->name +
                               "' is an input; needed a tensor that a program "
                               "yields");
    entry.outputs.push_back(std::move(*binding));
  }
  source.manifest.entryPoints.push_back(std::move(entry));
  return llvm::Error::success();
}

/// Where each node of the model runs.
void ImageBuilder::addNodes() {
  auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName);
  NodeLabels labels = readNodeLabels(module);
  llvm::StringMap<StringRef> devices;
  for (const auto &[program, image] :
       llvm::zip(source.programs, source.manifest.programs))
    for (const std::string &id : program.debug.nodes)
      devices[id] = source.manifest.devices[image.device].name;
  if (!nodes)
    return;
  for (Attribute attr : nodes) {
    auto id = cast<StringAttr>(cast<ArrayAttr>(attr)[0]).getValue();
    const NodeLabel &label = labels[id];
    ImageNode node;
    node.id = id.str();
    node.op = label.op;
    node.opset = label.opset;
    node.device = devices.lookup(id).str();
    source.manifest.nodes.push_back(std::move(node));
  }
}

/// What a reader would refuse is a fault of ours.
static llvm::Error makeInternalError(llvm::Error error) {
  return llvm::createStringError(internalErrorPrefix +
                                 llvm::toString(std::move(error)));
}

llvm::Expected<ImageSource> ImageBuilder::build() {
  source.manifest.producer = getProducer();
  if (auto model = module->getAttrOfType<StringAttr>(modelAttrName))
    source.manifest.model = model.str();
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      if (llvm::Error error = addEntryPoint(function))
        return error;
  addNodes();
  std::vector<std::vector<DeviceSegment>> declared;
  for (const DeviceProgram &program : source.programs)
    declared.push_back(program.segments);
  if (llvm::Error error = checkManifest(source.manifest))
    return makeInternalError(std::move(error));
  if (llvm::Error error = checkSteps(source.manifest, declared))
    return makeInternalError(std::move(error));
  return std::move(source);
}

llvm::Expected<ImageSource>
buildImage(ModuleOp module, std::vector<CompiledExecutable> executables) {
  return ImageBuilder(module, std::move(executables)).build();
}

} // namespace garam
