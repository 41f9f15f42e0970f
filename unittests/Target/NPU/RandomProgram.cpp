//===- RandomProgram.cpp - Random valid NPU programs ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "llvm/ADT/STLExtras.h"

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

class Generator {
public:
  explicit Generator(Random &random) : random(random) {}

  Program makeProgram();
  void addSetup();

private:
  int32_t small() { return int32_t(random.below(4096)) - 2048; }
  /// Mostly 32 bits wide, sometimes more.
  int64_t stride() {
    return random.below(16) ? small() : small() * (int64_t(1) << 24);
  }
  ElementType type() { return ElementType(random.below(numElementTypes)); }
  ElementType type(llvm::ArrayRef<ElementType> types) {
    return types[random.below(types.size())];
  }
  Address makeAddress(MemorySpace space, unsigned index);
  Address makeLocal() { return makeAddress(MemorySpace::Local, queue->core); }
  Address makeAnywhere();
  Descriptor makeOperand(unsigned numDims, bool guarded, ElementType type);
  llvm::SmallVector<uint32_t, maxDims> makeSizes();

  Command makeTensor();
  Command makeVector();
  Command makeDMA();
  Command makeCompute();
  void makeInstructions(llvm::SmallVectorImpl<VectorInstruction> &list,
                        unsigned count, const VectorCommand &command,
                        uint32_t &defined, uint32_t readOnly, bool inFinish);
  unsigned pickRegister(uint32_t mask);

  Random &random;
  Program program;
  Queue *queue = nullptr;
  unsigned depth = 0;
};

Address Generator::makeAddress(MemorySpace space, unsigned index) {
  Address address;
  address.space = space;
  address.index = index;
  address.offset =
      random.below(8) ? random.below(1 << 20) : int64_t(random.bits()) << 12;
  if (!program.parameters.empty() && random.below(4) == 0) {
    address.parameter = random.below(program.parameters.size());
    address.parameterStride = stride();
  }
  for (unsigned i = 0; i < depth; ++i)
    if (random.flip())
      address.loopStrides[i] = stride();
  return address;
}

Address Generator::makeAnywhere() {
  switch (random.below(3)) {
  case 0:
    return makeAddress(MemorySpace::Local, random.below(program.numCores));
  case 1:
    return makeAddress(MemorySpace::Shared, 0);
  default:
    return makeAddress(MemorySpace::DRAM,
                       random.below(program.segments.size()));
  }
}

Descriptor Generator::makeOperand(unsigned numDims, bool guarded,
                                  ElementType type) {
  Descriptor d;
  d.address = makeLocal();
  d.type = type;
  for (unsigned i = 0; i < numDims; ++i)
    d.strides[i] = random.flip() ? stride() : 0;
  if (!guarded)
    return d;
  d.guards.resize(random.below(maxGuards + 1));
  for (Guard &guard : d.guards) {
    guard.start = small();
    guard.extent = 1 + random.below(1000);
    for (unsigned i = 0; i < numDims; ++i)
      guard.coefficients[i] = random.flip() ? small() : 0;
    for (unsigned i = 0; i < depth; ++i)
      guard.loopStrides[i] = random.flip() ? small() : 0;
  }
  if (!d.guards.empty() && random.flip())
    d.fill = small() / 16.0;
  return d;
}

llvm::SmallVector<uint32_t, maxDims> Generator::makeSizes() {
  llvm::SmallVector<uint32_t, maxDims> sizes(random.below(maxDims + 1));
  for (uint32_t &size : sizes)
    size = 1 + random.below(20);
  return sizes;
}

Command Generator::makeTensor() {
  TensorCommand c;
  for (uint32_t &size : c.rows)
    size = random.flip() ? 1 : 1 + random.below(100);
  for (uint32_t &size : c.reduction)
    size = random.flip() ? 1 : 1 + random.below(100);
  c.columns = random.flip() ? 1 : 1 + random.below(500);
  bool integer = random.flip();
  ElementType a = type({ElementType::BF16, ElementType::F16, ElementType::F32,
                        ElementType::F8E4M3});
  ElementType w = a;
  if (integer) {
    a = type({ElementType::I8, ElementType::U8});
    w = type({ElementType::I8, ElementType::U8});
    c.activationZeroPoint = random.flip() ? small() : 0;
    c.weightZeroPoint = random.flip() ? small() : 0;
  }
  c.activation = makeOperand(maxDims, true, a);
  c.weight = makeOperand(4, random.flip(), w);
  if (random.flip())
    for (uint16_t &parts : c.unitRows)
      parts = 1 + random.below(3);
  if (random.flip())
    c.unitColumns = 1 + random.below(8);
  c.store = random.below(4);
  if (!c.store)
    return c;
  c.hasBias = random.flip();
  c.bias = makeOperand(
      1, false, integer && random.flip() ? ElementType::I32 : ElementType::F32);
  c.hasScale = random.flip();
  c.scale = makeOperand(1, false, ElementType::F32);
  c.hasResidual = random.flip();
  ElementType types[] = {ElementType::I8,  ElementType::U8,   ElementType::I32,
                         ElementType::F16, ElementType::BF16, ElementType::F32};
  c.residual = makeOperand(4, false, type(types));
  c.residualScale = small() / 64.0f;
  c.hasRequantization = random.flip();
  if (c.hasRequantization) {
    c.requantizationLow = small();
    c.requantizationHigh = c.requantizationLow + 255;
    c.requantizationScale = small() / 32.0f;
  }
  if (random.flip())
    c.outputScale = (1 + random.below(60)) / 40.0f;
  c.hasClamp = random.flip();
  c.clampLow = small() / 8.0f;
  c.clampHigh = c.clampLow + 6.0f;
  c.output = makeOperand(4, false, type(types));
  if (c.residual.type <= ElementType::U64)
    c.residualZeroPoint = small();
  if (c.output.type <= ElementType::U64 && random.flip())
    c.outputZeroPoint = small();
  return c;
}

unsigned Generator::pickRegister(uint32_t mask) {
  unsigned start = random.below(maxVectorRegisters);
  for (unsigned i = 0; i < maxVectorRegisters; ++i) {
    unsigned number = (start + i) % maxVectorRegisters;
    if (mask >> number & 1)
      return number;
  }
  return 0;
}

void Generator::makeInstructions(llvm::SmallVectorImpl<VectorInstruction> &list,
                                 unsigned count, const VectorCommand &command,
                                 uint32_t &defined, uint32_t readOnly,
                                 bool inFinish) {
  unsigned parallelDims = command.sizes.size() - command.numReductionDims;
  unsigned dims = inFinish ? parallelDims : command.sizes.size();
  while (list.size() < count) {
    VectorInstruction i;
    const VectorOpcodeInfo *info = getInfo(VectorOpcode(random.below(84)));
    if (!info || (info->numSources > 0 && !defined))
      continue;
    i.opcode = info->opcode;
    uint8_t *sources[] = {&i.a, &i.b, &i.c};
    for (unsigned s = 0; s < info->numSources; ++s)
      *sources[s] = pickRegister(defined);
    switch (info->immediate) {
    case ImmediateKind::None:
      break;
    case ImmediateKind::Bits:
      i.immediate = random.bits();
      break;
    case ImmediateKind::Input:
      if (command.inputs.empty() || (inFinish && command.numReductionDims))
        continue;
      i.immediate = random.below(command.inputs.size());
      break;
    case ImmediateKind::Dimension:
      if (dims == 0)
        continue;
      i.immediate = random.below(dims);
      break;
    case ImmediateKind::Predicate:
      i.immediate = random.below(numComparePredicates);
      break;
    }
    i.destination = pickRegister(~readOnly);
    defined |= uint32_t(1) << i.destination;
    list.push_back(i);
  }
}

Command Generator::makeVector() {
  VectorCommand c;
  c.sizes = makeSizes();
  c.numReductionDims = random.below(c.sizes.size() + 1);
  unsigned parallelDims = c.sizes.size() - c.numReductionDims;
  for (unsigned i = random.below(maxVectorInputs + 1); i > 0; --i)
    c.inputs.push_back(makeOperand(c.sizes.size(), true, type()));
  uint32_t accumulators = 0;
  if (c.numReductionDims)
    accumulators = random.bits() & 0x11; // registers 0 and 4
  uint32_t defined = 0;
  makeInstructions(c.body, 1 + random.below(30), c, defined, accumulators,
                   false);
  for (unsigned number : {0, 4})
    if (accumulators >> number & 1) {
      VectorReduction r;
      r.combiner = Combiner(random.below(numCombiners));
      r.source = pickRegister(defined);
      r.accumulator = number;
      if (c.inputs.size() < maxVectorInputs && random.flip()) {
        r.initialInput = c.inputs.size();
        Descriptor initial = makeOperand(
            parallelDims, false,
            r.combiner <= Combiner::MinF ? ElementType::F16 : ElementType::I8);
        c.inputs.push_back(initial);
      } else {
        r.initial = random.bits();
      }
      c.reductions.push_back(r);
    }
  if (c.numReductionDims)
    defined = accumulators;
  makeInstructions(c.finish, 1 + random.below(30), c, defined, 0, true);
  for (unsigned i = 1 + random.below(maxVectorOutputs); i > 0; --i) {
    VectorOutput output;
    output.isFloat = random.flip();
    output.source = pickRegister(defined);
    ElementType floats[] = {ElementType::F32, ElementType::BF16,
                            ElementType::I8};
    ElementType integers[] = {ElementType::I32, ElementType::Bool,
                              ElementType::U8};
    output.descriptor = makeOperand(
        parallelDims, false, output.isFloat ? type(floats) : type(integers));
    if (output.isFloat && output.descriptor.type == ElementType::I8) {
      output.zeroPoint = small();
      output.scale = (1 + random.below(60)) / 40.0f;
    }
    c.outputs.push_back(output);
  }
  return c;
}

Command Generator::makeDMA() {
  DMACommand c;
  c.kind = DMAKind(random.below(numDMAKinds));
  c.sizes = makeSizes();
  if (c.sizes.empty())
    c.kind = DMAKind(random.below(2));
  c.elementBytes = 1 << random.below(4);
  c.source = makeOperand(c.sizes.size(), false, ElementType::I8);
  c.source.address = makeAnywhere();
  c.destination = makeOperand(c.sizes.size(), false, ElementType::I8);
  c.destination.address = makeAnywhere();
  if (c.destination.address.space == MemorySpace::Local && random.flip())
    c.multicast = random.below(1u << program.numCores);
  if (c.kind == DMAKind::Fill)
    c.fillBits = random.below(1 << 8);
  if (c.kind == DMAKind::Gather) {
    c.indirection.dimension = random.below(c.sizes.size());
    c.indirection.address = makeLocal();
    c.indirection.type = random.flip() ? ElementType::I32 : ElementType::I64;
    c.indirection.limit = 1 + random.below(100000);
  }
  return c;
}

Command Generator::makeCompute() {
  switch (queue->engine) {
  case Engine::Tensor:
    return makeTensor();
  case Engine::Vector:
    return makeVector();
  case Engine::DMA:
    return makeDMA();
  }
  return LoopEndCommand();
}

Program Generator::makeProgram() {
  program.numCores = 1 + random.below(4);
  for (unsigned i = random.below(4); i > 0; --i)
    program.parameters.push_back(
        {"p" + std::to_string(i), 1 + random.below(50)});
  for (unsigned i = 1 + random.below(4); i > 0; --i)
    program.segments.push_back({SegmentRole(random.below(numSegmentRoles)),
                                random.bits(), std::string(i, 's')});
  for (unsigned core = 0; core < program.numCores; ++core)
    for (unsigned engine = 0; engine < numEngineKinds; ++engine)
      if (random.below(4))
        program.queues.push_back({uint16_t(core), Engine(engine), {}});
  for (Queue &q : program.queues) {
    queue = &q;
    for (unsigned i = random.below(12); i > 0; --i) {
      switch (random.below(8)) {
      case 0:
        q.commands.push_back(WaitCommand{uint16_t(random.below(maxSemaphores)),
                                         1 + random.below(100)});
        break;
      case 1: {
        const Queue &to = program.queues[random.below(program.queues.size())];
        q.commands.push_back(SignalCommand{to.core, to.engine,
                                           uint16_t(random.below(256)),
                                           1 + random.below(100)});
        break;
      }
      case 2: {
        if (depth == maxLoopDepth)
          break;
        LoopBeginCommand loop;
        loop.count = 1 + random.below(20);
        if (!program.parameters.empty() && random.flip()) {
          loop.parameter = random.below(program.parameters.size());
          loop.count = program.parameters[loop.parameter].maximum;
        }
        q.commands.push_back(loop);
        ++depth;
        break;
      }
      case 3:
        if (depth > 0) {
          q.commands.push_back(LoopEndCommand());
          --depth;
        }
        break;
      default:
        q.commands.push_back(makeCompute());
      }
    }
    for (; depth > 0; --depth)
      q.commands.push_back(LoopEndCommand());
  }
  if (random.below(4) == 0)
    addSetup();
  return program;
}

/// Resident bytes in some cores and in shared memory, and copies that fill them
/// from a constant segment.
void Generator::addSetup() {
  uint16_t constants = program.segments.size();
  program.segments.push_back({SegmentRole::Constant, 1 << 20, "weights"});
  auto add = [&](MemorySpace space, uint16_t index, uint16_t queueCore) {
    uint64_t offset = random.below(100);
    for (unsigned i = 1 + random.below(2); i > 0; --i) {
      uint32_t size = 2 + random.below(1000);
      program.residents.push_back({space, index, offset, size});
      DMACommand copy;
      copy.sizes = {size / 2};
      copy.elementBytes = 2;
      copy.source.address.space = MemorySpace::DRAM;
      copy.source.address.index = constants;
      copy.source.address.offset = random.below(1 << 16);
      copy.source.strides[0] = 2;
      copy.destination.address.space = space;
      copy.destination.address.index = index;
      copy.destination.address.offset = offset;
      copy.destination.strides[0] = 2;
      if (program.setup.empty() || program.setup.back().core != queueCore)
        program.setup.push_back({queueCore, Engine::DMA, {}});
      program.setup.back().commands.push_back(copy);
      offset += size + 1 + random.below(100);
    }
  };
  uint16_t last = random.below(program.numCores);
  for (uint16_t core = 0; core <= last; ++core)
    add(MemorySpace::Local, core, core);
  if (random.flip())
    add(MemorySpace::Shared, 0, last);
}

} // namespace

Program garam::npu::test::makeRandomProgram(Random &random) {
  return Generator(random).makeProgram();
}
