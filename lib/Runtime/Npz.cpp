//===- Npz.cpp - Archives of numpy arrays ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Npz.h"

#include "garam/Runtime/TensorFile.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <zip.h>

using namespace llvm;

namespace garam {
namespace {

struct DiscardArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};

class NpzReader {
public:
  explicit NpzReader(StringRef path) : path(path) {}

  Expected<std::vector<Tensor>> read();

private:
  Error fail(const Twine &reason) const {
    return makeUserError(ExitCode::Input,
                         "cannot read '" + path + "': " + reason);
  }
  Expected<std::string> readMember(uint64_t number, const zip_stat_t &stat);

  StringRef path;
  std::unique_ptr<zip_t, DiscardArchive> archive;
};

} // namespace

Expected<std::string> NpzReader::readMember(uint64_t number,
                                            const zip_stat_t &stat) {
  // An archive of a few bytes can say that it holds any number.
  constexpr uint64_t mostBytes = uint64_t(4) << 30;
  StringRef name = stat.name;
  if (!(stat.valid & ZIP_STAT_SIZE) || stat.size > mostBytes)
    return fail("'" + name + "' has more than " + Twine(mostBytes) +
                " bytes, or does not say how many");
  std::unique_ptr<zip_file_t, CloseFile> file(
      zip_fopen_index(archive.get(), number, 0));
  if (!file)
    return fail("'" + name + "': " + zip_strerror(archive.get()));
  std::string bytes(stat.size, '\0');
  zip_int64_t count = zip_fread(file.get(), bytes.data(), bytes.size());
  // One more, for the check sum is compared at the end.
  char behind;
  if (count < 0 || uint64_t(count) != bytes.size() ||
      zip_fread(file.get(), &behind, 1) != 0)
    return fail("'" + name + "' is damaged");
  return bytes;
}

Expected<std::vector<Tensor>> NpzReader::read() {
  int code = 0;
  archive.reset(zip_open(path.str().c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail(reason);
  }
  std::vector<Tensor> tensors;
  auto numMembers =
      static_cast<uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (uint64_t number = 0; number < numMembers; ++number) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive.get(), number, 0, &stat) != 0 ||
        !(stat.valid & ZIP_STAT_NAME))
      return fail("a member of it is damaged");
    StringRef name = stat.name;
    if (!name.consume_back(".npy"))
      return fail("'" + name +
                  "' is not an array of numpy, which ends in "
                  ".npy");
    Expected<std::string> bytes = readMember(number, stat);
    if (!bytes)
      return bytes.takeError();
    std::string place = (path + ": " + stat.name).str();
    Expected<Tensor> tensor = readNpy(MemoryBufferRef(*bytes, place));
    if (!tensor)
      return tensor.takeError();
    tensor->name = name.str();
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

Expected<std::vector<Tensor>> readNpz(StringRef path) {
  return NpzReader(path).read();
}

} // namespace garam
