//===- FileRoles.cpp - What a command reads and writes --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/FileRoles.h"

#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace garam {

/// A text that two paths share when they lead to one file; nothing for what may
/// be used more than once.
static Expected<std::optional<std::string>> identify(StringRef path) {
  if (path == "-")
    return std::string("-");
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && sys::fs::exists(status)) {
    if (!sys::fs::is_regular_file(status))
      return std::nullopt;
    sys::fs::UniqueID id = status.getUniqueID();
    return ("file " + Twine(id.getDevice()) + " " + Twine(id.getFile())).str();
  }
  Expected<std::string> place = resolveLinks(path);
  if (!place)
    return place.takeError();
  SmallString<256> folder(sys::path::parent_path(*place));
  if (folder.empty())
    folder = ".";
  SmallString<256> canonical;
  if (sys::fs::real_path(folder, canonical))
    canonical = folder; // nothing can be there
  sys::path::append(canonical, sys::path::filename(*place));
  return canonical.str().str();
}

Error FileRoles::add(Use use, StringRef path) {
  Expected<std::optional<std::string>> identity = identify(path);
  if (!identity)
    return identity.takeError();
  if (!*identity)
    return Error::success();
  auto [known, isNew] = uses.try_emplace(**identity, use);
  const Use &other = known->second;
  if (isNew || (!use.isOutput && !other.isOutput))
    return Error::success();
  if (use.isOutput && other.isOutput)
    return makeUserError(ExitCode::Usage, use.role + " and " + other.role +
                                              " would both write '" + path +
                                              "'");
  const Use &input = use.isOutput ? other : use;
  const Use &output = use.isOutput ? use : other;
  return makeUserError(ExitCode::Usage, output.role + " would overwrite " +
                                            input.role + ", '" + path + "'");
}

Error FileRoles::addInput(StringRef role, StringRef path) {
  return add({role.str(), /*isOutput=*/false}, path);
}

Error FileRoles::addOutput(StringRef role, StringRef path) {
  return add({role.str(), /*isOutput=*/true}, path);
}

} // namespace garam
