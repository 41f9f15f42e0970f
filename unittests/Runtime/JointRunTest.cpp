//===- JointRunTest.cpp - Tests of runs on several devices ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "JointRunFixture.h"
#include "garam/Runtime/Listing.h"
#include "garam/Runtime/Trace.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

#include <random>

using namespace llvm;
using namespace garam;

namespace {

TEST_F(JointRunTest, DevicesWithoutADependencyWorkAtOnce) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addWork(a, 30, {addInput(a)}, addOutput(a));
  addWork(b, 50, {addInput(b)}, addOutput(b));
  RunResult result = run();
  EXPECT_EQ(result.latencyFs, 50 * ns);
  EXPECT_EQ(getShare(result, "b: work"), 40 * ns);
  EXPECT_EQ(getShare(result, "b: overhead"), 10 * ns);
  EXPECT_EQ(getShare(result, "a: work"), 0u);
  EXPECT_EQ(result.devices.at(0).busyFs, 30 * ns);
  EXPECT_EQ(result.devices.at(1).busyFs, 50 * ns);
  EXPECT_EQ(result.outputs.at(0).data.at(0), 1); // x0 + 0
  EXPECT_EQ(result.outputs.at(1).data.at(0), 3); // x1 + 1
}

TEST_F(JointRunTest, ADeviceRunsOneProgramAtATimeInOrderOfReadiness) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addLink("l", a, b);
  uint32_t x = addInput(a), middle = addSegment(b), moved = addSegment(a);
  // Ready on a: step 2 and step 3 at once, step 4 a little later.
  addWork(b, 20, {addInput(b)}, middle);
  addTransfer(middle, moved, {0}, {0});
  addWork(a, 30, {x}, addOutput(a));
  addWork(a, 60, {x}, addOutput(a));
  addWork(a, 50, {moved}, addOutput(a), {1});
  std::vector<unsigned> order;
  std::vector<uint64_t> starts;
  RunOptions options;
  options.onEvent = [&](unsigned step, const DeviceEvent &event) {
    order.push_back(step);
    starts.push_back(event.startFs);
  };
  RunResult result = run(options);
  EXPECT_EQ(order, (std::vector<unsigned>{0, 2, 3, 4}));
  EXPECT_EQ(starts, (std::vector<uint64_t>{0, 0, 30 * ns, 90 * ns}));
  EXPECT_EQ(result.latencyFs, 140 * ns);
  // The path is that of the device that was busy, not of the link.
  EXPECT_EQ(getShare(result, "a: work"), 110 * ns);
  EXPECT_EQ(getShare(result, "a: overhead"), 30 * ns);
  EXPECT_EQ(getShare(result, "link l"), 0u);
  std::vector<uint32_t> steps;
  for (const RunInterval &interval : result.path)
    if (steps.empty() || steps.back() != interval.step)
      steps.push_back(interval.step);
  EXPECT_EQ(steps, (std::vector<uint32_t>{2, 3, 4}));
  EXPECT_EQ(result.outputs.at(2).data.at(0), 2 + 0 + 3);
}

TEST_F(JointRunTest, TransfersWaitForTheirDirectionOfALink) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addLink("l", a, b, 5e-9);
  for (uint32_t from : {a, a, b}) {
    uint32_t to = from == a ? b : a, arrived = addSegment(to);
    uint32_t step = addTransfer(addInput(from), arrived, {0});
    addWork(to, 20, {arrived}, addOutput(to), {step});
  }
  std::vector<TransferEvent> events;
  RunOptions options;
  options.onTransfer = [&](const TransferEvent &event) {
    events.push_back(event);
  };
  RunResult result = run(options);
  // 64 bytes at 1 byte a nanosecond; the latency of a transfer does not hold up
  // the next.
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].endFs, (64 + 5) * ns);
  EXPECT_EQ(events[1].startFs, 64 * ns);
  EXPECT_EQ(events[1].endFs, (128 + 5) * ns);
  EXPECT_TRUE(events[2].isBackward);
  EXPECT_EQ(events[2].startFs, 0u);
  EXPECT_EQ(result.latencyFs, (128 + 5 + 20) * ns);
  EXPECT_EQ(getShare(result, "link l"), (128 + 5) * ns);
  EXPECT_EQ(result.links.at(0).bytes, 3 * 64u);
  EXPECT_EQ(result.links.at(0).busyFs, 3 * 64 * ns);
  EXPECT_EQ(result.outputs.at(2).data.at(0), 3 + 2);
}

TEST_F(JointRunTest, TransfersTakeOneLinkAfterTheOther) {
  uint32_t a = addDevice("a"), b = addDevice("b"), c = addDevice("c");
  uint32_t near = addLink("near", a, b), far = addLink("far", c, b, 1e-9);
  uint32_t arrived = addSegment(c);
  uint32_t step = addTransfer(addInput(a), arrived, {near, far});
  addWork(c, 20, {arrived}, addOutput(c), {step});
  RunResult result = run();
  EXPECT_EQ(result.latencyFs, (64 + 64 + 1 + 20) * ns);
  EXPECT_EQ(getShare(result, "link near"), 64 * ns);
  EXPECT_EQ(getShare(result, "link far"), 65 * ns);
}

TEST_F(JointRunTest, EnergyIsThatOfDevicesAndLinks) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addDevice("c");
  addLink("l", a, b);
  uint32_t arrived = addSegment(b);
  addWork(b, 36, {arrived}, addOutput(b),
          {addTransfer(addInput(a), arrived, {0})});
  RunResult result = run();
  // 1 nJ a program, 2 W a device for 100 ns, 64 bytes.
  EXPECT_DOUBLE_EQ(result.devices.at(0).dynamicJoule, 0);
  EXPECT_DOUBLE_EQ(result.devices.at(1).dynamicJoule, 1e-9);
  EXPECT_DOUBLE_EQ(result.devices.at(2).idleJoule, 200e-9);
  EXPECT_DOUBLE_EQ(result.links.at(0).joule, 64e-12);
  EXPECT_DOUBLE_EQ(result.energyJoule, 3 * 200e-9 + 1e-9 + 64e-12);
  // Loading is apart.
  EXPECT_EQ(result.devices.at(1).setupFs, 100 * ns);
  EXPECT_EQ(result.setupFs, 100 * ns);
  EXPECT_DOUBLE_EQ(result.setupJoule, 5e-9);
  EXPECT_FALSE(result.hostLink.has_value());
}

//===----------------------------------------------------------------------===//
// Any steps
//===----------------------------------------------------------------------===//

/// Random systems: values of one device are worked on or moved to another.
TEST_F(JointRunTest, RandomStepsGiveTheSameAsOneAfterTheOther) {
  std::mt19937 random(7);
  auto pick = [&](size_t count) { return random() % count; };
  for (unsigned trial = 0; trial < 60; ++trial) {
    source = ImageSource();
    inputs.clear();
    manifest.entryPoints.emplace_back().name = "main";
    std::vector<uint32_t> devices;
    for (const char *name : {"a", "b", "c", "d"})
      devices.push_back(addDevice(name));
    for (uint32_t i = 1; i < 4; ++i)
      addLink(("l" + Twine(i)).str().c_str(), 0, i, pick(3) * 1e-9);
    struct Value {
      uint32_t segment, device;
      std::optional<uint32_t> step;
      bool isUsed = false;
      uint8_t byte = 0;
    };
    std::vector<Value> values;
    for (uint32_t device : devices) {
      uint32_t segment = addInput(device);
      values.push_back({segment, device, std::nullopt, true,
                        static_cast<uint8_t>(inputs.size())});
    }
    auto getTokens = [](ArrayRef<const Value *> read) {
      std::vector<uint32_t> tokens;
      for (const Value *value : read)
        if (value->step)
          tokens.push_back(*value->step);
      return tokens;
    };
    for (unsigned i = 0; i < 30; ++i) {
      Value &from = values[pick(values.size())];
      uint32_t device = devices[pick(devices.size())];
      from.isUsed = true;
      Value made{0, device, std::nullopt, false, from.byte};
      made.segment = addSegment(device);
      if (device != from.device) {
        std::vector<uint32_t> links;
        if (from.device != 0)
          links.push_back(from.device - 1);
        if (device != 0)
          links.push_back(device - 1);
        made.step =
            addTransfer(from.segment, made.segment, links, getTokens({&from}));
      } else {
        made.byte += source.programs.size();
        made.step = addWork(device, 10 + pick(50), {from.segment}, made.segment,
                            getTokens({&from}));
      }
      values.push_back(made);
    }
    std::vector<uint8_t> expected;
    for (const Value &value : values) {
      if (value.isUsed)
        continue;
      manifest.segments[value.segment].segment.role = MemoryRole::Output;
      manifest.entryPoints[0].outputs.push_back(
          {("y" + Twine(expected.size())).str(), valueType, value.segment,
           std::nullopt});
      expected.push_back(value.byte);
    }
    RunResult result = run();
    std::vector<uint8_t> bytes;
    for (const Tensor &output : result.outputs)
      bytes.push_back(output.data[0]);
    EXPECT_EQ(bytes, expected);
    uint64_t longest = 0;
    for (const DeviceUse &use : result.devices) {
      longest = std::max(longest, use.busyFs);
      EXPECT_LE(use.busyFs, result.latencyFs);
    }
    EXPECT_GE(result.latencyFs, longest);
  }
}

//===----------------------------------------------------------------------===//
// What goes wrong, and what is written
//===----------------------------------------------------------------------===//

TEST_F(JointRunTest, AccountsThatDoNotAddUpAreRefused) {
  uint32_t a = addDevice("a");
  addWork(a, WorkerProgram::wrongAccount, {addInput(a)}, addOutput(a));
  auto executable = cantFail(load());
  ErrorReport report =
      consumeToReport(Session(executable).run(inputs).takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Binary);
  EXPECT_NE(report.text.find("program 0 accounts for 254000000 fs, it took "
                             "255000000"),
            std::string::npos)
      << report.text;
}

TEST_F(JointRunTest, LinksThatTakeTooLongAreRefused) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addLink("l", a, b, 1e300);
  uint32_t arrived = addSegment(b);
  addWork(b, 36, {arrived}, addOutput(b),
          {addTransfer(addInput(a), arrived, {0})});
  auto executable = cantFail(load());
  ErrorReport report =
      consumeToReport(Session(executable).run(inputs).takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Binary);
  EXPECT_NE(report.text.find("simulated time exceeds"), std::string::npos);
}

TEST_F(JointRunTest, ReportAndTraceNameDevicesAndLinks) {
  uint32_t a = addDevice("first"), b = addDevice("second");
  addLink("bus", a, b);
  uint32_t arrived = addSegment(b);
  addWork(b, 36, {arrived}, addOutput(b),
          {addTransfer(addInput(a), arrived, {0})});
  manifest.nodes = {{"n", "Add", 17, "second", "first does not take it"}};
  auto executable = cantFail(load());
  Report report = cantFail(measure(executable));
  std::string text;
  raw_string_ostream os(text);
  writeReport(report, os);
  json::Value value = cantFail(json::parse(text));
  const json::Object &object = *value.getAsObject();
  const json::Array &devices = *object.getArray("devices");
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[1].getAsObject()->getString("name"), "second");
  EXPECT_EQ(devices[1].getAsObject()->getInteger("dispatches"), 1);
  EXPECT_EQ(devices[0].getAsObject()->getInteger("dispatches"), 0);
  const json::Object &link = *object.getArray("links")->front().getAsObject();
  EXPECT_EQ(link.getString("name"), "bus");
  EXPECT_EQ(link.getInteger("bytes"), 64);

  std::string summary;
  raw_string_ostream summaryStream(summary);
  printSummary(report, summaryStream);
  // Columns have one space between them here.
  summary.erase(std::unique(summary.begin(), summary.end(),
                            [](char left, char right) {
                              return left == ' ' && right == ' ';
                            }),
                summary.end());
  for (const char *part :
       {"model.onnx on system", "second busy 36 ns, 1 program,",
        "link bus 64 bytes, busy 64 ns", "nodes 1 on second, 0 folded",
        "'n' (Add) on second: first does not take it", "set-up"})
    EXPECT_NE(summary.find(part), std::string::npos) << part << " in\n"
                                                     << summary;

  std::string listing;
  raw_string_ostream listingStream(listing);
  printContents(*executable, listingStream);
  for (const char *part :
       {"model.onnx for system", "  1 second (worker)",
        "  0 bus: first and second, 1 GB/s, 0 us, 1 pJ/byte",
        "step   0 64 bytes from segment ",
        "step   1 program 0 on second, after 0\n", "64 bytes  s0, second"})
    EXPECT_NE(listing.find(part), std::string::npos) << part << " in\n"
                                                     << listing;

  std::string trace;
  raw_string_ostream traceStream(trace);
  {
    TraceWriter writer(*executable, traceStream);
    RunOptions options;
    options.timingOnly = true;
    options.onEvent = [&](unsigned step, const DeviceEvent &event) {
      writer.addEvent(step, event);
    };
    options.onTransfer = [&](const TransferEvent &event) {
      writer.addEvent(event);
    };
    cantFail(Session(executable).run({}, options));
  }
  json::Value events = cantFail(json::parse(trace));
  std::vector<std::string> names;
  for (const json::Value &event :
       *events.getAsObject()->getArray("traceEvents"))
    if (auto name = event.getAsObject()->getObject("args")->getString("name"))
      names.push_back(name->str());
  EXPECT_NE(trace.find("transfer of s0"), std::string::npos);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "first (worker)", "second (worker)", "lane", "link bus",
                       "first to second", "second to first"}));
}

TEST_F(JointRunTest, TheSummaryNamesTenNodesWithAReason) {
  uint32_t a = addDevice("a");
  addWork(a, 20, {addInput(a)}, addOutput(a));
  manifest.nodes.assign(12, {"n", "Add", 17, "a", "nobody else takes it"});
  std::string summary;
  raw_string_ostream os(summary);
  printSummary(cantFail(measure(cantFail(load()))), os);
  EXPECT_EQ(StringRef(summary).count("nobody else takes it"), 10u);
  EXPECT_NE(summary.find("and 2 more with a reason, which --report lists"),
            std::string::npos)
      << summary;
  EXPECT_NE(summary.find("5 nJ, once, when programs are loaded"),
            std::string::npos)
      << summary;
}

TEST_F(JointRunTest, NativeCodeNeedsTrust) {
  uint32_t a = addDevice("a");
  addWork(a, 20, {addInput(a)}, addOutput(a));
  EXPECT_FALSE(cantFail(load())->holdsNativeCode());
  registry = DeviceRegistry();
  registry.add(std::make_unique<WorkerDevice>(/*isNative=*/true));
  auto executable = cantFail(load());
  EXPECT_TRUE(executable->holdsNativeCode());
  EXPECT_EQ(executable->getContentHash().size(), 64u);
  ErrorReport report =
      consumeToReport(Session(executable).run(inputs).takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Untrusted);
  EXPECT_NE(report.text.find("holds native code, which could do on this "
                             "machine whatever you can, and is not trusted"),
            std::string::npos)
      << report.text;
  // Times need no trust.
  RunOptions options;
  options.timingOnly = true;
  EXPECT_EQ(cantFail(Session(executable).run({}, options)).latencyFs, 20 * ns);
  options.timingOnly = false;
  options.executeNativeCode = true;
  EXPECT_EQ(cantFail(Session(executable).run(inputs, options)).outputs.size(),
            1u);
}

// Whatever a stranger writes into a manifest, with the right checksums, is
// refused or runs.
TEST_F(JointRunTest, ManifestsFromStrangersDoNoHarm) {
  uint32_t a = addDevice("a"), b = addDevice("b");
  addLink("l", a, b, 5e-9);
  uint32_t arrived = addSegment(b), made = addSegment(b);
  uint32_t step = addTransfer(addInput(a), arrived, {0});
  step = addWork(b, 20, {arrived}, made, {step});
  addTransfer(made, addOutput(a), {0}, {step});
  cantFail(writeImage(path, source));
  Container container = cantFail(Container::open(path));
  std::mt19937 random(11);
  unsigned numRun = 0;
  for (unsigned trial = 0; trial < 700; ++trial) {
    std::vector<SectionSource> sections;
    for (const Container::Section &section : container.getSections()) {
      std::vector<uint8_t> bytes = section.bytes.vec();
      if (section.name == ".garam.manifest")
        for (unsigned i = 0; i < 1 + trial % 3; ++i) {
          constexpr StringLiteral digits = "0123456789-e.\",]}";
          uint8_t &byte = bytes[random() % bytes.size()];
          // Numbers, mostly: other bytes only break the JSON.
          if (isDigit(byte) || trial % 7 == 0)
            byte = digits[random() % digits.size()];
        }
      sections.push_back(makeSection(section.name, section.version, bytes));
    }
    SmallString<128> changed(path);
    changed += ".changed";
    cantFail(writeContainer(changed, sections));
    auto executable = Executable::load(changed, registry);
    if (!executable) {
      EXPECT_EQ(consumeToReport(executable.takeError()).exitCode,
                ExitCode::Binary);
    } else if (auto run = Session(*executable).run(inputs)) {
      ++numRun;
    } else {
      ExitCode code = consumeToReport(run.takeError()).exitCode;
      EXPECT_TRUE(code == ExitCode::Binary || code == ExitCode::Input);
    }
    sys::fs::remove(changed);
  }
  EXPECT_GT(numRun, 0u);
}

} // namespace
