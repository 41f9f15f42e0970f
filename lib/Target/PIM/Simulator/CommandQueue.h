//===- CommandQueue.h - Commands that wait for a rank -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_COMMANDQUEUE_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_COMMANDQUEUE_H

#include "RankTiming.h"
#include "garam/Target/PIM/TransactionStream.h"

#include <deque>

namespace garam::pim {

/// A transaction as a channel's controller sees it.
struct ChannelTransaction {
  Location location;
  bool isWrite = false;
  /// Nothing of the channel that comes later may be accessed before it.
  bool isBarrier = false;
  /// A burst: of a write, null for zeros; where a read's data goes, or null.
  const uint8_t *data = nullptr;
  uint8_t *result = nullptr;
};

/// What a controller may issue next for one rank. A transaction brings two
/// commands, an activation and a column access. The controller takes the first
/// that can be issued, so that it reorders; barriers bound that.
class CommandQueue {
public:
  explicit CommandQueue(uint32_t depth) : depth(depth) {}

  bool isEmpty() const { return entries.empty(); }
  /// Room for both commands of a transaction.
  bool hasRoom() const { return numCommands + 2 <= depth; }
  void push(const ChannelTransaction &transaction);

  struct Pick {
    size_t place = 0;
    bool isActivate = false;
  };
  std::optional<Pick> pick(const RankTiming &timing, Cycle now) const;
  /// Takes a picked command out. A column access takes an activation of its
  /// transaction along that was not needed.
  ChannelTransaction take(const Pick &pick);

  /// Whether an open row is needed by a command up to the first barrier.
  bool needsRow(uint32_t bank, uint32_t row) const;
  /// A row was closed before the access that it had been opened for: it has to
  /// be opened again.
  void restoreActivations(const RankTiming &timing);

private:
  struct Entry {
    ChannelTransaction transaction;
    bool needsActivation = true;
  };

  bool hasEarlierAccess(size_t place) const;

  uint32_t depth;
  size_t numCommands = 0;
  std::deque<Entry> entries;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_COMMANDQUEUE_H
