//===- ISA.cpp - Commands of the reference NPU ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/ISA.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

#include <tuple>

using namespace garam::npu;

namespace {

struct ElementTypeInfo {
  llvm::StringLiteral name;
  unsigned byteWidth;
};

// In the order of ElementType.
constexpr ElementTypeInfo elementTypes[numElementTypes] = {
    {"i8", 1},  {"u8", 1},  {"i16", 2},  {"u16", 2},    {"i32", 4},
    {"u32", 4}, {"i64", 8}, {"u64", 8},  {"f16", 2},    {"bf16", 2},
    {"f32", 4}, {"f64", 8}, {"bool", 1}, {"f8e4m3", 1}, {"f8e5m2", 1},
};

// In the order of their enumerations.
constexpr llvm::StringLiteral engineNames[numEngineKinds] = {"tensor", "vector",
                                                             "dma"};
constexpr llvm::StringLiteral memorySpaceNames[numMemorySpaces] = {
    "local", "shared", "dram"};
constexpr llvm::StringLiteral predicateNames[numComparePredicates] = {
    "EQ", "NE", "LT", "LE", "GT", "GE"};
constexpr llvm::StringLiteral combinerNames[numCombiners] = {
    "AddF", "MulF", "MaxF", "MinF", "AddI",
    "MulI", "MaxI", "MinI", "AndI", "OrI"};
constexpr llvm::StringLiteral dmaKindNames[numDMAKinds] = {"copy", "fill",
                                                           "gather"};
constexpr llvm::StringLiteral segmentRoleNames[numSegmentRoles] = {
    "constant", "parameter", "state", "input", "output", "scratch"};

#define OPCODE(NAME, SOURCES, IMMEDIATE)                                       \
  {VectorOpcode::NAME, #NAME, SOURCES, ImmediateKind::IMMEDIATE}

// In increasing order of opcode.
constexpr VectorOpcodeInfo vectorOpcodes[] = {
    OPCODE(Load, 0, Input),     OPCODE(ConstF32, 0, Bits),
    OPCODE(ConstI32, 0, Bits),  OPCODE(Index, 0, Dimension),
    OPCODE(Select, 3, None),    OPCODE(AddF, 2, None),
    OPCODE(SubF, 2, None),      OPCODE(MulF, 2, None),
    OPCODE(DivF, 2, None),      OPCODE(MaxF, 2, None),
    OPCODE(MinF, 2, None),      OPCODE(NegF, 1, None),
    OPCODE(AbsF, 1, None),      OPCODE(SqrtF, 1, None),
    OPCODE(FmaF, 3, None),      OPCODE(FloorF, 1, None),
    OPCODE(CeilF, 1, None),     OPCODE(RoundF, 1, None),
    OPCODE(TruncF, 1, None),    OPCODE(RemF, 2, None),
    OPCODE(ExpF, 1, None),      OPCODE(LogF, 1, None),
    OPCODE(TanhF, 1, None),     OPCODE(ErfF, 1, None),
    OPCODE(SinF, 1, None),      OPCODE(CosF, 1, None),
    OPCODE(PowF, 2, None),      OPCODE(RsqrtF, 1, None),
    OPCODE(SigmoidF, 1, None),  OPCODE(AddI, 2, None),
    OPCODE(SubI, 2, None),      OPCODE(MulI, 2, None),
    OPCODE(DivI, 2, None),      OPCODE(RemI, 2, None),
    OPCODE(MaxI, 2, None),      OPCODE(MinI, 2, None),
    OPCODE(AndI, 2, None),      OPCODE(OrI, 2, None),
    OPCODE(XorI, 2, None),      OPCODE(ShlI, 2, None),
    OPCODE(ShrI, 2, None),      OPCODE(CmpF, 2, Predicate),
    OPCODE(CmpI, 2, Predicate), OPCODE(F32ToI32, 1, None),
    OPCODE(I32ToF32, 1, None),  OPCODE(RoundBF16, 1, None),
    OPCODE(RoundF16, 1, None),
};

#undef OPCODE

uint32_t bits(float value) { return llvm::bit_cast<uint32_t>(value); }
uint64_t bits(double value) { return llvm::bit_cast<uint64_t>(value); }

} // namespace

unsigned garam::npu::getByteWidth(ElementType type) {
  return elementTypes[static_cast<unsigned>(type)].byteWidth;
}

llvm::StringRef garam::npu::getName(ElementType type) {
  return elementTypes[static_cast<unsigned>(type)].name;
}

llvm::StringRef garam::npu::getName(Engine engine) {
  return engineNames[static_cast<unsigned>(engine)];
}

llvm::StringRef garam::npu::getName(MemorySpace space) {
  return memorySpaceNames[static_cast<unsigned>(space)];
}

llvm::StringRef garam::npu::getName(ComparePredicate predicate) {
  return predicateNames[static_cast<unsigned>(predicate)];
}

llvm::StringRef garam::npu::getName(Combiner combiner) {
  return combinerNames[static_cast<unsigned>(combiner)];
}

llvm::StringRef garam::npu::getName(DMAKind kind) {
  return dmaKindNames[static_cast<unsigned>(kind)];
}

llvm::StringRef garam::npu::getName(SegmentRole role) {
  return segmentRoleNames[static_cast<unsigned>(role)];
}

bool garam::npu::requantizes(const TensorCommand &command) {
  return command.hasRequantization ||
         (command.store && command.outputScale != 1.0f);
}

bool garam::npu::quantizes(const VectorOutput &output) {
  return output.scale != 1.0f || output.zeroPoint != 0;
}

bool garam::npu::isReadOnly(SegmentRole role) {
  return role == SegmentRole::Constant || role == SegmentRole::Parameter ||
         role == SegmentRole::Input;
}

const VectorOpcodeInfo *garam::npu::getInfo(VectorOpcode opcode) {
  auto found = llvm::lower_bound(
      vectorOpcodes, opcode, [](const VectorOpcodeInfo &info, VectorOpcode op) {
        return info.opcode < op;
      });
  return found != std::end(vectorOpcodes) && found->opcode == opcode ? found
                                                                     : nullptr;
}

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

bool garam::npu::operator==(const Address &a, const Address &b) {
  auto tie = [](const Address &x) {
    return std::tie(x.space, x.index, x.parameter, x.offset, x.parameterStride,
                    x.loopStrides);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const Guard &a, const Guard &b) {
  auto tie = [](const Guard &x) {
    return std::tie(x.start, x.extent, x.coefficients, x.loopStrides);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const Descriptor &a, const Descriptor &b) {
  auto tie = [](const Descriptor &x) {
    return std::tie(x.address, x.type, x.strides, x.guards);
  };
  return tie(a) == tie(b) && bits(a.fill) == bits(b.fill);
}

bool garam::npu::operator==(const TensorCommand &a, const TensorCommand &b) {
  auto tie = [](const TensorCommand &x) {
    return std::tie(x.rows, x.columns, x.reduction, x.activation, x.weight,
                    x.activationZeroPoint, x.weightZeroPoint, x.unitRows,
                    x.unitColumns, x.unitReduction, x.accumulate, x.store,
                    x.hasBias, x.hasScale, x.hasRequantization, x.hasResidual,
                    x.hasClamp);
  };
  if (!(tie(a) == tie(b)))
    return false;
  bool bias = !a.hasBias || a.bias == b.bias;
  bool scale = !a.hasScale || a.scale == b.scale;
  bool residual =
      !a.hasResidual ||
      (a.residual == b.residual && a.residualZeroPoint == b.residualZeroPoint &&
       bits(a.residualScale) == bits(b.residualScale));
  bool requantization =
      !a.hasRequantization ||
      (a.requantizationLow == b.requantizationLow &&
       a.requantizationHigh == b.requantizationHigh &&
       bits(a.requantizationScale) == bits(b.requantizationScale));
  bool clamp = !a.hasClamp || (bits(a.clampLow) == bits(b.clampLow) &&
                               bits(a.clampHigh) == bits(b.clampHigh));
  bool output = !a.store || (a.output == b.output &&
                             bits(a.outputScale) == bits(b.outputScale) &&
                             a.outputZeroPoint == b.outputZeroPoint);
  return bias && scale && requantization && residual && clamp && output;
}

bool garam::npu::operator==(const VectorInstruction &a,
                            const VectorInstruction &b) {
  auto tie = [](const VectorInstruction &x) {
    return std::tie(x.opcode, x.destination, x.a, x.b, x.c, x.immediate);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const VectorReduction &a,
                            const VectorReduction &b) {
  auto tie = [](const VectorReduction &x) {
    return std::tie(x.combiner, x.source, x.accumulator, x.initialInput,
                    x.initial);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const VectorOutput &a, const VectorOutput &b) {
  auto tie = [](const VectorOutput &x) {
    return std::tie(x.descriptor, x.source, x.isFloat, x.zeroPoint);
  };
  return tie(a) == tie(b) && bits(a.scale) == bits(b.scale);
}

bool garam::npu::operator==(const VectorCommand &a, const VectorCommand &b) {
  auto tie = [](const VectorCommand &x) {
    return std::tie(x.sizes, x.numReductionDims, x.inputs, x.body, x.reductions,
                    x.finish, x.outputs);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const DMAIndirection &a, const DMAIndirection &b) {
  auto tie = [](const DMAIndirection &x) {
    return std::tie(x.dimension, x.address, x.type, x.limit);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const DMACommand &a, const DMACommand &b) {
  auto tie = [](const DMACommand &x) {
    return std::tie(x.kind, x.sizes, x.elementBytes, x.destination,
                    x.multicast);
  };
  if (!(tie(a) == tie(b)))
    return false;
  if (a.kind == DMAKind::Fill)
    return a.fillBits == b.fillBits;
  return a.source == b.source &&
         (a.kind == DMAKind::Copy || a.indirection == b.indirection);
}

bool garam::npu::operator==(const WaitCommand &a, const WaitCommand &b) {
  return a.semaphore == b.semaphore && a.count == b.count;
}

bool garam::npu::operator==(const SignalCommand &a, const SignalCommand &b) {
  auto tie = [](const SignalCommand &x) {
    return std::tie(x.core, x.engine, x.semaphore, x.count);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const LoopBeginCommand &a,
                            const LoopBeginCommand &b) {
  return a.count == b.count && a.parameter == b.parameter;
}

bool garam::npu::operator==(const LoopEndCommand &, const LoopEndCommand &) {
  return true;
}

bool garam::npu::operator==(const Queue &a, const Queue &b) {
  auto tie = [](const Queue &x) {
    return std::tie(x.core, x.engine, x.commands);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const Segment &a, const Segment &b) {
  auto tie = [](const Segment &x) { return std::tie(x.role, x.size, x.name); };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const LaunchParameter &a,
                            const LaunchParameter &b) {
  return a.name == b.name && a.maximum == b.maximum;
}

bool garam::npu::operator==(const ResidentBytes &a, const ResidentBytes &b) {
  auto tie = [](const ResidentBytes &x) {
    return std::tie(x.space, x.index, x.offset, x.size);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const Program &a, const Program &b) {
  auto tie = [](const Program &x) {
    return std::tie(x.numCores, x.segments, x.parameters, x.queues, x.residents,
                    x.setup);
  };
  return tie(a) == tie(b);
}

Program garam::npu::makeSetupProgram(const Program &program) {
  Program setup;
  setup.numCores = program.numCores;
  setup.segments = program.segments;
  for (Segment &segment : setup.segments)
    if (segment.role != SegmentRole::Constant)
      segment.size = 0;
  setup.queues = program.setup;
  return setup;
}
