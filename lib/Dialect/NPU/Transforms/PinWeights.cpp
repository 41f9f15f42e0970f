//===- PinWeights.cpp - Weights that stay on the chip ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A knapsack, filled greedily: weights, in the order of the time that bringing
// them takes for each byte of memory that keeping them takes, stay in local
// memory as long as there is room beside what else a run needs there, and then
// in shared memory.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "Machine.h"
#include "MemoryProfile.h"
#include "PassOptions.h"
#include "Tuning.h"
#include "WeightLoads.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "llvm/ADT/MapVector.h"

#include <limits>
#include <map>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUPINWEIGHTS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Commands that touch a buffer, by their positions.
struct Lifetime {
  size_t begin = 0, end = 0; // behind the last
};

/// Buffers that loads fill with the same weights in the same cores: one of them
/// can stand for all.
struct Candidate {
  struct Copy {
    BufferOp buffer;
    SmallVector<DMACommandOp, 1> loads;
  };
  SmallVector<Copy, 1> copies;
  double seconds = 0; // that all loads take
  int64_t bytes = 0;  // that one buffer takes in all of its cores

  BufferOp getBuffer() const { return copies.front().buffer; }
  double getBenefit() const { return seconds / std::max<int64_t>(bytes, 1); }
};

/// What two loads have in common that bring the same to the same place of their
/// buffers: a source, sizes and descriptors.
using LoadKey = SmallVector<const void *, 8>;

class WeightPinner {
public:
  WeightPinner(func::FuncOp func, const MachineDescription &machine,
               double fill)
      : func(func), machine(machine), localCapacity(machine.local.bytes * fill),
        sharedCapacity(machine.shared.bytes * fill) {}

  void run() {
    findLifetimes();
    findCandidates();
    llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
      return a.getBenefit() > b.getBenefit();
    });
    for (Candidate &candidate : candidates)
      if (fitsLocal(candidate))
        pinLocal(candidate);
      else if (fitsShared(candidate))
        pinShared(candidate);
  }

private:
  //===--- What could stay -----------------------------------------------===//

  void findLifetimes() {
    size_t position = 0;
    for (Operation &op : func.front()) {
      if (!isCommand(&op))
        continue;
      for (const CommandAccess &access : getAccesses(&op)) {
        auto [it, isNew] = lifetimes.try_emplace(access.buffer);
        if (isNew)
          it->second.begin = position;
        it->second.end = position + 1;
        if (access.isWrite && !isWeightLoad(&op))
          computed.insert(access.buffer);
      }
      ++position;
    }
    numCommands = position;
    local.assign(machine.cores, MemoryProfile(numCommands));
    shared.assign(1, MemoryProfile(numCommands));
    for (const auto &[op, lifetime] : lifetimes)
      hold(cast<BufferOp>(op), lifetime, 1);
  }

  void findCandidates() {
    llvm::MapVector<Operation *, SmallVector<DMACommandOp, 1>> loadsOf;
    for (auto load : func.getOps<DMACommandOp>())
      if (isWeightLoad(load))
        loadsOf[load.getDestination().getDefiningOp()].push_back(load);
    std::map<LoadKey, size_t> known;
    for (auto &[op, loads] : loadsOf) {
      auto buffer = cast<BufferOp>(op);
      if (computed.contains(buffer) || !isAlwaysTheSame(buffer, loads))
        continue;
      auto [it, isNew] =
          known.try_emplace(getKey(buffer, loads), candidates.size());
      if (isNew)
        candidates.emplace_back();
      Candidate &candidate = candidates[it->second];
      candidate.bytes = buffer.getSize() * buffer.getCores()->size();
      for (DMACommandOp load : loads)
        candidate.seconds += getSeconds(load);
      candidate.copies.push_back({buffer, std::move(loads)});
    }
  }

  /// Whether loads bring the same whatever the launch parameters are, and not
  /// what a node of the model has as its value.
  static bool isAlwaysTheSame(BufferOp buffer, ArrayRef<DMACommandOp> loads) {
    return llvm::none_of(buffer->getUsers(), llvm::IsaPred<ValueOp>) &&
           llvm::none_of(loads, [](DMACommandOp load) {
             return llvm::any_of(
                 load.getDescriptors().getAsRange<DescriptorAttr>(),
                 [](DescriptorAttr walk) { return bool(walk.getTerm()); });
           });
  }

  static LoadKey getKey(BufferOp buffer, ArrayRef<DMACommandOp> loads) {
    LoadKey key = {buffer.getCoresAttr().getAsOpaquePointer(),
                   buffer.getSizeAttr().getAsOpaquePointer()};
    for (DMACommandOp load : loads)
      key.append({load.getSource().getAsOpaquePointer(),
                  load.getSizesAttr().getAsOpaquePointer(),
                  load.getElementBytesAttr().getAsOpaquePointer(),
                  load.getDescriptorsAttr().getAsOpaquePointer()});
    return key;
  }

  /// What a load costs the DRAM, which is what loads compete for.
  double getSeconds(DMACommandOp load) const {
    int64_t bytes = load.getElementBytes();
    for (int64_t size : load.getSizes())
      bytes *= size;
    return machine.dma.startSeconds + bytes / machine.dram.bytesPerSecond;
  }

  //===--- Room ----------------------------------------------------------===//

  MutableArrayRef<MemoryProfile> getProfiles(BufferOp buffer) {
    return buffer.getSpace() == SpaceKind::shared
               ? MutableArrayRef<MemoryProfile>(shared)
               : MutableArrayRef<MemoryProfile>(local);
  }

  /// Takes memory for `buffer`, or gives it back with a factor of -1.
  void hold(BufferOp buffer, Lifetime lifetime, int factor) {
    int64_t bytes = factor * static_cast<int64_t>(buffer.getSize());
    if (buffer.getSpace() == SpaceKind::shared)
      shared.front().add(lifetime.begin, lifetime.end, bytes);
    for (int64_t core : buffer.getCores().value_or(ArrayRef<int64_t>()))
      local[core].add(lifetime.begin, lifetime.end, bytes);
  }

  Lifetime getWhole() const { return {0, numCommands}; }

  /// Exchanges the lifetimes of a candidate's buffers for the whole program.
  void exchange(const Candidate &candidate, int factor) {
    for (const Candidate::Copy &copy : candidate.copies)
      hold(copy.buffer, lifetimes.find(copy.buffer)->second, -factor);
    hold(candidate.getBuffer(), getWhole(), factor);
  }

  /// Whether local memory has room for a candidate, which is taken then.
  bool fitsLocal(const Candidate &candidate) {
    exchange(candidate, 1);
    bool fits =
        llvm::all_of(*candidate.getBuffer().getCores(), [&](int64_t core) {
          return local[core].getPeak(0, numCommands) <= localCapacity;
        });
    if (!fits)
      exchange(candidate, -1);
    return fits;
  }

  /// Whether shared memory has room for what the loads of a candidate bring.
  bool fitsShared(const Candidate &candidate) {
    ArrayRef<DMACommandOp> loads = candidate.copies.front().loads;
    if (loads.size() != 1 || !isContiguous(loads.front()))
      return false;
    return shared.front().getPeak(0, numCommands) +
               static_cast<int64_t>(candidate.getBuffer().getSize()) <=
           sharedCapacity;
  }

  //===--- The set-up ----------------------------------------------------===//

  /// In front of all commands.
  SetupOp getSetup() {
    if (!setup) {
      OpBuilder builder(&*llvm::find_if(
          func.front(), [](Operation &op) { return isCommand(&op); }));
      setup = SetupOp::create(builder, func.getLoc());
      setup.getBody().emplaceBlock();
    }
    return setup;
  }

  void addToSetup(DMACommandOp load) {
    Block &block = getSetup().getBody().front();
    load->moveBefore(&block, block.end());
    for (Value buffer : load.getOperands())
      buffer.getDefiningOp()->moveBefore(setup);
  }

  /// The first copy is brought by the set-up, and stands for the others.
  void pinLocal(Candidate &candidate) {
    BufferOp buffer = candidate.getBuffer();
    buffer.setResident(true);
    for (DMACommandOp load : candidate.copies.front().loads)
      addToSetup(load);
    for (Candidate::Copy &copy : llvm::drop_begin(candidate.copies)) {
      for (DMACommandOp load : copy.loads)
        load.erase();
      copy.buffer.getResult().replaceAllUsesWith(buffer);
      copy.buffer.erase();
    }
  }

  /// All loads bring what shared memory has.
  void pinShared(Candidate &candidate) {
    DMACommandOp first = candidate.copies.front().loads.front();
    OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
    auto buffer = BufferOp::create(
        builder, first.getLoc(), BufferType::get(func.getContext()),
        SpaceKind::shared, first.getSizes()[0] * first.getElementBytes(),
        nullptr, nullptr, nullptr, nullptr, /*resident=*/true);
    hold(buffer, getWhole(), 1);
    addToSetup(stageWeightLoad(first, buffer));
    for (Candidate::Copy &copy : llvm::drop_begin(candidate.copies)) {
      DMACommandOp load = copy.loads.front();
      load.getSourceMutable().assign(buffer);
      load.setDescriptorsAttr(first.getDescriptorsAttr());
    }
  }

  func::FuncOp func;
  const MachineDescription &machine;
  int64_t localCapacity, sharedCapacity;
  size_t numCommands = 0;
  llvm::MapVector<Operation *, Lifetime> lifetimes;
  llvm::DenseSet<Operation *> computed; // buffers
  std::vector<MemoryProfile> local, shared;
  std::vector<Candidate> candidates;
  SetupOp setup;
};

struct PinWeights : impl::NPUPinWeightsBase<PinWeights> {
  using NPUPinWeightsBase::NPUPinWeightsBase;

  void runOnOperation() override {
    if (failed(checkFill(getOperation(), fill)))
      return signalPassFailure();
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkCommands(getOperation(), *machine)) ||
        failed(checkNotSynchronized(getOperation())) ||
        failed(checkNotPlanned(getOperation())) ||
        failed(pinWeights(getOperation(), *machine, fill)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult pinWeights(func::FuncOp func, const MachineDescription &machine,
                         double fill) {
  double best = 0, bestEnd = std::numeric_limits<double>::infinity();
  for (double fraction : tuning::pinnedFractions) {
    OwningOpRef<func::FuncOp> trial = func.clone();
    WeightPinner(*trial, machine, fill * fraction).run();
    FailureOr<double> end = prefetchWeights(*trial, machine, fill);
    if (failed(end))
      return failure();
    if (*end >= bestEnd * (1 - tuning::leastUnpinnedGain))
      continue;
    best = fraction;
    bestEnd = *end;
  }
  WeightPinner(func, machine, fill * best).run();
  return success();
}

uint64_t countResidentBytes(func::FuncOp commands) {
  llvm::DenseSet<BufferOp> sources;
  for (auto setup : commands.getOps<SetupOp>())
    for (auto load : setup.getBody().getOps<DMACommandOp>())
      sources.insert(load.getSource().getDefiningOp<BufferOp>());
  uint64_t bytes = 0;
  for (BufferOp source : sources)
    if (llvm::all_of(source->getUsers(), [](Operation *user) {
          return isa<SetupOp>(user->getParentOp());
        }))
      bytes += source.getSize();
  return bytes;
}

} // namespace garam::npu
