//===- SessionTest.cpp - Tests of loading and running ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// With a device of the test's own, as the runtime knows none by name.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Report.h"
#include "garam/Runtime/Trace.h"
#include "garam/Support/Errors.h"
#include "mlir/IR/Attributes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace garam;

namespace {

/// Adds the first byte of the weights to every byte of the input.
class AddExecution : public DeviceExecution {
public:
  AddExecution(sim::Kernel &kernel, ArrayRef<uint8_t> weights,
               const InstanceOptions &instance,
               ArrayRef<MutableArrayRef<uint8_t>> segments,
               const DeviceRunOptions &options, RunEndHandler onEnd)
      : kernel(kernel), weights(weights), instance(instance),
        segments(segments), options(options), onEnd(std::move(onEnd)) {}

  Error start() override {
    begin = kernel.now();
    load = instance.residentWeights ? 0 : 2000000;
    kernel.schedule(load + 1000000, *this, 0);
    return Error::success();
  }
  Error handle(uint64_t) override {
    if (!instance.timingOnly)
      for (unsigned i = 0; i < 4; ++i)
        segments[2][i] = segments[1][i] + weights[0];
    if (options.onEvent) {
      options.onEvent({0, 0, begin, begin + load, false, "load"});
      options.onEvent({0, 1, begin + load, kernel.now(), false, "add"});
    }
    DeviceRun run;
    run.latencyFs = kernel.now() - begin;
    run.energyJoule = 1e-9;
    run.criticalPath = {{"work", run.latencyFs}};
    run.laneBusyFs = {run.latencyFs};
    return onEnd(std::move(run));
  }
  std::string describeBlocked() const override { return ""; }

private:
  sim::Kernel &kernel;
  ArrayRef<uint8_t> weights;
  InstanceOptions instance;
  std::vector<MutableArrayRef<uint8_t>> segments;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  sim::Time begin = 0, load = 0;
};

class AddInstance : public ProgramInstance {
public:
  AddInstance(ArrayRef<uint8_t> weights, const InstanceOptions &instance)
      : weights(weights), instance(instance) {
    ++numMade;
  }

  /// Since the process began.
  static unsigned numMade;

  Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override {
    return std::make_unique<AddExecution>(kernel, weights, instance, segments,
                                          options, std::move(onEnd));
  }

private:
  ArrayRef<uint8_t> weights;
  InstanceOptions instance;
};

unsigned AddInstance::numMade = 0;

class AddProgram : public LoadedProgram {
public:
  /// There is no instance with it.
  static constexpr uint64_t badSeed = 13;

  /// `scratchBytes` more are declared when there are any.
  explicit AddProgram(uint64_t scratchBytes = 0) : scratchBytes(scratchBytes) {}

  std::vector<DeviceSegment> getSegments() const override {
    std::vector<DeviceSegment> segments = {
        {MemoryRole::Constant, 64, "weights"},
        {MemoryRole::Input, 4, "x"},
        {MemoryRole::Output, 4, "y"}};
    if (scratchBytes > 0)
      segments.push_back({MemoryRole::Scratch, scratchBytes, "scratch"});
    return segments;
  }
  std::vector<std::string> getLanes() const override { return {"adder"}; }
  std::vector<uint64_t> getCommandCounts() const override { return {2}; }
  void disassemble(raw_ostream &os) const override { os << "add\n"; }
  Expected<std::unique_ptr<ProgramInstance>>
  instantiate(ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const override {
    if (options.seed == badSeed)
      return createStringError("cannot be set up");
    return std::make_unique<AddInstance>(constants, options);
  }

private:
  uint64_t scratchBytes;
};

/// Ends without saying so.
class SilentExecution : public DeviceExecution {
  Error start() override { return Error::success(); }
  Error handle(uint64_t) override { return Error::success(); }
  std::string describeBlocked() const override { return ""; }
};

class SilentInstance : public ProgramInstance {
  Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &, ArrayRef<MutableArrayRef<uint8_t>>,
          const DeviceRunOptions &, RunEndHandler) const override {
    return std::make_unique<SilentExecution>();
  }
};

class SilentProgram : public AddProgram {
  Expected<std::unique_ptr<ProgramInstance>>
  instantiate(ArrayRef<uint8_t>, const InstanceOptions &) const override {
    return std::make_unique<SilentInstance>();
  }
};

/// More than any machine has.
constexpr uint64_t tooMuchMemory = uint64_t(1) << 60;

class AddDevice : public Device {
public:
  StringRef getKind() const override { return "adder"; }
  void registerDialects(mlir::DialectRegistry &) const override {}
  void registerPasses() const override {}
  Error checkTarget(const TargetFile &) const override {
    return Error::success();
  }
  Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &) const override {
    return std::vector<MachineFact>();
  }
  mlir::Attribute getTargetAttr(mlir::MLIRContext *,
                                const TargetFile &) const override {
    return nullptr;
  }
  Expected<MachineSummary> summarizeMachine(MemoryBufferRef) const override {
    MachineSummary machine;
    machine.clockHz = 1e9;
    machine.onChipBytes = 1024;
    machine.idleWatts = 2;
    machine.hostLink = HostLink{1e6, 0, 1e-9};
    return machine;
  }
  Expected<std::unique_ptr<LoadedProgram>>
  load(ArrayRef<uint8_t> code, MemoryBufferRef) const override {
    if (code == ArrayRef<uint8_t>({42, 42}))
      return std::make_unique<AddProgram>(tooMuchMemory);
    if (code == ArrayRef<uint8_t>({42, 0}))
      return std::make_unique<SilentProgram>();
    if (code != ArrayRef<uint8_t>({42}))
      return createStringError("not a program of an adder");
    return std::make_unique<AddProgram>();
  }
};

class SessionTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createTemporaryFile("garam-session", "garam", path));
    devices.add(std::make_unique<AddDevice>());
    source.targetTexts = {"name: one\nkind: adder\ndescription: adds\n"};
    DeviceProgram program;
    program.code = {42};
    program.segments = AddProgram().getSegments();
    program.constants.push_back(
        {0, 1, [](MutableArrayRef<uint8_t> bytes) { bytes[0] = 10; }});
    program.debug.nodes = {"add"};
    program.debug.origins = {{{0}, {0}}};
    Manifest &manifest = source.manifest;
    manifest.model = "model.onnx";
    for (const DeviceSegment &segment : program.segments)
      manifest.segments.push_back({segment, 0});
    source.programs.push_back(std::move(program));
    manifest.entryPoints.push_back(
        {"main",
         {{"x", {DataType::UInt8, {4}}, 1, std::nullopt}},
         {{"y", {DataType::UInt8, {4}}, 2, std::nullopt}},
         /*symbols=*/{},
         /*sizes=*/std::nullopt,
         /*conditions=*/{},
         /*states=*/{},
         {Step::dispatch(0, 0, {0, 1, 2})}});
    manifest.target = "one";
    manifest.devices = {{"one", "adder", "one", ".garam.target.0"}};
    ImageProgram image;
    image.section = ".garam.adder.0.program";
    image.target = ".garam.target.0";
    image.bound = {0, 1e-9, 64, 1e12};
    manifest.programs.push_back(image);
    manifest.nodes = {{"add", "Add", 17, "one", ""}};
  }
  void TearDown() override { sys::fs::remove(path); }

  Expected<std::shared_ptr<const Executable>> load() {
    if (Error error = writeImage(path, source))
      return error;
    return Executable::load(path, devices);
  }

  /// The error of a run with these inputs.
  ErrorReport runBadly(ArrayRef<Tensor> inputs) {
    Session session(cantFail(load()));
    Expected<RunResult> result = session.run(inputs);
    return result ? ErrorReport() : consumeToReport(result.takeError());
  }

  SmallString<128> path;
  DeviceRegistry devices;
  ImageSource source;
  Tensor input{"x", {DataType::UInt8, {4}}, {1, 2, 3, 4}};
};

TEST_F(SessionTest, RunsWithDataAndTime) {
  Session session(cantFail(load()));
  RunResult result = cantFail(session.run({input}));
  ASSERT_EQ(result.outputs.size(), 1u);
  EXPECT_EQ(result.outputs[0].name, "y");
  EXPECT_EQ(result.outputs[0].data, std::vector<uint8_t>({11, 12, 13, 14}));
  EXPECT_EQ(result.latencyFs, 3000000u);
  EXPECT_DOUBLE_EQ(result.hostLink->seconds, 8e-6);
  EXPECT_DOUBLE_EQ(result.hostLink->joule, 8e-9);
  // Of the program, and 2 W for 3 ns.
  EXPECT_DOUBLE_EQ(result.energyJoule, 1e-9 + 6e-9);
}

TEST_F(SessionTest, InstancesAreMadeWhenTheirOptionsChange) {
  Session session(cantFail(load()));
  unsigned before = AddInstance::numMade;
  RunOptions options;
  auto countAfterRun = [&] {
    cantFail(session.run({input}, options));
    return AddInstance::numMade - before;
  };
  EXPECT_EQ(countAfterRun(), 1u);
  EXPECT_EQ(countAfterRun(), 1u);
  options.threads = 3;
  EXPECT_EQ(countAfterRun(), 1u);
  options.seed = 1;
  EXPECT_EQ(countAfterRun(), 2u);
  options.noise = NoiseMode::Model;
  EXPECT_EQ(countAfterRun(), 3u);
  options.timingOnly = true;
  EXPECT_EQ(countAfterRun(), 4u);
  options.residentWeights = true;
  EXPECT_EQ(countAfterRun(), 5u);
  EXPECT_EQ(countAfterRun(), 5u);
}

// What could not be set up is tried again, and what there was before is used
// only with the options that it was made with.
TEST_F(SessionTest, FailedInstancesAreNotReplacedByOlderOnes) {
  Session session(cantFail(load()));
  cantFail(session.run({input}));
  unsigned before = AddInstance::numMade;
  RunOptions bad;
  bad.seed = AddProgram::badSeed;
  for (unsigned attempt = 0; attempt < 2; ++attempt) {
    Expected<RunResult> result = session.run({input}, bad);
    ASSERT_FALSE(bool(result));
    EXPECT_NE(consumeToReport(result.takeError()).text.find("cannot be set up"),
              std::string::npos);
  }
  cantFail(session.run({input}));
  EXPECT_EQ(AddInstance::numMade, before);
}

TEST_F(SessionTest, HostQuantisesWhatTheDeviceCannot) {
  EntryPoint &entry = source.manifest.entryPoints[0];
  entry.inputs[0].type.type = DataType::Float32;
  entry.inputs[0].quantization = HostQuantization{DataType::Int8, 0.5, 1};
  entry.outputs[0].type.type = DataType::Float32;
  entry.outputs[0].quantization = HostQuantization{DataType::Int8, 2.0, 0};
  // 0.75 / 0.5 is halfway between 1 and 2: to even. Far values saturate.
  float values[4] = {0.75f, -1.0f, 1000.0f, -1000.0f};
  Tensor floats{"x", {DataType::Float32, {4}}, std::vector<uint8_t>(16)};
  memcpy(floats.data.data(), values, sizeof(values));
  Session session(cantFail(load()));
  RunResult result = cantFail(session.run({floats}));
  memcpy(values, result.outputs[0].data.data(), sizeof(values));
  // On the device: 3, -1, 127, -128, and 10 is added modulo 256.
  EXPECT_EQ(values[0], 26.0f);
  EXPECT_EQ(values[1], 18.0f);
  EXPECT_EQ(values[2], -238.0f);
  EXPECT_EQ(values[3], -236.0f);
  EXPECT_EQ(result.hostQuantizedElements, 8u);
}

TEST_F(SessionTest, InputsAreChecked) {
  auto contains = [](const ErrorReport &report, const char *part) {
    return report.exitCode == ExitCode::Input &&
           report.text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(contains(runBadly({}), "input 'x' (uint8[4]) is missing"));
  EXPECT_TRUE(contains(runBadly({input, input}), "given more than once"));
  Tensor other = input;
  other.name = "z";
  EXPECT_TRUE(contains(runBadly({other}), "no input 'z'; its inputs are 'x'"));
  other = input;
  other.type.shape = {2, 2};
  EXPECT_TRUE(contains(runBadly({other}), "is uint8[2,2], the model needs "
                                          "uint8[4]"));
  other = input;
  other.type.type = DataType::Int8;
  EXPECT_TRUE(contains(runBadly({other}), "is int8[4]"));
  other = input;
  other.data.resize(3);
  EXPECT_TRUE(contains(runBadly({other}), "has 3 bytes"));
}

TEST_F(SessionTest, BinariesThatDoNotFitTheDeviceAreRefused) {
  auto getError = [&] {
    auto executable = load();
    if (executable)
      return std::string();
    ErrorReport report = consumeToReport(executable.takeError());
    EXPECT_EQ(report.exitCode, ExitCode::Binary);
    return report.text;
  };
  std::string file = path.str().str() + ": ";
  source.programs[0].code = {43};
  EXPECT_EQ(getError(), file + "section '.garam.adder.0.program': not a "
                               "program of an adder");

  source.programs[0].code = {42};
  source.manifest.segments[2].segment.role = MemoryRole::Scratch;
  source.manifest.entryPoints[0].outputs.clear();
  source.manifest.segments[2].segment.size = 3;
  EXPECT_EQ(getError(), file + "section '.garam.adder.0.program' declares "
                               "other segments than the manifest");

  source.manifest.segments[2].segment.size = 4;
  EXPECT_EQ(getError(), file + "entry point 'main': what step 0 writes to "
                               "segment 2 ('y') is never read");

  source.manifest.devices[0].target = "two";
  EXPECT_EQ(getError(), file + "section '.garam.target.0': describes 'one' of "
                               "kind 'adder', device 'one' is 'two' of kind "
                               "'adder'");
  source.manifest.devices[0].target = "one";

  source.manifest.devices[0].kind = "unknown";
  source.targetTexts = {"name: one\nkind: unknown\ndescription: adds\n"};
  EXPECT_EQ(getError(), file + "device 'one' is of kind 'unknown', which is "
                               "not known here; hint: a device of a shared "
                               "library comes with --device-plugin FILE.so");

  source.targetTexts = {"kind: adder\n"};
  std::string error = getError();
  EXPECT_EQ(error.find(file + "section '.garam.target.0': "), 0u) << error;
}

TEST_F(SessionTest, SegmentsThatNoMachineHoldsAreRefused) {
  source.programs[0].code = {42, 42};
  source.programs[0].segments = AddProgram(tooMuchMemory).getSegments();
  source.manifest.segments.push_back({source.programs[0].segments.back(), 0});
  source.manifest.entryPoints[0].steps[0].segments.push_back(3);
  ErrorReport report = runBadly({input});
  EXPECT_EQ(report.exitCode, ExitCode::Binary);
  EXPECT_EQ(report.text.find("no memory for segment 'scratch' of "
                             "1152921504606846976 bytes: "),
            0u)
      << report.text;
  EXPECT_NE(report.text.find("hint: compile the model for smaller sizes "
                             "(--shape, --dim); --timing-only needs no memory "
                             "for data"),
            std::string::npos)
      << report.text;
}

TEST_F(SessionTest, ProgramsThatDoNotEndAreRefused) {
  source.programs[0].code = {42, 0};
  ErrorReport report = runBadly({input});
  EXPECT_EQ(report.exitCode, ExitCode::Binary);
  EXPECT_NE(report.text.find("the program stops before its end"),
            std::string::npos)
      << report.text;
}

TEST_F(SessionTest, ReportAndTrace) {
  std::shared_ptr<const Executable> executable = cantFail(load());
  Report report = cantFail(measure(executable));
  EXPECT_EQ(report.run.latencyFs, 3000000u);
  EXPECT_EQ(report.residentLatencyFs, 1000000u);
  EXPECT_DOUBLE_EQ(report.nodeCycles.at(0), 3.0);
  EXPECT_NEAR(report.getRatio(), 1.0 / 3.0, 1e-9);

  std::string text;
  raw_string_ostream os(text);
  writeReport(report, os);
  Expected<json::Value> value = json::parse(text);
  ASSERT_TRUE(bool(value)) << toString(value.takeError());
  const json::Object &object = *value->getAsObject();
  for (StringRef key :
       {"schema", "model", "target", "latency_s", "latency_resident_s",
        "bound_s", "ratio", "dram_read_bytes", "dram_write_bytes",
        "sram_peak_bytes", "energy_j", "compile_s", "peak_rss_bytes", "nodes"})
    EXPECT_TRUE(object.get(key)) << key.str();

  std::string trace;
  raw_string_ostream traceStream(trace);
  {
    TraceWriter writer(*executable, traceStream);
    RunOptions options;
    options.timingOnly = true;
    options.onEvent = [&](unsigned step, const DeviceEvent &event) {
      writer.addEvent(step, event);
    };
    cantFail(Session(executable).run({}, options));
  }
  Expected<json::Value> events = json::parse(trace);
  ASSERT_TRUE(bool(events)) << toString(events.takeError());
  // Names of the process and of one lane, two commands.
  EXPECT_EQ(events->getAsObject()->getArray("traceEvents")->size(), 4u);
}

} // namespace
