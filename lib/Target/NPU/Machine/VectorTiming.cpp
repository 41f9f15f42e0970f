//===- VectorTiming.cpp - How long a vector command takes by itself -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TimingSupport.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using llvm::ArrayRef;

namespace garam::npu {

namespace {
/// Which lanes of the vector engine an instruction occupies, for how long.
struct LaneUse {
  uint32_t lanes;
  uint32_t cycles; // 0: the instruction is free
};
} // namespace

static bool isFunction(VectorOpcode opcode) {
  return opcode >= VectorOpcode::ExpF && opcode <= VectorOpcode::SigmoidF;
}

/// Division, square root and remainder are iterated like the functions.
static bool isIterative(VectorOpcode opcode) {
  switch (opcode) {
  case VectorOpcode::DivF:
  case VectorOpcode::SqrtF:
  case VectorOpcode::RemF:
  case VectorOpcode::DivI:
  case VectorOpcode::RemI:
    return true;
  default:
    return isFunction(opcode);
  }
}

static bool isInteger(VectorOpcode opcode) {
  return opcode == VectorOpcode::Select || opcode == VectorOpcode::CmpI ||
         (opcode >= VectorOpcode::AddI && opcode <= VectorOpcode::ShrI);
}

static bool isInteger(Combiner combiner) { return combiner >= Combiner::AddI; }

/// Lanes for integer or float operations; a chip without float arithmetic
/// requantises on its integer lanes.
static uint32_t getLanes(bool integer, const VectorEngineDescription &vector) {
  return std::max(1u, integer || !vector.hasFloat ? vector.intLanes
                                                  : vector.floatLanes);
}

static LaneUse getLaneUse(VectorOpcode opcode,
                          const VectorEngineDescription &vector) {
  switch (opcode) {
  case VectorOpcode::Load:
  case VectorOpcode::ConstF32:
  case VectorOpcode::ConstI32:
  case VectorOpcode::Index:
    return {1, 0};
  default:
    return {getLanes(isInteger(opcode), vector),
            isIterative(opcode) ? std::max(1u, vector.functionCycles) : 1};
  }
}

/// True when the combination adds what the body's multiplication made: the
/// lanes multiply and add in one operation.
static bool isFusedMultiplyAdd(const VectorCommand &command,
                               const VectorReduction &reduction) {
  VectorOpcode multiplication;
  if (reduction.combiner == Combiner::AddF)
    multiplication = VectorOpcode::MulF;
  else if (reduction.combiner == Combiner::AddI)
    multiplication = VectorOpcode::MulI;
  else
    return false;
  // The body's last definition of the source must be the product.
  for (const VectorInstruction &instruction : llvm::reverse(command.body))
    if (instruction.destination == reduction.source)
      return instruction.opcode == multiplication;
  return false;
}

/// Words of the registers above the highest one that the micro-program of
/// `command` names, in all lanes together.
static uint64_t countFreeWords(const VectorCommand &command,
                               const VectorEngineDescription &vector) {
  unsigned highest = 0;
  // Fields that an operation does not have are 0.
  for (ArrayRef<VectorInstruction> part :
       {ArrayRef(command.body), ArrayRef(command.finish)})
    for (const VectorInstruction &instruction : part)
      highest =
          std::max<unsigned>({highest, instruction.destination, instruction.a,
                              instruction.b, instruction.c});
  for (const VectorReduction &reduction : command.reductions)
    highest = std::max<unsigned>(highest, reduction.accumulator);
  unsigned named = std::min(highest + 1, maxVectorRegisters);
  return multiply(maxVectorRegisters - named,
                  std::max(vector.floatLanes, vector.intLanes));
}

namespace {
/// How often a walk reads an operand.
struct ReadCounts {
  /// Elements: again along the dimensions outside the innermost one along which
  /// the operand changes, once along those inside.
  uint64_t repeated = 1;
  /// Elements when what comes back was kept.
  uint64_t kept = 1;
  /// Words that keep what comes back.
  uint64_t words = 1;
};
} // namespace

static ReadCounts countReads(ArrayRef<uint32_t> sizes,
                             const Descriptor &operand) {
  auto isFixed = [&](unsigned dim) {
    return operand.strides[dim] == 0 || sizes[dim] == 1;
  };
  unsigned innermost = sizes.size();
  while (innermost > 0 && isFixed(innermost - 1))
    --innermost;
  ReadCounts counts;
  bool comesBack = false;
  for (unsigned dim = 0; dim < innermost; ++dim) {
    counts.repeated = multiply(counts.repeated, sizes[dim]);
    if (isFixed(dim)) {
      comesBack |= sizes[dim] != 1;
      continue;
    }
    counts.kept = multiply(counts.kept, sizes[dim]);
    if (comesBack)
      counts.words = multiply(counts.words, sizes[dim]);
  }
  return counts;
}

/// Bytes of the banks' words that a command on lanes reads. Registers that the
/// micro-program leaves keep inputs that come back, in the inputs' order, as
/// long as they fit.
static uint64_t countReadBytes(const VectorCommand &command,
                               const MachineDescription &machine) {
  uint64_t free = countFreeWords(command, machine.vector);
  uint64_t bytes = 0;
  for (const Descriptor &input : command.inputs) {
    ReadCounts counts = countReads(command.sizes, input);
    bool isKept = counts.kept < counts.repeated && counts.words <= free;
    if (isKept)
      free -= counts.words;
    bytes = add(bytes,
                getOperandBytes(isKept ? counts.kept : counts.repeated, input,
                                command.sizes, getReadWord(machine.local)));
  }
  return bytes;
}

/// Elements of operands that an engine of fixed operations takes: of each input
/// that changes along all parallel dimensions, those it has for an output, and
/// one an output when there is no such input.
static uint64_t countOperands(const VectorCommand &command,
                              unsigned numParallel) {
  ArrayRef<uint32_t> sizes = command.sizes;
  auto isFixed = [&](const Descriptor &input, unsigned dim) {
    return sizes[dim] != 1 && input.strides[dim] == 0;
  };
  uint64_t operands = 0;
  for (const Descriptor &input : command.inputs) {
    uint64_t elements = 1;
    for (unsigned dim = 0; dim < sizes.size() && elements; ++dim) {
      if (!isFixed(input, dim))
        elements = multiply(elements, sizes[dim]);
      else if (dim < numParallel)
        elements = 0;
    }
    operands = add(operands, elements);
  }
  return std::max(operands, product(sizes.take_front(numParallel)));
}

static void chargeInstructions(const VectorCommand &command,
                               const VectorEngineDescription &vector,
                               uint64_t elements, uint64_t outputs,
                               EngineTime &time) {
  auto charge = [&](uint64_t count, LaneUse use) {
    if (use.cycles == 0)
      return;
    time.computeCycles = add(
        time.computeCycles, multiply(divideCeil(count, use.lanes), use.cycles));
    time.vectorOperations =
        add(time.vectorOperations, multiply(count, use.cycles));
  };
  for (const VectorInstruction &instruction : command.body)
    charge(elements, getLaneUse(instruction.opcode, vector));
  for (const VectorReduction &reduction : command.reductions)
    if (!isFusedMultiplyAdd(command, reduction))
      charge(elements, {getLanes(isInteger(reduction.combiner), vector), 1});
  for (const VectorInstruction &instruction : command.finish)
    charge(outputs, getLaneUse(instruction.opcode, vector));
}

EngineTime getTime(const VectorCommand &command,
                   const MachineDescription &machine) {
  EngineTime time;
  const VectorEngineDescription &vector = machine.vector;
  time.fixedSeconds = vector.commandSeconds;
  ArrayRef<uint32_t> sizes = command.sizes;
  unsigned numParallel =
      sizes.size() - std::min<size_t>(command.numReductionDims, sizes.size());
  uint64_t outputs = product(sizes.take_front(numParallel));
  if (vector.fixedFunction) {
    time.vectorOperations = countOperands(command, numParallel);
    time.computeCycles = divideCeil(time.vectorOperations,
                                    vector.fixedFunction->operandsPerCycle);
  } else {
    chargeInstructions(command, vector, product(sizes), outputs, time);
  }

  uint64_t read = 0, written = 0;
  if (vector.fixedFunction)
    for (const Descriptor &input : command.inputs)
      read = add(read,
                 getFootprintBytes(input, sizes, getReadWord(machine.local)));
  else
    read = countReadBytes(command, machine);
  for (const VectorOutput &output : command.outputs)
    written = add(written, getOperandBytes(outputs, output.descriptor,
                                           sizes.take_front(numParallel),
                                           getWriteWord(machine.local)));
  bool usesBanks = !vector.fixedFunction || vector.fixedFunction->usesBanks;
  if (read && usesBanks)
    time.readCycles = divideCeil(read, machine.local.readBytesPerCycle);
  if (written && usesBanks)
    time.writeCycles = divideCeil(written, machine.local.writeBytesPerCycle);
  time.localBytes = add(read, written);
  return time;
}

} // namespace garam::npu
