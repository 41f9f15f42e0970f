//===- Reference.cpp - The ISA's semantics written plainly ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>

using llvm::APFloat;
using llvm::bit_cast;

namespace garam::npu::testing {

static constexpr uint32_t canonicalNaN = 0x7FC00000;

static uint32_t toBits(float value) {
  return std::isnan(value) ? canonicalNaN : bit_cast<uint32_t>(value);
}
static float toFloat(uint32_t bits) { return bit_cast<float>(bits); }

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static const llvm::fltSemantics &getSemantics(ElementType type) {
  switch (type) {
  case ElementType::F16:
    return APFloat::IEEEhalf();
  case ElementType::BF16:
    return APFloat::BFloat();
  case ElementType::F64:
    return APFloat::IEEEdouble();
  case ElementType::F8E4M3:
    return APFloat::Float8E4M3FN();
  case ElementType::F8E5M2:
    return APFloat::Float8E5M2();
  default:
    return APFloat::IEEEsingle();
  }
}

static bool isFloatType(ElementType type) {
  return type >= ElementType::F16 && type != ElementType::Bool;
}

float decodeFloat(ElementType type, uint64_t bits) {
  APFloat value(getSemantics(type), llvm::APInt(getByteWidth(type) * 8, bits));
  bool losesInfo;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.isNaN() ? toFloat(canonicalNaN) : value.convertToFloat();
}

uint64_t encodeFloat(ElementType type, float value) {
  const llvm::fltSemantics &semantics = getSemantics(type);
  bool isFloat8 = getByteWidth(type) == 1;
  if (std::isnan(value))
    return isFloat8
               ? 0x7F
               : APFloat::getNaN(semantics).bitcastToAPInt().getZExtValue();
  APFloat converted(value);
  bool losesInfo;
  converted.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  if (isFloat8 && !converted.isFinite())
    converted = APFloat::getLargest(semantics, std::signbit(value));
  return converted.bitcastToAPInt().getZExtValue();
}

static uint32_t load(ElementType type, const uint8_t *memory) {
  uint64_t bits = 0;
  unsigned width = getByteWidth(type);
  std::memcpy(&bits, memory, width);
  if (isFloatType(type))
    return toBits(decodeFloat(type, bits));
  switch (type) {
  case ElementType::I8:
    return static_cast<int8_t>(bits);
  case ElementType::I16:
    return static_cast<int16_t>(bits);
  case ElementType::Bool:
    return bits != 0;
  default:
    return static_cast<uint32_t>(bits);
  }
}

/// Least and largest value of an integer type, within what a double holds.
static std::pair<double, double> getRange(ElementType type) {
  double bits = getByteWidth(type) * 8;
  bool isSigned = type == ElementType::I8 || type == ElementType::I16 ||
                  type == ElementType::I32 || type == ElementType::I64;
  double span = std::exp2(bits);
  return isSigned ? std::make_pair(-span / 2, span / 2 - 1)
                  : std::make_pair(0.0, span - 1);
}

static uint64_t toInteger(ElementType type, double value) {
  auto [low, high] = getRange(type);
  if (std::isnan(value))
    return 0;
  if (value <= low)
    return static_cast<uint64_t>(static_cast<int64_t>(low));
  if (value >= high)
    return getByteWidth(type) < 8 ? static_cast<uint64_t>(high)
           : low < 0              ? uint64_t(INT64_MAX)
                                  : UINT64_MAX;
  return value < 0 ? static_cast<uint64_t>(static_cast<int64_t>(value))
                   : static_cast<uint64_t>(value);
}

static void store(ElementType type, uint32_t bits, bool isFloat,
                  uint8_t *memory) {
  uint64_t element;
  if (isFloatType(type))
    element = encodeFloat(type, toFloat(bits));
  else if (type == ElementType::Bool)
    element = bits != 0;
  else if (isFloat)
    element = toInteger(type, std::nearbyint(double(toFloat(bits))));
  else
    element = toInteger(type, static_cast<int32_t>(bits));
  std::memcpy(memory, &element, getByteWidth(type));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static float maximum(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return NAN;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

static bool compare(uint32_t predicate, double a, double b) {
  switch (static_cast<ComparePredicate>(predicate)) {
  case ComparePredicate::EQ:
    return a == b;
  case ComparePredicate::NE:
    return a != b;
  case ComparePredicate::LT:
    return a < b;
  case ComparePredicate::LE:
    return a <= b;
  case ComparePredicate::GT:
    return a > b;
  case ComparePredicate::GE:
    return a >= b;
  }
  return false;
}

static uint32_t evaluateFloat(const VectorInstruction &instruction, float x,
                              float y, float z) {
  double wide = x;
  switch (instruction.opcode) {
  case VectorOpcode::AddF:
    return toBits(x + y);
  case VectorOpcode::SubF:
    return toBits(x - y);
  case VectorOpcode::MulF:
    return toBits(x * y);
  case VectorOpcode::DivF:
    return toBits(x / y);
  case VectorOpcode::MaxF:
    return toBits(maximum(x, y));
  case VectorOpcode::MinF:
    return toBits(-maximum(-x, -y));
  case VectorOpcode::NegF:
    return bit_cast<uint32_t>(-x);
  case VectorOpcode::AbsF:
    return bit_cast<uint32_t>(std::fabs(x));
  case VectorOpcode::SqrtF:
    return toBits(std::sqrt(x));
  case VectorOpcode::FmaF:
    return toBits(std::fma(x, y, z));
  case VectorOpcode::FloorF:
    return toBits(std::floor(x));
  case VectorOpcode::CeilF:
    return toBits(std::ceil(x));
  case VectorOpcode::RoundF:
    return toBits(std::nearbyint(x));
  case VectorOpcode::TruncF:
    return toBits(std::trunc(x));
  case VectorOpcode::RemF:
    return toBits(std::fmod(x, y));
  case VectorOpcode::ExpF:
    return toBits(float(std::exp(wide)));
  case VectorOpcode::LogF:
    return toBits(float(std::log(wide)));
  case VectorOpcode::TanhF:
    return toBits(float(std::tanh(wide)));
  case VectorOpcode::ErfF:
    return toBits(float(std::erf(wide)));
  case VectorOpcode::SinF:
    return toBits(float(std::sin(wide)));
  case VectorOpcode::CosF:
    return toBits(float(std::cos(wide)));
  case VectorOpcode::PowF:
    return toBits(float(std::pow(wide, double(y))));
  case VectorOpcode::RsqrtF:
    return toBits(float(1 / std::sqrt(wide)));
  case VectorOpcode::SigmoidF:
    return toBits(float(1 / (1 + std::exp(-wide))));
  case VectorOpcode::CmpF:
    return compare(instruction.immediate, x, y);
  case VectorOpcode::F32ToI32:
    return static_cast<uint32_t>(toInteger(ElementType::I32, std::trunc(x)));
  case VectorOpcode::RoundBF16:
    return toBits(
        decodeFloat(ElementType::BF16, encodeFloat(ElementType::BF16, x)));
  case VectorOpcode::RoundF16:
    return toBits(
        decodeFloat(ElementType::F16, encodeFloat(ElementType::F16, x)));
  default:
    return 0;
  }
}

uint32_t evaluate(const VectorInstruction &instruction, uint32_t a, uint32_t b,
                  uint32_t c) {
  int64_t i = static_cast<int32_t>(a), j = static_cast<int32_t>(b);
  switch (instruction.opcode) {
  case VectorOpcode::ConstF32:
  case VectorOpcode::ConstI32:
    return instruction.immediate;
  case VectorOpcode::Select:
    return a ? b : c;
  case VectorOpcode::AddI:
    return i + j;
  case VectorOpcode::SubI:
    return i - j;
  case VectorOpcode::MulI:
    return i * j;
  case VectorOpcode::DivI:
    return j == 0 ? 0 : i / j;
  case VectorOpcode::RemI:
    return j == 0 ? i : i % j;
  case VectorOpcode::MaxI:
    return std::max(i, j);
  case VectorOpcode::MinI:
    return std::min(i, j);
  case VectorOpcode::AndI:
    return a & b;
  case VectorOpcode::OrI:
    return a | b;
  case VectorOpcode::XorI:
    return a ^ b;
  case VectorOpcode::ShlI:
    return a << (b % 32);
  case VectorOpcode::ShrI:
    return i >> (b % 32);
  case VectorOpcode::CmpI:
    return compare(instruction.immediate, i, j);
  case VectorOpcode::I32ToF32:
    return toBits(static_cast<float>(i));
  default:
    return evaluateFloat(instruction, toFloat(a), toFloat(b), toFloat(c));
  }
}

uint32_t combine(Combiner combiner, uint32_t accumulator, uint32_t source) {
  static constexpr VectorOpcode operations[numCombiners] = {
      VectorOpcode::AddF, VectorOpcode::MulF, VectorOpcode::MaxF,
      VectorOpcode::MinF, VectorOpcode::AddI, VectorOpcode::MulI,
      VectorOpcode::MaxI, VectorOpcode::MinI, VectorOpcode::AndI,
      VectorOpcode::OrI};
  VectorInstruction instruction;
  instruction.opcode = operations[static_cast<unsigned>(combiner)];
  return evaluate(instruction, accumulator, source, 0);
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

using Index = std::array<int64_t, maxDims>;

static int64_t getOffset(const Descriptor &operand, const Index &index) {
  int64_t offset = operand.address.offset;
  for (unsigned dim = 0; dim < maxDims; ++dim)
    offset += operand.strides[dim] * index[dim];
  return offset;
}

static uint32_t read(const Descriptor &operand, const Index &index,
                     const std::vector<uint8_t> &sram) {
  for (const Guard &guard : operand.guards) {
    int64_t coordinate = guard.start;
    for (unsigned dim = 0; dim < maxDims; ++dim)
      coordinate += guard.coefficients[dim] * index[dim];
    if (coordinate >= 0 && coordinate < guard.extent)
      continue;
    uint8_t element[8] = {};
    store(operand.type, toBits(float(operand.fill)), true, element);
    return load(operand.type, element);
  }
  return load(operand.type, sram.data() + getOffset(operand, index));
}

/// Calls `visit` for each index in row-major order.
template <typename Visit>
static void walk(llvm::ArrayRef<uint32_t> sizes, Visit visit) {
  Index index = {};
  while (true) {
    visit(index);
    unsigned dim = sizes.size();
    while (dim > 0 && ++index[dim - 1] == sizes[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return;
  }
}

using Registers = std::array<uint32_t, maxVectorRegisters>;

static void run(llvm::ArrayRef<VectorInstruction> program,
                const VectorCommand &command, const Index &index,
                const std::vector<uint8_t> &sram, Registers &registers) {
  for (const VectorInstruction &i : program) {
    uint32_t &result = registers[i.destination];
    if (i.opcode == VectorOpcode::Load)
      result = read(command.inputs[i.immediate], index, sram);
    else if (i.opcode == VectorOpcode::Index)
      result = index[i.immediate];
    else
      result = evaluate(i, registers[i.a], registers[i.b], registers[i.c]);
  }
}

void execute(const VectorCommand &command, std::vector<uint8_t> &sram) {
  llvm::ArrayRef<uint32_t> sizes = command.sizes;
  unsigned numParallel = sizes.size() - command.numReductionDims;
  walk(sizes.take_front(numParallel), [&](Index index) {
    Registers registers = {};
    for (const VectorReduction &reduction : command.reductions)
      registers[reduction.accumulator] =
          reduction.initialInput < 0
              ? reduction.initial
              : read(command.inputs[reduction.initialInput], index, sram);
    walk(sizes.drop_front(numParallel), [&](const Index &step) {
      Index at = index;
      for (unsigned dim = numParallel; dim < sizes.size(); ++dim)
        at[dim] = step[dim - numParallel];
      run(command.body, command, at, sram, registers);
      for (const VectorReduction &reduction : command.reductions)
        registers[reduction.accumulator] =
            combine(reduction.combiner, registers[reduction.accumulator],
                    registers[reduction.source]);
    });
    run(command.finish, command, index, sram, registers);
    for (const VectorOutput &output : command.outputs) {
      uint8_t *target = sram.data() + getOffset(output.descriptor, index);
      float quotient = toFloat(registers[output.source]) / output.scale;
      bool quantizes = output.scale != 1 || output.zeroPoint != 0;
      if (quantizes && !std::isnan(quotient)) {
        double integral = std::nearbyint(double(quotient));
        uint64_t element =
            toInteger(output.descriptor.type, integral + output.zeroPoint);
        std::memcpy(target, &element, getByteWidth(output.descriptor.type));
      } else {
        store(output.descriptor.type, quantizes ? 0 : registers[output.source],
              output.isFloat, target);
      }
    }
  });
}

/// The epilogue of one output: its sum as register bits, `isFloat` or not.
static void finish(const TensorCommand &command, uint32_t sum, bool isFloat,
                   const Index &row, uint32_t column,
                   std::vector<uint8_t> &sram) {
  Index byColumn = {}, byOutput = row;
  byColumn[0] = column;
  byOutput[maxRowDims] = column;
  uint8_t *target = sram.data() + getOffset(command.output, byOutput);
  bool intBias = command.hasBias && command.bias.type == ElementType::I32;
  if (intBias)
    sum += read(command.bias, byColumn, sram);
  bool plain = !isFloat && command.output.type == ElementType::I32 &&
               !command.hasScale && !command.hasResidual && !command.hasClamp &&
               !command.hasRequantization && command.outputScale == 1.0f &&
               (!command.hasBias || intBias);
  if (plain)
    return store(ElementType::I32, sum, false, target);
  float value = isFloat ? toFloat(sum) : float(static_cast<int32_t>(sum));
  if (command.hasScale)
    value = value * toFloat(read(command.scale, byColumn, sram));
  if (command.hasBias && !intBias)
    value = value + toFloat(read(command.bias, byColumn, sram));
  if (command.hasRequantization) {
    double integer = std::isnan(value) ? 0 : std::nearbyint(double(value));
    integer = std::min<double>(integer, command.requantizationHigh);
    integer = std::max<double>(integer, command.requantizationLow);
    value = float(integer) * command.requantizationScale;
  }
  if (command.hasResidual) {
    uint32_t bits = read(command.residual, byOutput, sram);
    float residual =
        isFloatType(command.residual.type)
            ? toFloat(bits)
            : float(static_cast<int32_t>(bits) - command.residualZeroPoint);
    float scaled = residual * command.residualScale;
    value = value + scaled;
  }
  if (command.hasClamp && value < command.clampLow)
    value = command.clampLow;
  if (command.hasClamp && value > command.clampHigh)
    value = command.clampHigh;
  value = value / command.outputScale;
  if (isFloatType(command.output.type))
    return store(command.output.type, toBits(value), true, target);
  double integral = std::isnan(value) ? 0 : std::nearbyint(double(value));
  uint64_t element =
      toInteger(command.output.type, integral + command.outputZeroPoint);
  std::memcpy(target, &element, getByteWidth(command.output.type));
}

void execute(const TensorCommand &command, std::vector<uint8_t> &sram) {
  bool isFloat = isFloatType(command.activation.type);
  walk(command.rows, [&](const Index &row) {
    for (uint32_t column = 0; column < command.columns; ++column) {
      uint32_t sum = 0;
      walk(command.reduction, [&](const Index &step) {
        Index activation = row, weight = {};
        for (unsigned dim = 0; dim < maxReductionDims; ++dim) {
          activation[maxRowDims + dim] = step[dim];
          weight[dim] = step[dim];
        }
        weight[maxReductionDims] = column;
        uint32_t a = read(command.activation, activation, sram);
        uint32_t w = read(command.weight, weight, sram);
        if (isFloat) {
          float product = toFloat(a) * toFloat(w);
          sum = toBits(toFloat(sum) + product);
        } else {
          sum +=
              (a - command.activationZeroPoint) * (w - command.weightZeroPoint);
        }
      });
      finish(command, sum, isFloat, row, column, sram);
    }
  });
}

} // namespace garam::npu::testing
