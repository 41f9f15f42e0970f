//===- CostModel.cpp - Expected costs of kernels --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the busiest channel does in a kernel, command after command, with the
// interval that separates each from the one before. Where commands of a channel
// overlap, only the path that is longest counts. Intervals and formulas are
// those of docs/isa/pim.md; but for refreshes, which come at times that depend
// on what ran before, a matrix-vector product takes these cycles exactly.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/CostModel.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace garam::pim {

namespace {

/// Column accesses that a walk over the registers takes: 8 reads for a burst of
/// inputs, 8 writes that store sums.
constexpr double walkLength = numRegisters;

/// Cycles of the steps that kernels are made of.
class StepCycles {
public:
  explicit StepCycles(const MachineDescription &machine)
      : machine(machine), g(machine.geometry), t(machine.timing) {}

  /// Accesses in all-bank mode, each to the bank group of the one before.
  double accessColumns(double count) const { return count * t.tCCDL; }

  // The time between two accesses beyond tCCDL. Without a change of the row:
  double readThenWrite() const { return beyond(t.getReadToWrite()); }
  double writeThenRead() const {
    return beyond(t.getWriteToRead(/*sameBankGroup=*/true));
  }
  // With one, of the same banks:
  double readThenReadRow() const {
    return beyond(t.getReadToPrecharge() + t.tRP + t.tRCDRD);
  }
  double readThenWriteRow() const {
    return beyond(t.getReadToPrecharge() + t.tRP + t.tRCDWR);
  }
  double writeThenReadRow() const {
    return beyond(t.getWriteToPrecharge() + t.tRP + t.tRCDRD);
  }
  double writeThenWriteRow() const {
    return beyond(t.getWriteToPrecharge() + t.tRP + t.tRCDWR);
  }

  /// Parking all banks before and after, and four rows of modes and registers.
  double changeModes() const {
    return 2.0 * g.getBanks() * t.tRRDL + 4.0 * t.tRC + t.getReadToWrite() +
           t.getWriteToRead(/*sameBankGroup=*/false);
  }

  // Transfers in single-bank mode, in which bank groups take turns.
  double readBursts(double bursts, bool inOneBankGroup) const {
    double fill = t.tRCDRD + t.readLatency + t.getBurstCycles() + t.tRRDS;
    double pace = inOneBankGroup ? t.tCCDL : t.tCCDS;
    return std::max<double>(bursts * pace + fill, t.tRC);
  }
  /// `rows`: that all banks go through, one after the other.
  double writeBursts(double bursts, double rows) const {
    double drain = t.tRCDWR + t.getWriteToPrecharge() + t.tRP;
    // The first and the last bank of a row do not hide the change.
    double hidden = (g.getBanks() - 2.0) * t.tCCDS;
    double change =
        std::max(0.0, t.getWriteToPrecharge() + t.tRP + t.tRCDWR - hidden);
    return bursts * t.tCCDS + drain + (rows - 1) * change;
  }

  /// Refreshes close the open row, which is opened again behind them. Writes in
  /// single-bank mode hold them back.
  double stretchByRefresh(double cycles) const {
    double lost = double(t.tRFC) + t.tRP + t.tRCDRD;
    return cycles / (1 - std::min(lost / t.tREFI, maxRefreshShare));
  }

private:
  /// A device that refreshes all the time does nothing else.
  static constexpr double maxRefreshShare = 0.9;

  double beyond(double cycles) const { return cycles - t.tCCDL; }

  const MachineDescription &machine;
  const Geometry &g;
  const Timing &t;
};

/// What the energy of a kernel comes from.
struct Work {
  double interfaceReads = 0, interfaceWrites = 0; // bursts
  double bankReads = 0, bankWrites = 0;           // bursts
  double laneOperations = 0;
  double driverOperations = 0;
};

/// What each channel sends around a kernel: all banks are read before and after
/// it, and the micro-kernel is written.
void addModes(Work &work, double channels, const Geometry &geometry) {
  work.interfaceReads += channels * 2.0 * geometry.getBanks();
  work.interfaceWrites += channels * burstsPerMicroKernel;
}

/// Entering and leaving execution.
constexpr double controlWrites = 2;

KernelCost getCost(const MachineDescription &machine, double seconds,
                   const Work &work) {
  constexpr double bitsPerBurst = 8.0 * bytesPerBurst;
  const Energy &energy = machine.energy;
  KernelCost cost;
  cost.seconds = seconds;
  cost.joules =
      (work.interfaceReads + work.interfaceWrites) * bitsPerBurst *
          energy.perInterfaceBit +
      (work.bankReads + work.bankWrites) * bitsPerBurst * energy.perBankBit +
      work.laneOperations * energy.perLaneOperation +
      work.driverOperations * machine.driver.energyPerOperation;
  cost.dramBytes =
      static_cast<uint64_t>((work.interfaceReads + work.interfaceWrites +
                             work.bankReads + work.bankWrites) *
                            bytesPerBurst);
  return cost;
}

double getDriverSeconds(const Driver &driver, double conversions,
                        double additions) {
  return driver.startSeconds + conversions / driver.conversionsPerSecond +
         additions / driver.additionsPerSecond;
}

//===----------------------------------------------------------------------===//
// Matrix-vector products
//===----------------------------------------------------------------------===//

/// A tile: its inputs are written to GRF_A, then read with its weights. Those
/// of odd banks share them with the row of the registers, which changes twice.
double getTileCycles(const StepCycles &steps, const GemvTiling &tiling,
                     const Geometry &geometry, uint64_t tile) {
  uint64_t slots = tiling.getTileSlots(tile);
  bool isOdd = tile % 2 != 0;
  double cycles = steps.accessColumns(slots * (1 + walkLength));
  cycles += isOdd ? steps.readThenWriteRow() + steps.writeThenReadRow()
                  : steps.readThenWrite() + steps.writeThenRead();
  if (slots * numRegisters > geometry.columns)
    cycles += steps.readThenReadRow();
  return cycles;
}

/// All that a turn of a channel takes between its first tile's inputs and the
/// sums in the banks.
double getTurnCycles(const StepCycles &steps, const GemvTiling &tiling,
                     const Geometry &geometry) {
  // All tiles of a parity but the last one are alike.
  uint64_t last = tiling.getTiles() - 1;
  double cycles = getTileCycles(steps, tiling, geometry, last);
  for (uint64_t parity : {0, 1}) {
    uint64_t whole = tiling.getTiles(parity) - (last % 2 == parity ? 1 : 0);
    if (whole != 0)
      cycles += whole * getTileCycles(steps, tiling, geometry, parity);
  }
  return cycles;
}

double getKernelCycles(const MachineDescription &machine,
                       const GemvTiling &tiling) {
  StepCycles steps(machine);
  double turns = tiling.getTurns();
  double turn = getTurnCycles(steps, tiling, machine.geometry);
  double store = steps.readThenWrite() + steps.accessColumns(walkLength);
  // The sums' row is in the banks of the registers: the next inputs follow this
  // write instead of a read. Control writes are in the other banks meanwhile.
  double nextTurn = store + steps.writeThenWriteRow() - steps.readThenWrite();
  // The inputs of the first tile come while its row is opened.
  double hidden =
      steps.accessColumns(tiling.getTileSlots(0)) + steps.readThenWrite();
  return steps.changeModes() + turns * turn - hidden + (turns - 1) * nextTurn +
         store;
}

Work getWork(const MachineDescription &machine, const GemvTiling &tiling) {
  double channels = tiling.getTurnChannels(0);
  double units = tiling.units;
  double channelTurns = tiling.groups * tiling.splits;
  double reads = channelTurns * tiling.slots * walkLength;
  double sums = double(tiling.outputs) * tiling.splits;
  Work work;
  addModes(work, channels, machine.geometry);
  work.interfaceReads += sums;
  work.interfaceWrites += channelTurns * (controlWrites + tiling.slots);
  work.bankReads = reads * units;
  work.bankWrites = channelTurns * walkLength * units;
  work.laneOperations = reads * units * numLanes;
  work.driverOperations = tiling.inputs + sums * numLanes + tiling.outputs;
  return work;
}

} // namespace

KernelCost estimateCost(const MachineDescription &machine,
                        const GemvTiling &tiling) {
  StepCycles steps(machine);
  // Of the channel that has most.
  double results = std::min<double>(
      double(tiling.getTurns()) * tiling.getGroupOutputs(), tiling.outputs);
  uint32_t unitsOfBankGroup = std::max(machine.geometry.banksPerGroup / 2, 1u);
  bool inOneBankGroup = results <= double(unitsOfBankGroup) * numRegisters;
  double cycles =
      steps.stretchByRefresh(getKernelCycles(machine, tiling) +
                             steps.readBursts(results, inOneBankGroup));
  double additions = double(tiling.outputs) * tiling.splits * numLanes;
  double seconds = cycles / machine.timing.clockHz +
                   getDriverSeconds(machine.driver, tiling.inputs, 0) +
                   getDriverSeconds(machine.driver, tiling.outputs, additions);
  return getCost(machine, seconds, getWork(machine, tiling));
}

//===----------------------------------------------------------------------===//
// Elementwise kernels
//===----------------------------------------------------------------------===//

KernelCost estimateCost(const MachineDescription &machine,
                        const ElementwiseTiling &tiling,
                        const ElementwiseOperands &operands) {
  StepCycles steps(machine);
  const Geometry &g = machine.geometry;
  double read = operands.computed + operands.constant;
  constexpr double parities = 2;
  // Operands and the result are rows of the same banks.
  double perTrip =
      parities * (steps.accessColumns((read + 1) * walkLength) +
                  (read - 1) * steps.readThenReadRow() +
                  steps.readThenWriteRow() + steps.writeThenRead());
  double kernel = steps.changeModes() + tiling.trips * perTrip;
  // Of a channel: in all banks, a row after the other.
  double bursts = llvm::divideCeil(tiling.bursts, g.channels);
  double rows = tiling.getRows(g);
  double inputs = operands.computed == 0
                      ? 0
                      : steps.writeBursts(operands.computed * bursts,
                                          operands.computed * rows);
  double results = steps.readBursts(
      std::max<double>(bursts, std::min<double>(bursts, g.getBanks()) *
                                   machine.timing.tRRDS / machine.timing.tCCDS),
      /*inOneBankGroup=*/false);
  double cycles = inputs + steps.stretchByRefresh(kernel + results);
  double conversions = operands.computed + 1.0; // with that of the result
  double seconds =
      cycles / machine.timing.clockHz +
      conversions * getDriverSeconds(machine.driver, tiling.elements, 0);

  Work work;
  double walks =
      parities * tiling.trips * walkLength * tiling.channels * g.getUnits();
  addModes(work, tiling.channels, g);
  work.interfaceReads += tiling.bursts;
  work.interfaceWrites += tiling.channels * controlWrites +
                          double(operands.computed) * tiling.bursts;
  work.bankReads = walks * read;
  work.bankWrites = walks;
  // The first operand is only moved.
  work.laneOperations = walks * (read - 1) * numLanes;
  work.driverOperations = conversions * tiling.elements;
  return getCost(machine, seconds, work);
}

} // namespace garam::pim
