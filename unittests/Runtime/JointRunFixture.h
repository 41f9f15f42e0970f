//===- JointRunFixture.h - An image with several devices --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_RUNTIME_JOINTRUNFIXTURE_H
#define GARAM_UNITTESTS_RUNTIME_JOINTRUNFIXTURE_H

#include "WorkerDevice.h"
#include "garam/Runtime/Report.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

namespace garam {

constexpr uint64_t ns = 1'000'000; // femtoseconds

class JointRunTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(
        llvm::sys::fs::createTemporaryFile("garam-joint", "garam", path));
    registry.add(std::make_unique<WorkerDevice>());
    manifest.model = "model.onnx";
    manifest.target = "system";
    EntryPoint &entry = manifest.entryPoints.emplace_back();
    entry.name = "main";
  }
  void TearDown() override { llvm::sys::fs::remove(path); }

  uint32_t addDevice(const char *name) {
    std::string section =
        (".garam.target." + llvm::Twine(manifest.devices.size())).str();
    manifest.devices.push_back({name, "worker", "chip", section});
    source.targetTexts.push_back(
        "name: chip\nkind: worker\ndescription: works\n");
    return manifest.devices.size() - 1;
  }
  /// 1 byte a nanosecond, 1 pJ a byte.
  uint32_t addLink(const char *name, uint32_t first, uint32_t second,
                   double seconds = 0) {
    manifest.links.push_back({name, {first, second}, 1e9, seconds, 1e-12});
    return manifest.links.size() - 1;
  }
  uint32_t addSegment(uint32_t device, MemoryRole role = MemoryRole::Scratch) {
    std::string name = ("s" + llvm::Twine(manifest.segments.size())).str();
    manifest.segments.push_back(
        {{role, WorkerProgram::valueBytes, name}, 0, device});
    return manifest.segments.size() - 1;
  }
  uint32_t addInput(uint32_t device) {
    uint32_t segment = addSegment(device, MemoryRole::Input);
    std::string name = ("x" + llvm::Twine(inputs.size())).str();
    manifest.entryPoints[0].inputs.push_back(
        {name, valueType, segment, std::nullopt});
    Tensor &tensor = inputs.emplace_back();
    tensor = {name, valueType, std::vector<uint8_t>(WorkerProgram::valueBytes)};
    tensor.data[0] = inputs.size();
    return segment;
  }
  uint32_t addOutput(uint32_t device) {
    uint32_t segment = addSegment(device, MemoryRole::Output);
    std::string name =
        ("y" + llvm::Twine(manifest.entryPoints[0].outputs.size())).str();
    manifest.entryPoints[0].outputs.push_back(
        {name, valueType, segment, std::nullopt});
    return segment;
  }
  /// A program that takes `nanoseconds`, and the step that runs it.
  uint32_t addWork(uint32_t device, uint8_t nanoseconds,
                   std::vector<uint32_t> from, uint32_t to,
                   std::vector<uint32_t> after = {}) {
    uint32_t number = source.programs.size();
    DeviceProgram program;
    program.code = {nanoseconds, static_cast<uint8_t>(from.size()),
                    static_cast<uint8_t>(number)};
    program.segments = WorkerProgram(program.code).getSegments();
    program.debug.origins = {{{}}};
    source.programs.push_back(std::move(program));
    ImageProgram image;
    image.section = (".garam.worker." + llvm::Twine(number) + ".program").str();
    image.target = manifest.devices[device].section;
    manifest.programs.push_back(std::move(image));
    from.push_back(to);
    return addStep(
        Step::dispatch(number, device, std::move(from), std::move(after)));
  }
  uint32_t addTransfer(uint32_t from, uint32_t to, std::vector<uint32_t> links,
                       std::vector<uint32_t> after = {}) {
    std::optional<uint32_t> &value = manifest.segments[from].value;
    if (!value)
      value = from;
    manifest.segments[to].value = value;
    return addStep(Step::transfer(from, to, WorkerProgram::valueBytes,
                                  std::move(links), std::move(after)));
  }
  uint32_t addStep(Step step) {
    std::vector<Step> &steps = manifest.entryPoints[0].steps;
    steps.push_back(std::move(step));
    return steps.size() - 1;
  }

  llvm::Expected<std::shared_ptr<const Executable>> load() {
    if (llvm::Error error = writeImage(path, source))
      return error;
    return Executable::load(path, registry);
  }
  /// Runs with data; the path adds up, also step by step, and times do not
  /// depend on data.
  RunResult run(RunOptions options = {}) {
    auto executable = load();
    EXPECT_TRUE(bool(executable)) << llvm::toString(executable.takeError());
    RunResult result =
        llvm::cantFail(Session(*executable).run(inputs, options));
    uint64_t sum = 0;
    for (const TimeShare &share : result.criticalPath)
      sum += share.femtoseconds;
    EXPECT_EQ(sum, result.latencyFs);
    RunOptions timing;
    timing.timingOnly = true;
    timing.tracePath = true;
    RunResult traced = llvm::cantFail(Session(*executable).run({}, timing));
    EXPECT_EQ(traced.latencyFs, result.latencyFs);
    sum = 0;
    for (const RunInterval &interval : traced.path)
      sum += interval.interval.femtoseconds;
    EXPECT_EQ(sum, result.latencyFs);
    result.path = std::move(traced.path);
    return result;
  }
  uint64_t getShare(const RunResult &result, llvm::StringRef category) {
    for (const TimeShare &share : result.criticalPath)
      if (share.category == category)
        return share.femtoseconds;
    return 0;
  }

  const TensorType valueType{DataType::UInt8,
                             {static_cast<int64_t>(WorkerProgram::valueBytes)}};
  llvm::SmallString<128> path;
  DeviceRegistry registry;
  ImageSource source;
  Manifest &manifest = source.manifest;
  std::vector<Tensor> inputs;
};

} // namespace garam

#endif // GARAM_UNITTESTS_RUNTIME_JOINTRUNFIXTURE_H
