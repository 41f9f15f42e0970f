//===- VectorEngine.cpp - Data of vector commands -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// An interpreter that runs each instruction of the micro-program on a block of
// elements. The block lies along the parallel dimensions, so that the order of
// a reduction is kept lane by lane; where there are few parallel elements it
// lies along the reduction dimensions, and the lanes are combined in order.
//
//===----------------------------------------------------------------------===//

#include "DataEngines.h"
#include "ElementRuns.h"
#include "OperandRuns.h"
#include "VectorKernels.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace garam::npu {

/// With fewer parallel elements the reduction is the better one to block.
static constexpr uint64_t leastParallelLanes = 32;

namespace {

class VectorExecution {
public:
  VectorExecution(const VectorCommand &command)
      : command(command), sizes(command.sizes),
        numParallel(command.sizes.size() - command.numReductionDims) {}

  llvm::Error resolve(const ExecutionContext &context, Memory &memory);
  /// Fails with the range of an element outside of memory.
  RangeFault run();

  unsigned faultyInput = 0;

private:
  /// Dimensions [first, end).
  struct DimRange {
    unsigned first, end;
  };

  void mergeDims();
  bool canMerge(unsigned dim) const;
  void mergeWithNext(unsigned dim);
  uint64_t count(DimRange dims) const;

  RangeFault runByParallelElements();
  RangeFault runByReductionElements();
  RangeFault runProgram(llvm::ArrayRef<VectorInstruction> program,
                        const ElementIndex &index, DimRange laneDims,
                        unsigned lanes);
  RangeFault load(unsigned inputNumber, uint32_t *target, ElementIndex index,
                  DimRange laneDims, unsigned lanes);
  void writeIndices(const VectorInstruction &instruction, ElementIndex index,
                    DimRange laneDims, unsigned lanes);
  RangeFault finish(const ElementIndex &index, unsigned lanes);
  RangeFault startReductions(const ElementIndex &index, DimRange laneDims,
                             unsigned lanes);
  const uint32_t *convert(const VectorOutput &output, unsigned lanes);

  const VectorCommand &command;
  llvm::SmallVector<uint32_t, maxDims> sizes; // dimensions merged
  unsigned numParallel;
  llvm::SmallVector<Operand, maxVectorInputs> inputs;
  llvm::SmallVector<Operand, maxVectorOutputs> outputs;
  std::vector<Register> registers{maxVectorRegisters};
  Register converted;
};

} // namespace

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

static llvm::Error nameOperand(llvm::Error error, llvm::Twine operand) {
  return llvm::createStringError(operand + ": " +
                                 llvm::toString(std::move(error)));
}

llvm::Error VectorExecution::resolve(const ExecutionContext &context,
                                     Memory &memory) {
  auto resolveOne = [&](const Descriptor &descriptor,
                        llvm::ArrayRef<uint32_t> walked,
                        bool isWrite) -> llvm::Expected<Operand> {
    if (descriptor.address.space != MemorySpace::Local ||
        descriptor.address.index != context.core)
      return llvm::createStringError(
          "a vector command reaches the SRAM of its own core only");
    return memory.resolve(descriptor, walked, getByteWidth(descriptor.type),
                          isWrite, context);
  };
  for (auto [number, input] : llvm::enumerate(command.inputs)) {
    llvm::Expected<Operand> operand = resolveOne(input, command.sizes, false);
    if (!operand)
      return nameOperand(operand.takeError(), "input " + llvm::Twine(number));
    inputs.push_back(std::move(*operand));
  }
  for (auto [number, output] : llvm::enumerate(command.outputs)) {
    llvm::Expected<Operand> operand = resolveOne(
        output.descriptor,
        llvm::ArrayRef<uint32_t>(command.sizes).take_front(numParallel), true);
    if (!operand)
      return nameOperand(operand.takeError(), "output " + llvm::Twine(number));
    outputs.push_back(std::move(*operand));
  }
  mergeDims();
  return llvm::Error::success();
}

/// True when dimensions `dim` and `dim` + 1 can be walked as one by all
/// operands.
bool VectorExecution::canMerge(unsigned dim) const {
  int64_t inner = sizes[dim + 1];
  auto follows = [&](const Operand &operand) {
    if (operand.strides[dim] != operand.strides[dim + 1] * inner)
      return false;
    return llvm::all_of(operand.guards, [&](const ResolvedGuard &guard) {
      return guard.coefficients[dim] == guard.coefficients[dim + 1] * inner;
    });
  };
  if (uint64_t(sizes[dim]) * inner > std::numeric_limits<uint32_t>::max())
    return false;
  return llvm::all_of(inputs, follows) && llvm::all_of(outputs, follows);
}

void VectorExecution::mergeWithNext(unsigned dim) {
  auto shift = [&](auto &perDim) {
    std::copy(perDim.begin() + dim + 1, perDim.end(), perDim.begin() + dim);
    perDim.back() = 0;
  };
  auto merge = [&](Operand &operand) {
    shift(operand.strides);
    for (ResolvedGuard &guard : operand.guards)
      shift(guard.coefficients);
  };
  llvm::for_each(inputs, merge);
  llvm::for_each(outputs, merge);
  sizes[dim + 1] *= sizes[dim];
  sizes.erase(sizes.begin() + dim);
  if (dim < numParallel)
    --numParallel;
}

/// Long runs are faster: merges neighbouring parallel and neighbouring
/// reduction dimensions.
void VectorExecution::mergeDims() {
  auto isIndex = [](const VectorInstruction &instruction) {
    return instruction.opcode == VectorOpcode::Index;
  };
  if (llvm::any_of(command.body, isIndex) ||
      llvm::any_of(command.finish, isIndex))
    return;
  for (unsigned dim = 0; dim + 1 < sizes.size();)
    if (dim + 1 != numParallel && canMerge(dim))
      mergeWithNext(dim);
    else
      ++dim;
}

uint64_t VectorExecution::count(DimRange dims) const {
  uint64_t result = 1;
  for (unsigned dim = dims.first; dim < dims.end; ++dim)
    result *= sizes[dim];
  return result;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

RangeFault VectorExecution::load(unsigned inputNumber, uint32_t *target,
                                 ElementIndex index, DimRange laneDims,
                                 unsigned lanes) {
  const Operand &input = inputs[inputNumber];
  if (laneDims.first == laneDims.end)
    return readRun(input, index, 0, 1, target);
  unsigned dim = laneDims.end - 1;
  llvm::ArrayRef<uint32_t> laneSizes = llvm::ArrayRef<uint32_t>(sizes).slice(
      laneDims.first, laneDims.end - laneDims.first);
  while (lanes > 0) {
    unsigned run = std::min(lanes, sizes[dim] - index[dim]);
    if (RangeFault fault = readRun(input, index, dim, run, target);
        fault.happened) {
      faultyInput = inputNumber;
      return fault;
    }
    advance(index, laneSizes, laneDims.first, run);
    target += run;
    lanes -= run;
  }
  return {};
}

void VectorExecution::writeIndices(const VectorInstruction &instruction,
                                   ElementIndex index, DimRange laneDims,
                                   unsigned lanes) {
  uint32_t *target = registers[instruction.destination].data();
  llvm::ArrayRef<uint32_t> laneSizes = llvm::ArrayRef<uint32_t>(sizes).slice(
      laneDims.first, laneDims.end - laneDims.first);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    target[lane] = index[instruction.immediate];
    advance(index, laneSizes, laneDims.first, 1);
  }
}

RangeFault
VectorExecution::runProgram(llvm::ArrayRef<VectorInstruction> program,
                            const ElementIndex &index, DimRange laneDims,
                            unsigned lanes) {
  for (const VectorInstruction &instruction : program) {
    if (instruction.opcode == VectorOpcode::Load) {
      if (RangeFault fault = load(instruction.immediate,
                                  registers[instruction.destination].data(),
                                  index, laneDims, lanes);
          fault.happened)
        return fault;
    } else if (instruction.opcode == VectorOpcode::Index) {
      writeIndices(instruction, index, laneDims, lanes);
    } else {
      executeInstruction(instruction, lanes, registers.data());
    }
  }
  return {};
}

/// What `output` stores: of a quantised one, its integers.
const uint32_t *VectorExecution::convert(const VectorOutput &output,
                                         unsigned lanes) {
  const Register &source = registers[output.source];
  if (!quantizes(output))
    return source.data();
  for (unsigned lane = 0; lane < lanes; ++lane) {
    float value = llvm::bit_cast<float>(source[lane]) / output.scale;
    int64_t integer =
        int64_t(saturate<int32_t>(roundToEven(value))) + output.zeroPoint;
    converted[lane] = std::isnan(value)
                          ? 0
                          : static_cast<int32_t>(std::clamp<int64_t>(
                                integer, std::numeric_limits<int32_t>::min(),
                                std::numeric_limits<int32_t>::max()));
  }
  return converted.data();
}

/// Runs `finish` on parallel elements from `index` on and stores the outputs.
RangeFault VectorExecution::finish(const ElementIndex &index, unsigned lanes) {
  DimRange parallel = {0, numParallel};
  if (RangeFault fault = runProgram(command.finish, index, parallel, lanes);
      fault.happened)
    return fault;
  llvm::ArrayRef<uint32_t> parallelSizes =
      llvm::ArrayRef<uint32_t>(sizes).take_front(numParallel);
  for (auto [output, operand] : llvm::zip_equal(command.outputs, outputs)) {
    auto write =
        output.isFloat && !quantizes(output) ? writeFloatRun : writeIntRun;
    const uint32_t *source = convert(output, lanes);
    if (numParallel == 0) {
      write(operand, index, 0, 1, source);
      continue;
    }
    ElementIndex at = index;
    unsigned dim = numParallel - 1;
    for (unsigned done = 0; done < lanes;) {
      unsigned run = std::min(lanes - done, sizes[dim] - at[dim]);
      write(operand, at, dim, run, source + done);
      advance(at, parallelSizes, 0, run);
      done += run;
    }
  }
  return {};
}

RangeFault VectorExecution::startReductions(const ElementIndex &index,
                                            DimRange laneDims, unsigned lanes) {
  for (const VectorReduction &reduction : command.reductions) {
    Register &accumulator = registers[reduction.accumulator];
    if (reduction.initialInput < 0)
      std::fill_n(accumulator.begin(), lanes, reduction.initial);
    else if (RangeFault fault = load(reduction.initialInput, accumulator.data(),
                                     index, laneDims, lanes);
             fault.happened)
      return fault;
  }
  return {};
}

RangeFault VectorExecution::runByParallelElements() {
  DimRange parallel = {0, numParallel};
  unsigned numDims = sizes.size();
  llvm::ArrayRef<uint32_t> parallelSizes =
      llvm::ArrayRef<uint32_t>(sizes).take_front(numParallel);
  llvm::ArrayRef<uint32_t> reductionSizes =
      llvm::ArrayRef<uint32_t>(sizes).drop_front(numParallel);
  uint64_t elements = count(parallel);
  uint64_t steps = count({numParallel, numDims});
  ElementIndex start = {};
  for (uint64_t element = 0; element < elements; element += blockLanes) {
    unsigned lanes = std::min<uint64_t>(blockLanes, elements - element);
    if (RangeFault fault = startReductions(start, parallel, lanes);
        fault.happened)
      return fault;
    ElementIndex index = start;
    for (uint64_t step = 0; step < steps; ++step) {
      if (RangeFault fault = runProgram(command.body, index, parallel, lanes);
          fault.happened)
        return fault;
      for (const VectorReduction &reduction : command.reductions)
        combineLanes(reduction.combiner, lanes,
                     registers[reduction.source].data(),
                     registers[reduction.accumulator].data());
      advance(index, reductionSizes, numParallel, 1);
    }
    if (RangeFault fault = finish(start, lanes); fault.happened)
      return fault;
    advance(start, parallelSizes, 0, lanes);
  }
  return {};
}

RangeFault VectorExecution::runByReductionElements() {
  unsigned numDims = sizes.size();
  DimRange reduced = {numParallel, numDims};
  llvm::ArrayRef<uint32_t> parallelSizes =
      llvm::ArrayRef<uint32_t>(sizes).take_front(numParallel);
  llvm::ArrayRef<uint32_t> reductionSizes =
      llvm::ArrayRef<uint32_t>(sizes).drop_front(numParallel);
  uint64_t elements = count({0, numParallel});
  uint64_t steps = count(reduced);
  ElementIndex start = {};
  std::array<uint32_t, maxVectorRegisters> sums;
  for (uint64_t element = 0; element < elements; ++element) {
    if (RangeFault fault = startReductions(start, {0, 0}, 1); fault.happened)
      return fault;
    for (const VectorReduction &reduction : command.reductions)
      sums[reduction.accumulator] = registers[reduction.accumulator][0];
    ElementIndex index = start;
    for (uint64_t step = 0; step < steps; step += blockLanes) {
      unsigned lanes = std::min<uint64_t>(blockLanes, steps - step);
      if (RangeFault fault = runProgram(command.body, index, reduced, lanes);
          fault.happened)
        return fault;
      for (const VectorReduction &reduction : command.reductions)
        sums[reduction.accumulator] = combineInOrder(
            reduction.combiner, lanes, registers[reduction.source].data(),
            sums[reduction.accumulator]);
      advance(index, reductionSizes, numParallel, lanes);
    }
    for (const VectorReduction &reduction : command.reductions)
      registers[reduction.accumulator][0] = sums[reduction.accumulator];
    if (RangeFault fault = finish(start, 1); fault.happened)
      return fault;
    advance(start, parallelSizes, 0, 1);
  }
  return {};
}

RangeFault VectorExecution::run() {
  bool blockReduction =
      numParallel < sizes.size() &&
      count({0, numParallel}) < leastParallelLanes &&
      count({numParallel, static_cast<unsigned>(sizes.size())}) >
          leastParallelLanes;
  return blockReduction ? runByReductionElements() : runByParallelElements();
}

llvm::Error execute(const VectorCommand &command,
                    const ExecutionContext &context, Memory &memory,
                    bool timingOnly) {
  VectorExecution execution(command);
  if (llvm::Error error = execution.resolve(context, memory))
    return error;
  if (timingOnly)
    return llvm::Error::success();
  RangeFault fault = execution.run();
  if (!fault.happened)
    return llvm::Error::success();
  unsigned input = execution.faultyInput;
  return nameOperand(memory.makeRangeError(command.inputs[input].address,
                                           fault.begin, fault.end),
                     "input " + llvm::Twine(input));
}

} // namespace garam::npu
