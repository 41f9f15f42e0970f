//===- StepChecker.cpp - Whether steps of several devices agree -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Steps are listed after those that they wait for. So it is enough to go
// through them in that order, and to compare each use of a segment with the
// last write of it and the reads since then: what came earlier is ordered
// before those already.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/StepChecker.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace garam {

bool isUsableAs(MemoryRole actual, MemoryRole declared) {
  switch (declared) {
  case MemoryRole::Input:
    return actual == MemoryRole::Input || actual == MemoryRole::Output ||
           actual == MemoryRole::Scratch;
  case MemoryRole::Output:
    return actual == MemoryRole::Output || actual == MemoryRole::Scratch;
  case MemoryRole::Constant:
  case MemoryRole::Parameter:
  case MemoryRole::State:
  case MemoryRole::Scratch:
    return actual == declared;
  }
  return false;
}

namespace {

/// What is known of a segment at some step.
struct SegmentState {
  /// Written by the caller, by the compiler or by a step.
  bool isDefined = false;
  /// Holds a value: what the caller gave, or a step wrote for others.
  bool holdsValue = false;
  /// Nobody has read what the last writer wrote for others.
  bool isUnread = false;
  std::optional<uint32_t> lastWriter;
  std::vector<uint32_t> readers; // since then
};

class Checker {
public:
  Checker(const Manifest &manifest,
          ArrayRef<std::vector<DeviceSegment>> declared,
          const EntryPoint &entry)
      : manifest(manifest), declared(declared), entry(entry),
        states(manifest.segments.size()), ancestors(entry.steps.size()) {}

  Error run();

private:
  Error checkDispatch(uint32_t step);
  Error checkSharing(uint32_t step) const;
  Error checkTransfer(uint32_t step);
  Error read(uint32_t step, uint32_t segment);
  Error write(uint32_t step, uint32_t segment);
  /// Writes what only this step, or a later run, makes use of.
  Error keep(uint32_t step, uint32_t segment);
  Error make(uint32_t segment, const Twine &maker);
  Error order(uint32_t earlier, uint32_t step, uint32_t segment) const;
  Error checkRead(uint32_t segment) const;
  Error takeInput(const Binding &input);
  Error checkOutput(const Binding &output);
  Error checkOutputs();

  Error fail(const Twine &message) const {
    return createStringError("entry point '" + entry.name + "': " + message);
  }
  std::string describe(uint32_t segment) const {
    return ("segment " + Twine(segment) + " ('" +
            manifest.segments[segment].segment.name + "')")
        .str();
  }

  const Manifest &manifest;
  ArrayRef<std::vector<DeviceSegment>> declared;
  const EntryPoint &entry;
  std::vector<SegmentState> states;
  DenseMap<uint32_t, std::string> makers; // of values
  /// The steps that end before a step starts, whatever the times are.
  std::vector<BitVector> ancestors;
};

} // namespace

Error Checker::order(uint32_t earlier, uint32_t step, uint32_t segment) const {
  if (earlier == step || ancestors[step].test(earlier))
    return Error::success();
  return fail("steps " + Twine(earlier) + " and " + Twine(step) + " both use " +
              describe(segment) +
              ", at least one writes it, and the later does not wait for the "
              "earlier");
}

Error Checker::read(uint32_t step, uint32_t segment) {
  SegmentState &state = states[segment];
  if (!state.isDefined)
    return fail("step " + Twine(step) + " reads " + describe(segment) +
                ", which nothing has written before");
  if (state.lastWriter)
    if (Error error = order(*state.lastWriter, step, segment))
      return error;
  state.isUnread = false;
  state.readers.push_back(step);
  return Error::success();
}

/// What the last writer of `segment` left there for others has been read.
Error Checker::checkRead(uint32_t segment) const {
  const SegmentState &state = states[segment];
  if (!state.isUnread)
    return Error::success();
  return fail("what step " + Twine(*state.lastWriter) + " writes to " +
              describe(segment) + " is never read");
}

Error Checker::keep(uint32_t step, uint32_t segment) {
  SegmentState &state = states[segment];
  if (Error error = checkRead(segment))
    return error;
  if (state.lastWriter)
    if (Error error = order(*state.lastWriter, step, segment))
      return error;
  for (uint32_t reader : state.readers)
    if (Error error = order(reader, step, segment))
      return error;
  state.readers.clear();
  state.lastWriter = step;
  state.isDefined =
      manifest.segments[segment].segment.role == MemoryRole::State;
  return Error::success();
}

Error Checker::write(uint32_t step, uint32_t segment) {
  MemoryRole role = manifest.segments[segment].segment.role;
  if (!isUsableAs(role, MemoryRole::Input))
    return fail("step " + Twine(step) + " writes " + describe(segment) +
                ", whose role is " + getName(role));
  SegmentState &state = states[segment];
  if (state.holdsValue)
    return fail("step " + Twine(step) + " writes " + describe(segment) +
                ", which holds the value of " +
                (state.lastWriter ? "step " + Twine(*state.lastWriter)
                                  : Twine("an input")));
  if (Error error = keep(step, segment))
    return error;
  state.isDefined = state.holdsValue = state.isUnread = true;
  return Error::success();
}

static bool isWritten(MemoryRole role) {
  return role == MemoryRole::Output || role == MemoryRole::Scratch ||
         role == MemoryRole::State;
}

/// Within a program no order is known: what it writes is nothing else that it
/// uses.
Error Checker::checkSharing(uint32_t step) const {
  const Step &dispatch = entry.steps[step];
  SmallDenseMap<uint32_t, bool> writtenSegments; // those of the step
  for (const auto &[segment, own] :
       zip(dispatch.segments, declared[dispatch.program])) {
    auto [known, isNew] =
        writtenSegments.try_emplace(segment, isWritten(own.role));
    if (!isNew && (known->second || isWritten(own.role)))
      return fail("step " + Twine(step) + " writes " + describe(segment) +
                  " and uses it twice");
  }
  return Error::success();
}

Error Checker::checkDispatch(uint32_t step) {
  uint32_t program = entry.steps[step].program;
  ArrayRef<uint32_t> numbers = entry.steps[step].segments;
  if (Error error = checkSharing(step))
    return error;
  for (const auto &[segment, own] : zip(numbers, declared[program]))
    if (!isWritten(own.role))
      if (Error error = read(step, segment))
        return error;
  for (const auto &[segment, own] : zip(numbers, declared[program])) {
    if (own.role == MemoryRole::Output) {
      if (Error error = make(segment, "step " + Twine(step)))
        return error;
      if (Error error = write(step, segment))
        return error;
    } else if (isWritten(own.role)) {
      if (Error error = keep(step, segment))
        return error;
    }
  }
  return Error::success();
}

/// Both ends hold the same tensor.
Error Checker::checkTransfer(uint32_t step) {
  uint32_t from = entry.steps[step].from, to = entry.steps[step].to;
  auto describeValue = [&](uint32_t segment) {
    std::optional<uint32_t> value = manifest.segments[segment].value;
    return describe(segment) +
           (value ? " of value " + std::to_string(*value) : " of no value");
  };
  const std::optional<uint32_t> &value = manifest.segments[from].value;
  if (!value || value != manifest.segments[to].value)
    return fail("step " + Twine(step) + " moves " + describeValue(from) +
                " to " + describeValue(to));
  if (Error error = read(step, from))
    return error;
  return write(step, to);
}

/// What moves is made once, by the caller or a dispatch; all else that holds it
/// is reached by transfers from there.
Error Checker::make(uint32_t segment, const Twine &maker) {
  std::optional<uint32_t> value = manifest.segments[segment].value;
  if (!value)
    return Error::success();
  auto [known, isNew] = makers.try_emplace(*value, maker.str());
  if (isNew)
    return Error::success();
  return fail(known->second + " and " + maker + " both make value " +
              Twine(*value));
}

Error Checker::checkOutput(const Binding &output) {
  SegmentState &state = states[output.segment];
  if (!state.isDefined)
    return fail("no step writes the output '" + output.name + "'");
  state.isUnread = false;
  return Error::success();
}

Error Checker::checkOutputs() {
  for (const Binding &output : entry.outputs)
    if (Error error = checkOutput(output))
      return error;
  for (const CarriedState &state : entry.states)
    if (Error error = checkOutput(state.output))
      return error;
  for (uint32_t segment = 0; segment < states.size(); ++segment)
    if (Error error = checkRead(segment))
      return error;
  return Error::success();
}

Error Checker::takeInput(const Binding &input) {
  states[input.segment].isDefined = states[input.segment].holdsValue = true;
  return make(input.segment, "the input '" + input.name + "'");
}

Error Checker::run() {
  for (const auto &[state, segment] : zip(states, manifest.segments))
    state.isDefined = segment.segment.role == MemoryRole::Constant ||
                      segment.segment.role == MemoryRole::Parameter ||
                      segment.segment.role == MemoryRole::State;
  for (const Binding &input : entry.inputs)
    if (Error error = takeInput(input))
      return error;
  if (entry.sizes)
    if (Error error = takeInput(*entry.sizes))
      return error;
  for (const CarriedState &state : entry.states)
    if (Error error = takeInput(state.input))
      return error;
  for (uint32_t step = 0; step < entry.steps.size(); ++step) {
    BitVector &known = ancestors[step];
    known.resize(step);
    for (uint32_t earlier : entry.steps[step].after) {
      known |= ancestors[earlier];
      known.set(earlier);
    }
    if (Error error = entry.steps[step].kind == Step::Kind::Dispatch
                          ? checkDispatch(step)
                          : checkTransfer(step))
      return error;
  }
  return checkOutputs();
}

Error checkSteps(const Manifest &manifest,
                 ArrayRef<std::vector<DeviceSegment>> declared) {
  for (const EntryPoint &entry : manifest.entryPoints)
    if (Error error = Checker(manifest, declared, entry).run())
      return error;
  return Error::success();
}

} // namespace garam
