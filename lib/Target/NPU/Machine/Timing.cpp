//===- Timing.cpp - How long a command takes by itself --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TimingSupport.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using llvm::ArrayRef;

namespace garam::npu {

/// Accumulators, biases and scales are 32 bits wide.
static constexpr uint64_t wordBytes = 4;

//===----------------------------------------------------------------------===//
// Contiguous runs
//===----------------------------------------------------------------------===//

/// Length in bytes of the contiguous runs that a walk with `strides` over
/// `sizes` consists of. Dimensions are tried from the last to the first, for
/// sequencers walk the last fastest. `skipped` (-1: none) is no part of a run.
static uint64_t getRunBytes(ArrayRef<uint32_t> sizes, ArrayRef<int64_t> strides,
                            uint64_t elementBytes, int skipped = -1) {
  uint64_t run = elementBytes;
  unsigned used = skipped >= 0 ? 1u << skipped : 0;
  for (bool grown = true; grown;) {
    grown = false;
    for (unsigned dim = sizes.size(); dim-- > 0;) {
      if (used & (1u << dim) || sizes[dim] == 1 ||
          strides[dim] != static_cast<int64_t>(run))
        continue;
      run = multiply(run, sizes[dim]);
      used |= 1u << dim;
      grown = true;
    }
  }
  return run;
}

/// Bytes that banks with words of `word` bytes move for `bytes` bytes in
/// contiguous runs of `run` bytes.
static uint64_t getWordBytes(uint64_t bytes, uint64_t run, uint64_t word) {
  return multiply(divideCeil(bytes, run),
                  multiply(divideCeil(run, word), word));
}

uint64_t getReadWord(const LocalMemoryDescription &local) {
  return std::max(1u, local.readBytesPerCycle / std::max(1u, local.banks));
}

uint64_t getWriteWord(const LocalMemoryDescription &local) {
  return std::max(1u, local.writeBytesPerCycle / std::max(1u, local.banks));
}

uint64_t getAlignment(const MachineDescription &machine) {
  return machine.dram.burstBytes;
}

uint64_t getOperandBytes(uint64_t count, const Descriptor &operand,
                         ArrayRef<uint32_t> sizes, uint64_t word) {
  uint64_t width = getByteWidth(operand.type);
  return getWordBytes(multiply(count, width),
                      getRunBytes(sizes, operand.strides, width), word);
}

namespace {
/// A regular pattern of equal blocks of contiguous bytes.
struct Pattern {
  uint64_t blockBytes;
  uint64_t blocks = 1;
  /// The blocks that were added last: so many, so far apart.
  uint64_t lastCount = 1, lastStride = 0;

  void repeat(uint64_t size, uint64_t stride);
};
} // namespace

/// Adds copies of the pattern, `stride` bytes apart. What they share with it or
/// with one another is counted once as long as blocks meet blocks.
void Pattern::repeat(uint64_t size, uint64_t stride) {
  if (lastStride == 0 && stride <= blockBytes) {
    blockBytes = add(blockBytes, multiply(size - 1, stride));
    return;
  }
  if (lastStride != 0 && stride % lastStride == 0 &&
      stride / lastStride < lastCount) {
    uint64_t more = multiply(size - 1, stride / lastStride);
    blocks = multiply(blocks / lastCount, add(lastCount, more));
    lastCount = add(lastCount, more);
    return;
  }
  blocks = multiply(blocks, size);
  lastCount = size;
  lastStride = stride;
}

uint64_t getFootprintBytes(const Descriptor &operand, ArrayRef<uint32_t> sizes,
                           uint64_t word) {
  llvm::SmallVector<std::pair<uint64_t, uint64_t>, maxDims> loops;
  for (auto [size, stride] : llvm::zip(sizes, operand.strides))
    if (size > 1 && stride != 0)
      loops.push_back({stride < 0 ? -uint64_t(stride) : stride, size});
  llvm::sort(loops);
  Pattern pattern = {getByteWidth(operand.type)};
  for (auto [stride, size] : loops)
    pattern.repeat(size, stride);
  return getWordBytes(multiply(pattern.blocks, pattern.blockBytes),
                      pattern.blockBytes, word);
}

//===----------------------------------------------------------------------===//
// Engines
//===----------------------------------------------------------------------===//

uint64_t EngineTime::getBusyCycles() const {
  return std::max({add(fillCycles, computeCycles), readCycles, writeCycles});
}

double EngineTime::getSeconds(double clockHz) const {
  return fixedSeconds + static_cast<double>(getBusyCycles()) / clockHz;
}

namespace {
/// Shape of a tensor command as the array sees it.
struct ArrayPasses {
  uint64_t rows, reduction;
  uint64_t columnsPerPass, columnPasses;
};
} // namespace

/// Cycles that the arrays of a grid compute: each dimension takes whole steps
/// of its own, the reduction dimensions outside the innermost single ones.
static uint64_t getGridCycles(const TensorCommand &command,
                              const ArrayMode &mode, const UnitGrid &grid) {
  std::array<uint32_t, maxRowDims> block = {1, grid.blockHeight,
                                            grid.blockWidth};
  uint64_t cycles = 1;
  for (unsigned dim = 0; dim < maxRowDims; ++dim)
    cycles = multiply(cycles,
                      divideCeil(command.rows[dim],
                                 multiply(block[dim], command.unitRows[dim])));
  ArrayRef<uint32_t> reduction(command.reduction);
  cycles = multiply(cycles, product(reduction.drop_back()));
  cycles = multiply(
      cycles, divideCeil(reduction.back(),
                         multiply(mode.reduction, command.unitReduction)));
  return multiply(
      cycles,
      divideCeil(command.columns, multiply(mode.outputs, command.unitColumns)));
}

uint64_t getComputeCycles(const TensorCommand &command,
                          const MachineDescription &machine) {
  const ArrayMode *mode = machine.findMode(command.activation.type);
  if (!mode)
    return 0;
  if (machine.tensor.grid)
    return getGridCycles(command, *mode, *machine.tensor.grid);
  uint64_t unitRows =
      uint64_t(command.unitRows[0]) * command.unitRows[1] * command.unitRows[2];
  return multiply(
      multiply(divideCeil(product(command.reduction), mode->reduction),
               divideCeil(command.columns,
                          multiply(mode->outputs, command.unitColumns))),
      divideCeil(product(command.rows), unitRows));
}

static ArrayPasses getArrayPasses(const TensorCommand &command,
                                  const ArrayMode &mode) {
  ArrayPasses passes;
  passes.rows = product(command.rows);
  passes.reduction = product(command.reduction);
  passes.columnsPerPass = multiply(mode.outputs, command.unitColumns);
  passes.columnPasses = divideCeil(command.columns, passes.columnsPerPass);
  return passes;
}

EngineTime getTime(const TensorCommand &command,
                   const MachineDescription &machine) {
  EngineTime time;
  time.fixedSeconds = machine.tensor.commandSeconds;
  const ArrayMode *mode = machine.findMode(command.activation.type);
  if (!mode)
    return time;
  ArrayPasses passes = getArrayPasses(command, *mode);
  time.fillCycles = machine.tensor.fillCycles;
  time.computeCycles = getComputeCycles(command, machine);
  time.macs =
      multiply(multiply(passes.rows, passes.reduction), command.columns);

  uint64_t readWord = getReadWord(machine.local);
  std::array<uint32_t, maxRowDims + maxReductionDims> activationSizes;
  llvm::copy(command.rows, activationSizes.begin());
  llvm::copy(command.reduction, activationSizes.begin() + maxRowDims);
  std::array<uint32_t, maxReductionDims + 1> weightSizes;
  llvm::copy(command.reduction, weightSizes.begin());
  weightSizes.back() = command.columns;
  std::array<uint32_t, maxRowDims + 1> outputSizes;
  llvm::copy(command.rows, outputSizes.begin());
  outputSizes.back() = command.columns;
  uint64_t outputs = multiply(passes.rows, command.columns);

  // The rows stream through the array once for every pass over the columns; the
  // weights of a pass stay in it. Units that need the same operand get it from
  // one read. Units with buffers keep the activations too.
  uint64_t read =
      machine.tensor.grid && machine.tensor.grid->buffersOperands
          ? getFootprintBytes(command.activation, activationSizes, readWord)
          : getOperandBytes(multiply(multiply(passes.rows, passes.reduction),
                                     passes.columnPasses),
                            command.activation, activationSizes, readWord);
  read = add(read, getOperandBytes(multiply(passes.reduction, command.columns),
                                   command.weight, weightSizes, readWord));
  uint64_t written = 0;
  if (command.store) {
    uint64_t vectorBytes = multiply(command.columns, wordBytes);
    if (command.hasBias)
      read = add(read, getWordBytes(vectorBytes, vectorBytes, readWord));
    if (command.hasScale)
      read = add(read, getWordBytes(vectorBytes, vectorBytes, readWord));
    if (command.hasResidual)
      read = add(read, getOperandBytes(outputs, command.residual, outputSizes,
                                       readWord));
    written = getOperandBytes(outputs, command.output, outputSizes,
                              getWriteWord(machine.local));
  }
  time.readCycles = divideCeil(read, machine.local.readBytesPerCycle);
  time.writeCycles =
      written == 0 ? 0 : divideCeil(written, machine.local.writeBytesPerCycle);
  time.localBytes = add(read, written);
  return time;
}

uint64_t getAccumulatorBytes(const TensorCommand &command,
                             const MachineDescription &machine) {
  const ArrayMode *mode = machine.findMode(command.activation.type);
  if (!mode)
    return 0;
  ArrayPasses passes = getArrayPasses(command, *mode);
  return multiply(multiply(passes.rows, wordBytes),
                  multiply(passes.columnPasses, passes.columnsPerPass));
}

//===----------------------------------------------------------------------===//
// DMA
//===----------------------------------------------------------------------===//

namespace {
/// One side of a transfer.
struct TransferSide {
  const Descriptor *operand = nullptr;
  uint64_t run = 1;
  bool isWrite = false;
  unsigned receivers = 1;
};
} // namespace

static TransferSide getSide(const DMACommand &command, bool isWrite) {
  TransferSide side;
  side.operand = isWrite ? &command.destination : &command.source;
  side.isWrite = isWrite;
  bool indirect = command.kind == DMAKind::Gather && !isWrite;
  side.run =
      getRunBytes(command.sizes, side.operand->strides, command.elementBytes,
                  indirect ? command.indirection.dimension : -1);
  if (isWrite && command.multicast)
    side.receivers = llvm::popcount(command.multicast);
  return side;
}

/// Adds what a side of the transfer occupies in DRAM.
static void addDRAM(TransferTime &time, const TransferSide &side,
                    const DRAMDescription &dram) {
  uint64_t burst = std::max(1u, dram.burstBytes);
  uint64_t bytes = getWordBytes(time.bytes, side.run, burst);
  double efficiency =
      side.run < burst ? dram.shortBurstEfficiency : dram.efficiency;
  time.dramSeconds +=
      static_cast<double>(bytes) / (dram.bytesPerSecond * efficiency);
  uint64_t &total = side.isWrite ? time.dramWriteBytes : time.dramReadBytes;
  total = add(total, bytes);
}

TransferTime getTime(const DMACommand &command,
                     const MachineDescription &machine) {
  TransferTime time;
  time.startSeconds = machine.dma.startSeconds;
  time.bytes = multiply(product(command.sizes), command.elementBytes);
  double cycle = 1.0 / machine.clockHz;

  llvm::SmallVector<TransferSide, 2> sides;
  if (command.kind != DMAKind::Fill)
    sides.push_back(getSide(command, /*isWrite=*/false));
  sides.push_back(getSide(command, /*isWrite=*/true));

  uint64_t shortestRun = sides.front().run;
  uint64_t localCycles = 0;
  for (const TransferSide &side : sides) {
    shortestRun = std::min(shortestRun, side.run);
    switch (side.operand->address.space) {
    case MemorySpace::Local: {
      uint64_t bytes = getWordBytes(time.bytes, side.run,
                                    side.isWrite ? getWriteWord(machine.local)
                                                 : getReadWord(machine.local));
      localCycles = std::max(
          localCycles,
          divideCeil(bytes, side.isWrite ? machine.local.writeBytesPerCycle
                                         : machine.local.readBytesPerCycle));
      time.localBytes = add(time.localBytes, multiply(bytes, side.receivers));
      break;
    }
    case MemorySpace::Shared:
      time.sharedBytes = add(time.sharedBytes, time.bytes);
      break;
    case MemorySpace::DRAM:
      addDRAM(time, side, machine.dram);
      break;
    }
  }
  time.localSeconds = static_cast<double>(localCycles) * cycle;

  uint64_t engineBytes =
      std::max<uint64_t>(1, uint64_t(machine.dma.bytesPerCycle) *
                                std::max(1u, machine.dma.enginesPerCore));
  // An engine requests at most one run a cycle.
  uint64_t engineCycles = multiply(divideCeil(time.bytes, shortestRun),
                                   divideCeil(shortestRun, engineBytes));
  time.engineSeconds = static_cast<double>(engineCycles) * cycle;

  const TransferSide &first = sides.front(), &last = sides.back();
  bool localSource = command.kind != DMAKind::Fill &&
                     first.operand->address.space == MemorySpace::Local;
  bool localDestination = last.operand->address.space == MemorySpace::Local;
  bool touchesShared = time.sharedBytes > 0;
  bool touchesDRAM = time.dramReadBytes > 0 || time.dramWriteBytes > 0;
  bool crossesCores =
      localSource && localDestination &&
      (command.multicast
           ? command.multicast != uint64_t(1)
                                      << (first.operand->address.index % 64)
           : first.operand->address.index != last.operand->address.index);
  // A port carries what enters or leaves the SRAM of its core over the network.
  bool usesNetwork = crossesCores || (touchesDRAM && !touchesShared &&
                                      (localSource || localDestination));
  if (usesNetwork && machine.network.bytesPerCyclePerCore) {
    time.networkSeconds =
        static_cast<double>(
            divideCeil(time.bytes, machine.network.bytesPerCyclePerCore)) *
        cycle;
    unsigned ports =
        (localSource ? 1 : 0) + (localDestination ? last.receivers : 0);
    time.networkBytes = multiply(time.bytes, ports);
  }
  if (touchesShared && machine.shared.bytesPerCyclePerCore)
    time.sharedSeconds =
        static_cast<double>(
            divideCeil(time.sharedBytes, machine.shared.bytesPerCyclePerCore)) *
        cycle;

  time.streamSeconds =
      std::max({time.engineSeconds, time.dramSeconds, time.networkSeconds,
                time.sharedSeconds, time.localSeconds});
  time.packets = std::max<uint64_t>(
      1, divideCeil(time.bytes, std::max(1u, machine.dma.packetBytes)));
  return time;
}

} // namespace garam::npu
