//===- ProgramText.cpp - HBM-PIM programs as text -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Program.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

namespace garam::pim {

namespace {

/// Writes steps as text, a line for each command.
class ProgramPrinter {
public:
  ProgramPrinter(const Program &program, const MachineDescription &machine,
                 llvm::raw_ostream &os)
      : program(program), columns(machine.geometry.columns), os(os) {}

  void print();

private:
  void print(const Phase &phase);
  void print(const ConvertCommand &convert);
  void print(const ReduceCommand &reduce);
  void print(const StoreCommand &store);
  void print(const AccessCommand &access);
  void print(const TensorPlace &tensor);
  void print(const ChannelRange &channels) {
    os << " channels " << channels.first << " to "
       << channels.first + channels.count - 1;
  }
  void printDims(llvm::ArrayRef<WalkDim> dims);

  const Program &program;
  uint32_t columns;
  llvm::raw_ostream &os;
  unsigned depth = 1; // of repetitions
};

void ProgramPrinter::printDims(llvm::ArrayRef<WalkDim> dims) {
  for (const WalkDim &dim : dims) {
    os << ", " << dim.count << " times";
    if (dim.bank)
      os << " bank +" << dim.bank;
    if (dim.place)
      os << " column +" << dim.place;
    if (dim.data)
      os << " data +" << dim.data;
  }
}

void ProgramPrinter::print(const AccessCommand &access) {
  constexpr llvm::StringLiteral kinds[numAccessKinds] = {"write", "read",
                                                         "result"};
  os << kinds[static_cast<unsigned>(access.kind)];
  if (access.kind == TransactionKind::Write)
    os << ' ' << getName(access.source) << ' ' << access.data;
  if (access.kind == TransactionKind::ResultRead)
    os << " to staging " << access.data;
  if (access.kind != TransactionKind::Read)
    os << " below " << access.dataEnd;
  print(access.channels);
  if (access.channelData)
    os << " (data +" << access.channelData << " for every "
       << access.channelGroup << ")";
  os << " rank " << access.rank << " bank " << access.bank << " row 0x"
     << llvm::utohexstr(access.place / columns, true) << " column "
     << access.place % columns;
  printDims(access.dims);
  for (const RepeatStep &step : access.repeats)
    os << ", a turn column +" << step.place << " data +" << step.data;
  os << '\n';
}

void ProgramPrinter::print(const Phase &phase) {
  os << "phase " << phase.name << (phase.isSetup ? " of the setup\n" : "\n");
  for (const StreamCommand &command : phase.commands) {
    if (std::holds_alternative<RepeatEnd>(command)) {
      --depth;
      continue;
    }
    os.indent(2 * depth);
    if (const auto *access = std::get_if<AccessCommand>(&command)) {
      print(*access);
    } else if (const auto *barrier = std::get_if<BarrierCommand>(&command)) {
      os << "barrier";
      print(barrier->channels);
      os << '\n';
    } else {
      os << "repeat " << std::get<RepeatBegin>(command).count << '\n';
      ++depth;
    }
  }
}

void ProgramPrinter::print(const TensorPlace &tensor) {
  os << "segment " << tensor.segment << " byte " << tensor.offset << " as "
     << (tensor.type == FloatType::F32 ? "f32" : "f16");
}

void ProgramPrinter::print(const ConvertCommand &convert) {
  os << "convert ";
  print(convert.source);
  for (const TensorDim &dim : convert.dims)
    os << ", " << dim.count << " by " << dim.stride;
  os << ", to staging " << convert.staging << ", " << convert.bursts
     << " bursts\n";
}

void ProgramPrinter::print(const ReduceCommand &reduce) {
  os << "reduce staging " << reduce.staging << ", " << reduce.outputs
     << " outputs of " << reduce.parts << " parts by " << reduce.partStride
     << ", alpha " << llvm::format("%.9g", reduce.alpha);
  if (reduce.bias) {
    os << ", beta " << llvm::format("%.9g", reduce.beta) << " of ";
    print(*reduce.bias);
  }
  os << (reduce.relu ? ", relu, to " : ", to ");
  print(reduce.destination);
  os << '\n';
}

void ProgramPrinter::print(const StoreCommand &store) {
  os << "store staging " << store.staging << ", " << store.elements
     << " elements, to ";
  print(store.destination);
  os << '\n';
}

void ProgramPrinter::print() {
  for (auto [number, segment] : llvm::enumerate(program.segments)) {
    os << "segment " << number << ' ' << garam::getName(segment.role) << ' '
       << segment.size << " bytes '";
    os.write_escaped(segment.name) << "'\n";
  }
  for (auto [number, kernel] : llvm::enumerate(program.microKernels)) {
    os << "micro-kernel " << number << '\n';
    for (const Instruction &instruction : kernel)
      os << "  " << getText(instruction) << '\n';
  }
  for (const Step &step : program.steps)
    std::visit([&](const auto &command) { print(command); }, step);
}

} // namespace

void disassemble(const Program &program, const MachineDescription &machine,
                 llvm::raw_ostream &os) {
  ProgramPrinter(program, machine, os).print();
}

} // namespace garam::pim
