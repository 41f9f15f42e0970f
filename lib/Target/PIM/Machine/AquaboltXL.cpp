//===- AquaboltXL.cpp - Figures of Aquabolt-XL ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Observed on the vendor's public simulator, commit b464dde, except where
// another source is named. docs/isa/pim.md has the same tables.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

static Timing describeTiming() {
  Timing t;
  t.clockHz = 1e9;
  t.readLatency = 20;
  t.writeLatency = 8;
  t.burstLength = 4;
  t.tCCDS = 2;
  t.tCCDL = 4;
  t.tRCDRD = 14;
  t.tRCDWR = 10;
  t.tRAS = 33;
  t.tRC = 47;
  t.tRP = 14;
  t.tRRDS = 4;
  t.tRRDL = 6;
  t.tRTPL = 5;
  t.tWR = 16;
  t.tWTRS = 4;
  t.tWTRL = 9;
  t.tRTRS = 1;
  t.tREFI = 3900;
  t.tRFC = 350;
  return t;
}

static ModeRows describeRows() {
  ModeRows rows;
  rows.enterAllBank = 0x17FF;
  rows.leaveAllBank = 0x1FFF;
  rows.modeColumn = 0x1F;
  rows.park = 0x1000;
  rows.registers = 0x3FFF;
  rows.enterBanks = {0, 1, 8, 9};
  rows.leaveBanks = {0, 1};
  rows.noCellBit = 0x1000;
  rows.operandRowMask = 0x0FFF;
  return rows;
}

static RegisterMap describeRegisters() {
  RegisterMap registers;
  registers.control = 0x00;
  registers.scalars = 0x01;
  registers.instructions = 0x04;
  registers.grfA = 0x08;
  registers.grfB = 0x18;
  return registers;
}

static ControlBytes describeControl() {
  ControlBytes control;
  control.execute = 0;
  control.moveAllGRF = 10;
  control.triggerMask = 16;
  control.zeroGRFA = 20;
  control.zeroGRFB = 21;
  return control;
}

MachineDescription describeAquaboltXL(uint32_t channels, uint32_t ranks) {
  MachineDescription machine;
  machine.name = "aquabolt-xl";
  machine.geometry = {channels,         ranks,
                      /*bankGroups=*/4, /*banksPerGroup=*/4,
                      /*rows=*/16384,   /*columns=*/32};
  machine.timing = describeTiming();
  machine.controller = {/*commandQueueDepth=*/64, /*transactionQueueDepth=*/64,
                        /*maxRowAccesses=*/65535};
  machine.mappingName = "scheme8";
  machine.mapping = {{AddressField::Offset, 5},
                     {AddressField::Channel, llvm::Log2_32_Ceil(channels)},
                     {AddressField::Bank, 2},
                     {AddressField::BankGroup, 2},
                     {AddressField::Column, 5},
                     {AddressField::Row, 14},
                     {AddressField::Rank, llvm::Log2_32_Ceil(ranks)}};
  machine.rows = describeRows();
  machine.registers = describeRegisters();
  machine.control = describeControl();
  return machine;
}

} // namespace garam::pim
