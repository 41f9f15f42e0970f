//===- TransactionStream.cpp - What a host sends to PIM memory ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/TransactionStream.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace garam::pim {

void TransactionStream::write(uint64_t address, const Burst &burst) {
  transactions.push_back(
      {TransactionKind::Write, static_cast<uint32_t>(data.size()), address});
  data.push_back(burst);
}

void TransactionStream::read(uint64_t address) {
  transactions.push_back({TransactionKind::Read, 0, address});
}

void TransactionStream::readResult(uint64_t address) {
  transactions.push_back({TransactionKind::ResultRead, 0, address});
}

void TransactionStream::barrier(uint32_t channel) {
  transactions.push_back({TransactionKind::Barrier, channel, 0});
}

void TransactionStream::beginPhase(llvm::StringRef name) {
  transactions.push_back(
      {TransactionKind::Phase, static_cast<uint32_t>(phases.size()), 0});
  phases.push_back(name.str());
}

std::vector<std::pair<std::string, std::string>>
makeHeader(const MachineDescription &machine) {
  auto hex = [](uint32_t row) { return "0x" + llvm::utohexstr(row, true); };
  const ModeRows &rows = machine.rows;
  return {{"channels", std::to_string(machine.geometry.channels)},
          {"ranks", std::to_string(machine.geometry.ranks)},
          {"mapping", machine.mappingName},
          {"row-enter-all-bank", hex(rows.enterAllBank)},
          {"row-leave-all-bank", hex(rows.leaveAllBank)},
          {"row-park", hex(rows.park)},
          {"row-registers", hex(rows.registers)}};
}

static llvm::Error checkHeader(const TransactionStream &stream,
                               const MachineDescription &machine,
                               llvm::StringRef name) {
  for (const auto &[key, needed] : makeHeader(machine)) {
    auto found =
        llvm::find_if(stream.header, [&, &key = key](const auto &entry) {
          return entry.first == key;
        });
    if (found == stream.header.end())
      return makeUserError(ExitCode::Binary, name + ": the header has no '" +
                                                 key + "', which is " + needed +
                                                 " for '" + machine.name + "'");
    if (found->second != needed)
      return makeUserError(ExitCode::Binary, name + ": the header says '" +
                                                 key + "' is " + found->second +
                                                 ", but it is " + needed +
                                                 " for '" + machine.name + "'");
  }
  return llvm::Error::success();
}

llvm::Error check(const TransactionStream &stream,
                  const MachineDescription &machine, llvm::StringRef name) {
  if (llvm::Error error = checkHeader(stream, machine, name))
    return error;
  AddressMapping mapping(machine);
  for (auto [place, transaction] : llvm::enumerate(stream.transactions)) {
    auto fail = [&, place = place](const llvm::Twine &what) {
      return makeUserError(ExitCode::Binary,
                           name + ": transaction " + llvm::Twine(place) + what);
    };
    switch (transaction.kind) {
    case TransactionKind::Write:
      if (transaction.number >= stream.data.size())
        return fail(" writes data that is missing");
      [[fallthrough]];
    case TransactionKind::Read:
    case TransactionKind::ResultRead:
      if (!mapping.getLocation(transaction.address))
        return fail(" is at 0x" + llvm::utohexstr(transaction.address, true) +
                    ", which is no multiple of " + llvm::Twine(bytesPerBurst) +
                    " below 0x" +
                    llvm::utohexstr(machine.geometry.getBytes(), true));
      break;
    case TransactionKind::Barrier:
      if (transaction.number >= machine.geometry.channels)
        return fail(" is a barrier of channel " +
                    llvm::Twine(transaction.number) + ", but there are " +
                    llvm::Twine(machine.geometry.channels));
      break;
    case TransactionKind::Phase:
      if (transaction.number >= stream.phases.size())
        return fail(" begins a phase without a name");
      break;
    }
  }
  return llvm::Error::success();
}

} // namespace garam::pim
