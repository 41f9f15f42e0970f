//===- ImageBuilder.cpp - From placed IR to a device binary ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"

#include "SizeConditions.h"
#include "States.h"
#include "garam/Container/FoldPrograms.h"
#include "garam/Container/Instances.h"
#include "garam/Container/StepChecker.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Support/CountedSizes.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"
#include "garam/Support/SizeEqualities.h"
#include "garam/Support/Version.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

namespace {

/// Builds the manifest of one module.
class ImageBuilder {
public:
  ImageBuilder(ModuleOp module, MutableArrayRef<DeviceFunction> functions,
               StringRef file)
      : module(module), functions(functions), file(file) {}

  llvm::Expected<ImageSource> build();

private:
  llvm::Error addSystem();
  std::string getSection(const ImageDevice &device, StringRef text) const;
  llvm::Error addEntryPoint(func::FuncOp function);
  llvm::Error addDispatch(hetero::DispatchOp dispatch, EntryPoint &entry);
  llvm::Error addTransfer(hetero::TransferOp transfer, EntryPoint &entry);
  std::vector<uint32_t> getSteps(Operation *op) const;
  llvm::Expected<Binding> makeBinding(Type type, DictionaryAttr attrs,
                                      Value value);
  llvm::Error addStates(func::FuncOp function, EntryPoint &entry);
  uint32_t getTensorNumber(Value value);
  uint32_t addSegment(const DeviceSegment &segment, uint32_t device);
  uint32_t getSegment(Value value, uint32_t device, StringRef name,
                      uint64_t size);
  uint32_t getDevice(StringRef name) const;
  uint32_t getDevice(FlatSymbolRefAttr executable);
  void addNodes();
  llvm::Error check() const;
  llvm::Error blame(llvm::Error error, const Twine &what,
                    const Twine &hint) const;

  ModuleOp module;
  MutableArrayRef<DeviceFunction> functions;
  StringRef file; // of the placed IR, if it was read
  SymbolTableCollection tables;
  hetero::SystemAttr system;
  llvm::DenseMap<Operation *, DeviceFunction *> byFunction;
  ImageSource source;

  /// The tensor in whose place a kept state is, or the value itself.
  Value resolve(Value value) const {
    auto found = kept.find(value);
    return found == kept.end() ? value : found->second;
  }

  // Of the entry point that is being built.
  llvm::DenseMap<Value, Value> kept; // as findKeptStates
  /// The segment that holds a tensor of the host function.
  llvm::DenseMap<Value, uint32_t> segments;
  llvm::DenseMap<Value, uint32_t> tensors; // that transfers move, numbered
  llvm::SmallPtrSet<Value, 4> returned;
  llvm::DenseMap<Operation *, uint32_t> steps;
  uint64_t constantBytes = 0;
};

} // namespace

uint32_t ImageBuilder::addSegment(const DeviceSegment &segment,
                                  uint32_t device) {
  ImageSegment entry;
  entry.segment = segment;
  entry.device = device;
  if (segment.role == MemoryRole::Constant) {
    entry.offset = llvm::alignTo(constantBytes, sectionAlignment);
    constantBytes = entry.offset + segment.size;
  }
  source.manifest.segments.push_back(std::move(entry));
  return source.manifest.segments.size() - 1;
}

/// The segment of a tensor of the host function, of at least `size` bytes.
uint32_t ImageBuilder::getSegment(Value value, uint32_t device, StringRef name,
                                  uint64_t size) {
  value = resolve(value);
  auto [position, isNew] = segments.try_emplace(value, 0);
  if (isNew) {
    DeviceSegment segment;
    segment.role = isa<BlockArgument>(value)  ? MemoryRole::Input
                   : returned.contains(value) ? MemoryRole::Output
                                              : MemoryRole::Scratch;
    segment.name = name.str();
    position->second = addSegment(segment, device);
  }
  uint64_t &known = source.manifest.segments[position->second].segment.size;
  known = std::max(known, size);
  return position->second;
}

uint32_t ImageBuilder::getDevice(StringRef name) const {
  auto devices = system.getDevices();
  return llvm::find(devices, system.lookup(name)) - devices.begin();
}

/// The device of an executable; without one, the host.
uint32_t ImageBuilder::getDevice(FlatSymbolRefAttr executable) {
  if (!executable)
    return getDevice(system.getHome());
  auto op = cast<hetero::ExecutableOp>(
      SymbolTable::lookupSymbolIn(module.getOperation(), executable.getAttr()));
  return getDevice(*op.getDevice());
}

/// The section of the text of a device's target file; devices of one target
/// share one.
std::string ImageBuilder::getSection(const ImageDevice &device,
                                     StringRef text) const {
  llvm::StringSet<> sections;
  for (const auto &[other, otherText] :
       llvm::zip_equal(source.manifest.devices, source.targetTexts)) {
    if (other.kind == device.kind && other.target == device.target &&
        otherText == text)
      return other.section;
    sections.insert(other.section);
  }
  return (".garam.target." + Twine(sections.size())).str();
}

llvm::Error ImageBuilder::addSystem() {
  system = module->getAttrOfType<hetero::SystemAttr>(hetero::systemAttrName);
  if (!system)
    return makeUserError(ExitCode::Model,
                         "the module has no '" + hetero::systemAttrName + "'");
  source.manifest.target = system.getName().str();
  for (hetero::DeviceAttr attr : system.getDevices()) {
    auto target = cast<DeviceTargetAttrInterface>(attr.getTarget());
    ImageDevice device;
    device.name = attr.getName().str();
    device.kind = target.getDeviceKind().str();
    device.target = target.getTargetName().str();
    device.section = getSection(device, target.getTargetText());
    source.manifest.devices.push_back(std::move(device));
    source.targetTexts.push_back(target.getTargetText().str());
  }
  for (hetero::LinkAttr attr : system.getLinks()) {
    ImageLink link;
    link.name = (attr.getFirst() + "-" + attr.getSecond()).str();
    link.between = {getDevice(attr.getFirst()), getDevice(attr.getSecond())};
    link.bytesPerSecond = attr.getBytesPerSecond().getValueAsDouble();
    link.seconds = attr.getSeconds().getValueAsDouble();
    link.joulePerByte = attr.getJoulesPerByte().getValueAsDouble();
    source.manifest.links.push_back(std::move(link));
  }
  return llvm::Error::success();
}

/// The steps that make what `op` uses.
std::vector<uint32_t> ImageBuilder::getSteps(Operation *op) const {
  llvm::SetVector<uint32_t> numbers;
  for (Value operand : op->getOperands())
    if (auto step = steps.find(operand.getDefiningOp()); step != steps.end())
      numbers.insert(step->second);
  return {numbers.begin(), numbers.end()};
}

/// Bytes of a tensor in a device's memory; nothing when no runtime holds it.
static std::optional<uint64_t> getTensorBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  TensorType stored;
  std::optional<DataType> element =
      getDataType(tensor.getElementType(), /*isUnsigned=*/false);
  if (!element)
    return std::nullopt;
  stored.type = *element;
  stored.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  return getByteSize(stored);
}

/// Adds the program that `dispatch` runs and binds its segments.
llvm::Error ImageBuilder::addDispatch(hetero::DispatchOp dispatch,
                                      EntryPoint &entry) {
  func::FuncOp callee = dispatch.lookupCallee(tables);
  auto found = byFunction.find(callee);
  if (found == byFunction.end())
    return makeUserError(ExitCode::Model, "function '" + callee.getName() +
                                              "' is dispatched more than once");
  DeviceFunction &function = *found->second;
  byFunction.erase(found);
  uint32_t number = source.programs.size();

  uint32_t device = getDevice(*function.executable.getDevice());
  ImageProgram program;
  program.target = source.manifest.devices[device].section;
  program.section = (".garam." + function.getTarget().getDeviceKind() + "." +
                     Twine(number) + ".program")
                        .str();
  program.bound = function.program.bound;
  program.estimatedSeconds = function.program.estimatedSeconds;
  auto inputs = dispatch.getInputs();
  auto outputs = dispatch.getOutputs();
  std::vector<uint32_t> bound;
  size_t input = 0, output = 0;
  for (const DeviceSegment &segment : function.program.segments) {
    Value value;
    if (segment.role == MemoryRole::Input && input < inputs.size())
      value = inputs[input++];
    else if (segment.role == MemoryRole::Output && output < outputs.size())
      value = outputs[output++];
    bound.push_back(value
                        ? getSegment(value, device, segment.name, segment.size)
                        : addSegment(segment, device));
  }
  if (input != inputs.size() || output != outputs.size())
    return makeUserError(ExitCode::Model,
                         "the program of '" + callee.getName() +
                             "' has segments for " + Twine(input) +
                             " inputs and " + Twine(output) +
                             " outputs, it has " + Twine(inputs.size()) +
                             " and " + Twine(outputs.size()));

  steps[dispatch] = entry.steps.size();
  entry.steps.push_back(
      Step::dispatch(number, device, std::move(bound), getSteps(dispatch)));
  source.manifest.programs.push_back(std::move(program));
  source.programs.push_back(std::move(function.program));
  return llvm::Error::success();
}

/// The number of the tensor that `value` is, or is a copy of.
uint32_t ImageBuilder::getTensorNumber(Value value) {
  while (auto transfer = value.getDefiningOp<hetero::TransferOp>())
    value = transfer.getInput();
  return tensors.try_emplace(value, tensors.size()).first->second;
}

/// The name of an input; empty for other values.
static StringRef getArgumentName(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    if (auto name = function.getArgAttrOfType<StringAttr>(
            argument.getArgNumber(), valueNameAttrName))
      return name.getValue();
  }
  return "";
}

/// The name of what a transfer moves, as far as it has one.
static std::string getTensorName(hetero::TransferOp transfer) {
  if (std::optional<NodeValue> value = getNodeValue(transfer.getLoc()))
    return value->name;
  return getArgumentName(transfer.getInput()).str();
}

llvm::Error ImageBuilder::addTransfer(hetero::TransferOp transfer,
                                      EntryPoint &entry) {
  std::optional<uint64_t> bytes = getTensorBytes(transfer.getInput().getType());
  if (!bytes) {
    std::string type;
    llvm::raw_string_ostream(type) << transfer.getInput().getType();
    return makeUserError(ExitCode::Model, "a tensor of type " + type +
                                              " cannot move between devices");
  }
  uint32_t from = getDevice(transfer.getSourceAttr());
  uint32_t to = getDevice(transfer.getDestinationAttr());
  std::string name = getTensorName(transfer);
  uint32_t source = getSegment(transfer.getInput(), from, name, *bytes);
  uint32_t destination = getSegment(transfer.getResult(), to, name, *bytes);
  auto getName = [&](uint32_t device) {
    return system.getDevices()[device].getName();
  };
  SmallVector<unsigned> route = system.getRoute(getName(from), getName(to));
  this->source.manifest.segments[source].value =
      this->source.manifest.segments[destination].value =
          getTensorNumber(transfer.getResult());
  steps[transfer] = entry.steps.size();
  entry.steps.push_back(Step::transfer(
      source, destination, *bytes,
      std::vector<uint32_t>(route.begin(), route.end()), getSteps(transfer)));
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

static void readCounted(DictionaryAttr attrs, Binding &binding) {
  auto attr =
      attrs ? attrs.getAs<DictionaryAttr>(countedAttrName) : DictionaryAttr();
  if (attr)
    binding.counted = {uint32_t(attr.getAs<IntegerAttr>("dimension").getInt()),
                       attr.getAs<StringAttr>("counter").str()};
}

static void readSized(DictionaryAttr attrs, Binding &binding) {
  if (!attrs)
    return;
  if (auto names = attrs.getAs<ArrayAttr>(dimensionsAttrName))
    for (auto name : names.getAsRange<StringAttr>())
      binding.dimensions.push_back(name.str());
  if (auto sized = attrs.getAs<StringAttr>(sizedAttrName))
    binding.sized = sized.str();
  binding.isPadded = attrs.contains(paddedAttrName);
}

llvm::Expected<Binding>
ImageBuilder::makeBinding(Type type, DictionaryAttr attrs, Value value) {
  Binding binding;
  if (attrs)
    if (auto name = attrs.getAs<StringAttr>(valueNameAttrName))
      binding.name = name.str();
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<DataType> element;
  if (tensor && tensor.hasStaticShape())
    element = getInterfaceType(tensor.getElementType(), attrs);
  auto segment = segments.find(resolve(value));
  if (binding.name.empty() || !element || segment == segments.end())
    return makeUserError(
        ExitCode::Model,
        "an input or output has no name, no tensor type that a runtime can "
        "bind, or no segment");
  binding.type.type = *element;
  binding.type.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  binding.segment = segment->second;
  readQuantization(attrs, binding);
  readCounted(attrs, binding);
  readSized(attrs, binding);
  if (!getDeviceByteSize(binding))
    return makeUserError(ExitCode::Model,
                         "'" + binding.name + "' (" + binding.type.str() +
                             ") has more bytes than can be counted");
  return binding;
}

llvm::Error ImageBuilder::addEntryPoint(func::FuncOp function) {
  EntryPoint entry;
  entry.name = function.getName().str();
  segments.clear();
  tensors.clear();
  returned.clear();
  steps.clear();
  kept = findKeptStates(function, [&](FlatSymbolRefAttr executable) {
    return getDevice(executable);
  });
  for (Value value : function.front().getTerminator()->getOperands())
    returned.insert(resolve(value));
  for (Operation &op : function.front()) {
    llvm::Error error = llvm::Error::success();
    if (auto dispatch = dyn_cast<hetero::DispatchOp>(op))
      error = addDispatch(dispatch, entry);
    else if (auto transfer = dyn_cast<hetero::TransferOp>(op);
             transfer && !kept.contains(transfer.getResult()))
      error = addTransfer(transfer, entry);
    if (error)
      return error;
  }
  if (entry.steps.size() > maxSteps)
    return makeUserError(ExitCode::Model,
                         "the placement makes " + Twine(entry.steps.size()) +
                             " dispatches and transfers, the most is " +
                             Twine(maxSteps) +
                             "; hint: leave neighbouring nodes on one device");

  for (BlockArgument argument : function.getArguments()) {
    // An input that no program reads still is an input.
    getSegment(argument, getDevice(system.getHome()), getArgumentName(argument),
               0);
    llvm::Expected<Binding> binding =
        makeBinding(argument.getType(),
                    function.getArgAttrDict(argument.getArgNumber()), argument);
    if (!binding)
      return binding.takeError();
    DeviceSegment &segment = source.manifest.segments[binding->segment].segment;
    segment.size = std::max(segment.size, *getDeviceByteSize(*binding));
    auto symbols = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                        symbolsAttrName);
    if (!symbols) {
      entry.inputs.push_back(std::move(*binding));
      continue;
    }
    for (SizeSymbol &symbol : readSymbols(symbols))
      entry.symbols.push_back(
          {std::move(symbol.name), symbol.least, symbol.most});
    entry.conditions =
        makeEqualSizes(function.getArgAttrOfType<ArrayAttr>(
                           argument.getArgNumber(), conditionsAttrName),
                       entry.symbols);
    entry.sizes = std::move(*binding);
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
  if (llvm::Error error = addStates(function, entry))
    return error;
  source.manifest.entryPoints.push_back(std::move(entry));
  return llvm::Error::success();
}

/// Segments of one size for what trades places.
llvm::Error ImageBuilder::addStates(func::FuncOp function, EntryPoint &entry) {
  if (llvm::Error error = moveStates(function, entry))
    return error;
  if (llvm::Error error = checkStates(entry))
    return error;
  for (const auto &[input, output] : entry.states) {
    uint64_t &first = source.manifest.segments[input.segment].segment.size;
    uint64_t &second = source.manifest.segments[output.segment].segment.size;
    first = second = std::max(first, second);
  }
  return llvm::Error::success();
}

/// "a: why not; b: why not".
static std::string joinReasons(DictionaryAttr reasons) {
  std::string text;
  for (NamedAttribute reason : reasons)
    text += (text.empty() ? "" : "; ") + reason.getName().str() + ": " +
            cast<StringAttr>(reason.getValue()).str();
  return text;
}

/// Where each node of the model runs, and for those on the host why no other
/// device takes them.
void ImageBuilder::addNodes() {
  auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName);
  if (!nodes)
    return;
  llvm::StringMap<StringRef> devices;
  for (const EntryPoint &entry : source.manifest.entryPoints)
    for (const Step &step : entry.steps)
      if (step.kind == Step::Kind::Dispatch)
        for (const std::string &id : source.programs[step.program].debug.nodes)
          devices[id] = source.manifest.devices[step.device].name;
  llvm::StringMap<std::string> reasons;
  if (auto placed = module->getAttrOfType<ArrayAttr>(hetero::placementAttrName))
    for (auto node : placed.getAsRange<ArrayAttr>()) {
      StringRef id = cast<StringAttr>(node[0]).getValue();
      StringRef device = cast<StringAttr>(node[1]).getValue();
      // One of which no program has anything is folded away.
      if (auto found = devices.find(id); found != devices.end())
        found->second = device;
      auto refusals = cast<DictionaryAttr>(node[2]);
      if (device == system.getHost() &&
          refusals.size() + 1 == system.getDevices().size())
        reasons[id] = joinReasons(refusals);
    }
  NodeLabels labels = readNodeLabels(module);
  for (Attribute attr : nodes) {
    auto id = cast<StringAttr>(cast<ArrayAttr>(attr)[0]).getValue();
    const NodeLabel &label = labels[id];
    ImageNode node;
    node.id = id.str();
    node.op = label.op;
    node.opset = label.opset;
    node.device = devices.lookup(id).str();
    node.reason = reasons.lookup(id);
    source.manifest.nodes.push_back(std::move(node));
  }
}

/// What a reader would refuse is a fault of who placed the module.
llvm::Error ImageBuilder::blame(llvm::Error error, const Twine &what,
                                const Twine &hint) const {
  std::string reason = llvm::toString(std::move(error));
  if (file.empty())
    return llvm::createStringError("internal error: " + reason);
  return makeUserError(ExitCode::Model,
                       file + what + reason + "; hint: " + hint);
}

llvm::Error ImageBuilder::check() const {
  std::vector<std::vector<DeviceSegment>> declared;
  std::vector<std::vector<ResidentRange>> residents;
  for (const DeviceProgram &program : source.programs) {
    declared.push_back(program.segments);
    residents.push_back(program.residents);
  }
  llvm::Error error = checkManifest(source.manifest);
  if (!error)
    error = checkSteps(source.manifest, declared);
  if (error)
    return blame(std::move(error),
                 ": its dispatches and transfers do not agree: ",
                 "let each use only tensors in its device's memory");
  error = checkResidents(source.manifest, declared, residents);
  if (error)
    return blame(std::move(error), ": its programs are in each other's way: ",
                 "give each a part of its device of its own");
  return llvm::Error::success();
}

llvm::Expected<ImageSource> ImageBuilder::build() {
  source.manifest.producer = getProducer();
  if (auto model = module->getAttrOfType<StringAttr>(modelAttrName))
    source.manifest.model = model.str();
  if (llvm::Error error = addSystem())
    return std::move(error);
  for (DeviceFunction &function : functions)
    byFunction[function.function] = &function;
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      if (llvm::Error error = addEntryPoint(function))
        return error;
  for (const DeviceFunction &function : functions)
    if (byFunction.contains(function.function))
      return makeUserError(ExitCode::Model,
                           "function '" +
                               func::FuncOp(function.function).getName() +
                               "' is never dispatched");
  addNodes();
  foldPrograms(source);
  if (llvm::Error error = check())
    return std::move(error);
  return std::move(source);
}

llvm::Expected<ImageSource>
buildImage(ModuleOp module, MutableArrayRef<DeviceFunction> functions,
           StringRef file) {
  return ImageBuilder(module, functions, file).build();
}

} // namespace garam
