//===- Outputs.h - What the subcommands write -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TOOLS_GARAM_OUTPUTS_H
#define GARAM_TOOLS_GARAM_OUTPUTS_H

#include "garam/Runtime/Report.h"
#include "garam/Support/OutputFile.h"

namespace garam::tool {

/// Appends the JSON report.
llvm::Error appendReport(const Report &report, OutputFile &file);

/// Standard output, or standard error when one of `paths` is standard output,
/// which then holds nothing else.
llvm::raw_ostream &getSummaryStream(llvm::ArrayRef<llvm::StringRef> paths);

} // namespace garam::tool

#endif // GARAM_TOOLS_GARAM_OUTPUTS_H
