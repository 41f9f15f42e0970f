//===- ChannelWalk.cpp - Expands a phase for one channel ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/ChannelWalk.h"
#include "llvm/ADT/STLExtras.h"

#include <utility>

namespace garam::pim {

static bool contains(const ChannelRange &range, uint32_t channel) {
  return channel >= range.first && channel - range.first < range.count;
}

ChannelAccess ChannelWalk::locate(const AccessCommand &access) const {
  ChannelAccess located;
  located.command = &access;
  located.bank = access.bank;
  located.place = access.place;
  uint32_t group = (channel - access.channels.first) / access.channelGroup;
  located.data = access.data + group * access.channelData;
  for (auto [dim, i] : llvm::zip_equal(access.dims, index)) {
    located.bank += i * dim.bank;
    located.place += i * dim.place;
    located.data += i * dim.data;
  }
  for (auto [step, repetition] : llvm::zip_equal(access.repeats, repetitions)) {
    located.place += repetition.turn * step.place;
    located.data += repetition.turn * step.data;
  }
  return located;
}

/// To the next access of a walk; false behind the last one.
bool ChannelWalk::advance(const AccessCommand &access) {
  for (size_t dim = index.size(); dim-- > 0;) {
    if (++index[dim] < access.dims[dim].count)
      return true;
    index[dim] = 0;
  }
  return false;
}

/// The next access of a command that is not left out.
std::optional<ChannelAccess> ChannelWalk::walk(const AccessCommand &access) {
  if (!std::exchange(isWalking, true))
    index.assign(access.dims.size(), 0);
  while (isWalking) {
    ChannelAccess located = locate(access);
    isWalking = advance(access);
    if (located.data < access.dataEnd)
      return located;
  }
  return std::nullopt;
}

/// At the end of a repetition: goes back, or on.
void ChannelWalk::repeat() {
  Repetition &innermost = repetitions.back();
  const auto &begin = std::get<RepeatBegin>(commands[innermost.begin]);
  if (++innermost.turn < begin.count) {
    place = innermost.begin + 1;
    return;
  }
  repetitions.pop_back();
  ++place;
}

std::optional<ChannelAccess> ChannelWalk::fetch() {
  while (place < commands.size()) {
    const StreamCommand &command = commands[place];
    if (const auto *access = std::get_if<AccessCommand>(&command)) {
      std::optional<ChannelAccess> found;
      if (contains(access->channels, channel))
        found = walk(*access);
      if (!isWalking)
        ++place;
      if (found)
        return found;
    } else if (const auto *barrier = std::get_if<BarrierCommand>(&command)) {
      passedBarrier |= contains(barrier->channels, channel);
      ++place;
    } else if (std::holds_alternative<RepeatBegin>(command)) {
      repetitions.push_back({place++, 0});
    } else {
      repeat();
    }
  }
  return std::nullopt;
}

std::optional<ChannelAccess> ChannelWalk::next() {
  if (!std::exchange(hasBegun, true))
    held = fetch();
  std::optional<ChannelAccess> result = held;
  if (!result)
    return std::nullopt;
  // A barrier before the first access has nothing to hold back.
  passedBarrier = false;
  held = fetch();
  result->isBarrier = passedBarrier;
  return result;
}

} // namespace garam::pim
