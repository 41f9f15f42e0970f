//===- ProgramLayout.h - Binary form of HBM-PIM programs --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One description of the fields serves the encoder and the decoder, which are
// two kinds of IO (ProgramFields.h). All is in words of 32 bits.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H
#define GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H

#include "Words.h"
#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Program.h"
#include "garam/Target/ProgramFields.h"

namespace garam::pim::layout {

/// "GPIM" and the version of the form.
constexpr uint32_t magic = 0x4D495047, version = 1;
constexpr unsigned wordBytes = 4; // the unit of all fields

template <typename IO>
void visitFields(IO &io, ChannelRange &range) {
  io.number("first_channel", range.first);
  io.number("channels", range.count);
}

template <typename IO>
void visitFields(IO &io, WalkDim &dim) {
  io.number("count", dim.count);
  io.number("bank_step", dim.bank);
  io.number("place_step", dim.place);
  io.number("data_step", dim.data);
}

template <typename IO>
void visitFields(IO &io, RepeatStep &step) {
  io.number("place_step", step.place);
  io.number("data_step", step.data);
}

template <typename IO>
void visitFields(IO &io, AccessCommand &access) {
  io.enumerator("kind", access.kind, numAccessKinds);
  io.enumerator("source", access.source, numDataSources);
  visitFields(io, access.channels);
  io.number("rank", access.rank);
  io.number("bank", access.bank);
  io.number("place", access.place);
  io.number("data", access.data);
  io.number("data_end", access.dataEnd);
  io.number("channel_group", access.channelGroup);
  io.number("channel_data", access.channelData);
  io.list("dimensions", access.dims,
          [&](auto &part) { visitFields(io, part); });
  io.list("repetitions_around", access.repeats,
          [&](auto &part) { visitFields(io, part); });
}

template <typename IO>
void visitFields(IO &io, BarrierCommand &barrier) {
  visitFields(io, barrier.channels);
}
template <typename IO>
void visitFields(IO &io, RepeatBegin &repeat) {
  io.number("count", repeat.count);
}
template <typename IO>
void visitFields(IO &, RepeatEnd &) {}

template <typename IO>
void visitFields(IO &io, StreamCommand &command) {
  io.alternative("command", command,
                 [&](auto &member) { visitFields(io, member); });
}

template <typename IO>
void visitFields(IO &io, Phase &phase) {
  io.text("name", phase.name);
  io.number("setup", phase.isSetup);
  io.list("commands", phase.commands,
          [&](auto &part) { visitFields(io, part); });
}

template <typename IO>
void visitFields(IO &io, TensorPlace &place) {
  io.number("segment", place.segment);
  io.number("offset", place.offset);
  io.enumerator("type", place.type, numFloatTypes);
}

template <typename IO>
void visitFields(IO &io, TensorDim &dim) {
  io.number("count", dim.count);
  io.number("stride", dim.stride);
}

template <typename IO>
void visitFields(IO &io, ConvertCommand &convert) {
  visitFields(io, convert.source);
  io.list("dimensions", convert.dims,
          [&](auto &part) { visitFields(io, part); });
  io.number("staging", convert.staging);
  io.number("bursts", convert.bursts);
}

template <typename IO>
void visitFields(IO &io, ReduceCommand &reduce) {
  io.number("staging", reduce.staging);
  io.number("outputs", reduce.outputs);
  io.number("parts", reduce.parts);
  io.number("part_stride", reduce.partStride);
  io.number("alpha", reduce.alpha);
  io.number("beta", reduce.beta);
  io.optional("bias", reduce.bias, [&](auto &part) { visitFields(io, part); });
  io.number("relu", reduce.relu);
  visitFields(io, reduce.destination);
}

template <typename IO>
void visitFields(IO &io, StoreCommand &store) {
  io.number("staging", store.staging);
  io.number("elements", store.elements);
  visitFields(io, store.destination);
}

template <typename IO>
void visitFields(IO &io, Step &step) {
  io.alternative("step", step, [&](auto &member) { visitFields(io, member); });
}

template <typename IO>
void visitFields(IO &io, Burst &burst) {
  io.fixed("literal", burst);
}

template <typename IO>
void visitFields(IO &io, Instruction &instruction) {
  uint32_t word = pack(instruction);
  io.number("instruction", word);
  if constexpr (std::is_same_v<IO, FieldReader>) {
    llvm::Expected<Instruction> decoded = decode(word);
    if (decoded)
      instruction = *decoded;
    else
      io.fail(llvm::toString(decoded.takeError()));
  }
}
template <typename IO>
void visitFields(IO &io, std::vector<Instruction> &kernel) {
  io.list("micro-kernel", kernel, [&](auto &part) { visitFields(io, part); });
}

template <typename IO>
void visitFields(IO &io, Program &program) {
  io.constant("magic", magic);
  io.constant("version", version);
  visitSegments(io, program.segments);
  io.list("micro-kernels", program.microKernels,
          [&](auto &part) { visitFields(io, part); });
  io.list("literals", program.literals,
          [&](auto &part) { visitFields(io, part); });
  io.number("staging_bursts", program.stagingBursts);
  io.list("steps", program.steps, [&](auto &part) { visitFields(io, part); });
}

} // namespace garam::pim::layout

#endif // GARAM_LIB_TARGET_PIM_PROGRAMLAYOUT_H
