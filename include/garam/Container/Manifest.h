//===- Manifest.h - What a device binary has and how it is called -C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_MANIFEST_H
#define GARAM_CONTAINER_MANIFEST_H

#include "garam/Container/EqualSizes.h"
#include "garam/Support/Tensor.h"
#include "garam/Target/DeviceProgram.h"
#include "llvm/Support/Error.h"

#include <array>
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

/// Of an output of which only the first elements along a dimension count: how
/// many says another output, an int64 of rank 0, which is for this only.
struct CountedDimension {
  uint32_t dimension = 0;
  std::string counter; // name of the other output
};

/// An input or output of an entry point.
struct Binding {
  std::string name;
  TensorType type;
  uint32_t segment = 0; // number in Manifest::segments
  std::optional<HostQuantization> quantization;
  std::optional<CountedDimension> counted = {};
  /// Of one that has sizes of run time, of which its type has the greatest: the
  /// symbols of its dimensions by name, empty for others. Its elements lie
  /// dense at the beginning.
  std::vector<std::string> dimensions = {};
  /// Of such an output: the name of the output with its sizes, an int64 vector;
  /// empty where it is padded and has the symbols' sizes.
  std::string sized = {};
  /// Of either: its elements lie where those of the greatest sizes do.
  bool isPadded = false;
};

/// Bytes of a binding's tensor as the device sees it.
std::optional<uint64_t> getDeviceByteSize(const Binding &binding);

/// A part of a run. It starts when all steps that it comes after have ended; a
/// device runs one program at a time.
struct Step {
  enum class Kind : uint8_t { Dispatch, Transfer };

  Kind kind = Kind::Dispatch;
  /// Of a dispatch: a number in Manifest::programs runs on one in
  /// Manifest::devices, which has its target. Segment i of the program is
  /// segments[i] of the manifest, in the memory of that device.
  uint32_t program = 0, device = 0;
  std::vector<uint32_t> segments;
  /// Ids of the nodes that the dispatch stands for, in the place of those in
  /// the program's debug map; empty: those.
  std::vector<std::string> nodes;
  /// Of a transfer: the first `bytes` of a segment go to the beginning of one
  /// of another device, over these links (numbers in Manifest::links) in order.
  uint32_t from = 0, to = 0;
  uint64_t bytes = 0;
  std::vector<uint32_t> links;
  /// Numbers of earlier steps of the entry point.
  std::vector<uint32_t> after;

  static Step dispatch(uint32_t program, uint32_t device,
                       std::vector<uint32_t> segments,
                       std::vector<uint32_t> after = {});
  static Step transfer(uint32_t from, uint32_t to, uint64_t bytes,
                       std::vector<uint32_t> links,
                       std::vector<uint32_t> after = {});
};

/// Steps of an entry point at most, so that what comes after what can be held.
constexpr size_t maxSteps = 1 << 14;

/// A tensor that stays with the program from run to run: what one yields as
/// `output`, the next takes as `input`. It is zero before the first run. The
/// segments of both have one size, and trade places after each run.
struct CarriedState {
  Binding input, output;
};

struct EntryPoint {
  std::string name;
  /// With one device, in its memory; with several, wherever the steps move
  /// them from and to.
  std::vector<Binding> inputs, outputs;
  /// What sizes of run time are called, and the input that has those of a run:
  /// an int64 for each. The runtime gives it; it is not among the inputs.
  std::vector<Symbol> symbols;
  std::optional<Binding> sizes;
  /// What sizes have to be equal besides; the runtime refuses other runs.
  std::vector<EqualSizes> conditions;
  /// Inputs and outputs of the model that are in neither list above.
  std::vector<CarriedState> states;
  std::vector<Step> steps;
};

/// The outputs without those that count or hold sizes for others, in order.
std::vector<const Binding *> listResults(const EntryPoint &entry);

/// An instance of a device.
struct ImageDevice {
  std::string name;    // unique
  std::string kind;    // its class
  std::string target;  // name in its target file
  std::string section; // of the text of that file; of one target one section
};

/// A link between two devices, one transfer at a time.
struct ImageLink {
  std::string name;
  std::array<uint32_t, 2> between = {0, 0}; // numbers in Manifest::devices
  double bytesPerSecond = 0;
  double seconds = 0; // of a transfer of no bytes
  double joulePerByte = 0;
};

struct ImageSegment {
  DeviceSegment segment;
  /// Constants: where the bytes begin in the constant section.
  uint64_t offset = 0;
  uint32_t device = 0; // in whose memory it is
  /// A number of the tensor that it is to hold, by which transfers are checked:
  /// segments that hold copies of one tensor have the same. Nothing: no
  /// transfer moves it.
  std::optional<uint32_t> value = std::nullopt;
};

/// A program of a class of devices. Any number of steps dispatch it, on any
/// devices of its target, with weights and memory of their own.
struct ImageProgram {
  std::string section; // of the code
  std::string target;  // section of the target file that it was compiled for
  LowerBound bound;    // of one dispatch
  double estimatedSeconds = 0; // by the device's cost model
};

/// A node of the model.
struct ImageNode {
  std::string id;
  std::string op;
  int64_t opset = 0;
  std::string device; // name of where it runs; empty: folded away
  std::string reason; // why it is there and not elsewhere
};

struct Manifest {
  std::string producer; // "garam 0.1.0"
  std::string model;    // file name
  std::string target;   // name of the chip or system that it was compiled for
  /// What was asked of the compiler, as names and values.
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<ImageDevice> devices;
  std::vector<ImageLink> links;
  std::vector<EntryPoint> entryPoints;
  std::vector<ImageProgram> programs;
  std::vector<ImageSegment> segments;
  std::vector<ImageNode> nodes;

  /// A device that runs `program`: they have the same class and target. Only of
  /// a manifest that checkManifest accepts.
  const ImageDevice &getTarget(const ImageProgram &program) const;
};

std::string serializeManifest(const Manifest &manifest);
/// Reads a manifest and checks it with checkManifest.
llvm::Expected<Manifest> parseManifest(llvm::StringRef text);

/// Every number of `manifest` refers to something that exists, names are
/// unique where things are found by them, and inputs and outputs lie in
/// segments for them.
llvm::Error checkManifest(const Manifest &manifest);

/// The memory that the segments of a device lie in.
struct SegmentMemory {
  uint64_t bytes = 0; // 0: it is not known
  bool holdsConstants = true;
};

/// A device whose memory is too small for its segments together.
struct MemoryOverflow {
  uint32_t device = 0; // number in the manifest
  uint64_t needed = 0, available = 0;

  std::string describe(const Manifest &manifest) const;
};

/// The first device whose segments, of all programs together, do not fit its
/// memory; `memories` has an entry for each device.
std::optional<MemoryOverflow>
findMemoryOverflow(const Manifest &manifest,
                   llvm::ArrayRef<SegmentMemory> memories);

} // namespace garam

#endif // GARAM_CONTAINER_MANIFEST_H
