//===- Calibration.cpp - Ranges of values from samples --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"

#include "garam/Dialect/GaramExt/IR/ObservedRange.h"
#include "garam/Runtime/Npz.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"
#include "garam/Support/RunTimeSizes.h"
#include "garam/Target/LoadedProgram.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace mlir;

namespace garam {

namespace {

/// A value that is observed.
struct Observed {
  std::string name;
  TensorType type;
};

/// The samples of one input.
struct InputSamples {
  Observed input;
  Tensor samples;
};

class Calibration {
public:
  Calibration(ModuleOp module, StringRef path, const DeviceRegistry &devices,
              const DeviceCompileOptions &options)
      : original(module), module(module.clone()), path(path), devices(devices),
        options(options) {}

  llvm::Error run();

private:
  llvm::Error fail(const Twine &message) const {
    return makeUserError(ExitCode::Input,
                         "--calibrate " + path + ": " + message);
  }
  llvm::Error readSamples();
  llvm::Error listInputs();
  llvm::Error checkNames(ArrayRef<Tensor> arrays) const;
  llvm::Error addSamples(InputSamples &input, MutableArrayRef<Tensor> arrays);
  llvm::Error countSamples(const InputSamples &input);
  llvm::Error checkFinite(const InputSamples &input) const;
  void returnAllValues();
  llvm::Error compile();
  llvm::Error runSample(uint64_t number);
  void observe(const Observed &value, ArrayRef<uint8_t> bytes);
  void note();

  ModuleOp original;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  StringRef path;
  const DeviceRegistry &devices;
  const DeviceCompileOptions &options;
  std::vector<InputSamples> inputs;
  std::vector<Observed> values; // results of the function, in order
  uint64_t numSamples = 0;
  std::unique_ptr<LoadedProgram> program;
  std::unique_ptr<ProgramInstance> instance;
  std::vector<std::vector<uint8_t>> segments;
  llvm::StringMap<ext::ObservedRange> ranges; // by the names of values
};

} // namespace

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

static std::optional<TensorType> getTensorType(Type type,
                                               DictionaryAttr attributes) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  std::optional<DataType> element =
      getInterfaceType(tensor.getElementType(), attributes);
  if (!element)
    return std::nullopt;
  TensorType result;
  result.type = *element;
  result.shape.append(tensor.getShape().begin(), tensor.getShape().end());
  return result;
}

/// Inputs may be of any type that a runtime binds: ranges are those of the
/// floats, among inputs or behind them.
llvm::Error Calibration::listInputs() {
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto name = function.getArgAttrOfType<StringAttr>(i, valueNameAttrName);
    if (!name)
      return fail("the model does not name its inputs");
    if (function.getArgAttr(i, dimensionsAttrName))
      return fail("input '" + name.getValue() +
                  "' has a size of run time, and samples have fixed ones; "
                  "hint: bind the dimension with --dim NAME=SIZE");
    std::optional<TensorType> type = getTensorType(
        function.getArgumentTypes()[i], function.getArgAttrDict(i));
    if (!type)
      return fail("input '" + name.getValue() +
                  "' is not a tensor of numbers with fixed dimensions, which "
                  "samples need");
    inputs.push_back({{name.str(), *type}, {}});
  }
  return llvm::Error::success();
}

/// An array that nothing takes is a name that is wrong, or of another model.
llvm::Error Calibration::checkNames(ArrayRef<Tensor> arrays) const {
  std::string unknown, known;
  llvm::ListSeparator unknownComma, knownComma;
  for (const Tensor &array : arrays)
    if (llvm::none_of(inputs, [&](const InputSamples &input) {
          return input.input.name == array.name;
        }))
      (unknown += unknownComma) += "'" + array.name + "'";
  for (const InputSamples &input : inputs)
    (known += knownComma) +=
        "'" + input.input.name + "' (" + input.input.type.str() + ")";
  if (unknown.empty())
    return llvm::Error::success();
  return fail("the model has no input " + unknown + "; its inputs are " +
              (known.empty() ? "none" : known));
}

llvm::Error Calibration::addSamples(InputSamples &input,
                                    MutableArrayRef<Tensor> arrays) {
  auto *array = llvm::find_if(
      arrays, [&](const Tensor &a) { return a.name == input.input.name; });
  if (array == arrays.end())
    return fail("has no array '" + input.input.name +
                "'; needed one for each input, with samples along its first "
                "axis");
  input.samples = std::move(*array);
  if (llvm::Error error = countSamples(input))
    return error;
  return checkFinite(input);
}

static float readFloat(const uint8_t *bytes) {
  return llvm::bit_cast<float>(llvm::support::endian::read32le(bytes));
}

/// Whole inputs behind each other, or an input that goes on along its first
/// dimension.
llvm::Error Calibration::countSamples(const InputSamples &input) {
  ArrayRef<int64_t> shape = input.input.type.shape;
  ArrayRef<int64_t> found = input.samples.type.shape;
  uint64_t count = 0;
  if (input.samples.type.type == input.input.type.type && !found.empty()) {
    if (found.drop_front() == shape)
      count = found[0];
    else if (!shape.empty() && found.drop_front() == shape.drop_front() &&
             shape[0] > 0 && found[0] % shape[0] == 0)
      count = found[0] / shape[0];
  }
  if (count == 0)
    return fail("array '" + input.input.name + "' is " +
                input.samples.type.str() + "; needed samples of " +
                input.input.type.str() + " along a first axis");
  if (&input != &inputs.front() && count != numSamples)
    return fail("array '" + input.input.name + "' has " + Twine(count) +
                " samples, '" + inputs[0].input.name + "' has " +
                Twine(numSamples));
  numSamples = count;
  return llvm::Error::success();
}

/// A range that left out what is not finite would be that of other data than
/// the user's.
llvm::Error Calibration::checkFinite(const InputSamples &input) const {
  if (input.input.type.type != DataType::Float32)
    return llvm::Error::success();
  ArrayRef<uint8_t> bytes = input.samples.data;
  size_t numElements = bytes.size() / sizeof(float);
  for (size_t i = 0; i < numElements; ++i) {
    float element = readFloat(bytes.data() + i * sizeof(float));
    if (std::isfinite(element))
      continue;
    size_t ofSample = numElements / numSamples;
    return fail("array '" + input.input.name + "' has " +
                (std::isnan(element) ? "a NaN" : "an infinity") +
                " in sample " + Twine(i / ofSample) + ", element " +
                Twine(i % ofSample) +
                " of it (both counted from 0); needed finite numbers");
  }
  return llvm::Error::success();
}

llvm::Error Calibration::readSamples() {
  auto functions = module->getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(functions))
    return fail("the IR has several functions, or none; needed one model");
  function = *functions.begin();
  llvm::Expected<std::vector<Tensor>> arrays = readNpz(path);
  if (!arrays)
    return arrays.takeError();
  if (llvm::Error error = listInputs())
    return error;
  if (llvm::Error error = checkNames(*arrays))
    return error;
  for (InputSamples &input : inputs)
    if (llvm::Error error = addSamples(input, *arrays))
      return error;
  if (numSamples == 0)
    return fail("has no samples: the model has no inputs");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

/// Makes the function return every output of a node that is a tensor of
/// floats, and nothing else.
void Calibration::returnAllValues() {
  SmallVector<Value> results;
  llvm::StringSet<> seen;
  Block &body = function.getBody().front();
  for (Operation &op : body) {
    std::optional<NodeValue> node = getNodeValue(op.getLoc());
    if (op.getNumResults() != 1 || !node)
      continue;
    std::optional<TensorType> type =
        getTensorType(op.getResult(0).getType(), DictionaryAttr());
    if (!type || type->type != DataType::Float32 ||
        node->type != op.getResult(0).getType() ||
        !seen.insert(node->name).second)
      continue;
    results.push_back(op.getResult(0));
    values.push_back({node->name, *type});
  }
  body.getTerminator()->setOperands(results);
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.getArgumentTypes(),
      llvm::map_to_vector(results, [](Value v) { return v.getType(); })));
  function.removeResAttrsAttr();
}

llvm::Error Calibration::compile() {
  const Device *device = devices.findFallback();
  if (!device)
    return fail("there is no device that takes every model");
  llvm::Expected<TargetFile> file = loadTarget(device->getKind());
  if (!file)
    return file.takeError();
  auto target = cast<DeviceTargetAttrInterface>(
      device->getTargetAttr(function.getContext(), *file));
  CompileOutcome compiled = target.compile(
      function, options, [](StringRef) { return WalkResult::advance(); });
  for (const Refusal &refusal : compiled.refusals)
    (void)emitRefusal(refusal, target.getTargetName());
  // The diagnostics say why.
  if (compiled.status != CompileStatus::Program)
    return fail("the model cannot be run on its samples");
  for (const DeviceSegment &segment : compiled.program.segments)
    segments.emplace_back(segment.size);
  for (const DeviceConstant &constant : compiled.program.constants)
    constant.write(
        MutableArrayRef(segments[0]).slice(constant.offset, constant.size));
  if (llvm::Error error = device->load(compiled.program.code, file->getBuffer())
                              .moveInto(program))
    return error;
  ArrayRef<uint8_t> constants;
  if (!segments.empty())
    constants = segments[0];
  return program->instantiate(constants, InstanceOptions()).moveInto(instance);
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

void Calibration::observe(const Observed &value, ArrayRef<uint8_t> bytes) {
  if (value.type.type != DataType::Float32)
    return;
  auto [entry, isNew] =
      ranges.try_emplace(value.name, ext::ObservedRange{INFINITY, -INFINITY});
  ext::ObservedRange &range = entry->second;
  for (; bytes.size() >= sizeof(float);
       bytes = bytes.drop_front(sizeof(float))) {
    float element = readFloat(bytes.data());
    if (!std::isfinite(element))
      continue;
    range.min = std::min<double>(range.min, element);
    range.max = std::max<double>(range.max, element);
  }
}

llvm::Error Calibration::runSample(uint64_t number) {
  std::vector<MutableArrayRef<uint8_t>> memory;
  size_t input = 0;
  std::vector<DeviceSegment> described = program->getSegments();
  for (auto [segment, bytes] : llvm::zip_equal(described, segments)) {
    memory.push_back(bytes);
    if (segment.role != MemoryRole::Input || input == inputs.size())
      continue;
    const InputSamples &own = inputs[input++];
    size_t size = own.samples.data.size() / numSamples;
    ArrayRef<uint8_t> sample =
        ArrayRef(own.samples.data).slice(number * size, size);
    llvm::copy(sample.take_front(bytes.size()), bytes.begin());
    observe(own.input, sample);
  }
  llvm::Expected<DeviceRun> run = instance->run(memory);
  if (!run)
    return run.takeError();
  size_t output = 0;
  for (auto [segment, bytes] : llvm::zip_equal(described, segments))
    if (segment.role == MemoryRole::Output && output < values.size()) {
      const Observed &value = values[output++];
      observe(value, ArrayRef(bytes).take_front(*getByteSize(value.type)));
    }
  return llvm::Error::success();
}

/// Notes on the values what they were. Of those that no sample has made finite
/// nothing is known.
void Calibration::note() {
  auto noteValue = [&](Value value, StringRef name) {
    auto found = ranges.find(name);
    if (found != ranges.end() && found->second.min <= found->second.max)
      ext::setObservedRange(value, found->second);
  };
  func::FuncOp function = *original.getOps<func::FuncOp>().begin();
  for (BlockArgument argument : function.getArguments())
    if (auto name = function.getArgAttrOfType<StringAttr>(
            argument.getArgNumber(), valueNameAttrName))
      noteValue(argument, name);
  for (Operation &op : function.front())
    if (std::optional<NodeValue> node = getNodeValue(op.getLoc());
        node && op.getNumResults() == 1 &&
        node->type == op.getResult(0).getType())
      noteValue(op.getResult(0), node->name);
}

llvm::Error Calibration::run() {
  if (llvm::Error error = readSamples())
    return error;
  returnAllValues();
  if (llvm::Error error = compile())
    return error;
  for (uint64_t sample = 0; sample < numSamples; ++sample)
    if (llvm::Error error = runSample(sample))
      return error;
  note();
  return llvm::Error::success();
}

llvm::Error calibrate(ModuleOp module, StringRef samples,
                      const DeviceRegistry &devices,
                      const DeviceCompileOptions &options) {
  return Calibration(module, samples, devices, options).run();
}

} // namespace garam
