//===- DeviceProgram.h - What compiling for a device gives ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICEPROGRAM_H
#define GARAM_TARGET_DEVICEPROGRAM_H

#include "garam/Support/Tensor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace garam {

/// What a segment of device memory is for.
enum class MemoryRole : uint8_t {
  Constant = 0,  // weights: read only, bytes in the container
  Parameter = 1, // read only, given when the program is loaded
  State = 2,     // kept between runs
  Input = 3,     // read only
  Output = 4,    // written by the program
  Scratch = 5,   // of one run
};
constexpr unsigned numMemoryRoles = 6;
/// "constant", "parameter", "state", "input", "output", "scratch".
llvm::StringRef getName(MemoryRole role);

/// A part of device memory that a program addresses from its own base. The
/// runtime chooses where it lies.
struct DeviceSegment {
  MemoryRole role = MemoryRole::Scratch;
  uint64_t size = 0; // bytes
  std::string name;

  bool operator==(const DeviceSegment &other) const {
    return role == other.role && size == other.size && name == other.name;
  }
};

/// Units [begin, end) of a resource of a device, as rows of banks or crossbars,
/// that an instance of a program occupies for as long as it is loaded. The
/// device names the resource and what its units are: "cores", "rows of rank 0".
struct ResidentRange {
  std::string resource;
  uint64_t begin = 0, end = 0;
  /// Nothing is kept there between runs: instances that use it so, too, may
  /// have it in common.
  bool isShared = false;

  bool operator==(const ResidentRange &other) const {
    return resource == other.resource && begin == other.begin &&
           end == other.end && isShared == other.isShared;
  }
};

/// Brings ranges in order, makes one of those that touch or overlap, and leaves
/// out of the shared ones what others have.
void normalize(std::vector<ResidentRange> &ranges);

/// An element of a weight that is no finite number on a device, so that what is
/// computed with it is none either.
struct NonFiniteWeight {
  /// What the weight is called in the model; empty when it is made of others.
  std::string tensor;
  llvm::SmallVector<int64_t, 4> index;
  double value = 0; // in the model: finite when the device's type is too narrow
  DataType type = DataType::Float32; // the device's
};

/// A run of bytes of the constant segment that is made when the section is
/// written, so that a packed or converted weight exists once, in the file.
struct DeviceConstant {
  uint64_t offset = 0, size = 0;
  /// Fills `size` bytes, which are zero before. May be called from any thread.
  std::function<void(llvm::MutableArrayRef<uint8_t>)> write;
  /// Ids of the ONNX nodes that it is for.
  std::vector<std::string> nodes = {};
  /// Looks for such an element in what `write` has made; may be null. May be
  /// called from any thread.
  std::function<std::optional<NonFiniteWeight>(llvm::ArrayRef<uint8_t>)>
      findNonFinite = nullptr;
};

/// The last command of a lane that writes a piece.
struct PieceWrite {
  uint32_t lane = 0, command = 0; // the command's number as stored
  uint32_t execution = 1; // of the command, counted from 1: it may be in a loop
};

/// A box of a value of a node in one memory.
struct ValuePiece {
  uint32_t memory = 0;                      // the device's own number
  int64_t offset = 0;                       // byte of the element at `low`
  llvm::SmallVector<int64_t, 4> strides;    // bytes
  llvm::SmallVector<int64_t, 4> low, sizes; // elements
  std::vector<PieceWrite> lastWrites;       // one a lane
};

/// An output of an ONNX node that is in the device's memories for a while.
struct DeviceValue {
  /// The node's id, and for outputs behind the first ":NUMBER".
  std::string name;
  TensorType type; // on the device
  /// Disjoint, together the whole tensor.
  std::vector<ValuePiece> pieces;
};

/// What a compiler chose for some nodes, and what it had chosen otherwise.
struct DebugChoice {
  llvm::SmallVector<uint32_t, 1> nodes; // numbers into DebugMap::nodes
  std::string chosen, next;             // in the device's words
  /// By how much a run would be longer with `next`, by the device's cost model
  /// as far as the choice looked ahead; what proved better behind that may be
  /// negative.
  double seconds = 0;
  bool isExact = true; // or `seconds` at least
};

/// What a search over all of a program has found, by its own estimate.
struct DebugSearch {
  std::string name;        // what it was for: "fused groups"
  double seconds = 0;      // of what was chosen
  double boundSeconds = 0; // nothing that was searched is shorter
  double plainSeconds = 0; // without any of it
};

/// Where the commands of a program come from, what they make, and how they were
/// chosen.
struct DebugMap {
  /// Ids of the ONNX nodes.
  std::vector<std::string> nodes;
  /// origins[lane][command]: numbers into `nodes`. A lane is a queue of the
  /// device; commands are counted as they are stored.
  std::vector<std::vector<llvm::SmallVector<uint32_t, 1>>> origins;
  std::vector<DeviceValue> values;
  std::vector<DebugChoice> choices;
  std::vector<DebugSearch> searches;
  /// For each node when the last of its commands ends by the device's cost
  /// model, in seconds from the start of the program; empty where the device
  /// does not say. 0 for a node without commands.
  std::vector<double> expectedEnds;
};

/// A buffer of the memory plan.
struct PlannedRegion {
  std::string memory; // "core 3 SRAM", "segment 2"
  bool isOnChip = false;
  uint64_t offset = 0, size = 0;
  std::string name;
};

/// The highest address in use, added up over all on-chip memories of a plan.
uint64_t getPeakOnChipBytes(llvm::ArrayRef<PlannedRegion> plan);

/// What the best imaginable schedule cannot beat.
struct LowerBound {
  uint64_t macs = 0;
  /// Sum over all multiply-accumulates of 1 / the device's peak rate of their
  /// precision.
  double computeSeconds = 0;
  /// Bytes of weights in device precision, each once; of a table that is only
  /// gathered from, just the rows. Inputs and outputs are not in it.
  uint64_t weightBytes = 0;
  /// Of the memory that the segments lie in.
  double peakBytesPerSecond = 0;
};

/// Result of compiling for a device.
struct DeviceProgram {
  /// The program in the device's binary encoding.
  std::vector<uint8_t> code;
  /// Constant segment first when there is one, then the inputs in order, the
  /// outputs in order, then others.
  std::vector<DeviceSegment> segments;
  std::vector<DeviceConstant> constants; // of segment 0, in order of offset
  DebugMap debug;
  std::vector<PlannedRegion> plan;
  LowerBound bound;
  /// As LoadedProgram::getResidents.
  std::vector<ResidentRange> residents;
  /// What the device's cost model expects of a run; 0: it does not say.
  double estimatedSeconds = 0;
};

} // namespace garam

#endif // GARAM_TARGET_DEVICEPROGRAM_H
