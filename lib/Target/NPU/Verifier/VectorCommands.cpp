//===- VectorCommands.cpp - Rules of vector commands ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include <cmath>

using llvm::ArrayRef;
using llvm::Twine;

namespace garam::npu {

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

/// Whether the combiner works on f32.
static bool isFloat(Combiner combiner) { return combiner <= Combiner::MinF; }

void QueueVerifier::checkInitialInput(const VectorCommand &c,
                                      const VectorReduction &r) {
  if (r.initialInput < 0)
    return;
  std::string place =
      "a reduction from input " + std::to_string(r.initialInput);
  if (!check(size_t(r.initialInput) < c.inputs.size(), 19,
             Twine(place) + " of " + Twine(c.inputs.size())))
    return;
  const Descriptor &input = c.inputs[r.initialInput];
  check(r.initial == 0, 19, place + " with initial bits");
  check(isInteger(input.type) != isFloat(r.combiner), 19,
        Twine(place) + " of type " + getName(input.type) + " by " +
            getName(r.combiner));
  check(ignoresDims(input, c.sizes.size() - c.numReductionDims), 21,
        place + ", which moves with a reduction dimension");
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
    checkInitialInput(c, r);
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
    check(std::isfinite(output.scale) && output.scale > 0, 18,
          "output " + Twine(number) + " of scale " +
              std::to_string(output.scale));
    check(!quantizes(output) ||
              (output.isFloat && isInteger(output.descriptor.type)),
          18,
          "output " + Twine(number) + " quantises " +
              (output.isFloat ? "an f32" : "an i32") + " to " +
              getName(output.descriptor.type));
  }
  checkMicroProgram(c);
}

} // namespace garam::npu
