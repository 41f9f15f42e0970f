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

uint32_t MachineDescription::getOperandRows() const {
  return std::min<uint64_t>(uint64_t(rows.operandRowMask) + 1, geometry.rows);
}

std::string getRowsName(uint32_t rank) {
  return "rows of rank " + std::to_string(rank);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

namespace {

std::string join(const llvm::Twine &what) { return what.str(); }

std::string checkGeometry(const MachineDescription &machine) {
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
      return join(llvm::Twine("the number of ") + name +
                  " is a power of two, got: " + llvm::Twine(count));
  if (g.getBanks() % 2 != 0)
    return join("a unit needs an even and an odd bank, got: " +
                llvm::Twine(g.getBanks()) + " bank");
  constexpr uint32_t neededColumns = 32;
  if (g.columns != neededColumns)
    return join("the walk of MAC is of two rows of " +
                llvm::Twine(neededColumns) +
                " bursts, got: " + llvm::Twine(g.columns) + " columns");
  return "";
}

std::string checkMapping(const MachineDescription &machine) {
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
      return join("mapping '" + machine.mappingName + "' has " +
                  llvm::Twine(width) + " bits of the " + field.first +
                  ", which needs " + llvm::Twine(llvm::Log2_32(field.second)));
  constexpr unsigned maxAddressBits = 48;
  if (addressBits > maxAddressBits)
    return join("an address has at most " + llvm::Twine(maxAddressBits) +
                " bits, got: " + llvm::Twine(addressBits));
  return "";
}

std::string checkRows(const MachineDescription &machine) {
  const ModeRows &rows = machine.rows;
  const std::pair<const char *, uint32_t> numbers[] = {
      {"enters all-bank mode", rows.enterAllBank},
      {"leaves all-bank mode", rows.leaveAllBank},
      {"parks banks", rows.park},
      {"holds registers", rows.registers}};
  for (auto [what, row] : numbers)
    if (row >= machine.geometry.rows || !(row & rows.noCellBit))
      return join(llvm::Twine("the row that ") + what + ", " +
                  llvm::Twine(row) + ", does not exist or has cells");
  return "";
}

/// Operands are in the first rows of a bank, all of which have cells.
std::string checkOperandRows(const MachineDescription &machine) {
  const ModeRows &rows = machine.rows;
  if (!llvm::isMask_32(rows.operandRowMask))
    return join("instructions use the lowest bits of a row, got the mask " +
                llvm::Twine(rows.operandRowMask));
  uint64_t firstWithoutCells = rows.noCellBit & -rows.noCellBit;
  if (rows.noCellBit != 0 && firstWithoutCells < machine.getOperandRows())
    return join("instructions use the first " +
                llvm::Twine(machine.getOperandRows()) + " rows, but row " +
                llvm::Twine(firstWithoutCells) + " has no cells");
  return "";
}

std::string checkModeBanks(llvm::ArrayRef<uint32_t> banks,
                           const Geometry &geometry) {
  if (banks.empty())
    return join("no bank changes the mode");
  for (uint32_t bank : banks)
    if (bank >= geometry.getBanks())
      return join("bank " + llvm::Twine(bank) +
                  ", which changes the mode, does not exist; there are " +
                  llvm::Twine(geometry.getBanks()));
  return "";
}

std::string checkEnterBanks(const MachineDescription &machine) {
  return checkModeBanks(machine.rows.enterBanks, machine.geometry);
}

std::string checkLeaveBanks(const MachineDescription &machine) {
  return checkModeBanks(machine.rows.leaveBanks, machine.geometry);
}

/// No two registers share a column, and each has one.
std::string checkRegisters(const MachineDescription &machine) {
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
        return join("column " + llvm::Twine(column) +
                    " of the register row does not exist or "
                    "holds two registers");
      used[column] = true;
    }
  const ControlBytes &bytes = machine.control;
  for (uint32_t byte : {bytes.execute, bytes.moveAllGRF, bytes.triggerMask,
                        bytes.zeroGRFA, bytes.zeroGRFB})
    if (byte >= bytesPerBurst)
      return join("byte " + llvm::Twine(byte) +
                  " is not part of the control burst");
  return "";
}

std::string checkTimes(const MachineDescription &machine) {
  const Timing &t = machine.timing;
  if (!(t.clockHz >= 1.0))
    return join("the clock is not at least 1 Hz");
  if (t.burstLength == 0 || t.tREFI == 0 || t.tCCDS == 0)
    return join("the burst length, tREFI or tCCDS is 0");
  if (t.tREFI / machine.geometry.ranks <= t.tRFC)
    return join("tREFI leaves no time between refreshes");
  if (t.writeLatency > t.readLatency)
    return join("the write latency is above the read latency");
  if (machine.controller.commandQueueDepth < 2 ||
      machine.controller.transactionQueueDepth < 1 ||
      machine.controller.maxRowAccesses < 1)
    return join("a queue of the controller has no room");
  return "";
}

} // namespace

std::optional<Inconsistency>
findInconsistency(const MachineDescription &machine) {
  using Check = std::string (*)(const MachineDescription &);
  const std::pair<const char *, Check> parts[] = {
      {"geometry.channels", checkGeometry},
      {"geometry.channels", checkMapping},
      {"mode_rows.enter_all_bank", checkRows},
      {"mode_rows.operand_row_mask", checkOperandRows},
      {"mode_rows.enter_bank_mask", checkEnterBanks},
      {"mode_rows.leave_bank_mask", checkLeaveBanks},
      {"registers.control", checkRegisters},
      {"clock_hz", checkTimes}};
  for (auto [field, part] : parts)
    if (std::string message = part(machine); !message.empty())
      return Inconsistency{field, message};
  return std::nullopt;
}

llvm::Error check(const MachineDescription &machine) {
  std::optional<Inconsistency> found = findInconsistency(machine);
  if (!found)
    return llvm::Error::success();
  return makeUserError(ExitCode::Config,
                       "machine '" + machine.name + "': " + found->message);
}

} // namespace garam::pim
