//===- Image.h - What a device binary holds ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The sections of a device binary (docs/binary-format.md): the manifest says
// what there is and how it is called, the others hold it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_IMAGE_H
#define GARAM_CONTAINER_IMAGE_H

#include "garam/Container/Container.h"
#include "garam/Container/Manifest.h"

#include <map>
#include <string>
#include <vector>

namespace garam {

/// An image to write. `programs[i]` is manifest program i.
struct ImageSource {
  Manifest manifest;
  std::vector<DeviceProgram> programs;
  /// What is written into constant segments of the manifest. One that is not
  /// here gets the constants of the first program that is dispatched with it.
  std::map<uint32_t, std::vector<DeviceConstant>> constants;
  /// Text of the target file of each device of the manifest.
  std::vector<std::string> targetTexts;
};

/// Writes an image into a new file, as writeContainer does.
llvm::Error writeImage(OutputFile &file, const ImageSource &source,
                       llvm::ThreadPoolInterface *threads = nullptr);
/// Writes an image to `path`, whole or not at all.
llvm::Error writeImage(llvm::StringRef path, const ImageSource &source);

/// An opened image.
class Image {
public:
  static llvm::Expected<Image> open(llvm::StringRef path);
  static llvm::Expected<Image> create(Container container);

  const Container &getContainer() const { return container; }
  const Manifest &getManifest() const { return manifest; }
  llvm::ArrayRef<uint8_t> getCode(unsigned program) const {
    return codes[program];
  }
  /// Of the constant segment `segment`.
  llvm::ArrayRef<uint8_t> getConstants(unsigned segment) const;
  /// Of a device of the manifest.
  llvm::StringRef getTargetText(unsigned device) const {
    return targetTexts[device];
  }
  /// Reads the debug map of each program.
  llvm::Expected<std::vector<DebugMap>> readDebugMaps() const;
  /// Reads the memory plan of each program.
  llvm::Expected<std::vector<std::vector<PlannedRegion>>> readPlans() const;

private:
  explicit Image(Container container) : container(std::move(container)) {}
  llvm::Error read();

  Container container;
  Manifest manifest;
  std::vector<llvm::ArrayRef<uint8_t>> codes;
  llvm::ArrayRef<uint8_t> constants;
  std::vector<llvm::StringRef> targetTexts;
};

} // namespace garam

#endif // GARAM_CONTAINER_IMAGE_H
