//===- ProgramCheck.cpp - Whether a program fits a machine ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Rules.h"
#include "garam/Target/PIM/Program.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

namespace {

/// Transactions of all channels and operations of the driver together: a
/// stranger's program ends.
constexpr uint64_t maxOperations = uint64_t(1) << 36;
/// 512 MiB.
constexpr uint32_t maxStagingBursts = uint32_t(1) << 24;

/// Sums and products that stay at the largest number.
uint64_t addTo(uint64_t a, uint64_t b) { return llvm::SaturatingAdd(a, b); }
uint64_t multiplyBy(uint64_t a, uint64_t b) {
  return llvm::SaturatingMultiply(a, b);
}
/// How far `count` steps lead from the first.
uint64_t getReach(uint64_t count, uint64_t step) {
  return multiplyBy(count - 1, step);
}

class ProgramChecker {
public:
  ProgramChecker(const Program &program, const MachineDescription &machine)
      : program(program), machine(machine) {}

  llvm::Error run();

private:
  llvm::Error fail(const llvm::Twine &what) const {
    return llvm::createStringError(place + ": " + what.str());
  }

  llvm::Error checkMicroKernels();
  llvm::Error addOperations(uint64_t count);
  llvm::Error checkStep(const Phase &phase);
  llvm::Error checkStep(const ConvertCommand &convert);
  llvm::Error checkStep(const ReduceCommand &reduce);
  llvm::Error checkStep(const StoreCommand &store);
  llvm::Error checkAccess(const AccessCommand &access, bool isSetup);
  llvm::Error checkLocations(const AccessCommand &access);
  llvm::Error checkData(const AccessCommand &access, bool isSetup);
  llvm::Error checkChannels(const ChannelRange &channels);
  llvm::Error checkRepeats(const Phase &phase);
  llvm::Error checkStaging(uint64_t first, uint64_t bursts);
  llvm::Error checkTensor(const TensorPlace &tensor, uint64_t lastElement,
                          bool isWritten);
  uint64_t getSourceBursts(DataSource source) const;

  const Program &program;
  const MachineDescription &machine;
  std::string place = "the program"; // for messages
  bool runHasBegun = false;          // a step that is no setup came
  uint64_t operations = 0;           // so far, as maxOperations counts them
  std::vector<uint32_t> repeats;     // counts of what is open
};

llvm::Error ProgramChecker::checkMicroKernels() {
  Profile profile = machine.hasPipeline ? Profile::Silicon : Profile::Simulator;
  for (auto [number, kernel] : llvm::enumerate(program.microKernels))
    for (const Finding &finding : checkProgram(kernel, profile))
      if (finding.severity == Severity::Error)
        return fail("micro-kernel " + llvm::Twine(number) + ", instruction " +
                    llvm::Twine(finding.instruction) + ": " + finding.message);
  return llvm::Error::success();
}

llvm::Error ProgramChecker::addOperations(uint64_t count) {
  operations = addTo(operations, count);
  if (operations > maxOperations)
    return fail("the program has more than 2^36 transactions and operations "
                "of the driver");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

uint64_t ProgramChecker::getSourceBursts(DataSource source) const {
  switch (source) {
  case DataSource::Literal:
    return program.literals.size();
  case DataSource::MicroKernel:
    return uint64_t(program.microKernels.size()) * burstsPerMicroKernel;
  case DataSource::Constant:
    if (program.segments.empty() ||
        program.segments.front().role != MemoryRole::Constant)
      return 0;
    return program.segments.front().size / bytesPerBurst;
  case DataSource::Staging:
    return program.stagingBursts;
  }
  return 0;
}

llvm::Error ProgramChecker::checkChannels(const ChannelRange &channels) {
  uint32_t all = machine.geometry.channels;
  if (channels.first >= all || channels.count > all - channels.first)
    return fail("names channels " + llvm::Twine(channels.first) + " to " +
                llvm::Twine(uint64_t(channels.first) + channels.count) +
                ", but there are " + llvm::Twine(all));
  return llvm::Error::success();
}

llvm::Error ProgramChecker::checkLocations(const AccessCommand &access) {
  const Geometry &g = machine.geometry;
  uint64_t bank = access.bank, lastPlace = access.place;
  for (const WalkDim &dim : access.dims) {
    bank = addTo(bank, getReach(dim.count, dim.bank));
    lastPlace = addTo(lastPlace, getReach(dim.count, dim.place));
  }
  for (auto [count, step] : llvm::zip_equal(repeats, access.repeats))
    lastPlace = addTo(lastPlace, getReach(count, step.place));
  if (access.rank >= g.ranks)
    return fail("accesses rank " + llvm::Twine(access.rank) +
                ", but there are " + llvm::Twine(g.ranks));
  if (bank >= g.getBanks())
    return fail("accesses bank " + llvm::Twine(bank) + ", but there are " +
                llvm::Twine(g.getBanks()));
  uint64_t places = uint64_t(g.rows) * g.columns;
  if (lastPlace >= places)
    return fail("accesses place " + llvm::Twine(lastPlace) +
                " of a bank, which has " + llvm::Twine(places));
  return llvm::Error::success();
}

llvm::Error ProgramChecker::checkData(const AccessCommand &access,
                                      bool isSetup) {
  // Sums of 32-bit steps must not wrap round.
  uint64_t last = addTo(
      access.data, multiplyBy((access.channels.count - 1) / access.channelGroup,
                              access.channelData));
  for (const WalkDim &dim : access.dims)
    last = addTo(last, getReach(dim.count, dim.data));
  for (auto [count, step] : llvm::zip_equal(repeats, access.repeats))
    last = addTo(last, getReach(count, step.data));
  if (last > std::numeric_limits<uint32_t>::max())
    return fail("has data beyond the largest number of a burst");
  if (access.kind == TransactionKind::Read)
    return llvm::Error::success();
  bool isResult = access.kind == TransactionKind::ResultRead;
  if (isSetup && (isResult || access.source == DataSource::Staging))
    return fail("needs the driver, but belongs to the setup");
  DataSource source = isResult ? DataSource::Staging : access.source;
  if (access.dataEnd > getSourceBursts(source))
    return fail("has data up to burst " + llvm::Twine(access.dataEnd) +
                " of '" + getName(source) + "', which has " +
                llvm::Twine(getSourceBursts(source)));
  return llvm::Error::success();
}

llvm::Error ProgramChecker::checkAccess(const AccessCommand &access,
                                        bool isSetup) {
  if (access.repeats.size() != repeats.size())
    return fail("has steps for " + llvm::Twine(access.repeats.size()) +
                " repetitions, but is in " + llvm::Twine(repeats.size()));
  if (llvm::any_of(access.dims,
                   [](const WalkDim &dim) { return dim.count == 0; }) ||
      access.channelGroup == 0 || access.channels.count == 0)
    return fail("counts channels or a dimension as 0");
  if (llvm::Error error = checkChannels(access.channels))
    return error;
  if (llvm::Error error = checkLocations(access))
    return error;
  uint64_t count = access.channels.count;
  for (const WalkDim &dim : access.dims)
    count = multiplyBy(count, dim.count);
  for (uint32_t turns : repeats)
    count = multiplyBy(count, turns);
  if (llvm::Error error = addOperations(count))
    return error;
  return checkData(access, isSetup);
}

llvm::Error ProgramChecker::checkStep(const Phase &phase) {
  if (phase.isSetup && runHasBegun)
    return fail("belongs to the setup, but comes after a step of a run");
  runHasBegun |= !phase.isSetup;
  if (!isPhaseName(phase.name))
    return fail("a phase has a name of letters, digits, '_', '-' and '.'");
  std::string phasePlace = place;
  for (auto [number, command] : llvm::enumerate(phase.commands)) {
    place = phasePlace + ", command " + std::to_string(number);
    // Even what does nothing takes its turns.
    uint64_t turns = machine.geometry.channels;
    for (uint32_t count : repeats)
      turns = multiplyBy(turns, count);
    if (llvm::Error error = addOperations(turns))
      return error;
    if (const auto *access = std::get_if<AccessCommand>(&command)) {
      if (llvm::Error error = checkAccess(*access, phase.isSetup))
        return error;
    } else if (const auto *barrier = std::get_if<BarrierCommand>(&command)) {
      if (llvm::Error error = checkChannels(barrier->channels))
        return error;
    } else if (const auto *repeat = std::get_if<RepeatBegin>(&command)) {
      if (repeat->count == 0)
        return fail("repeats nothing: its count is 0");
      repeats.push_back(repeat->count);
    } else if (repeats.empty()) {
      return fail("ends a repetition that has not begun");
    } else {
      repeats.pop_back();
    }
  }
  place = phasePlace;
  if (!repeats.empty())
    return fail("has a repetition without an end");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

llvm::Error ProgramChecker::checkStaging(uint64_t first, uint64_t bursts) {
  if (addTo(first, bursts) > program.stagingBursts)
    return fail("uses bursts " + llvm::Twine(first) + " to " +
                llvm::Twine(addTo(first, bursts)) +
                " of the staging buffer, which has " +
                llvm::Twine(program.stagingBursts));
  return llvm::Error::success();
}

llvm::Error ProgramChecker::checkTensor(const TensorPlace &tensor,
                                        uint64_t lastElement, bool isWritten) {
  if (tensor.segment >= program.segments.size())
    return fail("names segment " + llvm::Twine(tensor.segment) +
                ", but there are " + llvm::Twine(program.segments.size()));
  const DeviceSegment &segment = program.segments[tensor.segment];
  uint64_t end = addTo(tensor.offset, multiplyBy(addTo(lastElement, 1),
                                                 getByteWidth(tensor.type)));
  if (end > segment.size)
    return fail("reaches byte " + llvm::Twine(end) + " of segment '" +
                segment.name + "', which has " + llvm::Twine(segment.size));
  bool isWritable =
      segment.role == MemoryRole::Output || segment.role == MemoryRole::Scratch;
  if (isWritten && !isWritable)
    return fail("writes segment '" + segment.name +
                "', which is only to be read");
  return llvm::Error::success();
}

llvm::Error ProgramChecker::checkStep(const ConvertCommand &convert) {
  runHasBegun = true;
  uint64_t elements = 1, last = 0;
  for (const TensorDim &dim : convert.dims) {
    if (dim.count == 0)
      return fail("counts a dimension as 0");
    elements = multiplyBy(elements, dim.count);
    last = addTo(last, getReach(dim.count, dim.stride));
  }
  if (elements > uint64_t(convert.bursts) * numLanes)
    return fail("converts " + llvm::Twine(elements) + " elements, but has " +
                llvm::Twine(convert.bursts) + " bursts of " +
                llvm::Twine(numLanes) + " for them");
  if (llvm::Error error = addOperations(uint64_t(convert.bursts) * numLanes))
    return error;
  if (llvm::Error error = checkStaging(convert.staging, convert.bursts))
    return error;
  return checkTensor(convert.source, last, /*isWritten=*/false);
}

llvm::Error ProgramChecker::checkStep(const ReduceCommand &reduce) {
  runHasBegun = true;
  if (reduce.outputs == 0 || reduce.parts == 0)
    return fail("sums up nothing");
  // Parts may lie on each other, so that no memory bounds their number.
  if (llvm::Error error = addOperations(
          multiplyBy(multiplyBy(reduce.outputs, reduce.parts), numLanes)))
    return error;
  uint64_t bursts =
      addTo(getReach(reduce.parts, reduce.partStride), reduce.outputs);
  if (llvm::Error error = checkStaging(reduce.staging, bursts))
    return error;
  if (reduce.bias) {
    if (reduce.bias->type != FloatType::F32)
      return fail("has a bias that is not of f32");
    if (llvm::Error error = checkTensor(*reduce.bias, reduce.outputs - 1,
                                        /*isWritten=*/false))
      return error;
  }
  return checkTensor(reduce.destination, reduce.outputs - 1,
                     /*isWritten=*/true);
}

llvm::Error ProgramChecker::checkStep(const StoreCommand &store) {
  runHasBegun = true;
  if (store.elements == 0)
    return fail("stores nothing");
  if (llvm::Error error = addOperations(store.elements))
    return error;
  if (llvm::Error error = checkStaging(
          store.staging, llvm::divideCeil(uint64_t(store.elements), numLanes)))
    return error;
  return checkTensor(store.destination, store.elements - 1,
                     /*isWritten=*/true);
}

llvm::Error ProgramChecker::run() {
  if (llvm::Error error = checkMicroKernels())
    return error;
  if (program.stagingBursts > maxStagingBursts)
    return fail("the staging buffer has at most " +
                llvm::Twine(maxStagingBursts) +
                " bursts, got: " + llvm::Twine(program.stagingBursts));
  for (auto [number, step] : llvm::enumerate(program.steps)) {
    place = "step " + std::to_string(number);
    if (llvm::Error error =
            std::visit([&](const auto &s) { return checkStep(s); }, step))
      return error;
  }
  return llvm::Error::success();
}

} // namespace

llvm::StringRef getName(DataSource source) {
  constexpr llvm::StringLiteral names[numDataSources] = {
      "literal", "micro_kernel", "constant", "staging"};
  return names[static_cast<unsigned>(source)];
}

uint32_t getByteWidth(FloatType type) {
  return type == FloatType::F32 ? sizeof(float) : sizeof(uint16_t);
}

uint64_t ConvertCommand::getElements() const {
  uint64_t elements = 1;
  for (const TensorDim &dim : dims)
    elements *= dim.count;
  return elements;
}

llvm::Error check(const Program &program, const MachineDescription &machine) {
  return ProgramChecker(program, machine).run();
}

} // namespace garam::pim
