//===- SmallProgram.cpp - A program for tests -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SmallProgram.h"

#include "garam/Support/Errors.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using llvm::support::endian::write32le;

namespace garam::analog {

std::string readSource(llvm::StringRef path) {
  auto buffer =
      llvm::MemoryBuffer::getFile(llvm::Twine(GARAM_SOURCE_DIR "/") + path);
  if (!buffer) {
    ADD_FAILURE() << "cannot read " << path.str();
    return "";
  }
  return (*buffer)->getBuffer().str();
}

MachineDescription readHermes() {
  std::string text = readSource("targets/hermes.yaml");
  auto machine = readTargetFile({text, "hermes.yaml"});
  if (machine)
    return *machine;
  ADD_FAILURE() << consumeToReport(machine.takeError()).text;
  return {};
}

// Addresses in the constant segment.
static constexpr uint64_t scales = 0, biases = 8, firstSteps = 16,
                          secondSteps = 24, firstLevels = 32, secondLevels = 36;
static constexpr uint64_t constantBytes = 40;

Program makeSmallProgram() {
  Layer layer;
  layer.vectorSizes = {2};
  layer.rowSizes = {3};
  layer.columnSizes = {2};
  layer.input = {1, 0, {2, 3}, {0, 0}, {{1, 0}, {0, 1}}};
  layer.output = {2, 0, {2, 2}, {0, 0}, {{1, 0}, {0, 1}}};
  layer.low = -127;
  layer.high = 127;
  layer.scales = scales;
  layer.biases = biases;
  layer.tiles = {{5, 0, 2, 0, 2, firstLevels, firstSteps},
                 {9, 2, 1, 0, 2, secondLevels, secondSteps}};
  Program program;
  program.segments = {{MemoryRole::Constant, constantBytes, "weights"},
                      {MemoryRole::Input, 24, "input"},
                      {MemoryRole::Output, 16, "output"}};
  program.layers = {layer};
  constexpr uint64_t codes = 0, results = 6, secondResults = 10;
  program.queues = {
      {0,
       {QuantizeCommand{0, 0, 2, codes}, SignalCommand{1, 0, 1},
        SignalCommand{2, 0, 1}, WaitCommand{0, 2},
        AccumulateCommand{0, 0, 2, results}}},
      {5,
       {WaitCommand{0, 1}, ReadCommand{0, 0, 2, 4, codes, results},
        SignalCommand{0, 0, 1}}},
      {9,
       {WaitCommand{0, 1}, ReadCommand{0, 1, 2, 4, codes, secondResults},
        SignalCommand{0, 0, 1}}}};
  return program;
}

std::vector<uint8_t> getSmallConstants() {
  std::vector<uint8_t> bytes(constantBytes);
  auto writeFloat = [&](uint64_t at, float value) {
    write32le(bytes.data() + at, llvm::bit_cast<uint32_t>(value));
  };
  writeFloat(scales, 0.5);
  writeFloat(scales + 4, 0.5);
  writeFloat(biases, 10);
  writeFloat(biases + 4, 20);
  for (uint64_t at : {firstSteps, firstSteps + 4, secondSteps, secondSteps + 4})
    write32le(bytes.data() + at, 1);
  const int8_t levels[] = {1, -2, 3, 4, 5, -6};
  std::copy(std::begin(levels), std::end(levels), bytes.begin() + firstLevels);
  return bytes;
}

} // namespace garam::analog
