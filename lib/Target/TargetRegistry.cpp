//===- TargetRegistry.cpp - Finds and opens target files ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/TargetRegistry.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <dlfcn.h>

using namespace llvm;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace garam {

static constexpr StringLiteral extension = ".yaml";
static constexpr StringLiteral folderVariable = "GARAM_TARGETS_DIR";

static bool isTargetName(StringRef name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         all_of(name, [](char c) {
           return isAlnum(c) || c == '_' || c == '-' || c == '.';
         });
}

static std::string readText(const YAMLNode &root, StringRef field,
                            StringRef need, YAMLErrors &errors) {
  const YAMLEntry *entry = root.find(field);
  if (!entry) {
    errors.add(root.location,
               "field '" + field + "' is missing; needed " + need);
    return "";
  }
  if (!entry->value.isScalar() || entry->value.scalar.empty()) {
    errors.add(entry->value.location, "field '" + field + "': found " +
                                          entry->value.describe() +
                                          ", needed " + need);
    return "";
  }
  return entry->value.scalar;
}

TargetHeader readTargetHeader(const YAMLNode &root, YAMLErrors &errors) {
  TargetHeader header;
  if (!root.isMapping()) {
    errors.add(root.location, "found " + root.describe() +
                                  ", needed a mapping: the fields of a target");
    return header;
  }
  constexpr StringLiteral nameNeed =
      "a name of 1 to 64 letters, digits, '_', '-' or '.'";
  header.name = readText(root, "name", nameNeed, errors);
  if (!header.name.empty() && !isTargetName(header.name)) {
    errors.add(root.find("name")->value.location,
               "field 'name': found '" + header.name + "', needed " + nameNeed);
    header.name.clear();
  }
  header.kind = readText(
      root, "kind", "the class of the device, as 'garam targets NAME' shows it",
      errors);
  header.description =
      readText(root, "description", "a sentence that describes it", errors);
  return header;
}

/// Whether a text has one of the fields that every target file begins with.
static bool looksLikeTarget(StringRef text) {
  while (!text.empty()) {
    StringRef line;
    std::tie(line, text) = text.split('\n');
    if (line.starts_with("name:") || line.starts_with("kind:"))
      return true;
  }
  return false;
}

Expected<TargetHeader> readTargetHeader(MemoryBufferRef file) {
  YAMLErrors errors(file.getBufferIdentifier());
  // What another file holds is not repeated in messages: it may be nobody's
  // business.
  auto take = [&]() {
    return looksLikeTarget(file.getBuffer())
               ? errors.take()
               : errors.takeFirstAs("not a target file; needed a YAML mapping "
                                    "with the fields name, kind and "
                                    "description");
  };
  YAMLNode root = readYAML(file, errors);
  if (Error error = take())
    return std::move(error);
  TargetHeader header = readTargetHeader(root, errors);
  if (Error error = take())
    return std::move(error);
  return header;
}

/// The folder of the shared library that this function is part of.
static std::string getLibraryFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&getTargetFolders), &info) ||
      !info.dli_fname)
    return "";
  SmallString<256> file;
  if (fs::real_path(info.dli_fname, file))
    return "";
  return path::parent_path(file).str();
}

std::vector<std::string> getTargetFolders() {
  std::vector<std::string> folders;
  if (auto variable = sys::Process::GetEnv(folderVariable)) {
    SmallVector<StringRef> parts;
    StringRef(*variable).split(parts, ':', -1, /*KeepEmpty=*/false);
    append_range(folders,
                 map_range(parts, [](StringRef s) { return s.str(); }));
  }
  if (std::string library = getLibraryFolder(); !library.empty()) {
    SmallString<256> shared(path::parent_path(library));
    path::append(shared, "share", "garam", "targets");
    folders.push_back(shared.str().str());
  }
  return folders;
}

std::vector<std::string> listTargets() {
  std::vector<std::string> names;
  for (const std::string &folder : getTargetFolders()) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      StringRef file = path::filename(it->path());
      if (file.consume_back(extension) && isTargetName(file))
        names.push_back(file.str());
    }
  }
  sort(names);
  names.erase(unique(names), names.end());
  return names;
}

static Expected<TargetFile> openTarget(const Twine &file) {
  TargetFile target;
  target.path = file.str();
  auto fail = [&](const Twine &message) {
    return makeUserError(ExitCode::Config, target.path + ": " + message);
  };
  auto cannotOpen = [&](std::error_code error) {
    return fail("cannot open the target file: " + error.message());
  };
  fs::file_status status;
  if (std::error_code error = fs::status(target.path, status))
    return cannotOpen(error);
  if (!fs::is_regular_file(status))
    return fail("a target file is needed here, this is not a regular file");
  if (status.getSize() > maxTargetFileBytes)
    return fail("has " + Twine(status.getSize()) +
                " bytes; a target file has at most " +
                Twine(maxTargetFileBytes));
  auto buffer = MemoryBuffer::getFile(target.path);
  if (!buffer)
    return cannotOpen(buffer.getError());
  target.text = (*buffer)->getBuffer().str();
  auto header = readTargetHeader(target.getBuffer());
  if (!header)
    return header.takeError();
  target.header = std::move(*header);
  return target;
}

Expected<TargetFile> loadTarget(StringRef nameOrPath) {
  if (nameOrPath.contains('/') || nameOrPath.ends_with(extension) ||
      nameOrPath.ends_with(".yml"))
    return openTarget(nameOrPath);
  if (isTargetName(nameOrPath)) {
    for (const std::string &folder : getTargetFolders()) {
      SmallString<256> file(folder);
      path::append(file, nameOrPath + extension);
      if (fs::exists(file))
        return openTarget(file);
    }
  }
  std::vector<std::string> names = listTargets();
  return makeUserError(
      ExitCode::Config,
      "no target is called '" + nameOrPath + "'; known targets: " +
          (names.empty()
               ? "none (looked in " + join(getTargetFolders(), ", ") + ")"
               : join(names, ", ")) +
          "\nhint: a file is given by its path, as in ./" + nameOrPath +
          extension);
}

} // namespace garam
