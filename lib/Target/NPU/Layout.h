//===- Layout.h - Fields of the binary form of NPU programs -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The order and width of every field, once for both directions: each function
// below visits the fields of one structure with an IO, which is the encoder's
// WordWriter (T const) or the decoder's WordReader. docs/isa/npu.md has the
// same as tables, which a test compares with what these functions visit.
//
// An IO packs fields into 32-bit words from bit 0 up; a field of up to 32 bits
// does not cross a word's end, one of 64 bits takes two words, low word first.
// It offers:
//   bits(name, value, width)         an integer or floating-point field
//   enumerator(name, value, width, count)
//   biased(name, value, width)       value + 1, for numbers where -1 is "none"
//   reserved(width)                  zero bits
//   list(name, array, count, width)  the first `count` of an array
//   text(name, string, length)       bytes, padded with zeros to whole words
//   assign(to, from)                 of a copy that was visited instead of `to`
//   resize(vector, count)            before the elements of a vector
//   require(condition, what)         fails the decoder with "what"
//   enter(name), leave()             the name of the structure being visited
// The encoding is canonical, what is not needed is not stored: forms are
// computed from the structure, so that a decoder sees by computing them again
// whether the encoder would have chosen the same.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_LAYOUT_H
#define GARAM_LIB_TARGET_NPU_LAYOUT_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <tuple>

namespace garam::npu::layout {

constexpr uint32_t magic = 0x55504E47; // "GNPU" in memory
constexpr uint16_t majorVersion = 1;
/// The highest. A program has the lowest that can say what it says.
constexpr uint16_t minorVersion = 2;

/// The minor version of `program`: 2 when a tensor command requantises or
/// divides, an output of a vector command quantises or a reduction starts from
/// an input, else 1 when it has resident bytes.
uint16_t getMinorVersion(const Program &program);

enum class Opcode : uint8_t {
  Tensor = 1,
  Vector = 2,
  DMA = 3,
  Wait = 4,
  Signal = 5,
  LoopBegin = 6,
  LoopEnd = 7,
};
constexpr Opcode firstOpcode = Opcode::Tensor;
constexpr unsigned numOpcodes = std::variant_size_v<Command>;

/// Number of leading elements up to the last that is not zero.
template <typename Array>
unsigned usedSize(const Array &values) {
  unsigned size = values.size();
  while (size > 0 && values[size - 1] == 0)
    --size;
  return size;
}

template <typename Array>
bool fits32(const Array &values) {
  for (int64_t value : values)
    if (!llvm::isInt<32>(value))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

/// How a descriptor is stored.
struct DescriptorForm {
  unsigned strides, loopStrides, guards;
  bool wide; // offset and strides take 64 bits
  bool hasFill;

  explicit DescriptorForm(const Descriptor &d)
      : strides(usedSize(d.strides)),
        loopStrides(usedSize(d.address.loopStrides)), guards(d.guards.size()),
        wide(!fits32(d.strides) || !fits32(d.address.loopStrides) ||
             !llvm::isInt<32>(d.address.offset) ||
             !llvm::isInt<32>(d.address.parameterStride)),
        hasFill(llvm::bit_cast<uint64_t>(d.fill) != 0) {}

  bool operator==(const DescriptorForm &other) const {
    return std::tie(strides, loopStrides, guards, wide, hasFill) ==
           std::tie(other.strides, other.loopStrides, other.guards, other.wide,
                    other.hasFill);
  }
};

template <typename IO, typename G>
void visitGuard(IO &io, G &guard) {
  io.enter("guard");
  unsigned coefficients = usedSize(guard.coefficients);
  unsigned loopStrides = usedSize(guard.loopStrides);
  io.bits("coefficients", coefficients, 3);
  io.bits("loopStrides", loopStrides, 2);
  io.reserved(27);
  io.bits("start", guard.start, 32);
  io.bits("extent", guard.extent, 32);
  io.list("coefficient", guard.coefficients, coefficients, 32);
  io.list("loopStride", guard.loopStrides, loopStrides, 32);
  io.require(coefficients == usedSize(guard.coefficients) &&
                 loopStrides == usedSize(guard.loopStrides),
             "a guard in its shortest form");
  io.leave();
}

template <typename IO, typename D>
void visitDescriptor(IO &io, const char *name, D &d) {
  io.enter(name);
  DescriptorForm form(d);
  io.enumerator("type", d.type, 4, numElementTypes);
  io.enumerator("space", d.address.space, 2, numMemorySpaces);
  io.bits("strides", form.strides, 3);
  io.bits("loopStrides", form.loopStrides, 2);
  io.bits("guards", form.guards, 2);
  io.bits("wide", form.wide, 1);
  io.bits("hasFill", form.hasFill, 1);
  io.biased("parameter", d.address.parameter, 5);
  io.bits("index", d.address.index, 12);
  unsigned width = form.wide ? 64 : 32;
  io.bits("offset", d.address.offset, width);
  if (d.address.parameter >= 0)
    io.bits("parameterStride", d.address.parameterStride, width);
  io.list("loopStride", d.address.loopStrides, form.loopStrides, width);
  io.list("stride", d.strides, form.strides, width);
  io.resize(d.guards, form.guards);
  for (auto &guard : d.guards)
    visitGuard(io, guard);
  if (form.hasFill)
    io.bits("fill", d.fill, 64);
  io.require(form == DescriptorForm(d), "a descriptor in its shortest form");
  io.leave();
}

//===----------------------------------------------------------------------===//
// Commands, without the word of opcode and length that each begins with
//===----------------------------------------------------------------------===//

/// How a tensor command is stored.
struct TensorForm {
  /// Bit i: the i-th of rows, columns, reduction is not 1.
  unsigned dims = 0;
  bool hasZeroPoints, hasOutputScale, hasOutputZeroPoint, hasUnits,
      hasInnerUnits;

  explicit TensorForm(const TensorCommand &c)
      : hasZeroPoints(c.activationZeroPoint || c.weightZeroPoint),
        hasOutputScale(c.store && llvm::bit_cast<uint32_t>(c.outputScale) !=
                                      llvm::bit_cast<uint32_t>(1.0f)),
        hasOutputZeroPoint(c.store && c.outputZeroPoint),
        hasUnits(c.unitRows[0] != 1 || c.unitColumns != 1),
        hasInnerUnits(c.unitRows[1] != 1 || c.unitRows[2] != 1 ||
                      c.unitReduction != 1) {
    unsigned bit = 0;
    auto add = [&](uint32_t size) { dims |= unsigned(size != 1) << bit++; };
    llvm::for_each(c.rows, add);
    add(c.columns);
    llvm::for_each(c.reduction, add);
  }

  bool operator==(const TensorForm &other) const {
    auto tie = [](const TensorForm &x) {
      return std::tie(x.dims, x.hasZeroPoints, x.hasOutputScale,
                      x.hasOutputZeroPoint, x.hasUnits, x.hasInnerUnits);
    };
    return tie(*this) == tie(other);
  }
};

template <typename IO, typename C>
void visitTensor(IO &io, C &c) {
  TensorForm form(c);
  io.bits("accumulate", c.accumulate, 1);
  io.bits("store", c.store, 1);
  io.bits("hasBias", c.hasBias, 1);
  io.bits("hasScale", c.hasScale, 1);
  io.bits("hasResidual", c.hasResidual, 1);
  io.bits("hasClamp", c.hasClamp, 1);
  io.bits("hasZeroPoints", form.hasZeroPoints, 1);
  io.bits("hasOutputZeroPoint", form.hasOutputZeroPoint, 1);
  io.bits("hasUnits", form.hasUnits, 1);
  io.bits("dims", form.dims, maxRowDims + 1 + maxReductionDims);
  io.bits("hasInnerUnits", form.hasInnerUnits, 1);
  io.bits("hasRequantization", c.hasRequantization, 1);
  io.bits("hasOutputScale", form.hasOutputScale, 1);
  io.reserved(13);

  unsigned bit = 0;
  auto size = [&](const char *name, auto &value) {
    if (form.dims >> bit++ & 1)
      io.bits(name, value, 32);
  };
  for (auto &value : c.rows)
    size("row", value);
  size("column", c.columns);
  for (auto &value : c.reduction)
    size("reduction", value);

  if (form.hasUnits) {
    io.bits("outerUnitRows", c.unitRows[0], 16);
    io.bits("unitColumns", c.unitColumns, 16);
  }
  if (form.hasInnerUnits) {
    io.bits("middleUnitRows", c.unitRows[1], 16);
    io.bits("innerUnitRows", c.unitRows[2], 16);
    io.bits("unitReduction", c.unitReduction, 16);
    io.reserved(16);
  }
  visitDescriptor(io, "activation", c.activation);
  visitDescriptor(io, "weight", c.weight);
  if (form.hasZeroPoints) {
    io.bits("activationZeroPoint", c.activationZeroPoint, 32);
    io.bits("weightZeroPoint", c.weightZeroPoint, 32);
  }
  if (c.hasBias)
    visitDescriptor(io, "bias", c.bias);
  if (c.hasScale)
    visitDescriptor(io, "scale", c.scale);
  if (c.hasRequantization) {
    io.bits("requantizationLow", c.requantizationLow, 32);
    io.bits("requantizationHigh", c.requantizationHigh, 32);
    io.bits("requantizationScale", c.requantizationScale, 32);
  }
  if (c.hasResidual) {
    visitDescriptor(io, "residual", c.residual);
    io.bits("residualZeroPoint", c.residualZeroPoint, 32);
    io.bits("residualScale", c.residualScale, 32);
  }
  if (c.hasClamp) {
    io.bits("clampLow", c.clampLow, 32);
    io.bits("clampHigh", c.clampHigh, 32);
  }
  if (form.hasOutputScale)
    io.bits("outputScale", c.outputScale, 32);
  if (form.hasOutputZeroPoint)
    io.bits("outputZeroPoint", c.outputZeroPoint, 32);
  if (c.store)
    visitDescriptor(io, "output", c.output);
  io.require(form == TensorForm(c), "a tensor command in its shortest form");
}

template <typename IO, typename I>
void visitInstruction(IO &io, const char *name, I &instruction) {
  io.enter(name);
  io.bits("opcode", instruction.opcode, 8);
  io.bits("destination", instruction.destination, 5);
  io.bits("a", instruction.a, 5);
  io.bits("b", instruction.b, 5);
  io.bits("c", instruction.c, 5);
  io.reserved(4);
  const VectorOpcodeInfo *info = getInfo(instruction.opcode);
  io.require(info, "an operation of the vector engine");
  if (info && info->immediate != ImmediateKind::None)
    io.bits("immediate", instruction.immediate, 32);
  io.leave();
}

template <typename IO, typename R>
void visitReduction(IO &io, R &reduction) {
  io.enter("reduction");
  io.enumerator("combiner", reduction.combiner, 4, numCombiners);
  io.bits("source", reduction.source, 5);
  io.bits("accumulator", reduction.accumulator, 5);
  io.biased("initialInput", reduction.initialInput, 4);
  io.reserved(14);
  io.bits("initial", reduction.initial, 32);
  io.leave();
}

template <typename IO, typename O>
void visitOutput(IO &io, O &output) {
  io.enter("output");
  io.bits("source", output.source, 5);
  io.bits("isFloat", output.isFloat, 1);
  bool hasScale =
      llvm::bit_cast<uint32_t>(output.scale) != llvm::bit_cast<uint32_t>(1.0f);
  bool hasZeroPoint = output.zeroPoint != 0;
  io.bits("hasScale", hasScale, 1);
  io.bits("hasZeroPoint", hasZeroPoint, 1);
  io.reserved(24);
  if (hasScale)
    io.bits("scale", output.scale, 32);
  if (hasZeroPoint)
    io.bits("zeroPoint", output.zeroPoint, 32);
  io.require(hasScale == (llvm::bit_cast<uint32_t>(output.scale) !=
                          llvm::bit_cast<uint32_t>(1.0f)) &&
                 hasZeroPoint == (output.zeroPoint != 0),
             "an output in its shortest form");
  visitDescriptor(io, "descriptor", output.descriptor);
  io.leave();
}

template <typename IO, typename C>
void visitVector(IO &io, C &c) {
  unsigned dims = c.sizes.size(), inputs = c.inputs.size(),
           outputs = c.outputs.size(), reductions = c.reductions.size(),
           body = c.body.size(), finish = c.finish.size();
  io.bits("dims", dims, 3);
  io.bits("reductionDims", c.numReductionDims, 3);
  io.bits("inputs", inputs, 4);
  io.bits("outputs", outputs, 3);
  io.bits("reductions", reductions, 4);
  io.reserved(15);
  io.bits("bodyLength", body, 16);
  io.bits("finishLength", finish, 16);
  io.resize(c.sizes, dims);
  io.list("size", c.sizes, c.sizes.size(), 32);
  io.resize(c.inputs, inputs);
  for (auto &input : c.inputs)
    visitDescriptor(io, "input", input);
  io.resize(c.body, body);
  for (auto &instruction : c.body)
    visitInstruction(io, "body", instruction);
  io.resize(c.reductions, reductions);
  for (auto &reduction : c.reductions)
    visitReduction(io, reduction);
  io.resize(c.finish, finish);
  for (auto &instruction : c.finish)
    visitInstruction(io, "finish", instruction);
  io.resize(c.outputs, outputs);
  for (auto &output : c.outputs)
    visitOutput(io, output);
}

template <typename IO, typename I>
void visitIndirection(IO &io, I &indirection) {
  io.enter("indirection");
  io.bits("dimension", indirection.dimension, 3);
  io.reserved(29);
  io.bits("limit", indirection.limit, 32);
  // The index list is a descriptor whose strides and guards are not used.
  Descriptor list;
  list.address = indirection.address;
  list.type = indirection.type;
  visitDescriptor(io, "list", list);
  Descriptor plain;
  plain.address = list.address;
  plain.type = list.type;
  io.require(list == plain, "an index list without strides, guards and fill");
  io.assign(indirection.address, list.address);
  io.assign(indirection.type, list.type);
  io.leave();
}

template <typename IO, typename C>
void visitDMA(IO &io, C &c) {
  unsigned dims = c.sizes.size();
  bool hasMulticast = c.multicast != 0;
  io.enumerator("kind", c.kind, 2, numDMAKinds);
  io.bits("dims", dims, 3);
  io.bits("hasMulticast", hasMulticast, 1);
  io.bits("elementBytes", c.elementBytes, 4);
  io.reserved(22);
  io.resize(c.sizes, dims);
  io.list("size", c.sizes, c.sizes.size(), 32);
  if (c.kind != DMAKind::Fill)
    visitDescriptor(io, "source", c.source);
  visitDescriptor(io, "destination", c.destination);
  if (hasMulticast)
    io.bits("multicast", c.multicast, 64);
  if (c.kind == DMAKind::Fill)
    io.bits("fillBits", c.fillBits, 64);
  if (c.kind == DMAKind::Gather)
    visitIndirection(io, c.indirection);
  io.require(hasMulticast == (c.multicast != 0),
             "a DMA command in its shortest form");
}

template <typename IO, typename C>
void visitWait(IO &io, C &c) {
  io.bits("semaphore", c.semaphore, 16);
  io.bits("count", c.count, 16);
}

template <typename IO, typename C>
void visitSignal(IO &io, C &c) {
  io.bits("core", c.core, 16);
  io.enumerator("engine", c.engine, 2, numEngineKinds);
  io.reserved(14);
  io.bits("semaphore", c.semaphore, 16);
  io.bits("count", c.count, 16);
}

template <typename IO, typename C>
void visitLoopBegin(IO &io, C &c) {
  io.biased("parameter", c.parameter, 5);
  io.reserved(27);
  io.bits("count", c.count, 32);
}

/// Visits the fields of a command after its first word. `C` is one of the
/// alternatives of Command, const for an encoder.
template <typename IO, typename C>
void visitCommand(IO &io, C &c) {
  using T = std::remove_const_t<C>;
  if constexpr (std::is_same_v<T, TensorCommand>)
    visitTensor(io, c);
  else if constexpr (std::is_same_v<T, VectorCommand>)
    visitVector(io, c);
  else if constexpr (std::is_same_v<T, DMACommand>)
    visitDMA(io, c);
  else if constexpr (std::is_same_v<T, WaitCommand>)
    visitWait(io, c);
  else if constexpr (std::is_same_v<T, SignalCommand>)
    visitSignal(io, c);
  else if constexpr (std::is_same_v<T, LoopBeginCommand>)
    visitLoopBegin(io, c);
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

/// The fixed part that a program begins with.
struct Header {
  uint32_t magic = layout::magic;
  uint16_t majorVersion = layout::majorVersion;
  uint16_t minorVersion = 0;
  uint64_t size = 0; // bytes, header included
  uint16_t numCores = 0, numParameters = 0, numSegments = 0, numQueues = 0;
  uint32_t numResidents = 0, numSetupQueues = 0;
};

template <typename IO, typename H>
void visitHeader(IO &io, H &header) {
  io.enter("header");
  io.bits("magic", header.magic, 32);
  io.bits("majorVersion", header.majorVersion, 16);
  io.bits("minorVersion", header.minorVersion, 16);
  io.bits("size", header.size, 64);
  io.bits("numCores", header.numCores, 16);
  io.bits("numParameters", header.numParameters, 16);
  io.bits("numSegments", header.numSegments, 16);
  io.bits("numQueues", header.numQueues, 16);
  if (header.minorVersion >= 1) {
    io.bits("numResidents", header.numResidents, 32);
    io.bits("numSetupQueues", header.numSetupQueues, 32);
    io.require(header.minorVersion != 1 || header.numResidents > 0,
               "a header of the lowest version for its program");
  }
  io.leave();
}

template <typename IO, typename S>
void visitSegment(IO &io, S &segment) {
  io.enter("segment");
  uint32_t nameLength = segment.name.size();
  io.enumerator("role", segment.role, 8, numSegmentRoles);
  io.reserved(8);
  io.bits("nameLength", nameLength, 16);
  io.bits("size", segment.size, 64);
  io.text("name", segment.name, nameLength);
  io.leave();
}

template <typename IO, typename P>
void visitParameter(IO &io, P &parameter) {
  io.enter("parameter");
  uint32_t nameLength = parameter.name.size();
  io.bits("nameLength", nameLength, 16);
  io.reserved(16);
  io.bits("maximum", parameter.maximum, 32);
  io.text("name", parameter.name, nameLength);
  io.leave();
}

template <typename IO, typename R>
void visitResident(IO &io, R &resident) {
  io.enter("resident");
  io.enumerator("space", resident.space, 2, numMemorySpaces);
  io.reserved(18);
  io.bits("index", resident.index, 12);
  io.bits("offset", resident.offset, 64);
  io.bits("size", resident.size, 64);
  io.leave();
}

/// `numCommands` commands follow.
template <typename IO, typename Q>
void visitQueue(IO &io, Q &queue, uint32_t &numCommands) {
  io.enter("queue");
  io.bits("core", queue.core, 16);
  io.enumerator("engine", queue.engine, 8, numEngineKinds);
  io.reserved(8);
  io.bits("numCommands", numCommands, 32);
  io.leave();
}

} // namespace garam::npu::layout

#endif // GARAM_LIB_TARGET_NPU_LAYOUT_H
