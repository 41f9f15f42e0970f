//===- TensorFolder.h - Tensors as files of a folder ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TOOLS_GARAM_TENSORFOLDER_H
#define GARAM_TOOLS_GARAM_TENSORFOLDER_H

#include "garam/Support/FileRoles.h"
#include "garam/Support/OutputFile.h"
#include "garam/Support/Tensor.h"
#include "llvm/ADT/StringMap.h"

#include <vector>

namespace garam::tool {

/// The names of the files of tensors: NAME.npy, where characters outside of
/// [A-Za-z0-9._-] become '_'. A name that is too long for a file is cut and
/// ends with a hash of the whole, and so does one that was changed to what is
/// another's: "a/b" beside "a_b" or "a:b".
llvm::StringMap<std::string>
getTensorFileNames(llvm::ArrayRef<std::string> names);

/// A folder that gets NAME.npy for each tensor of a list, once they are
/// committed.
class TensorFolder {
public:
  /// Checks, before anything is written, that the folder can be and that its
  /// files are nobody else's. `option` names it in messages. Errors are of
  /// ExitCode::Usage.
  static llvm::Expected<TensorFolder> create(llvm::StringRef option,
                                             llvm::StringRef path,
                                             llvm::ArrayRef<std::string> names,
                                             FileRoles &roles);

  /// Writes a tensor whose name is in the list.
  llvm::Error write(const Tensor &tensor);
  /// Appends what is written and waits to be committed to `list`.
  void listFiles(llvm::SmallVectorImpl<OutputFile *> &list);

private:
  std::string getFilePath(llvm::StringRef name) const;

  std::string path;
  llvm::StringMap<std::string> fileNames; // by names of tensors
  std::vector<OutputFile> files;
};

} // namespace garam::tool

#endif // GARAM_TOOLS_GARAM_TENSORFOLDER_H
