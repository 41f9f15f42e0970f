//===- TrustList.cpp - Binaries whose native code may run -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TrustList.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SHA256.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace garam {

std::string hashContent(ArrayRef<uint8_t> bytes) {
  return toHex(SHA256::hash(bytes), /*LowerCase=*/true);
}

Expected<TrustList> TrustList::openDefault() {
  SmallString<128> path;
  std::optional<std::string> state = sys::Process::GetEnv("XDG_STATE_HOME");
  bool isIgnored = state && !state->empty() && !sys::path::is_absolute(*state);
  if (state && sys::path::is_absolute(*state)) {
    path = *state;
  } else {
    if (!sys::path::home_directory(path))
      return makeUserError(ExitCode::Untrusted,
                           "no folder for the list of trusted binaries: "
                           "neither XDG_STATE_HOME nor HOME is set");
    sys::path::append(path, ".local", "state");
  }
  sys::path::append(path, "garam", "trusted");
  TrustList list(path.str().str());
  if (isIgnored)
    list.warning = "XDG_STATE_HOME is '" + *state +
                   "', which is no absolute path, and is ignored; the list of "
                   "trusted binaries is '" +
                   list.path + "'";
  return list;
}

Error TrustList::fail(const Twine &what) const {
  return makeUserError(ExitCode::Untrusted,
                       "the list of trusted binaries '" + path + "' " + what);
}

Error TrustList::failWithErrno(const Twine &what) const {
  return fail(what + ": " +
              std::error_code(errno, std::generic_category()).message());
}

Expected<std::string> TrustList::read(int descriptor) const {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return failWithErrno("cannot be read");
  // Whoever can write it decides what runs.
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail("is no file that you alone can write; hint: look at what it "
                "lists, then 'chmod 600' and 'chown' it");
  std::string text(status.st_size, '\0');
  size_t done = 0;
  while (done < text.size()) {
    ssize_t count =
        pread(descriptor, text.data() + done, text.size() - done, done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failWithErrno("cannot be read");
    if (count == 0)
      break;
    done += count;
  }
  text.resize(done);
  return text;
}

/// Whether `hash` is a line of the list.
static bool holds(StringRef text, StringRef hash) {
  while (!text.empty()) {
    StringRef line;
    std::tie(line, text) = text.split('\n');
    if (line == hash)
      return true;
  }
  return false;
}

Expected<bool> TrustList::contains(StringRef hash) const {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
    return false;
  if (descriptor < 0)
    return failWithErrno("cannot be opened");
  auto closeFile = make_scope_exit([&] { close(descriptor); });
  Expected<std::string> text = read(descriptor);
  if (!text)
    return text.takeError();
  return holds(*text, hash);
}

/// One write at the file's end: a reader sees the line whole or not at all.
Error TrustList::append(int descriptor, StringRef hash) const {
  if (flock(descriptor, LOCK_EX) != 0)
    return failWithErrno("cannot be locked");
  Expected<std::string> text = read(descriptor);
  if (!text)
    return text.takeError();
  if (holds(*text, hash))
    return Error::success();
  // A line that was cut off, as by a full disk, does not spoil the next.
  bool isCut = !text->empty() && text->back() != '\n';
  std::string line = (isCut ? "\n" : "") + hash.str() + "\n";
  ssize_t written = write(descriptor, line.data(), line.size());
  if (written < 0)
    return failWithErrno("cannot be written");
  if (static_cast<size_t>(written) != line.size())
    return fail("cannot be written: the disk is full");
  return Error::success();
}

Error TrustList::add(StringRef hash) const {
  if (std::error_code code = sys::fs::create_directories(
          sys::path::parent_path(path), /*IgnoreExisting=*/true,
          sys::fs::perms::owner_all))
    return fail("has no folder: " + code.message());
  int descriptor = open(
      path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return failWithErrno("cannot be opened");
  auto closeFile = make_scope_exit([&] { close(descriptor); });
  return append(descriptor, hash);
}

} // namespace garam
