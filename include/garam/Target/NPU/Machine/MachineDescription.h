//===- MachineDescription.h - What a target file says of an NPU -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The parameters of the reference NPU. They are read from targets/*.yaml; no
// pass, cost model or simulator holds a figure of its own.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_MACHINEDESCRIPTION_H
#define GARAM_TARGET_NPU_MACHINE_MACHINEDESCRIPTION_H

#include "garam/Target/HostLink.h"
#include "garam/Target/NPU/Machine/ISA.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace garam::npu {

/// The MAC array of one unit for one pair of input types.
struct ArrayMode {
  ElementType type = ElementType::I8; // of both inputs (I8: also U8)
  uint32_t reduction = 1;             // inputs summed a cycle
  uint32_t outputs = 1;               // columns a cycle
  double energyPerMAC = 0;            // joule
};

/// Into how many parts units divide dimensions of a tensor command.
struct UnitShare {
  std::array<uint32_t, maxRowDims> rows = {1, 1, 1};
  uint32_t columns = 1;
  uint32_t reduction = 1; // of the innermost reduction dimension
};

/// Units that take each dimension of a command by itself: an array steps
/// through the innermost reduction dimension only, all others multiply.
struct UnitGrid {
  /// Rows that one unit takes at once, in the middle and the inner dimension.
  uint32_t blockHeight = 1, blockWidth = 1;
  /// Units keep what they read: a command reads each byte of an operand once.
  bool buffersOperands = false;
  bool addsResidual = true; // the epilogue can add a tensor
  /// The ways of dividing a command, each with its largest numbers of parts.
  std::vector<UnitShare> shares;
};

struct TensorEngineDescription {
  uint32_t units = 1;            // equal arrays that share a command
  std::vector<ArrayMode> modes;  // a type without a mode is not supported
  uint64_t accumulatorBytes = 0; // of all units of a core together, 32-bit sums
  uint32_t fillCycles = 0;       // once a command
  double commandSeconds = 0;     // fixed cost of a command
  std::optional<UnitGrid> grid;  // none: units take rows and reduction flat

  bool addsResidual() const { return !grid || grid->addsResidual; }
};

/// A vector engine whose operations are fixed: what it does to its operands is
/// free, taking them is not.
struct FixedFunctionDescription {
  uint32_t operandsPerCycle = 1;
  /// Reading and writing take the banks' time too; else the engine's ports are
  /// as fast as it is.
  bool usesBanks = true;
  /// It works only while the tensor engine of its core rests.
  bool excludesTensor = false;
};

struct VectorEngineDescription {
  uint32_t floatLanes = 1; // operations a cycle on f32 registers
  uint32_t intLanes = 1;   // operations a cycle on i32 registers
  /// False: a chip without float arithmetic; float micro-operations on it are
  /// an error, but those of requantisation (scale, round, clamp) are not.
  bool hasFloat = true;
  uint32_t functionCycles = 1; // of exp, log, tanh, ... a lane, else 1
  double commandSeconds = 0;
  double energyPerOp16 = 0, energyPerOp32 = 0; // joule a lane operation
  std::optional<FixedFunctionDescription> fixedFunction;

  bool excludesTensor() const {
    return fixedFunction && fixedFunction->excludesTensor;
  }
};

struct LocalMemoryDescription {
  uint64_t bytes = 0; // of one core
  uint32_t banks = 1;
  uint32_t readBytesPerCycle = 0;  // all banks of a core together
  uint32_t writeBytesPerCycle = 0; // all banks of a core together
  double energyPerByte = 0;
};

struct SharedMemoryDescription {
  uint64_t bytes = 0;                // 0: the chip has none
  uint32_t bytesPerCyclePerCore = 0; // of one core's port
  double energyPerByte = 0;
};

struct NetworkDescription {
  uint32_t bytesPerCyclePerCore = 0; // of one core's port, each direction
  bool multicast = false;
  double energyPerByte = 0;
};

struct DMADescription {
  uint32_t enginesPerCore = 1;
  uint32_t bytesPerCycle = 0; // of one engine
  double startSeconds = 0;    // fixed cost of a command
  uint32_t packetBytes = 0;   // at most, of one request
};

struct DRAMDescription {
  uint64_t bytes = 0;
  double bytesPerSecond = 0;          // peak of the chip
  double efficiency = 1.0;            // of peak, unit-stride streams
  uint32_t burstBytes = 64;           // least that is transferred
  double shortBurstEfficiency = 0.25; // of peak, single bursts at random
  double energyPerByte = 0;
  /// Fraction of a DRAM stream's rate that is lost while a contraction runs on
  /// the same core.
  double contractionSlowdown = 0;
};

struct SynchronisationDescription {
  double localSeconds = 0;  // signal to a queue of the same core
  double remoteSeconds = 0; // signal to a queue of another core
};

struct MachineDescription {
  std::string name;
  double clockHz = 0;
  uint32_t cores = 1;
  TensorEngineDescription tensor;
  VectorEngineDescription vector;
  LocalMemoryDescription local;
  SharedMemoryDescription shared;
  NetworkDescription network;
  DMADescription dma;
  DRAMDescription dram;
  SynchronisationDescription synchronisation;
  double idleWatts = 0;
  std::optional<HostLink> hostLink;

  /// The mode of the MAC array for `type`, or null.
  const ArrayMode *findMode(ElementType type) const;
  /// Peak multiply-accumulates a second of the chip with `type` inputs; 0 when
  /// the type is not supported.
  double getPeakMACsPerSecond(ElementType type) const;
};

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_MACHINEDESCRIPTION_H
