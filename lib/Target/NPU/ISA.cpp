//===- ISA.cpp - Commands of the reference NPU ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/ISA.h"

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

uint32_t bits(float value) { return llvm::bit_cast<uint32_t>(value); }
uint64_t bits(double value) { return llvm::bit_cast<uint64_t>(value); }

} // namespace

unsigned garam::npu::getByteWidth(ElementType type) {
  return elementTypes[static_cast<unsigned>(type)].byteWidth;
}

llvm::StringRef garam::npu::getName(ElementType type) {
  return elementTypes[static_cast<unsigned>(type)].name;
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
                    x.unitColumns, x.accumulate, x.store, x.hasBias, x.hasScale,
                    x.hasResidual, x.hasClamp);
  };
  if (!(tie(a) == tie(b)))
    return false;
  bool bias = !a.hasBias || a.bias == b.bias;
  bool scale = !a.hasScale || a.scale == b.scale;
  bool residual =
      !a.hasResidual ||
      (a.residual == b.residual && a.residualZeroPoint == b.residualZeroPoint &&
       bits(a.residualScale) == bits(b.residualScale));
  bool clamp = !a.hasClamp || (bits(a.clampLow) == bits(b.clampLow) &&
                               bits(a.clampHigh) == bits(b.clampHigh));
  bool output = !a.store || (a.output == b.output &&
                             a.outputZeroPoint == b.outputZeroPoint);
  return bias && scale && residual && clamp && output;
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
    return std::tie(x.combiner, x.source, x.accumulator, x.initial);
  };
  return tie(a) == tie(b);
}

bool garam::npu::operator==(const VectorOutput &a, const VectorOutput &b) {
  auto tie = [](const VectorOutput &x) {
    return std::tie(x.descriptor, x.source, x.isFloat);
  };
  return tie(a) == tie(b);
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

bool garam::npu::operator==(const Program &a, const Program &b) {
  auto tie = [](const Program &x) {
    return std::tie(x.numCores, x.segments, x.parameters, x.queues);
  };
  return tie(a) == tie(b);
}
