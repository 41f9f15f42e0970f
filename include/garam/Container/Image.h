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
#include "garam/Support/Tensor.h"
#include "garam/Target/Device.h"

#include <optional>
#include <string>
#include <vector>

namespace garam {

/// An input or output whose bytes on the device are not those of its type: the
/// runtime computes saturate(round_half_even(x / scale) + zeroPoint) of an
/// input, and (q - zeroPoint) * scale of an output.
struct HostQuantization {
  DataType storage = DataType::Int8;
  double scale = 1.0;
  int64_t zeroPoint = 0;

  bool operator==(const HostQuantization &other) const {
    return storage == other.storage && scale == other.scale &&
           zeroPoint == other.zeroPoint;
  }
};

/// Whether a tensor can be divided by this scale, which is done in float32.
bool isUsableScale(double scale);

/// Whether `storage`, Int8 or UInt8, has this zero point.
bool isInStorage(int64_t zeroPoint, DataType storage);

/// An input or output of an entry point.
struct Binding {
  std::string name;
  TensorType type;
  uint32_t segment = 0; // number in Manifest::segments
  std::optional<HostQuantization> quantization;
};

/// Bytes of a binding's tensor as the device sees it.
std::optional<uint64_t> getDeviceByteSize(const Binding &binding);

struct EntryPoint {
  std::string name;
  std::vector<Binding> inputs, outputs;
  /// Numbers of the programs that run, one after the other.
  std::vector<uint32_t> schedule;
};

struct ImageSegment {
  DeviceSegment segment;
  /// Constants: where the bytes begin in the constant section.
  uint64_t offset = 0;
};

struct ImageProgram {
  std::string device;  // kind
  std::string target;  // name
  std::string section; // of the code
  /// Segment i of the program is segments[i] of the manifest.
  std::vector<uint32_t> segments;
  LowerBound bound;
  double estimatedSeconds = 0; // by the device's cost model
};

/// A node of the model.
struct ImageNode {
  std::string id;
  std::string op;
  int64_t opset = 0;
  std::string device; // where it runs; empty: folded away by the compiler
  std::string reason; // why it is there and not elsewhere
};

struct Manifest {
  std::string producer; // "garam 0.1.0"
  std::string model;    // file name
  /// What was asked of the compiler, as names and values.
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<EntryPoint> entryPoints;
  std::vector<ImageProgram> programs;
  std::vector<ImageSegment> segments;
  std::vector<ImageNode> nodes;
};

std::string serializeManifest(const Manifest &manifest);
/// Reads and checks a manifest: every number refers to something that exists.
llvm::Expected<Manifest> parseManifest(llvm::StringRef text);

/// An image to write. `programs[i]` is manifest program i; its constants are
/// those of the manifest's segment that its segment 0 maps to.
struct ImageSource {
  Manifest manifest;
  std::vector<DeviceProgram> programs;
  std::string targetText;
};

/// Writes an image into a new file.
llvm::Error writeImage(OutputFile &file, const ImageSource &source);
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
  llvm::StringRef getTargetText() const { return targetText; }
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
  llvm::StringRef targetText;
};

} // namespace garam

#endif // GARAM_CONTAINER_IMAGE_H
