//===- ProgramLayout.h - Binary form of HBM-PIM programs --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One description of the fields serves the encoder and the decoder, which are
// two kinds of IO. All is in words of 32 bits, little endian.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H
#define GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H

#include "garam/Target/PIM/Program.h"

namespace garam::pim::layout {

/// "GPIM" and the version of the form.
constexpr uint32_t magic = 0x4D495047, version = 1;

template <typename IO>
void visit(IO &io, DeviceSegment &segment) {
  io.enumerator("role", segment.role, numMemoryRoles);
  io.wide("size", segment.size);
  io.text("name", segment.name);
}

template <typename IO>
void visit(IO &io, ChannelRange &range) {
  io.word("first_channel", range.first);
  io.word("channels", range.count);
}

template <typename IO>
void visit(IO &io, WalkDim &dim) {
  io.word("count", dim.count);
  io.word("bank_step", dim.bank);
  io.word("place_step", dim.place);
  io.word("data_step", dim.data);
}

template <typename IO>
void visit(IO &io, RepeatStep &step) {
  io.word("place_step", step.place);
  io.word("data_step", step.data);
}

template <typename IO>
void visit(IO &io, AccessCommand &access) {
  io.enumerator("kind", access.kind, numAccessKinds);
  io.enumerator("source", access.source, numDataSources);
  visit(io, access.channels);
  io.word("rank", access.rank);
  io.word("bank", access.bank);
  io.word("place", access.place);
  io.word("data", access.data);
  io.word("data_end", access.dataEnd);
  io.word("channel_group", access.channelGroup);
  io.word("channel_data", access.channelData);
  io.list("dimensions", access.dims);
  io.list("repetitions_around", access.repeats);
}

template <typename IO>
void visit(IO &io, BarrierCommand &barrier) {
  visit(io, barrier.channels);
}
template <typename IO>
void visit(IO &io, RepeatBegin &repeat) {
  io.word("count", repeat.count);
}
template <typename IO>
void visit(IO &, RepeatEnd &) {}

template <typename IO>
void visit(IO &io, StreamCommand &command) {
  io.alternative("command", command);
}

template <typename IO>
void visit(IO &io, Phase &phase) {
  io.text("name", phase.name);
  io.truth("setup", phase.isSetup);
  io.list("commands", phase.commands);
}

template <typename IO>
void visit(IO &io, TensorPlace &place) {
  io.word("segment", place.segment);
  io.wide("offset", place.offset);
  io.enumerator("type", place.type, numFloatTypes);
}

template <typename IO>
void visit(IO &io, TensorDim &dim) {
  io.word("count", dim.count);
  io.wide("stride", dim.stride);
}

template <typename IO>
void visit(IO &io, ConvertCommand &convert) {
  visit(io, convert.source);
  io.list("dimensions", convert.dims);
  io.word("staging", convert.staging);
  io.word("bursts", convert.bursts);
}

template <typename IO>
void visit(IO &io, ReduceCommand &reduce) {
  io.word("staging", reduce.staging);
  io.word("outputs", reduce.outputs);
  io.word("parts", reduce.parts);
  io.word("part_stride", reduce.partStride);
  io.number("alpha", reduce.alpha);
  io.number("beta", reduce.beta);
  io.optional("bias", reduce.bias);
  io.truth("relu", reduce.relu);
  visit(io, reduce.destination);
}

template <typename IO>
void visit(IO &io, StoreCommand &store) {
  io.word("staging", store.staging);
  io.word("elements", store.elements);
  visit(io, store.destination);
}

template <typename IO>
void visit(IO &io, Step &step) {
  io.alternative("step", step);
}

template <typename IO>
void visit(IO &io, Burst &burst) {
  io.burst("literal", burst);
}

template <typename IO>
void visit(IO &io, std::vector<Instruction> &kernel) {
  io.instructions("micro-kernel", kernel);
}

template <typename IO>
void visit(IO &io, Program &program) {
  io.constant("magic", magic);
  io.constant("version", version);
  io.list("segments", program.segments);
  io.list("micro-kernels", program.microKernels);
  io.list("literals", program.literals);
  io.word("staging_bursts", program.stagingBursts);
  io.list("steps", program.steps);
}

} // namespace garam::pim::layout

#endif // GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H
