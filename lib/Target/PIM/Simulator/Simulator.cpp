//===- Simulator.cpp - Executes streams of transactions -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemorySystem.h"

#include "llvm/ADT/STLExtras.h"

namespace garam::pim {

llvm::StringRef getName(CommandKind kind) {
  constexpr llvm::StringLiteral names[numCommandKinds] = {"ACT", "RD",   "WR",
                                                          "PRE", "PREA", "REF"};
  return names[static_cast<unsigned>(kind)];
}

namespace {

/// What a channel has still to do in a phase.
using ChannelQueue = std::deque<ChannelTransaction>;

/// Gives the phases of a stream to the channels, one after the other.
class StreamPlayer : public sim::Component {
public:
  StreamPlayer(sim::Kernel &kernel, const TransactionStream &stream,
               const MachineDescription &machine,
               const SimulationOptions &options);

  llvm::Error start() override { return beginPhase(); }
  llvm::Error handle(uint64_t) override { return llvm::Error::success(); }
  std::string describeBlocked() const override {
    return memory.describeBlocked();
  }

  SimulationResult takeResult();

private:
  llvm::Error beginPhase();
  llvm::Error endPhase();
  void takePhase();
  void add(const Transaction &transaction);

  sim::Kernel &kernel;
  const TransactionStream &stream;
  AddressMapping mapping;
  MemorySystem memory;
  std::vector<ChannelQueue> queues; // of the phase
  size_t next = 0;                  // transaction
  size_t nextResult = 0;            // in SimulationResult::results
  SimulationResult result;
};

StreamPlayer::StreamPlayer(sim::Kernel &kernel, const TransactionStream &stream,
                           const MachineDescription &machine,
                           const SimulationOptions &options)
    : kernel(kernel), stream(stream), mapping(machine),
      memory(machine, options), queues(machine.geometry.channels) {
  // Channels keep pointers to them.
  result.results.resize(
      llvm::count_if(stream.transactions, [](const Transaction &transaction) {
        return transaction.kind == TransactionKind::ResultRead;
      }));
}

void StreamPlayer::add(const Transaction &transaction) {
  if (transaction.kind == TransactionKind::Barrier) {
    // It pins what its channel has received last; before the phase's first
    // access there is nothing that has not drained.
    if (ChannelQueue &queue = queues[transaction.number]; !queue.empty())
      queue.back().isBarrier = true;
    return;
  }
  ChannelTransaction access;
  access.location = *mapping.getLocation(transaction.address);
  access.isWrite = transaction.kind == TransactionKind::Write;
  if (access.isWrite)
    access.data = stream.data[transaction.number].data();
  if (transaction.kind == TransactionKind::ResultRead)
    access.result = result.results[nextResult++].data();
  queues[access.location.channel].push_back(access);
}

/// The transactions up to the next phase, by channels.
void StreamPlayer::takePhase() {
  for (; next < stream.transactions.size(); ++next) {
    const Transaction &transaction = stream.transactions[next];
    if (transaction.kind == TransactionKind::Phase)
      return;
    add(transaction);
  }
}

llvm::Error StreamPlayer::beginPhase() {
  if (next == stream.transactions.size())
    return llvm::Error::success();
  const Transaction &first = stream.transactions[next];
  bool isNamed = first.kind == TransactionKind::Phase;
  result.phases.push_back({isNamed ? stream.phases[first.number] : "", 0});
  next += isNamed ? 1 : 0;
  takePhase();
  auto getSource = [this](uint32_t channel) -> TransactionSource {
    return [&queue = queues[channel]]() -> std::optional<ChannelTransaction> {
      if (queue.empty())
        return std::nullopt;
      ChannelTransaction transaction = queue.front();
      queue.pop_front();
      return transaction;
    };
  };
  return memory.beginPhase(kernel, getSource, [this] { return endPhase(); });
}

llvm::Error StreamPlayer::endPhase() {
  result.phases.back().cycles = memory.getPhaseCycles();
  return beginPhase();
}

SimulationResult StreamPlayer::takeResult() {
  result.cycles = memory.getCycles();
  result.latencyFs = memory.getTime(memory.getCycles());
  memory.addTo(result);
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
  if (llvm::Error error = kernel.run())
    return std::move(error);
  return player.takeResult();
}

} // namespace garam::pim
