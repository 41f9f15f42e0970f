//===- ProgramResidents.cpp - Rows that a program occupies ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Program.h"
#include "llvm/ADT/STLExtras.h"

namespace garam::pim {

namespace {

/// Adds up the rows of the accesses of phases.
class RowLister {
public:
  explicit RowLister(const MachineDescription &machine) : machine(machine) {}

  void add(const Phase &phase);
  std::vector<ResidentRange> take() {
    normalize(ranges);
    return std::move(ranges);
  }

private:
  void add(const AccessCommand &access, bool isSetup);
  bool isModeRow(uint64_t row) const;

  const MachineDescription &machine;
  std::vector<uint32_t> repeats; // counts of what is open
  std::vector<ResidentRange> ranges;
};

} // namespace

/// Accesses there change the mode, reach registers or do nothing.
bool RowLister::isModeRow(uint64_t row) const {
  const ModeRows &rows = machine.rows;
  return row == rows.enterAllBank || row == rows.leaveAllBank ||
         row == rows.park || row == rows.registers;
}

void RowLister::add(const AccessCommand &access, bool isSetup) {
  uint64_t first = access.place, last = first;
  for (const WalkDim &dim : access.dims)
    last += uint64_t(dim.count - 1) * dim.place;
  for (auto [count, step] : llvm::zip_equal(repeats, access.repeats))
    last += uint64_t(count - 1) * step.place;
  first /= machine.geometry.columns;
  last /= machine.geometry.columns;
  if (first == last && isModeRow(first))
    return;
  bool isOwn = isSetup && access.kind == TransactionKind::Write;
  ranges.push_back({getRowsName(access.rank), first, last + 1, !isOwn});
  // Instructions use some bits of a row only.
  if (last >= machine.getOperandRows())
    ranges.push_back(
        {getRowsName(access.rank), 0, machine.getOperandRows(), !isOwn});
}

void RowLister::add(const Phase &phase) {
  for (const StreamCommand &command : phase.commands) {
    if (const auto *access = std::get_if<AccessCommand>(&command))
      add(*access, phase.isSetup);
    else if (const auto *repeat = std::get_if<RepeatBegin>(&command))
      repeats.push_back(repeat->count);
    else if (std::holds_alternative<RepeatEnd>(command))
      repeats.pop_back();
  }
}

std::vector<ResidentRange> listResidents(const Program &program,
                                         const MachineDescription &machine) {
  RowLister lister(machine);
  for (const Step &step : program.steps)
    if (const auto *phase = std::get_if<Phase>(&step))
      lister.add(*phase);
  return lister.take();
}

} // namespace garam::pim
