//===- QueueState.h - A queue of a simulated NPU ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_QUEUESTATE_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_QUEUESTATE_H

#include "PathTrace.h"
#include "garam/Simulation/BandwidthServer.h"
#include "garam/Target/NPU/Simulator.h"

namespace garam::npu {

/// How the critical path that leads to a point in time divides into categories;
/// sums to that time exactly. It is carried along instead of being traced back:
/// a queue's account grows with what the queue does, and where a queue was
/// waiting for a signal it continues with the account that came with it.
struct PathAccount {
  std::array<uint64_t, numTimeCategories> spent = {};
  PathTrace::Path path; // only when it is traced

  void charge(TimeCategory category, sim::Time duration) {
    spent[static_cast<unsigned>(category)] += duration;
  }
};

/// One resource that the packets of a transfer pass.
struct ResourceUse {
  sim::BandwidthServer *server = nullptr;
  TimeCategory category = TimeCategory::NetworkBandwidth;
  sim::Time total = 0;     // of all packets of the command
  sim::Time slowTotal = 0; // while a contraction runs on the same core
};

/// A DMA command whose packets are under way.
struct Transfer {
  llvm::SmallVector<ResourceUse, 8> resources;
  uint64_t numPackets = 0;
  uint64_t nextPacket = 0;
  sim::Time end = 0; // of the packets so far
};

/// A loop that a queue is in.
struct LoopState {
  uint32_t begin = 0; // number of the LoopBegin command
  uint32_t count = 0;
};

struct QueueState {
  enum class Status : uint8_t { Running, Waiting, Finished };

  Status status = Status::Running;
  uint32_t position = 0; // of the command to execute next, or the present one
  llvm::SmallVector<LoopState, maxLoopDepth> loops;
  std::array<uint32_t, maxLoopDepth> iterations = {0, 0, 0};
  std::vector<uint32_t> semaphores = std::vector<uint32_t>(maxSemaphores, 0);
  sim::Time commandStart = 0;
  uint64_t busyFs = 0;
  PathAccount account;
  Transfer transfer;
};

/// A signal on its way.
struct Message {
  uint32_t queue = 0; // that it goes to
  uint16_t semaphore = 0;
  uint32_t count = 0;
  PathAccount account; // of its sender, when it was sent
  sim::Time latency = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_QUEUESTATE_H
