//===- NPUDevice.h - State of a simulated NPU -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_NPUDEVICE_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_NPUDEVICE_H

#include "DataEngines.h"
#include "QueueState.h"
#include "garam/Target/NPU/Device.h"
#include "garam/Target/NPU/Machine/Timing.h"

namespace garam::npu {

/// Ports through which a core exchanges data; each direction has its own.
struct CorePorts {
  sim::BandwidthServer send, receive, shared, banks, engine;
};

/// What is known of a stored command before it runs: the same for each of its
/// executions.
struct PreparedCommand {
  EngineTime engine;
  TransferTime transfer;
  uint32_t matchingLoop = 0; // LoopBegin: its end. LoopEnd: its begin.
  uint32_t target = 0;       // Signal: the queue
};

class NPUDevice : public Device {
public:
  NPUDevice(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine, const RunMemory &segments,
            llvm::ArrayRef<uint32_t> parameters,
            const SimulationOptions &options, sim::BandwidthServer *dram);
  ~NPUDevice() override { kernel.remove(*this); }

  llvm::Error prepare();

  llvm::Error start() override;
  llvm::Error handle(uint64_t tag) override;
  std::string describeBlocked() const override;
  SimulationResult getResult() const override { return result; }
  std::vector<uint8_t> copy(const ResidentBytes &bytes) const override {
    return memory.copy(bytes);
  }

private:
  enum class EventKind : uint8_t { CommandEnds, Packet, SignalArrives };
  static constexpr unsigned kindShift = 32;

  void schedule(sim::Time delay, EventKind kind, uint32_t number) {
    kernel.schedule(delay, *this,
                    uint64_t(kind) << kindShift | uint64_t(number));
  }

  llvm::Error checkSegments() const;
  llvm::Error prepareResidents();
  llvm::Error prepareQueue(uint32_t queue);
  llvm::Error prepareCommand(uint32_t queue, uint32_t number);

  llvm::Error advance(uint32_t queue);
  void startEngine(uint32_t queue);
  void releaseCore(uint32_t queue);
  void startTransfer(uint32_t queue, const DMACommand &command,
                     const TransferTime &time);
  void sendPacket(uint32_t queue);
  llvm::Error endCommand(uint32_t queue);
  void send(uint32_t queue, const SignalCommand &signal);
  llvm::Error receive(uint32_t message);
  bool tryWait(uint32_t queue);
  void enterLoop(uint32_t queue, const LoopBeginCommand &loop);
  void leaveTurn(uint32_t queue);
  llvm::Error finish(uint32_t queue);
  void report(uint32_t queue, sim::Time start);
  void charge(uint32_t queue, TimeCategory category, sim::Time duration);
  void count(const PreparedCommand &prepared, const Command &command);
  llvm::Error executeData(uint32_t queue);
  llvm::Error locate(llvm::Error error, uint32_t queue, uint32_t command) const;
  std::string describe(uint32_t queue) const;

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  RunMemory segments;
  llvm::ArrayRef<uint32_t> parameters;
  const SimulationOptions &options;
  sim::Clock clock;
  sim::BandwidthServer ownDRAM;
  sim::BandwidthServer &dram;

  Memory memory;
  std::vector<Accumulators> accumulators; // a core
  std::vector<CorePorts> ports;           // a core
  std::vector<uint8_t> contracting;       // a core: its tensor engine is busy
  /// A core whose engines exclude each other: one of them is busy, and the
  /// queue of the other one waits for it.
  struct SharedCore {
    bool isBusy = false;
    std::optional<uint32_t> waiting;
  };
  std::vector<SharedCore> sharedCores; // a core
  std::vector<std::vector<PreparedCommand>> prepared;
  std::vector<QueueState> queues;
  size_t numFinished = 0; // queues
  sim::Time startTime = 0;
  std::vector<Message> messages;
  std::vector<uint32_t> freeMessages;
  /// Null when one thread is enough.
  std::unique_ptr<llvm::ThreadPoolInterface> pool;
  PathTrace trace;
  SimulationResult result;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_NPUDEVICE_H
