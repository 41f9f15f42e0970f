//===- Kernels.cpp - Published kernels as streams -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include "garam/Target/PIM/Encoding.h"
#include "llvm/Support/Endian.h"

namespace garam::pim::test {

KernelBuilder::KernelBuilder(const MachineDescription &machine,
                             uint32_t channel)
    : machine(machine), mapping(machine), channel(channel) {
  stream.header = makeHeader(machine);
}

uint64_t KernelBuilder::getAddress(uint32_t bank, uint32_t row,
                                   uint32_t column) const {
  return mapping.getAddress({channel, /*rank=*/0, bank, row, column});
}

void KernelBuilder::write(uint32_t bank, uint32_t row, uint32_t column,
                          const Burst &data) {
  stream.write(getAddress(bank, row, column), data);
}

void KernelBuilder::read(uint32_t bank, uint32_t row, uint32_t column) {
  stream.read(getAddress(bank, row, column));
}

void KernelBuilder::readResult(uint32_t bank, uint32_t row, uint32_t column) {
  stream.readResult(getAddress(bank, row, column));
}

void KernelBuilder::park() {
  for (uint32_t bank = 0; bank < machine.geometry.getBanks(); ++bank)
    read(bank, machine.rows.park, 0);
  barrier();
}

void KernelBuilder::enterAllBank() {
  for (uint32_t bank : machine.rows.enterBanks)
    write(bank, machine.rows.enterAllBank, machine.rows.modeColumn);
  barrier();
}

void KernelBuilder::leaveAllBank() {
  for (uint32_t bank : machine.rows.leaveBanks)
    write(bank, machine.rows.leaveAllBank, machine.rows.modeColumn);
  barrier();
}

void KernelBuilder::loadProgram(const std::string &assembly) {
  auto program = llvm::cantFail(assemble(assembly, "kernel"));
  std::vector<uint32_t> words = llvm::cantFail(encode(program));
  words.resize(maxInstructions);
  for (unsigned part = 0; part < maxInstructions / instructionsPerBurst;
       ++part) {
    Burst burst;
    for (unsigned i = 0; i < instructionsPerBurst; ++i)
      llvm::support::endian::write32le(&burst[4 * i],
                                       words[part * instructionsPerBurst + i]);
    write(/*bank=*/1, machine.rows.registers,
          machine.registers.instructions + part, burst);
  }
  barrier();
}

void KernelBuilder::control(bool execute, bool zeroGRFB) {
  Burst burst = {};
  burst[machine.control.execute] = execute;
  burst[machine.control.zeroGRFB] = zeroGRFB;
  write(/*bank=*/0, machine.rows.registers, machine.registers.control, burst);
  barrier();
}

void KernelBuilder::begin(const std::string &assembly) {
  park();
  enterAllBank();
  loadProgram(assembly);
}

void KernelBuilder::end() {
  leaveAllBank();
  park();
}

//===----------------------------------------------------------------------===//
// Matrix-vector product
//===----------------------------------------------------------------------===//

constexpr uint32_t columns = 32; // of a row

static std::string getGEMVProgram(const GEMVShape &shape) {
  uint32_t evenTiles = (shape.inputTiles + 1) / 2;
  uint32_t oddTiles = shape.inputTiles / 2;
  return "MAC GRF_B, GRF_A, EVEN_BANK, auto\n"
         "JUMP " +
         std::to_string(8 * evenTiles - 1) +
         ", 2\n"
         "MAC GRF_B, GRF_A, ODD_BANK, auto\n"
         "JUMP " +
         std::to_string(8 * oddTiles - 1) +
         ", 2\n"
         "NOP 7\n"
         "EXIT\n";
}

uint32_t GEMVShape::getWeightColumn(uint32_t tile, uint32_t input,
                                    uint32_t slot, uint32_t output) const {
  return 64 * (input / 2 + tile * ((inputTiles + 1) / 2)) + 8 * slot + output;
}

uint32_t GEMVShape::getResultColumn(uint32_t tile, uint32_t output) const {
  return outputTiles * inputTiles / 2 * 64 + 8 * tile + output;
}

void buildGEMV(KernelBuilder &builder, const GEMVShape &shape,
               llvm::ArrayRef<Burst> inputs) {
  // As observed: inputs go to the registers by way of bank 1.
  const uint32_t registerRow = 0x3FFF, grfA = 8;
  builder.begin(getGEMVProgram(shape));
  for (uint32_t tile = 0; tile < shape.outputTiles; ++tile) {
    builder.control(/*execute=*/true, /*zeroGRFB=*/true);
    for (uint32_t parity = 0; parity < 2; ++parity)
      for (uint32_t input = parity; input < shape.inputTiles; input += 2) {
        for (uint32_t slot = 0; slot < 8; ++slot)
          builder.write(1, registerRow, grfA + slot,
                        inputs.empty() ? Burst() : inputs[8 * input + slot]);
        builder.barrier();
        for (uint32_t i = 0; i < 64; ++i) {
          uint32_t column = shape.getWeightColumn(tile, input, i / 8, i % 8);
          builder.read(parity, column / columns, column % columns);
        }
        builder.barrier();
      }
    for (uint32_t output = 0; output < 8; ++output) {
      uint32_t column = shape.getResultColumn(tile, output);
      builder.write(1, column / columns, column % columns);
    }
    builder.barrier();
    builder.control(/*execute=*/false);
  }
  builder.end();
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static std::string getElementwiseProgram(Elementwise kind, uint32_t trips) {
  std::string program;
  for (std::string operands : {"GRF_A, EVEN_BANK", "GRF_B, ODD_BANK"}) {
    std::string file = operands.substr(0, 5);
    program += "FILL " + operands;
    program += kind == Elementwise::Relu ? ", relu\n" : "\n";
    if (kind != Elementwise::Relu)
      program += std::string(kind == Elementwise::Add ? "ADD " : "MUL ") +
                 file + ", " + operands + ", auto\n";
    program += "NOP 7\n";
  }
  if (trips > 1)
    program += "JUMP " + std::to_string(trips - 1) +
               (kind == Elementwise::Relu ? ", 5\n" : ", 7\n");
  return program + "EXIT\n";
}

void buildElementwise(KernelBuilder &builder, Elementwise kind,
                      uint32_t trips) {
  builder.begin(getElementwiseProgram(kind, trips));
  builder.control(/*execute=*/true);
  for (uint32_t trip = 0; trip < trips; ++trip)
    for (uint32_t bank = 0; bank < 2; ++bank) {
      auto access = [&](uint32_t operand, bool isWrite) {
        for (uint32_t column = 8 * trip; column < 8 * trip + 8; ++column) {
          uint32_t row = operand * elementwiseRows + column / columns;
          if (isWrite)
            builder.write(bank, row, column % columns);
          else
            builder.read(bank, row, column % columns);
        }
      };
      access(0, /*isWrite=*/false);
      if (kind != Elementwise::Relu)
        access(1, /*isWrite=*/false);
      access(2, /*isWrite=*/true);
      builder.barrier();
    }
  builder.control(/*execute=*/false);
  builder.end();
}

} // namespace garam::pim::test
