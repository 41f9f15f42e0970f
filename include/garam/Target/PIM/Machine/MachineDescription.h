//===- MachineDescription.h - What an HBM-PIM device is ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Geometry, timing, register map and mode-change rows of a device. They differ
// between the published simulator and silicon, so that the simulator and the
// compiler hold no such figure of their own.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_MACHINEDESCRIPTION_H
#define GARAM_TARGET_PIM_MACHINE_MACHINEDESCRIPTION_H

#include "garam/Target/HostLink.h"
#include "garam/Target/PIM/Machine/ISA.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>

namespace garam::pim {

/// All counts are powers of two.
struct Geometry {
  uint32_t channels = 0; // pseudo-channels, each with its own controller
  uint32_t ranks = 0;    // of a channel
  uint32_t bankGroups = 0, banksPerGroup = 0;
  uint32_t rows = 0;    // of a bank
  uint32_t columns = 0; // bursts of a row

  uint32_t getBanks() const { return bankGroups * banksPerGroup; }
  /// A unit sits between an even bank and the odd one after it.
  uint32_t getUnits() const { return getBanks() / 2; }
  uint64_t getBytes() const {
    return uint64_t(channels) * ranks * getBanks() * rows * columns *
           bytesPerBurst;
  }
};

/// In cycles of the command clock, with the names of JEDEC's HBM2 (JESD235).
struct Timing {
  double clockHz = 0;
  uint32_t readLatency = 0, writeLatency = 0;
  uint32_t burstLength = 0; // two transfers a cycle
  uint32_t tCCDS = 0, tCCDL = 0;
  uint32_t tRCDRD = 0, tRCDWR = 0;
  uint32_t tRAS = 0, tRC = 0, tRP = 0;
  uint32_t tRRDS = 0, tRRDL = 0;
  uint32_t tRTPL = 0;
  uint32_t tWR = 0;
  uint32_t tWTRS = 0, tWTRL = 0;
  uint32_t tRTRS = 0; // between bursts of two ranks
  uint32_t tREFI = 0, tRFC = 0;

  uint32_t getBurstCycles() const { return burstLength / 2; }
  uint32_t getReadToPrecharge() const;
  uint32_t getWriteToPrecharge() const;
  uint32_t getReadToWrite() const;
  uint32_t getWriteToRead(bool sameBankGroup) const;
  /// Between two reads, or two writes, of different ranks.
  uint32_t getBurstToOtherRank() const;
  /// From a write to a read of another rank.
  uint32_t getWriteToOtherRankRead() const;
};

struct Controller {
  /// Commands that wait for one rank; a transaction brings two.
  uint32_t commandQueueDepth = 0;
  /// Transactions from among which the next one is moved to a command queue.
  uint32_t transactionQueueDepth = 0;
  /// Column accesses after which an open row is closed.
  uint32_t maxRowAccesses = 0;
};

/// The bits of an address from the least significant one up.
enum class AddressField : uint8_t {
  Offset, // in a burst
  Channel,
  Bank, // in its group
  BankGroup,
  Column,
  Row,
  Rank,
};
constexpr unsigned numAddressFields = 7;

/// The next `width` bits of an address hold the next bits of `field`.
struct AddressSlice {
  AddressField field = AddressField::Offset;
  unsigned width = 0;
};

/// Rows and banks by which a host changes the mode and reaches registers.
struct ModeRows {
  uint32_t enterAllBank = 0; // activated in `enterBanks`: all-bank mode
  uint32_t leaveAllBank = 0; // precharged in `leaveBanks`: single-bank mode
  uint32_t modeColumn = 0;   // of the writes that open these rows
  uint32_t park = 0;         // an open row that holds nothing
  uint32_t registers = 0;
  std::vector<uint32_t> enterBanks, leaveBanks;
  /// Rows with this bit have no cells and do not trigger instructions.
  uint32_t noCellBit = 0;
  /// Bits of a row that instructions use as their operands' row.
  uint32_t operandRowMask = 0;
};

/// Columns of the register row.
struct RegisterMap {
  uint32_t control = 0;
  uint32_t scalars = 0;        // SRF_M and SRF_A
  uint32_t instructions = 0;   // first of maxInstructions/instructionsPerBurst
  uint32_t grfA = 0, grfB = 0; // first of numRegisters
};

/// Bytes of the burst that is written to the control column.
struct ControlBytes {
  uint32_t execute = 0;                // bit 0: HAB_PIM mode, else HAB
  uint32_t moveAllGRF = 0;             // bit 0: moves reach GRF_A and GRF_B
  uint32_t triggerMask = 0;            // the bits below
  uint32_t zeroGRFA = 0, zeroGRFB = 0; // not 0: clear
};
/// Bits of the byte at ControlBytes::triggerMask.
enum TriggerMask : uint8_t {
  evenBanksDoNotTrigger = 1,
  oddBanksDoNotTrigger = 2,
  rowsWithoutCellsTrigger = 4,
};

/// In joules.
struct Energy {
  double perInterfaceBit = 0; // between the host and the device, cells included
  double perBankBit = 0;      // between a bank and its unit
  double perLaneOperation = 0;
};

/// The processor that issues the transactions: what it does with the data.
struct Driver {
  double startSeconds = 0;         // of a command
  double conversionsPerSecond = 0; // elements to or from fp16
  double additionsPerSecond = 0;   // of the lanes of an output
  double energyPerOperation = 0;   // conversion or addition, in joules
};

struct MachineDescription {
  std::string name;
  Geometry geometry;
  Timing timing;
  Controller controller;
  std::string mappingName;
  std::vector<AddressSlice> mapping;
  ModeRows rows;
  RegisterMap registers;
  ControlBytes control;
  /// The units have a pipeline, whose hazards programs avoid.
  bool hasPipeline = false;
  Energy energy;
  Driver driver;
  double idleWatts = 0;
  std::optional<HostLink> hostLink;

  /// Rows of a bank that instructions can address.
  uint32_t getOperandRows() const;
};

/// "rows of rank 0": the resource (ResidentRange) that programs on a device
/// share out, rows of all banks of a rank.
std::string getRowsName(uint32_t rank);

struct Inconsistency {
  std::string field; // of a target file, to blame
  std::string message;
};
/// What is wrong first, if anything, with what `check` looks at.
std::optional<Inconsistency>
findInconsistency(const MachineDescription &machine);

/// Checks that `machine` is consistent: counts are powers of two and not zero,
/// the mapping covers the geometry, and rows, banks and columns exist.
llvm::Error check(const MachineDescription &machine);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_MACHINEDESCRIPTION_H
