//===- Simulator.cpp - What a run computes, and what it costs -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include "garam/Target/MemoryInstance.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace llvm;
namespace sim = garam::sim;

namespace abacus {

//===----------------------------------------------------------------------===//
// Time and energy
//===----------------------------------------------------------------------===//

/// All units of a chain work at once, and so does the memory: the slower of the
/// two says how long the elements take.
garam::CommandCost getCost(const Chain &chain, const Machine &machine) {
  garam::CommandCost cost;
  cost.dramWriteBytes = chain.getResultBytes();
  uint64_t operations = chain.row > 1 ? chain.elements : 0;
  for (const Instruction &instruction : chain.instructions) {
    if (isBinary(instruction.opcode))
      operations += chain.elements;
    if (instruction.opcode != Opcode::Load)
      continue;
    // What comes again comes from the stream's buffer, if it is in there.
    uint64_t once = std::min(instruction.period,
                             divideCeil(chain.elements, instruction.repeat));
    bool fits = once * elementBytes <= machine.bufferBytes;
    uint64_t elements =
        fits ? once : divideCeil(chain.elements, instruction.repeat);
    cost.dramReadBytes += elements * elementBytes;
  }
  sim::Clock clock(machine.clockHz);
  uint64_t depth = chain.instructions.size(); // a cycle each for the first one
  uint64_t bytes = cost.dramReadBytes + cost.dramWriteBytes;
  sim::Time arithmetic =
      clock.getTime(divideCeil(chain.elements, machine.lanes) + depth);
  sim::Time memory = sim::getTime(bytes / machine.memoryBytesPerSecond);
  bool isMemoryBound = memory >= arithmetic;
  cost.times = {sim::getTime(machine.launchSeconds),
                isMemoryBound ? 0 : arithmetic, isMemoryBound ? memory : 0};
  cost.macs = chain.countMACs();
  cost.joules = operations * machine.joulesPerOperation +
                bytes * machine.memoryJoulesPerByte;
  return cost;
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

/// Elements that an instruction computes before the next one goes on with them.
static constexpr uint64_t blockElements = 256;
using Block = std::array<float, blockElements>;

/// A NaN wins, and +0 over -0, as arith.maximumf says.
static float getMaximum(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return a + b;
  return a == b ? (std::signbit(a) ? b : a) : std::max(a, b);
}
static float getMinimum(float a, float b) { return -getMaximum(-a, -b); }

/// Elements `begin` to `begin + count` of a stream.
static void load(const Instruction &load, ArrayRef<uint8_t> segment,
                 uint64_t begin, uint64_t count, Block &to) {
  const uint8_t *from = segment.data() + load.address.offset;
  uint64_t position = begin / load.repeat % load.period;
  uint64_t left = load.repeat - begin % load.repeat;
  for (uint64_t i = 0; i < count; ++i) {
    std::memcpy(&to[i], from + position * elementBytes, elementBytes);
    if (--left == 0) {
      left = load.repeat;
      position = position + 1 == load.period ? 0 : position + 1;
    }
  }
}

template <typename Function>
static void computeEach(const Block &left, const Block &right, uint64_t count,
                        Block &to, Function function) {
  for (uint64_t i = 0; i < count; ++i)
    to[i] = function(left[i], right[i]);
}

static void compute(Opcode opcode, const Block &left, const Block &right,
                    uint64_t count, Block &to) {
  switch (opcode) {
  case Opcode::Load:
  case Opcode::Number:
    return;
  case Opcode::Add:
    return computeEach(left, right, count, to, std::plus<float>());
  case Opcode::Subtract:
    return computeEach(left, right, count, to, std::minus<float>());
  case Opcode::Multiply:
    return computeEach(left, right, count, to, std::multiplies<float>());
  case Opcode::Maximum:
    return computeEach(left, right, count, to, getMaximum);
  case Opcode::Minimum:
    return computeEach(left, right, count, to, getMinimum);
  }
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

namespace {

/// What the times of getCost are of.
constexpr StringLiteral categories[] = {"launch", "arithmetic", "memory"};

/// Runs the chains one after the other.
class Execution : public garam::SequentialExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program, const Machine &machine,
            std::optional<garam::RunMemory> memory,
            const garam::DeviceRunOptions &options, garam::RunEndHandler onEnd)
      : SequentialExecution(kernel, program.chains.size(), "chain", categories,
                            std::move(memory), options, std::move(onEnd)),
        program(program), machine(machine) {}

private:
  garam::CommandCost getCost(uint64_t chain) const override {
    return abacus::getCost(program.chains[chain], machine);
  }
  void execute(uint64_t number, const garam::RunMemory &memory) override;

  const Program &program;
  const Machine &machine;
};

} // namespace

void Execution::execute(uint64_t number, const garam::RunMemory &memory) {
  const Chain &chain = program.chains[number];
  std::vector<Block> values(chain.instructions.size());
  uint8_t *to = memory.write(chain.result.segment).data() + chain.result.offset;
  float sum = 0;
  uint64_t inRow = 0;
  for (uint64_t begin = 0; begin < chain.elements; begin += blockElements) {
    uint64_t count = std::min(blockElements, chain.elements - begin);
    for (auto [instruction, value] : zip(chain.instructions, values)) {
      if (instruction.opcode == Opcode::Load)
        load(instruction, memory.read(instruction.address.segment), begin,
             count, value);
      else if (instruction.opcode == Opcode::Number)
        value.fill(instruction.number);
      else
        compute(instruction.opcode, values[instruction.left],
                values[instruction.right], count, value);
    }
    for (uint64_t i = 0; i < count; ++i) {
      float element = values[chain.stored][i];
      sum = inRow == 0 ? element : sum + element;
      if (++inRow < chain.row)
        continue;
      std::memcpy(to, &sum, elementBytes);
      to += elementBytes;
      inRow = 0;
    }
  }
}

namespace {

/// Weights stay in the memory, so that there is no set-up.
class Instance : public garam::MemoryInstance {
public:
  Instance(const Program &program, const Machine &machine,
           ArrayRef<uint8_t> constants, const garam::InstanceOptions &options)
      : MemoryInstance(program.segments, constants, options.timingOnly),
        program(program), machine(machine) {}

private:
  Expected<std::unique_ptr<garam::DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<garam::RunMemory> memory,
                const garam::DeviceRunOptions &options,
                garam::RunEndHandler onEnd) const override {
    if (memory)
      if (Error error = garam::checkDenseValues(
              options.values, program.segments, program.chains.size()))
        return std::move(error);
    return std::make_unique<Execution>(
        kernel, program, machine, std::move(memory), options, std::move(onEnd));
  }

  const Program &program;
  const Machine &machine;
};

} // namespace

std::unique_ptr<garam::ProgramInstance>
makeInstance(const Program &program, const Machine &machine,
             ArrayRef<uint8_t> constants,
             const garam::InstanceOptions &options) {
  return std::make_unique<Instance>(program, machine, constants, options);
}

} // namespace abacus
