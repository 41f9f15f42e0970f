//===- Module.cpp - The module garam._core --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the package garam is made of: a thin layer over Driver and Runtime. It
// lets other threads of Python go on while it works.
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Errors.h"
#include "garam/Driver/CompileToExecutable.h"
#include "garam/Frontend/ONNX/Interface.h"
#include "garam/Runtime/Explanation.h"
#include "garam/Runtime/Listing.h"
#include "garam/Runtime/RandomInputs.h"
#include "garam/Runtime/Report.h"
#include "garam/Runtime/TrustList.h"
#include "garam/Support/FileRoles.h"
#include "garam/Support/OutputFile.h"
#include "garam/Support/Version.h"
#include "garam/Target/DevicePlugin.h"
#include "garam/Target/System.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/TargetParser/Host.h"

#include <pybind11/stl.h>

#include <dlfcn.h>
#include <mutex>
#include <shared_mutex>

namespace py = pybind11;

namespace garam::python {

namespace {

/// The devices of the process. A plugin that is loaded waits for the compiles
/// that run.
struct Devices {
  Devices() { registerBuiltinDevices(registry); }

  std::shared_mutex mutex;
  DeviceRegistry registry;
  std::vector<std::string> plugins; // their files
};

/// A binary and whether it was compiled in this process from a model, so that
/// its native code is no stranger's.
struct Binary {
  std::shared_ptr<const Executable> executable;
  bool isOwn = false;
  std::vector<std::string> warnings;
  std::vector<StageTime> stages;
  std::optional<double> compileSeconds;
};

/// A session that several threads may call: one after the other.
struct SharedSession {
  explicit SharedSession(const Binary &binary)
      : binary(binary), session(binary.executable) {}

  Binary binary;
  Session session;
  std::mutex mutex;
};

/// Files in the making: they appear together, or never were.
struct Outputs {
  std::vector<OutputFile> files;
};

using NamedArrays =
    std::vector<std::tuple<std::string, std::string, py::array>>;

} // namespace

/// Never destroyed: threads of Python may outlive what C++ does at exit.
static Devices &getDevices() {
  static Devices &devices = *new Devices;
  return devices;
}

static std::string makeText(llvm::StringRef text) {
  return llvm::json::fixUTF8(text);
}

/// What `write` writes, made without the lock of Python.
template <typename Function>
static std::string writeText(Function write) {
  py::gil_scoped_release release;
  std::string text;
  llvm::raw_string_ostream os(text);
  write(os);
  return makeText(text);
}

//===----------------------------------------------------------------------===//
// Compiling and loading
//===----------------------------------------------------------------------===//

static CompileOptions makeOptions(const std::string &model,
                                  const py::object &bytes,
                                  const py::dict &given) {
  CompileOptions options;
  options.model = model;
  if (!bytes.is_none())
    options.modelBytes =
        llvm::MemoryBuffer::getMemBuffer(bytes.cast<std::string_view>(), model,
                                         /*RequiresNullTerminator=*/false);
  auto take = [&](const char *key, auto &value) {
    if (given.contains(key))
      value = given[key].cast<std::decay_t<decltype(value)>>();
  };
  take("target", options.target);
  take("precision", options.precision);
  take("optimization_level", options.optimizationLevel);
  take("device_options", options.deviceOptions);
  take("calibration", options.calibration);
  take("placement", options.placement);
  take("fallback", options.hasFallback);
  take("shapes", options.shapes);
  take("dims", options.dims);
  take("states", options.states);
  return options;
}

/// `bytes` are those of the model, or None where `model` is a file.
static Binary compileBinary(const std::string &model, const py::object &bytes,
                            const py::dict &given) {
  CompileOptions options = makeOptions(model, bytes, given);
  py::gil_scoped_release release;
  Devices &devices = getDevices();
  std::shared_lock<std::shared_mutex> lock(devices.mutex);
  CompiledModel compiled =
      unwrap(compileToExecutable(std::move(options), devices.registry));
  return {std::move(compiled.executable), /*isOwn=*/true,
          std::move(compiled.warnings), std::move(compiled.stages),
          compiled.seconds};
}

/// `bytes` are those of the binary, which `path` then only names, or None for
/// the file to be read.
static Binary loadBinary(const std::string &path, const py::object &bytes,
                         bool trustNative) {
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  if (!bytes.is_none())
    buffer = llvm::MemoryBuffer::getMemBufferCopy(
        bytes.cast<std::string_view>(), path);
  py::gil_scoped_release release;
  Devices &devices = getDevices();
  std::shared_lock<std::shared_mutex> lock(devices.mutex);
  Image image = unwrap(
      buffer ? Image::create(unwrap(Container::create(std::move(buffer))))
             : Image::open(path));
  Binary binary;
  binary.executable =
      unwrap(Executable::create(std::move(image), devices.registry));
  binary.isOwn = trustNative;
  return binary;
}

/// Writes the binary to `path`. Native code that was compiled here may run from
/// there too.
static std::vector<std::string> save(const Binary &binary,
                                     const std::string &path) {
  py::gil_scoped_release release;
  std::vector<std::string> warnings;
  bool isCompiled = binary.isOwn && binary.compileSeconds;
  check(saveExecutable(*binary.executable, path, isCompiled, warnings));
  return warnings;
}

//===----------------------------------------------------------------------===//
// What a binary says of itself
//===----------------------------------------------------------------------===//

/// (name, name of the type, shape) each. A dimension of a size of run time is
/// the name of its symbol, or None.
static py::tuple describe(const Binding &binding) {
  py::tuple shape = makeShape(binding.type);
  for (auto [dim, name] : llvm::enumerate(binding.dimensions))
    if (!name.empty())
      shape[dim] = makeText(name);
  return py::make_tuple(makeText(binding.name),
                        getName(binding.type.type).str(), shape);
}

/// The least and the greatest size of each symbol, by name.
static py::dict listSymbols(const Binary &binary) {
  py::dict symbols;
  for (const Symbol &symbol : binary.executable->getEntryPoint().symbols)
    symbols[py::str(makeText(symbol.name))] =
        py::make_tuple(symbol.least, symbol.most);
  return symbols;
}

static py::list listBindings(llvm::ArrayRef<Binding> bindings) {
  py::list list;
  for (const Binding &binding : bindings)
    list.append(describe(binding));
  return list;
}

static py::list listOutputs(const Binary &binary) {
  py::list list;
  for (const Binding *binding : listResults(binary.executable->getEntryPoint()))
    list.append(describe(*binding));
  return list;
}

/// (input, output) each.
static py::list listStates(const Binary &binary) {
  py::list list;
  for (const CarriedState &state : binary.executable->getEntryPoint().states)
    list.append(py::make_tuple(describe(state.input), describe(state.output)));
  return list;
}

static std::string reportAsJSON(const Binary &binary) {
  return writeText([&](llvm::raw_ostream &os) {
    Report report = unwrap(measure(binary.executable));
    report.compileSeconds = binary.compileSeconds;
    writeReport(report, os);
  });
}

static std::string summarize(const Binary &binary) {
  return writeText([&](llvm::raw_ostream &os) {
    Report report = unwrap(measure(binary.executable));
    report.compileSeconds = binary.compileSeconds;
    printSummary(report, os);
  });
}

static std::string explainAsJSON(const Binary &binary) {
  return writeText([&](llvm::raw_ostream &os) {
    writeExplanation(unwrap(explain(binary.executable)), os);
  });
}

static std::string inspect(const Binary &binary) {
  return writeText(
      [&](llvm::raw_ostream &os) { printContents(*binary.executable, os); });
}

static std::string disassemble(const Binary &binary) {
  return writeText([&](llvm::raw_ostream &os) {
    for (unsigned p = 0; p < binary.executable->getNumPrograms(); ++p)
      binary.executable->getProgram(p).disassemble(os);
  });
}

/// What makeArray gives, for each input.
static py::list makeRandomInputs(const Binary &binary, uint64_t seed) {
  py::list list;
  for (const Binding &binding : binary.executable->getEntryPoint().inputs)
    list.append(makeArray(makeRandomTensor(binding, seed)));
  return list;
}

static void bindBinary(py::module_ &module) {
  py::class_<Binary>(module, "Binary")
      .def_property_readonly("inputs",
                             [](const Binary &binary) {
                               return listBindings(
                                   binary.executable->getEntryPoint().inputs);
                             })
      .def_property_readonly("outputs", &listOutputs)
      .def_property_readonly("states", &listStates)
      .def_property_readonly("dimensions", &listSymbols)
      .def_property_readonly("target",
                             [](const Binary &binary) {
                               return makeText(
                                   binary.executable->getManifest().target);
                             })
      .def_property_readonly("holds_native_code",
                             [](const Binary &binary) {
                               return binary.executable->holdsNativeCode();
                             })
      .def_property_readonly("content_hash",
                             [](const Binary &binary) {
                               py::gil_scoped_release release;
                               return binary.executable->getContentHash();
                             })
      .def_property_readonly("warnings",
                             [](const Binary &binary) {
                               py::list list;
                               for (const std::string &text : binary.warnings)
                                 list.append(makeText(text));
                               return list;
                             })
      .def_property_readonly("stages",
                             [](const Binary &binary) {
                               py::list list;
                               for (const StageTime &time : binary.stages)
                                 list.append(
                                     py::make_tuple(time.stage, time.seconds));
                               return list;
                             })
      .def_readonly("compile_seconds", &Binary::compileSeconds)
      .def("save", &save, py::arg("path"))
      .def("random_inputs", &makeRandomInputs, py::arg("seed"))
      .def("report", &reportAsJSON)
      .def("summary", &summarize)
      .def("explain", &explainAsJSON)
      .def("inspect", &inspect)
      .def("disassemble", &disassemble);
}

//===----------------------------------------------------------------------===//
// Files that a command writes
//===----------------------------------------------------------------------===//

/// (role, path) each.
using NamedFiles = std::vector<std::pair<std::string, std::string>>;

/// Makes sure, before any work, that the outputs of a command can be written
/// and overwrite nothing that it reads.
static std::unique_ptr<Outputs> openOutputs(const NamedFiles &inputs,
                                            const NamedFiles &outputs) {
  FileRoles roles;
  for (const auto &[role, path] : inputs)
    check(roles.addInput(role, path));
  auto opened = std::make_unique<Outputs>();
  for (const auto &[role, path] : outputs) {
    check(roles.addOutput(role, path));
    opened->files.push_back(unwrap(OutputFile::create(path)));
  }
  return opened;
}

/// Writes a text to each file, all or none. Nothing but the destructor may
/// follow.
static void commitOutputs(Outputs &outputs,
                          const std::vector<std::string> &texts) {
  if (texts.size() != outputs.files.size())
    throw py::value_error("a text for each file is needed");
  py::gil_scoped_release release;
  std::vector<OutputFile *> files;
  for (auto [file, text] : llvm::zip_equal(outputs.files, texts)) {
    check(file.append([&, &text = text](llvm::raw_ostream &os) {
      os << text;
      return llvm::Error::success();
    }));
    files.push_back(&file);
  }
  check(commitAll(files));
  outputs.files.clear();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Figures of a run; the report of the binary has more.
static py::dict makeFigures(const RunResult &result) {
  constexpr double secondsPerFs = 1e-15;
  py::dict figures;
  figures["latency_s"] = result.latencyFs * secondsPerFs;
  figures["energy_j"] = result.energyJoule;
  figures["macs"] = result.macs;
  figures["dram_read_bytes"] = result.dramReadBytes;
  figures["dram_write_bytes"] = result.dramWriteBytes;
  return figures;
}

static RunOptions makeRunOptions(const py::dict &given) {
  RunOptions options;
  options.executeNativeCode = true; // runSession has checked.
  if (given.contains("threads"))
    options.threads = given["threads"].cast<unsigned>();
  if (given.contains("seed"))
    options.seed = given["seed"].cast<uint64_t>();
  if (given.contains("noise") && given["noise"].cast<bool>())
    options.noise = NoiseMode::Model;
  return options;
}

static void checkMayRun(Binary &binary) {
  if (binary.isOwn)
    return;
  check(checkTrust(*binary.executable, binary.warnings));
  binary.isOwn = true;
}

/// (outputs, values of nodes, figures); the first two are lists of what
/// makeArray gives. Arrays are what viewArray takes.
static py::tuple runSession(SharedSession &shared, const NamedArrays &arrays,
                            const py::dict &given, bool keepValues) {
  std::vector<TensorView> inputs;
  for (const auto &[name, typeName, array] : arrays)
    inputs.push_back(viewArray(name, typeName, array));
  RunOptions options = makeRunOptions(given);
  std::vector<Tensor> values;
  if (keepValues)
    options.onValue = [&](const Tensor &value) { values.push_back(value); };
  RunResult result;
  {
    py::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(shared.mutex);
    checkMayRun(shared.binary);
    result = unwrap(shared.session.runOnViews(inputs, options));
  }
  py::dict figures = makeFigures(result);
  py::list outputs, intermediates;
  for (Tensor &output : result.outputs)
    outputs.append(makeArray(std::move(output)));
  for (Tensor &value : values)
    intermediates.append(makeArray(std::move(value)));
  return py::make_tuple(outputs, intermediates, figures);
}

/// What the next run takes as state: a list of what makeArray gives.
static py::list readStates(SharedSession &shared) {
  std::vector<Tensor> states;
  {
    py::gil_scoped_release release;
    std::lock_guard<std::mutex> lock(shared.mutex);
    states = unwrap(shared.session.readStates());
  }
  py::list list;
  for (Tensor &state : states)
    list.append(makeArray(std::move(state)));
  return list;
}

static void resetStates(SharedSession &shared) {
  py::gil_scoped_release release;
  std::lock_guard<std::mutex> lock(shared.mutex);
  check(shared.session.resetStates());
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

static void loadPlugin(const std::string &path) {
  py::gil_scoped_release release;
  Devices &devices = getDevices();
  std::unique_lock<std::shared_mutex> lock(devices.mutex);
  check(loadDevicePlugin(path, devices.registry));
  devices.plugins.push_back(path);
}

/// What `read` gives of the devices, which no plugin changes meanwhile. Loading
/// one may wait for a compile: other threads of Python do not.
template <typename Function>
static auto readDevices(Function read) {
  py::gil_scoped_release release;
  Devices &devices = getDevices();
  std::shared_lock<std::shared_mutex> lock(devices.mutex);
  return read(devices);
}

static py::list listBytes(llvm::ArrayRef<std::string> texts) {
  py::list list;
  for (const std::string &text : texts)
    list.append(py::bytes(text));
  return list;
}

/// This machine's processor and its features, which native code may be for.
static py::bytes describeProcessor() {
  std::vector<std::string> parts{llvm::sys::getHostCPUName().str()};
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    if (feature.second)
      parts.push_back(feature.first().str());
  llvm::sort(parts);
  return llvm::join(parts, ",");
}

/// The files that decide what comes of a compile: the library, plugins.
static py::list listLibraries() {
  std::vector<std::string> libraries =
      readDevices([](const Devices &devices) { return devices.plugins; });
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&getVersion), &info) && info.dli_fname)
    libraries.insert(libraries.begin(), info.dli_fname);
  return listBytes(libraries);
}

/// (name, element type or None, dimensions or None) each; a dimension is a size
/// or a name.
static py::list listValues(llvm::ArrayRef<onnx::InterfaceValue> values) {
  py::list list;
  for (const onnx::InterfaceValue &value : values) {
    py::object shape = py::none();
    if (value.shape) {
      py::list dimensions;
      for (const auto &dimension : *value.shape)
        if (dimension.size)
          dimensions.append(*dimension.size);
        else
          dimensions.append(makeText(dimension.name));
      shape = dimensions;
    }
    py::object type = py::none();
    if (value.elementType)
      type = py::str(*value.elementType);
    list.append(py::make_tuple(makeText(value.name), type, shape));
  }
  return list;
}

/// (id, operator, names of the outputs) each.
static py::list listNodes(llvm::ArrayRef<onnx::InterfaceNode> nodes) {
  py::list list;
  for (const onnx::InterfaceNode &node : nodes) {
    py::list outputs;
    for (const std::string &output : node.outputs)
      outputs.append(makeText(output));
    list.append(py::make_tuple(makeText(node.id), makeText(node.op), outputs));
  }
  return list;
}

/// (inputs, outputs, nodes, files with weights) of a model, as its file says
/// them.
static py::tuple readModel(const std::string &model, const py::object &bytes) {
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  if (!bytes.is_none())
    buffer =
        llvm::MemoryBuffer::getMemBuffer(bytes.cast<std::string_view>(), model,
                                         /*RequiresNullTerminator=*/false);
  onnx::ModelInterface interface;
  {
    py::gil_scoped_release release;
    interface = unwrap(onnx::readInterface(model, std::move(buffer)));
  }
  return py::make_tuple(
      listValues(interface.inputs), listValues(interface.outputs),
      listNodes(interface.nodes), listBytes(interface.weightFiles));
}

/// (path, text) of a target's file and of those that it names.
static py::list readTarget(const std::string &target) {
  System system = readDevices([&](const Devices &devices) {
    return unwrap(loadSystem(unwrap(loadTarget(target)), devices.registry));
  });
  py::list files;
  auto add = [&](const TargetFile &file) {
    files.append(py::make_tuple(py::bytes(file.path), py::bytes(file.text)));
  };
  add(system.file);
  for (const System::Device &device : system.devices)
    add(device.file);
  return files;
}

/// The target of the device that takes every model.
static std::string getFallbackTarget() {
  return readDevices([](const Devices &devices) -> std::string {
    const Device *device = devices.registry.findFallback();
    return device ? device->getKind().str() : "";
  });
}

static std::vector<std::pair<std::string, std::string>> describeTargets() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const std::string &name : listTargets())
    list.emplace_back(name, unwrap(loadTarget(name)).header.description);
  return list;
}

PYBIND11_MODULE(_core, module) {
  registerErrors();
  module.def("version", &getVersion);
  module.def("targets", &describeTargets);
  module.def("fallback_target", &getFallbackTarget);
  module.def("libraries", &listLibraries);
  module.def("processor", &describeProcessor);
  module.def("read_model", &readModel, py::arg("model"), py::arg("data"));
  module.def("read_target", &readTarget, py::arg("target"));
  module.def("load_device_plugin", &loadPlugin, py::arg("path"));
  module.def("remove_files_on_signals", &OutputFile::removeOnSignals);
  module.def("compile", &compileBinary, py::arg("model"), py::arg("data"),
             py::arg("options"));
  module.def("load", &loadBinary, py::arg("path"), py::arg("data"),
             py::arg("trust_native"));
  bindBinary(module);
  py::class_<Outputs>(module, "Outputs")
      .def(py::init(&openOutputs), py::arg("inputs"), py::arg("outputs"))
      .def("commit", &commitOutputs, py::arg("texts"));
  py::class_<SharedSession>(module, "Session")
      .def(py::init<const Binary &>(), py::arg("binary"))
      .def("run", &runSession, py::arg("arrays"), py::arg("options"),
           py::arg("keep_values"))
      .def("read_states", &readStates)
      .def("reset_states", &resetStates);
}

} // namespace garam::python
