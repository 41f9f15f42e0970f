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
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/Host/Compile.h"
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
    : DeviceTargetModel<TargetModel, TargetAttr, MachineDescription> {
  static constexpr llvm::StringLiteral kind = deviceKind;

  static constexpr auto readMachine = readTargetFile;
  static ArrayRef<DeviceStage<MachineDescription>> listStages();
  static FailureOr<DeviceProgram> finish(func::FuncOp function,
                                         const MachineDescription &machine,
                                         const DeviceCompileOptions &options);
  static FailureOr<DeviceEstimate> estimateTried(func::FuncOp kernels,
                                                 const MachineDescription &,
                                                 const DeviceCompileOptions &);
};

} // namespace

static void buildKernels(OpPassManager &functions, const MachineDescription &,
                         const DeviceCompileOptions &) {
  buildKernelPipeline(functions);
}

ArrayRef<DeviceStage<MachineDescription>> TargetModel::listStages() {
  static constexpr DeviceStage<MachineDescription> stages[] = {
      {kernelsStage, buildKernels}};
  return stages;
}

/// The cost model and the simulator are the same sum.
FailureOr<DeviceEstimate>
TargetModel::estimateTried(func::FuncOp kernels,
                           const MachineDescription &machine,
                           const DeviceCompileOptions &) {
  DeviceEstimate estimate;
  for (auto kernel : kernels.getOps<KernelOp>()) {
    Work work = countWork(kernel);
    estimate.seconds += getSeconds(work, machine);
    estimate.joules += getJoules(work, machine);
    estimate.dramBytes += work.readBytes + work.writtenBytes;
  }
  estimate.joules += estimate.seconds * machine.idleWatts;
  estimate.weightBytes = countConstantBytes(kernels);
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

FailureOr<DeviceProgram>
TargetModel::finish(func::FuncOp function, const MachineDescription &machine,
                    const DeviceCompileOptions &options) {
  llvm::Expected<Processor> processor =
      findProcessor(options.getValue(getProcessorOption()));
  if (!processor)
    return emitRefusal(
        {function, "--host-cpu: " + llvm::toString(processor.takeError())});
  FailureOr<LoweredKernels> kernels =
      lowerKernels(function, processor->getVectorRegisters());
  if (failed(kernels))
    return function.emitError("the kernels cannot be lowered");
  Program program;
  program.processor = processor->name;
  program.features = processor->features;
  FailureOr<DeviceProgram> result = exportProgram(function, *kernels, program);
  if (failed(result))
    return failure();
  llvm::Expected<std::vector<uint8_t>> object =
      emitObject(*kernels, processor->name, processor->features);
  if (!object)
    return function.emitError("no native code: ")
           << llvm::toString(object.takeError());
  program.object = std::move(*object);
  llvm::Expected<std::vector<uint8_t>> code = encode(program);
  if (!code)
    return function.emitError("the program breaks a rule: ")
           << llvm::toString(code.takeError());
  result->code = std::move(*code);
  result->bound = getBound(program, machine);
  for (const Step &step : program.steps)
    result->estimatedSeconds += getSeconds(step.work, machine);
  return result;
}

void registerTargetModel(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registry.addExtension(+[](MLIRContext *context, HostDialect *dialect) {
    TargetModel::attach(context, dialect);
  });
}

} // namespace garam::host
