//===- OutputFile.h - Files that appear whole or not at all -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_OUTPUTFILE_H
#define GARAM_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace garam {

/// Writes a file through a temporary one beside it, which takes its place when
/// `write` has succeeded. "-" is standard output. What cannot be written is an
/// error of ExitCode::Usage.
llvm::Error
writeOutputFile(llvm::StringRef path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

} // namespace garam

#endif // GARAM_SUPPORT_OUTPUTFILE_H
