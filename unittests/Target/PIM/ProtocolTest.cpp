//===- ProtocolTest.cpp - Random streams against the rules of DRAM --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Random streams in single-bank mode: data against a plain memory, commands
// against an independent check of the timing table, which looks back from each
// command at those before it.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "garam/Target/PIM/Simulator.h"
#include "gtest/gtest.h"

#include <deque>
#include <map>
#include <random>

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

/// The commands of one channel.
class ProtocolCheck {
public:
  explicit ProtocolCheck(const MachineDescription &machine)
      : machine(machine), t(machine.timing) {}

  void add(const CommandEvent &event) {
    if (!events.empty())
      EXPECT_GT(event.cycle, events.back().cycle) << "one command a cycle";
    for (const CommandEvent &before : events) {
      uint64_t needed = getDistance(before, event);
      EXPECT_GE(event.cycle - before.cycle, needed)
          << getName(before.kind).str() << " bank " << before.location.bank
          << " at " << before.cycle << ", then " << getName(event.kind).str()
          << " bank " << event.location.bank;
    }
    updateRows(event);
    events.push_back(event);
    // Nothing looks further back than a refresh takes.
    while (event.cycle - events.front().cycle > t.tRFC)
      events.pop_front();
  }

private:
  using K = CommandKind;

  static bool isColumn(K kind) { return kind == K::Read || kind == K::Write; }
  static bool isRank(K kind) {
    return kind == K::PrechargeAll || kind == K::Refresh;
  }

  uint64_t getDistance(const CommandEvent &a, const CommandEvent &b) const {
    if (a.location.rank != b.location.rank)
      return getOtherRankDistance(a.kind, b.kind);
    uint32_t banks = machine.geometry.banksPerGroup;
    bool sameGroup = a.location.bank / banks == b.location.bank / banks;
    bool sameBank =
        a.location.bank == b.location.bank || isRank(a.kind) || isRank(b.kind);
    return std::max(sameBank ? getBankDistance(a.kind, b.kind) : 0,
                    getRankDistance(a.kind, b.kind, sameGroup));
  }

  uint32_t getBankDistance(K a, K b) const {
    bool closes = b == K::Precharge || b == K::PrechargeAll;
    if (a == K::Activate)
      return b == K::Read       ? t.tRCDRD
             : b == K::Write    ? t.tRCDWR
             : b == K::Activate ? t.tRC
             : closes           ? t.tRAS
                                : 0;
    if (a == K::Read && closes)
      return 3;
    if (a == K::Write && closes)
      return 26;
    bool isClosing = a == K::Precharge || a == K::PrechargeAll;
    if (isClosing && (b == K::Activate || b == K::Refresh))
      return t.tRP;
    return a == K::Refresh ? t.tRFC : 0;
  }

  uint32_t getRankDistance(K a, K b, bool sameGroup) const {
    if (a == K::Activate && b == K::Activate)
      return sameGroup ? t.tRRDL : t.tRRDS;
    if (!isColumn(a) || !isColumn(b))
      return 0;
    if (a == b)
      return sameGroup ? t.tCCDL : t.tCCDS;
    return a == K::Read ? 15 : sameGroup ? 19 : 14;
  }

  uint32_t getOtherRankDistance(K a, K b) const {
    if (!isColumn(a) || !isColumn(b))
      return 0;
    return a == b ? 3 : a == K::Read ? 15 : 0;
  }

  void updateRows(const CommandEvent &event) {
    const Location &l = event.location;
    auto &rows = openRows[l.rank];
    switch (event.kind) {
    case K::Activate:
      EXPECT_TRUE(rows.emplace(l.bank, l.row).second);
      break;
    case K::Read:
    case K::Write:
      EXPECT_TRUE(rows.count(l.bank) && rows[l.bank] == l.row);
      break;
    case K::Precharge:
      EXPECT_EQ(rows.erase(l.bank), 1u);
      break;
    case K::PrechargeAll:
      EXPECT_FALSE(rows.empty());
      rows.clear();
      break;
    case K::Refresh:
      EXPECT_TRUE(rows.empty());
      break;
    }
  }

  const MachineDescription &machine;
  const Timing &t;
  std::deque<CommandEvent> events;
  std::map<uint32_t, std::map<uint32_t, uint32_t>> openRows; // of ranks, banks
};

struct RandomStream {
  TransactionStream stream;
  std::vector<Burst> expected; // results, by a memory that does all in order
};

RandomStream makeStream(const MachineDescription &machine, std::mt19937 &random,
                        unsigned count) {
  const Geometry &g = machine.geometry;
  AddressMapping mapping(machine);
  RandomStream result;
  result.stream.header = makeHeader(machine);
  std::map<uint64_t, Burst> memory;
  bool isLocal = random() % 2; // many accesses of few rows, or few of many
  for (unsigned i = 0; i < count; ++i) {
    Location l = {unsigned(random() % g.channels), unsigned(random() % g.ranks),
                  unsigned(random() % (isLocal ? 3 : g.getBanks())),
                  unsigned(random() % (isLocal ? 2 : 4)),
                  unsigned(random() % 4)};
    uint64_t address = mapping.getAddress(l);
    Burst burst;
    burst.fill(static_cast<uint8_t>(random()));
    switch (random() % 16) {
    case 0:
      result.stream.barrier(l.channel);
      break;
    case 1:
      if (random() % 16 == 0)
        result.stream.beginPhase("next");
      break;
    case 2:
    case 3:
      result.stream.read(address);
      break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      result.stream.write(address, burst);
      memory[address] = burst;
      break;
    default:
      result.stream.readResult(address);
      result.expected.push_back(memory[address]);
      break;
    }
  }
  return result;
}

// Long enough for several refreshes.
TEST(PIMProtocol, RandomStreams) {
  std::mt19937 random(7);
  for (unsigned i = 0; i < 40; ++i) {
    SCOPED_TRACE(i);
    MachineDescription machine =
        describeMachine(/*channels=*/1 << random() % 2, 1 << random() % 2);
    RandomStream test = makeStream(machine, random, 2000);
    std::vector<ProtocolCheck> checks(machine.geometry.channels,
                                      ProtocolCheck(machine));
    SimulationOptions options;
    options.onCommand = [&](const CommandEvent &event) {
      checks[event.location.channel].add(event);
    };
    auto result = simulate(test.stream, machine, options);
    ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
    EXPECT_EQ(result->results, test.expected);
    EXPECT_GT(result->commands[unsigned(CommandKind::Refresh)], 0u);
    if (HasFailure())
      return;
  }
}

} // namespace
