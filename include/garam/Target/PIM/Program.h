//===- Program.h - Programs of an HBM-PIM device ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the program section of a binary holds (docs/isa/pim.md): the stream of
// memory transactions in a compact form, and what its issuer, the driver, does
// with the tensors before and after. The stream is exact: expanding it leaves
// nothing to choose.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_PROGRAM_H
#define GARAM_TARGET_PIM_PROGRAM_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/PIM/TransactionStream.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <variant>

namespace garam::pim {

//===----------------------------------------------------------------------===//
// The stream
//===----------------------------------------------------------------------===//

/// Where the data of a write is from. Each is an array of bursts.
enum class DataSource : uint8_t {
  Literal,     // Program::literals
  MicroKernel, // instructions, burstsPerMicroKernel for each micro-kernel
  Constant,    // segment 0
  Staging,     // the driver's buffer of fp16 bursts
};
constexpr unsigned numDataSources = 4;
/// "literal", "micro_kernel", "constant", "staging".
llvm::StringRef getName(DataSource source);

struct ChannelRange {
  uint32_t first = 0, count = 0;
};

/// One dimension of a walk, and what a step along it adds.
struct WalkDim {
  uint32_t count = 1;
  uint32_t bank = 0, place = 0, data = 0;
};

/// What a turn of an enclosing repetition adds.
struct RepeatStep {
  uint32_t place = 0, data = 0;
};

/// Kinds of transactions that are accesses come first.
constexpr unsigned numAccessKinds = 3;

/// Accesses of each channel of a range, in order of a walk whose last
/// dimension varies fastest.
struct AccessCommand {
  TransactionKind kind = TransactionKind::Read; // Write, Read or ResultRead
  DataSource source = DataSource::Literal;      // of a write
  ChannelRange channels;
  uint32_t rank = 0, bank = 0;
  uint32_t place = 0; // row * columns of a row + column
  /// Write: number of the burst in its source. ResultRead: of the burst in the
  /// staging buffer that it fills. An access whose number is `dataEnd` or more
  /// is left out.
  uint32_t data = 0, dataEnd = 1;
  /// Of so many neighbouring channels the numbers are the same; those of the
  /// next ones are `channelData` higher.
  uint32_t channelGroup = 1, channelData = 0;
  std::vector<WalkDim> dims;
  std::vector<RepeatStep> repeats; // one a repetition around, outermost first
};

struct BarrierCommand {
  ChannelRange channels;
};
/// Repeats what comes before the RepeatEnd that belongs to it.
struct RepeatBegin {
  uint32_t count = 1;
};
struct RepeatEnd {};

using StreamCommand =
    std::variant<AccessCommand, BarrierCommand, RepeatBegin, RepeatEnd>;

/// A part of the stream that begins when everything before it has drained.
struct Phase {
  std::string name;
  /// Belongs to loading the program, not to a run; comes before all others.
  bool isSetup = false;
  std::vector<StreamCommand> commands;
};

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

/// Types of tensors in segments; the device computes in fp16.
enum class FloatType : uint8_t { F32, F16 };
constexpr unsigned numFloatTypes = 2;
/// 4 or 2.
uint32_t getByteWidth(FloatType type);

/// A place in a segment.
struct TensorPlace {
  uint32_t segment = 0;
  uint64_t offset = 0; // bytes
  FloatType type = FloatType::F32;
};

struct TensorDim {
  uint32_t count = 1;
  uint64_t stride = 0; // elements
};

/// Elements of a segment, the last dimension fastest, become fp16 (rounded to
/// nearest, ties to even) in the staging buffer, 16 a burst. Zeros fill the
/// last bursts.
struct ConvertCommand {
  TensorPlace source;
  std::vector<TensorDim> dims;
  uint32_t staging = 0, bursts = 0;

  uint64_t getElements() const;
};

/// An output is the sum of the lanes of `parts` bursts, burst after burst and
/// lane after lane, rounded to fp16 after each addition. It becomes an f32
/// number y; then y * alpha + bias * beta in f32, each operation rounded, and
/// 0 where `relu` is set and the sign bit too.
struct ReduceCommand {
  uint32_t staging = 0; // burst of output 0; that of the next one follows
  uint32_t outputs = 0;
  uint32_t parts = 1, partStride = 0; // bursts
  float alpha = 1, beta = 1;
  std::optional<TensorPlace> bias; // of f32, one an output
  bool relu = false;
  TensorPlace destination;
};

/// Elements of the staging buffer go to a segment.
struct StoreCommand {
  uint32_t staging = 0;
  uint32_t elements = 0;
  TensorPlace destination;
};

using Step = std::variant<Phase, ConvertCommand, ReduceCommand, StoreCommand>;

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

struct Program {
  std::vector<DeviceSegment> segments; // in the driver's memory
  std::vector<std::vector<Instruction>> microKernels;
  std::vector<Burst> literals;
  uint32_t stagingBursts = 0;
  std::vector<Step> steps; // one after the other
};

/// Checks a program against a machine: everything that it names exists,
/// nothing leaves its memory, micro-kernels are legal, constants and inputs
/// are only read, and a run ends. The error says which step breaks what.
llvm::Error check(const Program &program, const MachineDescription &machine);

/// The rows that an instance of a program that passes its check keeps data in,
/// which are those that its setup writes, and, shared, the others that its runs
/// reach.
std::vector<ResidentRange> listResidents(const Program &program,
                                         const MachineDescription &machine);

/// The binary form of a program that passes its check.
std::vector<uint8_t> encode(const Program &program);

/// Reads the binary form. The bytes may come from a stranger; the result is
/// well formed but not yet checked against a machine.
llvm::Expected<Program> decodeProgram(llvm::ArrayRef<uint8_t> bytes);

/// Writes a program as text, one command a line.
void disassemble(const Program &program, const MachineDescription &machine,
                 llvm::raw_ostream &os);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_PROGRAM_H
