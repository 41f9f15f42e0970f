//===- Machines.cpp - Devices for tests -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "garam/Target/PIM/Machine/TargetFile.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"

namespace garam::pim::test {

std::string readTarget(llvm::StringRef name) {
  std::string path = (GARAM_SOURCE_DIR "/targets/" + name + ".yaml").str();
  auto file = llvm::MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : "";
}

MachineDescription describeMachine(uint32_t channels, uint32_t ranks) {
  std::string text = readTarget("hbm-pim");
  MachineDescription machine = llvm::cantFail(
      readTargetFile(llvm::MemoryBufferRef(text, "hbm-pim.yaml")));
  machine.geometry.channels = channels;
  machine.geometry.ranks = ranks;
  for (AddressSlice &slice : machine.mapping) {
    if (slice.field == AddressField::Channel)
      slice.width = llvm::Log2_32(channels);
    if (slice.field == AddressField::Rank)
      slice.width = llvm::Log2_32(ranks);
  }
  return machine;
}

} // namespace garam::pim::test
