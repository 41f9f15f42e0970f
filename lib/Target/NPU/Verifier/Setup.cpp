//===- Setup.cpp - Rules of resident bytes and the set-up -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include "garam/Target/NPU/Machine/ByteRegion.h"
#include "llvm/ADT/bit.h"

#include <tuple>

using llvm::Twine;

namespace garam::npu {

static llvm::Error fail(unsigned rule, const Twine &message) {
  return llvm::createStringError("NPU program: (C" + Twine(rule) + ") " +
                                 message);
}

static llvm::Error checkResidents(const Program &program) {
  const ResidentBytes *previous = nullptr;
  for (const ResidentBytes &range : program.residents) {
    bool isThere = range.space == MemorySpace::Local
                       ? range.index < program.numCores
                       : range.space == MemorySpace::Shared && range.index == 0;
    if (!isThere)
      return fail(25, "resident bytes in " +
                          (unsigned(range.space) < numMemorySpaces
                               ? getName(range.space)
                               : llvm::StringRef("no memory")) +
                          " " + Twine(range.index));
    if (range.size < 1 || range.offset > uint64_t(maxAddress) ||
        range.size > uint64_t(maxAddress) - range.offset)
      return fail(25, Twine(range.size) + " resident bytes at " +
                          Twine(range.offset));
    // In one memory, a byte at least lies between two ranges.
    if (previous &&
        std::make_tuple(previous->space, previous->index, previous->getEnd()) >=
            std::make_tuple(range.space, range.index, range.offset))
      return fail(25, "the resident bytes are not in increasing order, or "
                      "ranges touch");
    previous = &range;
  }
  return llvm::Error::success();
}

/// Whether all that `copy` writes to the memory of `index` lies in one range.
static bool staysResident(const Program &program, const DMACommand &copy,
                          uint16_t index) {
  ByteRegion region = getRegion(program, copy.destination, copy.sizes,
                                copy.elementBytes, /*indices=*/{});
  const ResidentBytes *range =
      findResident(program, copy.destination.address.space, index, region);
  return range && int64_t(range->offset) <= region.getBegin() &&
         region.getEnd() <= int64_t(range->getEnd());
}

/// What is wrong with a command of the set-up; nothing when it is as it must
/// be. The rules of its queue hold.
static const char *findFault(const Program &program, const Command &command) {
  const auto *copy = std::get_if<DMACommand>(&command);
  if (!copy || copy->kind != DMAKind::Copy)
    return "is no copy";
  const Address &source = copy->source.address;
  if (source.space != MemorySpace::DRAM ||
      program.segments[source.index].role != SegmentRole::Constant)
    return "does not copy constants";
  const Address &destination = copy->destination.address;
  if (source.parameter >= 0 || destination.parameter >= 0)
    return "depends on a launch parameter";
  bool stays = true;
  if (copy->multicast == 0)
    stays = staysResident(program, *copy, destination.index);
  for (uint64_t cores = copy->multicast; cores; cores &= cores - 1)
    stays &= staysResident(program, *copy, llvm::countr_zero(cores));
  return stays ? nullptr : "writes bytes that are not resident";
}

llvm::Error verifySetup(const Program &program) {
  if (llvm::Error error = checkResidents(program))
    return error;
  if (program.residents.empty() != program.setup.empty())
    return fail(26, program.setup.empty()
                        ? "resident bytes that no set-up writes"
                        : "a set-up without resident bytes");
  for (const Queue &queue : program.setup) {
    if (queue.engine != Engine::DMA)
      return fail(26, "a set-up of core " + Twine(queue.core) + ", " +
                          getName(queue.engine) + " queue");
    for (const auto &[number, command] : llvm::enumerate(queue.commands))
      if (const char *fault = findFault(program, command))
        return fail(26, "set-up of core " + Twine(queue.core) + ", command " +
                            Twine(number) + " " + fault);
  }
  return llvm::Error::success();
}

} // namespace garam::npu
