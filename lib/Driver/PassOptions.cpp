//===- PassOptions.cpp - MLIR's options for passes ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Driver/PassOptions.h"

#include "garam/InitAll.h"
#include "garam/Support/Errors.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/CommandLine.h"

namespace garam {

llvm::Error takePassOptions(llvm::SmallVectorImpl<const char *> &arguments,
                            const DeviceRegistry &devices) {
  auto isTheirs = [](llvm::StringRef argument) {
    return argument.starts_with("--mlir-");
  };
  llvm::SmallVector<const char *> taken = {arguments.front()};
  llvm::copy_if(arguments, std::back_inserter(taken), isTheirs);
  if (taken.size() == 1)
    return llvm::Error::success();
  llvm::erase_if(arguments, isTheirs);
  registerAllPasses(devices); // options name them
  mlir::registerAsmPrinterCLOptions();
  mlir::registerPassManagerCLOptions();
  mlir::registerDefaultTimingManagerCLOptions();
  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (llvm::cl::ParseCommandLineOptions(taken.size(), taken.data(), "", &os))
    return llvm::Error::success();
  return makeUserError(ExitCode::Usage, llvm::StringRef(errors).trim());
}

} // namespace garam
