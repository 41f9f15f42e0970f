//===- Outputs.cpp - What the subcommands write ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"

using namespace llvm;

namespace garam::tool {

Error appendReport(const Report &report, OutputFile &file) {
  return file.append([&](raw_ostream &os) {
    writeReport(report, os);
    return Error::success();
  });
}

raw_ostream &getSummaryStream(ArrayRef<StringRef> paths) {
  return is_contained(paths, "-") ? static_cast<raw_ostream &>(errs()) : outs();
}

} // namespace garam::tool
