//===- Session.cpp - Runs a loaded device binary --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Session.h"

#include "NarrowElements.h"
#include "Padding.h"
#include "Quantization.h"
#include "StepRunner.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

#include <algorithm>
#include <cstring>

using namespace llvm;

namespace garam {

static Error makeInputError(const Twine &message) {
  // It may quote names that a stranger has chosen.
  return makeUserError(ExitCode::Input, escapeControlCharacters(message.str()));
}

/// What a caller may give.
static SmallVector<const Binding *> listInputs(const EntryPoint &entry) {
  SmallVector<const Binding *> inputs;
  for (const Binding &input : entry.inputs)
    inputs.push_back(&input);
  for (const CarriedState &state : entry.states)
    inputs.push_back(&state.input);
  return inputs;
}

static std::string listNames(ArrayRef<const Binding *> bindings) {
  std::string text;
  raw_string_ostream os(text);
  interleaveComma(bindings, os, [&](const Binding *binding) {
    os << "'" << binding->name << "' (" << binding->type.str() << ")";
  });
  return text;
}

/// The binding of that name, or null.
static const Binding *findBinding(ArrayRef<const Binding *> bindings,
                                  StringRef name) {
  for (const Binding *binding : bindings)
    if (binding->name == name)
      return binding;
  return nullptr;
}

namespace {

/// The size of each symbol, from the inputs that have it; -1 of others.
class SizeReader {
public:
  explicit SizeReader(const EntryPoint &entry)
      : entry(entry), sizes(entry.symbols.size(), -1),
        origins(entry.symbols.size()) {}

  /// `input` has the dimensions of `binding`, within their bounds, and agrees
  /// with the inputs before.
  Error read(const Binding &binding, const TensorView &input);
  /// What no input says is the least.
  std::vector<int64_t> take();

private:
  const EntryPoint &entry;
  std::vector<int64_t> sizes;
  std::vector<std::string> origins; // of each size
};

} // namespace

Error SizeReader::read(const Binding &binding, const TensorView &input) {
  for (auto [dim, name] : enumerate(binding.dimensions)) {
    int64_t size = input.type.shape[dim];
    std::string what =
        ("input '" + binding.name + "': dimension " + Twine(dim)).str();
    if (name.empty()) {
      if (size != binding.type.shape[dim])
        return makeInputError(what + " is " + Twine(size) +
                              ", the model needs " +
                              Twine(binding.type.shape[dim]));
      continue;
    }
    auto symbol =
        find_if(entry.symbols, [name = StringRef(name)](const Symbol &other) {
          return other.name == name;
        });
    what += " ('" + name + "')";
    if (size < symbol->least || size > symbol->most)
      return makeInputError(what + " is " + Twine(size) +
                            ", the binary is for " + Twine(symbol->least) +
                            " to " + Twine(symbol->most));
    size_t number = symbol - entry.symbols.begin();
    if (sizes[number] >= 0 && sizes[number] != size)
      return makeInputError(what + " is " + Twine(size) + ", needed " +
                            Twine(sizes[number]) + " as of " + origins[number]);
    sizes[number] = size;
    origins[number] = what;
  }
  return Error::success();
}

std::vector<int64_t> SizeReader::take() {
  for (auto [size, symbol] : zip_equal(sizes, entry.symbols))
    if (size < 0)
      size = symbol.least;
  return std::move(sizes);
}

/// Whether `input` is of the type of `binding`, but for sizes of run time.
static bool hasType(const TensorView &input, const Binding &binding) {
  return binding.dimensions.empty()
             ? input.type == binding.type
             : input.type.type == binding.type.type &&
                   input.type.shape.size() == binding.type.shape.size();
}

/// What to change about sizes that do not fit condition `number`.
static std::string getSizeHint(const EntryPoint &entry, size_t number,
                               ArrayRef<int64_t> sizes) {
  std::string hint =
      describeMultiples(entry.conditions, number, entry.symbols, sizes);
  if (!hint.empty())
    return "; hint: " + hint;
  auto fitting =
      listFittingSizes(entry.conditions, number, entry.symbols, sizes);
  if (!fitting)
    return "";
  SmallVector<std::string> names = map_to_vector(
      *fitting, [](int64_t size) { return std::to_string(size); });
  constexpr size_t mostNames = 16;
  if (names.size() > mostNames)
    names[mostNames - 1] = "...";
  names.truncate(std::min(names.size(), mostNames));
  return "; hint: sizes that fit are " + join(names, ", ");
}

/// Sizes that the model needs to be equal are.
static Error checkConditions(const EntryPoint &entry, ArrayRef<int64_t> sizes) {
  for (const auto &[number, condition] : enumerate(entry.conditions)) {
    auto values = computeSizes(condition, sizes);
    if (values && values->first == values->second)
      continue;
    std::string known = values ? (", which are " + Twine(values->first) +
                                  " and " + Twine(values->second))
                                     .str()
                               : "";
    return makeInputError("node '" + condition.node + "' needs sizes " +
                          condition.left.name + " and " + condition.right.name +
                          " to be equal" + known +
                          getSizeHint(entry, number, sizes));
  }
  return Error::success();
}

/// Every input is given once, with its type and shape; state at most once.
/// Writes the sizes of the entry point's symbols.
static Error checkInputs(const EntryPoint &entry, ArrayRef<TensorView> inputs,
                         std::vector<int64_t> &sizes) {
  SmallVector<const Binding *> known = listInputs(entry);
  SizeReader reader(entry);
  for (const TensorView &input : inputs) {
    const Binding *binding = findBinding(known, input.name);
    if (!binding)
      return makeInputError("the model has no input '" + input.name +
                            "'; its inputs are " + listNames(known) +
                            "; hint: an input of the model that has an "
                            "initializer is a constant of the binary");
    if (!hasType(input, *binding))
      return makeInputError("input '" + input.name + "' is " +
                            input.type.str() + ", the model needs " +
                            binding->type.str());
    if (Error error = reader.read(*binding, input))
      return error;
    if (input.data.size() != *getByteSize(input.type))
      return makeInputError("input '" + input.name + "' has " +
                            Twine(input.data.size()) + " bytes, " +
                            input.type.str() + " needs " +
                            Twine(*getByteSize(input.type)));
  }
  sizes = reader.take();
  for (const auto &[number, binding] : enumerate(known)) {
    size_t count = count_if(inputs, [name = binding->name](const auto &input) {
      return input.name == name;
    });
    bool isState = number >= entry.inputs.size();
    if (count > 1 || (count == 0 && !isState))
      return makeInputError("input '" + binding->name + "' (" +
                            binding->type.str() + ") is " +
                            (count == 0 ? "missing" : "given more than once"));
  }
  return checkConditions(entry, sizes);
}

//===----------------------------------------------------------------------===//
// Instances
//===----------------------------------------------------------------------===//

/// Threads make no difference to what an instance is.
static bool areAlike(const InstanceOptions &left,
                     const InstanceOptions &right) {
  return left.timingOnly == right.timingOnly &&
         left.residentWeights == right.residentWeights &&
         left.noise == right.noise && left.seed == right.seed;
}

static InstanceOptions makeOptions(unsigned number, const RunOptions &options) {
  // Any odd number keeps instances apart; this one, 2^64 over the golden ratio,
  // spreads them.
  constexpr uint64_t stride = 0x9E3779B97F4A7C15;
  InstanceOptions own;
  own.timingOnly = options.timingOnly;
  own.residentWeights = options.residentWeights;
  own.noise = options.noise;
  own.seed = options.seed + number * stride;
  own.threads = options.threads;
  return own;
}

Error Session::instantiate(unsigned number, const RunOptions &options) {
  InstanceOptions own = makeOptions(number, options);
  Instance &entry = instances[number];
  if (entry.instance && areAlike(entry.options, own))
    return Error::success();
  const InstancePlace &place = executable->getInstances()[number];
  ArrayRef<uint8_t> constants;
  if (place.constantSegment)
    constants = executable->getImage().getConstants(*place.constantSegment);
  Expected<std::unique_ptr<ProgramInstance>> made =
      executable->getProgram(place.program).instantiate(constants, own);
  if (!made)
    return made.takeError();
  entry = {own, std::move(*made)};
  return Error::success();
}

Error Session::instantiate(const RunOptions &options) {
  instances.resize(executable->getInstances().size());
  for (unsigned number = 0; number < instances.size(); ++number)
    if (Error error = instantiate(number, options))
      return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

MutableArrayRef<uint8_t> Session::getSegment(unsigned segment) {
  return {static_cast<uint8_t *>(memory[segment].base()),
          executable->getManifest().segments[segment].segment.size};
}

/// Fresh memory is zero; state and all else stay from run to run.
Error Session::allocateSegments() {
  for (const auto &[i, entry] : enumerate(executable->getManifest().segments)) {
    const DeviceSegment &segment = entry.segment;
    if (segment.role == MemoryRole::Constant || segment.size == 0 ||
        memory[i].base())
      continue;
    std::error_code error;
    memory[i] = Memory(sys::Memory::allocateMappedMemory(
        segment.size, nullptr, sys::Memory::MF_READ | sys::Memory::MF_WRITE,
        error));
    if (error)
      return makeUserError(
          ExitCode::Binary,
          "no memory for segment '" + segment.name + "' of " +
              Twine(segment.size) + " bytes: " + error.message() +
              "; hint: compile the model for smaller sizes (--shape, --dim); "
              "--timing-only needs no memory for data");
  }
  if (!isStateSet)
    zeroStates();
  return Error::success();
}

Error Session::bindInputs(ArrayRef<TensorView> inputs, RunResult &result) {
  const EntryPoint &entry = executable->getEntryPoint();
  if (Error error = checkInputs(entry, inputs, sizes))
    return error;
  if (entry.sizes) {
    MutableArrayRef<uint8_t> bytes = getBytes(*entry.sizes);
    for (auto [number, size] : enumerate(sizes))
      support::endian::write64le(bytes.data() + number * sizeof(size), size);
  }
  SmallVector<const Binding *> known = listInputs(entry);
  for (const TensorView &input : inputs) {
    const Binding &whole = *findBinding(known, input.name);
    Binding binding = whole;
    binding.type = input.type; // of its sizes
    std::vector<uint8_t> dense(whole.isPadded ? *getDeviceByteSize(binding)
                                              : 0);
    MutableArrayRef<uint8_t> bytes = dense;
    if (!whole.isPadded)
      bytes = getBytes(binding); // at the front
    if (binding.quantization) {
      quantize(input.data, *binding.quantization, bytes);
      result.hostQuantizedElements += bytes.size();
    } else if (isSubByte(binding.type.type)) {
      widenElements(input.data, binding.type.type, bytes);
    } else {
      copy(input.data, bytes.begin());
    }
    if (whole.isPadded)
      pad(dense, binding.type.shape, whole.type.shape, getBytes(whole));
  }
  return Error::success();
}

MutableArrayRef<uint8_t> Session::getBytes(const Binding &binding) {
  return getSegment(binding.segment).take_front(*getDeviceByteSize(binding));
}

Tensor Session::readTensor(const Binding &binding) {
  Tensor tensor{binding.name, binding.type,
                std::vector<uint8_t>(*getByteSize(binding.type))};
  ArrayRef<uint8_t> bytes = getBytes(binding);
  if (binding.quantization)
    dequantize(bytes, *binding.quantization, tensor.data);
  else if (isSubByte(binding.type.type))
    narrowElements(bytes, binding.type.type, tensor.data);
  else
    copy(bytes, tensor.data.begin());
  return tensor;
}

/// The numbers of an output of int64.
std::vector<int64_t> Session::readNumbers(StringRef name) {
  auto output =
      find_if(executable->getEntryPoint().outputs,
              [&](const Binding &other) { return other.name == name; });
  std::vector<uint8_t> bytes = readTensor(*output).data;
  std::vector<int64_t> numbers(bytes.size() / sizeof(int64_t));
  for (auto [position, number] : enumerate(numbers))
    number =
        support::endian::read64le(bytes.data() + position * sizeof(int64_t));
  return numbers;
}

/// The sizes of an output with sizes of run time.
SmallVector<int64_t, 4> Session::readShape(const Binding &binding) {
  SmallVector<int64_t, 4> shape = binding.type.shape;
  if (!binding.sized.empty()) {
    for (auto [size, given] : zip_equal(shape, readNumbers(binding.sized)))
      size = std::clamp<int64_t>(given, 0, size);
    return shape;
  }
  ArrayRef<Symbol> symbols = executable->getEntryPoint().symbols;
  for (auto [size, name] : zip_equal(shape, binding.dimensions))
    for (auto [symbol, given] : zip_equal(symbols, sizes))
      if (symbol.name == name)
        size = given;
  return shape;
}

/// What counts of an output. A program's numbers are not believed to fit.
Tensor Session::readResult(const Binding &binding) {
  if (!binding.sized.empty() && !binding.isPadded) {
    Binding front = binding;
    front.type.shape = readShape(binding);
    return readTensor(front);
  }
  Tensor tensor = readTensor(binding);
  if (binding.isPadded)
    crop(tensor, readShape(binding));
  if (!binding.counted)
    return tensor;
  int64_t count = readNumbers(binding.counted->counter).front();
  size_t dimension = binding.counted->dimension;
  SmallVector<int64_t, 4> shape = tensor.type.shape;
  shape[dimension] = std::clamp<int64_t>(count, 0, shape[dimension]);
  crop(tensor, shape);
  return tensor;
}

void Session::readOutputs(RunResult &result) {
  for (const Binding *binding : listResults(executable->getEntryPoint())) {
    result.outputs.push_back(readResult(*binding));
    if (binding->quantization)
      result.hostQuantizedElements += *getDeviceByteSize(*binding);
  }
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

/// What a run has left becomes what the next one takes. Programs address
/// segments from their own base, so that nothing moves.
void Session::carryStates() {
  for (const CarriedState &state : executable->getEntryPoint().states)
    std::swap(memory[state.input.segment], memory[state.output.segment]);
}

Expected<std::vector<Tensor>> Session::readStates() {
  if (Error error = allocateSegments())
    return std::move(error);
  std::vector<Tensor> tensors;
  for (const CarriedState &state : executable->getEntryPoint().states)
    tensors.push_back(readTensor(state.input));
  return tensors;
}

Error Session::resetStates() {
  if (Error error = allocateSegments())
    return error;
  zeroStates();
  return Error::success();
}

/// Zero of the model, which the device may have as another number.
void Session::zeroStates() {
  isStateSet = true;
  for (const auto &[input, output] : executable->getEntryPoint().states) {
    MutableArrayRef<uint8_t> bytes = getBytes(input);
    if (!input.quantization) {
      fill(bytes, 0);
      continue;
    }
    std::vector<uint8_t> zeros(*getByteSize(input.type));
    quantize(zeros, *input.quantization, bytes);
  }
}

/// What the host link takes for everything that goes in and out. With several
/// devices that is in the steps.
static std::optional<HostLinkUse> getHostLinkUse(const Executable &executable) {
  const std::optional<HostLink> &link = executable.getMachine(0).hostLink;
  if (!link || executable.getManifest().devices.size() != 1)
    return std::nullopt;
  HostLinkUse use;
  auto add = [&](ArrayRef<Binding> bindings) {
    uint64_t bytes = 0;
    for (const Binding &binding : bindings)
      bytes += *getDeviceByteSize(binding);
    use.seconds += link->getSeconds(bytes);
    use.joule += link->joulePerByte * bytes;
  };
  const EntryPoint &entry = executable.getEntryPoint();
  add(entry.inputs);
  add(entry.outputs);
  return use;
}

Error Session::runSteps(const RunOptions &options, RunResult &result) {
  if (Error error = instantiate(options))
    return error;
  std::vector<const ProgramInstance *> numbered;
  for (const Instance &entry : instances)
    numbered.push_back(entry.instance.get());
  auto getMemory = [&](unsigned segment) { return getSegment(segment); };
  return StepRunner(*executable, numbered, options, getMemory).run(result);
}

Expected<RunResult> Session::run(ArrayRef<Tensor> inputs,
                                 const RunOptions &options) {
  SmallVector<TensorView> views;
  for (const Tensor &input : inputs)
    views.emplace_back(input);
  return runOnViews(views, options);
}

Expected<RunResult> Session::runOnViews(ArrayRef<TensorView> inputs,
                                        const RunOptions &options) {
  RunResult result;
  if (!options.timingOnly) {
    if (executable->holdsNativeCode() && !options.executeNativeCode)
      return makeUserError(
          ExitCode::Untrusted,
          executable->getImage().getContainer().getPath() +
              ": holds native code, which could do on this machine whatever "
              "you can, and is not trusted");
    if (Error error = allocateSegments())
      return error;
    if (Error error = bindInputs(inputs, result))
      return error;
  }
  if (Error error = runSteps(options, result))
    return executable->getImage().getContainer().makeError(
        toString(std::move(error)));
  if (!options.timingOnly) {
    readOutputs(result);
    carryStates();
  }
  result.hostLink = getHostLinkUse(*executable);
  return result;
}

} // namespace garam
