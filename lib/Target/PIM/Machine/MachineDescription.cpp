//===- MachineDescription.cpp - What an HBM-PIM device is -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <array>

namespace garam::pim {

//===----------------------------------------------------------------------===//
// Derived times, as DRAMSim2 derives them (Rosenfeld et al., "DRAMSim2: A
// Cycle Accurate Memory System Simulator", CAL 2011), with an additive latency
// of 0.
//===----------------------------------------------------------------------===//

uint32_t Timing::getReadToPrecharge() const {
  return getBurstCycles() + std::max(tRTPL, tCCDL) - tCCDL;
}

uint32_t Timing::getWriteToPrecharge() const {
  return writeLatency + getBurstCycles() + tWR;
}

uint32_t Timing::getReadToWrite() const {
  return readLatency + getBurstCycles() + tRTRS - writeLatency;
}

uint32_t Timing::getWriteToRead(bool sameBankGroup) const {
  return writeLatency + getBurstCycles() + (sameBankGroup ? tWTRL : tWTRS);
}

uint32_t Timing::getBurstToOtherRank() const {
  return getBurstCycles() + tRTRS;
}

uint32_t Timing::getWriteToOtherRankRead() const {
  uint32_t written = writeLatency + getBurstCycles() + tRTRS;
  return written > readLatency ? written - readLatency : 0;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

namespace {

llvm::Error fail(const MachineDescription &machine, const llvm::Twine &what) {
  return makeUserError(ExitCode::Config,
                       "machine '" + machine.name + "': " + what);
}

llvm::Error checkGeometry(const MachineDescription &machine) {
  const Geometry &g = machine.geometry;
  const std::pair<const char *, uint32_t> counts[] = {
      {"channels", g.channels},
      {"ranks", g.ranks},
      {"bank groups", g.bankGroups},
      {"banks of a group", g.banksPerGroup},
      {"rows", g.rows},
      {"columns", g.columns}};
  for (auto [name, count] : counts)
    if (!llvm::isPowerOf2_32(count))
      return fail(machine,
                  llvm::Twine("the number of ") + name +
                      " is a power of two, got: " + llvm::Twine(count));
  if (g.getBanks() % 2 != 0)
    return fail(machine, "a unit needs an even and an odd bank, got: " +
                             llvm::Twine(g.getBanks()) + " bank");
  return llvm::Error::success();
}

llvm::Error checkMapping(const MachineDescription &machine) {
  const Geometry &g = machine.geometry;
  const std::array<std::pair<const char *, uint32_t>, numAddressFields> fields =
      {{{"offset", bytesPerBurst},
        {"channel", g.channels},
        {"bank", g.banksPerGroup},
        {"bank group", g.bankGroups},
        {"column", g.columns},
        {"row", g.rows},
        {"rank", g.ranks}}};
  std::array<unsigned, numAddressFields> widths = {};
  unsigned addressBits = 0;
  for (const AddressSlice &slice : machine.mapping) {
    widths[static_cast<unsigned>(slice.field)] += slice.width;
    addressBits += slice.width;
  }
  for (auto [field, width] : llvm::zip_equal(fields, widths))
    if (width != llvm::Log2_32(field.second))
      return fail(machine, "mapping '" + machine.mappingName + "' has " +
                               llvm::Twine(width) + " bits of the " +
                               field.first + ", which needs " +
                               llvm::Twine(llvm::Log2_32(field.second)));
  constexpr unsigned maxAddressBits = 48;
  if (addressBits > maxAddressBits)
    return fail(machine, "an address has at most " +
                             llvm::Twine(maxAddressBits) +
                             " bits, got: " + llvm::Twine(addressBits));
  return llvm::Error::success();
}

llvm::Error checkRows(const MachineDescription &machine) {
  const ModeRows &rows = machine.rows;
  const std::pair<const char *, uint32_t> numbers[] = {
      {"enters all-bank mode", rows.enterAllBank},
      {"leaves all-bank mode", rows.leaveAllBank},
      {"parks banks", rows.park},
      {"holds registers", rows.registers}};
  for (auto [what, row] : numbers)
    if (row >= machine.geometry.rows || !(row & rows.noCellBit))
      return fail(machine, llvm::Twine("the row that ") + what + ", " +
                               llvm::Twine(row) +
                               ", does not exist or has cells");
  for (const std::vector<uint32_t> *banks :
       {&rows.enterBanks, &rows.leaveBanks}) {
    if (banks->empty())
      return fail(machine, "no bank changes the mode");
    for (uint32_t bank : *banks)
      if (bank >= machine.geometry.getBanks())
        return fail(machine, "bank " + llvm::Twine(bank) +
                                 ", which changes the mode, does not exist");
  }
  return llvm::Error::success();
}

/// No two registers share a column, and each has one.
llvm::Error checkRegisters(const MachineDescription &machine) {
  const RegisterMap &map = machine.registers;
  const std::pair<uint32_t, uint32_t> ranges[] = {
      {map.control, 1},
      {map.scalars, 1},
      {map.instructions, maxInstructions / instructionsPerBurst},
      {map.grfA, numRegisters},
      {map.grfB, numRegisters}};
  std::vector<bool> used(machine.geometry.columns);
  for (auto [first, count] : ranges)
    for (uint64_t column = first; column < uint64_t(first) + count; ++column) {
      if (column >= used.size() || used[column])
        return fail(machine, "column " + llvm::Twine(column) +
                                 " of the register row does not exist or "
                                 "holds two registers");
      used[column] = true;
    }
  const ControlBytes &bytes = machine.control;
  for (uint32_t byte : {bytes.execute, bytes.moveAllGRF, bytes.triggerMask,
                        bytes.zeroGRFA, bytes.zeroGRFB})
    if (byte >= bytesPerBurst)
      return fail(machine, "byte " + llvm::Twine(byte) +
                               " is not part of the control burst");
  return llvm::Error::success();
}

llvm::Error checkTimes(const MachineDescription &machine) {
  const Timing &t = machine.timing;
  if (!(t.clockHz >= 1.0))
    return fail(machine, "the clock is not at least 1 Hz");
  if (t.burstLength == 0 || t.tREFI == 0 || t.tCCDS == 0)
    return fail(machine, "the burst length, tREFI or tCCDS is 0");
  if (t.tREFI / machine.geometry.ranks <= t.tRFC)
    return fail(machine, "tREFI leaves no time between refreshes");
  if (t.writeLatency > t.readLatency)
    return fail(machine, "the write latency is above the read latency");
  if (machine.controller.commandQueueDepth < 2 ||
      machine.controller.transactionQueueDepth < 1 ||
      machine.controller.maxRowAccesses < 1)
    return fail(machine, "a queue of the controller has no room");
  return llvm::Error::success();
}

} // namespace

llvm::Error check(const MachineDescription &machine) {
  for (auto *part :
       {checkGeometry, checkMapping, checkRows, checkRegisters, checkTimes})
    if (llvm::Error error = part(machine))
      return error;
  return llvm::Error::success();
}

} // namespace garam::pim
