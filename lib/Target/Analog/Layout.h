//===- Layout.h - Fields of the binary form of analog programs --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The order of all fields, once for both directions: each function visits the
// fields of one structure with an IO, which is the encoder's writer (T const)
// or the decoder's reader. Everything is made of 32-bit words in little-endian
// order; a field of 64 bits takes two, low word first. An IO offers:
//   word(value)             an integer of at most 32 bits, or a float
//   wide(value)             an integer of 64 bits
//   flag(value)             a word that is 0 or 1; returns it
//   enumerator(value, n)    a word below n; returns it
//   list(vector, visit)     a word with the number of elements, then those
//   text(string)            bytes with their number, padded with zeros
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_LAYOUT_H
#define GARAM_LIB_TARGET_ANALOG_LAYOUT_H

#include "garam/Target/Analog/Machine/ISA.h"

namespace garam::analog::layout {

constexpr uint32_t magic = 0x4E414E47; // "GNAN" in memory
constexpr uint32_t version = 1;

template <typename IO, typename List>
void visitWords(IO &io, List &list) {
  io.list(list, [&](auto &value) { io.word(value); });
}

template <typename IO, typename Access>
void visitAccess(IO &io, Access &access) {
  io.word(access.segment);
  io.wide(access.offset);
  visitWords(io, access.shape);
  visitWords(io, access.start);
  io.list(access.coefficients, [&](auto &row) { visitWords(io, row); });
}

template <typename IO, typename T>
void visitTile(IO &io, T &tile) {
  io.word(tile.core);
  io.word(tile.firstRow);
  io.word(tile.rows);
  io.word(tile.firstColumn);
  io.word(tile.columns);
  io.wide(tile.levels);
  io.wide(tile.steps);
}

template <typename IO, typename L>
void visitLayer(IO &io, L &layer) {
  visitWords(io, layer.vectorSizes);
  visitWords(io, layer.rowSizes);
  visitWords(io, layer.columnSizes);
  visitAccess(io, layer.input);
  visitAccess(io, layer.output);
  io.word(layer.inputScale);
  io.word(layer.low);
  io.word(layer.high);
  io.wide(layer.scales);
  io.optionalWide(layer.biases);
  io.word(layer.outputLow);
  io.word(layer.outputHigh);
  io.word(layer.groups);
  io.list(layer.tiles, [&](auto &tile) { visitTile(io, tile); });
}

/// The fields of one alternative of Command.
template <typename IO, typename C>
void visitFields(IO &io, C &command) {
  using Kind = std::remove_const_t<C>;
  if constexpr (std::is_same_v<Kind, WaitCommand>) {
    io.word(command.semaphore);
    io.word(command.count);
  } else if constexpr (std::is_same_v<Kind, SignalCommand>) {
    io.word(command.queue);
    io.word(command.semaphore);
    io.word(command.count);
  } else if constexpr (std::is_same_v<Kind, ReadCommand>) {
    io.word(command.layer);
    io.word(command.tile);
    io.word(command.count);
    io.word(command.phases);
    io.wide(command.inputs);
    io.wide(command.outputs);
  } else {
    io.word(command.layer);
    io.word(command.first);
    io.word(command.count);
    io.wide(command.codes);
  }
}

template <typename IO, typename P>
void visitProgram(IO &io, P &program) {
  io.constant(magic, "the magic number of an analog program");
  io.constant(version, "version 1");
  io.list(program.segments, [&](auto &segment) {
    io.enumerator(segment.role, numMemoryRoles);
    io.wide(segment.size);
    io.text(segment.name);
  });
  io.list(program.layers, [&](auto &layer) { visitLayer(io, layer); });
  io.list(program.queues, [&](auto &queue) {
    io.word(queue.core);
    io.list(queue.commands, [&](auto &command) {
      io.alternative(command);
      std::visit([&](auto &kind) { visitFields(io, kind); }, command);
    });
  });
}

} // namespace garam::analog::layout

#endif // GARAM_LIB_TARGET_ANALOG_LAYOUT_H
