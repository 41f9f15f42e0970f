//===- Arithmetic.cpp - The data of the simulator -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <cmath>
#include <cstring>

using namespace llvm;

namespace abacus {

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

void execute(const Chain &chain, const garam::RunMemory &memory) {
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

} // namespace abacus
