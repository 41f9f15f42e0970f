//===- Garam.cpp - Garam for programs in C --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam-c/Garam.h"

#include "garam/Driver/CompileToExecutable.h"
#include "garam/Runtime/Report.h"
#include "garam/Runtime/TrustList.h"
#include "garam/Support/DiagnosedError.h"
#include "garam/Support/Version.h"
#include "garam/Target/DevicePlugin.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>
#include <mutex>
#include <shared_mutex>

using namespace llvm;
using namespace garam;

static_assert(GARAM_UINT2 + 1 == numDataTypes);

//===----------------------------------------------------------------------===//
// What the pointers stand for
//===----------------------------------------------------------------------===//

struct GaramError {
  explicit GaramError(DiagnosedReport report);

  DiagnosedReport report;
  /// Of each part of the report, in the form that the caller sees.
  std::vector<std::vector<GaramNode>> nodes;
  std::vector<std::vector<const char *>> notes;
};

GaramError::GaramError(DiagnosedReport taken) : report(std::move(taken)) {
  for (const DiagnosisParts &parts : report.parts) {
    std::vector<GaramNode> &ownNodes = nodes.emplace_back();
    for (const DiagnosedNode &node : parts.nodes)
      ownNodes.push_back(
          {node.id.c_str(), node.op.c_str(), node.opset.value_or(0)});
    std::vector<const char *> &ownNotes = notes.emplace_back();
    for (const std::string &note : parts.notes)
      ownNotes.push_back(note.c_str());
  }
}

/// A plugin that is loaded waits for the compiles that run.
struct GaramContext {
  std::shared_mutex mutex;
  DeviceRegistry devices;
};

struct GaramExecutable {
  std::shared_ptr<const Executable> executable;
  /// Its native code is no stranger's.
  bool isTrusted = false;
  bool isCompiled = false; // not loaded
  std::vector<std::string> warnings;
};

struct GaramSession {
  GaramSession(const GaramExecutable &owner)
      : session(owner.executable), executable(owner.executable),
        isTrusted(owner.isTrusted) {}

  Session session;
  std::shared_ptr<const Executable> executable;
  bool isTrusted;
};

/// Whether `failure` is success; else it goes to the caller.
static bool take(Error failure, GaramError **error) {
  DiagnosedReport report = consumeToDiagnosedReport(std::move(failure));
  bool isSuccess = report.exitCode == ExitCode::Success;
  if (!isSuccess && error)
    *error = new GaramError(std::move(report));
  return isSuccess;
}

//===----------------------------------------------------------------------===//
// Versions, errors, context
//===----------------------------------------------------------------------===//

uint32_t garamGetAPIVersion(void) { return GARAM_C_API_VERSION; }

const char *garamGetVersion(void) {
  static const std::string version = getVersion();
  return version.c_str();
}

int garamErrorGetCode(const GaramError *error) {
  return static_cast<int>(error->report.exitCode);
}

const char *garamErrorGetMessage(const GaramError *error) {
  return error->report.text.c_str();
}

size_t garamErrorGetNumDiagnostics(const GaramError *error) {
  return error->report.parts.size();
}

GaramDiagnostic garamErrorGetDiagnostic(const GaramError *error, size_t index) {
  const DiagnosisParts &parts = error->report.parts[index];
  GaramDiagnostic diagnostic;
  diagnostic.message = parts.message.c_str();
  diagnostic.hint = parts.hint.c_str();
  diagnostic.file = parts.file.c_str();
  diagnostic.line = parts.line;
  diagnostic.column = parts.column;
  diagnostic.numNodes = error->nodes[index].size();
  diagnostic.nodes = error->nodes[index].data();
  diagnostic.numNotes = error->notes[index].size();
  diagnostic.notes = error->notes[index].data();
  return diagnostic;
}

void garamErrorDestroy(GaramError *error) { delete error; }

GaramContext *garamContextCreate(void) {
  auto *context = new GaramContext;
  registerBuiltinDevices(context->devices);
  return context;
}

void garamContextDestroy(GaramContext *context) { delete context; }

bool garamContextLoadPlugin(GaramContext *context, const char *path,
                            GaramError **error) {
  std::unique_lock<std::shared_mutex> lock(context->mutex);
  return take(loadDevicePlugin(path, context->devices), error);
}

//===----------------------------------------------------------------------===//
// Executables
//===----------------------------------------------------------------------===//

static Error addOption(const GaramOption &option, CompileOptions &options) {
  StringRef name = option.name;
  std::string value = option.value ? option.value : "";
  if (name == "dim")
    options.dims.push_back(value);
  else if (name == "shape")
    options.shapes.push_back(value);
  else if (name == "precision")
    options.precision = value;
  else if (name == "O")
    options.optimizationLevel = value;
  else if (name == "calibrate")
    options.calibration = value;
  else if (name == "placement")
    options.placement = value;
  else if (name == "state")
    options.states.push_back(value);
  else if (name == "no-fallback" && (value.empty() || value == "on"))
    options.hasFallback = false;
  else if (name == "no-fallback" && value != "off")
    return makeUserError(ExitCode::Usage, "--no-fallback: found '" + value +
                                              "', needed on or off");
  else if (name != "no-fallback")
    options.deviceOptions[option.name] = value;
  return Error::success();
}

GaramExecutable *garamCompile(GaramContext *context, const char *path,
                              const void *data, size_t size, const char *target,
                              const GaramOption *options, size_t numOptions,
                              GaramError **error) {
  CompileOptions how;
  how.model = path;
  how.target = target;
  if (data)
    how.modelBytes = MemoryBuffer::getMemBuffer(
        StringRef(static_cast<const char *>(data), size), path,
        /*RequiresNullTerminator=*/false);
  for (const GaramOption &option : ArrayRef(options, numOptions))
    if (!take(addOption(option, how), error))
      return nullptr;
  std::shared_lock<std::shared_mutex> lock(context->mutex);
  Expected<CompiledModel> compiled =
      compileToExecutable(std::move(how), context->devices);
  if (!take(compiled.takeError(), error))
    return nullptr;
  return new GaramExecutable{std::move(compiled->executable),
                             /*isTrusted=*/true, /*isCompiled=*/true,
                             std::move(compiled->warnings)};
}

GaramExecutable *garamExecutableLoad(GaramContext *context, const char *path,
                                     bool trustNative, GaramError **error) {
  std::shared_lock<std::shared_mutex> lock(context->mutex);
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(path, context->devices);
  if (!take(executable.takeError(), error))
    return nullptr;
  return new GaramExecutable{std::move(*executable),
                             trustNative,
                             /*isCompiled=*/false,
                             {}};
}

void garamExecutableDestroy(GaramExecutable *executable) { delete executable; }

bool garamExecutableSave(const GaramExecutable *executable, const char *path,
                         GaramError **error) {
  std::vector<std::string> warnings; // of the list: the file is written
  return take(saveExecutable(*executable->executable, path,
                             executable->isCompiled, warnings),
              error);
}

static ArrayRef<Binding> getInputs(const GaramExecutable *executable) {
  return executable->executable->getEntryPoint().inputs;
}

static ArrayRef<Binding> getOutputs(const GaramExecutable *executable) {
  return executable->executable->getEntryPoint().outputs;
}

/// The place of an output among the outputs, which is there.
static size_t findOutput(const EntryPoint &entry, StringRef name) {
  auto found = find_if(entry.outputs, [&](const Binding &output) {
    return output.name == name;
  });
  return found - entry.outputs.begin();
}

static ArrayRef<CarriedState> getStates(const GaramExecutable *executable) {
  return executable->executable->getEntryPoint().states;
}

static GaramValue describe(const Binding &binding) {
  return {binding.name.c_str(), static_cast<GaramDataType>(binding.type.type),
          binding.type.shape.size(), binding.type.shape.data(),
          static_cast<size_t>(*getByteSize(binding.type))};
}

size_t garamExecutableGetNumInputs(const GaramExecutable *executable) {
  return getInputs(executable).size();
}

size_t garamExecutableGetNumOutputs(const GaramExecutable *executable) {
  return getOutputs(executable).size();
}

GaramValue garamExecutableGetInput(const GaramExecutable *executable,
                                   size_t index) {
  return describe(getInputs(executable)[index]);
}

GaramValue garamExecutableGetOutput(const GaramExecutable *executable,
                                    size_t index) {
  return describe(getOutputs(executable)[index]);
}

size_t garamExecutableGetNumSymbols(const GaramExecutable *executable) {
  return executable->executable->getEntryPoint().symbols.size();
}

GaramSymbol garamExecutableGetSymbol(const GaramExecutable *executable,
                                     size_t index) {
  const Symbol &symbol = executable->executable->getEntryPoint().symbols[index];
  return {symbol.name.c_str(), symbol.least, symbol.most};
}

static const char *getDimension(const Binding &binding, size_t dimension) {
  if (binding.dimensions.empty() || binding.dimensions[dimension].empty())
    return nullptr;
  return binding.dimensions[dimension].c_str();
}

const char *garamExecutableGetInputDimension(const GaramExecutable *executable,
                                             size_t index, size_t dimension) {
  return getDimension(getInputs(executable)[index], dimension);
}

const char *garamExecutableGetOutputDimension(const GaramExecutable *executable,
                                              size_t index, size_t dimension) {
  return getDimension(getOutputs(executable)[index], dimension);
}

size_t garamExecutableGetOutputSizes(const GaramExecutable *executable,
                                     size_t index) {
  const EntryPoint &entry = executable->executable->getEntryPoint();
  const Binding &output = entry.outputs[index];
  return output.sized.empty() ? entry.outputs.size()
                              : findOutput(entry, output.sized);
}

size_t garamExecutableGetOutputCount(const GaramExecutable *executable,
                                     size_t index, size_t *dimension) {
  const EntryPoint &entry = executable->executable->getEntryPoint();
  const Binding &output = entry.outputs[index];
  if (!output.counted)
    return entry.outputs.size();
  if (dimension)
    *dimension = output.counted->dimension;
  return findOutput(entry, output.counted->counter);
}

size_t garamExecutableGetNumStates(const GaramExecutable *executable) {
  return getStates(executable).size();
}

GaramState garamExecutableGetState(const GaramExecutable *executable,
                                   size_t index) {
  const CarriedState &state = getStates(executable)[index];
  return {describe(state.input), describe(state.output)};
}

size_t garamExecutableGetNumWarnings(const GaramExecutable *executable) {
  return executable->warnings.size();
}

const char *garamExecutableGetWarning(const GaramExecutable *executable,
                                      size_t index) {
  return executable->warnings[index].c_str();
}

char *garamExecutableCopyReport(const GaramExecutable *executable,
                                GaramError **error) {
  Expected<Report> report = measure(executable->executable);
  if (!take(report.takeError(), error))
    return nullptr;
  std::string text;
  raw_string_ostream os(text);
  writeReport(*report, os);
  char *copy = new char[text.size() + 1];
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

void garamTextDestroy(char *text) { delete[] text; }

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

GaramSession *garamSessionCreate(const GaramExecutable *executable) {
  return new GaramSession(*executable);
}

void garamSessionDestroy(GaramSession *session) { delete session; }

static Expected<TensorView> viewInput(const GaramInput &input) {
  StringRef name = input.name ? input.name : "";
  auto fail = [&](const Twine &what) {
    return makeUserError(ExitCode::Input, "input '" + name + "' has " + what);
  };
  TensorType type;
  if (static_cast<unsigned>(input.type) >= numDataTypes)
    return fail("element type " + Twine(unsigned(input.type)) +
                ", which there is not");
  type.type = static_cast<DataType>(input.type);
  if (!input.shape && input.rank != 0)
    return fail(Twine(input.rank) +
                " dimensions, but its shape is a null pointer");
  type.shape.assign(input.shape, input.shape + input.rank);
  if (!input.data && input.byteSize != 0)
    return fail(Twine(input.byteSize) +
                " bytes, but its data is a null pointer");
  return TensorView(name, std::move(type),
                    {static_cast<const uint8_t *>(input.data), input.byteSize});
}

static Error checkPlaces(size_t given, size_t needed, StringRef what) {
  if (given == needed)
    return Error::success();
  return makeUserError(ExitCode::Usage,
                       "places for " + Twine(given) + " " + what +
                           " are given, the model has " + Twine(needed));
}

/// Copies each tensor to its place, which is left out where it is null.
static Error copyTo(ArrayRef<Tensor> tensors, ArrayRef<void *> places,
                    StringRef what) {
  if (Error error = checkPlaces(places.size(), tensors.size(), what))
    return error;
  for (auto [tensor, place] : zip_equal(tensors, places))
    if (place && !tensor.data.empty())
      std::memcpy(place, tensor.data.data(), tensor.data.size());
  return Error::success();
}

/// Writes what counts of each output, from its beginning on; to an output that
/// says how many elements that is, their number, or the sizes. A place has the
/// bytes of the binding at its index, of which a result is a part.
static void writeOutputs(const EntryPoint &entry, const RunResult &result,
                         ArrayRef<void *> places) {
  auto write = [&](size_t index, ArrayRef<uint8_t> bytes) {
    assert(bytes.size() <= *getByteSize(entry.outputs[index].type) &&
           "checked with the manifest");
    if (places[index] && !bytes.empty())
      std::memcpy(places[index], bytes.data(), bytes.size());
  };
  auto writeNumbers = [&](StringRef name, ArrayRef<int64_t> numbers) {
    write(findOutput(entry, name),
          {reinterpret_cast<const uint8_t *>(numbers.data()),
           numbers.size() * sizeof(int64_t)});
  };
  for (auto [binding, tensor] : zip_equal(listResults(entry), result.outputs)) {
    write(binding - entry.outputs.data(), tensor.data);
    ArrayRef<int64_t> shape = tensor.type.shape;
    if (const auto &counted = binding->counted)
      writeNumbers(counted->counter, shape[counted->dimension]);
    if (!binding->sized.empty())
      writeNumbers(binding->sized, shape);
  }
}

static Error runSession(GaramSession &session, ArrayRef<GaramInput> inputs,
                        ArrayRef<void *> outputs) {
  const EntryPoint &entry = session.executable->getEntryPoint();
  if (Error error =
          checkPlaces(outputs.size(), entry.outputs.size(), "outputs"))
    return error;
  SmallVector<TensorView> views;
  for (const GaramInput &input : inputs) {
    Expected<TensorView> view = viewInput(input);
    if (!view)
      return view.takeError();
    views.push_back(std::move(*view));
  }
  std::vector<std::string> warnings; // nobody to tell
  if (!session.isTrusted)
    if (Error error = checkTrust(*session.executable, warnings))
      return error;
  session.isTrusted = true;
  RunOptions options;
  options.executeNativeCode = true;
  Expected<RunResult> result = session.session.runOnViews(views, options);
  if (!result)
    return result.takeError();
  writeOutputs(entry, *result, outputs);
  return Error::success();
}

bool garamSessionRun(GaramSession *session, const GaramInput *inputs,
                     size_t numInputs, void *const *outputs, size_t numOutputs,
                     GaramError **error) {
  return take(runSession(*session, ArrayRef(inputs, numInputs),
                         ArrayRef(outputs, numOutputs)),
              error);
}

bool garamSessionCopyStates(GaramSession *session, void *const *places,
                            size_t numPlaces, GaramError **error) {
  Expected<std::vector<Tensor>> states = session->session.readStates();
  if (!take(states.takeError(), error))
    return false;
  return take(copyTo(*states, ArrayRef(places, numPlaces), "states"), error);
}

bool garamSessionResetStates(GaramSession *session, GaramError **error) {
  return take(session->session.resetStates(), error);
}
