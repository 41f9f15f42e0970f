//===- DeviceTargetModel.cpp - What #host.target implements ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "LoadedProgram.h"
#include "Processor.h"
#include "garam/Conversion/LinalgToHost/Passes.h"
#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/FunctionCopy.h"
#include "garam/Target/Host/Compile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::host {

/// The one stage after linalg: kernels of structured operations.
static constexpr llvm::StringLiteral kernelsStage = "host-kernels";

/// Every x86-64 server since 2015 has it, and the bytes depend on no machine.
static constexpr llvm::StringLiteral defaultProcessor = "x86-64-v3";

DeviceOption getProcessorOption() {
  DeviceOption option;
  option.flag = "host-cpu";
  option.valueName = "LEVEL";
  option.help = "the processor that code for the host needs: " +
                llvm::join(getProcessorLevels(), ", ") +
                ", or native for this machine's";
  option.defaultValue = defaultProcessor.str();
  option.findFault = [](StringRef value) {
    llvm::Expected<Processor> processor = findProcessor(value);
    return processor ? "" : llvm::toString(processor.takeError());
  };
  return option;
}

namespace {

struct TargetModel
    : public DeviceTargetAttrInterface::ExternalModel<TargetModel, TargetAttr> {
  StringRef getDeviceKind(Attribute) const { return deviceKind; }
  StringRef getTargetName(Attribute attr) const {
    return cast<TargetAttr>(attr).getName();
  }
  StringRef getTargetText(Attribute attr) const {
    return cast<TargetAttr>(attr).getText();
  }
  SmallVector<StringRef> getStages(Attribute) const { return {kernelsStage}; }
  bool hasFloat(Attribute) const { return true; }

  SmallVector<Refusal> accepts(Attribute attr, func::FuncOp function,
                               const DeviceCompileOptions &options) const;
  FailureOr<DeviceEstimate> estimate(Attribute attr, func::FuncOp function,
                                     const DeviceCompileOptions &options) const;
  FailureOr<std::optional<DeviceProgram>>
  compile(Attribute attr, func::FuncOp function,
          const DeviceCompileOptions &options,
          llvm::function_ref<WalkResult(StringRef)> observer) const;
};

} // namespace

static llvm::Expected<MachineDescription> readMachine(Attribute attr) {
  auto target = cast<TargetAttr>(attr);
  return readTargetFile(
      llvm::MemoryBufferRef(target.getText(), target.getName()));
}

SmallVector<Refusal> TargetModel::accepts(Attribute, func::FuncOp function,
                                          const DeviceCompileOptions &) const {
  SmallVector<Refusal> refusals;
  FunctionCopy copy(function);
  LogicalResult converted = convertToKernels(
      copy.get(), [&](const Refusal &refusal) { refusals.push_back(refusal); });
  if (failed(converted) && refusals.empty())
    refusals.push_back(
        {function, internalErrorPrefix + Twine("the conversion failed")});
  return refusals;
}

/// The cost model and the simulator are the same sum.
FailureOr<DeviceEstimate>
TargetModel::estimate(Attribute attr, func::FuncOp function,
                      const DeviceCompileOptions &) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine) {
    llvm::consumeError(machine.takeError());
    return failure();
  }
  FunctionCopy copy(function);
  if (failed(convertToKernels(copy.get(), [](const Refusal &) {})))
    return failure();
  DeviceEstimate estimate;
  for (auto kernel : copy.get().getOps<KernelOp>()) {
    Work work = countWork(kernel);
    estimate.seconds += getSeconds(work, *machine);
    estimate.joules += getJoules(work, *machine);
    estimate.dramBytes += work.readBytes + work.writtenBytes;
  }
  estimate.joules += estimate.seconds * machine->idleWatts;
  estimate.weightBytes = countConstantBytes(copy.get());
  return estimate;
}

/// What no order of the same operations beats on all cores together.
static LowerBound getBound(const Program &program,
                           const MachineDescription &machine) {
  constexpr double operationsPerMAC = 2;
  LowerBound bound;
  for (const Step &step : program.steps)
    bound.macs += step.work.macs;
  bound.computeSeconds =
      bound.macs * operationsPerMAC / machine.getOperationsPerSecond();
  for (const DeviceSegment &segment : program.segments)
    if (segment.role == MemoryRole::Constant)
      bound.weightBytes += segment.size;
  bound.peakBytesPerSecond = machine.memoryBytesPerSecond;
  return bound;
}

/// Makes a program of a function of kernels.
static FailureOr<DeviceProgram> finish(func::FuncOp function,
                                       const MachineDescription &machine,
                                       const Processor &processor) {
  FailureOr<LoweredKernels> kernels =
      lowerKernels(function, processor.getVectorRegisters());
  if (failed(kernels))
    return function.emitError(internalErrorPrefix)
           << "the kernels cannot be lowered";
  Program program;
  program.processor = processor.name;
  program.features = processor.features;
  FailureOr<DeviceProgram> result = exportProgram(function, *kernels, program);
  if (failed(result))
    return failure();
  llvm::Expected<std::vector<uint8_t>> object =
      emitObject(*kernels, processor.name, processor.features);
  if (!object)
    return function.emitError(internalErrorPrefix)
           << "no native code: " << llvm::toString(object.takeError());
  program.object = std::move(*object);
  llvm::Expected<std::vector<uint8_t>> code = encode(program);
  if (!code)
    return function.emitError(internalErrorPrefix)
           << "the program breaks a rule: " << llvm::toString(code.takeError());
  result->code = std::move(*code);
  result->bound = getBound(program, machine);
  for (const Step &step : program.steps)
    result->estimatedSeconds += getSeconds(step.work, machine);
  return result;
}

FailureOr<std::optional<DeviceProgram>>
TargetModel::compile(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options,
                     llvm::function_ref<WalkResult(StringRef)> observer) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine)
    return function.emitError() << llvm::toString(machine.takeError());
  llvm::Expected<Processor> processor =
      findProcessor(options.getValue(getProcessorOption()));
  if (!processor)
    return function.emitError()
           << "--host-cpu: " << llvm::toString(processor.takeError());
  if (options.startStage.empty()) {
    auto report = [&](const Refusal &refusal) {
      emitRefusal(refusal, machine->name);
    };
    if (failed(convertToKernels(function, report)))
      return failure();
    if (observer(kernelsStage).wasInterrupted())
      return std::optional<DeviceProgram>();
  }
  FailureOr<DeviceProgram> program = finish(function, *machine, *processor);
  if (failed(program))
    return failure();
  return std::optional<DeviceProgram>(std::move(*program));
}

void registerTargetModel(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registry.addExtension(+[](MLIRContext *context, HostDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace garam::host
