//===- Disassembler.cpp - NPU programs as text ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Format.h"

using namespace garam::npu;
using llvm::ArrayRef;

namespace {

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : value;
}

/// Writes one command; the line's number and indentation are the caller's.
class CommandPrinter {
public:
  explicit CommandPrinter(llvm::raw_ostream &os) : os(os) {}

  void print(const TensorCommand &c);
  void print(const VectorCommand &c);
  void print(const DMACommand &c);
  void print(const WaitCommand &c) {
    os << "wait s" << c.semaphore << ", " << c.count;
  }
  void print(const SignalCommand &c) {
    os << "signal " << c.core << '.' << getName(c.engine) << " s" << c.semaphore
       << ", " << c.count;
  }
  void print(const LoopBeginCommand &c) {
    os << "loop ";
    if (c.parameter >= 0)
      os << 'p' << int(c.parameter) << " <= ";
    os << c.count << " {";
  }
  void print(const LoopEndCommand &) { os << '}'; }

private:
  void printUnits(const TensorCommand &c);
  /// "+i0*64": a term of an address or a coordinate.
  void printTerm(const char *name, unsigned number, int64_t factor) {
    if (factor != 0)
      os << (factor < 0 ? "-" : "+") << name << number << '*'
         << magnitude(factor);
  }
  void printAddress(const Address &address);
  /// " name local0+0x40:bf16{128,2}".
  void printOperand(const char *name, const Descriptor &descriptor,
                    unsigned numDims, bool hasType = true);
  void printSizes(ArrayRef<uint32_t> sizes) {
    os << '[';
    llvm::interleave(sizes, os, "x");
    os << ']';
  }
  void printInstructions(const char *name,
                         ArrayRef<VectorInstruction> instructions);

  llvm::raw_ostream &os;
};

void CommandPrinter::printAddress(const Address &address) {
  os << getName(address.space);
  if (address.space != MemorySpace::Shared)
    os << address.index;
  os << (address.offset < 0 ? "-0x" : "+0x");
  os.write_hex(magnitude(address.offset));
  if (address.parameter >= 0)
    printTerm("p", address.parameter, address.parameterStride);
  for (auto [depth, stride] : llvm::enumerate(address.loopStrides))
    printTerm("i", depth, stride);
}

void CommandPrinter::printOperand(const char *name,
                                  const Descriptor &descriptor,
                                  unsigned numDims, bool hasType) {
  os << ' ' << name << ' ';
  printAddress(descriptor.address);
  if (hasType)
    os << ':' << getName(descriptor.type);
  os << '{';
  llvm::interleave(ArrayRef(descriptor.strides).take_front(numDims), os, ",");
  os << '}';
  for (const Guard &guard : descriptor.guards) {
    os << " if(" << guard.start;
    for (auto [dim, coefficient] : llvm::enumerate(guard.coefficients))
      printTerm("d", dim, coefficient);
    for (auto [depth, stride] : llvm::enumerate(guard.loopStrides))
      printTerm("i", depth, stride);
    os << " < " << guard.extent << ')';
  }
  if (!descriptor.guards.empty())
    os << " else " << llvm::format("%g", descriptor.fill);
}

/// Parts of the rows x parts of the columns, and what else is divided.
void CommandPrinter::printUnits(const TensorCommand &c) {
  bool dividesInnerRows = c.unitRows[1] != 1 || c.unitRows[2] != 1;
  if (c.unitRows[0] == 1 && !dividesInnerRows && c.unitColumns == 1 &&
      c.unitReduction == 1)
    return;
  os << " units " << c.unitRows[0];
  if (dividesInnerRows)
    os << ',' << c.unitRows[1] << ',' << c.unitRows[2];
  os << 'x' << c.unitColumns;
  if (c.unitReduction != 1)
    os << " red " << c.unitReduction;
}

void CommandPrinter::print(const TensorCommand &c) {
  os << "tensor ";
  printSizes(c.rows);
  os << 'x' << c.columns << " red ";
  printSizes(c.reduction);
  printUnits(c);
  if (c.accumulate)
    os << " accumulate";
  printOperand("act", c.activation, maxRowDims + maxReductionDims);
  if (c.activationZeroPoint)
    os << " zero " << c.activationZeroPoint;
  printOperand("weight", c.weight, maxReductionDims + 1);
  if (c.weightZeroPoint)
    os << " zero " << c.weightZeroPoint;
  if (c.hasBias)
    printOperand("bias", c.bias, 1);
  if (c.hasScale)
    printOperand("scale", c.scale, 1);
  if (c.hasRequantization)
    os << " requantize [" << c.requantizationLow << ',' << c.requantizationHigh
       << llvm::format("] times %.9g", c.requantizationScale);
  if (c.hasResidual) {
    printOperand("residual", c.residual, maxRowDims + 1);
    os << llvm::format(" times %.9g", c.residualScale);
    if (c.residualZeroPoint)
      os << " zero " << c.residualZeroPoint;
  }
  if (c.hasClamp)
    os << llvm::format(" clamp [%.9g,", c.clampLow)
       << llvm::format("%.9g]", c.clampHigh);
  if (!c.store)
    return;
  if (c.outputScale != 1.0f)
    os << llvm::format(" over %.9g", c.outputScale);
  printOperand("out", c.output, maxRowDims + 1);
  if (c.outputZeroPoint)
    os << " zero " << c.outputZeroPoint;
}

void CommandPrinter::printInstructions(
    const char *name, ArrayRef<VectorInstruction> instructions) {
  if (instructions.empty())
    return;
  os << ' ' << name << " {";
  for (const VectorInstruction &i : instructions) {
    const VectorOpcodeInfo *info = getInfo(i.opcode);
    if (!info)
      continue; // not in a verified program
    os << " r" << unsigned(i.destination) << " = " << info->name;
    const std::array<uint8_t, 3> sources = {i.a, i.b, i.c};
    for (uint8_t source : ArrayRef(sources).take_front(info->numSources))
      os << " r" << unsigned(source);
    switch (info->immediate) {
    case ImmediateKind::None:
      break;
    case ImmediateKind::Input:
      os << " in" << i.immediate;
      break;
    case ImmediateKind::Dimension:
      os << " d" << i.immediate;
      break;
    case ImmediateKind::Bits:
      if (i.opcode == VectorOpcode::ConstF32)
        os << llvm::format(" %.9g", llvm::bit_cast<float>(i.immediate));
      else
        os << ' ' << static_cast<int32_t>(i.immediate);
      break;
    case ImmediateKind::Predicate:
      if (i.immediate < numComparePredicates)
        os << ' ' << getName(static_cast<ComparePredicate>(i.immediate));
      break;
    }
    os << ';';
  }
  os << " }";
}

void CommandPrinter::print(const VectorCommand &c) {
  os << "vector ";
  unsigned parallelDims = c.sizes.size() - c.numReductionDims;
  printSizes(ArrayRef(c.sizes).take_front(parallelDims));
  if (c.numReductionDims > 0) {
    os << " red ";
    printSizes(ArrayRef(c.sizes).drop_front(parallelDims));
  }
  for (const Descriptor &input : c.inputs)
    printOperand("in", input, c.sizes.size());
  printInstructions("body", c.body);
  for (const VectorReduction &r : c.reductions) {
    os << " reduce r" << unsigned(r.accumulator) << " = " << getName(r.combiner)
       << " r" << unsigned(r.source) << " from ";
    if (r.initialInput >= 0) {
      os << "input " << int(r.initialInput);
      continue;
    }
    os << "0x";
    os.write_hex(r.initial);
  }
  printInstructions("finish", c.finish);
  for (const VectorOutput &output : c.outputs) {
    os << " r" << unsigned(output.source) << (output.isFloat ? ":f32" : ":i32");
    if (output.scale != 1.0f)
      os << llvm::format(" over %.9g", output.scale);
    if (output.zeroPoint)
      os << " zero " << output.zeroPoint;
    os << " ->";
    printOperand("out", output.descriptor, parallelDims);
  }
}

void CommandPrinter::print(const DMACommand &c) {
  os << getName(c.kind) << ' ';
  printSizes(c.sizes);
  os << 'x' << unsigned(c.elementBytes) << 'B';
  if (c.kind == DMAKind::Fill) {
    os << " with 0x";
    os.write_hex(c.fillBits);
  } else {
    printOperand("from", c.source, c.sizes.size(), /*hasType=*/false);
  }
  printOperand("to", c.destination, c.sizes.size(), /*hasType=*/false);
  if (c.multicast) {
    os << " cores 0x";
    os.write_hex(c.multicast);
  }
  if (c.kind == DMAKind::Gather) {
    const DMAIndirection &list = c.indirection;
    os << " index d" << unsigned(list.dimension) << ' ';
    printAddress(list.address);
    os << ':' << getName(list.type) << " < " << list.limit;
  }
}

} // namespace

/// Writes a queue behind a line of `title` and its name, each command with what
/// `getComment` returns for its number.
static void printQueue(const Queue &queue, llvm::StringRef title,
                       llvm::raw_ostream &os,
                       llvm::function_ref<std::string(unsigned)> getComment) {
  os << '\n' << title << queue.core << '.' << getName(queue.engine) << '\n';
  CommandPrinter printer(os);
  unsigned depth = 0;
  for (auto [k, command] : llvm::enumerate(queue.commands)) {
    if (std::holds_alternative<LoopEndCommand>(command) && depth > 0)
      --depth;
    os << llvm::format_decimal(k, 6) << "  ";
    os.indent(2 * depth);
    std::visit([&](const auto &c) { printer.print(c); }, command);
    std::string comment = getComment(k);
    if (!comment.empty())
      os << "  // " << comment;
    os << '\n';
    if (std::holds_alternative<LoopBeginCommand>(command))
      ++depth;
  }
}

void garam::npu::disassemble(
    const Program &program, llvm::raw_ostream &os,
    llvm::function_ref<std::string(unsigned, unsigned)> annotate) {
  os << "program cores " << program.numCores << '\n';
  for (auto [number, parameter] : llvm::enumerate(program.parameters)) {
    os << "parameter p" << number << " <= " << parameter.maximum << " \"";
    os.write_escaped(parameter.name) << "\"\n";
  }
  for (auto [number, segment] : llvm::enumerate(program.segments)) {
    os << "segment dram" << number << ' ' << getName(segment.role) << ' '
       << segment.size << " bytes \"";
    os.write_escaped(segment.name) << "\"\n";
  }
  for (const ResidentBytes &resident : program.residents) {
    os << "resident " << getName(resident.space);
    if (resident.space != MemorySpace::Shared)
      os << resident.index;
    os << "+0x";
    os.write_hex(resident.offset);
    os << ' ' << resident.size << " bytes\n";
  }
  for (const Queue &queue : program.setup)
    printQueue(queue, "set-up queue ", os, [](unsigned) { return ""; });
  for (auto [q, queue] : llvm::enumerate(program.queues))
    printQueue(queue, "queue ", os, [&, number = q](unsigned command) {
      return annotate ? annotate(number, command) : std::string();
    });
}
