//===- CompileToExecutable.h - From a model to what runs --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DRIVER_COMPILETOEXECUTABLE_H
#define GARAM_DRIVER_COMPILETOEXECUTABLE_H

#include "garam/Driver/Compile.h"
#include "garam/Runtime/Executable.h"

namespace garam {

struct CompiledModel {
  std::shared_ptr<const Executable> executable;
  std::vector<StageTime> stages;
  std::vector<std::string> warnings;
  double seconds = 0; // of the compile
};

/// Loads the binary of a compile before it comes to its place; `name` stands
/// for it in messages. It is mapped, where Executable::load reads: its weights
/// take no memory, and nobody else writes to a file in the making.
llvm::Expected<std::shared_ptr<const Executable>>
loadOutput(const OutputFile &output, const llvm::Twine &name,
           const DeviceRegistry &devices);

/// Compiles a model and loads the binary, which lies in no file that others
/// see: for programs that run what they compile. `options.output` is the name
/// of the binary in messages; a stage is not emitted.
llvm::Expected<CompiledModel>
compileToExecutable(CompileOptions options, const DeviceRegistry &devices);

} // namespace garam

#endif // GARAM_DRIVER_COMPILETOEXECUTABLE_H
