//===- WorkerDevice.h - A device for tests of the runtime -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_RUNTIME_WORKERDEVICE_H
#define GARAM_UNITTESTS_RUNTIME_WORKERDEVICE_H

#include "garam/Target/Device.h"
#include "garam/Target/DeviceProgram.h"
#include "garam/Target/LoadedProgram.h"
#include "mlir/IR/Attributes.h"

namespace garam {

/// Adds up its inputs and a number, which takes a given time. The code is three
/// bytes: nanoseconds, number of inputs, the number to add; a fourth is the
/// number of segments of weights, the first byte of which is added too.
class WorkerProgram : public LoadedProgram {
public:
  static constexpr uint64_t valueBytes = 64, weightBytes = 64;
  /// Femtoseconds of the overhead that each program has.
  static constexpr uint64_t overhead = 10'000'000;
  /// A program of as many nanoseconds accounts for one less.
  static constexpr uint8_t wrongAccount = 255;

  explicit WorkerProgram(llvm::ArrayRef<uint8_t> code)
      : duration(code[0] * uint64_t(1'000'000)), numInputs(code[1]),
        addend(code[2]), numWeights(code.size() > 3 ? code[3] : 0) {}

  std::vector<DeviceSegment> getSegments() const override {
    std::vector<DeviceSegment> segments(
        numWeights, {MemoryRole::Constant, weightBytes, "weights"});
    segments.resize(numWeights + numInputs,
                    {MemoryRole::Input, valueBytes, "in"});
    segments.push_back({MemoryRole::Output, valueBytes, "out"});
    return segments;
  }
  std::vector<std::string> getLanes() const override { return {"lane"}; }
  std::vector<uint64_t> getCommandCounts() const override { return {1}; }
  void disassemble(llvm::raw_ostream &os) const override { os << "work\n"; }
  llvm::Expected<std::unique_ptr<ProgramInstance>>
  instantiate(llvm::ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const override;

  uint64_t duration;
  unsigned numInputs;
  uint8_t addend;
  unsigned numWeights;
};

class WorkerExecution : public DeviceExecution {
public:
  WorkerExecution(const WorkerProgram &program, llvm::ArrayRef<uint8_t> weights,
                  bool timingOnly, sim::Kernel &kernel,
                  llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                  const DeviceRunOptions &options, RunEndHandler onEnd)
      : program(program), weights(weights), timingOnly(timingOnly),
        kernel(kernel), segments(segments), options(options),
        onEnd(std::move(onEnd)) {}

  llvm::Error start() override {
    begin = kernel.now();
    kernel.schedule(program.duration, *this, 0);
    return llvm::Error::success();
  }
  llvm::Error handle(uint64_t) override {
    if (!timingOnly) {
      uint8_t sum = program.addend;
      if (!weights.empty())
        sum += weights[0];
      for (unsigned i = 0; i < program.numInputs; ++i)
        sum += segments[program.numWeights + i][0];
      segments.back()[0] = sum;
    }
    for (const DeviceValue &value : options.values)
      options.onValue({value.name, value.type, {}});
    if (options.onEvent)
      options.onEvent({0, 0, begin, kernel.now(), false, "work"});
    DeviceRun run;
    run.latencyFs = kernel.now() - begin;
    run.energyJoule = 1e-9;
    uint64_t work = run.latencyFs - std::min(run.latencyFs, program.overhead);
    if (program.duration == WorkerProgram::wrongAccount * uint64_t(1'000'000))
      work -= 1'000'000;
    run.criticalPath = {{"overhead", std::min(run.latencyFs, program.overhead)},
                        {"work", work}};
    run.laneBusyFs = {run.latencyFs};
    return onEnd(std::move(run));
  }
  std::string describeBlocked() const override { return ""; }

private:
  const WorkerProgram &program;
  llvm::ArrayRef<uint8_t> weights;
  bool timingOnly;
  sim::Kernel &kernel;
  std::vector<llvm::MutableArrayRef<uint8_t>> segments;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  sim::Time begin = 0;
};

class WorkerInstance : public ProgramInstance {
public:
  WorkerInstance(const WorkerProgram &program, llvm::ArrayRef<uint8_t> weights,
                 bool timingOnly)
      : program(program), weights(weights), timingOnly(timingOnly) {}

  SetupCost getSetupCost() const override { return {100'000'000, 5e-9}; }
  llvm::Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel,
          llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override {
    return std::make_unique<WorkerExecution>(program, weights, timingOnly,
                                             kernel, segments, options,
                                             std::move(onEnd));
  }

private:
  const WorkerProgram &program;
  llvm::ArrayRef<uint8_t> weights;
  bool timingOnly;
};

inline llvm::Expected<std::unique_ptr<ProgramInstance>>
WorkerProgram::instantiate(llvm::ArrayRef<uint8_t> constants,
                           const InstanceOptions &options) const {
  return std::make_unique<WorkerInstance>(*this, constants, options.timingOnly);
}

class WorkerDevice : public Device {
public:
  /// `isNative`: its programs count as code for this processor.
  explicit WorkerDevice(bool isNative = false) : isNative(isNative) {}

  static constexpr uint64_t memoryBytes = 1 << 20;

  llvm::StringRef getKind() const override { return "worker"; }
  void registerDialects(mlir::DialectRegistry &) const override {}
  void registerPasses() const override {}
  llvm::Error checkTarget(const TargetFile &) const override {
    return llvm::Error::success();
  }
  llvm::Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &) const override {
    return std::vector<MachineFact>();
  }
  mlir::Attribute getTargetAttr(mlir::MLIRContext *,
                                const TargetFile &) const override {
    return nullptr;
  }
  llvm::Expected<MachineSummary>
  summarizeMachine(llvm::MemoryBufferRef) const override {
    MachineSummary machine;
    machine.clockHz = 1e9;
    machine.idleWatts = 2;
    machine.memoryBytes = memoryBytes;
    return machine;
  }
  bool executesNativeCode() const override { return isNative; }
  llvm::Expected<std::unique_ptr<LoadedProgram>>
  load(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef) const override {
    if (code.size() != 3 && code.size() != 4)
      return llvm::createStringError("not a program of a worker");
    return std::make_unique<WorkerProgram>(code);
  }

private:
  bool isNative;
};

} // namespace garam

#endif // GARAM_UNITTESTS_RUNTIME_WORKERDEVICE_H
