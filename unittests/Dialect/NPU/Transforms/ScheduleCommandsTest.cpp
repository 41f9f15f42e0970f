//===- ScheduleCommandsTest.cpp - Orders of commands ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/InitAll.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/FormatVariadic.h"

#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

constexpr int64_t numCores = 3;
constexpr int64_t memoryBytes = 1 << 18; // of a core that programs use
constexpr int64_t granule = 1 << 10;
constexpr int numCommands = 120;

/// Writes programs of random commands, which bring, compute and send buffers
/// that take over addresses of each other.
class ProgramWriter {
public:
  explicit ProgramWriter(unsigned seed) : random(seed) {}

  std::string write() {
    for (int i = 0; i < numCommands; ++i)
      addCommand();
    return llvm::formatv(R"mlir(
      #bytes = #npu.descriptor<0 : u8 strides [1]>
      #floats = #npu.descriptor<0 : f32 strides [4]>
      func.func @random() {{
        npu.segment <input> "x" {{size = {0} : i64}
        npu.segment <scratch> "scratch" {{size = {1} : i64}
        %in = npu.buffer <dram> bytes {0} {{segment = 0 : i64, offset = 0 : i64}
        {2}
        %add = npu.micro_program {{
        ^bb0(%e: f32, %f: f32):
          %s = arith.addf %e, %f : f32
          npu.yield %s : f32
        }
        {3}
        return
      }
    )mlir",
                         memoryBytes, stored, buffers, commands)
        .str();
  }

private:
  struct Buffer {
    int number;
    int64_t core, begin, bytes;
  };

  int64_t choose(int64_t count) { return random() % count; }

  /// A buffer of a core that shares no address with `used`; those that it
  /// takes addresses from are dead.
  std::optional<Buffer> allocate(int64_t core, int64_t bytes,
                                 ArrayRef<Buffer> used) {
    int64_t begin = choose((memoryBytes - bytes) / granule + 1) * granule;
    auto meets = [&](const Buffer &other) {
      return other.core == core && other.begin < begin + bytes &&
             begin < other.begin + other.bytes;
    };
    if (llvm::any_of(used, meets))
      return std::nullopt;
    llvm::erase_if(live, meets);
    Buffer buffer{numBuffers++, core, begin, bytes};
    buffers += llvm::formatv("%b{0} = npu.buffer <local> bytes {1} {{cores = "
                             "array<i64: {2}>, offset = {3} : i64}\n",
                             buffer.number, bytes, core, begin)
                   .str();
    return buffer;
  }

  void addCommand() {
    int64_t kind = live.empty() ? 0 : choose(4);
    if (kind == 0)
      return load();
    Buffer source = live[choose(live.size())];
    if (kind == 1)
      return compute(source);
    if (kind == 2)
      return copy(source, choose(numCores));
    store(source);
  }

  void load() {
    int64_t bytes = (1 + choose(64)) * granule;
    std::optional<Buffer> target = allocate(choose(numCores), bytes, {});
    commands += llvm::formatv("npu.dma_command {0}, %in to %b{1} sizes [{2}] "
                              "bytes 1 with [#bytes, #bytes]\n",
                              target->core, target->number, bytes)
                    .str();
    live.push_back(*target);
  }

  void copy(const Buffer &source, int64_t core) {
    std::optional<Buffer> target = allocate(core, source.bytes, source);
    if (!target)
      return;
    commands +=
        llvm::formatv(
            "npu.dma_command {0}, %b{1} to %b{2} sizes [{3}] bytes 1 with "
            "[#bytes, #bytes] {{source_core = {4} : i64}\n",
            core, source.number, target->number, source.bytes, source.core)
            .str();
    live.push_back(*target);
  }

  void compute(const Buffer &a) {
    SmallVector<Buffer> others;
    llvm::copy_if(live, std::back_inserter(others), [&](const Buffer &other) {
      return other.core == a.core && other.bytes >= a.bytes;
    });
    Buffer b = others[choose(others.size())];
    std::optional<Buffer> target = allocate(a.core, a.bytes, {a, b});
    if (!target)
      return;
    commands +=
        llvm::formatv(
            "npu.vector_command {0}, %add (%b{1}, %b{2}) to %b{3} sizes [{4}] "
            "reductions 0 with [#floats, #floats, #floats]\n",
            a.core, a.number, b.number, target->number, a.bytes / 4)
            .str();
    live.push_back(*target);
  }

  void store(const Buffer &source) {
    int number = numBuffers++;
    buffers +=
        llvm::formatv("%b{0} = npu.buffer <dram> bytes {1} {{segment = 1 "
                      ": i64, offset = {2} : i64}\n",
                      number, source.bytes, stored)
            .str();
    stored += source.bytes;
    commands += llvm::formatv("npu.dma_command {0}, %b{1} to %b{2} sizes [{3}] "
                              "bytes 1 with [#bytes, #bytes]\n",
                              source.core, source.number, number, source.bytes)
                    .str();
  }

  std::mt19937 random;
  std::vector<Buffer> live;
  int numBuffers = 0;
  int64_t stored = 0;
  std::string buffers, commands;
};

std::vector<Operation *> listCommands(func::FuncOp func) {
  std::vector<Operation *> commands;
  for (Operation &op : func.front())
    if (isCommand(&op))
      commands.push_back(&op);
  return commands;
}

/// Whether the order of two accesses matters: of one buffer a write and
/// another access of its bytes, of two any accesses if they share addresses.
bool conflict(const CommandAccess &a, const CommandAccess &b) {
  if (a.buffer == b.buffer)
    return (a.isWrite || b.isWrite) && overlap(a.region, b.region);
  BufferOp first = a.buffer, second = b.buffer;
  if (first.getSpace() != second.getSpace() ||
      first.getCores() != second.getCores() ||
      first.getSegment() != second.getSegment())
    return false;
  return *first.getOffset() < *second.getOffset() + second.getSize() &&
         *second.getOffset() < *first.getOffset() + first.getSize();
}

bool conflict(Operation *a, Operation *b) {
  return llvm::any_of(getAccesses(a), [&](const CommandAccess &first) {
    return llvm::any_of(getAccesses(b), [&](const CommandAccess &second) {
      return conflict(first, second);
    });
  });
}

/// When the last command ends, with the waits of npu-synchronize.
double getEnd(func::FuncOp func, const MachineDescription &machine) {
  OwningOpRef<func::FuncOp> copy = func.clone();
  synchronize(*copy);
  FailureOr<CommandEnds> ends = estimateCommands(*copy, machine);
  EXPECT_TRUE(succeeded(ends));
  return ends->last;
}

// Commands that conflict stay in their order, the program ends no later than
// before, and some programs end sooner.
TEST(ScheduleCommandsTest, RandomPrograms) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  unsigned numFaster = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::string text = ProgramWriter(seed).write();
    auto module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    func::FuncOp func = *module->getOps<func::FuncOp>().begin();
    FailureOr<MachineDescription> atom = loadMachine(func, "atom");
    ASSERT_TRUE(succeeded(atom));

    std::vector<Operation *> before = listCommands(func);
    double secondsBefore = getEnd(func, *atom);
    ASSERT_TRUE(succeeded(scheduleCommands(func, *atom)));
    std::vector<Operation *> after = listCommands(func);
    ASSERT_EQ(before.size(), after.size());
    llvm::DenseMap<Operation *, size_t> places;
    for (auto [place, op] : llvm::enumerate(after))
      places[op] = place;
    ASSERT_EQ(places.size(), before.size());
    for (size_t i = 0; i < before.size(); ++i)
      for (size_t j = i + 1; j < before.size(); ++j)
        EXPECT_TRUE(places[before[i]] < places[before[j]] ||
                    !conflict(before[i], before[j]))
            << "commands " << i << " and " << j << " of seed " << seed;
    double seconds = getEnd(func, *atom);
    EXPECT_LE(seconds, secondsBefore) << "seed " << seed;
    numFaster += seconds < secondsBefore;
  }
  EXPECT_GT(numFaster, 0u);
}

} // namespace
