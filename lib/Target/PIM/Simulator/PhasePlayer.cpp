//===- PhasePlayer.cpp - Phases of a program for the channels -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PhasePlayer.h"

#include "garam/Target/PIM/Encoding.h"
#include "llvm/Support/Endian.h"

namespace garam::pim {

/// The register files that micro-kernels are, as bursts.
static std::vector<Burst> loadMicroKernels(const Program &program) {
  std::vector<Burst> bursts;
  for (const std::vector<Instruction> &kernel : program.microKernels) {
    std::vector<uint32_t> words = llvm::cantFail(encode(kernel)); // is checked
    words.resize(maxInstructions);
    for (uint32_t part = 0; part < burstsPerMicroKernel; ++part) {
      Burst burst;
      for (unsigned i = 0; i < instructionsPerBurst; ++i)
        llvm::support::endian::write32le(
            &burst[i * sizeof(uint32_t)],
            words[part * instructionsPerBurst + i]);
      bursts.push_back(burst);
    }
  }
  return bursts;
}

PhasePlayer::PhasePlayer(const Program &program,
                         const MachineDescription &machine,
                         llvm::ArrayRef<uint8_t> constants, bool timingOnly,
                         StreamObserver onTransaction)
    : program(program), machine(machine), constants(constants),
      timingOnly(timingOnly), onTransaction(std::move(onTransaction)),
      microKernels(loadMicroKernels(program)), mapping(machine) {}

Location PhasePlayer::locate(const ChannelAccess &access,
                             uint32_t channel) const {
  uint32_t columns = machine.geometry.columns;
  return {channel, access.command->rank, access.bank, access.place / columns,
          access.place % columns};
}

/// The burst that a write takes its data from; null for zeros.
const uint8_t *PhasePlayer::getWrite(const AccessCommand &command,
                                     uint32_t number,
                                     llvm::ArrayRef<Burst> staging) const {
  switch (command.source) {
  case DataSource::Literal:
    return program.literals[number].data();
  case DataSource::MicroKernel:
    return microKernels[number].data();
  case DataSource::Constant:
    return timingOnly ? nullptr
                      : constants.data() + uint64_t(number) * bytesPerBurst;
  case DataSource::Staging:
    return staging[number].data();
  }
  return nullptr;
}

TransactionSource
PhasePlayer::getSource(const Phase &phase, uint32_t channel,
                       llvm::MutableArrayRef<Burst> staging) const {
  return [this, channel, staging,
          walk = ChannelWalk(phase.commands, channel)]() mutable
             -> std::optional<ChannelTransaction> {
    std::optional<ChannelAccess> access = walk.next();
    if (!access)
      return std::nullopt;
    const AccessCommand &command = *access->command;
    ChannelTransaction transaction;
    transaction.location = locate(*access, channel);
    transaction.isBarrier = access->isBarrier;
    transaction.isWrite = command.kind == TransactionKind::Write;
    if (transaction.isWrite)
      transaction.data = getWrite(command, access->data, staging);
    else if (command.kind == TransactionKind::ResultRead && !timingOnly)
      transaction.result = staging[access->data].data();
    return transaction;
  };
}

/// Everything that a phase writes is known when it begins.
void PhasePlayer::show(const Phase &phase,
                       llvm::ArrayRef<Burst> staging) const {
  static constexpr Burst zeros = {};
  onTransaction({TransactionKind::Phase, 0, 0}, {}, phase.name);
  for (uint32_t channel = 0; channel < machine.geometry.channels; ++channel) {
    ChannelWalk walk(phase.commands, channel);
    while (std::optional<ChannelAccess> access = walk.next()) {
      const AccessCommand &command = *access->command;
      const uint8_t *data = nullptr;
      if (command.kind == TransactionKind::Write)
        data = getWrite(command, access->data, staging);
      onTransaction(
          {command.kind, 0, mapping.getAddress(locate(*access, channel))},
          llvm::ArrayRef(data ? data : zeros.data(), bytesPerBurst), "");
      if (access->isBarrier)
        onTransaction({TransactionKind::Barrier, channel, 0}, {}, "");
    }
  }
}

llvm::Error PhasePlayer::begin(const Phase &phase, MemorySystem &memory,
                               llvm::MutableArrayRef<Burst> staging,
                               sim::Kernel &kernel,
                               std::function<llvm::Error()> onEnd) const {
  if (onTransaction)
    show(phase, staging);
  return memory.beginPhase(
      kernel,
      [&](uint32_t channel) { return getSource(phase, channel, staging); },
      std::move(onEnd));
}

} // namespace garam::pim
