//===- PhasePlayer.h - Phases of a program for the channels -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_PHASEPLAYER_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_PHASEPLAYER_H

#include "MemorySystem.h"
#include "garam/Target/PIM/ChannelWalk.h"
#include "garam/Target/PIM/Execution.h"

namespace garam::pim {

/// Gives the transactions of a program's phases to the channels, with their
/// data: what the program itself holds, what the constant segment has, and the
/// driver's buffer.
class PhasePlayer {
public:
  /// No data without `constants`. What the arguments refer to must live as long
  /// as the player.
  PhasePlayer(const Program &program, const MachineDescription &machine,
              llvm::ArrayRef<uint8_t> constants, bool timingOnly,
              StreamObserver onTransaction);

  /// Begins a phase of `memory` at the kernel's time now. `staging` is the
  /// driver's buffer, which a phase of the set-up does not use; it must live
  /// until the phase ends.
  llvm::Error begin(const Phase &phase, MemorySystem &memory,
                    llvm::MutableArrayRef<Burst> staging, sim::Kernel &kernel,
                    std::function<llvm::Error()> onEnd) const;

private:
  const uint8_t *getWrite(const AccessCommand &command, uint32_t number,
                          llvm::ArrayRef<Burst> staging) const;
  TransactionSource getSource(const Phase &phase, uint32_t channel,
                              llvm::MutableArrayRef<Burst> staging) const;
  Location locate(const ChannelAccess &access, uint32_t channel) const;
  void show(const Phase &phase, llvm::ArrayRef<Burst> staging) const;

  const Program &program;
  const MachineDescription &machine;
  llvm::ArrayRef<uint8_t> constants;
  bool timingOnly;
  StreamObserver onTransaction;
  std::vector<Burst> microKernels;
  AddressMapping mapping;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_PHASEPLAYER_H
