//===- TensorFolder.cpp - Tensors as files of a folder --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TensorFolder.h"

#include "garam/Runtime/TensorFile.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

#include <limits.h>

using namespace llvm;

namespace garam::tool {

std::string getTensorFileName(StringRef name) {
  constexpr StringLiteral extension = ".npy";
  std::string text = name.str();
  for (char &c : text)
    if (!isAlnum(c) && c != '.' && c != '_' && c != '-')
      c = '_';
  if (text.size() + extension.size() > NAME_MAX) {
    std::string hash = formatv("-{0:x-16}", xxh3_64bits(name));
    text.resize(NAME_MAX - extension.size() - hash.size());
    text += hash;
  }
  return text + extension.str();
}

static std::string getFilePath(StringRef folder, StringRef name) {
  SmallString<256> file(folder);
  sys::path::append(file, getTensorFileName(name));
  return file.str().str();
}

Expected<TensorFolder> TensorFolder::create(StringRef option, StringRef path,
                                            ArrayRef<std::string> names,
                                            FileRoles &roles) {
  TensorFolder folder;
  folder.path = path.str();
  if (sys::fs::exists(path)) {
    if (!sys::fs::is_directory(path))
      return makeUserError(ExitCode::Usage,
                           option + ": '" + path + "' is not a folder");
    if (std::error_code code =
            sys::fs::access(path, sys::fs::AccessMode::Write))
      return makeUserError(ExitCode::Usage, option + ": cannot write '" + path +
                                                "': " + code.message());
  }
  StringMap<StringRef> owners; // of the files, by name
  for (StringRef name : names) {
    auto [known, isNew] = owners.try_emplace(getTensorFileName(name), name);
    if (!isNew)
      return makeUserError(ExitCode::Usage,
                           option + ": '" + known->second + "' and '" + name +
                               "' would both be written to '" +
                               getTensorFileName(name) +
                               "'; hint: give one of them another name");
    std::string file = getFilePath(path, name);
    if (sys::fs::is_directory(file))
      return makeUserError(ExitCode::Usage, option + ": cannot write '" + file +
                                                "': it is a folder");
    if (Error error = roles.addOutput(option, file))
      return std::move(error);
  }
  return std::move(folder);
}

Error TensorFolder::write(const Tensor &tensor) {
  if (std::error_code code = sys::fs::create_directories(path))
    return makeUserError(ExitCode::Usage, "cannot make folder '" + path +
                                              "': " + code.message());
  Expected<OutputFile> file =
      OutputFile::create(getFilePath(path, tensor.name));
  if (!file)
    return file.takeError();
  if (Error error = file->append([&](raw_ostream &os) {
        writeNpy(tensor, os);
        return Error::success();
      }))
    return error;
  // There may be more tensors than files that can be open.
  if (Error error = file->finish())
    return error;
  files.push_back(std::move(*file));
  return Error::success();
}

void TensorFolder::listFiles(SmallVectorImpl<OutputFile *> &list) {
  for (OutputFile &file : files)
    list.push_back(&file);
}

} // namespace garam::tool
