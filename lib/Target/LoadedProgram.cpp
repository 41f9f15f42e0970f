//===- LoadedProgram.cpp - Programs that run on a device ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/LoadedProgram.h"

#include <optional>

namespace garam {

llvm::Error LoadedProgram::exportAs(llvm::StringRef flag,
                                    llvm::ArrayRef<uint8_t>,
                                    llvm::raw_ostream &) const {
  return llvm::createStringError("--" + flag +
                                 ": the program has no such form");
}

llvm::Expected<DeviceRun>
LoadedProgram::measure(const DeviceRunOptions &options) const {
  InstanceOptions timing;
  timing.timingOnly = true;
  llvm::Expected<std::unique_ptr<ProgramInstance>> instance =
      instantiate({}, timing);
  if (!instance)
    return instance.takeError();
  return (*instance)->run({}, options);
}

llvm::Expected<DeviceRun>
ProgramInstance::run(llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                     const DeviceRunOptions &options) const {
  sim::Kernel kernel;
  std::optional<DeviceRun> result;
  llvm::Expected<std::unique_ptr<DeviceExecution>> execution =
      prepare(kernel, segments, options, [&](DeviceRun run) {
        result = std::move(run);
        return llvm::Error::success();
      });
  if (!execution)
    return execution.takeError();
  kernel.add(**execution);
  if (llvm::Error error = kernel.run())
    return error;
  if (!result)
    return llvm::createStringError("the program stops before its end");
  return std::move(*result);
}

} // namespace garam
