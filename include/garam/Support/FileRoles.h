//===- FileRoles.h - What a command reads and writes ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_FILEROLES_H
#define GARAM_SUPPORT_FILEROLES_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <string>

namespace garam {

/// The files of one command and what each is for. A file that is written must
/// have no other use, under whatever name: links are followed. Devices and
/// pipes may be written more than once, standard output ("-") may not.
class FileRoles {
public:
  /// A file that the command reads. `role` names it in messages: "the model".
  llvm::Error addInput(llvm::StringRef role, llvm::StringRef path);
  /// A file that it writes. `role`: "--report".
  llvm::Error addOutput(llvm::StringRef role, llvm::StringRef path);

private:
  struct Use {
    std::string role;
    bool isOutput = false;
  };
  llvm::Error add(Use use, llvm::StringRef path);

  llvm::StringMap<Use> uses; // by the file's identity
};

} // namespace garam

#endif // GARAM_SUPPORT_FILEROLES_H
