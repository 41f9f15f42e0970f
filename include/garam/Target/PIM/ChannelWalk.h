//===- ChannelWalk.h - Expands a phase for one channel ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_CHANNELWALK_H
#define GARAM_TARGET_PIM_CHANNELWALK_H

#include "garam/Target/PIM/Program.h"

namespace garam::pim {

/// One access of one channel.
struct ChannelAccess {
  const AccessCommand *command = nullptr;
  uint32_t bank = 0, place = 0, data = 0;
  /// A barrier of the channel follows.
  bool isBarrier = false;
};

/// The accesses of a channel in a phase of a program that passes its check, in
/// order, made one at a time: a phase can have millions of them.
class ChannelWalk {
public:
  ChannelWalk(llvm::ArrayRef<StreamCommand> commands, uint32_t channel)
      : commands(commands), channel(channel) {}

  /// Nothing after the last one.
  std::optional<ChannelAccess> next();

private:
  struct Repetition {
    size_t begin;  // of the command
    uint32_t turn; // from 0
  };

  std::optional<ChannelAccess> fetch();
  std::optional<ChannelAccess> walk(const AccessCommand &access);
  ChannelAccess locate(const AccessCommand &access) const;
  bool advance(const AccessCommand &access);
  void repeat();

  llvm::ArrayRef<StreamCommand> commands;
  uint32_t channel;
  size_t place = 0; // of the next command
  std::vector<Repetition> repetitions;
  std::vector<uint32_t> index; // in the walk of the command at `place`
  bool isWalking = false;
  bool passedBarrier = false;
  std::optional<ChannelAccess> held; // what comes next
  bool hasBegun = false;
};

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_CHANNELWALK_H
