//===- CompileToExecutable.cpp - From a model to what runs ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Driver/CompileToExecutable.h"

#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <chrono>

using namespace llvm;

namespace garam {

/// A path in the system's folder for temporary files where nothing is.
static std::string makeTemporaryPath() {
  SmallString<128> pattern, path;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, pattern);
  sys::path::append(pattern, "garam-%%%%%%%%%%%%.garam");
  sys::fs::createUniquePath(pattern, path, /*MakeAbsolute=*/true);
  return path.str().str();
}

Expected<std::shared_ptr<const Executable>>
loadOutput(const OutputFile &output, const Twine &name,
           const DeviceRegistry &devices) {
  Expected<sys::fs::file_t> file =
      sys::fs::openNativeFileForRead(output.getTemporaryPath());
  if (!file)
    return file.takeError();
  sys::fs::file_status status;
  std::error_code code = sys::fs::status(*file, status);
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = code;
  if (!code)
    buffer = MemoryBuffer::getOpenFile(*file, name, status.getSize(),
                                       /*RequiresNullTerminator=*/false);
  (void)sys::fs::closeFile(*file);
  if (!buffer)
    return output.makeError(buffer.getError().message());
  Expected<Container> container = Container::create(std::move(*buffer));
  if (!container)
    return container.takeError();
  Expected<Image> image = Image::create(std::move(*container));
  if (!image)
    return image.takeError();
  return Executable::create(std::move(*image), devices);
}

Expected<CompiledModel> compileToExecutable(CompileOptions options,
                                            const DeviceRegistry &devices) {
  std::string name = options.output.empty()
                         ? (sys::path::stem(options.model) + ".garam").str()
                         : options.output;
  options.output = makeTemporaryPath();
  options.emitStage.clear();
  auto start = std::chrono::steady_clock::now();
  Expected<CompileResult> result = compile(options, devices);
  if (!result)
    return result.takeError();
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  // The file never gets a place of its own: the mapping is all that is left.
  Expected<std::shared_ptr<const Executable>> executable =
      loadOutput(result->outputs.front(), name, devices);
  if (!executable)
    // It was written just now: that it cannot be used is no fault of the user.
    return createStringError("internal error: the binary does not run: " +
                             toString(executable.takeError()));
  return CompiledModel{std::move(*executable), std::move(result->stages),
                       std::move(result->warnings), time.count()};
}

} // namespace garam
