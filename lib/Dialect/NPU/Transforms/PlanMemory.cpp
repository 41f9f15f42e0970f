//===- PlanMemory.cpp - Addresses of buffers ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "PassOptions.h"
#include "Tuning.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/MemoryPlanning/MemoryPlanner.h"
#include "garam/Target/NPU/Machine/Timing.h"

#include <limits>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUPLANMEMORY
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Those that are tried in their order until the plan fits: as far as they are
/// more than is asked for, and that.
SmallVector<int64_t> getRestingTimes(int64_t least = 0) {
  SmallVector<int64_t> times;
  for (int64_t time : tuning::restingTimes)
    if (time > least)
      times.push_back(time);
  times.push_back(std::max<int64_t>(least, 0));
  return times;
}

/// Steps of the memory planner's search, a second at most, so that compiling
/// takes no longer: what does not fit then is placed or scheduled in another
/// way.
constexpr uint64_t maxPlannerSteps = 5000;

struct LiveBuffer {
  BufferOp op;
  int64_t begin = -1, end = -1; // first and last command that uses it
  int64_t size = 0;
  int64_t offset = -1;
};

/// Lifetimes of all buffers that some command uses, in order of creation.
/// Sizes are multiples of `alignment`.
std::vector<LiveBuffer> getLiveBuffers(func::FuncOp func, int64_t alignment) {
  std::vector<LiveBuffer> buffers;
  llvm::DenseMap<Operation *, size_t> numbers;
  int64_t position = 0;
  for (Operation &op : func.front()) {
    if (auto buffer = dyn_cast<BufferOp>(op)) {
      numbers[buffer] = buffers.size();
      buffers.push_back({buffer});
      buffers.back().size =
          llvm::alignTo(std::max<int64_t>(buffer.getSize(), 1), alignment);
      continue;
    }
    if (!isCommand(&op))
      continue;
    for (const CommandAccess &access : getAccesses(&op)) {
      LiveBuffer &buffer = buffers[numbers[access.buffer]];
      if (buffer.begin < 0)
        buffer.begin = position;
      buffer.end = position;
    }
    ++position;
  }
  for (LiveBuffer &buffer : buffers)
    if (buffer.op.getResident())
      std::tie(buffer.begin, buffer.end) = std::make_pair(0, position);
  return buffers;
}

/// The local memories in which a buffer lies, by their cores.
SmallVector<uint32_t, 1> getLocalMemories(BufferOp op) {
  SmallVector<uint32_t, 1> memories;
  if (op.getCores())
    memories.append(op.getCores()->begin(), op.getCores()->end());
  return memories;
}

/// Plans the buffers for which `getMemories` gives memories. Every memory (a
/// core's, for instance) is planned at once, for a buffer may lie in several.
/// The result is the peak, or nothing when they do not fit. Fails with an error
/// where the sizes do not even add up.
FailureOr<std::optional<int64_t>>
planSpace(func::FuncOp func, std::vector<LiveBuffer> &buffers,
          int64_t alignment, int64_t capacity,
          llvm::function_ref<SmallVector<uint32_t, 1>(BufferOp)> getMemories,
          ArrayRef<int64_t> restings) {
  std::vector<memory::Buffer> problem;
  std::vector<LiveBuffer *> planned;
  for (LiveBuffer &buffer : buffers) {
    SmallVector<uint32_t, 1> memories = getMemories(buffer.op);
    if (buffer.begin < 0 || memories.empty())
      continue;
    problem.push_back({buffer.begin, /*upper=*/0, buffer.size, alignment,
                       /*bankSize=*/0, std::move(memories)});
    planned.push_back(&buffer);
  }
  auto refuse = [&](llvm::Error error) -> LogicalResult {
    return emitAsRefusal(func.emitError("memory cannot be planned: ")
                         << llvm::toString(std::move(error)));
  };
  memory::PlannerOptions options;
  options.capacity = capacity;
  for (int64_t resting : restings) {
    for (auto [buffer, live] : llvm::zip_equal(problem, planned))
      buffer.upper = live->end + 1 + resting;
    if (llvm::Error error = memory::checkBuffers(problem))
      return refuse(std::move(error));
    // Where what lives at once does not fit, no plan does.
    if (memory::getMaxLoad(problem) > capacity)
      continue;
    // A search is for buffers that fit in no simpler way.
    options.maxSteps = resting == 0 ? maxPlannerSteps : 0;
    llvm::Expected<memory::MemoryPlan> plan =
        memory::planMemory(problem, options);
    if (!plan)
      return refuse(plan.takeError());
    if (plan->height > capacity)
      continue;
    for (auto [live, offset] : llvm::zip_equal(planned, plan->offsets))
      live->offset = offset;
    return std::optional<int64_t>(plan->height);
  }
  return std::optional<int64_t>();
}

/// Constants lie one after the other, never reused. The result is their size.
int64_t placeConstants(std::vector<LiveBuffer> &buffers) {
  int64_t offset = 0;
  for (LiveBuffer &buffer : buffers) {
    if (!buffer.op.getParts())
      continue;
    buffer.offset = offset;
    offset += buffer.size;
  }
  return offset;
}

SmallVector<SegmentOp> getSegments(func::FuncOp func) {
  return llvm::to_vector(func.getOps<SegmentOp>());
}

/// Plans the scratch segment in what `heldBytes` of other segments leave of the
/// DRAM, for all of them lie there side by side. The result is its size.
FailureOr<int64_t> planScratch(func::FuncOp func,
                               std::vector<LiveBuffer> &buffers,
                               ArrayRef<SegmentOp> segments, int64_t heldBytes,
                               const MachineDescription &machine) {
  auto getMemories = [&](BufferOp op) {
    SmallVector<uint32_t, 1> memories;
    if (op.getParts() || !op.getSegment())
      return memories;
    SegmentOp segment = segments[*op.getSegment()];
    if (segment.getRole() == RoleKind::scratch)
      memories.push_back(0);
    return memories;
  };
  int64_t capacity = machine.dram.bytes, alignment = getAlignment(machine);
  FailureOr<std::optional<int64_t>> peak =
      planSpace(func, buffers, alignment, capacity - heldBytes, getMemories,
                getRestingTimes());
  if (failed(peak))
    return failure();
  if (*peak && heldBytes <= capacity)
    return **peak;
  // What the tightest plan would take.
  peak =
      planSpace(func, buffers, alignment, std::numeric_limits<int64_t>::max(),
                getMemories, /*restings=*/{0});
  if (failed(peak))
    return failure();
  int64_t scratchBytes = peak->value_or(0);
  return emitAsRefusal(
      func.emitError("needs ")
      << heldBytes + scratchBytes << " bytes of DRAM (" << heldBytes
      << " for weights, inputs and outputs, " << scratchBytes
      << " for what lies between), but " << machine.name << " has " << capacity
      << ": run a smaller batch or shape, or quantise the weights");
}

} // namespace

FailureOr<MemoryUse> planMemory(func::FuncOp func,
                                const MachineDescription &machine,
                                int64_t leastResting) {
  MemoryUse use;
  if (func.isExternal())
    return use;
  SmallVector<SegmentOp> segments = getSegments(func);
  if (failed(checkCommands(func, machine)) ||
      failed(checkNotSynchronized(func)))
    return failure();
  int64_t alignment = getAlignment(machine);
  std::vector<LiveBuffer> buffers = getLiveBuffers(func, alignment);
  auto fail = [&](StringRef memory, int64_t capacity) -> LogicalResult {
    return emitAsRefusal(func.emitError("the buffers do not fit the ")
                         << memory << " of " << machine.name << ", which has "
                         << capacity << " bytes");
  };

  FailureOr<std::optional<int64_t>> peak =
      planSpace(func, buffers, alignment, machine.local.bytes, getLocalMemories,
                getRestingTimes(leastResting));
  if (failed(peak))
    return failure();
  if (!*peak)
    return fail("local memory", machine.local.bytes);
  use.localBytes = **peak;

  peak = planSpace(
      func, buffers, alignment, machine.shared.bytes,
      [](BufferOp op) {
        return op.getSpace() == SpaceKind::shared ? SmallVector<uint32_t, 1>{0}
                                                  : SmallVector<uint32_t, 1>();
      },
      getRestingTimes());
  if (failed(peak))
    return failure();
  if (!*peak)
    return fail("shared memory", machine.shared.bytes);
  use.sharedBytes = **peak;

  int64_t constantBytes = placeConstants(buffers);
  int64_t heldBytes = constantBytes;
  for (SegmentOp segment : segments)
    if (segment.getRole() != RoleKind::constant &&
        segment.getRole() != RoleKind::scratch)
      heldBytes += segment.getSize().value_or(0);
  FailureOr<int64_t> scratchBytes =
      planScratch(func, buffers, segments, heldBytes, machine);
  if (failed(scratchBytes))
    return failure();
  use.scratchBytes = *scratchBytes;

  for (LiveBuffer &buffer : buffers)
    buffer.op.setOffset(std::max<int64_t>(buffer.offset, 0));
  for (SegmentOp segment : segments) {
    if (segment.getRole() == RoleKind::constant)
      segment.setSize(constantBytes);
    if (segment.getRole() == RoleKind::scratch)
      segment.setSize(use.scratchBytes);
  }
  return use;
}

FailureOr<int64_t> getLeastLocalBytes(func::FuncOp func,
                                      const MachineDescription &machine,
                                      int64_t resting) {
  if (failed(checkCommands(func, machine)))
    return failure();
  std::vector<memory::Buffer> problem;
  for (const LiveBuffer &buffer : getLiveBuffers(func, getAlignment(machine))) {
    SmallVector<uint32_t, 1> memories = getLocalMemories(buffer.op);
    if (buffer.begin >= 0 && !memories.empty())
      problem.push_back({buffer.begin, buffer.end + 1 + resting, buffer.size,
                         /*alignment=*/1, /*bankSize=*/0, std::move(memories)});
  }
  if (llvm::Error error = memory::checkBuffers(problem)) {
    llvm::consumeError(std::move(error)); // npu-plan-memory tells it
    return std::numeric_limits<int64_t>::max();
  }
  return memory::getMaxLoad(problem);
}

namespace {
struct PlanMemory : impl::NPUPlanMemoryBase<PlanMemory> {
  using NPUPlanMemoryBase::NPUPlanMemoryBase;

  void runOnOperation() override {
    // No program has more commands.
    constexpr int64_t most = maxExecutedCommands;
    if (failed(
            checkOption<int64_t>(getOperation(), "resting", resting, 0, most)))
      return signalPassFailure();
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    FailureOr<MemoryUse> use = planMemory(getOperation(), *machine, resting);
    if (failed(use))
      return signalPassFailure();
    peakLocalBytes = use->localBytes;
  }
};
} // namespace

} // namespace garam::npu
