//===- Layout.h - Fields of the binary form of analog programs --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The order of all fields, once for both directions: each function visits the
// fields of one structure with an IO (ProgramFields.h), which is the encoder's
// writer (T const) or the decoder's reader. Everything is made of 32-bit words.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_LAYOUT_H
#define GARAM_LIB_TARGET_ANALOG_LAYOUT_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/ProgramFields.h"

namespace garam::analog::layout {

constexpr uint32_t magic = 0x4E414E47; // "GNAN" in memory
constexpr uint32_t version = 1;
constexpr unsigned wordBytes = 4; // the unit of all fields

template <typename IO, typename List>
void visitWords(IO &io, const char *name, List &list) {
  io.list(name, list, [&](auto &value) { io.number(name, value); });
}

template <typename IO, typename Access>
void visitAccess(IO &io, Access &access) {
  io.number("segment", access.segment);
  io.number("offset", access.offset);
  visitWords(io, "shape", access.shape);
  visitWords(io, "start", access.start);
  io.list("coefficients", access.coefficients,
          [&](auto &row) { visitWords(io, "row", row); });
}

template <typename IO, typename T>
void visitTile(IO &io, T &tile) {
  io.number("core", tile.core);
  io.number("firstRow", tile.firstRow);
  io.number("rows", tile.rows);
  io.number("firstColumn", tile.firstColumn);
  io.number("columns", tile.columns);
  io.number("levels", tile.levels);
  io.number("steps", tile.steps);
}

template <typename IO, typename L>
void visitLayer(IO &io, L &layer) {
  visitWords(io, "vectorSizes", layer.vectorSizes);
  visitWords(io, "rowSizes", layer.rowSizes);
  visitWords(io, "columnSizes", layer.columnSizes);
  visitAccess(io, layer.input);
  visitAccess(io, layer.output);
  io.number("inputScale", layer.inputScale);
  io.number("low", layer.low);
  io.number("high", layer.high);
  io.number("scales", layer.scales);
  io.optional("biases", layer.biases,
              [&](auto &address) { io.number("biases", address); });
  io.number("outputLow", layer.outputLow);
  io.number("outputHigh", layer.outputHigh);
  io.number("groups", layer.groups);
  io.list("tiles", layer.tiles, [&](auto &tile) { visitTile(io, tile); });
}

/// The fields of one alternative of Command.
template <typename IO, typename C>
void visitFields(IO &io, C &command) {
  using Kind = std::remove_const_t<C>;
  if constexpr (std::is_same_v<Kind, WaitCommand>) {
    io.number("semaphore", command.semaphore);
    io.number("count", command.count);
  } else if constexpr (std::is_same_v<Kind, SignalCommand>) {
    io.number("queue", command.queue);
    io.number("semaphore", command.semaphore);
    io.number("count", command.count);
  } else if constexpr (std::is_same_v<Kind, ReadCommand>) {
    io.number("layer", command.layer);
    io.number("tile", command.tile);
    io.number("count", command.count);
    io.number("phases", command.phases);
    io.number("inputs", command.inputs);
    io.number("outputs", command.outputs);
  } else {
    io.number("layer", command.layer);
    io.number("first", command.first);
    io.number("count", command.count);
    io.number("codes", command.codes);
  }
}

template <typename IO, typename P>
void visitProgram(IO &io, P &program) {
  io.constant("magic", magic);
  io.constant("version", version);
  visitSegments(io, program.segments);
  io.list("layers", program.layers,
          [&](auto &layer) { visitLayer(io, layer); });
  io.list("queues", program.queues, [&](auto &queue) {
    io.number("core", queue.core);
    io.list("commands", queue.commands, [&](auto &command) {
      io.alternative("command", command,
                     [&](auto &kind) { visitFields(io, kind); });
    });
  });
}

} // namespace garam::analog::layout

#endif // GARAM_LIB_TARGET_ANALOG_LAYOUT_H
