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

static constexpr StringLiteral extension = ".npy";

/// A name in characters that every file system takes.
static std::string makePlain(StringRef name) {
  std::string text = name.str();
  for (char &c : text)
    if (!isAlnum(c) && c != '.' && c != '_' && c != '-')
      c = '_';
  return text;
}

/// `plain`, as much of it as leaves room, and a hash of `name`.
static std::string addHash(std::string plain, StringRef name) {
  std::string hash = formatv("-{0:x-16}", xxh3_64bits(name));
  plain.resize(
      std::min(plain.size(), NAME_MAX - extension.size() - hash.size()));
  return plain + hash;
}

StringMap<std::string> getTensorFileNames(ArrayRef<std::string> names) {
  StringMap<unsigned> owners; // of the plain names: how many
  for (StringRef name : names)
    ++owners[makePlain(name)];
  StringMap<std::string> files;
  for (StringRef name : names) {
    std::string plain = makePlain(name);
    bool isLong = plain.size() + extension.size() > NAME_MAX;
    bool isTaken = plain != name && owners[plain] > 1;
    files[name] =
        (isLong || isTaken ? addHash(plain, name) : plain) + extension.str();
  }
  return files;
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
  folder.fileNames = getTensorFileNames(names);
  StringMap<StringRef> owners; // of the files, by name
  for (StringRef name : names) {
    const std::string &fileName = folder.fileNames[name];
    auto [known, isNew] = owners.try_emplace(fileName, name);
    if (!isNew)
      return makeUserError(ExitCode::Usage,
                           option + ": '" + known->second + "' and '" + name +
                               "' would both be written to '" + fileName +
                               "'; hint: give one of them another name");
    std::string file = folder.getFilePath(name);
    if (sys::fs::is_directory(file))
      return makeUserError(ExitCode::Usage, option + ": cannot write '" + file +
                                                "': it is a folder");
    if (Error error = roles.addOutput(option, file))
      return std::move(error);
  }
  return std::move(folder);
}

std::string TensorFolder::getFilePath(StringRef name) const {
  SmallString<256> file(path);
  sys::path::append(file, fileNames.lookup(name));
  return file.str().str();
}

Error TensorFolder::write(const Tensor &tensor) {
  if (std::error_code code = sys::fs::create_directories(path))
    return makeUserError(ExitCode::Usage, "cannot make folder '" + path +
                                              "': " + code.message());
  Expected<OutputFile> file = OutputFile::create(getFilePath(tensor.name));
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
