//===- QueueClock.h - When queues and shared resources are free -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The part of the cost model that knows the chip: each core has in-order
// queues, and transfers share the DRAM and the ports of the cores. Commands are
// added in the order of their queues, with times known by Timing.h; there are
// no packets, events or programs here. All times are in seconds.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUEUECLOCK_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUEUECLOCK_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Machine/Timing.h"

#include <vector>

namespace garam::npu {

/// When a command ends, and on which queue (getQueue of CommandAccess.h).
struct Completion {
  double time = 0;
  unsigned queue = 0;
};

/// Transfers that share a resource: what one leaves free the next ones take.
class BandwidthLedger {
public:
  /// Occupies the resource for `seconds` in all, from `time` on wherever it is
  /// free. Returns when that is done.
  double reserve(double time, double seconds);
  /// When `reserve` would be done.
  double getEnd(double time, double seconds) const;

private:
  struct Interval {
    double begin, end;
  };
  /// The busy times [first, last) and the gaps between them become one.
  struct Reservation {
    size_t first, last;
    Interval whole;
  };
  Reservation find(double time, double seconds) const;

  /// A ledger remembers this many busy times. Older ones are forgotten: queues
  /// have long passed them.
  static constexpr size_t maxIntervals = 32;

  /// Busy times, in order, disjoint; with room for all, for ledgers are copied
  /// often.
  llvm::SmallVector<Interval, maxIntervals> busy;
};

/// One DMA command and the cores whose ports it passes.
struct Transfer {
  int64_t core = 0; // whose queue runs it
  TransferTime time;
  int64_t sender = -1; // core, or -1: not from a core's memory
  llvm::SmallVector<int64_t, 8> receivers;
  /// Whether it only waits for others of its kind and core, not for their
  /// other transfers: npu-prefetch-weights puts it between these.
  bool isAhead = false;
};

/// What the commands of a while do, added up.
struct QueueWork {
  uint64_t dramBytes = 0; // read and written, in whole bursts
  double joules = 0;      // dynamic energy
};

class QueueClock {
public:
  explicit QueueClock(const MachineDescription &machine);

  /// When `queue` learns that `completion` is there.
  double getArrival(const Completion &completion, unsigned queue) const;

  /// A command of the tensor or vector engine whose operands are there at
  /// `ready`.
  Completion runEngine(int64_t core, EngineKind engine, double ready,
                       double seconds, double joules = 0);
  Completion runTransfer(const Transfer &transfer, double ready);
  /// What it costs that one more core receives `transfer`, which comes from
  /// DRAM or shared memory to one core, in joules.
  double getReceiverJoules(const Transfer &transfer) const;
  /// Counts work that takes no time of a queue.
  void addJoules(double joules) { work.joules += joules; }
  /// When runTransfer would be done.
  double getEnd(const Transfer &transfer, double ready) const;
  /// When a transfer that waits for nothing but its engine ends at least,
  /// whatever else uses the DRAM and the ports.
  double getLeastEnd(const Transfer &transfer) const;

  /// Lets the queues that were busy after `since` go on for `seconds` with what
  /// they did then. `repeated` is the work of it.
  void delay(double since, double seconds, const QueueWork &repeated = {});

  /// When `queue` is done with all commands so far.
  double getFree(unsigned queue) const { return free[queue]; }
  /// When the last command ends.
  double getEnd() const;
  /// When the last command of the queues of `numCores` cores from `first` on
  /// ends.
  double getEnd(int64_t first, int64_t numCores) const;
  /// What all commands so far do.
  const QueueWork &getWork() const { return work; }

private:
  /// When a transfer would begin to stream.
  double getStreamBegin(const Transfer &transfer, double ready) const;
  /// When a transfer ends that streams from `begin` on. `getEnd` is called with
  /// the ledger of each resource that it shares with others and the seconds
  /// that it takes of it, and says when it has had these.
  template <typename Clock, typename GetEnd>
  static double getStreamEnd(Clock &clock, const Transfer &transfer,
                             double begin, GetEnd getEnd);
  /// Time of DRAM that a transfer takes from `begin` on, with what the core's
  /// contraction costs it.
  double getDRAMSeconds(const Transfer &transfer, double begin) const;

  const MachineDescription *machine;
  std::vector<double> free;      // a queue
  std::vector<double> freeAhead; // a core: for transfers that are ahead
  QueueWork work;
  BandwidthLedger dram;
  std::vector<BandwidthLedger> sendPorts, receivePorts; // a core
  /// The contraction that each core ran last.
  struct Contraction {
    double begin = 0, end = 0;
  };
  std::vector<Contraction> contractions;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUEUECLOCK_H
