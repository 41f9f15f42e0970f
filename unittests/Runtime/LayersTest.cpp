//===- LayersTest.cpp - Tests of programs that are dispatched often
//-----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "JointRunFixture.h"
#include "garam/Runtime/Listing.h"
#include "garam/Runtime/Trace.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace garam;

namespace {

/// Two devices of one target. One of them runs the program of a layer twice,
/// the other once, each time with weights of its own.
class LayersTest : public JointRunTest {
protected:
  void SetUp() override {
    JointRunTest::SetUp();
    addDevice("a");
    addDevice("b");
    manifest.devices[1].section = manifest.devices[0].section;
    DeviceProgram program;
    program.code = {20, 1, 0, 1};
    program.segments = WorkerProgram(program.code).getSegments();
    program.debug.nodes = {"layer"};
    program.debug.origins = {{{0}}};
    source.programs.push_back(std::move(program));
    ImageProgram &image = manifest.programs.emplace_back();
    image.section = ".garam.worker.0.program";
    image.target = manifest.devices[0].section;
    manifest.nodes = {{"first", "Add", 17, "a", ""},
                      {"second", "Add", 17, "a", ""},
                      {"third", "Add", 17, "b", ""}};
    uint32_t middle = addSegment(0);
    addLayer(0, 10, {addInput(0), middle}, "first");
    addLayer(0, 20, {middle, addOutput(0)}, "second", {0});
    addLayer(1, 30, {addInput(1), addOutput(1)}, "third");
  }

  void addLayer(uint32_t device, uint8_t weight, std::vector<uint32_t> segments,
                const char *node, std::vector<uint32_t> after = {}) {
    uint32_t weights = addSegment(device, MemoryRole::Constant);
    manifest.segments[weights].offset = 64 * weights;
    manifest.segments[weights].segment.size = WorkerProgram::weightBytes;
    source.constants[weights] = {
        {0, 1, [=](MutableArrayRef<uint8_t> bytes) { bytes[0] = weight; }}};
    segments.insert(segments.begin(), weights);
    addStep(Step::dispatch(0, device, std::move(segments), std::move(after)));
    manifest.entryPoints[0].steps.back().nodes = {node};
  }
};

TEST_F(LayersTest, WeightsMemoryAndTimeAreOfEachDispatch) {
  RunResult result = run();
  EXPECT_EQ(result.latencyFs, 40 * ns);
  EXPECT_EQ(result.outputs.at(0).data.at(0), 1 + 10 + 20);
  EXPECT_EQ(result.outputs.at(1).data.at(0), 2 + 30);
  EXPECT_EQ(result.devices.at(0).dispatches, 2u);
  EXPECT_EQ(result.devices.at(0).busyFs, 40 * ns);
  EXPECT_EQ(result.devices.at(1).busyFs, 20 * ns);
  // Each instance is set up once, those of one device one after the other.
  EXPECT_EQ(result.devices.at(0).setupFs, 200 * ns);
  EXPECT_EQ(result.devices.at(1).setupFs, 100 * ns);
  EXPECT_EQ(result.laneBusyFs, (std::vector<std::vector<uint64_t>>{
                                   {20 * ns}, {20 * ns}, {20 * ns}}));
}

TEST_F(LayersTest, NodesAreThoseOfTheDispatch) {
  std::shared_ptr<const Executable> executable = cantFail(load());
  Report report = cantFail(measure(executable));
  for (double cycles : report.nodeCycles)
    EXPECT_DOUBLE_EQ(cycles, 20);
  std::string text;
  raw_string_ostream os(text);
  writeReport(report, os);
  for (const char *device : {"\"a\"", "\"b\""})
    EXPECT_NE(text.find(device), std::string::npos) << text;

  std::string trace;
  raw_string_ostream traceStream(trace);
  std::vector<std::string> values;
  RunOptions options;
  options.onValue = [&](const Tensor &value) { values.push_back(value.name); };
  {
    TraceWriter writer(*executable, traceStream);
    options.onEvent = [&](unsigned step, const DeviceEvent &event) {
      writer.addEvent(step, event);
    };
    cantFail(Session(executable).run(inputs, options));
  }
  for (const char *node : {"first", "second", "third"})
    EXPECT_NE(trace.find(node), std::string::npos) << trace;
  EXPECT_EQ(trace.find("layer"), std::string::npos) << trace;

  std::string contents;
  raw_string_ostream contentsStream(contents);
  printContents(*executable, contentsStream);
  EXPECT_NE(contents.find("program 0 on b"), std::string::npos) << contents;
}

// Values of the debug map too, with the number of an output behind the id.
TEST_F(LayersTest, ValuesAreThoseOfTheDispatch) {
  for (const char *name : {"layer", "layer:1", "other"})
    source.programs[0].debug.values.push_back(
        {name, valueType, {{0, 0, {1}, {0}, valueType.shape, {{0, 0, 1}}}}});
  std::vector<std::string> names;
  RunOptions options;
  options.onValue = [&](const Tensor &value) { names.push_back(value.name); };
  std::shared_ptr<const Executable> executable = cantFail(load());
  cantFail(Session(executable).run(inputs, options));
  llvm::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"first", "first:1", "other",
                                             "other", "other", "second",
                                             "second:1", "third", "third:1"}));
}

TEST_F(LayersTest, DispatchesThatDoNotFitAreRefused) {
  auto getError = [&] {
    auto executable = load();
    return executable ? "" : consumeToReport(executable.takeError()).text;
  };
  auto endsWith = [&](const char *end) {
    std::string error = getError();
    EXPECT_TRUE(StringRef(error).ends_with(end)) << error;
  };
  Step &step = manifest.entryPoints[0].steps[2];
  step.nodes = {"third", "fourth"};
  endsWith("step 2 of entry point 'main' names 2 nodes, its program has 1");
  step.nodes.clear();
  EXPECT_EQ(getError(), "");

  uint64_t &size = manifest.segments[addSegment(1)].segment.size;
  size = WorkerDevice::memoryBytes;
  endsWith("the segments of device 'b' need 1048768 bytes, its memory has "
           "1048576");
  size = 0;
  source.programs[0].code[3] = 2;
  endsWith("section '.garam.worker.0.program' declares several segments of "
           "constants");
}

} // namespace
