//===- ISA.h - Commands of the reference NPU --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The decoded form of an NPU program: what the encoder writes, the decoder
// reads, the static checker proves and the simulator executes. docs/isa/npu.md
// specifies the meaning and the binary encoding.
//
// A program has one queue per (core, engine). A queue is executed in order;
// queues run concurrently and are ordered by counting semaphores only.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_ISA_H
#define GARAM_TARGET_NPU_MACHINE_ISA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace garam::npu {

/// Dimensions that one descriptor can walk.
constexpr unsigned maxDims = 6;
/// Row dimensions and reduction dimensions of a tensor command. Together they
/// are the six dimensions of its activation descriptor.
constexpr unsigned maxRowDims = 3;
constexpr unsigned maxReductionDims = 3;
/// Hardware loops that can be nested in one queue.
constexpr unsigned maxLoopDepth = 3;
/// Guarded axes of one descriptor.
constexpr unsigned maxGuards = 2;
/// Launch parameters of a program.
constexpr unsigned maxLaunchParameters = 16;
/// Operands and registers of a vector command.
constexpr unsigned maxVectorInputs = 8;
constexpr unsigned maxVectorOutputs = 4;
constexpr unsigned maxVectorRegisters = 32;
constexpr unsigned maxVectorReductions = 8;
constexpr unsigned maxVectorInstructions = 128; // body and finish together
/// Semaphores of one queue; each holds a count of 0 to 65535.
constexpr unsigned maxSemaphores = 256;
constexpr uint32_t maxSemaphoreCount = 65535;
/// Cores and segments of a program.
constexpr unsigned maxCores = 4096;
constexpr unsigned maxSegments = 4096;
/// Commands that a queue executes when its loops are expanded, elements that
/// one command walks, and the magnitude of every address that can be formed.
/// They keep the arithmetic of all who read a program within 64 bits.
constexpr uint64_t maxExecutedCommands = uint64_t(1) << 24;
constexpr uint64_t maxElements = uint64_t(1) << 48;
constexpr int64_t maxAddress = int64_t(1) << 56;

enum class Engine : uint8_t { Tensor = 0, Vector = 1, DMA = 2 };
constexpr unsigned numEngineKinds = 3;
/// "tensor", "vector" or "dma".
llvm::StringRef getName(Engine engine);

enum class ElementType : uint8_t {
  I8 = 0,
  U8 = 1,
  I16 = 2,
  U16 = 3,
  I32 = 4,
  U32 = 5,
  I64 = 6,
  U64 = 7,
  F16 = 8,
  BF16 = 9,
  F32 = 10,
  F64 = 11,
  Bool = 12, // one byte, 0 or 1
  F8E4M3 = 13,
  F8E5M2 = 14,
};
constexpr unsigned numElementTypes = 15;

/// Integers and booleans, which registers of the vector engine hold as i32; the
/// others are floats, which they hold as f32.
constexpr bool isInteger(ElementType type) {
  return type <= ElementType::U64 || type == ElementType::Bool;
}
/// Bytes of one element.
unsigned getByteWidth(ElementType type);
/// "i8", "u8", "bf16", ...: the spelling of MLIR and of target files.
llvm::StringRef getName(ElementType type);

enum class MemorySpace : uint8_t {
  Local = 0,  // SRAM of a core
  Shared = 1, // SRAM of the chip
  DRAM = 2,   // a segment of the program, see Segment
};
constexpr unsigned numMemorySpaces = 3;
/// "local", "shared" or "dram".
llvm::StringRef getName(MemorySpace space);

/// Where an operand begins. The byte address of a command's execution is
///   offset + sum over depth of loopStrides[depth] * iteration[depth]
///          + (parameter < 0 ? 0 : parameterStride * value of parameter)
/// counted from the start of the core's SRAM, of the shared SRAM or of the
/// segment.
struct Address {
  MemorySpace space = MemorySpace::Local;
  /// Local: the core that owns the SRAM. Tensor and vector commands reach their
  /// own core's only, DMA commands any core's. DRAM: the segment. Shared: 0.
  uint16_t index = 0;
  /// Launch parameter that the address depends on, or -1.
  int8_t parameter = -1;
  int64_t offset = 0;
  int64_t parameterStride = 0;
  std::array<int64_t, maxLoopDepth> loopStrides = {0, 0, 0};
};

/// Bounds check of one axis of a descriptor: element (i0, i1, ...) lies at
/// coordinate start + sum coefficients[d] * i_d of the axis and is read from
/// memory only where 0 <= coordinate < extent; elsewhere the descriptor's fill
/// value stands in for it and memory is not touched. This is how convolutions
/// and pooling see padding.
struct Guard {
  int32_t start = 0;
  uint32_t extent = 0;
  std::array<int32_t, maxDims> coefficients = {0, 0, 0, 0, 0, 0};
  std::array<int32_t, maxLoopDepth> loopStrides = {0, 0, 0};
};

/// A strided walk over memory. `strides` are in bytes, one for each dimension
/// of the command that the operand takes part in (0: the operand does not
/// change along it). Writes have no guards.
struct Descriptor {
  Address address;
  ElementType type = ElementType::I8;
  std::array<int64_t, maxDims> strides = {0, 0, 0, 0, 0, 0};
  llvm::SmallVector<Guard, maxGuards> guards;
  /// Value of a guarded-out element, as the element type would convert it.
  double fill = 0.0;
};

/// out[rows, column] = epilogue(sum over reduction of
///     (activation[rows, reduction] - activationZeroPoint) *
///     (weight[reduction, column] - weightZeroPoint))
///
/// Dimension order in the descriptors:
///   activation: rows 0..2, reduction 3..5
///   weight:     reduction 0..2, column 3
///   output and residual: rows 0..2, column 3
///   bias and scale: column 0
/// Unused dimensions have size 1. Integer inputs accumulate in i32 (wrapping),
/// float inputs in f32; one accumulator sums in increasing row-major order of
/// the reduction dimensions, one rounding (to nearest even) an addition.
///
/// Epilogue, in this order, each step present or not:
///   1. bias of type i32 is added to an i32 sum
///   2. the sum is converted to f32
///   3. multiplied by scale[column] (f32)
///   4. bias of type f32 is added
///   5. requantised: rounded to nearest even, clamped to the integers from
///      requantizationLow to requantizationHigh, times requantizationScale
///   6. (residual - residualZeroPoint) * residualScale is added
///   7. clamped to [clampLow, clampHigh]
///   8. divided by outputScale
///   9. integer output: rounded to nearest even, outputZeroPoint added,
///      saturated; float output: rounded to nearest even
/// An i32 output without steps 2 to 8 is the plain sum.
struct TensorCommand {
  std::array<uint32_t, maxRowDims> rows = {1, 1, 1};
  uint32_t columns = 1;
  std::array<uint32_t, maxReductionDims> reduction = {1, 1, 1};
  Descriptor activation, weight;
  int32_t activationZeroPoint = 0, weightZeroPoint = 0;

  /// How the array's units share the work: into how many parts each row
  /// dimension, the columns and the innermost reduction dimension are divided.
  /// Their product are the units that take part.
  std::array<uint16_t, maxRowDims> unitRows = {1, 1, 1};
  uint16_t unitColumns = 1, unitReduction = 1;

  /// Starts from what the previous tensor command left in the accumulators
  /// (which had the same rows and columns and store == false).
  bool accumulate = false;
  /// Runs the epilogue and writes the output; otherwise the sums stay in the
  /// accumulators and `output` is not used.
  bool store = true;

  bool hasBias = false, hasScale = false, hasRequantization = false,
       hasResidual = false, hasClamp = false;
  Descriptor bias, scale, residual;
  int32_t requantizationLow = 0, requantizationHigh = 0;
  float requantizationScale = 1.0f;
  int32_t residualZeroPoint = 0;
  float residualScale = 1.0f;
  float clampLow = 0.0f, clampHigh = 0.0f;
  float outputScale = 1.0f;
  int32_t outputZeroPoint = 0;
  Descriptor output;
};

/// Whether the epilogue quantises more than its result: requantises or divides
/// by a scale.
bool requantizes(const TensorCommand &command);

/// Operations of a vector micro-program. Registers are 32 bits wide; the suffix
/// says how an operation reads them. Booleans are i32 0 or 1.
enum class VectorOpcode : uint8_t {
  // Moves.
  Load = 0,     // dst = element of input `immediate`, widened to f32 or i32
  ConstF32 = 1, // dst = immediate as f32
  ConstI32 = 2, // dst = immediate as i32
  Index = 3,    // dst = i32 index of dimension `immediate` in this command
  Select = 4,   // dst = a ? b : c
  // f32 arithmetic, IEEE 754 round to nearest even.
  AddF = 10,
  SubF = 11,
  MulF = 12,
  DivF = 13,
  MaxF = 14, // NaN if either is NaN
  MinF = 15,
  NegF = 16,
  AbsF = 17,
  SqrtF = 18,
  FmaF = 19, // dst = a * b + c, one rounding
  FloorF = 20,
  CeilF = 21,
  RoundF = 22, // to nearest, ties to even
  TruncF = 23, // toward zero
  RemF = 24,   // C's fmod
  // f32 functions, as the ISA specification approximates them.
  ExpF = 30,
  LogF = 31,
  TanhF = 32,
  ErfF = 33,
  SinF = 34,
  CosF = 35,
  PowF = 36,
  RsqrtF = 37,
  SigmoidF = 38,
  // i32 arithmetic, two's complement, wrapping.
  AddI = 50,
  SubI = 51,
  MulI = 52,
  DivI = 53, // toward zero; division by zero gives 0
  RemI = 54,
  MaxI = 55,
  MinI = 56,
  AndI = 57,
  OrI = 58,
  XorI = 59,
  ShlI = 60,
  ShrI = 61, // arithmetic
  // Comparisons: dst = 0 or 1. `immediate` is a ComparePredicate.
  CmpF = 70,
  CmpI = 71,
  // Conversions.
  F32ToI32 = 80,  // toward zero, saturating, NaN gives 0
  I32ToF32 = 81,  // to nearest even
  RoundBF16 = 82, // f32 rounded to a bf16 value
  RoundF16 = 83,  // f32 rounded to an f16 value
};

/// What a vector operation reads besides registers.
enum class ImmediateKind : uint8_t { None, Input, Dimension, Bits, Predicate };

struct VectorOpcodeInfo {
  VectorOpcode opcode;
  llvm::StringLiteral name; // the spelling of the enumerator
  uint8_t numSources;       // of the registers a, b, c, from the first
  ImmediateKind immediate;
};

/// The description of `opcode`, or null when that is not an operation.
const VectorOpcodeInfo *getInfo(VectorOpcode opcode);

enum class ComparePredicate : uint8_t {
  EQ = 0, // ordered: false on NaN
  NE = 1, // unordered: true on NaN
  LT = 2,
  LE = 3,
  GT = 4,
  GE = 5,
};
constexpr unsigned numComparePredicates = 6;
/// "EQ", "NE", ...
llvm::StringRef getName(ComparePredicate predicate);

struct VectorInstruction {
  VectorOpcode opcode = VectorOpcode::Load;
  uint8_t destination = 0, a = 0, b = 0, c = 0;
  /// Bits of a constant, number of an input or dimension, or a predicate.
  uint32_t immediate = 0;
};

enum class Combiner : uint8_t {
  AddF = 0,
  MulF = 1,
  MaxF = 2,
  MinF = 3,
  AddI = 4,
  MulI = 5,
  MaxI = 6,
  MinI = 7,
  AndI = 8,
  OrI = 9,
};
constexpr unsigned numCombiners = 10;
/// "AddF", "MulF", ...
llvm::StringRef getName(Combiner combiner);

/// Register `source` is combined into register `accumulator` for every element
/// of the reduction dimensions; `accumulator` starts as `initial` (bits), or as
/// the element of input `initialInput` when that is not -1.
struct VectorReduction {
  Combiner combiner = Combiner::AddF;
  uint8_t source = 0, accumulator = 0;
  uint32_t initial = 0;
  int8_t initialInput = -1;
};

struct VectorOutput {
  Descriptor descriptor;
  /// Register that is stored, converted to the descriptor's type: a float
  /// register (isFloat) into a float type rounds to nearest even, into an
  /// integer type rounds to nearest even and saturates; an integer register
  /// into an integer type saturates, into Bool gives "!= 0".
  uint8_t source = 0;
  bool isFloat = true;
  /// A float register that is stored in an integer type is divided by `scale`
  /// before it is rounded, and `zeroPoint` is added after it (NaN gives 0).
  float scale = 1.0f;
  int32_t zeroPoint = 0;
};

/// Whether the output divides by a scale or adds a zero point.
bool quantizes(const VectorOutput &output);

/// For each element of the parallel dimensions, in row-major order: the
/// accumulators are initialised; for each element of the reduction dimensions
/// (the last `numReductionDims` ones), in row-major order, `body` runs and the
/// reductions combine; then `finish` runs and the outputs are stored. Output
/// strides along reduction dimensions are 0. Without reduction dimensions
/// `body` and then `finish` run once an element.
struct VectorCommand {
  llvm::SmallVector<uint32_t, maxDims> sizes;
  unsigned numReductionDims = 0;
  llvm::SmallVector<Descriptor, 4> inputs;
  llvm::SmallVector<VectorInstruction, 8> body;
  llvm::SmallVector<VectorReduction, 2> reductions;
  llvm::SmallVector<VectorInstruction, 4> finish;
  llvm::SmallVector<VectorOutput, 2> outputs;
};

/// Index list of an indirect DMA: along dimension `dimension` the walk does not
/// move by i * stride but by index[i] * stride, where index[i] (i32 or i64, in
/// the own core's SRAM) is clamped to [0, limit).
struct DMAIndirection {
  uint8_t dimension = 0;
  Address address;
  ElementType type = ElementType::I32;
  uint32_t limit = 0;
};

enum class DMAKind : uint8_t {
  Copy = 0,   // source -> destination
  Fill = 1,   // `fillBits` -> destination
  Gather = 2, // indirection applies to the source
};
constexpr unsigned numDMAKinds = 3;
/// "copy", "fill" or "gather".
llvm::StringRef getName(DMAKind kind);

/// Copies elements of `elementBytes` bytes. Source and destination walk the
/// same dimensions; their descriptors' types are not used, and they have no
/// guards.
struct DMACommand {
  DMAKind kind = DMAKind::Copy;
  llvm::SmallVector<uint32_t, maxDims> sizes;
  uint8_t elementBytes = 1; // 1, 2, 4 or 8
  Descriptor source, destination;
  /// Local destination only: the cores (bit i: core i) whose SRAM receives the
  /// data at the same offset. 0: only destination.address.index.
  uint64_t multicast = 0;
  uint64_t fillBits = 0;
  DMAIndirection indirection;
};

/// Blocks the queue until its semaphore `semaphore` is at least `count`, then
/// subtracts `count`.
struct WaitCommand {
  uint16_t semaphore = 0;
  uint32_t count = 1;
};

/// Adds `count` to semaphore `semaphore` of the queue (core, engine) when every
/// earlier command of this queue has finished.
struct SignalCommand {
  uint16_t core = 0;
  Engine engine = Engine::Tensor;
  uint16_t semaphore = 0;
  uint32_t count = 1;
};

/// Repeats the commands up to the matching LoopEnd `count` times, or as often
/// as launch parameter `parameter` says when that is not -1 (then `count` is
/// its declared maximum). Loops nest to maxLoopDepth; depth 0 is the outermost.
struct LoopBeginCommand {
  uint32_t count = 1;
  int8_t parameter = -1;
};
struct LoopEndCommand {};

using Command =
    std::variant<TensorCommand, VectorCommand, DMACommand, WaitCommand,
                 SignalCommand, LoopBeginCommand, LoopEndCommand>;

struct Queue {
  uint16_t core = 0;
  Engine engine = Engine::Tensor;
  std::vector<Command> commands;
};

enum class SegmentRole : uint8_t {
  Constant = 0,  // weights: read only
  Parameter = 1, // read only, given at load
  State = 2,     // kept between runs
  Input = 3,     // read only
  Output = 4,    // written by the program
  Scratch = 5,   // of one run
};
constexpr unsigned numSegmentRoles = 6;
/// "constant", "parameter", "state", "input", "output" or "scratch".
llvm::StringRef getName(SegmentRole role);
/// Whether a program may only read segments of this role.
bool isReadOnly(SegmentRole role);

/// A part of DRAM that the program addresses from its own base. The runtime
/// chooses where it lies.
struct Segment {
  SegmentRole role = SegmentRole::Scratch;
  uint64_t size = 0;
  std::string name;
};

struct LaunchParameter {
  std::string name;
  uint32_t maximum = 0;
};

/// Bytes of an SRAM that hold in every run what the set-up has brought there.
struct ResidentBytes {
  MemorySpace space = MemorySpace::Local; // not DRAM
  uint16_t index = 0;                     // core, as in Address
  uint64_t offset = 0, size = 0;

  uint64_t getEnd() const { return offset + size; }
};

struct Program {
  uint16_t numCores = 1;
  std::vector<Segment> segments;
  std::vector<LaunchParameter> parameters;
  /// In increasing order of (core, engine), no queue twice.
  std::vector<Queue> queues;
  /// In increasing order of (space, index, offset); no two overlap or touch.
  std::vector<ResidentBytes> residents;
  /// DMA queues that run once, when the program is loaded, and copy constants
  /// to all bytes of `residents` that a run reads. In increasing order of core.
  /// There are some exactly when there are residents.
  std::vector<Queue> setup;
};

/// The set-up of `program` as a program of its own, without residents: it may
/// write what a run may not. Segments but those of constants, which it does not
/// touch, are empty.
Program makeSetupProgram(const Program &program);

/// Two programs are equal when they say the same: operands and fields that a
/// command does not use are left out of the comparison, and floating-point
/// fields are compared by their bits.
bool operator==(const Address &a, const Address &b);
bool operator==(const Guard &a, const Guard &b);
bool operator==(const Descriptor &a, const Descriptor &b);
bool operator==(const TensorCommand &a, const TensorCommand &b);
bool operator==(const VectorInstruction &a, const VectorInstruction &b);
bool operator==(const VectorReduction &a, const VectorReduction &b);
bool operator==(const VectorOutput &a, const VectorOutput &b);
bool operator==(const VectorCommand &a, const VectorCommand &b);
bool operator==(const DMAIndirection &a, const DMAIndirection &b);
bool operator==(const DMACommand &a, const DMACommand &b);
bool operator==(const WaitCommand &a, const WaitCommand &b);
bool operator==(const SignalCommand &a, const SignalCommand &b);
bool operator==(const LoopBeginCommand &a, const LoopBeginCommand &b);
bool operator==(const LoopEndCommand &a, const LoopEndCommand &b);
bool operator==(const Queue &a, const Queue &b);
bool operator==(const Segment &a, const Segment &b);
bool operator==(const LaunchParameter &a, const LaunchParameter &b);
bool operator==(const ResidentBytes &a, const ResidentBytes &b);
bool operator==(const Program &a, const Program &b);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_ISA_H
