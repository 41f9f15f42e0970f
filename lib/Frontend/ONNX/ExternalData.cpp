//===- ExternalData.cpp - Tensors in files beside the model ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ExternalData.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace garam::onnx {
namespace {

Error fail(StringRef tensor, const Twine &what) {
  return makeUserError(ExitCode::Model,
                       "external data of tensor '" + tensor + "': " + what);
}

/// Whether a relative path, read from left to right, ever steps above its
/// start. Backslashes count as separators: a model may come from Windows.
bool leavesDirectory(StringRef path) {
  int depth = 0;
  SmallVector<StringRef> parts;
  std::string slashed = path.str();
  std::replace(slashed.begin(), slashed.end(), '\\', '/');
  StringRef(slashed).split(parts, '/', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    if (part == "..")
      --depth;
    else if (part != ".")
      ++depth;
    if (depth < 0)
      return true;
  }
  return false;
}

bool isAbsolute(StringRef path) {
  return sys::path::is_absolute(path, sys::path::Style::posix) ||
         sys::path::is_absolute(path, sys::path::Style::windows) ||
         path.starts_with("\\");
}

/// Whether `path` lies in `directory` or below; both without symbolic links.
bool isBelow(StringRef path, StringRef directory) {
  return path.consume_front(directory) &&
         (directory.ends_with("/") || path.starts_with("/"));
}

} // namespace

ExternalFiles::ExternalFiles(StringRef modelPath)
    : directory(sys::path::parent_path(modelPath)) {
  SmallString<256> real;
  if (!sys::fs::real_path(directory.empty() ? "." : directory, real))
    realDirectories.push_back(real.str().str());
  // There is no such file where the model is bytes in memory.
  if (sys::fs::real_path(modelPath, real))
    return;
  StringRef parent = sys::path::parent_path(real);
  if (!is_contained(realDirectories, parent))
    realDirectories.push_back(parent.str());
}

Error ExternalFiles::checkRealPath(StringRef name, StringRef path,
                                   StringRef realPath) const {
  if (any_of(realDirectories,
             [&](StringRef allowed) { return isBelow(realPath, allowed); }))
    return Error::success();
  return fail(name, "'" + path + "' leads by a symbolic link to '" + realPath +
                        "', outside of the model's directory '" +
                        join(realDirectories, "' and of '") +
                        "', which is refused; copy the file, or move it and "
                        "the model's own file to one directory and link both");
}

Expected<WeightRef> ExternalFiles::open(StringRef name, StringRef location) {
  auto known = files.find(location);
  if (known != files.end())
    return known->second;
  if (location.empty() || location.contains('\0'))
    return fail(name, "its location is empty or not a file name");
  if (isAbsolute(location) || leavesDirectory(location))
    return fail(name, "location '" + location +
                          "' leaves the model's directory, which is refused; "
                          "keep the file beside the model");

  // Without "..", so that "link/../file" stays inside as it is spelled.
  SmallString<256> relative(location);
  sys::path::remove_dots(relative, /*remove_dot_dot=*/true);
  SmallString<256> path(directory);
  sys::path::append(path, relative);
  sys::fs::file_status status;
  if (sys::fs::status(path, status) || !sys::fs::exists(status))
    return fail(name, "file '" + path + "' does not exist");
  if (!sys::fs::is_regular_file(status))
    return fail(name, "'" + path + "' is not a regular file");
  // The path of what was opened, so that no link can be changed in between.
  SmallString<256> realPath;
  Expected<sys::fs::file_t> file =
      sys::fs::openNativeFileForRead(path, sys::fs::OF_None, &realPath);
  if (!file)
    return fail(name,
                "cannot read '" + path + "': " + toString(file.takeError()));
  scope_exit close([&] { sys::fs::closeFile(*file); });
  if (Error error = checkRealPath(name, path, realPath))
    return std::move(error);
  auto buffer = MemoryBuffer::getOpenFile(*file, path, /*FileSize=*/-1,
                                          /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(name,
                "cannot read '" + path + "': " + buffer.getError().message());
  std::shared_ptr<MemoryBuffer> shared = std::move(*buffer);
  WeightRef whole{shared, {shared->getBufferStart(), shared->getBufferSize()}};
  files[location] = whole;
  buffers.push_back(std::move(shared));
  return whole;
}

Expected<WeightRef> ExternalFiles::get(StringRef name,
                                       const ExternalLocation &location,
                                       uint64_t expectedBytes) {
  Expected<WeightRef> file = open(name, location.location);
  if (!file)
    return file.takeError();
  if (location.length && *location.length != expectedBytes)
    return fail(name, "its length is given as " + Twine(*location.length) +
                          " bytes, but its shape and type need " +
                          Twine(expectedBytes));
  uint64_t size = file->bytes.size();
  if (location.offset > size || expectedBytes > size - location.offset)
    return fail(name, "file '" + location.location + "' has " + Twine(size) +
                          " bytes, but the tensor needs " +
                          Twine(expectedBytes) + " from offset " +
                          Twine(location.offset) +
                          "; is the file truncated, or another model's?");
  return WeightRef{file->owner,
                   file->bytes.slice(location.offset, expectedBytes)};
}

} // namespace garam::onnx
