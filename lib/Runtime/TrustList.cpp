//===- TrustList.cpp - Binaries whose native code may run -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TrustList.h"

#include "garam/Runtime/Executable.h"
#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
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

namespace {

/// A line of the list: what sha256sum prints of a file, or the hash alone.
struct Entry {
  StringRef hash, file;
};

} // namespace

static std::optional<Entry> parseLine(StringRef line) {
  constexpr size_t hashLength = 64;
  Entry entry;
  entry.hash = line.take_front(hashLength);
  entry.file = line.drop_front(entry.hash.size());
  bool isHash =
      entry.hash.size() == hashLength && all_of(entry.hash, [](char digit) {
        return isDigit(digit) || (digit >= 'a' && digit <= 'f');
      });
  if (!isHash || (!entry.file.empty() && !entry.file.consume_front("  ")))
    return std::nullopt;
  return entry;
}

/// Calls `handle` with each line that is not empty, its number from 1 on, and
/// what it is.
template <typename Handler>
static void forEachLine(StringRef text, Handler handle) {
  for (unsigned number = 1; !text.empty(); ++number) {
    StringRef line;
    std::tie(line, text) = text.split('\n');
    if (!line.empty())
      handle(line, number, parseLine(line));
  }
}

/// Whether `hash` is that of a line.
static bool holds(StringRef text, StringRef hash) {
  bool isFound = false;
  forEachLine(text, [&](StringRef, unsigned, std::optional<Entry> entry) {
    isFound |= entry && entry->hash == hash;
  });
  return isFound;
}

Expected<bool> TrustList::contains(StringRef hash) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
    return false;
  if (descriptor < 0)
    return failWithErrno("cannot be opened");
  scope_exit closeFile([&] { close(descriptor); });
  Expected<std::string> text = read(descriptor);
  if (!text)
    return text.takeError();
  forEachLine(
      *text, [&](StringRef, unsigned number, std::optional<Entry> entry) {
        if (!entry)
          warning += ((warning.empty() ? "" : "; ") + Twine("line ") +
                      Twine(number) + " of '" + path +
                      "' is not a SHA-256 in 64 lower-case hexadecimal digits, "
                      "and trusts nothing")
                         .str();
      });
  return holds(*text, hash);
}

/// One write at the file's end: a reader sees the line whole or not at all.
Error TrustList::append(int descriptor, StringRef hash, StringRef file) const {
  if (flock(descriptor, LOCK_EX) != 0)
    return failWithErrno("cannot be locked");
  Expected<std::string> text = read(descriptor);
  if (!text)
    return text.takeError();
  if (holds(*text, hash))
    return Error::success();
  // A line that was cut off, as by a full disk, does not spoil the next.
  bool isCut = !text->empty() && text->back() != '\n';
  std::string line = (isCut ? "\n" : "") + hash.str();
  if (!file.empty() && !file.contains('\n'))
    line += "  " + file.str();
  return write(descriptor, line + "\n");
}

Error TrustList::write(int descriptor, StringRef text) const {
  ssize_t written = ::write(descriptor, text.data(), text.size());
  if (written < 0)
    return failWithErrno("cannot be written");
  if (static_cast<size_t>(written) != text.size())
    return fail("cannot be written: the disk is full");
  return Error::success();
}

Error TrustList::add(StringRef hash, StringRef file) const {
  if (std::error_code code = sys::fs::create_directories(
          sys::path::parent_path(path), /*IgnoreExisting=*/true,
          sys::fs::perms::owner_all))
    return fail("has no folder: " + code.message());
  int descriptor = open(
      path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return failWithErrno("cannot be opened");
  scope_exit closeFile([&] { close(descriptor); });
  return append(descriptor, hash, file);
}

/// Whether the file holds what the hash is of.
static bool isCurrent(const Entry &entry) {
  // Opening what is no regular file may wait for ever; one that is mapped may
  // be cut off while it is hashed.
  if (!sys::fs::is_regular_file(entry.file))
    return false;
  auto file = MemoryBuffer::getFile(entry.file, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/true,
                                    /*IsVolatile=*/true);
  return file &&
         hashContent(arrayRefFromStringRef((*file)->getBuffer())) == entry.hash;
}

Expected<unsigned> TrustList::prune() const {
  int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  if (descriptor < 0)
    return failWithErrno("cannot be opened");
  scope_exit closeFile([&] { close(descriptor); });
  if (flock(descriptor, LOCK_EX) != 0)
    return failWithErrno("cannot be locked");
  Expected<std::string> text = read(descriptor);
  if (!text)
    return text.takeError();
  std::string kept;
  unsigned numRemoved = 0;
  forEachLine(*text, [&](StringRef line, unsigned, std::optional<Entry> entry) {
    if (entry && (entry->file.empty() || isCurrent(*entry)))
      kept += line.str() + "\n";
    else
      ++numRemoved;
  });
  // In its place, for others wait for the lock of this very file. It only
  // becomes shorter: of whatever is left when this is cut off, no line trusts
  // what was not trusted before.
  if (numRemoved == 0)
    return 0;
  if (Error error = write(descriptor, kept))
    return std::move(error);
  if (ftruncate(descriptor, kept.size()) != 0)
    return failWithErrno("cannot be written");
  return numRemoved;
}

//===----------------------------------------------------------------------===//
// What the list decides
//===----------------------------------------------------------------------===//

Error checkTrust(const Executable &executable,
                 std::vector<std::string> &warnings) {
  if (!executable.holdsNativeCode())
    return Error::success();
  Expected<TrustList> list = TrustList::openDefault();
  if (!list)
    return list.takeError();
  Expected<bool> isTrusted = list->contains(executable.getContentHash());
  if (!list->getWarning().empty())
    warnings.push_back(list->getWarning().str());
  if (!isTrusted)
    return isTrusted.takeError();
  if (*isTrusted)
    return Error::success();
  StringRef file = executable.getImage().getContainer().getPath();
  return makeUserError(
      ExitCode::Untrusted,
      file +
          ": holds native code, which could do on this machine whatever "
          "you can, and was not compiled here; hint: if you trust its "
          "author, 'garam trust " +
          file +
          "' or, for one run, --trust-native, from Python trust_native=True");
}

static Error addToDefaultList(ArrayRef<uint8_t> bytes, StringRef path,
                              std::vector<std::string> &warnings) {
  Expected<TrustList> list = TrustList::openDefault();
  if (!list)
    return list.takeError();
  if (!list->getWarning().empty())
    warnings.push_back(list->getWarning().str());
  SmallString<128> absolute(path);
  if (std::error_code code = sys::fs::make_absolute(absolute))
    return errorCodeToError(code);
  return list->add(hashContent(bytes), absolute);
}

void noteAsTrusted(ArrayRef<uint8_t> bytes, StringRef path,
                   std::vector<std::string> &warnings) {
  if (Error error = addToDefaultList(bytes, path, warnings))
    warnings.push_back("the binary is not noted as trusted, so that 'garam "
                       "run' needs --trust-native: " +
                       toString(std::move(error)));
}

Error saveExecutable(const Executable &executable, StringRef path,
                     bool isCompiled, std::vector<std::string> &warnings) {
  ArrayRef<uint8_t> bytes = executable.getImage().getContainer().getBytes();
  if (Error error = writeOutputFile(path, [&](raw_ostream &os) {
        os << toStringRef(bytes);
        return Error::success();
      }))
    return error;
  if (isCompiled && executable.holdsNativeCode())
    noteAsTrusted(bytes, path, warnings);
  return Error::success();
}

} // namespace garam
