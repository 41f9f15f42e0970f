//===- Simulator.cpp - Executes streams of transactions -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Channel.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace garam::pim {

llvm::StringRef getName(CommandKind kind) {
  constexpr llvm::StringLiteral names[numCommandKinds] = {"ACT", "RD",   "WR",
                                                          "PRE", "PREA", "REF"};
  return names[static_cast<unsigned>(kind)];
}

namespace {

/// Gives the phases of a stream to the channels, one after the other.
class StreamPlayer : public sim::Component {
public:
  StreamPlayer(sim::Kernel &kernel, const TransactionStream &stream,
               const MachineDescription &machine,
               const SimulationOptions &options);

  llvm::Error start() override { return beginPhase(); }
  llvm::Error handle(uint64_t) override { return endPhase(); }
  std::string describeBlocked() const override { return ""; }

  std::deque<Channel> &getChannels() { return channels; }
  SimulationResult takeResult();

private:
  using ChannelQueues = std::vector<std::deque<ChannelTransaction>>;

  llvm::Error beginPhase();
  llvm::Error endPhase();
  ChannelQueues takePhase();
  void add(ChannelQueues &queues, const Transaction &transaction);
  void drained(Cycle end);

  sim::Kernel &kernel;
  const TransactionStream &stream;
  AddressMapping mapping;
  sim::Clock clock;
  std::deque<Channel> channels;
  size_t next = 0;       // transaction
  size_t nextResult = 0; // in SimulationResult::results
  size_t numRunning = 0; // channels
  bool hasBegun = false; // some channel has been given a transaction
  Cycle phaseStart = 0, phaseEnd = 0;
  SimulationResult result;
};

StreamPlayer::StreamPlayer(sim::Kernel &kernel, const TransactionStream &stream,
                           const MachineDescription &machine,
                           const SimulationOptions &options)
    : kernel(kernel), stream(stream), mapping(machine),
      clock(machine.timing.clockHz) {
  for (uint32_t number = 0; number < machine.geometry.channels; ++number)
    channels.emplace_back(kernel, clock, machine, number, options);
  // Channels keep pointers to them.
  result.results.resize(
      llvm::count_if(stream.transactions, [](const Transaction &transaction) {
        return transaction.kind == TransactionKind::ResultRead;
      }));
}

void StreamPlayer::add(ChannelQueues &queues, const Transaction &transaction) {
  if (transaction.kind == TransactionKind::Barrier) {
    // It pins what its channel has received last; before the phase's first
    // access there is nothing that has not drained.
    if (auto &queue = queues[transaction.number]; !queue.empty())
      queue.back().isBarrier = true;
    return;
  }
  ChannelTransaction access;
  access.location = *mapping.getLocation(transaction.address);
  access.isWrite = transaction.kind == TransactionKind::Write;
  if (access.isWrite)
    access.data = &stream.data[transaction.number];
  if (transaction.kind == TransactionKind::ResultRead)
    access.result = &result.results[nextResult++];
  queues[access.location.channel].push_back(access);
}

/// The transactions up to the next phase, by channels.
StreamPlayer::ChannelQueues StreamPlayer::takePhase() {
  ChannelQueues queues(channels.size());
  for (; next < stream.transactions.size(); ++next) {
    const Transaction &transaction = stream.transactions[next];
    if (transaction.kind == TransactionKind::Phase)
      break;
    add(queues, transaction);
  }
  return queues;
}

llvm::Error StreamPlayer::beginPhase() {
  while (next < stream.transactions.size()) {
    const Transaction &first = stream.transactions[next];
    bool isNamed = first.kind == TransactionKind::Phase;
    result.phases.push_back({isNamed ? stream.phases[first.number] : "", 0});
    next += isNamed ? 1 : 0;
    ChannelQueues queues = takePhase();
    // Before the first access the clock stands still.
    bool queuesAreFilled = !hasBegun;
    numRunning = llvm::count_if(
        queues, [](const auto &queue) { return !queue.empty(); });
    if (numRunning == 0)
      continue;
    hasBegun = true;
    for (auto [channel, queue] : llvm::zip_equal(channels, queues)) {
      if (queue.empty())
        continue;
      if (llvm::Error error =
              channel.beginPhase(std::move(queue), phaseStart, queuesAreFilled,
                                 [this](Cycle end) { drained(end); }))
        return error;
    }
    return llvm::Error::success();
  }
  return llvm::Error::success();
}

void StreamPlayer::drained(Cycle end) {
  phaseEnd = std::max(phaseEnd, end);
  if (--numRunning == 0)
    kernel.schedule(clock.getTime(phaseEnd) - kernel.now(), *this, 0);
}

llvm::Error StreamPlayer::endPhase() {
  result.phases.back().cycles = phaseEnd - phaseStart;
  phaseStart = phaseEnd;
  return beginPhase();
}

SimulationResult StreamPlayer::takeResult() {
  result.cycles = phaseEnd;
  result.latencyFs = clock.getTime(phaseEnd);
  for (const Channel &channel : channels)
    channel.addTo(result);
  return std::move(result);
}

} // namespace

llvm::Expected<SimulationResult> simulate(const TransactionStream &stream,
                                          const MachineDescription &machine,
                                          const SimulationOptions &options) {
  if (llvm::Error error = check(machine))
    return std::move(error);
  if (llvm::Error error = check(stream, machine, "the stream"))
    return std::move(error);
  sim::Kernel kernel;
  StreamPlayer player(kernel, stream, machine, options);
  kernel.add(player);
  for (Channel &channel : player.getChannels())
    kernel.add(channel);
  if (llvm::Error error = kernel.run())
    return std::move(error);
  return player.takeResult();
}

} // namespace garam::pim
