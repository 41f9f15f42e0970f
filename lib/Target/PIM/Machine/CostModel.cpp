//===- CostModel.cpp - Expected times of kernels --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// Sums over what a channel does in a kernel, each with the interval that
// bounds it. Refreshes stretch all of it.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Tiling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace garam::pim {

namespace {

/// Cycles of the steps that kernels are made of.
class StepCycles {
public:
  explicit StepCycles(const MachineDescription &machine)
      : g(machine.geometry), t(machine.timing) {}

  /// Closing a row and opening another one.
  double changeRow() const { return t.tRP + t.tRCDRD; }
  /// From writes to reads and back.
  double turnAround() const {
    return t.getWriteToRead(/*sameBankGroup=*/true) + t.getReadToWrite();
  }
  /// Parking all banks before and after, and four rows of modes and registers.
  double changeModes() const {
    return 2.0 * g.getBanks() * t.tRRDL + 4.0 * t.tRC + t.getReadToWrite() +
           t.getWriteToRead(/*sameBankGroup=*/false);
  }
  double accessColumns(double count) const { return count * t.tCCDL; }
  /// A step in execution mode: two writes of control and the sums' row.
  double changeTurn() const { return 2.0 * changeRow() + 27; }
  /// Bursts over the interface, in single-bank mode: two bank groups take
  /// turns, and rows are opened meanwhile.
  double transfer(double bursts) const {
    return bursts == 0 ? 0 : bursts * t.tCCDL + t.tRC + t.readLatency;
  }
  double stretchByRefresh(double cycles) const {
    return cycles * (1.0 + double(t.tRFC) / t.tREFI);
  }

private:
  const Geometry &g;
  const Timing &t;
};

double getDriverSeconds(const Driver &driver, double conversions,
                        double additions) {
  return driver.startSeconds + conversions / driver.conversionsPerSecond +
         additions / driver.additionsPerSecond;
}

} // namespace

double estimateSeconds(const MachineDescription &machine,
                       const GemvTiling &tiling) {
  StepCycles steps(machine);
  double perTile = steps.turnAround() + 1.5 * steps.changeRow();
  double slots = tiling.slots;
  double turn = tiling.getTiles() * perTile +
                steps.accessColumns(slots * (1 + numRegisters));
  double turns = tiling.getTurns();
  double kernel =
      steps.changeModes() + turns * turn + (turns - 1) * steps.changeTurn();
  // Of the channel that has most.
  double results = steps.transfer(
      std::min<double>(turns * tiling.getGroupOutputs(), tiling.outputs));
  double cycles = steps.stretchByRefresh(kernel + results);
  double parts = tiling.splits;
  return cycles / machine.timing.clockHz +
         getDriverSeconds(machine.driver, parts * slots * numLanes, 0) +
         getDriverSeconds(machine.driver, tiling.outputs,
                          tiling.outputs * parts * numLanes);
}

double estimateSeconds(const MachineDescription &machine,
                       const ElementwiseTiling &tiling, unsigned operands) {
  StepCycles steps(machine);
  // Both parities, each: operands and the result.
  double perTrip = 2.0 * ((operands + 1) * (steps.accessColumns(numRegisters) +
                                            steps.changeRow() / 2) +
                          steps.turnAround());
  double kernel = steps.changeModes() + tiling.trips * perTrip;
  double bursts = llvm::divideCeil(tiling.bursts, machine.geometry.channels);
  double cycles =
      steps.stretchByRefresh(kernel + (operands + 1) * steps.transfer(bursts));
  return cycles / machine.timing.clockHz +
         (operands + 1) * getDriverSeconds(machine.driver, tiling.elements, 0);
}

} // namespace garam::pim
