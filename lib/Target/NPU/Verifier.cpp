//===- Verifier.cpp - Rules of the NPU's instruction set ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The rules C1 to C24 of docs/isa/npu.md, which do not depend on a machine.
// Each message begins with the number of its rule.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Encoding.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace garam::npu;
using llvm::ArrayRef;
using llvm::Twine;

namespace {

constexpr size_t maxNameLength = UINT16_MAX; // as encoded

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : value;
}

bool isInteger(ElementType type) {
  return type <= ElementType::U64 || type == ElementType::Bool;
}

/// Types that the MAC array multiplies.
bool isMACInput(ElementType type) {
  switch (type) {
  case ElementType::I8:
  case ElementType::U8:
  case ElementType::F16:
  case ElementType::BF16:
  case ElementType::F32:
  case ElementType::F8E4M3:
  case ElementType::F8E5M2:
    return true;
  default:
    return false;
  }
}

/// Types of a tensor command's residual and output.
bool isEpilogueType(ElementType type) {
  return getByteWidth(type) <= sizeof(uint32_t) && type != ElementType::Bool &&
         type != ElementType::U32;
}

/// Whether the strides of `descriptor` from dimension `from` on are zero, its
/// guards' coefficients too.
bool ignoresDims(const Descriptor &descriptor, unsigned from) {
  auto isZero = [&](const auto &values) {
    return llvm::all_of(llvm::drop_begin(values, from),
                        [](auto value) { return value == 0; });
  };
  return isZero(descriptor.strides) &&
         llvm::all_of(descriptor.guards, [&](const Guard &guard) {
           return isZero(guard.coefficients);
         });
}

/// What the accumulators of a tensor engine hold when that is known.
struct Accumulators {
  bool valid = false;
  std::array<uint32_t, maxRowDims> rows = {};
  uint32_t columns = 0;
  bool isInteger = false;

  static Accumulators of(const TensorCommand &c) {
    return {true, c.rows, c.columns, ::isInteger(c.activation.type)};
  }
  bool operator==(const Accumulators &other) const {
    return valid && other.valid && rows == other.rows &&
           columns == other.columns && isInteger == other.isInteger;
  }
};

/// Checks one queue. The first error is kept.
class QueueVerifier {
public:
  QueueVerifier(const Program &program, const Queue &queue)
      : program(program), queue(queue) {}

  llvm::Error run();

private:
  struct Loop {
    uint32_t count;
    bool mayBeSkipped;
    Accumulators before;
    /// The first tensor command of the body.
    const TensorCommand *first = nullptr;
  };

  bool check(bool condition, unsigned rule, const Twine &message) {
    if (!condition && this->message.empty())
      this->message = ("(C" + Twine(rule) + ") " + message).str();
    return condition;
  }

  void verify(const TensorCommand &c);
  void verify(const VectorCommand &c);
  void verify(const DMACommand &c);
  void verify(const WaitCommand &c);
  void verify(const SignalCommand &c);
  void verify(const LoopBeginCommand &c);
  void verify(const LoopEndCommand &c);

  void checkEngine(Engine engine);
  void checkSizes(ArrayRef<uint32_t> sizes);
  bool checkParameter(int parameter);
  /// Checks where an operand begins; its walk goes `extent` bytes further.
  void checkAddress(const Twine &name, const Address &address, uint64_t extent);
  void checkOperand(const Twine &name, const Descriptor &descriptor,
                    ArrayRef<uint32_t> sizes, bool isRead, uint64_t limit = 0);
  void checkGuard(const Twine &name, const Guard &guard,
                  ArrayRef<uint32_t> sizes);
  void checkReach(const Twine &name, const Address &address);
  void checkTensorTypes(const TensorCommand &c);
  void checkAccumulators(const TensorCommand &c);
  void checkMicroProgram(const VectorCommand &c);
  void checkInstruction(const VectorCommand &c, const VectorInstruction &i,
                        uint32_t &defined, uint32_t readOnly, bool inFinish);
  void checkIndirection(const DMACommand &c);

  const Program &program;
  const Queue &queue;
  llvm::SmallVector<Loop, maxLoopDepth> loops;
  uint64_t executedCommands = 0;
  Accumulators accumulators;
  std::string message;
};

llvm::Error QueueVerifier::run() {
  std::string where = ("NPU program: core " + Twine(queue.core) + ", " +
                       getName(queue.engine) + " queue")
                          .str();
  for (auto [number, command] : llvm::enumerate(queue.commands)) {
    std::visit([this](const auto &c) { verify(c); }, command);
    uint64_t repetitions = 1;
    for (const Loop &loop : loops)
      repetitions = llvm::SaturatingMultiply<uint64_t>(repetitions, loop.count);
    executedCommands = llvm::SaturatingAdd(executedCommands, repetitions);
    if (!message.empty())
      return llvm::createStringError(where + ", command " + Twine(number) +
                                     ": " + message);
  }
  check(loops.empty(), 5, Twine(loops.size()) + " loops have no end");
  check(executedCommands <= maxExecutedCommands, 6,
        "executes " + Twine(executedCommands) +
            " commands when loops are expanded; at most " +
            Twine(maxExecutedCommands) + " are possible");
  if (!message.empty())
    return llvm::createStringError(where + ": " + message);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

void QueueVerifier::checkEngine(Engine engine) {
  check(queue.engine == engine, 4,
        "a " + getName(engine) + " command in a queue of another engine");
}

void QueueVerifier::checkSizes(ArrayRef<uint32_t> sizes) {
  check(sizes.size() <= maxDims, 9,
        Twine(sizes.size()) + " dimensions; at most " + Twine(maxDims) +
            " are possible");
  uint64_t elements = 1;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    check(size >= 1, 9, "size of dimension " + Twine(dim) + " is 0");
    elements = llvm::SaturatingMultiply<uint64_t>(elements, size);
  }
  check(elements <= maxElements, 9,
        "walks " + Twine(elements) + " elements; at most " +
            Twine(maxElements) + " are possible");
}

bool QueueVerifier::checkParameter(int parameter) {
  return check(parameter >= -1 && parameter < int(program.parameters.size()),
               10,
               "launch parameter " + Twine(parameter) + " of " +
                   Twine(program.parameters.size()));
}

void QueueVerifier::checkAddress(const Twine &name, const Address &address,
                                 uint64_t extent) {
  unsigned limit = address.space == MemorySpace::Local ? program.numCores
                   : address.space == MemorySpace::Shared
                       ? 1
                       : program.segments.size();
  check(address.space <= MemorySpace::DRAM && address.index < limit, 10,
        name + " lies in memory " + Twine(address.index) + " of " +
            Twine(limit));
  uint64_t reach = llvm::SaturatingAdd(extent, magnitude(address.offset));
  for (auto [depth, stride] : llvm::enumerate(address.loopStrides)) {
    if (!check(stride == 0 || depth < loops.size(), 11,
               name + " moves with loop " + Twine(depth) + ", there are " +
                   Twine(loops.size())))
      return;
    if (depth < loops.size())
      reach = llvm::SaturatingMultiplyAdd<uint64_t>(
          magnitude(stride), loops[depth].count - 1, reach);
  }
  if (!checkParameter(address.parameter))
    return;
  if (address.parameter < 0)
    check(address.parameterStride == 0, 10,
          name + " has a parameter stride but no parameter");
  else
    reach = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(address.parameterStride),
        program.parameters[address.parameter].maximum, reach);
  check(reach <= uint64_t(maxAddress), 12,
        name + " can reach further than 2^56 bytes");
}

void QueueVerifier::checkOperand(const Twine &name,
                                 const Descriptor &descriptor,
                                 ArrayRef<uint32_t> sizes, bool isRead,
                                 uint64_t limit) {
  check(static_cast<unsigned>(descriptor.type) < numElementTypes, 10,
        name + " has no element type");
  uint64_t extent = sizeof(uint64_t); // the widest element
  if (sizes.size() > maxDims)
    return;
  for (auto [dim, size] : llvm::enumerate(sizes))
    extent = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(descriptor.strides[dim]), std::max<uint64_t>(size, limit),
        extent);
  checkAddress(name, descriptor.address, extent);
  check(ignoresDims(descriptor, sizes.size()), 11,
        name + " moves with a dimension that the command does not have");
  check(isRead || descriptor.guards.empty(), 13,
        name + " has a guard but is not a guarded read");
  check(descriptor.guards.size() <= maxGuards, 13,
        name + " has " + Twine(descriptor.guards.size()) + " guards; at most " +
            Twine(maxGuards) + " are possible");
  check(!descriptor.guards.empty() || descriptor.fill == 0.0, 13,
        name + " has a fill value but no guard");
  for (const Guard &guard : descriptor.guards)
    checkGuard(name, guard, sizes);
}

void QueueVerifier::checkGuard(const Twine &name, const Guard &guard,
                               ArrayRef<uint32_t> sizes) {
  check(guard.extent >= 1, 13, name + " has a guard of extent 0");
  uint64_t reach = magnitude(guard.start);
  for (auto [dim, size] : llvm::enumerate(sizes))
    reach = llvm::SaturatingMultiplyAdd<uint64_t>(
        magnitude(guard.coefficients[dim]), size, reach);
  for (auto [depth, stride] : llvm::enumerate(guard.loopStrides)) {
    check(stride == 0 || depth < loops.size(), 11,
          "a guard of " + name + " moves with loop " + Twine(depth) +
              ", there are " + Twine(loops.size()));
    if (depth < loops.size())
      reach = llvm::SaturatingMultiplyAdd<uint64_t>(magnitude(stride),
                                                    loops[depth].count, reach);
  }
  check(reach <= uint64_t(maxAddress), 12,
        "a guard of " + name + " can reach further than 2^56");
}

void QueueVerifier::checkReach(const Twine &name, const Address &address) {
  check(address.space == MemorySpace::Local && address.index == queue.core, 14,
        name + " is not in the SRAM of core " + Twine(queue.core));
}

//===----------------------------------------------------------------------===//
// Tensor commands
//===----------------------------------------------------------------------===//

void QueueVerifier::checkTensorTypes(const TensorCommand &c) {
  ElementType a = c.activation.type, w = c.weight.type;
  bool integer = isInteger(a);
  check(isMACInput(a) && isMACInput(w) && (integer ? isInteger(w) : a == w), 15,
        "activations of type " + getName(a) + " with weights of type " +
            getName(w));
  check(integer || (c.activationZeroPoint == 0 && c.weightZeroPoint == 0), 15,
        "zero points of floating-point inputs");
  if (c.hasBias)
    check(c.bias.type == ElementType::F32 ||
              (integer && c.bias.type == ElementType::I32),
          15, "bias of type " + getName(c.bias.type));
  if (c.hasScale)
    check(c.scale.type == ElementType::F32, 15,
          "scale of type " + getName(c.scale.type));
  if (c.hasResidual)
    check(isEpilogueType(c.residual.type) &&
              (isInteger(c.residual.type) || c.residualZeroPoint == 0),
          15,
          "residual of type " + getName(c.residual.type) + " with zero point " +
              Twine(c.residualZeroPoint));
  if (c.store)
    check(isEpilogueType(c.output.type) &&
              (isInteger(c.output.type) || c.outputZeroPoint == 0),
          15,
          "output of type " + getName(c.output.type) + " with zero point " +
              Twine(c.outputZeroPoint));
}

void QueueVerifier::checkAccumulators(const TensorCommand &c) {
  check(c.store || !(c.hasBias || c.hasScale || c.hasResidual || c.hasClamp),
        16, "an epilogue without storing");
  check(!c.accumulate || accumulators == Accumulators::of(c), 17,
        "accumulates, but not every command that can run before it leaves "
        "sums of the same rows, columns and type");
  for (Loop &loop : loops)
    if (!loop.first)
      loop.first = &c;
  accumulators = c.store ? Accumulators() : Accumulators::of(c);
}

void QueueVerifier::verify(const TensorCommand &c) {
  checkEngine(Engine::Tensor);
  const auto &r = c.rows, &k = c.reduction;
  std::array<uint32_t, 7> all = {r[0], r[1], r[2], k[0], k[1], k[2], c.columns};
  ArrayRef<uint32_t> sizes(all);
  std::array<uint32_t, 4> weight = {k[0], k[1], k[2], c.columns};
  std::array<uint32_t, 4> output = {r[0], r[1], r[2], c.columns};
  checkSizes(sizes.take_front(maxDims));
  checkSizes(weight);
  checkSizes(output);
  check(c.unitRows >= 1 && c.unitColumns >= 1, 9, "no units of the array");

  auto checkOne = [&](bool present, const char *name, const Descriptor &d,
                      ArrayRef<uint32_t> sizes, bool isRead) {
    if (!present)
      return;
    checkOperand(name, d, sizes, isRead);
    checkReach(name, d.address);
  };
  checkOne(true, "activation", c.activation, sizes.take_front(maxDims), true);
  checkOne(true, "weight", c.weight, weight, true);
  checkOne(c.hasBias, "bias", c.bias, {c.columns}, false);
  checkOne(c.hasScale, "scale", c.scale, {c.columns}, false);
  checkOne(c.hasResidual, "residual", c.residual, output, false);
  checkOne(c.store, "output", c.output, output, false);
  if (message.empty())
    checkTensorTypes(c);
  checkAccumulators(c);
}

//===----------------------------------------------------------------------===//
// Vector commands
//===----------------------------------------------------------------------===//

void QueueVerifier::checkInstruction(const VectorCommand &c,
                                     const VectorInstruction &i,
                                     uint32_t &defined, uint32_t readOnly,
                                     bool inFinish) {
  const VectorOpcodeInfo *info = getInfo(i.opcode);
  if (!check(info, 19,
             "no vector operation has number " + Twine(unsigned(i.opcode))))
    return;
  const std::array<uint8_t, 3> sources = {i.a, i.b, i.c};
  for (auto [number, source] : llvm::enumerate(sources)) {
    if (number >= info->numSources)
      check(source == 0, 19, info->name + " names a register it does not read");
    else if (check(source < maxVectorRegisters, 20,
                   info->name + " reads register " + Twine(unsigned(source))))
      check(defined >> source & 1, 20,
            info->name + " reads register " + Twine(unsigned(source)) +
                ", which has no value");
  }
  unsigned parallelDims = c.sizes.size() - c.numReductionDims;
  switch (info->immediate) {
  case ImmediateKind::None:
    check(i.immediate == 0, 19, info->name + " has an immediate");
    break;
  case ImmediateKind::Bits:
    break;
  case ImmediateKind::Input:
    if (check(i.immediate < c.inputs.size(), 19,
              "input " + Twine(i.immediate) + " of " +
                  Twine(c.inputs.size())) &&
        inFinish)
      check(ignoresDims(c.inputs[i.immediate], parallelDims), 21,
            "the finish loads input " + Twine(i.immediate) +
                ", which moves with a reduction dimension");
    break;
  case ImmediateKind::Dimension:
    check(i.immediate < (inFinish ? parallelDims : c.sizes.size()), 19,
          "index of dimension " + Twine(i.immediate) + " of " +
              Twine(inFinish ? parallelDims : c.sizes.size()));
    break;
  case ImmediateKind::Predicate:
    check(i.immediate < numComparePredicates, 19,
          "comparison " + Twine(i.immediate));
    break;
  }
  if (check(i.destination < maxVectorRegisters, 20,
            info->name + " writes register " +
                Twine(unsigned(i.destination)))) {
    check(!(readOnly >> i.destination & 1), 20,
          "the body writes accumulator " + Twine(unsigned(i.destination)));
    defined |= uint32_t(1) << i.destination;
  }
}

void QueueVerifier::checkMicroProgram(const VectorCommand &c) {
  uint32_t accumulators = 0;
  for (const VectorReduction &r : c.reductions) {
    check(unsigned(r.combiner) < numCombiners, 19,
          "no combiner has number " + Twine(unsigned(r.combiner)));
    if (!check(r.accumulator < maxVectorRegisters &&
                   r.source < maxVectorRegisters,
               20, "a reduction of a register that does not exist"))
      return;
    check(!(accumulators >> r.accumulator & 1), 20,
          "two reductions into register " + Twine(unsigned(r.accumulator)));
    accumulators |= uint32_t(1) << r.accumulator;
  }
  uint32_t defined = 0;
  for (const VectorInstruction &i : c.body)
    checkInstruction(c, i, defined, accumulators, /*inFinish=*/false);
  for (const VectorReduction &r : c.reductions)
    check(defined >> r.source & 1, 20,
          "a reduction reads register " + Twine(unsigned(r.source)) +
              ", which has no value");
  // The values of one reduction step do not outlive it.
  if (c.numReductionDims > 0)
    defined = accumulators;
  for (const VectorInstruction &i : c.finish)
    checkInstruction(c, i, defined, 0, /*inFinish=*/true);
  for (const VectorOutput &output : c.outputs)
    check(output.source < maxVectorRegisters && (defined >> output.source & 1),
          20,
          "an output stores register " + Twine(unsigned(output.source)) +
              ", which has no value");
}

void QueueVerifier::verify(const VectorCommand &c) {
  checkEngine(Engine::Vector);
  checkSizes(c.sizes);
  auto atMost = [&](size_t number, unsigned limit, const char *what) {
    check(number <= limit, 18,
          Twine(number) + " " + what + "; at most " + Twine(limit) +
              " are possible");
  };
  atMost(c.inputs.size(), maxVectorInputs, "inputs");
  atMost(c.outputs.size(), maxVectorOutputs, "outputs");
  atMost(c.reductions.size(), maxVectorReductions, "reductions");
  atMost(c.body.size() + c.finish.size(), maxVectorInstructions,
         "instructions");
  check(!c.outputs.empty(), 18, "no output");
  check(c.numReductionDims <= c.sizes.size(), 18,
        Twine(c.numReductionDims) + " reduction dimensions of " +
            Twine(c.sizes.size()));
  check(c.reductions.empty() || c.numReductionDims > 0, 18,
        "reductions without a reduction dimension");
  if (!message.empty())
    return;

  for (auto [number, input] : llvm::enumerate(c.inputs)) {
    checkOperand("input " + Twine(number), input, c.sizes, true);
    checkReach("input " + Twine(number), input.address);
  }
  unsigned parallelDims = c.sizes.size() - c.numReductionDims;
  for (auto [number, output] : llvm::enumerate(c.outputs)) {
    checkOperand("output " + Twine(number), output.descriptor,
                 ArrayRef(c.sizes).take_front(parallelDims), false);
    checkReach("output " + Twine(number), output.descriptor.address);
    check(!output.isFloat || output.descriptor.type != ElementType::Bool, 18,
          "output " + Twine(number) + " stores a float as bool");
    check(output.isFloat || isInteger(output.descriptor.type), 18,
          "output " + Twine(number) + " stores an integer as " +
              getName(output.descriptor.type));
  }
  checkMicroProgram(c);
}

//===----------------------------------------------------------------------===//
// DMA commands
//===----------------------------------------------------------------------===//

void QueueVerifier::checkIndirection(const DMACommand &c) {
  const DMAIndirection &list = c.indirection;
  if (!check(list.dimension < c.sizes.size(), 24,
             "the index list is along dimension " +
                 Twine(unsigned(list.dimension)) + " of " +
                 Twine(c.sizes.size())))
    return;
  check(list.limit >= 1, 24, "the limit of the index list is 0");
  check(list.type == ElementType::I32 || list.type == ElementType::I64, 24,
        "the index list is not of type i32 or i64");
  checkAddress("index list", list.address,
               sizeof(uint64_t) * uint64_t(c.sizes[list.dimension]));
  checkReach("index list", list.address);
}

void QueueVerifier::verify(const DMACommand &c) {
  checkEngine(Engine::DMA);
  checkSizes(c.sizes);
  check(unsigned(c.kind) < numDMAKinds, 22,
        "no DMA kind has number " + Twine(unsigned(c.kind)));
  check(c.elementBytes <= sizeof(uint64_t) &&
            llvm::isPowerOf2_32(c.elementBytes),
        22, "elements of " + Twine(unsigned(c.elementBytes)) + " bytes");
  if (!message.empty())
    return;

  bool gather = c.kind == DMAKind::Gather, scatter = c.kind == DMAKind::Scatter;
  if (c.kind != DMAKind::Fill)
    checkOperand("source", c.source, c.sizes, false,
                 gather ? c.indirection.limit : 0);
  else
    check(c.elementBytes == sizeof(uint64_t) ||
              llvm::isUIntN(c.elementBytes * 8, c.fillBits),
          22, "fill bits beyond the element");
  checkOperand("destination", c.destination, c.sizes, false,
               scatter ? c.indirection.limit : 0);
  if (c.multicast)
    check(c.destination.address.space == MemorySpace::Local &&
              (program.numCores >= 64 ||
               llvm::isUIntN(program.numCores, c.multicast)),
          23, "multicast to something else than cores of the program");
  if (gather || scatter)
    checkIndirection(c);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void QueueVerifier::verify(const WaitCommand &c) {
  check(c.semaphore < maxSemaphores, 7, "semaphore " + Twine(c.semaphore));
  check(c.count >= 1 && c.count <= maxSemaphoreCount, 7,
        "waits for a count of " + Twine(c.count));
}

void QueueVerifier::verify(const SignalCommand &c) {
  check(c.semaphore < maxSemaphores, 8, "semaphore " + Twine(c.semaphore));
  check(c.count >= 1 && c.count <= maxSemaphoreCount, 8,
        "signals a count of " + Twine(c.count));
  check(llvm::any_of(program.queues,
                     [&](const Queue &other) {
                       return other.core == c.core && other.engine == c.engine;
                     }),
        8,
        "signals a queue that the program does not have (core " +
            Twine(c.core) + ")");
}

void QueueVerifier::verify(const LoopBeginCommand &c) {
  check(loops.size() < maxLoopDepth, 5,
        "loops nest deeper than " + Twine(maxLoopDepth));
  check(c.count >= 1, 5, "a loop with count 0");
  if (checkParameter(c.parameter) && c.parameter >= 0)
    check(c.count == program.parameters[c.parameter].maximum, 5,
          "the count " + Twine(c.count) + " is not the maximum " +
              Twine(program.parameters[c.parameter].maximum) +
              " of the loop's parameter");
  loops.push_back({c.count, c.parameter >= 0, accumulators});
}

void QueueVerifier::verify(const LoopEndCommand &) {
  if (!check(!loops.empty(), 5, "the end of a loop that did not begin"))
    return;
  Loop loop = loops.pop_back_val();
  if (loop.first && loop.first->accumulate && loop.count > 1)
    check(accumulators == Accumulators::of(*loop.first), 17,
          "the loop's next turn accumulates on other sums than its last turn "
          "leaves");
  if (loop.mayBeSkipped && loop.first && !(accumulators == loop.before))
    accumulators = Accumulators();
}

} // namespace

llvm::Error garam::npu::verify(const Program &program) {
  auto fail = [](unsigned rule, const Twine &message) {
    return llvm::createStringError("NPU program: (C" + Twine(rule) + ") " +
                                   message);
  };
  if (program.numCores < 1 || program.numCores > maxCores)
    return fail(1, Twine(program.numCores) + " cores");
  if (program.parameters.size() > maxLaunchParameters)
    return fail(2, Twine(program.parameters.size()) + " launch parameters");
  if (program.segments.size() > maxSegments)
    return fail(2, Twine(program.segments.size()) + " segments");
  for (const LaunchParameter &parameter : program.parameters)
    if (parameter.name.size() > maxNameLength)
      return fail(2, "the name of a launch parameter is too long");
  for (const Segment &segment : program.segments)
    if (segment.name.size() > maxNameLength ||
        unsigned(segment.role) >= numSegmentRoles ||
        segment.size > uint64_t(maxAddress))
      return fail(2, "segment '" + segment.name.substr(0, 64) +
                         "' has a name, role or size out of range");

  const Queue *previous = nullptr;
  for (const Queue &queue : program.queues) {
    if (queue.core >= program.numCores ||
        unsigned(queue.engine) >= numEngineKinds)
      return fail(3, "a queue of core " + Twine(queue.core) + " of " +
                         Twine(program.numCores));
    if (previous && std::make_pair(previous->core, previous->engine) >=
                        std::make_pair(queue.core, queue.engine))
      return fail(3, "the queues are not in increasing order of core and "
                     "engine");
    previous = &queue;
  }
  for (const Queue &queue : program.queues)
    if (llvm::Error error = QueueVerifier(program, queue).run())
      return error;
  return llvm::Error::success();
}
