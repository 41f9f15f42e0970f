//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/OutputFile.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <limits.h>
#include <unistd.h>

using namespace llvm;

namespace garam {

static Error makeWriteError(StringRef path, const Twine &reason) {
  return makeUserError(ExitCode::Usage,
                       "cannot write '" + path + "': " + reason);
}

Error OutputFile::makeError(const Twine &reason) const {
  return makeWriteError(path, reason);
}

Expected<std::string> resolveLinks(StringRef path) {
  // As many as Linux follows.
  constexpr unsigned maxLinks = 40;
  SmallString<256> place(path);
  for (unsigned links = 0; sys::fs::is_symlink_file(place); ++links) {
    char target[PATH_MAX];
    ssize_t size = readlink(place.c_str(), target, sizeof(target));
    if (size < 0)
      return makeWriteError(path, sys::StrError(errno));
    if (links == maxLinks || size == ssize_t(sizeof(target)))
      return makeWriteError(path, "too many symbolic links");
    StringRef leadsTo(target, size);
    if (sys::path::is_absolute(leadsTo)) {
      place = leadsTo;
    } else {
      sys::path::remove_filename(place);
      sys::path::append(place, leadsTo);
    }
  }
  return place.str().str();
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// Opens a new file of a name that is not in use. LLVM's own temporary files
/// take each '%' of the folder's name for a place to put a random digit.
static std::error_code createTemporary(StringRef folder, std::string &path,
                                       int &descriptor) {
  for (unsigned number = 0;; ++number) {
    SmallString<256> candidate(folder);
    sys::path::append(candidate, ".garam-" +
                                     Twine(sys::Process::getProcessId()) + "-" +
                                     Twine(number) + ".tmp");
    std::error_code code = sys::fs::openFileForReadWrite(
        candidate, descriptor, sys::fs::CD_CreateNew, sys::fs::OF_None);
    if (code == std::errc::file_exists)
      continue;
    path = candidate.str().str();
    return code;
  }
}

/// Of the process, as its signal handlers are.
static std::atomic<bool> removesOnSignals{false};

void OutputFile::removeOnSignals() {
  // LLVM leaves SIGPIPE alone without a function to call. By then what the
  // signal did before is in force again.
  sys::SetOneShotPipeSignalFunction([] { std::raise(SIGPIPE); });
  removesOnSignals = true;
}

Expected<OutputFile> OutputFile::create(StringRef path) {
  OutputFile file;
  file.path = path.str();
  SmallString<256> folder;
  sys::fs::file_status status;
  bool exists =
      path != "-" && !sys::fs::status(path, status) && sys::fs::exists(status);
  if (exists && sys::fs::is_directory(status))
    return file.makeError("it is a folder");
  if (exists)
    if (std::error_code code =
            sys::fs::access(path, sys::fs::AccessMode::Write))
      return file.makeError(code.message());
  if (path == "-" || (exists && !sys::fs::is_regular_file(status))) {
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, folder);
  } else {
    // A name like "folder/" has no file.
    if (path.empty() || sys::path::is_separator(path.back()))
      return file.makeError("it is not the name of a file");
    Expected<std::string> place = resolveLinks(path);
    if (!place)
      return place.takeError();
    file.place = std::move(*place);
    folder = sys::path::parent_path(file.place);
    if (sys::path::filename(file.place).size() > NAME_MAX)
      return file.makeError("its name has more than " + Twine(NAME_MAX) +
                            " bytes");
  }
  if (std::error_code code =
          createTemporary(folder, file.temporaryPath, file.descriptor)) {
    file.descriptor = -1;
    file.temporaryPath.clear();
    return file.makeError(code.message());
  }
  if (removesOnSignals)
    sys::RemoveFileOnSignal(file.temporaryPath);
  return std::move(file);
}

OutputFile::OutputFile(OutputFile &&other)
    : path(std::move(other.path)), place(std::move(other.place)),
      temporaryPath(std::exchange(other.temporaryPath, "")),
      descriptor(std::exchange(other.descriptor, -1)) {}

OutputFile &OutputFile::operator=(OutputFile &&other) {
  discard();
  path = std::move(other.path);
  place = std::move(other.place);
  temporaryPath = std::exchange(other.temporaryPath, "");
  descriptor = std::exchange(other.descriptor, -1);
  return *this;
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() {
  if (descriptor >= 0)
    close(std::exchange(descriptor, -1));
  if (temporaryPath.empty())
    return;
  sys::fs::remove(temporaryPath);
  sys::DontRemoveFileOnSignal(temporaryPath);
  temporaryPath.clear();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

Error OutputFile::append(function_ref<Error(raw_ostream &)> write) {
  raw_fd_ostream os(descriptor, /*shouldClose=*/false);
  Error error = write(os);
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  if (error)
    return error;
  return code ? makeError(code.message()) : Error::success();
}

Error OutputFile::copyToStream() {
  auto buffer = MemoryBuffer::getFile(temporaryPath, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError(buffer.getError().message());
  auto copyTo = [&](raw_fd_ostream &os) -> Error {
    os << (*buffer)->getBuffer();
    os.flush();
    std::error_code code = os.error();
    os.clear_error();
    return code ? makeError(code.message()) : Error::success();
  };
  if (path == "-")
    return copyTo(outs());
  std::error_code code;
  raw_fd_ostream os(path, code, sys::fs::CD_OpenExisting);
  return code ? makeError(code.message()) : copyTo(os);
}

Error OutputFile::finish() {
  // Some file systems report only here that they are full.
  if (descriptor >= 0 && close(std::exchange(descriptor, -1)) != 0)
    return makeError(errnoAsErrorCode().message());
  return Error::success();
}

Error OutputFile::commit() {
  if (Error error = finish())
    return error;
  if (place.empty())
    return copyToStream();
  if (std::error_code code = sys::fs::rename(temporaryPath, place))
    return makeError(code.message());
  sys::DontRemoveFileOnSignal(temporaryPath);
  temporaryPath.clear();
  return Error::success();
}

Error commitAll(ArrayRef<OutputFile *> files) {
  for (bool streams : {true, false})
    for (OutputFile *file : files)
      if (file->isStream() == streams)
        if (Error error = file->commit())
          return error;
  return Error::success();
}

Error writeOutputFile(StringRef path,
                      function_ref<Error(raw_ostream &)> write) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = file->append(write))
    return error;
  return file->commit();
}

} // namespace garam
